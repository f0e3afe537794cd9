"""Slots for a service and for a visit to be moved: what is needed, how far is read, what is answered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from openchair.errors import (
    AppointmentNotFound,
    Conflict,
    EhrBusy,
    EhrKeyRefused,
    EhrUnavailable,
    InvalidRequest,
    InvalidTime,
    LocationNotFound,
    NotMovable,
    OperatoryNotFound,
    ProviderNotFound,
    RangeTooLong,
    ServiceNotFound,
    VisitHasBegun,
    VisitIsPast,
)
from openchair.models.journal import Claim
from openchair.models.office import Operatory, Provider, Schedule, WorkBlock
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.parsing import parse_query
from openchair.slots.book import LiveBook
from openchair.slots.find import MoveQuery, SlotQuery, find_slots, find_slots_for_visit
from openchair.slots.needs import is_ours, need_for_move, need_for_service
from openchair.slots.nouns import Book
from openchair.slots.office_lists import list_operatories, list_providers, list_services
from tests.clock import VirtualClock
from tests.fakes import FakeClaims
from tests.toy_ehr import ToyEhr

DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 7, 0, 30, tzinfo=DENVER)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=DENVER)


PRACTICE = Practice.model_validate(
    {
        "id": "p1",
        "name": "Cedar Hill Dental",
        "timezone": "America/Denver",
        "ehr": "OPEN_DENTAL",
        "open_dental": {
            "api_key_secret_name": "practice-p1-opendental-api-key",
            "operatory_id_to_provider_id": {"11": "2"},
            "operatory_type_to_ids": {"hygiene": ["12", "13"], "surgery": ["10", "11"], "x-ray": ["10"]},
            "operatory_type_to_provider_ids": {"hygiene": ["3"], "surgery": ["1", "2"]},
        },
        "services": [
            {"id": "cleaning", "name": "Cleaning", "minutes": 60, "operatory_type": "hygiene"},
            {"id": "filling", "name": "Filling", "minutes": 60, "operatory_type": "surgery", "pattern": "//XXXXXXXX//"},
            {"id": "consult", "name": "Consultation", "minutes": 30, "provider_ids": ["2"]},
            {"id": "odd", "name": "Odd", "minutes": 30, "operatory_type": "unmapped"},
            {"id": "by-one", "name": "By one", "minutes": 30, "operatory_type": "surgery", "provider_ids": ["2", "3"]},
        ],
        "booking": {"minimum_lead_minutes": 60, "start_grid_minutes": 30, "horizon_days": 90},
    }
)
PROVIDERS = [
    Provider(id="1", name="Zed Quill", abbreviation="ZQ"),
    Provider(id="2", name="Bo Marsh"),
    Provider(id="3", name="Cy Fenn", is_hygienist=True),
    Provider(id="4", name="Gone", is_hidden=True),
]
OPERATORIES = [
    Operatory(id="10", name="Chair 1", provider_id="1"),
    Operatory(id="11", name="Chair 2", provider_id="1"),
    Operatory(id="12", name="Hygiene 1", is_hygiene=True, provider_id="1", hygienist_id="3"),
    Operatory(id="13", name="Hygiene 2", is_hygiene=True, is_hidden=True),
]
VISIT = Appointment(
    id="7",
    patient_id="70",
    status=AppointmentStatus.BOOKED,
    start=at(9),
    minutes=60,
    operatory_id="12",
    provider_id="3",
    time_pattern="XXXXXX//////",
)


def record(practice: Practice = PRACTICE) -> PracticeRecord:
    return PracticeRecord(practice, 1, "account-1")


def settings(**more: object) -> Practice:
    assert PRACTICE.open_dental is not None
    return PRACTICE.model_copy(update={"open_dental": PRACTICE.open_dental.model_copy(update=more)})


def hours(provider_id: str = "3", operatory_id: str = "12", days: int = 21) -> Schedule:
    """9 to 10:30 every day, on Monday 9 March (summer time from the day before) too."""
    mornings = [MONDAY + timedelta(days=n) for n in range(days)]
    return Schedule(tuple(WorkBlock(provider_id, (operatory_id,), at(9, 0, d), at(10, 30, d)) for d in mornings))


def office(schedule: Schedule | None = None, appointments: Sequence[Appointment] = ()) -> ToyEhr:
    return ToyEhr(providers=PROVIDERS, operatories=OPERATORIES, schedule=schedule or hours(), appointments=appointments)


def live(ehr: ToyEhr, of: PracticeRecord | None = None, claims: FakeClaims | None = None) -> LiveBook:
    return LiveBook(ehr, claims or FakeClaims(), of or record())


def clock(now: datetime = NOW) -> VirtualClock:
    return VirtualClock(now.astimezone(UTC))


def all_starts(answer: dict) -> list[str]:  # type: ignore[type-arg]
    return [slot["start"] for provider in answer["providers"] for day in provider["days"] for slot in day["slots"]]


def cleaning(**more: object) -> SlotQuery:
    return SlotQuery.model_validate({"service_id": "cleaning", **more})


# --------------------------------------------------------------------------------------------- what is needed


def test_a_service_needs_the_chairs_and_providers_of_its_type() -> None:
    need = need_for_service(PRACTICE, "filling")

    assert (need.minutes, need.time_pattern) == (60, "//XXXXXXXX//")
    assert (need.operatory_ids, need.provider_ids) == (frozenset({"10", "11"}), frozenset({"1", "2"}))
    assert need.operatory_id_to_provider_id == {"11": "2"}


def test_a_service_without_a_type_needs_any_chair_and_its_own_providers() -> None:
    need = need_for_service(PRACTICE, "consult")

    assert (need.operatory_ids, need.provider_ids, need.time_pattern) == (None, frozenset({"2"}), "XXXXXX")


def test_a_services_providers_and_its_types_providers_both_limit() -> None:
    assert need_for_service(PRACTICE, "by-one").provider_ids == frozenset({"2"})


def test_a_type_left_out_of_the_maps_has_no_chairs_but_without_maps_types_are_not_used() -> None:
    assert need_for_service(PRACTICE, "odd").operatory_ids == frozenset()
    assert need_for_service(settings(operatory_type_to_ids={}), "odd").operatory_ids is None


def test_what_is_asked_narrows_the_need() -> None:
    need = need_for_service(PRACTICE, "filling", provider_id="2", operatory_id="11", location_id="5")

    assert (need.operatory_ids, need.provider_ids, need.location_id) == (frozenset({"11"}), frozenset({"2"}), "5")


def test_what_is_asked_but_excluded_by_the_practice_is_not_found() -> None:
    with pytest.raises(ServiceNotFound):
        need_for_service(PRACTICE, "whitening")
    with pytest.raises(ProviderNotFound):
        need_for_service(PRACTICE, "cleaning", provider_id="1")
    with pytest.raises(OperatoryNotFound):
        need_for_service(PRACTICE, "cleaning", operatory_id="10")
    with pytest.raises(ProviderNotFound):
        need_for_service(PRACTICE, "filling", provider_id="1", operatory_id="11")
    with pytest.raises(LocationNotFound):
        need_for_service(settings(clinic_number=2), "cleaning", location_id="3")


def test_a_practice_that_is_one_clinic_books_there_only() -> None:
    assert need_for_service(settings(clinic_number=2), "cleaning").location_id == "2"
    assert need_for_service(settings(clinic_number=None), "cleaning").location_id is None


@pytest.mark.parametrize(
    ("clinic_number", "location_id", "ours"),
    [(2, "2", True), (2, "3", False), (2, None, True), (None, "3", True), (None, None, True)],
)
def test_what_is_of_another_clinic_is_not_ours_and_what_is_of_none_is_everybodys(
    clinic_number: int | None, location_id: str | None, ours: bool
) -> None:
    assert is_ours(settings(clinic_number=clinic_number), location_id) is ours


def test_a_practice_of_several_locations_has_what_is_of_any_of_them() -> None:
    nexhealth = {"api_key_secret_name": "practice-p1-key", "subdomain": "cedar", "location_ids": ["1", "2"]}
    practice = Practice.model_validate(
        {"id": "p1", "name": "Cedar", "timezone": "America/Denver", "ehr": "NEXHEALTH", "nexhealth": nexhealth}
    )

    assert [is_ours(practice, location_id) for location_id in ("1", "2", "3", None)] == [True, True, False, True]


def test_a_move_keeps_length_pattern_and_the_types_of_the_present_chair() -> None:
    need = need_for_move(PRACTICE, VISIT)

    assert (need.minutes, need.time_pattern, need.like_operatory_id) == (60, "XXXXXX//////", "12")
    assert (need.operatory_ids, need.provider_ids) == (frozenset({"12", "13"}), frozenset({"3"}))


def test_a_move_from_a_chair_of_several_types_may_go_to_any_of_them() -> None:
    need = need_for_move(PRACTICE, replace(VISIT, operatory_id="10", provider_id="1"))

    assert need.operatory_ids == frozenset({"10", "11"})
    assert need.provider_ids is None  # nobody says who may do x-rays


def test_a_move_from_a_chair_of_no_type_may_go_to_any_of_its_kind() -> None:
    need = need_for_move(settings(operatory_type_to_ids={}), VISIT)

    assert (need.operatory_ids, need.provider_ids, need.like_operatory_id) == (None, None, "12")


def test_who_has_the_visit_now_may_keep_it_though_the_map_leaves_them_out() -> None:
    assert need_for_move(PRACTICE, replace(VISIT, provider_id="9")).provider_ids == frozenset({"3", "9"})


@pytest.mark.parametrize(("minutes", "pattern"), [(60, ""), (60, "XX"), (52, "")])
def test_a_visit_whose_pattern_does_not_fit_needs_its_provider_throughout(minutes: int, pattern: str) -> None:
    need = need_for_move(PRACTICE, replace(VISIT, minutes=minutes, time_pattern=pattern))

    assert need.time_pattern == "X" * (12 if minutes == 60 else 11)


def test_a_move_to_a_chair_or_provider_outside_the_types_is_not_found() -> None:
    with pytest.raises(OperatoryNotFound):
        need_for_move(PRACTICE, VISIT, operatory_id="10")
    with pytest.raises(ProviderNotFound):
        need_for_move(PRACTICE, VISIT, provider_id="1")


# ------------------------------------------------------------------------------------------------- the answer


def test_slots_are_answered_by_provider_and_day_with_the_practices_own_offset() -> None:
    query = cleaning(start_date="2026-03-02", end_date="2026-03-02")

    answer = find_slots(record(), query, live(office()), clock())

    assert answer == {
        "as_of": "2026-03-02T07:00:30-07:00",
        "source": "live",
        "timezone": "America/Denver",
        "complete_until": None,
        "providers": [
            {
                "provider_id": "3",
                "name": "Cy Fenn",
                "days": [
                    {
                        "date": "2026-03-02",
                        "slots": [
                            {
                                "start": "2026-03-02T09:00:00-07:00",
                                "end": "2026-03-02T10:00:00-07:00",
                                "operatory_id": "12",
                            },
                            {
                                "start": "2026-03-02T09:30:00-07:00",
                                "end": "2026-03-02T10:30:00-07:00",
                                "operatory_id": "12",
                            },
                        ],
                    }
                ],
            }
        ],
    }


def test_providers_are_answered_by_name() -> None:
    both = Schedule((*hours("1", "10").work_blocks, *hours("2", "11").work_blocks))

    answer = find_slots(record(), SlotQuery(service_id="filling"), live(office(both)), clock())

    assert [provider["name"] for provider in answer["providers"]] == ["Bo Marsh", "Zed Quill"]


def test_without_dates_a_week_from_today_is_answered_across_the_change_of_the_clocks() -> None:
    thursday = datetime(2026, 3, 5, 12, tzinfo=DENVER)

    found = all_starts(find_slots(record(), cleaning(), live(office()), clock(thursday)))

    assert found[0] == "2026-03-06T09:00:00-07:00"
    assert "2026-03-09T09:00:00-06:00" in found
    assert found[-1] == "2026-03-11T09:30:00-06:00"


def test_today_is_the_practices_today() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=DENVER)

    answer = find_slots(record(), cleaning(end_date="2026-03-02"), live(office()), clock(late))

    assert answer["providers"] == []


def test_days_gone_by_are_left_out() -> None:
    query = cleaning(start_date="2026-02-27", end_date="2026-03-02")

    found = all_starts(find_slots(record(), query, live(office()), clock()))

    assert [start[:10] for start in found] == ["2026-03-02", "2026-03-02"]


@pytest.mark.parametrize(
    ("dates", "error"),
    [
        ({"start_date": "2026-03-02", "end_date": "2026-03-16"}, RangeTooLong),
        ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, RangeTooLong),
        ({"start_date": "2026-03-05", "end_date": "2026-03-04"}, InvalidTime),
        ({"start_date": "2026-02-01", "end_date": "2026-03-01"}, InvalidTime),
        ({"end_date": "2026-03-01"}, InvalidTime),
        ({"start_date": "0001-01-01"}, InvalidTime),
    ],
)
def test_ranges_that_cannot_be_answered_are_refused_before_anything_is_read(
    dates: dict[str, str], error: type[Exception]
) -> None:
    ehr = office()

    with pytest.raises(error):
        find_slots(record(), cleaning(**dates), live(ehr), clock())
    with pytest.raises(error):
        find_slots_for_visit(record(), "7", MoveQuery.model_validate(dates), live(ehr), clock())
    assert ehr.calls == []


def test_fourteen_days_can_be_read_live() -> None:
    query = cleaning(start_date="2026-03-02", end_date="2026-03-15")

    answer = find_slots(record(), query, live(office()), clock())

    assert len(answer["providers"][0]["days"]) == 14
    assert answer["complete_until"] is None


@pytest.mark.parametrize("start_date", ["2026-06-01", "9999-12-31"])
def test_days_beyond_the_horizon_are_empty_and_not_read(start_date: str) -> None:
    ehr = office()

    answer = find_slots(record(), cleaning(start_date=start_date), live(ehr), clock())

    assert (answer["providers"], answer["complete_until"], ehr.calls) == ([], None, [])


@pytest.mark.parametrize(
    "text", ["1772409600", "2026-3-2", "2026-03-02T00:00:00", "tomorrow", "2026-02-30", "\u0662026-03-02"]
)
def test_a_date_is_written_as_year_month_and_day_and_nothing_else(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_query(SlotQuery, {"service_id": "cleaning", "start_date": text})

    assert [path for path, _ in refused.value.problems] == ["start_date"]


def test_live_claims_are_subtracted() -> None:
    claim = Claim("provider", "3", at(9).astimezone(UTC), at(9, 30).astimezone(UTC), "t1")

    found = all_starts(
        find_slots(record(), cleaning(end_date="2026-03-02"), live(office(), claims=FakeClaims([claim])), clock())
    )

    assert found == ["2026-03-02T09:30:00-07:00"]


def test_somebody_asked_for_who_is_hidden_is_not_found() -> None:
    anyone = settings(operatory_type_to_provider_ids={})

    with pytest.raises(ProviderNotFound):
        find_slots(record(anyone), cleaning(provider_id="4"), live(office(), of=record(anyone)), clock())
    with pytest.raises(OperatoryNotFound):
        find_slots(record(), cleaning(operatory_id="13"), live(office()), clock())
    with pytest.raises(LocationNotFound):
        find_slots(record(), cleaning(location_id="8"), live(office()), clock())


# ------------------------------------------------------------------------------------------- how far is read


class SlowEhr(ToyEhr):
    """Each read of appointments takes a while of its clock's time."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        super().__init__(providers=PROVIDERS, operatories=OPERATORIES, schedule=hours())
        self._clock, self._seconds = clock, seconds

    def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
        self._clock.advance(self._seconds)
        return super().appointments(start_date, end_date)


