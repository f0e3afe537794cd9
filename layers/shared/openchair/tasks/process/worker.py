"""The transitions of a task. Each is one conditional write, so a worker that was overtaken stops at its next."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from openchair.errors import EhrNotSynced, GivenUp, GivenUpUnread, OpenChairError
from openchair.models.journal import TERMINAL, Hold, Step, StepKind, StepState, Task, TaskState
from openchair.models.request import TaskType
from openchair.ports import Circuits, Clock, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.lines import line_of_appointment
from openchair.tasks.outcomes import told, told_of
from openchair.tasks.process.meanings import At, Meaning, meaning_of, where
from openchair.tasks.steps.await_chart import AWAITED_BY, awaiting
from openchair.tasks.steps.common import Desk, Done, standing_of
from openchair.tasks.steps.note import not_written

RETRY_FIRST = 30.0
RETRY_LONGEST = 300.0
REFUSED_FOR = timedelta(hours=1)
"""How long a look may be refused before a person is asked (docs/decisions.md)."""
LOOK_AGAIN = timedelta(seconds=60)
EHR_CAP = timedelta(seconds=60)
SKEW = timedelta(seconds=2)
SPARE = timedelta(seconds=10)
SYNC_WAITED_FOR = timedelta(hours=24)
_NEVER_SYNCED = "The practice's own system has not taken this appointment or person in for a day; nothing was done."
_WHAT_REMAINS = {
    StepKind.WITHDRAW: outcomes.COLLISION_REMAINS,
    StepKind.MOVE_BACK: outcomes.MOVED_ONTO_COLLISION,
}


def resend_window(timeout_seconds: int) -> timedelta:
    """W: after it, what was sent has taken effect or never will (design section 5)."""
    return timedelta(seconds=timeout_seconds) + EHR_CAP + 2 * SKEW + SPARE


class Worker:
    """While it holds a task's lease it goes on; a task put down (ended, waiting, in review) has none."""

    def __init__(
        self,
        tasks: TaskStore,
        circuits: Circuits,
        clock: Clock,
        remaining_seconds: Callable[[], float],
        timeout_seconds: int,
    ) -> None:
        self.tasks = tasks
        self.circuits = circuits
        self.clock = clock
        self.remaining_seconds = remaining_seconds
        self.window = resend_window(timeout_seconds)
        self.has_written = False
        self._timeout = timedelta(seconds=timeout_seconds)

    def take_up(self, task: Task) -> Task:
        """Nobody else looks at the task until this worker's time is certainly over."""
        until = self.clock.now() + self._timeout + SPARE
        updates: dict[str, Any] = {"attempts": task.attempts + 1, "lease_until": until, "next_attempt_at": until}
        if task.state in (TaskState.QUEUED, TaskState.IN_PROGRESS):
            updates |= {"state": TaskState.IN_PROGRESS, **told(outcomes.WORKING)}
        return self.save(task, **updates)

    def done(self, task: Task, step: Step, done: Done, desk: Desk) -> Task:
        """The present step is `step`, and has come to this."""
        place = task.place
        finished = step.model_copy(
            update={
                "state": StepState.DONE,
                "code": done.code,
                "appointment_id": done.appointment_id or step.appointment_id,
                "patient_id": done.patient_id or step.patient_id,
                "in_chart": done.in_chart,
            }
        )
        updates: dict[str, Any] = {"patient_id": done.patient_id or task.patient_id}
        if done.code is not None:
            updates |= {"appointment_id": done.appointment_id or task.appointment_id, "in_chart": True}
        if done.in_chart is not None:
            updates["in_chart"] = done.in_chart
        if done.visit is not None and (standing := standing_of(done.visit)) is not None:
            updates["visit"] = standing
        if task.state in TERMINAL:
            # The second line changes nothing of what was told.
            updates = {}
        task = task.with_step(place, finished, **updates)
        is_awaited = step.kind in AWAITED_BY and desk.capabilities.writes_asynchronously
        if is_awaited and (step.sent_at is not None or done.stood):
            behind = place + 1
            steps = (*task.steps[:behind], awaiting(finished, done, self.clock.now()), *task.steps[behind:])
            task = task.changed(steps=steps, **({} if task.state in TERMINAL else {"in_chart": False}))
        if task.next_step is None:
            return self.finish(task)
        joined = None
        if step.kind is StepKind.CREATE_APPOINTMENT:
            assert done.appointment_id is not None
            joined = line_of_appointment(done.appointment_id)
        return self.save(task, join=joined)

    def finish(self, task: Task) -> Task:
        if task.state is TaskState.COMPLETED:
            return self.save(task, lease_until=None, next_attempt_at=task.sweep_at)
        if task.ending is not None:
            updates = {"code": task.ending.code, "message": task.ending.message, **_without_withdrawn(task)}
            return self.end(task, TaskState.FAILED, updates)
        *_, code = [step.code for step in task.steps if step.code is not None]
        return self.end(task, TaskState.COMPLETED, told(code))

    def end(self, task: Task, state: TaskState, updates: dict[str, Any]) -> Task:
        sweep_at = None
        unclear = unclear_creates(task)
        if state is TaskState.COMPLETED and unclear:
            assert unclear[-1].sent_at is not None
            sweep_at = unclear[-1].sent_at + self.window
            # The second line goes on with what it adds itself, and not with what a person gave up.
            updates["steps"] = tuple(step for step in task.steps if step.state is StepState.DONE)
        return self.tasks.end(self._touched(task, state=state, resolution=None, sweep_at=sweep_at, **updates))

    def settle(self, task: Task, error: OpenChairError) -> Task:
        """What an error that is certain to have changed nothing comes to: try later, a person, or the end."""
        meaning = meaning_of(error, where(task))
        if isinstance(error, EhrNotSynced) and where(task) is At.NEW and self._waited_for_sync(task):
            meaning, error = Meaning.NO, EhrNotSynced(_NEVER_SYNCED)
        if meaning in (Meaning.AGAIN, Meaning.BUSY):
            if meaning is Meaning.AGAIN:
                self.failed(task, error)
            return self.wait(task, self.after(_delay(task, error)), **told_of(error))
        if meaning is Meaning.LATER:
            return self._refused_look(task, error)
        step = task.steps[task.place]
        if step.kind in _WHAT_REMAINS:
            return self.review(task, _WHAT_REMAINS[step.kind])
        if step.kind is StepKind.CANCEL_APPOINTMENT and task.type is TaskType.RESCHEDULE_APPOINTMENT:
            return self.review(task, outcomes.OLD_VISIT_REMAINS)
        if step.kind is StepKind.APPEND_NOTE:
            # A move does not fail because of its note.
            return self.save(task.with_step(task.place, as_(step, StepState.DONE, code=not_written(task).code)))
        if task.resolution_applied and task.review_code == outcomes.NOT_CONFIRMED_BY_EHR:
            # What was accepted before may still be carried out, whatever is said to its being sent again.
            return self.review(task, outcomes.NOT_CONFIRMED_BY_EHR)
        in_chart = task.in_chart if isinstance(error, GivenUp) else bool(task.in_chart)
        return self.end(task, TaskState.FAILED, {"in_chart": in_chart, **told_of(error)})

    def _waited_for_sync(self, task: Task) -> bool:
        return self.clock.now() >= task.accepted_at + SYNC_WAITED_FOR

    def _refused_look(self, task: Task, error: OpenChairError) -> Task:
        """One refusal says nothing of a write. One that lasts leaves it to a person, who can look otherwise."""
        step, now = task.next_step, self.clock.now()
        if step is None:
            return self.wait(task, self.after(RETRY_LONGEST), **told_of(error))
        since = step.refused_since or now
        if now - since < REFUSED_FOR:
            marked = step.model_copy(update={"refused_since": since})
            return self.wait(task.with_step(task.place, marked), self.after(RETRY_LONGEST), **told_of(error))
        decided = task.open_resolution
        if decided is not None and decided.action == "give_up":
            return self.end(task, TaskState.FAILED, {"in_chart": None, **told_of(GivenUpUnread())})
        return self.review(task, outcomes.READ_REFUSED)

    def out_of_time(self, task: Task) -> Task:
        """Not enough is left for a write. Who has written goes on at once; who only read meets a slow EHR."""
        if self.has_written:
            return self.wait(task, self.clock.now())
        return self.wait(task, self.after(_backoff(task)), **told(outcomes.EHR_SLOW))

    def wait(self, task: Task, due: datetime, **updates: Any) -> Task:
        if task.state in TERMINAL or task.state is TaskState.NEEDS_REVIEW:
            updates = {}
        return self.save(task, lease_until=None, next_attempt_at=due, **updates)

    def review(self, task: Task, code: str) -> Task:
        """Holds and place in line are kept until a person settles it."""
        if task.state in TERMINAL:
            return self.save(task, lease_until=None, next_attempt_at=None, sweep_at=None)
        return self.save(
            task,
            state=TaskState.NEEDS_REVIEW,
            reviewed_for=task.reviewed_for if code == outcomes.CANNOT_ADOPT else code,
            resolution=None,
            resolution_applied=False,
            lease_until=None,
            next_attempt_at=None,
            **told(code),
        )

    def hold(self, task: Task, take: Sequence[Hold], leave: Sequence[Hold]) -> Task:
        return self.tasks.save(self._touched(task), take, None, leave)

    def save(self, task: Task, join: str | None = None, **updates: Any) -> Task:
        return self.tasks.save(self._touched(task, **updates), (), join)

    def failed(self, task: Task, error: OpenChairError) -> None:
        """What it says of the EHR counts for all practices of the account, or for this one alone."""
        is_own = getattr(error, "scope", None) == "practice"
        self.circuits.failed(task.ehr_account_id, task.practice_id if is_own else None)

    def answered(self, task: Task) -> None:
        self.circuits.answered(task.ehr_account_id, task.practice_id)

    def after(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def _touched(self, task: Task, **updates: Any) -> Task:
        return task.changed(updated_at=self.clock.now(), **updates)


def as_(step: Step, state: StepState, **updates: Any) -> Step:
    return step.model_copy(update={"state": state, **updates})


def unclear_creates(task: Task) -> list[Step]:
    """Visits of which an answer was lost, so that more than one may have come of them."""
    return [step for step in task.steps if step.kind is StepKind.CREATE_APPOINTMENT and step.was_unclear]


def _without_withdrawn(task: Task) -> dict[str, Any]:
    """A visit that was taken back is told no more; an onboarded patient's chart stays."""
    if not any(step.kind is StepKind.WITHDRAW for step in task.steps):
        return {}
    old = getattr(task.request, "appointment_id", None)
    return {"appointment_id": old, "visit": None, "in_chart": _patient_is_in_chart(task)}


def _patient_is_in_chart(task: Task) -> bool:
    """An onboarded person's chart: as it was told when it was made, or brought there by the visit."""
    if task.type is not TaskType.ONBOARD_NEW_PATIENT:
        return False
    made, *visits = task.steps
    return made.in_chart is not False or any(step.in_chart for step in visits)


def _delay(task: Task, error: OpenChairError) -> float:
    retry_after: float | None = getattr(error, "retry_after", None)
    if retry_after is not None:
        return min(max(retry_after, 1.0), RETRY_LONGEST)
    return _backoff(task)


def _backoff(task: Task) -> float:
    return float(min(RETRY_FIRST * 2.0 ** max(task.attempts - 1, 0), RETRY_LONGEST))
