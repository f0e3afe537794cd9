"""One practice on NexHealth, as slots, tasks, health and the doctor use it."""

from datetime import date, timedelta

from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.appointments import AppointmentCalls
from openchair.clients.nexhealth.patients import PatientCalls
from openchair.models.office import BookCheck
from openchair.ports import Capabilities

_NOTE = 128


class NexHealthClient(PatientCalls, AppointmentCalls):
    """Satisfies EhrClient and OfficeReader. Ids are the vendor's numbers as text; others are not found."""

    @property
    def capabilities(self) -> Capabilities:
        """What the system behind can, by the name that the sync status tells. Raises the errors of a read."""
        return Capabilities(
            moves_in_place=self._kept.get(f"moves in place {self._location_ids[0]}", self._moves_in_place),
            writes_asynchronously=True,
            moves_to_other_provider=False,
            holds_notes_up_to=_NOTE,
            read_cycle=timedelta(minutes=self._settings.read_cycle_minutes),
        )

    def check_book(self, start_date: date, end_date: date) -> BookCheck:
        taken = self._taken(start_date, end_date)
        return BookCheck(
            unreadable=(*self.schedule(start_date, end_date).unreadable, *taken.unreadable),
            chairless_hours=tuple(self._chairless_hours()),
            unread_locations=tuple(taken.unread_locations),
            chairs_not_bookable=tuple(
                str(row.id) for row, _ in self._operatory_rows() if row.active and not row.bookable_online
            ),
        )

    def _moves_in_place(self) -> bool:
        return translate.moves_in_place(self.sync_state(None).system_name)
