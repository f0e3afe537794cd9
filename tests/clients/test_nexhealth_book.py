"""What takes time of some days on NexHealth, wherever it began, and whatever it leaves unsaid."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
from responses.matchers import query_param_matcher

from openchair.errors import EhrUnavailable
from openchair.models.visit import Appointment, AppointmentStatus
from tests.clients.nexhealth_support import BASE, Bench, appointment_row, ok, page, queries, refusal

LIST = f"{BASE}/appointments"
NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2026, 3, 4)
AT = datetime(2026, 3, 4, 9, tzinfo=NEW_YORK)
DOCTOR = {"id": 104, "name": "Dr. Birchwood", "locations": [{"id": 1}]}
BLOCK = {"patient_id": None, "unavailable": True, "provider_id": None, "operatory_id": None}


def midnight(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=NEW_YORK)


def location(number: int, rows: list[Any], blocks: list[Any] | None = None, status: int = 200) -> Any:
    """What the lists of a location hold: a day's rows, and the blocks that began earlier."""
    body = page(rows) if status == 200 else refusal("You don't have access to perform this action.")
    matching = {"location_id": str(number)}
    responses.get(
        LIST,
        json=page(blocks or []) if status == 200 else body,
        status=status,
        match=[query_param_matcher({**matching, "unavailable": "true"}, strict_match=False)],
    )
    return responses.get(LIST, json=body, status=status, match=[query_param_matcher(matching, strict_match=False)])


def providers(*rows: dict[str, Any]) -> None:
    responses.get(f"{BASE}/providers", json=page(list(rows or (DOCTOR,))))


def day_of(*rows: Any, blocks: list[Any] | None = None, days: int = 1) -> list[Appointment]:
    providers()
    location(1, list(rows), blocks)
    return list(Bench().client.appointments(DAY, DAY + timedelta(days=days - 1)))


# ---------------------------------------------------------------------------------------------- what is asked for


@responses.activate
def test_a_day_is_asked_of_every_location_in_utc_from_the_practices_midnight() -> None:
    bench = Bench(location_ids=("1", "2"))
    providers()
    location(1, [appointment_row(), appointment_row(id=9, unavailable=True, patient_id=None)])
    location(2, [appointment_row(id=7, location_id=2, cancelled=True)])

    found = bench.client.appointments(DAY, DAY)

    asked = [query for query in queries() if "start" in query and "unavailable" not in query]
    assert [query["location_id"] for query in asked] == [["1"], ["2"]]
    assert (asked[0]["start"], asked[0]["end"]) == (["2026-03-04T05:00:00Z"], ["2026-03-05T05:00:00Z"])
    assert [(one.id, one.status, one.occupies) for one in found] == [
        ("1822", AppointmentStatus.BOOKED, True),
        ("9", AppointmentStatus.NOTE, True),
        ("7", AppointmentStatus.CANCELLED, False),
    ]
    assert found[0].start == AT
    assert found[0].start.utcoffset() == timedelta(hours=-5)
    assert (found[0].minutes, found[0].operatory_id, found[0].provider_id) == (30, "181", "104")


@responses.activate
def test_blocks_that_began_within_half_a_year_are_asked_for_once_a_minute_for_two_weeks_of_days() -> None:
    bench = Bench()
    providers()
    location(1, [])

    for days in (0, 3, 6):
        bench.client.appointments(DAY + timedelta(days=days), DAY + timedelta(days=days + 2))
    bench.clock.advance(61)
    bench.client.appointments(DAY, DAY)

    asked = [query for query in queries() if query.get("unavailable") == ["true"]]
    assert len(asked) == 2
    assert datetime.fromisoformat(asked[0]["start"][0]) <= AT - timedelta(days=183)
    assert datetime.fromisoformat(asked[0]["end"][0]) >= AT + timedelta(days=6)
    assert asked[0]["per_page"] == ["1000"]


# --------------------------------------------------------------------------------------------- wherever it began


@pytest.mark.parametrize(("day", "touches"), [(2, False), (3, True), (4, True), (6, True), (7, False)])
@responses.activate
def test_a_block_of_days_stands_on_each_day_that_it_touches(day: int, touches: bool) -> None:
    block = appointment_row(**BLOCK, start_time="2026-03-03T13:00:00Z", end_time="2026-03-06T22:00:00Z")
    providers()
    location(1, [], [block])

    found = Bench().client.appointments(date(2026, 3, day), date(2026, 3, day))

    # The server lists rows by their start, so that one of the day itself is in the other list.
    expected = touches and day != 3
    assert [one.is_block for one in found] == ([True] if expected else [])
    if expected:
        assert (found[0].start, found[0].end) == (midnight(3) + timedelta(hours=8), midnight(6) + timedelta(hours=17))


@responses.activate
def test_a_visit_that_the_server_lists_though_it_began_before_counts_where_it_reaches() -> None:
    (found,) = day_of(appointment_row(start_time="2026-03-04T04:30:00Z", end_time="2026-03-04T13:30:00Z"))

    assert (found.start, found.minutes) == (datetime(2026, 3, 3, 23, 30, tzinfo=NEW_YORK), 540)


