"""What Open Dental knows beyond the words of the core, for those who work with this EHR directly."""

from dataclasses import dataclass, field
from datetime import date, datetime

from openchair.models.office import Blockout
from openchair.models.visit import Appointment, AppointmentStatus, Place


@dataclass(frozen=True, slots=True)
class Opening:
    """A whole open stretch as the vendor's own Slots call gives it; its reader cuts it into starts."""

    start: datetime
    end: datetime
    provider_id: str | None
    operatory_id: str | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of an appointment. `at` is the office's wall time as text; `action` Created, Changed, Missed,
    Cancelled or Deleted; `appointment` as it was then."""

    id: str
    action: str
    at: str
    source: str
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class Definition:
    """An entry of one of the office's own lists; `category` 2 are the confirmation states, 25 the blockout types."""

    id: str
    name: str
    value: str
    category: int
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    name: str
    abbreviation: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class AppointmentType:
    """`time_pattern` is "" where the type sets none."""

    id: str
    name: str
    time_pattern: str
    procedure_codes: tuple[str, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class ScheduleOperatory:
    """A chair that a row of the schedule belongs to."""

    id: str
    schedule_id: str
    operatory_id: str


@dataclass(frozen=True, slots=True)
class OperatoryAvailability:
    """Whether a chair is free for a stretch, else what stands in the way. Provider time is not looked at."""

    operatory_id: str
    is_hidden: bool
    is_closed_day: bool
    appointment_ids: tuple[str, ...]
    blockouts: tuple[Blockout, ...]

    @property
    def is_free(self) -> bool:
        return not (self.is_hidden or self.is_closed_day or self.appointment_ids or self.blockouts)


@dataclass(frozen=True, slots=True)
class PatientChanges:
    """None leaves a value alone, "" clears it (names and the birth date cannot be cleared)."""

    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    middle_name: str | None = field(default=None, repr=False)
    preferred_name: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    home_phone: str | None = field(default=None, repr=False)
    work_phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    language: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AppointmentChanges:
    """Absolute new values; None leaves a value alone. `note` overwrites."""

    start: datetime | None = None
    place: Place | None = None
    time_pattern: str | None = None
    note: str | None = field(default=None, repr=False)
    appointment_type_id: str | None = None
    status: AppointmentStatus | None = None
