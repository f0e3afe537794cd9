"""Open Dental's answers told apart, each text and status on a read and on a write."""

import json

import pytest
import responses

from openchair.clients.open_dental.answers import done, object_of, page_of
from openchair.clients.open_dental.payloads import AppointmentRow
from openchair.clients.replies import Asked
from openchair.clients.wire import Reply
from openchair.errors import (
    AppointmentNotFound,
    EhrBusy,
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrNotSupported,
    EhrOffline,
    EhrOutcomeUnknown,
    EhrRejected,
    EhrUnavailable,
    LocationNotFound,
    OpenChairError,
    OperatoryNotFound,
    PatientNotFound,
    ProviderNotFound,
    SlotTaken,
)
from tests.clients.support import BASE, Bench, appointment_row

READ = Asked(missing=AppointmentNotFound)
WRITE = Asked(is_write=True, missing=AppointmentNotFound)


def judged(status: int, body: bytes | str | None, asked: Asked, content_type: str = "") -> type[OpenChairError] | None:
    data = body.encode() if isinstance(body, str) else body
    try:
        object_of(AppointmentRow, asked)(Reply(status, data, content_type))
    except OpenChairError as error:
        return type(error) if error.__cause__ is error.__context__ is None else None
    return None


NOTHING_TOOK_EFFECT = [
    (400, "PatNum is required", EhrRejected),
    (400, "'Op' is required.", EhrRejected),
    (400, "Exactly one of confirmVal and defNum is required.", EhrRejected),
    (400, "'DateTStamp' is not a valid parameter.", EhrRejected),
    (400, "DateTStamp format must be yyyy-MM-dd HH:mm:ss", EhrRejected),
    (400, "AptStatus is invalid. Must be one of: Scheduled.", EhrRejected),
    (400, "PatternSecondary must be the same length as Pattern.", EhrRejected),
    (400, "Pattern may only contain 'X' and '/'.", EhrRejected),
    (400, "LName cannot be blank.", EhrRejected),
    (400, "Only appointments with AptStatus of Scheduled can be broken.", EhrRejected),
    (400, "breakType is not allowed by the Broken Appointment Procedure preference.", EhrRejected),
    (400, "procCode not found", EhrRejected),
    (404, "InsSub does not exist", EhrRejected),
    (400, "claims GET search is not a valid method.", EhrNotSupported),
    (400, "Server version 24.1.10 or greater required.", EhrNotSupported),
    (400, "A patient with the same name and birthdate already exists.", EhrDuplicatePatient),
    (400, "Duplicate patient", EhrDuplicatePatient),
    (400, "Appointment overlaps an existing appointment or blockout.", SlotTaken),
    (400, "PatNum is invalid.", PatientNotFound),
    (404, "Patient not found", PatientNotFound),
    (404, "Patient does not exist", PatientNotFound),
    (404, "Appointment not found", AppointmentNotFound),
    (404, "appointment NOT FOUND.", AppointmentNotFound),
    (404, "Operatory not found", OperatoryNotFound),
    (404, "Provider not found", ProviderNotFound),
    (404, "Clinic not found", LocationNotFound),
    (404, "The requested resource was not found.", AppointmentNotFound),
    (404, "", AppointmentNotFound),
    (400, "The eConnector is not running.", EhrOffline),
    (400, "The eConnector for this office is not running or could not be reached.", EhrOffline),
    (400, "eConnector service is down", EhrOffline),
    (400, "Two eConnectors are using this registration key.", EhrOffline),
    (400, "This office is offline", EhrOffline),
    (400, json.dumps("The office's eConnector is not running. Please contact the office to start it."), EhrOffline),
    (400, "API key has not been assigned.", EhrKeyRefused),
    (400, json.dumps("API key has not been assigned."), EhrKeyRefused),
    (403, '{"message": "Forbidden"}', EhrKeyRefused),
    (410, "This resource is retired", EhrNotSupported),
    (410, "", EhrNotSupported),
    (401, "Invalid key", EhrKeyRefused),
    (401, None, EhrKeyRefused),
    (401, "<html>no</html>", EhrKeyRefused),
    (429, "", EhrBusy),
    (429, None, EhrBusy),
    (429, "<html>too many</html>", EhrBusy),
]


