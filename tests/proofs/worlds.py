"""Worlds larger than one caller of one practice by day: who shares a key, works late, or books the provider alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.proofs.scenarios import (
    BOOKED,
    CANCEL,
    LOSER,
    MOVED,
    OLD,
    PLACE,
    WINNER,
    Request,
    Scenario,
    create,
    record,
    reschedule,
    small,
)

OTHER_CALLER = "another caller"
EAST = datetime(2026, 3, 7, tzinfo=ZoneInfo("Pacific/Auckland"))
"""A day of a practice whose mornings are the day before in UTC."""
EASTERN = record(timezone="Pacific/Auckland")
NEIGHBOURS = (record("p1"), record("p2"))
"""Two practices behind one key: one chart, one line for each visit, one hold on each chair."""


def _shared(name: str, *requests: Request, ends: tuple[frozenset[str], ...], **given: Any) -> Scenario:
    """Played by two practices, or two callers."""
    return replace(small(name, ends=ends, **given), records=NEIGHBOURS, requests=requests)


WORLDS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _shared(
            "neighbours_line",
            Request(0.0, reschedule(), "key-1", "p1"),
            Request(0.5, CANCEL, "key-2", "p2", caller=OTHER_CALLER),
            ends=(MOVED[0] | {"failed/not_movable"}, frozenset({"completed/cancelled"})),
            visits=(OLD,),
            staff=("staff_moves_old", "staff_cancels_old"),
        ),
        _shared(
            "neighbours_race",
            Request(0.0, create(**PLACE), "key-1", "p1"),
            Request(0.2, create(**PLACE, patient_id="12"), "key-2", "p2", caller=OTHER_CALLER),
            ends=(WINNER, LOSER),
            staff=("staff_books",),
        ),
        _shared(
            "same_key_of_two_callers",
            Request(0.0, create(14), "key-1"),
            Request(0.5, create(15, patient_id="12"), "key-1", caller=OTHER_CALLER),
            Request(1.0, create(14), "key-1"),
            ends=(*BOOKED, *BOOKED),
            staff=("staff_books",),
        ),
        replace(
            small("evening", create(18, **PLACE), ends=BOOKED, staff=("staff_books_evening", "staff_deletes_ours")),
            closes=22,
        ),
        small(
            "far_east",
            create(start=(EAST + timedelta(hours=8)).isoformat(), **PLACE),
            ends=BOOKED,
            practice=EASTERN,
            staff=("staff_books_morning", "staff_deletes_ours"),
            day=EAST,
        ),
        small("morning_after_a_night", create(8, **PLACE), ends=BOOKED, staff=("staff_books_night",)),
        small(
            "provider_elsewhere",
            create(**PLACE),
            ends=(frozenset({"failed/slot_taken"}),),
            before_write=("staff_books_provider",),
            staff=("staff_books_provider", "staff_deletes_ours"),
        ),
        small(
            "move_provider_elsewhere",
            reschedule(),
            ends=(frozenset({"failed/slot_taken"}),),
            visits=(OLD,),
            before_write=("staff_books_provider",),
            staff=("staff_books_provider", "staff_moves_old"),
        ),
    )
}
