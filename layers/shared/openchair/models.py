"""The words of OpenChair as data: practices, people, chairs, visits, slots and tasks (design sections 2 and 4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from openchair.contacts import has_unusable_characters, is_email, is_phone, phone_digits
from openchair.errors import ServiceNotFound

# --------------------------------------------------------------------------------------------- checked texts


def _usable(text: str) -> str:
    if has_unusable_characters(text):
        raise ValueError("holds a control character or half a surrogate pair")
    return text


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("is not an e-mail address")
    return text


def _phone(text: str) -> str:
    if not is_phone(text):
        raise ValueError("is not a phone number of ten digits or with a country code")
    return text


def _name(text: str) -> str:
    if not any(c.isalpha() for c in text):
        raise ValueError("holds no letter")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone") from error
    return text


def _birth_date(day: date) -> date:
    if not date(1880, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("is not a birth date")
    return day


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
PracticeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_usable),
    AfterValidator(_name),
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_usable)
]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_usable)]
Email = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_usable), AfterValidator(_email)]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=25), AfterValidator(_usable), AfterValidator(_phone)
]
BirthDate = Annotated[date, AfterValidator(_birth_date)]
Zone = Annotated[str, AfterValidator(_zone)]
SecretName = Annotated[str, StringConstraints(pattern=r"^practice-[A-Za-z0-9/_+=.@-]{1,200}$")]


class Document(BaseModel):
    """A document from outside: unknown fields are refused, and no rejected value ever stands in an error text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


# -------------------------------------------------------------------------------------------------- practice


class Ehr(StrEnum):
    OPEN_DENTAL = "OPEN_DENTAL"
    NEXHEALTH = "NEXHEALTH"


