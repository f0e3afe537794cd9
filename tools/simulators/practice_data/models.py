"""The nouns of a generated practice: plain data, no vendor's words, no I/O.

Days and times of day are the office's own; `datetime` values carry the office's zone, stamps are in UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

PatientStatus = Literal["active", "inactive", "archived", "deceased", "prospective", "non_patient"]
VisitStatus = Literal["scheduled", "complete", "broken", "unscheduled", "planned"]
ScheduleKind = Literal["practice", "provider", "blockout"]

UNIT_MINUTES = 5


@dataclass(slots=True)
class Clinic:
    id: int
    name: str
    abbreviation: str
    address: str
    city: str
    state: str
    zip_code: str
    phone: str


@dataclass(slots=True)
class Definition:
    """An entry of a pick list; `no_scheduling` matters for blockout types only."""

    id: int
    category: str
    name: str
    hidden: bool = False
    no_scheduling: bool = False


@dataclass(slots=True)
class Provider:
    id: int
    abbreviation: str
    first_name: str
    last_name: str
    suffix: str
    is_hygienist: bool
    is_hidden: bool
    color: tuple[int, int, int]
    national_provider_id: str
    state_license: str
    changed_at: datetime


@dataclass(slots=True)
class Operatory:
    """A chair. Its dentist and hygienist are who works there by default."""

    id: int
    name: str
    abbreviation: str
    item_order: int
    is_hidden: bool
    is_hygiene: bool
    is_web_bookable: bool
    dentist_id: int | None
    hygienist_id: int | None
    clinic_id: int | None
    type_definition_id: int


@dataclass(slots=True)
class AppointmentType:
    id: int
    name: str
    color: tuple[int, int, int]
    pattern: str
    procedure_codes: tuple[str, ...]
    is_hidden: bool = False


@dataclass(slots=True)
class Schedule:
    """Working hours of a provider, a blockout of chairs, or (kind `practice`) a closed day of the whole office.

    A provider's block without operatories means: any chair that is his by default.
    """

    id: int
    kind: ScheduleKind
    day: date
    start: time
    end: time
    provider_id: int | None
    blockout_definition_id: int | None
    operatory_ids: tuple[int, ...]
    note: str
    changed_at: datetime


@dataclass(slots=True)
class Patient:
    id: int
    guarantor_id: int
    first_name: str
    last_name: str
    middle_initial: str
    preferred_name: str
    gender: Literal["male", "female", "unknown"]
    position: Literal["single", "married", "child", "widowed", "divorced"]
    birth_date: date
    social_security_number: str
    address: str
    address2: str
    city: str
    state: str
    zip_code: str
    home_phone: str
    work_phone: str
    mobile_phone: str
    email: str
    status: PatientStatus
    primary_provider_id: int
    hygienist_id: int | None
    clinic_id: int | None
    chart_number: str
    billing_type: str
    language: str
    text_messages: Literal["yes", "no", "unknown"]
    entered_on: date
    first_visit: date | None
    changed_at: datetime


@dataclass(slots=True)
class Appointment:
    """A visit. `pattern` holds one character per five minutes: X the provider's time, / the assistant's.

    In a hygiene visit X is the hygienist's time. Unscheduled and planned visits have neither start nor chair.
    """

    id: int
    patient_id: int
    status: VisitStatus
    start: datetime | None
    pattern: str
    operatory_id: int | None
    provider_id: int
    hygienist_id: int | None
    is_hygiene: bool
    is_new_patient: bool
    is_asap: bool
    clinic_id: int | None
    appointment_type_id: int | None
    confirmed_definition_id: int
    broken_reason: Literal["missed", "cancelled"] | None
    procedures: str
    note: str
    created_at: datetime
    changed_at: datetime

    @property
    def minutes(self) -> int:
        return len(self.pattern) * UNIT_MINUTES

    @property
    def end(self) -> datetime | None:
        return None if self.start is None else self.start + timedelta(minutes=self.minutes)


@dataclass(slots=True)
class Recall:
    id: int
    patient_id: int
    due: date
    previous: date
    interval_months: int


@dataclass(slots=True)
class PracticeData:
    """One whole practice as it stands on the morning of `today`."""

    seed: int
    today: date
    timezone: str
    clinics: list[Clinic] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    providers: list[Provider] = field(default_factory=list)
    operatories: list[Operatory] = field(default_factory=list)
    appointment_types: list[AppointmentType] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    recalls: list[Recall] = field(default_factory=list)
    preferences: dict[str, str] = field(default_factory=dict)
    default_provider_id: int = 0
