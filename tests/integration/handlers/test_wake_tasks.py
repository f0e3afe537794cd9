"""wake_tasks through its schedule's event."""

import json

from openchair.tasks.park import park_task
from tests.integration.handlers.gateway import event, handler, request
from tests.integration.handlers.stack import Stack


def test_nothing_due_wakes_nothing(stack: Stack) -> None:
    stack.submit("create_appointment")
    stack.queued()

    assert stack.run("wake_tasks", event("wake_tasks/every_minute")) == {"count": 0}
    assert stack.queued() == []


def test_a_task_that_was_never_worked_on_is_sent_once_more(stack: Stack) -> None:
    task = stack.submit("create_appointment")[1]
    lost = stack.queued()
    stack.clock.advance(31)

    assert stack.run("wake_tasks", event("wake_tasks/every_minute")) == {"count": 1}
    assert stack.run("wake_tasks", event("wake_tasks/every_minute")) == {"count": 0}

    woken = stack.queued()
    assert len(lost) == 1
    assert [json.loads(message["Body"])["task_id"] for message in woken] == [task["id"]]


def test_how_long_nobody_has_looked_at_a_task_is_logged_and_waking_does_not_hide_it(stack: Stack) -> None:
    stack.submit("create_appointment")
    for seconds in (1, 240, 241, 241, 241):
        stack.clock.advance(seconds)
        stack.run("wake_tasks", event("wake_tasks/every_minute"))

    lines = [line for line in stack.log_lines() if line["message"] == "tasks woken"]
    assert [(line["count"], line["oldest_seconds"]) for line in lines] == [
        (0, 0),
        (1, 241),
        (1, 482),
        (1, 723),
        (1, 964),
    ]


def test_a_task_that_ended_is_not_woken(stack: Stack) -> None:
    stack.do("create_appointment")
    stack.clock.advance(3600)

    assert stack.run("wake_tasks", event("wake_tasks/every_minute")) == {"count": 0}


def test_a_task_that_met_an_office_offline_is_done_when_it_is_back(stack: Stack) -> None:
    stack.fail(kind="offline", when="before")
    task = stack.do("create_appointment")
    stack.mend()
    stack.clock.advance(120)

    stack.run("wake_tasks", event("wake_tasks/every_minute"))
    stack.process()

    done = stack.read(task["id"])
    assert (done["state"], done["code"]) == ("completed", "booked")


def test_how_many_tasks_wait_for_a_person_and_how_long_is_told_every_minute(stack: Stack) -> None:
    def told() -> tuple[int, int]:
        stack.run("wake_tasks", event("wake_tasks/every_minute"))
        line = [one for one in stack.log_lines() if one["message"] == "reviews waiting"][-1]
        [metrics] = line["_aws"]["CloudWatchMetrics"]
        assert [one["Name"] for one in metrics["Metrics"]] == ["reviews_waiting", "oldest_review_seconds"]
        return line["reviews_waiting"], line["oldest_review_seconds"]

    assert told() == (0, 0)
    tasks = handler("submit_tasks").tasks
    reviews = [stack.submit(case)[1]["id"] for case in ("create_appointment", "cancel_appointment")]
    for task_id in reviews:
        park_task("p1", task_id, tasks, stack.clock)
        stack.clock.advance(60)

    assert told() == (2, 120)
    settle = request("submit_tasks/resolve_task", path={"task_id": reviews[0]}, body={"action": "give_up"})
    assert stack.call(settle)[0] == 202
    assert told() == (1, 60)
