"""Corners of our own state: what a newer version has written, what cannot be read, what takes effect between two reads.

As `corners`, whose interventions are played here too.
"""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from openchair.errors import EhrUnavailable, StoredItemUnreadable, TaskWithdrawn
from openchair.models.journal import SHAPE, TaskState
from openchair.tasks.outcomes import told_of
from tests.proofs.chart import Fate
from tests.proofs.corners import CORNERS as OF_THE_CHART
from tests.proofs.corners import CREATED, DOUBLED, FORGOTTEN, corner, old_today
from tests.proofs.faults import Answer
from tests.proofs.scenarios import CONFIRM, OLD, TODAY, Intervention, Later, Scenario, create, reschedule

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation


class FailsHere(EhrUnavailable):
    """For this practice alone: its location, not the account."""

    scope = "practice"


def _newer_version_takes(simulation: "Simulation") -> None:
    """Every task, as it stands: with a word in its journal that only tomorrow's worker knows."""
    for task in simulation.all_tasks():
        simulation.store.put_as_is(task.changed(shape=SHAPE + 1, version=task.version + 1))


def _newer_version_leaves(simulation: "Simulation") -> None:
    for task in simulation.all_tasks():
        simulation.store.put_as_is(task.changed(shape=SHAPE, version=task.version + 1))


def _first_ends(simulation: "Simulation") -> None:
    """As a withdrawal ends it that another invocation has just carried out."""
    task = simulation.all_tasks()[0]
    simulation.store.end(task.changed(state=TaskState.FAILED, in_chart=False, **told_of(TaskWithdrawn())))


def _claims_are_swept(simulation: "Simulation") -> None:
    """Of a visit whose time came long ago, while a person has not decided yet."""
    if simulation.in_review():
        simulation.store.sweep(after=timedelta(days=30))


def _late_effect_comes(simulation: "Simulation") -> None:
    simulation.hurry()


STATE_ACTS: dict[str, Intervention] = {
    "newer_version_takes": _newer_version_takes,
    "newer_version_leaves": _newer_version_leaves,
    "first_ends": _first_ends,
    "claims_are_swept": _claims_are_swept,
    "late_effect_comes": _late_effect_comes,
}


def _corner(name: str, *bodies: dict[str, Any], **given: Any) -> Scenario:
    made = corner(name, *bodies, **given)
    return replace(made, interventions={**made.interventions, **STATE_ACTS})


_TAKEN = ((0.3, "newer_version_takes"), (400.0, "newer_version_leaves"))


def _late(name: str, effect: int, **given: Any) -> Scenario:
    """A visit whose sending takes effect, against what is assumed, after it was looked for and before this effect."""
    inserts = (("late_effect_comes", effect),)
    return _corner(name, CREATED, ends="completed/booked", answers=((1, Answer.BEYOND),), inserts_at=inserts, **given)


_ALL = (
    _corner(
        "newer_version_goes_on",
        create(),
        ends="completed/booked",
        acts=(*_TAKEN, (100.0, "withdraw"), (110.0, "another_person")),
    ),
    _corner(
        "newer_version_and_a_fault",
        create(),
        ends="completed/booked",
        acts=_TAKEN,
        faults=(("ehr.patient", 1, ZeroDivisionError),),
    ),
    _corner(
        "newer_version_behind_a_lost_answer",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        acts=((9.0, "newer_version_takes"), (400.0, "newer_version_leaves")),
    ),
    _corner(
        "unreadable_in_front",
        reschedule(),
        CONFIRM,
        apart=0.5,
        ends=("completed/moved", "failed/appointment_busy"),
        visits=(OLD,),
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("worker:tasks.task", 3, StoredItemUnreadable),),
    ),
    _corner(
        "unreadable_when_due",
        create(),
        ends="completed/booked",
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("waker:tasks.wake", 1, StoredItemUnreadable),),
    ),
    _corner(
        "ended_since_the_line_was_read",
        reschedule(),
        CONFIRM,
        apart=0.5,
        ends=("failed/withdrawn", "completed/confirmed"),
        visits=(OLD,),
        answers=((1, Answer.BUSY),),
        inserts_at=(("first_ends", 29),),
    ),
    _corner("fails_here", create(), ends="completed/booked", faults=(("ehr.patient", 1, FailsHere),)),
    _corner(
        "arrives_confirmed",
        CONFIRM,
        ends="completed/confirmed",
        visits=(OLD,),
        answers=((1, Answer.LOST_AFTER),),
        before_write=("patient_arrives_in_1",),
    ),
    _corner(
        "given_up_as_it_is_checked",
        reschedule(),
        ends="completed/moved",
        visits=(OLD,),
        faults=(("ehr.appointments", 3, ZeroDivisionError),),
        decides=("give_up",),
    ),
    _corner(
        "given_up_with_a_visit_that_remains",
        CREATED,
        ends="completed/visit_remains",
        later=Later((Fate.WRITTEN, Fate.REVERTED)),
        before_write=("staff_books_in_3",),
        decides=("give_up",),
    ),
    _corner(
        "sent_again_when_it_was_over",
        CONFIRM,
        ends="completed/not_confirmed_by_ehr",
        later=FORGOTTEN,
        visits=(old_today(9),),
        day=TODAY,
        decides=("resend", "give_up"),
    ),
    *(
        _corner(
            f"swept_and_then_{word}",
            CREATED,
            ends=end,
            answers=((1, answer),),
            faults=(("ehr.patient_appointment_history", 1, ZeroDivisionError),),
            acts=((25.0, "claims_are_swept"),),
            decides=(word,),
            not_promised=frozenset({"claims"}),
        )
        for word, answer, end in (
            ("give_up", Answer.LOST_BEFORE, "failed/given_up"),
            ("resend", Answer.LOST_AFTER, "completed/booked"),
        )
    ),
    _corner(
        "capabilities_fail",
        reschedule(),
        ends="completed/moved",
        visits=(OLD,),
        faults=tuple(("ehr.capabilities", number, EhrUnavailable) for number in (1, 2)),
    ),
    _corner(
        "lists_are_cut",
        CREATED,
        ends="completed/booked",
        answers=((1, Answer.LOST_AFTER),),
        faults=tuple(("ehr.patient_appointments", number, EhrUnavailable) for number in (2, 3, 4)),
    ),
    _late("late_before_the_book", 70),
    _late("late_before_the_list", 74),
    _late("late_before_the_last_look", 75),
    _late("late_before_the_check", 80, not_promised=DOUBLED),
)
CORNERS: dict[str, Scenario] = {**OF_THE_CHART, **{each.name: each for each in _ALL}}
