"""/available_slots: working hours minus what NexHealth knows to be booked or blocked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.nexhealth import errors
from tools.simulators.nexhealth.calls import Answer, Call, as_integer, route, whole
from tools.simulators.nexhealth.institution import Institution
from tools.simulators.nexhealth.records import Appointment, Location, WorkingHour
from tools.simulators.nexhealth.wire import local

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DEFAULT_LENGTH = 15
_LONGEST_LOOK_AHEAD = 180
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request wants; `providers` None is any."""

    first: date
    days: int
    length: timedelta
    interval: timedelta
    kind: int | None
    source: str | None
    providers: list[int] | None
    operatories: list[int]
    overlapping: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    start: datetime
    end: datetime
    operatory_id: int | None


@route(
    "GET",
    "available_slots",
    "start_date days appointment_type_id working_hour_label_id working_hour_source slot_length slot_interval"
    " overlapping_operatory_slots appointments_per_timeslot lids[] pids[] operatory_ids[]",
)
def list_slots(call: Call) -> Answer:
    """Groups of location, provider and operatory; a provider without slots has one group that says when the next is."""
    asked = _asked(call)
    groups: list[dict[str, Any]] = []
    for number in call.integers("lids"):
        place = call.location_numbered(number)
        for provider in _providers(call, asked, place):
            groups += _groups(call.institution, asked, place, provider)
    return whole(groups)


def _asked(call: Call) -> Asked:
    call.require("start_date", "days", "lids")
    first, days = call.day("start_date"), call.integer("days")
    assert first is not None
    assert days is not None
    kind, providers = call.integer("appointment_type_id"), call.integers("pids")
    if not providers and kind is None:
        raise errors.PROVIDERS_OR_TYPE()
    if not 1 <= days <= _MOST_DAYS or first.year > 2200:
        raise errors.BAD_VALUE(name="days")
    length = call.integer("slot_length") or _DEFAULT_LENGTH
    if kind is not None:
        if kind not in call.institution.appointment_types:
            raise errors.APPOINTMENT_TYPE_NOT_FOUND(id=kind)
        length = call.institution.appointment_types[kind].minutes
    usual = length if call.switches.slot_interval_default == "length" else _DEFAULT_LENGTH
    interval = call.integer("slot_interval") or usual
    for name, value in (("slot_length", length), ("slot_interval", interval)):
        if not 1 <= value <= 24 * 60:
            raise errors.BAD_VALUE(name=name)
    source = call.text("working_hour_source")
    if source not in (None, "manual", "synced"):
        raise errors.BAD_CHOICE(name="working_hour_source")
    return Asked(
        first=first,
        days=days,
        length=timedelta(minutes=length),
        interval=timedelta(minutes=interval),
        kind=kind,
        source=source,
        providers=providers or None,
        operatories=[as_integer("operatory_ids", value) for value in call.integers("operatory_ids")],
        overlapping=call.boolean("overlapping_operatory_slots") or False,
        now=call.now(),
    )


def _providers(call: Call, asked: Asked, place: Location) -> list[int]:
    known = [p.id for p in call.institution.providers.values() if place.id in p.location_ids and not p.inactive]
    return known if asked.providers is None else [number for number in asked.providers if number in known]


def _groups(institution: Institution, asked: Asked, place: Location, provider: int) -> list[dict[str, Any]]:
    hours = _hours(institution, asked, place, provider)
    found: dict[int | None, list[Slot]] = {}
    for day in _days(asked.first, asked.days):
        for slot in _slots_of_day(institution, asked, hours, day):
            found.setdefault(slot.operatory_id, []).append(slot)
    if not found:
        return [_group(institution, place, provider, None, [], _next_day(institution, asked, hours))]
    ordered = sorted(found.items(), key=lambda pair: pair[0] or 0)
    return [_group(institution, place, provider, chair, slots, None) for chair, slots in ordered]


def _hours(institution: Institution, asked: Asked, place: Location, provider: int) -> list[WorkingHour]:
    return [
        hour
        for hour in institution.hours.values()
        if hour.active
        and hour.provider_id == provider
        and hour.location_id == place.id
        and asked.source in (None, hour.source)
        and (not asked.operatories or hour.operatory_id in asked.operatories)
        and (asked.kind is None or not hour.appointment_type_ids or asked.kind in hour.appointment_type_ids)
    ]


def _slots_of_day(institution: Institution, asked: Asked, hours: list[WorkingHour], day: date) -> list[Slot]:
    """In order of start; one for each start unless overlapping ones are asked for."""
    today = [hour for hour in hours if works_on(hour, day)]
    if not today:
        return []
    zone = institution.zone
    begin = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    busy = institution.busy(begin, begin + timedelta(days=1, hours=2))
    slots = [slot for hour in today for slot in _open(asked, hour, _blocking(busy, hour), day, zone)]
    slots.sort(key=lambda slot: (slot.start, slot.operatory_id or 0))
    if asked.overlapping:
        return slots
    first_of: dict[datetime, Slot] = {}
    for slot in slots:
        first_of.setdefault(slot.start, slot)
    return list(first_of.values())


def _blocking(busy: list[Appointment], hour: WorkingHour) -> list[Appointment]:
    """What takes the provider's time or the chair; a block of neither takes its location."""
    return [
        a
        for a in busy
        if a.provider_id == hour.provider_id
        or (hour.operatory_id is not None and a.operatory_id == hour.operatory_id)
        or (a.provider_id is None and a.operatory_id is None and a.location_id == hour.location_id)
    ]


def _open(asked: Asked, hour: WorkingHour, busy: list[Appointment], day: date, zone: ZoneInfo) -> list[Slot]:
    """Starts at every interval of an opening; an opening begins where the last booking ends."""
    at = datetime.combine(day, hour.begin, tzinfo=zone).astimezone(UTC)
    end = datetime.combine(day, hour.end, tzinfo=zone).astimezone(UTC)
    slots = []
    while at + asked.length <= end:
        hit = [a.end for a in busy if a.start < at + asked.length and a.end > at]
        if hit:
            at = max(hit)
            continue
        if at > asked.now:
            slots.append(Slot(at, at + asked.length, hour.operatory_id))
        at += asked.interval
    return slots


def works_on(hour: WorkingHour, day: date) -> bool:
    if hour.specific_date is not None:
        return hour.specific_date == day
    if hour.days is not None:
        return DAY_NAMES[day.weekday()] in hour.days
    assert hour.recurrence is not None
    number, unit, reference = hour.recurrence
    if day < reference:
        return False
    if unit == "month":
        months = (day.year - reference.year) * 12 + day.month - reference.month
        return day.day == reference.day and months % number == 0
    step = number * (7 if unit == "week" else 1)
    return (day - reference).days % step == 0


def _next_day(institution: Institution, asked: Asked, hours: list[WorkingHour]) -> date | None:
    later = asked.first + timedelta(days=asked.days)
    for day in _days(later, _LONGEST_LOOK_AHEAD):
        if _slots_of_day(institution, asked, hours, day):
            return day
    return None


def _days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def _group(
    institution: Institution, place: Location, provider: int, chair: int | None, slots: list[Slot], later: date | None
) -> dict[str, Any]:
    return {
        "lid": place.id,
        "pid": provider,
        "operatory_id": chair,
        "slots": [
            {
                "time": local(slot.start, institution.zone),
                "end_time": local(slot.end, institution.zone),
                "operatory_id": slot.operatory_id,
                "provider_id": provider,
                "working_hour_label_id": None,
            }
            for slot in slots
        ],
        "next_available_date": None if later is None else later.isoformat(),
    }
