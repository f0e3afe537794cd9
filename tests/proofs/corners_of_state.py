"""Corners of our own state: what a newer version has written, what cannot be read, what takes effect between two reads.

As `corners`, whose interventions are played here too.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from openchair.errors import EhrDuplicatePatient, EhrKeyRefused, EhrUnavailable, StoredItemUnreadable, TaskWithdrawn
from openchair.models.journal import SHAPE, TaskState
from openchair.tasks.outcomes import UNEXPECTED_FAULT, told, told_of
from tests.proofs.chart import Fate
from tests.proofs.corners import CORNERS as OF_THE_CHART
from tests.proofs.corners import CREATED, DOUBLED, FORGOTTEN, corner, old_today
from tests.proofs.faults import Answer
from tests.proofs.scenarios import (
    AT_ONCE,
    CANCEL,
    CONFIRM,
    MAY_OVERLAP,
    OLD,
    PLACE,
    REBOOKS,
    TODAY,
    Intervention,
    Later,
    Scenario,
    at,
    create,
    onboard,
    reschedule,
    today,
    visit,
)

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation


OFFSET = "-07:00"


class GivenBack(EhrDuplicatePatient):
    """With the chart that the EHR has of this person."""

    def __init__(self) -> None:
        super().__init__(patient_id="12")


class FailsHere(EhrUnavailable):
    """For this practice alone: its location, not the account."""

    scope = "practice"


def _newer_version_takes(simulation: "Simulation") -> None:
    """Every task, as it stands: with a word in its journal that only tomorrow's worker knows."""
    for task in simulation.all_tasks():
        start = getattr(task.request, "start", "")
        request = task.request.model_copy(update={"start": start.removesuffix(OFFSET)})
        simulation.store.put_as_is(task.changed(shape=SHAPE + 1, request=request, version=task.version + 1))


def _newer_version_leaves(simulation: "Simulation") -> None:
    for task in simulation.all_tasks():
        start = getattr(task.request, "start", "")
        request = task.request.model_copy(update={"start": start + OFFSET})
        simulation.store.put_as_is(task.changed(shape=SHAPE, request=request, version=task.version + 1))


def _first_ends(simulation: "Simulation") -> None:
    """As a withdrawal ends it that another invocation has just carried out."""
    for task in simulation.all_tasks()[:1]:
        simulation.store.end(task.changed(state=TaskState.FAILED, in_chart=False, **told_of(TaskWithdrawn())))


def _first_is_reviewed(simulation: "Simulation") -> None:
    """As another worker puts it before a person."""
    for task in simulation.open_tasks()[:1]:
        reviewed = task.changed(state=TaskState.NEEDS_REVIEW, reviewed_for=UNEXPECTED_FAULT, **told(UNEXPECTED_FAULT))
        simulation.store.save(reviewed.changed(lease_until=None, next_attempt_at=None))


def _claims_are_swept(simulation: "Simulation") -> None:
    """Of a visit whose time came long ago, while a person has not decided yet."""
    if simulation.in_review():
        simulation.store.sweep(after=timedelta(days=30))


def _books_at(day: datetime, hour: int, minute: int = 0, patient_id: str = "12") -> Intervention:
    def act(simulation: "Simulation") -> None:
        start = day + timedelta(hours=hour, minutes=minute)
        simulation.chart.staff_books(patient_id, start, 30, "1", "1")

    return act


def _late_effect_comes(simulation: "Simulation") -> None:
    simulation.hurry()


STATE_ACTS: dict[str, Intervention] = {
    "newer_version_takes": _newer_version_takes,
    "newer_version_leaves": _newer_version_leaves,
    "first_ends": _first_ends,
    "first_is_reviewed": _first_is_reviewed,
    "claims_are_swept": _claims_are_swept,
    "late_effect_comes": _late_effect_comes,
    "staff_books_this_morning": _books_at(TODAY, 8, 15),
}


def _corner(name: str, *bodies: dict[str, Any], **given: Any) -> Scenario:
    made = corner(name, *bodies, **given)
    return replace(made, interventions={**made.interventions, **STATE_ACTS})


