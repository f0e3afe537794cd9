"""Appointments on NexHealth, which accepts a write at once and carries it out later."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from openchair import wall_time
from openchair.clients.book import Taken, bounds
from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.book import taken
from openchair.clients.nexhealth.calls import PAGE, Query
from openchair.clients.nexhealth.office import OfficeCalls
from openchair.clients.nexhealth.payloads import AppointmentRow, BookedRow, SlotGroupRow
from openchair.clients.nexhealth.translate import OfferedSlot
from openchair.clients.pages import unreadable_schedule
from openchair.errors import (
    AppointmentNotFound,
    Conflict,
    EhrNotSupported,
    EhrRefused,
    LocationNotFound,
    NotCancellable,
    NotConfirmable,
    NotMovable,
    OperatoryNotFound,
    PatientNotFound,
)
from openchair.models.visit import Appointment, Move, NewAppointment, PatientVisits, Place

_BEFORE = timedelta(days=30)
_LONG_BEFORE = timedelta(days=3653)
_AFTER = timedelta(days=731)

_LONGEST_BLOCK = timedelta(days=183)
"""How long ago a block may have begun that is still seen: a leave of half a year, entered as one block."""
_DAYS_AT_ONCE = 14
_BLOCKS_KEPT = 20.0
"""Seconds within one invocation."""
_LARGEST_PAGE = 1000
_MOST_PROVIDER_IDS = 25
"""As many as the vendor takes of patients; of more providers everybody's visits are read."""


