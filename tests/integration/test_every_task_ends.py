"""Tasks end however the EHR behaves: over the real clients, on the simulators."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from openchair.models.journal import Task, TaskState
from openchair.tasks.resolve import resolve_task
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.test_every_ehr import WORLDS
from tests.memory_store import MemoryQueue

HOUR = 3600.0
CREATES = {"method": "POST", "path_regex": "^/appointments$"}
PATIENTS_LIST = {"open_dental": "PatNum=", "nexhealth": "patient_ids"}


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


def ours(world: EhrWorld, patient_id: str) -> list[str]:
    rows = world.control(f"truth/appointments?patient_id={patient_id}", "GET")["appointments"]
    return [one["appointment_id"] for one in rows if one["note"].startswith("[ref")]


def decide(world: EhrWorld, task: Task, action: str) -> Task:
    body = f'{{"action": "{action}"}}'.encode()
    return resolve_task(world.record.practice.id, task.id, body, world.tasks, MemoryQueue(), world.clock)


def refuse_lists_of_patients(world: EhrWorld) -> None:
    name = "open_dental" if isinstance(world, OpenDentalWorld) else "nexhealth"
    match = {"method": "GET", "path_regex": "^/appointments$", "query_regex": PATIENTS_LIST[name], "nth": 2, "times": 0}
    world.control("faults", match=match, fault={"kind": "status", "status": 401})


@pytest.mark.parametrize("status", [400, 401, 404])
def test_an_office_that_does_not_give_its_history_still_reads_back(open_dental: OpenDentalWorld, status: int) -> None:
    request = open_dental.booking()
    open_dental.control("faults", match=CREATES, fault={"kind": "drop_after"})
    refused = {"kind": "status", "status": status, "body": '"histappointments GET is not a valid method."'}
    open_dental.control("faults", match={"path_regex": "/histappointments", "times": 0}, fault=refused)

    done = open_dental.until_ended(open_dental.do(request))

    assert (done.state, done.code) == (TaskState.COMPLETED, "booked")
    assert ours(open_dental, request["patient_id"]) == [done.appointment_id]


def test_a_read_back_that_is_refused_for_an_hour_is_a_persons_and_can_be_given_up(world: EhrWorld) -> None:
    request = world.booking()
    world.control("faults", match=CREATES, fault={"kind": "drop_before"})
    refuse_lists_of_patients(world)

    reviewed = world.until_ended(world.do(request))
    held = world.claims()
    ended = world.process(decide(world, reviewed, "give_up"))

    assert (reviewed.state, reviewed.code, held) == (TaskState.NEEDS_REVIEW, "read_refused", {reviewed.id})
    assert (ended.state, ended.code) == (TaskState.FAILED, "given_up_unread")
    assert world.claims() == set()


def test_a_read_back_that_is_allowed_again_tells_what_the_chart_holds(world: EhrWorld) -> None:
    request = world.booking()
    world.control("faults", match=CREATES, fault={"kind": "drop_after"})
    refuse_lists_of_patients(world)
    reviewed = world.until_ended(world.do(request))
    world.control("faults", "DELETE")
    world.advance(HOUR)

    done = world.until_ended(world.process(decide(world, reviewed, "resend")))

    assert (done.state, done.code) == (TaskState.COMPLETED, "booked")
    assert ours(world, request["patient_id"]) == [done.appointment_id]


def test_a_review_that_is_decided_after_its_hold_was_swept_ends(world: EhrWorld) -> None:
    request = world.booking()
    world.control("faults", match=CREATES, fault={"kind": "drop_before"})
    refuse_lists_of_patients(world)
    reviewed = world.until_ended(world.do(request))
    world.advance(14 * 24 * HOUR)
    world.tasks.sweep()
    assert world.claims() == set()

    assert world.process(decide(world, reviewed, "give_up")).state is TaskState.FAILED


@pytest.mark.parametrize("kind", ["RESCHEDULE_APPOINTMENT", "CANCEL_APPOINTMENT", "CONFIRM_APPOINTMENT"])
def test_a_sync_status_that_is_down_makes_the_task_wait_before_anything_is_sent(
    nexhealth: NexHealthWorld, kind: str
) -> None:
    booked = nexhealth.until_ended(nexhealth.do(nexhealth.booking()))
    there = nexhealth.slot(1) if kind == "RESCHEDULE_APPOINTMENT" else {}
    task = nexhealth.submit({"type": kind, "appointment_id": booked.appointment_id, **there})
    down = {"kind": "status", "status": 503}
    nexhealth.control("faults", match={"path_regex": "/sync_status", "times": 6}, fault=down)

    waiting = nexhealth.process(task, nexhealth.another_function())

    assert (waiting.state, waiting.code, waiting.lease_until) == (TaskState.IN_PROGRESS, "ehr_unavailable", None)
    assert waiting.steps[0].attempt == 0
    assert nexhealth.until_ended(waiting).state is TaskState.COMPLETED


def test_a_task_in_line_expires_at_its_start(world: EhrWorld) -> None:
    request, earlier = world.booking(), world.booking(1)
    world.submit({**earlier, "patient_id": request["patient_id"]})
    waiting = world.do(request)
    assert waiting.code == "waiting_in_line"

    world.advance((datetime.fromisoformat(request["start"]) - world.clock.now()).total_seconds())
    ended = world.process(waiting)

    assert (ended.state, ended.code) == (TaskState.FAILED, "expired")


def test_an_office_of_eighteen_seconds_a_read_is_told_as_slow_and_asked_ever_less_often(world: EhrWorld) -> None:
    task = world.submit(world.booking())
    world.seconds_a_call = 18.0
    before = len(world.audit)
    task = world.process(task, world.another_function())

    until = world.clock.now() + timedelta(hours=1)
    while world.clock.now() < until:
        assert (task.state, task.code) == (TaskState.IN_PROGRESS, "ehr_slow")
        assert task.next_attempt_at is not None
        world.advance(max((task.next_attempt_at - world.clock.now()).total_seconds(), 1.0))
        task = world.process(task, world.another_function())

    assert task.attempts < 20
    assert len(world.audit) - before < 250
    assert not any(one.operation == "create_appointment" for one in world.audit[before:])
    world.seconds_a_call = 0.0
    assert world.until_ended(task).code == "booked"


def two_years_ahead(world: EhrWorld) -> dict[str, str]:
    """A booking for the evening before the last morning that may be asked for, on which somebody works."""
    slot = world.booking()
    evening = (world.clock.now() + timedelta(days=731)).astimezone(world.record.practice.zone) - timedelta(hours=11)
    evening = evening.replace(minute=0, second=0, microsecond=0)
    day = {"day": evening.date().isoformat(), "start": "18:00", "end": "23:00"}
    place = {"provider_id": slot["provider_id"], "operatory_id": slot["operatory_id"]}
    world.control("staff", action="add_hours", **place, **day)
    return {**slot, "start": evening.isoformat()}


@pytest.mark.parametrize("fault", ["drop_after", "html_after"])
def test_a_visit_at_the_end_of_the_two_years_whose_answer_is_lost_is_one_visit(
    nexhealth: NexHealthWorld, fault: str
) -> None:
    practice = nexhealth.record.practice
    booking = practice.booking.model_copy(update={"horizon_days": 730})
    with_horizon = practice.model_copy(update={"booking": booking})
    nexhealth.record = replace(nexhealth.record, practice=with_horizon, may_overlap=True)
    request = two_years_ahead(nexhealth)
    nexhealth.control("faults", match=CREATES, fault={"kind": fault})

    done = nexhealth.until_ended(nexhealth.do(request))

    assert (done.state, done.code) == (TaskState.COMPLETED, "booked")
    assert ours(nexhealth, request["patient_id"]) == [done.appointment_id]


def test_an_id_with_leading_zeros_books_for_the_same_patient_in_the_same_line(world: EhrWorld) -> None:
    request = world.booking()
    padded = {name: f"00{request[name]}" for name in ("patient_id", "operatory_id", "provider_id")}

    plain = world.submit(request)
    other = world.submit({**request, **world.slot(1), "patient_id": padded["patient_id"]})

    assert plain.lines == other.lines
    assert world.process(other).code == "waiting_in_line"
    assert world.until_ended(world.process(plain)).code == "booked"
    booked = world.until_ended(world.process(other))
    assert (booked.code, booked.patient_id) == ("booked", request["patient_id"])
    cancel = {"type": "CANCEL_APPOINTMENT", "appointment_id": f"0{booked.appointment_id}", **padded}
    del cancel["operatory_id"], cancel["provider_id"]
    assert world.until_ended(world.do(cancel)).code == "cancelled"
