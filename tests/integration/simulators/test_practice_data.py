"""The generated practice: the same for the same seed, plausible, and nobody real."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from time import process_time

import pytest

from tools.simulators.practice_data import Appointment, PracticeData, generate
from tools.simulators.practice_data.calendar import free_windows

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def practice() -> PracticeData:
    return generate(7, 600, TODAY, "America/Denver")


def own_minutes(visit: Appointment) -> set[object]:
    """The five-minute units of the provider's own time."""
    assert visit.start is not None
    return {visit.start + timedelta(minutes=5 * index) for index, letter in enumerate(visit.pattern) if letter == "X"}


def on_the_calendar(practice: PracticeData) -> list[Appointment]:
    return [visit for visit in practice.appointments if visit.start is not None]


def test_the_same_seed_gives_the_same_practice_and_another_seed_another() -> None:
    first, again, other = (generate(seed, 50, TODAY, "America/Denver") for seed in (1, 1, 2))

    assert first == again
    assert [p.last_name for p in first.patients] != [p.last_name for p in other.patients]


def test_no_chair_holds_two_visits_at_once(practice: PracticeData) -> None:
    by_chair = defaultdict(list)
    for visit in on_the_calendar(practice):
        assert visit.start is not None
        by_chair[visit.operatory_id].append((visit.start, visit.start + timedelta(minutes=visit.minutes)))

    for spans in by_chair.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(spans)))


def test_no_providers_own_time_is_given_twice(practice: PracticeData) -> None:
    taken: dict[int, set[object]] = defaultdict(set)
    for visit in on_the_calendar(practice):
        provider = visit.hygienist_id or visit.provider_id
        assert not taken[provider] & own_minutes(visit)
        taken[provider] |= own_minutes(visit)


def test_every_visit_lies_in_a_working_block_and_outside_blockouts_and_closed_days(practice: PracticeData) -> None:
    rows_of = defaultdict(list)
    for row in practice.schedules:
        rows_of[row.day].append(row)

    for visit in on_the_calendar(practice):
        assert visit.start is not None
        start = visit.start.hour * 12 + visit.start.minute // 5
        end = start + len(visit.pattern)
        windows = free_windows(rows_of[visit.start.date()], practice.operatories)[visit.operatory_id or 0]
        assert any(begin <= start and end <= stop for begin, stop, _ in windows)


def test_visits_reach_three_years_back_and_three_months_ahead(practice: PracticeData) -> None:
    days = [visit.start.date() for visit in on_the_calendar(practice) if visit.start]

    assert TODAY - timedelta(days=1100) < min(days) < TODAY - timedelta(days=1060)
    assert TODAY + timedelta(days=60) < max(days) <= TODAY + timedelta(days=92)


def test_all_statuses_occur_and_only_the_future_is_scheduled(practice: PracticeData) -> None:
    statuses = Counter(visit.status for visit in practice.appointments)

    assert set(statuses) == {"scheduled", "complete", "broken", "unscheduled", "planned"}
    for visit in on_the_calendar(practice):
        assert visit.start is not None
        assert (visit.status == "scheduled") == (visit.start.date() >= TODAY)


def test_unscheduled_and_planned_visits_have_no_chair_and_no_time(practice: PracticeData) -> None:
    for visit in practice.appointments:
        off_the_book = visit.status in ("unscheduled", "planned")
        assert (visit.start is None) == (visit.operatory_id is None) == off_the_book


def test_patterns_hold_both_kinds_of_time(practice: PracticeData) -> None:
    patterns = {visit.pattern for visit in practice.appointments}

    assert all(set(pattern) <= {"X", "/"} and "X" in pattern for pattern in patterns)
    assert any("/" in pattern for pattern in patterns)


@pytest.mark.parametrize(("patients", "chairs"), [(200, 5), (3000, 10), (9000, 12)])
def test_the_office_grows_with_its_patients(patients: int, chairs: int) -> None:
    office = generate(3, patients, TODAY, "America/Chicago")
    working = [p for p in office.providers if not p.is_hidden]

    assert len(office.operatories) == chairs
    assert 2 <= sum(not p.is_hygienist for p in working) <= 4
    assert 2 <= sum(p.is_hygienist for p in working) <= 4
    assert sum(chair.is_hidden for chair in office.operatories) == 1
    assert any(chair.is_hygiene for chair in office.operatories)


def test_families_share_a_guarantor_an_address_and_a_phone(practice: PracticeData) -> None:
    families = defaultdict(list)
    for patient in practice.patients:
        families[patient.guarantor_id].append(patient)
    large = [members for members in families.values() if len(members) > 1]

    assert len(large) > 20
    for members in large:
        assert len({(m.home_phone, m.address, m.last_name) for m in members}) == 1
        assert members[0].id == members[0].guarantor_id


def test_some_blocks_list_chairs_and_some_leave_them_open(practice: PracticeData) -> None:
    blocks = [row for row in practice.schedules if row.kind == "provider"]

    assert any(row.operatory_ids for row in blocks)
    assert any(not row.operatory_ids for row in blocks)


def test_a_day_within_six_weeks_is_closed_although_providers_have_hours(practice: PracticeData) -> None:
    closed = {row.day for row in practice.schedules if row.kind == "practice"}
    soon = {day for day in closed if TODAY < day <= TODAY + timedelta(days=45)}
    worked = {row.day for row in practice.schedules if row.kind == "provider"}

    assert soon & worked


def test_blockouts_of_a_chair_never_overlap(practice: PracticeData) -> None:
    spans = defaultdict(list)
    for row in practice.schedules:
        if row.kind == "blockout":
            for chair in row.operatory_ids:
                spans[(chair, row.day)].append((row.start, row.end))

    for of_chair in spans.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(of_chair)))


def test_canary_values_are_unique_and_valid_in_form() -> None:
    office = generate(7, 300, TODAY, "America/Denver", canary=True)

    for name in ("first_name", "last_name", "email", "mobile_phone", "address", "zip_code", "social_security_number"):
        assert len({getattr(patient, name) for patient in office.patients}) == 300
    sample = office.patients[41]
    assert (sample.last_name, sample.email) == ("Zqx000041aLast", "zqx000041a@example.com")
    assert len(sample.mobile_phone) == 10
    assert sample.mobile_phone[3:6] == "555"
    assert all(visit.note.startswith("Zqx") for visit in office.appointments)


def test_ids_can_start_anywhere() -> None:
    office = generate(7, 20, TODAY, "America/Denver", start_ids={"patients": 4_000_000_001})

    assert office.patients[0].id == 4_000_000_001
    assert {visit.patient_id for visit in office.appointments} <= {patient.id for patient in office.patients}


def test_a_size_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 100000"):
        generate(7, 0, TODAY, "America/Denver")


def test_two_hundred_patients_take_less_than_a_second() -> None:
    start = process_time()

    generate(11, 200, TODAY, "America/Denver")

    assert process_time() - start < 1
