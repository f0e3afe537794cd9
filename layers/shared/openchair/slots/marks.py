"""Time as five-minute marks: some days of a practice as one integer, whose bit n is the n-th five minutes of them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from openchair import wall_time

FIVE_MINUTES = 300
"""Seconds: the unit of patterns and of claims."""
MARKS_A_DAY = 24 * 3600 // FIVE_MINUTES
_BYTES_A_DAY = MARKS_A_DAY // 8


class Ruler:
    """Practice-local days, inclusive, laid out in marks. `firsts` holds the mark of each midnight, the last one's too.

    On a `plain` day (by its number), which has 24 hours, a moment's mark follows from its distance on the wall clock to
    `origin`, the first midnight; so thousands are found without asking the zone for each. The distance of an end is
    taken to `just_after`, so that one on a mark touches the mark before it.
    """

    __slots__ = ("begins", "days", "first_day", "firsts", "just_after", "origin", "plain", "whole", "zone")

    def __init__(self, first_day: date, last_day: date, zone: ZoneInfo) -> None:
        self.zone = zone
        self.first_day = first_day
        self.days = (last_day - first_day).days + 1
        midnights = [
            round(wall_time.at(first_day + timedelta(days=n), time.min, zone).timestamp()) for n in range(self.days + 1)
        ]
        self.begins = midnights[0]
        self.firsts = [(midnight - self.begins) // FIVE_MINUTES for midnight in midnights]
        self.plain = frozenset(n for n in range(self.days) if self.firsts[n + 1] - self.firsts[n] == MARKS_A_DAY)
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
        for day in range(self.days):
            if day not in self.plain:
                for mark in range(self.firsts[day], self.firsts[day + 1]):
                    line |= wall_time.is_ambiguous(self.moment(mark).replace(tzinfo=None), self.zone) << mark
        return line

    def starts(self, first_day: date, last_day: date, grid_minutes: int) -> int:
        """The marks of the grid counted from each local midnight of these days, where the clocks show them once."""
        even = sum(1 << mark for mark in range(0, MARKS_A_DAY, grid_minutes * 60 // FIVE_MINUTES))
        line = 0
        for number in range((first_day - self.first_day).days, (last_day - self.first_day).days + 1):
            if number in self.plain:
                line |= even << self.firsts[number]
                continue
            midnight = datetime.combine(self.first_day + timedelta(days=number), time.min)
            for minute in range(0, 24 * 60, grid_minutes):
                wall = midnight + timedelta(minutes=minute)
                if wall_time.exists(wall, self.zone) and not wall_time.is_ambiguous(wall, self.zone):
                    moment = wall.replace(tzinfo=self.zone)
                    line |= 1 << self.touched(moment, moment)[0]
        return line

    def line(self, chunks: list[int]) -> int:
        """The days' marks, given day by day, as one integer."""
        if len(self.plain) == self.days:
            return int.from_bytes(b"".join([one.to_bytes(_BYTES_A_DAY, "little") for one in chunks]), "little")
        return sum(one << first for one, first in zip(chunks, self.firsts, strict=False))


class Lines[K](dict[K, list[int]]):
    """Marks by whatever they are of, day by day, so that setting some costs no more than a day's integer."""

    def __init__(self, ruler: Ruler) -> None:
        super().__init__()
        self._ruler = ruler

    def __missing__(self, key: K) -> list[int]:
        chunks = self[key] = [0] * self._ruler.days
        return chunks

    def add(self, key: K, first: int, end: int) -> None:
        """Sets the marks from `first` up to `end`, as far as they are of these days."""
        if first >= end:
            return
        firsts, chunks = self._ruler.firsts, self[key]
        for day in range(self._ruler.days):
            begin, stop = max(first, firsts[day]), min(end, firsts[day + 1])
            if begin < stop:
                chunks[day] |= stretch(begin - firsts[day], stop - firsts[day])

    def line(self, *keys: K) -> int:
        """All marks of these, as one integer."""
        line = 0
        for key in keys:
            if key in self:
                line |= self._ruler.line(self[key])
        return line


def stretch(first: int, end: int) -> int:
    """The marks from `first` up to `end`."""
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
