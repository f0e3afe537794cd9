"""`TaskChanged` events on the stack's EventBridge bus (schema: docs/task-changed.json)."""

import json

from botocore.exceptions import BotoCoreError, ClientError

from openchair import log
from openchair.errors import StoreUnavailable
from openchair.models.journal import Task
from openchair.ports import Clock
from openchair.settings import settings
from openchair.store import aws

SOURCE = "openchair"
DETAIL_TYPE = "TaskChanged"

LEFT_ALONE = 60.0
"""Seconds in which this process asks a bus no more that could not be reached: who is to be told later waits for it."""


def detail_of(task: Task) -> dict[str, object]:
    """What an event tells: ids, state and code, nothing else."""
    return {
        "practice_id": task.practice_id,
        "task_id": task.id,
        "type": task.type,
        "state": task.state.value,
        "code": task.code,
        "appointment_id": task.appointment_id,
        "patient_id": task.patient_id,
        "in_chart": task.in_chart,
        "updated_at": task.updated_at.isoformat(),
    }


class EventBridgeTaskEvents:
    """Satisfies `ports.TaskEvents`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left_alone_until = 0.0

    def publish(self, task: Task) -> None:
        if self._clock.monotonic() < self._left_alone_until:
            raise StoreUnavailable
        entry = {
            "EventBusName": settings().required("task_events_bus"),
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail_of(task)),
        }
        try:
            answer = aws.events().put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            self._left_alone_until = self._clock.monotonic() + LEFT_ALONE
            log.event_not_published(task)
            raise StoreUnavailable from error
        if answer["FailedEntryCount"]:
            log.event_not_published(task)
            raise StoreUnavailable
