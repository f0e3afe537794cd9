"""The second line: a task whose sending was unclear looks, when all has settled, whether one visit came of it."""

from datetime import timedelta

from openchair.errors import NotFound
from openchair.models.journal import Step, StepKind, Task
from openchair.models.visit import AppointmentStatus
from openchair.tasks.process.meanings import TOLD
from openchair.tasks.process.worker import Worker, unclear_creates
from openchair.tasks.steps.common import Desk, unsent

SWEEP_TRIED_FOR = timedelta(hours=24)


def sweep(worker: Worker, task: Task, desk: Desk) -> Task:
    """The task with a withdrawal of each visit too many still to be done; without one it rests for good."""
    assert task.sweep_at is not None
    if task.next_step is not None:
        return task
    try:
        doubles = [double for created in unclear_creates(task) for double in _doubles_of(created, desk)]
    except TOLD as error:
        if worker.clock.now() < task.sweep_at + SWEEP_TRIED_FOR:
            return worker.settle(task, error)
        doubles = []
    if not doubles:
        return worker.save(task, sweep_at=None, lease_until=None, next_attempt_at=None)
    return worker.save(task, steps=(*task.steps, *doubles))


def _doubles_of(created: Step, desk: Desk) -> list[Step]:
    """Withdrawals of the booked visits with this marker at its very time, beside the one that was told.

    A copy that somebody made for another time is not a double of ours and is left alone.
    """
    assert created.marker is not None
    assert created.patient_id is not None
    try:
        visits = desk.ehr.patient_appointments(created.patient_id)
    except NotFound:
        return []
    same = [
        visit for visit in visits if created.marker in visit.note and visit.occupies and visit.start == created.start
    ]
    if created.appointment_id not in [visit.id for visit in same]:
        return []
    withdrawal = unsent(created, StepKind.WITHDRAW)
    # One whose patient has come is nobody's to take back.
    doubles = [visit for visit in same if visit.status is AppointmentStatus.BOOKED]
    others = sorted(visit.id for visit in doubles if visit.id != created.appointment_id)
    return [withdrawal.model_copy(update={"appointment_id": other}) for other in others]
