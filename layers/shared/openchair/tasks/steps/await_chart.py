"""Waiting until the practice's own system has what its EHR's vendor accepted (design section 5, NexHealth).

An EHR that writes later answers a write at once and carries it out when it can, or never. So a write to it is followed
by a step that looks, again and again, what has become of it, and nothing is told as done before that.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from openchair.errors import AppointmentNotFound, ChangedInEhr, NotWrittenToEhr, OpenChairError, RevertedInEhr
from openchair.models.journal import Ending, Step, StepKind, StepState, Task
from openchair.models.office import SyncState
from openchair.models.request import RescheduleAppointment
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told_of
from openchair.tasks.steps.common import (
    CANCELLED,
    Desk,
    Done,
    Look,
    NeedsReview,
    Redirected,
    Waits,
    placement,
    placement_asked,
    placement_before,
    unsent,
)

AWAITED_BY = {
    StepKind.CREATE_APPOINTMENT: StepKind.AWAIT_APPOINTMENT,
    StepKind.MOVE_APPOINTMENT: StepKind.AWAIT_MOVE,
    StepKind.CANCEL_APPOINTMENT: StepKind.AWAIT_CANCELLATION,
    StepKind.CONFIRM_APPOINTMENT: StepKind.AWAIT_CONFIRMATION,
    StepKind.WITHDRAW: StepKind.AWAIT_WITHDRAWAL,
    StepKind.MOVE_BACK: StepKind.AWAIT_MOVE_BACK,
}
WRITTEN_BY = {awaits: kind for kind, awaits in AWAITED_BY.items()}
_PLACEMENT = ("start", "operatory_id", "provider_id")
_FIRST_LOOK = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(seconds=5)
OLD_VISIT_IS_NEAR = timedelta(hours=1)


def await_appointment(task: Task, step: Step, desk: Desk) -> Look:
    """A new visit, until the practice's own system has it.

    One that system never took is cancelled at the vendor before its claims go, so that it cannot turn up later.
    """
    booked = _written(task, step)
    assert booked.start is not None
    try:
        visit = _visit(booked, desk)
    except AppointmentNotFound:
        return NeedsReview(outcomes.REMOVED_IN_EHR)
    if visit.is_in_chart:
        if visit.is_expected and visit.start != booked.start:
            return NeedsReview(outcomes.STORED_DIFFERENTLY)
        code = None if visit.occupies else outcomes.STATUS_CHANGED_IN_EHR
        # The chart may have given a newcomer another id than the vendor did.
        return Done(code, patient_id=visit.patient_id, in_chart=True, visit=visit)
    if visit.status in CANCELLED or booked.start <= desk.clock.now():
        return withdrawn(task, NotWrittenToEhr())
    if not desk.ehr.sync_state(visit.location_id).writes_reach_chart:
        return Done(outcomes.OUTSIDE_CHART, in_chart=False)
    if isinstance(task.request, RescheduleAppointment) and _is_near(booked.old_start, desk):
        return NeedsReview(outcomes.REPLACEMENT_WAITS)
    return _later(step, desk)


def withdrawn(task: Task, error: OpenChairError) -> Redirected:
    """What is left to do when the visit a task has created is not to stand."""
    created = task.last_done(StepKind.CREATE_APPOINTMENT)
    done = tuple(before for before in task.steps if before.state is StepState.DONE)
    ending = Ending(**told_of(error))
    return Redirected((*done, unsent(created, StepKind.WITHDRAW)), ending)


def await_move(task: Task, step: Step, desk: Desk) -> Look:
    moved = _written(task, step)

    def stands(visit: Appointment) -> bool:
        return visit.occupies and placement(visit) == placement_asked(moved)

    def is_as_before(visit: Appointment) -> bool:
        return visit.occupies and placement(visit) == placement_before(moved)

    return _await_change(step, moved, task, desk, stands, is_as_before)


def await_move_back(task: Task, step: Step, desk: Desk) -> Look:
    found = await_move(task, step, desk)
    return NeedsReview(outcomes.MOVED_ONTO_COLLISION) if isinstance(found, Redirected) else found


def await_cancellation(task: Task, step: Step, desk: Desk) -> Look:
    """Where it gave way to a new visit that stands, its return is for a person: the patient has two."""
    found = _await_change(step, _written(task, step), task, desk, _is_cancelled, _stands)
    if isinstance(found, Redirected) and isinstance(task.request, RescheduleAppointment):
        return NeedsReview(outcomes.OLD_VISIT_REMAINS)
    if isinstance(found, Done) and isinstance(task.request, RescheduleAppointment):
        return _replaced(task, found, desk)
    return found


def _replaced(task: Task, found: Done, desk: Desk) -> Done:
    """The old visit is gone; the new one may be too by now."""
    try:
        new = _visit(task.last_done(StepKind.CREATE_APPOINTMENT), desk)
    except AppointmentNotFound:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, in_chart=False)
    if new.occupies:
        return found
    return Done(outcomes.STATUS_CHANGED_IN_EHR, new.id, in_chart=True, visit=new)


def await_withdrawal(task: Task, step: Step, desk: Desk) -> Look:
    found = _await_change(step, _written(task, step), task, desk, _is_cancelled, _stands)
    return NeedsReview(outcomes.VISIT_REMAINS) if isinstance(found, Redirected) else found


def await_confirmation(task: Task, step: Step, desk: Desk) -> Look:
    def stands(visit: Appointment) -> bool:
        return visit.occupies and desk.ehr.is_confirmed(visit)

    return _await_change(step, _written(task, step), task, desk, stands, _is_booked)


def _await_change(
    step: Step,
    written: Step,
    task: Task,
    desk: Desk,
    stands: Callable[[Appointment], bool],
    is_as_before: Callable[[Appointment], bool],
) -> Look:
    """A changed visit, until a comparison with the practice's own system shows what came of the change.

    A comparison tells nothing before the vendor's way into that system has been open since the change was accepted:
    it may still be on its way. Nor does the first one after that, which may have begun before; one a whole cycle later
    cannot have. When that is, is recorded by the look that finds the way open, so that only a later one judges by it.
    Whether there was one is told by when the vendor last read that system as a whole: whether a row that did not change
    is stamped by it, no source says. The visit is looked at after that reading, so that it shows what was read.
    """
    try:
        visit = _visit(written, desk)
        sync = desk.ehr.sync_state(visit.location_id)
        is_compared = step.settles_at is not None and sync.read_at is not None and sync.read_at > step.settles_at
        if is_compared:
            visit = _visit(written, desk)
    except AppointmentNotFound:
        return Done(outcomes.STATUS_CHANGED_IN_EHR, in_chart=False)
    stands_there = stands(visit)
    if not stands_there and not is_as_before(visit):
        if written.sent_at is None:
            return _undone(task, ChangedInEhr())
        return Done(outcomes.STATUS_CHANGED_IN_EHR, in_chart=True, visit=visit)
    if not visit.is_in_chart and stands_there:
        # The vendor's row is all there is, and what is cancelled there is not written any more.
        return Done(None, in_chart=False) if desk.clock.now() >= _a_cycle_on(step.sent_at, desk) else _later(step, desk)
    if is_compared:
        return Done(None, in_chart=True) if stands_there else _undone(task, RevertedInEhr())
    if not sync.writes_reach_chart and stands_there:
        return Done(outcomes.OUTSIDE_CHART, in_chart=False)
    ends = visit.end or written.old_start
    if ends is not None and ends <= desk.clock.now():
        return NeedsReview(outcomes.NOT_CONFIRMED_BY_EHR)
    if step.settles_at is None and _has_been_open(sync, step):
        step = step.model_copy(update={"settles_at": _a_cycle_on(desk.clock.now(), desk)})
    return _later(step, desk)


def _has_been_open(sync: SyncState, step: Step) -> bool:
    """By our clock with what it may differ, or by the vendor's own alone, if its stamp is of this change."""
    assert step.sent_at is not None
    if sync.written_at is None:
        return False
    if sync.written_at > step.sent_at + CLOCKS_DIFFER:
        return True
    return step.accepted_at is not None and sync.written_at > step.accepted_at


