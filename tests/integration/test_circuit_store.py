"""One suite for circuits, in memory and on DynamoDB."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from openchair.ports import Circuits
from openchair.store.circuit_store import DynamoCircuits
from tests.clock import VirtualClock
from tests.integration.tables import empty_tables, moto_tables
from tests.memory_store import MemoryCircuits


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[None]:
    with moto_tables():
        yield


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "dynamodb"])
def circuits(request: pytest.FixtureRequest, clock: VirtualClock) -> Circuits:
    if request.param == "memory":
        return MemoryCircuits(clock)
    request.getfixturevalue("dynamodb")
    empty_tables()
    return DynamoCircuits(clock)


def fail(circuits: Circuits, times: int) -> None:
    for _ in range(times):
        circuits.failed("account")


def test_two_failures_do_not_open_it(circuits: Circuits) -> None:
    fail(circuits, 2)

    assert circuits.next_try("account", "p1") is None


def test_three_failures_open_it_for_thirty_seconds(circuits: Circuits, clock: VirtualClock) -> None:
    fail(circuits, 3)

    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=30)
    assert circuits.next_try("another", "p1") is None


def test_the_pause_grows_to_five_minutes(circuits: Circuits, clock: VirtualClock) -> None:
    fail(circuits, 20)

    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=300)


def test_after_the_pause_one_caller_probes_and_the_others_wait_for_it(circuits: Circuits, clock: VirtualClock) -> None:
    fail(circuits, 3)
    clock.advance(30)

    assert circuits.next_try("account", "p1") is None
    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=60)


def test_an_answer_closes_it_and_forgets_the_failures(circuits: Circuits) -> None:
    fail(circuits, 3)
    circuits.answered("account", "p1")
    fail(circuits, 2)

    assert circuits.next_try("account", "p1") is None


def test_what_one_practice_fails_at_opens_its_own_circuit_only(circuits: Circuits, clock: VirtualClock) -> None:
    for _ in range(3):
        circuits.failed("account", "p1")

    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=30)
    assert circuits.next_try("account", "p2") is None
    circuits.answered("account", "p2")
    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=30)


def test_what_the_account_fails_at_opens_it_for_all_and_any_answer_closes_it(circuits: Circuits) -> None:
    fail(circuits, 3)
    assert circuits.next_try("account", "p1") is not None
    assert circuits.next_try("account", "p2") is not None

    circuits.answered("account", "p2")

    assert circuits.next_try("account", "p1") is None


def test_of_two_open_circuits_the_later_is_waited_for_and_one_caller_probes_both(
    circuits: Circuits, clock: VirtualClock
) -> None:
    fail(circuits, 3)
    for _ in range(4):
        circuits.failed("account", "p1")
    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=60)

    clock.advance(61)

    assert circuits.next_try("account", "p1") is None
    assert circuits.next_try("account", "p1") == clock.now() + timedelta(seconds=60)
    circuits.answered("account", "p1")
    assert circuits.next_try("account", "p1") is None


def test_an_answer_while_all_is_well_changes_nothing(circuits: Circuits) -> None:
    circuits.next_try("account", "p1")
    circuits.answered("account", "p1")

    assert circuits.next_try("account", "p1") is None
