"""Tasks as they are stored: states, steps with their journals, holds and claims (design section 5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator

from openchair.models.request import AppointmentRequest, OnboardNewPatient, RescheduleAppointment
from openchair.models.stored_request import DecidedResolution, StoredRequest, UnknownRequest
from openchair.models.texts import Stored


class TaskState(StrEnum):
    """`UNKNOWN`: a state that a newer version has written, which alone goes on with the task."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    AWAITING_EHR = "awaiting_ehr"
    COMPLETED = "completed"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"
    UNKNOWN = "unknown"


TERMINAL = frozenset({TaskState.COMPLETED, TaskState.FAILED})
ENDED = TERMINAL | {TaskState.NEEDS_REVIEW}


class StepKind(StrEnum):
    CREATE_PATIENT = "create_patient"
    CREATE_APPOINTMENT = "create_appointment"
    MOVE_APPOINTMENT = "move_appointment"
    CANCEL_APPOINTMENT = "cancel_appointment"
    CONFIRM_APPOINTMENT = "confirm_appointment"
    CHECK = "check"
    WITHDRAW = "withdraw"
    MOVE_BACK = "move_back"
    APPEND_NOTE = "append_note"
    CHECK_BACK = "check_back"
    AWAIT_APPOINTMENT = "await_appointment"
    AWAIT_MOVE = "await_move"
    AWAIT_CANCELLATION = "await_cancellation"
    AWAIT_CONFIRMATION = "await_confirmation"
    AWAIT_WITHDRAWAL = "await_withdrawal"
    AWAIT_MOVE_BACK = "await_move_back"
    UNKNOWN = "unknown"


class StepState(StrEnum):
    NEW = "new"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def _known(words: type[StrEnum]) -> BeforeValidator:
    """A word that only a newer version knows becomes `UNKNOWN`; what holds one is never written (`is_understood`)."""

    def read(value: Any) -> Any:
        return value if not isinstance(value, str) or value in words else words["UNKNOWN"]

    return BeforeValidator(read)


DECISIONS = ("adopt", "resend", "give_up")


class Hold(Stored):
    """Time of a chair (`operatory`), provider or patient that a task keeps for itself; UTC, on five-minute marks."""

    resource: str
    resource_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold as others see it. What a newer version holds besides chairs, providers and patients is in nobody's way."""

    resource: str
    resource_id: str
    start: datetime
    end: datetime
    task_id: str


class Standing(Stored):
    """When and where a visit stood when the EHR last told of it; `minutes` None where it did not say how long."""

    start: datetime
    minutes: int | None
    operatory_id: str | None = None
    provider_id: str | None = None


class Step(Stored):
    """One write to a chart, or one look at it, with its journal. All of it is recorded before anything is sent.

    `place`, `start` and `minutes` are what is asked for; `old_...` what stood there before, `seen_...` what was there
    when it was sent. `refusals` are fingerprints of answers on no list, one for each send that got one; `was_unclear`
    says that it had to be read back, and `refused_since` for how long the EHR has refused to be read for it.
    `in_chart`: whether the practice's own system had it when the step was done. Of a look at what became of a write,
    `sent_at` is when the write was known to be accepted, `accepted_at` when by the EHR's own clock, and a comparison
    after `settles_at` tells what came of it.
    """

    kind: Annotated[StepKind, _known(StepKind)]
    state: Annotated[StepState, _known(StepState)] = StepState.NEW
    marker: str | None = None
    attempt: int = 0
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    settles_at: datetime | None = None
    refused_since: datetime | None = None
    seen_appointment_ids: tuple[str, ...] = ()
    seen_patient_ids: tuple[str, ...] = ()
    appointment_id: str | None = None
    patient_id: str | None = None
    operatory_id: str | None = None
    provider_id: str | None = None
    second_provider_id: str | None = None
    is_hygiene: bool = False
    location_id: str | None = None
    start: datetime | None = None
    minutes: int | None = None
    time_pattern: str = ""
    old_start: datetime | None = None
    old_operatory_id: str | None = None
    old_provider_id: str | None = None
    old_second_provider_id: str | None = None
    old_confirmation: str | None = None
    refusals: tuple[str, ...] = ()
    was_unclear: bool = False
    in_chart: bool | None = None
    code: str | None = None


class Ending(Stored):
    """How a task will fail once its remaining steps are done: decided before they are sent."""

    state: str = "failed"
    code: str
    message: str


TOLD_WITHIN = timedelta(minutes=1)
"""So long the one who ended a task has to publish it, before somebody else is woken for that."""


