"""One look at a task: whether it is its turn, and its steps one after another as far as they go now."""

from collections.abc import Callable
from datetime import datetime

from openchair.errors import StaleVersion
from openchair.models.journal import TERMINAL, StepState, Task, TaskState
from openchair.models.practice import PracticeRecord
from openchair.ports import Circuits, Clock, EhrClient, PracticeReader, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.expiry import check_not_expired, expires_at
from openchair.tasks.lines import Turn, turn_of
from openchair.tasks.outcomes import told
from openchair.tasks.process.meanings import TOLD
from openchair.tasks.process.reading_back import look, read_back
from openchair.tasks.process.reviews import resolve
from openchair.tasks.process.second_line import sweep
from openchair.tasks.process.sending import write
from openchair.tasks.process.worker import RETRY_FIRST, RETRY_LONGEST, Worker
from openchair.tasks.steps import LOOK
from openchair.tasks.steps.common import Desk


def process_task(
    practice_id: str,
    task_id: str,
    *,
    tasks: TaskStore,
    practices: PracticeReader,
    ehr_for: Callable[[PracticeRecord], EhrClient],
    circuits: Circuits,
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
    if not task.is_understood or not _has_work(task, now) or (task.lease_until and task.lease_until > now):
        return task
    worker = Worker(tasks, circuits, clock, remaining_seconds, timeout_seconds)
    try:
        return _work(worker, task, practices, ehr_for)
    except StaleVersion:
        return tasks.task(practice_id, task_id)


def _has_work(task: Task, now: datetime) -> bool:
    if task.state in TERMINAL:
        return task.sweep_at is not None and task.sweep_at <= now
    return task.state is not TaskState.NEEDS_REVIEW or task.resolution is not None


def _work(
    worker: Worker, task: Task, practices: PracticeReader, ehr_for: Callable[[PracticeRecord], EhrClient]
) -> Task:
    try:
        record = practices.practice(task.practice_id)
        check_not_expired(task, record, worker.clock.now())
        if _must_wait_in_line(task, worker.tasks):
            return worker.wait(task, _next_in_line(task, record, worker), **told(outcomes.WAITING_IN_LINE))
        if next_try := worker.circuits.next_try(task.ehr_account_id, task.practice_id):
            return worker.wait(task, next_try, **told(outcomes.EHR_OFFLINE))
        task = worker.take_up(task)
        ehr = ehr_for(record)
        desk = Desk(record, ehr, worker.tasks, worker.clock, ehr.capabilities)
    except TOLD as error:
        return worker.settle(task, error)
    if task.state is TaskState.COMPLETED:
        task = sweep(worker, task, desk)
    elif task.open_resolution is not None:
        task = resolve(worker, task, task.open_resolution, desk)
    while task.lease_until is not None:
        task = _advance(worker, task, desk)
    return task


def _must_wait_in_line(task: Task, tasks: TaskStore) -> bool:
    if task.sent_anything or task.resolution is not None:
        return False
    return turn_of(task, tasks) is Turn.LATER


def _next_in_line(task: Task, record: PracticeRecord, worker: Worker) -> datetime:
    """Who ends wakes the next; a head that waits for a person or its EHR does not. Looked for ever less often."""
    waited = (worker.clock.now() - task.accepted_at).total_seconds()
    due = worker.after(min(max(waited / 4, 2 * RETRY_FIRST), RETRY_LONGEST))
    start = expires_at(task, record)
    return due if start is None else min(due, start)


def _advance(worker: Worker, task: Task, desk: Desk) -> Task:
    step = task.next_step
    if step is None:
        return worker.finish(task)
    if step.kind in LOOK:
        return look(worker, task, desk)
    if step.state is StepState.SENT:
        return read_back(worker, task, desk)
    return write(worker, task, desk)
