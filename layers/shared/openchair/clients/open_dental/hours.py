"""Hours, blockouts and closed days from Open Dental's rows of a schedule, and what of them cannot be told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openchair import wall_time
from openchair.clients.book import OPENS_NOTHING, shut_words
from openchair.clients.open_dental.payloads import DefinitionRow
from openchair.clients.open_dental.schedule_rows import ScheduleRow
from openchair.models.office import Blockout, Schedule, UnreadableRow, WorkBlock
from openchair.models.practice import BlockoutTypes

_LONGEST_NIGHT = timedelta(hours=12)
"""Hours that stop before they start run past midnight, but no longer than this: else the two are mixed up."""

_NO_SCHEDULING = "NS"
"""Stands in the ItemValue of a blockout type over which nothing is scheduled (Open Dental data, 3.3)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rows shut time, as the practice document says (`booking`)."""

    notes_close: bool = True
    shuts: Callable[[ScheduleRow], bool] = lambda row: True


def shutting(wanted: BlockoutTypes, types: Iterable[DefinitionRow]) -> Callable[[ScheduleRow], bool]:
    """Whether a blockout shuts time, by its type; one whose type cannot be told does. `types`: category 25."""
    if wanted == "all":
        return lambda row: True
    known = {row.DefNum: row for row in types}
    named = frozenset() if isinstance(wanted, str) else frozenset(one.casefold() for one in wanted)

    def shuts(row: ScheduleRow) -> bool:
        kind = known.get(row.BlockoutType)
        if isinstance(wanted, str):
            return kind is None or kind.is_unreadable("ItemValue") or _NO_SCHEDULING in kind.ItemValue
        name = kind.ItemName if kind is not None else row.blockoutType
        return not row.BlockoutType or not name or bool({str(row.BlockoutType), name.casefold()} & named)

    return shuts


def unknown_types(wanted: BlockoutTypes, types: Iterable[DefinitionRow]) -> tuple[str, ...]:
    """What the practice document names that the office has no type for; nothing where its types cannot be read."""
    known = {text for row in types for text in (str(row.DefNum), row.ItemName.casefold())}
    if isinstance(wanted, str) or not known:
        return ()
    return tuple(one for one in wanted if one.casefold() not in known)


def schedule(
    rows: Iterable[ScheduleRow], first_day: date, last_day: date, zone: ZoneInfo, rules: Rules | None = None
) -> Schedule:
    """What rows of these days open and shut; employees' rows say nothing about openings.

    What may shut time and does not tell all shuts the least that is certain: its chairs, else its provider, else
    everything, for the day it stands on. Hours of which not all can be told open nothing.
    """
    reading = _Reading(first_day, last_day, zone, rules or Rules())
    for row in rows:
        reading.take(row)
    return Schedule(
        tuple(reading.work_blocks),
        tuple(reading.blockouts),
        frozenset(reading.closed_days),
        tuple(reading.unreadable),
    )


class _Reading:
    def __init__(self, first_day: date, last_day: date, zone: ZoneInfo, rules: Rules) -> None:
        self.work_blocks: list[WorkBlock] = []
        self.blockouts: list[Blockout] = []
        self.closed_days: set[date] = set()
        self.unreadable: list[UnreadableRow] = []
        self._first_day, self._last_day, self._zone, self._rules = first_day, last_day, zone, rules

    def take(self, row: ScheduleRow) -> None:
        match row.SchedType:
            case "Practice":
                self._note(row)
            case "Provider":
                self._hours(row)
            case "Employee" | "WebSchedASAP":
                pass
            case "Blockout":
                if self._rules.shuts(row):
                    self._blockout(row)
            case _:
                # A kind that nobody knows may be one that shuts.
                self._shut_what_is_certain(row)

    def _note(self, row: ScheduleRow) -> None:
        if not self._rules.notes_close:
            return
        is_told = row.SchedDate is not None and row.StartTime is not None and row.StopTime is not None
        if is_told and not row.StartTime == row.StopTime == time.min:
            return
        days = [row.SchedDate] if row.SchedDate is not None else self._days()
        self.closed_days.update(days)
        if not is_told:
            begin, end = wall_time.day_bounds(days[0], self._zone)[0], wall_time.day_bounds(days[-1], self._zone)[1]
            self._name(row, shut_words(begin, end))

    def _hours(self, row: ScheduleRow) -> None:
        span = self._span(row, _LONGEST_NIGHT)
        if span is None or not row.ProvNum or row.operatories is None:
            self._name(row, OPENS_NOTHING)
            return
        self.work_blocks.append(WorkBlock(str(row.ProvNum), _chairs(row), *span))

    def _blockout(self, row: ScheduleRow) -> None:
        span = self._span(row, timedelta(0))
        if span is None or row.operatories is None or row.is_unreadable("ProvNum"):
            self._shut_what_is_certain(row)
            return
        chairs = _chairs(row)
        self.blockouts.append(Blockout(chairs, *span, provider_ids=() if chairs else _providers(row)))

    def _shut_what_is_certain(self, row: ScheduleRow) -> None:
        begin, end = self._span(row, timedelta(0)) or self._widest(row)
        chairs = _chairs(row)
        # Chairs that are named and cannot be read may be any.
        providers = () if chairs or row.operatories is None else _providers(row)
        self.blockouts.append(Blockout(chairs, begin, end, provider_ids=providers))
        self._name(row, shut_words(begin, end, operatory_ids=chairs, provider_ids=providers))

    def _span(self, row: ScheduleRow, longest_night: timedelta) -> tuple[datetime, datetime] | None:
        """From when to when, where that is told; a stop at 00:00 is the end of the day."""
        day, start, stop = row.SchedDate, row.StartTime, row.StopTime
        if day is None or start is None or stop is None or start == stop:
            return None
        if stop < start:
            night = datetime.combine(day + timedelta(days=1), stop) - datetime.combine(day, start)
            if stop != time.min and night > longest_night:
                return None
            day += timedelta(days=1)
        assert row.SchedDate is not None
        begin, end = wall_time.at(row.SchedDate, start, self._zone), wall_time.at(day, stop, self._zone)
        return (begin, end) if begin < end else None

    def _widest(self, row: ScheduleRow) -> tuple[datetime, datetime]:
        """All that a row may mean that does not tell its span: its day, or all that were asked for."""
        days = [row.SchedDate] if row.SchedDate is not None else self._days()
        begin, end = wall_time.day_bounds(days[0], self._zone)[0], wall_time.day_bounds(days[-1], self._zone)[1]
        if row.SchedDate is None:
            return begin, end
        if row.StartTime is not None and row.StopTime is not None:
            if row.StopTime < row.StartTime:
                end = wall_time.at(row.SchedDate + timedelta(days=1), row.StopTime, self._zone)
        elif row.StartTime is not None:
            begin = wall_time.at(row.SchedDate, row.StartTime, self._zone)
        elif row.StopTime not in (None, time.min):
            assert row.StopTime is not None
            end = wall_time.at(row.SchedDate, row.StopTime, self._zone)
        return begin, end

    def _days(self) -> list[date]:
        return [self._first_day + timedelta(days=n) for n in range((self._last_day - self._first_day).days + 1)]

    def _name(self, row: ScheduleRow, shuts: str) -> None:
        id_ = str(row.ScheduleNum) if row.ScheduleNum else ""
        self.unreadable.append(UnreadableRow("schedule", id_, row.SchedDate or self._first_day, shuts))


def _chairs(row: ScheduleRow) -> tuple[str, ...]:
    return tuple(str(number) for number in row.operatories or () if number)


def _providers(row: ScheduleRow) -> tuple[str, ...]:
    return (str(row.ProvNum),) if row.ProvNum else ()
