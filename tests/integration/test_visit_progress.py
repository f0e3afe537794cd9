"""How far a visit has got decides what may still be done with it, on every EHR."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from openchair.errors import Conflict
from openchair.models.journal import Task, TaskState
from openchair.slots.find import MoveQuery, find_slots_for_visit
from openchair.visits import patient_visits
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.test_every_ehr import WORLDS

FRIDAY_BEFORE = timedelta(days=-3, hours=3)
KINDS = ("CANCEL_APPOINTMENT", "CONFIRM_APPOINTMENT", "RESCHEDULE_APPOINTMENT")
MUST_NOT = [
    pytest.param(kind, way, id=f"{kind} {way}")
    for kind in KINDS
    for way in ("in place", "anew")
    if way == "in place" or kind == "RESCHEDULE_APPOINTMENT"
]


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[EhrWorld]:
    with WORLDS[request.param]() as made:
        yield made


@pytest.fixture
def open_dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


@pytest.fixture
def nexhealth() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def moves_anew(world: EhrWorld) -> None:
    """A practice that counts broken visits, or a system that cannot move one."""
    practice = world.record.practice
    if practice.open_dental is not None:
        settings = practice.open_dental.model_copy(update={"reschedule": "rebook"})
        changed = practice.model_copy(update={"open_dental": settings})
        world.record = type(world.record)(changed, 1, world.record.ehr_account_id)
    else:
        world.control("seed", patients=30, ehr="athena")


def asked(kind: str, world: EhrWorld, visit_id: str) -> dict[str, Any]:
    there = world.slot() if kind == "RESCHEDULE_APPOINTMENT" else {}
    return {"type": kind, "appointment_id": visit_id, **there}


def do(kind: str, world: EhrWorld, visit_id: str) -> Task:
    return world.until_ended(world.do(asked(kind, world, visit_id)))


def chart(world: EhrWorld) -> Any:
    """All that stands in the practice's own system."""
    return world.control(f"truth/{'chart' if isinstance(world, NexHealthWorld) else 'appointments'}", "GET")


def writes(world: EhrWorld) -> list[str]:
    return [
        call.operation
        for call in world.audit
        if call.operation.split("_")[0] in ("create", "move", "cancel", "confirm")
    ]


@pytest.mark.parametrize(("kind", "way"), MUST_NOT)
def test_a_visit_that_is_over_is_not_touched(world: EhrWorld, kind: str, way: str) -> None:
    if way == "anew":
        moves_anew(world)
    visit_id = world.staff_booked(world.clock.now() + FRIDAY_BEFORE, world.patient_ids()[0])
    before = chart(world)

    task = do(kind, world, visit_id)

    assert (task.state, task.code) == (TaskState.FAILED, "visit_is_past")
    assert chart(world) == before


@pytest.mark.parametrize(("kind", "way"), MUST_NOT)
def test_a_visit_whose_patient_has_arrived_is_not_touched(world: EhrWorld, kind: str, way: str) -> None:
    if way == "anew":
        moves_anew(world)
    visit_id = world.staff_booked(world.clock.now() + timedelta(minutes=30), world.patient_ids()[0])
    world.advance(20 * 60)
    world.arrives(visit_id)
    before = chart(world)

    task = do(kind, world, visit_id)

    assert (task.state, task.code) == (TaskState.FAILED, "visit_has_begun")
    assert chart(world) == before


@pytest.mark.parametrize(
    ("kind", "code"),
    [("CANCEL_APPOINTMENT", "cancelled"), ("CONFIRM_APPOINTMENT", "confirmed"), ("RESCHEDULE_APPOINTMENT", "moved")],
)
def test_one_who_is_stuck_in_traffic_may_still_change_a_visit_that_has_started(
    world: EhrWorld, kind: str, code: str
) -> None:
    visit_id = world.staff_booked(world.clock.now() - timedelta(minutes=20), world.patient_ids()[0])

    assert do(kind, world, visit_id).code == code


def test_no_slots_are_offered_for_a_visit_that_is_over_or_whose_patient_is_there(world: EhrWorld) -> None:
    patients = world.patient_ids()
    over = world.staff_booked(world.clock.now() + FRIDAY_BEFORE, patients[0])
    begun = world.staff_booked(world.clock.now() + timedelta(minutes=30), patients[1])
    world.arrives(begun)
    client = world.clients.client(world.record)

    for visit_id, code in ((over, "visit_is_past"), (begun, "visit_has_begun")):
        with pytest.raises(Conflict) as refused:
            find_slots_for_visit(world.record, visit_id, MoveQuery(), world.book(client), world.clock)
        assert refused.value.code == code


def test_visits_are_told_by_how_far_they_have_got(world: EhrWorld) -> None:
    patient = world.patient_ids()[0]
    visit_id = world.staff_booked(world.clock.now() + timedelta(minutes=30), patient)
    world.arrives(visit_id)

    def told() -> dict[str, str]:
        answer = patient_visits(world.record, patient, world.clients.client(world.record), world.clock)
        return {
            one["appointment_id"]: f"{name} {one['status']}" for name in ("upcoming", "past") for one in answer[name]
        }

    assert told()[visit_id] == "upcoming arrived"
    world.advance(2 * 3600)
    assert told()[visit_id] == "past arrived"


@pytest.mark.parametrize("unset", ["year_1", "year_2000", "midnight"])
def test_a_stamp_that_is_not_set_is_no_arrival(open_dental: OpenDentalWorld, unset: str) -> None:
    open_dental.control("switches", unset_day_times=unset)
    visit_id = open_dental.staff_booked(open_dental.clock.now() + timedelta(minutes=30), open_dental.patient_ids()[0])

    assert do("CANCEL_APPOINTMENT", open_dental, visit_id).code == "cancelled"


