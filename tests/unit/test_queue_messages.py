"""Messages of a FIFO queue: ids only, and what failed is given back with all that follows it."""

import json
from typing import Any

import pytest

from openchair.queue_messages import each_message


def message(number: int, body: str | None = None) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": json.dumps({"practice_id": "p1", "task_id": f"t{number}"}) if body is None else body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def failures(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_each_message_is_processed_in_order() -> None:
    seen: list[tuple[str, str]] = []

    answer = each_message({"Records": [message(1), message(2)]}, lambda *ids: seen.append(ids))

    assert seen == [("p1", "t1"), ("p1", "t2")]
    assert failures(answer) == []


def test_what_follows_a_failed_message_is_not_tried() -> None:
    seen: list[str] = []

    def process(practice_id: str, task_id: str) -> None:
        seen.append(task_id)
        if task_id == "t2":
            raise RuntimeError("broken")

    answer = each_message({"Records": [message(1), message(2), message(3)]}, process)

    assert seen == ["t1", "t2"]
    assert failures(answer) == ["m2", "m3"]


@pytest.mark.parametrize("body", ["", "x", "[]", "null", "{}", '{"practice_id": "p1"}', '{"task_id": "t1"}'])
def test_a_message_that_is_not_ours_goes_to_the_dead_letters_by_failing(body: str) -> None:
    seen: list[str] = []

    answer = each_message({"Records": [message(1, body)]}, lambda _, task_id: seen.append(task_id))

    assert seen == []
    assert failures(answer) == ["m1"]


def test_an_empty_batch_is_fine() -> None:
    assert failures(each_message({}, lambda *_: None)) == []