def test_people_and_chairs_are_read_once_and_days_three_at_a_time() -> None:
    ehr = office()

    find_slots(record(), cleaning(), live(ehr), clock())

    assert ehr.calls == ["providers", "operatories", *(["schedule", "appointments"] * 3)]


def test_reading_stops_when_the_next_days_would_not_be_read_in_time_and_says_so() -> None:
    ticking = clock()

    answer = find_slots(record(), cleaning(), live(SlowEhr(ticking, 8.0)), ticking)

    assert answer["complete_until"] == "2026-03-08T00:00:00-07:00"
    assert all_starts(answer)[-1] == "2026-03-07T09:30:00-07:00"
    assert ticking.monotonic() <= 20


def test_the_first_days_are_read_however_near_the_deadline() -> None:
    ticking = clock()

    answer = find_slots(record(), cleaning(), live(SlowEhr(ticking, 8.0)), ticking, deadline=1.0)

    assert answer["complete_until"] == "2026-03-05T00:00:00-07:00"


@pytest.mark.parametrize("error", [EhrBusy(), EhrUnavailable()])
def test_an_ehr_that_fails_after_the_first_days_ends_the_answer_there(error: Exception) -> None:
    ehr = office()
    ehr.answers["schedule"] = [None, error]

    answer = find_slots(record(), cleaning(), live(ehr), clock())

    assert answer["complete_until"] == "2026-03-05T00:00:00-07:00"
    assert {start[:10] for start in all_starts(answer)} == {"2026-03-02", "2026-03-03", "2026-03-04"}


