"""Two practices at two locations behind one key: their patient is in one place at a time."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from openchair.models.journal import TaskState
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.test_one_key import at_location
from tests.integration.test_patients_time import Place, create, done, ended, move, offered

TUESDAY = date(2026, 3, 3)


@pytest.fixture
def offices() -> Iterator[tuple[NexHealthWorld, NexHealthWorld]]:
    with nexhealth_world(locations=2) as world:
        assert world.record.practice.nexhealth is not None
        a, b = world.record.practice.nexhealth.location_ids
        yield at_location(world, a, "p1"), at_location(world, b, "p2")


def at_once(here: NexHealthWorld, there: NexHealthWorld) -> tuple[Place, Place, Place]:
    """A place here and one there at the same time, and one here, with the same provider, on another day."""
    last = TUESDAY + timedelta(days=2)
    ours, theirs = offered(here, TUESDAY, last), {one["start"]: one for one in offered(there, TUESDAY, last)}
    one, other = next((x, theirs[x["start"]]) for x in ours if x["start"] in theirs)
    alike = [x for x in ours if (x["operatory_id"], x["provider_id"]) == (one["operatory_id"], one["provider_id"])]
    return one, other, next(x for x in alike if x["start"][:10] != one["start"][:10])


def test_a_patient_is_not_booked_at_two_locations_at_one_time(offices: tuple[NexHealthWorld, NexHealthWorld]) -> None:
    here, there = offices
    one, other, _ = at_once(here, there)
    patient = here.patient_ids()[0]
    assert done(there, create(patient, other)).code == "booked"
    assert ended(done(here, create(patient, one))) == (TaskState.FAILED, "patient_busy")


def test_a_patient_is_not_moved_to_where_they_cannot_be(
    offices: tuple[NexHealthWorld, NexHealthWorld],
) -> None:
    here, there = offices
    one, other, later = at_once(here, there)
    patient = here.patient_ids()[0]
    assert done(there, create(patient, other)).code == "booked"
    moves = done(here, create(patient, later))
    assert ended(done(here, move(moves, one))) == (TaskState.FAILED, "patient_busy")
