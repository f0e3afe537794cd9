"""When a task is too late."""

from datetime import datetime

from openchair.errors import TaskExpired
from openchair.models.journal import StepState, Task, TaskState
from openchair.models.practice import PracticeRecord
from openchair.models.request import AppointmentRequest, OnboardNewPatient, RescheduleAppointment
from openchair.tasks.submit import requested_start


def expires_at(task: Task, record: PracticeRecord) -> datetime | None:
    """The start asked for, while nothing was sent: only such a task can be too late. None: it cannot be."""
    request = task.request
    visit = request.appointment if isinstance(request, OnboardNewPatient) else request
    untouched = all(step.state is StepState.NEW for step in task.steps) and task.state is not TaskState.NEEDS_REVIEW
    if not untouched or not isinstance(visit, AppointmentRequest | RescheduleAppointment):
        return None
    return requested_start(visit, record)


def check_not_expired(task: Task, record: PracticeRecord, now: datetime) -> None:
    """Raises TaskExpired when the start has passed."""
    start = expires_at(task, record)
    if start is not None and start <= now:
        raise TaskExpired
