"""Two versions of the software at work on one table: what one writes the other reads, or leaves alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from openchair.errors import AppointmentBusy, StoredItemUnreadable, TaskOfNewerVersion
from openchair.models.journal import IdempotencyRecord, Step, StepKind, StepState, Task, TaskState
from openchair.models.request import OnboardNewPatient, TaskType
from openchair.store import tables
from openchair.store.tables import TaskItem
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.answers import TaskListQuery, list_tasks
from openchair.tasks.lines import Turn, turn_of
from openchair.tasks.park import park_task
from openchair.tasks.resolve import resolve_task
from openchair.tasks.wake import wake_tasks
from openchair.tasks.withdraw import withdraw_task
from tests.clock import VirtualClock
from tests.integration.tables import empty_tables, moto_tables
from tests.memory_store import MemoryQueue
from tests.task_world import practice

START = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
GOLDEN = sorted((Path(__file__).parents[1] / "golden").rglob("*.json"))


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[None]:
    with moto_tables():
        yield


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def store(dynamodb: None, clock: VirtualClock) -> DynamoTaskStore:
    empty_tables()
    return DynamoTaskStore(clock)


def accepted(store: DynamoTaskStore, number: int, **changes: Any) -> Task:
    """A confirmation of appointment 50, waiting in its line."""
    given: dict[str, Any] = {
        "id": f"0000TASK{number:04d}",
        "practice_id": "p1",
        "ehr_account_id": "account",
        "caller_id": "caller",
        "request": {"type": "CONFIRM_APPOINTMENT", "appointment_id": "50"},
        "steps": (Step(kind=StepKind.CONFIRM_APPOINTMENT),),
        "lines": ("appointment:50",),
        "accepted_at": START,
        "updated_at": START,
        "next_attempt_at": START + timedelta(seconds=30),
    }
    task = Task.model_validate({**given, **changes})
    return store.accept(task, IdempotencyRecord(f"key{number}", "body"))


def rewritten(task: Task, **changes: Any) -> None:
    """The stored document as another version would have left it; None for a text that is none of ours."""
    item = TaskItem.get(*tables.task_key(task.practice_id, task.id))
    document = {**json.loads(item.document), **changes}
    item.document = json.dumps(document) if changes else "not a document"
    item.state = document["state"]
    item.save()


def test_a_field_that_only_a_newer_version_knows_is_kept_through_a_save(store: DynamoTaskStore) -> None:
    task = accepted(store, 1)
    step = {"kind": "confirm_appointment", "colour": "red"}
    request = {"type": "CONFIRM_APPOINTMENT", "appointment_id": "50", "channel": "phone"}
    rewritten(task, request=request, steps=[step], shade="dark")

    read = store.task("p1", task.id)
    store.save(read.with_step(0, read.steps[0].model_copy(update={"state": StepState.SENT})))

    item = json.loads(TaskItem.get(*tables.task_key("p1", task.id)).document)
    assert read.is_understood
    assert (item["shade"], item["request"]["channel"], item["steps"][0]["colour"]) == ("dark", "phone", "red")
    assert item["steps"][0]["state"] == "sent"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "awaiting_patient"},
        {"steps": [{"kind": "send_reminder"}]},
        {"steps": [{"kind": "confirm_appointment", "state": "half_sent"}]},
        {"request": {"type": "MERGE_PATIENTS", "patient_id": "11"}},
        {"resolution": {"action": "hand_over"}},
        {"shape": 99},
    ],
    ids=["state", "step", "step-state", "request", "decision", "shape"],
)
def test_a_word_that_only_a_newer_version_knows_leaves_the_task_to_it(
    store: DynamoTaskStore, clock: VirtualClock, changes: dict[str, Any]
) -> None:
    task = accepted(store, 1)
    rewritten(task, **changes)
    before = TaskItem.get(*tables.task_key("p1", task.id)).document

    read = store.task("p1", task.id)
    with pytest.raises(TaskOfNewerVersion):
        withdraw_task("p1", task.id, store, MemoryQueue(), clock)
    with pytest.raises(TaskOfNewerVersion):
        resolve_task("p1", task.id, b'{"action": "give_up"}', store, MemoryQueue(), clock)
    park_task("p1", task.id, store, clock)

    assert not read.is_understood
    assert TaskItem.get(*tables.task_key("p1", task.id)).document == before
    assert list_tasks(practice(), TaskListQuery(), store)["tasks"][0]["id"] == task.id


def test_a_list_tells_how_many_tasks_it_cannot_read_and_shows_the_others(store: DynamoTaskStore) -> None:
    accepted(store, 1)
    rewritten(accepted(store, 2, lines=()))
    accepted(store, 3)

    answer = list_tasks(practice(), TaskListQuery(), store)

    assert [task["id"] for task in answer["tasks"]] == ["0000TASK0003", "0000TASK0001"]
    assert answer["unreadable"] == 1
    with pytest.raises(StoredItemUnreadable):
        store.task("p1", "0000TASK0002")


def test_tasks_of_an_unknown_state_are_found_by_asking_for_unknown(store: DynamoTaskStore) -> None:
    accepted(store, 1)
    rewritten(accepted(store, 2), state="awaiting_patient")

    page = store.tasks("p1", TaskState.UNKNOWN, 10, None)

    assert [task.id for task in page.tasks] == ["0000TASK0002"]


def test_waking_counts_what_it_cannot_read_and_wakes_the_others(store: DynamoTaskStore, clock: VirtualClock) -> None:
    rewritten(accepted(store, 1))
    accepted(store, 2)
    clock.advance(60)
    queue = MemoryQueue()

    woken = wake_tasks(store, queue, clock)

    assert (queue.sent, woken.unreadable) == (["0000TASK0002"], 1)


def test_behind_a_task_that_cannot_be_read_a_visits_tasks_fail_and_a_persons_go_on(store: DynamoTaskStore) -> None:
    """It counts as in review: what it has done only a person can tell."""
    rewritten(accepted(store, 1, lines=("appointment:50", "patient:11")))
    of_the_visit = accepted(store, 2)
    of_the_person = accepted(store, 3, lines=("patient:11",))

    assert turn_of(of_the_person, store) is Turn.NOW
    with pytest.raises(AppointmentBusy):
        turn_of(of_the_visit, store)


def test_who_ends_makes_the_next_due_that_can_be_read(store: DynamoTaskStore, clock: VirtualClock) -> None:
    first = accepted(store, 1)
    rewritten(accepted(store, 2))
    third = accepted(store, 3)

    store.end(first.changed(state=TaskState.COMPLETED, code="confirmed"))

    assert store.task("p1", third.id).next_attempt_at == clock.now()


def test_what_was_accepted_is_read_whatever_the_door_takes_now(store: DynamoTaskStore) -> None:
    """The rules of the door get stricter; a stored request is not held against them again."""
    task = accepted(store, 1)
    patient = {"first_name": "7", "last_name": "x" * 300, "date_of_birth": "1850-01-01", "phone": "12"}
    rewritten(task, request={"type": "ONBOARD_NEW_PATIENT", "patient": patient})

    read = store.task("p1", task.id)

    assert read.is_understood
    assert isinstance(read.request, OnboardNewPatient)
    assert (read.type, read.request.patient.phone) == (TaskType.ONBOARD_NEW_PATIENT, "12")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_item_of_every_version_is_read_and_saved_without_a_loss(path: Path) -> None:
    stored = json.loads(path.read_text("utf-8"))

    task = Task.model_validate_json(json.dumps(stored))

    saved = json.loads(task.model_dump_json(exclude={"version", "next_attempt_at"}))
    assert task.is_understood
    assert _holds(saved, stored)


def _holds(saved: Any, stored: Any) -> bool:
    """Whether all that was stored is there again; what a later version has added may stand beside it."""
    if isinstance(stored, dict):
        return all(name in saved and _holds(saved[name], value) for name, value in stored.items())
    if isinstance(stored, list):
        return len(saved) == len(stored) and all(map(_holds, saved, stored))
    return bool(saved == stored)


def test_there_are_golden_items_of_all_types_and_states() -> None:
    tasks = [Task.model_validate_json(path.read_text("utf-8")) for path in GOLDEN]

    assert {task.type for task in tasks} == set(TaskType)
    assert {task.state for task in tasks} >= set(TaskState) - {TaskState.UNKNOWN}
