"""Our own state in memory: what DynamoDB does for the store, without DynamoDB. The contract suite holds both equal."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from openchair.circuits import PROBE, pause_after
from openchair.errors import IdempotencyKeyReused, PatientBusy, PracticeNotFound, SlotTaken, StaleVersion, TaskNotFound
from openchair.limits import LimitState
from openchair.models.journal import Claim, Hold, IdempotencyRecord, Task, TaskPage, TaskState
from openchair.models.practice import PracticeRecord
from openchair.ports import EVENTS_AT_ONCE, Clock, DueTask, Token

FIVE_MINUTES = timedelta(minutes=5)
CLAIMS_KEPT = timedelta(days=7)


class MemoryTaskStore:
    """Satisfies `ports.TaskStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[tuple[str, str], Task] = {}
        self._due: dict[tuple[str, str], datetime] = {}
        self._keys: dict[tuple[str, str], tuple[str, str, datetime]] = {}
        self._lines: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._cells: dict[tuple[str, str, str, datetime], str] = {}

    def task(self, practice_id: str, task_id: str) -> Task:
        try:
            return self._tasks[practice_id, task_id]
        except KeyError:
            raise TaskNotFound from None

    def tasks(self, practice_id: str, state: TaskState | None, limit: int, cursor: str | None) -> TaskPage:
        found = [
            task
            for (owner, task_id), task in sorted(self._tasks.items(), reverse=True)
            if owner == practice_id and (state is None or task.state is state) and (cursor is None or task_id < cursor)
        ]
        page = tuple(found[:limit])
        return TaskPage(page, page[-1].id if len(found) > limit else None)

    def accepted(self, practice_id: str, record: IdempotencyRecord) -> Task | None:
        body_hash, task_id, expires_at = self._keys.get((practice_id, record.key_hash), ("", "", self._clock.now()))
        if expires_at <= self._clock.now():
            return None
        if body_hash != record.body_hash:
            raise IdempotencyKeyReused
        return self.task(practice_id, task_id)

    def line(self, ehr_account_id: str, line: str) -> Sequence[tuple[str, str]]:
        return tuple(self._lines.get((ehr_account_id, line), ()))

    def claims(self, ehr_account_id: str, start: datetime, end: datetime) -> Sequence[Claim]:
        return [
            Claim(resource, resource_id, at, at + FIVE_MINUTES, task_id)
            for (account, resource, resource_id, at), task_id in self._cells.items()
            if account == ehr_account_id and at < end and at + FIVE_MINUTES > start
        ]

    def due(self, now: datetime, limit: int) -> Sequence[DueTask]:
        waiting = sorted((at, ids) for ids, at in self._due.items() if at <= now)
        found = [DueTask(*ids, str(at)) for at, ids in waiting if self._tasks[ids].next_attempt_at is not None]
        untold = [DueTask(*ids, str(at)) for at, ids in waiting if self._tasks[ids].next_attempt_at is None]
        return [*found[:limit], *untold[: min(limit, EVENTS_AT_ONCE)]]

    def accept(self, task: Task, record: IdempotencyRecord) -> Task:
        if earlier := self.accepted(task.practice_id, record):
            return earlier
        self._check_free(task, task.holds)
        kept_until = self._clock.now() + timedelta(days=30)
        self._keys[task.practice_id, record.key_hash] = (record.body_hash, task.id, kept_until)
        for line in task.lines:
            self._lines.setdefault((task.ehr_account_id, line), []).append((task.practice_id, task.id))
        self._take(task, task.holds)
        return self._put(task.changed(version=1))

    def save(self, task: Task, take: Sequence[Hold] = (), join: str | None = None, leave: Sequence[Hold] = ()) -> Task:
        self._check_version(task)
        self._check_free(task, take)
        kept = (*(hold for hold in task.holds if hold not in leave), *take)
        self._release(task, set(self._cells_of(task, leave)) - set(self._cells_of(task, kept)))
        self._take(task, take)
        joined = (join,) if join is not None and join not in task.lines else ()
        for line in joined:
            self._lines.setdefault((task.ehr_account_id, line), []).append((task.practice_id, task.id))
        return self._put(task.changed(version=task.version + 1, holds=kept, lines=(*task.lines, *joined)))

    def note(self, task: Task) -> Task:
        if task.is_settled:
            return self.save(task)
        self._check_version(task)
        due = self._tasks[task.practice_id, task.id].next_attempt_at
        return self._put(task.changed(version=task.version + 1, next_attempt_at=due))

    def end(self, task: Task) -> Task:
        self._check_version(task)
        self._release(task, self._cells_of(task, task.holds))
        for line in task.lines:
            waiting = self._lines[task.ehr_account_id, line]
            place = waiting.index((task.practice_id, task.id))
            del waiting[place]
            behind = [entry for entry in waiting[place:] if self._tasks[entry].next_attempt_at is not None]
            if behind:
                self._put(self._tasks[behind[0]].changed(next_attempt_at=self._clock.now()))
        return self._put(
            task.changed(version=task.version + 1, holds=(), lines=(), lease_until=None, next_attempt_at=task.sweep_at)
        )

    def wake(self, due: DueTask, next_attempt_at: datetime) -> Task | None:
        ids = due.practice_id, due.task_id
        task = self.task(*ids)
        if str(self._due.get(ids)) != due.next_attempt_at:
            return None
        if task.announce_at is None:
            task = self._put(task.changed(next_attempt_at=next_attempt_at))
        self._due[ids] = next_attempt_at
        return task

    def earliest_due(self) -> datetime | None:
        return min(self._due.values(), default=None)

    def put_as_is(self, task: Task) -> None:
        """As another version of ours may have left it."""
        self._put(task)

    def sweep(self, after: timedelta = timedelta()) -> None:
        """What DynamoDB's TTL does some day after: nothing may rely on it, nor on its not having come yet."""
        now = self._clock.now() + after
        self._cells = {cell: owner for cell, owner in self._cells.items() if cell[-1] > now - CLAIMS_KEPT}
        self._keys = {key: kept for key, kept in self._keys.items() if kept[-1] > now}
        self._lines = {line: waiting for line, waiting in self._lines.items() if waiting}

    def _put(self, task: Task) -> Task:
        ids = task.practice_id, task.id
        self._tasks[ids] = task
        self._due.pop(ids, None)
        if task.due_at is not None:
            self._due[ids] = task.due_at
        return task

    def _check_version(self, task: Task) -> None:
        if self._tasks[task.practice_id, task.id].version != task.version:
            raise StaleVersion

    def _check_free(self, task: Task, holds: Sequence[Hold]) -> None:
        theirs = [hold for hold in holds if hold.resource == "patient"]
        for error, wanted in ((PatientBusy, theirs), (SlotTaken, holds)):
            if any(self._cells.get(cell, task.id) != task.id for cell in self._cells_of(task, wanted)):
                raise error

    def _release(self, task: Task, cells: Iterable[tuple[str, str, str, datetime]]) -> None:
        for cell in cells:
            if self._cells.get(cell) == task.id:
                del self._cells[cell]

    def _take(self, task: Task, holds: Sequence[Hold]) -> None:
        self._cells.update(dict.fromkeys(self._cells_of(task, holds), task.id))

    @staticmethod
    def _cells_of(task: Task, holds: Sequence[Hold]) -> list[tuple[str, str, str, datetime]]:
        cells: list[tuple[str, str, str, datetime]] = []
        for hold in holds:
            at = hold.start
            while at < hold.end:
                cells.append((task.ehr_account_id, hold.resource, hold.resource_id, at))
                at += FIVE_MINUTES
        return cells


class MemoryCircuits:
    """Satisfies `ports.Circuits`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str | None], int] = {}
        self._open_until: dict[tuple[str, str | None], datetime] = {}

    def next_try(self, ehr_account_id: str, practice_id: str) -> datetime | None:
        now = self._clock.now()
        opened = [key for key in ((ehr_account_id, practice_id), (ehr_account_id, None)) if key in self._open_until]
        open_until = max((self._open_until[key] for key in opened), default=now)
        if now < open_until:
            return open_until
        self._open_until.update(dict.fromkeys(opened, now + PROBE))
        return None

    def failed(self, ehr_account_id: str, practice_id: str | None = None) -> None:
        key = ehr_account_id, practice_id
        self._failures[key] = self._failures.get(key, 0) + 1
        if pause := pause_after(self._failures[key]):
            self._open_until[key] = self._clock.now() + pause

    def answered(self, ehr_account_id: str, practice_id: str) -> None:
        for key in ((ehr_account_id, practice_id), (ehr_account_id, None)):
            self._failures.pop(key, None)
            self._open_until.pop(key, None)


class MemoryLimits:
    """Satisfies `ports.LimitStore`."""

    def __init__(self) -> None:
        self.requests = 0
        self._states: dict[str, LimitState] = {}

    @property
    def accounts(self) -> set[str]:
        return set(self._states)

    def read(self, ehr_account_id: str) -> LimitState:
        self.requests += 1
        return self._states.get(ehr_account_id, LimitState())

    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None:
        self.requests += 1
        if self._states.get(ehr_account_id, LimitState()).version != seen.version:
            return None
        self._states[ehr_account_id] = replace(new, version=seen.version + 1)
        return self._states[ehr_account_id]


class MemoryTokens:
    """Satisfies `ports.TokenStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._leased_until: dict[str, float] = {}

    def token(self, ehr_account_id: str) -> Token | None:
        return self._tokens.get(ehr_account_id)

    def lease(self, ehr_account_id: str, version: int, until: float) -> bool:
        is_leased = self._leased_until.get(ehr_account_id, 0.0) >= self._clock.now().timestamp()
        if is_leased or self._version(ehr_account_id) != version:
            return False
        self._leased_until[ehr_account_id] = until
        return True

    def put(self, ehr_account_id: str, token: Token) -> Token | None:
        if self._version(ehr_account_id) != token.version:
            return None
        self._tokens[ehr_account_id] = replace(token, version=token.version + 1)
        self._leased_until.pop(ehr_account_id, None)
        return self._tokens[ehr_account_id]

    def release(self, ehr_account_id: str, version: int) -> None:
        if self._version(ehr_account_id) == version:
            self._leased_until.pop(ehr_account_id, None)

    def _version(self, ehr_account_id: str) -> int:
        found = self._tokens.get(ehr_account_id)
        return found.version if found else 0


class MemoryQueue:
    """Satisfies `ports.TaskQueue`."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, task: Task) -> None:
        self.sent.append(task.id)


class MemoryPractices:
    """Satisfies `ports.PracticeReader`; every caller may touch every practice in it."""

    def __init__(self, *records: PracticeRecord) -> None:
        self._records = {record.practice.id: record for record in records}

    def practice(self, practice_id: str) -> PracticeRecord:
        try:
            return self._records[practice_id]
        except KeyError:
            raise PracticeNotFound from None

    def practice_for_caller(self, practice_id: str, caller_id: str) -> PracticeRecord:
        return self.practice(practice_id)
