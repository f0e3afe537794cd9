"""Claims: holds as items of the table Claims, one item per resource and UTC hour, one attribute per five minutes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


def items_of(holds: Iterable[Hold]) -> int:
    """How many items these holds stand in."""
    return len({key for key, _, _ in cells(holds)})


@dataclass(frozen=True, slots=True)
class CellUpdate:
    """Of one item, under the condition that none of these cells is another task's.

    `taken`: what it means when one is, None where none of them was to be taken.
    """

    item: ClaimItem
    actions: list[Action]
    condition: Condition
    taken: type[OpenChairError] | None


def updates(account: str, task_id: str, take: Iterable[Cell], free: Iterable[Cell]) -> Iterator[CellUpdate]:
    """One for each item, since a transaction touches an item once; a patient's are told first.

    What is swept is free already: that is no error.
    """
    taken = set(take)
    in_order = sorted({*taken, *free}, key=lambda cell: (not _is_patients(cell[0]), cell))
    for (key, expires_at), group in groupby(in_order, key=lambda cell: (cell[0], cell[2])):
        found = list(group)
        marks = [_attribute(mark) for _, mark, _ in found]
        actions: list[Action] = [
            mark.set(task_id) if cell in taken else mark.remove() for cell, mark in zip(found, marks, strict=True)
        ]
        # Also of one that was swept: what a release leaves of it is swept again.
        actions.append(ClaimItem.expires_at.set(expires_at))
        condition = reduce(and_, [mark.does_not_exist() | (mark == task_id) for mark in marks])
        meaning = None if taken.isdisjoint(found) else PatientBusy if _is_patients(key) else SlotTaken
        yield CellUpdate(ClaimItem(tables.claims_partition(account), key), actions, condition, meaning)


def _is_patients(key: str) -> bool:
    return tables.from_claim_sort_key(key)[1] == "patient"


def still_held(account: str, task_id: str, wanted: Iterable[Cell]) -> list[Cell]:
    """Of these cells the ones that are no other task's."""
    asked = sorted(wanted)
    keys = [(tables.claims_partition(account), key) for key in sorted({key for key, _, _ in asked})]
    try:
        items = {item.sk: item for item in ClaimItem.batch_get(keys, consistent_read=True)}
    except PynamoDBException as error:
        raise StoreUnavailable from error
    return [cell for cell in asked if getattr(items.get(cell[0]), cell[1], None) in (None, task_id)]


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