def test_an_ehr_that_fails_on_the_first_days_is_an_error() -> None:
    ehr = office()
    ehr.answers["appointments"] = [EhrBusy()]

    with pytest.raises(EhrBusy):
        find_slots(record(), cleaning(), live(ehr), clock())


def test_a_key_refused_midway_is_an_error() -> None:
    ehr = office()
    ehr.answers["schedule"] = [None, EhrKeyRefused()]

    with pytest.raises(EhrKeyRefused):
        find_slots(record(), cleaning(), live(ehr), clock())


def test_around_midnight_what_reaches_over_from_the_days_beside_is_seen() -> None:
    tuesday = MONDAY + timedelta(days=1)
    night = Schedule(
        (
            WorkBlock("3", ("12",), at(22), at(2, day=tuesday)),
            WorkBlock("3", ("12",), at(0, day=tuesday), at(4, day=tuesday)),
        )
    )
    late = replace(VISIT, start=at(23, 30), minutes=90)
    ehr = office(night, [late])

    book = live(ehr).book(tuesday, tuesday)

    assert [appointment.id for appointment in book.appointments] == ["7"]
    assert ehr.calls.count("schedule") == 2


def test_a_visit_of_the_evening_before_is_in_the_book_of_a_day_that_is_asked_alone_for_no_request_more() -> None:
    tuesday = MONDAY + timedelta(days=1)
    ehr = office(appointments=[replace(VISIT, start=at(23, 30), minutes=600)])

    found = all_starts(find_slots(record(), cleaning(start_date=tuesday, end_date=tuesday), live(ehr), clock()))

    assert found == ["2026-03-03T09:30:00-07:00"]
    assert ehr.calls == ["providers", "operatories", "schedule", "appointments"]


