"""What a client makes of some days' book, the same for every EHR: visits, and rows of which not all can be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.models.office import UnreadableRow
from openchair.models.visit import Appointment

OPENS_NOTHING = "nothing; its hours are not offered"


@dataclass(frozen=True, slots=True)
class Taken:
    """What takes time on some days, and which of it did not tell all. `unread_locations`: where nobody may look."""

    appointments: Sequence[Appointment]
    unreadable: Sequence[UnreadableRow] = ()
    unread_locations: Sequence[str] = ()


def bounds(first_day: date, last_day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First instant of these practice-local days, and of the day after them."""
    return wall_time.day_bounds(first_day, zone)[0], wall_time.day_bounds(last_day, zone)[1]


def minutes_between(begin: datetime, end: datetime) -> int:
    """Elapsed, rounded up."""
    return ceil((end.astimezone(UTC) - begin.astimezone(UTC)).total_seconds() / 60)


def minutes_left(start: datetime, zone: ZoneInfo) -> int:
    """From the start to the end of its day: what a visit takes that does not tell its length."""
    return minutes_between(start, wall_time.day_bounds(start.astimezone(zone).date(), zone)[1])


def unreadable_visit(visit: Appointment) -> UnreadableRow:
    """Told for a visit that takes all it may; it has a start by then."""
    assert visit.start is not None
    assert visit.end is not None
    named = [one.provider_id for one in visit.provider_times]
    shuts = shut_words(
        visit.start,
        visit.end,
        operatory_ids=[visit.operatory_id] if visit.operatory_id else [],
        provider_ids=list(dict.fromkeys([*([visit.provider_id] if visit.provider_id else []), *named])),
        location_id=visit.location_id,
    )
    return UnreadableRow("appointment", visit.id, visit.start.date(), shuts)


def shut_words(
    begin: datetime,
    end: datetime,
    *,
    operatory_ids: Sequence[str] = (),
    provider_ids: Sequence[str] = (),
    location_id: str | None = None,
) -> str:
    """What a row shuts that does not tell all, e.g. "chair 3 and provider 1, 2026-03-02 10:00 to 2026-03-03 00:00"."""
    named = [*(f"chair {one}" for one in operatory_ids), *(f"provider {one}" for one in provider_ids)]
    if not named:
        named = ["the whole practice" if location_id is None else f"all of location {location_id}"]
    return f"{' and '.join(named)}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
