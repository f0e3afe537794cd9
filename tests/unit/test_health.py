"""Health tells what is wrong and what to do about it, and never fails itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
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
from openchair.models.office import (
    BookCheck,
    ChairlessHours,
    ConfirmationCheck,
    LocationCheck,
    OfficeCheck,
    SyncState,
    UnreadableRow,
)
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
    kept = replace(GOOD, appointment_type_ids=frozenset({"27", "28"}), types_not_bookable=frozenset({"28"}))
    told = check_health(record, FakeOffice(kept), VirtualClock(NOW))
    assert wrong(told) == ["types_not_bookable"]
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


MOUNTAIN_WINTER, MOUNTAIN_SUMMER = timezone(timedelta(hours=-7)), timezone(timedelta(hours=-6))


@pytest.mark.parametrize(
    ("stamps", "is_wrong", "told"),
    [
        ((), False, "cannot be told"),
        ((datetime(2026, 1, 5, 9, tzinfo=MOUNTAIN_WINTER),), False, "cannot be told"),
        ((datetime(2025, 7, 5, 9, tzinfo=MOUNTAIN_SUMMER),), False, "in winter and in summer"),
        ((datetime(2025, 7, 5, 9, tzinfo=MOUNTAIN_WINTER),), True, "60 minutes behind America/Denver in July 2025"),
        (
            (datetime(2026, 1, 5, 9, tzinfo=MOUNTAIN_SUMMER),),
            True,
            "60 minutes ahead of America/Denver in January 2026",
        ),
        ((datetime(2025, 11, 2, 1, 30, tzinfo=MOUNTAIN_WINTER),), False, "cannot be told"),
    ],
)
def test_the_other_half_of_the_year_is_compared_where_the_office_tells_it_and_else_it_is_said_that_it_does_not(
    stamps: tuple[datetime, ...], is_wrong: bool, told: str
) -> None:
    """In February, when Denver and Phoenix agree."""
    now, wall = NOW - timedelta(days=15), WALL - timedelta(days=15)
    office = FakeOffice(replace(GOOD, wall_time=wall, stamps=stamps))

    answer = check_health(RECORD, office, VirtualClock(now))

    (finding,) = [one for one in answer["findings"] if one["code"] == "zone"]
    assert told in finding["message"]
    assert (answer["status"], wrong(answer)) == (("failing", ["zone"]) if is_wrong else ("ok", []))


def test_a_location_that_names_no_zone_we_know_is_told_as_not_compared() -> None:
    location = LocationCheck("7", SyncState(), has_hours=True, timezone="Mountain Time (US & Canada)")

    answer = health(replace(GOOD, wall_time=None, utc_offset=None, locations=(location,)))

    (finding,) = [one for one in answer["findings"] if one["code"] == "zone"]
    assert (finding["ok"], "could not be compared" in finding["message"]) == (True, True)


def test_an_ehr_that_does_not_tell_its_time_is_no_fault() -> None:
    answer = health(replace(GOOD, wall_time=None, utc_offset=None))

    assert (answer["status"], answer["clock_skew_seconds"]) == ("ok", None)


def test_a_slow_office_is_degraded_and_its_clock_is_compared_with_the_middle_of_the_check() -> None:
    clock = VirtualClock(NOW)

    class Slow(FakeOffice):
        def check_office(self) -> OfficeCheck:
            clock.advance(6.0)
            return replace(GOOD, wall_time=WALL + timedelta(seconds=3))

    answer = check_health(RECORD, Slow(), clock)

    assert (answer["status"], wrong(answer), answer["latency_ms"]) == ("degraded", ["latency"], 6000)
    assert answer["clock_skew_seconds"] == 0


def test_a_vendors_own_text_never_comes_through_as_a_version() -> None:
    assert health(replace(GOOD, version="25.3 <b>call us</b>"))["ehr_version"] is None


# ------------------------------------------------------------------------------------------ a week of the book

CLOSED = (date(2026, 3, 4), date(2026, 3, 6))


def book_health(book: BookCheck | Exception) -> dict[str, Any]:
    return check_health(RECORD, FakeOffice(GOOD, book=book), VirtualClock(NOW))


def test_the_coming_week_is_looked_at_in_the_practices_own_days() -> None:
    office = FakeOffice(GOOD)

    check_health(RECORD, office, VirtualClock(datetime(2026, 3, 3, 5, tzinfo=UTC)))

    assert office.days == (date(2026, 3, 2), date(2026, 3, 8))


def test_rows_that_do_not_tell_all_are_named_by_their_ids() -> None:
    rows = [
        UnreadableRow("appointment", str(n), date(2026, 3, 2), "chair 3, 2026-03-02 10:00 to 24:00") for n in range(12)
    ]

    answer = book_health(BookCheck(unreadable=(*rows, UnreadableRow("schedule", "", date(2026, 3, 3), "all"))))

    (finding,) = [one for one in answer["findings"] if not one["ok"]]
    assert (answer["status"], finding["code"]) == ("degraded", "unreadable_rows")
    assert "13 rows" in finding["message"]
    assert "appointment 0 of 2026-03-02 shuts chair 3, 2026-03-02 10:00" in finding["message"]
    assert "appointment 9" in finding["message"]
    assert "and 3 more" in finding["message"]


@pytest.mark.parametrize(
    ("book", "code", "is_wrong", "named"),
    [
        (BookCheck(closed_working_days=CLOSED), "closed_working_days", False, "2026-03-04, 2026-03-06"),
        (BookCheck(unknown_blockouts=("Luhcn",)), "blockouts", True, "Luhcn"),
        (BookCheck(chairs_not_bookable=("182",)), "chairs_not_bookable", False, "182"),
        (BookCheck(unread_locations=("2", "3")), "locations_not_read", True, "2, 3"),
        (
            BookCheck(chairless_hours=(ChairlessHours("7", 5, has_chairs=True, needs_chairs=False),)),
            "hours_without_chairs",
            False,
            "all its chairs are open",
        ),
        (
            BookCheck(chairless_hours=(ChairlessHours("7", 5, has_chairs=False, needs_chairs=False),)),
            "hours_without_chairs",
            False,
            "booked without one",
        ),
        (
            BookCheck(chairless_hours=(ChairlessHours("7", 5, has_chairs=False, needs_chairs=True),)),
            "hours_without_chairs",
            True,
            "nothing can be booked",
        ),
    ],
)
def test_what_is_missing_from_the_book_is_told_with_advice(
    book: BookCheck, code: str, is_wrong: bool, named: str
) -> None:
    answer = book_health(book)

    (finding,) = [one for one in answer["findings"] if one["code"] == code]
    assert (finding["ok"], answer["status"]) == ((False, "degraded") if is_wrong else (True, "ok"))
    assert named in finding["message"]
    assert finding["what_to_do"]


def test_a_book_that_could_not_be_looked_at_in_time_is_no_fault() -> None:
    answer = book_health(EhrBusy())

    assert (answer["status"], wrong(answer)) == ("ok", [])
    assert answer["findings"][-1]["code"] == "book"


def test_a_book_that_cannot_be_read_is_told() -> None:
    answer = book_health(EhrUnavailable("A row of the EHR's schedule cannot be read."))

    assert (answer["status"], wrong(answer)) == ("degraded", ["ehr_unavailable"])
