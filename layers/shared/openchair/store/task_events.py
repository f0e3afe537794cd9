"""`TaskChanged` events on the stack's EventBridge bus (schema: docs/task-changed.json)."""

import json

from botocore.exceptions import BotoCoreError, ClientError

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task
from openchair.settings import settings
from openchair.store import aws

SOURCE = "openchair"
DETAIL_TYPE = "TaskChanged"


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

    def publish(self, task: Task) -> None:
        entry = {
            "EventBusName": settings().required("task_events_bus"),
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail_of(task)),
        }
        try:
            answer = aws.events().put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable from error
        if answer["FailedEntryCount"]:
            raise StoreUnavailable
