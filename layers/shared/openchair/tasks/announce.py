"""Telling platforms what became of a task, so that nobody has to ask again and again."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from openchair.errors import StaleVersion, StoreUnavailable
from openchair.models.journal import ENDED, Task
from openchair.ports import Clock, TaskEvents, TaskStore

TRIED_AGAIN = timedelta(minutes=1)


def announce_change(task: Task, tasks: TaskStore, events: TaskEvents, clock: Clock) -> Task:
    """Publishes the task's state and code unless these were the last published; at least once, seldom twice.

    While the bus cannot be reached nothing else waits for it: a task that ended is woken once more for its event.
    """
    told = f"{task.state.value}/{task.code}"
    if task.announced == told:
        return task
    is_settled = task.state in ENDED and task.resolution is None
    updates: dict[str, Any] = {
        "announced": told,
        "next_attempt_at": task.sweep_at if is_settled else task.next_attempt_at,
    }
    try:
        events.publish(task)
    except StoreUnavailable:
        if not is_settled:
            return task
        updates = {"next_attempt_at": clock.now() + TRIED_AGAIN}
    with suppress(StaleVersion):
        return tasks.save(task.changed(**updates))
    return task
