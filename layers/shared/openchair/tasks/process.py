"""Doing a task: its turn, its steps one by one, and what every answer means for its state (design section 5)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from openchair.errors import (
    Conflict,
    EhrError,
    EhrNotSent,
    EhrOutcomeUnknown,
    EhrRefused,
    EhrUnavailable,
    InvalidTime,
    NotFound,
    OpenChairError,
    SlotTaken,
    StaleVersion,
    TaskExpired,
)
from openchair.models import (
    ENDED,
    AppointmentRequest,
    OnboardNewPatient,
    PracticeRecord,
    RescheduleAppointment,
    Step,
    StepState,
    Task,
    TaskState,
    TaskType,
)
from openchair.ports import Clock, EhrClient, PracticeReader, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.lines import Turn, turn_of
from openchair.tasks.outcomes import told, told_of
from openchair.tasks.steps import Desk, Done, NeedsReview, Ready, prepare
from openchair.tasks.submit import requested_start

WRITE_NEEDS_SECONDS = 70.0
LEASE_SPARE = timedelta(seconds=10)
RETRY_FIRST = 30.0
RETRY_LONGEST = 300.0
_PLACES_TRIED = 3


def process_task(
    practice_id: str,
    task_id: str,
    *,
    tasks: TaskStore,
    practices: PracticeReader,
    ehr_for: Callable[[PracticeRecord], EhrClient],
    clock: Clock,
    remaining_seconds: Callable[[], float],
    timeout_seconds: int,
) -> Task:
    """Does what can be done now and returns the task as it then is stored.

    Raises StoreError when our own state cannot be written; the message is then delivered again. Somebody else's
    progress on the same task (StaleVersion) is left to them.
    """
    task = tasks.task(practice_id, task_id)
    now = clock.now()
    if task.state in ENDED or (task.lease_until and task.lease_until > now):
        return task
    worker = _Worker(tasks, clock, remaining_seconds)
    try:
        if any(step.state is StepState.SENT for step in task.steps):
            return worker.review(task, outcomes.OUTCOME_UNKNOWN)
        try:
            if turn_of(task, tasks) is Turn.LATER:
                return worker.wait(task, RETRY_FIRST * 2, **told(outcomes.WAITING_IN_LINE))
            record = practices.practice(practice_id)
            _check_not_expired(task, record, now)
            task = worker.take_up(task, timeout_seconds)
            desk = Desk(record, ehr_for(record), tasks, clock)
        except (EhrError, NotFound, Conflict) as error:
            return worker.settle(task, error)
        for kind in [step.kind for step in task.steps]:
            if task.step(kind).state is not StepState.DONE:
                task = worker.do(task, task.step(kind), desk)
                if task.state in ENDED or task.step(kind).state is not StepState.DONE:
                    return task
        return task
    except StaleVersion:
        return tasks.task(practice_id, task_id)


def _check_not_expired(task: Task, record: PracticeRecord, now: datetime) -> None:
    """Only a task of which nothing was sent can expire."""
    request = task.request
    visit = request.appointment if isinstance(request, OnboardNewPatient) else request
    untouched = all(step.state is StepState.NEW for step in task.steps)
    if not untouched or not isinstance(visit, AppointmentRequest | RescheduleAppointment):
        return
    if requested_start(visit, record) <= now:
        raise TaskExpired


class _Worker:
    """The transitions of a task. Each is one conditional write, so a worker that was overtaken stops at its next."""

    def __init__(self, tasks: TaskStore, clock: Clock, remaining_seconds: Callable[[], float]) -> None:
        self._tasks = tasks
        self._clock = clock
        self._remaining = remaining_seconds

    def take_up(self, task: Task, timeout_seconds: int) -> Task:
        """Nobody else looks at the task until this worker's time is certainly over."""
        until = self._clock.now() + timedelta(seconds=timeout_seconds) + LEASE_SPARE
        return self._save(
            task,
            state=TaskState.IN_PROGRESS,
            attempts=task.attempts + 1,
            lease_until=until,
            next_attempt_at=until,
            **told(outcomes.WORKING),
        )

    def do(self, task: Task, step: Step, desk: Desk) -> Task:
        places_left = _PLACES_TRIED
        while True:
            try:
                ready = prepare(task, step, desk)
            except NeedsReview as error:
                return self.review(task, error.code)
            except (EhrError, NotFound, Conflict, InvalidTime) as error:
                return self.settle(task, error)
            if isinstance(ready, Done):
                return self._done(task, step, ready)
            if self._remaining() < WRITE_NEEDS_SECONDS:
                return self.wait(task, 0.0)
            sent = ready.step.model_copy(
                update={"state": StepState.SENT, "attempt": step.attempt + 1, "sent_at": self._clock.now()}
            )
            try:
                task = self._save(task.with_step(sent), ready)
            except SlotTaken as error:
                # Claimed since it was read: another look may find another place.
                places_left -= 1
                if not places_left:
                    return self.settle(task, error)
                continue
            return self._send(task, sent, ready)

    def _send(self, task: Task, sent: Step, ready: Ready) -> Task:
        """The only place from which a chart is written to. Never twice: what is unclear goes to a person."""
        try:
            done = ready.send()
        except EhrNotSent as error:
            again = sent.model_copy(update={"state": StepState.NEW, "sent_at": None})
            return self.settle(task.with_step(again), error)
        except (EhrRefused, NotFound, Conflict, InvalidTime) as error:
            refused = sent.model_copy(update={"state": StepState.REFUSED})
            return self.settle(task.with_step(refused), error)
        except (EhrOutcomeUnknown, EhrUnavailable):
            return self.review(task, outcomes.OUTCOME_UNKNOWN)
        return self._done(task, sent, done)

    def _done(self, task: Task, step: Step, done: Done) -> Task:
        is_last = task.steps[-1].kind is step.kind
        task = task.with_step(
            step.model_copy(
                update={
                    "state": StepState.DONE,
                    "appointment_id": done.appointment_id or step.appointment_id,
                    "patient_id": done.patient_id or step.patient_id,
                }
            ),
            appointment_id=done.appointment_id or task.appointment_id,
            patient_id=done.patient_id or task.patient_id,
            in_chart=True,
        )
        if not is_last:
            return self._save(task)
        code = outcomes.MOVED if task.type is TaskType.RESCHEDULE_APPOINTMENT and len(task.steps) > 1 else done.code
        return self._tasks.end(self._touched(task, state=TaskState.COMPLETED, **told(code)))

    def settle(self, task: Task, error: OpenChairError) -> Task:
        """What an error that is certain to have changed nothing means: try later, or the end."""
        if isinstance(error, EhrNotSent | EhrUnavailable):
            return self.wait(task, self._delay(task, error), **told_of(error))
        if task.type is TaskType.RESCHEDULE_APPOINTMENT and task.steps[0].state is StepState.DONE:
            return self.review(task, outcomes.OLD_VISIT_REMAINS)
        return self._tasks.end(
            self._touched(task, state=TaskState.FAILED, in_chart=self._in_chart(task), **told_of(error))
        )

    def wait(self, task: Task, seconds: float, **updates: Any) -> Task:
        due = self._clock.now() + timedelta(seconds=seconds)
        return self._save(task, lease_until=None, next_attempt_at=due, **updates)

    def review(self, task: Task, code: str) -> Task:
        """Holds and place in line are kept until a person settles it."""
        return self._save(task, state=TaskState.NEEDS_REVIEW, lease_until=None, next_attempt_at=None, **told(code))

    def _save(self, task: Task, ready: Ready | None = None, **updates: Any) -> Task:
        return self._tasks.save(self._touched(task, **updates), ready.take if ready else ())

    def _touched(self, task: Task, **updates: Any) -> Task:
        return task.changed(updated_at=self._clock.now(), **updates)

    @staticmethod
    def _in_chart(task: Task) -> bool:
        return any(step.state is StepState.DONE for step in task.steps)

    @staticmethod
    def _delay(task: Task, error: EhrError) -> float:
        if error.retry_after is not None:
            return min(max(error.retry_after, 1.0), RETRY_LONGEST)
        return float(min(RETRY_FIRST * 2.0 ** max(task.attempts - 1, 0), RETRY_LONGEST))
