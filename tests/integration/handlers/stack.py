"""The stack of the handler tests: what a caller sends, what the queue holds, what stands in the chart and the log."""

import io
import json
import logging
import math
from datetime import UTC
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.logging.filters import SuppressFilter
from botocore.exceptions import ClientError

from openchair import log
from openchair.errors import StoreUnavailable
from openchair.models.practice import Practice
from openchair.settings import settings
from openchair.store import aws, secret_store
from openchair.store.practice_store import PracticeStore
from openchair.store.system_clock import SystemClock
from tests.clock import VirtualClock
from tests.integration.handlers import gateway
from tests.integration.handlers.gateway import Event
from tests.integration.handlers.office import CANARIES, NOW
from tests.integration.tables import empty_tables
from tools.simulators.open_dental import RunningSimulator, truth

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_ACCOUNTS = count()
ALWAYS_LOGGED = {"level", "timestamp", "message", "error"}


class Context:
    """What Lambda hands a handler beside the event."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self) -> None:
        self.remaining_milliseconds = 175_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


class Bus:
    """EventBridge, of which moto needs more libraries than it is worth; the local stack has a real one."""

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []
        self.asked = 0
        self.refuses = False

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 (the name is AWS's)
        self.asked += 1
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutEvents")
        self.entries += Entries
        return {"FailedEntryCount": 0}


class Stack:
    """Practice p1 on the small office, its keys stored, the caller `Receptionist` allowed; it is Monday 08:00."""

    secret_name = "practice-p1-opendental-api-key"

    def __init__(self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulator = simulator
        self.context = Context()
        self.clock = VirtualClock(NOW.astimezone(UTC))
        self._monkeypatch = monkeypatch
        self._log = io.StringIO()
        self.bus = Bus()
        monkeypatch.setattr(aws, "events", lambda: self.bus)
        self._stop_time()
        self._forget()
        self._catch_log()
        empty_tables()
        self.queued()
        self.put_practice()
        self.put_keys()
        self.allow("Receptionist", "p1")

    def _stop_time(self) -> None:
        for name in ("now", "monotonic", "sleep"):
            self._monkeypatch.setattr(SystemClock, name, lambda _, *given, name=name: getattr(self.clock, name)(*given))

    def _forget(self) -> None:
        """What a warm function would remember of the test before."""
        self._account = f"account-{next(_ACCOUNTS)}"
        secret_store._hash_key.cache_clear()
        gateway.handler("process_tasks").announce.keywords["events"]._left_alone_until = 0.0
        self._monkeypatch.setattr(secret_store, "CACHE_SECONDS", -math.inf)

    def _catch_log(self) -> None:
        self._monkeypatch.setattr(log.logger.registered_handler, "stream", self._log)
        of_lambda = logging.StreamHandler(self._log)
        # Powertools puts it on Lambda's own handler, so that a line of ours is not printed twice.
        of_lambda.addFilter(SuppressFilter(log.logger.name))
        self._monkeypatch.setattr(logging.getLogger(), "handlers", [*logging.getLogger().handlers, of_lambda])

    @staticmethod
    def unavailable(*_: Any) -> None:
        """Stands in for a call to AWS that fails."""
        raise StoreUnavailable

    def put_practice(self, practice_id: str = "p1", **changes: Any) -> None:
        document = {
            "id": practice_id,
            "name": "Juniper Falls Dental",
            "timezone": "America/Denver",
            "ehr": "OPEN_DENTAL",
            "open_dental": {"api_key_secret_name": self.secret_name},
            "services": [{"id": "filling", "name": "Filling", "minutes": 60}],
            "booking": {"start_grid_minutes": 60},
            **changes,
        }
        PracticeStore().put(Practice.model_validate(document), self._account)

    def put_keys(self, **keys: str) -> None:
        pair = keys or {"devKey": self.simulator.simulator.developer_key, "custKey": self.simulator.customer_key}
        try:
            aws.secrets_manager().create_secret(Name=self.secret_name, SecretString=json.dumps(pair))
        except aws.secrets_manager().exceptions.ResourceExistsException:
            aws.secrets_manager().put_secret_value(SecretId=self.secret_name, SecretString=json.dumps(pair))

    def allow(self, role: str, *practice_ids: str, may_overlap: bool = False) -> None:
        PracticeStore().allow(f"arn:aws:iam::123456789012:role/{role}", practice_ids, may_overlap)

    def fail(self, times: int = 0, method: str | None = None, **fault: Any) -> None:
        """The office's next requests (0: all) meet this fault of the simulator."""
        match: dict[str, Any] = {"times": times, **({"method": method} if method else {})}
        self.simulator.simulator.faults.add([{"match": match, "fault": fault}])

    def mend(self) -> None:
        self.simulator.simulator.faults.clear()

    def call(self, event: Event) -> tuple[int, dict[str, Any]]:
        """Status and document of the answer to an event of the control API."""
        answer = self.answer(event)
        return answer["statusCode"], self.document(answer)

    @staticmethod
    def document(answer: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(answer["body"])
        return read

    def answer(self, event: Event) -> dict[str, Any]:
        found = gateway.route_of(event["httpMethod"], event["path"])
        assert found is not None
        return self.run(found[2], event)

    def run(self, folder: str, event: Event) -> dict[str, Any]:
        answer: dict[str, Any] = gateway.handler(folder).lambda_handler(event, self.context)
        return answer

    @staticmethod
    def headers(answer: dict[str, Any]) -> dict[str, str]:
        """As the gateway sends them on: single and multi-value ones together."""
        several = {name: ", ".join(values) for name, values in answer.get("multiValueHeaders", {}).items()}
        return {**several, **answer.get("headers", {})}

    def queued(self) -> "list[MessageTypeDef]":
        """The messages in the queue, each as SQS hands it to a function; they are taken out of it."""
        url = settings().required("task_queue_url")
        found: list[MessageTypeDef] = []
        while (
            messages := aws.sqs()
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
            .get("Messages")
        ):
            for message in messages:
                aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(message)
        return found

    def events(self) -> list[dict[str, Any]]:
        """The entries that were put on the bus of task events, each with its detail as read."""
        return [{**entry, "Detail": json.loads(entry["Detail"])} for entry in self.bus.entries]

    def process(self) -> dict[str, Any]:
        """Hands the queue's one message to process_tasks."""
        (message,) = self.queued()
        return self.deliver(message)

    def minute(self) -> None:
        """The schedule's next minute, and process_tasks for all that it sends."""
        self.clock.advance(60)
        self.run("wake_tasks", gateway.event("wake_tasks/every_minute"))
        for message in self.queued():
            assert self.deliver(message) == {"batchItemFailures": []}

    def deliver(self, message: "MessageTypeDef") -> dict[str, Any]:
        event = gateway.event("process_tasks/one_task")
        event["Records"][0] |= {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "md5OfBody": message["MD5OfBody"],
            "attributes": event["Records"][0]["attributes"] | message["Attributes"],
        }
        return self.run("process_tasks", event)

    def submit(self, case: str, **changes: Any) -> tuple[int, dict[str, Any]]:
        return self.call(gateway.request(f"submit_tasks/{case}", **changes))

    def read(self, task_id: str) -> dict[str, Any]:
        status, task = self.call(gateway.request("submit_tasks/read_task", path={"task_id": task_id}))
        assert status == 200
        return task

    def do(self, case: str, **changes: Any) -> dict[str, Any]:
        """The task as it stands after it was submitted and worked on once."""
        status, task = self.submit(case, **changes)
        assert status == 202, task
        assert self.process() == {"batchItemFailures": []}
        return self.read(task["id"])

    def chart(self, **query: str) -> list[dict[str, Any]]:
        """The office's appointments as they truly are."""
        return truth.appointments(self.simulator.simulator.first_office, query)

    def people(self, **query: str) -> list[dict[str, Any]]:
        return truth.patients(self.simulator.simulator.first_office, query)

    def ehr_requests(self) -> list[tuple[str, str]]:
        return [(one.method, one.path) for one in self.simulator.simulator.requests]

    def log_text(self) -> str:
        return self._log.getvalue()

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_text().splitlines()]

    def check_log(self) -> None:
        told = [canary for canary in CANARIES if canary.lower() in self.log_text().lower()]
        assert told == []
        assert self.simulator.customer_key not in self.log_text()
        for line in self.log_lines():
            assert line.keys() <= ALWAYS_LOGGED | set(log.ALLOWED_FIELDS)
