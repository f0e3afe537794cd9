"""Telling platforms what became of a task, so that nobody has to ask again and again."""

from contextlib import suppress
from datetime import datetime, timedelta

from openchair.errors import StaleVersion, StoreUnavailable
from openchair.models.journal import Task, Untold
from openchair.ports import Clock, TaskEvents, TaskStore

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)


def announce_change(task: Task, tasks: TaskStore, events: TaskEvents, clock: Clock) -> Task:
    """Publishes the task's state and code unless these were the last published; at least once, seldom twice.

    While the bus refuses, nothing else waits for it. A task that ended, or is before a person, is woken again for its
    event alone, at times of its own that lie further and further apart; one that goes on is told at its next look, the
    time of which is left as it is. Of a task that somebody works on they tell themselves what comes of it.
    """
    now = clock.now()
    if task.announced == task.event or task.lease_until is not None or _is_put_off(task, now):
        return task
    try:
        events.publish(task)
    except StoreUnavailable:
        return _noted(task.changed(untold=_again(task, now)), tasks) if task.is_settled else task
    return _noted(task.changed(announced=task.event, untold=None), tasks)


def _is_put_off(task: Task, now: datetime) -> bool:
    return task.untold is not None and task.untold.event == task.event and now < task.untold.again_at


def _again(task: Task, now: datetime) -> Untold:
    before = task.untold.attempts if task.untold is not None and task.untold.event == task.event else 0
    return Untold(event=task.event, attempts=before + 1, again_at=now + pause_after(before + 1))


def pause_after(attempts: int) -> timedelta:
    """How long an event that was refused so often waits."""
    pause: timedelta = _FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return min(pause, _LONGEST_PAUSE)


def _noted(task: Task, tasks: TaskStore) -> Task:
    with suppress(StaleVersion):
        return tasks.note(task)
    return task
