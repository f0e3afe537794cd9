"""Time as five-minute marks: some days of a practice as one integer, whose bit n is the n-th five minutes of them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from math import ceil
from zoneinfo import ZoneInfo

from openchair import wall_time

FIVE_MINUTES = 300
"""Seconds: the unit of patterns and of claims."""
MARKS_A_DAY = 24 * 3600 // FIVE_MINUTES


class Ruler:
    """Practice-local days, inclusive, laid out in marks. `firsts` holds the mark of each midnight, the last one's too.

    On a `plain` day (by its number), which has 24 hours, a moment's mark follows from its distance on the wall clock to
    `origin`, the first midnight; so thousands are found without asking the zone for each. The distance of an end is
    taken to `just_after`, so that one on a mark touches the mark before it.
    """

    __slots__ = ("_rows", "begins", "days", "first_day", "firsts", "just_after", "origin", "plain", "whole", "zone")

    def __init__(self, first_day: date, last_day: date, zone: ZoneInfo) -> None:
        self.zone = zone
        self.first_day = first_day
        self.days = (last_day - first_day).days + 1
        midnights = [
            round(wall_time.at(first_day + timedelta(days=n), time.min, zone).timestamp()) for n in range(self.days + 1)
        ]
        self.begins = midnights[0]
        self.firsts = [(midnight - self.begins) // FIVE_MINUTES for midnight in midnights]
        lengths = [end - first for first, end in pairwise(self.firsts)]
        self.plain = frozenset(day for day, length in enumerate(lengths) if length == MARKS_A_DAY)
        self._rows = [list(days) for _, days in groupby(range(self.days), lambda day: day in self.plain or -day)]
        self.origin = datetime.combine(first_day, time.min, zone)
        self.just_after = self.origin + timedelta(microseconds=1)
        self.whole = (1 << self.firsts[-1]) - 1

    def touched(self, start: datetime, end: datetime) -> tuple[int, int]:
        """The first mark that this stretch touches and the one after its last, before or beyond these days too."""
        begin, stop = start.timestamp() - self.begins, ceil(end.timestamp()) - self.begins
        return int(begin // FIVE_MINUTES), -(-stop // FIVE_MINUTES)

    def moment(self, mark: int, minutes: int = 0) -> datetime:
        """So many minutes after a mark begins, in the practice's zone."""
        return datetime.fromtimestamp(self.begins + mark * FIVE_MINUTES + minutes * 60, self.zone)

    def shown_twice(self) -> int:
        """The marks of the hours that the clocks show twice."""
        line = 0
        for first, end in pairwise(self.firsts):
            for mark in range(first, end) if end - first > MARKS_A_DAY else ():
                line |= wall_time.is_ambiguous(self.moment(mark).replace(tzinfo=None), self.zone) << mark
        return line

    def starts(self, first_day: date, last_day: date, grid_minutes: int) -> int:
        """The marks of the grid counted from each local midnight of these days, where the clocks show them once."""
        even = sum(1 << mark for mark in range(0, MARKS_A_DAY, grid_minutes * 60 // FIVE_MINUTES))
        line = 0
        for day in range((first_day - self.first_day).days, (last_day - self.first_day).days + 1):
            if day in self.plain:
                line |= even << self.firsts[day]
                continue
            for mark in range(self.firsts[day], self.firsts[day + 1]):
                shown = self.moment(mark)
                line |= ((shown.hour * 60 + shown.minute) % grid_minutes == 0) << mark
        return line & ~self.shown_twice()

    def joined(self, chunks: list[int]) -> int:
        """The days' marks, given day by day, as one integer."""
        line = 0
        for days in self._rows:
            parts, width = chunks[days[0] : days[-1] + 1], MARKS_A_DAY
            while len(parts) > 1:
                # Two and two, so that most of the integers joined are short.
                parts = [one | other << width for one, other in zip(parts[::2], [*parts[1::2], 0], strict=False)]
                width *= 2
            line |= parts[0] << self.firsts[days[0]]
        return line


class Lines[K](dict[K, list[int]]):
    """Marks by whatever they are of, day by day, so that setting some costs no more than a day's integer."""

    def __init__(self, ruler: Ruler) -> None:
        super().__init__()
        self._ruler = ruler
        self._joined: dict[K, int] = {}

    def __missing__(self, key: K) -> list[int]:
        chunks = self[key] = [0] * self._ruler.days
        return chunks

    def add(self, key: K, first: int, end: int) -> None:
        """Sets the marks from `first` up to `end`, as far as they are of these days."""
        firsts, chunks = self._ruler.firsts, self[key]
        for day in range(self._ruler.days):
            begin, stop = max(first, firsts[day]), min(end, firsts[day + 1])
            if begin < stop:
                chunks[day] |= stretch(begin - firsts[day], stop - firsts[day])

    def line(self, *keys: K) -> int:
        """All marks of these as one integer, to be asked for once all are set."""
        line = 0
        for key in keys:
            if key in self and key not in self._joined:
                self._joined[key] = self._ruler.joined(self[key])
            line |= self._joined.get(key, 0)
        return line


def stretch(first: int, end: int) -> int:
    """The marks from `first`, or from the first there is, up to `end`."""
    first = max(first, 0)
    return (1 << max(end, first)) - (1 << first)


def room(free: int, length: int) -> int:
    """The marks at which as many free ones in a row begin."""
    have = 1
    while have < length:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def set_marks(line: int) -> Iterator[int]:
    """The marks that are set, ascending."""
    bits = f"{line:b}"[::-1]
    mark = bits.find("1")
    while mark >= 0:
        yield mark
        mark = bits.find("1", mark + 1)
