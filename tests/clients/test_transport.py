"""The funnel's rules: what is tried again, what never, and what the audit is told."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
import responses

from openchair.clients.audit import EhrCall
from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.wire import USER_AGENT, Timeouts, retry_after
from openchair.errors import (
    EhrBusy,
    EhrError,
    EhrKeyRefused,
    EhrOutcomeUnknown,
    EhrUnavailable,
    EhrUnreachable,
)
from tests.clients.support import BASE, CUSTOMER_KEY, DEVELOPER_KEY, Bench, Keys, appointment_row

READ = f"{BASE}/appointments/34"
WRITE = f"{BASE}/appointments/34/Note"


def read(client: OpenDentalClient) -> object:
    return client.appointment("34")


def write(client: OpenDentalClient) -> object:
    client.add_note("34", "rang, no answer")
    return None


@responses.activate
def test_a_call_leaves_one_audit_line_without_url_or_body() -> None:
    bench = Bench()
    responses.get(READ, json=appointment_row())

    read(bench.client)

    assert bench.audit == [
        EhrCall(
            practice_id="p1",
            ehr="OPEN_DENTAL",
            lane="live",
            operation="read_appointment",
            status=200,
            outcome="ok",
            duration_ms=0,
            attempt=1,
            wait_ms=30,
            rate_used=0.0,
            retry_after=None,
            broken_rows=0,
        )
    ]


@responses.activate
def test_every_call_carries_both_keys_and_the_content_type() -> None:
    responses.get(READ, json=appointment_row())

    read(Bench().client)

    headers = responses.calls[0].request.headers
    assert headers["Authorization"] == f"ODFHIR {DEVELOPER_KEY}/{CUSTOMER_KEY}"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == USER_AGENT


@responses.activate
@pytest.mark.parametrize(
    "failure",
    [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError(), 500, 502, 503, 504],
    ids=str,
)
def test_a_read_is_tried_three_times(failure: Exception | int) -> None:
    bench = Bench()
    for _ in range(2):
        _add(responses.GET, READ, failure)
    responses.get(READ, json=appointment_row())

    read(bench.client)

    assert [call.attempt for call in bench.audit] == [1, 2, 3]
    assert bench.outcomes[2] == "ok"


@responses.activate
def test_a_read_is_not_tried_a_fourth_time() -> None:
    bench = Bench()
    responses.get(READ, status=503)

    with pytest.raises(EhrUnavailable):
        read(bench.client)

    assert len(responses.calls) == 3


@responses.activate
def test_retries_keep_the_pace() -> None:
    bench = Bench()
    responses.get(READ, status=503)

    with pytest.raises(EhrUnavailable):
        read(bench.client)

    assert bench.clock.monotonic() >= 2


@responses.activate
def test_a_read_is_not_repeated_when_the_deadline_leaves_no_time() -> None:
    bench = Bench(deadline=1.2)
    responses.get(READ, status=503)

    with pytest.raises(EhrUnavailable):
        read(bench.client)

    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    "failure",
    [requests.ReadTimeout(), requests.ConnectionError(), requests.exceptions.ChunkedEncodingError(), 500, 502, 504],
    ids=str,
)
def test_a_write_whose_answer_is_lost_is_never_repeated(failure: Exception | int) -> None:
    bench = Bench()
    _add(responses.PUT, WRITE, failure)

    with pytest.raises(EhrOutcomeUnknown):
        write(bench.client)

    assert len(responses.calls) == 1
    assert bench.outcomes == ["outcome_unknown"]


@responses.activate
def test_a_write_that_never_connected_was_not_sent_and_is_not_repeated() -> None:
    _add(responses.PUT, WRITE, requests.ConnectTimeout())

    with pytest.raises(EhrUnreachable):
        write(Bench().client)

    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(("method", "url", "call"), [(responses.GET, READ, read), (responses.PUT, WRITE, write)])
def test_a_401_is_tried_once_more_with_the_key_fetched_anew(
    method: str, url: str, call: Callable[[OpenDentalClient], object]
) -> None:
    bench = Bench()
    bench.keys.after_fetch = {"devKey": DEVELOPER_KEY, "custKey": "NewKey"}
    responses.add(method, url, status=401, json="Invalid key")
    responses.add(method, url, json=appointment_row())

    call(bench.client)

    assert bench.keys.fetches == [False, True]
    assert responses.calls[1].request.headers["Authorization"] == f"ODFHIR {DEVELOPER_KEY}/NewKey"
    assert bench.outcomes == ["ehr_key_refused", "ok"]


@responses.activate
@pytest.mark.parametrize(("method", "url", "call"), [(responses.GET, READ, read), (responses.PUT, WRITE, write)])
def test_a_second_401_is_final(method: str, url: str, call: Callable[[OpenDentalClient], object]) -> None:
    responses.add(method, url, status=401)

    with pytest.raises(EhrKeyRefused):
        call(Bench().client)

    assert len(responses.calls) == 2


@responses.activate
def test_a_429_on_a_read_is_waited_out_by_its_retry_after() -> None:
    bench = Bench()
    responses.get(READ, status=429, headers={"Retry-After": "7"})
    responses.get(READ, json=appointment_row())

    read(bench.client)

    assert bench.clock.monotonic() == pytest.approx(7, abs=0.1)
    assert bench.audit[0].retry_after == 7


@responses.activate
def test_a_429_without_retry_after_is_waited_out_too() -> None:
    bench = Bench()
    responses.get(READ, status=429)
    responses.get(READ, json=appointment_row())

    read(bench.client)

    assert bench.clock.monotonic() == pytest.approx(5, abs=0.1)


@responses.activate
@pytest.mark.parametrize(("deadline", "wait"), [(6.0, "7"), (1000.0, "60")], ids=["deadline", "longest wait"])
def test_a_429_that_outlasts_the_call_is_busy_and_says_when_to_come_back(deadline: float, wait: str) -> None:
    bench = Bench(deadline=deadline)
    responses.get(READ, status=429, headers={"Retry-After": wait})

    with pytest.raises(EhrBusy) as busy:
        read(bench.client)

    assert busy.value.retry_after == pytest.approx(float(wait))
    assert len(responses.calls) == 1


@responses.activate
def test_a_429_on_a_write_is_not_sent_and_left_to_the_caller() -> None:
    bench = Bench()
    responses.put(WRITE, status=429, headers={"Retry-After": "30"})

    with pytest.raises(EhrBusy) as busy:
        write(bench.client)

    assert busy.value.retry_after == 30
    assert len(responses.calls) == 1


@responses.activate
def test_a_429_holds_back_every_later_call_of_the_account() -> None:
    bench = Bench()
    responses.put(WRITE, status=429, headers={"Retry-After": "10"})
    responses.get(READ, json=appointment_row())
    with pytest.raises(EhrBusy):
        write(bench.client)

    read(bench.until(1000))

    assert bench.clock.monotonic() == pytest.approx(10, abs=0.1)


def test_no_write_starts_that_could_outlast_the_deadline() -> None:
    bench = Bench(deadline=69, timeouts=Timeouts(write=65))

    with pytest.raises(EhrBusy):
        write(bench.client)

    assert [(call.status, call.outcome) for call in bench.audit] == [(None, "ehr_busy")]


@responses.activate
def test_a_write_starts_while_seventy_seconds_are_left() -> None:
    responses.put(WRITE)

    write(Bench(deadline=71, timeouts=Timeouts(write=65)).client)

    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    headers = {"Location": "http://127.0.0.2:9/elsewhere"}
    responses.get(READ, status=status, headers=headers)
    responses.put(WRITE, status=status, headers=headers)

    with pytest.raises(EhrUnavailable):
        read(Bench().client)
    with pytest.raises(EhrOutcomeUnknown):
        write(Bench().client)

    assert {call.request.url.split("?")[0] for call in responses.calls if call.request.url} == {READ, WRITE}


@responses.activate
def test_a_key_that_is_no_header_value_is_never_sent() -> None:
    keys = Keys({"devKey": "line\r\nbreak", "custKey": CUSTOMER_KEY})

    with pytest.raises(EhrError) as missing:
        read(Bench(keys=keys).client)

    assert missing.value.code == "ehr_key_missing"
    assert len(responses.calls) == 0


NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        ("0", 0),
        ("1", 1),
        ("  5 ", 5),
        ("007", 7),
        ("1.5", 1.5),
        ("900", 900),
        ("901", 900),
        ("86400", 900),
        ("999999999999", 900),
        ("9999999999999999999999", 900),
        ("-1", None),
        ("-0", None),
        ("+5", None),
        ("1e3", None),
        ("0x10", None),
        ("5s", None),
        ("5, 6", None),
        ("NaN", None),
        ("inf", None),
        ("soon", None),
        ("None", None),
        ("٥", None),
        ("\x00", None),
        ("Mon, 02 Mar 2026 16:00:30 GMT", 30),
        ("Mon, 02 Mar 2026 09:00:30 -0700", 30),
        ("Mon, 02 Mar 2026 16:00:30 -0000", 30),
        ("Monday, 02-Mar-26 16:00:30 GMT", 30),
        ("Mon Mar  2 16:00:30 2026", 30),
        ("Mon, 02 Mar 2026 15:59:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Mon, 02 Mar 2099 16:00:00 GMT", 900),
        ("Mon, 99 Mar 2026 16:00:00 GMT", None),
        ("Mon, 02 Foo 2026 16:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 900),
    ],
)
def test_retry_after_in_every_form(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def _add(method: str, url: str, failure: Exception | int) -> None:
    if isinstance(failure, int):
        responses.add(method, url, status=failure, body="<html>oops</html>")
    else:
        responses.add(method, url, body=failure)
