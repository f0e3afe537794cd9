"""One write of several items that happens whole or not at all."""

from collections.abc import Iterable
from uuid import uuid4

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from openchair.errors import OpenChairError, StaleVersion, StoreError, StoreUnavailable
from openchair.ports import Clock
from openchair.store.claim_store import CellUpdate
from openchair.store.tables import TaskItem

_AGAIN = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
ATTEMPTS = 7


class HoldLost(StoreError):
    """What a task was to release was swept, and is another task's since."""


class Transaction:
    """One TransactWriteItems with the error each failed condition means; a conflict is tried again, never told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._puts: list[tuple[Model, Condition]] = []
        self._updates: list[tuple[Model, list[Action], Condition | None]] = []
        self._put_errors: list[type[OpenChairError]] = []
        self._update_errors: list[type[OpenChairError]] = []

    def put(self, item: Model, condition: Condition, error: type[OpenChairError]) -> None:
        self._puts.append((item, condition))
        self._put_errors.append(error)

    def update(
        self,
        item: Model,
        actions: list[Action],
        condition: Condition | None,
        error: type[OpenChairError] = StaleVersion,
    ) -> None:
        self._updates.append((item, actions, condition))
        self._update_errors.append(error)

    def claim(self, updates: Iterable[CellUpdate]) -> None:
        for one in updates:
            self.update(one.item, one.actions, one.condition, one.taken or HoldLost)

    def commit(self) -> None:
        token = uuid4().hex
        for attempt in range(ATTEMPTS):
            try:
                self._write(token)
                return
            except TransactWriteError as error:
                codes = [reason.code if reason else None for reason in error.cancellation_reasons]
                for meaning, code in zip([*self._put_errors, *self._update_errors], codes, strict=False):
                    if code == "ConditionalCheckFailed":
                        raise meaning from error
                again = any(code in _AGAIN for code in codes) or error.cause_response_code in (
                    "TransactionInProgressException",
                    "ThrottlingException",
                )
                if not again or attempt == ATTEMPTS - 1:
                    raise StoreUnavailable from error
            except PynamoDBException as error:
                raise StoreUnavailable from error
            self._clock.sleep(0.02 * 2**attempt)

    def _write(self, token: str) -> None:
        connection = TaskItem._get_connection().connection
        with TransactWrite(connection=connection, client_request_token=token) as transaction:
            for item, condition in self._puts:
                transaction.save(item, condition=condition)
            for item, actions, changed in self._updates:
                transaction.update(item, actions=actions, condition=changed)
