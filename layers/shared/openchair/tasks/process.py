"""Doing a task: its turn, its steps one by one, and what every answer means for its state (design section 5).

A write is recorded as sent before it is sent. Who finds a step sent reads back what the chart holds, and sends again
only when nothing is there after the window in which an earlier sending could still take effect.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from openchair.errors import (
    Conflict,
    EhrBusy,
    EhrError,
    EhrNotSent,
    EhrNotSupported,
    EhrOutcomeUnknown,
    EhrRefused,
    EhrRejected,
    EhrUnavailable,
    GivenUp,
    InvalidTime,
    NotFound,
    OpenChairError,
    SlotTaken,
    StaleVersion,
)
from openchair.models.journal import TERMINAL, Step, StepKind, StepState, Task, TaskState
from openchair.models.practice import PracticeRecord
from openchair.models.request import RescheduleAppointment, Resolution, TaskType
from openchair.ports import Circuits, Clock, EhrClient, PracticeReader, TaskStore
from openchair.tasks import outcomes
from openchair.tasks.expiry import check_not_expired
from openchair.tasks.lines import Turn, line_of_appointment, turn_of
from openchair.tasks.outcomes import told, told_of
from openchair.tasks.resolve import adopted
from openchair.tasks.steps import LOOK, PREPARE, READ_BACK
from openchair.tasks.steps.await_chart import AWAITED_BY, WRITTEN_BY, withdrawn
from openchair.tasks.steps.common import Desk, Done, Failed, NeedsReview, Ready, Redirected, Unseen, Waits
from openchair.tasks.submit import rebooking
from openchair.tasks.sweep import doubles_of

WRITE_NEEDS_SECONDS = 70.0
LONGEST_SENDS = 5
RETRY_FIRST = 30.0
RETRY_LONGEST = 300.0
LOOK_AGAIN = timedelta(seconds=60)
EHR_CAP = timedelta(seconds=60)
SKEW = timedelta(seconds=2)
SPARE = timedelta(seconds=10)
SWEEP_TRIED_FOR = timedelta(hours=24)
_PLACES_TRIED = 3


def resend_window(timeout_seconds: int) -> timedelta:
    """W: after it, what was sent has taken effect or never will (design section 5)."""
    return timedelta(seconds=timeout_seconds) + EHR_CAP + 2 * SKEW + SPARE


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
    if not _has_work(task, now) or (task.lease_until and task.lease_until > now):
        return task
    worker = _Worker(tasks, circuits, clock, remaining_seconds, timeout_seconds)
    try:
        return worker.work(task, practices, ehr_for)
    except StaleVersion:
        return tasks.task(practice_id, task_id)


def _has_work(task: Task, now: datetime) -> bool:
    if task.state in TERMINAL:
        return task.sweep_at is not None and task.sweep_at <= now
    return task.state is not TaskState.NEEDS_REVIEW or task.resolution is not None


class _Worker:
    """The transitions of a task. Each is one conditional write, so a worker that was overtaken stops at its next.

    While it holds the lease it goes on; a task put down (ended, waiting, in review) has none.
    """

    def __init__(
        self,
        tasks: TaskStore,
        circuits: Circuits,
        clock: Clock,
        remaining_seconds: Callable[[], float],
        timeout_seconds: int,
    ) -> None:
        self._tasks = tasks
        self._circuits = circuits
        self._clock = clock
        self._remaining = remaining_seconds
        self._timeout = timedelta(seconds=timeout_seconds)
        self._window = resend_window(timeout_seconds)

    def work(self, task: Task, practices: PracticeReader, ehr_for: Callable[[PracticeRecord], EhrClient]) -> Task:
        try:
            if self._must_wait_in_line(task):
                return self.wait(task, self._in(2 * RETRY_FIRST), **told(outcomes.WAITING_IN_LINE))
            record = practices.practice(task.practice_id)
            check_not_expired(task, record, self._clock.now())
            if next_try := self._circuits.next_try(task.ehr_account_id):
                return self.wait(task, next_try, **told(outcomes.EHR_OFFLINE))
            task = self._take_up(task)
            desk = Desk(record, ehr_for(record), self._tasks, self._clock)
        except (EhrError, NotFound, Conflict) as error:
            return self.settle(task, error)
        if task.state is TaskState.COMPLETED:
            return self._sweep(task, desk)
        if task.open_resolution is not None:
            task = self._resolve(task, task.open_resolution, desk)
        while task.lease_until is not None:
            step = task.next_step
            if step is None:
                return self._finish(task)
            task = self._advance(task, step, desk)
        return task

    def _must_wait_in_line(self, task: Task) -> bool:
        if task.sent_anything or task.resolution is not None:
            return False
        return turn_of(task, self._tasks) is Turn.LATER

    def _take_up(self, task: Task) -> Task:
        """Nobody else looks at the task until this worker's time is certainly over."""
        until = self._clock.now() + self._timeout + SPARE
        updates: dict[str, Any] = {"attempts": task.attempts + 1, "lease_until": until, "next_attempt_at": until}
        if task.state in (TaskState.QUEUED, TaskState.IN_PROGRESS):
            updates |= {"state": TaskState.IN_PROGRESS, **told(outcomes.WORKING)}
        return self._save(task, **updates)

    # ------------------------------------------------------------------------------------------ one step

    def _advance(self, task: Task, step: Step, desk: Desk) -> Task:
        if step.kind not in LOOK and step.state is not StepState.SENT:
            return self._write(task, step, desk)
        try:
            if step.kind in LOOK:
                return self._look(task, step, desk)
            return self._read_back(task, step, desk)
        except _CERTAIN as error:
            return self.settle(task, error)

    def _look(self, task: Task, step: Step, desk: Desk) -> Task:
        found = LOOK[step.kind](task, step, desk)
        self._circuits.answered(task.ehr_account_id)
        if isinstance(found, NeedsReview):
            return self.review(task, found.code)
        if isinstance(found, Waits):
            looked = task.with_step(found.step)
            return self.wait(looked, found.due, state=TaskState.AWAITING_EHR, **told(outcomes.AWAITING_EHR))
        if isinstance(found, Redirected):
            return self._save(task, steps=found.steps, ending=found.ending)
        return self._done(task, step, found, desk)

    def _read_back(self, task: Task, step: Step, desk: Desk) -> Task:
        try:
            found = READ_BACK[step.kind](task, step, desk)
        except (EhrRefused, NotFound, Conflict, InvalidTime) as error:
            # The read was refused, which says nothing of the write.
            return self.wait(task, self._in(RETRY_LONGEST), **told_of(error))
        self._circuits.answered(task.ehr_account_id)
        step = step.model_copy(update={"was_unclear": True})
        if isinstance(found, NeedsReview):
            decided = task.open_resolution
            # To send again is decided upon what a person was shown; what has happened since is shown first.
            if decided is None or (decided.action == "resend" and task.review_code != found.code):
                return self.review(task, found.code)
            found = Unseen()
        if isinstance(found, Failed):
            # Until the window is over what was sent may still arrive, and a failure told now would be contradicted.
            if self._still_open(step):
                return self._look_again(task, step)
            return self.settle(task.with_step(_as(step, StepState.REFUSED)), found.error)
        if isinstance(found, Done):
            return self._done(task, step, found, desk)
        return self._unseen(task, step, desk)

    def _unseen(self, task: Task, step: Step, desk: Desk) -> Task:
        if self._still_open(step):
            return self._look_again(task, step)
        if task.open_resolution is not None:
            if task.open_resolution.action == "adopt":
                return self._adopt(task, step, task.open_resolution, desk)
            again = _as(step, StepState.NEW, attempt=0, refusals=())
            if task.open_resolution.action == "give_up":
                return self.settle(task.with_step(again), GivenUp())
            return self._save(task.with_step(again), resolution_applied=True)
        if len(step.refusals) >= 2 and step.refusals[-1] == step.refusals[-2]:
            return self.settle(task.with_step(_as(step, StepState.REFUSED)), EhrRejected())
        if step.attempt >= LONGEST_SENDS:
            return self.review(task, outcomes.SENT_TOO_OFTEN)
        return self._save(task.with_step(_as(step, StepState.NEW)))

    def _still_open(self, step: Step) -> bool:
        assert step.sent_at is not None
        return self._clock.now() < step.sent_at + self._window

    def _look_again(self, task: Task, step: Step) -> Task:
        assert step.sent_at is not None
        due = min(step.sent_at + self._window, self._clock.now() + LOOK_AGAIN)
        return self.wait(task.with_step(step), due, **told(outcomes.READING_BACK))

    def _write(self, task: Task, step: Step, desk: Desk) -> Task:
        """Hold first, then look, then record the intent, then send.

        What was read before a hold was ours may be stale: another task can have booked there and let go in between. So
        after new time is held the chart is looked at once more (`ready.confirm`).
        """
        if step.kind is StepKind.MOVE_APPOINTMENT and not step.attempt and not desk.ehr.capabilities.moves_in_place:
            assert isinstance(task.request, RescheduleAppointment)
            return self._save(task, steps=rebooking(task.request))
        taken = SlotTaken()
        for _ in range(_PLACES_TRIED):
            try:
                ready = PREPARE[step.kind](task, step, desk)
            except _CERTAIN as error:
                return self.settle(task, error)
            self._circuits.answered(task.ehr_account_id)
            if isinstance(ready, NeedsReview):
                return self.review(task, ready.code)
            if isinstance(ready, Done):
                return self._done(task, step, ready, desk)
            step = ready.step
            try:
                if ready.take:
                    task = self._tasks.save(self._touched(task.with_step(step)), ready.take)
                # Holds of an earlier worker tell nothing of how fresh this one's look is.
                if ready.take or task.attempts > 1:
                    ready.confirm()
            except SlotTaken as error:
                taken = error
                continue
            except _CERTAIN as error:
                return self.settle(task, error)
            if self._remaining() < WRITE_NEEDS_SECONDS:
                return self.wait(task, self._clock.now())
            sent = _as(step, StepState.SENT, attempt=step.attempt + 1, sent_at=self._clock.now())
            return self._send(self._save(task.with_step(sent)), sent, ready, desk)
        return self.settle(task, taken)

    def _send(self, task: Task, sent: Step, ready: Ready, desk: Desk) -> Task:
        """The only place from which a chart is written to."""
        try:
            done = ready.send()
        except EhrNotSent as error:
            return self.settle(task.with_step(ready.step), error)
        except (EhrRefused, NotFound, Conflict, InvalidTime) as error:
            if isinstance(error, EhrNotSupported) and sent.kind is StepKind.MOVE_APPOINTMENT:
                # It was thought to move in place: book anew first, which every system can.
                assert isinstance(task.request, RescheduleAppointment)
                return self._save(task, steps=rebooking(task.request))
            return self.settle(task.with_step(_as(sent, StepState.REFUSED)), error)
        except (EhrOutcomeUnknown, EhrUnavailable) as error:
            fingerprint = getattr(error, "fingerprint", None)
            if fingerprint is None:
                self._circuits.failed(task.ehr_account_id)
                return task
            return self._save(task.with_step(sent.model_copy(update={"refusals": (*sent.refusals, fingerprint)})))
        return self._done(task, sent, done, desk)

    def _done(self, task: Task, step: Step, done: Done, desk: Desk) -> Task:
        finished = step.model_copy(
            update={
                "state": StepState.DONE,
                "code": done.code,
                "appointment_id": done.appointment_id or step.appointment_id,
                "patient_id": done.patient_id or step.patient_id,
            }
        )
        updates: dict[str, Any] = {"patient_id": done.patient_id or task.patient_id}
        if done.code is not None:
            updates |= {"appointment_id": done.appointment_id or task.appointment_id, "in_chart": True}
        if done.in_chart is not None:
            updates["in_chart"] = done.in_chart
        task = task.with_step(finished, **updates)
        awaits = AWAITED_BY.get(step.kind) if desk.ehr.capabilities.writes_asynchronously else None
        if awaits is not None and step.sent_at is not None:
            place = task.steps.index(finished) + 1
            steps = (*task.steps[:place], Step(kind=awaits, sent_at=self._clock.now()), *task.steps[place:])
            task = task.changed(steps=steps, in_chart=False)
        if task.next_step is None:
            return self._finish(task)
        joined = None
        if step.kind is StepKind.CREATE_APPOINTMENT:
            assert done.appointment_id is not None
            joined = line_of_appointment(done.appointment_id)
        return self._save(task, join=joined)

    # ----------------------------------------------------------------------------------------------- ends

    def _finish(self, task: Task) -> Task:
        if task.state is TaskState.COMPLETED:
            return self._save(task, lease_until=None, next_attempt_at=task.sweep_at)
        if task.ending is not None:
            updates = {"code": task.ending.code, "message": task.ending.message, **_without_withdrawn(task)}
            return self._end(task, TaskState.FAILED, updates)
        *_, code = [step.code for step in task.steps if step.code is not None]
        return self._end(task, TaskState.COMPLETED, told(code))

    def _end(self, task: Task, state: TaskState, updates: dict[str, Any]) -> Task:
        sweep_at = None
        created = next((step for step in task.steps if step.kind is StepKind.CREATE_APPOINTMENT), None)
        if state is TaskState.COMPLETED and created is not None and created.was_unclear:
            assert created.sent_at is not None
            sweep_at = created.sent_at + self._window
        return self._tasks.end(self._touched(task, state=state, resolution=None, sweep_at=sweep_at, **updates))

    def settle(self, task: Task, error: OpenChairError) -> Task:
        """What an error that is certain to have changed nothing means: try later, a person, or the end."""
        if isinstance(error, EhrNotSent | EhrUnavailable):
            if not isinstance(error, EhrBusy):
                self._circuits.failed(task.ehr_account_id)
            return self.wait(task, self._in(_delay(task, error)), **told_of(error))
        step = task.next_step
        if task.state in TERMINAL or step is None:
            return self.wait(task, self._in(RETRY_LONGEST))
        if step.kind in LOOK or step.state is StepState.SENT:
            return self.wait(task, self._in(RETRY_LONGEST), **told_of(error))
        if step.kind in _WHAT_REMAINS:
            return self.review(task, _WHAT_REMAINS[step.kind])
        if step.kind is StepKind.CANCEL_APPOINTMENT and task.type is TaskType.RESCHEDULE_APPOINTMENT:
            return self.review(task, outcomes.OLD_VISIT_REMAINS)
        in_chart = any(done.state is StepState.DONE for done in task.steps)
        return self._end(task, TaskState.FAILED, {"in_chart": in_chart, **told_of(error)})

    def wait(self, task: Task, due: datetime, **updates: Any) -> Task:
        if task.state in TERMINAL or task.state is TaskState.NEEDS_REVIEW:
            updates = {}
        return self._save(task, lease_until=None, next_attempt_at=due, **updates)

    def review(self, task: Task, code: str) -> Task:
        """Holds and place in line are kept until a person settles it."""
        if task.state in TERMINAL:
            return self._save(task, lease_until=None, next_attempt_at=None, sweep_at=None)
        return self._save(
            task,
            state=TaskState.NEEDS_REVIEW,
            reviewed_for=task.reviewed_for if code == outcomes.CANNOT_ADOPT else code,
            resolution=None,
            resolution_applied=False,
            lease_until=None,
            next_attempt_at=None,
            **told(code),
        )

    # ------------------------------------------------------------------------------ review and second line

    def _resolve(self, task: Task, resolution: Resolution, desk: Desk) -> Task:
        """Puts a person's decision into the journal. What was sent is read back first, and decided upon there."""
        step = task.next_step
        if step is None or step.state is StepState.SENT:
            return task
        if resolution.action == "adopt":
            try:
                return self._adopt(task, step, resolution, desk)
            except (EhrError, NotFound) as error:
                return self.settle(task, error)
        if resolution.action == "resend":
            return self._save(_to_send_again(task, step), resolution_applied=True)
        if step.kind is StepKind.AWAIT_APPOINTMENT:
            left = withdrawn(task, GivenUp())
            return self._save(task, steps=left.steps, ending=left.ending, resolution_applied=True)
        is_unknown = task.review_code == outcomes.NOT_CONFIRMED_BY_EHR
        if is_unknown or any(done.state is StepState.DONE and done.kind in _BOOKS for done in task.steps):
            if task.review_code == outcomes.REMOVED_IN_EHR:
                return self._end(task, TaskState.FAILED, {"in_chart": False, **told_of(GivenUp())})
            return self._end(task, TaskState.COMPLETED, told(_stands(task)))
        return self.settle(task.with_step(_as(step, StepState.NEW)), GivenUp())

    def _adopt(self, task: Task, step: Step, resolution: Resolution, desk: Desk) -> Task:
        found = adopted(task, step, resolution, desk)
        if found is None:
            return self.review(task, outcomes.CANNOT_ADOPT)
        if isinstance(found, NeedsReview):
            return self.review(task, found.code)
        # A person has looked: what stands where is no longer to be checked.
        steps = tuple(one for one in task.steps if one.kind is not StepKind.CHECK)
        return self._done(task.changed(steps=steps, resolution_applied=True), step, found, desk)

    def _sweep(self, task: Task, desk: Desk) -> Task:
        """Second line: a task that sent more than once looks, when all has settled, whether one visit came of it."""
        assert task.sweep_at is not None
        try:
            doubles = doubles_of(task, desk)
        except EhrError as error:
            if self._clock.now() < task.sweep_at + SWEEP_TRIED_FOR:
                return self.settle(task, error)
            doubles = []
        except NotFound:
            doubles = []
        if not doubles:
            return self._save(task, sweep_at=None, lease_until=None, next_attempt_at=None)
        created = task.step(StepKind.CREATE_APPOINTMENT)
        withdrawal = created.model_copy(
            update={"kind": StepKind.WITHDRAW, "state": StepState.NEW, "attempt": 0, "appointment_id": doubles[0]}
        )
        kept = tuple(step for step in task.steps if step.kind is not StepKind.WITHDRAW)
        task = self._save(task, steps=(*kept, withdrawal))
        while task.lease_until is not None:
            assert task.next_step is not None
            task = self._advance(task, task.next_step, desk)
        return task

    # ---------------------------------------------------------------------------------------------- writing

    def _save(self, task: Task, join: str | None = None, **updates: Any) -> Task:
        return self._tasks.save(self._touched(task, **updates), (), join)

    def _touched(self, task: Task, **updates: Any) -> Task:
        return task.changed(updated_at=self._clock.now(), **updates)

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)


