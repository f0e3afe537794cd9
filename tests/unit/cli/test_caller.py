"""`openchair caller allow me`: the operator names themselves by what AWS says of their sign-in."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.cli.conftest import Run
from tools.cli import practices
from tools.cli.commands import caller
from tools.cli.failures import CliError
from tools.cli.target import AwsSettings

OpenChair = Callable[..., Run]

ME = "arn:aws:sts::123456789012:assumed-role/Operator/session-17"
ROLE = "arn:aws:iam::123456789012:role/Receptionist"


class Sts:
    def __init__(self, answer: dict[str, str] | None = None) -> None:
        self._answer = answer

    def get_caller_identity(self) -> dict[str, str]:
        if self._answer is None:
            raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "hidden"}}, "GetCallerIdentity")
        return self._answer


def sign_in(monkeypatch: pytest.MonkeyPatch, sts: Sts) -> AwsSettings:
    monkeypatch.setattr(AwsSettings, "client", lambda _self, service: {"sts": sts}[service])
    return AwsSettings("us-east-1")


@pytest.mark.parametrize(("named", "arn"), [("me", ME), (ROLE, ROLE)])
def test_me_is_who_signs_and_everyone_else_is_named(
    openchair: OpenChair, monkeypatch: pytest.MonkeyPatch, named: str, arn: str
) -> None:
    aws = sign_in(monkeypatch, Sts({"Arn": ME}))
    allowed: list[str] = []

    def allow(_aws: AwsSettings, role_arn: str, practice_ids: Sequence[str], **_: Any) -> SimpleNamespace:
        allowed.append(role_arn)
        return SimpleNamespace(caller_id=role_arn, practice_ids=practice_ids)

    monkeypatch.setattr(caller, "target", lambda _context: SimpleNamespace(aws=aws))
    monkeypatch.setattr(practices, "allow_caller", allow)
    monkeypatch.setattr(practices, "all_practices", lambda _aws: [])

    ran = openchair("caller", "allow", named, "p1")

    assert (ran.status, allowed) == (0, [arn])
    assert f"{arn} may touch: p1" in ran.out


def test_a_sign_in_that_is_over_is_told_by_its_code_only(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = sign_in(monkeypatch, Sts())

    with pytest.raises(CliError) as refused:
        practices.own_arn(aws)

    assert refused.value.code == "aws_refused"
    assert "ExpiredToken" in refused.value.sentence
    assert "hidden" not in refused.value.sentence
