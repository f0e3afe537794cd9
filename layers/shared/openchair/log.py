"""The log, as an allow-list of fields: ids, codes, counts and durations. Never a body, a name or a library's text."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import BasePowertoolsFormatter

from openchair.errors import EhrBusy, EhrKeyRefused, OpenChairError
from openchair.settings import settings

if TYPE_CHECKING:
    from openchair.clients.audit import EhrCall
    from openchair.models.journal import Task
    from openchair.ports import ReviewsWaiting

ALLOWED_FIELDS = (
    "service",
    "function_request_id",
    "cold_start",
    "practice_id",
    "caller_id",
    "task_id",
    "task_type",
    "task_state",
    "step",
    "code",
    "operation",
    "route",
    "status",
    "attempt",
    "duration_ms",
    "wait_ms",
    "count",
    "oldest_seconds",
    "broken_rows",
    "ehr",
    "lane",
    "requests",
    "busy",
    "refusals",
    "key_refusals",
    "rate_used_percent",
    "circuits_open",
    "reviews_waiting",
    "oldest_review_seconds",
    "awaiting_seconds",
    "unreadable_items",
    "_aws",
)
METRIC_UNITS = {
    "requests": "Count",
    "busy": "Count",
    "refusals": "Count",
    "unreadable_items": "Count",
    "key_refusals": "Count",
    "circuits_open": "Count",
    "reviews_waiting": "Count",
    "oldest_review_seconds": "Seconds",
    "awaiting_seconds": "Seconds",
    "wait_ms": "Milliseconds",
    "duration_ms": "Milliseconds",
    "rate_used_percent": "Percent",
}
_OUR_LOGGER = "openchair"


class AllowListFormatter(BasePowertoolsFormatter):
    """One JSON object a line; what is not in ALLOWED_FIELDS is left out, whoever logged it.

    A message is printed only when our own logger wrote it, so messages there are constant texts. Of an exception
    only its class, our code and the last line of our own code it passed are told.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, Any] = {}

    def append_keys(self, **additional_keys: Any) -> None:
        self._fields.update(additional_keys)

    def remove_keys(self, keys: Any) -> None:
        for key in keys:
            self._fields.pop(key, None)

    def clear_state(self) -> None:
        self._fields.clear()

    @property
    def current_keys(self) -> Mapping[str, Any]:
        return dict(self._fields)

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name == _OUR_LOGGER
        line: dict[str, Any] = {
            "level": record.levelname,
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "message": record.msg if ours and isinstance(record.msg, str) else f"logged by {record.name}",
        }
        given = {**self._fields, **record.__dict__} if ours else {}
        line.update({name: given[name] for name in ALLOWED_FIELDS if given.get(name) is not None})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _told_of(record.exc_info[1])
        return json.dumps(line, default=lambda value: type(value).__name__)


def _told_of(error: BaseException) -> dict[str, str]:
    told = {"class": type(error).__name__}
    if isinstance(error, OpenChairError):
        told["code"] = error.code
    frames = [frame for frame in extract_tb(error.__traceback__) if "openchair" in frame.filename]
    if frames:
        told["where"] = f"{frames[-1].filename.rsplit('openchair/', 1)[-1]}:{frames[-1].lineno}"
    return told


_formatter = AllowListFormatter()
logger = Logger(service=_OUR_LOGGER, logger_formatter=_formatter, level="INFO")


def start(context: Any) -> None:
    """Called first in every invocation: the level, the request id, and the same filter over every other logger."""
    logger.setLevel(settings().log_level)
    _formatter.clear_state()
    logger.append_keys(function_request_id=getattr(context, "aws_request_id", None))
    for handler in logging.getLogger().handlers:
        if not isinstance(handler.formatter, AllowListFormatter):
            handler.setFormatter(AllowListFormatter())
    for name in ("urllib3", "botocore", "boto3", "requests", "pynamodb"):
        logging.getLogger(name).setLevel(logging.ERROR)


