"""A key that is replaced, or refused, while functions are warm."""

import pytest

from openchair.limits import KEY_TRIED_AGAIN
from openchair.store import secret_store
from tests.integration.handlers.gateway import event
from tests.integration.handlers.stack import Stack

ROTATED = "A-Developer-Key-Made-Anew"


@pytest.fixture
def warm(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Its functions keep the key that worked a moment ago."""
    monkeypatch.setattr(secret_store, "CACHE_SECONDS", 300.0)
    assert stack.call(event("find_slots/slots"))[0] == 200
    assert stack.do("confirm_appointment")["state"] == "completed"
    return stack


def rotate(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(stack.simulator.simulator, "developer_key", ROTATED)
    return {"devKey": ROTATED, "custKey": stack.simulator.customer_key}


def test_a_secret_rotated_while_it_is_cached_is_taken_up_by_the_next_read(
    warm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm.put_keys(**rotate(warm, monkeypatch))

    assert warm.call(event("find_slots/slots"))[0] == 200


def test_a_secret_rotated_while_it_is_cached_is_taken_up_by_the_next_task(
    warm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm.put_keys(**rotate(warm, monkeypatch))

    assert warm.do("create_appointment")["code"] == "booked"


def test_a_key_the_office_has_replaced_is_told_alarmed_and_spared_and_heals_when_it_is_stored(
    warm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = rotate(warm, monkeypatch)

    assert warm.call(event("find_slots/slots"))[1]["code"] == "ehr_key_refused"
    assert sum(line.get("key_refusals", 0) for line in warm.log_lines()) >= 1

    before = len(warm.ehr_requests())
    assert warm.call(event("find_slots/slots"))[1]["code"] == "ehr_key_refused"
    assert len(warm.ehr_requests()) == before

    warm.put_keys(**keys)
    assert warm.call(event("find_slots/slots"))[0] == 200


def test_a_key_the_office_enables_again_heals_without_anybody(warm: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        rotate(warm, patch)
        assert warm.call(event("find_slots/slots"))[1]["code"] == "ehr_key_refused"

    warm.clock.advance(KEY_TRIED_AGAIN)

    assert warm.call(event("find_slots/slots"))[0] == 200
