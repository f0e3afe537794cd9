"""From a practice to its client."""

import pytest
import responses

from openchair.clients.factory import CALLER_SECONDS, CALLER_TIMEOUTS, EhrClients
from openchair.errors import EhrBusy, EhrKeyMissing, SettingMissing
from openchair.models.practice import PracticeRecord
from tests.clients.support import BASE, Addresses, Bench, Keys, appointment_row, practice
from tests.clock import VirtualClock
from tests.memory_store import MemoryLimits, MemoryTokens


@responses.activate
def test_two_practices_with_one_key_share_its_pace() -> None:
    clock = VirtualClock()
    clients = EhrClients(Keys(), MemoryLimits(), MemoryTokens(clock), Addresses, clock, lambda _: None)
    responses.get(f"{BASE}/appointments/34", json=appointment_row())
    first, second, other = (clients.client(PracticeRecord(practice(), 1, account)) for account in ("a", "a", "b"))

    first.appointment("34")
    other.appointment("34")
    assert clock.monotonic() < 0.1
    second.appointment("34")

    assert clock.monotonic() > 1


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"devKey": "a"},
        {"devKey": "a", "custKey": ""},
        {"devKey": "a", "custKey": "b c"},
        {"devKey": "a", "custKey": "b\n"},
        {"devKey": "ä", "custKey": "b"},
        {"apiKey": "a"},
    ],
    ids=["empty", "one", "blank", "space", "line break", "not ASCII", "another EHR's"],
)
def test_a_secret_without_two_usable_keys_is_a_missing_key(keys: dict[str, str]) -> None:
    with pytest.raises(EhrKeyMissing):
        Bench(keys=Keys(keys)).client.appointment("34")


@responses.activate
def test_a_client_somebody_waits_for_stops_in_time() -> None:
    clock = VirtualClock()
    clients = EhrClients(
        Keys(), MemoryLimits(), MemoryTokens(clock), Addresses, clock, lambda _: None, CALLER_TIMEOUTS, CALLER_SECONDS
    )
    responses.get(f"{BASE}/appointments/34", json=appointment_row())
    client = clients.client(PracticeRecord(practice(), 1, "a"))
    client.appointment("34")
    clock.advance(22.5)

    with pytest.raises(EhrBusy):
        client.appointment("34")

    clients.client(PracticeRecord(practice(), 1, "a")).appointment("34")


def test_nothing_is_read_from_the_settings_before_a_client_is_asked_for() -> None:
    def unset() -> Addresses:
        raise SettingMissing

    EhrClients(Keys(), MemoryLimits(), MemoryTokens(VirtualClock()), unset, VirtualClock(), lambda _: None)
