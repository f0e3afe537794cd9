"""What is told is so: each answer of a task or a look-up held against what the EHR and the chart behind it hold."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from openchair.models.journal import Task, TaskState
from openchair.tasks.answers import task_answer
from openchair.tasks.resolve import resolve_task
from openchair.visits import patient_visits
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import open_dental_world
from tests.integration.test_every_ehr import NEWCOMER, WORLDS
from tests.memory_store import MemoryQueue

HOURS = 3600
PATCH = {"method": "PATCH", "path_regex": "^/appointments/"}
POST = {"method": "POST", "path_regex": "^/appointments$"}


@pytest.fixture
def world() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def told(task: Task) -> tuple[TaskState, str, bool | None]:
    return task.state, task.code, task.in_chart


def answer(world: EhrWorld, task: Task) -> dict[str, Any]:
    return task_answer(task, world.record.practice)


def booked(world: EhrWorld, number: int = 0) -> Task:
    return world.until_ended(world.do(world.booking(number)))


def change(kind: str, task: Task, **more: Any) -> dict[str, Any]:
    return {"type": f"{kind}_APPOINTMENT", "appointment_id": task.appointment_id, **more}


def cancelling(task: Task) -> dict[str, Any]:
    return change("CANCEL", task, send_to_unscheduled_list=False)


def slot_of(world: EhrWorld, provider_id: str, *, same: bool, after: int = 1) -> dict[str, str]:
    """A free start of this provider, or of any other."""
    return next(slot for slot in map(world.slot, range(after, 60)) if (slot["provider_id"] == provider_id) is same)


def refuse(world: EhrWorld, match: dict[str, str], text: str, times: int = 1) -> None:
    world.control("faults", match={**match, "times": times}, fault={"kind": "status", "status": 400, "body": text})


def decide(world: EhrWorld, task: Task, decision: dict[str, str]) -> Task:
    body = json.dumps(decision).encode()
    return resolve_task(task.practice_id, task.id, body, world.tasks, MemoryQueue(), world.clock)


# -------------------------------------------------------------------------------------------- whose visit it is


def test_a_visit_that_goes_to_another_provider_is_booked_anew_where_none_can_be_changed(world: NexHealthWorld) -> None:
    first = booked(world)
    before = world.truth(first.appointment_id)
    there = slot_of(world, before["provider_id"], same=False)

    moved = world.until_ended(world.do(change("RESCHEDULE", first, **there)))

    assert moved.code == "moved"
    assert world.truth(moved.appointment_id)["chart"]["provider_id"] == there["provider_id"]
    assert world.visit(first.appointment_id).is_cancelled
    assert answer(world, moved)["provider_id"] == there["provider_id"]


def test_a_visit_that_stays_with_its_provider_is_moved_as_it_is(world: NexHealthWorld) -> None:
    first = booked(world)
    there = slot_of(world, world.truth(first.appointment_id)["provider_id"], same=True)

    moved = world.until_ended(world.do(change("RESCHEDULE", first, **there)))

    assert (moved.code, moved.appointment_id) == ("moved", first.appointment_id)


def test_a_provider_alone_is_refused_where_the_new_visit_would_stand_on_the_old_one(world: NexHealthWorld) -> None:
    first = booked(world)
    row = world.truth(first.appointment_id)
    other = slot_of(world, row["provider_id"], same=False)["provider_id"]
    day = datetime.fromisoformat(row["start"]).date().isoformat()
    hours = {"provider_id": other, "operatory_id": row["operatory_id"], "day": day, "start": "06:00", "end": "21:00"}
    world.control("staff", action="add_hours", **hours)

    refused = world.do(change("RESCHEDULE", first, start=row["start"], provider_id=other))

    assert told(refused)[:2] == (TaskState.FAILED, "not_supported_by_ehr")
    assert "create_appointment" not in [call.operation for call in world.audit[-8:]]


def test_a_provider_alone_whose_answer_is_lost_before_the_effect_is_sent_again() -> None:
    with open_dental_world() as world:
        first = booked(world)
        (row,) = world.control(f"truth/appointments?appointment_id={first.appointment_id}", "GET")["appointments"]
        other = slot_of(world, row["provider_id"], same=False)["provider_id"]
        day = datetime.fromisoformat(row["start"]).date().isoformat()
        hours = {"kind": "provider", "day": day, "start": "06:00", "end": "21:00", "provider_id": other}
        world.control("staff", action="add_schedule", operatory_ids=[row["operatory_id"]], **hours)
        world.control("faults", match={"method": "PUT"}, fault={"kind": "drop_before"})
        request = change("RESCHEDULE", first, start=row["start"], operatory_id=row["operatory_id"], provider_id=other)

        moved = world.until_ended(world.do(request))

        (after,) = world.control(f"truth/appointments?appointment_id={first.appointment_id}", "GET")["appointments"]
        assert (moved.code, after["provider_id"]) == ("moved", other)


# ------------------------------------------------------------------------------------ what stood there already


def test_a_cancellation_found_at_the_vendor_is_told_only_when_the_chart_has_it(world: NexHealthWorld) -> None:
    first = booked(world)
    world.control("writes", match={"kind": "change"}, outcome={"result": "reverted", "seconds": 120})
    one = world.do(cancelling(first))

    two = world.do(cancelling(first))

    assert told(two) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)
    assert [told(world.until_ended(task))[:2] for task in (one, two)] == [(TaskState.FAILED, "reverted_in_ehr")] * 2
    assert not world.visit(first.appointment_id).is_cancelled


def test_a_cancellation_found_at_the_vendor_that_the_chart_takes_is_told_as_found(world: NexHealthWorld) -> None:
    first = booked(world)
    world.do(cancelling(first))

    two = world.until_ended(world.do(cancelling(first)))

    assert told(two) == (TaskState.COMPLETED, "already_cancelled", True)


# ----------------------------------------------------------------------------------------- what a refusal says


def test_a_type_that_is_not_booked_at_this_time_is_refused_at_once(world: NexHealthWorld) -> None:
    refuse(world, POST, "appointment_type_id was not found to be configured for the requested slot", times=0)

    refused = world.do(world.booking())

    assert told(refused) == (TaskState.FAILED, "off_schedule", False)


def test_a_visit_cancelled_meanwhile_is_told_as_one_that_cannot_be_confirmed(world: NexHealthWorld) -> None:
    first = booked(world)
    refuse(world, PATCH, "Cannot update already cancelled appointment")

    refused = world.do(change("CONFIRM", first))

    assert told(refused)[:2] == (TaskState.FAILED, "not_confirmable")


def test_what_still_waits_for_the_practices_system_is_tried_again(world: NexHealthWorld) -> None:
    first = booked(world)
    refuse(world, PATCH, "Appointment is not synced with the PMS", times=2)

    task = world.do(change("CONFIRM", first))

    assert told(task)[:2] == (TaskState.IN_PROGRESS, "ehr_not_synced")
    assert told(world.until_ended(task)) == (TaskState.COMPLETED, "confirmed", True)


def test_what_the_practices_system_never_takes_in_ends_after_a_day(world: NexHealthWorld) -> None:
    first = booked(world, number=3)
    refuse(world, PATCH, "There is no live client", times=0)

    task = world.until_ended(world.do(change("CONFIRM", first)), timedelta(hours=25))

    assert told(task)[:2] == (TaskState.FAILED, "ehr_not_synced")
    assert not world.visit(first.appointment_id).is_confirmed


# ------------------------------------------------------------------------------ what the practice's system holds


@pytest.mark.parametrize("kind", ["CONFIRM", "CANCEL", "RESCHEDULE"])
@pytest.mark.parametrize("switches", [{"read_moves_last_sync_time": False}, {"read_moves_updated_at": True}])
def test_a_change_is_settled_however_the_vendor_stamps_its_rows(
    world: NexHealthWorld, switches: dict[str, Any], kind: str
) -> None:
    first = booked(world)
    world.control("switches", **switches)
    there = slot_of(world, world.truth(first.appointment_id)["provider_id"], same=True)

    done = world.until_ended(world.do(change(kind, first, **(there if kind == "RESCHEDULE" else {}))))

    codes = {"CONFIRM": "confirmed", "CANCEL": "cancelled", "RESCHEDULE": "moved"}
    assert told(done) == (TaskState.COMPLETED, codes[kind], True)


def test_a_move_the_practices_system_refuses_is_told_however_rows_are_stamped(world: NexHealthWorld) -> None:
    first = booked(world)
    world.control("switches", read_moves_last_sync_time=False)
    world.control("writes", match={"kind": "change"}, outcome={"result": "failed"})
    there = slot_of(world, world.truth(first.appointment_id)["provider_id"], same=True)

    failed = world.until_ended(world.do(change("RESCHEDULE", first, **there)))

    assert told(failed)[:2] == (TaskState.FAILED, "reverted_in_ehr")
    assert answer(world, failed)["start"] == there["start"]


def test_a_change_written_at_once_is_settled_in_an_office_where_nothing_else_happens(world: NexHealthWorld) -> None:
    first = booked(world)
    world.control("switches", write_status_moves="with_writes")
    world.control("ehr", write_seconds=2)

    done = world.until_ended(world.do(change("CONFIRM", first)))

    assert told(done) == (TaskState.COMPLETED, "confirmed", True)


def test_a_change_still_under_way_is_not_settled_by_readings(world: NexHealthWorld) -> None:
    first = booked(world)
    world.control("ehr", mode="sleep")

    waiting = world.until_ended(world.do(change("CONFIRM", first)), timedelta(hours=6))

    assert told(waiting) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)


# -------------------------------------------------------------------------------------- newcomers not in the chart


def test_a_newcomer_found_again_is_not_in_the_chart_before_the_chart_has_them(world: NexHealthWorld) -> None:
    request = {"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER}
    world.do(request)

    again = world.do(request)

    assert told(again) == (TaskState.COMPLETED, "patient_found", False)


def test_a_newcomer_read_back_is_not_in_the_chart_before_the_chart_has_them(world: NexHealthWorld) -> None:
    world.control("faults", match={"method": "POST", "path_regex": "^/patients$"}, fault={"kind": "drop_after"})

    made = world.until_ended(world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER}))

    assert told(made) == (TaskState.COMPLETED, "patient_created", False)


@pytest.mark.parametrize("how", ["refused later", "refused at once"])
def test_a_newcomer_whose_visit_failed_is_not_in_the_chart(world: NexHealthWorld, how: str) -> None:
    if how == "refused later":
        world.control("switches", failed_insertion_row="cancelled")
        world.control("ehr", mode="refuse")
    else:
        refuse(world, POST, "Time slot is not available", times=0)
    visit = {"service_id": "filling", **world.slot()}

    failed = world.until_ended(world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER, "appointment": visit}))

    code = {"refused later": "not_written_to_ehr", "refused at once": "slot_taken"}[how]
    assert told(failed) == (TaskState.FAILED, code, False)
    assert failed.patient_id is not None


# --------------------------------------------------------------------------------------------------- visits


def test_the_visits_of_years_ago_are_told(world: NexHealthWorld) -> None:
    patient_id, place = world.patient_ids()[0], world.slot()
    for number in range(10):
        start = (world.clock.now() - timedelta(days=100 + 90 * number)).isoformat()
        world.control(
            "staff", action="book", patient_id=patient_id, operatory_id=place["operatory_id"], start=start, note="past"
        )
    world.control("staff", action="read")
    client = world.clients.client(world.record)

    found = patient_visits(world.record, patient_id, client, world.clock)

    assert len(found["past"]) >= 10
    assert found["complete_since"] == "2016-03-01"


# -------------------------------------------------------------------------------------------- charts that merge


def _lost_and_merged(world: NexHealthWorld) -> tuple[Task, str]:
    """A booking whose answer was lost after the effect, and whose chart went into another meanwhile; that one's id."""
    request = world.booking()
    other = world.patient_ids()[1]
    world.control("faults", match=POST, fault={"kind": "drop_after"})
    read_back = {"method": "GET", "path_regex": "^/appointments$", "query_regex": "patient_ids", "nth": 2, "times": 0}
    world.control("faults", match=read_back, fault={"kind": "status", "status": 503})
    task = world.do(request)
    world.control("faults", "DELETE")
    world.advance(10)
    world.control("staff", action="merge_patients", patient_id=request["patient_id"], into_patient_id=other)
    world.control("staff", action="read")
    return task, other


