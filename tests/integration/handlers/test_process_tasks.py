"""process_tasks with the messages that the queue really holds, against the office's true state."""

import json
import re
from typing import Any
from unittest.mock import ANY

import pytest

from tests.integration.handlers.gateway import event, request
from tests.integration.handlers.stack import Stack

DONE = {
    "id": ANY,
    "practice_id": "p1",
    "state": "completed",
    "in_chart": True,
    "start": "2026-03-04T09:00:00-07:00",
    "end": "2026-03-04T10:00:00-07:00",
    "operatory_id": "1",
    "provider_id": "1",
    "service_id": "filling",
    "patient_code": None,
    "accepted_at": "2026-03-02T15:00:00+00:00",
    "updated_at": ANY,
    "next_attempt_at": None,
}


def test_a_visit_is_booked_with_its_marker_first_in_the_note(stack: Stack) -> None:
    task = stack.do("create_appointment")

    (visit,) = stack.chart(patient_id="11", date="2026-03-04")
    assert task == {
        **DONE,
        "type": "CREATE_APPOINTMENT",
        "code": "booked",
        "message": "The visit is booked and stands in the chart.",
        "appointment_id": visit["appointment_id"],
        "patient_id": "11",
    }
    assert (visit["start"], visit["minutes"]) == ("2026-03-04T09:00:00-07:00", 60)
    assert (visit["operatory_id"], visit["provider_id"]) == ("1", "1")
    assert re.fullmatch(r"\[ref [0-9A-Z]{6}\] Prefers mornings\.", visit["note"])


def test_a_withdrawn_task_is_told_too(stack: Stack) -> None:
    task = stack.submit("create_appointment")[1]
    stack.queued()
    stack.call(request("submit_tasks/withdraw_task", path={"task_id": task["id"]}))

    assert stack.process() == {"batchItemFailures": []}

    assert [(one["Detail"]["task_id"], one["Detail"]["code"]) for one in stack.events()] == [(task["id"], "withdrawn")]


def test_a_bus_that_refuses_is_asked_ever_more_seldom_and_is_told_when_it_takes_events_again(stack: Stack) -> None:
    stack.bus.refuses = True
    task = stack.do("create_appointment")
    for _ in range(120):
        stack.minute()

    assert 5 <= stack.bus.asked <= 9
    assert sum(line["message"] == "event not published" for line in stack.log_lines()) == stack.bus.asked
    assert not [line for line in stack.log_lines() if line.get("oldest_seconds", 0) > 900]

    stack.bus.refuses = False
    for _ in range(61):
        stack.minute()
    assert [(one["Detail"]["task_id"], one["Detail"]["state"]) for one in stack.events()] == [(task["id"], "completed")]


def test_tasks_are_done_in_time_while_an_event_waits_for_the_bus(stack: Stack) -> None:
    stack.bus.refuses = True
    stack.do("create_appointment")
    stack.minute()
    asked = stack.bus.asked

    done = stack.do("confirm_appointment")

    assert done["state"] == "completed"
    assert stack.bus.asked == asked, "a bus that refused a moment ago is left alone"


def test_what_became_of_a_task_is_told_on_the_bus_in_ids_only(stack: Stack) -> None:
    task = stack.do("create_appointment")

    (event,) = stack.events()
    assert (event["EventBusName"], event["Source"], event["DetailType"]) == ("tasks", "openchair", "TaskChanged")
    assert event["Detail"] == {
        "practice_id": "p1",
        "task_id": task["id"],
        "type": "CREATE_APPOINTMENT",
        "state": "completed",
        "code": "booked",
        "appointment_id": task["appointment_id"],
        "patient_id": "11",
        "in_chart": True,
        "updated_at": ANY,
    }


def test_a_visit_is_moved_in_place(stack: Stack) -> None:
    task = stack.do("reschedule_appointment")

    (visit,) = stack.chart(appointment_id="50")
    assert (task["state"], task["code"], task["appointment_id"]) == ("completed", "moved", "50")
    assert (visit["start"], visit["status"]) == ("2026-03-05T14:00:00-07:00", "Scheduled")


