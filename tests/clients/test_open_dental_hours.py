"""What Open Dental's rows of a schedule open and shut, also those that do not tell all."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openchair.clients.open_dental import hours
from openchair.clients.open_dental.hours import Rules, shutting, unknown_types
from openchair.clients.open_dental.payloads import DefinitionRow
from openchair.clients.open_dental.schedule_rows import ScheduleRow
from openchair.models.office import Blockout, Schedule
from openchair.models.practice import BlockoutTypes

DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 3, 2)
WEDNESDAY = date(2026, 3, 4)
EMPTY = {"ProvNum": "0", "operatories": ""}


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=DENVER)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "ScheduleNum": "24420",
        "SchedDate": "2026-03-02",
        "StartTime": "08:00:00",
        "StopTime": "12:00:00",
        "SchedType": "Provider",
        "ProvNum": "3",
        "BlockoutType": "0",
        "blockoutType": "",
        "Note": "",
        "operatories": "5,6",
        "EmployeeNum": "0",
        **changes,
    }


def blockout(**changes: Any) -> dict[str, Any]:
    return row(**{"SchedType": "Blockout", "ProvNum": "0", "operatories": "5", **changes})


def note(**changes: Any) -> dict[str, Any]:
    return row(**{"SchedType": "Practice", "StartTime": "00:00:00", "StopTime": "00:00:00", **EMPTY, **changes})


def schedule(*rows: dict[str, Any], last: date = MONDAY, rules: Rules | None = None) -> Schedule:
    return hours.schedule([ScheduleRow.read(one) for one in rows], MONDAY, last, DENVER, rules)


def told(of: Schedule) -> list[tuple[str, date, str]]:
    return [(one.id, one.day, one.shuts) for one in of.unreadable]


# ----------------------------------------------------------------------------------------------------- what opens


def test_a_schedules_values_are_all_texts() -> None:
    (block,) = schedule(row()).work_blocks

    assert (block.provider_id, block.operatory_ids) == ("3", ("5", "6"))
    assert (block.start, block.end) == (at(8), at(12))


def test_no_operatories_on_a_provider_row_names_none() -> None:
    (block,) = schedule(row(operatories="")).work_blocks

    assert block.operatory_ids == ()


@pytest.mark.parametrize(
    ("start", "stop", "end"),
    [
        ("18:00:00", "00:00:00", at(0, day=3)),
        ("18:00:00", "24:00:00", at(0, day=3)),
        ("18:00:00", "02:00:00", at(2, day=3)),
        ("22:00:00", "06:00:00", at(6, day=3)),
    ],
)
def test_hours_at_night_end_at_midnight_or_past_it(start: str, stop: str, end: datetime) -> None:
    (block,) = schedule(row(StartTime=start, StopTime=stop)).work_blocks

    assert block.end == end


@pytest.mark.parametrize(
    "changes",
    [
        {"StartTime": "17:00:00", "StopTime": "08:00:00"},
        {"StopTime": "08:00:00"},
        {"StartTime": ""},
        {"StartTime": "8 am"},
        {"StopTime": None},
        {"ProvNum": "DOC1"},
        {"ProvNum": "0"},
        {"operatories": "3,x"},
        {"SchedDate": "soon"},
    ],
    ids=str,
)
def test_hours_of_which_not_all_can_be_told_open_nothing_and_are_named(changes: dict[str, Any]) -> None:
    found = schedule(row(**changes))

    assert (found.work_blocks, found.blockouts) == ((), ())
    assert told(found) == [("24420", MONDAY, "nothing; its hours are not offered")]


@pytest.mark.parametrize(
    "changes", [{"StopTime": "08:00:00"}, {"StartTime": ""}, {"ProvNum": "0"}, {"SchedDate": "soon"}, {"SchedType": ""}]
)
def test_such_a_row_is_counted_as_odd(changes: dict[str, Any]) -> None:
    assert ScheduleRow.read(row(**changes)).is_odd
    assert not ScheduleRow.read(row()).is_odd


# ----------------------------------------------------------------------------------------------------- what shuts


def test_a_blockout_stands_in_its_chairs() -> None:
    assert schedule(blockout()).blockouts == (Blockout(("5",), at(8), at(12)),)


def test_a_blockout_without_chairs_is_its_providers_else_everybodys() -> None:
    theirs, everybodys = schedule(blockout(operatories="", ProvNum="3"), blockout(**EMPTY)).blockouts

    assert (theirs.operatory_ids, theirs.provider_ids) == ((), ("3",))
    assert (everybodys.operatory_ids, everybodys.provider_ids, everybodys.location_id) == ((), (), None)


@pytest.mark.parametrize(
    ("changes", "begin", "end"),
    [
        ({"StopTime": "08:00:00"}, at(0), at(0, day=3)),
        ({"StartTime": "00:00:00", "StopTime": "00:00:00"}, at(0), at(0, day=3)),
        ({"StartTime": None}, at(0), at(12)),
        ({"StartTime": "noon"}, at(0), at(12)),
        ({"StopTime": ""}, at(8), at(0, day=3)),
        ({"StartTime": "", "StopTime": ""}, at(0), at(0, day=3)),
        ({"StopTime": "07:00:00"}, at(0), at(7, day=3)),
        ({"SchedDate": "soon"}, at(0), at(0, day=5)),
    ],
    ids=str,
)
def test_a_blockout_of_no_length_shuts_its_chair_for_all_it_may_mean(
    changes: dict[str, Any], begin: datetime, end: datetime
) -> None:
    found = schedule(blockout(**changes), row(), last=WEDNESDAY)

    assert found.blockouts == (Blockout(("5",), begin, end),)
    assert found.work_blocks
    assert told(found) == [("24420", MONDAY, f"chair 5, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")]


def test_a_blockout_of_no_length_and_no_chair_shuts_its_provider_else_the_day() -> None:
    theirs, everybodys = (
        schedule(blockout(StopTime="08:00:00", operatories="", ProvNum=provider)) for provider in ("3", "0")
    )

    assert theirs.blockouts == (Blockout((), at(0), at(0, day=3), provider_ids=("3",)),)
    assert everybodys.blockouts == (Blockout((), at(0), at(0, day=3)),)
    assert "provider 3" in theirs.unreadable[0].shuts
    assert "the whole practice" in everybodys.unreadable[0].shuts


def test_a_blockout_whose_chairs_cannot_be_read_is_one_of_all_chairs() -> None:
    found = schedule(blockout(operatories="3,x", ProvNum="3"))

    assert found.blockouts == (Blockout((), at(8), at(12)),)
    assert len(found.unreadable) == 1


def test_a_row_without_its_key_shuts_and_is_told_without_an_id() -> None:
    found = schedule(blockout(ScheduleNum=None))

    assert found.blockouts == (Blockout(("5",), at(8), at(12)),)


@pytest.mark.parametrize("kind", ["", None, "Elsewhere", "9"])
def test_a_row_of_a_kind_that_nobody_knows_shuts_its_time_and_is_named(kind: Any) -> None:
    found = schedule(row(SchedType=kind))

    assert found.work_blocks == ()
    assert found.blockouts == (Blockout(("5", "6"), at(8), at(12)),)
    assert len(found.unreadable) == 1


@pytest.mark.parametrize("kind", ["blockout", "BLOCKOUT", "2", 2])
def test_a_kind_may_be_written_small_or_as_its_number(kind: Any) -> None:
    found = schedule(blockout(SchedType=kind))

    assert found.blockouts == (Blockout(("5",), at(8), at(12)),)
    assert found.unreadable == ()


@pytest.mark.parametrize("kind", ["Employee", "WebSchedASAP"])
def test_other_rows_say_nothing_about_openings(kind: str) -> None:
    assert schedule(row(SchedType=kind)) == Schedule()


# ------------------------------------------------------------------------------------------ notes of the practice


def test_a_practice_row_of_no_length_closes_the_day() -> None:
    assert schedule(note()).closed_days == {MONDAY}


def test_it_is_a_note_where_the_practice_says_so() -> None:
    found = schedule(note(), note(StartTime=None), row(), rules=Rules(notes_close=False))

    assert (found.closed_days, len(found.work_blocks)) == (frozenset(), 1)


def test_a_practice_note_with_hours_closes_nothing() -> None:
    assert schedule(row(SchedType="Practice", **EMPTY)) == Schedule()


@pytest.mark.parametrize("changes", [{"StartTime": None, "StopTime": None}, {"StartTime": None}, {"StopTime": "x"}])
def test_a_practice_row_whose_hours_cannot_be_read_closes_its_day_and_is_named(changes: dict[str, Any]) -> None:
    found = schedule(note(**changes), row(), last=WEDNESDAY)

    assert found.closed_days == {MONDAY}
    assert [one[0] for one in told(found)] == ["24420"]


def test_a_practice_row_without_a_day_closes_all_that_were_asked_for() -> None:
    found = schedule(note(SchedDate=None), last=WEDNESDAY)

    assert found.closed_days == {MONDAY + timedelta(days=n) for n in range(3)}


# --------------------------------------------------------------------------------------------- types of blockouts

TYPES = [
    {"DefNum": 41, "ItemName": "Lunch", "ItemValue": "NS,DC", "Category": 25},
    {"DefNum": 42, "ItemName": "Hygiene Preferred", "ItemValue": "", "Category": 25},
    {"DefNum": 43, "ItemName": "Odd", "ItemValue": ["NS"], "Category": 25},
]


def shut_by(wanted: BlockoutTypes, *kinds: str) -> list[str]:
    types = [DefinitionRow.read(one) for one in TYPES]
    shuts = shutting(wanted, types)
    return [kind for kind in kinds if schedule(blockout(BlockoutType=kind), rules=Rules(shuts=shuts)).blockouts]


@pytest.mark.parametrize(
    ("wanted", "shut"),
    [
        ("all", ["41", "42", "43", "99", "0"]),
        ("no_schedule_only", ["41", "43", "99", "0"]),
        (("Lunch",), ["41", "99", "0"]),
        (("hygiene preferred", "43"), ["42", "43", "99", "0"]),
        ((), ["99", "0"]),
    ],
    ids=str,
)
def test_the_practice_says_which_blockouts_shut_and_one_of_an_unknown_type_does(
    wanted: BlockoutTypes, shut: list[str]
) -> None:
    assert shut_by(wanted, "41", "42", "43", "99", "0") == shut


def test_a_type_that_the_office_does_not_have_is_told() -> None:
    types = [DefinitionRow.read(one) for one in TYPES]

    assert unknown_types(("lunch", "42", "Luhcn"), types) == ("Luhcn",)
    assert unknown_types("all", types) == unknown_types(("Lunch",), []) == ()
