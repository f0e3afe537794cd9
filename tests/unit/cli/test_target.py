"""Which stack a command talks to, and how the layer's store is pointed at it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from tools.cli.failures import CliError
from tools.cli.main import global_options_first
from tools.cli.target import AwsSettings, find_target

STACK = {
    "control_url": "http://127.0.0.1:4566/_aws/execute-api/abc/v1",
    "aws_endpoint_url": "http://127.0.0.1:4566",
    "aws_region": "us-east-1",
    "aws_access_key_id": "AKIALOCAL",
    "aws_secret_access_key": "local-secret",
    "stack_name": "openchair",
    "practices": [],
}


@pytest.fixture
def stack_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return tmp_path / "stack.json"


def test_the_stack_on_this_machine_is_taken_while_it_runs(stack_file: Path) -> None:
    stack_file.write_text(json.dumps(STACK))

    target = find_target(stack_file=stack_file)

    assert target.local is not None
    assert target.api.url == STACK["control_url"]
    assert target.access.access_key_id == "AKIALOCAL"


def test_naming_a_stack_means_a_deployed_one_even_then(stack_file: Path) -> None:
    stack_file.write_text(json.dumps(STACK))

    target = find_target(region="eu-west-1", stack_name="mine", stack_file=stack_file)

    assert target.local is None
    assert (target.stack_name, target.access.region) == ("mine", "eu-west-1")
    assert target.access.endpoint_url is None


def test_without_any_stack_it_says_how_to_get_one(stack_file: Path) -> None:
    with pytest.raises(CliError) as refused:
        find_target(stack_file=stack_file)

    assert refused.value.code == "no_stack"
    assert any("make local" in hint for hint in refused.value.hints)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_broken_description_is_no_traceback(stack_file: Path, text: str) -> None:
    stack_file.write_text(text)

    with pytest.raises(CliError, match="cannot be read"):
        find_target(stack_file=stack_file)


def test_an_unknown_profile_is_no_traceback(stack_file: Path) -> None:
    with pytest.raises(CliError, match="no AWS profile"):
        find_target(profile="nobody", stack_file=stack_file)


def test_the_local_keys_drive_out_a_profile_and_a_session() -> None:
    environment = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "old", "HOME": "kept"}
    settings = AwsSettings(
        "us-east-1", "practices", endpoint_url="http://127.0.0.1:1", access_key_id="A", secret_access_key="S"
    )

    settings.export(environment)

    assert environment == {
        "HOME": "kept",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "A",
        "AWS_SECRET_ACCESS_KEY": "S",
        "PRACTICES_TABLE": "practices",
    }


def test_a_profile_is_handed_on_to_the_store() -> None:
    environment: dict[str, str] = {}

    AwsSettings("us-east-1", "practices", profile="work").export(environment)

    assert environment["AWS_PROFILE"] == "work"
    assert "AWS_ACCESS_KEY_ID" not in environment


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "local-secret" not in repr(AwsSettings("us-east-1", access_key_id="A", secret_access_key="local-secret"))


class FakeCloudFormation:
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    def describe_stacks(self, **_names: str) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any] | Exception], None]:
    def answers(answer: dict[str, Any] | Exception) -> None:
        monkeypatch.setattr(AwsSettings, "client", lambda _settings, _service: FakeCloudFormation(answer))

    return answers


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "a text of AWS"}}, "DescribeStacks")


def test_a_deployed_stack_is_known_by_its_outputs(
    stack_file: Path, cloudformation: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "PRACTICES_TABLE"):
        monkeypatch.setenv(name, "set again below")
    outputs = {
        "ControlApiUrl": "https://abc.execute-api.eu-west-1.amazonaws.com/v1",
        "PracticesTableName": "mine-practices",
        "KeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
    }
    pairs = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    cloudformation({"Stacks": [{"Outputs": pairs}]})

    target = find_target(region="eu-west-1", stack_name="mine", stack_file=stack_file)

    assert target.api.url == outputs["ControlApiUrl"]
    assert (target.aws.practices_table, target.aws.key_arn) == ("mine-practices", outputs["KeyArn"])
    assert os.environ["PRACTICES_TABLE"] == "mine-practices"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal("ValidationError"), "no_stack"),
        (refusal("ExpiredToken"), "aws_refused"),
        (NoCredentialsError(), "aws_unreachable"),
    ],
)
def test_a_stack_that_cannot_be_read_is_no_traceback(
    stack_file: Path, cloudformation: Callable[..., None], error: Exception, code: str
) -> None:
    cloudformation(error)

    with pytest.raises(CliError) as refused:
        _ = find_target(region="eu-west-1", stack_file=stack_file).outputs

    assert refused.value.code == code
    assert "a text of AWS" not in refused.value.sentence


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (["slots", "p1", "--region", "eu-west-1"], ["--region", "eu-west-1", "slots", "p1"]),
        (["task", "--stack-name=mine", "list", "p1"], ["--stack-name=mine", "task", "list", "p1"]),
        (["--profile", "work", "doctor", "p1"], ["--profile", "work", "doctor", "p1"]),
        (["task", "submit", "p1", "--", "--region"], ["task", "submit", "p1", "--", "--region"]),
        (["slots", "p1", "--region"], ["--region", "slots", "p1"]),
    ],
)
def test_options_that_choose_the_stack_may_stand_anywhere(given: list[str], ordered: list[str]) -> None:
    assert global_options_first(given) == ordered
