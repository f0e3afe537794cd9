"""What is played behind an EHR that writes later: with today's visits, so that a run sees their time come.

In bad weather each write has a fate of its own and takes up to a day; what an outstanding change asks for then stands
through readings in half of the worlds, and is lost from the vendor's row in the others.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.proofs.chart import Fate
from tests.proofs.scenarios import (
    CANCEL,
    CONFIRM,
    PLACE,
    TODAY,
    Later,
    Scenario,
    create,
    onboard,
    reschedule,
    small,
    today,
    visit,
)

_SOON: dict[str, Any] = {"start": today(8)}
_NOON: dict[str, Any] = {"start": today(12)}
_OLD = visit("50", TODAY + timedelta(hours=11))
_ON_OLD = ("staff_moves_old", "staff_deletes_old", "staff_cancels_old", "staff_completes_old")
_ON_OURS = ("staff_deletes_ours", "staff_moves_ours", "staff_strips_note")
_VISIT = {"service_id": "exam", **_NOON}


def _later(name: str, body: dict[str, Any], end: str, *fates: Fate, **given: Any) -> Scenario:
    in_place, seconds = given.pop("moves_in_place", True), given.pop("seconds", 40.0)
    shares_chairs = given.pop("shares_chairs", False)
    overwrites, shows = given.pop("overwrites", False), given.pop("shows_what_was_written", True)
    made = small(f"behind_{name}", body, ends=(frozenset({end}),), day=TODAY, **given)
    later = Later(
        fates or (Fate.WRITTEN,),
        seconds=seconds,
        cycle=120.0,
        moves_in_place=in_place,
        overwrites=overwrites,
        shows_what_was_written=shows,
    )
    return replace(made, later=later, shares_chairs=shares_chairs)


_WITH_OLD: dict[str, Any] = {"visits": (_OLD,), "staff": _ON_OLD}
_REBOOKS: dict[str, Any] = {"visits": (_OLD,), "staff": (*_ON_OLD, *_ON_OURS), "moves_in_place": False}

BEHIND: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _later("create", create(**PLACE, **_NOON), "completed/booked", staff=_ON_OURS),
        _later("create_refused", create(**PLACE, **_NOON), "failed/not_written_to_ehr", Fate.REFUSED),
        _later("create_never", create(**PLACE, **_SOON), "failed/not_written_to_ehr", Fate.FORGOTTEN),
        _later("create_elsewhere", create(**PLACE, **_NOON), "needs_review/stored_differently", Fate.ELSEWHERE),
        _later("onboard", onboard(_VISIT), "completed/booked", staff=("staff_registers", *_ON_OURS)),
        _later("move", reschedule(**_NOON), "completed/moved", **_WITH_OLD),
        _later("move_undone", reschedule(**_NOON), "failed/reverted_in_ehr", Fate.REVERTED, **_WITH_OLD),
        _later("move_never", reschedule(**_SOON), "needs_review/not_confirmed_by_ehr", Fate.FORGOTTEN, **_WITH_OLD),
        # To the other chair at the same time: what tells whether it took effect is not the start.
        _later(
            "move_chair_undone",
            reschedule(start=today(11), operatory_id="2"),
            "failed/reverted_in_ehr",
            Fate.REVERTED,
            shares_chairs=True,
            **_WITH_OLD,
        ),
        _later("cancel", CANCEL, "completed/cancelled", **_WITH_OLD),
        # Carried out after a reading, so that a look finds the way open and the vendor's row as it was before.
        _later(
            "cancel_crossing",
            CANCEL,
            "completed/cancelled",
            seconds=250.0,
            overwrites=True,
            shows_what_was_written=False,
            visits=(_OLD,),
        ),
        _later("cancel_undone", CANCEL, "failed/reverted_in_ehr", Fate.REVERTED, **_WITH_OLD),
        _later("confirm", CONFIRM, "completed/confirmed", **_WITH_OLD),
        _later("confirm_undone", CONFIRM, "failed/reverted_in_ehr", Fate.REVERTED, **_WITH_OLD),
        _later("rebook", reschedule(**_NOON), "completed/moved", **_REBOOKS),
        _later("rebook_refused", reschedule(**_NOON), "failed/not_written_to_ehr", Fate.REFUSED, **_REBOOKS),
        _later(
            "rebook_undone",
            reschedule(**_NOON),
            "needs_review/old_visit_remains",
            Fate.WRITTEN,
            Fate.REVERTED,
            **_REBOOKS,
        ),
    )
}
