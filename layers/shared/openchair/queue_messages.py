"""The edge of the queue functions: messages of ids only, and the partial answer that returns the failed ones alone."""

import json
from collections.abc import Callable
from typing import Any

from openchair import log
from openchair.errors import OpenChairError, StoredItemUnreadable
from openchair.models.journal import Task

Handle = Callable[[str, str], Task]


def each_message(
    event: dict[str, Any], process: Handle, park: Handle, announce: Callable[[Task], object]
) -> dict[str, Any]:
    """Calls `process(practice_id, task_id)` for each; a message is given back only when our own state failed.

    What nobody foresaw would fail again: `park` puts the task before a person, and the queue moves on. In a FIFO queue
    what follows a failed message is given back too, so that nothing overtakes it.
    """
    records = event.get("Records", [])
    for place, record in enumerate(records):
        log.logger.append_keys(attempt=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)))
        try:
            ids = json.loads(record["body"])
            log.logger.append_keys(practice_id=ids["practice_id"], task_id=ids["task_id"])
            task = _process_or_park(ids["practice_id"], ids["task_id"], process, park)
            if task is not None:
                announce(task)
        except Exception:
            log.logger.exception("message failed")
            return {"batchItemFailures": [{"itemIdentifier": later["messageId"]} for later in records[place:]]}
    return {"batchItemFailures": []}


def _process_or_park(practice_id: str, task_id: str, process: Handle, park: Handle) -> Task | None:
    """None for one that this version cannot read, or may not act upon: it is looked at again when it is due."""
    try:
        task = process(practice_id, task_id)
    except StoredItemUnreadable:
        log.unreadable(1)
        return None
    except OpenChairError:
        raise
    except Exception:
        log.logger.exception("task parked")
        task = park(practice_id, task_id)
    log.task(task)
    if not task.is_understood:
        log.unreadable(1)
        return None
    return task
