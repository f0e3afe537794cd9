"""Putting a task before a person because something unforeseen happened, so that its queue moves on."""

from openchair.models.journal import TERMINAL, Task, TaskState
from openchair.ports import Clock, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told


def park_task(practice_id: str, task_id: str, tasks: TaskStore, clock: Clock) -> Task:
    """The task in review with all it holds; one that ended stays as it is, and so does one that waits for a person."""
    task = tasks.task(practice_id, task_id)
    if task.state in TERMINAL or task.is_settled or not task.is_understood:
        return task
    return tasks.save(
        task.changed(
            state=TaskState.NEEDS_REVIEW,
            resolution=None,
            resolution_applied=False,
            lease_until=None,
            next_attempt_at=None,
            reviewed_for=outcomes.UNEXPECTED_FAULT,
            updated_at=clock.now(),
            **told(outcomes.UNEXPECTED_FAULT),
        )
    )
