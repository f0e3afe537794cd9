"""A patient is in one place at a time, and starts are booked by the rules they are offered by: on every simulator."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from openchair.errors import PatientBusy, TooFar, TooSoon
from openchair.models.journal import Task, TaskState
from openchair.slots.find import MoveQuery, SlotQuery, find_slots, find_slots_for_visit
from tests.integration.ehr_world import EhrWorld
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.test_every_ehr import WORLDS

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)

type Place = dict[str, str]
"""Start, chair and provider as a booking asks for them."""


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[EhrWorld]:
    with WORLDS[request.param]() as made:
        yield made


@pytest.fixture
def dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


def offered(world: EhrWorld, first: date, last: date | None = None) -> list[Place]:
    query = SlotQuery(service_id="filling", start_date=first, end_date=last or first)
    found = find_slots(world.record, query, world.book(world.another_function().client(world.record)), world.clock)
    return sorted(
        (
            {"start": slot["start"], "operatory_id": slot["operatory_id"], "provider_id": provider["provider_id"]}
            for provider in found["providers"]
            for day in provider["days"]
            for slot in day["slots"]
        ),
        key=lambda one: (one["start"], one["operatory_id"], one["provider_id"]),
    )


def two_at_once(world: EhrWorld) -> tuple[Place, Place]:
    """Two chairs with two providers that are free at the same time."""
    places = offered(world, TUESDAY, WEDNESDAY)
    return next(
        (one, other)
        for one in places
        for other in places
        if one["start"] == other["start"]
        and one["operatory_id"] != other["operatory_id"]
        and one["provider_id"] != other["provider_id"]
    )


def another_day(world: EhrWorld, like: Place) -> Place:
    """A place with the same provider in the same chair."""
    day = datetime.fromisoformat(like["start"]).date()
    return next(
        place
        for place in offered(world, day + timedelta(days=1), day + timedelta(days=9))
        if (place["provider_id"], place["operatory_id"]) == (like["provider_id"], like["operatory_id"])
    )


def create(patient_id: str, place: Place, **more: Any) -> dict[str, Any]:
    return {"type": "CREATE_APPOINTMENT", "patient_id": patient_id, "service_id": "filling", **place, **more}


def move(task: Task, place: Place, **more: Any) -> dict[str, Any]:
    return {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": task.appointment_id, **place, **more}


def done(world: EhrWorld, request: dict[str, Any]) -> Task:
    return world.until_ended(world.do(request))


def ended(task: Task) -> tuple[TaskState, str]:
    return task.state, task.code


def may_overlap(world: EhrWorld) -> None:
    world.record = replace(world.record, may_overlap=True)


# ------------------------------------------------------------------------------------------- one place at a time


def test_a_patient_is_not_booked_a_second_time_while_they_are_in_another_chair(world: EhrWorld) -> None:
    one, other = two_at_once(world)
    patient = world.patient_ids()[0]
    first = done(world, create(patient, one))

    with_chair = done(world, create(patient, other))
    without = done(world, create(patient, {"start": other["start"]}))

    assert first.code == "booked"
    assert [ended(with_chair), ended(without)] == [(TaskState.FAILED, "patient_busy")] * 2


@pytest.mark.parametrize("names_places", [True, False])
def test_two_bookings_of_one_patient_at_one_time_are_not_both_taken_in(world: EhrWorld, names_places: bool) -> None:
    one, other = two_at_once(world)
    patient = world.patient_ids()[0]
    if not names_places:
        one, other = {"start": one["start"]}, {"start": other["start"]}
    waiting = world.submit(create(patient, one))

    with pytest.raises(PatientBusy):
        world.submit(create(patient, other))
    with pytest.raises(PatientBusy):
        world.second_practice().submit(create(patient, other))

    assert world.until_ended(world.process(waiting)).code == "booked"


def test_a_visit_is_not_moved_onto_another_of_its_patient(world: EhrWorld) -> None:
    one, other = two_at_once(world)
    patient = world.patient_ids()[0]
    stays = done(world, create(patient, one))
    elsewhere = another_day(world, other)
    moves = done(world, create(patient, elsewhere))

    refused = done(world, move(moves, other))

    assert (stays.code, moves.code) == ("booked", "booked")
    assert ended(refused) == (TaskState.FAILED, "patient_busy")
    assert world.visit(moves.appointment_id).start == datetime.fromisoformat(elsewhere["start"])


def test_two_of_a_family_are_booked_at_one_time(world: EhrWorld) -> None:
    one, other = two_at_once(world)
    mother, child = world.patient_ids()[:2]

    assert [done(world, create(mother, one)).code, done(world, create(child, other)).code] == ["booked", "booked"]


def test_who_may_book_over_something_may_book_a_patient_twice_when_they_ask_so(world: EhrWorld) -> None:
    may_overlap(world)
    one, other = two_at_once(world)
    patient = world.patient_ids()[0]

    booked = done(world, create(patient, one))

    assert ended(done(world, create(patient, other))) == (TaskState.FAILED, "patient_busy")
    assert [booked.code, done(world, create(patient, other, allow_overlap=True)).code] == ["booked", "booked"]


def test_a_visit_is_not_in_the_way_of_its_own_move(world: EhrWorld) -> None:
    place = two_at_once(world)[0]
    booked = done(world, create(world.patient_ids()[0], place))
    later = datetime.fromisoformat(place["start"]) + timedelta(minutes=15)

    moved = done(world, move(booked, {"start": later.isoformat()}))

    assert (moved.code, world.visit(moved.appointment_id).start) == ("moved", later)


def test_the_old_visit_of_a_rebook_is_not_in_the_way_of_the_new_one(dental: OpenDentalWorld) -> None:
    assert dental.record.practice.open_dental is not None
    section = dental.record.practice.open_dental.model_copy(update={"reschedule": "rebook"})
    practice = dental.record.practice.model_copy(update={"open_dental": section})
    dental.record = replace(dental.record, practice=practice)
    place = two_at_once(dental)[0]
    booked = done(dental, create(dental.patient_ids()[0], place))
    later = datetime.fromisoformat(place["start"]) + timedelta(minutes=15)

    moved = done(dental, move(booked, {"start": later.isoformat()}))

    assert moved.code == "moved"
    assert dental.visit(moved.appointment_id).start == later
    assert dental.visit(booked.appointment_id).is_cancelled


def test_slots_for_moving_a_visit_leave_out_the_patients_other_visits(world: EhrWorld) -> None:
    one, other = two_at_once(world)
    patient = world.patient_ids()[0]
    elsewhere = another_day(world, other)
    moves = done(world, create(patient, elsewhere))
    start = datetime.fromisoformat(one["start"])
    query = MoveQuery(start_date=start.date(), end_date=start.date())

    def starts() -> set[datetime]:
        assert moves.appointment_id is not None
        told = find_slots_for_visit(world.record, moves.appointment_id, query, world.book(), world.clock)
        days = [day for provider in told["providers"] for day in provider["days"]]
        return {datetime.fromisoformat(slot["start"]) for day in days for slot in day["slots"]}

    before = starts()
    assert start in before
    done(world, create(patient, one))

    hour = timedelta(hours=1)
    assert starts() <= {when for when in before if when + hour <= start or when >= start + hour}


def test_the_patients_time_is_free_again_once_the_task_has_ended(world: EhrWorld) -> None:
    booked = done(world, create(world.patient_ids()[0], two_at_once(world)[0]))

    assert booked.code == "booked"
    assert world.claims() == set()


# --------------------------------------------------------------------------------------- what began the evening before


def test_a_visit_of_the_evening_before_takes_the_morning(dental: OpenDentalWorld) -> None:
    place = offered(dental, WEDNESDAY)[0]
    evening = datetime.fromisoformat(place["start"]).replace(hour=23, minute=30) - timedelta(days=1)
    visit = {"operatory_id": place["operatory_id"], "provider_id": place["provider_id"], "start": evening.isoformat()}
    dental.control("staff", action="book", patient_id=dental.patient_ids()[0], minutes=660, **visit)
    free_again = evening + timedelta(minutes=660)

    after = offered(dental, WEDNESDAY)
    patient = dental.patient_ids()[1]
    refused = done(dental, create(patient, place))

    assert place not in after
    assert all(
        datetime.fromisoformat(one["start"]) >= free_again
        for one in after
        if place["operatory_id"] == one["operatory_id"] or place["provider_id"] == one["provider_id"]
    )
    assert ended(refused) == (TaskState.FAILED, "slot_taken")


def test_the_evening_before_costs_no_request_more(dental: OpenDentalWorld) -> None:
    client = dental.another_function().client(dental.record)
    day = dental.book(client)
    dental.audit.clear()

    day.book(WEDNESDAY, WEDNESDAY)

    asked = [call.operation for call in dental.audit]
    assert sorted(set(asked)) == sorted(asked)


# ----------------------------------------------------------------------------------------- offered and booked alike


def booking(world: EhrWorld, **changes: Any) -> None:
    practice = world.record.practice
    rules = practice.booking.model_copy(update=changes)
    world.record = replace(world.record, practice=practice.model_copy(update={"booking": rules}))


def test_a_start_nearer_or_further_than_slots_offer_is_refused_at_the_door(world: EhrWorld) -> None:
    place, later = two_at_once(world)[0], offered(world, WEDNESDAY)[-1]
    start = datetime.fromisoformat(place["start"])
    patient = world.patient_ids()[0]
    booked = done(world, create(patient, later))

    booking(world, minimum_lead_minutes=int((start - world.clock.now()).total_seconds() / 60) + 16)
    with pytest.raises(TooSoon):
        world.submit(create(patient, place))
    with pytest.raises(TooSoon):
        world.submit(move(booked, place))

    booking(world, minimum_lead_minutes=60, horizon_days=1)
    with pytest.raises(TooFar):
        world.submit(create(patient, offered_at(place, days=2)))
    assert done(world, create(patient, place)).code == "booked"


def offered_at(place: Place, days: int) -> Place:
    return {**place, "start": (datetime.fromisoformat(place["start"]) + timedelta(days=days)).isoformat()}


def test_a_start_that_was_offered_when_the_call_began_is_booked(world: EhrWorld) -> None:
    place = two_at_once(world)[0]
    start = datetime.fromisoformat(place["start"])
    booking(world, minimum_lead_minutes=int((start - world.clock.now()).total_seconds() / 60))
    assert place in offered(world, start.date())

    world.advance(15 * 60)

    assert place not in offered(world, start.date())
    assert done(world, create(world.patient_ids()[0], place)).code == "booked"


def test_who_may_book_over_something_may_book_sooner_when_they_ask_so(world: EhrWorld) -> None:
    may_overlap(world)
    place = two_at_once(world)[0]
    booking(world, minimum_lead_minutes=7 * 24 * 60)
    patient = world.patient_ids()[0]

    with pytest.raises(TooSoon):
        world.submit(create(patient, place))
    assert done(world, create(patient, place, allow_overlap=True)).code == "booked"
