"""One office behind one customer key: its rows with their indexes, its clock, its rights."""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulators.common.clock import Clock
from tools.simulators.open_dental.records import (
    NO_MOMENT,
    Appointment,
    AppointmentType,
    Clinic,
    Commlog,
    Definition,
    History,
    Operatory,
    Patient,
    Provider,
    Recall,
    Schedule,
)
from tools.simulators.open_dental.switches import Switches
from tools.simulators.open_dental.throttle import Throttle, ThrottleSettings

PERMISSIONS = (
    "ApiReadAll",
    "ApiAllOthers",
    "ApiComm",
    "ApiAppointments",
    "ApiPatients",
    "ApiDocuments",
    "ApiInsurance",
    "ApiInsuranceSimple",
    "ApiProcedureLogs",
    "ApiSetup",
    "ApiPayments",
    "ApiPayPlans",
    "ApiQueries",
    "ApiTextingASAP",
    "ApiEnterprise",
)
_SPECIAL = {"ApiQueries", "ApiTextingASAP", "ApiEnterprise"}
UNIT = timedelta(minutes=5)
OCCUPYING = frozenset({"Scheduled", "Complete", "ASAP"})
"""Statuses that hold a chair; a broken appointment left on the book does not."""
API, DESKTOP = "OpenDentalAPIService", "None"
_NOT_DIGITS = re.compile("[^0-9]")
"""All that the vendor's own search looks past between the digits of a phone."""


@dataclass(slots=True)
class Settings:
    """What all offices of one server share."""

    switches: Switches
    clock: Clock