def test_the_book_around_a_visit_has_every_day_it_touches_and_in_the_night_the_hours_of_the_evening_before() -> None:
    tuesday = MONDAY + timedelta(days=1)
    evening = Schedule((WorkBlock("3", ("12",), at(20), at(3, day=tuesday)),))
    next_day = replace(VISIT, id="8", start=at(0, 30, tuesday))

    over_midnight = live(office(evening, [next_day])).book_around(at(23, 30), 90)
    after_midnight = live(office(evening)).book_around(at(1, 0, tuesday), 60)

    assert [visit.id for visit in over_midnight.appointments] == ["8"]
    assert after_midnight.schedule.work_blocks == evening.work_blocks


class Mirror:
    """Satisfies `BookSource`."""

    name: Literal["live", "mirror"] = "mirror"
    longest_days = 62
    days_at_once = 62

    def __init__(self) -> None:
        self.asked: list[tuple[date, date]] = []

    def appointment(self, appointment_id: str) -> Appointment:
        return VISIT

    def book(self, first_day: date, last_day: date) -> Book:
        self.asked.append((first_day, last_day))
        return Book(PROVIDERS, OPERATORIES, hours(days=62), [VISIT])


def test_where_the_book_comes_from_is_told_and_decides_how_much_is_read_at_once() -> None:
    mirror, last_day = Mirror(), MONDAY + timedelta(days=61)

    answer = find_slots(record(), cleaning(end_date=last_day), mirror, clock())
    for_visit = find_slots_for_visit(record(), "7", MoveQuery(end_date=last_day), mirror, clock())

    assert (answer["source"], answer["complete_until"]) == ("mirror", None)
    assert len(answer["providers"][0]["days"]) == 61, "one morning is taken"
    assert all_starts(for_visit)[0] == "2026-03-02T09:30:00-07:00"
    assert mirror.asked == [(MONDAY, last_day)] * 2
    with pytest.raises(RangeTooLong):
        find_slots(record(), cleaning(end_date=last_day + timedelta(days=1)), mirror, clock())


