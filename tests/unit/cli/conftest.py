"""A control API that gives prepared answers, and the command run against it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import ReadOnlyCredentials

from tools.cli.api import ControlApi
from tools.cli.commands import common
from tools.cli.main import main
from tools.cli.target import AwsSettings, Target

SECRET = "example-secret"
CREDENTIALS = ReadOnlyCredentials("AKIAEXAMPLE", SECRET, None)


@dataclass
class Answer:
    status_code: int
    content: bytes


@dataclass
class FakeSender:
    """Answers in the order given and keeps what was sent."""

    answers: list[tuple[int, Any]] = field(default_factory=list)
    sent: list[AWSPreparedRequest] = field(default_factory=list)

    def send(self, request: AWSPreparedRequest) -> Answer:
        self.sent.append(request)
        status, document = self.answers.pop(0)
        return Answer(status, document if isinstance(document, bytes) else json.dumps(document).encode())

    def body(self, index: int = -1) -> dict[str, Any]:
        sent = self.sent[index].body
        assert isinstance(sent, bytes)
        loaded: dict[str, Any] = json.loads(sent)
        return loaded

    def header(self, name: str, index: int = -1) -> str:
        value = self.sent[index].headers[name]
        return value.decode() if isinstance(value, bytes) else str(value)


@dataclass
class Run:
    """What one command printed and how it ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def api(sender: FakeSender) -> ControlApi:
    return ControlApi("https://abc.execute-api.us-east-1.amazonaws.com/v1", "us-east-1", CREDENTIALS, sender)


@pytest.fixture
def openchair(
    api: ControlApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    target = Target("a stack of tests", "openchair", AwsSettings("us-east-1"))
    target.__dict__.update(api=api, aws=AwsSettings("us-east-1"))
    monkeypatch.setattr(common, "find_target", lambda *_: target)

    def run(*arguments: str | Path) -> Run:
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Run(status, printed.out, printed.err)

    return run


def task_answer(state: str = "completed", code: str = "booked", **changes: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "type": "CREATE_APPOINTMENT",
        "state": state,
        "code": code,
        "message": "The visit is booked.",
        "appointment_id": "77",
        "patient_id": "12",
        "in_chart": True,
        **changes,
    }


def slots_answer(slots: Sequence[Mapping[str, str | None]], day: str = "2026-11-24") -> dict[str, Any]:
    return {
        "as_of": "2026-11-22T09:00:00-07:00",
        "source": "live",
        "timezone": "America/Denver",
        "complete_until": None,
        "providers": [{"provider_id": "4", "name": "Ada Elmgate", "days": [{"date": day, "slots": list(slots)}]}],
    }
