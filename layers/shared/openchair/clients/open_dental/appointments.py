"""Appointments on Open Dental."""

from collections.abc import Sequence
from datetime import date

from openchair.clients.book import Taken
from openchair.clients.open_dental import translate
from openchair.clients.open_dental.book import taken
from openchair.clients.open_dental.nouns import AppointmentChanges, HistoryEntry, Opening
from openchair.clients.open_dental.office import OfficeCalls
from openchair.clients.open_dental.payloads import AppointmentRow, BookedRow, HistoryRow, SlotRow
from openchair.clients.pages import unreadable_schedule
from openchair.errors import (
    AppointmentNotFound,
    EhrRefused,
    NotFound,
    OperatoryNotFound,
    PatientNotFound,
    ProviderNotFound,
)
from openchair.models.visit import Appointment, Move, NewAppointment, PatientVisits


class AppointmentCalls(OfficeCalls):
    def appointment(self, appointment_id: str) -> Appointment:
        """Open Dental API, Appointments GET (single)."""
        row = self._one("read_appointment", _path(appointment_id), AppointmentRow, AppointmentNotFound)
        return translate.appointment(row, self._zone)

    def is_confirmed(self, visit: Appointment) -> bool:
        """Whether it is in the state by which the office calls a visit confirmed; no where the office tells none."""
        return visit.confirmation_id is not None and visit.confirmation_id == self.confirmed_state()

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        """Open Dental API, Appointments GET (multiple), of every clinic: a visit elsewhere still takes its provider.

        One that does not say all of the time it takes takes all that it may. Raises EhrUnavailable where a row says
        nothing at all.
        """
        return self._taken(start_date, end_date).appointments

    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]:
        """Open Dental API, Appointments GET (multiple) with PatNum (21.4), any date and status."""
        query = {"PatNum": str(translate.number(patient_id, PatientNotFound))}
        rows = self._rows(
            "list_patient_appointments", "appointments", AppointmentRow, query, PatientNotFound, every_row=True
        )
        # A server that does not know a filter may ignore it.
        return [translate.appointment(row, self._zone) for row in rows if str(row.PatNum) == patient_id]

    def patient_visits(self, patient_id: str) -> PatientVisits:
        return PatientVisits(self.patient_appointments(patient_id))

    def appointment_history(
        self, *, patient_id: str | None = None, appointment_id: str | None = None
    ) -> Sequence[HistoryEntry]:
        """Open Dental API, HistAppointments GET (23.1.30): one entry per change, also of appointments deleted since."""
        query = {
            "PatNum": None if patient_id is None else str(translate.number(patient_id, PatientNotFound)),
            "AptNum": None if appointment_id is None else str(translate.number(appointment_id, AppointmentNotFound)),
        }
        rows = self._rows("read_appointment_history", "histappointments", HistoryRow, query, every_row=True)
        entries = [translate.history_entry(row, self._zone) for row in rows]
        return [
            entry
            for entry in entries
            if patient_id in (None, entry.appointment.patient_id) and appointment_id in (None, entry.appointment.id)
        ]

    def patient_appointment_history(self, patient_id: str) -> Sequence[Appointment]:
        """Every former state of a patient's appointments, also of those deleted since, from HistAppointments GET.

        None of an office that is too old for it, or whose key has no right to it.
        """
        try:
            return [entry.appointment for entry in self.appointment_history(patient_id=patient_id)]
        except EhrRefused:
            return ()

    def openings(
        self,
        start_date: date,
        end_date: date,
        *,
        minutes: int | None = None,
        provider_id: str | None = None,
        operatory_id: str | None = None,
    ) -> Sequence[Opening]:
        """Open Dental API, Appointments GET Slots: whole open stretches, of the practice's default provider unless
        one is named. The vendor advises against it for several locations or providers; our slots do not use it."""
        query = {
            "dateStart": start_date.isoformat(),
            "dateEnd": end_date.isoformat(),
            "lengthMinutes": None if minutes is None else str(minutes),
            "ProvNum": None if provider_id is None else str(translate.number(provider_id, ProviderNotFound)),
            "OpNum": None if operatory_id is None else str(translate.number(operatory_id, OperatoryNotFound)),
        }
        rows = self._rows("list_openings", "appointments/Slots", SlotRow, query)
        return [translate.opening(row, self._zone) for row in rows if not row.is_odd]

    def create_appointment(self, new: NewAppointment) -> Appointment:
        """Open Dental API, Appointments POST. The server checks neither overlap nor schedule, and knows no lock."""
        body = translate.new_appointment_body(new, self._zone)
        row = self._write("create_appointment", "POST", "appointments", body, AppointmentRow)
        return translate.appointment(row, self._zone)

    def move_appointment(self, appointment_id: str, move: Move) -> Appointment:
        """Open Dental API, Appointments PUT: time, chair and its providers; nothing else."""
        return self._put("move_appointment", appointment_id, AppointmentChanges(start=move.start, place=move.place))

    def update_appointment(self, appointment_id: str, changes: AppointmentChanges) -> Appointment:
        """Open Dental API, Appointments PUT. The last write wins, field by field, so only what is given is sent."""
        return self._put("update_appointment", appointment_id, changes)

    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> None:
        """Open Dental API, Appointments PUT Break (21.3). Only a scheduled appointment can be broken."""
        body = {"sendToUnscheduledList": translate.flag(send_to_unscheduled_list)}
        if self._settings.break_type is not None:
            body["breakType"] = self._settings.break_type
        self._act("cancel_appointment", f"{_path(appointment_id)}/Break", body, AppointmentNotFound)

    def confirm_appointment(self, appointment_id: str) -> None:
        """Open Dental API, Appointments PUT Confirm. Without a `confirmed_def` the office's eService settings decide
        which of its own states "Confirmed" is."""
        wanted = self._settings.confirmed_def
        body = {"confirmVal": "Confirmed"} if wanted is None else {"defNum": translate.number(wanted, NotFound)}
        self._act("confirm_appointment", f"{_path(appointment_id)}/Confirm", body, AppointmentNotFound)

    def add_note(self, appointment_id: str, note: str) -> None:
        """Open Dental API, Appointments PUT Note: appended on a new line."""
        self._act("add_note", f"{_path(appointment_id)}/Note", {"Note": note}, AppointmentNotFound)

    def _taken(self, start_date: date, end_date: date) -> Taken:
        query = {"dateStart": start_date.isoformat(), "dateEnd": end_date.isoformat()}
        rows = self._rows("list_appointments", "appointments", BookedRow, query, every_row=True)
        if any(row.takes_time and row.tells_nothing for row in rows):
            raise unreadable_schedule()
        return taken(rows, start_date, end_date, self._zone)

    def _put(self, operation: str, appointment_id: str, changes: AppointmentChanges) -> Appointment:
        body = translate.appointment_changes_body(changes, self._zone)
        row = self._write(operation, "PUT", _path(appointment_id), body, AppointmentRow, AppointmentNotFound)
        return translate.appointment(row, self._zone)


def _path(appointment_id: str) -> str:
    return f"appointments/{translate.number(appointment_id, AppointmentNotFound)}"
