"""Whether the office keeps the practice's time, in this half of the year and in the other."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openchair.findings import Finding
from openchair.models.office import LocationCheck, OfficeCheck
from openchair.models.practice import Practice

_WEEKS = [timedelta(weeks=number) for number in range(53)]
_WINTER, _SUMMER = {12, 1, 2}, {5, 6, 7, 8, 9}
"""Months in which no zone changes its clock: what holds in one of them holds in that half of the year."""

_CORRECT = "Correct timezone in the practice document, or the zone of the office's server."


def zone_findings(office: OfficeCheck, shift: int | None, practice: Practice, now: datetime) -> list[Finding]:
    """`shift`: seconds by which the zone of the office's own clock is ahead now, None where it tells no time."""
    locations = [_location(one, practice, now) for one in office.locations]
    if shift is None and locations:
        return locations
    return [_office(office, shift, practice, now), *locations]


def _office(office: OfficeCheck, shift: int | None, practice: Practice, now: datetime) -> Finding:
    zone = practice.timezone
    if shift is None:
        return Finding("zone", True, "The EHR does not tell its time, so its zone could not be compared.")
    if shift:
        return _wrong(f"The office's wall clock is {_ahead(shift)} {zone}: visits would be booked at a wrong time.")
    for stamp in office.stamps:
        then = _offset(stamp) - _offset(stamp.astimezone(practice.zone))
        if then:
            return _wrong(
                f"The office's wall clock was {_ahead(round(then.total_seconds()))} {zone} in {stamp:%B %Y}, and is not"
                " now: visits in that half of the year would be booked at a wrong time."
            )
    months = {moment.astimezone(practice.zone).month for moment in (now, *office.stamps)}
    if months & _WINTER and months & _SUMMER:
        return Finding("zone", True, f"The office keeps the time of {zone}, in winter and in summer.")
    return Finding(
        "zone", True, f"The office keeps the time of {zone} now; for the other half of the year it cannot be told."
    )


def _wrong(message: str) -> Finding:
    return Finding("zone", False, message, _CORRECT, "failing")


def _ahead(seconds: int) -> str:
    return f"{abs(seconds) // 60} minutes {'ahead of' if seconds > 0 else 'behind'}"


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _location(location: LocationCheck, practice: Practice, now: datetime) -> Finding:
    where, zone = f"Location {location.location_id}", _zone_or_none(location.timezone)
    if zone is None:
        return Finding("zone", True, f"{where} names no zone that is known here, so it could not be compared.")
    times = [now + weeks for weeks in _WEEKS]
    if all(_offset(at.astimezone(zone)) == _offset(at.astimezone(practice.zone)) for at in times):
        return Finding("zone", True, f"{where} keeps the time of {practice.timezone}, in winter and in summer.")
    return Finding(
        "zone",
        False,
        f"{where} keeps the time of {location.timezone}, the practice document says {practice.timezone}:"
        " visits would be booked at a wrong time.",
        "Correct timezone in the practice document, or have the vendor correct the location's.",
        "failing",
    )


def _zone_or_none(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