@responses.activate
def test_a_block_is_nobodys_visit_also_where_only_the_missing_patient_says_so() -> None:
    (found,) = day_of(appointment_row(**{**BLOCK, "unavailable": None, "location_id": None}))

    assert (found.is_block, found.operatory_id, found.provider_id, found.location_id) == (True, None, None, "1")


# ------------------------------------------------------------------------------------------ whatever it leaves unsaid


@pytest.mark.parametrize("end", [None, "soon", "2026-03-04T14:00:00.000Z", "2026-03-04T13:00:00.000Z"])
@responses.activate
def test_a_row_without_an_end_takes_chair_and_provider_to_the_end_of_its_day(end: str | None) -> None:
    (found,) = day_of(appointment_row(end_time=end))

    assert (found.start, found.end, found.tells_end) == (AT, midnight(5), False)
    assert (found.operatory_id, found.provider_id) == ("181", "104")


@responses.activate
def test_a_row_that_does_not_carry_an_end_at_all_takes_the_rest_of_its_day() -> None:
    row = appointment_row()
    del row["end_time"]

    assert [one.end for one in day_of(row)] == [midnight(5)]


@pytest.mark.parametrize("start", [None, "soon"])
@responses.activate
def test_a_row_without_a_start_takes_its_chair_and_provider_for_the_days_asked(start: str | None) -> None:
    (found,) = day_of(appointment_row(start_time=start), days=2)

    assert (found.start, found.end, found.operatory_id) == (midnight(4), midnight(6), "181")
    assert [time.provider_id for time in found.provider_times] == ["104"]


@pytest.mark.parametrize("broken", [{"operatory_id": "one"}, {"provider_id": {}}], ids=str)
@responses.activate
def test_a_row_that_may_be_in_any_chair_or_anybodys_takes_all_of_its_location(broken: dict[str, Any]) -> None:
    (found,) = day_of(appointment_row(**broken))

    assert (found.operatory_id, found.provider_id, found.provider_times) == (None, None, ())
    assert (found.minutes, found.location_id, found.occupies) == (30, "1", True)


@pytest.mark.parametrize("row", [{}, {"note": "?"}, None, "row"], ids=str)
@responses.activate
def test_a_row_that_tells_nothing_at_all_makes_the_read_fail(row: Any) -> None:
    with pytest.raises(EhrUnavailable):
        day_of(appointment_row(), row)


@responses.activate
def test_a_row_without_its_key_takes_up_time_all_the_same() -> None:
    (found,) = day_of(appointment_row(id=None))

    assert (found.id, found.start, found.operatory_id) == ("", AT, "181")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"canceled": True}, AppointmentStatus.CANCELLED),
        ({"cancelled": None, "canceled": "true"}, AppointmentStatus.CANCELLED),
        ({"cancelled": "perhaps"}, AppointmentStatus.BOOKED),
        ({"patient_missed": True}, AppointmentStatus.NOSHOW),
        ({"patient_missed": True, "checked_out": True}, AppointmentStatus.FULFILLED),
        ({"patient_missed": "perhaps"}, AppointmentStatus.BOOKED),
    ],
    ids=str,
)
@responses.activate
def test_a_visit_is_cancelled_or_missed_however_that_is_written(
    changes: dict[str, Any], status: AppointmentStatus
) -> None:
    assert [one.status for one in day_of(appointment_row(**changes))] == [status]


@responses.activate
def test_the_look_at_the_book_names_rows_by_their_id() -> None:
    providers()
    location(1, [appointment_row(end_time=None), appointment_row(id=9, cancelled=True, end_time=None)])
    responses.get(f"{BASE}/working_hours", json=page([{"id": 12, "provider_id": 104, "begin_time": "soon"}]))
    responses.get(f"{BASE}/operatories", json=page([{"id": 181}, {"id": 182, "bookable_online": False}]))

    book = Bench().client.check_book(DAY, DAY)

    assert [(one.kind, one.id, one.day) for one in book.unreadable] == [
        ("schedule", "12", DAY),
        ("appointment", "1822", DAY),
    ]
    assert book.unreadable[1].shuts == "chair 181 and provider 104, 2026-03-04 09:00 to 2026-03-05 00:00"
    assert [(one.location_id, one.count, one.has_chairs) for one in book.chairless_hours] == [("1", 1, True)]
    assert book.chairs_not_bookable == ("182",)


# ---------------------------------------------------------------------------------- locations of somebody else's


@responses.activate
def test_a_providers_visits_at_another_location_take_that_providers_time_and_nothing_else() -> None:
    providers({**DOCTOR, "locations": [{"id": 1}, {"id": 2}]})
    location(1, [])
    location(
        2,
        [
            appointment_row(id=21, location_id=2, operatory_id=281),
            appointment_row(id=22, location_id=2, provider_id=205),
            appointment_row(id=23, location_id=2, cancelled=True),
            appointment_row(**{**BLOCK, "id": 24, "location_id": 2}),
        ],
    )

    found = Bench().client.appointments(DAY, DAY)

    assert [(one.id, one.provider_id, one.location_id) for one in found] == [("21", "104", "2")]
    there = [query for query in queries() if query.get("location_id") == ["2"]]
    assert [query.get("provider_ids[]") for query in there] == [None, ["104"], ["104"]]


