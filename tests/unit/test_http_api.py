"""The edge of the HTTP functions: who calls, what is told of an error, how long to wait."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openchair import errors
from openchair.errors import InvalidRequest, OpenChairError
from openchair.http_api import STATUS, ControlApi, PracticeRequest, caller_id_from_arn, problem, status_of
from tests.memory_store import MemoryPractices
from tests.task_world import CALLER, World

EVENT = {
    "resource": "/practices/{practice_id}/things/{thing_id}",
    "path": "/practices/p1/things/5",
    "httpMethod": "GET",
    "headers": {"X-Case": "kept"},
    "multiValueHeaders": {"X-Case": ["kept"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "requestContext": {"identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/Receptionist/x"}},
    "body": None,
    "isBase64Encoded": False,
}


def every_error(root: type[OpenChairError] = OpenChairError) -> Iterator[type[OpenChairError]]:
    """Of the tree itself: a module's own private errors never leave it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("openchair.errors."):
            yield from every_error(child)


RECEIVED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def asked(headers: Mapping[str, str], received_at: datetime | None = RECEIVED) -> PracticeRequest:
    return PracticeRequest(World().record, CALLER, {}, headers, b"", {}, received_at)


# --------------------------------------------------------------------------------------------------- the caller


@pytest.mark.parametrize(
    ("arn", "caller_id"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Agent/session", "arn:aws:iam::123456789012:role/Agent"),
        ("arn:aws:sts::123456789012:assumed-role/Agent/a@b.com", "arn:aws:iam::123456789012:role/Agent"),
        ("arn:aws:sts::123456789012:assumed-role/Agent", "arn:aws:iam::123456789012:role/Agent"),
        ("arn:aws:iam::123456789012:role/Agent", "arn:aws:iam::123456789012:role/Agent"),
        ("arn:aws:iam::123456789012:role/team/voice/Agent", "arn:aws:iam::123456789012:role/Agent"),
        ("arn:aws:iam::123456789012:user/ops/ada", "arn:aws:iam::123456789012:user/ada"),
        ("arn:aws-us-gov:sts::123456789012:assumed-role/Agent/s", "arn:aws-us-gov:iam::123456789012:role/Agent"),
        ("arn:aws-cn:iam::123456789012:user/ada", "arn:aws-cn:iam::123456789012:user/ada"),
    ],
)
def test_a_session_is_its_role_and_paths_are_dropped(arn: str, caller_id: str) -> None:
    assert caller_id_from_arn(arn) == caller_id


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/ada",
        "arn:aws:iam::1234:role/Agent",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:sts::123456789012:assumed-role//session",
        "arn:evil:iam::123456789012:role/Agent",
        " arn:aws:iam::123456789012:role/Agent",
        "arn:aws:iam::123456789012:role/Agent\n",
    ],
)
def test_whoever_is_no_role_and_no_user_is_refused(arn: str) -> None:
    with pytest.raises(InvalidRequest):
        caller_id_from_arn(arn)


# --------------------------------------------------------------------------------------------- errors and statuses


@pytest.mark.parametrize("error", list(every_error()))
def test_every_error_has_a_status_of_its_kind(error: type[OpenChairError]) -> None:
    status = status_of(error)

    assert 400 <= status < 600
    assert (status < 500) == (issubclass(error, errors.RequestError) or error is errors.EhrNotSupported)


def test_what_may_be_tried_again_is_503_and_nothing_else_is() -> None:
    again = {error for error in every_error() if status_of(error) == 503}

    assert again == {error for error in every_error() if error.retryable}


def test_every_row_of_the_table_is_needed() -> None:
    """A row that its parent's row already says would be a second place for the same rule."""
    for error in STATUS:
        above = [STATUS[parent] for parent in error.__mro__[1:] if parent in STATUS]
        assert not above or above[0] != STATUS[error], error


def test_codes_are_words_and_stand_for_one_thing() -> None:
    codes: dict[str, list[type[OpenChairError]]] = {}
    for error in every_error():
        assert re.fullmatch(r"[a-z][a-z_]+", error.code)
        codes.setdefault(error.code, []).append(error)
    shared = {code: [one.__name__ for one in owners] for code, owners in codes.items() if len(owners) > 1}

    assert shared == {"invalid_request": ["RequestError", "InvalidRequest"]}


@pytest.mark.parametrize("error", list(every_error()))
def test_a_problem_has_the_shape_of_rfc_9457_and_a_code(error: type[OpenChairError]) -> None:
    response = problem(error())

    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.body or "") == {
        "type": f"urn:openchair:problem:{error.code}",
        "title": error.sentence,
        "status": status_of(error),
        "detail": error.sentence,
        "code": error.code,
    }


