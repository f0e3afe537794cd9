"""The five tasks on NexHealth, against a simulator that accepts at once and whose practice's system writes later."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from openchair.health import check_health
from openchair.models.journal import TaskState
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world

HOURS = 3600
NEWCOMER = {
    "first_name": "Bea",
    "last_name": "Lindquoy",
    "date_of_birth": "1990-05-06",
    "phone": "303-555-0142",
    "email": "bea.lindquoy@example.org",
}


@pytest.fixture
def world() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def test_a_booking_is_awaited_and_then_told_with_the_charts_own_id_behind_it(world: NexHealthWorld) -> None:
    task = world.do(world.booking())
    assert (task.state, task.code, task.in_chart) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)
    assert world.truth(task.appointment_id)["chart"] is None

    done = world.until_ended(task)

    assert (done.state, done.code, done.in_chart) == (TaskState.COMPLETED, "booked", True)
    visit = world.truth(done.appointment_id)
    assert visit["foreign_id"] is not None
    assert visit["chart"]["start"] == visit["start"]
    assert world.claims() == set()


def test_a_booking_the_practices_system_refuses_ends_failed_and_its_chair_is_free_again(world: NexHealthWorld) -> None:
    world.control("switches", failed_insertion_row="cancelled")
    world.control("ehr", mode="refuse")
    request = world.booking()

    failed = world.until_ended(world.do(request))

    assert (failed.state, failed.code, failed.in_chart) == (TaskState.FAILED, "not_written_to_ehr", False)
    assert world.claims() == set()
    world.control("ehr", mode="prompt")
    assert world.until_ended(world.do(request)).code == "booked"


def test_a_booking_whose_system_sleeps_waits_and_is_done_when_it_wakes(world: NexHealthWorld) -> None:
    world.control("ehr", mode="sleep")
    task = world.do(world.booking())

    world.advance(2 * HOURS)
    waiting = world.process(task)
    assert (waiting.state, waiting.in_chart) == (TaskState.AWAITING_EHR, False)
    assert world.claims() == {task.id}

    world.control("ehr", mode="prompt")
    assert world.until_ended(waiting).code == "booked"


def test_a_booking_never_taken_is_cancelled_at_the_vendor_when_its_time_has_come(world: NexHealthWorld) -> None:
    world.control("ehr", mode="sleep")
    task = world.do(world.booking())

    world.advance(5 * 24 * HOURS)
    ended = world.until_ended(world.process(task))

    assert (ended.state, ended.code) == (TaskState.FAILED, "not_written_to_ehr")
    world.control("ehr", mode="prompt")
    world.advance(HOURS)
    visit = world.truth(task.appointment_id)
    assert visit["status"] == "cancelled"
    assert visit["chart"] is None or visit["chart"]["status"] == "cancelled"


@pytest.mark.parametrize("fault", ["drop_after", "timed_out_after", "html_after", "truncate"])
def test_a_booking_whose_answer_is_lost_is_one_visit(world: NexHealthWorld, fault: str) -> None:
    request = world.booking()
    world.control("faults", match={"method": "POST", "path_regex": "^/appointments$"}, fault={"kind": fault})

    done = world.until_ended(world.do(request))

    assert done.code == "booked"
    rows = world.control(f"truth/appointments?patient_id={request['patient_id']}", "GET")["appointments"]
    assert [one["appointment_id"] for one in rows if one["note"].startswith("[ref")] == [done.appointment_id]


def test_a_visit_is_moved_in_place_where_the_system_can(world: NexHealthWorld) -> None:
    booked = world.until_ended(world.do(world.booking()))
    request = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": booked.appointment_id, **world.slot(1)}

    moved = world.until_ended(world.do(request))

    assert (moved.code, moved.appointment_id) == ("moved", booked.appointment_id)
    assert world.truth(moved.appointment_id)["chart"]["operatory_id"] == request["operatory_id"]


def test_a_visit_is_booked_anew_first_where_the_system_cannot_move(world: NexHealthWorld) -> None:
    world.control("seed", patients=30, ehr="athena")
    booked = world.until_ended(world.do(world.booking()))
    request = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": booked.appointment_id, **world.slot(1)}

    moved = world.until_ended(world.do(request))

    assert moved.code == "moved"
    assert moved.appointment_id != booked.appointment_id
    assert world.visit(moved.appointment_id).is_cancelled is False
    assert world.visit(booked.appointment_id).is_cancelled is True


@pytest.mark.parametrize(
    ("request_type", "code", "field"),
    [("CANCEL_APPOINTMENT", "cancelled", "is_cancelled"), ("CONFIRM_APPOINTMENT", "confirmed", "is_confirmed")],
)
def test_a_visit_is_cancelled_and_confirmed_in_the_chart(
    world: NexHealthWorld, request_type: str, code: str, field: str
) -> None:
    booked = world.until_ended(world.do(world.booking()))

    done = world.until_ended(world.do({"type": request_type, "appointment_id": booked.appointment_id}))

    assert (done.state, done.code, done.in_chart) == (TaskState.COMPLETED, code, True)
    assert getattr(world.visit(booked.appointment_id), field) is True


def test_a_change_that_the_practices_system_undoes_is_told_as_failed(world: NexHealthWorld) -> None:
    booked = world.until_ended(world.do(world.booking()))
    world.control("writes", match={"kind": "change"}, outcome={"result": "reverted"})

    failed = world.until_ended(world.do({"type": "CONFIRM_APPOINTMENT", "appointment_id": booked.appointment_id}))

    assert (failed.state, failed.code) == (TaskState.FAILED, "reverted_in_ehr")


def test_a_location_that_does_not_write_completes_outside_the_chart(world: NexHealthWorld) -> None:
    world.does_not_write()

    done = world.do(world.booking())

    assert (done.state, done.code, done.in_chart) == (TaskState.COMPLETED, "outside_chart", False)


def test_a_newcomer_is_onboarded_with_a_first_visit(world: NexHealthWorld) -> None:
    visit = {"service_id": "filling", **world.slot()}

    done = world.until_ended(world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER, "appointment": visit}))

    assert (done.state, done.code, done.in_chart) == (TaskState.COMPLETED, "booked", True)
    assert world.truth(done.appointment_id)["patient_id"] == done.patient_id


def test_a_newcomer_whose_chart_gets_another_id_before_the_visit_is_booked_under_that_one(
    world: NexHealthWorld,
) -> None:
    world.control("switches", created_patient_written="at_once", written_patient_id="changes")
    world.control("faults", match={"method": "POST", "path_regex": "^/appointments$"}, fault={"kind": "drop_before"})
    visit = {"service_id": "filling", **world.slot()}

    task = world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER, "appointment": visit})
    world.advance(HOURS)
    done = world.until_ended(world.process(task))

    assert done.code == "booked"
    assert done.patient_id != task.patient_id
    assert world.truth(done.appointment_id)["patient_id"] == done.patient_id


def test_a_placeholder_gets_no_visit_and_is_found_under_its_later_id(world: NexHealthWorld) -> None:
    world.control("switches", created_patient="placeholder")
    request = {"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER}

    first = world.do({**request, "appointment": {"service_id": "filling", **world.slot()}})
    world.advance(HOURS)
    again = world.do(request)

    assert (first.state, first.code) == (TaskState.FAILED, "patient_not_bookable")
    assert again.code == "patient_found"
    assert again.patient_id != first.patient_id


@pytest.mark.parametrize("missing", ["phone", "email"])
def test_a_newcomer_without_phone_or_email_is_refused_before_anything_is_sent(
    world: NexHealthWorld, missing: str
) -> None:
    person = {name: value for name, value in NEWCOMER.items() if name != missing}

    task = world.do({"type": "ONBOARD_NEW_PATIENT", "patient": person})

    assert (task.state, task.code) == (TaskState.FAILED, "patient_contact_missing")
    assert "create_patient" not in [call.operation for call in world.audit]


def test_one_who_has_a_chart_gets_no_second_one(world: NexHealthWorld) -> None:
    first = world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER})
    assert (first.code, first.in_chart) == ("patient_created", False)

    again = world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER})

    assert (again.code, again.patient_id) == ("patient_found", first.patient_id)


def test_twenty_tasks_whose_token_ends_in_between_cause_one_renewal_and_none_is_lost(world: NexHealthWorld) -> None:
    tasks = [world.submit(world.booking(number)) for number in range(20)]
    functions = [world.another_function() for _ in range(20)]
    for number in range(10):
        world.process(tasks[number], functions[number])
    before = world.tokens_issued()

    world.control("tokens", expired=True)
    world.advance(1)
    ended = [world.until_ended(world.process(task, function)) for task, function in zip(tasks, functions, strict=True)]

    assert {(task.state, task.code) for task in ended} == {(TaskState.COMPLETED, "booked")}
    assert before == 1
    assert world.tokens_issued() == 2


def test_two_practices_with_one_key_and_subdomain_share_one_token(world: NexHealthWorld) -> None:
    other = world.second_practice()

    first = world.until_ended(world.do(world.booking()))
    second = other.until_ended(other.process(other.submit(other.booking(1)), other.another_function()))

    assert (first.code, second.code) == ("booked", "booked")
    assert world.tokens_issued() == 1


def test_health_tells_of_a_practice_on_nexhealth(world: NexHealthWorld) -> None:
    found = check_health(world.record, world.clients.client(world.record), world.clock)

    assert found["status"] == "ok"
    assert found["provider_count"] > 0
    assert [one["code"] for one in found["findings"]][-2:] == ["sync_read", "sync_write"]


@pytest.mark.parametrize(
    ("system", "status", "code"),
    [
        ("offline", "failing", "sync_read"),
        ("does not write", "degraded", "sync_write"),
    ],
)
def test_health_tells_what_stands_between_the_vendor_and_the_practices_system(
    world: NexHealthWorld, system: str, status: str, code: str
) -> None:
    if system == "offline":
        world.control("ehr", mode="offline")
        world.advance(2 * HOURS)
    else:
        world.does_not_write()

    found = check_health(world.record, world.clients.client(world.record), world.clock)

    wrong = [one for one in found["findings"] if not one["ok"]]
    assert found["status"] == status
    assert code in [one["code"] for one in wrong]
    assert all(one["what_to_do"] for one in wrong)


def test_health_tells_of_a_location_without_hours(world: NexHealthWorld) -> None:
    for hour in world.control("truth/hours", "GET")["hours"]:
        world.control("staff", action="delete_hours", working_hour_id=hour["working_hour_id"])
    world.control("staff", action="read")

    found = check_health(world.record, world.clients.client(world.record), world.clock)

    assert "hours" in [one["code"] for one in found["findings"] if not one["ok"]]


def test_a_practice_of_two_locations_is_booked_moved_and_looked_up_in_both() -> None:
    with nexhealth_world(locations=2) as world:
        client = world.clients.client(world.record)
        settings = world.record.practice.nexhealth
        assert settings is not None
        here, there = settings.location_ids
        chairs = {chair.id: chair.location_id for chair in client.operatories()}
        # At different times, since one patient is booked at all of them.
        places = ((here, 0), (here, 1), (there, 2), (there, 3))
        starts = [world.slot(number, location_id=place) for place, number in places]
        assert [chairs[one["operatory_id"]] for one in starts] == [here, here, there, there]
        patient = {"patient_id": world.patient_ids()[0], "service_id": "filling"}

        booked = [
            world.until_ended(world.do({"type": "CREATE_APPOINTMENT", **patient, **starts[number]}))
            for number in (0, 2)
        ]
        moved = world.until_ended(
            world.do({"type": "RESCHEDULE_APPOINTMENT", "appointment_id": booked[1].appointment_id, **starts[3]})
        )

        assert [task.code for task in (*booked, moved)] == ["booked", "booked", "moved"]
        found = {one.id: one.location_id for one in client.patient_appointments(patient["patient_id"])}
        assert [found[task.appointment_id or ""] for task in booked] == [here, there]
        assert world.visit(moved.appointment_id).start == datetime.fromisoformat(starts[3]["start"])
        assert {call.outcome for call in world.audit} == {"ok"}


def test_no_patient_is_told_in_the_audit(world: NexHealthWorld) -> None:
    world.until_ended(world.do(world.booking()))
    names = [one["last_name"] for one in world.control("truth/patients", "GET")["patients"]]

    assert not [name for name in names if name in repr(world.audit)]
