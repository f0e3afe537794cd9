"""Keys and tokens that are lost where they are stored, over the real stores and clients."""

import json
from collections.abc import Iterator

import boto3
import pytest

from openchair.clients.factory import EhrClients
from openchair.errors import EhrKeyMissing
from openchair.store import aws
from openchair.store.ehr_stores import ehr_stores
from openchair.store.tables import TokenItem
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.tables import empty_tables, moto_tables


@pytest.fixture(scope="module", autouse=True)
def our_own_state() -> Iterator[None]:
    with moto_tables():
        yield


@pytest.fixture
def nexhealth() -> Iterator[NexHealthWorld]:
    empty_tables()
    with nexhealth_world() as world:
        yield world


@pytest.fixture
def open_dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as world:
        yield world


def store_keys(world: EhrWorld) -> str:
    name = world.record.practice.secret_name
    aws.secrets_manager().create_secret(Name=name, SecretString=json.dumps(world._keys.current))
    return name


def new_token_key() -> str:
    """The stack's key for tokens, which is made anew where there was one."""
    kms = boto3.client("kms")
    key: str = kms.create_key()["KeyMetadata"]["KeyId"]
    for alias in kms.list_aliases()["Aliases"]:
        if alias["AliasName"] == "alias/openchair":
            kms.delete_alias(AliasName="alias/openchair")
    kms.create_alias(AliasName="alias/openchair", TargetKeyId=key)
    return key


def function(world: EhrWorld) -> EhrClients:
    """A process that remembers nothing."""
    return EhrClients(*ehr_stores(world.clock), lambda: world._addresses, world.clock, world.audit.append)


def test_a_token_whose_key_was_deleted_is_fetched_anew_and_locks_nobody_out(nexhealth: NexHealthWorld) -> None:
    store_keys(nexhealth)
    key = new_token_key()
    assert function(nexhealth).client(nexhealth.record).providers()
    new_token_key()
    boto3.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    stored = TokenItem.get(f"ACCOUNT#{nexhealth.record.ehr_account_id}", "TOKEN")
    stored.update([TokenItem.encrypted.set("AQIDAHh0aGUga2V5IGlzIGdvbmU=")])

    for _ in range(2):
        assert function(nexhealth).client(nexhealth.record).providers()

    assert nexhealth.tokens_issued() == 2


def test_a_secret_marked_for_deletion_is_a_key_that_is_missing(open_dental: OpenDentalWorld) -> None:
    name = store_keys(open_dental)
    assert function(open_dental).client(open_dental.record).providers()
    aws.secrets_manager().delete_secret(SecretId=name, RecoveryWindowInDays=7)

    with pytest.raises(EhrKeyMissing):
        function(open_dental).client(open_dental.record).providers()

    aws.secrets_manager().restore_secret(SecretId=name)
    assert function(open_dental).client(open_dental.record).providers()
