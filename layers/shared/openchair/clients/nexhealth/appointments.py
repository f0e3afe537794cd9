"""Appointments on NexHealth, which accepts a write at once and carries it out later."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from openchair import wall_time
from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.office import OfficeCalls
from openchair.clients.nexhealth.payloads import AppointmentRow, SlotGroupRow
from openchair.clients.nexhealth.translate import OfferedSlot
from openchair.clients.pages import unreadable_schedule
from openchair.errors import AppointmentNotFound, OperatoryNotFound, PatientNotFound
from openchair.models.visit import Appointment, Move, NewAppointment, Place

_BEFORE = timedelta(days=30)
_AFTER = timedelta(days=731)


class AppointmentCalls(OfficeCalls):
    def appointment(self, appointment_id: str) -> Appointment:
        """NexHealth, GET /appointments/{id}. One of a location that is not the practice's is not found."""
        path = _path(appointment_id)
        return self._translated(self._one("read_appointment", path, AppointmentRow, AppointmentNotFound, "appt"))

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        """NexHealth, GET /appointments of each location, blocks of the schedule among them.

        Raises EhrUnavailable when a row of these days takes up time and does not say which.
        """
        begin = wall_time.day_bounds(start_date, self._zone)[0]
        end = wall_time.day_bounds(end_date, self._zone)[1]
        rows = [
            row
            for location_id in self._location_ids
            for row in self._window("list_appointments", location_id, begin, end, {}, is_schedule=True)
        ]
        if any(row.hides_time for row in rows):
            raise unreadable_schedule()
        found = [self._translated(row) for row in rows]
        return [one for one in found if one.start is not None and begin <= one.start < end]

    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]:
        """NexHealth, GET /appointments with patient_ids[], cancelled ones too, from a month ago to two years ahead."""
        known = str(translate.number(patient_id, PatientNotFound))
        today = datetime.combine(self._kept.clock.now().date(), time(), UTC)
        rows = [
            row
            for location_id in self._location_ids
            for row in self._window(
                "list_patient_appointments", location_id, today - _BEFORE, today + _AFTER, {"patient_ids[]": known}
            )
        ]
        # A server that does not know a filter ignores it.
        return [one for one in map(self._translated, rows) if one.patient_id == known]

    def patient_appointment_history(self, patient_id: str) -> Sequence[Appointment]:
        """NexHealth keeps none."""
        return ()

    def available_slots(
        self,
        start_date: date,
        days: int,
        *,
        provider_ids: Sequence[str] = (),
        operatory_ids: Sequence[str] = (),
        appointment_type_id: str | None = None,
        minutes: int | None = None,
    ) -> Sequence[OfferedSlot]:
        """NexHealth, GET /available_slots of the practice's locations: what the vendor itself offers.

        It knows nothing of our claims, so nothing is booked by it. A type or a provider has to be named; the length is
        the type's, else `minutes`, else 15.
        """
        query = {
            "start_date": start_date.isoformat(),
            "days": str(days),
            "lids[]": self._location_ids,
            "pids[]": provider_ids or None,
            "operatory_ids[]": operatory_ids or None,
            "appointment_type_id": appointment_type_id,
            "slot_length": None if minutes is None else str(minutes),
        }
        groups = self._rows("list_slots", "available_slots", SlotGroupRow, query, is_paged=False)
        return [slot for group in groups for slot in translate.offered_slots(group, self._zone)]

    def create_appointment(self, new: NewAppointment) -> Appointment:
        """NexHealth, POST /appointments: accepted, and in the chart once it has a `foreign_id`."""
        body = translate.new_appointment_body(new, OperatoryNotFound)
        location_id = self._location_of(new.place)
        row = self._write(
            "create_appointment", "POST", "appointments", body, AppointmentRow, "appt", location_id=location_id
        )
        return self._translated(row)

    def move_appointment(self, appointment_id: str, move: Move) -> Appointment:
        """NexHealth, PATCH /appointments/{id} with absolute times; 400 where the system behind cannot."""
        return self._patch("move_appointment", appointment_id, translate.move_body(move, OperatoryNotFound))

    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> None:
        """NexHealth, PATCH /appointments/{id}. There is no list of unscheduled visits."""
        self._patch("cancel_appointment", appointment_id, {"appt": {"cancelled": True}})

    def confirm_appointment(self, appointment_id: str) -> None:
        self._patch("confirm_appointment", appointment_id, {"appt": {"confirmed": True}})

    def _patch(self, operation: str, appointment_id: str, body: dict[str, object]) -> Appointment:
        path = _path(appointment_id)
        row = self._write(operation, "PATCH", path, body, AppointmentRow, "appt", AppointmentNotFound)
        return self._translated(row)

    def _window(
        self,
        operation: str,
        location_id: str,
        begin: datetime,
        end: datetime,
        query: dict[str, str],
        *,
        is_schedule: bool = False,
    ) -> Sequence[AppointmentRow]:
        asked = {"location_id": location_id, "start": translate.wire_time(begin), "end": translate.wire_time(end)}
        return list(self._rows(operation, "appointments", AppointmentRow, {**asked, **query}, is_schedule=is_schedule))

    def _translated(self, row: AppointmentRow) -> Appointment:
        return translate.appointment(row, self._zone)

    def _location_of(self, place: Place) -> str:
        if len(self._location_ids) == 1:
            return self._location_ids[0]
        if place.operatory_id is None and place.location_id is not None:
            return place.location_id
        chair = next((one for one in self.operatories() if one.id == place.operatory_id), None)
        if chair is None or chair.location_id is None:
            raise OperatoryNotFound()
        return chair.location_id


def _path(appointment_id: str) -> str:
    return f"appointments/{translate.number(appointment_id, AppointmentNotFound)}"
