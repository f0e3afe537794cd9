"""Three years of visits and three months ahead, without an overlap in any chair or in any provider's own time."""

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import exp
from random import Random
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tools.simulators.practice_data import invented
from tools.simulators.practice_data.calendar import free_windows
from tools.simulators.practice_data.models import (
    Appointment,
    AppointmentType,
    Definition,
    Operatory,
    Patient,
    Schedule,
    VisitStatus,
)

_HYGIENE_VISITS_PER_YEAR, _DENTAL_VISITS_PER_YEAR = 1.7, 1.1
_WORKING_DAYS_PER_YEAR = 250
_FULLEST = 0.92
_BOOKED_AHEAD = {True: 0.45, False: 0.2}


class _Kind(NamedTuple):
    pattern: str
    procedures: str
    type_name: str | None
    weight: int


_HYGIENE_KINDS = (
    _Kind("/XXXXXXXXXX/", "Prophy, PerEx", "Cleaning", 7),
    _Kind("XXXXXXXXXXXX", "Prophy, BW4", None, 2),
    _Kind("/XXXXXXXXXXXXXXXX/", "Deep clean UR, LR", None, 1),
)
_DENTAL_KINDS = (
    _Kind("/XXXX/", "CompEx", "Exam", 3),
    _Kind("//XXXXXX//", "Fill 2s", "Filling", 4),
    _Kind("//XXXXX//", "Fill 1s", None, 2),
    _Kind("//XXXXXXXXXXXXX///", "Crown prep", "Crown", 2),
    _Kind("XX//", "Limited exam", "Emergency", 1),
)


