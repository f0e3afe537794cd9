"""Claims: holds as items of the table Claims, one item per resource and UTC hour, one attribute per five minutes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import and_

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from openchair.errors import OpenChairError, PatientBusy, SlotTaken, StoreUnavailable
from openchair.models.journal import Claim, Hold
from openchair.store import tables
from openchair.store.tables import MINUTE_MARKS, ClaimItem

_FIVE_MINUTES = timedelta(minutes=5)
_SWEPT_AFTER = timedelta(days=7)

Cell = tuple[str, str, int]
"""Sort key of the item, five-minute attribute, TTL of the item in epoch seconds."""
Claiming = tuple[ClaimItem, list[Action], Condition, type[OpenChairError]]
"""An update, what it asks of the item before, and what it means when that does not hold."""


def cells(holds: Iterable[Hold]) -> list[Cell]:
    """Every five minutes of the holds, each once, in order of item."""
    found: set[Cell] = set()
    for hold in holds:
        at = hold.start.astimezone(UTC)
        while at < hold.end:
            hour = at.replace(minute=0, second=0, microsecond=0)
            key = tables.claim_sort_key(hour, hold.resource, hold.resource_id)
            found.add((key, tables.minute_attribute(at.minute), int((hour + _SWEPT_AFTER).timestamp())))
            at += _FIVE_MINUTES
    return sorted(found)


def taking(account: str, task_id: str, holds: Iterable[Hold]) -> Iterator[Claiming]:
    """Updates that take the cells, each refused when another task has one of them. A patient's are told first."""
    holds = tuple(holds)
    theirs = [hold for hold in holds if hold.resource == "patient"]
    others = [hold for hold in holds if hold.resource != "patient"]
    yield from _taking(account, task_id, theirs, PatientBusy)
    yield from _taking(account, task_id, others, SlotTaken)


def _taking(account: str, task_id: str, holds: Iterable[Hold], error: type[OpenChairError]) -> Iterator[Claiming]:
    for (key, expires_at), marks in groupby(cells(holds), key=lambda cell: (cell[0], cell[2])):
        attributes = [_attribute(mark) for _, mark, _ in marks]
        free = [attribute.does_not_exist() | (attribute == task_id) for attribute in attributes]
        actions: list[Action] = [attribute.set(task_id) for attribute in attributes]
        actions.append(ClaimItem.expires_at.set(expires_at))
        yield ClaimItem(tables.claims_partition(account), key), actions, reduce(and_, free), error


def releasing(account: str, task_id: str, holds: Iterable[Hold]) -> Iterator[Claiming]:
    """Updates that free the cells, each refused unless the cells are this task's."""
    for key, marks in groupby(cells(holds), key=lambda cell: cell[0]):
        attributes = [_attribute(mark) for _, mark, _ in marks]
        actions: list[Action] = [attribute.remove() for attribute in attributes]
        yield (
            ClaimItem(tables.claims_partition(account), key),
            actions,
            reduce(and_, [attribute == task_id for attribute in attributes]),
            SlotTaken,
        )


class DynamoClaims:
    """Satisfies `ports.ClaimReader`."""

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> list[Claim]:
        return read_claims(ehr_account_id, start, end)


def read_claims(account: str, start: datetime, end: datetime) -> list[Claim]:
    """Live claims that overlap [start, end), one for each run of cells of one task."""
    first, last = tables.claim_hour(start), tables.claim_hour(end)
    try:
        items = list(
            ClaimItem.query(
                tables.claims_partition(account), ClaimItem.sk.between(first, last + "$"), consistent_read=True
            )
        )
    except PynamoDBException as error:
        raise StoreUnavailable from error
    return [claim for item in items for claim in _claims_of(item) if claim.start < end and claim.end > start]


def _claims_of(item: ClaimItem) -> Iterator[Claim]:
    hour, resource, resource_id = tables.from_claim_sort_key(item.sk)
    held = [(minute, getattr(item, tables.minute_attribute(minute))) for minute in MINUTE_MARKS]
    for task_id, run in groupby(held, key=lambda cell: cell[1]):
        minutes = [minute for minute, _ in run]
        if task_id is not None:
            start = hour + timedelta(minutes=minutes[0])
            end = hour + timedelta(minutes=minutes[-1] + 5)
            yield Claim(resource, resource_id, start, end, task_id)


def _attribute(mark: str) -> UnicodeAttribute:
    attribute: UnicodeAttribute = getattr(ClaimItem, mark)
    return attribute