def test_a_problem_names_each_bad_field() -> None:
    told = json.loads(
        problem(InvalidRequest(problems=[("start", "is missing"), ("x", "is not a known field")])).body or ""
    )

    assert told["errors"] == [
        {"field": "start", "problem": "is missing"},
        {"field": "x", "problem": "is not a known field"},
    ]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.EhrBusy(), "5"),
        (errors.EhrBusy(retry_after=0.2), "1"),
        (errors.EhrUnavailable(retry_after=12.4), "12"),
        (errors.StoreUnavailable(), "5"),
    ],
)
def test_503_says_when_to_try_again(error: OpenChairError, seconds: str) -> None:
    assert problem(error).headers["Retry-After"] == seconds


def test_other_statuses_do_not() -> None:
    assert "Retry-After" not in problem(errors.SlotTaken()).headers


# ---------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10),
        ("wait=0", 0),
        ("wait=25", 25),
        ("wait=9999", 25),
        ("respond-async, wait=7", 7),
        ("wait=7; foo=bar", 7),
        ("return=minimal;wait=3", 3),
        ("", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-5", 0),
        ("wait=1.5", 0),
        ("wait=ten", 0),
        ("await=9", 0),
        ("wait=99999", 0),
    ],
)
def test_prefer_wait_is_read_and_what_is_not_understood_is_ignored(prefer: str, seconds: int) -> None:
    assert asked({"prefer": prefer}).seconds_to_wait(RECEIVED) == seconds


@pytest.mark.parametrize(("passed", "seconds"), [(0.5, 10), (14, 10), (18, 7), (25, 0), (29, 0), (60, 0)])
def test_nobody_waits_longer_than_the_gateway_does_counted_from_when_it_got_the_request(
    passed: float, seconds: float
) -> None:
    request = asked({"prefer": "wait=10"})

    assert request.seconds_to_wait(RECEIVED + timedelta(seconds=passed)) == pytest.approx(seconds, abs=1)
    assert passed >= 29 or passed + request.seconds_to_wait(RECEIVED + timedelta(seconds=passed)) < 26


def test_a_request_of_unknown_age_is_not_waited_for() -> None:
    assert asked({"prefer": "wait=10"}, None).seconds_to_wait(RECEIVED) == 0


def test_without_prefer_nobody_waits() -> None:
    assert asked({}).seconds_to_wait(RECEIVED) == 0


def test_the_key_is_the_header_as_given() -> None:
    assert asked({"idempotency-key": " spaced "}).key == " spaced "
    assert asked({}).key is None


# ----------------------------------------------------------------------------------------------------- routes


@pytest.fixture
def api() -> ControlApi:
    made = ControlApi(MemoryPractices(World().record))

    @made.route("GET", "/things/<thing_id>")
    def show(request: PracticeRequest) -> dict[str, Any]:
        return {"thing": request.path["thing_id"], "caller": request.caller_id, "header": request.headers["x-case"]}

    @made.route("POST", "/things")
    def make(request: PracticeRequest) -> tuple[int, dict[str, Any]]:
        raise errors.SlotTaken

    return made


def test_a_route_gets_one_checked_request(api: ControlApi) -> None:
    answer = api.resolve(EVENT, None)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"thing": "5", "caller": CALLER, "header": "kept"}
    assert api.routes == [
        ("GET", "/practices/<practice_id>/things/<thing_id>"),
        ("POST", "/practices/<practice_id>/things"),
    ]


@pytest.mark.parametrize("practice_id", ["P1", "p_1", "-p1", "p" * 49, "p1 ", "p%31", "١"])
def test_a_practice_id_of_the_wrong_form_does_not_exist(api: ControlApi, practice_id: str) -> None:
    answer = api.resolve({**EVENT, "path": f"/practices/{practice_id}/things/5"}, None)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "practice_not_found")


def test_an_error_of_a_route_is_a_problem(api: ControlApi) -> None:
    answer = api.resolve({**EVENT, "path": "/practices/p1/things", "httpMethod": "POST"}, None)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (409, "slot_taken")


@pytest.mark.parametrize(("method", "path"), [("GET", "/practices/p1/nothing"), ("DELETE", "/practices/p1/things/5")])
def test_no_route_is_a_problem_too(api: ControlApi, method: str, path: str) -> None:
    answer = api.resolve({**EVENT, "path": path, "httpMethod": method}, None)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "route_not_found")


@pytest.mark.parametrize("broken", [{}, {"httpMethod": "GET"}, {**EVENT, "requestContext": {}}])
def test_an_event_that_no_gateway_sends_is_answered_all_the_same(api: ControlApi, broken: dict[str, Any]) -> None:
    answer = api.resolve(broken, None)

    assert answer["statusCode"] in (400, 404, 500)
    assert json.loads(answer["body"])["code"] in ("invalid_request", "route_not_found", "internal_error")