def _ours(world: NexHealthWorld) -> dict[str, Any]:
    (row,) = [
        one for one in world.control("truth/appointments", "GET")["appointments"] if one["note"].startswith("[ref")
    ]
    return dict(row)


@pytest.mark.parametrize("merged", ["vanishes", "inactive"])
def test_a_visit_that_a_merge_gave_to_another_chart_is_found_and_told_under_that_one(
    world: NexHealthWorld, merged: str
) -> None:
    world.control("switches", merged_patient=merged)
    task, other = _lost_and_merged(world)

    done = world.until_ended(task)

    assert told(done)[:2] == (TaskState.COMPLETED, "booked")
    assert (done.appointment_id, done.patient_id) == (_ours(world)["appointment_id"], other)


def test_a_visit_whose_chart_was_merged_and_archived_meanwhile_is_adopted_and_not_booked_again() -> None:
    with open_dental_world() as world:
        request = world.booking()
        other = world.patient_ids()[1]
        read_back = {"method": "GET", "path_regex": "/appointments$", "query_regex": "PatNum", "nth": 2, "times": 0}
        world.control("faults", match={**POST, "path_regex": "/appointments$"}, fault={"kind": "drop_after"})
        world.control("faults", match=read_back, fault={"kind": "status", "status": 503})
        task = world.do(request)
        world.control("faults", "DELETE")
        row = next(one for one in world.control("truth/appointments", "GET")["appointments"] if "[ref" in one["note"])
        into = {"appointment_id": row["appointment_id"], "columns": {"PatNum": int(other)}}
        world.control("staff", action="set_appointment", **into)
        archived = {"patient_id": request["patient_id"], "columns": {"PatStatus": "Archived"}}
        world.control("staff", action="set_patient", **archived)

        asked = world.until_ended(task)
        assert told(asked)[:2] == (TaskState.NEEDS_REVIEW, "removed_in_ehr")
        decide(world, asked, {"action": "adopt", "appointment_id": row["appointment_id"]})
        world.advance(HOURS)
        done = world.process(asked)

        assert told(done)[:2] == (TaskState.COMPLETED, "booked")
        assert (done.appointment_id, done.patient_id) == (row["appointment_id"], other)


