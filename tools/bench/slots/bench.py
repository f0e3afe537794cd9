"""Open slots of a large practice, old way beside new, in one run: stretches of seconds, and integers of five minutes.

Both take turns, so that their ratio holds on a machine whose speed drifts, and only the time of this process counts;
both have to find the same slots. What marks cost is told twice: for the first question of a book, which turns its
datetimes into integers, and for each further one, which finds them.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from openchair.models.practice import Booking
from openchair.models.visit import Slot
from openchair.slots.nouns import Book, Need
from openchair.slots.openings import open_slots
from tools.bench.slots import stretches
from tools.bench.slots.practice import FIRST_DAY, ZONE, large_practice
from tools.local.failures import StackError

ROUNDS = 41
BOOKING = Booking(minimum_lead_minutes=60, start_grid_minutes=10, horizon_days=90)
NOW = datetime(2026, 3, 1, 12, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    chairs: int
    providers: int
    days: int
    full: float
    need: Need


QUESTIONS = (
    Question("20 chairs x 60 days", 20, 10, 60, 0.7, Need(60, "X" * 12)),
    Question("20 chairs x 60 days, assistants' time", 20, 10, 60, 0.7, Need(60, "XX////////XX")),
    Question("20 chairs x 60 days, half empty", 20, 20, 60, 0.5, Need(60, "X" * 12)),
    Question("8 chairs x 7 days", 8, 4, 7, 0.7, Need(60, "X" * 12)),
)


def main(rounds: int = ROUNDS) -> None:
    """Measures and prints. Raises StackError when the two ways find different slots."""
    table = Table(title=f"Open slots: milliseconds, median (least) of {rounds} questions each; times faster by median")
    for heading in ("question", "visits", "slots", "stretches", "marks, first", "marks, further", "times faster"):
        table.add_column(heading, justify="left" if heading == "question" else "right")
    for question in QUESTIONS:
        book = large_practice(question.chairs, question.providers, question.days, question.full)
        before, first, further = measured(question, book, rounds)
        faster = " / ".join(f"{statistics.median(before) / statistics.median(now):.1f}" for now in (first, further))
        slots = len(_asked(open_slots, question, book))
        counts = (str(len(book.appointments)), str(slots))
        table.add_row(question.name, *counts, _told(before), _told(first), _told(further), faster)
    Console(highlight=False, width=130).print(table)


def measured(question: Question, book: Book, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each round: stretches, marks of a book that was never asked, marks of one that was.

    Raises StackError when they disagree.
    """
    took: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(rounds):
        fresh = replace(book)
        found = [
            _timed(stretches.open_slots, question, book, took[0]),
            _timed(open_slots, question, fresh, took[1]),
            _timed(open_slots, question, fresh, took[2]),
        ]
        if found[0] != found[1] or found[1] != found[2]:
            raise StackError(f"{question.name}: the ways find {', '.join(str(len(slots)) for slots in found)} slots.")
    return took


def _timed(way: Callable[..., list[Slot]], question: Question, book: Book, took: list[float]) -> list[Slot]:
    began = time.process_time()
    found = _asked(way, question, book)
    took.append((time.process_time() - began) * 1000)
    return found


def _asked(way: Callable[..., list[Slot]], question: Question, book: Book) -> list[Slot]:
    last_day = FIRST_DAY + timedelta(days=question.days - 1)
    return way(book, question.need, zone=ZONE, booking=BOOKING, first_day=FIRST_DAY, last_day=last_day, now=NOW)


def _told(took: list[float]) -> str:
    return f"{statistics.median(took):.1f} ({min(took):.1f})"
