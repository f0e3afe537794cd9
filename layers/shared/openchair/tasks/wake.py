"""Waking tasks whose time has come, and waiting for one at the door."""

from datetime import timedelta

from openchair.errors import StoreUnavailable
from openchair.models import Task
from openchair.ports import Clock, TaskQueue, TaskStore

LOOK_AGAIN = timedelta(seconds=240)
_LOOKS_PER_SECOND = 4.0


def wake_tasks(tasks: TaskStore, queue: TaskQueue, clock: Clock, limit: int = 500) -> int:
    """Sends every due task to the queue; returns how many. One that cannot be sent stays due for the next minute."""
    sent = 0
    for due in tasks.due(clock.now(), limit):
        task = tasks.wake(due, clock.now() + LOOK_AGAIN)
        if task is None:
            continue
        try:
            queue.send(task)
        except StoreUnavailable:
            continue
        sent += 1
    return sent


def await_end(task: Task, seconds: float, tasks: TaskStore, clock: Clock) -> Task:
    """The task once it ended or needs a person, or as it is after these seconds."""
    deadline = clock.monotonic() + seconds
    while not task.is_settled and clock.monotonic() < deadline:
        clock.sleep(min(1 / _LOOKS_PER_SECOND, max(deadline - clock.monotonic(), 0.01)))
        task = tasks.task(task.practice_id, task.id)
    return task
