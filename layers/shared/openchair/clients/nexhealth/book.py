"""Visits and blocks of some days as they take up time, also those that do not tell all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from openchair.clients.book import Taken, bounds, minutes_between, unreadable_visit
from openchair.clients.nexhealth import translate
from openchair.clients.nexhealth.payloads import BookedRow
from openchair.models.office import UnreadableRow
from openchair.models.visit import OCCUPYING, Appointment, ProviderTime


def taken(
    rows: Iterable[BookedRow],
    location_id: str,
    first_day: date,
    last_day: date,
    zone: ZoneInfo,
    elsewhere: Sequence[str] | None = None,
) -> Taken:
    """Rows of a location that stand on these days or reach into them.

    One without a start takes all of them, one without an end the rest of its day; one whose chair or provider cannot
    be read takes all of the location. `elsewhere`: the practice's providers who work at this location of somebody
    else's, of which only their time counts; a row that does not tell whose it is takes all of theirs.
    """
    begin, end = bounds(first_day, last_day, zone)
    appointments: list[Appointment] = []
    unreadable: list[UnreadableRow] = []
    for row in rows:
        visit = translate.appointment(row, zone)
        takes = visit.status in OCCUPYING
        if elsewhere is not None and (not takes or (row.tells_place and visit.provider_id not in elsewhere)):
            continue
        is_odd = takes and not (row.tells_end and row.tells_place)
        visit = replace(visit, id=visit.id if row.id else "", location_id=visit.location_id or location_id)
        if takes and visit.start is None:
            visit = replace(visit, start=begin, minutes=minutes_between(begin, end), time_pattern="")
            visit = replace(visit, provider_times=_whole(visit, [visit.provider_id] if visit.provider_id else []))
        if takes and not row.tells_place:
            visit = replace(visit, operatory_id=None, provider_id=None, provider_times=_whole(visit, elsewhere or ()))
        if not _touches(visit, begin, end):
            continue
        appointments.append(visit)
        if is_odd:
            unreadable.append(unreadable_visit(visit))
    return Taken(appointments, unreadable)


def _touches(visit: Appointment, begin: datetime, end: datetime) -> bool:
    """Whether it takes time of these days, or, where it takes none, stands on them."""
    if visit.start is None or visit.end is None:
        return False
    # In UTC: times of one zone are compared by the wall clock, which repeats an hour in autumn.
    starts, ends, since, until = (one.astimezone(UTC) for one in (visit.start, visit.end, begin, end))
    return starts < until and (ends > since if visit.occupies else starts >= since)


def _whole(visit: Appointment, provider_ids: Sequence[str]) -> tuple[ProviderTime, ...]:
    assert visit.start is not None
    assert visit.end is not None
    return tuple(ProviderTime(one, visit.start, visit.end) for one in provider_ids)
