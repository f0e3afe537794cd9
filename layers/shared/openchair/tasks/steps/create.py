"""The step that creates a visit, and the one that takes a visit of ours back which nobody was told of yet."""

from datetime import UTC, datetime, timedelta

from openchair.errors import AppointmentNotFound, ChangedInEhr, NotMovable, PatientNotFound
from openchair.models.journal import Step, Task
from openchair.models.request import AppointmentRequest, CreateAppointment, OnboardNewPatient, RescheduleAppointment
from openchair.models.visit import MARKER, Appointment, AppointmentStatus, NewAppointment
from openchair.people import refusal_of
from openchair.progress import check_not_begun
from openchair.slots.needs import need_for_move, need_for_service
from openchair.slots.openings import holds_for
from openchair.tasks import outcomes
from openchair.tasks.ids import new_marker
from openchair.tasks.steps.common import (
    Desk,
    Done,
    NeedsReview,
    Prepared,
    ReadBack,
    Ready,
    Unseen,
    at_place,
    best_place,
    confirm_free,
    confirm_unchanged,
    named_visit,
    not_held_yet,
    note_with,
)
from openchair.tasks.steps.patient import chart_of
from openchair.tasks.submit import requested_start

RESCHEDULED_NOTE = "Rescheduled appointment"


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    if isinstance(task.request, RescheduleAppointment):
        return _book_anew(task, step, desk, task.request)
    visit = _asked_for(task)
    assert task.patient_id is not None
    service = desk.record.practice.service(visit.service_id)
    patient = chart_of(task, task.patient_id, desk)
    refused = refusal_of(patient, desk.record.practice.booking)
    if refused is not None:
        raise refused
    need = need_for_service(
        desk.record.practice,
        visit.service_id,
        provider_id=visit.provider_id,
        operatory_id=visit.operatory_id,
        location_id=visit.location_id,
    )
    start = requested_start(visit, desk.record)
    marker = step.marker or new_marker()
    new = NewAppointment(
        patient_id=patient.id,
        start=start,
        minutes=need.minutes,
        place=best_place(task, step, desk, need, start, allow_overlap=visit.allow_overlap),
        time_pattern=need.time_pattern,
        note=_note(task, marker, desk)[0],
        appointment_type_id=service.appointment_type_id,
    )
    return _ready(task, step, desk, new, marker, visit.allow_overlap)


def _asked_for(task: Task) -> AppointmentRequest:
    if isinstance(task.request, CreateAppointment):
        return task.request
    assert isinstance(task.request, OnboardNewPatient)
    assert task.request.appointment is not None
    return task.request.appointment


