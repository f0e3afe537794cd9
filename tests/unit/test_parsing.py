"""From bytes and query texts to documents: strict, and without repeating what was sent."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from openchair.errors import BodyTooLarge, InvalidJson, InvalidRequest, RequestError
from openchair.models.person import PatientQuery
from openchair.models.practice import Service
from openchair.models.request import TaskRequest
from openchair.parsing import MAX_BODY_BYTES, parse_json, parse_query
from openchair.slots.find import SlotQuery
from openchair.tasks.answers import TaskListQuery

TASK: TypeAdapter[TaskRequest] = TypeAdapter(TaskRequest)


def problems(body: bytes, model: Any = PatientQuery) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as raised:
        parse_json(model.model_validate_json, body)
    return list(raised.value.problems)


def test_a_body_of_the_right_form_is_read() -> None:
    assert parse_json(PatientQuery.model_validate_json, b'{"phone": " 303-555-0142 "}').phone == "303-555-0142"


@pytest.mark.parametrize("body", [b"", b" ", b"{", b'{"phone": }', b"\xff", b'{"a": 1} {"a": 2}', b"[" * 10_000])
def test_what_is_no_json_is_told_as_that(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_json(PatientQuery.model_validate_json, body)


def test_64_kb_are_taken_and_a_byte_more_is_not() -> None:
    with pytest.raises(InvalidJson):
        parse_json(PatientQuery.model_validate_json, b" " * MAX_BODY_BYTES)
    with pytest.raises(BodyTooLarge):
        parse_json(PatientQuery.model_validate_json, b" " * (MAX_BODY_BYTES + 1))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"id": "a", "name": "b", "minutes": "60"}', ("minutes", "has to be a whole number")),
        (b'{"id": "a", "name": "b", "minutes": 60.5}', ("minutes", "has to be a whole number")),
        (b'{"id": "a", "name": "b", "minutes": true}', ("minutes", "has to be a whole number")),
        (b'{"id": "a", "name": "b", "minutes": 0}', ("minutes", "is too small")),
        (b'{"id": "a", "name": "b", "minutes": 545}', ("minutes", "is too large")),
        (b'{"id": 5, "name": "b", "minutes": 60}', ("id", "has to be a text")),
        (b'{"id": "a", "name": "b", "minutes": 60, "x": 1}', ("x", "is not a known field")),
        (b'{"id": "a", "minutes": 60}', ("name", "is missing")),
        (b"[]", ("body", "has to be an object")),
        (b"null", ("body", "has to be an object")),
        (b'"text"', ("body", "has to be an object")),
    ],
)
def test_nothing_is_converted_and_each_problem_has_our_words(body: bytes, problem: tuple[str, str]) -> None:
    assert problems(body, Service) == [problem]


def test_a_field_of_a_task_is_named_without_the_tasks_type() -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_json(TASK.validate_json, b'{"type": "ONBOARD_NEW_PATIENT", "patient": {"first_name": 1}}')

    assert {field for field, _ in raised.value.problems} == {
        "patient.first_name",
        "patient.last_name",
        "patient.date_of_birth",
    }


def test_a_very_long_field_name_is_cut() -> None:
    ((field, _),) = problems(b'{"phone": "303-555-0142", "' + b"x" * 5000 + b'": 1}')

    assert len(field) == 200


@given(st.text(alphabet="qzxj", min_size=12, max_size=40))
def test_no_rejected_value_stands_in_an_error(value: str) -> None:
    body = f'{{"phone": "{value}", "email": "{value}", "date_of_birth": "{value}", "last_name": 1}}'.encode()

    with pytest.raises(RequestError) as raised:
        parse_json(PatientQuery.model_validate_json, body)

    error = raised.value
    assert isinstance(error, InvalidRequest)
    assert value not in f"{error} {error.detail} {error.problems} {error.__cause__}"
    assert error.__suppress_context__


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_as_a_request(body: bytes) -> None:
    with suppress(InvalidJson, InvalidRequest):
        parse_json(TASK.validate_json, body)


def test_query_texts_become_numbers_and_dates() -> None:
    assert parse_query(TaskListQuery, {"limit": "5"}).limit == 5
    assert str(parse_query(SlotQuery, {"service_id": "exam", "start_date": "2026-03-02"}).start_date) == "2026-03-02"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"limit": "five"}, ("limit", "has to be a whole number")),
        ({"limit": "0"}, ("limit", "is too small")),
        ({"limit": "101"}, ("limit", "is too large")),
        ({"state": "done"}, ("state", "is not one of the allowed values")),
        ({"colour": "red"}, ("colour", "is not a known field")),
        ({"cursor": ""}, ("cursor", "is too short")),
    ],
)
def test_a_wrong_parameter_is_named(query: dict[str, str], problem: tuple[str, str]) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_query(TaskListQuery, query)

    assert list(raised.value.problems) == [problem]
