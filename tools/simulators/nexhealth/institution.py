"""One institution as NexHealth holds it: its rows with their indexes, what it tells webhooks, what it remembers."""

from collections import defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.common.clock import Clock
from tools.simulators.nexhealth.records import (
    Appointment,
    AppointmentType,
    ChartVisit,
    Effects,
    Location,
    Operatory,
    Patient,
    Provider,
    WorkingHour,
)
from tools.simulators.nexhealth.switches import Switches

LONGEST_VISIT = timedelta(days=1)


@dataclass(slots=True)
class Settings:
    """What all institutions of one server share."""

    switches: Switches
    clock: Clock


@dataclass(frozen=True, slots=True)
class Emr:
    """An EHR product and what NexHealth can do with it."""

    id: int
    name: str
    display_name: str
    type: str
    edits: bool = True
    moves: bool = False


EMRS = {
    emr.name: emr
    for emr in (
        Emr(1, "opendental", "Open Dental", "onprem", moves=True),
        Emr(2, "dentrix", "Dentrix", "onprem", moves=True),
        Emr(3, "dentrixenterprise", "Dentrix Enterprise", "onprem", moves=True),
        Emr(4, "eaglesoft", "Eaglesoft", "onprem", moves=True),
        Emr(5, "dentrixascend", "Dentrix Ascend", "cloud"),
        Emr(6, "denticon", "Denticon", "cloud"),
        Emr(7, "athena", "Athena", "cloud"),
        Emr(8, "cloud9", "Cloud 9", "cloud"),
        Emr(9, "ecw", "eClinicalWorks", "cloud"),
        Emr(10, "modmed", "ModMed", "cloud"),
        Emr(11, "orthotrac", "Orthotrac", "onprem"),
        Emr(12, "curve2", "Curve", "cloud", edits=False),
        Emr(13, "dolphin", "Dolphin", "onprem", edits=False),
        Emr(14, "drchrono", "DrChrono", "cloud", edits=False),
        Emr(15, "nextgen", "NextGen Office", "cloud", edits=False),
        Emr(16, "practiceworks", "Practiceworks", "onprem", edits=False),
        Emr(17, "qsi", "QSI", "onprem", edits=False),
    )
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A change that webhooks may want to hear of; `row` is the record as the API shows it at that moment."""

    resource_type: str
    event: str
    suffix: str
    row: dict[str, Any]
    at: datetime
    beside: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None


@dataclass
class Chart:
    """The EHR's own database. Only staff and the EHR's writes change it."""

    patients: dict[int, Patient] = field(default_factory=dict)
    visits: dict[int, ChartVisit] = field(default_factory=dict)
    by_day: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    long: set[int] = field(default_factory=set)
    """Blocks that last for days."""
    replaces: dict[int, int] = field(default_factory=dict)
    """Patients that were written from a placeholder: foreign number → the placeholder's id."""
    merged: dict[int, int] = field(default_factory=dict)
    """Charts that staff has merged into another since the last read: foreign number → the other's."""
    unread_visits: set[int] = field(default_factory=set)
    unread_patients: set[int] = field(default_factory=set)

    def put_visit(self, visit: ChartVisit, *, unread: bool = True) -> None:
        old = self.visits.get(visit.foreign)
        if old is not None:
            self.by_day[old.start.date()].discard(old.foreign)
            self.long.discard(old.foreign)
        if visit.end - visit.start > LONGEST_VISIT:
            self.long.add(visit.foreign)
        self.visits[visit.foreign] = visit
        self.by_day[visit.start.date()].add(visit.foreign)
        if unread:
            self.unread_visits.add(visit.foreign)

    def put_patient(self, patient: Patient, *, unread: bool = True) -> None:
        assert patient.foreign is not None
        self.patients[patient.foreign] = patient
        if unread:
            self.unread_patients.add(patient.foreign)

    def overlapping(self, wanted: ChartVisit) -> list[ChartVisit]:
        """Other visits that hold the chair (or, without a chair, the provider) at that time; blocks of nothing in
        particular hold all."""
        first, last = (wanted.start - LONGEST_VISIT).date(), wanted.end.date()
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        numbers = {number for day in days for number in self.by_day.get(day, ())} | self.long
        rows = (self.visits[number] for number in sorted(numbers))
        return [
            row
            for row in rows
            if row.foreign != wanted.foreign
            and not row.deleted
            and row.status in ("scheduled", "complete")
            and row.start < wanted.end
            and row.end > wanted.start
            and _same_place(row, wanted)
        ]


def _same_place(one: ChartVisit, other: ChartVisit) -> bool:
    if one.operatory_id is None and one.provider_id is None:
        return one.location_id == other.location_id
    if one.operatory_id is not None and other.operatory_id is not None:
        return one.operatory_id == other.operatory_id
    return one.provider_id == other.provider_id


def _deaf(_: Happening) -> None:
    """Until an account listens."""


@dataclass
class Institution:
    """Access only under the server's lock."""

    id: int
    name: str
    subdomain: str
    zone: ZoneInfo
    emr: Emr
    settings: Settings
    created_at: datetime
    locations: dict[int, Location] = field(default_factory=dict)
    providers: dict[int, Provider] = field(default_factory=dict)
    operatories: dict[int, Operatory] = field(default_factory=dict)
    appointment_types: dict[int, AppointmentType] = field(default_factory=dict)
    hours: dict[int, WorkingHour] = field(default_factory=dict)
    patients: dict[int, Patient] = field(default_factory=dict)
    patient_of_foreign: dict[int, int] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    appointment_of_foreign: dict[int, int] = field(default_factory=dict)
    by_patient: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_day: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    long: set[int] = field(default_factory=set)
    """Blocks that last for days."""
    chart: Chart = field(default_factory=Chart)
    last_read: dict[int, datetime] = field(default_factory=dict)
    effects: dict[int, Effects] = field(default_factory=lambda: defaultdict(Effects))
    history: list[dict[str, Any]] = field(default_factory=list)
    last_ids: dict[str, int] = field(default_factory=dict)
    publish: Callable[[Happening], None] = _deaf

    def copied(self, settings: Settings) -> "Institution":
        """An institution of its own with the same rows (they never change) under other settings."""
        return replace(self, settings=settings, chart=_copied(self.chart), **_own_containers(self))

    @property
    def switches(self) -> Switches:
        return self.settings.switches

    def now(self) -> datetime:
        return self.settings.clock.now().astimezone(UTC)

    def new_id(self, kind: str) -> int:
        self.last_ids[kind] = self.last_ids.get(kind, 0) + 1
        return self.last_ids[kind]

    def source_type(self, *, written: bool = True) -> str:
        """`foreign_id_type` of this institution's rows."""
        if not written and self.switches.pending_foreign_id_type == "nex":
            return "NexHealth--DataSource-"
        return f"msg-{self.emr.name}-DataSource-{self.id}"

    def put_patient(self, patient: Patient) -> None:
        self.patients[patient.id] = patient
        if patient.foreign is not None:
            self.patient_of_foreign[patient.foreign] = patient.id

    def remove_patient(self, number: int) -> None:
        old = self.patients.pop(number)
        if old.foreign is not None and self.patient_of_foreign.get(old.foreign) == number:
            del self.patient_of_foreign[old.foreign]

    def put_appointment(self, row: Appointment) -> None:
        self._unindex(row.id)
        self.appointments[row.id] = row
        if row.foreign is not None:
            self.appointment_of_foreign[row.foreign] = row.id
        if row.patient_id is not None:
            self.by_patient[row.patient_id].add(row.id)
        self.by_day[row.start.date()].add(row.id)
        if row.end - row.start > LONGEST_VISIT:
            self.long.add(row.id)

    def remove_appointment(self, number: int) -> None:
        self._unindex(number)
        old = self.appointments.pop(number)
        if old.foreign is not None:
            self.appointment_of_foreign.pop(old.foreign, None)

    def between(self, start: datetime, end: datetime) -> list[Appointment]:
        """Rows whose start lies between, both included, in order of id."""
        first, last = start.date(), end.date()
        if (last - first).days <= len(self.by_day):
            days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        else:
            days = [day for day in self.by_day if first <= day <= last]
        numbers = sorted({number for day in days for number in self.by_day.get(day, ())})
        rows = (self.appointments[number] for number in numbers)
        return [row for row in rows if start <= row.start <= end]

    def busy(self, start: datetime, end: datetime) -> list[Appointment]:
        """Rows that take time between, as NexHealth knows them."""
        rows = {row.id: row for row in self.between(start - LONGEST_VISIT, end)}
        rows |= {number: self.appointments[number] for number in self.long if self.appointments[number].start <= end}
        return [rows[number] for number in sorted(rows) if not rows[number].cancelled and rows[number].end > start]

    def last_sync_time(self, location_ids: tuple[int, ...], synced_at: datetime | None) -> datetime | None:
        """When the row was last read from or written to the EHR; None for what the EHR does not have."""
        if synced_at is None or not self.switches.read_moves_last_sync_time:
            return synced_at
        return max([synced_at, *(self.last_read[number] for number in location_ids if number in self.last_read)])

    def updated_at(self, row: Patient | Appointment) -> datetime:
        if not self.switches.read_moves_updated_at:
            return row.updated_at
        locations = row.location_ids if isinstance(row, Patient) else (row.location_id,)
        return max(row.updated_at, self.last_sync_time(locations, row.synced_at) or row.updated_at)

    def remember(self, moment: datetime, by: str, action: str, **told: Any) -> None:
        self.history.append({"at": moment.astimezone(self.zone).isoformat(), "by": by, "action": action, **told})

    def _unindex(self, number: int) -> None:
        old = self.appointments.get(number)
        if old is None:
            return
        if old.patient_id is not None:
            self.by_patient[old.patient_id].discard(number)
        self.by_day[old.start.date()].discard(number)
        self.long.discard(number)


def _copied(chart: Chart) -> Chart:
    return replace(chart, **_own_containers(chart))


def _own_containers(record: Any) -> dict[str, Any]:
    """Copies of every container of the record, one level deep, and of the sets and counters inside."""
    copies: dict[str, Any] = {}
    for name, value in vars(record).items():
        if isinstance(value, defaultdict):
            copies[name] = defaultdict(value.default_factory, {key: copy(part) for key, part in value.items()})
        elif isinstance(value, dict | list | set):
            copies[name] = value.copy()
    return copies
