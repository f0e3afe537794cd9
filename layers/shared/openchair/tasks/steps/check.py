"""Looking after a visit was written: did the front desk book the same chair, provider or patient meanwhile?

Claims, and the look after them, keep our own tasks apart; nothing keeps the front desk from booking between our last
look and our write.
"""

from dataclasses import replace

from openchair.errors import PatientBusy, SlotTaken
from openchair.models.journal import Ending, Step, StepKind, StepState, Task
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.slots.book import taken_time
from openchair.slots.nouns import Book
from openchair.slots.openings import check_free
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told_of
from openchair.tasks.steps.common import Desk, Done, Look, NeedsReview, Redirected, place_of, unsent
from openchair.tasks.steps.move import back_from


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
    collision = _collision(task, written, book)
    if collision is None:
        return Done(None)
    ending = Ending(**told_of(collision))
    done = tuple(before for before in task.steps if before.state is StepState.DONE)
    if written.kind is StepKind.CREATE_APPOINTMENT:
        if ours.status is not AppointmentStatus.BOOKED:
            return NeedsReview(outcomes.COLLISION_REMAINS)
        return Redirected((*done, unsent(written, StepKind.WITHDRAW)), ending)
    back = back_from(written)
    if ours.status is not AppointmentStatus.BOOKED or _collision(task, back, _book(back, desk)) is not None:
        return NeedsReview(outcomes.MOVED_ONTO_COLLISION)
    return Redirected((*done, back, Step(kind=StepKind.CHECK_BACK)), ending)


def check_back(task: Task, step: Step, desk: Desk) -> Look:
    back = task.last_done(StepKind.MOVE_BACK)
    book = _book(back, desk)
    collides = _standing(back, book) is not None and _collision(task, back, book) is not None
    return NeedsReview(outcomes.MOVED_ONTO_COLLISION) if collides else Done(None)


def _standing(step: Step, book: Book) -> Appointment | None:
    """The visit, if it still stands where the step put it."""
    at = (step.appointment_id, step.start, step.operatory_id)
    found = (visit for visit in book.appointments if (visit.id, visit.start, visit.operatory_id) == at)
    return next((visit for visit in found if visit.occupies), None)


def _book(step: Step, desk: Desk) -> Book:
    assert step.start is not None
    assert step.minutes is not None
    return taken_time(desk.ehr, desk.tasks, desk.record, step.start, step.minutes)


def _collision(task: Task, step: Step, book: Book) -> SlotTaken | PatientBusy | None:
    """With anything but this task's own visit, which an answer lost and late can have doubled: that is the sweep's.

    Nor with the visit that gives way to it in a rebook.
    """
    assert step.start is not None
    assert step.minutes is not None
    own = {step.appointment_id, getattr(task.request, "appointment_id", None)}
    others = [
        visit
        for visit in book.appointments
        if visit.id not in own and (step.marker is None or step.marker not in visit.note)
    ]
    try:
        check_free(
            replace(book, appointments=others),
            place_of(step),
            step.start,
            step.minutes,
            step.time_pattern,
            patient_id=step.patient_id,
            ignore_task_id=task.id,
        )
    except (SlotTaken, PatientBusy) as collision:
        return collision
    return None
