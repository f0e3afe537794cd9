"""One practice's Open Dental, as slots, tasks, health and the doctor use it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from openchair.clients.open_dental.appointments import AppointmentCalls
from openchair.clients.open_dental.hours import unknown_types
from openchair.clients.open_dental.nouns import OperatoryAvailability
from openchair.clients.open_dental.patients import PatientCalls
from openchair.errors import InvalidTime
from openchair.models.office import Blockout, BookCheck, SyncState
from openchair.models.visit import Appointment
from openchair.ports import Capabilities


class OpenDentalClient(PatientCalls, AppointmentCalls):
    """Satisfies EhrClient and OfficeReader. Ids are the vendor's numbers as text; others are not found."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            moves_in_place=self._settings.reschedule == "move", writes_asynchronously=False, appends_notes=True
        )

    def sync_state(self, location_id: str | None) -> SyncState:
        """What is written is in the chart at once."""
        return SyncState()

    def check_book(self, start_date: date, end_date: date) -> BookCheck:
        schedule = self.schedule(start_date, end_date)
        working = {block.start.date() for block in schedule.work_blocks}
        return BookCheck(
            unreadable=(*schedule.unreadable, *self._taken(start_date, end_date).unreadable),
            closed_working_days=tuple(sorted(schedule.closed_days & working)),
            unknown_blockouts=unknown_types(self._practice.booking.blockouts, self._blockout_types()),
        )

    def check_operatory_availability(self, operatory_id: str, start: datetime, minutes: int) -> OperatoryAvailability:
        """Whether nothing stands in a chair for a stretch, from Operatories, Schedules and Appointments GET.

        `start` is aware. Raises OperatoryNotFound.
        """
        if start.tzinfo is None:
            raise InvalidTime("A time has to carry an offset.")
        operatory = self._operatory(operatory_id)
        begin = start.astimezone(self._zone)
        end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(self._zone)
        schedule = self.schedule(begin.date(), end.date())
        appointments = self.appointments(begin.date(), end.date())
        return OperatoryAvailability(
            operatory_id=operatory_id,
            is_hidden=operatory.is_hidden,
            is_closed_day=begin.date() in schedule.closed_days,
            appointment_ids=_in_the_way(appointments, operatory_id, begin, end),
            blockouts=tuple(one for one in schedule.blockouts if _blocks(one, operatory_id, begin, end)),
        )


def _in_the_way(
    appointments: Sequence[Appointment], operatory_id: str, start: datetime, end: datetime
) -> tuple[str, ...]:
    return tuple(
        one.id
        for one in appointments
        if one.occupies
        and (one.operatory_id == operatory_id or (one.operatory_id is None and one.provider_id is None))
        and one.start is not None
        and one.end is not None
        and _overlap(one.start, one.end, start, end)
    )


def _blocks(blockout: Blockout, operatory_id: str, start: datetime, end: datetime) -> bool:
    is_here = operatory_id in blockout.operatory_ids or not (blockout.operatory_ids or blockout.provider_ids)
    return is_here and _overlap(blockout.start, blockout.end, start, end)


def _overlap(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    # In UTC: times of one zone are compared by the wall clock, which repeats an hour in autumn.
    return start.astimezone(UTC) < other_end.astimezone(UTC) and other_start.astimezone(UTC) < end.astimezone(UTC)
