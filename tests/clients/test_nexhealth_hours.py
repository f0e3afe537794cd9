"""Which hours a location on NexHealth is open for whom, and which are not used because they cannot be told."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openchair.clients.nexhealth import hours
from openchair.clients.nexhealth.payloads import WorkingHourRow
from openchair.models.office import Schedule

NEW_YORK = ZoneInfo("America/New_York")
WEDNESDAY = date(2026, 3, 4)


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=NEW_YORK)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 12,
        "provider_id": 104,
        "location_id": 1,
        "operatory_id": 181,
        "begin_time": "09:00",
        "end_time": "17:00",
        "days": ["Monday", "Wednesday"],
        "specific_date": None,
        "custom_recurrence": None,
        "tz_offset": "-0500",
        "active": True,
        "source": "synced",
        "label": None,
        "appointment_types": [],
        **changes,
    }


def schedule(*rows: dict[str, Any], days: int = 1) -> Schedule:
    read = [WorkingHourRow.read(one) for one in rows]
    return hours.schedule(read, "1", WEDNESDAY, WEDNESDAY + timedelta(days=days - 1), NEW_YORK)


def test_hours_stand_on_their_weekdays_in_their_chair() -> None:
    (block,) = schedule(row(), days=5).work_blocks

    assert (block.provider_id, block.operatory_ids, block.location_id) == ("104", ("181",), None)
    assert (block.start, block.end, block.appointment_type_ids) == (at(9), at(17), ())


def test_hours_without_a_chair_are_their_locations() -> None:
    theirs, asked = schedule(
        row(operatory_id=None, location_id=7), row(operatory_id=None, location_id=None)
    ).work_blocks

    assert (theirs.operatory_ids, theirs.location_id) == ((), "7")
    assert (asked.operatory_ids, asked.location_id) == ((), "1")


def test_hours_for_some_appointment_types_name_them() -> None:
    some, anything = schedule(
        row(appointment_types=[{"id": 27, "name": "Exam"}, {"id": "28"}]), row(appointment_types=None)
    ).work_blocks

    assert some.appointment_type_ids == ("27", "28")
    assert anything.appointment_type_ids == ()


@pytest.mark.parametrize(
    ("begin", "end", "closes"),
    [
        ("16:00", "00:00", at(0, day=5)),
        ("16:00", "24:00", at(0, day=5)),
        ("18:00", "02:00", at(2, day=5)),
        ("22:00", "06:00", at(6, day=5)),
        ("9:00", "9:30", at(9, 30)),
        ("09:00:00", "17:00:00", at(17)),
        ("9:00 AM", "5:30 pm", at(17, 30)),
    ],
)
def test_hours_end_when_they_say_however_it_is_written(begin: str, end: str, closes: datetime) -> None:
    found = schedule(row(begin_time=begin, end_time=end))

    assert [block.end for block in found.work_blocks] == [closes]
    assert found.unreadable == ()


def test_hours_that_began_the_evening_before_reach_into_the_day() -> None:
    found = schedule(row(days=["Tuesday"], begin_time="18:00", end_time="02:00"))

    assert [(block.start, block.end) for block in found.work_blocks] == [(at(18, day=3), at(2))]


@pytest.mark.parametrize("days", [["wednesday"], ["WEDNESDAY"], [" Wednesday "]])
def test_weekdays_may_be_written_in_any_case(days: list[str]) -> None:
    assert len(schedule(row(days=days)).work_blocks) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"begin_time": None},
        {"end_time": "late"},
        {"end_time": "09:00"},
        {"begin_time": "17:00", "end_time": "09:00"},
        {"begin_time": "13:30 PM"},
        {"end_time": "25:00"},
        {"provider_id": None},
        {"provider_id": "x"},
        {"operatory_id": "x"},
        {"active": "perhaps"},
        {"appointment_types": "Exam"},
        {"appointment_types": [{"name": "Exam"}]},
        {"days": ["Someday"]},
        {"days": "Wednesday"},
        {"days": None},
        {"days": None, "custom_recurrence": {"num": 0, "unit": "day", "ref": "2026-03-04"}},
        {"days": None, "custom_recurrence": {"num": 1, "unit": "day"}},
        {"specific_date": "soon"},
    ],
    ids=str,
)
def test_hours_of_which_not_all_can_be_told_open_nothing_and_are_named(changes: dict[str, Any]) -> None:
    found = schedule(row(**changes))

    assert found.work_blocks == ()
    assert [(one.kind, one.id, one.shuts) for one in found.unreadable] == [
        ("schedule", "12", "nothing; its hours are not offered")
    ]


def test_odd_hours_of_another_day_and_hours_out_of_use_are_not_told() -> None:
    elsewhen = row(specific_date="2026-04-01", days=None, end_time=None)

    assert schedule(elsewhen, row(active=False, end_time=None)) == Schedule()
