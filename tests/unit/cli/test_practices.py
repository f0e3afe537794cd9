"""Practices, keys and callers as the operator writes them."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from openchair.clients.factory import _nexhealth_authorization, _open_dental_authorization
from openchair.clients.keys import NAMES
from openchair.clients.transport import Renewal
from openchair.errors import EhrKeyMissing, PracticeNotFound
from openchair.models.practice import Ehr, Practice
from openchair.settings import settings
from openchair.store.practice_store import PracticeStore
from openchair.store.tables import PracticeItem, practice_key
from tests.integration.ehr_world import FixedKeys
from tests.integration.tables import empty_tables, moto_tables
from tools.cli import practices
from tools.cli.commands import common
from tools.cli.failures import CliError
from tools.cli.main import main
from tools.cli.target import AwsSettings, Target

DOCUMENT = {
    "id": "p1",
    "name": "Juniper Falls Dental",
    "timezone": "America/Denver",
    "ehr": "OPEN_DENTAL",
    "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
    "services": [{"id": "cleaning", "name": "Cleaning", "minutes": 60}],
}
KEYS = {"devKey": "example-developer", "custKey": "example-customer"}
NEW_KEYS = {**KEYS, "custKey": "new-customer"}
ROLE = "arn:aws:iam::123456789012:role/Receptionist"
AWS = AwsSettings(region="us-east-1", practices_table="practices")


@pytest.fixture(scope="module")
def tables() -> Iterator[None]:
    with moto_tables():
        yield


@pytest.fixture
def aws(tables: None) -> AwsSettings:
    AWS.export()
    settings.cache_clear()
    empty_tables()
    client = boto3.client("secretsmanager", region_name="us-east-1")
    for secret in client.list_secrets()["SecretList"]:
        client.delete_secret(SecretId=secret["Name"], ForceDeleteWithoutRecovery=True)
    return AWS


def practice(**changes: object) -> Practice:
    return practices.practice_from_json(json.dumps({**DOCUMENT, **changes}))


def second_practice() -> Practice:
    return practice(id="p2", open_dental={"api_key_secret_name": "practice-p2-opendental-api-key"})


def stored_secret() -> str:
    client = boto3.client("secretsmanager", region_name="us-east-1")
    return client.get_secret_value(SecretId="practice-p1-opendental-api-key")["SecretString"]


# ------------------------------------------------------------------------------------------------ documents


def test_a_wrong_document_is_told_field_by_field_without_its_values() -> None:
    wrong = {
        **DOCUMENT,
        "timezone": "Mars/Olympus",
        "surprise": "hidden-value",
        "services": [{"id": "cleaning", "name": "Cleaning", "minutes": 61}],
    }

    with pytest.raises(CliError) as refused:
        practices.practice_from_json(json.dumps(wrong))

    hints = "\n".join(refused.value.hints)
    assert refused.value.code == "invalid_practice"
    assert "timezone: is not an IANA time zone" in hints
    assert "services.0.minutes:" in hints
    assert "surprise:" in hints
    assert "Mars" not in hints
    assert "hidden-value" not in hints


def test_a_document_without_the_section_of_its_ehr_says_which() -> None:
    without = {name: value for name, value in DOCUMENT.items() if name != "open_dental"}

    with pytest.raises(CliError) as refused:
        practices.practice_from_json(json.dumps(without))

    assert any("needs the section open_dental" in hint for hint in refused.value.hints)


@pytest.mark.parametrize("text", ["", "no json", "[]", "null"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(CliError, match="not valid"):
        practices.practice_from_json(text)


# ----------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"devKey": "abcdef"}',
        '{"devKey": "abcdef", "custKey": "ghijkl", "other": "x"}',
        '{"devKey": "abcdef", "custKey": ""}',
        '{"devKey": "abcdef", "custKey": 12345678}',
        '{"devKey": "abc def", "custKey": "ghijkl"}',
        '{"devKey": "abc/def", "custKey": "ghijkl"}',
        '{"devKey": "abcd\\u0000", "custKey": "ghijkl"}',
        '{"devKey": "abcdé", "custKey": "ghijkl"}',
    ],
)
def test_keys_in_a_wrong_form_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(CliError) as refused:
        practices.keys_from_json(text, Ehr.OPEN_DENTAL)

    shown = " ".join([refused.value.sentence, *refused.value.hints])
    assert refused.value.code == "invalid_keys"
    assert "abc" not in shown
    assert "ghi" not in shown


def test_nexhealth_takes_one_key() -> None:
    assert practices.keys_from_json('{"apiKey": "example"}', Ehr.NEXHEALTH) == {"apiKey": "example"}


def test_the_ehr_account_is_told_by_what_the_key_opens_and_does_not_give_it_away() -> None:
    one = practices.ehr_account_id(Ehr.OPEN_DENTAL, KEYS)
    same_office = practices.ehr_account_id(Ehr.OPEN_DENTAL, {**KEYS, "devKey": "another-developer"})
    other_office = practices.ehr_account_id(Ehr.OPEN_DENTAL, {**KEYS, "custKey": "another-customer"})

    assert one == same_office != other_office
    assert one.startswith("open_dental-")
    assert len(one) == len("open_dental-") + 16
    assert "example" not in one


def test_a_key_file_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.touch(mode=0o600)
    assert not practices.is_readable_by_others(keys)

    keys.chmod(0o644)
    assert practices.is_readable_by_others(keys)


# ---------------------------------------------------------------------------------------------------- store


def test_putting_a_practice_stores_document_and_keys(aws: AwsSettings) -> None:
    record = practices.put_practice(aws, practice(), KEYS)

    assert record.version == 1
    assert PracticeStore().practice("p1").practice == practice()
    assert json.loads(stored_secret()) == KEYS


def test_putting_it_again_counts_the_version_and_keeps_the_keys(aws: AwsSettings) -> None:
    first = practices.put_practice(aws, practice(), KEYS)

    second = practices.put_practice(aws, practice(name="Juniper Falls Dental Care"))

    assert second.version == 2
    assert second.ehr_account_id == first.ehr_account_id
    assert json.loads(stored_secret()) == KEYS


def test_new_keys_replace_the_old_and_the_practice_stays_in_its_ehr_account(aws: AwsSettings) -> None:
    first = practices.put_practice(aws, practice(), KEYS)

    record = practices.put_practice(aws, practice(), NEW_KEYS)

    assert json.loads(stored_secret()) == NEW_KEYS
    assert record.ehr_account_id == first.ehr_account_id == practices.ehr_account_id(Ehr.OPEN_DENTAL, KEYS)
    assert PracticeStore().practice("p1").ehr_account_id == first.ehr_account_id


def test_two_practices_put_with_one_key_share_the_ehr_account(aws: AwsSettings) -> None:
    first = practices.put_practice(aws, practice(), KEYS)

    assert practices.put_practice(aws, second_practice(), KEYS).ehr_account_id == first.ehr_account_id


def test_two_practices_with_one_key_share_the_ehr_account_also_after_the_key_was_replaced(aws: AwsSettings) -> None:
    first = practices.put_practice(aws, practice(), KEYS)
    practices.put_practice(aws, practice(), NEW_KEYS)

    assert practices.put_practice(aws, second_practice(), NEW_KEYS).ehr_account_id == first.ehr_account_id


def test_practices_with_different_keys_are_in_different_ehr_accounts(aws: AwsSettings) -> None:
    first = practices.put_practice(aws, practice(), KEYS)

    assert practices.put_practice(aws, second_practice(), NEW_KEYS).ehr_account_id != first.ehr_account_id


def test_the_ehr_account_can_be_set_and_stays_as_set(aws: AwsSettings) -> None:
    practices.put_practice(aws, practice(), KEYS)

    shared = practices.put_practice(aws, practice(), ehr_account="open_dental-shared")

    assert shared.ehr_account_id == "open_dental-shared"
    assert practices.put_practice(aws, practice(), NEW_KEYS).ehr_account_id == "open_dental-shared"


@pytest.mark.parametrize("account", ["", "two words", "ACCOUNT#x", "a" * 65, "-x"])
def test_what_is_no_id_of_an_ehr_account_is_refused_and_nothing_is_stored(aws: AwsSettings, account: str) -> None:
    with pytest.raises(CliError) as refused:
        practices.put_practice(aws, practice(), KEYS, account)

    assert refused.value.code == "invalid_ehr_account"
    assert practices.all_practices(aws) == []


def test_a_stored_document_that_is_no_longer_valid_can_be_put_anew_once_its_ehr_account_is_said(
    aws: AwsSettings,
) -> None:
    account = practices.put_practice(aws, practice(), KEYS).ehr_account_id
    PracticeItem(*practice_key("p1"), document="{}", version=1, ehr_account_id=account).save()

    with pytest.raises(CliError) as refused:
        practices.put_practice(aws, practice())

    assert any("--ehr-account" in hint for hint in refused.value.hints)
    assert practices.put_practice(aws, practice(), ehr_account=account).version == 2


def test_the_command_shows_the_ehr_account_and_takes_one(
    aws: AwsSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stack = Target("a stack of tests", "openchair", aws)
    stack.__dict__["aws"] = aws
    monkeypatch.setattr(common, "find_target", lambda *_: stack)
    practices.put_practice(aws, practice(), KEYS)
    file = tmp_path / "practice.json"
    file.write_text(json.dumps(DOCUMENT))

    assert main(["practice", "put", str(file), "--ehr-account", "open_dental-shared"]) == 0

    assert "Stored p1, version 2, EHR account open_dental-shared, in a stack of tests." in capsys.readouterr().out
    assert PracticeStore().practice("p1").ehr_account_id == "open_dental-shared"


def test_a_first_put_without_keys_asks_for_them(aws: AwsSettings) -> None:
    with pytest.raises(CliError) as refused:
        practices.put_practice(aws, practice())

    assert refused.value.code == "keys_missing"
    assert any("--keys" in hint for hint in refused.value.hints)
    with pytest.raises(PracticeNotFound):
        PracticeStore().practice("p1")


def test_a_table_that_cannot_be_used_is_no_traceback(aws: AwsSettings) -> None:
    elsewhere = AwsSettings(region="us-east-1", practices_table="practices-of-nobody")

    for use in (
        lambda: practices.put_practice(elsewhere, practice(), KEYS),
        lambda: practices.all_practices(elsewhere),
        lambda: practices.get_practice(elsewhere, "p1"),
        lambda: practices.allow_caller(elsewhere, ROLE, ["p1"]),
    ):
        with pytest.raises(CliError) as refused:
            use()
        assert refused.value.code == "store_unavailable"


# -------------------------------------------------------------------------------------------------- callers


@pytest.mark.parametrize(
    "arn",
    [
        ROLE,
        "arn:aws:iam::123456789012:role/service-role/deep/Receptionist",
        "arn:aws:sts::123456789012:assumed-role/Receptionist/session-17",
    ],
)
def test_a_role_is_one_caller_by_whatever_name_it_comes(aws: AwsSettings, arn: str) -> None:
    caller = practices.allow_caller(aws, arn, ["p1", "p2"])

    assert caller.caller_id == ROLE
    assert caller.practice_ids == ("p1", "p2")


def test_a_user_may_be_a_caller(aws: AwsSettings) -> None:
    caller = practices.allow_caller(aws, "arn:aws:iam::123456789012:user/team/operator", ["p1"])

    assert caller.caller_id == "arn:aws:iam::123456789012:user/operator"


@pytest.mark.parametrize("arn", ["", "Receptionist", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:root"])
def test_what_is_no_caller_is_refused(aws: AwsSettings, arn: str) -> None:
    with pytest.raises(CliError) as refused:
        practices.allow_caller(aws, arn, ["p1"])

    assert refused.value.code == "invalid_arn"


def test_allowing_replaces_the_list_and_allowing_also_adds_to_it(aws: AwsSettings) -> None:
    practices.allow_caller(aws, ROLE, ["p1", "p2"])
    practices.allow_caller(aws, ROLE, ["p3"])

    practices.allow_also(aws, ROLE, "p4")

    callers = practices.all_callers(aws)
    assert [(caller.caller_id, set(caller.practice_ids)) for caller in callers] == [(ROLE, {"p3", "p4"})]


@pytest.mark.parametrize("length", [3, 4, 200, 201, 512, 513])
@pytest.mark.parametrize("letter", ["k", "/", "~", " ", "\u00e9"])
@pytest.mark.parametrize("ehr", list(Ehr))
def test_a_key_that_may_be_stored_can_be_used_and_no_other(ehr: Ehr, letter: str, length: int) -> None:
    keys = dict.fromkeys(NAMES[ehr], "k" * (length - 1) + letter)
    try:
        practices.keys_from_json(json.dumps(keys), ehr)
        may_be_stored = True
    except CliError:
        may_be_stored = False

    secrets = FixedKeys(**keys)
    nexhealth, open_dental = _nexhealth_authorization(secrets, "name", {}), _open_dental_authorization(secrets, "name")
    try:
        (nexhealth if ehr is Ehr.NEXHEALTH else open_dental)(Renewal.NOTHING, 0.0)
        can_be_used = True
    except EhrKeyMissing:
        can_be_used = False

    assert may_be_stored == can_be_used
    assert may_be_stored == (4 <= length <= 512 and (letter in "k~" or (letter == "/" and ehr is Ehr.NEXHEALTH)))
