"""Writing to a chart: what is held and looked at before, and what each answer means."""

from openchair.errors import OpenChairError, PatientBusy, SlotTaken
from openchair.models.journal import Step, StepKind, StepState, Task
from openchair.models.request import RescheduleAppointment
from openchair.tasks.process.meanings import TOLD, At, Meaning, meaning_of
from openchair.tasks.process.worker import Worker, as_
from openchair.tasks.steps import PREPARE, READ_BACK
from openchair.tasks.steps.common import Desk, Done, Instead, NeedsReview, Ready
from openchair.tasks.submit import rebooking

WRITE_NEEDS_SECONDS = 70.0
_PLACES_TRIED = 3


def write(worker: Worker, task: Task, desk: Desk) -> Task:
    """Hold first, then look, then record the intent, then send.

    What was read before a hold was ours may be stale: another task can have booked there and let go in between. So
    after new time is held the chart is looked at once more (`ready.confirm`).
    """
    place = task.place
    step = task.steps[place]
    if step.kind is StepKind.MOVE_APPOINTMENT and not step.attempt and not desk.capabilities.moves_in_place:
        return _booked_anew(worker, task)
    taken: OpenChairError = SlotTaken()
    for _ in range(_PLACES_TRIED):
        try:
            ready = PREPARE[step.kind](task, step, desk)
        except TOLD as error:
            return _not_sent(worker, task, error, desk)
        worker.answered(task)
        if isinstance(ready, NeedsReview):
            return worker.review(task, ready.code)
        if isinstance(ready, Done):
            return worker.done(task, step, ready, desk)
        if isinstance(ready, Instead):
            return worker.save(task, steps=ready.steps)
        step = ready.step
        take = [hold for hold in ready.holds or () if hold not in task.holds]
        leave = [hold for hold in task.holds if ready.holds is not None and hold not in ready.holds]
        try:
            if take or leave:
                task = worker.hold(task.with_step(place, step), take, leave)
            # Holds of an earlier worker tell nothing of how fresh this one's look is.
            if take or task.attempts > 1:
                ready.confirm()
        except TOLD as error:
            if meaning_of(error, At.HELD) is Meaning.ELSEWHERE:
                taken = error
                continue
            return _not_sent(worker, task, error, desk)
        if worker.remaining_seconds() < WRITE_NEEDS_SECONDS:
            return worker.out_of_time(task)
        sent = as_(step, StepState.SENT, attempt=step.attempt + 1, sent_at=worker.clock.now())
        return _send(worker, worker.save(task.with_step(place, sent)), sent, ready, desk)
    return _not_sent(worker, task, taken, desk)


def _not_sent(worker: Worker, task: Task, error: OpenChairError, desk: Desk) -> Task:
    """What took the place may be our own visit: sent before, and there only since it was looked for last."""
    step = task.steps[task.place]
    if step.kind is StepKind.CREATE_APPOINTMENT and step.attempt and isinstance(error, SlotTaken | PatientBusy):
        try:
            found = READ_BACK[step.kind](task, step, desk)
        except TOLD as failed:
            return worker.settle(task, failed)
        if isinstance(found, Done):
            return worker.done(task, step, found, desk)
    return worker.settle(task, error)


def _send(worker: Worker, task: Task, sent: Step, ready: Ready, desk: Desk) -> Task:
    """The only place from which a chart is written to."""
    worker.has_written = True
    try:
        done = ready.send()
    except TOLD as error:
        meaning = meaning_of(error, At.LEAVING)
        if meaning is Meaning.UNKNOWN:
            return _unclear(worker, task, sent, error)
        if meaning is Meaning.ANEW and sent.kind is StepKind.MOVE_APPOINTMENT:
            return _booked_anew(worker, task)
        not_sent = meaning in (Meaning.AGAIN, Meaning.BUSY)
        left = ready.step if not_sent else as_(sent, StepState.REFUSED)
        return worker.settle(task.with_step(task.place, left), error)
    return worker.done(task, sent, done, desk)


def _unclear(worker: Worker, task: Task, sent: Step, error: OpenChairError) -> Task:
    """A refusal on no list is kept: the same one twice, with nothing in the chart, is a refusal."""
    fingerprint = getattr(error, "fingerprint", None)
    if fingerprint is None:
        worker.failed(task, error)
        return task
    refused = sent.model_copy(update={"refusals": (*sent.refusals, fingerprint)})
    return worker.save(task.with_step(task.place, refused))


def _booked_anew(worker: Worker, task: Task) -> Task:
    """For a system that does not move in place: the new visit first, which every system can."""
    assert isinstance(task.request, RescheduleAppointment)
    return worker.save(task, steps=rebooking(task.request))
