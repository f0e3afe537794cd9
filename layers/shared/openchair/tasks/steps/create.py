"""The step that creates a visit, and the one that takes a visit of ours back which nobody was told of yet."""

from collections.abc import Sequence
from datetime import UTC, datetime

from openchair.errors import (
    AppointmentNotFound,
    ChangedInEhr,
    EhrNotSupported,
    NotMovable,
    PatientBusy,
    PatientNotFound,
)
from openchair.models.journal import Step, Task
from openchair.models.request import AppointmentRequest, CreateAppointment, OnboardNewPatient, RescheduleAppointment
from openchair.models.visit import MARKER, Appointment, AppointmentStatus, NewAppointment, Place
from openchair.people import refusal_of
from openchair.progress import check_not_begun
from openchair.slots.holds import holds_for
from openchair.slots.needs import need_for_move, need_for_service
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
    after,
    at_place,
    best_place,
    confirm_free,
    confirm_unchanged,
    named_visit,
    note_with,
    of_others,
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
        patient_id=patient.id,
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
    if old.status is not AppointmentStatus.BOOKED or not old.tells_end:
        raise NotMovable
    if step.attempt and (old.start, old.operatory_id) != (step.old_start, step.old_operatory_id):
        raise ChangedInEhr
    start = requested_start(request, desk.record)
    need = need_for_move(desk.record.practice, old, provider_id=request.provider_id, operatory_id=request.operatory_id)
    place = best_place(
        task, step, desk, need, start, old=old, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    _check_beside(old, start, place, desk)
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


def _check_beside(old: Appointment, start: datetime, place: Place, desk: Desk) -> None:
    """Raises EhrNotSupported where a new visit would stand in the chair of the old one, which goes only afterwards.

    A system that writes later finds the collision when nobody waits for its answer any more, and may not tell it.
    """
    if old.start is None or place.operatory_id != old.operatory_id or not desk.capabilities.writes_asynchronously:
        return
    if start < after(old.start, old.minutes) and old.start < after(start, old.minutes):
        raise EhrNotSupported("This EHR books the new visit first, and the old one still takes up its chair then.")


def _ready(
    task: Task,
    step: Step,
    desk: Desk,
    new: NewAppointment,
    marker: str,
    allow_overlap: bool,
    old: Appointment | None = None,
) -> Ready:
    instead_of = old.id if old is not None else None
    theirs = desk.ehr.patient_appointments(new.patient_id)
    planned = step.model_copy(
        update={
            "marker": marker,
            "seen_appointment_ids": tuple(appointment.id for appointment in theirs),
            "patient_id": new.patient_id,
            **at_place(new.place, new.start, new.minutes, new.time_pattern),
        }
    )

    code = _note(task, marker, desk)[1]

    def send() -> Done:
        created = desk.ehr.create_appointment(new)
        return Done(code, appointment_id=created.id, patient_id=new.patient_id, visit=created)

    if allow_overlap:
        return Ready(planned, send)
    # Also where the day's book is read of some locations only, the patient's list may tell of more.
    others = (visit for visit in of_others(planned, theirs) if visit.id != instead_of)
    if any(visit.patient_id and visit.is_visit and _overlaps(visit, planned) for visit in others):
        raise PatientBusy
    holds = holds_for(new.place, new.start, new.minutes, new.time_pattern, new.patient_id)

    def confirm() -> None:
        confirm_free(desk, planned, instead_of=instead_of)
        if old is not None:
            confirm_unchanged(desk, old)

    return Ready(planned, send, holds, confirm)


def _note(task: Task, marker: str, desk: Desk) -> tuple[str, str]:
    """The new visit's note, and what is told of a visit that has it. Nothing of an old visit's note is copied."""
    request = task.request
    if isinstance(request, RescheduleAppointment):
        text: str | None = request.notes or RESCHEDULED_NOTE
    else:
        text = _asked_for(task).notes
    whole = note_with(marker, text)
    note = whole[: desk.capabilities.holds_notes_up_to].rstrip()
    return note, outcomes.BOOKED if note == whole else outcomes.NOTE_SHORTENED


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    """All the patient's appointments, any date and status, with history, for the marker; then that day's book."""
    assert step.patient_id is not None
    try:
        found = _look_for(task, step, step.patient_id, desk)
        if isinstance(found, Unseen):
            # Asked for after the visits: an id that is still there then had them all.
            chart = chart_of(task, step.patient_id, desk)
            if chart.id != step.patient_id:
                found = _look_for(task, step, chart.id, desk)
            if isinstance(found, Unseen):
                is_out_of_use = refusal_of(chart, desk.record.practice.booking) is not None
                return _in_the_book(task, step, None if is_out_of_use else chart.id, desk)
    except PatientNotFound:
        return _in_the_book(task, step, None, desk)
    return found


def _look_for(task: Task, step: Step, patient_id: str, desk: Desk) -> ReadBack:
    assert step.marker is not None
    present = desk.ehr.patient_appointments(patient_id)
    former = desk.ehr.patient_appointment_history(patient_id)
    # The history knows a visit of ours whose note somebody has rewritten since.
    written = {visit.id for visit in (*present, *former) if step.marker in visit.note}
    ours = [visit for visit in present if visit.id in written]
    if ours:
        return _standing(task, ours, step, desk)
    if written:
        return NeedsReview(outcomes.REMOVED_IN_EHR)
    if any(_looks_alike(visit, step) for visit in present):
        return NeedsReview(outcomes.LOOK_ALIKE_IN_EHR)
    return Unseen()


def _in_the_book(task: Task, step: Step, patient_id: str | None, desk: Desk) -> ReadBack:
    """A patient's list can end before the day asked for; a visit can stand under another chart since two were merged.

    `patient_id` None: the chart is gone, or could be booked when we sent and no longer can, so another may have its
    visits now. Else whose chart another is, and whether the note was only copied, is for a person to say.
    """
    assert step.marker is not None
    assert step.start is not None
    day = step.start.astimezone(desk.record.practice.zone).date()
    ours = [visit for visit in desk.ehr.appointments(day, day) if step.marker in visit.note]
    if patient_id is None:
        merged = [one for one in ours if one.status is AppointmentStatus.BOOKED and one.start == step.start]
        return _standing(task, merged, step, desk) if merged else NeedsReview(outcomes.OUTCOME_UNKNOWN)
    if any(visit.patient_id != patient_id for visit in ours):
        return NeedsReview(outcomes.LOOK_ALIKE_IN_EHR)
    return _standing(task, ours, step, desk) if ours else Unseen()


def _standing(task: Task, ours: Sequence[Appointment], step: Step, desk: Desk) -> Done:
    assert step.marker is not None
    as_asked = [visit for visit in ours if visit.is_expected and visit.start == step.start]
    told = min(as_asked or ours, key=_by_age)
    code = _note(task, step.marker, desk)[1] if as_asked else outcomes.STATUS_CHANGED_IN_EHR
    return Done(code, told.id, told.patient_id, visit=told)


def _looks_alike(visit: Appointment, step: Step) -> bool:
    """Not there before we sent, at our time, and no other task's: it may be ours, its note lost."""
    if visit.id in step.seen_appointment_ids or not visit.occupies or MARKER.search(visit.note):
        return False
    return _overlaps(visit, step)


def _overlaps(visit: Appointment, step: Step) -> bool:
    assert step.start is not None
    assert step.minutes is not None
    assert visit.start is not None
    end = after(step.start, step.minutes)
    return visit.start.astimezone(UTC) < end and step.start.astimezone(UTC) < after(visit.start, visit.minutes)


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
        return Done(None, visit=visit, stood=visit.is_in_chart)
    if visit.status is not AppointmentStatus.BOOKED or visit.start != step.start:
        return NeedsReview(outcomes.COLLISION_REMAINS)
    assert visit.end is not None
    if visit.is_in_chart and visit.end <= desk.clock.now():
        return NeedsReview(outcomes.COLLISION_REMAINS)

    def send() -> Done:
        row = desk.ehr.cancel_appointment(visit_id, send_to_unscheduled_list=False)
        return Done(None, accepted_at=row.touched_at if row else None)

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
        return Done(None, accepted_at=visit.touched_at)
    return NeedsReview(outcomes.COLLISION_REMAINS)