def test_a_practice_that_rebooks_gets_a_new_visit_and_the_old_one_broken(stack: Stack) -> None:
    stack.put_practice(open_dental={"api_key_secret_name": stack.secret_name, "reschedule": "rebook"})

    task = stack.do("reschedule_appointment")

    (old,), (new,) = stack.chart(appointment_id="50"), stack.chart(date="2026-03-05")
    assert (task["code"], task["appointment_id"]) == ("moved", new["appointment_id"])
    assert (old["status"], new["status"]) == ("Broken", "Scheduled")


def test_a_visit_is_confirmed_then_cancelled(stack: Stack) -> None:
    confirmed = stack.do("confirm_appointment")
    assert (confirmed["state"], confirmed["code"]) == ("completed", "confirmed")

    cancelled = stack.do("cancel_appointment")
    assert (cancelled["state"], cancelled["code"]) == ("completed", "cancelled")
    assert stack.chart(appointment_id="50")[0]["status"] == "UnschedList"


def test_a_cancelled_visit_is_cancelled_again_without_an_error(stack: Stack) -> None:
    stack.do("cancel_appointment")

    again = stack.do("cancel_appointment", headers={"Idempotency-Key": "again"})

    assert (again["state"], again["code"]) == ("completed", "already_cancelled")


def test_a_new_patient_is_onboarded_with_a_first_visit(stack: Stack) -> None:
    task = stack.do("onboard_new_patient")

    (person,) = stack.people(last_name="Tamsworth")
    (visit,) = stack.chart(patient_id=person["patient_id"])
    assert (task["state"], task["code"]) == ("completed", "booked")
    assert (task["patient_id"], task["appointment_id"]) == (person["patient_id"], visit["appointment_id"])
    assert visit["start"] == "2026-03-04T14:00:00-07:00"


def test_a_patient_who_has_a_chart_is_found_and_not_created_again(stack: Stack) -> None:
    person = {
        "first_name": "quillon",
        "last_name": "VEXMOOR",
        "date_of_birth": "1983-04-17",
        "phone": "+1 303 555 0111",
    }

    task = stack.do("onboard_new_patient", body={"type": "ONBOARD_NEW_PATIENT", "patient": person})

    assert (task["state"], task["code"], task["patient_id"]) == ("completed", "patient_found", "11")
    assert len(stack.people(last_name="Vexmoor")) == 2


def create(**changes: Any) -> dict[str, Any]:
    given = {"type": "CREATE_APPOINTMENT", "patient_id": "11", "service_id": "filling"}
    return {**given, "start": "2026-03-04T09:00:00-07:00", **changes}


def of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (create(patient_id="999999"), "patient_not_found"),
        (create(patient_id="Quillon"), "patient_not_found"),
        (of("CANCEL_APPOINTMENT", appointment_id="999999"), "appointment_not_found"),
        (of("CONFIRM_APPOINTMENT", appointment_id="abc"), "appointment_not_found"),
        (of("RESCHEDULE_APPOINTMENT", appointment_id="999999", start="2026-03-04T09:00:00-07:00"),
         "appointment_not_found"),
        (of("CANCEL_APPOINTMENT", appointment_id="50", patient_id="13"), "patient_mismatch"),
        (of("CANCEL_APPOINTMENT", appointment_id="51"), "not_cancellable"),
        (of("CONFIRM_APPOINTMENT", appointment_id="51"), "not_confirmable"),
        (of("RESCHEDULE_APPOINTMENT", appointment_id="51", start="2026-03-04T09:00:00-07:00"), "not_movable"),
        (create(start="2026-03-07T09:00:00-07:00"), "off_schedule"),
        (create(start="2026-03-04T16:30:00-07:00"), "off_schedule"),
        (create(patient_id="12", start="2026-03-03T10:00:00-07:00", operatory_id="1"), "slot_taken"),
        (create(patient_id="12", start="2026-03-03T10:00:00-07:00", operatory_id="1", provider_id="1"), "slot_taken"),
        (create(start="2026-03-03T10:00:00-07:00"), "patient_busy"),
        (create(operatory_id="99"), "operatory_not_found"),
        (create(provider_id="99"), "provider_not_found"),
    ],
)  # fmt: skip
def test_what_the_ehr_alone_can_tell_fails_with_a_code_and_changes_nothing(
    stack: Stack, body: dict[str, Any], code: str
) -> None:
    before = stack.chart()

    task = stack.do("create_appointment", body=body)

    assert (task["state"], task["code"], task["in_chart"], task["next_attempt_at"]) == ("failed", code, False, None)
    assert stack.chart() == before