@responses.activate
def test_a_row_there_that_does_not_tell_whose_it_is_takes_all_of_theirs() -> None:
    providers(DOCTOR | {"locations": [{"id": 2}]}, {"id": 105, "name": "Dr. Alder", "locations": [{"id": 2}]})
    location(1, [])
    location(2, [appointment_row(location_id=2, provider_id="x")])

    (found,) = Bench().client.appointments(DAY, DAY)

    assert [time.provider_id for time in found.provider_times] == ["104", "105"]


@responses.activate
def test_a_key_that_may_not_look_there_does_not_shut_the_practice_and_health_can_tell() -> None:
    providers({**DOCTOR, "locations": [{"id": 1}, {"id": 2}]})
    location(1, [appointment_row()])
    location(2, [], status=403)
    responses.get(f"{BASE}/working_hours", json=page([]))
    responses.get(f"{BASE}/operatories", json=page([{"id": 181}]))
    bench = Bench()

    assert [one.id for one in bench.client.appointments(DAY, DAY)] == ["1822"]
    assert [one.id for one in bench.client.appointments(DAY, DAY)] == ["1822"]
    assert len([query for query in queries() if query.get("location_id") == ["2"]]) == 1
    assert bench.client.check_book(DAY, DAY).unread_locations == ("2",)


@responses.activate
def test_a_location_that_does_not_answer_leaves_the_providers_time_unknown() -> None:
    providers({**DOCTOR, "locations": [{"id": 1}, {"id": 2}]})
    location(1, [appointment_row()])
    location(2, [], status=503)

    with pytest.raises(EhrUnavailable):
        Bench().client.appointments(DAY, DAY)


@responses.activate
def test_of_a_provider_whose_locations_are_not_told_all_of_the_institution_count() -> None:
    providers({"id": 104, "name": "Dr. Birchwood"})
    location(1, [])
    location(2, [appointment_row(location_id=2)])
    places = [{"id": 1, "tz": "America/New_York"}, {"id": 2, "tz": "America/New_York"}]
    responses.get(f"{BASE}/locations", json=ok([{"id": 5, "subdomain": "birch", "locations": places}]))

    assert [one.location_id for one in Bench().client.appointments(DAY, DAY)] == ["2"]


@responses.activate
def test_who_no_longer_works_for_the_practice_is_not_looked_for_elsewhere() -> None:
    providers(DOCTOR, {"id": 105, "name": "Dr. Alder", "inactive": True, "locations": [{"id": 2}]})
    location(1, [])

    Bench().client.appointments(DAY, DAY)

    assert {query["location_id"][0] for query in queries()} == {"1"}


# --------------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("checkin_at", "0001-01-01T00:00:00Z"),
        ("start_time", "0001-01-01T00:00:00Z"),
        ("end_time", "0001-01-01T00:00:00Z"),
        ("checkin_at", "9999-12-31T23:59:59Z"),
        ("end_time", "9999-12-31T23:59:59Z"),
    ],
)
@responses.activate
def test_a_date_that_no_zone_can_hold_breaks_no_list(name: str, value: str, zone: str) -> None:
    providers()
    location(1, [appointment_row(start_time="2026-03-04T10:00:00Z") | {name: value}])
    bench = Bench()

    assert bench.client_of(bench.practice.model_copy(update={"timezone": zone})).appointments(DAY, DAY)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@responses.activate
def test_a_block_that_never_ends_shuts_the_days_asked_for(zone: str) -> None:
    forever = appointment_row(start_time="2026-02-04T01:00:00Z", **BLOCK) | {"end_time": "9999-12-31T23:59:59Z"}
    providers()
    location(1, [], [forever])
    bench = Bench()

    (found,) = bench.client_of(bench.practice.model_copy(update={"timezone": zone})).appointments(DAY, DAY)

    assert found.end is not None
    assert found.end.date() > DAY


@pytest.mark.parametrize("status", [400, 403, 404, 422])
@responses.activate
def test_a_location_elsewhere_that_the_key_cannot_see_shuts_nobody(status: int) -> None:
    providers({**DOCTOR, "locations": [{"id": 1}, {"id": 2}]})
    location(1, [appointment_row()])
    elsewhere = [query_param_matcher({"location_id": "2"}, strict_match=False)]
    responses.get(LIST, json=refusal("Location with id 2 not found"), status=status, match=elsewhere)

    assert Bench().client.appointments(DAY, DAY)


@pytest.mark.parametrize("name", ["active", "bookable_online"])
@responses.activate
def test_a_chairs_flag_that_is_null_is_as_if_it_were_not_there(name: str) -> None:
    row = {"id": 181, "name": "A", "active": True, "bookable_online": True, "location_id": 1, name: None}
    responses.get(f"{BASE}/operatories", json=page([row]))

    assert [chair.is_hidden for chair in Bench().client.operatories()] == [False]
