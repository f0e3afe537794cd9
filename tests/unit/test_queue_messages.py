"""Messages of a FIFO queue: ids only, and what failed is given back with all that follows it."""

import json
from typing import Any

import pytest

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task
from openchair.queue_messages import each_message
from tests.task_world import World, create

TASK = World().submit(create())


def message(number: int, body: str | None = None) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": json.dumps({"practice_id": "p1", "task_id": f"t{number}"}) if body is None else body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def never(practice_id: str, task_id: str) -> Task:
    raise AssertionError


def ignored(task: Task) -> None: ...


def failures(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_each_message_is_processed_in_order() -> None:
    seen: list[tuple[str, ...]] = []

    def process(*ids: str) -> Task:
        seen.append(ids)
        return TASK

    told: list[Task] = []
    answer = each_message({"Records": [message(1), message(2)]}, process, never, told.append)

    assert seen == [("p1", "t1"), ("p1", "t2")]
    assert told == [TASK, TASK]
    assert failures(answer) == []


def test_what_follows_a_failed_message_is_not_tried() -> None:
    seen: list[str] = []

    def process(practice_id: str, task_id: str) -> Task:
        seen.append(task_id)
        if task_id == "t2":
            raise StoreUnavailable
        return TASK

    answer = each_message({"Records": [message(1), message(2), message(3)]}, process, never, ignored)

    assert seen == ["t1", "t2"]
    assert failures(answer) == ["m2", "m3"]


@pytest.mark.parametrize("body", ["", "x", "[]", "null", "{}", '{"practice_id": "p1"}', '{"task_id": "t1"}'])
def test_a_message_that_is_not_ours_goes_to_the_dead_letters_by_failing(body: str) -> None:
    seen: list[str] = []

    def process(practice_id: str, task_id: str) -> Task:
        seen.append(task_id)
        return TASK

    answer = each_message({"Records": [message(1, body)]}, process, never, ignored)

    assert seen == []
    assert failures(answer) == ["m1"]


def test_an_empty_batch_is_fine() -> None:
    assert failures(each_message({}, never, never, ignored)) == []


def test_a_poison_message_parks_its_task_and_the_queue_moves_on() -> None:
    parked: list[str] = []

    def process(practice_id: str, task_id: str) -> Task:
        if task_id == "t1":
            raise KeyError("nobody foresaw this")
        return TASK

    def park(practice_id: str, task_id: str) -> Task:
        parked.append(task_id)
        return TASK

    answer = each_message({"Records": [message(1), message(2)]}, process, park, ignored)

    assert parked == ["t1"]
    assert failures(answer) == []


def test_a_poison_message_whose_task_cannot_be_parked_is_given_back() -> None:
    def process(practice_id: str, task_id: str) -> Task:
        raise KeyError("nobody foresaw this")

    def park(practice_id: str, task_id: str) -> Task:
        raise StoreUnavailable

    assert failures(each_message({"Records": [message(1)]}, process, park, ignored)) == ["m1"]
