"""Who may be where: the chairs and providers that suit a visit, and when each provider works in each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from openchair.errors import LocationNotFound, OperatoryNotFound, ProviderNotFound
from openchair.models.office import Operatory, Provider
from openchair.models.visit import Place
from openchair.slots.marks import FIVE_MINUTES, Lines, Ruler, stretch
from openchair.slots.nouns import Book, Need


@dataclass(frozen=True, slots=True)
class Working:
    """A place and the marks in which its provider works there."""

    place: Place
    marks: int


def check_known(book: Book, need: Need) -> None:
    """LocationNotFound, OperatoryNotFound or ProviderNotFound when the book shows nothing of what was asked for."""
    if need.location_id is not None and not _chairs_there(book, need) and not _has_hours_without_chairs(book, need):
        raise LocationNotFound
    if need.operatory_ids is not None and not _suitable_chairs(book, need):
        raise OperatoryNotFound
    if need.provider_ids is not None and not _suitable_providers(book, need):
        raise ProviderNotFound


def working(book: Book, need: Need, ruler: Ruler) -> Iterator[Working]:
    """Each suitable place where somebody works; by chair, in the EHR's order, then provider. Without a chair last."""
    hours_of = _hours(book, need, ruler)
    visible = {provider.id for provider in book.providers if not provider.is_hidden}
    providers = [provider for provider in _suitable_providers(book, need) if provider.id in hours_of]
    for chair in _suitable_chairs(book, need):
        only = need.operatory_id_to_provider_id.get(chair.id)
        for provider in providers:
            if only not in (None, provider.id):
                continue
            assigned = _assigned(chair, provider.id, need)
            marks = _together([one for one in hours_of[provider.id] if one.open(chair, assigned=assigned)], ruler)
            if marks:
                yield Working(_place(chair, provider, visible), marks)
    for location_id in _locations_without_chairs(book, need):
        for provider in providers:
            marks = _together([one for one in hours_of[provider.id] if one.is_without_chair_at(location_id)], ruler)
            if marks:
                yield Working(Place(None, provider.id, location_id=location_id), marks)


# ----------------------------------------------------------------------------------------- chairs and providers


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
    """Whether hours that name neither chairs nor a location put this provider into this chair."""
    if chair.id in need.operatory_id_to_provider_id:
        return need.operatory_id_to_provider_id[chair.id] == provider_id
    if chair.is_hygiene and chair.hygienist_id is not None:
        return provider_id == chair.hygienist_id
    return provider_id in (chair.provider_id, chair.hygienist_id)


def _place(chair: Operatory, provider: Provider, visible: set[str]) -> Place:
    is_hygiene = chair.is_hygiene and (provider.is_hygienist or provider.id == chair.hygienist_id)
    has_dentist = is_hygiene and chair.provider_id in visible and chair.provider_id != provider.id
    return Place(
        operatory_id=chair.id,
        provider_id=provider.id,
        second_provider_id=chair.provider_id if has_dentist else None,
        is_hygiene=is_hygiene,
        location_id=chair.location_id,
    )


# ------------------------------------------------------------------------------------------ without any chairs


def _locations_without_chairs(book: Book, need: Need) -> list[str]:
    """Where hours name a location that has no chairs at all, not even hidden ones, a visit needs none.

    Who asks for a chair, or for a kind of chair, is not offered a visit without one.
    """
    if need.operatory_ids is not None:
        return []
    named = {block.location_id: None for block in book.schedule.work_blocks if not block.operatory_ids}
    return [
        location_id
        for location_id in named
        if location_id is not None
        and need.location_id in (None, location_id)
        and not any(_is_at(chair, location_id) for chair in book.operatories)
    ]


def _has_hours_without_chairs(book: Book, need: Need) -> bool:
    """Where the EHR knows no chairs at all, a location cannot be told to be none."""
    return not book.operatories or bool(_locations_without_chairs(book, need))


def _is_at(chair: Operatory, location_id: str) -> bool:
    return chair.location_id in (None, location_id)


# ---------------------------------------------------------------------------------------------------- hours

_Kind = tuple[str, tuple[str, ...], str | None]
"""Whose hours, in which chairs, at which location."""
_Seconds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Hours:
    """A provider's hours of one kind: in these chairs, or, where none is named, in those of the location.

    `marks` are those that lie in one block wholly. `ragged` are blocks that begin or end between two marks, in seconds
    since 1970: two of them together may hold a mark that neither holds alone.
    """

    operatory_ids: tuple[str, ...]
    location_id: str | None
    marks: int
    ragged: tuple[_Seconds, ...]

    def open(self, chair: Operatory, *, assigned: bool) -> bool:
        if self.operatory_ids:
            return chair.id in self.operatory_ids
        return assigned if self.location_id is None else _is_at(chair, self.location_id)

    def is_without_chair_at(self, location_id: str) -> bool:
        return not self.operatory_ids and self.location_id == location_id


def _hours(book: Book, need: Need, ruler: Ruler) -> dict[str, list[_Hours]]:
    """By provider, the hours that are for visits of this type."""
    lines = Lines[_Kind](ruler)
    ragged: dict[_Kind, list[_Seconds]] = {}
    origin, plain, zone = ruler.origin, ruler.plain, ruler.zone
    for block in book.schedule.work_blocks:
        if block.appointment_type_ids and need.appointment_type_id not in block.appointment_type_ids:
            continue
        kind = (block.provider_id, block.operatory_ids, block.location_id)
        start, end = block.start, block.end
        since, until = start - origin, end - origin
        day = since.days
        first, last = since.seconds, until.seconds
        is_whole = not (first % FIVE_MINUTES or last % FIVE_MINUTES)
        if is_whole and day in plain and until.days == day and start.tzinfo is zone and end.tzinfo is zone:
            lines[kind][day] |= stretch(first // FIVE_MINUTES, last // FIVE_MINUTES)
            continue
        lines.setdefault(kind, [0] * ruler.days)
        span = (start.timestamp(), end.timestamp())
        lines.add(kind, *_within(span, ruler))
        if not is_whole:
            ragged.setdefault(kind, []).append(span)
    hours_of: dict[str, list[_Hours]] = {}
    for kind in lines:
        provider_id, operatory_ids, location_id = kind
        hours = _Hours(operatory_ids, location_id, lines.line(kind), tuple(ragged.get(kind, ())))
        hours_of.setdefault(provider_id, []).append(hours)
    return hours_of


def _together(hours: list[_Hours], ruler: Ruler) -> int:
    """The marks in which somebody works by one kind of hours or another."""
    marks = 0
    for one in hours:
        marks |= one.marks
    joined: list[_Seconds] = []
    for start, end in sorted(span for one in hours for span in one.ragged):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    for span in joined:
        first, end_mark = _within(span, ruler)
        marks |= stretch(max(first, 0), end_mark) & ruler.whole
    return marks


def _within(span: _Seconds, ruler: Ruler) -> tuple[int, int]:
    """The marks that lie in a stretch wholly, from the first up to the end."""
    start, end = span
    return ceil((start - ruler.begins) / FIVE_MINUTES), int((end - ruler.begins) // FIVE_MINUTES)
