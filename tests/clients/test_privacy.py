"""Nothing of a patient and nothing of a key is in an error, a repr, a log line or an audit line."""

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
import responses

from openchair.clients.open_dental import OpenDentalClient
from openchair.errors import OpenChairError
from openchair.models.person import NewPatient, PatientQuery
from openchair.models.visit import NewAppointment, Place
from tests.clients.loopback import Deed, Loopback, answer, hang_up, raw
from tests.clients.support import CUSTOMER_KEY, DEVELOPER_KEY, Bench

CANARIES = ("Zanarkand", "Quillfeather", "1971-11-23", "5550177", "555-0177", "zq@canary.example", "root canal fear")
NEW = NewPatient.model_validate(
    {
        "first_name": "Zanarkand",
        "last_name": "Quillfeather",
        "date_of_birth": "1971-11-23",
        "phone": "303-555-0177",
        "email": "zq@canary.example",
    }
)
VISIT = NewAppointment(
    "7", datetime(2026, 3, 2, 17, tzinfo=UTC), 20, Place("3", "1"), "/XX/", "root canal fear of Zanarkand"
)
BY_NAME = PatientQuery(last_name="Quillfeather", first_name="Zanarkand", date_of_birth=date(1971, 11, 23))
BY_PHONE = PatientQuery(phone="303-555-0177")
BY_EMAIL = PatientQuery(email="zq@canary.example")
# Without a value in sight: a traceback quotes these lines.
CALLS: dict[str, Callable[[OpenDentalClient], Any]] = {
    "search by name": lambda client: client.find_patients(BY_NAME),
    "search by phone": lambda client: client.find_patients(BY_PHONE),
    "search by e-mail": lambda client: client.find_patients(BY_EMAIL),
    "new patient": lambda client: client.create_patient(NEW),
    "new visit": lambda client: client.create_appointment(VISIT),
}
ECHO = " ".join(CANARIES) + f" ODFHIR {DEVELOPER_KEY}/{CUSTOMER_KEY}"
DEEDS: dict[str, Deed] = {
    "hang up": hang_up,
    "no HTTP": raw(f"{ECHO}\r\n\r\n".encode()),
    "broken headers": raw(f"HTTP/1.1 200 OK\r\n{ECHO}\r\nContent-Length: 2\r\n\r\n[]".encode()),
    "refused": answer(f'"LName is invalid. {ECHO}"'.encode(), "400 Bad Request"),
    "unlisted": answer(ECHO.encode(), "400 Bad Request"),
    "not found": answer(f"Nothing like {ECHO}".encode(), "404 Not Found"),
    "key refused": answer(ECHO.encode(), "401 Unauthorized"),
    "down": answer(f"<html>{ECHO}</html>".encode(), "503 Service Unavailable"),
    "busy": answer(ECHO.encode(), "429 Too Many Requests", ["Retry-After: 800"]),
    "moved": answer(b"", "302 Found", [f"Location: http://127.0.0.2:9/?{ECHO.replace(' ', '%20')}"]),
    "cut": answer(f'[{{"LName": "{ECHO}'.encode(), length=5000),
    "wrong rows": answer(f'[{{"PatNum": "{ECHO}"}}]'.encode()),
}


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_error_or_log_line_tells_of_a_patient_or_a_key(
    call: Callable[[OpenDentalClient], Any], deed: Deed, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []
    with Loopback(*[deed] * 4) as server:
        bench = Bench(server.url)
        try:
            call(bench.client)
        except OpenChairError as error:
            told += [str(error), repr(error), error.detail, vars(error), *traceback.format_exception(error)]
            told += [repr(error.__cause__), repr(error.__context__)]
    told += [caplog.text, repr(bench.audit), repr(bench.client)]

    assert leaks("\n".join(map(str, told))) == []


@responses.activate
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "failure",
    [requests.ConnectionError(ECHO), requests.ReadTimeout(ECHO), requests.exceptions.InvalidHeader(ECHO)],
    ids=["connection", "time-out", "header"],
)
def test_no_librarys_text_is_passed_on(call: Callable[[OpenDentalClient], Any], failure: Exception) -> None:
    for method in (responses.GET, responses.POST):
        responses.add(method, re.compile(".*"), body=failure)

    with pytest.raises(OpenChairError) as caught:
        call(Bench().client)

    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_the_models_do_not_show_patients() -> None:
    assert leaks(f"{NEW!r} {NEW} {VISIT!r}") == []


def leaks(text: str) -> list[str]:
    return [canary for canary in (*CANARIES, DEVELOPER_KEY, CUSTOMER_KEY) if canary in text]
