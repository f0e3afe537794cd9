"""What the end-to-end tests share: an Open Dental server of their own, the stack that talks to it, and its callers."""

import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.httpsession import URLLib3Session

from openchair.models.journal import ENDED
from openchair.settings import settings
from openchair.store import aws, secret_store
from openchair.store.practice_store import PracticeStore
from tests.integration.tables import forget_clients
from tools.cli.api import ControlApi
from tools.cli.practices import allow_caller
from tools.cli.target import AwsSettings
from tools.local import Practice, StackDescription

Json = dict[str, Any]

DEV_KEY = "E2eDeveloper0007"
TIMEZONE = "America/Denver"
# One office for each kind of test, so that neither pace nor faults of one meet another's.
OFFICES = {"p1": "E2eCustomerStory", "p2": "E2eCustomerBooks", "p3": "E2eCustomerFaults"}
CALLERS_AT_ONCE = 16
PATIENCE_SECONDS = 90.0
_FIRST_DAY_AHEAD = 7
_LOOK_SECONDS = 0.2


class Office:
    """One office of the Open Dental simulator, by its control endpoint."""

    def __init__(self, control_url: str, key: str) -> None:
        self.key = key
        self._control_url = control_url
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def truth(self, kind: str, **query: str) -> list[Json]:
        rows: list[Json] = self._ask("GET", f"truth/{kind}", {**query, "office": self.key})[kind]
        return rows

    def received(self, after: int = 0) -> list[Json]:
        """Requests with a number above `after`, in the order received."""
        query = {"office": self.key, "after": str(after)}
        requests: list[Json] = self._ask("GET", "requests", query)["requests"]
        return requests

    def bookings_received(self) -> int:
        return sum(one["method"] == "POST" and one["path"] == "/appointments" for one in self.received())

    def set_throttle(self, **changes: Any) -> None:
        self._ask("POST", "throttle", {}, {**changes, "office": self.key})

    @contextmanager
    def fault(self, kind: str, **match: Any) -> Iterator[None]:
        """In force for the block; the script is this office's alone, and no two tests use one at a time."""
        rule = {"match": {"office": self.key, **match}, "fault": {"kind": kind}}
        self._ask("POST", "faults", {}, [rule])
        try:
            yield
        finally:
            self._ask("DELETE", "faults", {})

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
        url = f"{self._control_url}/{path}"
        if body is None:
            answer = self._http.request(method, url, fields=dict(query))
        else:
            answer = self._http.request(method, url, body=json.dumps(body).encode())
        assert answer.status == 200, answer.data
        return json.loads(answer.data)


@dataclass(frozen=True)
class Server:
    """An Open Dental server that the stack did not start."""

    url: str
    control_url: str
    process_id: int

    def office(self, practice_id: str) -> Office:
        return Office(self.control_url, OFFICES[practice_id])


@dataclass(frozen=True)
class Answer:
    """Of the control API."""

    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def code(self) -> Any:
        return self.body.get("code")


class Caller:
    """Somebody who signs requests to the control API."""

    def __init__(self, description: StackDescription, keys: Mapping[str, str] | None, arn: str) -> None:
        self.arn = arn
        self._url = description.control_url
        self._sender = URLLib3Session(timeout=60, max_pool_connections=32, proxies={})
        self._signs = keys is not None
        signing = keys or {"AccessKeyId": "nobody", "SecretAccessKey": "nothing"}
        credentials = ReadOnlyCredentials(signing["AccessKeyId"], signing["SecretAccessKey"], None)
        self._api = ControlApi(self._url, description.aws_region, credentials)

    def get(self, path: str, **query: str) -> Answer:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        return self.send("POST", path, body=body, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        request = self._api.signed(method, path, query or {}, body, headers)
        if not self._signs:
            del request.headers["Authorization"]
        answer = self._sender.send(request.prepare())
        return Answer(answer.status_code, json.loads(answer.content), dict(answer.headers))

    # ---- tasks

    def submit(self, practice_id: str, task: Mapping[str, Any], key: str | None = None, wait: int = 0) -> Answer:
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), **({"Prefer": f"wait={wait}"} if wait else {})}
        return self.send("POST", f"/practices/{practice_id}/tasks", body=task, headers=headers)

    def task(self, practice_id: str, task_id: str) -> Json:
        answer = self.get(f"/practices/{practice_id}/tasks/{task_id}")
        assert answer.status == 200, answer
        return answer.body

    def ended(self, practice_id: str, task_id: str) -> Json:
        """The task once it ended or needs a person."""
        until(lambda: self.task(practice_id, task_id)["state"] in ENDED, f"task {task_id} to end")
        return self.task(practice_id, task_id)


