"""The steps that cancel and confirm a visit."""

from dataclasses import replace

from openchair.errors import AppointmentNotFound, NotCancellable, NotConfirmable, VisitHasBegun
from openchair.models.journal import Step, StepKind, Task
from openchair.models.request import CancelAppointment, RescheduleAppointment
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.progress import check_not_begun
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
    # The old visit is looked at last: its patient may arrive at any moment.
    replacement_stands = not rebooking or _stands(task.last_done(StepKind.CREATE_APPOINTMENT), desk)
    try:
        visit = named_visit(task, desk)
    except AppointmentNotFound:
        if rebooking:
            return Done(_rebooked(task))
        raise
    if visit.status in CANCELLED or (rebooking and visit.status is AppointmentStatus.NOSHOW):
        return replace(cancelled(task, visit, outcomes.ALREADY_CANCELLED), stood=visit.status in CANCELLED)
    check_not_begun(visit, desk.clock.now())
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotCancellable
    if rebooking:
        booked = task.last_done(StepKind.CREATE_APPOINTMENT)
        if (visit.start, visit.operatory_id) != (booked.old_start, booked.old_operatory_id):
            return NeedsReview(outcomes.OLD_VISIT_REMAINS)
        if not replacement_stands:
            return NeedsReview(outcomes.REMOVED_IN_EHR)
    to_list = task.request.send_to_unscheduled_list if isinstance(task.request, CancelAppointment) else False

    def send() -> Done:
        row = desk.ehr.cancel_appointment(visit.id, send_to_unscheduled_list=to_list)
        return replace(cancelled(task, visit, outcomes.CANCELLED), accepted_at=row.touched_at if row else None)

    planned = {"appointment_id": visit.id, "patient_id": visit.patient_id, "old_start": visit.start}
    return Ready(step.model_copy(update=planned), send)


def _stands(booked: Step, desk: Desk) -> bool:
    """Whether the new visit of a rebook still stands, wherever: without it the old one must stay."""
    assert booked.appointment_id is not None
    try:
        return desk.ehr.appointment(booked.appointment_id).is_expected
    except AppointmentNotFound:
        return False


def read_back_cancel(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Done(_told(task, outcomes.CANCELLED))
    if visit.status in CANCELLED:
        return replace(cancelled(task, visit, outcomes.CANCELLED), accepted_at=visit.touched_at)
    if visit.status is AppointmentStatus.BOOKED:
        return Unseen()
    if visit.status is AppointmentStatus.NOSHOW:
        # It is off the book, by whatever name the office calls that.
        return cancelled(task, visit, outcomes.STATUS_CHANGED_IN_EHR)
    return Failed(VisitHasBegun() if visit.status is AppointmentStatus.ARRIVED else NotCancellable())


def cancelled(task: Task, visit: Appointment, code: str) -> Done:
    """After a rebook the new visit is told, which is known already, not the cancelled one."""
    if isinstance(task.request, RescheduleAppointment):
        return Done(_rebooked(task))
    return Done(code, visit.id, visit.patient_id, visit=visit)


def _told(task: Task, code: str) -> str:
    return _rebooked(task) if isinstance(task.request, RescheduleAppointment) else code


def _rebooked(task: Task) -> str:
    is_cut = task.last_done(StepKind.CREATE_APPOINTMENT).code == outcomes.NOTE_SHORTENED
    return outcomes.NOTE_SHORTENED if is_cut else outcomes.MOVED


def prepare_confirm(task: Task, step: Step, desk: Desk) -> Prepared:
    visit = named_visit(task, desk)
    is_confirmed = desk.ehr.is_confirmed(visit)
    if step.sent_at is not None and is_confirmed:
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id, visit=visit)
    check_not_begun(visit, desk.clock.now())
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotConfirmable
    if is_confirmed:
        return Done(outcomes.ALREADY_CONFIRMED, visit.id, visit.patient_id, visit=visit, stood=True)
    if step.attempt and visit.confirmation != step.old_confirmation:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, visit.id, visit.patient_id, visit=visit)

    def send() -> Done:
        row = desk.ehr.confirm_appointment(visit.id)
        accepted_at = row.touched_at if row else None
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id, visit=visit, accepted_at=accepted_at)

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
    if visit.status is AppointmentStatus.ARRIVED and not desk.ehr.is_confirmed(visit):
        return Failed(VisitHasBegun())
    if desk.ehr.is_confirmed(visit):
        if not visit.occupies:
            return Done(outcomes.STATUS_CHANGED_IN_EHR, visit.id, visit.patient_id, visit=visit)
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id, visit=visit, accepted_at=visit.touched_at)
    if visit.status is not AppointmentStatus.BOOKED:
        return Failed(NotConfirmable())
    if visit.confirmation != step.old_confirmation:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, visit.id, visit.patient_id, visit=visit)
    return Unseen()
