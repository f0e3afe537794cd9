"""The FIFO task queue. Messages carry ids only (design section 4)."""

import hashlib
import json

from botocore.exceptions import BotoCoreError, ClientError

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task
from openchair.settings import settings
from openchair.store import aws

GROUPS_PER_PRACTICE = 4


class SqsTaskQueue:
    """Satisfies `ports.TaskQueue`. Tasks of one line share a message group, so they are taken in order. What has ended
    and is only to be published has one of its own: a bus that does not answer keeps no visit waiting."""

    def send(self, task: Task) -> None:
        try:
            aws.sqs().send_message(
                QueueUrl=settings().required("task_queue_url"),
                MessageBody=json.dumps({"practice_id": task.practice_id, "task_id": task.id}),
                MessageGroupId=f"{task.practice_id}#{_group(task)}",
                MessageDeduplicationId=f"{task.id}#{task.version}",
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable from error


def _group(task: Task) -> str:
    if task.next_attempt_at is None:
        return "events"
    line = task.lines[0] if task.lines else task.id
    return str(int(hashlib.sha256(line.encode()).hexdigest(), 16) % GROUPS_PER_PRACTICE)
