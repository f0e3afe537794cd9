"""The steps of tasks: what each reads before it writes, what it writes, and what the answer means for its journal.

Nothing here is sent: `prepare` looks and decides, `process` records the intent and only then calls `send`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from openchair.contacts import match_text
from openchair.errors import (
    AppointmentNotFound,
    EhrDuplicatePatient,
    EhrError,
    NotCancellable,
    NotConfirmable,
    NotMovable,
    PatientMismatch,
)
from openchair.models import (
    MARKER,
    Appointment,
    AppointmentRequest,
    AppointmentStatus,
    CancelAppointment,
    ConfirmAppointment,
    CreateAppointment,
    Hold,
    Move,
    NewAppointment,
    NewPatient,
    OnboardNewPatient,
    Patient,
    PatientQuery,
    Place,
    PracticeRecord,
    RescheduleAppointment,
    Step,
    StepKind,
    Task,
    same_phone,
)
from openchair.openings import Need, holds_for, place_at
from openchair.ports import Clock, EhrClient, TaskStore
from openchair.slots import need_for_move, need_for_service, read_book
from openchair.tasks import outcomes
from openchair.tasks.ids import new_marker
from openchair.tasks.submit import requested_start

RESCHEDULED_NOTE = "Rescheduled appointment"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step works with: one practice, its EHR, our own state and the time."""

    record: PracticeRecord
    ehr: EhrClient
    tasks: TaskStore
    clock: Clock


@dataclass(frozen=True, slots=True)
class Done:
    """A step's end: what to tell, and the ids that came of it."""

    code: str
    appointment_id: str | None = None
    patient_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A write that may go out once `step` is recorded as sent and `take` is held."""

    step: Step
    send: Callable[[], Done]
    take: tuple[Hold, ...] = ()


class NeedsReview(Exception):
    """Nothing was sent, and a person has to choose. Carries a code of `outcomes`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def prepare(task: Task, step: Step, desk: Desk) -> Ready | Done:
    return _PREPARE[step.kind](task, step, desk)


# --------------------------------------------------------------------------------------------- create a visit


def _create_appointment(task: Task, step: Step, desk: Desk) -> Ready:
    request = task.request
    if isinstance(request, RescheduleAppointment):
        return _book_anew(task, step, desk, request)
    patient_id = task.patient_id
    visit: AppointmentRequest
    if isinstance(request, CreateAppointment):
        visit = request
    else:
        assert isinstance(request, OnboardNewPatient)
        assert request.appointment is not None
        visit = request.appointment
    assert patient_id is not None
    service = desk.record.practice.service(visit.service_id)
    desk.ehr.patient(patient_id)
    need = need_for_service(
        desk.record.practice,
        visit.service_id,
        provider_id=visit.provider_id,
        operatory_id=visit.operatory_id,
        location_id=visit.location_id,
    )
    start = requested_start(visit, desk.record)
    place = _place(task, step, desk, need, start, allow_overlap=visit.allow_overlap)
    marker = step.marker or new_marker()
    new = NewAppointment(
        patient_id=patient_id,
        start=start,
        minutes=need.minutes,
        place=place,
        time_pattern=need.time_pattern,
        note=_note(marker, visit.notes),
        appointment_type_id=service.appointment_type_id,
    )
    return _ready_to_create(task, step, desk, new, marker, visit.allow_overlap)