class Service(Document):
    """What a patient can book. `pattern` is the vendor's, one character for five minutes, `X` = provider time."""

    id: Id
    name: ShortText
    minutes: Annotated[int, Field(ge=5, le=540, multiple_of=5)]
    operatory_type: Id | None = None
    appointment_type_id: Id | None = None
    pattern: Annotated[str, StringConstraints(pattern=r"^[X/]{1,108}$")] | None = None
    provider_ids: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _pattern_is_as_long_as_minutes(self) -> "Service":
        if self.pattern is not None and len(self.pattern) * 5 != self.minutes:
            raise ValueError("pattern has to hold one character for every five of the minutes")
        return self

    @property
    def time_pattern(self) -> str:
        return self.pattern or "X" * (self.minutes // 5)


class OpenDentalSettings(Document):
    api_key_secret_name: SecretName
    clinic_number: Annotated[int, Field(ge=1)] | None = None
    throttle: Literal["standard", "read_only", "enterprise"] = "standard"
    operatory_id_to_provider_id: Mapping[Id, Id] = {}
    operatory_type_to_ids: Mapping[Id, tuple[Id, ...]] = {}
    operatory_type_to_provider_ids: Mapping[Id, tuple[Id, ...]] = {}
    reschedule: Literal["move", "rebook"] = "move"
    break_type: Literal["Missed", "Cancelled"] | None = None
    confirmed_def: Id | None = None


class NexHealthSettings(Document):
    api_key_secret_name: SecretName
    subdomain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    location_ids: Annotated[tuple[Id, ...], Field(min_length=1)]
    default_provider_id: Id | None = None
    api_version: ShortText = "v3.0.0"
    read_cycle_minutes: Annotated[int, Field(ge=1, le=1440)] = 10


class Booking(Document):
    minimum_lead_minutes: Annotated[int, Field(ge=0, le=43200)] = 60
    start_grid_minutes: Annotated[int, Field(ge=5, le=240, multiple_of=5)] = 10
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90


class Sync(Document):
    patients_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    appointments_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    schedules_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    full_hour_local: Annotated[int, Field(ge=0, le=23)] = 2


@dataclass(frozen=True, slots=True)
class ChairMaps:
    """The practice's own word on chairs and providers, whatever its EHR's section of the document calls it."""

    operatory_id_to_provider_id: Mapping[str, str]
    operatory_type_to_ids: Mapping[str, tuple[str, ...]]
    operatory_type_to_provider_ids: Mapping[str, tuple[str, ...]]
    location_ids: tuple[str, ...]


class Practice(Document):
    """The practice document (design section 4)."""

    id: PracticeId
    name: ShortText
    timezone: Zone
    ehr: Ehr
    open_dental: OpenDentalSettings | None = None
    nexhealth: NexHealthSettings | None = None
    services: tuple[Service, ...] = ()
    booking: Booking = Booking()
    sync: Sync = Sync()

    @model_validator(mode="after")
    def _has_the_settings_of_its_ehr(self) -> "Practice":
        wanted = "open_dental" if self.ehr is Ehr.OPEN_DENTAL else "nexhealth"
        if getattr(self, wanted) is None:
            raise ValueError(f"a practice on {self.ehr} needs the section {wanted}")
        if len({service.id for service in self.services}) != len(self.services):
            raise ValueError("two services have the same id")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def rebooks(self) -> bool:
        """A visit is moved by booking anew, then cancelling: for practices that count broken appointments."""
        return self.open_dental is not None and self.open_dental.reschedule == "rebook"

    @property
    def chair_maps(self) -> ChairMaps:
        """`location_ids` is empty when the practice is not limited to some."""
        if self.open_dental is not None and self.ehr is Ehr.OPEN_DENTAL:
            section = self.open_dental
            return ChairMaps(
                section.operatory_id_to_provider_id,
                section.operatory_type_to_ids,
                section.operatory_type_to_provider_ids,
                (str(section.clinic_number),) if section.clinic_number is not None else (),
            )
        return ChairMaps({}, {}, {}, self.nexhealth.location_ids if self.nexhealth is not None else ())

    def service(self, service_id: str) -> Service:
        """Raises ServiceNotFound."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise ServiceNotFound

    @property
    def secret_name(self) -> str:
        section = self.open_dental if self.ehr is Ehr.OPEN_DENTAL else self.nexhealth
        assert section is not None  # held by the validator above
        return section.api_key_secret_name


@dataclass(frozen=True, slots=True)
class PracticeRecord:
    """A practice as stored. Practices with one `ehr_account_id` share what one key opens: limiter, lines, claims."""

    practice: Practice
    version: int
    ehr_account_id: str
    may_overlap: bool = False


# ------------------------------------------------------------------------------------ what the EHR tells us


@dataclass(frozen=True, slots=True)
class Provider:
    id: str
    name: str
    abbreviation: str = ""
    is_hygienist: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Operatory:
    """A chair. `provider_id` and `hygienist_id` are who the EHR assigns to it, None for nobody."""

    id: str
    name: str
    abbreviation: str = ""
    is_hygiene: bool = False
    is_hidden: bool = False
    provider_id: str | None = None
    hygienist_id: str | None = None
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class WorkBlock:
    """A provider works from start to end in these chairs; no chair named means any chair assigned to the provider."""

    provider_id: str
    operatory_ids: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Blockout:
    """Nothing is booked from start to end in these chairs; none named means all."""

    operatory_ids: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """The hours of a range of days. A closed day has no openings whatever else it holds."""

    work_blocks: tuple[WorkBlock, ...] = ()
    blockouts: tuple[Blockout, ...] = ()
    closed_days: frozenset[date] = frozenset()


class AppointmentStatus(StrEnum):
    """FHIR's words where it has one. Only the first three take up a chair."""

    BOOKED = "booked"
    FULFILLED = "fulfilled"
    NOTE = "note"
    CANCELLED = "cancelled"
    WAITLIST = "waitlist"
    PROPOSED = "proposed"


OCCUPYING = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.FULFILLED, AppointmentStatus.NOTE})


