"""What NexHealth keeps of a practice, and the practice's own system behind it, which NexHealth reads and writes later.

Ids are NexHealth's; a `foreign_id` is the system's own. Moments are aware, in UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Mode = Literal["takes", "refuses", "sleeps", "offline", "reverts"]
MODES: tuple[Mode, ...] = ("takes", "refuses", "sleeps", "offline", "reverts")


@dataclass(slots=True)
class Patient:
    id: int
    first_name: str
    last_name: str
    email: str | None
    bio: dict[str, Any]
    foreign_id: str | None
    inactive: bool = False


@dataclass(slots=True)
class Appointment:
    """NexHealth's row. `asked` are changes the system has not taken yet."""

    id: int
    patient_id: int | None
    provider_id: int | None
    operatory_id: int | None
    location_id: int
    start: datetime
    end: datetime
    note: str
    appointment_type_id: int | None
    created_at: datetime
    updated_at: datetime
    foreign_id: str | None = None
    last_sync_time: datetime | None = None
    confirmed: bool = False
    cancelled: bool = False
    unavailable: bool = False
    asked: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ChartVisit:
    """A visit as it stands in the practice's own system."""

    start: datetime
    end: datetime
    operatory_id: int | None
    cancelled: bool = False
    confirmed: bool = False

    def overlaps(self, start: datetime, end: datetime, operatory_id: int | None) -> bool:
        return not self.cancelled and self.operatory_id == operatory_id and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class Write:
    """Something NexHealth has accepted; the system is asked at `due`."""

    due: datetime
    appointment_id: int
    is_new: bool


@dataclass(slots=True)
class System:
    """The practice's own system: what stands in it, and what becomes of what it is asked to write."""

    name: str = "dentrix"
    mode: Mode = "takes"
    delay: timedelta = timedelta(seconds=2)
    read_cycle: timedelta = timedelta(minutes=10)
    failed_insertions_are_cancelled: bool = True
    writes_appointments: bool = True
    edits_appointments: bool = True
    chart: dict[str, ChartVisit] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    read_at: datetime | None = None
    written_at: datetime | None = None
    next_foreign_id: int = 900_001


@dataclass(slots=True)
class Location:
    id: int
    name: str
    timezone: str
    system: System


@dataclass(slots=True)
class Tenant:
    """An institution: one subdomain, one practice data set, one or more locations that share its people."""

    id: int
    subdomain: str
    timezone: str
    locations: dict[int, Location] = field(default_factory=dict)
    providers: list[dict[str, Any]] = field(default_factory=list)
    operatories: list[dict[str, Any]] = field(default_factory=list)
    appointment_types: list[dict[str, Any]] = field(default_factory=list)
    working_hours: list[dict[str, Any]] = field(default_factory=list)
    patients: dict[int, Patient] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    next_id: int = 5_000_001

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id
