"""OpenChair: the task accepted with its key as at the API, then done as by the queue's function.

The order's name is the idempotency key, so a delivery made again is the caller's request and the queue's message
made again. Real client, real store; the clock alone runs ahead, so that nobody waits for a lease to end.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from openchair.clients.factory import EhrClients
from openchair.errors import RequestError
from openchair.models.journal import ENDED, Task
from openchair.models.practice import PracticeRecord
from openchair.models.request import TaskType
from openchair.settings import settings
from openchair.store.circuit_store import DynamoCircuits
from openchair.store.limit_store import DynamoLimits
from openchair.store.system_clock import SystemClock
from openchair.store.task_store import DynamoTaskStore
from openchair.store.token_store import DynamoTokens
from openchair.tasks.process import process_task
from openchair.tasks.submit import submit_task
from tools.bench.lost_answers.order import Again, Order, Refused, Visit, carry_out
from tools.bench.lost_answers.practice import SERVICE_ID, bench_practice

TIMEOUT_SECONDS = 180


class _ClockAhead(SystemClock):
    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


class _Keys:
    def __init__(self, order: Order) -> None:
        self._keys = {"devKey": order.developer_key, "custKey": order.customer_key}

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        return self._keys


class _Practices:
    def __init__(self, record: PracticeRecord) -> None:
        self._record = record

    def practice(self, practice_id: str) -> PracticeRecord:
        return self._record

    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord:
        return self._record


class _Queue:
    """The bench is the queue."""

    def send(self, task: Task) -> None:
        pass


def do(order: Order, visit: Visit) -> None:
    clock = _ClockAhead(order.seconds_later)
    tasks, record = DynamoTaskStore(clock), bench_practice(order)
    body = json.dumps(_request(visit)).encode()
    try:
        key = f"{order.name} {visit.patient_id}"
        task = submit_task(record, "bench", key, body, tasks, _Queue(), clock, _hashed)
    except RequestError as error:
        raise Refused from error
    stores = _Keys(order), DynamoLimits(), DynamoTokens(clock)
    clients = EhrClients(*stores, settings, SystemClock(), lambda _call: None)
    task = process_task(
        record.practice.id,
        task.id,
        tasks=tasks,
        practices=_Practices(record),
        ehr_for=clients.client,
        circuits=DynamoCircuits(clock),
        clock=clock,
        remaining_seconds=lambda: float(TIMEOUT_SECONDS),
        timeout_seconds=TIMEOUT_SECONDS,
    )
    if task.state not in ENDED:
        due = task.next_attempt_at or clock.now()
        raise Again(max((due - clock.now()).total_seconds(), 0))


def _request(visit: Visit) -> dict[str, str]:
    chair = {"start": visit.start, "operatory_id": visit.operatory_id, "provider_id": visit.provider_id}
    if visit.old_appointment_id is not None:
        return {"type": TaskType.RESCHEDULE_APPOINTMENT, "appointment_id": visit.old_appointment_id, **chair}
    return {
        "type": TaskType.CREATE_APPOINTMENT,
        "patient_id": visit.patient_id,
        "service_id": SERVICE_ID,
        **chair,
    }


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


if __name__ == "__main__":
    carry_out(do)
