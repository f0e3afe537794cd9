"""Settling a review: a person's decision is stored at the door and carried out by the worker, read back first."""

from dataclasses import replace

from openchair.errors import (
    AppointmentNotFound,
    NotInReview,
    PatientNotFound,
    StaleVersion,
    StoreUnavailable,
    TaskOfNewerVersion,
)
from openchair.models.journal import Step, StepKind, Task, TaskState
from openchair.models.request import RescheduleAppointment, Resolution
from openchair.models.visit import Appointment
from openchair.parsing import parse_json
from openchair.people import refusal_of
from openchair.ports import Clock, TaskQueue, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.steps.common import CANCELLED, Desk, Done, NeedsReview, placement, placement_asked
from openchair.tasks.steps.patient import adopted_chart, chart_of
from openchair.tasks.steps.visit_state import cancelled

_CODES = {
    StepKind.CREATE_APPOINTMENT: outcomes.BOOKED,
    StepKind.MOVE_APPOINTMENT: outcomes.MOVED,
    StepKind.CONFIRM_APPOINTMENT: outcomes.CONFIRMED,
}


def resolve_task(practice_id: str, task_id: str, body: bytes, tasks: TaskStore, queue: TaskQueue, clock: Clock) -> Task:
    """The task with the decision stored; it stays in review until the worker has read back and carried it out.

    Raises RequestError, NotInReview among them.
    """
    resolution = parse_json(Resolution.model_validate_json, body)
    for _ in range(5):
        task = tasks.task(practice_id, task_id)
        if not task.is_understood:
            raise TaskOfNewerVersion
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


def adopted(task: Task, step: Step, resolution: Resolution, desk: Desk) -> Done | NeedsReview | None:
    """What the chart holds under the id that a person named; None when it is not this patient's, or not as asked.

    A person may be wrong, so what they say is held against the chart before it is told.
    """
    if resolution.patient_id is not None:
        if step.kind is not StepKind.CREATE_PATIENT:
            return None
        return adopted_chart(task, resolution.patient_id, desk)
    assert resolution.appointment_id is not None
    try:
        visit = desk.ehr.appointment(resolution.appointment_id)
        if not _is_as_asked(visit, task, step, desk):
            return None
    except AppointmentNotFound:
        return None
    if step.kind is StepKind.AWAIT_APPOINTMENT:
        return Done(None, in_chart=True, visit=visit)
    if step.kind is StepKind.CANCEL_APPOINTMENT:
        return replace(cancelled(task, visit, outcomes.CANCELLED), stood=True)
    return Done(_CODES[step.kind], visit.id, visit.patient_id, visit=visit, stood=True)


def _is_as_asked(visit: Appointment, task: Task, step: Step, desk: Desk) -> bool:
    """Whether a visit can be told as what came of this step. Raises AppointmentNotFound."""
    match step.kind:
        case StepKind.CREATE_APPOINTMENT:
            return visit.occupies and visit.id != task.appointment_id and _is_theirs(visit, task, step, desk)
        case StepKind.MOVE_APPOINTMENT:
            is_there = placement(visit) == placement_asked(step)
            return visit.id == step.appointment_id and visit.occupies and is_there
        case StepKind.CANCEL_APPOINTMENT:
            return visit.id == step.appointment_id and visit.status in CANCELLED
        case StepKind.CONFIRM_APPOINTMENT:
            return visit.id == step.appointment_id and desk.ehr.is_confirmed(visit)
        case StepKind.AWAIT_APPOINTMENT:
            # What only the vendor has is told as booked by nobody, and no old visit gives way to it.
            return visit.is_in_chart and visit.id == task.last_done(StepKind.CREATE_APPOINTMENT).appointment_id
        case _:
            return False


def _is_theirs(visit: Appointment, task: Task, step: Step, desk: Desk) -> bool:
    """The patient's own; or, since their chart is gone or out of use, by our reference or by the person, another's.

    Charts that are merged give their visits to the one that stays.
    """
    patient_id = _patient_id(task, desk)
    assert patient_id is not None
    try:
        chart = chart_of(task, patient_id, desk)
    except PatientNotFound:
        return _has_our_reference(visit, step)
    if visit.patient_id in (patient_id, chart.id):
        return True
    is_out_of_use = refusal_of(chart, desk.record.practice.booking) is not None
    return is_out_of_use and _has_our_reference(visit, step)


def _has_our_reference(visit: Appointment, step: Step) -> bool:
    return step.marker is not None and step.marker in visit.note


def _patient_id(task: Task, desk: Desk) -> str | None:
    """Whose visit is asked for; a rebook may name only the old visit."""
    if isinstance(task.request, RescheduleAppointment):
        return desk.ehr.appointment(task.request.appointment_id).patient_id
    return task.patient_id
