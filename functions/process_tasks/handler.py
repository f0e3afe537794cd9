"""Task queue: does the task of each message; every write to a chart happens here."""

from functools import partial
from typing import Any

from openchair import log
from openchair.clients.factory import EhrClients
from openchair.queue_messages import each_message
from openchair.settings import settings
from openchair.store.circuit_store import DynamoCircuits
from openchair.store.ehr_stores import ehr_stores
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock
from openchair.store.task_events import EventBridgeTaskEvents
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.announce import announce_change
from openchair.tasks.park import park_task
from openchair.tasks.process import process_task

clock = SystemClock()
tasks, practices, circuits = DynamoTaskStore(clock), PracticeStore(), DynamoCircuits(clock)
ehr_clients = EhrClients(*ehr_stores(clock), settings, clock, log.audit_ehr_call, tries_refused_keys=True)
announce = partial(announce_change, tasks=tasks, events=EventBridgeTaskEvents(clock), clock=clock)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    log.start(context)
    deadline = clock.monotonic() + context.get_remaining_time_in_millis() / 1000
    process = partial(
        process_task,
        tasks=tasks,
        practices=practices,
        ehr_for=partial(ehr_clients.client, deadline=deadline),
        circuits=circuits,
        clock=clock,
        remaining_seconds=lambda: deadline - clock.monotonic(),
        timeout_seconds=settings().process_tasks_timeout_seconds,
    )
    return each_message(event, process, partial(park_task, tasks=tasks, clock=clock), announce)