@pytest.mark.parametrize(
    ("keys", "code"),
    [({"devKey": "unknown", "custKey": "unknown"}, "ehr_key_refused"), ({"apiKey": "other"}, "ehr_key_missing")],
)
def test_a_missing_or_refused_key_fails_the_task(stack: Stack, keys: dict[str, str], code: str) -> None:
    stack.put_keys(**keys)

    task = stack.do("create_appointment")

    assert (task["state"], task["code"]) == ("failed", code)


def test_a_practice_without_a_stored_key_fails_the_task(stack: Stack) -> None:
    stack.put_practice(open_dental={"api_key_secret_name": "practice-p1-never-stored"})

    task = stack.do("create_appointment")

    assert (task["state"], task["code"]) == ("failed", "ehr_key_missing")


def test_an_office_that_is_offline_keeps_the_task_for_later(stack: Stack) -> None:
    stack.fail(kind="offline", when="before")

    task = stack.do("create_appointment")

    assert (task["state"], task["code"]) == ("in_progress", "ehr_offline")
    assert task["next_attempt_at"] is not None


@pytest.mark.parametrize("kind", ["drop", "truncate", "html", "status"])
def test_a_write_whose_answer_is_lost_is_found_in_the_chart_and_not_sent_again(stack: Stack, kind: str) -> None:
    status = {"html": {"status": 200}, "status": {"status": 504}}.get(kind, {})
    stack.fail(kind=kind, when="after", method="POST", times=1, **status)

    task = stack.do("create_appointment")

    assert (task["state"], task["code"]) == ("completed", "booked")
    assert task["appointment_id"] in [visit["appointment_id"] for visit in stack.chart()]
    assert [method for method, _ in stack.ehr_requests()].count("POST") == 1


def test_a_write_that_never_arrived_is_not_sent_again_before_the_window(stack: Stack) -> None:
    stack.fail(kind="drop", when="before", method="POST", times=1)

    task = stack.do("create_appointment")

    assert (task["state"], task["code"]) == ("in_progress", "reading_back")
    assert [method for method, _ in stack.ehr_requests()].count("POST") == 1


def test_a_message_delivered_twice_books_once(stack: Stack) -> None:
    task = stack.submit("create_appointment")[1]
    (message,) = event("process_tasks/one_task")["Records"]
    message["body"] = message["body"].replace("01KJQ2Z5E0A1B2C3D4E5F6G7H8", task["id"])

    stack.run("process_tasks", {"Records": [message]})
    stack.run("process_tasks", {"Records": [message]})

    assert len(stack.chart(date="2026-03-04")) == 1


def test_no_write_starts_that_could_outlast_the_function(stack: Stack) -> None:
    stack.context.remaining_milliseconds = 60_000

    task = stack.do("create_appointment")

    assert task["state"] == "in_progress"
    assert [method for method, _ in stack.ehr_requests() if method != "GET"] == []


def test_a_failed_message_and_all_behind_it_are_given_back(stack: Stack) -> None:
    """In a FIFO queue nothing may overtake it."""
    done = stack.do("confirm_appointment")
    records = event("process_tasks/three_tasks")
    records["Records"][0]["body"] = json.dumps({"practice_id": "p1", "task_id": done["id"]})

    answer = stack.run("process_tasks", records)

    ids = [record["messageId"] for record in records["Records"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": ids[1]}, {"itemIdentifier": ids[2]}]}


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"practice_id": "p1"}', '{"practice_id": 1, "task_id": null}']
)
def test_a_message_that_cannot_be_read_is_given_back(stack: Stack, body: str) -> None:
    records = event("process_tasks/one_task")
    records["Records"][0]["body"] = body

    answer = stack.run("process_tasks", records)

    assert answer == {"batchItemFailures": [{"itemIdentifier": records["Records"][0]["messageId"]}]}