def _undone(task: Task, error: OpenChairError) -> Redirected:
    done = tuple(before for before in task.steps if before.state is StepState.DONE)
    return Redirected(done, Ending(**told_of(error)))


def _a_cycle_on(moment: datetime | None, desk: Desk) -> datetime:
    assert moment is not None
    return moment + desk.capabilities.read_cycle


def awaiting(written: Step, done: Done, now: datetime) -> Step:
    """The look that follows a write, or what was found to stand as if it had been written."""
    stamp = done.accepted_at
    if stamp is not None:
        assert written.sent_at is not None
        stamp = stamp if stamp >= written.sent_at - CLOCKS_DIFFER else None
    place: dict[str, Any] = {}
    if done.stood and done.visit is not None:
        place = dict(zip(_PLACEMENT, placement(done.visit), strict=True))
    return Step(kind=AWAITED_BY[written.kind], sent_at=now, accepted_at=stamp, **place)


def _written(task: Task, step: Step) -> Step:
    """What was written, where nothing was by this task, what was found."""
    written = task.last_done(WRITTEN_BY[step.kind])
    if written.appointment_id is None:
        # Found as asked for, so that nothing was to be written.
        written = written.model_copy(update={"appointment_id": getattr(task.request, "appointment_id", None)})
    if step.start is None:
        return written
    return written.model_copy(update={name: getattr(step, name) for name in _PLACEMENT})


def _visit(written: Step, desk: Desk) -> Appointment:
    assert written.appointment_id is not None
    return desk.ehr.appointment(written.appointment_id)


def _is_cancelled(visit: Appointment) -> bool:
    return visit.status in CANCELLED


def _is_booked(visit: Appointment) -> bool:
    return visit.status is AppointmentStatus.BOOKED


def _stands(visit: Appointment) -> bool:
    """Also one whose patient has come, or has been treated: that is no cancellation that was changed since."""
    return visit.occupies


def _is_near(start: datetime | None, desk: Desk) -> bool:
    now = desk.clock.now()
    return start is not None and now < start <= now + OLD_VISIT_IS_NEAR


def _later(step: Step, desk: Desk) -> Waits:
    """Often at first, when somebody may still be waiting, then ever less."""
    assert step.sent_at is not None
    now = desk.clock.now()
    return Waits(now + min(max((now - step.sent_at) / 4, _FIRST_LOOK), _LONGEST_PAUSE), step)