def _book_anew(task: Task, step: Step, desk: Desk, request: RescheduleAppointment) -> Prepared:
    """The first part of a rebook: the new visit, of the length and kind of the old one."""
    old = named_visit(task, desk)
    check_not_begun(old, desk.clock.now())
    if old.status is not AppointmentStatus.BOOKED:
        raise NotMovable
    if step.attempt and (old.start, old.operatory_id) != (step.old_start, step.old_operatory_id):
        raise ChangedInEhr
    start = requested_start(request, desk.record)
    need = need_for_move(desk.record.practice, old, provider_id=request.provider_id, operatory_id=request.operatory_id)
    place = best_place(
        task, step, desk, need, start, old=old, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    marker = step.marker or new_marker()
    new = NewAppointment(
        patient_id=old.patient_id,
        start=start,
        minutes=old.minutes,
        place=place,
        time_pattern=need.time_pattern,
        note=_note(task, marker, desk)[0],
        appointment_type_id=old.appointment_type_id,
    )
    with_old = step.model_copy(update={"old_start": old.start, "old_operatory_id": old.operatory_id})
    return _ready(task, with_old, desk, new, marker, request.allow_overlap, old)


def _ready(
    task: Task,
    step: Step,
    desk: Desk,
    new: NewAppointment,
    marker: str,
    allow_overlap: bool,
    old: Appointment | None = None,
) -> Ready:
    seen = tuple(appointment.id for appointment in desk.ehr.patient_appointments(new.patient_id))
    planned = step.model_copy(
        update={
            "marker": marker,
            "seen_appointment_ids": seen,
            "patient_id": new.patient_id,
            **at_place(new.place, new.start, new.minutes, new.time_pattern),
        }
    )

    code = _note(task, marker, desk)[1]

    def send() -> Done:
        created = desk.ehr.create_appointment(new)
        return Done(code, appointment_id=created.id, patient_id=new.patient_id)

    if allow_overlap:
        return Ready(planned, send)
    holds = holds_for(new.place, new.start, new.minutes, new.time_pattern)

    def confirm() -> None:
        confirm_free(desk, planned)
        if old is not None:
            confirm_unchanged(desk, old)

    return Ready(planned, send, not_held_yet(task, holds), confirm)


def _note(task: Task, marker: str, desk: Desk) -> tuple[str, str]:
    """The new visit's note, and what is told of a visit that has it. Nothing of an old visit's note is copied."""
    request = task.request
    if isinstance(request, RescheduleAppointment):
        text: str | None = request.notes or RESCHEDULED_NOTE
    else:
        text = _asked_for(task).notes
    whole = note_with(marker, text)
    note = whole[: desk.ehr.capabilities.holds_notes_up_to].rstrip()
    return note, outcomes.BOOKED if note == whole else outcomes.NOTE_SHORTENED


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    """All the patient's appointments, any date and status, with history, for the marker."""
    assert step.patient_id is not None
    try:
        found = _look_for(task, step, step.patient_id, desk)
        if isinstance(found, Unseen):
            # Asked for after the visits: an id that is still there then had them all.
            patient_id = chart_of(task, step.patient_id, desk).id
            if patient_id != step.patient_id:
                return _look_for(task, step, patient_id, desk)
    except PatientNotFound:
        return NeedsReview(outcomes.OUTCOME_UNKNOWN)
    return found


def _look_for(task: Task, step: Step, patient_id: str, desk: Desk) -> ReadBack:
    assert step.marker is not None
    present = desk.ehr.patient_appointments(patient_id)
    former = desk.ehr.patient_appointment_history(patient_id)
    # The history knows a visit of ours whose note somebody has rewritten since.
    written = {visit.id for visit in (*present, *former) if step.marker in visit.note}
    ours = sorted((visit for visit in present if visit.id in written), key=_by_age)
    if ours:
        as_asked = [visit for visit in ours if visit.is_expected and visit.start == step.start]
        if not as_asked:
            return Done(outcomes.STATUS_CHANGED_IN_EHR, ours[0].id, patient_id)
        return Done(_note(task, step.marker, desk)[1], as_asked[0].id, patient_id)
    if written:
        return NeedsReview(outcomes.REMOVED_IN_EHR)
    if any(_looks_alike(visit, step) for visit in present):
        return NeedsReview(outcomes.LOOK_ALIKE_IN_EHR)
    return Unseen()


def _looks_alike(visit: Appointment, step: Step) -> bool:
    """Not there before we sent, at our time, and no other task's: it may be ours, its note lost."""
    if visit.id in step.seen_appointment_ids or not visit.occupies or MARKER.search(visit.note):
        return False
    assert step.start is not None
    assert step.minutes is not None
    assert visit.start is not None
    end = _after(step.start, step.minutes)
    return visit.start.astimezone(UTC) < end and step.start.astimezone(UTC) < _after(visit.start, visit.minutes)


def _after(start: datetime, minutes: int) -> datetime:
    return start.astimezone(UTC) + timedelta(minutes=minutes)


def _by_age(visit: Appointment) -> tuple[int, str]:
    """The lowest id first, as numbers where they are numbers."""
    return (len(visit.id), visit.id)


def prepare_withdrawal(task: Task, step: Step, desk: Desk) -> Prepared:
    """Only while it stands where we put it: what somebody has moved since is no longer ours to take back."""
    visit_id = step.appointment_id
    assert visit_id is not None
    try:
        visit = desk.ehr.appointment(visit_id)
    except AppointmentNotFound:
        return Done(None)
    if visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST):
        return Done(None)
    if visit.status is not AppointmentStatus.BOOKED or visit.start != step.start:
        return NeedsReview(outcomes.COLLISION_REMAINS)

    def send() -> Done:
        desk.ehr.cancel_appointment(visit_id, send_to_unscheduled_list=False)
        return Done(None)

    return Ready(step, send)


def read_back_withdrawal(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return Done(None)
    if visit.status is AppointmentStatus.BOOKED:
        return Unseen()
    if visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST):
        return Done(None)
    return NeedsReview(outcomes.COLLISION_REMAINS)
