"""When each provider works where, in marks."""

from dataclasses import dataclass
from math import ceil

from openchair.models.office import Operatory
from openchair.slots.marks import FIVE_MINUTES, Lines, Ruler, stretch
from openchair.slots.nouns import Book

_Seconds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """Whose hours these are, in which chairs or, where none is named, at which location, and for which types."""

    provider_id: str
    operatory_ids: tuple[str, ...]
    location_id: str | None
    appointment_type_ids: tuple[str, ...]

    def open(self, chair: Operatory, *, assigned: bool) -> bool:
        """`assigned`: the provider is who sits in this chair where nothing else is said."""
        if self.operatory_ids:
            return chair.id in self.operatory_ids
        return assigned if self.location_id is None else is_at(chair, self.location_id)

    def is_without_chair_at(self, location_id: str) -> bool:
        return not self.operatory_ids and self.location_id == location_id


class WorkingHours:
    """The hours of a book by their kind.

    They open the marks that lie in them wholly. Of blocks that begin or end between two marks, two together may hold a
    mark that neither holds alone: those are kept in seconds since 1970, too.
    """

    def __init__(self, book: Book, ruler: Ruler) -> None:
        self._ruler = ruler
        self._lines = Lines[_Key](ruler)
        self._ragged: dict[_Key, list[_Seconds]] = {}
        lines, origin, plain, zone = self._lines, ruler.origin, ruler.plain, ruler.zone
        for block in book.schedule.work_blocks:
            key = (block.provider_id, block.operatory_ids, block.location_id, block.appointment_type_ids)
            start, end = block.start, block.end
            since, until = start - origin, end - origin
            day, first, last = since.days, since.seconds, until.seconds
            is_whole = not (first % FIVE_MINUTES or last % FIVE_MINUTES)
            if is_whole and day in plain and until.days == day and start.tzinfo is zone and end.tzinfo is zone:
                lines[key][day] |= (1 << last // FIVE_MINUTES) - (1 << first // FIVE_MINUTES)
                continue
            span = (start.timestamp(), end.timestamp())
            lines.add(key, *_within(span, ruler))
            if not is_whole:
                self._ragged.setdefault(key, []).append(span)

    def for_visits_of(self, appointment_type_id: str | None) -> dict[str, list[Kind]]:
        """By provider, the kinds of hours that are for visits of this type, or of none."""
        kinds: dict[str, list[Kind]] = {}
        for key in self._lines:
            kind = Kind(*key)
            if not kind.appointment_type_ids or appointment_type_id in kind.appointment_type_ids:
                kinds.setdefault(kind.provider_id, []).append(kind)
        return kinds

    def together(self, kinds: list[Kind]) -> int:
        """The marks in which somebody works by one kind of hours or another."""
        keys = [(one.provider_id, one.operatory_ids, one.location_id, one.appointment_type_ids) for one in kinds]
        marks = self._lines.line(*keys)
        joined: list[_Seconds] = []
        for start, end in sorted(span for key in keys for span in self._ragged.get(key, ())):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        for span in joined:
            marks |= stretch(*_within(span, self._ruler)) & self._ruler.whole
        return marks


_Key = tuple[str, tuple[str, ...], str | None, tuple[str, ...]]
"""A kind's fields: what is looked up thousands of times costs less as a tuple."""


def is_at(chair: Operatory, location_id: str) -> bool:
    """Whether a chair is of this location; where the EHR tells of no locations, every one is."""
    return chair.location_id in (None, location_id)


def _within(span: _Seconds, ruler: Ruler) -> tuple[int, int]:
    """The marks that lie in a stretch wholly, from the first up to the end."""
    start, end = span
    return ceil((start - ruler.begins) / FIVE_MINUTES), int((end - ruler.begins) // FIVE_MINUTES)
