"""Practices, their keys and their callers, written with the operator's own AWS rights (design section 3)."""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from openchair.clients.keys import LONGEST, NAMES, SHORTEST, unusable
from openchair.errors import PracticeNotFound, StoreError, StoreUnavailable
from openchair.models.practice import Ehr, Practice, PracticeRecord
from tools.cli.failures import CliError
from tools.cli.target import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from openchair.store.practice_store import CallerRecord, PracticeStore

Keys = Mapping[str, str]

_ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_ACCOUNT_KEY = {Ehr.OPEN_DENTAL: "custKey", Ehr.NEXHEALTH: "apiKey"}


def practice_from_json(text: str) -> Practice:
    """The practice document; what is wrong is told field by field, and rejected values are not repeated."""
    try:
        return Practice.model_validate_json(text)
    except ValidationError as error:
        raise CliError("The practice document is not valid.", "invalid_practice", validation_hints(error)) from error


def validation_hints(error: ValidationError) -> list[str]:
    hints = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        field = ".".join(str(part) for part in problem["loc"]) or "document"
        hints.append(f"{field}: {problem['msg'].removeprefix('Value error, ')}")
    return hints


def keys_from_json(text: str, ehr: Ehr) -> Keys:
    """`{"devKey": "...", "custKey": "..."}`, or `{"apiKey": "..."}`: exactly these, printable ASCII without spaces."""
    names = NAMES[ehr]
    expected = "{" + ", ".join(f'"{name}": "..."' for name in names) + "}"
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CliError("The keys are not JSON.", "invalid_keys", [f"Expected: {expected}"]) from error
    if not isinstance(document, dict) or set(document) != set(names):
        raise CliError("The keys have missing or unknown fields.", "invalid_keys", [f"Expected: {expected}"])
    without = "spaces" if ehr is Ehr.NEXHEALTH else "/ and spaces"
    hints = [
        f"{name}: has to be {SHORTEST} to {LONGEST} visible ASCII characters without {without}"
        for name in unusable(ehr, document)
    ]
    if hints:
        raise CliError("The keys cannot be used.", "invalid_keys", hints)
    return {name: document[name] for name in names}


def is_readable_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def ehr_account_id(ehr: Ehr, keys: Keys) -> str:
    """What one key opens, named without giving the key away: two practices with one key share limiter and claims."""
    digest = hashlib.sha256(keys[_ACCOUNT_KEY[ehr]].encode("ascii")).hexdigest()
    return f"{ehr.value.lower()}-{digest[:16]}"


def put_practice(
    aws: AwsSettings, practice: Practice, keys: Keys | None = None, ehr_account: str | None = None
) -> PracticeRecord:
    """Store the keys under the secret name the document gives, then the document.

    Without keys the secret has to be there already. A practice stays in the EHR account it is in, whatever its key is
    now: lines and claims of its tasks stand there. Its first put finds the account by the key; `ehr_account` sets it.
    """
    if ehr_account is not None and not _ACCOUNT_ID.fullmatch(ehr_account):
        raise CliError(
            "This is not the id of an EHR account.", "invalid_ehr_account", ["openchair practice list shows them."]
        )
    found = _stored_keys(aws, practice) if keys is None else keys
    with _store(aws) as store:
        account = ehr_account or _account_of(aws, store, practice, found)
        if keys is not None:
            _store_keys(aws, practice, keys)
        return store.put(practice, account)


def _account_of(aws: AwsSettings, store: "PracticeStore", practice: Practice, keys: Keys) -> str:
    try:
        with suppress(PracticeNotFound):
            before = store.practice(practice.id)
            if before.practice.ehr is practice.ehr:
                return before.ehr_account_id
        others = [record for record in store.practices() if record.practice.ehr is practice.ehr]
    except StoreUnavailable:
        raise
    except StoreError as error:
        hint = "Say which EHR account the practice is in: --ehr-account ID"
        raise CliError("A stored practice document is not valid any more.", error.code, [hint]) from error
    # An account keeps its name when its key is replaced, so that the key alone does not tell who shares it.
    for other in others:
        if _opens_the_same(aws, other.practice, keys):
            return other.ehr_account_id
    return ehr_account_id(practice.ehr, keys)


