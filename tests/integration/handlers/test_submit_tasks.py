"""submit_tasks through its events."""

import json
from typing import Any
from unittest.mock import ANY

import pytest

from tests.integration.handlers.gateway import event, handler, request
from tests.integration.handlers.stack import Stack

QUEUED = {
    "id": ANY,
    "practice_id": "p1",
    "type": "CREATE_APPOINTMENT",
    "state": "queued",
    "code": "queued",
    "message": "Accepted; it will be done shortly.",
    "appointment_id": None,
    "patient_id": "11",
    "in_chart": None,
    "start": "2026-03-04T09:00:00-07:00",
    "end": "2026-03-04T10:00:00-07:00",
    "operatory_id": "1",
    "provider_id": "1",
    "service_id": "filling",
    "patient_code": None,
    "accepted_at": "2026-03-02T15:00:00+00:00",
    "updated_at": "2026-03-02T15:00:00+00:00",
    "next_attempt_at": "2026-03-02T15:00:30+00:00",
}
CASES = (
    "create_appointment",
    "reschedule_appointment",
    "cancel_appointment",
    "confirm_appointment",
    "onboard_new_patient",
)


def test_an_accepted_task_is_told_and_queued_by_its_ids_only(stack: Stack) -> None:
    status, answer = stack.call(event("submit_tasks/create_appointment"))

    (message,) = stack.queued()
    assert (status, answer) == (202, QUEUED)
    assert json.loads(message["Body"]) == {"practice_id": "p1", "task_id": answer["id"]}
    assert message["Attributes"]["MessageGroupId"].startswith("p1#")
    assert message["Attributes"]["MessageDeduplicationId"] == f"{answer['id']}#1"


def test_nothing_is_asked_of_the_ehr_at_the_door(stack: Stack) -> None:
    for case in CASES:
        status, _ = stack.submit(case)
        assert status == 202

    assert stack.ehr_requests() == []


@pytest.mark.parametrize("case", CASES)
def test_the_same_key_and_body_is_the_same_task_and_is_queued_once(stack: Stack, case: str) -> None:
    first = stack.submit(case)

    again = stack.submit(case)

    assert again == first
    assert len(stack.queued()) == 1


def test_a_replay_after_the_end_tells_the_end(stack: Stack) -> None:
    done = stack.do("create_appointment")

    assert stack.submit("create_appointment") == (200, done)
    assert len(stack.chart(patient_id="11", status="Scheduled")) == 2


def test_the_same_key_with_another_body_is_refused(stack: Stack) -> None:
    stack.submit("cancel_appointment", headers={"Idempotency-Key": "once"})

    status, answer = stack.submit("confirm_appointment", headers={"Idempotency-Key": "once"})

    assert (status, answer["code"]) == (422, "idempotency_key_reused")
    assert len(stack.queued()) == 1


def test_another_callers_same_key_is_another_task(stack: Stack) -> None:
    stack.allow("Portal", "p1")
    first = stack.submit("cancel_appointment")[1]

    portal = "arn:aws:sts::123456789012:assumed-role/Portal/session"
    second = stack.submit("cancel_appointment", caller=portal)[1]

    assert first["id"] != second["id"]


def test_a_refused_request_uses_up_no_key(stack: Stack) -> None:
    status, _ = stack.submit("cancel_appointment", body={"type": "CANCEL_APPOINTMENT"})
    assert status == 400

    assert stack.submit("cancel_appointment")[0] == 202


def test_a_time_that_another_task_holds_is_taken(stack: Stack) -> None:
    stack.submit("create_appointment")
    asked = json.loads(event("submit_tasks/create_appointment")["body"])

    status, answer = stack.submit(
        "create_appointment", body={**asked, "patient_id": "13"}, headers={"Idempotency-Key": "another"}
    )
    again, its_answer = stack.submit("create_appointment", headers={"Idempotency-Key": "a third"})

    assert (status, answer["code"]) == (409, "slot_taken")
    assert (again, its_answer["code"]) == (409, "patient_busy")
    assert len(stack.queued()) == 1


def test_waiting_ends_when_the_time_is_over(stack: Stack) -> None:
    status, answer = stack.submit("create_appointment", headers={"Prefer": "respond-async, wait=3"})

    assert (status, answer) == (202, QUEUED)
    assert 3.0 <= sum(stack.clock.slept) < 3.5


@pytest.mark.parametrize("started_after", [0.2, 8.0, 20.0, 26.0])
def test_an_answer_comes_before_the_gateway_gives_up_however_late_the_function_began(
    stack: Stack, started_after: float
) -> None:
    received = stack.clock.monotonic()
    asked = request("submit_tasks/create_appointment", headers={"Prefer": "wait=25"})
    stack.clock.advance(started_after)

    status, answer = stack.call(asked)

    assert (status, answer["state"]) == (202, "queued")
    assert stack.clock.monotonic() - received <= max(started_after, 25.1)


