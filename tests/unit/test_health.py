"""Health tells what is wrong and what to do about it, and never fails itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openchair.errors import (
    EhrBusy,
    EhrKeyMissing,
    EhrKeyRefused,
    EhrOffline,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
    StoreUnavailable,
)
from openchair.health import check_health
from openchair.models.office import ConfirmationCheck, LocationCheck, OfficeCheck, SyncState
from openchair.models.practice import Practice, PracticeRecord, Service
from tests.clock import VirtualClock
from tests.fakes import FakeOffice

RECORD = PracticeRecord(
    Practice.model_validate(
        {
            "id": "p1",
            "name": "Cedar Hill Dental",
            "timezone": "America/Denver",
            "ehr": "OPEN_DENTAL",
            "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
        }
    ),
    1,
    "account-1",
)
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
WALL = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001
GRANTED = {"ApiReadAll": True, "ApiAppointments": True, "ApiComm": True, "ApiPatients": True, "ApiOdd": False}
GOOD = OfficeCheck(GRANTED, 4, WALL, timedelta(hours=-7), "25.3.12")


def health(answer: OfficeCheck | Exception) -> dict[str, Any]:
    return check_health(RECORD, FakeOffice(answer), VirtualClock(NOW))


def wrong(answer: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in answer["findings"] if not finding["ok"]]


def test_a_practice_that_works_is_ok() -> None:
    answer = health(GOOD)

    assert (answer["status"], wrong(answer)) == ("ok", [])
    assert (answer["provider_count"], answer["clock_skew_seconds"], answer["latency_ms"]) == (4, 0, 0)
    assert (answer["as_of"], answer["ehr_version"]) == ("2026-03-02T09:00:00-07:00", "25.3.12")
    assert [finding["code"] for finding in answer["findings"]] == [
        "key",
        "permissions",
        "providers",
        "zone",
        "clock",
        "latency",
    ]


@pytest.mark.parametrize(
    ("confirmation", "told"),
    [
        (ConfirmationCheck("21", is_known=True), "calls a visit confirmed in its state 21"),
        (ConfirmationCheck("21", is_known=False), "has no state 21"),
        (ConfirmationCheck(None, is_known=False), "no visit counts as confirmed"),
    ],
)
def test_health_tells_by_which_state_the_office_calls_a_visit_confirmed(
    confirmation: ConfirmationCheck, told: str
) -> None:
    answer = health(replace(GOOD, confirmation=confirmation))

    (finding,) = [one for one in answer["findings"] if one["code"] == "confirmation"]
    assert told in finding["message"]
    assert finding["ok"] is confirmation.is_known
    assert answer["status"] == ("ok" if confirmation.is_known else "degraded")


@pytest.mark.parametrize(
    ("zone", "is_wrong"),
    [
        ("America/Denver", False),
        ("US/Mountain", False),
        ("America/Phoenix", True),
        ("America/New_York", True),
        ("Mountain Time (US & Canada)", False),
        ("../../etc/passwd", False),
        ("", False),
    ],
)
def test_a_location_that_keeps_another_time_than_the_practice_says_fails(zone: str, is_wrong: bool) -> None:
    """Phoenix differs in summer only; what is no name of a zone cannot be compared."""
    location = LocationCheck("7", SyncState(is_reading=True, is_writing=True), has_hours=True, timezone=zone)

    answer = health(replace(GOOD, locations=(location,)))

    assert (answer["status"], wrong(answer)) == (("failing", ["zone"]) if is_wrong else ("ok", []))


def test_a_service_of_an_appointment_type_that_the_ehr_does_not_know_is_told() -> None:
    services = tuple(
        Service(id=name, name=name, minutes=30, appointment_type_id=kind)
        for name, kind in (("checkup", "27"), ("cleaning", "28"), ("filling", None))
    )
    record = replace(RECORD, practice=RECORD.practice.model_copy(update={"services": services}))

    def check(types: frozenset[str] | None) -> dict[str, Any]:
        return check_health(record, FakeOffice(replace(GOOD, appointment_type_ids=types)), VirtualClock(NOW))

    assert wrong(check(None)) == []
    assert wrong(check(frozenset({"27", "28"}))) == []
    (finding,) = [one for one in check(frozenset({"27"}))["findings"] if not one["ok"]]
    assert finding["code"] == "appointment_types"
    assert "cleaning" in finding["message"]
    assert "checkup" not in finding["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EhrKeyRefused(), "failing"),
        (EhrKeyMissing(), "failing"),
        (EhrOffline(), "failing"),
        (EhrUnreachable(), "failing"),
        (EhrUnavailable(), "failing"),
        (StoreUnavailable(), "failing"),
        (EhrBusy(), "degraded"),
    ],
)
def test_what_fails_is_a_finding_with_advice(error: OpenChairError, status: str) -> None:
    answer = health(error)

    assert (answer["status"], wrong(answer)) == (status, [error.code])
    assert answer["findings"][0]["message"] == error.sentence
    assert answer["findings"][0]["what_to_do"]


def test_a_key_that_may_not_read_is_failing_and_one_that_may_not_write_degraded() -> None:
    no_read = health(replace(GOOD, permissions={**GRANTED, "ApiReadAll": False}))
    no_write = health(replace(GOOD, permissions={**GRANTED, "ApiComm": False, "ApiPatients": False}))

    assert (no_read["status"], wrong(no_read)) == ("failing", ["permissions"])
    assert (no_write["status"], wrong(no_write)) == ("degraded", ["permissions"])
    assert "ApiComm, ApiPatients" in no_write["findings"][1]["what_to_do"]


@pytest.mark.parametrize("permissions", [{}, {"ApiReadAll": True, "ApiSomethingNew": False}])
def test_permissions_that_are_not_told_or_not_known_are_no_fault(permissions: dict[str, bool]) -> None:
    assert health(replace(GOOD, permissions=permissions))["status"] == "ok"


def test_no_provider_is_degraded() -> None:
    answer = health(replace(GOOD, provider_count=0))

    assert (answer["status"], wrong(answer)) == ("degraded", ["providers"])


@pytest.mark.parametrize(
    ("told", "hours"), [(True, -6), (False, -6), (True, -8), (False, -8), (True, -5.5), (False, -5.5)]
)
def test_an_office_in_another_zone_is_failing(told: bool, hours: float) -> None:
    offset = timedelta(hours=hours)
    wall = (NOW + offset).replace(tzinfo=None) + timedelta(seconds=20)

    answer = health(replace(GOOD, wall_time=wall, utc_offset=offset if told else None))

    assert (answer["status"], wrong(answer)) == ("failing", ["zone"])
    assert answer["clock_skew_seconds"] == 20


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("seconds", "fault"), [(-119, []), (119, []), (121, ["clock"]), (-400, ["clock"]), (1250, ["clock"])]
)
def test_an_office_clock_that_is_off_by_more_than_two_minutes_is_degraded(
    told: bool, seconds: int, fault: list[str]
) -> None:
    wall = WALL + timedelta(seconds=seconds)

    answer = health(replace(GOOD, wall_time=wall, utc_offset=timedelta(hours=-7) if told else None))

    assert (wrong(answer), answer["clock_skew_seconds"]) == (fault, seconds)
    assert answer["status"] == ("degraded" if fault else "ok")


def test_an_ehr_that_does_not_tell_its_time_is_no_fault() -> None:
    answer = health(replace(GOOD, wall_time=None, utc_offset=None))

    assert (answer["status"], answer["clock_skew_seconds"]) == ("ok", None)


def test_a_slow_office_is_degraded_and_its_clock_is_compared_with_the_middle_of_the_check() -> None:
    clock = VirtualClock(NOW)

    class Slow:
        def check_office(self) -> OfficeCheck:
            clock.advance(6.0)
            return replace(GOOD, wall_time=WALL + timedelta(seconds=3))

    answer = check_health(RECORD, Slow(), clock)

    assert (answer["status"], wrong(answer), answer["latency_ms"]) == ("degraded", ["latency"], 6000)
    assert answer["clock_skew_seconds"] == 0


def test_a_vendors_own_text_never_comes_through_as_a_version() -> None:
    assert health(replace(GOOD, version="25.3 <b>call us</b>"))["ehr_version"] is None
