"""Which slots a practice offers for a service or for moving a visit, read live from its EHR (design sections 4, 5)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, time, timedelta
from math import ceil
from typing import Annotated, Any

from pydantic import BeforeValidator

from openchair import wall_time
from openchair.errors import (
    AppointmentNotFound,
    EhrNotSent,
    EhrUnavailable,
    InvalidTime,
    LocationNotFound,
    NotMovable,
    OperatoryNotFound,
    ProviderNotFound,
    RangeTooLong,
)
from openchair.models import Appointment, AppointmentStatus, ChairMaps, Document, Id, Practice, PracticeRecord, Slot
from openchair.openings import Book, Need, check_known, open_slots
from openchair.ports import ClaimReader, Clock, EhrClient, ScheduleReader

DEFAULT_DAYS = 7
LONGEST_LIVE_DAYS = 14
DAYS_AT_ONCE = 3
OLDEST_FOR_BOOKING = 60.0
"""Seconds: people and chairs that a visit is booked with. One hidden since is not booked."""

BUDGET_SECONDS = 20.0
NIGHT_ENDS = time(5)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _iso_day(given: object) -> object:
    if isinstance(given, str) and not _ISO_DAY.fullmatch(given):
        raise ValueError("is not a date like 2026-03-02")
    return given


# Pydantic alone would take "1772409600" for a date, too.
Day = Annotated[date, BeforeValidator(_iso_day)]


class MoveQuery(Document):
    """Practice-local days, inclusive. Without them a week from today; at most 14 days."""

    start_date: Day | None = None
    end_date: Day | None = None
    provider_id: Id | None = None
    operatory_id: Id | None = None


class SlotQuery(MoveQuery):
    service_id: Id
    location_id: Id | None = None


# ------------------------------------------------------------------------------- what a practice's visits need


def is_ours(practice: Practice, location_id: str | None) -> bool:
    """Whether a visit or a patient of this location is the practice's, where several practices share an EHR account.

    What is of no location is everybody's; a practice that is limited to none has all.
    """
    location_ids = practice.chair_maps.location_ids
    return location_id is None or not location_ids or location_id in location_ids


def need_for_service(
    practice: Practice,
    service_id: str,
    *,
    provider_id: str | None = None,
    operatory_id: str | None = None,
    location_id: str | None = None,
) -> Need:
    """What a visit for this service needs, narrowed to what is asked.

    The service's `provider_ids` and the type's map both limit the providers. A practice that maps no operatory types
    at all does not use them; where it maps some, a type it leaves out has no chairs.
    Raises ServiceNotFound, and ProviderNotFound, OperatoryNotFound or LocationNotFound when what is asked is excluded.
    """
    service = practice.service(service_id)
    maps = practice.chair_maps
    operatory_ids = provider_ids = None
    if service.operatory_type is not None and maps.operatory_type_to_ids:
        operatory_ids = frozenset(maps.operatory_type_to_ids.get(service.operatory_type, ()))
    if service.operatory_type is not None and service.operatory_type in maps.operatory_type_to_provider_ids:
        provider_ids = frozenset(maps.operatory_type_to_provider_ids[service.operatory_type])
    if service.provider_ids:
        named = frozenset(service.provider_ids)
        provider_ids = named if provider_ids is None else named & provider_ids
    need = Need(
        minutes=service.minutes,
        time_pattern=service.time_pattern,
        operatory_ids=operatory_ids,
        provider_ids=provider_ids,
        location_id=_location(maps, location_id),
        is_only_location=len(maps.location_ids) == 1,
        operatory_id_to_provider_id=maps.operatory_id_to_provider_id,
    )
    return _narrowed(need, provider_id, operatory_id)


def need_for_move(
    practice: Practice, appointment: Appointment, *, provider_id: str | None = None, operatory_id: str | None = None
) -> Need:
    """What moving this visit needs: its own length and pattern, and a chair and provider of its present chair's types.

    A chair in no type may be changed for any of its kind (hygiene or not), and its provider for any.
    Raises ProviderNotFound or OperatoryNotFound when what is asked is excluded by the practice's maps.
    """
    maps = practice.chair_maps
    types = [name for name, ids in maps.operatory_type_to_ids.items() if appointment.operatory_id in ids]
    operatory_ids = provider_ids = None
    if types:
        operatory_ids = frozenset(chair for name in types for chair in maps.operatory_type_to_ids[name])
    if types and all(name in maps.operatory_type_to_provider_ids for name in types):
        mapped = {provider for name in types for provider in maps.operatory_type_to_provider_ids[name]}
        # Whoever has the visit now may keep it, mapped or not.
        provider_ids = frozenset(mapped | {appointment.provider_id or ""} - {""})
    fits = len(appointment.time_pattern) * 5 == appointment.minutes
    need = Need(
        minutes=appointment.minutes,
        time_pattern=appointment.time_pattern if fits else "X" * ceil(appointment.minutes / 5),
        operatory_ids=operatory_ids,
        provider_ids=provider_ids,
        location_id=_location(maps, None),
        is_only_location=len(maps.location_ids) == 1,
        like_operatory_id=appointment.operatory_id,
        operatory_id_to_provider_id=maps.operatory_id_to_provider_id,
    )
    return _narrowed(need, provider_id, operatory_id)


def _location(maps: ChairMaps, asked: str | None) -> str | None:
    if asked is not None and maps.location_ids and asked not in maps.location_ids:
        raise LocationNotFound
    return asked or (maps.location_ids[0] if len(maps.location_ids) == 1 else None)


def _narrowed(need: Need, provider_id: str | None, operatory_id: str | None) -> Need:
    if operatory_id is not None:
        if need.operatory_ids is not None and operatory_id not in need.operatory_ids:
            raise OperatoryNotFound
        need = replace(need, operatory_ids=frozenset({operatory_id}))
    if provider_id is not None:
        owner = need.operatory_id_to_provider_id.get(operatory_id or "", provider_id)
        if owner != provider_id or (need.provider_ids is not None and provider_id not in need.provider_ids):
            raise ProviderNotFound
        need = replace(need, provider_ids=frozenset({provider_id}))
    return need


# ------------------------------------------------------------------------------------------------- live reads


def read_book(
    ehr: ScheduleReader,
    claims: ClaimReader,
    record: PracticeRecord,
    first_day: date,
    last_day: date,
    known: Book | None = None,
    *,
    fresh: bool = False,
) -> Book:
    """Everything that decides on these practice-local days, inclusive; people and chairs of a `known` book are kept.

    `fresh`, for booking, asks the EHR for people and chairs anew where its client has kept them for a minute.
    A practice that works around midnight has a day more read on either side, since what stands there can reach over.
    """
    zone = record.practice.zone
    if known is not None:
        providers, operatories = known.providers, known.operatories
    elif fresh:
        providers = ehr.providers(max_age_seconds=OLDEST_FOR_BOOKING)
        operatories = ehr.operatories(max_age_seconds=OLDEST_FOR_BOOKING)
    else:
        providers, operatories = ehr.providers(), ehr.operatories()
    schedule = ehr.schedule(first_day, last_day)
    opens = wall_time.at(first_day, NIGHT_ENDS, zone)
    closes = wall_time.day_bounds(last_day, zone)[1]
    if any(block.start < opens or block.end >= closes for block in schedule.work_blocks):
        first_day, last_day = first_day - timedelta(days=1), last_day + timedelta(days=1)
        schedule = ehr.schedule(first_day, last_day)
    start, end = wall_time.day_bounds(first_day, zone)[0], wall_time.day_bounds(last_day, zone)[1]
    # Claims before visits: one released in between has its visit in the chart by then; else both would be missed.
    held = claims.claims(record.ehr_account_id, start.astimezone(UTC), end.astimezone(UTC))
    appointments = ehr.appointments(first_day, last_day)
    return Book(providers, operatories, schedule, appointments, held)


def find_slots(
    record: PracticeRecord,
    query: SlotQuery,
    ehr: ScheduleReader,
    claims: ClaimReader,
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
    return _find(record, query, need, None, ehr, claims, clock, deadline)


def find_slots_for_visit(
    record: PracticeRecord,
    appointment_id: str,
    query: MoveQuery,
    ehr: EhrClient,
    claims: ClaimReader,
    clock: Clock,
    deadline: float | None = None,
) -> dict[str, Any]:
    """Like `find_slots`, to move this visit: its own time is not in its way, and its present start is not offered.

    Also raises AppointmentNotFound, also for one of another practice of the same EHR account, and NotMovable for one
    completed, cancelled or on no schedule.
    """
    _days(record.practice, query, clock)
    visit = ehr.appointment(appointment_id)
    if not is_ours(record.practice, visit.location_id):
        raise AppointmentNotFound
    if visit.status is not AppointmentStatus.BOOKED or visit.start is None:
        raise NotMovable
    need = need_for_move(record.practice, visit, provider_id=query.provider_id, operatory_id=query.operatory_id)
    return _find(record, query, need, visit, ehr, claims, clock, deadline)


def _find(
    record: PracticeRecord,
    query: MoveQuery,
    need: Need,
    visit: Appointment | None,
    ehr: ScheduleReader,
    claims: ClaimReader,
    clock: Clock,
    deadline: float | None,
) -> dict[str, Any]:
    practice, now = record.practice, clock.now()
    first_day, last_day = _days(practice, query, clock)
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
        upto = min(day + timedelta(days=DAYS_AT_ONCE - 1), last_day)
        try:
            book = read_book(ehr, claims, record, day, upto, known=book)
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
        "source": "live",
        "timezone": practice.timezone,
        "complete_until": None if unread is None else wall_time.day_bounds(unread, practice.zone)[0].isoformat(),
        "providers": _by_provider_and_day(slots, names),
    }


def _days(practice: Practice, query: MoveQuery, clock: Clock) -> tuple[date, date]:
    """The days to read: from today on and within the practice's horizon; none when the last is before the first."""
    today = clock.now().astimezone(practice.zone).date()
    horizon = today + timedelta(days=practice.booking.horizon_days)
    start = query.start_date or min(today, query.end_date or today)
    end = query.end_date or (start + timedelta(days=DEFAULT_DAYS - 1) if start <= horizon else start)
    if end < start:
        raise InvalidTime("end_date is before start_date.")
    if end < today:
        raise InvalidTime("The days asked for have passed.")
    if (end - start).days >= LONGEST_LIVE_DAYS:
        raise RangeTooLong(f"At most {LONGEST_LIVE_DAYS} days can be read live.")
    return max(start, today), min(end, horizon)