def test_the_visit_that_a_merge_and_the_front_desk_have_moved_is_adopted_after_a_look(world: NexHealthWorld) -> None:
    task, other = _lost_and_merged(world)
    row = _ours(world)
    later = (datetime.fromisoformat(row["start"]) + timedelta(days=1)).isoformat()
    world.control("staff", action="move", appointment_id=row["appointment_id"], start=later)
    world.control("staff", action="read")
    asked = world.until_ended(task)
    assert told(asked)[:2] == (TaskState.NEEDS_REVIEW, "outcome_unknown")

    decide(world, asked, {"action": "adopt", "appointment_id": row["appointment_id"]})
    done = world.until_ended(world.process(asked))

    assert told(done)[:2] == (TaskState.COMPLETED, "booked")
    assert (done.appointment_id, done.patient_id) == (row["appointment_id"], other)
    assert answer(world, done)["start"] == later


def test_a_strangers_visit_is_not_adopted_after_a_merge(world: NexHealthWorld) -> None:
    task, _ = _lost_and_merged(world)
    row = _ours(world)
    world.control("staff", action="delete", appointment_id=row["appointment_id"])
    world.control("staff", action="read")
    stranger = next(
        one
        for one in world.control("truth/appointments?status=scheduled", "GET")["appointments"]
        if one["appointment_id"] != row["appointment_id"]
    )
    asked = world.until_ended(task)

    decide(world, asked, {"action": "adopt", "appointment_id": stranger["appointment_id"]})
    world.advance(HOURS)

    assert told(world.process(asked))[:2] == (TaskState.NEEDS_REVIEW, "cannot_adopt")


