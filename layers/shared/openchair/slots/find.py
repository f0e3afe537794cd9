"""Which slots a practice offers for a service or for moving a visit (design sections 4 and 5)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from openchair import wall_time
from openchair.errors import AppointmentNotFound, EhrNotSent, EhrUnavailable, InvalidTime, NotMovable, RangeTooLong
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.texts import Document, EhrId, Id
from openchair.models.visit import Appointment, AppointmentStatus, Slot
from openchair.ports import Clock
from openchair.progress import check_not_begun
from openchair.slots.book import BookSource
from openchair.slots.needs import is_ours, need_for_move, need_for_service
from openchair.slots.nouns import Book, Need
from openchair.slots.openings import open_slots
from openchair.slots.places import check_known

DEFAULT_DAYS = 7
BUDGET_SECONDS = 20.0
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _iso_day(given: object) -> object:
    if isinstance(given, str) and not _ISO_DAY.fullmatch(given):
        raise ValueError("is not a date like 2026-03-02")
    return given


# Pydantic alone would take "1772409600" for a date, too.
Day = Annotated[date, BeforeValidator(_iso_day)]


class MoveQuery(Document):
    """Practice-local days, inclusive. Without them a week from today; at most 14 days are read live."""

    start_date: Day | None = None
    end_date: Day | None = None
    provider_id: EhrId | None = None
    operatory_id: EhrId | None = None


class SlotQuery(MoveQuery):
    service_id: Id
    location_id: EhrId | None = None


def find_slots(
    record: PracticeRecord,
    query: SlotQuery,
    source: BookSource,
    clock: Clock,
    deadline: float | None = None,
) -> dict[str, Any]:
    """The open slots for a service, by provider and day (design section 4, slots).

    Days are read a few at a time until `deadline` (of `clock.monotonic`, 20 s from now if None). When that nears, or
    the EHR fails after the first days, the answer stops: `complete_until` is the start of the first day not read.
    Raises InvalidTime, RangeTooLong, what `need_for_service` and `check_known` raise, and the EHR's errors.
    """
    need = need_for_service(
        record.practice,
        query.service_id,
        provider_id=query.provider_id,
        operatory_id=query.operatory_id,
        location_id=query.location_id,
    )
    return _find(record, query, need, None, source, clock, deadline)


def find_slots_for_visit(
    record: PracticeRecord,
    appointment_id: str,
    query: MoveQuery,
    source: BookSource,
    clock: Clock,
    deadline: float | None = None,
) -> dict[str, Any]:
    """Like `find_slots`, to move this visit: its own time is not in its way, and its present start is not offered.

    The patient's other visits are in the way wherever they are.

    Also raises AppointmentNotFound, also for one of another practice of the same EHR account, VisitHasBegun,
    VisitIsPast, and NotMovable for one completed, missed, cancelled or on no schedule.
    """
    _days(record.practice, query, source, clock)
    visit = source.appointment(appointment_id)
    if not is_ours(record.practice, visit.location_id):
        raise AppointmentNotFound
    check_not_begun(visit, clock.now())
    if visit.status is not AppointmentStatus.BOOKED or visit.start is None:
        raise NotMovable
    need = need_for_move(record.practice, visit, provider_id=query.provider_id, operatory_id=query.operatory_id)
    return _find(record, query, need, visit, source, clock, deadline)


def _find(
    record: PracticeRecord,
    query: MoveQuery,
    need: Need,
    visit: Appointment | None,
    source: BookSource,
    clock: Clock,
    deadline: float | None,
) -> dict[str, Any]:
    practice, now = record.practice, clock.now()
    first_day, last_day = _days(practice, query, source, clock)
    until = clock.monotonic() + BUDGET_SECONDS if deadline is None else deadline
    book: Book | None = None
    slots: list[Slot] = []
    unread = first_day if first_day <= last_day else None
    slowest = 0.0
    while unread is not None:
        day = unread
        began = clock.monotonic()
        if day > first_day and began + slowest > until:
            break
        upto = min(day + timedelta(days=source.days_at_once - 1), last_day)
        try:
            book = source.book(day, upto)
        except (EhrNotSent, EhrUnavailable):
            if day == first_day:
                raise
            break
        check_known(book, need)
        if visit is not None:
            book = replace(book, appointments=[other for other in book.appointments if other.id != visit.id])
        found = open_slots(
            book, need, zone=practice.zone, booking=practice.booking, first_day=day, last_day=upto, now=now
        )
        slots += [slot for slot in found if visit is None or slot.start != visit.start]
        slowest = max(slowest, clock.monotonic() - began)
        unread = upto + timedelta(days=1) if upto < last_day else None
    names = {provider.id: provider.name for provider in book.providers} if book is not None else {}
    return {
        "as_of": now.astimezone(practice.zone).isoformat(timespec="seconds"),
        "source": source.name,
        "timezone": practice.timezone,
        "complete_until": None if unread is None else wall_time.day_bounds(unread, practice.zone)[0].isoformat(),
        "providers": _by_provider_and_day(slots, names),
    }


def _days(practice: Practice, query: MoveQuery, source: BookSource, clock: Clock) -> tuple[date, date]:
    """The days to read: from today on and within the practice's horizon; none when the last is before the first."""
    today = clock.now().astimezone(practice.zone).date()
    horizon = today + timedelta(days=practice.booking.horizon_days)
    start = query.start_date or min(today, query.end_date or today)
    end = query.end_date or (start + timedelta(days=DEFAULT_DAYS - 1) if start <= horizon else start)
    if end < start:
        raise InvalidTime("end_date is before start_date.")
    if end < today:
        raise InvalidTime("The days asked for have passed.")
    if (end - start).days >= source.longest_days:
        raise RangeTooLong(f"At most {source.longest_days} days can be asked for at a time.")
    return max(start, today), min(end, horizon)


def _by_provider_and_day(slots: Iterable[Slot], names: Mapping[str, str]) -> list[dict[str, Any]]:
    days_of: dict[str, dict[date, list[dict[str, str | None]]]] = {}
    for slot in slots:
        days = days_of.setdefault(slot.place.provider_id, {})
        days.setdefault(slot.start.date(), []).append(
            {
                "start": slot.start.isoformat(),
                "end": slot.end.isoformat(),
                "operatory_id": slot.place.operatory_id,
            }
        )
    return [
        {
            "provider_id": provider_id,
            "name": names[provider_id],
            "days": [{"date": day.isoformat(), "slots": theirs} for day, theirs in days.items()],
        }
        for provider_id, days in sorted(days_of.items(), key=lambda one: (names[one[0]].casefold(), one[0]))
    ]
