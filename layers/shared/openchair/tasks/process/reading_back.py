"""Looking at a chart for what became of a write: one whose answer was lost, or one that is carried out later."""

from openchair.errors import EhrRejected
from openchair.models.journal import Step, StepState, Task, TaskState
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told
from openchair.tasks.process.meanings import TOLD
from openchair.tasks.process.reviews import adopt, give_up
from openchair.tasks.process.worker import LOOK_AGAIN, Worker, as_
from openchair.tasks.steps import LOOK, READ_BACK
from openchair.tasks.steps.common import Desk, Done, Failed, NeedsReview, Redirected, Unseen, Waits

LONGEST_SENDS = 5


def look(worker: Worker, task: Task, desk: Desk) -> Task:
    place = task.place
    step = task.steps[place].model_copy(update={"refused_since": None})
    try:
        found = LOOK[step.kind](task, step, desk)
    except TOLD as error:
        return worker.settle(task, error)
    worker.answered(task)
    if isinstance(found, NeedsReview):
        return worker.review(task, found.code)
    if isinstance(found, Waits):
        looked = task.with_step(place, found.step)
        return worker.wait(looked, found.due, state=TaskState.AWAITING_EHR, **told(outcomes.AWAITING_EHR))
    if isinstance(found, Redirected):
        return worker.save(task, steps=found.steps, ending=found.ending)
    return worker.done(task, step, found, desk)


def read_back(worker: Worker, task: Task, desk: Desk) -> Task:
    place = task.place
    step = task.steps[place]
    try:
        found = READ_BACK[step.kind](task, step, desk)
    except TOLD as error:
        return worker.settle(task, error)
    worker.answered(task)
    step = step.model_copy(update={"was_unclear": True, "refused_since": None})
    if isinstance(found, NeedsReview):
        decided = task.open_resolution
        # To send again is decided upon what a person was shown; what has happened since is shown first.
        if decided is None or (decided.action == "resend" and task.review_code != found.code):
            return worker.review(task, found.code)
        found = Unseen(found.code)
    if isinstance(found, Failed):
        # Until the window is over what was sent may still arrive, and a failure told now would be contradicted.
        if _still_open(worker, step):
            return _look_again(worker, task, step)
        return worker.settle(task.with_step(place, as_(step, StepState.REFUSED)), found.error)
    if isinstance(found, Done):
        return worker.done(task, step, found, desk)
    return _unseen(worker, task, step, desk, found)


def _unseen(worker: Worker, task: Task, step: Step, desk: Desk, unseen: Unseen) -> Task:
    place = task.place
    if _still_open(worker, step):
        return _look_again(worker, task, step)
    if task.open_resolution is not None:
        if task.open_resolution.action == "adopt":
            return adopt(worker, task, step, task.open_resolution, desk)
        again = as_(step, StepState.NEW, attempt=0, refusals=())
        if task.open_resolution.action == "give_up":
            return give_up(worker, task.with_step(place, again), unseen.found)
        return worker.save(task.with_step(place, again), resolution_applied=True)
    if len(step.refusals) >= 2 and step.refusals[-1] == step.refusals[-2]:
        return worker.settle(task.with_step(place, as_(step, StepState.REFUSED)), EhrRejected())
    if step.attempt >= LONGEST_SENDS:
        return worker.review(task, outcomes.SENT_TOO_OFTEN)
    return worker.save(task.with_step(place, as_(step, StepState.NEW)))


def _still_open(worker: Worker, step: Step) -> bool:
    assert step.sent_at is not None
    return worker.clock.now() < step.sent_at + worker.window


def _look_again(worker: Worker, task: Task, step: Step) -> Task:
    assert step.sent_at is not None
    due = min(step.sent_at + worker.window, worker.clock.now() + LOOK_AGAIN)
    return worker.wait(task.with_step(task.place, step), due, **told(outcomes.READING_BACK))
