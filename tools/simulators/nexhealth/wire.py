"""How values look on the wire: stamps in UTC with milliseconds, offsets of two kinds, and how they are read back in."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth import errors

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def stamp(moment: datetime) -> str:
    """`2020-06-05T20:16:57.007Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def maybe_stamp(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`2017-10-09T07:00:00.000-04:00`, as slots are written."""
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def loose_offset(moment: datetime, zone: ZoneInfo) -> str:
    """`-4:00`: no zero before the hours, as appointments carry it."""
    sign, hours, minutes = _offset(moment, zone)
    return f"{sign}{hours}:{minutes:02d}"


def dense_offset(moment: datetime, zone: ZoneInfo) -> str:
    """`-0700`, as working hours carry it."""
    sign, hours, minutes = _offset(moment, zone)
    return f"{sign}{hours:02d}{minutes:02d}"


def _offset(moment: datetime, zone: ZoneInfo) -> tuple[str, int, int]:
    offset = moment.astimezone(zone).utcoffset()
    total = int(offset.total_seconds()) // 60 if offset is not None else 0
    return "-" if total < 0 else "+", abs(total) // 60, abs(total) % 60


def clock_time(value: time) -> str:
    return value.strftime("%H:%M")


def parse_moment(name: str, value: object, day_zone: ZoneInfo, *, day_ends: bool = False) -> datetime:
    """Anything ISO; a plain day is its start (or end) in `day_zone`, and a time without offset is UTC.

    A plus that came unquoted in a query string arrives as a blank.
    """
    text = str(value).replace(" ", "+" if "T" in str(value) else "T")
    try:
        if _DAY.fullmatch(text):
            limit = time(23, 59, 59, 999000) if day_ends else time()
            return datetime.combine(date.fromisoformat(text), limit, tzinfo=day_zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise errors.BAD_VALUE(name=name) from None


def parse_day(name: str, value: object) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise errors.BAD_VALUE(name=name) from None