class VisitMaker:
    """Walks the days in order and fills the free windows of each chair.

    Queues rotate through the patients, so that each is seen at plausible intervals.
    """

    def __init__(
        self,
        rng: Random,
        *,
        today: date,
        zone: ZoneInfo,
        patients: list[Patient],
        operatories: list[Operatory],
        appointment_types: list[AppointmentType],
        definitions: list[Definition],
        canary: bool,
        first_id: int,
    ) -> None:
        self.appointments: list[Appointment] = []
        self._rng = rng
        self._today = today
        self._zone = zone
        self._canary = canary
        self._next_id = first_id
        self._chairs = {c.id: c for c in operatories if not c.is_hidden}
        self._chair_list = list(self._chairs.values())
        self._types = {t.name: t.id for t in appointment_types}
        self._confirmed = {d.name: d.id for d in definitions if d.category == "appointment_confirmed"}
        seen = [p for p in patients if p.status == "active"]
        self._active = len(seen)
        self._queues = {hygiene: deque(rng.sample(seen, len(seen))) for hygiene in (True, False)}
        self._upcoming = {
            hygiene: deque(rng.sample(seen, int(len(seen) * _BOOKED_AHEAD[hygiene]))) for hygiene in (True, False)
        }
        self._horizon_weight = 0.0

    def build(self, schedules: list[Schedule], first: date, last: date) -> list[Appointment]:
        """`schedules` in order of day."""
        days = [
            (day, free_windows(list(rows), self._chair_list))
            for day, rows in groupby(schedules, key=lambda row: row.day)
            if first <= day <= last
        ]
        self._horizon_weight = sum(self._weight(day) for day, windows in days if day >= self._today and windows)
        for day, windows in days:
            self._fill_day(day, windows)
        self._leave_the_calendar()
        return self.appointments

    def _fill_day(self, day: date, windows: dict[int, list[tuple[int, int, int]]]) -> None:
        seen_today: set[int] = set()
        provider_time: dict[int, int] = defaultdict(int)
        capacity = {True: 0, False: 0}
        for chair_id, stretches in windows.items():
            capacity[self._chairs[chair_id].is_hygiene] += sum(end - start for start, end, _ in stretches)
        chances = {hygiene: self._chance(day, units_open, hygiene) for hygiene, units_open in capacity.items()}
        for chair_id in sorted(windows):
            chair, taken = self._chairs[chair_id], 0
            for start, end, provider_id in sorted(windows[chair_id]):
                for at, kind in self._fill_window(start, end, chances[chair.is_hygiene], chair.is_hygiene):
                    span = ((1 << len(kind.pattern)) - 1) << at
                    own = sum(1 << (at + i) for i, letter in enumerate(kind.pattern) if letter == "X")
                    if taken & span or provider_time[provider_id] & own:
                        continue
                    patient = self._next_patient(chair.is_hygiene, day, seen_today)
                    if patient is None:
                        continue
                    taken |= span
                    provider_time[provider_id] |= own
                    self._add(day, at, kind, chair, provider_id, patient)

    def _fill_window(self, start: int, end: int, chance: float, is_hygiene: bool) -> Iterator[tuple[int, _Kind]]:
        kinds = _HYGIENE_KINDS if is_hygiene else _DENTAL_KINDS
        weights = [kind.weight for kind in kinds]
        at = start
        while at < end:
            kind = self._rng.choices(kinds, weights)[0]
            if at + len(kind.pattern) > end:
                return
            if self._rng.random() < chance:
                yield at, kind
            at += len(kind.pattern) + len(kind.pattern) % 2

    def _chance(self, day: date, units_open: int, hygiene: bool) -> float:
        """How likely a possible visit is booked: what patients need against what the chairs hold."""
        if not units_open:
            return 0.0
        visits = units_open / (12.5 if hygiene else 10)
        if day < self._today:
            yearly = self._active * (_HYGIENE_VISITS_PER_YEAR if hygiene else _DENTAL_VISITS_PER_YEAR)
            return min(_FULLEST, yearly / _WORKING_DAYS_PER_YEAR / visits)
        wanted = self._active * _BOOKED_AHEAD[hygiene] * self._weight(day) / self._horizon_weight
        return min(_FULLEST * exp(-(day - self._today).days / 75), wanted / visits)

    def _weight(self, day: date) -> float:
        return exp(-(day - self._today).days / 25)

    def _next_patient(self, hygiene: bool, day: date, seen_today: set[int]) -> Patient | None:
        queue = self._queues[hygiene] if day < self._today else self._upcoming[hygiene]
        for _ in range(min(len(queue), 8)):
            patient = queue.popleft()
            known = patient.entered_on <= day
            if day < self._today or patient.id in seen_today or not known:
                queue.append(patient)
            if known and patient.id not in seen_today:
                seen_today.add(patient.id)
                return patient
        return None

    def _add(self, day: date, at: int, kind: _Kind, chair: Operatory, provider_id: int, patient: Patient) -> None:
        start = datetime.combine(day, time(at // 12, at % 12 * 5), tzinfo=self._zone)
        status, reason = self._outcome(day)
        is_new = patient.first_visit is None and status == "complete"
        if is_new:
            patient.first_visit = day
        dentist = chair.dentist_id if chair.is_hygiene and chair.dentist_id else provider_id
        booked = datetime.combine(day - timedelta(days=self._rng.randint(2, 90)), time(16, 0), tzinfo=UTC)
        latest = datetime.combine(self._today - timedelta(days=1), time(20, 0), tzinfo=UTC)
        created = min(booked, latest) + timedelta(seconds=self._rng.randint(0, 7199))
        changed = max(created, datetime.combine(day, time(20, 0), tzinfo=UTC)) if status != "scheduled" else created
        number = self._next_id
        self._next_id += 1
        self.appointments.append(
            Appointment(
                id=number,
                patient_id=patient.id,
                status=status,
                start=start,
                pattern=kind.pattern,
                operatory_id=chair.id,
                provider_id=dentist,
                hygienist_id=provider_id if chair.is_hygiene else None,
                is_hygiene=chair.is_hygiene,
                is_new_patient=is_new,
                is_asap=status == "scheduled" and self._rng.random() < 0.03,
                clinic_id=chair.clinic_id,
                appointment_type_id=self._types[kind.type_name] if kind.type_name else None,
                confirmed_definition_id=self._confirmed_as(status, day),
                broken_reason=reason,
                procedures=kind.procedures,
                note=f"{invented.canary_token(number)}Note" if self._canary else self._rng.choice(invented.VISIT_NOTES),
                created_at=created,
                changed_at=changed,
            )
        )

    def _outcome(self, day: date) -> tuple[VisitStatus, Literal["missed", "cancelled"] | None]:
        if day >= self._today:
            return "scheduled", None
        if self._rng.random() < 0.91:
            return "complete", None
        return "broken", "missed" if self._rng.random() < 0.5 else "cancelled"

    def _confirmed_as(self, status: VisitStatus, day: date) -> int:
        if status == "complete":
            return self._confirmed["Checked Out"]
        if status == "broken" or (day - self._today).days > 7:
            return self._confirmed["Not Called"]
        return self._confirmed[self._rng.choice(("Not Called", "Message Left", "Reminder Sent", "Confirmed"))]

    def _leave_the_calendar(self) -> None:
        """Some broken visits wait on the unscheduled list, and some patients have a planned one."""
        for visit in self.appointments:
            if visit.status == "broken" and self._rng.random() < 0.4:
                visit.status, visit.start, visit.operatory_id = "unscheduled", None, None
        for visit in self._rng.sample(self.appointments, min(len(self.appointments), self._active // 25)):
            self.appointments.append(self._planned_after(visit))

    def _planned_after(self, visit: Appointment) -> Appointment:
        number = self._next_id
        self._next_id += 1
        return Appointment(
            id=number,
            patient_id=visit.patient_id,
            status="planned",
            start=None,
            pattern="//XXXXXX//",
            operatory_id=None,
            provider_id=visit.provider_id,
            hygienist_id=None,
            is_hygiene=False,
            is_new_patient=False,
            is_asap=False,
            clinic_id=visit.clinic_id,
            appointment_type_id=None,
            confirmed_definition_id=self._confirmed["Not Called"],
            broken_reason=None,
            procedures="Fill 2s",
            note=f"{invented.canary_token(number)}Note" if self._canary else "",
            created_at=visit.created_at,
            changed_at=visit.created_at,
        )
