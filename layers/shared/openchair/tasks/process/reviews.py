"""Carrying out what a person decided about a task in review."""

from openchair.errors import GivenUpUnread
from openchair.models.journal import Step, StepKind, StepState, Task, TaskState
from openchair.models.request import Resolution, TaskType
from openchair.tasks import outcomes
from openchair.tasks.outcomes import told, told_of
from openchair.tasks.process.meanings import TOLD
from openchair.tasks.process.worker import Worker, as_
from openchair.tasks.resolve import adopted
from openchair.tasks.steps.await_chart import WRITTEN_BY, withdrawn
from openchair.tasks.steps.common import Desk, NeedsReview

_UNCERTAIN = (outcomes.OUTCOME_UNKNOWN, outcomes.LOOK_ALIKE_IN_EHR)
_CHANGES = (StepKind.AWAIT_MOVE, StepKind.AWAIT_CANCELLATION, StepKind.AWAIT_CONFIRMATION)
"""Looks at a change that was accepted, and of which nothing more is known."""
_UNREAD = (outcomes.READ_REFUSED, outcomes.UNEXPECTED_FAULT)
_REMAINS = (
    outcomes.COLLISION_REMAINS,
    outcomes.MOVED_ONTO_COLLISION,
    outcomes.VISIT_REMAINS,
    outcomes.NOT_CONFIRMED_BY_EHR,
    outcomes.REMOVED_IN_EHR,
)
"""Reviews of what was to be taken back, in which a look has shown what became of it."""
_BOOKS = (StepKind.CREATE_APPOINTMENT, StepKind.MOVE_APPOINTMENT)


def resolve(worker: Worker, task: Task, resolution: Resolution, desk: Desk) -> Task:
    """Puts a person's decision into the journal. What was sent is read back first, and decided upon there."""
    step = task.next_step
    if step is None or step.state is StepState.SENT:
        return task
    if resolution.action == "adopt":
        return adopt(worker, task, step, resolution, desk)
    if resolution.action == "resend":
        return worker.save(_to_send_again(task, step), resolution_applied=True)
    if step.kind is StepKind.AWAIT_APPOINTMENT:
        left = withdrawn(task, outcomes.given_up(None, has_chart=_has_chart(task)))
        return worker.save(task, steps=left.steps, ending=left.ending, resolution_applied=True)
    is_unknown = task.review_code == outcomes.NOT_CONFIRMED_BY_EHR
    if step.kind in _CHANGES and not is_unknown and not _rebooks(task):
        return worker.end(task, TaskState.FAILED, {"in_chart": None, **told_of(GivenUpUnread())})
    if task.ending is not None and task.review_code not in _REMAINS:
        # What stood was being taken back: how far that got, nobody has read.
        return worker.end(task, TaskState.FAILED, {"in_chart": None, **told_of(GivenUpUnread())})
    if is_unknown or any(done.state is StepState.DONE and done.kind in _BOOKS for done in task.steps):
        if task.review_code == outcomes.REMOVED_IN_EHR:
            left_out = outcomes.given_up(outcomes.REMOVED_IN_EHR, has_chart=_has_chart(task))
            return worker.end(task, TaskState.FAILED, {"in_chart": False, **told_of(left_out)})
        if task.review_code == outcomes.VISIT_REMAINS:
            return worker.end(task, TaskState.COMPLETED, {"in_chart": None, **told(outcomes.VISIT_REMAINS)})
        return worker.end(task, TaskState.COMPLETED, told(_stands(task)))
    return give_up(worker, task.with_step(task.place, as_(step, StepState.NEW)), None)


def give_up(worker: Worker, task: Task, found: str | None) -> Task:
    """`found` is what the last look came to, None when nothing of it was there. A move that took effect stands."""
    if found == outcomes.STORED_DIFFERENTLY:
        return worker.end(task, TaskState.COMPLETED, {"in_chart": True, **told(outcomes.STATUS_CHANGED_IN_EHR)})
    in_chart = None if found in _UNCERTAIN else bool(task.in_chart)
    error = outcomes.given_up(found, has_chart=_has_chart(task))
    return worker.settle(task.changed(in_chart=in_chart), error)


def _has_chart(task: Task) -> bool:
    return any(step.kind is StepKind.CREATE_PATIENT and step.state is StepState.DONE for step in task.steps)


def adopt(worker: Worker, task: Task, step: Step, resolution: Resolution, desk: Desk) -> Task:
    try:
        found = adopted(task, step, resolution, desk)
    except TOLD as error:
        return worker.settle(task, error)
    if found is None:
        return worker.review(task, outcomes.CANNOT_ADOPT)
    if isinstance(found, NeedsReview):
        return worker.review(task, found.code)
    # A person has looked: what stands where is no longer to be checked.
    steps = tuple(one for one in task.steps if one.kind is not StepKind.CHECK)
    return worker.done(task.changed(steps=steps, resolution_applied=True), step, found, desk)


def _to_send_again(task: Task, step: Step) -> Task:
    """A change that its system undid is made anew. A new visit is only looked for again: as a row it exists.

    So is a change of which a look could not be had.
    """
    place = task.place
    is_looked_for = step.kind is StepKind.AWAIT_APPOINTMENT or task.review_code in _UNREAD
    if step.kind not in WRITTEN_BY or is_looked_for:
        return task.with_step(place, as_(step, StepState.NEW, attempt=0, refusals=()))
    written = place - 1
    again = as_(task.steps[written], StepState.NEW, attempt=0, refusals=())
    return task.changed(steps=(*task.steps[:written], again, *task.steps[place + 1 :]))


def _rebooks(task: Task) -> bool:
    moves = task.type is TaskType.RESCHEDULE_APPOINTMENT
    return moves and any(step.kind is StepKind.CANCEL_APPOINTMENT for step in task.steps)


def _stands(task: Task) -> str:
    """What a person who gives the rest up leaves in the chart."""
    if task.review_code in (outcomes.COLLISION_REMAINS, outcomes.MOVED_ONTO_COLLISION):
        return task.review_code
    if _rebooks(task):
        return outcomes.OLD_VISIT_REMAINS
    if task.review_code == outcomes.NOT_CONFIRMED_BY_EHR:
        return outcomes.NOT_CONFIRMED_BY_EHR
    return outcomes.MOVED if task.type is TaskType.RESCHEDULE_APPOINTMENT else outcomes.BOOKED