LATER = Later()
LATER_ANEW = Later(moves_in_place=False)
TWO_AT_ONCE = (OLD, visit("51", at(10), patient_id="12"))
UNTOLD = replace(OLD, tells_end=False)
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
        "reviewed_and_a_fault",
        create(),
        ends="needs_review/unexpected_fault",
        acts=((0.3, "first_is_reviewed"),),
        faults=(("ehr.patient", 1, ZeroDivisionError),),
    ),
    _corner(
        "later_double_is_swept",
        CREATED,
        ends="completed/booked",
        later=LATER,
        answers=((1, Answer.BEYOND),),
        not_promised=DOUBLED | {"chart-doubled", "chart-after-the-end"},
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
        inserts_at=(("first_ends", 30),),
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
        later=replace(FORGOTTEN, overwrites=True),
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
    # ------------------------------------------------------------------------------------ changed while one waits
    _corner(
        "later_overlap_cancelled",
        reschedule(allow_overlap=True),
        ends="completed/status_changed_in_ehr",
        practice=MAY_OVERLAP,
        later=LATER,
        visits=(OLD,),
        before_write=("staff_cancels_old_in_1",),
    ),
    *(
        _corner(
            f"later_confirmation_{name}",
            CONFIRM,
            ends="completed/status_changed_in_ehr",
            later=later,
            visits=(OLD,),
            answers=((1, Answer.LOST_AFTER),),
            before_write=("staff_cancels_old_in_1",),
        )
        for name, later in (("cancelled_there", LATER), ("cancelled_at_once", None))
    ),
    *(
        _corner(
            f"later_rebook_{act}",
            reschedule(),
            ends=end,
            later=LATER_ANEW,
            visits=(OLD,),
            acts=((at_second, act),),
        )
        for act, at_second, end in (
            ("staff_cancels_old", 30.0, "completed/moved"),
            ("staff_cancels_newest", 500.0, "completed/status_changed_in_ehr"),
            ("staff_deletes_newest", 500.0, "completed/status_changed_in_ehr"),
        )
    ),
    _corner(
        "two_at_once_moved_apart",
        reschedule(),
        reschedule(hour=16, appointment_id="51"),
        apart=1.0,
        ends=("completed/moved", "completed/moved"),
        later=LATER,
        visits=TWO_AT_ONCE,
    ),
    _corner("of_no_known_length", reschedule(), ends="failed/not_movable", visits=(UNTOLD,)),
    _corner("of_no_known_length_anew", reschedule(), ends="failed/not_movable", practice=REBOOKS, visits=(UNTOLD,)),
    _corner("of_no_known_length_cancelled", CANCEL, ends="completed/cancelled", visits=(UNTOLD,)),
    _corner(
        "over_when_it_is_checked",
        create(start=today(8), **PLACE),
        ends="needs_review/collision_remains",
        practice=AT_ONCE,
        day=TODAY,
        before_write=("staff_books_this_morning",),
        faults=tuple(("ehr.appointments", number, EhrUnavailable) for number in range(2, 40)),
    ),
    _corner(
        "given_back",
        onboard(),
        ends="completed/patient_found",
        faults=(("EHR.create_patient", 1, GivenBack),),
    ),
    _corner(
        "given_back_after_a_lost_answer",
        onboard(),
        ends="completed/patient_created",
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("EHR.create_patient", 2, GivenBack),),
    ),
    _corner(
        "taken_back_unread",
        CREATED,
        ends="failed/given_up_unread",
        later=LATER,
        before_write=("staff_books_in_3",),
        faults=tuple(("ehr.sync_state", number, EhrKeyRefused) for number in range(1, 60)),
        decides=("give_up",),
    ),
    _corner(
        "withdrawn_before_it_was_sent_again",
        CREATED,
        ends="completed/booked",
        answers=((1, Answer.LOST_BEFORE),),
        faults=(("ehr.patient", 6, EhrUnavailable),),
        acts=((320.0, "withdraw"),),
    ),
    _late("late_before_the_book", 70),
    _late("late_before_the_list", 74),
    _late("late_before_the_last_look", 75),
    _late("late_before_the_check", 80, not_promised=DOUBLED),
)
CORNERS: dict[str, Scenario] = {**OF_THE_CHART, **{each.name: each for each in _ALL}}
