"""Withdrawing a task of which nothing was sent."""

from contextlib import suppress

from openchair.errors import (
    StaleVersion,
    StoreUnavailable,
    TaskAlreadySent,
    TaskEnded,
    TaskOfNewerVersion,
    TaskWithdrawn,
)
from openchair.models.journal import TERMINAL, StepState, Task, TaskState
from openchair.ports import Clock, TaskQueue, TaskStore
from openchair.tasks.outcomes import told_of


def withdraw_task(practice_id: str, task_id: str, tasks: TaskStore, queue: TaskQueue, clock: Clock) -> Task:
    """Ends a task of which nothing was sent, as failed with code `withdrawn`.

    Raises TaskNotFound, TaskEnded, TaskAlreadySent.
    The write is conditional on the version read: a worker about to send and this cannot both go on. It is queued once
    more, to be published.
    """
    for _ in range(5):
        task = tasks.task(practice_id, task_id)
        if task.code == TaskWithdrawn.code:
            return task
        if not task.is_understood:
            raise TaskOfNewerVersion
        if task.state in TERMINAL:
            raise TaskEnded
        if any(step.state is not StepState.NEW or step.sent_at is not None for step in task.steps):
            raise TaskAlreadySent
        updates = {"resolution": None, "updated_at": clock.now(), **told_of(TaskWithdrawn())}
        ended = task.changed(state=TaskState.FAILED, in_chart=False, **updates)
        try:
            ended = tasks.end(ended)
        except StaleVersion:
            continue
        with suppress(StoreUnavailable):
            queue.send(ended)
        return ended
    raise TaskAlreadySent