def audit_ehr_call(call: "EhrCall") -> None:
    """One line for every call to an EHR: who, what, how it ended and how long it took; its metrics in the same line.

    In CloudWatch's embedded metric format: by `ehr` and `lane`, and over all. The practice is a property, never a
    dimension. What had no turn (`busy`), or was spared since its key is refused, is no request.
    """
    is_sent = call.status is not None or call.outcome not in (EhrBusy.code, EhrKeyRefused.code)
    metrics: dict[str, float | None] = {
        "requests": int(is_sent),
        "busy": int(not is_sent and call.outcome == EhrBusy.code),
        "refusals": int(call.status == 429),
        "key_refusals": int(call.outcome == EhrKeyRefused.code),
        "wait_ms": call.wait_ms,
        "duration_ms": call.duration_ms if is_sent else None,
        "rate_used_percent": None if call.rate_used is None else round(100 * call.rate_used, 1),
    }
    told = {name: value for name, value in metrics.items() if value is not None}
    logger.info(
        "ehr call",
        practice_id=call.practice_id,
        operation=call.operation,
        status=call.status,
        code=call.outcome,
        attempt=call.attempt,
        broken_rows=call.broken_rows or None,
        ehr=call.ehr,
        lane=call.lane,
        extra=told,
        _aws=_embedded(told, [["ehr", "lane"], []]),
    )


def _embedded(metrics: Mapping[str, float], dimensions: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {
        "Timestamp": int(time.time() * 1000),
        "CloudWatchMetrics": [
            {
                "Namespace": settings().metrics_namespace,
                "Dimensions": dimensions,
                "Metrics": [{"Name": name, "Unit": METRIC_UNITS[name]} for name in metrics],
            }
        ],
    }


def unreadable(count: int) -> None:
    """Stored items that this version cannot read, or that a newer one has written what this one may not act upon."""
    if count:
        metric = {"unreadable_items": count}
        logger.error("stored items left to another version", extra=metric, _aws=_embedded(metric, [[]]))


def page(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of a list as it is; what it could not read is counted."""
    unreadable(answer.get("unreadable", 0))
    return answer


def decision(caller_id: str, settled: "Task") -> None:
    """The audit of a person's decision on a review."""
    logger.info(
        "review decided",
        caller_id=caller_id,
        practice_id=settled.practice_id,
        task_id=settled.id,
        code=settled.resolution.action if settled.resolution else None,
    )


def overlap_allowed(caller_id: str, accepted: "Task") -> None:
    """The audit of a booking that may stand over something else, if it is one."""
    if accepted.allows_overlap:
        logger.info("overlap allowed", caller_id=caller_id, practice_id=accepted.practice_id, task_id=accepted.id)


def reviews(waiting: "ReviewsWaiting", now: datetime) -> None:
    """How many tasks wait for a person, told every minute."""
    oldest = now - waiting.since if waiting.since is not None else timedelta()
    metrics = {"reviews_waiting": waiting.count, "oldest_review_seconds": int(oldest.total_seconds())}
    logger.info("reviews waiting", extra=metrics, _aws=_embedded(metrics, [[]]))


def circuit_open(practice_id: str | None) -> None:
    """An EHR account, or one practice of it, that is left alone for a while; said at each failure that keeps it so."""
    metric = {"circuits_open": 1}
    logger.warning("circuit open", practice_id=practice_id, extra=metric, _aws=_embedded(metric, [[]]))


def event_not_published(untold: "Task") -> None:
    """A task's event that the bus did not take; it is tried again."""
    logger.warning(
        "event not published",
        practice_id=untold.practice_id,
        task_id=untold.id,
        task_state=untold.state.value,
        code=untold.code,
        attempt=untold.untold.attempts + 1 if untold.untold is not None else 1,
    )


def task(done: "Task") -> None:
    """One line for every look at a task; of one that awaits the practice's own system with how long it has."""
    awaiting = _awaiting(done)
    logger.info(
        "task looked at",
        practice_id=done.practice_id,
        task_id=done.id,
        task_type=done.type,
        task_state=done.state.value,
        code=done.code,
        extra=awaiting,
        _aws=_embedded(awaiting, [[]]) if awaiting else None,
    )


def _awaiting(done: "Task") -> dict[str, int]:
    step = done.next_step
    if done.state.value != "awaiting_ehr" or step is None or step.sent_at is None:
        return {}
    return {"awaiting_seconds": int((done.updated_at - step.sent_at).total_seconds())}
