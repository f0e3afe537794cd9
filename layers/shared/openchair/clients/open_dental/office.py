"""What an office on Open Dental is made of: providers, chairs, hours, lists, and what its key may do."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

from openchair.clients.open_dental import translate
from openchair.clients.open_dental.calls import Calls
from openchair.clients.open_dental.hours import Rules, schedule, shutting
from openchair.clients.open_dental.nouns import AppointmentType, Definition, Location, ScheduleOperatory
from openchair.clients.open_dental.payloads import (
    AppointmentTypeRow,
    ClinicRow,
    DefinitionRow,
    OperatoryRow,
    PermissionRow,
    PreferenceRow,
    ProviderRow,
)
from openchair.clients.open_dental.schedule_rows import ScheduleOperatoryRow, ScheduleRow
from openchair.clients.pages import unreadable_schedule
from openchair.errors import EhrKeyRefused, EhrNotSupported, EhrRejected, OperatoryNotFound
from openchair.models.office import ConfirmationCheck, OfficeCheck, Operatory, Provider, Schedule

_BLOCKOUT_TYPES = 25
"""The category of definitions."""

_RECENT = timedelta(days=3 * 365)
_CONFIRMATION_STATES = 2
_CONFIRMED_STATE = "ApptEConfirmStatusAccepted"
"""The preference that holds a definition's number (the vendor's eConfirmation settings)."""
_NOT_TOLD = (EhrNotSupported, EhrRejected, EhrKeyRefused)
_WITH_OFFSET = "yyyy-MM-dd HH:mm:ss zzz"
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: ([+-])(\d\d):(\d\d))?", re.ASCII)


class OfficeCalls(Calls):
    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]:
        """Open Dental API, Providers GET (multiple): hidden and deleted ones too, marked. Kept 15 minutes."""

        def read() -> Sequence[Provider]:
            return [translate.provider(row) for row in self._provider_rows({})]

        return self._kept.get("providers", read, max_age_seconds)

    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]:
        """Open Dental API, Operatories GET (multiple), of every clinic, hidden ones too. Kept 15 minutes."""

        def read() -> Sequence[Operatory]:
            return [translate.operatory(row) for row in self._rows("list_operatories", "operatories", OperatoryRow, {})]

        return self._kept.get("operatories", read, max_age_seconds)

    def appointment_types(self, *, max_age_seconds: float | None = None) -> Sequence[AppointmentType]:
        """Open Dental API, AppointmentTypes GET (22.4.10). Kept 15 minutes."""

        def read() -> Sequence[AppointmentType]:
            rows = self._rows("list_appointment_types", "appointmenttypes", AppointmentTypeRow, {})
            return [translate.appointment_type(row) for row in rows]

        return self._kept.get("appointment_types", read, max_age_seconds)

    def schedule(self, start_date: date, end_date: date) -> Schedule:
        """Open Dental API, Schedules GET (multiple) (22.1), read by the practice's own rules. Raises EhrUnavailable
        when a row says nothing at all."""
        query = {"dateStart": start_date.isoformat(), "dateEnd": end_date.isoformat()}
        found = self._rows("list_schedules", "schedules", ScheduleRow, query, every_row=True)
        rows = [row for row in found if row.SchedDate is None or start_date <= row.SchedDate <= end_date]
        if any(row.tells_nothing for row in rows):
            raise unreadable_schedule()
        booking = self._practice.booking
        rules = Rules(booking.practice_notes_close, shutting(booking.blockouts, self._blockout_types()))
        return schedule(rows, start_date, end_date, self._zone, rules)

    def _blockout_types(self) -> Sequence[DefinitionRow]:
        """Asked for only where the practice tells blockouts apart; kept 15 minutes. None where they cannot be read."""
        if self._practice.booking.blockouts == "all":
            return ()

        def read() -> Sequence[DefinitionRow]:
            query = {"Category": str(_BLOCKOUT_TYPES), "includeHidden": "true"}
            try:
                return self._rows("list_definitions", "definitions", DefinitionRow, query)
            except (EhrNotSupported, EhrRejected):
                return ()

        return self._kept.get("blockout_types", read)

    def schedule_operatories(
        self, *, schedule_id: str | None = None, operatory_id: str | None = None
    ) -> Sequence[ScheduleOperatory]:
        """Open Dental API, ScheduleOps GET (23.2.27)."""
        query = {"ScheduleNum": schedule_id, "OperatoryNum": operatory_id}
        rows = self._rows("list_schedule_operatories", "scheduleops", ScheduleOperatoryRow, query)
        return [translate.schedule_operatory(row) for row in rows]

    def definitions(self, category: int, *, with_hidden: bool = False) -> Sequence[Definition]:
        """Open Dental API, Definitions GET. `category` is the vendor's number."""
        query = {"Category": str(category), "includeHidden": "true" if with_hidden else None}
        rows = self._rows("list_definitions", "definitions", DefinitionRow, query)
        return [translate.definition(row) for row in rows if row.Category in (0, category)]

    def locations(self) -> Sequence[Location]:
        """Open Dental API, Clinics GET: those not hidden; none when the office does not use clinics."""
        return [translate.location(row) for row in self._rows("list_clinics", "clinics", ClinicRow, {})]

    def preference(self, name: str) -> str | None:
        """Open Dental API, Preferences GET, one value by its name."""
        rows = self._rows("read_preference", "preferences", PreferenceRow, {"PrefName": name})
        return next((row.ValueString for row in rows if row.PrefName == name), None)

    def confirmed_state(self, *, max_age_seconds: float | None = None) -> str | None:
        """The id of the one state (definition category 2) in which a visit is confirmed, kept 15 minutes.

        The practice document's `confirmed_def`; without it the office's own choice for accepted eConfirmations, which
        is what Appointments PUT Confirm sets for `Confirmed`. None where the office tells none.
        """
        if self._settings.confirmed_def is not None:
            return self._settings.confirmed_def

        def read() -> str | None:
            try:
                chosen = (self.preference(_CONFIRMED_STATE) or "").strip()
            except _NOT_TOLD:
                return None
            return chosen if chosen.isascii() and chosen.isdigit() and int(chosen) else None

        return self._kept.get("confirmed state", read, max_age_seconds)

    def _confirmation(self) -> ConfirmationCheck:
        """A state of the practice document may have been removed in the office; the office's own choice cannot be."""
        state = self.confirmed_state(max_age_seconds=0)
        if state is None or self._settings.confirmed_def is None:
            return ConfirmationCheck(state, is_known=state is not None)
        try:
            known = {one.id for one in self.definitions(_CONFIRMATION_STATES, with_hidden=True)}
        except _NOT_TOLD:
            return ConfirmationCheck(state, is_known=True)
        return ConfirmationCheck(state, is_known=state in known)

    def permissions(self) -> dict[str, bool]:
        """Open Dental API, SecurityPerms GET (22.2): what this key may do, by the vendor's names."""
        rows = self._rows("list_permissions", "securityperms", PermissionRow, {})
        return {row.Permission: row.HasPermission for row in rows}

    def check_office(self) -> OfficeCheck:
        """Permissions, providers that are not hidden, version, and the office's clock.

        A row's own `serverDateTime` with a format that shows the offset is the only documented way to learn the zone
        (Open Dental API, Time Zones; format 22.2.14): an older office tells its wall time only, or no permissions. With
        it other stamps of the rows show the offset that the server's clock had on their day.
        """
        try:
            permissions = self.permissions()
        except (EhrNotSupported, EhrRejected):
            permissions = {}
        rows = self._provider_rows({"DateTimeFormatString": _WITH_OFFSET})
        wall, offset = _office_clock(rows[0].serverDateTime if rows else "")
        return OfficeCheck(
            permissions=permissions,
            provider_count=sum(not translate.provider(row).is_hidden for row in rows),
            wall_time=wall,
            utc_offset=offset,
            version=self.preference("ProgramVersion"),
            stamps=tuple(_stamps((row.DateTStamp for row in rows), wall)),
            confirmation=self._confirmation(),
        )

    def _operatory(self, operatory_id: str) -> Operatory:
        for one in self.operatories():
            if one.id == operatory_id:
                return one
        raise OperatoryNotFound()

    def _provider_rows(self, query: dict[str, str | None]) -> list[ProviderRow]:
        return self._rows("list_providers", "providers", ProviderRow, query)


def _stamps(texts: Iterable[str], wall: datetime | None) -> Iterator[datetime]:
    """Those of the last years; before, a zone may have had other rules."""
    for moment, offset in map(_office_clock, texts):
        if moment is not None and offset is not None and wall is not None and wall - moment < _RECENT:
            yield moment.replace(tzinfo=timezone(offset))


def _office_clock(stamp: str) -> tuple[datetime | None, timedelta | None]:
    match = _STAMP.fullmatch(stamp.strip())
    if match is None:
        return None, None
    wall, sign, hours, minutes = match.groups()
    try:
        naive = datetime.fromisoformat(wall)
    except ValueError:
        return None, None
    if sign is None:
        return naive, None
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return naive, -offset if sign == "-" else offset