class Untold(Stored):
    """An event that could not be published: how often it was tried, and when it is tried again."""

    event: str
    attempts: int
    again_at: datetime


SHAPE = 1
"""Of a stored task. A version that writes what an older one must not act upon without knowing it counts up."""


class Task(Stored):
    """A task as stored, with its journal. Answers show less of it (`task_answer` in tasks).

    `visit`: the visit that was booked, moved, cancelled or confirmed. `announced` is the state and code that were
    published last.
    """

    id: str
    practice_id: str
    ehr_account_id: str
    caller_id: str
    request: StoredRequest
    state: Annotated[TaskState, _known(TaskState)] = TaskState.QUEUED
    code: str = "queued"
    message: str = "Accepted; it will be done shortly."
    appointment_id: str | None = None
    patient_id: str | None = None
    in_chart: bool | None = None
    visit: Standing | None = None
    steps: tuple[Step, ...]
    lines: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    version: int = 0
    attempts: int = 0
    accepted_at: datetime
    updated_at: datetime
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    ending: Ending | None = None
    sweep_at: datetime | None = None
    resolution: DecidedResolution | None = None
    resolution_applied: bool = False
    announced: str = ""
    untold: Untold | None = None
    reviewed_for: str | None = None
    shape: int = SHAPE

    @property
    def type(self) -> str:
        return self.request.type

    @property
    def is_understood(self) -> bool:
        """Whether this version knows all that decides on it; else it is left to a newer one, and never written."""
        return not (
            self.state is TaskState.UNKNOWN
            or self.shape > SHAPE
            or isinstance(self.request, UnknownRequest)
            or any(StepKind.UNKNOWN is step.kind or StepState.UNKNOWN is step.state for step in self.steps)
            or (self.resolution is not None and self.resolution.action not in DECISIONS)
        )

    @property
    def open_resolution(self) -> DecidedResolution | None:
        """A person's decision that is still to be put into the journal."""
        return None if self.resolution_applied else self.resolution

    @property
    def allows_overlap(self) -> bool:
        visit = self.request.appointment if isinstance(self.request, OnboardNewPatient) else self.request
        return isinstance(visit, AppointmentRequest | RescheduleAppointment) and visit.allow_overlap

    @property
    def review_code(self) -> str:
        """Why it is before a person; a decision that could not be carried out changes its code, not this."""
        return self.reviewed_for or self.code

    @property
    def is_settled(self) -> bool:
        """Whether it goes on only if somebody does something."""
        return self.state in ENDED and self.resolution is None

    @property
    def event(self) -> str:
        """What is published of it: its state and code."""
        return f"{self.state.value}/{self.code}"

    @property
    def announce_at(self) -> datetime | None:
        """When it is woken to be published; None when it was, or goes on and is published at its next look.

        Whoever ends a task or puts it before a person makes it due for this by the same write.
        """
        if not self.is_settled or self.announced == self.event:
            return None
        if self.untold is not None and self.untold.event == self.event:
            return self.untold.again_at
        return self.updated_at + TOLD_WITHIN

    @property
    def due_at(self) -> datetime | None:
        """When it is woken, for whatever comes first."""
        return min((at for at in (self.next_attempt_at, self.announce_at) if at is not None), default=None)

    @property
    def place(self) -> int:
        """Of the present step, the first that is not done; behind the last when all are."""
        undone = (place for place, step in enumerate(self.steps) if step.state is not StepState.DONE)
        return next(undone, len(self.steps))

    @property
    def next_step(self) -> Step | None:
        """The first that is not done."""
        return next(iter(self.steps[self.place :]), None)

    def last_done(self, *kinds: StepKind) -> Step:
        """The nearest step of one of these kinds before the present one."""
        return next(step for step in reversed(self.steps[: self.place]) if step.kind in kinds)

    @property
    def sent_anything(self) -> bool:
        """Whether something of it may stand in the chart."""
        return any(step.state in (StepState.SENT, StepState.DONE) and step.attempt for step in self.steps)

    def changed(self, **updates: Any) -> "Task":
        return self.model_copy(update=updates)

    def with_step(self, place: int, step: Step, **updates: Any) -> "Task":
        """This task with the step at this place replaced: a kind can stand in a task more than once."""
        steps = (*self.steps[:place], step, *self.steps[place + 1 :])
        return self.model_copy(update={"steps": steps, **updates})


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """Keyed hashes of a caller's key and of the body it came with; kept 30 days."""

    key_hash: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    tasks: tuple[Task, ...]
    next_cursor: str | None
    unreadable: int = 0
