"""The short tier: some hours of each kind of account. The whole is `python -m tests.proofs.rate`."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from openchair import limits
from openchair.clients.limiter import Limiter
from openchair.limits import LimitState
from tests.memory_store import MemoryLimits
from tests.proofs.rate.account import Plan, play
from tests.proofs.rate.report import READ_ONLY, STANDARD, tell

type Sabotage = Callable[[pytest.MonkeyPatch], None]


def test_no_two_starts_are_too_close_and_nobody_waits_too_long(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(2.0, accounts=1), capsys.readouterr().out


def _stored_whatever_others_did(self: MemoryLimits, account: str, seen: LimitState, new: LimitState) -> LimitState:
    stored = replace(new, version=self.read(account).version + 1)
    self._states[account] = stored
    return stored


def _used_however_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "LATEST", 10.0)


def _no_guard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "GUARD", 0.0)


def _no_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryLimits, "swap", _stored_whatever_others_did)


def _given_back_though_others_stand_behind_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        limits,
        "given_back",
        lambda state, wanted, start: replace(state, next_at={bucket.name: start for bucket in wanted.buckets}),
    )


SABOTAGES = (_used_however_late, _no_guard, _no_condition, _given_back_though_others_stand_behind_it)


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda one: one.__name__.strip("_"))
def test_what_breaks_the_limiter_is_seen(
    sabotage: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch)

    assert play(Plan(7, STANDARD, 1.3, 1.0)).too_close


def test_a_limiter_that_counts_from_the_start_is_seen_with_a_read_only_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from_start = replace(READ_ONLY, from_end=False)
    take = Limiter.take
    monkeypatch.setattr(Limiter, "take", lambda self, _, *rest: take(self, (from_start,), *rest))

    assert play(Plan(7, READ_ONLY, 0.1, 1.0)).too_close
