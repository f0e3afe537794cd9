"""Waking tasks whose time has come, and waiting for one at the door."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from openchair.errors import StoredItemUnreadable, StoreError, StoreUnavailable
from openchair.models.journal import Task
from openchair.models.request import AppointmentRequest, OnboardNewPatient, RescheduleAppointment
from openchair.parsing import aware_or_none
from openchair.ports import Clock, TaskQueue, TaskStore

LOOK_AGAIN = timedelta(seconds=240)
_LOOKS_PER_SECOND = 4.0


@dataclass(frozen=True, slots=True)
class Woken:
    """`count` tasks were sent; of all that were due, the longest neglected was last touched `oldest_seconds` ago.

    A worker touches a task at every look and lets it wait five minutes at most, so a quarter of an hour means that none
    comes to look. Its due time would not tell: waking puts it off. What is only to be published does not count. 0 when
    nothing was due. `unreadable`: how many were due that this version cannot read, or may not act upon.
    """

    count: int
    oldest_seconds: int
    unreadable: int = 0


def wake_tasks(tasks: TaskStore, queue: TaskQueue, clock: Clock, limit: int = 500) -> Woken:
    """Sends every due task to the queue, the earliest visit first, and last what is only to be published. One that
    cannot be sent stays due for later.

    A record that cannot be read or written keeps nobody else back.
    """
    woken: list[Task] = []
    unreadable = 0
    for due in tasks.due(clock.now(), limit):
        try:
            task = tasks.wake(due, clock.now() + LOOK_AGAIN)
        except StoredItemUnreadable:
            unreadable += 1
            continue
        except StoreError:
            continue
        if task is not None:
            woken.append(task)
            unreadable += not task.is_understood
    sent = 0
    for task in sorted(woken, key=lambda one: (one.next_attempt_at is None, _starts_at(one))):
        try:
            queue.send(task)
        except StoreUnavailable:
            continue
        sent += 1
    looked_at = [task.updated_at for task in woken if task.next_attempt_at is not None]
    oldest = max((clock.now() - moment for moment in looked_at), default=timedelta())
    return Woken(sent, int(oldest.total_seconds()), unreadable)


def _starts_at(task: Task) -> datetime:
    """When the visit asked for starts; what concerns a visit there is goes by when it was accepted, so before them."""
    request = task.request.appointment if isinstance(task.request, OnboardNewPatient) else task.request
    if isinstance(request, AppointmentRequest | RescheduleAppointment):
        moment = aware_or_none(request.start)
        return moment if moment is not None else task.accepted_at
    return task.accepted_at


def await_end(task: Task, seconds: float, tasks: TaskStore, clock: Clock) -> Task:
    """The task once it ended or needs a person, or as it is after these seconds.

    No look begins that would end later, by what the longest one so far has taken.
    """
    deadline, lasts = clock.monotonic() + seconds, 0.0
    while not task.is_settled and clock.monotonic() + lasts < deadline:
        clock.sleep(min(1 / _LOOKS_PER_SECOND, max(deadline - lasts - clock.monotonic(), 0.01)))
        began = clock.monotonic()
        task = tasks.task(task.practice_id, task.id)
        lasts = max(lasts, clock.monotonic() - began)
    return task
