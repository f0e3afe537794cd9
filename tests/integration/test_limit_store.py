"""One suite for limit states, in memory and on DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest
from pynamodb.exceptions import GetError, PutError

from openchair.errors import StoreUnavailable
from openchair.limits import LimitState
from openchair.ports import LimitStore
from openchair.store.limit_store import DynamoLimits
from openchair.store.tables import LimitItem
from tests.integration.tables import empty_tables, moto_tables
from tests.memory_store import MemoryLimits


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[None]:
    with moto_tables():
        yield


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> LimitStore:
    if request.param == "memory":
        return MemoryLimits()
    request.getfixturevalue("dynamodb")
    empty_tables()
    return DynamoLimits()


def test_an_unknown_account_has_no_limits_yet(store: LimitStore) -> None:
    assert store.read("account") == LimitState()


def test_what_was_stored_is_read(store: LimitStore) -> None:
    state = LimitState(
        next_at={"all": 1_772_467_201.024}, slow_until=3.5, background_due=2.25, refused_keys={"read#abc": 1.5}
    )

    stored = store.swap("account", LimitState(), state)

    assert stored == replace(state, version=1)
    assert store.read("account") == stored
    assert store.read("another") == LimitState()


def test_of_two_who_saw_the_same_one_stores(store: LimitStore) -> None:
    seen = store.swap("account", LimitState(), LimitState(slow_until=1.0))
    assert seen is not None

    assert store.swap("account", seen, replace(seen, slow_until=2.0)) is not None
    assert store.swap("account", seen, replace(seen, slow_until=3.0)) is None
    assert store.read("account").slow_until == 2.0


def test_of_two_who_saw_nothing_one_stores(store: LimitStore) -> None:
    assert store.swap("account", LimitState(), LimitState()) is not None
    assert store.swap("account", LimitState(), LimitState()) is None


@pytest.mark.usefixtures("dynamodb")
def test_a_table_that_cannot_be_reached_is_told_as_such() -> None:
    with patch.object(LimitItem, "get", side_effect=GetError), pytest.raises(StoreUnavailable):
        DynamoLimits().read("account")
    with patch.object(LimitItem, "save", side_effect=PutError), pytest.raises(StoreUnavailable):
        DynamoLimits().swap("account", LimitState(), LimitState())
