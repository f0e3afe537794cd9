"""What a practice on NexHealth is made of: locations, providers, chairs, hours, and how it is synchronised."""

from collections.abc import Sequence
from datetime import date

from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.calls import Calls
from openchair.clients.nexhealth.payloads import (
    AppointmentTypeRow,
    InstitutionRow,
    LocationRow,
    OperatoryRow,
    ProviderRow,
    SyncStatusRow,
    WorkingHourRow,
)
from openchair.errors import EhrRefused, LocationNotFound
from openchair.models.office import LocationCheck, OfficeCheck, Operatory, Provider, Schedule, SyncState

_SYNC_STATE_KEPT = 60.0
_HOURS_KEPT = 20.0
"""Seconds within one invocation: NexHealth's own copy is minutes old."""


class OfficeCalls(Calls):
    def institutions(self) -> Sequence[InstitutionRow]:
        """NexHealth, GET /institutions: all that the key opens, of any subdomain."""
        query = {"subdomain": None}
        return self._rows("list_institutions", "institutions", InstitutionRow, query, is_paged=False)

    def locations(self) -> Sequence[LocationRow]:
        """NexHealth, GET /locations of the practice's subdomain, where they stand below their institution."""
        institutions = self._rows("list_locations", "locations", InstitutionRow, {}, is_paged=False)
        read = [LocationRow.read_or_none(one) for each in institutions for one in each.locations]
        return [row for row in read if row is not None]

    def location(self, location_id: str) -> LocationRow:
        """NexHealth, GET /locations/{id}. Kept 15 minutes. Raises LocationNotFound."""

        def read() -> LocationRow:
            path = f"locations/{translate.number(location_id, LocationNotFound)}"
            return self._one("read_location", path, LocationRow, LocationNotFound, of_subdomain=False)

        return self._kept.get(f"location {location_id}", read)

    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]:
        """NexHealth, GET /providers of each location, once each, inactive ones marked. Kept 15 minutes."""

        def read() -> Sequence[Provider]:
            found: dict[str, Provider] = {}
            for location_id in self._location_ids:
                for row in self._rows("list_providers", "providers", ProviderRow, {"location_id": location_id}):
                    found.setdefault(str(row.id), translate.provider(row))
            return list(found.values())

        return self._kept.get(f"providers {self._location_ids}", read, max_age_seconds)

    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]:
        """NexHealth, GET /operatories of each location. Kept 15 minutes."""

        def read() -> Sequence[Operatory]:
            return [
                translate.operatory(row, location_id)
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
                is_paged=False,
            )
        }
        return list(found.values())

    def schedule(self, start_date: date, end_date: date) -> Schedule:
        """NexHealth, GET /working_hours of each location; blocks of its schedule come as appointments."""
        rows = [row for location_id in self._location_ids for row in self._working_hours(location_id)]
        return translate.schedule(rows, start_date, end_date, self._zone)

    def sync_state(self, location_id: str | None) -> SyncState:
        """NexHealth, GET /sync_status: the row of the source that serves the location. Kept a minute."""
        location_id = location_id or self._location_ids[0]

        def read() -> SyncState:
            writes = self.location(location_id).insert_appt_client
            query = {"location_ids[]": location_id}
            rows = self._rows("read_sync_status", "sync_status", SyncStatusRow, query, is_paged=False)
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
        return OfficeCheck({}, len(visible), None, None, None, locations, self._type_ids())

    def _type_ids(self) -> frozenset[str] | None:
        """None for a key that may do all else but not read them."""
        try:
            return frozenset(str(one.id) for one in self.appointment_types())
        except EhrRefused:
            return None

    def _working_hours(self, location_id: str) -> Sequence[WorkingHourRow]:
        """They say for themselves when they hold, so several stretches of days are read from one answer."""

        def read() -> Sequence[WorkingHourRow]:
            query = {"location_id": location_id, "active": "true"}
            return self._rows("list_working_hours", "working_hours", WorkingHourRow, query)

        return self._just_read.get(f"working hours {location_id}", read, _HOURS_KEPT)


def _served_by(row: SyncStatusRow) -> set[str]:
    return {str(one.get("id")) for one in row.locations}