def _opens_the_same(aws: AwsSettings, other: Practice, keys: Keys) -> bool:
    name = _ACCOUNT_KEY[other.ehr]
    try:
        return _stored_keys(aws, other)[name] == keys[name]
    except CliError as error:
        if error.code == "aws_refused":
            hint = f"Whether {other.id} has the same key cannot be seen; say it: --ehr-account"
            raise CliError(error.sentence, error.code, [hint]) from error
        return False


def get_practice(aws: AwsSettings, practice_id: str) -> PracticeRecord:
    with _store(aws) as store:
        return store.practice(practice_id)


def all_practices(aws: AwsSettings) -> list[PracticeRecord]:
    with _store(aws) as store:
        return store.practices()


def all_callers(aws: AwsSettings) -> "list[CallerRecord]":
    with _store(aws) as store:
        return store.callers()


def own_arn(aws: AwsSettings) -> str:
    """Who AWS says signs with these settings."""
    try:
        arn: str = aws.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise _refused("AWS does not tell who you are", error) from error
    return arn


def allow_caller(
    aws: AwsSettings, role_arn: str, practice_ids: Sequence[str], *, may_overlap: bool = False
) -> "CallerRecord":
    """Give a role exactly these practices; a session's or a user's ARN is reduced to what the API sees."""
    from openchair.errors import RequestError
    from openchair.http_api import caller_id_from_arn

    try:
        caller_id = caller_id_from_arn(role_arn)
    except (RequestError, ValueError) as error:
        raise CliError(
            "This is not the ARN of an IAM role, session or user.",
            "invalid_arn",
            ["Expected: arn:aws:iam::ACCOUNT:role/NAME, or me (the account's root user can be no caller)"],
        ) from error
    with _store(aws) as store:
        store.allow(caller_id, practice_ids, may_overlap)
        return next(caller for caller in store.callers() if caller.caller_id == caller_id)


def allow_also(aws: AwsSettings, caller_arn: str, practice_id: str) -> None:
    """Add a practice to what a caller may touch, as the local stack promises its own credentials (design section 7)."""
    from openchair.http_api import caller_id_from_arn

    caller_id = caller_id_from_arn(caller_arn)
    with _store(aws) as store:
        before = next((caller for caller in store.callers() if caller.caller_id == caller_id), None)
        known, may_overlap = (before.practice_ids, before.may_overlap) if before else ((), True)
        store.allow(caller_id, [*known, practice_id], may_overlap)


@contextmanager
def _store(aws: AwsSettings) -> Iterator["PracticeStore"]:
    """The layer's own store, pointed at this stack through the environment (where it reads everything from)."""
    aws.export()
    from pynamodb.exceptions import PynamoDBException

    from openchair.settings import settings
    from openchair.store.practice_store import PracticeStore

    settings.cache_clear()
    try:
        yield PracticeStore()
    except (PynamoDBException, StoreUnavailable, BotoCoreError, ClientError) as error:
        hint = "Look at your AWS sign-in and at your rights on the stack's table of practices."
        raise CliError("The table of practices could not be used.", "store_unavailable", [hint]) from error


def _store_keys(aws: AwsSettings, practice: Practice, keys: Keys) -> None:
    client = _secrets_manager(aws)
    name, secret = practice.secret_name, json.dumps(dict(keys))
    try:
        try:
            if aws.key_arn:
                client.create_secret(Name=name, SecretString=secret, KmsKeyId=aws.key_arn)
            else:
                client.create_secret(Name=name, SecretString=secret)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=name, SecretString=secret)
    except (BotoCoreError, ClientError) as error:
        raise _refused("The keys could not be stored", error) from error


def _stored_keys(aws: AwsSettings, practice: Practice) -> Keys:
    client = _secrets_manager(aws)
    try:
        text = client.get_secret_value(SecretId=practice.secret_name)["SecretString"]
    except client.exceptions.ResourceNotFoundException as error:
        raise CliError(
            f"No secret {practice.secret_name} is stored yet.", "keys_missing", ["Give the keys: --keys keys.json"]
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise _refused("The stored keys could not be read", error) from error
    return keys_from_json(text, practice.ehr)


def _secrets_manager(aws: AwsSettings) -> "SecretsManagerClient":
    return cast("SecretsManagerClient", aws.client("secretsmanager"))


def _refused(what: str, error: BotoCoreError | ClientError) -> CliError:
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else type(error).__name__
    return CliError(f"{what}: AWS answered {code}.", "aws_refused")