def test_slots_take_people_and_chairs_as_old_as_they_are_kept_and_bookings_no_older_than_a_minute() -> None:
    offering, booking = office(), office()

    LiveBook(offering, FakeClaims(), record()).book(MONDAY, MONDAY)
    LiveBook(booking, FakeClaims(), record(), fresh=True).book(MONDAY, MONDAY)

    assert offering.max_ages == [None, None]
    assert booking.max_ages == [60, 60]


def test_a_claim_released_while_the_day_is_read_is_seen_as_claim_or_as_visit() -> None:
    claims = FakeClaims([Claim("operatory", "12", at(9).astimezone(UTC), at(10).astimezone(UTC), "t1")])

    class Booking(ToyEhr):
        """The visit is written and its claim released right after the chart was looked at."""

        def appointments(self, start_date: date, end_date: date) -> Sequence[Appointment]:
            seen = super().appointments(start_date, end_date)
            self.chart[VISIT.id] = VISIT
            claims.held.clear()
            return seen

    ehr = Booking(providers=PROVIDERS, operatories=OPERATORIES, schedule=hours())

    found = find_slots(record(), cleaning(end_date="2026-03-02"), live(ehr, claims=claims), clock())

    assert "2026-03-02T09:00:00-07:00" not in all_starts(found)