class World:
    """The running stack, looked at from outside and from behind."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        told = json.loads(self.stack_file.read_text("utf-8"))
        practices = tuple(Practice(**practice) for practice in told.pop("practices"))
        self.description = StackDescription(**told, practices=practices)
        # One session for all clients: reading the services' models is what takes the time.
        self._session = boto3.Session(region_name=self.description.aws_region)
        self.operator_settings = aws_settings(self.description)
        # Tasks that no Lambda of the stack works on, so that none of its logs tells of them.
        self.tasks_worked_on_outside: set[str] = set()

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @cached_property
    def operator(self) -> Caller:
        """Whoever runs the CLI; may touch every practice."""
        return Caller(self.description, self.operator_keys, self.description.caller_arn)

    @cached_property
    def unsigned(self) -> Caller:
        return Caller(self.description, None, "")

    def new_caller(self, *practice_ids: str, may_call: bool = True) -> Caller:
        """Somebody who may touch these practices, and whom IAM lets call the API."""
        name = f"caller-{uuid.uuid4().hex[:8]}"
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if may_call:
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName="caller", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        if practice_ids:
            with own_environment():
                allow_caller(self.operator_settings, arn, practice_ids)
        return Caller(self.description, key, arn)

    def client(self, service: str, keys: Mapping[str, str] | None = None) -> Any:
        """A boto3 client; of the emulator's root unless other keys are given."""
        given = keys or {
            "AccessKeyId": self.description.root_access_key_id,
            "SecretAccessKey": self.description.root_secret_access_key,
        }
        # Typed by service name; here the name is a plain string.
        create: Any = self._session.client
        return create(
            service,
            endpoint_url=self.description.aws_endpoint_url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=Config(proxies={}, read_timeout=60),
        )

    def function_keys(self, function: str) -> Mapping[str, str]:
        """What Lambda gives this function: a session of its role."""
        name = self.description.functions[function]
        role = self.client("lambda").get_function_configuration(FunctionName=name)["Role"]
        keys: Mapping[str, str] = self.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return keys

    @property
    def operator_keys(self) -> Mapping[str, str]:
        return operator_keys(self.description)

    def log_lines(self) -> Iterator[str]:
        """Everything the functions have logged so far."""
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"].rstrip("\n") for event in page["events"])

    def wake(self) -> int:
        """Does at once what the schedule does every minute; how many tasks were sent."""
        answer = self.client("lambda").invoke(FunctionName=self.description.functions["wake_tasks"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return int(json.loads(answer["Payload"].read())["count"])

    @contextmanager
    def as_function(self) -> Iterator[PracticeStore]:
        """The layer's own code in this process, on the stack's tables, queue and keys."""
        with own_environment() as environment:
            self.operator_settings.export()
            for name, value in {
                "AWS_ACCESS_KEY_ID": self.description.root_access_key_id,
                "AWS_SECRET_ACCESS_KEY": self.description.root_secret_access_key,
                "TASKS_TABLE": self.description.tasks_table,
                "CLAIMS_TABLE": self.description.claims_table,
                "LIMITS_TABLE": self.description.limits_table,
                "TASK_EVENTS_BUS": self.description.task_events_bus,
                "TASK_QUEUE_URL": self.description.task_queue_url,
                "HASH_KEY_SECRET": self.description.hash_key_secret,
            }.items():
                environment.setenv(name, value)
            yield PracticeStore()


@contextmanager
def own_environment() -> Iterator[pytest.MonkeyPatch]:
    """The layer reads its settings from the environment: theirs here, and as before afterwards."""
    before = dict(os.environ)
    caches = (settings, aws._session, aws.sqs, aws.secrets_manager, secret_store._hash_key)
    with pytest.MonkeyPatch.context() as environment:
        forget_clients()
        try:
            yield environment
        finally:
            for cached in caches:
                cached.cache_clear()
            forget_clients()
    os.environ.clear()
    os.environ.update(before)


def operator_keys(description: StackDescription) -> Mapping[str, str]:
    return {"AccessKeyId": description.aws_access_key_id, "SecretAccessKey": description.aws_secret_access_key}


def aws_settings(description: StackDescription) -> AwsSettings:
    return AwsSettings(
        region=description.aws_region,
        practices_table=description.practices_table,
        key_arn=description.key_arn,
        endpoint_url=description.aws_endpoint_url,
        access_key_id=description.aws_access_key_id,
        secret_access_key=description.aws_secret_access_key,
    )


# ------------------------------------------------------------------------------------------------ for bookings


def free_slots(caller: Caller, practice_id: str) -> Iterator[Json]:
    """Slots for a cleaning of which none takes another's chair or provider, each given out once."""
    first = datetime.now(ZoneInfo(TIMEZONE)).date() + timedelta(days=_FIRST_DAY_AHEAD)
    dates = {"start_date": str(first), "end_date": str(first + timedelta(days=6))}
    answer = caller.get(f"/practices/{practice_id}/slots", service_id="cleaning", **dates)
    assert answer.status == 200, answer
    given: list[Json] = []
    for provider in answer.body["providers"]:
        for slot in (slot for day in provider["days"] for slot in day["slots"]):
            mine = {**slot, "provider_id": provider["provider_id"]}
            if not any(_collide(mine, other) for other in given):
                given.append(mine)
    return iter(given)


def _collide(one: Json, other: Json) -> bool:
    same = one["operatory_id"] == other["operatory_id"] or one["provider_id"] == other["provider_id"]
    return same and _overlap(one, other)


def _overlap(one: Json, other: Json) -> bool:
    start, end = (datetime.fromisoformat(one[name]) for name in ("start", "end"))
    return start < datetime.fromisoformat(other["end"]) and datetime.fromisoformat(other["start"]) < end


def booking(slot: Json, patient_id: str, *, with_provider: bool = True) -> Json:
    return {
        "type": "CREATE_APPOINTMENT",
        "patient_id": patient_id,
        "service_id": "cleaning",
        "start": slot["start"],
        "operatory_id": slot["operatory_id"],
        **({"provider_id": slot["provider_id"]} if with_provider else {}),
    }


def visits_at(office: Office, slot: Json) -> list[Json]:
    """What stands in that chair at that time, by the office's own book."""
    day = slot["start"][:10]
    rows = office.truth("appointments", date=day, operatory_id=slot["operatory_id"], status="Scheduled")
    return [row for row in rows if _overlap(row, slot)]


def until(holds: Any, what: str, check: Any = lambda: None, seconds: float = PATIENCE_SECONDS) -> None:
    """Looks again and again. Fails the test when it waits in vain."""
    deadline = time.monotonic() + seconds
    while not holds():
        check()
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(_LOOK_SECONDS)


def ids(rows: Sequence[Json]) -> list[str]:
    return [row["patient_id"] for row in rows]
