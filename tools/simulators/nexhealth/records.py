"""NexHealth's rows and the rows of the EHR behind it. Rows never change, they are replaced.

Moments are aware and in UTC; `foreign` numbers are the EHR's own, all other numbers are NexHealth's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal

ChartStatus = Literal["scheduled", "complete", "missed", "cancelled"]
WriteState = Literal["written", "pending", "failed", "timed_out", "incomplete", "withdrawn", "not_written"]
"""`not_written`: the location keeps its appointments in NexHealth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    id: int
    name: str
    foreign: int
    street_address: str
    city: str
    state: str
    zip_code: str
    phone_number: str
    tz: str
    created_at: datetime
    updated_at: datetime
    insert_appt_client: bool = True
    map_by_operatory: bool = True
    inactive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    id: int
    foreign: int
    first_name: str
    last_name: str
    npi: str
    state_license: str
    specialty_code: str
    inactive: bool
    location_ids: tuple[int, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Operatory:
    id: int
    foreign: int
    name: str
    location_id: int
    active: bool
    bookable_online: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentType:
    id: int
    name: str
    minutes: int
    bookable_online: bool
    parent_type: str
    parent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHour:
    """Exactly one of `days`, `specific_date` and `recurrence` is set; times are the location's own."""

    id: int
    provider_id: int
    location_id: int
    operatory_id: int | None
    begin: time
    end: time
    days: tuple[str, ...] | None = None
    specific_date: date | None = None
    recurrence: tuple[int, str, date] | None = None
    appointment_type_ids: tuple[int, ...] = ()
    active: bool = True
    source: Literal["manual", "synced"] = "synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """`foreign` None: not in the EHR. `new_patient` marks a placeholder, which the EHR's own record replaces."""

    id: int
    foreign: int | None
    first_name: str
    last_name: str
    middle_name: str | None = None
    email: str | None = None
    bio: dict[str, Any] = field(default_factory=dict)
    inactive: bool = False
    new_patient: bool = False
    non_patient: bool = False
    guarantor_id: int | None = None
    billing_type: str | None = None
    chart_id: str | None = None
    preferred_language: str | None = None
    provider_id: int | None = None
    location_ids: tuple[int, ...] = ()
    created_at: datetime
    updated_at: datetime
    synced_at: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def bookable(self) -> bool:
        return not (self.inactive or self.new_patient or self.non_patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """`patient_id` None: a block. `checkin_at` and the other stamps are None until they happen."""

    id: int
    foreign: int | None
    patient_id: int | None
    provider_id: int | None
    location_id: int
    operatory_id: int | None
    start: datetime
    end: datetime
    note: str = ""
    appointment_type_id: int | None = None
    unavailable: bool = False
    confirmed: bool = False
    confirmed_at: datetime | None = None
    cancelled: bool = False
    cancelled_at: datetime | None = None
    patient_missed: bool = False
    checked_out: bool = False
    checked_out_at: datetime | None = None
    checkin_at: datetime | None = None
    is_guardian: bool = False
    is_new_clients_patient: bool = False
    referrer: str | None = None
    by_api: bool = False
    created_at: datetime
    updated_at: datetime
    synced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartVisit:
    """A row of the EHR's own book. `provider` and the rest are NexHealth's ids, so that both sides compare."""

    foreign: int
    patient: int | None
    provider_id: int | None
    location_id: int
    operatory_id: int | None
    start: datetime
    end: datetime
    status: ChartStatus
    confirmed: bool
    note: str
    appointment_type_id: int | None = None
    checkin_at: datetime | None = None
    deleted: bool = False
    by: Literal["api", "staff"] = "staff"


@dataclass(slots=True, kw_only=True)
class Effects:
    """How often a row was written: what NexHealth accepted, and what reached the chart."""

    accepted_creates: int = 0
    accepted_patches: int = 0
    chart_creates: int = 0
    chart_changes: int = 0
    state: WriteState = "written"
    read_back: bool = False


@dataclass(slots=True)
class SyncState:
    """What GET /sync_status tells."""

    read_status: str
    read_status_at: datetime
    write_status: str
    write_status_at: datetime
