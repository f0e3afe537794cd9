"""An EHR's chart as a ledger: who changed what, and when, so that afterwards every answer can be held against it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from openchair.errors import AppointmentNotFound, EhrDuplicatePatient, EhrRejected, PatientNotFound
from openchair.models.person import NewPatient, Patient
from openchair.models.visit import MARKER, OCCUPYING, Appointment, AppointmentStatus, Move, NewAppointment, ProviderTime

STAFF = "staff"
CANCELLED = (AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST)


class Fate(Enum):
    """What becomes, in the practice's own system, of a write to an EHR that writes later."""

    WRITTEN = auto()
    ELSEWHERE = auto()
    REVERTED = auto()
    REFUSED = auto()
    FORGOTTEN = auto()


LIVE = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED})


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a visit stood from some moment on, and who put it there; `start` None: on no schedule or deleted."""

    at: float
    by: str
    start: datetime | None
    operatory_id: str | None
    status: AppointmentStatus | None


class Row:
    """A visit with its past. `origin` is the task that booked it, STAFF, or "" for what stood there from the start."""

    __slots__ = ("confirmed_by", "former", "is_deleted", "origin", "past", "visit")

    def __init__(self, visit: Appointment, origin: str, at: float) -> None:
        self.visit = visit
        self.origin = origin
        self.is_deleted = False
        self.confirmed_by = ""
        self.past: list[Placement] = []
        self.former: list[Appointment] = []
        self.remember(at, origin)

    def remember(self, at: float, by: str) -> None:
        visit = self.visit
        status = None if self.is_deleted else visit.status
        place = Placement(at, by, visit.start if self.is_live else None, visit.operatory_id, status)
        if self.past and (self.past[-1].start, self.past[-1].operatory_id, self.past[-1].status) == (
            place.start,
            place.operatory_id,
            place.status,
        ):
            return
        self.past.append(place)

    @property
    def is_live(self) -> bool:
        """Somebody is expected in a chair."""
        return not self.is_deleted and self.visit.status in LIVE and self.visit.start is not None

    @property
    def removed_by(self) -> str | None:
        return None if self.is_live else self.past[-1].by

    @property
    def was_live(self) -> bool:
        return any(place.start is not None for place in self.past)

    def at(self, moment: float) -> Placement | None:
        """Where it stood then; None before it was booked."""
        found = None
        for place in self.past:
            if place.at <= moment:
                found = place
        return found


class Chart:
    """Changes take effect at once and are told to `changed(row, by, was_live)`."""

    def __init__(self, now: Callable[[], float], *, refuses_duplicate_patients: bool) -> None:
        self._now = now
        self.rows: dict[str, Row] = {}
        self.patients: dict[str, Patient] = {}
        self.patient_origin: dict[str, str] = {}
        self.refuses_duplicate_patients = refuses_duplicate_patients
        self.changed: Callable[[Row, str, bool], None] = _nobody
        self.registered: Callable[[Patient, str], None] = _nobody_knows
        self._next = 1000
        self.writes_later = False
        self.stamp: Callable[[], datetime | None] = lambda: None
        self.touched: Row | None = None

    def live(self) -> list[Row]:
        return [row for row in self.rows.values() if row.is_live]

    def add(self, visit: Appointment) -> None:
        self.rows[visit.id] = Row(_with_times(visit), "", 0.0)

    # -------------------------------------------------------------------------------------------- what the API does

    def create(self, new: NewAppointment, by: str) -> Appointment:
        if new.patient_id not in self.patients:
            raise PatientNotFound
        self._next += 1
        visit = _with_times(
            Appointment(
                id=str(self._next),
                patient_id=new.patient_id,
                status=AppointmentStatus.BOOKED,
                start=new.start,
                minutes=new.minutes,
                operatory_id=new.place.operatory_id,
                provider_id=new.place.provider_id,
                second_provider_id=new.place.second_provider_id,
                is_hygiene=new.place.is_hygiene,
                note=new.note,
                time_pattern=new.time_pattern,
                appointment_type_id=new.appointment_type_id,
                is_in_chart=not self.writes_later,
                touched_at=self.stamp(),
            )
        )
        row = self.touched = self.rows[visit.id] = Row(visit, by, self._now())
        self.changed(row, by, False)
        return visit

    def move(self, appointment_id: str, move: Move, by: str) -> Appointment:
        row = self._there(appointment_id)
        visit = row.visit
        moved = replace(
            visit,
            start=None if visit.status is AppointmentStatus.WAITLIST else move.start,
            operatory_id=move.place.operatory_id,
            provider_id=move.place.provider_id,
            second_provider_id=move.place.second_provider_id,
        )
        self._put(row, _with_times(moved), by)
        return row.visit

    def cancel(self, appointment_id: str, by: str, *, to_list: bool) -> Appointment:
        row = self._there(appointment_id)
        if row.visit.status is not AppointmentStatus.BOOKED:
            raise EhrRejected
        if to_list:
            self._put(row, replace(row.visit, status=AppointmentStatus.WAITLIST, start=None, provider_times=()), by)
        else:
            self._put(row, replace(row.visit, status=AppointmentStatus.CANCELLED), by)
        return row.visit

    def confirm(self, appointment_id: str, by: str) -> Appointment:
        row = self._there(appointment_id)
        if not row.visit.is_confirmed:
            row.confirmed_by = by
        self._put(row, replace(row.visit, is_confirmed=True), by)
        return row.visit

    def append_note(self, appointment_id: str, note: str, by: str) -> None:
        row = self._there(appointment_id)
        self._put(row, replace(row.visit, note=f"{row.visit.note}\n{note}".strip()), by)

    def register(self, new: NewPatient, by: str) -> Patient:
        if self.refuses_duplicate_patients:
            for other in self.patients.values():
                same = (other.first_name, other.last_name, other.date_of_birth)
                if same == (new.first_name, new.last_name, new.date_of_birth) and (
                    new.phone in other.phones or (new.email and new.email == other.email)
                ):
                    raise EhrDuplicatePatient
        self._next += 1
        patient = Patient(
            id=str(self._next),
            first_name=new.first_name,
            last_name=new.last_name,
            date_of_birth=new.date_of_birth,
            phones=(new.phone,) if new.phone else (),
            email=new.email,
            is_in_chart=not self.writes_later,
        )
        self.touched = None
        self.patients[patient.id] = patient
        self.patient_origin[patient.id] = by
        self.registered(patient, by)
        return patient

    def show(self, row: Row, visit: Appointment) -> None:
        """What the vendor's row shows from now on of the practice's own system."""
        row.former.append(row.visit)
        row.visit = _with_times(visit)
        row.remember(self._now(), STAFF)

    # -------------------------------------------------------------------------------------------- what staff does

    def staff_books(
        self, patient_id: str, start: datetime, minutes: int, chair: str, provider: str, **changes: Any
    ) -> None:
        self._next += 1
        visit = Appointment(
            id=str(self._next),
            patient_id=patient_id,
            status=AppointmentStatus.BOOKED,
            start=start,
            minutes=minutes,
            operatory_id=chair,
            provider_id=provider,
            time_pattern="X" * (minutes // 5),
        )
        visit = replace(visit, **changes)
        row = self.rows[visit.id] = Row(_with_times(visit), STAFF, self._now())
        self.changed(row, STAFF, False)

    def staff_moves(self, row: Row, start: datetime) -> None:
        self._put(row, _with_times(replace(row.visit, start=start)), STAFF)

    def staff_sets(self, row: Row, status: AppointmentStatus) -> None:
        self._put(row, replace(row.visit, status=status), STAFF)

    def staff_changes(self, row: Row, **changes: Any) -> None:
        if not row.is_deleted:
            self._put(row, _with_times(replace(row.visit, **changes)), STAFF)

    def staff_deletes(self, row: Row) -> None:
        was_live = row.is_live
        row.former.append(row.visit)
        row.is_deleted = True
        row.remember(self._now(), STAFF)
        self.changed(row, STAFF, was_live)

    def staff_strips_note(self, row: Row) -> None:
        self._put(row, replace(row.visit, note=MARKER.sub("", row.visit.note).strip()), STAFF)

    def staff_registers(self, patient: Patient) -> None:
        self.patients[patient.id] = patient
        self.patient_origin[patient.id] = STAFF

    def merges(self, patient_id: str, into: str, *, keeps: bool) -> None:
        """Two charts become one; what `keeps` leaves of the other takes no visit any more."""
        gone = self.patients.pop(patient_id)
        if keeps:
            self.patients[patient_id] = replace(gone, is_bookable=False)
        for row in self.rows.values():
            if row.visit.patient_id == patient_id:
                row.visit = replace(row.visit, patient_id=into)

    def gives_another_id(self, patient_id: str) -> None:
        """As an EHR that writes later does once it has read a newcomer's chart from the practice's own system."""
        self._next += 1
        patient = replace(self.patients.pop(patient_id), id=str(self._next))
        self.patients[patient.id] = patient
        self.patient_origin[patient.id] = self.patient_origin.pop(patient_id)
        for row in self.rows.values():
            if row.visit.patient_id == patient_id:
                row.visit = replace(row.visit, patient_id=patient.id)

    def _there(self, appointment_id: str) -> Row:
        row = self.rows.get(appointment_id)
        if row is None or row.is_deleted:
            raise AppointmentNotFound
        return row

    def _put(self, row: Row, visit: Appointment, by: str) -> None:
        was_live = row.is_live
        self.touched = row
        row.former.append(row.visit)
        row.visit = replace(visit, touched_at=self.stamp())
        row.remember(self._now(), by)
        self.changed(row, by, was_live)


def _with_times(visit: Appointment) -> Appointment:
    """An EHR tells who is needed when; every pattern here is of X alone."""
    if visit.start is None or visit.provider_id is None or visit.status not in OCCUPYING:
        return visit
    end = visit.start + timedelta(minutes=visit.minutes)
    return replace(visit, provider_times=(ProviderTime(visit.provider_id, visit.start, end),))


def _nobody(row: Row, by: str, was_live: bool) -> None:
    pass


def _nobody_knows(patient: Patient, by: str) -> None:
    pass