class AppointmentCalls(OfficeCalls):
    def appointment(self, appointment_id: str) -> Appointment:
        """NexHealth, GET /appointments/{id}. One of a location that is not the practice's is not found."""
        path = _path(appointment_id)
        return self._translated(self._one("read_appointment", path, AppointmentRow, AppointmentNotFound, "appt"))

    def is_confirmed(self, visit: Appointment) -> bool:
        """The vendor tells it with every visit."""
        return bool(visit.is_confirmed)

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        """NexHealth, GET /appointments of each location, blocks of the schedule among them, also those that began
        earlier; and of the locations of others at which the practice's providers work too.

        One that does not say all of the time it takes takes all that it may. Raises EhrUnavailable where a row says
        nothing at all.
        """
        return self._taken(start_date, end_date).appointments

    def _taken(self, start_date: date, end_date: date) -> Taken:
        found = [self._taken_at(one, start_date, end_date) for one in self._location_ids]
        unread: list[str] = []
        for location_id, provider_ids in self._elsewhere().items():
            # A key that may not look there must not shut the practice: health tells that it is not looked at.
            if self._may_look_at(location_id):
                found.append(self._taken_at(location_id, start_date, end_date, provider_ids))
            else:
                unread.append(location_id)
        return Taken(
            [visit for each in found for visit in each.appointments],
            [row for each in found for row in each.unreadable],
            unread,
        )

    def _may_look_at(self, location_id: str) -> bool:
        """Kept 15 minutes; tried by a list of a minute."""

        def read() -> bool:
            now = self._kept.clock.now()
            operation, later = f"try_appointments_{location_id}", now + timedelta(minutes=1)
            try:
                self._window(operation, location_id, now, later, {}, BookedRow)
            except (EhrRefused, LocationNotFound):
                return False
            return True

        return self._kept.get(f"may look at {location_id}", read)

    def _taken_at(
        self, location_id: str, start_date: date, end_date: date, provider_ids: Sequence[str] | None = None
    ) -> Taken:
        begin, end = bounds(start_date, end_date, self._zone)
        of_providers: dict[str, Sequence[str]] = {}
        if provider_ids is not None and len(provider_ids) <= _MOST_PROVIDER_IDS:
            of_providers = {"provider_ids[]": provider_ids}
        operation = "list_appointments" if provider_ids is None else "list_appointments_elsewhere"
        rows = self._window(operation, location_id, begin, end, of_providers, BookedRow)
        rows = [*rows, *self._earlier_blocks(operation, location_id, start_date, of_providers)]
        if any(not row.is_cancelled and row.tells_nothing for row in rows):
            raise unreadable_schedule()
        return taken(rows, location_id, start_date, end_date, self._zone, provider_ids)

    def _earlier_blocks(
        self, operation: str, location_id: str, start_date: date, of_providers: Mapping[str, Sequence[str]]
    ) -> Sequence[BookedRow]:
        """Blocks that began before this day and on no day end: the vendor lists rows by their start only.

        Half a year back is asked, once an invocation for two weeks of days.
        """
        week = start_date.toordinal() // _DAYS_AT_ONCE * _DAYS_AT_ONCE
        first, last = date.fromordinal(week) - _LONGEST_BLOCK, date.fromordinal(week + _DAYS_AT_ONCE - 1)
        begin, end = bounds(first, last, self._zone)
        query = {"unavailable": "true", **of_providers}

        def read() -> Sequence[BookedRow]:
            rows = self._window(operation, location_id, begin, end, query, BookedRow, _LARGEST_PAGE)
            return [row for row in rows if row.is_block and self._may_reach_over(row)]

        known = self._just_read.get(f"blocks {location_id} {week} {of_providers}", read, _BLOCKS_KEPT)
        since = bounds(start_date, start_date, self._zone)[0]
        return [row for row in known if row.start_time is None or row.start_time < since]

    def _may_reach_over(self, row: BookedRow) -> bool:
        if row.start_time is None or row.end_time is None:
            return row.start_time is None
        return row.end_time.astimezone(self._zone).date() > row.start_time.astimezone(self._zone).date()

    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]:
        """NexHealth, GET /appointments with patient_ids[], cancelled ones too, from a month ago to two years ahead."""
        return self._of_patient(patient_id, datetime.combine(self._kept.clock.now().date(), time(), UTC) - _BEFORE)

    def patient_visits(self, patient_id: str) -> PatientVisits:
        """As `patient_appointments`, from ten years ago: the vendor lists no row without a window."""
        since = self._kept.clock.now().astimezone(self._zone).date() - _LONG_BEFORE
        return PatientVisits(self._of_patient(patient_id, wall_time.day_bounds(since, self._zone)[0]), since)

    def _of_patient(self, patient_id: str, begin: datetime) -> Sequence[Appointment]:
        known = str(translate.number(patient_id, PatientNotFound))
        end = datetime.combine(self._kept.clock.now().date(), time(), UTC) + _AFTER
        rows = [
            row
            for location_id in self._location_ids
            for row in self._window(
                "list_patient_appointments", location_id, begin, end, {"patient_ids[]": known}, AppointmentRow
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
        groups = self._rows("list_slots", "available_slots", SlotGroupRow, query, per_page=None)
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
        """NexHealth, PATCH /appointments/{id} with absolute times; 400 where the system behind cannot.

        The provider stays: the vendor has no way to change one.
        """
        return self._patch("move_appointment", appointment_id, translate.move_body(move, OperatoryNotFound), NotMovable)

    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> Appointment | None:
        """NexHealth, PATCH /appointments/{id}. There is no list of unscheduled visits.

        One that somebody has cancelled since it was looked at is what was asked for.
        """
        with suppress(NotCancellable):
            return self._patch("cancel_appointment", appointment_id, {"appt": {"cancelled": True}}, NotCancellable)
        return None

    def confirm_appointment(self, appointment_id: str) -> Appointment:
        return self._patch("confirm_appointment", appointment_id, {"appt": {"confirmed": True}}, NotConfirmable)

    def add_note(self, appointment_id: str, note: str) -> None:
        """A note at NexHealth can only be overwritten, with what was there the last time the practice was read."""
        raise EhrNotSupported

    def _patch(
        self, operation: str, appointment_id: str, body: dict[str, object], cancelled: type[Conflict]
    ) -> Appointment:
        path = _path(appointment_id)
        row = self._write(
            operation, "PATCH", path, body, AppointmentRow, "appt", AppointmentNotFound, cancelled=cancelled
        )
        return self._translated(row)

    def _window[R: AppointmentRow](
        self,
        operation: str,
        location_id: str,
        begin: datetime,
        end: datetime,
        query: Query,
        model: type[R],
        per_page: int = PAGE,
    ) -> Sequence[R]:
        asked = {"location_id": location_id, "start": translate.wire_time(begin), "end": translate.wire_time(end)}
        return self._rows(operation, "appointments", model, {**asked, **query}, every_row=True, per_page=per_page)

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
