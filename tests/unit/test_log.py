"""The log is an allow-list: what is not on it is not printed, whoever logged it."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from openchair import log
from openchair.clients.audit import EhrCall
from openchair.errors import EhrRejected, InvalidTime
from openchair.settings import settings
from openchair.wall_time import parse_instant
from tests.task_world import ZONE, World, create

PATIENT = "Quillon Vexmoor 303-555-0111"


class Context:
    aws_request_id = "request-1"


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What our own logger prints, and what any other prints through Lambda's handler on the root logger."""
    stream = io.StringIO()
    monkeypatch.setattr(log.logger.registered_handler, "stream", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    monkeypatch.setattr(logging.getLogger(log.logger.name), "propagate", False)
    log.start(Context())
    yield stream
    settings.cache_clear()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_allowed_fields_are_printed_and_others_are_not(out: io.StringIO) -> None:
    log.logger.info("task looked at", task_id="T1", code="booked", count=3, patient=PATIENT, step=None)

    (line,) = lines(out)
    line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "message": "task looked at",
        "function_request_id": "request-1",
        "task_id": "T1",
        "code": "booked",
        "count": 3,
    }


def test_a_message_is_printed_without_its_arguments(out: io.StringIO) -> None:
    logging.getLogger(log.logger.name).warning("found %s", PATIENT)

    assert lines(out)[0]["message"] == "found %s"


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "botocore.parsers", "pynamodb", "anything"])
def test_another_loggers_text_is_dropped_and_its_name_is_kept(out: io.StringIO, name: str) -> None:
    logging.getLogger(name).error("cannot parse %s", PATIENT, extra={"code": PATIENT, "practice_id": PATIENT})

    (line,) = lines(out)
    assert line["message"] == f"logged by {name}"
    assert PATIENT not in out.getvalue()


@pytest.mark.parametrize("name", ["urllib3", "botocore", "requests", "pynamodb"])
def test_libraries_are_silent_below_errors(out: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("retrying")

    assert out.getvalue() == ""


def test_of_an_exception_its_class_and_no_text_is_told(out: io.StringIO) -> None:
    try:
        raise ValueError(PATIENT)
    except ValueError:
        log.logger.exception("request failed")

    (line,) = lines(out)
    assert line["error"]["class"] == "ValueError"
    assert "code" not in line["error"]
    assert PATIENT not in out.getvalue()


def test_of_our_own_errors_the_code_and_the_place_are_told(out: io.StringIO) -> None:
    try:
        parse_instant(PATIENT, ZONE)
    except InvalidTime:
        log.logger.exception("request failed")

    (line,) = lines(out)
    assert line["error"]["class"] == "InvalidTime"
    assert line["error"]["code"] == "invalid_time"
    assert line["error"]["where"].startswith("wall_time.py:")
    assert PATIENT not in out.getvalue()


def test_an_exceptions_cause_is_not_told(out: io.StringIO) -> None:
    try:
        try:
            raise KeyError(PATIENT)
        except KeyError as error:
            raise EhrRejected(PATIENT) from error
    except EhrRejected:
        log.logger.exception("request failed")

    assert PATIENT not in out.getvalue()


def test_what_is_no_plain_value_is_told_by_its_type(out: io.StringIO) -> None:
    log.logger.info("odd", code=ValueError(PATIENT))

    assert lines(out)[0]["code"] == "ValueError"


def test_a_new_invocation_forgets_the_fields_of_the_last(out: io.StringIO) -> None:
    log.logger.append_keys(practice_id="p1", caller_id="c")
    log.logger.info("first")
    log.start(Context())
    log.logger.info("second")

    first, second = lines(out)
    assert (first["practice_id"], first["caller_id"]) == ("p1", "c")
    assert not {"practice_id", "caller_id"} & second.keys()


def test_the_level_comes_from_the_settings(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    settings.cache_clear()
    log.start(Context())

    log.logger.info("quiet")

    assert out.getvalue() == ""


def test_a_line_is_one_json_object_whatever_stands_in_it(out: io.StringIO) -> None:
    log.logger.info("odd", code='"\n\x00\ud800')

    assert lines(out)[0]["code"] == '"\n\x00\ud800'


def audited(out: io.StringIO, **changes: Any) -> dict[str, Any]:
    call = EhrCall(
        practice_id="p1",
        ehr="OPEN_DENTAL",
        lane="live",
        operation="read_appointment",
        status=200,
        outcome="ok",
        duration_ms=120,
        attempt=1,
        wait_ms=30,
        rate_used=0.5,
    )
    log.audit_ehr_call(replace(call, **changes))
    line: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return line


def test_the_line_of_an_ehr_call_carries_its_metrics(out: io.StringIO) -> None:
    line = audited(out)

    [told] = line["_aws"]["CloudWatchMetrics"]
    assert told["Dimensions"] == [["ehr", "lane"], []]
    assert {metric["Name"]: line[metric["Name"]] for metric in told["Metrics"]} == {
        "requests": 1,
        "busy": 0,
        "refusals": 0,
        "key_refusals": 0,
        "wait_ms": 30,
        "duration_ms": 120,
        "rate_used_percent": 50.0,
    }
    assert line["practice_id"] == "p1"
    assert (line["ehr"], line["lane"]) == ("OPEN_DENTAL", "live")


def test_a_refusal_of_the_ehrs_is_counted(out: io.StringIO) -> None:
    line = audited(out, status=429, outcome="ehr_busy")

    assert (line["requests"], line["refusals"], line["busy"]) == (1, 1, 0)


@pytest.mark.parametrize(("outcome", "counted"), [("ehr_busy", "busy"), ("ehr_key_refused", "key_refusals")])
def test_a_call_that_was_never_made_is_no_request(out: io.StringIO, outcome: str, counted: str) -> None:
    line = audited(out, status=None, outcome=outcome, duration_ms=0, rate_used=None)

    assert (line["requests"], line[counted]) == (0, 1)
    assert "duration_ms" not in line
    assert "rate_used_percent" not in line


def test_how_long_a_task_awaits_the_practices_own_system_is_told_at_each_look(out: io.StringIO) -> None:
    world = World(writes_later=True)
    task = world.do(create())
    log.task(world.later(task, 4000))

    line = lines(out)[-1]
    assert (line["task_state"], line["awaiting_seconds"]) == ("awaiting_ehr", 4000)
    [told] = line["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in told["Metrics"]] == ["awaiting_seconds"]


def test_a_task_that_awaits_nothing_tells_no_metric(out: io.StringIO) -> None:
    log.task(World().do(create()))

    assert "_aws" not in lines(out)[-1]


def test_a_circuit_that_opens_is_counted_with_the_practice_it_is_of(out: io.StringIO) -> None:
    log.circuit_open("p1")
    log.circuit_open(None)

    one, all_of_them = lines(out)
    assert (one["circuits_open"], one["practice_id"]) == (1, "p1")
    assert (all_of_them["circuits_open"], "practice_id" in all_of_them) == (1, False)
