"""Circuits in the table Limits: one item per EHR account, and one per practice in it."""

from datetime import datetime

from pynamodb.exceptions import PynamoDBException, UpdateError

from openchair import log
from openchair.circuits import PROBE, pause_after
from openchair.errors import StoreUnavailable
from openchair.ports import Clock
from openchair.store import tables
from openchair.store.tables import CircuitItem

type _Key = tuple[str, str]


class DynamoCircuits:
    """Satisfies `ports.Circuits`. What `next_try` read spares `answered` a write while all is well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._has_failed: set[_Key] = set()

    def next_try(self, ehr_account_id: str, practice_id: str) -> datetime | None:
        keys = tables.circuit_key(ehr_account_id, practice_id), tables.circuit_key(ehr_account_id)
        now = self._clock.now()
        opened = [item for item in map(self._read, keys) if item is not None and item.open_until]
        open_until = max((datetime.fromisoformat(item.open_until) for item in opened), default=now)
        if now < open_until:
            return open_until
        return None if all(self._is_mine_to_probe(item, now + PROBE) for item in opened) else now + PROBE

    def _read(self, key: _Key) -> CircuitItem | None:
        """None where nothing has failed."""
        self._has_failed.discard(key)
        try:
            item = CircuitItem.get(*key, consistent_read=True)
        except CircuitItem.DoesNotExist:
            return None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        if not item.failures:
            return None
        self._has_failed.add(key)
        return item

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

    def failed(self, ehr_account_id: str, practice_id: str | None = None) -> None:
        key = tables.circuit_key(ehr_account_id, practice_id)
        self._has_failed.add(key)
        item = CircuitItem(*key)
        try:
            item.update([CircuitItem.failures.add(1)])
            pause = pause_after(int(item.failures))
            if pause is not None:
                item.update([CircuitItem.open_until.set(tables.instant_key(self._clock.now() + pause))])
                log.circuit_open(practice_id)
        except UpdateError as error:
            raise StoreUnavailable from error

    def answered(self, ehr_account_id: str, practice_id: str) -> None:
        for key in (tables.circuit_key(ehr_account_id, practice_id), tables.circuit_key(ehr_account_id)):
            if key not in self._has_failed:
                continue
            try:
                CircuitItem(*key).update([CircuitItem.failures.set(0), CircuitItem.open_until.remove()])
            except UpdateError as error:
                raise StoreUnavailable from error
            self._has_failed.discard(key)
