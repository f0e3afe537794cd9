"""Tasks with their journals, lines, idempotency records and claims: every change one conditional transaction."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError
from pynamodb.exceptions import PynamoDBException, UpdateError
from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action

from openchair.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    StaleVersion,
    StoredItemUnreadable,
    StoreError,
    StoreUnavailable,
    TaskNotFound,
)
from openchair.models.journal import Claim, Hold, IdempotencyRecord, Task, TaskPage, TaskState
from openchair.ports import EVENTS_AT_ONCE, Clock, DueTask, ReviewsWaiting
from openchair.store import claim_store, tables
from openchair.store.claim_store import Cell
from openchair.store.tables import IdempotencyItem, LineItem, TaskItem
from openchair.store.transaction import ATTEMPTS, HoldLost, Transaction

IDEMPOTENCY_KEPT = timedelta(days=30)
_PAGE_READ = 200
_PAGES_READ = 10
MOST_COUNTED = 1000
_EMPTY_LINE_KEPT = timedelta(days=7)
_MOST_CLAIMS = 80
"""Items of claims in one transaction, of which DynamoDB takes a hundred; the task and its lines are some too."""


class DynamoTaskStore:
    """Satisfies `ports.TaskStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    # ---------------------------------------------------------------------------------------------- reading

    def task(self, practice_id: str, task_id: str) -> Task:
        try:
            item = TaskItem.get(*tables.task_key(practice_id, task_id), consistent_read=True)
        except TaskItem.DoesNotExist:
            raise TaskNotFound from None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        return _task(item)

    def tasks(self, practice_id: str, state: TaskState | None, limit: int, cursor: str | None) -> TaskPage:
        """Newest first; the cursor names the last task looked at, so a page of a rare state can be short, or empty."""
        after = tables.task_key(practice_id, _from_cursor(cursor)) if cursor is not None else None
        found: list[Task] = []
        unreadable = 0
        for _ in range(_PAGES_READ):
            try:
                items = TaskItem.query(
                    tables.tasks_partition(practice_id),
                    TaskItem.sk.startswith(tables.TASK_PREFIX),
                    consistent_read=True,
                    scan_index_forward=False,
                    limit=_PAGE_READ,
                    last_evaluated_key=after and {"pk": {"S": after[0]}, "sk": {"S": after[1]}},
                )
                read = list(items)
            except PynamoDBException as error:
                raise StoreUnavailable from error
            for item in read:
                if len(found) == limit:
                    return TaskPage(tuple(found), _to_cursor(after), unreadable)
                after = (item.pk, item.sk)
                if state is None or _known(item.state) is state:
                    try:
                        found.append(_task(item))
                    except StoredItemUnreadable:
                        unreadable += 1
            if len(read) < _PAGE_READ:
                return TaskPage(tuple(found), None, unreadable)
        return TaskPage(tuple(found), _to_cursor(after), unreadable)

    def accepted(self, practice_id: str, record: IdempotencyRecord) -> Task | None:
        try:
            item = IdempotencyItem.get(*tables.idempotency_key(practice_id, record.key_hash), consistent_read=True)
        except IdempotencyItem.DoesNotExist:
            return None
        except PynamoDBException as error:
            raise StoreUnavailable from error
        if item.expires_at <= self._clock.now().timestamp():
            return None
        if item.body_hash != record.body_hash:
            raise IdempotencyKeyReused
        return self.task(practice_id, item.task_id)

    def line(self, ehr_account_id: str, line: str) -> Sequence[tuple[str, str]]:
        try:
            item = LineItem.get(*tables.line_key(ehr_account_id, line), consistent_read=True)
        except LineItem.DoesNotExist:
            return ()
        except PynamoDBException as error:
            raise StoreUnavailable from error
        return tuple(tables.from_line_entry(entry) for entry in item.open_tasks)

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]:
        return claim_store.read_claims(ehr_account_id, start, end)

    def due(self, now: datetime, limit: int) -> Sequence[DueTask]:
        found = [due for shard in tables.DUE_SHARDS for due in _due_in(shard, now, limit)]
        found.sort(key=lambda task: task.next_attempt_at)
        return [*found[:limit], *_due_in(tables.EVENTS_SHARD, now, min(limit, EVENTS_AT_ONCE))]

    def reviews(self) -> ReviewsWaiting:
        """Of all practices; counted up to MOST_COUNTED."""
        try:
            found = list(TaskItem.reviews.query(tables.A_PERSON, limit=MOST_COUNTED))
        except PynamoDBException as error:
            raise StoreUnavailable from error
        since = found[0].waits_since if found else None
        return ReviewsWaiting(len(found), datetime.fromisoformat(since) if since else None)

    # ---------------------------------------------------------------------------------------------- writing

    def accept(self, task: Task, record: IdempotencyRecord) -> Task:
        stored = task.changed(version=1)
        key = tables.idempotency_key(task.practice_id, record.key_hash)
        now = self._clock.now()
        remembered = IdempotencyItem(
            *key,
            body_hash=record.body_hash,
            task_id=task.id,
            expires_at=int((now + IDEMPOTENCY_KEPT).timestamp()),
        )
        unused = IdempotencyItem.pk.does_not_exist() | (IdempotencyItem.expires_at <= int(now.timestamp()))
        transaction = Transaction(self._clock)
        transaction.put(remembered, unused, IdempotencyKeyReused)
        transaction.put(_item(stored), TaskItem.pk.does_not_exist(), StaleVersion)
        for line in task.lines:
            transaction.update(*_joining(task, line), None)
        transaction.claim(claim_store.updates(task.ehr_account_id, task.id, claim_store.cells(task.holds), ()))
        try:
            transaction.commit()
        except IdempotencyKeyReused:
            earlier = self.accepted(task.practice_id, record)
            if earlier is None:
                raise StoreUnavailable from None
            return earlier
        return stored

    def save(self, task: Task, take: Sequence[Hold] = (), join: str | None = None, leave: Sequence[Hold] = ()) -> Task:
        joined = (join,) if join is not None and join not in task.lines else ()
        kept = (*(hold for hold in task.holds if hold not in leave), *take)
        stored = task.changed(version=task.version + 1, holds=kept, lines=(*task.lines, *joined))
        free = sorted(set(claim_store.cells(leave)) - set(claim_store.cells(kept)))
        try:
            self._save(task, stored, take, joined, free)
        except HoldLost:
            free = claim_store.still_held(task.ehr_account_id, task.id, free)
            self._save(task, stored, take, joined, free)
        return stored

    def _save(
        self, task: Task, stored: Task, take: Sequence[Hold], joined: Sequence[str], free: Sequence[Cell]
    ) -> None:
        transaction = Transaction(self._clock)
        transaction.put(_item(stored), TaskItem.version == task.version, StaleVersion)
        for line in joined:
            transaction.update(*_joining(task, line), None)
        transaction.claim(claim_store.updates(task.ehr_account_id, task.id, claim_store.cells(take), free))
        transaction.commit()

    def note(self, task: Task) -> Task:
        if task.is_settled:
            return self.save(task)
        stored = task.changed(version=task.version + 1)
        transaction = Transaction(self._clock)
        transaction.update(
            TaskItem(*tables.task_key(task.practice_id, task.id)),
            [TaskItem.document.set(_document(stored)), TaskItem.version.set(stored.version)],
            TaskItem.version == task.version,
        )
        transaction.commit()
        return stored

    def end(self, task: Task) -> Task:
        task = self._lightened(task)
        free = claim_store.cells(task.holds)
        for _ in range(ATTEMPTS):
            try:
                return self._end(task, free)
            except HoldLost:
                free = claim_store.still_held(task.ehr_account_id, task.id, free)
            except _LineMoved:
                continue
        raise StoreUnavailable

    def _lightened(self, task: Task) -> Task:
        """The task with no more holds than one transaction can release; the others are released before it ends."""
        while claim_store.items_of(task.holds) > _MOST_CLAIMS:
            stored = self.task(task.practice_id, task.id)
            if stored.version != task.version:
                raise StaleVersion
            leave = list(stored.holds)
            while claim_store.items_of(leave) > _MOST_CLAIMS:
                leave.pop()
            left = self.save(stored, leave=leave)
            task = task.changed(version=left.version, holds=left.holds)
        return task

    def _end(self, task: Task, free: Sequence[Cell]) -> Task:
        stored = task.changed(
            version=task.version + 1, holds=(), lines=(), lease_until=None, next_attempt_at=task.sweep_at
        )
        transaction = Transaction(self._clock)
        transaction.put(_item(stored), TaskItem.version == task.version, StaleVersion)
        transaction.claim(claim_store.updates(task.ehr_account_id, task.id, (), free))
        for line in task.lines:
            self._leave(transaction, task, line)
        transaction.commit()
        return stored

    def _leave(self, transaction: Transaction, task: Task, line: str) -> None:
        """Takes the task out of the line and makes the one behind it due."""
        waiting = list(self.line(task.ehr_account_id, line))
        mine = (task.practice_id, task.id)
        if mine not in waiting:
            return
        place = waiting.index(mine)
        here = LineItem.open_tasks[place]
        actions: list[Action] = [here.remove()]
        unmoved = here == tables.line_entry(*mine)
        if len(waiting) == 1:
            swept_at = int((self._clock.now() + _EMPTY_LINE_KEPT).timestamp())
            actions.append(LineItem.expires_at.set(swept_at))
            unmoved = unmoved & (size(LineItem.open_tasks) == 1)  # type: ignore[no-untyped-call]
        item = LineItem(*tables.line_key(task.ehr_account_id, line))
        transaction.update(item, actions, unmoved, _LineMoved)
        behind = (self._task_or_none(*entry) for entry in waiting[place + 1 :])
        following = next((other for other in behind if other is not None and other.next_attempt_at is not None), None)
        if following is not None:
            transaction.update(
                TaskItem(*tables.task_key(following.practice_id, following.id)),
                [TaskItem.next_attempt_at.set(tables.instant_key(self._clock.now()))],
                TaskItem.next_attempt_at.exists(),
                _LineMoved,
            )

    def _task_or_none(self, practice_id: str, task_id: str) -> Task | None:
        try:
            return self.task(practice_id, task_id)
        except StoredItemUnreadable:
            return None

    def wake(self, due: DueTask, next_attempt_at: datetime) -> Task | None:
        """Puts a due task's next look off, so that one waker sends it; None when another one did, or it ended."""
        item = TaskItem(*tables.task_key(due.practice_id, due.task_id))
        try:
            item.update(
                [TaskItem.next_attempt_at.set(tables.instant_key(next_attempt_at))],
                condition=TaskItem.next_attempt_at == due.next_attempt_at,
            )
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return None
            raise StoreUnavailable from error
        return _task(item)


class _LineMoved(StoreError):
    """Somebody before us in a line left it between our look and our write."""


def _joining(task: Task, line: str) -> tuple[LineItem, list[Action]]:
    entry = tables.line_entry(task.practice_id, task.id)
    item = LineItem(*tables.line_key(task.ehr_account_id, line))
    return item, [LineItem.open_tasks.set((LineItem.open_tasks | []).append([entry])), LineItem.expires_at.remove()]


def _due_in(shard: str, now: datetime, limit: int) -> list[DueTask]:
    try:
        items = list(TaskItem.due.query(shard, TaskItem.next_attempt_at <= tables.instant_key(now), limit=limit))
    except PynamoDBException as error:
        raise StoreUnavailable from error
    return [
        DueTask(item.pk.removeprefix("PRACTICE#"), item.sk.removeprefix(tables.TASK_PREFIX), item.next_attempt_at)
        for item in items
        if item.next_attempt_at is not None
    ]


def _document(task: Task) -> str:
    return task.model_dump_json(exclude={"version", "next_attempt_at"})


def _item(task: Task) -> TaskItem:
    look_at, woken_at = task.next_attempt_at, task.due_at
    is_review = task.state is TaskState.NEEDS_REVIEW and task.is_settled
    shard = tables.EVENTS_SHARD if look_at is None else tables.due_shard(task.id)
    return TaskItem(
        *tables.task_key(task.practice_id, task.id),
        document=_document(task),
        state=task.state.value,
        version=task.version,
        due_shard=shard if woken_at else None,
        next_attempt_at=tables.instant_key(woken_at) if woken_at else None,
        look_at=tables.instant_key(look_at) if look_at and task.announce_at else None,
        waits_for=tables.A_PERSON if is_review else None,
        waits_since=tables.instant_key(task.updated_at) if is_review else None,
    )


def _task(item: TaskItem) -> Task:
    try:
        task = Task.model_validate_json(item.document)
    except ValidationError as error:
        raise StoredItemUnreadable from error
    look_at = item.next_attempt_at if task.announce_at is None else item.look_at
    due = datetime.fromisoformat(look_at) if look_at else None
    return task.changed(version=int(item.version), next_attempt_at=due)


def _known(state: str) -> TaskState:
    return TaskState(state) if state in TaskState else TaskState.UNKNOWN


def _to_cursor(key: tuple[str, str] | None) -> str | None:
    if key is None:
        return None
    task_id = key[1].removeprefix(tables.TASK_PREFIX)
    return base64.urlsafe_b64encode(task_id.encode()).decode().rstrip("=")


def _from_cursor(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(problems=[("cursor", "is not one of ours")]) from error
    if not text.isalnum() or not 10 <= len(text) <= 64:
        raise InvalidRequest(problems=[("cursor", "is not one of ours")])
    return text