# ------------------------------------------------------------------------------------------- moving a visit


def test_a_visit_to_be_moved_is_not_in_its_own_way_and_its_own_start_is_not_offered() -> None:
    query = MoveQuery(start_date=MONDAY, end_date=MONDAY)

    answer = find_slots_for_visit(record(), "7", query, live(office(appointments=[VISIT])), clock())

    assert all_starts(answer) == ["2026-03-02T09:30:00-07:00"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": AppointmentStatus.FULFILLED},
        {"status": AppointmentStatus.NOSHOW},
        {"status": AppointmentStatus.CANCELLED},
        {"status": AppointmentStatus.WAITLIST, "start": None},
    ],
)
def test_a_visit_that_is_over_cancelled_or_unscheduled_cannot_be_moved(change: dict[str, object]) -> None:
    ehr = office(appointments=[replace(VISIT, **change)])  # type: ignore[arg-type]

    with pytest.raises(NotMovable):
        find_slots_for_visit(record(), "7", MoveQuery(), live(ehr), clock())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": AppointmentStatus.ARRIVED}, VisitHasBegun),
        ({"start": datetime(2026, 2, 27, 9, tzinfo=DENVER)}, VisitIsPast),
    ],
)
def test_a_visit_that_has_begun_or_is_past_gets_no_slots(change: dict[str, object], error: type[Conflict]) -> None:
    ehr = office(appointments=[replace(VISIT, **change)])  # type: ignore[arg-type]

    with pytest.raises(error):
        find_slots_for_visit(record(), "7", MoveQuery(), live(ehr), clock())