def test_a_look_that_would_end_too_late_is_not_begun(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine: each look at the task takes three seconds."""
    tasks, received = handler("submit_tasks").tasks, stack.clock.monotonic()
    look = tasks.task

    def slow(practice_id: str, task_id: str) -> Any:
        stack.clock.advance(3.0)
        return look(practice_id, task_id)

    monkeypatch.setattr(tasks, "task", slow)
    status, _ = stack.submit("create_appointment", headers={"Prefer": "wait=25"})

    assert status == 202
    assert stack.clock.monotonic() - received <= 25.1


def test_waiting_ends_when_the_task_does(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = stack.clock.sleep

    def worker(seconds: float) -> None:
        sleep(seconds)
        monkeypatch.setattr(stack.clock, "sleep", sleep)
        stack.process()

    monkeypatch.setattr(stack.clock, "sleep", worker)
    status, answer = stack.submit("confirm_appointment", headers={"Prefer": "wait=20"})

    assert (status, answer["state"], answer["code"]) == (200, "completed", "confirmed")


def test_a_task_that_cannot_be_queued_is_accepted_all_the_same(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(handler("submit_tasks").queue, "send", stack.unavailable)
        assert stack.submit("create_appointment") == (202, QUEUED)

    stack.clock.advance(31)
    assert stack.run("wake_tasks", event("wake_tasks/every_minute")) == {"count": 1}


def test_tasks_are_listed_newest_first_page_by_page(stack: Stack) -> None:
    ids = []
    for case in ("cancel_appointment", "confirm_appointment", "onboard_new_patient"):
        ids.append(stack.submit(case)[1]["id"])
        stack.clock.advance(1)

    def page(**query: str) -> dict[str, Any]:
        status, answer = stack.call(request("submit_tasks/list_tasks", query=query))
        assert status == 200
        return answer

    first = page(limit="2")
    second = page(limit="2", cursor=first["next_cursor"])
    assert [task["id"] for task in first["tasks"] + second["tasks"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert page(state="completed") == {"tasks": [], "next_cursor": None}
    assert len(stack.call(event("submit_tasks/list_tasks"))[1]["tasks"]) == 3


def test_a_task_is_read_by_its_id_in_its_own_practice_only(stack: Stack) -> None:
    task = stack.submit("create_appointment")[1]
    stack.put_practice("p2")
    stack.allow("Receptionist", "p1", "p2")

    assert stack.read(task["id"]) == task
    status, answer = stack.call(request("submit_tasks/read_task", path={"practice_id": "p2", "task_id": task["id"]}))
    assert (status, answer["code"]) == (404, "task_not_found")


def test_a_task_is_withdrawn_while_nothing_was_sent_and_again_is_the_same_answer(stack: Stack) -> None:
    task = stack.submit("create_appointment")[1]

    first = stack.call(request("submit_tasks/withdraw_task", path={"task_id": task["id"]}))
    again = stack.call(request("submit_tasks/withdraw_task", path={"task_id": task["id"]}))

    assert first == again
    assert first == (
        200,
        {
            **QUEUED,
            "state": "failed",
            "code": "withdrawn",
            "message": "The caller withdrew the task before anything was sent.",
            "in_chart": False,
            "next_attempt_at": None,
        },
    )
    assert stack.submit("create_appointment", headers={"Idempotency-Key": "anew"})[0] == 202


def test_a_task_that_was_done_cannot_be_withdrawn(stack: Stack) -> None:
    done = stack.do("create_appointment")

    status, answer = stack.call(request("submit_tasks/withdraw_task", path={"task_id": done["id"]}))

    assert (status, answer["code"]) == (409, "task_ended")
    assert stack.read(done["id"]) == done


@pytest.mark.parametrize("task_id", ["01KJQ2Z5E0A1B2C3D4E5F6G7H8", "x", "%", "#", "KEY#1"])
def test_an_unknown_task_is_not_found(stack: Stack, task_id: str) -> None:
    for case in ("read_task", "withdraw_task"):
        status, answer = stack.submit(case, path={"task_id": task_id})
        assert (status, answer["code"]) in [(404, "task_not_found"), (404, "route_not_found")]


def test_a_decision_is_refused_while_nothing_waits_for_one(stack: Stack) -> None:
    done = stack.do("create_appointment")

    status, answer = stack.call(request("submit_tasks/resolve_task", path={"task_id": done["id"]}))

    assert (status, answer["code"]) == (409, "not_in_review")
    assert stack.read(done["id"]) == done
