"""Settling a review: a person's decision is stored at the door and carried out by the worker, read back first."""

from openchair.errors import AppointmentNotFound, NotInReview, PatientNotFound, StaleVersion, StoreUnavailable
from openchair.models import Resolution, Step, StepKind, Task, TaskState
from openchair.parsing import parse_json
from openchair.ports import Clock, TaskQueue, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.steps.common import Desk, Done

_CODES = {
    StepKind.CREATE_APPOINTMENT: outcomes.BOOKED,
    StepKind.MOVE_APPOINTMENT: outcomes.MOVED,
    StepKind.CANCEL_APPOINTMENT: outcomes.CANCELLED,
    StepKind.CONFIRM_APPOINTMENT: outcomes.CONFIRMED,
}


def resolve_task(practice_id: str, task_id: str, body: bytes, tasks: TaskStore, queue: TaskQueue, clock: Clock) -> Task:
    """The task with the decision stored; it stays in review until the worker has read back and carried it out.

    Raises RequestError, NotInReview among them.
    """
    resolution = parse_json(Resolution.model_validate_json, body)
    for _ in range(5):
        task = tasks.task(practice_id, task_id)
        if task.state is not TaskState.NEEDS_REVIEW or task.resolution is not None:
            raise NotInReview
        now = clock.now()
        try:
            decided = tasks.save(task.changed(resolution=resolution, next_attempt_at=now, updated_at=now))
        except StaleVersion:
            continue
        try:
            queue.send(decided)
        except StoreUnavailable:
            return decided
        return decided
    raise NotInReview


def adopted(task: Task, step: Step, resolution: Resolution, desk: Desk) -> Done | None:
    """What the chart holds under the id that a person named; None when it is nothing of this patient's."""
    if resolution.patient_id is not None:
        if step.kind is not StepKind.CREATE_PATIENT:
            return None
        try:
            return Done(outcomes.PATIENT_FOUND, patient_id=desk.ehr.patient(resolution.patient_id).id)
        except PatientNotFound:
            return None
    if resolution.appointment_id is None or step.kind is StepKind.CREATE_PATIENT:
        return None
    try:
        visit = desk.ehr.appointment(resolution.appointment_id)
    except AppointmentNotFound:
        return None
    if task.patient_id is not None and visit.patient_id != task.patient_id:
        return None
    code = _CODES.get(step.kind)
    if step.kind is StepKind.AWAIT_APPOINTMENT:
        is_booked = visit.id == task.step(StepKind.CREATE_APPOINTMENT).appointment_id
        return Done(None, in_chart=True) if is_booked else None
    if step.kind is not StepKind.CREATE_APPOINTMENT and visit.id != step.appointment_id:
        return None
    return Done(code, visit.id, visit.patient_id)
