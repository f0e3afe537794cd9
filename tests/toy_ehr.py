"""A third EHR, which is nothing but memory: what the core asks of any, in as few lines as that takes.

What one of its calls shall raise is given as a list of answers, not as a flag.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from openchair.errors import AppointmentNotFound, PatientNotFound
from openchair.models.office import Operatory, Provider, Schedule, SyncState
from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.visit import Appointment, AppointmentStatus, Move, NewAppointment, PatientVisits, ProviderTime
from openchair.ports import Capabilities, EhrClient

READ_CYCLE = timedelta(minutes=10)


class ToyEhr:
    """Satisfies `ports.EhrClient`. `calls` tells what was asked; `answers[name]` holds errors (or None) to come.

    `max_ages`: how old people and chairs might be, for each time they were asked for.
    """

    def __init__(
        self,
        *,
        providers: Sequence[Provider] = (),
        operatories: Sequence[Operatory] = (),
        schedule: Schedule | None = None,
        appointments: Sequence[Appointment] = (),
        patients: Sequence[Patient] = (),
        moves_in_place: bool = True,
        writes_later: bool = False,
    ) -> None:
        self.capabilities = Capabilities(
            moves_in_place=moves_in_place,
            writes_asynchronously=writes_later,
            holds_notes_up_to=128 if writes_later else None,
            read_cycle=READ_CYCLE if writes_later else timedelta(),
            appends_notes=not writes_later,
        )
        self.sync = SyncState(written_at=datetime.max.replace(tzinfo=UTC))
        self.complete_since: date | None = None
        self.calls: list[str] = []
        self.max_ages: list[float | None] = []
        self.answers: dict[str, list[Exception | None]] = {}
        self._providers = list(providers)
        self._operatories = list(operatories)
        self.whole_schedule = schedule or Schedule()
        self.chart = {appointment.id: appointment for appointment in appointments}
        self.former: list[Appointment] = []
        self.people = {patient.id: patient for patient in patients}

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.answers.get(name) and (error := self.answers[name].pop(0)) is not None:
            raise error

    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]:
        self._called("providers")
        self.max_ages.append(max_age_seconds)
        return self._providers

    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]:
        self._called("operatories")
        self.max_ages.append(max_age_seconds)
        return self._operatories

    def schedule(self, start_date: date, end_date: date) -> Schedule:
        self._called("schedule")
        days = self.whole_schedule
        return Schedule(
            work_blocks=tuple(b for b in days.work_blocks if start_date <= b.start.date() <= end_date),
            blockouts=tuple(b for b in days.blockouts if start_date <= b.start.date() <= end_date),
            closed_days=frozenset(day for day in days.closed_days if start_date <= day <= end_date),
        )

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        self._called("appointments")
        return [a for a in self.chart.values() if a.start is not None and start_date <= a.start.date() <= end_date]

    def patient(self, patient_id: str) -> Patient:
        self._called("patient")
        if patient_id not in self.people:
            raise PatientNotFound
        return self.people[patient_id]

    def find_patients(self, query: PatientQuery) -> Sequence[Patient]:
        self._called("find_patients")
        return list(self.people.values())

    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]:
        self._called("patient_appointments")
        return [appointment for appointment in self.chart.values() if appointment.patient_id == patient_id]

    def patient_visits(self, patient_id: str) -> PatientVisits:
        return PatientVisits(self.patient_appointments(patient_id), self.complete_since)

    def patient_appointment_history(self, patient_id: str) -> Sequence[Appointment]:
        self._called("patient_appointment_history")
        return [appointment for appointment in self.former if appointment.patient_id == patient_id]

    def appointment(self, appointment_id: str) -> Appointment:
        self._called("appointment")
        if appointment_id not in self.chart:
            raise AppointmentNotFound
        return self.chart[appointment_id]

    def is_confirmed(self, visit: Appointment) -> bool:
        return bool(visit.is_confirmed)

    def sync_state(self, location_id: str | None) -> SyncState:
        self._called("sync_state")
        return self.sync

    def create_appointment(self, new: NewAppointment) -> Appointment:
        self._called("create_appointment")
        return self._keep(
            Appointment(
                id=str(1000 + len(self.chart)),
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
                is_in_chart=not self.capabilities.writes_asynchronously,
            )
        )

    def move_appointment(self, appointment_id: str, move: Move) -> Appointment:
        self._called("move_appointment")
        old = self.chart[appointment_id]
        return self._keep(
            replace(
                old,
                status=AppointmentStatus.BOOKED,
                start=move.start,
                operatory_id=move.place.operatory_id,
                provider_id=move.place.provider_id,
                second_provider_id=move.place.second_provider_id,
            )
        )

    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> None:
        self._called("cancel_appointment")
        old = self.chart[appointment_id]
        if send_to_unscheduled_list:
            self._keep(replace(old, status=AppointmentStatus.WAITLIST, start=None, provider_times=()))
        else:
            self._keep(replace(old, status=AppointmentStatus.CANCELLED))

    def confirm_appointment(self, appointment_id: str) -> None:
        self._called("confirm_appointment")
        self._keep(replace(self.chart[appointment_id], is_confirmed=True))

    def add_note(self, appointment_id: str, note: str) -> None:
        self._called("add_note")
        old = self.chart[appointment_id]
        self._keep(replace(old, note=f"{old.note}\n{note}".strip()))

    def create_patient(self, new: NewPatient) -> Patient:
        self._called("create_patient")
        patient = Patient(
            id=str(500 + len(self.people)),
            first_name=new.first_name,
            last_name=new.last_name,
            date_of_birth=new.date_of_birth,
            phones=(new.phone,) if new.phone else (),
            email=new.email,
            preferred_name=new.preferred_name,
        )
        self.people[patient.id] = patient
        return patient

    def remove(self, appointment_id: str) -> None:
        """As the front desk deletes one: only the history knows it then."""
        self.former.append(self.chart.pop(appointment_id))

    def _keep(self, appointment: Appointment) -> Appointment:
        """In the chart as an EHR would tell it: who is needed when follows from the pattern."""
        if appointment.start is not None and appointment.provider_id is not None and appointment.time_pattern:
            marks = [appointment.start + timedelta(minutes=5 * n) for n in range(len(appointment.time_pattern))]
            times = tuple(
                ProviderTime(appointment.provider_id, mark, mark + timedelta(minutes=5))
                for mark, needed in zip(marks, appointment.time_pattern, strict=True)
                if needed == "X"
            )
            appointment = replace(appointment, provider_times=times)
        self.chart[appointment.id] = appointment
        return appointment


_: type[EhrClient] = ToyEhr
