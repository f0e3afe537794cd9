"""Between a practice's wall clock and UTC, above all when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openchair.errors import InvalidTime
from openchair.wall_time import at, day_bounds, exists, is_ambiguous, parse_instant

DENVER = ZoneInfo("America/Denver")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
ZONES = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "America/Indiana/Indianapolis",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
]


def wall(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def test_the_skipped_hour_does_not_exist_and_the_repeated_one_is_ambiguous() -> None:
    assert [exists(wall(SPRING, hour), DENVER) for hour in (1, 2, 3)] == [True, False, True]
    assert [is_ambiguous(wall(AUTUMN, hour), DENVER) for hour in (0, 1, 2)] == [False, True, False]
    assert not is_ambiguous(wall(SPRING, 2), DENVER)


def test_a_wall_time_inside_the_gap_moves_forward_and_a_repeated_one_is_the_first() -> None:
    assert at(SPRING, time(2, 30), DENVER).isoformat() == "2026-03-08T03:30:00-06:00"
    assert at(AUTUMN, time(1, 30), DENVER).isoformat() == "2026-11-01T01:30:00-06:00"


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_its_clocks_make_it(day: date, hours: int) -> None:
    first, following = day_bounds(day, DENVER)

    assert following.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=hours)


def test_an_instant_is_read_in_any_offset_and_told_in_the_practices_zone() -> None:
    assert parse_instant("2026-03-02T16:00:00Z", DENVER).isoformat() == "2026-03-02T09:00:00-07:00"
    assert parse_instant("2026-03-02T09:00-07:00", DENVER).isoformat() == "2026-03-02T09:00:00-07:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00",
        "2026-03-02 09:00:00-07:00",
        "2026-03-02",
        "2026-02-30T09:00:00-07:00",
        "2026-03-02T25:00:00-07:00",
        "2026-03-02T09:00:00-99:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-03-02T09:00:00-07:00\n",
        "\u0662026-03-02T09:00:00-07:00",
        "",
    ],
)
def test_a_time_without_offset_or_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_instant(text, DENVER)


@pytest.mark.parametrize("offset", ["-06:00", "-07:00"])
def test_a_time_in_the_skipped_hour_is_refused_with_either_of_its_offsets(offset: str) -> None:
    with pytest.raises(InvalidTime):
        parse_instant(f"2026-03-08T02:30:00{offset}", DENVER)


def test_the_same_digits_in_an_offset_the_zone_never_has_are_another_instant() -> None:
    assert parse_instant("2026-03-08T02:30:00Z", DENVER).isoformat() == "2026-03-07T19:30:00-07:00"


def test_both_hours_of_the_autumn_night_can_be_told_by_their_offset() -> None:
    first, second = (parse_instant(f"2026-11-01T01:30:00{offset}", DENVER) for offset in ("-06:00", "-07:00"))

    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)


@given(
    zone_name=st.sampled_from(ZONES),
    minutes=st.integers(0, 4 * 365 * 24 * 4).map(lambda quarter: quarter * 15),
)
def test_what_is_told_reads_back_as_the_same_instant(zone_name: str, minutes: int) -> None:
    zone = ZoneInfo(zone_name)
    instant = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    told = instant.astimezone(zone)

    assert parse_instant(told.isoformat(), zone).astimezone(UTC) == instant
    assert exists(told.replace(tzinfo=None), zone)
    assert (
        day_bounds(told.date(), zone)[0].astimezone(UTC) <= instant < day_bounds(told.date(), zone)[1].astimezone(UTC)
    )
