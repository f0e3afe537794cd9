"""Working hours of a location on NexHealth as stretches of some days, and what of them cannot be told."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.clients.book import OPENS_NOTHING
from openchair.clients.nexhealth.payloads import WorkingHourRow
from openchair.models.office import Schedule, UnreadableRow, WorkBlock

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 24 * 60
_LONGEST_NIGHT = 12 * 60
"""Hours that end before they begin run past midnight, but no longer than this: else the two are mixed up."""

_DECISIVE = (
    *("provider_id", "operatory_id", "begin_time", "end_time", "active", "appointment_types"),
    *("days", "specific_date", "custom_recurrence"),
)


def schedule(
    rows: Iterable[WorkingHourRow], location_id: str, first_day: date, last_day: date, zone: ZoneInfo
) -> Schedule:
    """What is open on these days, hours that began the evening before among them; blocks come as appointments.

    Hours that name no chair are the location's, those for some appointment types are for no others. Hours of which
    not all can be told open nothing, and are told.
    """
    blocks: list[WorkBlock] = []
    unreadable: list[UnreadableRow] = []
    begin = wall_time.day_bounds(first_day, zone)[0].astimezone(UTC)
    for row in rows:
        if not row.active and not row.is_unreadable("active"):
            continue
        if _is_usable(row):
            found = _blocks(row, location_id, first_day - timedelta(days=1), last_day, zone)
            blocks += [block for block in found if block.end.astimezone(UTC) > begin]
        elif row.specific_date is None or first_day <= row.specific_date <= last_day:
            unreadable.append(UnreadableRow("schedule", str(row.id), row.specific_date or first_day, OPENS_NOTHING))
    return Schedule(tuple(blocks), unreadable=tuple(unreadable))


def _is_usable(row: WorkingHourRow) -> bool:
    """Whether all is told that decides on whom, where, when and for what; nobody's hours are none."""
    if row.is_unreadable(*_DECISIVE) or row.is_on_unknown_days or not row.provider_id or _length(row) is None:
        return False
    if row.appointment_types and len(_type_ids(row)) < len(row.appointment_types):
        return False
    return bool(row.specific_date or row.days) or _recurrence(row.custom_recurrence) is not None


def _length(row: WorkingHourRow) -> int | None:
    """Minutes; an end at 00:00 is the end of the day, an earlier one than the begin is the next day's."""
    if row.begin_time is None or row.end_time is None or row.begin_time == row.end_time:
        return None
    if row.begin_time < row.end_time:
        return row.end_time - row.begin_time
    night = row.end_time + _DAY - row.begin_time
    return night if row.end_time == 0 or night <= _LONGEST_NIGHT else None


def _type_ids(row: WorkingHourRow) -> tuple[str, ...]:
    return tuple(str(one["id"]) for one in row.appointment_types or () if one.get("id"))


def _blocks(
    row: WorkingHourRow, location_id: str, first_day: date, last_day: date, zone: ZoneInfo
) -> Iterator[WorkBlock]:
    length = _length(row)
    assert length is not None
    assert row.begin_time is not None
    chairs = (str(row.operatory_id),) if row.operatory_id else ()
    where = None if chairs else str(row.location_id or location_id)
    day = first_day
    while day <= last_day:
        if _is_on(row, day):
            start = _at(day, row.begin_time, zone)
            end = _at(day, row.begin_time + length, zone)
            if start < end:
                yield WorkBlock(str(row.provider_id), chairs, start, end, _type_ids(row), where)
        day += timedelta(days=1)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, left = divmod(minutes, _DAY)
    return wall_time.at(day + timedelta(days=days), time(left // 60, left % 60), zone)


def _is_on(row: WorkingHourRow, day: date) -> bool:
    if row.specific_date is not None:
        return day == row.specific_date
    if row.days:
        return _WEEKDAYS[day.weekday()] in row.days
    return _recurs(row.custom_recurrence, day)


def _recurrence(rule: dict[str, Any]) -> tuple[int, date, str] | None:
    try:
        every, since, unit = int(rule["num"]), date.fromisoformat(str(rule["ref"])[:10]), str(rule["unit"])
    except (KeyError, ValueError, TypeError):
        return None
    return (every, since, unit) if every >= 1 and unit in ("day", "week", "month") else None


def _recurs(rule: dict[str, Any], day: date) -> bool:
    found = _recurrence(rule)
    if found is None:
        return False
    every, since, unit = found
    if day < since:
        return False
    if unit == "day":
        return (day - since).days % every == 0
    if unit == "week":
        return (day - since).days % (7 * every) == 0
    months = (day.year - since.year) * 12 + day.month - since.month
    return day.day == since.day and months % every == 0
