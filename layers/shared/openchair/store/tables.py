"""The tables and their keys. Key texts are built here and nowhere else, and hold no patient data (design section 6)."""

from datetime import UTC, datetime

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from openchair.settings import settings

DUE_SHARDS = ("0", "1", "2", "3")
EVENTS_SHARD = "events"
"""Of what is due only to be published."""

MINUTE_MARKS = tuple(range(0, 60, 5))


class _TableName:
    """Reads the table's name when PynamoDB first asks for it, so that nothing is read at import."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    def __get__(self, instance: object, owner: type) -> str:
        return settings().required(self._setting)


class _Table:
    connect_timeout_seconds = 3
    read_timeout_seconds = 10
    max_retry_attempts = 4


# ------------------------------------------------------------------------------------------------- Practices


class PracticeItem(Model):
    class Meta(_Table):
        table_name = _TableName("practices_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()
    version = NumberAttribute()
    ehr_account_id = UnicodeAttribute()


class CallerItem(Model):
    class Meta(_Table):
        table_name = _TableName("practices_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    practice_ids: ListAttribute[str] = ListAttribute(of=UnicodeAttribute)  # type: ignore[arg-type]
    may_overlap = BooleanAttribute(default=False)


ALL_PRACTICES = "PRACTICES"
ALL_CALLERS = "CALLERS"


def practice_key(practice_id: str) -> tuple[str, str]:
    return ALL_PRACTICES, f"PRACTICE#{practice_id}"


def caller_key(caller_id: str) -> tuple[str, str]:
    return ALL_CALLERS, f"CALLER#{caller_id}"


# ----------------------------------------------------------------------------------------------------- Tasks


class DueIndex(GlobalSecondaryIndex["TaskItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    next_attempt_at = UnicodeAttribute(range_key=True)


class ReviewIndex(GlobalSecondaryIndex["TaskItem"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "reviews"
        projection = KeysOnlyProjection()

    waits_for = UnicodeAttribute(hash_key=True)
    waits_since = UnicodeAttribute(range_key=True)


A_PERSON = "person"


class TaskItem(Model):
    """`next_attempt_at` is when it is woken, for whatever comes first. `look_at`: of a task that is still to be
    published, when it is looked at for its own sake."""

    class Meta(_Table):
        table_name = _TableName("tasks_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    due_shard = UnicodeAttribute(null=True)
    next_attempt_at = UnicodeAttribute(null=True)
    look_at = UnicodeAttribute(null=True)
    waits_for = UnicodeAttribute(null=True)
    waits_since = UnicodeAttribute(null=True)
    due = DueIndex()
    reviews = ReviewIndex()


class IdempotencyItem(Model):
    class Meta(_Table):
        table_name = _TableName("tasks_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    body_hash = UnicodeAttribute()
    task_id = UnicodeAttribute()
    expires_at = NumberAttribute()


class LineItem(Model):
    class Meta(_Table):
        table_name = _TableName("tasks_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)
    open_tasks: ListAttribute[str] = ListAttribute(of=UnicodeAttribute)  # type: ignore[arg-type]


TASK_PREFIX = "TASK#"


def tasks_partition(practice_id: str) -> str:
    return f"PRACTICE#{practice_id}"


def task_key(practice_id: str, task_id: str) -> tuple[str, str]:
    return tasks_partition(practice_id), f"{TASK_PREFIX}{task_id}"


def idempotency_key(practice_id: str, key_hash: str) -> tuple[str, str]:
    return tasks_partition(practice_id), f"KEY#{key_hash}"


def line_key(ehr_account_id: str, line: str) -> tuple[str, str]:
    return f"ACCOUNT#{ehr_account_id}", f"LINE#{line}"


def line_entry(practice_id: str, task_id: str) -> str:
    """How a task stands in a line: two practices can share an EHR account and so a line."""
    return f"{practice_id}#{task_id}"


def from_line_entry(entry: str) -> tuple[str, str]:
    practice_id, _, task_id = entry.partition("#")
    return practice_id, task_id


def due_shard(task_id: str) -> str:
    return DUE_SHARDS[sum(task_id.encode()) % len(DUE_SHARDS)]


def instant_key(instant: datetime) -> str:
    """UTC text that sorts as time does."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---------------------------------------------------------------------------------------------------- Claims


class ClaimItem(Model):
    """An hour of a chair, provider or patient; `m00` to `m55` hold the id of the task that keeps these five minutes."""

    class Meta(_Table):
        table_name = _TableName("claims_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)
    m00 = UnicodeAttribute(null=True)
    m05 = UnicodeAttribute(null=True)
    m10 = UnicodeAttribute(null=True)
    m15 = UnicodeAttribute(null=True)
    m20 = UnicodeAttribute(null=True)
    m25 = UnicodeAttribute(null=True)
    m30 = UnicodeAttribute(null=True)
    m35 = UnicodeAttribute(null=True)
    m40 = UnicodeAttribute(null=True)
    m45 = UnicodeAttribute(null=True)
    m50 = UnicodeAttribute(null=True)
    m55 = UnicodeAttribute(null=True)


def claims_partition(ehr_account_id: str) -> str:
    return f"ACCOUNT#{ehr_account_id}"


def claim_hour(hour: datetime) -> str:
    return hour.astimezone(UTC).strftime("%Y-%m-%dT%H")


def claim_sort_key(hour: datetime, resource: str, resource_id: str) -> str:
    return f"{claim_hour(hour)}#{resource}#{resource_id}"


def from_claim_sort_key(key: str) -> tuple[datetime, str, str]:
    hour, resource, resource_id = key.split("#", 2)
    return datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC), resource, resource_id


def minute_attribute(minute: int) -> str:
    return f"m{minute:02d}"


# ---------------------------------------------------------------------------------------------------- Limits


class CircuitItem(Model):
    class Meta(_Table):
        table_name = _TableName("limits_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    failures = NumberAttribute(default=0)
    open_until = UnicodeAttribute(null=True)


def circuit_key(ehr_account_id: str, practice_id: str | None = None) -> tuple[str, str]:
    """The account's own circuit, or that of a practice in it."""
    return f"ACCOUNT#{ehr_account_id}", "CIRCUIT" if practice_id is None else f"CIRCUIT#{practice_id}"


class LimitItem(Model):
    class Meta(_Table):
        table_name = _TableName("limits_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    document = UnicodeAttribute()
    version = NumberAttribute()


def limit_key(ehr_account_id: str) -> tuple[str, str]:
    return f"ACCOUNT#{ehr_account_id}", "LIMIT"


class TokenItem(Model):
    class Meta(_Table):
        table_name = _TableName("limits_table")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    encrypted = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    ends_at = NumberAttribute(null=True)
    renew_at = NumberAttribute(null=True)
    version = NumberAttribute(null=True)
    leased_until = NumberAttribute(null=True)


def token_key(ehr_account_id: str) -> tuple[str, str]:
    return f"ACCOUNT#{ehr_account_id}", "TOKEN"
