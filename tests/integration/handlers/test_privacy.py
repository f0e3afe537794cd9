"""What the log tells of each function: what is needed to follow a request, and nothing of a patient."""

from typing import Any

import pytest

from openchair.log import ALLOWED_FIELDS
from tests.integration.handlers.gateway import event, handler
from tests.integration.handlers.stack import ALWAYS_LOGGED, Context, Stack

SECRET_TEXT = "Quillon Vexmoor, born 1983-04-17, (303)555-0111, could not be read"
CONTROL_API = {
    "find_slots/slots": "find.find_slots",
    "read_patients/search_by_phone": "search_patients",
    "submit_tasks/create_appointment": "submit_task",
    "check_health/health": "check_health",
}


def break_(monkeypatch: pytest.MonkeyPatch, folder: str, name: str) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(SECRET_TEXT)

    target: Any = handler(folder)
    *parents, last = name.split(".")
    for parent in parents:
        target = getattr(target, parent)
    monkeypatch.setattr(target, last, broken)


@pytest.mark.parametrize("case", CONTROL_API)
def test_what_nobody_foresaw_is_told_as_internal_error_and_logged_by_its_class_only(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    break_(monkeypatch, case.split("/")[0], CONTROL_API[case])

    status, answer = stack.call(event(case))

    (line,) = [line for line in stack.log_lines() if line["level"] == "ERROR"]
    assert (status, answer["code"]) == (500, "internal_error")
    assert SECRET_TEXT not in str(answer)
    assert line["message"] == "request failed"
    assert line["error"]["class"] == "RuntimeError"
    assert line["code"] == "internal_error"
    assert line["practice_id"] == "p1"
    assert line["function_request_id"] == Context.aws_request_id


def test_a_worker_that_breaks_parks_its_task_and_tells_the_class_only(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = stack.submit("create_appointment")[1]
    break_(monkeypatch, "process_tasks", "process_task")

    answer = stack.process()

    (line,) = [line for line in stack.log_lines() if line["level"] == "ERROR"]
    assert answer["batchItemFailures"] == []
    assert (line["message"], line["error"]["class"]) == ("task parked", "RuntimeError")
    assert stack.read(task["id"])["code"] == "unexpected_fault"
    assert (line["practice_id"], line["task_id"], line["attempt"]) == ("p1", task["id"], 1)


def test_a_whole_life_of_visits_leaves_no_patient_value_but_every_task_id(stack: Stack) -> None:
    stack.call(event("read_patients/search_by_phone"))
    stack.call(event("read_patients/visits"))
    cases = ("create_appointment", "reschedule_appointment", "confirm_appointment", "onboard_new_patient")
    ids = [stack.do(case)["id"] for case in (*cases, "cancel_appointment")]

    lines = stack.log_lines()
    assert set(ids) <= {line.get("task_id") for line in lines}
    for line in lines:
        assert line.keys() <= ALWAYS_LOGGED | set(ALLOWED_FIELDS)
        assert line["function_request_id"] == Context.aws_request_id


def test_every_call_to_the_ehr_leaves_one_line(stack: Stack) -> None:
    stack.do("create_appointment")

    audited = [line for line in stack.log_lines() if line["message"] == "ehr call"]
    assert len(audited) == len(stack.ehr_requests())
    for line in audited:
        assert line.keys() >= {"practice_id", "operation", "status", "code", "duration_ms", "attempt"}


def test_a_refusal_is_logged_by_route_code_and_caller(stack: Stack) -> None:
    stack.submit("create_appointment", body={"type": "CREATE_APPOINTMENT", "notes": "Quillon"})

    (line,) = [line for line in stack.log_lines() if line["message"] == "request refused"]
    assert line["route"] == "/practices/<practice_id>/tasks"
    assert (line["status"], line["code"]) == (400, "invalid_request")
    assert line["caller_id"] == "arn:aws:iam::123456789012:role/Receptionist"


def test_a_warm_function_tells_nothing_of_the_request_before(stack: Stack) -> None:
    stack.submit("create_appointment")
    stack.submit("create_appointment", caller="arn:aws:iam::123456789012:root")

    last = stack.log_lines()[-1]
    assert last["status"] == 403
    assert "practice_id" not in last
    assert "caller_id" not in last
