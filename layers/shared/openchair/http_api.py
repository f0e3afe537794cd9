"""The edge of the HTTP functions: one way to register a route, one check of the caller, one table of error → status."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel

from openchair import errors, log
from openchair.errors import CallerNotSupported, InvalidJson, InvalidRequest, OpenChairError, PracticeNotFound
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.texts import one_spelling
from openchair.parsing import parse_json, parse_query
from openchair.ports import PracticeReader

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

# The narrowest class in an error's ancestry that stands here decides.
STATUS: dict[type[OpenChairError], int] = {
    errors.OpenChairError: 500,
    errors.RequestError: 400,
    errors.BodyTooLarge: 413,
    errors.IdempotencyKeyReused: 422,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.OverlapNotAllowed: 403,
    errors.CallerNotSupported: 403,
    errors.EhrError: 502,
    errors.EhrNotSent: 503,
    errors.EhrUnavailable: 503,
    errors.EhrNotSupported: 422,
    errors.StoreUnavailable: 503,
    errors.StaleVersion: 503,
}
RETRY_AFTER_SECONDS = 5
LONGEST_WAIT = 25.0
"""Seconds of `Prefer: wait`."""

GATEWAY_WAITS = 29.0
"""Seconds from its own time of the request on, a function's start included; then its answer is that there is none."""

ANSWER_TAKES = 4.0
"""Seconds: for one more look at a task and the way back, on a machine that has much else to do."""


def status_of(error: type[OpenChairError]) -> int:
    return next(STATUS[known] for known in error.__mro__ if known in STATUS)


_ASSUMED_ROLE = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([\w+=,.@-]+)(?:/.*)?")
_NAMED = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):(role|user)/(?:.*/)?([\w+=,.@-]+)")


def caller_id_from_arn(arn: str) -> str:
    """A session's ARN as its role's, without path: `arn:aws:iam::123456789012:role/Name`. Raises InvalidRequest."""
    if session := _ASSUMED_ROLE.fullmatch(arn):
        partition, account, name = session.groups()
        return f"arn:{partition}:iam::{account}:role/{name}"
    if named := _NAMED.fullmatch(arn):
        partition, account, kind, name = named.groups()
        return f"arn:{partition}:iam::{account}:{kind}/{name}"
    raise InvalidRequest("The caller is not an IAM role, user or role session.")


@dataclass(frozen=True, slots=True)
class PracticeRequest:
    """One request of a caller who may touch this practice."""

    record: PracticeRecord
    caller_id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    _query: Mapping[str, list[str]]
    received_at: datetime | None = None
    """By the gateway's clock."""

    @property
    def practice(self) -> Practice:
        return self.record.practice

    @property
    def practice_id(self) -> str:
        return self.practice.id

    @property
    def key(self) -> str | None:
        """The `Idempotency-Key` as given."""
        return self.headers.get("idempotency-key")

    def check_parameters(self, known: Container[str]) -> None:
        unknown = [(name[:200], "is not a known parameter") for name in self._query if name not in known]
        if unknown:
            raise InvalidRequest(problems=unknown)

    def query[M: BaseModel](self, model: type[M]) -> M:
        """Every parameter known and given once. Raises InvalidRequest."""
        repeated = [(name, "is given more than once") for name, values in self._query.items() if len(values) > 1]
        if repeated:
            raise InvalidRequest(problems=repeated)
        return parse_query(model, {name: values[0] for name, values in self._query.items() if values})

    def json[M: BaseModel](self, model: type[M]) -> M:
        return parse_json(model.model_validate_json, self.body)

    def seconds_to_wait(self, now: datetime) -> float:
        """N of `Prefer: wait=N`, but no longer than the gateway waits; what is not understood is ignored (RFC 7240)."""
        found = re.search(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])", self.headers.get("prefer", ""))
        if found is None or self.received_at is None:
            return 0.0
        left = GATEWAY_WAITS - ANSWER_TAKES - (now - self.received_at).total_seconds()
        return max(min(float(found[1]), LONGEST_WAIT, left), 0.0)


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
# What a path's id means that no EHR and no table can hold.
_UNKNOWN: dict[str, type[OpenChairError]] = {
    "task_id": errors.TaskNotFound,
    "appointment_id": errors.AppointmentNotFound,
    "patient_id": errors.PatientNotFound,
}

_OF_THE_EHR = ("appointment_id", "patient_id")

Answer = Mapping[str, Any] | tuple[int, Mapping[str, Any]]