def test_an_unknown_visit_is_not_found() -> None:
    with pytest.raises(AppointmentNotFound):
        find_slots_for_visit(record(), "8", MoveQuery(), live(office()), clock())


def test_a_visit_of_another_clinic_does_not_exist_for_this_practice() -> None:
    ehr = office(appointments=[replace(VISIT, location_id="3")])

    with pytest.raises(AppointmentNotFound):
        find_slots_for_visit(
            record(settings(clinic_number=2)),
            "7",
            MoveQuery(),
            live(ehr, of=record(settings(clinic_number=2))),
            clock(),
        )
    assert find_slots_for_visit(
        record(settings(clinic_number=3)), "7", MoveQuery(), live(ehr, of=record(settings(clinic_number=3))), clock()
    )


# -------------------------------------------------------------------------- providers, operatories, services


def test_lists_leave_out_what_is_hidden() -> None:
    providers = list_providers(record(), office())["providers"]
    operatories = list_operatories(record(), office())["operatories"]

    assert [provider["provider_id"] for provider in providers] == ["1", "2", "3"]
    assert providers[0] == {"provider_id": "1", "name": "Zed Quill", "abbreviation": "ZQ", "is_hygienist": False}
    assert [chair["operatory_id"] for chair in operatories] == ["10", "11", "12"]
    assert operatories[1] == {
        "operatory_id": "11",
        "name": "Chair 2",
        "abbreviation": "",
        "is_hygiene": False,
        "types": ["surgery"],
        "provider_id": "2",
        "hygienist_id": None,
        "location_id": None,
    }


def test_a_practice_that_is_one_clinic_lists_its_own_chairs() -> None:
    chairs = [replace(OPERATORIES[0], location_id="2"), replace(OPERATORIES[1], location_id="3")]

    answer = list_operatories(record(settings(clinic_number=2)), ToyEhr(operatories=chairs))

    assert [chair["operatory_id"] for chair in answer["operatories"]] == ["10"]


def test_a_clinic_in_which_no_chair_can_be_seen_is_not_found_and_those_with_chairs_are_named() -> None:
    chairs = [replace(OPERATORIES[0], location_id="2"), replace(OPERATORIES[1], location_id="3"), OPERATORIES[2]]

    with pytest.raises(LocationNotFound, match=r"location 9; there are chairs in 2, 3\."):
        list_operatories(record(settings(clinic_number=9)), ToyEhr(operatories=chairs))


def test_an_office_without_clinics_is_the_one_clinic_the_practice_names() -> None:
    one = record(settings(clinic_number=2))

    assert find_slots(one, cleaning(), live(office(), of=one), clock())["providers"]
    assert len(list_operatories(one, office())["operatories"]) == 3


def test_services_are_listed_as_the_practice_document_says() -> None:
    assert list_services(record())["services"][2] == {
        "service_id": "consult",
        "name": "Consultation",
        "minutes": 30,
        "operatory_type": None,
        "provider_ids": ["2"],
    }