def _book_anew(task: Task, step: Step, desk: Desk, request: RescheduleAppointment) -> Ready:
    """The first half of a rebook: the new visit, of the length and kind of the old one."""
    old = _appointment_of(task, desk)
    if old.status is not AppointmentStatus.BOOKED:
        raise NotMovable
    start = requested_start(request, desk.record)
    need = need_for_move(desk.record.practice, old, provider_id=request.provider_id, operatory_id=request.operatory_id)
    place = _place(
        task, step, desk, need, start, old=old, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    marker = step.marker or new_marker()
    new = NewAppointment(
        patient_id=old.patient_id,
        start=start,
        minutes=old.minutes,
        place=place,
        time_pattern=need.time_pattern,
        note=_note(marker, request.notes or RESCHEDULED_NOTE),
        appointment_type_id=old.appointment_type_id,
    )
    return _ready_to_create(task, step, desk, new, marker, request.allow_overlap)


def _ready_to_create(
    task: Task, step: Step, desk: Desk, new: NewAppointment, marker: str, allow_overlap: bool
) -> Ready:
    seen = tuple(appointment.id for appointment in desk.ehr.patient_appointments(new.patient_id))
    planned = step.model_copy(
        update={
            "marker": marker,
            "seen_appointment_ids": seen,
            "patient_id": new.patient_id,
            "operatory_id": new.place.operatory_id,
            "provider_id": new.place.provider_id,
            "start": new.start,
            "minutes": new.minutes,
        }
    )

    def send() -> Done:
        created = desk.ehr.create_appointment(new)
        return Done(outcomes.BOOKED, appointment_id=created.id, patient_id=new.patient_id)

    held = () if allow_overlap else holds_for(new.place, new.start, new.minutes, new.time_pattern)
    return Ready(planned, send, _missing(held, task))


# ----------------------------------------------------------------------------------------------- move a visit


def _move_appointment(task: Task, step: Step, desk: Desk) -> Ready | Done:
    request = task.request
    assert isinstance(request, RescheduleAppointment)
    visit = _appointment_of(task, desk)
    if visit.status is not AppointmentStatus.BOOKED or visit.start is None:
        raise NotMovable
    start = requested_start(request, desk.record)
    chair = request.operatory_id or visit.operatory_id
    provider = request.provider_id or visit.provider_id
    if visit.start == start and visit.operatory_id == chair and visit.provider_id == provider:
        return Done(outcomes.ALREADY_MOVED, visit.id, visit.patient_id)
    need = need_for_move(
        desk.record.practice, visit, provider_id=request.provider_id, operatory_id=request.operatory_id
    )
    place = _place(
        task, step, desk, need, start, old=visit, provider_id=request.provider_id, allow_overlap=request.allow_overlap
    )
    planned = step.model_copy(
        update={
            "appointment_id": visit.id,
            "patient_id": visit.patient_id,
            "operatory_id": place.operatory_id,
            "provider_id": place.provider_id,
            "start": start,
            "minutes": visit.minutes,
        }
    )
    note = _note(*MARKER.findall(visit.note), request.notes) if request.notes else None

    def send() -> Done:
        desk.ehr.move_appointment(visit.id, Move(start, place, note))
        return Done(outcomes.MOVED, visit.id, visit.patient_id)

    # The old time is held too until the move stands, so that it can be moved back (design section 5).
    held = () if request.allow_overlap else holds_for(place, start, visit.minutes, need.time_pattern)
    return Ready(planned, send, _missing((*held, *_holds_of(visit)), task))


def _holds_of(visit: Appointment) -> tuple[Hold, ...]:
    if visit.start is None or visit.operatory_id is None or visit.provider_id is None:
        return ()
    pattern = visit.time_pattern or "X" * (visit.minutes // 5)
    return holds_for(Place(visit.operatory_id, visit.provider_id), visit.start, visit.minutes, pattern)


# ----------------------------------------------------------------------------------- cancel and confirm a visit


def _cancel_appointment(task: Task, step: Step, desk: Desk) -> Ready | Done:
    visit = _appointment_of(task, desk)
    if visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST):
        return Done(outcomes.ALREADY_CANCELLED, _shown(task, visit), visit.patient_id)
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotCancellable
    to_list = task.request.send_to_unscheduled_list if isinstance(task.request, CancelAppointment) else False

    def send() -> Done:
        desk.ehr.cancel_appointment(visit.id, send_to_unscheduled_list=to_list)
        return Done(outcomes.CANCELLED, _shown(task, visit), visit.patient_id)

    return Ready(step.model_copy(update={"appointment_id": visit.id, "patient_id": visit.patient_id}), send)


def _shown(task: Task, visit: Appointment) -> str | None:
    """The id a task tells: after a rebook the new visit's, which is already told, not the cancelled one's."""
    return task.appointment_id if isinstance(task.request, RescheduleAppointment) else visit.id


def _confirm_appointment(task: Task, step: Step, desk: Desk) -> Ready | Done:
    visit = _appointment_of(task, desk)
    if visit.status is not AppointmentStatus.BOOKED:
        raise NotConfirmable
    if visit.is_confirmed:
        return Done(outcomes.ALREADY_CONFIRMED, visit.id, visit.patient_id)

    def send() -> Done:
        desk.ehr.confirm_appointment(visit.id)
        return Done(outcomes.CONFIRMED, visit.id, visit.patient_id)

    return Ready(step.model_copy(update={"appointment_id": visit.id, "patient_id": visit.patient_id}), send)


# -------------------------------------------------------------------------------------------- onboard a patient


def _create_patient(task: Task, step: Step, desk: Desk) -> Ready | Done:
    request = task.request
    assert isinstance(request, OnboardNewPatient)
    person = request.patient
    same_name, same_person = _known(person, desk.ehr)
    if len(same_person) > 1:
        raise NeedsReview(outcomes.SEVERAL_PATIENTS_MATCH)
    if same_person:
        return Done(outcomes.PATIENT_FOUND, patient_id=same_person[0].id)

    def send() -> Done:
        try:
            created = desk.ehr.create_patient(person)
        except EhrDuplicatePatient as refused:
            return Done(outcomes.PATIENT_FOUND, patient_id=_only_one(person, desk.ehr, refused).id)
        code = outcomes.PATIENT_CREATED_LOOK_ALIKE if same_name else outcomes.PATIENT_CREATED
        return Done(code, patient_id=created.id)

    return Ready(step, send)


def _known(person: NewPatient, ehr: EhrClient) -> tuple[list[Patient], list[Patient]]:
    """Charts of this name and birth date; of these, the ones that share the phone or the e-mail too."""
    query = PatientQuery(last_name=person.last_name, first_name=person.first_name, date_of_birth=person.date_of_birth)
    same_name = [
        patient
        for patient in ehr.find_patients(query)
        if match_text(patient.last_name) == match_text(person.last_name)
        and match_text(patient.first_name) == match_text(person.first_name)
        and patient.date_of_birth == person.date_of_birth
    ]
    return same_name, [patient for patient in same_name if _shares_contact(patient, person)]


def _only_one(person: NewPatient, ehr: EhrClient, refused: EhrDuplicatePatient) -> Patient:
    """The one chart because of which the EHR refused a new one; without one, the refusal stands."""
    try:
        _, there = _known(person, ehr)
    except EhrError:
        raise refused from None
    if len(there) != 1:
        raise refused
    return there[0]


def _shares_contact(patient: Patient, person: NewPatient) -> bool:
    if person.email and patient.email and match_text(person.email) == match_text(patient.email):
        return True
    return person.phone is not None and any(same_phone(phone, person.phone) for phone in patient.phones)


# ------------------------------------------------------------------------------------------------ shared parts


def _appointment_of(task: Task, desk: Desk) -> Appointment:
    request = task.request
    assert isinstance(request, RescheduleAppointment | CancelAppointment | ConfirmAppointment)
    visit = desk.ehr.appointment(request.appointment_id)
    if request.patient_id is not None and visit.patient_id != request.patient_id:
        raise PatientMismatch
    if visit.status in (AppointmentStatus.NOTE, AppointmentStatus.PROPOSED):
        raise AppointmentNotFound
    return visit


def _place(
    task: Task,
    step: Step,
    desk: Desk,
    need: Need,
    start: datetime,
    *,
    old: Appointment | None = None,
    provider_id: str | None = None,
    allow_overlap: bool = False,
) -> Place:
    """The best place from a fresh read of that day, our own visit and our own claims left aside."""
    zone = desk.record.practice.zone
    day = start.astimezone(zone).date()
    book = read_book(desk.ehr, desk.tasks, desk.record, day, day)
    prefer = None
    if step.operatory_id and step.provider_id:
        prefer = Place(step.operatory_id, step.provider_id)
    elif old is not None and old.operatory_id and old.provider_id:
        prefer = Place(old.operatory_id, old.provider_id)
    return place_at(
        book,
        need,
        start,
        zone=zone,
        ignore_appointment_id=old.id if old else None,
        ignore_task_id=task.id,
        prefer=prefer,
        require_provider_id=(provider_id or old.provider_id) if old else None,
        allow_overlap=allow_overlap,
    )[0]


def _missing(holds: tuple[Hold, ...], task: Task) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold not in task.holds)


def _note(*parts: str | None) -> str:
    """Marker first, never cut; a marker somebody copied into the text is taken out of it."""
    texts = [part if MARKER.fullmatch(part) else MARKER.sub("", part).strip() for part in parts if part]
    return " ".join(text for text in texts if text)


_PREPARE: dict[StepKind, Callable[[Task, Step, Desk], Ready | Done]] = {
    StepKind.CREATE_APPOINTMENT: _create_appointment,
    StepKind.MOVE_APPOINTMENT: _move_appointment,
    StepKind.CANCEL_APPOINTMENT: _cancel_appointment,
    StepKind.CONFIRM_APPOINTMENT: _confirm_appointment,
    StepKind.CREATE_PATIENT: _create_patient,
}