@dataclass(frozen=True, slots=True)
class ProviderTime:
    """A stretch of an appointment in which this provider is needed; the rest is an assistant's."""

    provider_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit as the EHR holds it. `start` is in the practice's zone, None on no schedule (waitlist, proposed).

    `provider_id` is whose time the visit mainly takes: the hygienist's where the EHR marks it as hygiene.
    `service_name` is what the EHR says is to be done, "" when nothing; `changed_at` the EHR's own stamp as text.
    `is_in_chart`: the practice's own system has it, which an EHR that writes later tells; `synced_at` (UTC) when that
    system was last compared with.
    """

    id: str
    patient_id: str
    status: AppointmentStatus
    start: datetime | None
    minutes: int
    operatory_id: str | None = None
    provider_id: str | None = None
    second_provider_id: str | None = None
    provider_times: tuple[ProviderTime, ...] = ()
    is_hygiene: bool = False
    is_confirmed: bool = False
    confirmation: str = ""
    note: str = field(default="", repr=False)
    service_name: str = ""
    appointment_type_id: str | None = None
    location_id: str | None = None
    time_pattern: str = ""
    changed_at: str = ""
    is_in_chart: bool = True
    synced_at: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """In elapsed time, also across a change of the clocks."""
        if self.start is None:
            return None
        return (self.start.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(self.start.tzinfo)

    @property
    def occupies(self) -> bool:
        return self.status in OCCUPYING and self.start is not None


@dataclass(frozen=True, slots=True)
class Patient:
    """A person as the EHR holds them. `location_id` is where they belong, None for nowhere in particular.

    `is_bookable` is False of one for whom the EHR takes no visit, as they are no patient, or not yet.
    """

    id: str
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    email: str | None = field(default=None, repr=False)
    preferred_name: str | None = field(default=None, repr=False)
    is_active: bool = True
    location_id: str | None = None
    is_in_chart: bool = True
    is_bookable: bool = True


@dataclass(frozen=True, slots=True)
class SyncState:
    """How an EHR is connected to the practice's own system at a location; times are in UTC, None when never.

    `writes_reach_chart` is False where nothing is ever written there, which is a setting and no outage.
    """

    writes_reach_chart: bool = True
    is_reading: bool = True
    is_writing: bool = True
    read_at: datetime | None = None
    written_at: datetime | None = None
    system_name: str = ""


@dataclass(frozen=True, slots=True)
class LocationCheck:
    """A location of an EHR that stands between us and the practice's own system."""

    location_id: str
    sync: SyncState
    has_hours: bool
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class OfficeCheck:
    """What the EHR says of itself. `wall_time` is the office's clock, naive on purpose; `utc_offset` may be untold.

    `appointment_type_ids`: the types there are, None where they are not asked for.
    """

    permissions: Mapping[str, bool]
    provider_count: int
    wall_time: datetime | None
    utc_offset: timedelta | None
    version: str | None
    locations: tuple[LocationCheck, ...] = ()
    appointment_type_ids: frozenset[str] | None = None


class PatientQuery(Document):
    """Exactly one of: phone; email; last_name with first_name and date_of_birth."""

    phone: Phone | None = None
    email: Email | None = None
    last_name: Name | None = None
    first_name: Name | None = None
    date_of_birth: BirthDate | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "PatientQuery":
        by_name = (self.last_name, self.first_name, self.date_of_birth)
        asked = [self.phone is not None, self.email is not None, any(part is not None for part in by_name)]
        if sum(asked) != 1 or (asked[2] and None in by_name):
            raise ValueError("give phone, or email, or last_name with first_name and date_of_birth")
        return self


# ---------------------------------------------------------------------------------------------------- slots


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit takes place: the chair, whose time it takes, and who else belongs to that chair."""

    operatory_id: str
    provider_id: str
    second_provider_id: str | None = None
    is_hygiene: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A bookable start. Times are aware, in the practice's zone."""

    start: datetime
    end: datetime
    place: Place


