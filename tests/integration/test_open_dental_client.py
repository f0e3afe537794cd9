"""The client against the simulator over real HTTP: every call, the switches to live with, the faults to survive."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.open_dental.nouns import AppointmentChanges, PatientChanges
from openchair.errors import (
    AppointmentNotFound,
    EhrBusy,
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrOffline,
    EhrOutcomeUnknown,
    EhrUnavailable,
    LocationNotFound,
    OpenChairError,
    OperatoryNotFound,
    PatientNotFound,
    SlotTaken,
)
from openchair.models.person import NewPatient, PatientQuery
from openchair.models.practice import PracticeRecord
from openchair.models.visit import Appointment, AppointmentStatus, Move, NewAppointment, Place
from openchair.records import search_patients
from openchair.slots.book import LiveBook
from openchair.slots.find import MoveQuery, find_slots_for_visit
from openchair.slots.office_lists import list_operatories
from openchair.visits import patient_visits
from tests.clients.support import Bench, Keys, RealClock
from tests.fakes import FakeClaims
from tools.simulators.open_dental import OfficeSpec, RunningSimulator, running_simulator

DENVER = ZoneInfo("America/Denver")
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=DENVER)
TUESDAY = date(2026, 3, 3)


class Office:
    """The simulated office, the client under test, and the truth behind it."""

    def __init__(self, running: RunningSimulator) -> None:
        self.running = running
        self.bench = self.client_with()
        self.client = self.bench.client

    def client_with(self, **settings: Any) -> Bench:
        developer, customer = self.running.authorization.removeprefix("ODFHIR ").split("/")
        return Bench(self.running.url, keys=Keys({"devKey": developer, "custKey": customer}), **settings)

    def control(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.running.control_url}/{path}", data, timeout=10) as told:  # noqa: S310
            return json.load(told)

    def fault(self, kind: str, method: str, **more: Any) -> None:
        self.control("faults", [{"match": {"method": method}, "fault": {"kind": kind, **more}}])

    def truth(self, appointment_id: str) -> dict[str, Any]:
        (row,) = self.control(f"truth/appointments?appointment_id={appointment_id}")["appointments"]
        assert isinstance(row, dict)
        return row

    def sent(self, method: str) -> int:
        return sum(one["method"] == method for one in self.control("requests")["requests"])


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with running_simulator(now=NOW) as simulator:
        yield simulator


@pytest.fixture
def office(running: RunningSimulator) -> Office:
    running.simulator.reset()
    return Office(running)


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=DENVER)


def book(client: OpenDentalClient, hour: int = 19, place: Place | None = None) -> Appointment:
    """A visit in the evening, when nothing else is there."""
    place = place or Place("1", "1")
    return client.create_appointment(
        NewAppointment("1001", at(hour), 30, place, "/XXXX/", "[ref 7F3KQ2] evening visit")
    )


def new_patient(**changes: Any) -> NewPatient:
    person = {
        "first_name": "Testa",
        "last_name": "Newcomer",
        "date_of_birth": "1990-01-02",
        "phone": "+1 907 555 0142",
        "email": "testa@example.org",
        **changes,
    }
    return NewPatient.model_validate(person)


# ---------------------------------------------------------------------------------------------------- the office


def test_the_office_says_what_it_is(office: Office) -> None:
    check = office.client.check_office()

    assert check.permissions["ApiReadAll"]
    assert check.provider_count >= 2
    assert check.wall_time is not None
    assert abs(check.wall_time - NOW.replace(tzinfo=None)) < timedelta(minutes=2)
    assert check.utc_offset == timedelta(hours=-7)
    assert check.version


def test_a_server_that_stamps_in_utc_is_told_by_its_offset(office: Office) -> None:
    office.control("switches", {"server_clock": "utc"})

    assert office.client.check_office().utc_offset == timedelta(0)


def test_providers_chairs_and_lists_are_read(office: Office) -> None:
    client = office.client

    assert {one.id for one in client.providers()} == ids(office, "providers", "provider_id")
    assert {one.id for one in client.operatories()} == ids(office, "operatories", "operatory_id")
    assert any(one.is_hygiene for one in client.operatories())
    assert any(one.is_hygienist for one in client.providers())
    assert client.appointment_types()
    assert any(one.name == "Confirmed" or "onfirmed" in one.name for one in client.definitions(2))
    assert client.preference("ProgramVersion")
    assert client.preference("NoSuchPreference") is None
    assert isinstance(client.locations(), list)
    assert client.schedule_operatories(operatory_id="1")


def ids(office: Office, noun: str, key: str) -> set[str]:
    return {row[key] for row in office.control(f"truth/{noun}")[noun]}


def test_three_weeks_of_hours_are_read_whole(office: Office) -> None:
    schedule = office.client.schedule(date(2026, 3, 2), date(2026, 3, 22))

    assert len(schedule.work_blocks) > 20
    assert schedule.blockouts
    assert all(block.start < block.end for block in schedule.work_blocks)


def test_every_appointment_of_three_months_is_read_once(office: Office) -> None:
    found = office.client.appointments(date(2026, 1, 1), date(2026, 3, 31))
    rows = office.control("truth/appointments")["appointments"]
    expected = {
        row["appointment_id"] for row in rows if row["start"] and "2026-01-01" <= row["start"][:10] <= "2026-03-31"
    }

    assert len(found) > 100
    assert len(found) == len({one.id for one in found})
    assert {one.id for one in found} == expected


def test_appointments_are_read_as_they_are(office: Office) -> None:
    for one in office.client.appointments(date(2026, 3, 2), date(2026, 3, 6)):
        truth = office.truth(one.id)
        assert one.start is not None
        assert one.end is not None
        assert one.start.isoformat() == truth["start"]
        assert one.end.isoformat() == truth["end"]
        assert (one.operatory_id, one.patient_id) == (truth["operatory_id"], truth["patient_id"])
        main = truth["hygienist_id"] if truth["is_hygiene"] and truth["hygienist_id"] else truth["provider_id"]
        assert one.provider_id == main


def test_the_vendors_own_slots_are_read(office: Office) -> None:
    openings = office.client.openings(TUESDAY, TUESDAY, minutes=20, provider_id="1")

    assert all(one.provider_id == "1" and one.start < one.end for one in openings)


def test_chair_availability_against_the_truth(office: Office) -> None:
    rows = [row for row in office.control(f"truth/appointments?date={TUESDAY}")["appointments"]]
    taken = next(row for row in rows if row["status"] == "Scheduled")
    start = datetime.fromisoformat(taken["start"])

    found = office.client.check_operatory_availability(taken["operatory_id"], start, 10)

    assert not found.is_free
    assert taken["appointment_id"] in found.appointment_ids
    assert office.client.check_operatory_availability("1", at(21), 30).is_free
    with pytest.raises(OperatoryNotFound):
        office.client.check_operatory_availability("999", at(21), 30)


# ------------------------------------------------------------------------------------------------------ patients


def test_a_new_patient_is_created_found_and_changed(office: Office) -> None:
    client = office.client

    created = client.create_patient(new_patient())

    assert client.patient(created.id) == created
    assert created.date_of_birth == date(1990, 1, 2)
    for query in (
        PatientQuery(phone="907.555.0142"),
        PatientQuery(email="TESTA@example.org"),
        PatientQuery(last_name="newcomer", first_name="TESTA", date_of_birth=date(1990, 1, 2)),
    ):
        assert [one.id for one in client.find_patients(query)] == [created.id]
    changed = client.update_patient(created.id, PatientChanges(email="", preferred_name="Tess"))
    assert (changed.email, changed.preferred_name) == (None, "Tess")


@pytest.mark.parametrize("error_body", ["json", "raw"])
def test_a_duplicate_patient_is_refused_and_told(office: Office, error_body: str) -> None:
    office.control("switches", {"error_body": error_body})
    office.client.create_patient(new_patient())

    with pytest.raises(EhrDuplicatePatient):
        office.client.create_patient(new_patient())


def test_every_patient_is_listed_once_over_all_pages(office: Office) -> None:
    rows = office.control("truth/patients")["patients"]
    assert len(rows) > 100

    found = [one.id for one in office.client.list_full_patients()]

    assert len(found) == len(set(found))
    assert set(found) <= {row["patient_id"] for row in rows}
    assert len(found) > 100


def test_two_clinics_of_one_database_are_kept_apart_but_a_person_has_one_chart() -> None:
    with running_simulator([OfficeSpec(clinics=2)], now=NOW) as running:
        two = Office(running)
        north, south = (two.client_with(clinic_number=number) for number in (1, 2))
        chair = next(one for one in north.client.operatories() if one.location_id == "1" and one.provider_id)
        created = north.client.create_patient(new_patient())
        booked = north.client.create_appointment(
            NewAppointment(created.id, at(19), 30, Place(chair.id, chair.provider_id or ""), "/XXXX/", "")
        )

        assert (created.location_id, booked.location_id) == ("1", "1")
        assert (found_by(north), found_by(south)) == ([created.id], [])
        assert (booked_for(created.id, north), booked_for(created.id, south)) == ([booked.id], [])
        assert list_operatories(record(south), south.client) != list_operatories(record(north), north.client)
        book = LiveBook(south.client, FakeClaims(), record(south))
        with pytest.raises(AppointmentNotFound):
            find_slots_for_visit(record(south), booked.id, MoveQuery(), book, south.clock)
        with pytest.raises(LocationNotFound, match="chairs in 1, 2"):
            list_operatories(record(two.client_with(clinic_number=9)), two.client)
        by_phone = PatientQuery(phone="907.555.0142")
        assert created in south.client.find_patients(by_phone)


def record(bench: Bench) -> PracticeRecord:
    return PracticeRecord(bench.practice, 1, "account-1")


def found_by(bench: Bench) -> list[str]:
    answer = search_patients(record(bench), PatientQuery(email="testa@example.org"), bench.client)
    return [one["patient_id"] for one in answer["patients"]]


def booked_for(patient_id: str, bench: Bench) -> list[str]:
    answer = patient_visits(record(bench), patient_id, bench.client, bench.clock)
    return [one["appointment_id"] for one in answer["upcoming"]]


def test_a_server_that_ignores_offset_gives_no_list_that_is_longer_than_a_page(office: Office) -> None:
    office.control("switches", {"offset": "ignore"})

    with pytest.raises(EhrUnavailable):
        office.client.list_patients()


def test_a_key_that_no_office_has_entered_is_a_refused_key_and_no_invalid_request(office: Office) -> None:
    office.control("switches", {"unknown_key": "not_assigned"})
    developer, _ = office.running.authorization.removeprefix("ODFHIR ").split("/")
    stranger = Bench(office.running.url, keys=Keys({"devKey": developer, "custKey": "NotEnteredYet"}))

    with pytest.raises(EhrKeyRefused):
        stranger.client.providers()

    assert stranger.keys.fetches == [False]
    assert [(one.status, one.outcome) for one in stranger.audit] == [(400, "ehr_key_refused")]


@pytest.mark.parametrize("status", [400, 200])
def test_an_office_whose_econnector_does_not_run_is_offline_with_whatever_status(office: Office, status: int) -> None:
    office.control("switches", {"offline_status": status})
    office.fault("offline", "GET")
    visit = book(office.client)

    with pytest.raises(EhrOffline):
        office.client.patient_appointments("1001")

    office.fault("offline", "PUT")
    with pytest.raises(EhrOffline if status == 400 else EhrOutcomeUnknown):
        office.client.cancel_appointment(visit.id, send_to_unscheduled_list=True)
    assert office.truth(visit.id)["status"] == "Scheduled"


def test_an_unknown_patient_is_not_found(office: Office) -> None:
    with pytest.raises(PatientNotFound):
        office.client.patient("999999")


# -------------------------------------------------------------------------------------------------- appointments


def test_a_visit_is_booked_moved_confirmed_noted_and_cancelled(office: Office) -> None:
    client = office.client
    booked = book(client)
    assert booked == client.appointment(booked.id)
    assert (booked.start, booked.minutes, booked.note) == (at(19), 30, "[ref 7F3KQ2] evening visit")
    assert booked in client.patient_appointments("1001")

    moved = client.move_appointment(booked.id, Move(at(20), 60, Place("2", "1")))
    assert (moved.start, moved.operatory_id, moved.note) == (at(20), "2", booked.note)
    assert moved.minutes == 30

    assert not client.is_confirmed(moved)
    client.confirm_appointment(booked.id)
    assert client.is_confirmed(client.appointment(booked.id))
    client.add_note(booked.id, "will be five minutes late")
    assert "five minutes late" in client.appointment(booked.id).note

    client.cancel_appointment(booked.id, send_to_unscheduled_list=True)
    cancelled = client.appointment(booked.id)
    assert cancelled.status is AppointmentStatus.WAITLIST
    assert not cancelled.occupies
    actions = {entry.action for entry in client.appointment_history(appointment_id=booked.id)}
    assert {"Created", "Changed"} <= actions


def test_a_hygiene_visit_takes_the_hygienists_time(office: Office) -> None:
    chair = next(one for one in office.client.operatories() if one.is_hygiene and one.hygienist_id)
    assert chair.hygienist_id is not None

    booked = book(office.client, place=Place(chair.id, chair.hygienist_id, None, is_hygiene=True))

    assert booked.provider_id == chair.hygienist_id
    assert {time.provider_id for time in booked.provider_times} == {chair.hygienist_id}
    assert office.truth(booked.id)["hygienist_id"] == chair.hygienist_id


def test_a_definition_of_the_offices_own_confirms_too(office: Office) -> None:
    states = office.client.definitions(2)
    client = office.client_with(confirmed_def=states[-1].id).client
    booked = book(client)

    client.confirm_appointment(booked.id)

    assert office.truth(booked.id)["confirmed_def"] == states[-1].id
    assert client.is_confirmed(client.appointment(booked.id))


def test_an_update_sends_absolute_values(office: Office) -> None:
    booked = book(office.client)

    changed = office.client.update_appointment(booked.id, AppointmentChanges(time_pattern="XX"))

    assert changed.minutes == 10


def test_a_deleted_appointment_is_not_found_but_stands_in_history(office: Office) -> None:
    booked = book(office.client)
    office.control("staff", {"action": "delete", "appointment_id": booked.id})

    with pytest.raises(AppointmentNotFound):
        office.client.appointment(booked.id)
    for call in writes(booked.id)[1:]:
        with pytest.raises(AppointmentNotFound):
            call(office.client)
    assert "Deleted" in {entry.action for entry in office.client.appointment_history(patient_id="1001")}


def test_an_office_that_refuses_overlaps_says_so(office: Office) -> None:
    office.control("switches", {"overlap": "reject"})
    book(office.client)

    with pytest.raises(SlotTaken):
        book(office.client)


def test_an_unknown_patient_cannot_be_booked(office: Office) -> None:
    with pytest.raises(PatientNotFound):
        office.client.create_appointment(NewAppointment("999999", at(19), 20, Place("1", "1"), "/XX/", "note"))


@pytest.mark.parametrize("empty_answers", ["empty", "text"])
@pytest.mark.parametrize("status", ["UnschedList", "Broken"])
def test_a_cancellation_is_told_whatever_the_office_makes_of_it(
    office: Office, empty_answers: str, status: str
) -> None:
    office.control("switches", {"empty_answers": empty_answers, "broken_to_list_status": status})
    booked = book(office.client)

    office.client.cancel_appointment(booked.id, send_to_unscheduled_list=True)

    assert not office.client.appointment(booked.id).occupies


def test_newer_rows_are_read_like_older_ones(office: Office) -> None:
    office.control("switches", {"fields_2026": "true", "echo_server_date_time": "blank"})

    assert book(office.client).minutes == 30


# -------------------------------------------------------------------------------------------------------- faults


def writes(appointment_id: str) -> list[Callable[[OpenDentalClient], Any]]:
    return [
        lambda client: book(client, 20),
        lambda client: client.move_appointment(appointment_id, Move(at(20), 60, Place("1", "1"))),
        lambda client: client.cancel_appointment(appointment_id, send_to_unscheduled_list=True),
        lambda client: client.confirm_appointment(appointment_id),
        lambda client: client.add_note(appointment_id, "rang"),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "status", "status": 500},
        {"kind": "status_after", "status": 503},
        {"kind": "html"},
        {"kind": "html_after"},
        {"kind": "timed_out"},
        {"kind": "timed_out_after"},
        {"kind": "truncate"},
        {"kind": "garbage"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_booking_whose_answer_is_lost_is_unknown_and_sent_once(office: Office, fault: dict[str, Any]) -> None:
    office.control("faults", [{"match": {"method": "POST"}, "fault": fault}])

    with pytest.raises(EhrOutcomeUnknown):
        book(office.client)

    assert office.sent("POST") == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "offline"}, EhrOffline),
        ({"kind": "too_many_requests", "retry_after": 30}, EhrBusy),
        ({"kind": "too_many_requests"}, EhrBusy),
    ],
    ids=["offline", "429 with Retry-After", "429 without"],
)
@pytest.mark.parametrize("which", range(5), ids=["create", "move", "cancel", "confirm", "note"])
def test_a_write_that_certainly_had_no_effect_says_so(
    office: Office, which: int, fault: dict[str, Any], error: type[OpenChairError]
) -> None:
    booked = book(office.client)
    method = "POST" if which == 0 else "PUT"
    before = office.truth(booked.id), office.sent(method)
    office.control("faults", [{"match": {"method": method}, "fault": fault}])

    with pytest.raises(error):
        writes(booked.id)[which](office.client)

    assert (office.truth(booked.id), office.sent(method)) == (before[0], before[1] + 1)


@pytest.mark.parametrize("kind", ["drop", "reset", "html", "truncate", "garbage", "timed_out", "status"])
def test_a_read_survives_one_fault(office: Office, kind: str) -> None:
    office.fault(kind, "GET")

    assert office.client.patient("1001").id == "1001"
    assert office.sent("GET") == 2


def test_a_read_gives_up_after_three_faults(office: Office) -> None:
    office.control("faults", [{"match": {"method": "GET", "times": 0}, "fault": {"kind": "status", "status": 503}}])

    with pytest.raises(EhrUnavailable):
        office.client.patient("1001")

    assert office.sent("GET") == 3


def test_a_disabled_key_is_refused_after_one_more_try(office: Office) -> None:
    office.control("keys", {"enabled": False})

    with pytest.raises(EhrKeyRefused):
        office.client.patient("1001")

    assert office.bench.keys.fetches == [False, True]


def test_a_missing_permission_is_a_refused_key(office: Office) -> None:
    office.control("permissions", {"revoke": ["ApiAppointments"]})

    with pytest.raises(EhrKeyRefused):
        book(office.client)


def test_a_vendor_that_refuses_early_calls_finds_none(office: Office) -> None:
    office.control("throttle", {"mode": "refuse", "tier": "enterprise"})
    bench = office.client_with(clock=RealClock(), throttle="enterprise")

    booked = book(bench.client)
    bench.client.appointment(booked.id)
    bench.client.confirm_appointment(booked.id)
    bench.client.appointment(booked.id)

    assert bench.outcomes == ["ok"] * 4


def test_a_vendor_that_says_when_to_come_back_is_waited_for(office: Office) -> None:
    office.control("faults", [{"match": {"method": "GET"}, "fault": {"kind": "too_many_requests", "retry_after": 7}}])

    assert office.client.patient("1001").id == "1001"
    assert office.bench.clock.monotonic() == pytest.approx(7.03, abs=0.001)


def test_the_audit_of_a_day_names_operations_and_no_patient(office: Office) -> None:
    booked = book(office.client)
    office.client.cancel_appointment(booked.id, send_to_unscheduled_list=True)

    lines = [(call.operation, call.status, call.outcome, call.attempt) for call in office.bench.audit]

    assert lines == [("create_appointment", 201, "ok", 1), ("cancel_appointment", 200, "ok", 1)]
