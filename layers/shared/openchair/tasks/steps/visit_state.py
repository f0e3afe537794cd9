"""The steps that cancel and confirm a visit."""

from openchair.errors import AppointmentNotFound, NotCancellable, NotConfirmable
from openchair.models.journal import Step, StepKind, Task
from openchair.models.request import CancelAppointment, RescheduleAppointment
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.tasks import outcomes
from openchair.tasks.steps.common import (
    CANCELLED,
    Desk,
    Done,
    Failed,
    NeedsReview,
    Prepared,
    ReadBack,
    Ready,
    Unseen,
    named_visit,
)


def prepare_cancel(task: Task, step: Step, desk: Desk) -> Prepared:
    rebooking = isinstance(task.request, RescheduleAppointment)
    try:
        visit = named_visit(task, desk)
    except AppointmentNotFound:
        if rebooking:
            return Done(outcomes.MOVED)
        raise
    if visit.status in CANCELLED:
        return cancelled(task, visit, outcomes.ALREADY_CANCELLED)
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotCancellable
    if rebooking:
        booked = task.last_done(StepKind.CREATE_APPOINTMENT)
        if (visit.start, visit.operatory_id) != (booked.old_start, booked.old_operatory_id):
            return NeedsReview(outcomes.OLD_VISIT_REMAINS)
        if not _stands(booked, desk):
            return NeedsReview(outcomes.REMOVED_IN_EHR)
    to_list = task.request.send_to_unscheduled_list if isinstance(task.request, CancelAppointment) else False

    def send() -> Done:
        desk.ehr.cancel_appointment(visit.id, send_to_unscheduled_list=to_list)
        return cancelled(task, visit, outcomes.CANCELLED)

    planned = {"appointment_id": visit.id, "patient_id": visit.patient_id, "old_start": visit.start}
    return Ready(step.model_copy(update=planned), send)


def _stands(booked: Step, desk: Desk) -> bool:
    """Whether the new visit of a rebook is still booked, wherever: without it the old one must stay."""
    assert booked.appointment_id is not None
    try:
        return desk.ehr.appointment(booked.appointment_id).status is AppointmentStatus.BOOKED
    except AppointmentNotFound:
        return False


def read_back_cancel(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Done(_told(task, outcomes.CANCELLED))
    if visit.status in CANCELLED:
        return cancelled(task, visit, outcomes.CANCELLED)
    if visit.status is AppointmentStatus.BOOKED:
        return Unseen()
    return Failed(NotCancellable())


def cancelled(task: Task, visit: Appointment, code: str) -> Done:
    """After a rebook the new visit is told, which is known already, not the cancelled one."""
    if isinstance(task.request, RescheduleAppointment):
        return Done(outcomes.MOVED)
    return Done(code, visit.id, visit.patient_id)


def _told(task: Task, code: str) -> str:
    return outcomes.MOVED if isinstance(task.request, RescheduleAppointment) else code


def prepare_confirm(task: Task, step: Step, desk: Desk) -> Prepared:
    visit = named_visit(task, desk)
    if step.sent_at is not None and visit.is_confirmed:
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id)
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotConfirmable
    if visit.is_confirmed:
        return Done(outcomes.ALREADY_CONFIRMED, visit.id, visit.patient_id)
    if step.attempt and visit.confirmation != step.old_confirmation:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, visit.id, visit.patient_id)

    def send() -> Done:
        desk.ehr.confirm_appointment(visit.id)
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id)

    planned = step.model_copy(
        update={
            "appointment_id": visit.id,
            "patient_id": visit.patient_id,
            "old_confirmation": visit.confirmation,
        }
    )
    return Ready(planned, send)


def read_back_confirm(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return NeedsReview(outcomes.REMOVED_IN_EHR)
    if visit.is_confirmed:
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id)
    if visit.status is not AppointmentStatus.BOOKED:
        return Failed(NotConfirmable())
    if visit.confirmation != step.old_confirmation:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, visit.id, visit.patient_id)
    return Unseen()