@dataclass
class Office:
    """Access only under the server's lock. `stamp` and `now` are wall-clock values without zone."""

    customer_key: str
    zone: ZoneInfo
    settings: Settings
    throttle: Throttle = field(default_factory=lambda: Throttle(ThrottleSettings()))
    permissions: set[str] = field(default_factory=lambda: set(PERMISSIONS) - _SPECIAL)
    patients: dict[int, Patient] = field(default_factory=dict)
    phone_digits: dict[int, str] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    by_patient: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_day: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    deleted: dict[int, Appointment] = field(default_factory=dict)
    history: list[History] = field(default_factory=list)
    schedules: dict[int, Schedule] = field(default_factory=dict)
    schedules_by_day: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))
    operatories: dict[int, Operatory] = field(default_factory=dict)
    providers: dict[int, Provider] = field(default_factory=dict)
    definitions: dict[int, Definition] = field(default_factory=dict)
    clinics: dict[int, Clinic] = field(default_factory=dict)
    appointment_types: dict[int, AppointmentType] = field(default_factory=dict)
    recalls: dict[int, Recall] = field(default_factory=dict)
    commlogs: dict[int, Commlog] = field(default_factory=dict)
    preferences: dict[str, str] = field(default_factory=dict)
    web_bookings: dict[int, str] = field(default_factory=dict)
    appointment_fields: dict[tuple[int, str], str] = field(default_factory=dict)
    patient_fields: dict[tuple[int, str], str] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)

    def copied(self, settings: Settings) -> "Office":
        """An office of its own with the same rows (they never change) under other settings, with fresh rights."""
        copy = replace(
            self, settings=settings, throttle=Throttle(ThrottleSettings()), permissions=set(self.permissions)
        )
        for name, value in vars(self).items():
            if isinstance(value, defaultdict):
                setattr(
                    copy, name, defaultdict(value.default_factory, {key: part.copy() for key, part in value.items()})
                )
            elif isinstance(value, dict | list):
                setattr(copy, name, value.copy())
        return copy

    @property
    def switches(self) -> Switches:
        return self.settings.switches

    @property
    def server_zone(self) -> ZoneInfo:
        return ZoneInfo("UTC") if self.switches.server_clock == "utc" else self.zone

    def wall(self, moment: datetime) -> datetime:
        """An aware moment as the server's clock writes it."""
        return moment.astimezone(self.server_zone).replace(tzinfo=None, microsecond=0, fold=0)

    def stamp(self) -> datetime:
        return self.wall(self.settings.clock.now())

    def now(self) -> datetime:
        """The office's own wall clock, whatever the server stamps in."""
        return self.settings.clock.now().astimezone(self.zone).replace(tzinfo=None, microsecond=0)

    def today(self) -> date:
        return self.now().date()

    def new_id(self, kind: str) -> int:
        self.last_ids[kind] = self.last_ids.get(kind, 0) + 1
        return self.last_ids[kind]

    def put_patient(self, patient: Patient) -> None:
        self.patients[patient.PatNum] = patient
        phones = (patient.HmPhone, patient.WkPhone, patient.WirelessPhone)
        self.phone_digits[patient.PatNum] = " ".join(digits(phone) for phone in phones)

    def family_of(self, patient: Patient) -> list[Patient]:
        return [p for p in self.patients.values() if p.Guarantor == patient.Guarantor]

    def put_appointment(self, appointment: Appointment) -> None:
        old = self.appointments.get(appointment.AptNum)
        if old is not None:
            self._unindex(old)
        self.appointments[appointment.AptNum] = appointment
        self.by_patient[appointment.PatNum].add(appointment.AptNum)
        if appointment.AptDateTime != NO_MOMENT:
            self.by_day[appointment.AptDateTime.date()].add(appointment.AptNum)

    def create_appointment(self, appointment: Appointment, source: str = API) -> Appointment:
        self.put_appointment(appointment)
        self._remember("Created", appointment, source)
        return appointment

    def change_appointment(
        self, old: Appointment, changes: dict[str, Any], action: str = "Changed", source: str = API
    ) -> Appointment:
        """The new row; a change of nothing leaves stamp and history alone, as the database does."""
        new = replace(old, **changes)
        if new == old:
            return old
        new = replace(new, DateTStamp=self.stamp())
        self.put_appointment(new)
        self._remember(action, new, source)
        return new

    def delete_appointment(self, appointment: Appointment, source: str = DESKTOP) -> None:
        self._unindex(appointment)
        del self.appointments[appointment.AptNum]
        self.deleted[appointment.AptNum] = appointment
        self._remember("Deleted", appointment, source)

    def overlapping(self, operatory: int, start: datetime, end: datetime, besides: int = 0) -> list[Appointment]:
        """Appointments that hold the chair at any time between start and end."""
        day = start.date()
        numbers = self.by_day.get(day, set()) | self.by_day.get(day - timedelta(days=1), set())
        rows = [self.appointments[number] for number in sorted(numbers) if number != besides]
        return [
            row
            for row in rows
            if row.Op == operatory and row.AptStatus in OCCUPYING and row.AptDateTime < end and end_of(row) > start
        ]

    def blockouts(self, operatory: int, day: date) -> list[Schedule]:
        rows = (self.schedules[number] for number in self.schedules_by_day.get(day, []))
        return [row for row in rows if row.SchedType == "Blockout" and operatory in row.operatories]

    def is_closed(self, day: date) -> bool:
        rows = (self.schedules[number] for number in self.schedules_by_day.get(day, []))
        return any(row.SchedType == "Practice" and row.StartTime == row.StopTime for row in rows)

    def put_schedule(self, schedule: Schedule) -> None:
        old = self.schedules.get(schedule.ScheduleNum)
        if old is not None:
            self.schedules_by_day[old.SchedDate].remove(old.ScheduleNum)
        self.schedules[schedule.ScheduleNum] = schedule
        self.schedules_by_day[schedule.SchedDate].append(schedule.ScheduleNum)

    def delete_schedule(self, number: int) -> None:
        old = self.schedules.pop(number)
        self.schedules_by_day[old.SchedDate].remove(number)

    def definition_name(self, number: int) -> str:
        definition = self.definitions.get(number)
        return definition.ItemName if definition else ""

    def definitions_in(self, category: int) -> list[Definition]:
        return [d for d in self.definitions.values() if d.Category == category]

    def _unindex(self, appointment: Appointment) -> None:
        self.by_patient[appointment.PatNum].discard(appointment.AptNum)
        self.by_day[appointment.AptDateTime.date()].discard(appointment.AptNum)

    def _remember(self, action: str, appointment: Appointment, source: str) -> None:
        self.history.append(
            History(
                HistApptNum=self.new_id("history"),
                HistDateTStamp=self.stamp(),
                HistApptAction=action,
                ApptSource=source,
                appointment=appointment,
            )
        )


def end_of(appointment: Appointment) -> datetime:
    return appointment.AptDateTime + len(appointment.Pattern) * UNIT


def digits(phone: str) -> str:
    return _NOT_DIGITS.sub("", phone)
