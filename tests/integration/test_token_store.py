"""One suite for tokens of EHR accounts, in memory and on DynamoDB with KMS."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import GetError, UpdateError

from openchair.errors import StoreUnavailable
from openchair.ports import Token, TokenStore
from openchair.store import aws
from openchair.store.tables import TokenItem
from openchair.store.token_store import DynamoTokens
from tests.clock import VirtualClock
from tests.integration.tables import empty_tables, moto_tables
from tests.memory_store import MemoryTokens

SECRET = "a-bearer-token-of-this-account"
NOW = VirtualClock().now().timestamp()
TOKEN = Token(SECRET, "a1b2", NOW + 3600, NOW + 3300)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[None]:
    with moto_tables():
        kms = boto3.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/openchair", TargetKeyId=key)
        yield


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: VirtualClock) -> TokenStore:
    if request.param == "memory":
        return MemoryTokens(clock)
    request.getfixturevalue("dynamodb")
    empty_tables()
    return DynamoTokens(clock)


def test_an_account_has_no_token_yet_also_while_one_is_fetched(store: TokenStore) -> None:
    assert store.token("account") is None

    store.lease("account", 0, NOW + 30)

    assert store.token("account") is None


def test_what_was_put_is_read(store: TokenStore) -> None:
    stored = store.put("account", TOKEN)

    assert stored == replace(TOKEN, version=1)
    assert store.token("account") == stored
    assert store.token("another") is None


def test_one_of_many_gets_the_lease_until_its_time_is_over(store: TokenStore, clock: VirtualClock) -> None:
    assert [store.lease("account", 0, NOW + 30) for _ in range(3)] == [True, False, False]

    clock.advance(31)
    assert store.lease("account", 0, NOW + 61)


def test_a_new_token_ends_the_lease_and_no_old_one_is_renewed(store: TokenStore) -> None:
    store.lease("account", 0, NOW + 30)
    store.put("account", TOKEN)

    assert not store.lease("account", 0, NOW + 30)
    assert store.lease("account", 1, NOW + 30)


def test_of_two_who_renewed_the_same_one_stores(store: TokenStore) -> None:
    assert store.put("account", TOKEN) is not None
    assert store.put("account", replace(TOKEN, value="late")) is None
    assert store.token("account") == replace(TOKEN, version=1)


def test_a_lease_that_is_given_back_is_had_by_the_next(store: TokenStore) -> None:
    store.lease("account", 0, NOW + 30)
    store.release("account", 0)

    assert store.lease("account", 0, NOW + 30)


@pytest.mark.usefixtures("dynamodb")
def test_the_table_holds_no_token_that_can_be_read() -> None:
    empty_tables()
    DynamoTokens(VirtualClock()).put("account", TOKEN)

    assert SECRET not in str(boto3.client("dynamodb").scan(TableName="limits"))


@pytest.mark.usefixtures("dynamodb")
def test_a_token_moved_to_another_account_cannot_be_read() -> None:
    empty_tables()
    DynamoTokens(VirtualClock()).put("account", TOKEN)
    dynamodb = boto3.client("dynamodb")
    (row,) = dynamodb.scan(TableName="limits")["Items"]
    dynamodb.put_item(TableName="limits", Item={**row, "pk": {"S": "ACCOUNT#another"}})

    assert is_lost(DynamoTokens(VirtualClock()).token("another"))


def is_lost(token: Token | None) -> bool:
    """What is stored has ended, and is told with the version at which it is renewed."""
    return token == Token("", "", expires_at=0.0, renew_at=0.0, version=1)


class Kms:
    """Stands in for the key service where it refuses."""

    def __init__(self, code: str) -> None:
        self._code = code

    def decrypt(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "Decrypt")


@pytest.mark.usefixtures("dynamodb")
@pytest.mark.parametrize(
    "code",
    [
        "NotFoundException",
        "DisabledException",
        "KMSInvalidStateException",
        "AccessDeniedException",
        "InvalidCiphertextException",
    ],
)
def test_a_token_whose_key_is_gone_disabled_or_to_be_deleted_is_renewed_as_one_that_has_ended(code: str) -> None:
    empty_tables()
    DynamoTokens(VirtualClock()).put("account", TOKEN)
    store = DynamoTokens(VirtualClock())

    with patch.object(aws, "kms", return_value=Kms(code)):
        assert is_lost(store.token("account"))

    assert store.lease("account", 1, NOW + 30)
    assert store.put("account", replace(TOKEN, value="anew", version=1)) is not None
    assert store.token("account") == replace(TOKEN, value="anew", version=2)


@pytest.mark.usefixtures("dynamodb")
@pytest.mark.parametrize("encrypted", ["", "no base 64 \u00e9", "bm90IG91cnM="])
def test_a_stored_token_that_is_not_ours_is_renewed_as_one_that_has_ended(encrypted: str) -> None:
    empty_tables()
    DynamoTokens(VirtualClock()).put("account", TOKEN)
    TokenItem("ACCOUNT#account", "TOKEN").update([TokenItem.encrypted.set(encrypted)])

    assert is_lost(DynamoTokens(VirtualClock()).token("account"))


@pytest.mark.usefixtures("dynamodb")
@pytest.mark.parametrize("code", ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException"])
def test_a_key_service_that_is_down_for_a_moment_loses_no_token(code: str) -> None:
    empty_tables()
    DynamoTokens(VirtualClock()).put("account", TOKEN)

    with patch.object(aws, "kms", return_value=Kms(code)), pytest.raises(StoreUnavailable):
        DynamoTokens(VirtualClock()).token("account")


@pytest.mark.usefixtures("dynamodb")
def test_a_store_that_cannot_be_reached_is_told_as_such() -> None:
    store = DynamoTokens(VirtualClock())
    with patch.object(TokenItem, "get", side_effect=GetError), pytest.raises(StoreUnavailable):
        store.token("account")
    with patch.object(TokenItem, "update", side_effect=UpdateError), pytest.raises(StoreUnavailable):
        store.lease("account", 0, NOW)


def test_no_repr_shows_a_token(store: TokenStore) -> None:
    store.put("account", TOKEN)

    assert SECRET not in repr((store, store.token("account")))
