"""A practice on an EHR's simulator: the real client, tasks and claims, in one virtual time."""

import copy
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import urllib3

from openchair.clients.audit import EhrCall
from openchair.clients.factory import EhrClients
from openchair.models.journal import Task
from openchair.models.practice import Practice, PracticeRecord
from openchair.ports import EhrClient
from openchair.slots.book import LiveBook
from openchair.slots.find import SlotQuery, find_slots
from openchair.tasks.process import process_task
from openchair.tasks.submit import submit_task
from tests.clients.support import Addresses
from tests.clock import VirtualClock
from tests.memory_store import (
    MemoryCircuits,
    MemoryLimits,
    MemoryPractices,
    MemoryQueue,
    MemoryTaskStore,
    MemoryTokens,
)
from tools.cli.practices import ehr_account_id

CALLER = "arn:aws:iam::123456789012:role/Receptionist"


class FixedKeys:
    """Satisfies `clients.factory.KeyStore`."""

    def __init__(self, **keys: str) -> None:
        self.current = keys

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        return self.current


@dataclass(frozen=True, slots=True)
class Truth:
    """A visit as the practice's own system holds it; the start is in UTC."""

    start: datetime
    is_cancelled: bool
    is_confirmed: bool
    note: str = ""


class EhrWorld(ABC):
    """Nothing waits for real, so a simulator cannot count a second's requests."""

    def __init__(
        self, practice: Practice, keys: FixedKeys, control_url: str, now: datetime, addresses: Addresses
    ) -> None:
        self.clock = VirtualClock(now.astimezone(UTC))
        self.audit: list[EhrCall] = []
        self.record = PracticeRecord(practice, 1, ehr_account_id(practice.ehr, keys.current))
        self.tasks = MemoryTaskStore(self.clock)
        self._now, self._control_url, self._addresses, self._keys = now, control_url, addresses, keys
        self._circuits = MemoryCircuits(self.clock)
        self.limits, self._tokens = MemoryLimits(), MemoryTokens(self.clock)
        self.clients = self.another_function()
        self.workers = self.another_function(tries_refused_keys=True)
        self._http = urllib3.PoolManager()
        self._orders = 0
        self.seconds_a_call = 0.0
        """How long the EHR takes for a call, as a worker's own time passes."""

    @abstractmethod
    def patient_ids(self) -> list[str]:
        """Who can be booked."""

    @abstractmethod
    def visit(self, appointment_id: str | None) -> Truth: ...

    @abstractmethod
    def register(self, **person: Any) -> str:
        """The front desk makes a chart: first_name, last_name, date_of_birth, phone, other_phone, email, if any."""

    @abstractmethod
    def make(self, patient_id: str, status: str) -> None:
        """`active`, `inactive`, `archived`, `deceased` or `guarantor`."""

    @abstractmethod
    def patients_called(self, last_name: str) -> list[str]: ...

    @abstractmethod
    def staff_booked(self, start: datetime, patient_id: str) -> str:
        """A visit of an hour that the front desk entered, and that its EHR shows; also one in the past."""

    @abstractmethod
    def arrives(self, appointment_id: str) -> None:
        """The patient checks in at the front desk."""

    @abstractmethod
    def rewrites_note(self, note: str) -> dict[str, Any]:
        """What the front desk does to write this note; lacks only whose visit it is."""

    def another_function(self, **given: Any) -> EhrClients:
        """A process of its own on the same account."""
        stores = self._keys, self.limits, self._tokens
        return EhrClients(*stores, lambda: self._addresses, self.clock, self.audit.append, **given)

    def second_practice(self, **changes: Any) -> Self:
        """Another one with the same key, in the same stack."""
        other = copy.copy(self)
        practice = self.record.practice.model_copy(update={"id": "p9", "name": "The One Next Door", **changes})
        other.record = PracticeRecord(practice, 1, ehr_account_id(practice.ehr, self._keys.current))
        return other

    def control(self, path: str, method: str = "POST", **body: Any) -> Any:
        told = json.dumps(body).encode() if method == "POST" else None
        answer = self._http.request(method, f"{self._control_url}/{path}", body=told)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._tell_time()

    def _tell_time(self) -> None:
        self.control("clock", now=self.clock.now().isoformat(), frozen=True)

    def slot(self, number: int = 0, location_id: str | None = None) -> dict[str, str]:
        """The n-th free start from tomorrow on, as a booking asks for it; no two overlap."""
        tomorrow = (self._now + timedelta(days=1)).date()
        query = SlotQuery(
            service_id="filling",
            start_date=tomorrow,
            end_date=tomorrow + timedelta(days=3),
            location_id=location_id,
        )
        found = find_slots(self.record, query, self.book(), self.clock)
        starts = [
            {"start": slot["start"], "operatory_id": slot["operatory_id"], "provider_id": provider["provider_id"]}
            for provider in found["providers"]
            for day in provider["days"]
            for slot in day["slots"][::7]
        ]
        return starts[number]

    def book(self, client: EhrClient | None = None) -> LiveBook:
        return LiveBook(client or self.clients.client(self.record), self.tasks, self.record)

    def booking(self, number: int = 0) -> dict[str, Any]:
        given = {"type": "CREATE_APPOINTMENT", "patient_id": self.patient_ids()[number], "service_id": "filling"}
        return {**given, **self.slot(number)}

    def submit(self, request: Mapping[str, Any]) -> Task:
        self._orders += 1
        body = json.dumps(request).encode()
        key = f"key-{self._orders}"
        return submit_task(
            self.record, CALLER, key, body, self.tasks, MemoryQueue(), self.clock, lambda *parts: "|".join(parts)
        )

    def process(self, task: Task, clients: EhrClients | None = None) -> Task:
        self._tell_time()
        before = len(self.audit)
        return process_task(
            task.practice_id,
            task.id,
            tasks=self.tasks,
            practices=MemoryPractices(self.record),
            ehr_for=lambda record: (clients or self.workers).client(record, math.inf),
            circuits=self._circuits,
            clock=self.clock,
            remaining_seconds=lambda: 175.0 - self.seconds_a_call * (len(self.audit) - before),
            timeout_seconds=180,
        )

    def do(self, request: Mapping[str, Any]) -> Task:
        return self.process(self.submit(request))

    def until_ended(self, task: Task, longest: timedelta = timedelta(hours=3)) -> Task:
        """Looked at whenever it is due."""
        deadline = self.clock.now() + longest
        while not task.is_settled and self.clock.now() < deadline:
            assert task.next_attempt_at is not None
            self.advance(max((task.next_attempt_at - self.clock.now()).total_seconds(), 1.0))
            task = self.process(task)
        return task

    def claims(self) -> set[str]:
        until = self._now + timedelta(days=9)
        return {one.task_id for one in self.tasks.claims(self.record.ehr_account_id, self.clock.now(), until)}
