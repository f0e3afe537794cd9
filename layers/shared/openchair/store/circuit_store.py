"""Circuits in the table Limits: one item per EHR account."""

from datetime import datetime

from pynamodb.exceptions import PynamoDBException, UpdateError

from openchair.circuits import PROBE, pause_after
from openchair.errors import StoreUnavailable
from openchair.ports import Clock
from openchair.store import tables
from openchair.store.tables import CircuitItem


class DynamoCircuits:
    """Satisfies `ports.Circuits`. What `next_try` read spares `answered` a write while all is well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._has_failed: set[str] = set()

    def next_try(self, ehr_account_id: str) -> datetime | None:
        self._has_failed.discard(ehr_account_id)
        try:
            item = CircuitItem.get(*tables.circuit_key(ehr_account_id), consistent_read=True)
        except CircuitItem.DoesNotExist:
            return None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        if not item.failures:
            return None
        self._has_failed.add(ehr_account_id)
        if not item.open_until:
            return None
        now, open_until = self._clock.now(), datetime.fromisoformat(item.open_until)
        if now < open_until:
            return open_until
        return None if self._is_mine_to_probe(item, now + PROBE) else now + PROBE

    def _is_mine_to_probe(self, item: CircuitItem, until: datetime) -> bool:
        try:
            item.update(
                [CircuitItem.open_until.set(tables.instant_key(until))],
                condition=CircuitItem.open_until == item.open_until,
            )
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise StoreUnavailable from error
        return True

    def failed(self, ehr_account_id: str) -> None:
        self._has_failed.add(ehr_account_id)
        item = CircuitItem(*tables.circuit_key(ehr_account_id))
        try:
            item.update([CircuitItem.failures.add(1)])
            pause = pause_after(int(item.failures))
            if pause is not None:
                item.update([CircuitItem.open_until.set(tables.instant_key(self._clock.now() + pause))])
        except UpdateError as error:
            raise StoreUnavailable from error

    def answered(self, ehr_account_id: str) -> None:
        if ehr_account_id not in self._has_failed:
            return
        try:
            CircuitItem(*tables.circuit_key(ehr_account_id)).update(
                [CircuitItem.failures.set(0), CircuitItem.open_until.remove()]
            )
        except UpdateError as error:
            raise StoreUnavailable from error
        self._has_failed.discard(ehr_account_id)
