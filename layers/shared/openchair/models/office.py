"""What an EHR tells of a practice's office: people, chairs, hours, and how it is connected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Provider:
    id: str
    name: str
    abbreviation: str = ""
    is_hygienist: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Operatory:
    """A chair. `provider_id` and `hygienist_id` are who the EHR assigns to it, None for nobody."""

    id: str
    name: str
    abbreviation: str = ""
    is_hygiene: bool = False
    is_hidden: bool = False
    provider_id: str | None = None
    hygienist_id: str | None = None
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class WorkBlock:
    """A provider works from start to end in these chairs.

    Where none is named: in the chairs of `location_id`, without a chair where that location has none at all; with no
    location either, in the chairs assigned to the provider. `appointment_type_ids`: only for visits of these types;
    none named means for all, also for those of no type.
    """

    provider_id: str
    operatory_ids: tuple[str, ...]
    start: datetime
    end: datetime
    appointment_type_ids: tuple[str, ...] = ()
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class Blockout:
    """Nothing is booked from start to end in these chairs.

    Where none is named, with these providers, wherever they sit; where neither is, in all of `location_id`, with a
    chair or without; and where nothing is named, in the whole practice.
    """

    operatory_ids: tuple[str, ...]
    start: datetime
    end: datetime
    provider_ids: tuple[str, ...] = ()
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of the book of which not all can be told, so that it shuts what it may take: `shuts` says in words what.

    `id` is the EHR's, "" where even that is missing; `day` practice-local, the first it may concern.
    """

    kind: Literal["appointment", "schedule"]
    id: str
    day: date
    shuts: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The hours of a range of days. A closed day has no openings whatever else it holds.

    What `unreadable` tells of stands among the blockouts too, or is hours that open nothing.
    """

    work_blocks: tuple[WorkBlock, ...] = ()
    blockouts: tuple[Blockout, ...] = ()
    closed_days: frozenset[date] = frozenset()
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncState:
    """How an EHR is connected to the practice's own system at a location; times are in UTC, None when never.

    `writes_reach_chart` is False where nothing is ever written there, which is a setting and no outage.
    """

    writes_reach_chart: bool = True
    is_reading: bool = True
    is_writing: bool = True
    read_at: datetime | None = None
    written_at: datetime | None = None
    system_name: str = ""


@dataclass(frozen=True, slots=True)
class LocationCheck:
    """A location of an EHR that stands between us and the practice's own system."""

    location_id: str
    sync: SyncState
    has_hours: bool
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class ChairlessHours:
    """Hours of a location that name no chair. `has_chairs`: it has some, which are then all open in these hours."""

    location_id: str
    count: int
    has_chairs: bool
    needs_chairs: bool


@dataclass(frozen=True, slots=True)
class BookCheck:
    """What is odd in some days of the book, or missing from it.

    `closed_working_days` are closed by a note of the practice, though providers work. `unknown_blockouts`: what the
    practice document names that the EHR has no type for. `unread_locations`: where providers of the practice work too
    and the key may not look. `chairs_not_bookable` are those the EHR keeps from being booked online.
    """

    unreadable: tuple[UnreadableRow, ...] = ()
    closed_working_days: tuple[date, ...] = ()
    unknown_blockouts: tuple[str, ...] = ()
    chairless_hours: tuple[ChairlessHours, ...] = ()
    unread_locations: tuple[str, ...] = ()
    chairs_not_bookable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmationCheck:
    """By which of its own states an office calls a visit confirmed. `is_known`: the office has this state."""

    state_id: str | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class OfficeCheck:
    """What the EHR says of itself. `wall_time` is the office's clock, naive on purpose; `utc_offset` may be untold.

    `stamps`: moments of other days as the office's clock shows them, aware with the offset it had then.

    `appointment_type_ids`: the types there are, None where they are not asked for; `types_not_bookable` are those that
    the EHR keeps from being booked online. `confirmation` is None for an EHR that tells of each visit whether it is
    confirmed.
    """

    permissions: Mapping[str, bool]
    provider_count: int
    wall_time: datetime | None
    utc_offset: timedelta | None
    version: str | None
    locations: tuple[LocationCheck, ...] = ()
    appointment_type_ids: frozenset[str] | None = None
    types_not_bookable: frozenset[str] = frozenset()
    stamps: tuple[datetime, ...] = ()
    confirmation: ConfirmationCheck | None = None
