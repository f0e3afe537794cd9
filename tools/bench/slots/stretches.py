"""How openings were computed before: sorted stretches of UTC seconds. Kept to be compared with, by the bench alone.

It knows of no hours without chairs, no types of visits and no patients.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from math import ceil
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.models.office import Blockout, Operatory, Provider
from openchair.models.practice import Booking
from openchair.models.visit import Place, Slot
from openchair.slots.nouns import Book, Need

FIVE_MINUTES = 300

Stretch = tuple[int, int]


def open_slots(
    book: Book, need: Need, *, zone: ZoneInfo, booking: Booking, first_day: date, last_day: date, now: datetime
) -> list[Slot]:
    """Every bookable start of these practice-local days, by start, then chair, then provider.

    A start stands on the grid counted from local midnight. Neither it nor the end falls into the hour that the clocks
    show twice, since an EHR keeps wall time without offset; apart from that hour, an opening of at least
    `minutes + start_grid_minutes` always yields one.
    """
    last_day = min(last_day, now.astimezone(zone).date() + timedelta(days=booking.horizon_days))
    earliest = now + timedelta(minutes=booking.minimum_lead_minutes)
    grid = _start_grid(first_day, last_day, zone, booking.start_grid_minutes)
    grid = grid[bisect_left(grid, earliest.timestamp()) :]
    length = need.minutes * 60
    runs = _provider_runs(need.time_pattern, need.minutes)
    shut = _shut(book, zone)
    chair_taken, provider_taken = _taken(book)
    clock = _WallClock(zone)

    found: list[tuple[int, int, Slot]] = []
    for order, (place, working) in enumerate(_working(book, need)):
        busy = _Stretches(chain(shut[place.operatory_id], chair_taken.get(place.operatory_id, _NONE)))
        theirs = provider_taken.get(place.provider_id, _NONE)
        for opens, closes in working.without(busy):
            for start in grid[bisect_left(grid, opens) : bisect_right(grid, closes - length)]:
                end = clock.unambiguous(start + length)
                if end and not any(theirs.overlap(start + begin, start + stop) for begin, stop in runs):
                    found.append((start, order, Slot(clock.at(start), end, place)))
    found.sort(key=lambda one: one[:2])
    return [slot for _, _, slot in found]


def _provider_runs(time_pattern: str, minutes: int) -> tuple[Stretch, ...]:
    """The runs of `X` as seconds from the start of a visit of this length."""
    runs = ((run.start() * FIVE_MINUTES, run.end() * FIVE_MINUTES) for run in re.finditer("X+", time_pattern))
    return tuple((begin, min(end, minutes * 60)) for begin, end in runs if begin < minutes * 60)


def _chairs_there(book: Book, need: Need) -> list[Operatory]:
    """The visible chairs of the location."""
    visible = [chair for chair in book.operatories if not chair.is_hidden]
    if need.location_id is None or (need.is_only_location and all(chair.location_id is None for chair in visible)):
        return visible
    return [chair for chair in visible if chair.location_id == need.location_id]


def _suitable_chairs(book: Book, need: Need) -> list[Operatory]:
    like = next((chair for chair in book.operatories if chair.id == need.like_operatory_id), None)

    def suits(chair: Operatory) -> bool:
        if like is not None and chair.location_id != like.location_id:
            return False
        if need.operatory_ids is not None:
            return chair.id in need.operatory_ids
        return like is None or chair.is_hygiene == like.is_hygiene

    return [chair for chair in _chairs_there(book, need) if suits(chair)]


def _suitable_providers(book: Book, need: Need) -> list[Provider]:
    return [
        provider
        for provider in book.providers
        if not provider.is_hidden and (need.provider_ids is None or provider.id in need.provider_ids)
    ]


def _assigned(chair: Operatory, provider_id: str, need: Need) -> bool:
    """Whether a block that names no chairs puts this provider into this one."""
    if chair.id in need.operatory_id_to_provider_id:
        return need.operatory_id_to_provider_id[chair.id] == provider_id
    if chair.is_hygiene and chair.hygienist_id is not None:
        return provider_id == chair.hygienist_id
    return provider_id in (chair.provider_id, chair.hygienist_id)


def _working(book: Book, need: Need) -> Iterator[tuple[Place, "_Stretches"]]:
    """Each suitable place with the continuous stretches its provider works there; by chair, then provider."""
    blocks_of: dict[str, list[tuple[tuple[str, ...], Stretch]]] = {}
    for block in book.schedule.work_blocks:
        span = (_seconds(block.start), _seconds(block.end))
        blocks_of.setdefault(block.provider_id, []).append((block.operatory_ids, span))
    visible = {provider.id for provider in book.providers if not provider.is_hidden}
    providers = _suitable_providers(book, need)
    for chair in _suitable_chairs(book, need):
        only = need.operatory_id_to_provider_id.get(chair.id)
        for provider in providers:
            if only not in (None, provider.id) or provider.id not in blocks_of:
                continue
            assigned = _assigned(chair, provider.id, need)
            spans = [
                span
                for operatory_ids, span in blocks_of[provider.id]
                if chair.id in operatory_ids or (not operatory_ids and assigned)
            ]
            if spans:
                yield _place(chair, provider, visible), _Stretches(spans)


def _place(chair: Operatory, provider: Provider, visible: set[str]) -> Place:
    is_hygiene = chair.is_hygiene and (provider.is_hygienist or provider.id == chair.hygienist_id)
    has_dentist = is_hygiene and chair.provider_id in visible and chair.provider_id != provider.id
    return Place(
        operatory_id=chair.id,
        provider_id=provider.id,
        second_provider_id=chair.provider_id if has_dentist else None,
        is_hygiene=is_hygiene,
    )


def _shut(book: Book, zone: ZoneInfo) -> dict[str | None, "_Stretches"]:
    """By chair: closed days and blockouts, which nobody may book over."""
    closed = [(_seconds(a), _seconds(b)) for a, b in (wall_time.day_bounds(d, zone) for d in book.schedule.closed_days)]

    def blocks(blockout: Blockout, chair: Operatory) -> bool:
        return not blockout.operatory_ids or chair.id in blockout.operatory_ids

    spans = [(blockout, (_seconds(blockout.start), _seconds(blockout.end))) for blockout in book.schedule.blockouts]
    return {
        chair.id: _Stretches([*closed, *(span for blockout, span in spans if blocks(blockout, chair))])
        for chair in book.operatories
    }


def _taken(book: Book) -> tuple[dict[str | None, "_Stretches"], dict[str | None, "_Stretches"]]:
    """By chair and by provider: appointments and claims. A provider's time counts wherever the chair is."""
    chairs: dict[str | None, list[Stretch]] = {}
    providers: dict[str | None, list[Stretch]] = {}
    for visit in book.appointments:
        if visit.start is None or not visit.occupies:
            continue
        whole = _span(visit.start, visit.minutes)
        if visit.operatory_id is not None:
            chairs.setdefault(visit.operatory_id, []).append(whole)
        for needed in visit.provider_times:
            span = (_seconds(needed.start), _seconds(needed.end, up=True))
            providers.setdefault(needed.provider_id, []).append(span)
        if not visit.provider_times and visit.provider_id is not None:
            providers.setdefault(visit.provider_id, []).append(whole)
    for claim in book.claims:
        resources = chairs if claim.resource == "operatory" else providers
        span = (_seconds(claim.start), _seconds(claim.end, up=True))
        resources.setdefault(claim.resource_id, []).append(span)
    return _arranged(chairs), _arranged(providers)