# ---------------------------------------------------------------------------------------------------- tasks


class TaskType(StrEnum):
    CREATE_APPOINTMENT = "CREATE_APPOINTMENT"
    RESCHEDULE_APPOINTMENT = "RESCHEDULE_APPOINTMENT"
    CANCEL_APPOINTMENT = "CANCEL_APPOINTMENT"
    CONFIRM_APPOINTMENT = "CONFIRM_APPOINTMENT"
    ONBOARD_NEW_PATIENT = "ONBOARD_NEW_PATIENT"


class AppointmentRequest(Document):
    """A visit to book. `start` is ISO 8601 with offset, kept as sent: what it means depends on the practice's zone."""

    service_id: Id
    start: Annotated[str, StringConstraints(max_length=40)]
    provider_id: Id | None = None
    operatory_id: Id | None = None
    location_id: Id | None = None
    notes: Notes | None = None
    allow_overlap: bool = False


class CreateAppointment(AppointmentRequest):
    type: Literal[TaskType.CREATE_APPOINTMENT]
    patient_id: Id


class RescheduleAppointment(Document):
    type: Literal[TaskType.RESCHEDULE_APPOINTMENT]
    appointment_id: Id
    patient_id: Id | None = None
    start: Annotated[str, StringConstraints(max_length=40)]
    provider_id: Id | None = None
    operatory_id: Id | None = None
    notes: Notes | None = None
    allow_overlap: bool = False


class CancelAppointment(Document):
    type: Literal[TaskType.CANCEL_APPOINTMENT]
    appointment_id: Id
    patient_id: Id | None = None
    send_to_unscheduled_list: bool = True


class ConfirmAppointment(Document):
    type: Literal[TaskType.CONFIRM_APPOINTMENT]
    appointment_id: Id
    patient_id: Id | None = None


class Address(Document):
    line1: ShortText
    line2: ShortText | None = None
    city: ShortText | None = None
    state: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    zip: Annotated[str, StringConstraints(pattern=r"^(\d{5}(-?\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$")] | None = None


class NewPatient(Document):
    """A person to onboard; a phone or an e-mail is needed, since the EHR tells patients apart by them."""

    first_name: Name
    last_name: Name
    date_of_birth: BirthDate
    phone: Phone | None = None
    email: Email | None = None
    gender: Literal["male", "female", "unknown"] | None = None
    middle_name: Name | None = None
    preferred_name: Name | None = None
    address: Address | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")] | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "NewPatient":
        if self.phone is None and self.email is None:
            raise ValueError("needs a phone or an email")
        return self

    def __repr__(self) -> str:
        return "NewPatient(...)"

    __str__ = __repr__


class OnboardNewPatient(Document):
    type: Literal[TaskType.ONBOARD_NEW_PATIENT]
    patient: NewPatient
    appointment: AppointmentRequest | None = None


TaskRequest = Annotated[
    CreateAppointment | RescheduleAppointment | CancelAppointment | ConfirmAppointment | OnboardNewPatient,
    Field(discriminator="type"),
]


class TaskState(StrEnum):
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    AWAITING_EHR = "awaiting_ehr"
    COMPLETED = "completed"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"


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
    CHECK_BACK = "check_back"
    AWAIT_APPOINTMENT = "await_appointment"
    AWAIT_MOVE = "await_move"
    AWAIT_CANCELLATION = "await_cancellation"
    AWAIT_CONFIRMATION = "await_confirmation"
    AWAIT_WITHDRAWAL = "await_withdrawal"
    AWAIT_MOVE_BACK = "await_move_back"


class StepState(StrEnum):
    NEW = "new"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"


class Stored(BaseModel):
    """A stored shape: fields of a newer version are ignored, so that versions n and n-1 read each other."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class Hold(Stored):
    """Time of a chair (`operatory`) or of a provider that a task keeps for itself; UTC, on five-minute marks."""

    resource: Literal["operatory", "provider"]
    resource_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold as others see it."""

    resource: Literal["operatory", "provider"]
    resource_id: str
    start: datetime
    end: datetime
    task_id: str