@pytest.mark.parametrize(("action", "code"), [("seat", "visit_has_begun"), ("dismiss", "not_cancellable")])
def test_one_in_the_chair_has_begun_and_one_who_has_left_is_done(
    open_dental: OpenDentalWorld, action: str, code: str
) -> None:
    visit_id = open_dental.staff_booked(open_dental.clock.now() - timedelta(minutes=20), open_dental.patient_ids()[0])
    open_dental.control("staff", action=action, appointment_id=visit_id)

    assert do("CANCEL_APPOINTMENT", open_dental, visit_id).code == code
    assert not open_dental.visit(visit_id).is_cancelled


def test_the_arrival_of_a_day_before_does_not_hold_a_visit_that_staff_put_on_another(
    open_dental: OpenDentalWorld,
) -> None:
    visit_id = open_dental.staff_booked(open_dental.clock.now() - timedelta(minutes=20), open_dental.patient_ids()[0])
    open_dental.arrives(visit_id)
    later = open_dental.clock.now() + timedelta(days=7)
    open_dental.control("staff", action="move", appointment_id=visit_id, start=later.isoformat())

    assert do("CANCEL_APPOINTMENT", open_dental, visit_id).code == "cancelled"


def test_a_missed_visit_is_told_as_such_and_can_neither_be_moved_nor_cancelled(nexhealth: NexHealthWorld) -> None:
    patient = nexhealth.patient_ids()[0]
    visit_id = nexhealth.staff_booked(nexhealth.clock.now() - timedelta(minutes=20), patient)
    nexhealth.control("staff", action="set_status", appointment_id=visit_id, status="missed")
    nexhealth.control("staff", action="read")

    answer = patient_visits(nexhealth.record, patient, nexhealth.clients.client(nexhealth.record), nexhealth.clock)

    assert {one["appointment_id"]: one["status"] for one in answer["past"]}[visit_id] == "noshow"
    assert do("CANCEL_APPOINTMENT", nexhealth, visit_id).code == "not_cancellable"
    assert do("RESCHEDULE_APPOINTMENT", nexhealth, visit_id).code == "not_movable"


def test_a_patient_who_arrives_while_a_move_looks_for_a_chair_keeps_the_visit(open_dental: OpenDentalWorld) -> None:
    """The visit is today, the time asked for tomorrow: the last look at that day does not show the visit."""
    visit_id = open_dental.staff_booked(open_dental.clock.now() + timedelta(minutes=30), open_dental.patient_ids()[0])
    request = asked("RESCHEDULE_APPOINTMENT", open_dental, visit_id)
    open_dental.control(
        "faults",
        match={"path_regex": "^/schedules$"},
        fault={"kind": "staff", "action": {"action": "arrive", "appointment_id": visit_id}},
    )

    task = open_dental.until_ended(open_dental.do(request))

    assert (task.state, task.code) == (TaskState.FAILED, "visit_has_begun")
    assert writes(open_dental) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_patient_who_arrived_before_a_lost_write_is_sent_again_keeps_the_visit(
    open_dental: OpenDentalWorld, kind: str
) -> None:
    visit_id = open_dental.staff_booked(open_dental.clock.now() + timedelta(minutes=30), open_dental.patient_ids()[0])
    open_dental.control("faults", match={"method": "PUT"}, fault={"kind": "drop"})
    unclear = open_dental.do(asked(kind, open_dental, visit_id))
    open_dental.arrives(visit_id)
    before = chart(open_dental)

    task = open_dental.until_ended(unclear)

    assert (task.state, task.code) == (TaskState.FAILED, "visit_has_begun")
    assert chart(open_dental) == before


def test_a_visit_that_is_over_before_a_lost_cancellation_is_sent_again_stays(open_dental: OpenDentalWorld) -> None:
    start = open_dental.clock.now() - timedelta(minutes=58)
    visit_id = open_dental.staff_booked(start, open_dental.patient_ids()[0])
    open_dental.control("faults", match={"method": "PUT"}, fault={"kind": "drop"})

    task = do("CANCEL_APPOINTMENT", open_dental, visit_id)

    assert (task.state, task.code) == (TaskState.FAILED, "visit_is_past")
    assert open_dental.visit(visit_id).start == start.replace(microsecond=0)


def test_a_patient_who_arrives_for_the_old_visit_of_a_rebook_is_put_before_a_person(
    open_dental: OpenDentalWorld,
) -> None:
    moves_anew(open_dental)
    visit_id = open_dental.staff_booked(open_dental.clock.now() + timedelta(minutes=30), open_dental.patient_ids()[0])
    request = asked("RESCHEDULE_APPOINTMENT", open_dental, visit_id)
    open_dental.control(
        "faults",
        match={"method": "POST", "path_regex": "^/appointments$"},
        fault={"kind": "staff", "action": {"action": "arrive", "appointment_id": visit_id}},
    )

    task = open_dental.do(request)

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "old_visit_remains")
    assert not open_dental.visit(visit_id).is_cancelled


def test_a_cancellation_the_practices_system_overtook_by_an_arrival_is_not_told_as_done(
    nexhealth: NexHealthWorld,
) -> None:
    visit_id = nexhealth.staff_booked(nexhealth.clock.now() + timedelta(hours=2), nexhealth.patient_ids()[0])
    nexhealth.control("ehr", mode="refuse")
    waiting = nexhealth.do(asked("CANCEL_APPOINTMENT", nexhealth, visit_id))
    nexhealth.arrives(visit_id)

    task = nexhealth.until_ended(waiting)

    assert (task.state, task.code) == (TaskState.FAILED, "reverted_in_ehr")
    assert datetime.fromisoformat(nexhealth.truth(visit_id)["chart"]["checked_in_at"])
