"""What a practice on NexHealth is made of: locations, providers, chairs, hours, and how it is synchronised."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.calls import Calls
from openchair.clients.nexhealth.hours import schedule
from openchair.clients.nexhealth.payloads import (
    AppointmentTypeRow,
    InstitutionRow,
    LocationRow,
    OperatoryRow,
    ProviderRow,
    SyncStatusRow,
    WorkingHourRow,
)
from openchair.errors import EhrKeyRefused, EhrRefused, LocationNotFound
from openchair.models.office import ChairlessHours, LocationCheck, OfficeCheck, Operatory, Provider, Schedule, SyncState

_SYNC_STATE_KEPT = 60.0
_HOURS_KEPT = 20.0
"""Seconds within one invocation: NexHealth's own copy is minutes old."""


class OfficeCalls(Calls):
    def institutions(self) -> Sequence[InstitutionRow]:
        """NexHealth, GET /institutions: all that the key opens, of any subdomain."""
        query = {"subdomain": None}
        return self._rows("list_institutions", "institutions", InstitutionRow, query, per_page=None)

    def locations(self) -> Sequence[LocationRow]:
        """NexHealth, GET /locations of the practice's subdomain, where they stand below their institution."""
        institutions = self._rows("list_locations", "locations", InstitutionRow, {}, per_page=None)
        read = [LocationRow.read_or_none(one) for each in institutions for one in each.locations]
        return [row for row in read if row is not None]

    def location(self, location_id: str) -> LocationRow:
        """NexHealth, GET /locations/{id}. Kept 15 minutes. Raises LocationNotFound.

        The vendor says 404 of what a key may not see too: of the practice's own location it is a right that is lacking.
        """

        def read() -> LocationRow:
            path = f"locations/{translate.number(location_id, LocationNotFound)}"
            try:
                return self._one("read_location", path, LocationRow, LocationNotFound, of_subdomain=False)
            except LocationNotFound as missing:
                if location_id not in self._location_ids:
                    raise
                detail = "The EHR shows this key no such location as the practice's document names."
                raise EhrKeyRefused(detail, is_certain=True, scope="practice") from missing

        return self._kept.get(f"location {location_id}", read)

    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]:
        """NexHealth, GET /providers of each location, once each, inactive ones marked. Kept 15 minutes."""
        return [translate.provider(row) for row in self._provider_rows(max_age_seconds)]

    def _provider_rows(self, max_age_seconds: float | None = None) -> Sequence[ProviderRow]:
        """With the locations at which each works."""

        def read() -> Sequence[ProviderRow]:
            found: dict[object, ProviderRow] = {}
            for location_id in self._location_ids:
                query = {"location_id": location_id, "include[]": ("locations",)}
                for row in self._rows("list_providers", "providers", ProviderRow, query):
                    found.setdefault(row.key, row)
            return list(found.values())

        return self._kept.get(f"providers {self._location_ids}", read, max_age_seconds)

    def _elsewhere(self) -> Mapping[str, Sequence[str]]:
        """Locations that are not the practice's and at which its providers work too, and who of them.

        Of a provider whose locations are not told all of the institution's count.
        """
        found: dict[str, list[str]] = {}
        for row in self._provider_rows():
            told = row.locations
            works_at = self._all_location_ids() if told is None else [str(one["id"]) for one in told if one.get("id")]
            for location_id in works_at if not row.inactive else ():
                if location_id not in self._location_ids:
                    found.setdefault(location_id, []).append(str(row.id))
        return found

    def _all_location_ids(self) -> Sequence[str]:
        """Of the institution, kept 15 minutes; none for a key that may not list them."""

        def read() -> Sequence[str]:
            try:
                return [str(row.id) for row in self.locations()]
            except EhrRefused:
                return ()

        return self._kept.get(f"all locations {self._settings.subdomain}", read)

    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]:
        """NexHealth, GET /operatories of each location, those kept from being booked marked. Kept 15 minutes."""
        rows = self._operatory_rows(max_age_seconds)
        return [translate.operatory(row, location_id) for row, location_id in rows]

    def _operatory_rows(self, max_age_seconds: float | None = None) -> Sequence[tuple[OperatoryRow, str]]:
        def read() -> Sequence[tuple[OperatoryRow, str]]:
            return [
                (row, location_id)
                for location_id in self._location_ids
                for row in self._rows("list_operatories", "operatories", OperatoryRow, {"location_id": location_id})
            ]

        return self._kept.get(f"operatories {self._location_ids}", read, max_age_seconds)

    def appointment_types(self) -> Sequence[AppointmentTypeRow]:
        """NexHealth, GET /appointment_types of each location, once each."""
        found = {
            row.key: row
            for location_id in self._location_ids
            for row in self._rows(
                "list_appointment_types",
                "appointment_types",
                AppointmentTypeRow,
                {"location_id": location_id},
                per_page=None,
            )
        }
        return list(found.values())

    def schedule(self, start_date: date, end_date: date) -> Schedule:
        """NexHealth, GET /working_hours of each location; blocks of its schedule come as appointments."""
        found = [
            schedule(self._working_hours(location_id), location_id, start_date, end_date, self._zone)
            for location_id in self._location_ids
        ]
        return Schedule(
            tuple(block for each in found for block in each.work_blocks),
            unreadable=tuple(row for each in found for row in each.unreadable),
        )

    def sync_state(self, location_id: str | None) -> SyncState:
        """NexHealth, GET /sync_status: the row of the source that serves the location. Kept a minute."""
        location_id = location_id or self._location_ids[0]

        def read() -> SyncState:
            writes = self.location(location_id).insert_appt_client
            query = {"location_ids[]": location_id}
            rows = self._rows("read_sync_status", "sync_status", SyncStatusRow, query, per_page=None)
            of_location = [row for row in rows if location_id in _served_by(row)] or rows
            return translate.sync_state(of_location[0], writes) if of_location else SyncState(writes, False, False)

        return self._kept.get(f"sync {location_id}", read, _SYNC_STATE_KEPT)

    def check_office(self) -> OfficeCheck:
        """Whether the token opens every location, how each is synchronised, and who can be booked there for what.

        The vendor tells no clock of the office's, but the zone of each location.
        """
        visible = [one for one in self.providers(max_age_seconds=0) if not one.is_hidden]
        locations = tuple(
            LocationCheck(
                location_id,
                self.sync_state(location_id),
                bool(self._working_hours(location_id)),
                self.location(location_id).tz,
            )
            for location_id in self._location_ids
        )
        types = self._types()
        return OfficeCheck(
            permissions={},
            provider_count=len(visible),
            wall_time=None,
            utc_offset=None,
            version=None,
            locations=locations,
            appointment_type_ids=None if types is None else frozenset(str(one.id) for one in types),
            types_not_bookable=frozenset(str(one.id) for one in types or () if not one.bookable_online),
        )

    def _types(self) -> Sequence[AppointmentTypeRow] | None:
        """None for a key that may do all else but not read them."""
        try:
            return self.appointment_types()
        except EhrRefused:
            return None

    def _working_hours(self, location_id: str) -> Sequence[WorkingHourRow]:
        """They say for themselves when they hold, so several stretches of days are read from one answer."""

        def read() -> Sequence[WorkingHourRow]:
            query = {"location_id": location_id, "active": "true", "include[]": ("appointment_types",)}
            return self._rows("list_working_hours", "working_hours", WorkingHourRow, query)

        return self._just_read.get(f"working hours {location_id}", read, _HOURS_KEPT)

    def _chairless_hours(self) -> Iterator[ChairlessHours]:
        chairs = {str(row.location_id or asked) for row, asked in self._operatory_rows()}
        for location_id in self._location_ids:
            count = sum(not row.operatory_id for row in self._working_hours(location_id))
            if count:
                has_chairs = location_id in chairs
                needs_chairs = not has_chairs and self.location(location_id).map_by_operatory
                yield ChairlessHours(location_id, count, has_chairs, needs_chairs)


def _served_by(row: SyncStatusRow) -> set[str]:
    return {str(one.get("id")) for one in row.locations}
