"""Tokens that end: many functions, one renewal."""

from collections.abc import Callable
from datetime import datetime

import pytest

from openchair.clients.tokens import LEASE, AccountTokens, NewToken
from openchair.errors import EhrBusy, EhrKeyRefused, StoreUnavailable
from openchair.ports import Token
from tests.clock import VirtualClock
from tests.memory_store import MemoryTokens
from tests.proofs.kernel import Kernel

LIFE = 3600.0


class Vendor:
    """Gives tokens away; `valid` are those it takes."""

    def __init__(self, now: Callable[[], float], life: float = LIFE) -> None:
        self._now = now
        self._life = life
        self.given = 0
        self.refuses = False

    def fetch(self) -> NewToken:
        if self.refuses:
            raise EhrKeyRefused
        self.given += 1
        return NewToken(f"token-{self.given}", "a1b2", self._now() + self._life)


class Account:
    def __init__(self, life: float = LIFE) -> None:
        self.clock = VirtualClock()
        self.store = MemoryTokens(self.clock)
        self.vendor = Vendor(lambda: self.clock.now().timestamp(), life)

    def function(self) -> AccountTokens:
        return AccountTokens("account", self.store, self.clock)

    def token(self, function: AccountTokens, fresh: bool = False) -> str:
        return function.token(self.vendor.fetch, fresh).value


def test_a_token_is_fetched_once_for_all_functions() -> None:
    account = Account()

    assert [account.token(account.function()) for _ in range(3)] == ["token-1"] * 3


def test_a_token_is_renewed_five_minutes_before_its_end() -> None:
    account = Account()
    function = account.function()
    account.token(function)

    account.clock.advance(LIFE - 301)
    assert account.token(function) == "token-1"
    account.clock.advance(2)
    assert account.token(function) == "token-2"


def test_a_token_of_short_life_is_renewed_at_nine_tenths_of_it() -> None:
    account = Account(life=60.0)
    function = account.function()
    account.token(function)

    account.clock.advance(53)
    assert account.token(function) == "token-1"
    account.clock.advance(2)
    assert account.token(function) == "token-2"


def test_others_go_on_with_the_old_token_while_one_renews_it() -> None:
    account = Account()
    account.token(account.function())
    account.clock.advance(LIFE - 200)
    account.store.lease("account", 1, account.clock.now().timestamp() + LEASE)

    assert account.token(account.function()) == "token-1"
    assert account.vendor.given == 1


def test_a_refused_token_is_not_renewed_again_when_somebody_has_renewed_it() -> None:
    account = Account()
    first, second = account.function(), account.function()
    account.token(first)
    account.token(second)

    assert account.token(first, fresh=True) == "token-2"
    assert account.token(second, fresh=True) == "token-2"
    assert account.vendor.given == 2


def test_who_was_killed_while_renewing_delays_the_others_by_its_lease() -> None:
    account = Account()
    account.store.lease("account", 0, account.clock.now().timestamp() + 10)

    assert account.token(account.function()) == "token-1"
    assert 10 <= account.clock.monotonic() <= 11


def test_nobody_waits_for_a_token_for_ever() -> None:
    account = Account()
    account.store.lease("account", 0, account.clock.now().timestamp() + 1000)

    with pytest.raises(EhrBusy):
        account.token(account.function())

    assert account.clock.monotonic() == pytest.approx(20, abs=1)


def test_a_refused_key_lets_the_next_one_try() -> None:
    account = Account()
    account.vendor.refuses = True
    with pytest.raises(EhrKeyRefused):
        account.token(account.function())

    account.vendor.refuses = False
    assert account.token(account.function()) == "token-1"
    assert account.clock.monotonic() == 0


def test_a_token_that_cannot_be_stored_is_used_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def unreachable(*_: object) -> Token:
        raise StoreUnavailable

    monkeypatch.setattr(account.store, "put", unreachable)

    assert account.token(account.function()) == "token-1"


def test_a_token_that_cannot_be_stored_makes_nobody_else_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def unreachable(*_: object) -> Token:
        raise StoreUnavailable

    monkeypatch.setattr(account.store, "put", unreachable)

    assert [account.token(account.function()) for _ in range(2)] == ["token-1", "token-2"]
    assert account.clock.monotonic() == 0


class Slow(MemoryTokens):
    """Every request takes a while, so that others come between."""

    def __init__(self, clock: "KernelClock", kernel: Kernel) -> None:
        super().__init__(clock)
        self._kernel = kernel

    def token(self, ehr_account_id: str) -> Token | None:
        self._kernel.wait(self._kernel.rng.uniform(0.001, 0.05))
        return super().token(ehr_account_id)

    def lease(self, ehr_account_id: str, version: int, until: float) -> bool:
        self._kernel.wait(self._kernel.rng.uniform(0.001, 0.05))
        return super().lease(ehr_account_id, version, until)

    def put(self, ehr_account_id: str, token: Token) -> Token | None:
        self._kernel.wait(self._kernel.rng.uniform(0.001, 0.05))
        return super().put(ehr_account_id, token)


class KernelClock(VirtualClock):
    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self._kernel = kernel

    def monotonic(self) -> float:
        return self._kernel.now

    def now(self) -> datetime:
        self._seconds = self._kernel.now
        return super().now()

    def sleep(self, seconds: float) -> None:
        self._kernel.wait(seconds)


@pytest.mark.parametrize("is_revoked", [False, True], ids=["ends", "is revoked"])
@pytest.mark.parametrize("seed", range(20))
def test_twenty_tasks_whose_token_ends_mid_run_renew_it_once_and_all_are_done(seed: int, is_revoked: bool) -> None:
    kernel = Kernel(seed, frozenset())
    clock = KernelClock(kernel)
    store = Slow(clock, kernel)
    vendor = Vendor(lambda: clock.now().timestamp(), life=1000.0 if is_revoked else 20.0)
    done: list[int] = []

    def is_refused(token: str) -> bool:
        return (kernel.now > 10.0 if is_revoked else kernel.now > 20.0) and token == "token-1"

    def fetch() -> NewToken:
        kernel.wait(kernel.rng.uniform(0.2, 2.0))
        return vendor.fetch()

    def task(number: int) -> None:
        tokens = AccountTokens("account", store, clock)
        for _ in range(10):
            token = tokens.token(fetch).value
            kernel.wait(kernel.rng.uniform(0.5, 3.0))
            if is_refused(token):
                token = tokens.token(fetch, fresh=True).value
                assert not is_refused(token)
        done.append(number)

    invocations = [kernel.start(f"task {number}", lambda n=number: task(n), seconds=180.0) for number in range(20)]  # type: ignore[misc]
    kernel.run(30.0)

    assert [one.error for one in invocations if one.error] == []
    assert len(done) == 20
    assert vendor.given == 2


def test_who_has_little_time_waits_no_longer_for_a_token() -> None:
    account = Account()
    account.store.lease("account", 0, account.clock.now().timestamp() + 1000)

    with pytest.raises(EhrBusy):
        account.function().token(account.vendor.fetch, deadline=3.2)

    assert account.clock.monotonic() == pytest.approx(3.2)


def test_who_has_no_time_left_fetches_no_token_but_may_use_one_that_lasts() -> None:
    account = Account()
    with pytest.raises(EhrBusy):
        account.function().token(account.vendor.fetch, deadline=0.0)
    assert account.vendor.given == 0

    account.token(account.function())
    account.clock.advance(LIFE - 200)

    assert account.function().token(account.vendor.fetch, deadline=account.clock.monotonic()).value == "token-1"
    assert account.vendor.given == 1
