"""Visits of some days as they take up time, also those that do not tell all of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from openchair.clients.book import Taken, bounds, minutes_between, unreadable_visit
from openchair.clients.open_dental import translate
from openchair.clients.open_dental.payloads import BookedRow
from openchair.models.office import UnreadableRow
from openchair.models.visit import Appointment, ProviderTime


def taken(rows: Iterable[BookedRow], first_day: date, last_day: date, zone: ZoneInfo) -> Taken:
    """Rows of these days. One without a start takes all of them, one without a length the rest of its day; one whose
    chair or provider cannot be read takes everybody's time, since it may be anybody's."""
    appointments: list[Appointment] = []
    unreadable: list[UnreadableRow] = []
    for row in rows:
        if row.AptDateTime is not None and not first_day <= row.AptDateTime.date() <= last_day:
            continue
        visit = translate.appointment(row, zone)
        visit = visit if row.AptNum else replace(visit, id="")
        if row.takes_time and (visit.start is None or not row.tells_length or not row.tells_place):
            visit = _with_all_it_may_take(visit, row, first_day, last_day, zone)
            unreadable.append(unreadable_visit(visit))
        appointments.append(visit)
    return Taken(appointments, unreadable)


def _with_all_it_may_take(
    visit: Appointment, row: BookedRow, first_day: date, last_day: date, zone: ZoneInfo
) -> Appointment:
    if visit.start is None:
        begin, end = bounds(first_day, last_day, zone)
        both = tuple(ProviderTime(one, begin, end) for one in (visit.provider_id, visit.second_provider_id) if one)
        visit = replace(visit, start=begin, minutes=minutes_between(begin, end), time_pattern="", provider_times=both)
    if not row.tells_place:
        visit = replace(visit, operatory_id=None, provider_id=None, second_provider_id=None, provider_times=())
    return visit