class Step(Stored):
    """One write to a chart, or one look at it, with its journal. All of it is recorded before anything is sent.

    `place`, `start` and `minutes` are what is asked for; `old_...` what stood there before. `refusals` are fingerprints
    of answers on no list, one for each send that got one; `was_unclear` says that it had to be read back. Of a look at
    what became of a write, `sent_at` is when the write was known to be accepted, and a comparison after `settles_at`
    tells what came of it.
    """

    kind: StepKind
    state: StepState = StepState.NEW
    marker: str | None = None
    attempt: int = 0
    sent_at: datetime | None = None
    settles_at: datetime | None = None
    seen_appointment_ids: tuple[str, ...] = ()
    appointment_id: str | None = None
    patient_id: str | None = None
    operatory_id: str | None = None
    provider_id: str | None = None
    second_provider_id: str | None = None
    is_hygiene: bool = False
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
    code: str | None = None


class Resolution(Document):
    """How a person settles a review. `adopt` names what stands in the chart for what was asked."""

    action: Literal["adopt", "resend", "give_up"]
    appointment_id: Id | None = None
    patient_id: Id | None = None

    @model_validator(mode="after")
    def _adopts_one_thing(self) -> "Resolution":
        named = (self.appointment_id is not None) + (self.patient_id is not None)
        if named != (self.action == "adopt"):
            raise ValueError("adopt names an appointment_id or a patient_id; resend and give_up name nothing")
        return self


class Ending(Stored):
    """How a task will fail once its remaining steps are done: decided before they are sent."""

    state: Literal["failed"] = "failed"
    code: str
    message: str


class Task(Stored):
    """A task as stored, with its journal. Answers show less of it (`task_answer` in tasks).

    `announced` is the state and code that were published last.
    """

    id: str
    practice_id: str
    ehr_account_id: str
    caller_id: str
    request: TaskRequest
    state: TaskState = TaskState.QUEUED
    code: str = "queued"
    message: str = "Accepted; it will be done shortly."
    appointment_id: str | None = None
    patient_id: str | None = None
    in_chart: bool | None = None
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
    resolution: Resolution | None = None
    resolution_applied: bool = False
    announced: str = ""
    reviewed_for: str | None = None
    shape: int = 1

    @property
    def type(self) -> TaskType:
        return self.request.type

    def step(self, kind: StepKind) -> Step:
        return next(step for step in self.steps if step.kind is kind)

    @property
    def open_resolution(self) -> Resolution | None:
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
    def next_step(self) -> Step | None:
        """The first that is not done."""
        return next((step for step in self.steps if step.state is not StepState.DONE), None)

    @property
    def sent_anything(self) -> bool:
        """Whether something of it may stand in the chart."""
        return any(step.state in (StepState.SENT, StepState.DONE) and step.attempt for step in self.steps)

    def changed(self, **updates: Any) -> "Task":
        return self.model_copy(update=updates)

    def with_step(self, step: Step, **updates: Any) -> "Task":
        """This task with the step of the same kind replaced."""
        steps = tuple(step if old.kind is step.kind else old for old in self.steps)
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


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """What is written for a new visit. `time_pattern`: `X` = the main provider's time, five minutes a character."""

    patient_id: str
    start: datetime
    minutes: int
    place: Place
    time_pattern: str
    note: str = field(repr=False)
    appointment_type_id: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Absolute new values, so that repeating them does no harm. `note` None leaves the note alone."""

    start: datetime
    minutes: int
    place: Place
    note: str | None = field(default=None, repr=False)


MARKER = re.compile(r"\[ref [0-9A-Z]{6}\]")


def same_phone(one: str, other: str) -> bool:
    return bool(phone_digits(one)) and phone_digits(one) == phone_digits(other)