def _by_provider_and_day(slots: Iterable[Slot], names: Mapping[str, str]) -> list[dict[str, Any]]:
    days_of: dict[str, dict[date, list[dict[str, str]]]] = {}
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


# ----------------------------------------------------------------------- providers, operatories, services


def list_providers(record: PracticeRecord, ehr: ScheduleReader) -> dict[str, Any]:
    """Who can be booked; hidden providers are left out."""
    providers = [
        {
            "provider_id": provider.id,
            "name": provider.name,
            "abbreviation": provider.abbreviation,
            "is_hygienist": provider.is_hygienist,
        }
        for provider in ehr.providers()
        if not provider.is_hidden
    ]
    return {"providers": providers}


def list_operatories(record: PracticeRecord, ehr: ScheduleReader) -> dict[str, Any]:
    """The practice's chairs in the EHR's order without hidden ones; `provider_id` is the map's word, else the EHR's.

    Raises LocationNotFound when there are chairs, but none where the practice is: its document names a wrong place.
    """
    maps = record.practice.chair_maps
    visible = [chair for chair in ehr.operatories() if not chair.is_hidden]
    locations = sorted({chair.location_id for chair in visible if chair.location_id is not None})
    everywhere = not maps.location_ids or not locations
    if not everywhere and not set(locations) & set(maps.location_ids):
        ours, theirs = ", ".join(maps.location_ids), ", ".join(locations)
        raise LocationNotFound(f"No chair can be seen in location {ours}; there are chairs in {theirs}.")
    chairs = [
        {
            "operatory_id": chair.id,
            "name": chair.name,
            "abbreviation": chair.abbreviation,
            "is_hygiene": chair.is_hygiene,
            "types": [name for name, ids in maps.operatory_type_to_ids.items() if chair.id in ids],
            "provider_id": maps.operatory_id_to_provider_id.get(chair.id, chair.provider_id),
            "hygienist_id": chair.hygienist_id,
            "location_id": chair.location_id,
        }
        for chair in visible
        if everywhere or chair.location_id in maps.location_ids
    ]
    return {"operatories": chairs}


def list_services(record: PracticeRecord) -> dict[str, Any]:
    """What can be booked, as the practice document says."""
    services = [
        {
            "service_id": service.id,
            "name": service.name,
            "minutes": service.minutes,
            "operatory_type": service.operatory_type,
            "provider_ids": list(service.provider_ids),
        }
        for service in record.practice.services
    ]
    return {"services": services}
