"""A small practice, its EHR and our state in memory: what tests of tasks work with."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openchair.models.journal import Task
from openchair.models.office import Operatory, Provider, Schedule, WorkBlock
from openchair.models.person import Patient
from openchair.models.practice import Ehr, OpenDentalSettings, Practice, PracticeRecord, Service
from openchair.models.visit import Appointment, AppointmentStatus, ProviderTime
from openchair.tasks.park import park_task
from openchair.tasks.process import process_task
from openchair.tasks.submit import submit_task
from openchair.tasks.wake import wake_tasks
from tests.clock import VirtualClock
from tests.memory_store import MemoryCircuits, MemoryPractices, MemoryQueue, MemoryTaskStore
from tests.toy_ehr import ToyEhr

ZONE = ZoneInfo("America/Denver")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)
CALLER = "arn:aws:iam::123456789012:role/Receptionist"


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return MONDAY + timedelta(days=days, hours=hour, minutes=minute)


def visit(appointment_id: str, start: datetime, **changes: Any) -> Appointment:
    """An hour of provider 1's in chair 1 with patient 11."""
    end = start + timedelta(hours=1)
    given: dict[str, Any] = {
        "patient_id": "11",
        "status": AppointmentStatus.BOOKED,
        "minutes": 60,
        "operatory_id": "1",
        "provider_id": "1",
        "provider_times": (ProviderTime("1", start, end),),
        "time_pattern": "X" * 12,
    }
    return Appointment(appointment_id, start=start, **{**given, **changes})


def practice(**open_dental: Any) -> Practice:
    settings = OpenDentalSettings(api_key_secret_name="practice-p1-opendental-api-key", **open_dental)
    return Practice(
        id="p1",
        name="Mesa Dental",
        timezone="America/Denver",
        ehr=Ehr.OPEN_DENTAL,
        open_dental=settings,
        services=(Service(id="exam", name="Exam", minutes=30), Service(id="filling", name="Filling", minutes=60)),
    )


class World:
    """Monday to Friday 8 to 17, providers 1 and 2 in chairs 1 and 2; it is Monday 07:00."""

    def __init__(
        self,
        *visits: Appointment,
        may_overlap: bool = False,
        writes_later: bool = False,
        moves_in_place: bool = True,
        **open_dental: Any,
    ) -> None:
        self.clock = VirtualClock(at(7).astimezone(UTC))
        days = [MONDAY + timedelta(days=n) for n in range(5)]
        hours = [
            WorkBlock(number, (number,), day + timedelta(hours=8), day + timedelta(hours=17))
            for number in ("1", "2")
            for day in days
        ]
        self.ehr = ToyEhr(
            providers=[Provider("1", "Dr. Abel"), Provider("2", "Dr. Baker")],
            operatories=[Operatory("1", "Chair 1"), Operatory("2", "Chair 2")],
            schedule=Schedule(tuple(hours)),
            appointments=visits,
            patients=[Patient("11", "Ada", "Stone", phones=("3035550111",))],
            writes_later=writes_later,
            moves_in_place=moves_in_place,
        )
        self.tasks = MemoryTaskStore(self.clock)
        self.queue = MemoryQueue()
        self.circuits = MemoryCircuits(self.clock)
        self.record = PracticeRecord(practice(**open_dental), 1, "account", may_overlap)
        self.remaining = 175.0
        self._keys = 0

    def submit(self, request: Mapping[str, Any], key: str | None = None) -> Task:
        self._keys += 1
        return submit_task(
            self.record,
            CALLER,
            key or f"key-{self._keys}",
            json.dumps(request).encode(),
            self.tasks,
            self.queue,
            self.clock,
            lambda *parts: "|".join(parts),
        )

    def process(self, task: Task) -> Task:
        return process_task(
            task.practice_id,
            task.id,
            tasks=self.tasks,
            practices=MemoryPractices(self.record),
            ehr_for=lambda _: self.ehr,
            circuits=self.circuits,
            clock=self.clock,
            remaining_seconds=lambda: self.remaining,
            timeout_seconds=180,
        )

    def do(self, request: Mapping[str, Any]) -> Task:
        return self.process(self.submit(request))

    def in_review(self, request: Mapping[str, Any]) -> Task:
        """A task that was parked for a person."""
        return park_task("p1", self.submit(request).id, self.tasks, self.clock)

    def later(self, task: Task, seconds: float) -> Task:
        """The task after this time and one more look at it."""
        self.clock.advance(seconds)
        return self.process(task)

    def wake(self) -> int:
        return wake_tasks(self.tasks, self.queue, self.clock).count

    def writes(self) -> list[str]:
        return [call for call in self.ehr.calls if call.split("_")[0] in ("create", "move", "cancel", "confirm")]


def create(**changes: Any) -> dict[str, Any]:
    given = {"type": "CREATE_APPOINTMENT", "patient_id": "11", "service_id": "filling", "start": at(9).isoformat()}
    return {**given, **changes}


def reschedule(appointment_id: str, start: datetime, **changes: Any) -> dict[str, Any]:
    given = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": appointment_id, "start": start.isoformat()}
    return {**given, **changes}


def cancel(appointment_id: str, **changes: Any) -> dict[str, Any]:
    return {"type": "CANCEL_APPOINTMENT", "appointment_id": appointment_id, **changes}


def confirm(appointment_id: str, **changes: Any) -> dict[str, Any]:
    return {"type": "CONFIRM_APPOINTMENT", "appointment_id": appointment_id, **changes}


def onboard(appointment: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    person = {"first_name": "Bea", "last_name": "Lind", "date_of_birth": "1990-05-06", "phone": "(303) 555-0142"}
    given: dict[str, Any] = {"type": "ONBOARD_NEW_PATIENT", "patient": {**person, **changes}}
    return {**given, "appointment": appointment} if appointment else given
