"""/appointments/Slots and /SlotsWebSched: the vendor's own, simple view of what is open."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tools.simulators.open_dental import errors
from tools.simulators.open_dental.calls import READ, Answer, Call, page, route
from tools.simulators.open_dental.fields import query_date, query_int
from tools.simulators.open_dental.load import NO_SCHEDULING
from tools.simulators.open_dental.office import OCCUPYING, UNIT, Office, end_of
from tools.simulators.open_dental.records import Operatory, Schedule

_DEFAULT_DAYS = 14


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    start: datetime
    end: datetime


@route("GET", "appointments/Slots", READ)
def list_slots(call: Call) -> Answer:
    """Whole open stretches of one provider; without ProvNum that is the practice's default provider, not any."""
    office = call.office
    provider = query_int(call, "ProvNum")
    if provider is None:
        provider = int(office.preferences["PracticeDefaultProv"])
    elif provider not in office.providers:
        raise errors.PROVIDER_NOT_FOUND()
    operatory, shortest = query_int(call, "OpNum"), query_int(call, "lengthMinutes") or 0
    if operatory is not None and operatory not in office.operatories:
        raise errors.OPERATORY_NOT_FOUND()
    found: list[dict[str, Any]] = []
    for day in _days(call):
        for number, stretch in _open_stretches(call, day, provider, operatory):
            if stretch.end - stretch.start >= timedelta(minutes=max(shortest, 1)):
                found.append(_row(call, stretch, provider, number))
    return Answer(200, list(page(call, found, ordered=True)) if call.switches.slots_paged else found)


@route("GET", "appointments/SlotsWebSched", READ)
def list_web_slots(call: Call) -> Answer:
    """Pieces of appointment length, one per time and provider, in the lowest chair."""
    office = call.office
    if office.clinics and query_int(call, "ClinicNum") is None:
        raise errors.CLINIC_REQUIRED()
    definition = office.definitions.get(query_int(call, "defNumApptType") or 0)
    if definition is None or definition.Category not in (42, 51):
        raise errors.DEFINITION_NOT_FOUND()
    kinds = list(office.appointment_types.values())
    position = office.definitions_in(definition.Category).index(definition)
    length = len(kinds[position].Pattern or "/XX/") * UNIT
    chairs = sorted((o for o in office.operatories.values() if o.IsWebSched), key=lambda o: o.ItemOrder)
    found: dict[tuple[datetime, int], dict[str, Any]] = {}
    for day in _days(call):
        for chair in chairs:
            provider = chair.ProvHygienist if chair.IsHygiene else chair.ProvDentist
            for _, stretch in _open_stretches(call, day, provider, chair.OperatoryNum):
                for piece in _pieces(stretch, length):
                    found.setdefault((piece.start, provider), _row(call, piece, provider, chair.OperatoryNum))
    return Answer(200, [found[key] for key in sorted(found)])


def _days(call: Call) -> list[date]:
    today = call.office.today()
    day = query_date(call, "date")
    first = day or query_date(call, "dateStart") or today
    last = day or query_date(call, "dateEnd") or first + timedelta(days=_DEFAULT_DAYS - 1)
    if last < first:
        raise errors.BAD_RANGE()
    if first < today and call.switches.slots_past_dates == "refuse":
        raise errors.PAST_DATE(name="date" if day else "dateStart")
    longest = call.switches.slots_longest_range_days
    if longest and (last - first).days + 1 > longest:
        raise errors.SLOTS_RANGE_TOO_LONG(days=longest)
    first = max(first, today)
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _open_stretches(call: Call, day: date, provider: int, only: int | None) -> list[tuple[int, Stretch]]:
    """(operatory, stretch) pairs: hours, less the provider's visits anywhere, the chair's visits and blockouts."""
    office = call.office
    if office.is_closed(day):
        return []
    rows = [office.schedules[n] for n in office.schedules_by_day.get(day, [])]
    found = []
    now = office.now()
    for row in rows:
        if row.SchedType != "Provider" or row.ProvNum != provider:
            continue
        hours = Stretch(datetime.combine(day, row.StartTime), datetime.combine(day, row.StopTime))
        hours = Stretch(max(hours.start, _next_unit(now)), hours.end)
        for chair in _chairs(office, row, provider):
            if only in (None, chair.OperatoryNum):
                pieces = _without(hours, _busy(call, day, provider, chair.OperatoryNum))
                found += [(chair.OperatoryNum, piece) for piece in pieces]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _chairs(office: Office, row: Schedule, provider: int) -> list[Operatory]:
    """The chairs a block lists, or for a dynamic one those assigned to the provider."""
    if row.operatories:
        chairs = [office.operatories[n] for n in row.operatories if n in office.operatories]
    else:
        chairs = [o for o in office.operatories.values() if provider in (o.ProvDentist, o.ProvHygienist)]
    return [o for o in chairs if not o.IsHidden]


def _busy(call: Call, day: date, provider: int, operatory: int) -> list[Stretch]:
    office = call.office
    visits = [office.appointments[n] for n in office.by_day.get(day, set())]
    busy = [
        Stretch(a.AptDateTime, end_of(a))
        for a in visits
        if a.AptStatus in OCCUPYING
        and (a.Op == operatory or provider == (a.ProvHyg if a.IsHygiene and a.ProvHyg else a.ProvNum))
    ]
    if call.switches.slots_blockouts == "ignore":
        return busy
    for row in office.blockouts(operatory, day):
        definition = office.definitions.get(row.BlockoutType)
        if call.switches.slots_blockouts == "all" or (definition and definition.ItemValue == NO_SCHEDULING):
            busy.append(Stretch(datetime.combine(day, row.StartTime), datetime.combine(day, row.StopTime)))
    return busy


def _without(hours: Stretch, busy: list[Stretch]) -> list[Stretch]:
    pieces, at = [], hours.start
    for hole in sorted(busy):
        if hole.start > at:
            pieces.append(Stretch(at, min(hole.start, hours.end)))
        at = max(at, hole.end)
    pieces.append(Stretch(at, hours.end))
    return [piece for piece in pieces if piece.start < piece.end]


def _pieces(stretch: Stretch, length: timedelta) -> list[Stretch]:
    pieces, at = [], stretch.start
    while at + length <= stretch.end:
        pieces.append(Stretch(at, at + length))
        at += length
    return pieces


def _next_unit(now: datetime) -> datetime:
    minutes = -(-now.minute // 5) * 5
    return now.replace(minute=0, second=0) + timedelta(minutes=minutes)


def _row(call: Call, stretch: Stretch, provider: int, operatory: int) -> dict[str, Any]:
    wire = call.wire
    return {
        "DateTimeStart": wire.moment(stretch.start),
        "DateTimeEnd": wire.moment(stretch.end),
        "ProvNum": provider,
        "OpNum": operatory,
    }
