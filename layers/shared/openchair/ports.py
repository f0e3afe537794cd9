"""What the core needs from outside, as small protocols by need (design section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from openchair.limits import LimitState
from openchair.models.journal import Claim, Hold, IdempotencyRecord, Task, TaskPage, TaskState
from openchair.models.office import BookCheck, OfficeCheck, Operatory, Provider, Schedule, SyncState
from openchair.models.person import NewPatient, Patient, PatientQuery
from openchair.models.practice import PracticeRecord
from openchair.models.visit import Appointment, Move, NewAppointment, PatientVisits


class Clock(Protocol):
    """The only source of time. `now` is aware UTC; `monotonic` and `sleep` are in seconds."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What differs between EHRs, so that the core never asks which vendor it is.

    `appends_notes`: `add_note` adds a line to what staff has written; where it is False, the note of a visit could only
    be rewritten, and so is left alone. `moves_to_other_provider`: whether a move in place can change whose visit it is.
    `read_cycle`: how often one that writes later compares itself with the practice's own system.
    """

    moves_in_place: bool
    writes_asynchronously: bool
    moves_to_other_provider: bool = True
    holds_notes_up_to: int | None = None
    read_cycle: timedelta = timedelta()
    appends_notes: bool = False


class ScheduleReader(Protocol):
    """What openings are computed from. Dates are practice-local and inclusive; times are aware, in that zone.

    `providers` and `operatories` may be kept for a while; `max_age_seconds` says how old they may be at most (None: as
    old as the client keeps them). `appointments` are never kept, a `schedule` for seconds within one invocation. A row
    of theirs that takes up time and does not tell all takes what it may, and they raise EhrUnavailable rather than
    leave out one that tells nothing: what is left out looks free. `appointments` has all that begins on these days,
    and blocks of the schedule that reach into them.
    """

    def providers(self, *, max_age_seconds: float | None = None) -> Sequence[Provider]: ...
    def operatories(self, *, max_age_seconds: float | None = None) -> Sequence[Operatory]: ...
    def schedule(self, start_date: date, end_date: date) -> Schedule: ...
    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]: ...


class PatientReader(Protocol):
    """`patient` raises PatientNotFound.

    `find_patients` gives every match in the whole EHR account, and may give more: `people.fits` says who is meant. By a
    name it gives all who were born on that day, whatever they are called: names are spelled in many ways. It leaves
    out none for being archived or inactive. `patient_appointments` gives what is to come, cancelled too, and of the
    past what costs nothing more; `patient_visits` as much of the past as the EHR tells. `patient_appointment_history`
    is empty where the EHR keeps none, or gives none.
    """

    def patient(self, patient_id: str) -> Patient: ...
    def find_patients(self, query: PatientQuery) -> Sequence[Patient]: ...
    def patient_appointments(self, patient_id: str) -> Sequence[Appointment]: ...
    def patient_visits(self, patient_id: str) -> PatientVisits: ...
    def patient_appointment_history(self, patient_id: str) -> Sequence[Appointment]: ...


class EhrClient(ScheduleReader, PatientReader, Protocol):
    """One practice's EHR as slots and tasks use it.

    Reads raise EhrNotSent, EhrRefused or EhrUnavailable. Writes are sent once and raise EhrNotSent, EhrRefused
    or EhrOutcomeUnknown; which of the three decides what the journal records (design section 5, write step). They give
    the appointment as the EHR answers it, None where it answers none. `is_confirmed` may cost a read, the answer of
    which is kept for a while.
    """

    @property
    def capabilities(self) -> Capabilities: ...
    def sync_state(self, location_id: str | None) -> SyncState: ...
    def appointment(self, appointment_id: str) -> Appointment: ...
    def is_confirmed(self, visit: Appointment) -> bool: ...
    def create_appointment(self, new: NewAppointment) -> Appointment: ...
    def move_appointment(self, appointment_id: str, move: Move) -> Appointment: ...
    def add_note(self, appointment_id: str, note: str) -> None: ...
    def cancel_appointment(self, appointment_id: str, *, send_to_unscheduled_list: bool) -> Appointment | None: ...
    def confirm_appointment(self, appointment_id: str) -> Appointment | None: ...
    def create_patient(self, new: NewPatient) -> Patient: ...


class OfficeReader(Protocol):
    """What health and doctor ask of an EHR: permissions by name, the office's own clock as an offset-free wall time.

    `check_book` reads these days as slots do, inclusive, and tells what is odd in them.
    """

    def check_office(self) -> OfficeCheck: ...
    def check_book(self, start_date: date, end_date: date) -> BookCheck: ...


class PracticeReader(Protocol):
    """Practices and callers. PracticeNotFound is raised for an unknown id and for one the caller may not touch."""

    def practice(self, practice_id: str) -> PracticeRecord: ...
    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord: ...


class ClaimReader(Protocol):
    """Live claims of an EHR account that overlap [start, end)."""

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]: ...


EVENTS_AT_ONCE = 100
"""Tasks that are due only to be published, of all that are due: a bus that refuses may let these pile up."""


@dataclass(frozen=True, slots=True)
class DueTask:
    """A task whose time to be looked at has come, as the due index tells it: a hint, never a decision."""

    practice_id: str
    task_id: str
    next_attempt_at: str


@dataclass(frozen=True, slots=True)
class ReviewsWaiting:
    """How many tasks wait for a person, and since when the longest."""

    count: int
    since: datetime | None


class TaskStore(ClaimReader, Protocol):
    """Tasks, their lines, idempotency records and claims. Every write is conditional on the version read.

    `accept` stores all of a new task in one transaction, or returns the task an equal request made before; it raises
    IdempotencyKeyReused, SlotTaken or PatientBusy and then stores nothing. `save` raises StaleVersion; with `take` it
    claims these holds in the same transaction and raises PatientBusy when the patient's time is another task's, else
    SlotTaken when a chair's or a provider's is, with `leave` it releases these; with `join` the task gets a place at
    the end of that line too. `end` stores a terminal task,
    releases its holds, takes it out of its lines and makes the next of each line due, in one transaction; it is due
    again only at its `sweep_at`, and to be published. To release what was swept, or is another's since, is no error.
    `note` stores what was published of a task, and leaves the time at which one that goes on is looked at as it is.
    `line` gives (practice_id, task_id) of the open tasks of a line in the order accepted. `due` gives, behind those to
    be looked at, EVENTS_AT_ONCE that are only to be published. `wake` is for one waker at a time.
    """

    def accept(self, task: Task, record: IdempotencyRecord) -> Task: ...
    def accepted(self, practice_id: str, record: IdempotencyRecord) -> Task | None: ...
    def task(self, practice_id: str, task_id: str) -> Task: ...
    def tasks(self, practice_id: str, state: TaskState | None, limit: int, cursor: str | None) -> TaskPage: ...
    def save(
        self, task: Task, take: Sequence[Hold] = (), join: str | None = None, leave: Sequence[Hold] = ()
    ) -> Task: ...
    def end(self, task: Task) -> Task: ...
    def note(self, task: Task) -> Task: ...
    def line(self, ehr_account_id: str, line: str) -> Sequence[tuple[str, str]]: ...
    def due(self, now: datetime, limit: int) -> Sequence[DueTask]: ...
    def wake(self, due: DueTask, next_attempt_at: datetime) -> Task | None: ...


class Circuits(Protocol):
    """Whether an EHR is worth a call, shared by all workers: an office that is down costs others nothing.

    An account has a circuit, and so has each practice in it. `next_try` gives None when a call may be made for the
    practice; while one of the two is open the time of the next try. Once that time has come exactly one caller gets
    None, as a probe. `failed` counts towards opening that of the practice, or of the account where none is named;
    `answered` closes both.
    """

    def next_try(self, ehr_account_id: str, practice_id: str) -> datetime | None: ...
    def failed(self, ehr_account_id: str, practice_id: str | None = None) -> None: ...
    def answered(self, ehr_account_id: str, practice_id: str) -> None: ...


class LimitStore(Protocol):
    """What `limits` decides on, one state for each EHR account. Both raise StoreUnavailable.

    `swap` stores `new` if the account is still as in `seen`, and returns what it stored, or None.
    """

    def read(self, ehr_account_id: str) -> LimitState: ...
    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None: ...


@dataclass(frozen=True, slots=True)
class Token:
    """What an EHR account's key was exchanged for. Times are UTC in seconds since 1970; `version` is the store's.

    `fingerprint` tells the key it was made with from another.
    """

    value: str = field(repr=False)
    fingerprint: str
    expires_at: float
    renew_at: float
    version: int = 0


class TokenStore(Protocol):
    """Tokens of EHR accounts, encrypted where they are kept. All raise StoreUnavailable.

    `token` gives one that has ended where what is stored cannot be read any more: it is renewed as any other.
    `lease` lets exactly one renew what is stored at `version` (0: nothing yet) until its time is over, `put` or
    `release` end that. `put` returns what is stored, or None when somebody else was first.
    """

    def token(self, ehr_account_id: str) -> Token | None: ...
    def lease(self, ehr_account_id: str, version: int, until: float) -> bool: ...
    def put(self, ehr_account_id: str, token: Token) -> Token | None: ...
    def release(self, ehr_account_id: str, version: int) -> None: ...


class TaskQueue(Protocol):
    """`send` carries ids only. The version makes a repeated message one message (design section 4)."""

    def send(self, task: Task) -> None: ...


class TaskEvents(Protocol):
    """`publish` tells platforms a task's ids, state and code; raises StoreUnavailable."""

    def publish(self, task: Task) -> None: ...
