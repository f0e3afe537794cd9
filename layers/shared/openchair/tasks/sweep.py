"""The second line: whether more than one visit came of a task whose sending was unclear."""

from openchair.models.journal import StepKind, Task
from openchair.models.visit import AppointmentStatus
from openchair.tasks.steps.common import Desk


def doubles_of(task: Task, desk: Desk) -> list[str]:
    """Ids of booked visits with this task's marker at its very time, beside the one that was told.

    A copy that somebody made for another time is not a double of ours and is left alone.
    """
    created = task.step(StepKind.CREATE_APPOINTMENT)
    assert created.marker is not None
    assert created.patient_id is not None
    same = [
        visit
        for visit in desk.ehr.patient_appointments(created.patient_id)
        if created.marker in visit.note and visit.occupies and visit.start == created.start
    ]
    if task.appointment_id not in [visit.id for visit in same]:
        return []
    doubles = (visit for visit in same if visit.id != task.appointment_id)
    return sorted(visit.id for visit in doubles if visit.status is AppointmentStatus.BOOKED)
