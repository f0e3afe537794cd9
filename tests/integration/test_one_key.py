"""Practices behind one key: what is refused to one, or fails for one, hurts none of the others."""

from collections.abc import Iterator
from typing import Any

import pytest

from openchair.errors import EhrKeyRefused
from openchair.health import check_health
from openchair.models.journal import Task, TaskState
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world


def at_location(world: NexHealthWorld, location_id: str, practice_id: str) -> NexHealthWorld:
    settings = world.record.practice.nexhealth
    assert settings is not None
    return world.second_practice(id=practice_id, nexhealth=settings.model_copy(update={"location_ids": (location_id,)}))


@pytest.fixture
def nexhealth() -> Iterator[NexHealthWorld]:
    with nexhealth_world(locations=2) as world:
        yield world


@pytest.fixture
def open_dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as world:
        yield world


@pytest.fixture
def practices(nexhealth: NexHealthWorld) -> tuple[NexHealthWorld, NexHealthWorld]:
    """Two of one institution, one at each of its locations."""
    settings = nexhealth.record.practice.nexhealth
    assert settings is not None
    first, second = settings.location_ids
    return at_location(nexhealth, first, "p1"), at_location(nexhealth, second, "p2")


def forbid(world: NexHealthWorld, **given: Any) -> None:
    world.control("access", **given)


def location_of(world: NexHealthWorld) -> str:
    assert world.record.practice.nexhealth is not None
    return world.record.practice.nexhealth.location_ids[0]


def providers(world: EhrWorld) -> int:
    return len(world.another_function().client(world.record).providers())


def requests(world: EhrWorld) -> int:
    return sum(call.status is not None for call in world.audit)


def test_a_location_that_is_refused_shuts_its_own_practice_and_no_other(
    practices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    works, refused = practices
    assert providers(works)
    forbid(works, forbid=[location_of(refused)])

    with pytest.raises(EhrKeyRefused) as told:
        providers(refused)

    assert providers(works)
    assert works.do(works.booking()).state is TaskState.AWAITING_EHR
    assert told.value.scope == "practice"


def test_a_location_that_is_refused_costs_one_request_in_five_minutes_and_no_token(
    practices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    works, refused = practices
    assert providers(works)
    forbid(works, forbid=[location_of(refused)])
    with pytest.raises(EhrKeyRefused):
        providers(refused)
    asked, tokens = requests(works), works.tokens_issued()

    for _ in range(5):
        with pytest.raises(EhrKeyRefused):
            providers(refused)

    assert (requests(works), works.tokens_issued()) == (asked, tokens)


def test_a_booking_does_not_fail_for_what_was_refused_before_the_right_was_granted(
    practices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    _, refused = practices
    wanted = refused.booking()
    forbid(refused, forbid=[location_of(refused)])
    assert refused.do(wanted).code == "ehr_key_refused"

    forbid(refused, allow=[location_of(refused)])

    assert refused.until_ended(refused.do(wanted)).code == "booked"
    assert providers(refused)


def test_a_wrong_key_is_refused_for_all_practices_of_the_account(
    practices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    first, second = practices
    first._keys.current = {"apiKey": "NotTheKeyOfThisAccount"}

    for world in (first, second):
        with pytest.raises(EhrKeyRefused) as told:
            providers(world)
        assert told.value.scope == "account"
    asked = requests(first)
    with pytest.raises(EhrKeyRefused):
        providers(second)

    assert requests(first) == asked


def fails(world: EhrWorld, **match: Any) -> None:
    world.control("faults", match={"times": 0, **match}, fault={"kind": "status", "status": 503})


def looked_at(world: EhrWorld, task: Task, times: int) -> Task:
    for _ in range(times):
        world.advance(301)
        task = world.process(task)
    return task


def test_a_practice_whose_reads_fail_opens_its_own_circuit_and_no_other(
    practices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    works, offline = practices
    wanted, theirs = works.booking(), offline.booking(1)
    fails(works, query_regex=f"location_id(%5B%5D|\\[\\])?={location_of(offline)}(&|$)")

    task = looked_at(offline, offline.do(theirs), 3)

    assert (task.state, task.code) == (TaskState.IN_PROGRESS, "ehr_unavailable")
    assert offline.process(task).code == "ehr_offline"
    assert works.do(wanted).state is TaskState.AWAITING_EHR


def test_an_office_that_is_offline_is_so_for_all_practices_of_its_database(open_dental: OpenDentalWorld) -> None:
    other = open_dental.second_practice()
    wanted, theirs = open_dental.booking(), other.booking(1)
    fails(open_dental)

    looked_at(open_dental, open_dental.do(wanted), 3)

    assert other.do(theirs).code == "ehr_offline"


def test_health_says_whom_a_refusal_concerns(practices: tuple[NexHealthWorld, NexHealthWorld]) -> None:
    works, refused = practices
    forbid(works, forbid=[location_of(refused)])

    def key_findings(world: NexHealthWorld) -> list[tuple[str, str]]:
        found = check_health(world.record, world.another_function().client(world.record), world.clock)
        return [(one["code"], one["scope"]) for one in found["findings"] if not one["ok"]]

    assert key_findings(works) == []
    assert key_findings(refused) == [("ehr_key_refused", "practice")]
    works.control("keys", enabled=False)
    assert key_findings(works) == [("ehr_key_refused", "account")]
