"""The day of a practice's chairs as a drawing: chairs side by side, time downwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from rich.text import Text

_COLUMN_WIDTH = 12
_MARK = "*"


@dataclass(frozen=True, slots=True)
class Chair:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What fills a chair on the day drawn; wall times. `is_ours` is pointed out, `is_blocked` is no visit at all."""

    chair_id: str
    start: time
    minutes: int
    label: str = ""
    is_ours: bool = False
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """The characters of a drawing; the second set is for terminals without Unicode."""

    taken: str
    ours: str
    blocked: str
    free: str
    wall: str


UNICODE = Look(taken="▒", ours="█", blocked="╱", free="·", wall="│")
ASCII = Look(taken="#", ours="@", blocked="/", free=".", wall="|")


def draw_day(
    title: str,
    chairs: Sequence[Chair],
    visits: Sequence[Visit],
    *,
    look: Look = UNICODE,
    row_minutes: int = 30,
    opens: int = 8,
    closes: int = 17,
) -> Text:
    """One row per `row_minutes` (a divisor of 60), from the first to the last hour in use; ours stands out by `*`."""
    first, last = _hours(visits, opens, closes)
    heads = "".join(f"{look.wall}{_fit(chair.name)}" for chair in chairs)
    picture = Text(f"{title}\n", style="bold")
    picture.append(f"      {heads}{look.wall}\n", style="dim")
    for minute in range(first * 60, last * 60, row_minutes):
        clock = f"{minute // 60:02d}:{minute % 60:02d}" if minute % 60 in (0, 30) else "     "
        picture.append(f"{clock} ", style="dim")
        for chair in chairs:
            picture.append(look.wall, style="dim")
            picture.append_text(_cell(chair, minute, row_minutes, visits, look))
        picture.append(f"{look.wall}\n", style="dim")
    picture.right_crop(1)
    return picture


def draw_openings(
    name: str, starts: Sequence[datetime], opens: int = 7, closes: int = 19, look: Look = UNICODE
) -> Text:
    """One chair's bookable starts of a day as a bar, a character for half an hour."""
    bar = Text(f"{_fit(name)} {opens:02d} ")
    for half in range((closes - opens) * 2):
        at = opens * 60 + half * 30
        is_open = any(at <= start.hour * 60 + start.minute < at + 30 for start in starts)
        bar.append(look.ours if is_open else look.free, style="green" if is_open else "dim")
    bar.append(f" {closes:02d}")
    return bar


def _cell(chair: Chair, minute: int, row_minutes: int, visits: Sequence[Visit], look: Look) -> Text:
    here = [visit for visit in visits if visit.chair_id == chair.id and _covers(visit, minute, row_minutes)]
    if not here:
        return Text(look.free.center(_COLUMN_WIDTH), style="dim")
    visit = min(
        here, key=lambda visit: (not visit.is_ours, visit.is_blocked, visit.start < time(minute // 60, minute % 60))
    )
    fill = look.ours if visit.is_ours else look.blocked if visit.is_blocked else look.taken
    begins = minute <= _minute(visit.start) < minute + row_minutes
    label = f"{_MARK if visit.is_ours else ''}{visit.label}" if begins else ""
    text = f"{fill}{f' {label[: _COLUMN_WIDTH - 3]} ' if label else ''}".ljust(_COLUMN_WIDTH, fill)
    return Text(text, style="bold green" if visit.is_ours else "dim" if visit.is_blocked else "blue")


def _covers(visit: Visit, minute: int, row_minutes: int) -> bool:
    start = _minute(visit.start)
    return start < minute + row_minutes and minute < start + visit.minutes


def _hours(visits: Sequence[Visit], opens: int, closes: int) -> tuple[int, int]:
    first = min([opens, *(visit.start.hour for visit in visits)])
    last = max([closes, *(-(-(_minute(visit.start) + visit.minutes) // 60) for visit in visits)])
    return first, min(last, 24)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _fit(name: str) -> str:
    return name[:_COLUMN_WIDTH].center(_COLUMN_WIDTH)
