"""The edge of the queue functions: messages of ids only, and the partial answer that returns the failed ones alone."""

import json
from collections.abc import Callable
from typing import Any

from openchair import log


def each_message(event: dict[str, Any], process: Callable[[str, str], None]) -> dict[str, Any]:
    """Calls `process(practice_id, task_id)` for each; a message is given back only when that raised.

    In a FIFO queue what follows a failed message is given back too, so that nothing overtakes it.
    """
    records = event.get("Records", [])
    for place, record in enumerate(records):
        log.logger.append_keys(attempt=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)))
        try:
            ids = json.loads(record["body"])
            log.logger.append_keys(practice_id=ids["practice_id"], task_id=ids["task_id"])
            process(ids["practice_id"], ids["task_id"])
        except Exception:
            log.logger.exception("message failed")
            return {"batchItemFailures": [{"itemIdentifier": later["messageId"]} for later in records[place:]]}
    return {"batchItemFailures": []}