class ControlApi:
    """Routes of one function. `route` is the only way in, and it checks the caller before the route's code runs."""

    def __init__(self, practices: PracticeReader) -> None:
        self._practices = practices
        self._app = APIGatewayRestResolver()
        self._app.not_found(lambda _: problem(errors.RouteNotFound()))
        self.routes: list[tuple[str, str]] = []

    def route(
        self, method: str, path: str, query: type[BaseModel] | None = None
    ) -> Callable[[Callable[[PracticeRequest], Answer]], Any]:
        """`path` is what follows `/practices/<practice_id>`; its `<names>` stand in `request.path`.

        Parameters that `query` does not have are refused, all of them where it is None: who sends one believes that it
        counts, and a patient's data have no place in a URL.
        """
        known = query.model_fields.keys() if query is not None else ()
        path = "/practices/<practice_id>" + path
        self.routes.append((method, path))

        def register(answer: Callable[[PracticeRequest], Answer]) -> Callable[[PracticeRequest], Answer]:
            def run(**names: str) -> Response[str]:
                try:
                    request = self._request(names)
                    request.check_parameters(known)
                    return _answered(answer(request))
                except OpenChairError as error:
                    log.logger.info("request refused", code=error.code, route=path, status=status_of(type(error)))
                    return problem(error)

            self._app.route(path, method=method)(run)
            return answer

        return register

    def resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Never raises: what nobody foresaw is logged by class and place only, and told as `internal_error`."""
        log.start(context)
        try:
            answer: dict[str, Any] = self._app.resolve(event, context)
            return answer
        except Exception:
            log.logger.exception("request failed", code=OpenChairError.code)
            return _proxy(problem(OpenChairError()))

    def _request(self, names: Mapping[str, str]) -> PracticeRequest:
        event = self._app.current_event
        practice_id = names["practice_id"]
        try:
            caller_id = caller_id_from_arn(event.request_context.identity.user_arn or "")
        except InvalidRequest:
            raise CallerNotSupported from None
        log.logger.append_keys(caller_id=caller_id)
        record = self.authorised(practice_id, caller_id)
        log.logger.append_keys(practice_id=practice_id)
        for name, value in names.items():
            if name in _UNKNOWN and not _ID.fullmatch(value):
                raise _UNKNOWN[name]
        return PracticeRequest(
            record=record,
            caller_id=caller_id,
            path={name: one_spelling(value) if name in _OF_THE_EHR else value for name, value in names.items()},
            headers={name.lower(): value for name, value in (event.headers or {}).items()},
            body=_body(event.body, event.is_base64_encoded or False),
            _query=event.multi_value_query_string_parameters or {},
            received_at=_received_at(event.request_context.get("requestTimeEpoch")),
        )

    def authorised(self, practice_id: str, caller_id: str) -> PracticeRecord:
        """The one check of who may touch what: a foreign practice is told as one that does not exist."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", practice_id):
            raise PracticeNotFound
        return self._practices.practice_for_caller(practice_id, caller_id)


def _body(text: str | None, is_base64: bool) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True) if is_base64 else (text or "").encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidJson from error


def _received_at(milliseconds: object) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if isinstance(milliseconds, int) else None


def _answered(answer: Answer) -> Response[str]:
    status, content = answer if isinstance(answer, tuple) else (200, answer)
    return _response(status, content, JSON)


def _response(status: int, content: Mapping[str, Any], content_type: str, **headers: str) -> Response[str]:
    return Response(
        status_code=status,
        content_type=content_type,
        body=json.dumps(content, ensure_ascii=False),
        headers={"Cache-Control": "no-store", **headers},
    )


def _proxy(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": {**response.headers, "Content-Type": response.content_type},
        "body": response.body,
        "isBase64Encoded": False,
    }


def problem(error: OpenChairError) -> Response[str]:
    """RFC 9457, with a stable `code` for machines at top level and `errors` naming each bad field."""
    status = status_of(type(error))
    content: dict[str, Any] = {
        "type": f"urn:openchair:problem:{error.code}",
        "title": error.sentence,
        "status": status,
        "detail": error.detail,
        "code": error.code,
    }
    if isinstance(error, InvalidRequest) and error.problems:
        content["errors"] = [{"field": field, "problem": text} for field, text in error.problems]
    if status != 503:
        return _response(status, content, PROBLEM_JSON)
    after = getattr(error, "retry_after", None) or RETRY_AFTER_SECONDS
    return _response(status, content, PROBLEM_JSON, **{"Retry-After": str(max(1, round(after)))})
