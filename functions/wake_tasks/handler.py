"""Schedule, every minute: sends tasks whose time has come to the task queue."""

from typing import Any

from openchair import log
from openchair.store.system_clock import SystemClock
from openchair.store.task_queue import SqsTaskQueue
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.wake import wake_tasks

clock, queue = SystemClock(), SqsTaskQueue()
tasks = DynamoTaskStore(clock)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    log.start(context)
    woken = wake_tasks(tasks, queue, clock)
    log.logger.info("tasks woken", count=woken.count, oldest_seconds=woken.oldest_seconds)
    log.unreadable(woken.unreadable)
    log.reviews(tasks.reviews(), clock.now())
    return {"count": woken.count}
