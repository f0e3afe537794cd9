"""Between a practice's wall clock and UTC. An aware datetime leaves here, or an InvalidTime does."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openchair.errors import InvalidTime

_ISO_WITH_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock in this zone ever shows this naive wall time (False inside a spring gap)."""
    aware = wall.replace(tzinfo=zone)
    return aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(fold=0)


def is_ambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock in this zone shows this naive wall time twice (the autumn hour)."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return exists(wall, zone) and first.utcoffset() != second.utcoffset()


def at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """This wall time of this day as an instant in the zone: after a gap it falls into, the first in a fold."""
    instant = datetime.combine(day, wall, tzinfo=zone)
    return instant.astimezone(UTC).astimezone(zone)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First instant of a practice-local day and of the next."""
    return at(day, time.min, zone), at(day + timedelta(days=1), time.min, zone)


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601 with offset → aware datetime in the practice's zone.

    A wall time that falls into the zone's own spring gap is refused, whichever of the gap's two offsets it carries:
    its sender means a time no clock of the practice will show.
    """
    if not _ISO_WITH_OFFSET.fullmatch(text):
        raise InvalidTime("A time has to be ISO 8601 with an offset, like 2026-03-02T09:00:00-07:00.")
    try:
        given = datetime.fromisoformat(text)
        instant = given.astimezone(zone)
        wall = given.replace(tzinfo=None)
        near_gap = {wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        is_skipped = not exists(wall, zone) and given.utcoffset() in near_gap
    except (ValueError, OverflowError) as error:
        raise InvalidTime("A time names a day or an hour that does not exist.") from error
    if is_skipped:
        raise InvalidTime("A time falls into the hour the practice's clocks skip.")
    return instant