def test_who_gives_up_what_could_not_be_looked_for_is_not_told_that_nothing_is_there(world: NexHealthWorld) -> None:
    task, _ = _lost_and_merged(world)
    row = _ours(world)
    later = (datetime.fromisoformat(row["start"]) + timedelta(days=1)).isoformat()
    world.control("staff", action="move", appointment_id=row["appointment_id"], start=later)
    world.control("staff", action="read")
    asked = world.until_ended(task)

    decide(world, asked, {"action": "give_up"})
    world.advance(HOURS)
    ended = world.process(asked)

    assert told(ended) == (TaskState.FAILED, "given_up", None)
    assert "is not known" in ended.message


# ------------------------------------------------------------------------------------------- answers of tasks


@pytest.mark.parametrize("ehr", sorted(WORLDS))
def test_a_task_tells_when_and_where_in_the_practices_zone(ehr: str) -> None:
    with WORLDS[ehr]() as world:
        request = world.booking()
        elsewhere = datetime.fromisoformat(request["start"]).astimezone().isoformat()
        names = ("start", "operatory_id", "provider_id", "service_id")

        waiting = world.submit({**request, "start": elsewhere})
        asked = answer(world, waiting)
        done = world.until_ended(world.process(waiting))
        cancelled = world.until_ended(world.do(cancelling(done)))

        ends = (datetime.fromisoformat(request["start"]) + timedelta(hours=1)).isoformat()
        assert [asked[name] for name in names] == [request[name] for name in names]
        assert asked["end"] == ends
        assert answer(world, done) | {"end": ends} == answer(world, done)
        assert [answer(world, done)[name] for name in names] == [request[name] for name in names]
        assert [answer(world, cancelled)[name] for name in names] == [*(request[name] for name in names[:3]), None]


def test_a_visit_the_practices_system_gave_to_another_provider_is_told_as_it_stands(world: NexHealthWorld) -> None:
    request = world.booking()
    other = slot_of(world, request["provider_id"], same=False)["provider_id"]
    world.control("writes", match={"kind": "create"}, outcome={"stored": {"provider_id": other}})
    task = world.do(request)

    world.advance(HOURS)
    world.control("staff", action="read")
    done = world.until_ended(world.process(task))

    assert done.state is TaskState.COMPLETED
    assert answer(world, done)["provider_id"] == other
