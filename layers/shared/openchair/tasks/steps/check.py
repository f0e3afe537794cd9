"""Looking after a visit was written: did the front desk book the same chair or provider meanwhile?

Claims, and the look after them, keep our own tasks apart; nothing keeps the front desk from booking between our last
look and our write.
"""

from dataclasses import replace

from openchair.errors import SlotTaken
from openchair.models.journal import Ending, Step, StepKind, StepState, Task
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.slots.book import read_book
from openchair.slots.openings import Book, is_taken
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told_of
from openchair.tasks.steps.common import Desk, Done, Look, NeedsReview, Redirected, place_of, unsent
from openchair.tasks.steps.move import back_from

_TAKEN = Ending(**told_of(SlotTaken()))


def check(task: Task, step: Step, desk: Desk) -> Look:
    """A new visit that collides is taken back, since nobody was told of it; a moved one is moved back if it can be.

    One that no longer stands where it was put is told as changed; in a rebook the cancel looks for itself.
    """
    written = task.last_done(StepKind.CREATE_APPOINTMENT, StepKind.MOVE_APPOINTMENT)
    if written.start is None:
        return Done(None)
    book = _book(written, desk)
    ours = _standing(written, book)
    if ours is None:
        rebooking = task.steps[-1].kind is StepKind.CANCEL_APPOINTMENT
        return Done(None if rebooking else outcomes.STATUS_CHANGED_IN_EHR)
    if not _taken(task, written, book):
        return Done(None)
    done = tuple(before for before in task.steps if before.state is StepState.DONE)
    if written.kind is StepKind.CREATE_APPOINTMENT:
        if ours.status is not AppointmentStatus.BOOKED:
            return NeedsReview(outcomes.COLLISION_REMAINS)
        return Redirected((*done, unsent(written, StepKind.WITHDRAW)), _TAKEN)
    back = back_from(written)
    if ours.status is not AppointmentStatus.BOOKED or _is_taken(task, back, desk):
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    return Redirected((*done, back, Step(kind=StepKind.CHECK_BACK)), _TAKEN)


def check_back(task: Task, step: Step, desk: Desk) -> Look:
    back = task.last_done(StepKind.MOVE_BACK)
    book = _book(back, desk)
    collides = _standing(back, book) is not None and _taken(task, back, book)
    return NeedsReview(outcomes.MOVED_ONTO_COLLISION) if collides else Done(None)


def _standing(step: Step, book: Book) -> Appointment | None:
    """The visit, if it still stands where the step put it."""
    at = (step.appointment_id, step.start, step.operatory_id)
    found = (visit for visit in book.appointments if (visit.id, visit.start, visit.operatory_id) == at)
    return next((visit for visit in found if visit.occupies), None)


def _is_taken(task: Task, step: Step, desk: Desk) -> bool:
    return _taken(task, step, _book(step, desk))


def _book(step: Step, desk: Desk) -> Book:
    assert step.start is not None
    day = step.start.astimezone(desk.record.practice.zone).date()
    return read_book(desk.ehr, desk.tasks, desk.record, day, day)


def _taken(task: Task, step: Step, book: Book) -> bool:
    """By anything but this task's own visit, which an answer lost and late can have doubled: that is the sweep's."""
    assert step.start is not None
    assert step.minutes is not None
    others = [visit for visit in book.appointments if not step.marker or step.marker not in visit.note]
    return is_taken(
        replace(book, appointments=others),
        place_of(step),
        step.start,
        step.minutes,
        step.time_pattern,
        ignore_appointment_id=step.appointment_id,
        ignore_task_id=task.id,
    )
