"""Each call of the Open Dental client: what it asks, and what it makes of the answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
from responses.matchers import query_param_matcher

from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.open_dental.nouns import AppointmentChanges, PatientChanges
from openchair.errors import (
    AppointmentNotFound,
    EhrDuplicatePatient,
    EhrKeyRefused,
    EhrOutcomeUnknown,
    EhrUnavailable,
    OperatoryNotFound,
    PatientNotFound,
)
from openchair.limits import KEY_TRIED_AGAIN
from openchair.models.person import NewPatient, PatientQuery
from openchair.models.visit import AppointmentStatus, Move, NewAppointment, Place
from openchair.people import fits
from openchair.ports import EhrClient, OfficeReader, PatientReader, ScheduleReader
from tests.clients.support import BASE, Bench, appointment_row, patient_row, queries, sent_body

DENVER = ZoneInfo("America/Denver")
MONDAY = date(2026, 3, 2)


@pytest.fixture
def ehr() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_it_satisfies_the_ports_of_the_core() -> None:
    client: EhrClient = Bench().client
    office: OfficeReader = Bench().client
    reader: PatientReader = client
    schedules: ScheduleReader = client

    assert all(isinstance(one, OpenDentalClient) for one in (client, office, reader, schedules))


@pytest.mark.parametrize(("setting", "in_place"), [("move", True), ("rebook", False)])
def test_the_practice_decides_whether_a_move_is_in_place(setting: str, in_place: bool) -> None:
    capabilities = Bench(reschedule=setting).client.capabilities

    assert capabilities.moves_in_place is in_place
    assert not capabilities.writes_asynchronously


# ----------------------------------------------------------------------------------------------------- patients


def test_a_patient_is_read_by_id(ehr: Any) -> None:
    ehr.get(f"{BASE}/patients/7", json=patient_row())

    assert Bench().client.patient("7").last_name == "Canarsson"


@pytest.mark.parametrize("patient_id", ["x", "0", "-7", "7.0", "../7", "7?x=1", "٧", "1" * 20])
def test_an_id_of_another_form_is_not_found_without_a_call(patient_id: str) -> None:
    client = Bench().client

    with pytest.raises(PatientNotFound):
        client.patient(patient_id)
    with pytest.raises(AppointmentNotFound):
        client.appointment(patient_id)


def test_a_deleted_patient_keeps_a_row_but_is_not_found(ehr: Any) -> None:
    ehr.get(f"{BASE}/patients/7", json=patient_row(PatStatus="Deleted"))
    ehr.get(f"{BASE}/patients/Simple", json=[patient_row(PatStatus="Deleted"), patient_row(PatNum=8)])

    with pytest.raises(PatientNotFound):
        Bench().client.patient("7")
    assert [one.id for one in Bench().client.list_full_patients()] == ["8"]


def matches(query: PatientQuery) -> list[str]:
    """Who is left of those the client finds once the core has compared."""
    return [one.id for one in Bench().client.find_patients(query) if fits(one, query)]


@pytest.mark.parametrize("field", ["HmPhone", "WkPhone", "WirelessPhone"])
@pytest.mark.parametrize("stored", ["(303)555-0101", "3035550101", "1-303-555-0101", "+1 303.555.0101"])
def test_a_phone_is_found_in_any_field_and_punctuation(ehr: Any, field: str, stored: str) -> None:
    ehr.get(f"{BASE}/patients", json=[patient_row(**{"HmPhone": "", field: stored})])

    assert matches(PatientQuery(phone="(303) 555-0101")) == ["7"]
    assert queries(ehr)[0]["Phone"] == "3035550101"


def test_a_phone_gives_the_whole_family_and_nobody_who_matches_in_part(ehr: Any) -> None:
    rows = [patient_row(), patient_row(PatNum=8, FName="Bo"), patient_row(PatNum=9, HmPhone="(303)555-01019")]
    ehr.get(f"{BASE}/patients", json=rows)

    assert matches(PatientQuery(phone="3035550101")) == ["7", "8"]


def asked_for(ehr: Any, phone: str, rows: list[dict[str, Any]]) -> None:
    ehr.get(f"{BASE}/patients", json=rows, match=[query_param_matcher({"Phone": phone}, strict_match=False)])


def test_a_family_stored_in_two_punctuations_comes_whole_even_where_the_filter_minds_punctuation(ehr: Any) -> None:
    plain = patient_row(WirelessPhone="3035550101", HmPhone="", WkPhone="")
    punctuated = patient_row(PatNum=8, WirelessPhone="(303)555-0101")
    asked_for(ehr, "3035550101", [plain])
    asked_for(ehr, "0101", [plain, punctuated, patient_row(PatNum=9, WirelessPhone="(303)555-9999", HmPhone="0101")])

    assert matches(PatientQuery(phone="+13035550101")) == ["7", "8"]


def test_a_chart_that_holds_a_number_in_two_ways_proves_nothing_of_the_filter(ehr: Any) -> None:
    both = patient_row(WirelessPhone="3035550101", HmPhone="(303)555-0101", WkPhone="")
    asked_for(ehr, "3035550101", [both])
    asked_for(ehr, "0101", [both, patient_row(PatNum=8, WirelessPhone="303-555-0101")])

    assert matches(PatientQuery(phone="303-555-0101")) == ["7", "8"]


def test_a_filter_that_proves_to_look_past_punctuation_is_asked_once(ehr: Any) -> None:
    asked_for(ehr, "3035550101", [patient_row(WirelessPhone="(303)555-0101")])

    assert matches(PatientQuery(phone="303-555-0101")) == ["7"]
    assert len(ehr.calls) == 1


def test_an_email_is_matched_whole_and_without_case(ehr: Any) -> None:
    rows = [patient_row(Email=" Alva@Example.org "), patient_row(PatNum=8, Email="not.alva@example.org")]
    ehr.get(f"{BASE}/patients", json=rows)

    assert matches(PatientQuery(email="ALVA@example.org")) == ["7"]


def test_a_name_is_asked_for_by_birth_date_however_it_is_spelled(ehr: Any) -> None:
    rows = [
        patient_row(),
        patient_row(PatNum=8, LName="CANARSSON ", FName="Alvarina", Preferred="Alva"),
        patient_row(PatNum=9, LName="Canarsson-Lind"),
        patient_row(PatNum=10, Birthdate="1984-05-07"),
        patient_row(PatNum=11, FName="Alvar"),
        patient_row(PatNum=12, LName="C\u00e1nars-son Jr."),
    ]
    ehr.get(f"{BASE}/patients/Simple", json=rows)
    query = PatientQuery(last_name="Canarsson", first_name="Alva", date_of_birth=date(1984, 5, 6))

    assert matches(query) == ["7", "8", "12"]
    assert queries(ehr) == [{"Birthdate": "1984-05-06", "Limit": "100", "Offset": "0"}]


NEW_PATIENT = NewPatient.model_validate(
    {"first_name": "Alva", "last_name": "Canarsson", "date_of_birth": "1984-05-06", "phone": "303-555-0101"}
)


def test_a_patient_is_created(ehr: Any) -> None:
    ehr.post(f"{BASE}/patients", status=201, json=patient_row(PatNum=99))

    assert Bench(clinic_number=5).client.create_patient(NEW_PATIENT).id == "99"
    assert sent_body(ehr)["ClinicNum"] == 5


def test_a_duplicate_patient_is_told_apart(ehr: Any) -> None:
    text = "A patient with the same name, birthdate and contact information already exists."
    ehr.post(f"{BASE}/patients", status=400, json=text)

    with pytest.raises(EhrDuplicatePatient):
        Bench().client.create_patient(NEW_PATIENT)


@pytest.mark.parametrize("body", ["", "{}", '{"PatNum": 0}', "<html>", '"created"'])
def test_a_201_without_an_id_is_an_unknown_outcome(ehr: Any, body: str) -> None:
    ehr.post(f"{BASE}/patients", status=201, body=body)

    with pytest.raises(EhrOutcomeUnknown):
        Bench().client.create_patient(NEW_PATIENT)


def test_a_patient_update_sends_only_what_changes_and_can_clear(ehr: Any) -> None:
    ehr.put(f"{BASE}/patients/7", json=patient_row(Email=""))

    Bench().client.update_patient("7", PatientChanges(email="", phone="3035550109"))

    assert sent_body(ehr) == {"Email": "", "WirelessPhone": "(303)555-0109"}


# ------------------------------------------------------------------------------------------------- appointments


def test_a_days_appointments_are_those_of_every_clinic(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments", json=[appointment_row(), appointment_row(AptNum=35, ClinicNum=9)])

    found = Bench(clinic_number=1).client.appointments(MONDAY, MONDAY)

    assert [one.location_id for one in found] == [None, "9"]
    assert queries(ehr)[0] == {"dateStart": "2026-03-02", "dateEnd": "2026-03-02", "Limit": "100", "Offset": "0"}


def test_rows_beyond_a_filter_that_was_ignored_are_left_out(ehr: Any) -> None:
    other_day = appointment_row(AptNum=35, AptDateTime="2026-03-03 09:00:00")
    other_patient = appointment_row(AptNum=36, PatNum=8)
    ehr.get(f"{BASE}/appointments", json=[appointment_row(), other_day, other_patient])

    assert [one.id for one in Bench().client.appointments(MONDAY, MONDAY)] == ["34", "36"]
    assert [one.id for one in Bench().client.patient_appointments("7")] == ["34", "35"]


def test_appointments_of_an_unknown_patient(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments", status=404, json="Patient not found")

    with pytest.raises(PatientNotFound):
        Bench().client.patient_appointments("7")


def test_an_appointment_is_created_and_given_back_as_the_ehr_holds_it(ehr: Any) -> None:
    ehr.post(f"{BASE}/appointments", status=201, json=appointment_row(AptNum=77, serverDateTime=""))
    new = NewAppointment("7", datetime(2026, 3, 2, 9, tzinfo=DENVER), 20, Place("3", "1"), "/XX/", "note", "12")

    created = Bench().client.create_appointment(new)

    assert created.id == "77"
    assert sent_body(ehr)["AppointmentTypeNum"] == 12


def test_a_move_sends_time_chair_and_providers_and_no_more(ehr: Any) -> None:
    ehr.put(f"{BASE}/appointments/34", json=appointment_row())

    Bench().client.move_appointment("34", Move(datetime(2026, 3, 3, 9, tzinfo=DENVER), 60, Place("4", "1")))

    assert sent_body(ehr) == {"AptDateTime": "2026-03-03 09:00:00", "Op": 4, "ProvNum": 1, "IsHygiene": "false"}


def test_an_update_sends_absolute_values(ehr: Any) -> None:
    ehr.put(f"{BASE}/appointments/34", json=appointment_row())
    changes = AppointmentChanges(time_pattern="XX", status=AppointmentStatus.WAITLIST, appointment_type_id="3")

    Bench().client.update_appointment("34", changes)

    assert sent_body(ehr) == {"Pattern": "XX", "AptStatus": "UnschedList", "AppointmentTypeNum": 3}


@pytest.mark.parametrize(
    ("to_list", "break_type", "body"),
    [
        (True, None, {"sendToUnscheduledList": "true"}),
        (False, "Cancelled", {"sendToUnscheduledList": "false", "breakType": "Cancelled"}),
    ],
)
def test_a_cancellation_breaks_the_appointment(
    ehr: Any, to_list: bool, break_type: str | None, body: dict[str, str]
) -> None:
    ehr.put(f"{BASE}/appointments/34/Break", body="")

    Bench(break_type=break_type).client.cancel_appointment("34", send_to_unscheduled_list=to_list)

    assert sent_body(ehr) == body


@pytest.mark.parametrize(("confirmed_def", "body"), [(None, {"confirmVal": "Confirmed"}), ("21", {"defNum": 21})])
def test_a_confirmation_sends_exactly_one_of_value_and_definition(
    ehr: Any, confirmed_def: str | None, body: dict[str, Any]
) -> None:
    ehr.put(f"{BASE}/appointments/34/Confirm", body="")

    Bench(confirmed_def=confirmed_def).client.confirm_appointment("34")

    assert sent_body(ehr) == body


def state_of_accepted_confirmations(ehr: Any, *values: str) -> None:
    rows = [{"PrefNum": 9, "PrefName": "ApptEConfirmStatusAccepted", "ValueString": value} for value in values]
    matcher = query_param_matcher({"PrefName": "ApptEConfirmStatusAccepted"}, strict_match=False)
    ehr.get(f"{BASE}/preferences", json=rows, match=[matcher])


@pytest.mark.parametrize("name", ["eConfirmed", "OK by phone", ""])
def test_a_visit_is_confirmed_in_the_state_that_the_office_chose_for_accepted_confirmations(
    ehr: Any, name: str
) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=24, confirmed=name))
    state_of_accepted_confirmations(ehr, "24")
    client = Bench().client

    assert client.is_confirmed(client.appointment("34"))


@pytest.mark.parametrize("name", ["Could not be confirmed", "Not yet confirmed", "Confirmed"])
def test_a_visit_is_not_confirmed_in_another_state_whatever_its_name(ehr: Any, name: str) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=21, confirmed=name))
    state_of_accepted_confirmations(ehr, "24")
    client = Bench().client

    assert not client.is_confirmed(client.appointment("34"))


def test_the_configured_state_goes_before_the_offices_own_and_costs_no_request(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=21, confirmed="OK'd"))
    client = Bench(confirmed_def="21").client

    assert client.is_confirmed(client.appointment("34"))
    assert len(ehr.calls) == 1


def test_the_offices_state_is_asked_for_once_in_a_quarter_of_an_hour_and_only_where_it_matters(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row())
    ehr.get(f"{BASE}/appointments", json=[appointment_row()])
    state_of_accepted_confirmations(ehr, "24")
    bench = Bench()

    visit = bench.client.appointment("34")
    bench.client.appointments(MONDAY, MONDAY)
    assert "read_preference" not in [call.operation for call in bench.audit]

    assert [bench.client.is_confirmed(visit) for _ in range(3)] == [False] * 3
    assert [call.operation for call in bench.audit].count("read_preference") == 1
    bench.clock.advance(901)
    bench.client.is_confirmed(visit)
    assert [call.operation for call in bench.audit].count("read_preference") == 2


@pytest.mark.parametrize("values", [(), ("0",), ("",), ("yes",)])
def test_where_the_office_has_chosen_no_state_no_visit_is_confirmed(ehr: Any, values: tuple[str, ...]) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=21, confirmed="Confirmed"))
    state_of_accepted_confirmations(ehr, *values)
    client = Bench().client

    assert not client.is_confirmed(client.appointment("34"))


def test_where_the_key_may_not_read_the_offices_choice_no_visit_is_confirmed(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=21, confirmed="Confirmed"))
    ehr.get(f"{BASE}/preferences", status=400, json="Preferences are not available")
    client = Bench().client

    assert not client.is_confirmed(client.appointment("34"))


def test_an_office_that_does_not_answer_is_not_taken_for_one_that_has_no_state(ehr: Any) -> None:
    ehr.get(f"{BASE}/appointments/34", json=appointment_row(Confirmed=21))
    ehr.get(f"{BASE}/preferences", status=503)
    client = Bench().client

    with pytest.raises(EhrUnavailable):
        client.is_confirmed(client.appointment("34"))


def test_a_note_is_appended_by_the_vendor(ehr: Any) -> None:
    ehr.put(f"{BASE}/appointments/34/Note", body='"OK"')

    Bench().client.add_note("34", "rang")

    assert sent_body(ehr) == {"Note": "rang"}


@pytest.mark.parametrize("action", ["Break", "Confirm", "Note"])
def test_an_action_on_an_appointment_that_is_gone(ehr: Any, action: str) -> None:
    ehr.put(f"{BASE}/appointments/34/{action}", status=404, json="Appointment not found")
    client = Bench().client
    calls: dict[str, Callable[[], None]] = {
        "Break": lambda: client.cancel_appointment("34", send_to_unscheduled_list=True),
        "Confirm": lambda: client.confirm_appointment("34"),
        "Note": lambda: client.add_note("34", "rang"),
    }

    with pytest.raises(AppointmentNotFound):
        calls[action]()


def test_history_tells_what_became_of_a_deleted_appointment(ehr: Any) -> None:
    row = appointment_row(HistApptNum=5, HistApptAction="Deleted", HistDateTStamp="2026-03-01 10:00:00")
    ehr.get(f"{BASE}/histappointments", json=[row, {**row, "HistApptNum": 6, "PatNum": 8}])

    (entry,) = Bench().client.appointment_history(patient_id="7")

    assert (entry.action, entry.at, entry.appointment.id) == ("Deleted", "2026-03-01 10:00:00", "34")


def test_the_vendors_own_slots_are_whole_stretches_asked_for_by_opnum(ehr: Any) -> None:
    row = {"DateTimeStart": "2026-03-02 08:00:00", "DateTimeEnd": "2026-03-02 10:30:00", "ProvNum": 1, "OpNum": 3}
    backwards = {**row, "DateTimeEnd": "2026-03-02 07:00:00"}
    ehr.get(f"{BASE}/appointments/Slots", json=[row, backwards])

    (opening,) = Bench().client.openings(MONDAY, MONDAY, minutes=30, provider_id="1", operatory_id="3")

    assert opening.end - opening.start == timedelta(minutes=150)
    assert queries(ehr)[0] == {
        "dateStart": "2026-03-02",
        "dateEnd": "2026-03-02",
        "lengthMinutes": "30",
        "ProvNum": "1",
        "OpNum": "3",
        "Limit": "100",
        "Offset": "0",
    }


# --------------------------------------------------------------------------------------------------- the office


PROVIDER = {"ProvNum": 1, "Abbr": "DOC1", "LName": "Lind", "FName": "Ada", "IsHidden": "false"}
CHAIR = {"OperatoryNum": 3, "OpName": "Chair 3", "IsHidden": "false", "ProvDentist": 1}


def test_providers_are_kept_fifteen_minutes(ehr: Any) -> None:
    bench = Bench()
    ehr.get(f"{BASE}/providers", json=[PROVIDER])

    bench.client.providers()
    bench.clock.advance(14 * 60)
    bench.until(10_000).providers()
    assert len(ehr.calls) == 1
    bench.clock.advance(60)
    bench.client.providers()

    assert len(ehr.calls) == 2


@pytest.mark.parametrize(("path", "row"), [("providers", PROVIDER), ("operatories", CHAIR)])
def test_a_list_that_must_not_be_older_than_a_minute_is_read_anew_after_one(
    ehr: Any, path: str, row: dict[str, Any]
) -> None:
    bench = Bench()
    ehr.get(f"{BASE}/{path}", json=[row])
    read = getattr(bench.client, path)
    read()

    bench.clock.advance(59)
    read(max_age_seconds=60)
    assert len(ehr.calls) == 1
    bench.clock.advance(1)
    read(max_age_seconds=60)

    assert len(ehr.calls) == 2


def test_a_list_read_anew_is_kept_for_all(ehr: Any) -> None:
    bench = Bench()
    ehr.get(f"{BASE}/operatories", json=[CHAIR])
    ehr.get(f"{BASE}/operatories", json=[CHAIR | {"IsHidden": "true"}])
    bench.client.operatories()
    bench.clock.advance(60)

    assert bench.client.operatories(max_age_seconds=60)[0].is_hidden
    assert bench.client.operatories()[0].is_hidden


def test_a_failed_read_is_not_kept(ehr: Any) -> None:
    bench = Bench()
    ehr.get(f"{BASE}/operatories", status=401)
    ehr.get(f"{BASE}/operatories", status=401)
    ehr.get(f"{BASE}/operatories", json=[CHAIR])

    with pytest.raises(EhrKeyRefused):
        bench.client.operatories()
    bench.clock.advance(KEY_TRIED_AGAIN)

    assert bench.client.operatories()[0].name == "Chair 3"


def test_the_offices_lists_are_read(ehr: Any) -> None:
    ehr.get(
        f"{BASE}/appointmenttypes",
        json=[{"AppointmentTypeNum": 2, "AppointmentTypeName": "Exam", "Pattern": "", "CodeStr": "D1,D2"}],
    )
    ehr.get(f"{BASE}/clinics", json=[{"ClinicNum": 5, "Description": "North", "Abbr": "N", "IsHidden": "false"}])
    ehr.get(f"{BASE}/definitions", json=[{"DefNum": 21, "ItemName": "Confirmed", "Category": 2, "isHidden": "false"}])
    ehr.get(f"{BASE}/scheduleops", json=[{"ScheduleOpNum": 1, "ScheduleNum": 2, "OperatoryNum": 3}])
    client = Bench().client

    assert client.appointment_types()[0].procedure_codes == ("D1", "D2")
    assert client.locations()[0].id == "5"
    assert client.definitions(2)[0].name == "Confirmed"
    assert client.schedule_operatories(operatory_id="3")[0].schedule_id == "2"


def test_the_schedule_is_that_of_the_days_asked_for(ehr: Any) -> None:
    row = {
        "ScheduleNum": "1",
        "SchedDate": "2026-03-02",
        "StartTime": "08:00:00",
        "StopTime": "17:00:00",
        "SchedType": "Provider",
        "ProvNum": "1",
    }
    ehr.get(f"{BASE}/schedules", json=[row, {**row, "ScheduleNum": "2", "SchedDate": "2026-03-09"}])

    assert len(Bench().client.schedule(MONDAY, MONDAY).work_blocks) == 1


def test_the_office_check_reads_its_clock_and_offset_from_a_row(ehr: Any) -> None:
    permissions = [{"Permission": "ApiReadAll", "HasPermission": "true"}, {"Permission": "ApiComm"}]
    ehr.get(f"{BASE}/securityperms", json=permissions)
    stamp = {"serverDateTime": "2026-03-02 09:00:05 -07:00", "DateTStamp": "2026-01-01 00:00:00 -07:00"}
    ehr.get(f"{BASE}/providers", json=[PROVIDER | stamp, PROVIDER | stamp | {"ProvNum": 2, "IsHidden": "true"}])
    ehr.get(f"{BASE}/preferences", json=[{"PrefName": "ProgramVersion", "ValueString": "25.3.1.0"}])

    check = Bench().client.check_office()

    assert check.permissions == {"ApiReadAll": True, "ApiComm": False}
    assert check.provider_count == 1
    assert check.wall_time == datetime(2026, 3, 2, 9, 0, 5)  # noqa: DTZ001
    assert check.utc_offset == timedelta(hours=-7)
    assert check.version == "25.3.1.0"
    assert queries(ehr)[1]["DateTimeFormatString"] == "yyyy-MM-dd HH:mm:ss zzz"


@pytest.mark.parametrize(
    ("stamp", "has_wall", "offset"),
    [
        ("2026-03-02 09:00:05", True, None),
        ("2026-03-02 09:00:05 +05:30", True, timedelta(hours=5, minutes=30)),
        ("", False, None),
        ("soon", False, None),
    ],
)
def test_an_older_office_tells_less_of_itself(ehr: Any, stamp: str, has_wall: bool, offset: timedelta | None) -> None:
    ehr.get(f"{BASE}/securityperms", status=400, json="securityperms GET is not a valid method.")
    ehr.get(f"{BASE}/providers", json=[PROVIDER | {"serverDateTime": stamp}])
    ehr.get(f"{BASE}/preferences", json=[])

    check = Bench().client.check_office()

    assert check.permissions == {}
    assert (check.wall_time is not None) is has_wall
    assert check.utc_offset == offset
    assert check.version is None


class TestOperatoryAvailability:
    @pytest.fixture
    def office(self, ehr: Any) -> Any:
        hidden = CHAIR | {"OperatoryNum": 4, "IsHidden": "true"}
        ehr.get(f"{BASE}/operatories", json=[CHAIR, hidden])
        lunch = {
            "ScheduleNum": "1",
            "SchedDate": "2026-03-02",
            "StartTime": "12:00:00",
            "StopTime": "13:00:00",
            "SchedType": "Blockout",
            "operatories": "3",
        }
        closed = {
            "ScheduleNum": "2",
            "SchedDate": "2026-03-03",
            "StartTime": "00:00:00",
            "StopTime": "00:00:00",
            "SchedType": "Practice",
        }
        ehr.get(f"{BASE}/schedules", json=[lunch, closed])
        rows = [
            appointment_row(),
            appointment_row(AptNum=35, Op=4, AptDateTime="2026-03-02 10:00:00"),
            appointment_row(AptNum=36, AptStatus="Broken", AptDateTime="2026-03-02 11:00:00"),
        ]
        ehr.get(f"{BASE}/appointments", json=rows)
        return Bench().client

    def at(self, hour: int, minute: int = 0, day: int = 2) -> datetime:
        return datetime(2026, 3, day, hour, minute, tzinfo=DENVER)

    @pytest.mark.parametrize(("hour", "minute"), [(8, 40), (9, 20), (10, 0), (11, 0), (13, 0)])
    def test_free_is_free_also_right_before_and_after(self, office: OpenDentalClient, hour: int, minute: int) -> None:
        assert office.check_operatory_availability("3", self.at(hour, minute), 20).is_free

    @pytest.mark.parametrize("minute", [0, 5, 15])
    def test_an_appointment_stands_in_the_way(self, office: OpenDentalClient, minute: int) -> None:
        found = office.check_operatory_availability("3", self.at(9, minute).astimezone(UTC), 20)

        assert not found.is_free
        assert found.appointment_ids == ("34",)

    def test_a_blockout_stands_in_the_way(self, office: OpenDentalClient) -> None:
        found = office.check_operatory_availability("3", self.at(11, 30), 60)

        assert not found.is_free
        assert len(found.blockouts) == 1

    def test_a_closed_day_is_not_free(self, office: OpenDentalClient) -> None:
        assert office.check_operatory_availability("3", self.at(9, day=3), 20).is_closed_day

    def test_a_hidden_chair_is_not_free(self, office: OpenDentalClient) -> None:
        assert not office.check_operatory_availability("4", self.at(15), 20).is_free

    def test_an_unknown_chair_is_not_found(self, office: OpenDentalClient) -> None:
        with pytest.raises(OperatoryNotFound):
            office.check_operatory_availability("9", self.at(9), 20)