@pytest.mark.parametrize("asked", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(("status", "text", "error"), NOTHING_TOOK_EFFECT)
def test_a_listed_answer_is_certain(status: int, text: str | None, error: type[OpenChairError], asked: Asked) -> None:
    assert judged(status, text, asked) is error


@pytest.mark.parametrize("form", ["raw", "json string", "message", "Message"])
def test_an_error_text_is_found_in_every_form_it_travels_in(form: str) -> None:
    text = "Patient not found"
    body = {"raw": text, "json string": json.dumps(text)}.get(form) or json.dumps({form: text})

    assert judged(404, body, WRITE) is PatientNotFound


SAYS_NOTHING_CERTAIN = [
    (400, "Something we have never read."),
    (400, "An unexpected error has occurred."),
    (400, "Object reference not set to an instance of an object."),
    (400, "Value cannot be null. (Parameter 'source')"),
    (400, "Index must be within the bounds of the List."),
    (400, ""),
    (400, None),
    (400, "<html>Bad Request</html>"),
    (400, "{}"),
    (400, '{"message": 5}'),
    (400, "[" * 100_000),
    (403, "Forbidden"),
    (404, "<html>not found</html>"),
    (404, None),
    (409, "Conflict"),
    (413, ""),
    (422, ""),
    (302, ""),
    (304, ""),
    (500, "PatNum is required"),
    (502, "<html>Bad Gateway</html>"),
    (503, ""),
    (504, "The request was not finished within 60 seconds."),
    (599, None),
]


@pytest.mark.parametrize(("status", "text"), SAYS_NOTHING_CERTAIN)
def test_any_other_answer_to_a_write_leaves_its_outcome_unknown(status: int, text: str | None) -> None:
    assert judged(status, text, WRITE) is EhrOutcomeUnknown


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (400, "Something we have never read.", EhrRejected),
        (400, "Unable to connect to the office", EhrOffline),
        (400, "<html>Bad Request</html>", EhrUnavailable),
        (403, "Forbidden", EhrRejected),
        (403, "<html>blocked</html>", EhrUnavailable),
        (404, "<html>not found</html>", EhrUnavailable),
        (408, "", EhrUnavailable),
        (302, "", EhrUnavailable),
        (500, "PatNum is required", EhrUnavailable),
        (504, "", EhrUnavailable),
    ],
)
def test_any_other_answer_to_a_read(status: int, text: str, error: type[OpenChairError]) -> None:
    assert judged(status, text, READ) is error


@pytest.mark.parametrize(
    "text",
    [
        "The office did not respond in time",
        "Timeout waiting for the eConnector",
        "The connection was lost",
        "timed out",
    ],
)
def test_an_office_that_did_not_answer_in_time_is_not_an_office_that_got_nothing(text: str) -> None:
    assert judged(400, text, WRITE) is EhrOutcomeUnknown
    assert judged(400, text, READ) is EhrUnavailable