def _arranged(spans: dict[str | None, list[Stretch]]) -> dict[str | None, "_Stretches"]:
    return {resource_id: _Stretches(theirs) for resource_id, theirs in spans.items()}


class _Stretches:
    """Sorted half-open stretches of UTC seconds; those that touch or overlap are one."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterable[Stretch]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(span for span in spans if span[0] < span[1]):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __iter__(self) -> Iterator[Stretch]:
        return zip(self._starts, self._ends, strict=True)

    def overlap(self, start: int, end: int) -> bool:
        after = bisect_right(self._ends, start)
        return after < len(self._starts) and self._starts[after] < end

    def cover(self, start: int, end: int) -> bool:
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._ends[at]

    def without(self, other: "_Stretches") -> Iterator[Stretch]:
        for start, end in self:
            for at in range(bisect_right(other._ends, start), len(other._starts)):
                if other._starts[at] >= end:
                    break
                if other._starts[at] > start:
                    yield start, other._starts[at]
                start = other._ends[at]
            if start < end:
                yield start, end


_NONE = _Stretches(())


def _seconds(moment: datetime, *, up: bool = False) -> int:
    return ceil(moment.timestamp()) if up else int(moment.timestamp())


def _span(start: datetime, minutes: int) -> Stretch:
    begin = _seconds(start)
    return begin, begin + minutes * 60


def _start_grid(first_day: date, last_day: date, zone: ZoneInfo, grid_minutes: int) -> list[int]:
    """All grid starts of these days that a wall clock shows exactly once, ascending."""
    grid: list[int] = []
    for number in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=number)
        midnight, next_midnight = (_seconds(moment) for moment in wall_time.day_bounds(day, zone))
        if next_midnight - midnight == 24 * 3600:
            grid.extend(range(midnight, next_midnight, grid_minutes * 60))
            continue
        walls = (datetime.combine(day, time.min) + timedelta(minutes=m) for m in range(0, 24 * 60, grid_minutes))
        once = (w for w in walls if wall_time.exists(w, zone) and not wall_time.is_ambiguous(w, zone))
        grid.extend(sorted(_seconds(wall.replace(tzinfo=zone)) for wall in once))
    return grid


class _WallClock:
    """The practice's clock for UTC seconds, each asked once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._unambiguous: dict[int, datetime | None] = {}

    def at(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, self._zone)

    def unambiguous(self, seconds: int) -> datetime | None:
        """None in the hour that the clocks show twice."""
        if seconds not in self._unambiguous:
            moment = self.at(seconds)
            twice = wall_time.is_ambiguous(moment.replace(tzinfo=None), self._zone)
            self._unambiguous[seconds] = None if twice else moment
        return self._unambiguous[seconds]
