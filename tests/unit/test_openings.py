"""Every rule of openings by an example, then all of them at once against a minute grid written for this test alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openchair.errors import (
    InvalidTime,
    LocationNotFound,
    OffSchedule,
    OperatoryNotFound,
    PatientBusy,
    ProviderNotFound,
    SlotTaken,
)
from openchair.models.journal import Claim
from openchair.models.office import Blockout, Operatory, Provider, Schedule, WorkBlock
from openchair.models.practice import Booking
from openchair.models.visit import Appointment, AppointmentStatus, Place, ProviderTime, Slot
from openchair.slots.holds import holds_for
from openchair.slots.nouns import Book, Need
from openchair.slots.openings import check_free, open_slots, place_at
from openchair.slots.places import check_known

DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 3, 2)
BOOKING = Booking(minimum_lead_minutes=60, start_grid_minutes=10, horizon_days=90)
SUNDAY_BEFORE = datetime(2026, 3, 1, 12, 0, tzinfo=DENVER)

DENTIST = Provider(id="1", name="Ada Quill")
OTHER_DENTIST = Provider(id="2", name="Bo Marsh")
HYGIENIST = Provider(id="3", name="Cy Fenn", is_hygienist=True)
CHAIR = Operatory(id="10", name="Chair 1", provider_id="1")
SECOND_CHAIR = Operatory(id="11", name="Chair 2", provider_id="1")
HYGIENE_CHAIR = Operatory(id="12", name="Hygiene", is_hygiene=True, provider_id="1", hygienist_id="3")

TAKING = ("booked", "arrived", "fulfilled", "note")


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=DENVER)


def need(minutes: int = 60, **more: object) -> Need:
    return replace(Need(minutes=minutes, time_pattern="X" * (minutes // 5)), **more)  # type: ignore[arg-type]


def works(
    provider_id: str, *operatory_ids: str, start: datetime | None = None, end: datetime | None = None
) -> WorkBlock:
    return WorkBlock(provider_id, operatory_ids, start or at(9), end or at(12))


def visit(
    start: datetime, minutes: int, operatory_id: str | None = "10", provider_id: str | None = "1", **more: object
) -> Appointment:
    booked = Appointment("7", "70", AppointmentStatus.BOOKED, start, minutes, operatory_id, provider_id)
    return replace(booked, **more)  # type: ignore[arg-type]


def book(
    *work_blocks: WorkBlock,
    appointments: Sequence[Appointment] = (),
    claims: Sequence[Claim] = (),
    blockouts: Sequence[Blockout] = (),
    closed_days: frozenset[date] = frozenset(),
    providers: Sequence[Provider] = (DENTIST, OTHER_DENTIST, HYGIENIST),
    operatories: Sequence[Operatory] = (CHAIR, SECOND_CHAIR, HYGIENE_CHAIR),
) -> Book:
    schedule = Schedule(work_blocks, tuple(blockouts), closed_days)
    return Book(providers, operatories, schedule, appointments, claims)


def slots(
    of: Book, wanted: Need | None = None, *, now: datetime = SUNDAY_BEFORE, booking: Booking = BOOKING, days: int = 1
) -> list[Slot]:
    last_day = MONDAY + timedelta(days=days - 1)
    return open_slots(of, wanted or need(), zone=DENVER, booking=booking, first_day=MONDAY, last_day=last_day, now=now)


def starts(found: Sequence[Slot]) -> list[str]:
    return [slot.start.strftime("%H:%M") for slot in found]


# ------------------------------------------------------------------------------------------------ rules of time


def test_slots_start_on_the_grid_and_end_within_the_work_block() -> None:
    found = slots(book(works("1", "10", start=at(9, 5), end=at(10, 30))))

    assert starts(found) == ["09:10", "09:20", "09:30"]
    assert found[0] == Slot(at(9, 10), at(10, 10), Place("10", "1"))


def test_the_grid_counts_from_local_midnight() -> None:
    found = slots(
        book(works("1", "10", start=at(8), end=at(12))), booking=BOOKING.model_copy(update={"start_grid_minutes": 50})
    )

    assert starts(found) == ["08:20", "09:10", "10:00", "10:50"]


def test_blocks_that_touch_are_one_stretch_and_blocks_with_a_gap_are_two() -> None:
    touching = book(works("1", "10", start=at(9), end=at(9, 30)), works("1", "10", start=at(9, 30), end=at(10)))
    apart = book(works("1", "10", start=at(9), end=at(9, 30)), works("1", "10", start=at(9, 35), end=at(10)))

    assert starts(slots(touching)) == ["09:00"]
    assert slots(apart) == []


def test_blocks_of_two_providers_never_join() -> None:
    relay = book(works("1", "10", start=at(9), end=at(9, 30)), works("2", "10", start=at(9, 30), end=at(10)))

    assert slots(relay) == []


def test_nothing_is_offered_before_the_lead_time_or_beyond_the_horizon() -> None:
    week = book(
        *(
            works("1", "10", start=at(9, day=MONDAY + timedelta(n)), end=at(10, day=MONDAY + timedelta(n)))
            for n in range(4)
        )
    )
    today = slots(book(works("1", "10")), now=at(9, 10, MONDAY))
    near = slots(week, now=at(0), booking=BOOKING.model_copy(update={"horizon_days": 2}), days=4)

    assert starts(today) == ["10:10", "10:20", "10:30", "10:40", "10:50", "11:00"]
    assert [slot.start.date() - MONDAY for slot in near] == [timedelta(0), timedelta(1), timedelta(2)]


def test_a_closed_day_has_no_openings_whatever_else_it_holds() -> None:
    assert slots(book(works("1", "10"), closed_days=frozenset({MONDAY}))) == []


def test_a_visit_may_not_reach_into_a_closed_day() -> None:
    night = book(
        works("1", "10", start=at(22), end=at(2, day=MONDAY + timedelta(1))),
        closed_days=frozenset({MONDAY + timedelta(1)}),
    )

    assert starts(slots(night))[-1] == "23:00"


def test_a_blockout_shuts_its_chairs_and_one_without_chairs_shuts_all() -> None:
    hours = (works("1", "10", end=at(10)), works("2", "11", end=at(10)))
    one = book(*hours, blockouts=[Blockout(("10",), at(9, 30), at(9, 35))])
    every = book(*hours, blockouts=[Blockout((), at(9, 30), at(9, 35))])

    assert [slot.place.operatory_id for slot in slots(one)] == ["11"]
    assert slots(every) == []


def test_a_blockout_of_a_provider_shuts_them_wherever_they_sit_and_nobody_else() -> None:
    hours = (works("1", "10", "11", end=at(10)), works("2", "11", end=at(10)))
    away = Blockout((), at(9, 30), at(9, 35), provider_ids=("1",))

    assert {slot.place.provider_id for slot in slots(book(*hours, blockouts=[away]))} == {"2"}


def test_a_blockout_that_names_chairs_shuts_these_only_whomever_it_names_besides() -> None:
    hours = (works("1", "10", end=at(10)), works("1", "11", end=at(10)))
    one = Blockout(("10",), at(9, 30), at(9, 35), provider_ids=("1",), location_id="east")

    assert [slot.place.operatory_id for slot in slots(book(*hours, blockouts=[one]))] == ["11"]


def test_a_blockout_of_a_location_shuts_its_chairs_and_whoever_is_booked_there_without_one() -> None:
    chairs = [replace(CHAIR, location_id="east"), replace(SECOND_CHAIR, location_id="west")]
    hours = (
        works("1", "10", end=at(10)),
        works("2", "11", end=at(10)),
        WorkBlock("3", (), at(9), at(10), location_id="north"),
    )

    def open_at(*shut: str) -> list[str | None]:
        blockouts = [Blockout((), at(9, 30), at(9, 35), location_id=one) for one in shut]
        return [slot.place.location_id for slot in slots(book(*hours, blockouts=blockouts, operatories=chairs))]

    assert open_at() == ["east", "west", "north"]
    assert open_at("east") == ["west", "north"]
    assert open_at("west", "north") == ["east"]


def test_a_time_between_two_marks_shuts_every_mark_it_touches() -> None:
    odd = visit(at(9, 7) + timedelta(seconds=30), 13)
    hours = works("1", "10", end=at(10))
    fives = BOOKING.model_copy(update={"start_grid_minutes": 5})

    found = starts(slots(book(hours, appointments=[odd]), need(5), booking=fives))

    assert found == ["09:00", *(f"09:{minute}" for minute in range(25, 60, 5))]


def test_an_end_a_moment_past_a_mark_shuts_the_next_five_minutes() -> None:
    end = at(9, 30) + timedelta(microseconds=1)
    times = (ProviderTime("1", at(9), end),)
    elsewhere = visit(at(9), 30, "11", provider_times=times)
    fives = BOOKING.model_copy(update={"start_grid_minutes": 5})

    assert starts(slots(book(works("1", "10"), appointments=[elsewhere]), booking=fives))[0] == "09:35"


def test_hours_between_two_marks_open_what_lies_in_them_wholly_and_join_where_they_meet() -> None:
    meet = (works("1", "10", start=at(9, 3), end=at(9, 32)), works("1", "10", start=at(9, 32), end=at(9, 48)))
    fives = BOOKING.model_copy(update={"start_grid_minutes": 5})

    assert starts(slots(book(*meet), need(40), booking=fives)) == ["09:05"]
    assert slots(book(*meet[:1], works("1", "10", start=at(9, 33), end=at(9, 48))), need(40), booking=fives) == []


def test_a_visit_of_days_before_is_in_the_way_for_as_long_as_it_lasts() -> None:
    night = visit(at(23, 30, MONDAY - timedelta(days=1)), 600)

    assert starts(slots(book(works("1", "10", end=at(11)), appointments=[night])))[0] == "09:30"


# ---------------------------------------------------------------------------------------------- what is taken


def test_what_names_neither_chair_nor_provider_takes_all_of_its_location() -> None:
    chairs = [replace(CHAIR, location_id="east"), replace(SECOND_CHAIR, location_id="west")]
    hours = (works("1", "10", end=at(10)), works("2", "11", end=at(10)))

    def open_beside(location_id: str | None) -> list[str | None]:
        block = visit(at(9), 5, operatory_id=None, provider_id=None, location_id=location_id)
        return [slot.place.operatory_id for slot in slots(book(*hours, appointments=[block], operatories=chairs))]

    assert open_beside("east") == ["11"]
    assert open_beside(None) == []


def test_a_patients_other_visits_and_what_is_held_for_them_are_in_the_way_of_their_own_only() -> None:
    elsewhere = visit(at(9), 60, "99", "98", patient_id="70")
    held = Claim("patient", "70", at(11).astimezone(UTC), at(11, 5).astimezone(UTC), "t1")
    of = book(works("1", "10"), appointments=[elsewhere], claims=[held])

    assert starts(slots(of, need(patient_id="70"))) == ["10:00"]
    assert starts(slots(of, need(patient_id="71"))) == starts(slots(of)) != ["10:00"]


def test_what_a_newer_version_holds_besides_is_in_nobodys_way() -> None:
    held = Claim("room", "10", at(9).astimezone(UTC), at(12).astimezone(UTC), "t1")

    assert len(slots(book(works("1", "10"), claims=[held]), need(patient_id="10"))) == 13


def test_a_chair_is_taken_for_the_whole_visit_and_a_provider_only_while_needed() -> None:
    other_chair = visit(at(9), 60, "11", provider_times=(ProviderTime("1", at(9), at(9, 30)),))
    same_chair = replace(other_chair, operatory_id="10")
    hours = works("1", "10", end=at(11))

    assert starts(slots(book(hours, appointments=[other_chair])))[0] == "09:30"
    assert starts(slots(book(hours, appointments=[same_chair])))[0] == "10:00"


def test_the_provider_may_be_elsewhere_during_the_assistants_time() -> None:
    wanted = need(30, time_pattern="XX//XX")
    elsewhere = visit(at(9, 10), 10, "11", provider_times=(ProviderTime("1", at(9, 10), at(9, 20)),))

    assert starts(slots(book(works("1", "10", end=at(9, 30)), appointments=[elsewhere]), wanted)) == ["09:00"]
    assert slots(book(works("1", "10", end=at(9, 30)), appointments=[elsewhere]), need(30)) == []


def test_a_visit_without_provider_times_takes_its_provider_throughout() -> None:
    assert starts(slots(book(works("1", "10", end=at(11)), appointments=[visit(at(9), 60, "11")])))[0] == "10:00"


def test_a_provider_is_taken_by_a_visit_in_a_hidden_chair_or_another_clinic() -> None:
    elsewhere = visit(at(9), 60, "99")

    assert starts(slots(book(works("1", "10", end=at(10, 30)), appointments=[elsewhere]))) == []


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_only_visits_to_come_to_be_treated_or_done_and_notes_take_up_a_chair(status: AppointmentStatus) -> None:
    found = slots(book(works("1", "10", end=at(10)), appointments=[visit(at(9), 60, status=status)]))

    assert starts(found) == ([] if status in TAKING else ["09:00"])


def test_claims_take_chair_and_provider() -> None:
    hours = (works("1", "10", end=at(10)), works("2", "11", end=at(10)))
    chair = Claim("operatory", "10", at(9).astimezone(UTC), at(9, 5).astimezone(UTC), "t1")
    provider = Claim("provider", "2", at(9).astimezone(UTC), at(9, 5).astimezone(UTC), "t1")

    assert [slot.place.operatory_id for slot in slots(book(*hours, claims=[chair]))] == ["11"]
    assert slots(book(*hours, claims=[chair, provider])) == []


# -------------------------------------------------------------------------------------------- who may be where


def test_a_block_with_chairs_is_for_these_chairs_only() -> None:
    assert {slot.place.operatory_id for slot in slots(book(works("1", "11")))} == {"11"}


def test_a_dynamic_block_is_for_the_chairs_the_ehr_assigns_to_the_provider() -> None:
    dentist, hygienist = slots(book(works("1"))), slots(book(works("3")))

    assert {slot.place.operatory_id for slot in dentist} == {"10", "11"}
    assert {slot.place.operatory_id for slot in hygienist} == {"12"}


def test_a_hygiene_chair_without_a_hygienist_is_its_dentists() -> None:
    alone = replace(HYGIENE_CHAIR, hygienist_id=None)

    assert slots(book(works("1"), operatories=[alone]))[0].place == Place("12", "1", None, False)


def test_hours_of_a_location_are_for_every_chair_there_that_is_not_mapped_to_another() -> None:
    chairs = [
        replace(CHAIR, location_id="east"),
        replace(SECOND_CHAIR, location_id="east", provider_id=None),
        Operatory(id="13", name="West", location_id="west", provider_id="1"),
    ]
    of = book(WorkBlock("1", (), at(9), at(10), location_id="east"), operatories=chairs)

    assert [slot.place.operatory_id for slot in slots(of)] == ["10", "11"]
    assert [slot.place.operatory_id for slot in slots(of, need(operatory_id_to_provider_id={"10": "2"}))] == ["11"]


def test_hours_for_some_types_are_for_visits_of_these_and_hours_for_none_are_for_all() -> None:
    exams = WorkBlock("1", ("10",), at(9), at(10), appointment_type_ids=("exam",))
    of = book(exams, works("1", "10", start=at(10), end=at(11)))

    assert starts(slots(of, need(appointment_type_id="exam"))) == [f"09:{n}0" for n in range(6)] + ["10:00"]
    assert starts(slots(of, need(appointment_type_id="cleaning"))) == starts(slots(of)) == ["10:00"]


def test_where_a_location_has_no_chairs_a_visit_is_offered_without_one() -> None:
    hours = WorkBlock("1", (), at(9), at(10), location_id="east")
    of = book(hours, operatories=[])

    assert slots(of) == [Slot(at(9), at(10), Place(None, "1", location_id="east"))]
    assert slots(book(hours, operatories=[replace(CHAIR, location_id="east", is_hidden=True)])) == []
    assert slots(of, need(operatory_ids=frozenset({"10"}))) == []
    assert slots(of, need(location_id="west")) == []
    assert slots(book(works("1"), operatories=[])) == [], "hours that name no location are for chairs"


def test_a_visit_without_chair_takes_its_provider_and_is_taken_by_their_visits() -> None:
    hours = WorkBlock("1", (), at(9), at(12), location_id="east")
    theirs = visit(at(9), 60, operatory_id=None)

    assert starts(slots(book(hours, appointments=[theirs], operatories=[])))[0] == "10:00"
    with pytest.raises(SlotTaken):
        where(book(hours, appointments=[theirs], operatories=[]), at(9, 30))


def test_a_location_is_not_unknown_because_it_has_no_chairs() -> None:
    west = replace(CHAIR, location_id="west")
    hours = WorkBlock("1", (), at(9), at(12), location_id="east")

    check_known(book(hours, operatories=[west]), need(location_id="east"))
    check_known(book(operatories=[]), need(location_id="east"))
    with pytest.raises(LocationNotFound):
        check_known(book(operatories=[west]), need(location_id="east"))


def test_the_practices_map_beats_the_ehrs_assignment_and_listed_blocks() -> None:
    mapped = need(operatory_id_to_provider_id={"10": "2"})
    dynamic = slots(book(works("1"), works("2")), mapped)
    listed = slots(book(works("1", "10", "11")), mapped)

    assert {(slot.place.operatory_id, slot.place.provider_id) for slot in dynamic} == {("10", "2"), ("11", "1")}
    assert {slot.place.operatory_id for slot in listed} == {"11"}


def test_hidden_chairs_and_providers_are_never_offered() -> None:
    hidden_chair = book(works("1", "10"), operatories=[replace(CHAIR, is_hidden=True)])
    hidden_provider = book(works("1", "10"), providers=[replace(DENTIST, is_hidden=True)])

    assert slots(hidden_chair) == slots(hidden_provider) == []


def test_a_hygiene_visit_takes_the_hygienists_time_and_names_the_chairs_dentist_second() -> None:
    assert slots(book(works("3")))[0].place == Place("12", "3", "1", True)


def test_a_dentist_who_works_in_a_hygiene_chair_books_no_hygiene_visit() -> None:
    assert slots(book(works("2", "12")))[0].place == Place("12", "2", None, False)


def test_a_provider_of_two_chairs_is_offered_in_both() -> None:
    found = slots(book(works("1", end=at(10))))

    assert [(slot.place.operatory_id, slot.start) for slot in found] == [("10", at(9)), ("11", at(9))]


def test_need_limits_chairs_providers_and_location() -> None:
    east = replace(CHAIR, location_id="east")
    both = book(works("1", "10", "11"), works("2", "10", "11"), operatories=[east, SECOND_CHAIR])

    assert {slot.place.operatory_id for slot in slots(both, need(operatory_ids=frozenset({"11"})))} == {"11"}
    assert {slot.place.provider_id for slot in slots(both, need(provider_ids=frozenset({"2"})))} == {"2"}
    assert {slot.place.operatory_id for slot in slots(both, need(location_id="east"))} == {"10"}


def test_an_ehr_without_locations_is_where_a_practices_only_location_is() -> None:
    west = [replace(CHAIR, location_id="west"), SECOND_CHAIR]
    only = need(location_id="east", is_only_location=True)

    assert slots(book(works("1", "10", "11")), only)
    assert slots(book(works("1", "10", "11"), operatories=west), only) == []
    assert slots(book(works("1", "10", "11")), need(location_id="east")) == []


def test_a_visit_to_be_moved_stays_in_its_location_and_kind_of_chair() -> None:
    west = replace(SECOND_CHAIR, location_id="west")
    third = Operatory(id="13", name="Chair 3")
    everywhere = book(works("1", "10", "11", "12", "13"), operatories=[CHAIR, west, HYGIENE_CHAIR, third])

    assert {slot.place.operatory_id for slot in slots(everywhere, need(like_operatory_id="10"))} == {"10", "13"}
    assert {slot.place.operatory_id for slot in slots(everywhere, need(like_operatory_id="12"))} == {"12"}


def test_what_is_asked_for_and_does_not_exist_is_said() -> None:
    of = book(works("1", "10"), operatories=[CHAIR, replace(SECOND_CHAIR, is_hidden=True)])

    with pytest.raises(OperatoryNotFound):
        check_known(of, need(operatory_ids=frozenset({"11"})))
    with pytest.raises(ProviderNotFound):
        check_known(of, need(provider_ids=frozenset({"99"})))
    with pytest.raises(LocationNotFound):
        check_known(of, need(location_id="99"))


# ---------------------------------------------------------------------------------------------- place and holds


def where(of: Book, start: datetime, wanted: Need | None = None, **more: object) -> list[tuple[str | None, str]]:
    places = place_at(of, wanted or need(), start, zone=DENVER, **more)  # type: ignore[arg-type]
    return [(place.operatory_id, place.provider_id) for place in places]


BOTH = (works("1", "10", "11"), works("2", "10", "11"))


def test_a_place_off_the_grid_but_on_a_five_minute_mark_is_fine() -> None:
    assert where(book(works("1", "10")), at(9, 35)) == [("10", "1")]


def test_a_place_off_a_five_minute_mark_is_refused() -> None:
    with pytest.raises(InvalidTime):
        where(book(works("1", "10")), at(9, 33))


def test_nobody_working_is_off_schedule_and_somebody_taken_is_slot_taken() -> None:
    of = book(works("1", "10"), appointments=[visit(at(9), 60)])

    with pytest.raises(SlotTaken):
        where(of, at(9, 30))
    with pytest.raises(OffSchedule):
        where(of, at(11, 30))
    with pytest.raises(OffSchedule):
        where(of, at(9), need(provider_ids=frozenset({"2"})))


@pytest.mark.parametrize("shut", [{"closed_days": frozenset({MONDAY})}, {"blockouts": [Blockout((), at(9), at(10))]}])
def test_overlap_is_never_allowed_over_closed_days_or_blockouts(shut: dict[str, object]) -> None:
    with pytest.raises(OffSchedule):
        where(book(works("1", "10"), **shut), at(9), allow_overlap=True)  # type: ignore[arg-type]


def test_with_overlap_allowed_what_is_free_comes_first() -> None:
    of = book(*BOTH, appointments=[visit(at(9), 60, "10", "1")])

    assert where(of, at(9)) == [("11", "2")]
    assert where(of, at(9), allow_overlap=True)[0] == ("11", "2")
    assert len(where(of, at(9), allow_overlap=True)) == 4


def test_the_preferred_place_comes_first_then_its_provider_then_its_chair() -> None:
    assert where(book(*BOTH), at(9), prefer=Place("11", "2")) == [("11", "2"), ("10", "2"), ("11", "1"), ("10", "1")]
    assert where(book(*BOTH), at(9)) == [("10", "1"), ("10", "2"), ("11", "1"), ("11", "2")]


def test_a_required_provider_who_is_taken_is_not_replaced() -> None:
    of = book(*BOTH, appointments=[visit(at(9), 60, "99", "1")])

    with pytest.raises(SlotTaken):
        where(of, at(9), require_provider_id="1")
    with pytest.raises(OffSchedule):
        where(of, at(9), require_provider_id="3")


def test_our_own_visit_and_our_own_claims_are_not_in_the_way() -> None:
    own = Claim("operatory", "10", at(9).astimezone(UTC), at(10).astimezone(UTC), "t1")
    of = book(works("1", "10"), appointments=[visit(at(9), 60)], claims=[own])

    assert where(of, at(9, 30), ignore_appointment_id="7", ignore_task_id="t1") == [("10", "1")]
    with pytest.raises(SlotTaken):
        where(of, at(9, 30), ignore_appointment_id="7", ignore_task_id="t2")


def test_a_patient_who_is_elsewhere_then_is_told_before_a_chair_that_is_taken() -> None:
    elsewhere = visit(at(9), 60, "99", "98")
    same_chair = visit(at(9), 60, id="8", patient_id="71")
    of = book(*BOTH, appointments=[elsewhere, same_chair])
    theirs = need(patient_id="70")

    with pytest.raises(PatientBusy):
        where(of, at(9, 30), theirs)
    with pytest.raises(OffSchedule):
        where(of, at(11, 30), theirs)
    assert where(of, at(9, 30), need(patient_id="72")) == [("11", "2")]
    assert where(of, at(9, 30), theirs, ignore_appointment_id="7") == [("11", "2")]
    assert len(where(of, at(9, 30), theirs, allow_overlap=True)) == 4


def test_a_look_at_taken_time_tells_the_patient_before_the_chair() -> None:
    theirs, chairs = visit(at(9), 60, "99", "98"), visit(at(9), 60, id="8", patient_id="71")
    at_half_past = (Place("10", "2"), at(9, 30), 30, "XXXXXX")

    with pytest.raises(PatientBusy):
        check_free(book(appointments=[theirs, chairs]), *at_half_past, patient_id="70")
    with pytest.raises(SlotTaken):
        check_free(book(appointments=[theirs, chairs]), *at_half_past, patient_id="72")
    check_free(book(appointments=[theirs]), *at_half_past, patient_id="72")
    check_free(book(appointments=[chairs]), *at_half_past, ignore_appointment_id="8")


def test_a_place_asked_for_that_is_hidden_or_unknown_is_not_found() -> None:
    of = book(works("1", "10"), operatories=[CHAIR, replace(SECOND_CHAIR, is_hidden=True)])

    with pytest.raises(OperatoryNotFound):
        where(of, at(9), need(operatory_ids=frozenset({"11"})))
    with pytest.raises(ProviderNotFound):
        where(of, at(9), need(provider_ids=frozenset({"9"})))


def test_a_place_in_the_hour_shown_twice_is_refused() -> None:
    autumn = date(2026, 11, 1)
    of = book(works("1", "10", start=at(0, day=autumn), end=at(6, day=autumn)))

    with pytest.raises(InvalidTime):
        where(of, at(1, 30, autumn), need(120))
    with pytest.raises(InvalidTime):
        where(of, at(0, 30, autumn), need(60))
    assert where(of, at(2, day=autumn)) == [("10", "1")]


def test_holds_are_the_chair_throughout_and_the_provider_for_each_run() -> None:
    holds = holds_for(Place("10", "1", "2"), at(9), 30, "X//XX/")

    assert [
        (hold.resource, hold.resource_id, hold.start.astimezone(DENVER), hold.end.astimezone(DENVER)) for hold in holds
    ] == [
        ("operatory", "10", at(9), at(9, 30)),
        ("provider", "1", at(9), at(9, 5)),
        ("provider", "1", at(9, 15), at(9, 25)),
    ]
    assert {hold.start.tzinfo for hold in holds} == {UTC}


def test_a_visits_patient_is_held_first_and_a_place_without_chair_holds_its_provider_only() -> None:
    def held(*given: object) -> list[tuple[str, str]]:
        return [(hold.resource, hold.resource_id) for hold in holds_for(*given)]  # type: ignore[arg-type]

    assert held(Place("10", "1"), at(9), 30, "XXXXXX", "70") == [
        ("patient", "70"),
        ("operatory", "10"),
        ("provider", "1"),
    ]
    assert held(Place(None, "1"), at(9), 30, "XXXXXX", "") == [("provider", "1")]
    assert held(None, at(9), 30, "XXXXXX", "70") == [("patient", "70")]


def test_holds_are_rounded_outwards_to_five_minute_marks_and_never_touch() -> None:
    holds = holds_for(Place("10", "1"), at(9, 3), 22, "X/X/X")

    assert [(hold.resource, hold.start.astimezone(DENVER), hold.end.astimezone(DENVER)) for hold in holds] == [
        ("operatory", at(9), at(9, 25)),
        ("provider", at(9), at(9, 25)),
    ]


# ------------------------------------------------------------------------------------------ against a minute grid

ZONES = [
    "America/New_York",
    "America/Detroit",
    "America/Indiana/Indianapolis",
    "America/Kentucky/Louisville",
    "America/Chicago",
    "America/Denver",
    "America/Boise",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
]
CHANGES = [date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)]
DAYS = 1


@dataclass(frozen=True)
class Minutes:
    """The minutes from the first local midnight on, a day beyond what is asked; bit n of a mask is minute n."""

    origin: datetime
    walls: list[datetime]
    once: list[bool]


@cache
def minutes_of(zone_name: str, first_day: date) -> Minutes:
    zone = ZoneInfo(zone_name)
    origin = datetime.combine(first_day, time(), tzinfo=zone).astimezone(UTC)
    walls = [
        (origin + timedelta(minutes=n)).astimezone(zone).replace(tzinfo=None, fold=0) for n in range((DAYS + 1) * 1440)
    ]
    shown = Counter(walls)
    return Minutes(origin, walls, [shown[wall] == 1 for wall in walls])


def mask(start: int, end: int) -> int:
    return ((1 << max(end - start, 0)) - 1) << start


def minute_grid(
    of: Book, wanted: Need, zone_name: str, booking: Booking, first_day: date, now: datetime
) -> set[tuple[datetime, str | None, str, str | None]]:
    """Start, chair, provider and location of every true slot, by trying each minute."""
    minutes = minutes_of(zone_name, first_day)

    def span(start: datetime, end: datetime) -> int:
        begin, stop = ((moment - minutes.origin) // timedelta(minutes=1) for moment in (start, end))
        return mask(max(begin, 0), max(stop, 0))

    closed = sum(1 << n for n, wall in enumerate(minutes.walls) if wall.date() in of.schedule.closed_days)
    today = now.astimezone(ZoneInfo(zone_name)).date()
    candidates = [
        n
        for n, wall in enumerate(minutes.walls)
        if (wall.hour * 60 + wall.minute) % booking.start_grid_minutes == 0
        and minutes.once[n]
        and n + wanted.minutes < len(minutes.once)
        and minutes.once[n + wanted.minutes]
        and first_day <= wall.date() < first_day + timedelta(days=DAYS)
        and wall.date() <= today + timedelta(days=booking.horizon_days)
        and minutes.origin + timedelta(minutes=n) >= now + timedelta(minutes=booking.minimum_lead_minutes)
    ]
    their_time = sum(mask(5 * n, 5 * n + 5) for n, cell in enumerate(wanted.time_pattern) if cell == "X")
    found = set()
    for chair in [*of.operatories, *no_chairs(of)]:
        if chair.is_hidden or (wanted.operatory_ids is not None and chair.id not in wanted.operatory_ids):
            continue
        taken = closed
        for blockout in of.schedule.blockouts:
            nobody = blockout.operatory_ids == blockout.provider_ids == ()
            if chair.id in blockout.operatory_ids or (nobody and blockout.location_id in (None, chair.location_id)):
                taken |= span(blockout.start, blockout.end)
        for other in of.appointments:
            nobody = other.operatory_id is other.provider_id is None
            is_here = other.operatory_id == chair.id or (nobody and other.location_id in (None, chair.location_id))
            is_theirs = other.patient_id == wanted.patient_id and other.status != "note"
            if (is_here or is_theirs) and other.status in TAKING and other.start:
                taken |= span(other.start, other.start.astimezone(UTC) + timedelta(minutes=other.minutes))
        for claim in of.claims:
            if (claim.resource, claim.resource_id) in (("operatory", chair.id), ("patient", wanted.patient_id)):
                taken |= span(claim.start, claim.end)
        for provider in of.providers:
            if provider.is_hidden or (wanted.provider_ids is not None and provider.id not in wanted.provider_ids):
                continue
            busy = provider_busy(of, provider.id, span)
            away = 0
            for blockout in of.schedule.blockouts:
                if not blockout.operatory_ids and provider.id in blockout.provider_ids:
                    away |= span(blockout.start, blockout.end)
            present = 0
            for block in of.schedule.work_blocks:
                if block.provider_id == provider.id and may_work(block, chair, wanted):
                    present |= span(block.start, block.end)
            for n in candidates:
                whole = mask(n, n + wanted.minutes)
                if present & whole == whole and not (taken | away) & whole and not busy & (their_time << n):
                    chair_id = None if chair.id == NO_CHAIR else chair.id
                    found.add((minutes.origin + timedelta(minutes=n), chair_id, provider.id, chair.location_id))
    return found


NO_CHAIR = "none"


def no_chairs(of: Book) -> list[Operatory]:
    """What stands for a chair where a location has none."""
    located = {chair.location_id for chair in of.operatories}
    return [Operatory(NO_CHAIR, "", location_id=one) for one in ("east", "west") if one not in located]


def provider_busy(of: Book, provider_id: str, span) -> int:  # type: ignore[no-untyped-def]
    busy = 0
    for other in of.appointments:
        if other.status not in TAKING or other.start is None:
            continue
        for needed in other.provider_times:
            if needed.provider_id == provider_id:
                busy |= span(needed.start, needed.end)
        if other.provider_id == provider_id and not other.provider_times:
            busy |= span(other.start, other.start.astimezone(UTC) + timedelta(minutes=other.minutes))
    for claim in of.claims:
        if (claim.resource, claim.resource_id) == ("provider", provider_id):
            busy |= span(claim.start, claim.end)
    return busy


def may_work(block: WorkBlock, chair: Operatory, wanted: Need) -> bool:
    mapped = wanted.operatory_id_to_provider_id.get(chair.id)
    if mapped is not None and mapped != block.provider_id:
        return False
    if block.appointment_type_ids and wanted.appointment_type_id not in block.appointment_type_ids:
        return False
    if block.operatory_ids:
        return chair.id in block.operatory_ids
    if block.location_id is not None:
        return chair.location_id == block.location_id
    if mapped is not None:
        return True
    if chair.is_hygiene and chair.hygienist_id:
        return chair.hygienist_id == block.provider_id
    return block.provider_id in {chair.provider_id, chair.hygienist_id}


@dataclass(frozen=True)
class Case:
    book: Book
    need: Need
    zone_name: str
    booking: Booking
    first_day: date
    now: datetime

    def slots(self) -> list[Slot]:
        return open_slots(
            self.book,
            self.need,
            zone=ZoneInfo(self.zone_name),
            booking=self.booking,
            first_day=self.first_day,
            last_day=self.first_day + timedelta(days=DAYS - 1),
            now=self.now,
        )


@st.composite
def cases(draw: st.DrawFn, change_days_only: bool = False) -> Case:
    zone_name = draw(st.sampled_from(ZONES))
    zone = ZoneInfo(zone_name)
    first_day = draw(st.sampled_from(CHANGES)) - timedelta(days=draw(st.sampled_from([0, 0, 0, 1])))
    if not change_days_only:
        first_day += timedelta(days=draw(st.sampled_from([0, 3, 30])))
    origin = datetime.combine(first_day, time(), tzinfo=zone).astimezone(UTC)

    def moment(minute: int) -> datetime:
        return (origin + timedelta(minutes=minute)).astimezone(zone)

    provider_ids, chair_ids = ["1", "2", "3"], ["10", "11", "12"]
    some_chairs = st.lists(st.sampled_from(chair_ids), max_size=2, unique=True).map(tuple)
    maybe_provider = st.none() | st.sampled_from(provider_ids)
    location_ids, types = st.sampled_from(["east", "west"]), st.sampled_from([(), (), ("exam",), ("exam", "other")])
    longest = (DAYS + 1) * 1440 - 700
    marks = st.integers(0, longest // 5).map(lambda n: 5 * n)
    # Working hours and what is in them mostly meet, and mostly around the hours in which clocks change.
    busy_marks = st.one_of(st.integers(0, 60).map(lambda n: 10 * n), st.integers(0, longest), marks)
    lengths = st.integers(1, 30).map(lambda n: 5 * n)

    providers = [
        Provider(id=p, name=p, is_hygienist=p == "3", is_hidden=draw(st.integers(0, 9)) == 9) for p in provider_ids
    ]
    operatories = [
        Operatory(
            id=c,
            name=c,
            is_hygiene=draw(st.booleans()),
            is_hidden=draw(st.integers(0, 9)) == 9,
            provider_id=draw(maybe_provider),
            hygienist_id=draw(maybe_provider),
            location_id=draw(location_ids),
        )
        for c in chair_ids
    ]
    blocks = []
    for _ in range(draw(st.integers(2, 6))):
        start = 30 * draw(st.integers(0, 24))
        length = draw(st.integers(2, 20)) * 30
        blocks.append(
            WorkBlock(
                draw(st.sampled_from(provider_ids)),
                draw(some_chairs),
                moment(start),
                moment(start + length),
                draw(types),
                draw(st.none() | location_ids),
            )
        )
    blockouts = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(busy_marks)
        some_providers = st.lists(st.sampled_from(provider_ids), max_size=2, unique=True).map(tuple)
        end = moment(start + draw(lengths))
        blockouts.append(
            Blockout(draw(some_chairs), moment(start), end, draw(some_providers), draw(st.none() | location_ids))
        )
    appointments = []
    for number in range(draw(st.integers(0, 5))):
        start, length = draw(busy_marks), draw(lengths)
        provider_id = draw(maybe_provider)
        times: tuple[ProviderTime, ...] = ()
        if provider_id is not None and draw(st.booleans()):
            cut = draw(st.integers(0, length // 5)) * 5
            times = (ProviderTime(provider_id, moment(start), moment(start + cut)),)
        appointments.append(
            Appointment(
                id=str(number),
                patient_id=draw(st.sampled_from(["70", "71"])),
                status=draw(st.sampled_from(list(AppointmentStatus)[:5])),
                start=moment(start),
                minutes=length,
                operatory_id=draw(st.sampled_from([*chair_ids, "99", None])),
                provider_id=provider_id,
                provider_times=times,
                location_id=draw(st.none() | location_ids),
            )
        )
    claims = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(marks)
        resources = [("operatory", chair_ids), ("provider", provider_ids), ("patient", ["70", "71"])]
        resource, ids = draw(st.sampled_from(resources))
        span = (moment(start).astimezone(UTC), moment(start + draw(lengths)).astimezone(UTC))
        claims.append(Claim(resource, draw(st.sampled_from(ids)), *span, "t1"))
    closed = (
        frozenset({first_day + timedelta(days=draw(st.integers(0, 2)))})
        if draw(st.integers(0, 7)) == 7
        else frozenset()
    )

    pattern = draw(st.text("X/", min_size=1, max_size=8) | st.text("X/", min_size=9, max_size=30))
    wanted = Need(
        minutes=5 * len(pattern),
        time_pattern=pattern,
        operatory_ids=draw(st.sampled_from([None, None, frozenset({"10", "11"})])),
        provider_ids=draw(st.sampled_from([None, None, frozenset({"1", "3"})])),
        operatory_id_to_provider_id=draw(
            st.just({}) | st.dictionaries(st.sampled_from(chair_ids), st.sampled_from(provider_ids), max_size=2)
        ),
        appointment_type_id=draw(st.sampled_from([None, "exam"])),
        patient_id=draw(st.sampled_from([None, "70"])),
    )
    booking = Booking(
        minimum_lead_minutes=draw(st.sampled_from([0, 60, 90])),
        start_grid_minutes=draw(st.sampled_from([5, 10, 15, 20, 50])),
        horizon_days=draw(st.sampled_from([90, 90, 90, 1])),
    )
    now = moment(0) - timedelta(minutes=draw(st.sampled_from([0, 57, 1440, 5000]))) + timedelta(seconds=1)
    schedule = Schedule(tuple(blocks), tuple(blockouts), closed)
    return Case(
        Book(providers, operatories, schedule, appointments, claims), wanted, zone_name, booking, first_day, now
    )


def assert_exactly_the_true_slots(case: Case) -> None:
    found = case.slots()
    true = minute_grid(case.book, case.need, case.zone_name, case.booking, case.first_day, case.now)
    offered = [
        (slot.start.astimezone(UTC), slot.place.operatory_id, slot.place.provider_id, slot.place.location_id)
        for slot in found
    ]
    assert len(offered) == len(set(offered))
    assert set(offered) == true
    assert all(
        slot.end.astimezone(UTC) - slot.start.astimezone(UTC) == timedelta(minutes=case.need.minutes) for slot in found
    )
    assert [slot.start.astimezone(UTC) for slot in found] == sorted(start for start, *_ in offered)


@given(cases())
@settings(max_examples=150)
def test_exactly_the_true_slots_are_offered(case: Case) -> None:
    assert_exactly_the_true_slots(case)


@given(cases(change_days_only=True))
@settings(max_examples=150)
def test_exactly_the_true_slots_are_offered_when_the_clocks_change(case: Case) -> None:
    assert_exactly_the_true_slots(case)


@given(cases())
@settings(max_examples=40)
def test_every_slot_is_a_place_and_what_is_no_slot_on_the_grid_is_none(case: Case) -> None:
    zone = ZoneInfo(case.zone_name)
    offered: dict[datetime, set[Place]] = {}
    for slot in case.slots():
        offered.setdefault(slot.start.astimezone(UTC), set()).add(slot.place)
    for start, places in offered.items():
        assert set(place_at(case.book, case.need, start, zone=zone)) == places


@pytest.mark.parametrize("zone_name", ZONES)
@pytest.mark.parametrize("day", CHANGES)
@given(data=st.data())
@settings(max_examples=8)
def test_an_opening_longer_than_the_visit_by_one_grid_step_always_yields_a_slot(
    zone_name: str, day: date, data: st.DataObject
) -> None:
    zone = ZoneInfo(zone_name)
    grid, minutes = data.draw(st.sampled_from([5, 10, 15, 25, 60])), data.draw(st.integers(1, 24)) * 5
    # From 3 in the morning on: before that is the hour shown twice, in which nothing can start or end.
    begin = datetime.combine(day, time(3), tzinfo=zone) + timedelta(minutes=data.draw(st.integers(0, 900)))
    of = book(works("1", "10", start=begin, end=begin + timedelta(minutes=minutes + grid)))
    booking = Booking(minimum_lead_minutes=0, start_grid_minutes=grid, horizon_days=90)

    found = open_slots(
        of,
        need(minutes),
        zone=zone,
        booking=booking,
        first_day=day,
        last_day=day + timedelta(1),
        now=begin - timedelta(days=1),
    )

    assert found


def night_starts(day: date, minutes: int) -> list[str]:
    """On a grid of half hours, work from midnight to half past three."""
    of = book(works("1", "10", start=at(0, day=day), end=at(3, 30, day)))
    found = open_slots(
        of,
        need(minutes),
        zone=DENVER,
        booking=BOOKING.model_copy(update={"start_grid_minutes": 30}),
        first_day=day,
        last_day=day,
        now=at(0, day=day - timedelta(days=1)),
    )
    return starts(found)


def test_the_hour_the_clocks_skip_holds_no_start() -> None:
    assert night_starts(date(2026, 3, 8), 30) == ["00:00", "00:30", "01:00", "01:30", "03:00"]


def test_the_hour_the_clocks_show_twice_holds_no_start_and_no_end() -> None:
    assert night_starts(date(2026, 11, 1), 15) == ["00:00", "00:30", "02:00", "02:30", "03:00"]
    assert night_starts(date(2026, 11, 1), 60) == ["02:00", "02:30"]
    assert night_starts(date(2026, 11, 1), 180) == ["00:00", "00:30"]


def test_a_week_of_a_large_practice_takes_well_under_200_milliseconds() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    chairs = [Operatory(id=str(n), name=str(n), provider_id=str(n % 8)) for n in range(12)]
    people = [Provider(id=str(n), name=str(n)) for n in range(8)]
    blocks = [works(str(n), start=at(h, day=d), end=at(h + 4, day=d)) for d in days for n in range(8) for h in (8, 13)]
    visits = [
        visit(at(8 + n % 9, 10 * (n % 5), days[n % 7]), 40, str(n % 12), str(n % 8), id=str(n)) for n in range(300)
    ]
    large = book(*blocks, appointments=visits, operatories=chairs, providers=people)

    best = 1.0
    for _ in range(5):
        began = process_time()
        found = slots(large, need(30), days=7)
        best = min(best, process_time() - began)

    assert len(found) > 500
    assert best < 0.2