GOOD = json.dumps(appointment_row())
BAD_BODIES: dict[str, bytes | None] = {
    "cut": GOOD[:50].encode(),
    "unreadable": None,
    "empty": b"",
    "blank": b"  \r\n",
    "null": b"null",
    "a number": b"5",
    "a text": b'"OK"',
    "an error text with 200": b'"Appointment not found"',
    "true": b"true",
    "an empty object": b"{}",
    "an error object with 200": b'{"message": "failed"}',
    "a list": f"[{GOOD}]".encode(),
    "an empty list": b"[]",
    "no id": json.dumps({**appointment_row(), "AptNum": None}).encode(),
    "id 0": json.dumps({**appointment_row(), "AptNum": 0}).encode(),
    "an id that is no number": json.dumps({**appointment_row(), "AptNum": "34x"}).encode(),
    "an id that is a list": json.dumps({**appointment_row(), "AptNum": [34]}).encode(),
    "an infinite id": b'{"AptNum": 1e999}',
    "an id as long as a book": b'{"AptNum": ' + b"9" * 5000 + b"}",
    "an id of another case": b'{"aptnum": 34}',
    "NaN": b'{"AptNum": NaN}',
    "infinity": b'{"AptNum": 34, "Op": Infinity}',
    "single quotes": b"{'AptNum': 34}",
    "a comma too many": b'{"AptNum": 34,}',
    "two documents": b'{"AptNum": 34}{"AptNum": 35}',
    "html": b"<!DOCTYPE html><html>Sign in</html>",
    "html after blanks": b"\n\n  <html>",
    "xml": b"<?xml version='1.0'?><error/>",
    "utf-16": GOOD.encode("utf-16"),
    "not utf-8": b'{"AptNum": 34, "Note": "\xff\xfe"}',
    "nested beyond sense": b"[" * 200_000,
    "objects nested beyond sense": b'{"a":' * 200_000,
    "NUL": b"\x00" * 30,
    "gzip nobody announced": b"\x1f\x8b\x08\x00\x00",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_2xx_with_a_bad_body_is_no_answer_to_a_read_and_unknown_for_a_write(body: bytes | None) -> None:
    assert judged(200, body, READ) is EhrUnavailable
    assert judged(201, body, WRITE) is EhrOutcomeUnknown


@pytest.mark.parametrize(
    "body",
    [GOOD.encode(), b"\xef\xbb\xbf" + GOOD.encode(), b"\n " + GOOD.encode() + b"\n", b'{"AptNum": "34"}'],
    ids=["plain", "byte order mark", "blanks around", "id as text"],
)
@pytest.mark.parametrize("asked", [READ, WRITE], ids=["read", "write"])
def test_a_2xx_with_an_id_is_an_answer(body: bytes, asked: Asked) -> None:
    assert judged(200, body, asked) is None


def test_a_json_answer_may_call_itself_anything_but_html() -> None:
    assert judged(200, GOOD, READ, "text/plain") is None
    assert judged(200, GOOD, READ, "text/html; charset=utf-8") is EhrUnavailable


@pytest.mark.parametrize("body", [b"", b"OK", b'"OK"', b"{}", b"null"])
def test_a_write_without_an_answer_body_is_done_whatever_it_says(body: bytes) -> None:
    assert done(Reply(200, body)).value is None


@pytest.mark.parametrize("text", ["The office's eConnector is not running.", "API key has not been assigned."])
def test_an_error_is_not_taken_for_done_because_of_its_status(text: str) -> None:
    for body in (text, json.dumps(text), json.dumps({"message": text})):
        with pytest.raises(EhrOutcomeUnknown):
            done(Reply(200, body.encode()))
    assert judged(200, json.dumps("The office's eConnector is not running."), READ) is EhrOffline
    assert judged(200, json.dumps("Something else."), READ) is EhrUnavailable


@pytest.mark.parametrize("body", [None, b"<html>Sign in</html>"])
def test_a_portal_in_between_is_not_the_ehr(body: bytes | None) -> None:
    with pytest.raises(EhrOutcomeUnknown):
        done(Reply(200, body))


def test_a_broken_row_does_not_stop_a_page() -> None:
    rows = [appointment_row(), "not a row", {"AptNum": None}, appointment_row(AptNum=35)]

    answer = page_of(AppointmentRow, READ)(Reply(200, json.dumps(rows).encode()))

    assert [row.AptNum for row in answer.value.rows] == [34, 35]
    assert (len(answer.value.items), answer.value.broken_rows) == (4, 2)
    assert answer.broken_rows == 2


@pytest.mark.parametrize("body", [b"{}", b'"x"', b"[1]", b"null", b'[{"AptNum": 0}]'])
def test_a_page_without_one_usable_row_is_no_answer(body: bytes) -> None:
    with pytest.raises(EhrUnavailable):
        page_of(AppointmentRow, READ)(Reply(200, body))


def test_an_empty_page_is_an_answer() -> None:
    assert page_of(AppointmentRow, READ)(Reply(200, b"[]")).value.rows == ()


@responses.activate
def test_an_offline_office_is_not_asked_again_at_once() -> None:
    responses.get(f"{BASE}/appointments/34", status=400, json="The eConnector is not running.")

    with pytest.raises(EhrOffline):
        Bench().client.appointment("34")

    assert len(responses.calls) == 1