_CERTAIN = (EhrError, NotFound, Conflict, InvalidTime)
_BOOKS = (StepKind.CREATE_APPOINTMENT, StepKind.MOVE_APPOINTMENT)
_WHAT_REMAINS = {
    StepKind.WITHDRAW: outcomes.COLLISION_REMAINS,
    StepKind.MOVE_BACK: outcomes.MOVED_ONTO_COLLISION,
}


def _as(step: Step, state: StepState, **updates: Any) -> Step:
    return step.model_copy(update={"state": state, **updates})


def _to_send_again(task: Task, step: Step) -> Task:
    """A change that its system undid is made anew. A new visit is only looked for again: as a row it exists."""
    if step.kind not in WRITTEN_BY or step.kind is StepKind.AWAIT_APPOINTMENT:
        return task.with_step(_as(step, StepState.NEW, attempt=0, refusals=()))
    written = task.step(WRITTEN_BY[step.kind])
    steps = tuple(one for one in task.steps if one is not step)
    return task.changed(steps=steps).with_step(_as(written, StepState.NEW, attempt=0, refusals=()))


def _stands(task: Task) -> str:
    """What a person who gives the rest up leaves in the chart."""
    if task.review_code in (outcomes.COLLISION_REMAINS, outcomes.MOVED_ONTO_COLLISION):
        return task.review_code
    rebooks = task.type is TaskType.RESCHEDULE_APPOINTMENT and any(
        step.kind is StepKind.CANCEL_APPOINTMENT for step in task.steps
    )
    if rebooks:
        return outcomes.OLD_VISIT_REMAINS
    if task.review_code == outcomes.NOT_CONFIRMED_BY_EHR:
        return outcomes.NOT_CONFIRMED_BY_EHR
    return outcomes.MOVED if task.type is TaskType.RESCHEDULE_APPOINTMENT else outcomes.BOOKED


def _without_withdrawn(task: Task) -> dict[str, Any]:
    """A visit that was taken back is told no more; an onboarded patient's chart stays."""
    if not any(step.kind is StepKind.WITHDRAW for step in task.steps):
        return {}
    onboarded = task.type is TaskType.ONBOARD_NEW_PATIENT
    old = getattr(task.request, "appointment_id", None)
    return {"appointment_id": old, "in_chart": onboarded}


def _delay(task: Task, error: EhrError) -> float:
    if error.retry_after is not None:
        return min(max(error.retry_after, 1.0), RETRY_LONGEST)
    return float(min(RETRY_FIRST * 2.0 ** max(task.attempts - 1, 0), RETRY_LONGEST))
