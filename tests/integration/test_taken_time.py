"""Taken time counts wherever it began, and whatever it leaves unsaid: real clients on both simulators."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from openchair.health import check_health
from openchair.models.journal import TaskState
from openchair.models.practice import Practice
from openchair.slots.find import MoveQuery, SlotQuery, find_slots, find_slots_for_visit
from openchair.visits import patient_visits
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tools.cli.doctor import Answers, Level, examine

MONDAY = date(2026, 3, 2)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))

type Start = tuple[datetime, str | None, str]
"""When, in which chair, with whom."""


@pytest.fixture
def nex() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


@pytest.fixture
def dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


def offered(world: EhrWorld, first: date, last: date | None = None, service_id: str = "filling") -> list[Start]:
    """As another function would tell it, which has kept nothing."""
    query = SlotQuery(service_id=service_id, start_date=first, end_date=last or first)
    client = world.another_function().client(world.record)
    found = find_slots(world.record, query, world.book(client), world.clock)
    assert found["complete_until"] is None
    return sorted(
        (datetime.fromisoformat(slot["start"]), slot["operatory_id"], provider["provider_id"])
        for provider in found["providers"]
        for day in provider["days"]
        for slot in day["slots"]
    )


def chairs(of: list[Start]) -> set[str | None]:
    return {chair for _, chair, _ in of}


def at(world: EhrWorld, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=world.record.practice.zone)


def overlap(start: datetime, begin: datetime, end: datetime) -> bool:
    """Whether an hour from there on reaches into the stretch."""
    return start < end and start + timedelta(hours=1) > begin


def staff(world: EhrWorld, action: str, **what: Any) -> Any:
    told = world.control("staff", action=action, **what)
    if isinstance(world, NexHealthWorld):
        world.control("staff", action="read")
    return told


def overlay(world: EhrWorld, route: str, id_: str | int | None = None, **change: Any) -> None:
    world.control("overlays", route=route, id=id_, **change)


def changed(world: EhrWorld, **changes: Any) -> None:
    """The practice document from here on; nested sections are filled in."""
    document = world.record.practice.model_dump(mode="json")
    for name, value in changes.items():
        document[name] = {**document[name], **value} if isinstance(value, dict) else value
    world.record = type(world.record)(
        Practice.model_validate(document), 2, world.record.ehr_account_id, world.record.may_overlap
    )


def findings(world: EhrWorld) -> dict[str, dict[str, Any]]:
    told = check_health(world.record, world.another_function().client(world.record), world.clock)
    return {one["code"]: one for one in told["findings"]}


# -------------------------------------------------------------------------------------- NexHealth: blocks of the book


def test_a_block_of_days_shuts_its_chair_on_each_day_it_touches(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY, FRIDAY)
    chair = before[0][1]
    begin, end = at(nex, TUESDAY, 8), at(nex, FRIDAY, 17)
    staff(nex, "block", operatory_id=chair, start=begin.isoformat(), end=end.isoformat())

    after = offered(nex, TUESDAY, FRIDAY)

    assert after == [one for one in before if one[1] != chair or not overlap(one[0], begin, end)]
    assert after != before
    assert offered(nex, THURSDAY) == [one for one in after if one[0].date() == THURSDAY]


def test_a_leave_that_began_weeks_ago_shuts_its_provider_wherever_they_sit(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY, FRIDAY)
    doctor = before[0][2]
    begin, end = at(nex, TUESDAY, 0) - timedelta(weeks=9), at(nex, FRIDAY, 0)
    staff(nex, "block", provider_id=doctor, start=begin.isoformat(), end=end.isoformat())

    assert offered(nex, TUESDAY, FRIDAY) == [
        one for one in before if one[2] != doctor or not overlap(one[0], begin, end)
    ]


def test_a_block_of_nothing_in_particular_shuts_the_whole_location(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY)
    begin, end = at(nex, TUESDAY, 10), at(nex, TUESDAY, 15)
    staff(nex, "block", start=begin.isoformat(), end=end.isoformat())

    after = offered(nex, TUESDAY)

    assert after == [one for one in before if not overlap(one[0], begin, end)]
    assert after


@pytest.mark.parametrize("named", ["operatory_id", "provider_id", None])
def test_nobody_is_booked_into_a_block_that_began_days_ago_however_it_was_asked_for(
    nex: NexHealthWorld, named: str | None
) -> None:
    nex.record = type(nex.record)(nex.record.practice, 1, nex.record.ehr_account_id, may_overlap=True)
    slot = nex.slot(40)
    start = datetime.fromisoformat(slot["start"])
    what: dict[str, Any] = {} if named is None else {named: slot[named]}
    span = {"start": (start - timedelta(days=4)).isoformat(), "end": (start + timedelta(days=9)).isoformat()}
    staff(nex, "block", **what, **span)
    request = {"type": "CREATE_APPOINTMENT", "service_id": "filling", "patient_id": nex.patient_ids()[0], **slot}

    plain, insisting = nex.do(request), nex.do({**request, "allow_overlap": True})

    assert [(task.state, task.code) for task in (plain, insisting)] == [(TaskState.FAILED, "off_schedule")] * 2


# ------------------------------------------------------------------------------------- NexHealth: what is left unsaid


def test_a_visit_without_an_end_takes_the_rest_of_its_day_and_is_named(nex: NexHealthWorld) -> None:
    booked = nex.until_ended(nex.do(nex.booking()))
    (row,) = nex.control(f"truth/appointments?appointment_id={booked.appointment_id}", "GET")["appointments"]
    start = nex.visit(booked.appointment_id).start
    chair, doctor = str(row["operatory_id"]), str(row["provider_id"])
    before = offered(nex, start.date())
    overlay(nex, "appointments", booked.appointment_id, set={"end_time": None})

    after = offered(nex, start.date())

    assert after == [one for one in before if one[0] < start or (one[1] != chair and one[2] != doctor)]
    told = findings(nex)["unreadable_rows"]
    assert booked.appointment_id is not None
    assert booked.appointment_id in told["message"]
    assert told["ok"] is False
    health = check_health(nex.record, nex.another_function().client(nex.record), nex.clock)
    doctors = examine(nex.record.practice, Answers(health))
    assert any(one.level is Level.FAILED and booked.appointment_id in one.message for one in doctors)


def test_who_is_booked_at_another_location_of_the_database_is_taken_here_too() -> None:
    with nexhealth_world(locations=2) as nex:
        here, there = nex.record.practice.chair_maps.location_ids
        changed(nex, nexhealth={"location_ids": [here]})
        before = offered(nex, TUESDAY)
        start, _, doctor = before[len(before) // 2]
        staff(nex, "set_provider", provider_id=doctor, location_ids=[here, there])
        chair = next(
            one["operatory_id"]
            for one in nex.control("truth/operatories", "GET")["operatories"]
            if str(one["location_id"]) == there
        )
        patient = nex.patient_ids()[0]
        visit = {"operatory_id": chair, "provider_id": doctor, "patient_id": patient, "start": start.isoformat()}
        staff(nex, "book", **visit)

        after = offered(nex, TUESDAY)

        end = start + timedelta(hours=1)
        assert after == [one for one in before if one[2] != doctor or not overlap(one[0], start, end)]

        nex.control("access", forbid=[int(there)])

        assert offered(nex, TUESDAY) == before
        assert there in findings(nex)["locations_not_read"]["message"]


def test_hours_that_name_no_chair_are_open_in_the_chairs_of_their_location(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY)
    overlay(nex, "working_hours", set={"operatory_id": None})

    after = offered(nex, TUESDAY)

    assert set(before) < set(after)
    assert "name no chair" in findings(nex)["hours_without_chairs"]["message"]
    start, chair, doctor = next(one for one in after if one not in before)
    request = {"type": "CREATE_APPOINTMENT", "service_id": "filling", "patient_id": nex.patient_ids()[0]}
    where = {"start": start.isoformat(), "operatory_id": chair, "provider_id": doctor}
    assert nex.until_ended(nex.do({**request, **where})).code == "booked"

    chair_of_one = str(chair)
    changed(nex, nexhealth={"operatory_id_to_provider_id": {chair_of_one: doctor}})
    assert {who for _, where_, who in offered(nex, TUESDAY) if where_ == chair_of_one} <= {doctor}


def test_a_location_without_chairs_is_booked_without_one(nex: NexHealthWorld) -> None:
    (location,) = nex.record.practice.chair_maps.location_ids
    staff(nex, "set_location", location_id=location, columns={"map_by_operatory": False})
    staff(nex, "delete_operatories", location_id=location)
    nex.clients = nex.another_function()

    found = offered(nex, TUESDAY)
    assert chairs(found) == {None}
    assert findings(nex)["hours_without_chairs"]["ok"] is True
    start, _, doctor = found[0]
    one, other = nex.patient_ids()[:2]
    request = {"type": "CREATE_APPOINTMENT", "service_id": "filling", "start": start.isoformat()}

    booked = nex.until_ended(nex.do({**request, "patient_id": one, "provider_id": doctor}))
    refused = nex.until_ended(nex.do({**request, "patient_id": other, "provider_id": doctor}))

    assert (booked.code, refused.code) == ("booked", "slot_taken")
    assert "operatory_id" not in posted(nex)
    later = next(one for one in found if one[0] >= start + timedelta(hours=2) and one[2] == doctor)
    move = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": booked.appointment_id, "start": later[0].isoformat()}
    assert nex.until_ended(nex.do(move)).code == "moved"


def posted(nex: NexHealthWorld) -> dict[str, Any]:
    requests = nex.control("requests", "GET")["requests"]
    sent = [one["body"] for one in requests if one["method"] == "POST" and one["path"].endswith("/appointments")]
    body: dict[str, Any] = sent[-1]["appt"]
    return body


def test_a_location_that_asks_for_a_chair_and_has_none_is_told(nex: NexHealthWorld) -> None:
    (location,) = nex.record.practice.chair_maps.location_ids
    staff(nex, "delete_operatories", location_id=location)

    assert findings(nex)["hours_without_chairs"]["ok"] is False


def test_hours_for_some_appointment_types_are_for_visits_of_these_only(nex: NexHealthWorld) -> None:
    services = [
        {"id": "exam", "name": "Exam", "minutes": 60, "appointment_type_id": "1102"},
        {"id": "cleaning", "name": "Cleaning", "minutes": 60, "appointment_type_id": "1101"},
        {"id": "filling", "name": "Filling", "minutes": 60},
    ]
    changed(nex, services=services)
    anything = {name: offered(nex, TUESDAY, service_id=name) for name in ("exam", "cleaning", "filling")}
    overlay(nex, "working_hours", set={"appointment_types": [{"id": 1102, "name": "Exam"}]})

    assert offered(nex, TUESDAY, service_id="exam") == anything["exam"] != []
    assert offered(nex, TUESDAY, service_id="cleaning") == offered(nex, TUESDAY) == []
    start, chair, doctor = anything["cleaning"][0]
    where = {"start": start.isoformat(), "operatory_id": chair, "provider_id": doctor}
    request = {"type": "CREATE_APPOINTMENT", "service_id": "cleaning", "patient_id": nex.patient_ids()[0]}
    assert nex.do({**request, **where}).code == "off_schedule"


@pytest.mark.parametrize(("end", "last"), [("00:00", 23), ("24:00", 23), ("02:00", 25)])
def test_hours_that_end_at_midnight_or_past_it_are_used(nex: NexHealthWorld, end: str, last: int) -> None:
    overlay(nex, "working_hours", set={"begin_time": "16:00", "end_time": end})

    found = offered(nex, TUESDAY, WEDNESDAY)

    assert at(nex, TUESDAY, 23) in {start for start, _, _ in found}
    past_midnight = at(nex, WEDNESDAY, 1) in {start for start, _, _ in found}
    assert past_midnight is (last == 25)


def test_a_chair_that_is_kept_from_online_booking_is_not_offered_and_told(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY)
    chair = before[0][1]
    staff(nex, "set_operatory", operatory_id=chair, columns={"bookable_online": False})

    assert offered(nex, TUESDAY) == [one for one in before if one[1] != chair]
    assert str(chair) in findings(nex)["chairs_not_bookable"]["message"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"cancelled": False, "canceled": True}, "cancelled"), ({"patient_missed": True}, "noshow")],
)
def test_a_visit_that_is_cancelled_or_missed_is_told_so_however_it_is_written(
    nex: NexHealthWorld, change: dict[str, Any], status: str
) -> None:
    booked = nex.until_ended(nex.do(nex.booking()))
    day = nex.visit(booked.appointment_id).start.date()
    before = offered(nex, day)
    overlay(nex, "appointments", booked.appointment_id, set=change)

    told = patient_visits(nex.record, booked.patient_id or "", nex.clients.client(nex.record), nex.clock)

    (visit,) = [one for one in told["past"] if one["appointment_id"] == booked.appointment_id]
    assert visit["status"] == status
    assert set(before) < set(offered(nex, day))


def test_maps_of_chairs_hold_for_nexhealth_too(nex: NexHealthWorld) -> None:
    before = offered(nex, TUESDAY)
    chair = str(before[0][1])
    services = [{"id": "filling", "name": "Filling", "minutes": 60, "operatory_type": "treatment"}]
    changed(nex, services=services, nexhealth={"operatory_type_to_ids": {"treatment": [chair]}})

    assert offered(nex, TUESDAY) == [one for one in before if one[1] == chair]


# -------------------------------------------------------------------------------------------------------- Open Dental


def test_a_visit_without_a_pattern_takes_the_rest_of_its_day_and_is_named(dental: OpenDentalWorld) -> None:
    booked = dental.until_ended(dental.do(dental.booking()))
    (row,) = dental.control(f"truth/appointments?appointment_id={booked.appointment_id}", "GET")["appointments"]
    start = dental.visit(booked.appointment_id).start
    chair, doctor = str(row["operatory_id"]), str(row["provider_id"])
    before = offered(dental, TUESDAY)
    staff(dental, "set_appointment", appointment_id=booked.appointment_id, columns={"Pattern": ""})

    after = offered(dental, TUESDAY)

    assert after == [one for one in before if one[0] < start or (one[1] != chair and one[2] != doctor)]
    assert after
    assert f"appointment {booked.appointment_id} of" in findings(dental)["unreadable_rows"]["message"]


def test_a_blockout_of_no_length_shuts_its_chair_for_its_day_and_is_named(dental: OpenDentalWorld) -> None:
    before = offered(dental, TUESDAY, THURSDAY)
    chair = str(before[0][1])
    blockout = {"kind": "blockout", "day": WEDNESDAY.isoformat(), "start": "10:00", "end": "10:00"}
    added = staff(dental, "add_schedule", **blockout, operatory_ids=[chair])

    assert offered(dental, TUESDAY, THURSDAY) == [
        one for one in before if one[1] != chair or one[0].date() != WEDNESDAY
    ]
    assert f"schedule {added['schedule_id']} of" in findings(dental)["unreadable_rows"]["message"]


def test_rows_that_lack_a_time_or_their_key_shut_what_is_certain(dental: OpenDentalWorld) -> None:
    before = offered(dental, TUESDAY)
    chair = str(before[0][1])
    blockout = {"kind": "blockout", "day": TUESDAY.isoformat(), "start": "07:00", "end": "17:00"}
    added = staff(dental, "add_schedule", **blockout, operatory_ids=[chair])

    overlay(dental, "schedules", added["schedule_id"], set={"StopTime": None})
    assert offered(dental, TUESDAY) == [one for one in before if one[1] != chair]

    overlay(dental, "schedules", added["schedule_id"], set={"ScheduleNum": None})
    assert offered(dental, TUESDAY) == [one for one in before if one[1] != chair]


def test_hours_that_stop_past_midnight_are_used(dental: OpenDentalWorld) -> None:
    doctor = offered(dental, TUESDAY)[0][2]
    hours = {"kind": "provider", "day": TUESDAY.isoformat(), "start": "18:00", "end": "02:00"}
    staff(dental, "add_schedule", **hours, provider_id=doctor)

    found = {start for start, _, who in offered(dental, TUESDAY, WEDNESDAY) if who == doctor}

    assert {at(dental, TUESDAY, 23, 30), at(dental, WEDNESDAY, 0, 30)} <= found


def test_a_note_of_the_practice_closes_its_day_unless_the_practice_says_otherwise(dental: OpenDentalWorld) -> None:
    before = offered(dental, TUESDAY)
    note = {"kind": "practice", "day": TUESDAY.isoformat(), "start": "00:00", "end": "00:00"}
    staff(dental, "add_schedule", **note, note="Order gloves")

    assert offered(dental, TUESDAY) == []
    health = check_health(dental.record, dental.another_function().client(dental.record), dental.clock)
    warnings = [one for one in examine(dental.record.practice, Answers(health)) if one.level is Level.WARNING]
    assert any(one.code == "closed_working_days" and TUESDAY.isoformat() in one.message for one in warnings)

    changed(dental, booking={"practice_notes_close": False})

    assert offered(dental, TUESDAY) == before
    assert "closed_working_days" not in findings(dental)


def test_the_practice_says_which_blockouts_shut(dental: OpenDentalWorld) -> None:
    plain = offered(dental, TUESDAY)
    types = {one.name: one.id for one in dental.clients.client(dental.record).definitions(25)}  # type: ignore[union-attr]
    halves = {"Hygiene Preferred": ("07:00", "12:00"), "No Scheduling": ("12:00", "19:00")}
    for name, (first, last) in halves.items():
        blockout = {"kind": "blockout", "day": TUESDAY.isoformat(), "blockout_type": types[name]}
        ids = sorted(str(chair) for chair in chairs(plain))
        staff(dental, "add_schedule", **blockout, start=first, end=last, operatory_ids=ids)
    noon = at(dental, TUESDAY, 12)

    assert offered(dental, TUESDAY) == []
    changed(dental, booking={"blockouts": "no_schedule_only"})
    mornings = offered(dental, TUESDAY)
    assert {one for one in plain if one[0] < noon - timedelta(hours=1)} <= set(mornings)
    assert all(start + timedelta(hours=1) <= noon for start, _, _ in mornings)
    changed(dental, booking={"blockouts": ["hygiene preferred"]})
    assert all(start >= noon for start, _, _ in offered(dental, TUESDAY))
    changed(dental, booking={"blockouts": [types["No Scheduling"], "Luhcn"]})
    assert set(mornings) <= set(offered(dental, TUESDAY))
    assert "Luhcn" in findings(dental)["blockouts"]["message"]


def test_a_visit_without_a_chair_stays_in_its_location() -> None:
    with nexhealth_world(locations=2) as nex:
        assert nex.record.practice.nexhealth is not None
        one, two = nex.record.practice.nexhealth.location_ids
        slot = nex.slot(0, location_id=two)
        place = {name: slot[name] for name in ("operatory_id", "provider_id", "start")}
        booked = staff(nex, "book", patient_id=nex.patient_ids()[0], minutes=60, **place)
        nex.control("staff", action="read")
        rows = nex.control(f"truth/appointments?foreign_id={booked['foreign_id']}", "GET")["appointments"]
        visit_id = str(rows[0]["appointment_id"])
        overlay(nex, "appointments", visit_id, set={"operatory_id": None})
        client = nex.another_function().client(nex.record)
        query = MoveQuery(start_date=TUESDAY, end_date=TUESDAY)

        found = find_slots_for_visit(nex.record, visit_id, query, nex.book(client), nex.clock)
        move = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": visit_id, **nex.slot(3, location_id=one)}
        task = nex.do(move)

        where = {chair.id: chair.location_id for chair in client.operatories()}
        slots = [slot for each in found["providers"] for day in each["days"] for slot in day["slots"]]
        assert {where[slot["operatory_id"]] for slot in slots} == {two}
        assert task.state is TaskState.FAILED
