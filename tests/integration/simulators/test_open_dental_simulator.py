"""The simulated Open Dental API keeps to the documented wire: shapes, quirks, refusals, defaults."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from tests.integration.simulators.conftest import Caller
from tools.simulators.open_dental.errors import table

TUESDAY = "2026-03-03"
PATIENT_KEYS = (
    "PatNum LName FName MiddleI Preferred PatStatus Gender Position Birthdate SSN Address Address2 City State Zip "
    "HmPhone WkPhone WirelessPhone Guarantor Email EstBalance PriProv priProvAbbr SecProv secProvAbbr FeeSched "
    "BillingType ImageFolder FamFinUrgNote ChartNumber MedicaidID BalTotal EmployerNum DateFirstVisit ClinicNum "
    "clinicAbbr Premed Ward PreferConfirmMethod PreferContactMethod PreferRecallMethod Language AdmitDate "
    "siteDesc DateTStamp SuperFamily TxtMsgOk SecDateEntry"
)
APPOINTMENT_KEYS = (
    "AptNum PatNum AptStatus Pattern Confirmed confirmed TimeLocked Op Note ProvNum provAbbr ProvHyg AptDateTime "
    "NextAptNum UnschedStatus unschedStatus IsNewPatient ProcDescript ClinicNum IsHygiene DateTStamp "
    "DateTimeArrived DateTimeSeated DateTimeDismissed InsPlan1 InsPlan2 DateTimeAskedToArrive colorOverride "
    "AppointmentTypeNum SecUserNumEntry SecDateTEntry Priority PatternSecondary ItemOrderPlanned"
)


def book(call: Caller, **fields: Any) -> dict[str, Any]:
    """A visit on Tuesday evening, after hours, when nothing else is there."""
    body = {"PatNum": 1001, "Op": 1, "AptDateTime": f"{TUESDAY} 19:00:00", **fields}
    told = call.post("appointments", **body)
    assert told.status == 201, told.text
    appointment: dict[str, Any] = told.body
    return appointment


# --- access


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer x",
        "ODFHIR SimDeveloper0001",
        "ODFHIR wrong/SimCustomer00001",
        "ODFHIR SimDeveloper0001/wrong",
        "odfhir SimDeveloper0001/SimCustomer00001",
    ],
)
def test_a_missing_or_wrong_key_is_401(call: Caller, authorization: str) -> None:
    assert call.send("GET", "providers", headers={"Authorization": authorization}).status == 401


def test_a_disabled_key_is_401_until_it_is_enabled(call: Caller) -> None:
    call.control("POST", "keys", {"enabled": False})
    refused = call.get("providers")
    call.control("POST", "keys", {"enabled": True})

    assert (refused.status, call.get("providers").status) == (401, 200)


def test_a_missing_permission_is_401_not_403(call: Caller) -> None:
    call.control("POST", "permissions", {"revoke": ["ApiAppointments"]})

    assert call.post("appointments", PatNum=1001, Op=1, AptDateTime=f"{TUESDAY} 19:00:00").status == 401
    rights = {row["Permission"]: row["HasPermission"] for row in call.get("securityperms").body}
    assert (rights["ApiAppointments"], rights["ApiReadAll"]) == ("false", "true")


def test_a_write_needs_the_json_content_type_and_a_read_only_when_switched(call: Caller) -> None:
    plain = {"Content-Type": "text/plain"}

    assert call.send("POST", "patients", body={"LName": "A", "FName": "B"}, headers=plain).status == 400
    assert call.send("GET", "providers", headers=plain).status == 200
    call.control("POST", "switches", {"content_type_on_get": "require"})
    assert call.send("GET", "providers", headers=plain).status == 400


# --- paths and errors


def test_an_unknown_resource_is_404_and_an_unknown_method_is_named(call: Caller) -> None:
    assert call.get("nonsense").status == 404
    told = call.send("DELETE", "appointments/5001")
    assert (told.status, told.body) == (400, "appointments DELETE 5001 is not a valid method.")
    assert call.get("appointments/search").body == "appointments GET search is not a valid method."


def test_error_texts_travel_as_json_strings_or_as_plain_text_by_switch(call: Caller) -> None:
    quoted = call.get("patients/1")
    call.control("POST", "switches", {"error_body": "raw"})
    plain = call.get("patients/1")

    assert (quoted.status, quoted.text, plain.text) == (404, '"Patient not found"', "Patient not found")


def test_paths_ignore_case_unless_switched(call: Caller) -> None:
    assert call.get("Patients/1001").status == 200
    call.control("POST", "switches", {"path_case": "sensitive"})
    assert call.get("Patients/1001").status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_400(call: Caller, body: bytes) -> None:
    assert call.send("POST", "patients", body=body).status == 400


def test_documented_texts_and_invented_ones_are_told_apart() -> None:
    confirmed = {name for name, error in table().items() if error.confirmed}

    assert "PATIENT_NOT_FOUND" in confirmed
    assert "DUPLICATE_PATIENT" not in confirmed


# --- paging


def test_a_page_holds_at_most_a_hundred_rows_and_offset_counts_rows(call: Caller) -> None:
    first, second, third = (call.get("patients/Simple", Limit=500, Offset=offset).body for offset in (0, 100, 200))

    assert (len(first), len(second), third) == (100, 100, [])
    assert len({row["PatNum"] for row in first + second}) == 200


def test_a_limit_above_the_cap_is_refused_when_switched(call: Caller) -> None:
    call.control("POST", "switches", {"limit_above_cap": "refuse"})

    assert call.get("appointments", Limit=101).status == 400


def test_a_date_filter_does_not_lift_the_cap(call: Caller) -> None:
    assert len(call.get("appointments", dateStart="2023-01-01", dateEnd="2026-12-31").body) == 100


def test_a_server_that_ignores_offset_repeats_its_first_page(call: Caller) -> None:
    call.control("POST", "switches", {"offset": "ignore"})

    assert call.get("appointments", Offset=100).body[0] == call.get("appointments").body[0]


# --- patients


def test_a_patient_has_the_documented_keys_in_order(call: Caller) -> None:
    told = call.get("patients/1001")

    assert list(told.body) == PATIENT_KEYS.split()
    assert told.body["Premed"] == "false"
    assert told.body["BillingType"] in ("Standard Account", "Payment Plan")


def test_the_list_has_a_reduced_row_and_simple_a_full_one_with_the_servers_time(call: Caller) -> None:
    reduced, full = call.get("patients", Limit=1).body[0], call.get("patients/Simple", Limit=1).body[0]

    assert not {"Gender", "Guarantor", "DateTStamp", "BalTotal"} & set(reduced)
    assert list(full) == [*PATIENT_KEYS.split(), "serverDateTime"]
    assert full["serverDateTime"].startswith("2026-03-02 07:0")


def test_unknown_parameters_are_refused_on_patients_and_ignored_elsewhere(call: Caller) -> None:
    told = call.get("patients", DateTStamp="2026-01-01 00:00:00")

    assert (told.status, told.body) == (400, "'DateTStamp' is not a valid parameter.")
    assert call.get("patients", page=2).body == "'page' is not a valid parameter."
    assert len(call.get("providers", Nonsense="1").body) == len(call.get("providers").body)


def test_names_match_partially_in_any_case(call: Caller) -> None:
    truth = call.control("GET", "truth/patients", patient_id="1001")["patients"][0]

    found = call.get("patients", LName=truth["last_name"][1:4].upper(), FName=truth["first_name"]).body

    assert 1001 in {row["PatNum"] for row in found}


@pytest.mark.parametrize("typed", ["(303) 555-0100", "303-555-0100", "3035550100", "555.0100"])
def test_a_phone_matches_whatever_the_punctuation(call: Caller, typed: str) -> None:
    assert 1001 in {row["PatNum"] for row in call.get("patients", Phone=typed).body}


def test_archived_patients_are_listed_only_when_asked_for_and_deleted_ones_never(call: Caller) -> None:
    name = call.get("patients/1001").body["LName"]
    for status, by_default, with_archived in (("Archived", False, True), ("Deleted", False, False)):
        call.control("POST", "staff", {"action": "set_patient", "patient_id": 1001, "columns": {"PatStatus": status}})
        plain = {row["PatNum"] for row in call.get("patients", LName=name).body}
        everyone = {row["PatNum"] for row in call.get("patients", LName=name, showArchived="true").body}
        assert (1001 in plain, 1001 in everyone) == (by_default, with_archived)


def test_a_patient_is_created_with_defaults_and_a_location(call: Caller) -> None:
    told = call.post("patients", LName="Brookmere", FName="Ida")

    number = told.body["PatNum"]
    assert told.status == 201
    assert told.headers["Location"] == f"{call.simulator.url}/patients/{number}"
    assert (told.body["Gender"], told.body["Position"], told.body["PatStatus"]) == ("Unknown", "Single", "Patient")
    assert (told.body["Guarantor"], told.body["Birthdate"], told.body["TxtMsgOk"]) == (number, "0001-01-01", "Unknown")
    assert call.get(f"patients/{number}").body == told.body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("LName", ""),
        ("Gender", "female"),
        ("Gender", 1),
        ("Birthdate", "2001-02-30"),
        ("Birthdate", "02/03/2001"),
        ("PatStatus", "Deleted"),
        ("Zip", "123"),
        ("State", "Colorado"),
        ("SSN", "123-45-6789"),
        ("BillingType", "201"),
        ("ChartNumber", "1234567890123456"),
        ("Premed", True),
        ("PriProv", 99),
    ],
)
def test_a_wrong_patient_value_is_refused(call: Caller, field: str, value: object) -> None:
    before = call.control("GET", "state")["offices"][0]["patients"]

    told = call.post("patients", **{"LName": "Brookmere", "FName": "Ida", field: value})

    assert told.status in (400, 404)
    assert call.control("GET", "state")["offices"][0]["patients"] == before


def test_a_missing_name_is_named(call: Caller) -> None:
    assert call.post("patients", LName="Brookmere").body == "FName is required"


def test_a_patient_of_the_same_name_birth_date_and_contact_is_refused(call: Caller) -> None:
    person = {"LName": "Brookmere", "FName": "Ida", "Birthdate": "1990-05-06", "WirelessPhone": "(303)555-7788"}
    call.post("patients", **person)

    again = {**person, "LName": "BROOKMERE", "WirelessPhone": "", "HmPhone": "1-303-555-7788"}
    assert call.post("patients", **again).status == 400
    assert call.post("patients", **{**person, "WirelessPhone": "(303)555-7789"}).status == 201
    assert call.post("patients", **{**person, "Birthdate": "1990-05-07"}).status == 201


def test_what_counts_as_a_duplicate_is_a_switch(call: Caller) -> None:
    person = {"LName": "Brookmere", "FName": "Ida", "Birthdate": "1990-05-06", "WirelessPhone": "(303)555-7788"}
    call.post("patients", **person)
    moved = {**person, "WirelessPhone": "", "HmPhone": "(303)555-7788"}

    call.control("POST", "switches", {"duplicate_contact": "none"})
    assert call.post("patients", LName="Brookmere", FName="Ida", Birthdate="1990-05-06").status == 400
    call.control("POST", "switches", {"duplicate_contact": "same_field"})
    assert call.post("patients", **moved).status == 201


def test_an_update_changes_only_what_was_sent_and_an_empty_text_clears(call: Caller) -> None:
    before = call.get("patients/1001").body
    call.control("POST", "clock", {"advance_seconds": 60})

    after = call.put("patients/1001", Email="", Ward="3").body

    changed = {key for key in before if before[key] != after[key]}
    assert changed <= {"Email", "Ward", "DateTStamp"}
    assert (after["Email"], after["Ward"]) == ("", "3")


def test_a_deleted_patient_cannot_be_changed(call: Caller) -> None:
    call.control("POST", "staff", {"action": "set_patient", "patient_id": 1001, "columns": {"PatStatus": "Deleted"}})

    assert call.put("patients/1001", Ward="3").status == 400
    assert call.post("appointments", PatNum=1001, Op=1, AptDateTime=f"{TUESDAY} 19:00:00").status == 400
    assert call.get("patients/1001").body["PatStatus"] == "Deleted"


def test_simple_returns_what_changed_since(call: Caller) -> None:
    stamp = call.get("patients/Simple", Limit=1).body[0]["serverDateTime"]
    call.control("POST", "clock", {"advance_seconds": 2})
    call.put("patients/1005", Ward="7")

    assert [row["PatNum"] for row in call.get("patients/Simple", DateTStamp=stamp).body] == [1005]


# --- appointments: reading


def test_an_appointment_has_the_documented_keys_and_reads_carry_the_servers_time(call: Caller) -> None:
    row = call.get("appointments", date=TUESDAY).body[0]

    assert list(row) == ["serverDateTime", *APPOINTMENT_KEYS.split()]
    assert list(call.get(f"appointments/{row['AptNum']}").body) == list(row)
    assert isinstance(row["Confirmed"], int)
    assert row["confirmed"] in ("Not Called", "Message Left", "Reminder Sent", "Confirmed")
    assert row["IsHygiene"] in ("true", "false")


def test_fields_of_2026_come_with_their_switch(call: Caller) -> None:
    call.control("POST", "switches", {"fields_2026": True})

    row = call.get("appointments", Limit=1).body[0]

    assert list(row)[list(row).index("ProcDescript") + 1] == "Assistant"
    assert list(row)[-1] == "IsMirrored"


def test_unscheduled_rows_have_no_chair_and_the_null_time(call: Caller) -> None:
    row = call.get("appointments", AptStatus="UnschedList").body[0]

    assert (row["Op"], row["AptDateTime"]) == (0, "0001-01-01 00:00:00")


def test_filters_narrow_by_day_chair_status_and_patient(call: Caller) -> None:
    made = book(call)

    assert made["AptNum"] in {row["AptNum"] for row in call.get("appointments", date=TUESDAY, Op=1).body}
    assert made["AptNum"] in {row["AptNum"] for row in call.get("appointments", PatNum=1001).body}
    assert made["AptNum"] not in {row["AptNum"] for row in call.get("appointments", date=TUESDAY, Op=2).body}
    assert made["AptNum"] not in {
        row["AptNum"] for row in call.get("appointments", PatNum=1001, date="2026-03-04").body
    }
    assert not call.get("appointments", date=TUESDAY, ClinicNum=0).body


def test_the_change_filter_is_strictly_after_a_one_second_stamp(call: Caller) -> None:
    call.control("POST", "clock", {"frozen": True})
    made = book(call)

    same_second = call.get("appointments", DateTStamp=made["DateTStamp"]).body
    second_before = call.get("appointments", DateTStamp="2026-03-02 06:00:00").body

    assert (same_second, [row["AptNum"] for row in second_before]) == ([], [made["AptNum"]])


@pytest.mark.parametrize("stamp", ["2026-03-01T00:00:00", "2026-03-01", "yesterday"])
def test_an_iso_time_is_refused(call: Caller, stamp: str) -> None:
    told = call.get("appointments", DateTStamp=stamp)

    assert (told.status, told.body) == (400, "DateTStamp format must be yyyy-MM-dd HH:mm:ss")


def test_a_format_string_reveals_the_offices_offset(call: Caller) -> None:
    row = call.get("appointments", Limit=1, DateTimeFormatString="yyyy-MM-dd HH:mm:ss zzz").body[0]

    assert row["serverDateTime"].endswith(" -07:00")


# --- appointments: writing


def test_a_new_appointment_gets_the_documented_defaults(call: Caller) -> None:
    told = call.post("appointments", PatNum=1001, Op=1, AptDateTime=f"{TUESDAY} 19:00:00")

    row = told.body
    assert (told.status, told.headers["Location"]) == (201, f"{call.simulator.url}/appointments/{row['AptNum']}")
    assert (row["AptStatus"], row["Pattern"], row["PatternSecondary"]) == ("Scheduled", "/XX/", "////")
    assert (row["confirmed"], row["Priority"], row["IsNewPatient"], row["Note"]) == (
        "Not Called",
        "Normal",
        "false",
        "",
    )
    assert row["ProvNum"] == call.get("patients/1001").body["PriProv"]
    assert row["ClinicNum"] == 1


def test_write_echoes_have_no_server_time_or_a_blank_one_by_switch(call: Caller) -> None:
    absent = book(call)
    call.control("POST", "switches", {"echo_server_date_time": "blank"})

    assert "serverDateTime" not in absent
    assert call.put(f"appointments/{absent['AptNum']}", Note="x").body["serverDateTime"] == ""


def test_a_pattern_is_cut_to_nine_hours(call: Caller) -> None:
    assert len(book(call, Pattern="X" * 200)["Pattern"]) == 108


def test_an_appointment_type_brings_pattern_colour_and_procedures(call: Caller) -> None:
    typed = book(call, AppointmentTypeNum=1)
    own = book(call, AppointmentTypeNum=1, Pattern="XX")

    assert (typed["Pattern"], typed["ProcDescript"], typed["colorOverride"]) == ("/XXXXXXXXXX/", "D1110", "93,154,220")
    assert own["Pattern"] == "XX"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"PatNum": 1}, 404),
        ({"Op": 99}, 404),
        ({"ProvNum": 99}, 404),
        ({"Confirmed": 99}, 404),
        ({"AptDateTime": f"{TUESDAY}T09:00:00"}, 400),
        ({"AptDateTime": "2026-02-30 09:00:00"}, 400),
        ({"AptDateTime": "9999-12-31 23:59:59"}, 400),
        ({"AptStatus": "Broken"}, 400),
        ({"Pattern": "XOX"}, 400),
        ({"Pattern": "XX", "PatternSecondary": "X"}, 400),
        ({"IsHygiene": True}, 400),
        ({"PatNum": "abc"}, 400),
        ({"PatNum": 2**63}, 400),
    ],
)
def test_a_wrong_appointment_value_is_refused_and_nothing_is_booked(
    call: Caller, fields: dict[str, Any], status: int
) -> None:
    before = call.control("GET", "state")["offices"][0]["appointments"]

    told = call.post("appointments", **{"PatNum": 1001, "Op": 1, "AptDateTime": f"{TUESDAY} 19:00:00", **fields})

    assert told.status == status
    assert call.control("GET", "state")["offices"][0]["appointments"] == before


def test_overlaps_are_accepted_by_default_and_refused_by_switch(call: Caller) -> None:
    made = book(call, Pattern="XXXX")
    book(call)
    call.control("POST", "switches", {"overlap": "reject"})

    refused = call.post("appointments", PatNum=1002, Op=1, AptDateTime=f"{TUESDAY} 19:15:00")
    after = call.post("appointments", PatNum=1002, Op=1, AptDateTime=f"{TUESDAY} 19:20:00")

    assert (refused.status, after.status) == (400, 201)
    assert call.put(f"appointments/{after.body['AptNum']}", AptDateTime=made["AptDateTime"]).status == 400
    assert call.put(f"appointments/{made['AptNum']}", Note="stays where it is").status == 200


def test_a_move_keeps_everything_else_and_leaves_a_history_row(call: Caller) -> None:
    made = book(call, Note="[ref 7F3KQ2] hello")

    moved = call.put(f"appointments/{made['AptNum']}", AptDateTime=f"{TUESDAY} 20:00:00", Op=2).body

    assert {key for key in made if made[key] != moved[key]} <= {"AptDateTime", "Op", "DateTStamp"}
    actions = [row["HistApptAction"] for row in call.get("histappointments", AptNum=made["AptNum"]).body]
    assert actions == ["Created", "Changed"]


def test_a_write_of_what_already_stands_leaves_the_stamp_alone(call: Caller) -> None:
    made = book(call, Note="same")
    call.control("POST", "clock", {"advance_seconds": 60})

    assert call.put(f"appointments/{made['AptNum']}", Note="same").body["DateTStamp"] == made["DateTStamp"]
    assert len(call.get("histappointments", AptNum=made["AptNum"]).body) == 1


def test_line_breaks_come_out_as_spaces(call: Caller) -> None:
    made = book(call, Note="first\r\nsecond\nthird")

    assert call.get(f"appointments/{made['AptNum']}").body["Note"] == "first second third"


def test_a_note_is_appended_on_a_new_line_with_an_empty_answer(call: Caller) -> None:
    number = book(call, Note="[ref 7F3KQ2]")["AptNum"]

    told = call.put(f"appointments/{number}/Note", Note="called")

    assert (told.status, told.text) == (200, "")
    assert call.get(f"appointments/{number}").body["Note"] == "[ref 7F3KQ2] called"
    assert (
        call.control("GET", "truth/appointments", appointment_id=number)["appointments"][0]["note"].count("\r\n") == 1
    )


def test_confirm_takes_exactly_one_of_value_and_definition(call: Caller) -> None:
    number = book(call)["AptNum"]
    definitions = {row["ItemName"]: row["DefNum"] for row in call.get("definitions", Category=2).body}

    assert call.put(f"appointments/{number}/Confirm").status == 400
    assert call.put(f"appointments/{number}/Confirm", confirmVal="Confirmed", defNum=1).status == 400
    assert call.put(f"appointments/{number}/Confirm", confirmVal="Confirmed").text == ""
    assert call.get(f"appointments/{number}").body["confirmed"] == "Confirmed"
    assert call.put(f"appointments/{number}/Confirm", defNum=definitions["Arrived"]).status == 200
    assert call.get(f"appointments/{number}").body["Confirmed"] == definitions["Arrived"]


def test_a_break_to_the_list_frees_the_chair_and_can_be_done_once(call: Caller) -> None:
    number = book(call)["AptNum"]

    told = call.put(f"appointments/{number}/Break", sendToUnscheduledList="true", breakType="Cancelled")

    row = call.get(f"appointments/{number}").body
    assert (told.status, told.text) == (200, "")
    assert (row["AptStatus"], row["Op"], row["AptDateTime"]) == ("UnschedList", 0, "0001-01-01 00:00:00")
    assert call.put(f"appointments/{number}/Break", sendToUnscheduledList="true").status == 400
    assert call.get("histappointments", AptNum=number).body[-1]["HistApptAction"] == "Cancelled"


def test_a_break_without_the_list_stays_on_the_book_as_broken(call: Caller) -> None:
    made = book(call)

    call.put(f"appointments/{made['AptNum']}/Break", sendToUnscheduledList="false", breakType="Missed")

    row = call.get(f"appointments/{made['AptNum']}").body
    assert (row["AptStatus"], row["Op"], row["AptDateTime"]) == ("Broken", 1, made["AptDateTime"])


@pytest.mark.parametrize("body", [{}, {"sendToUnscheduledList": True}, {"sendToUnscheduledList": "yes"}])
def test_a_break_must_say_where_to_in_a_string_boolean(call: Caller, body: dict[str, Any]) -> None:
    assert call.put(f"appointments/{book(call)['AptNum']}/Break", **body).status == 400


def test_a_break_type_needs_the_offices_preference(call: Caller) -> None:
    number = book(call)["AptNum"]
    call.control("POST", "staff", {"action": "set_preference", "name": "BrokenApptProcedure", "value": "0"})

    refused = call.put(f"appointments/{number}/Break", sendToUnscheduledList="true", breakType="Missed")

    assert refused.status == 400
    assert call.put(f"appointments/{number}/Break", sendToUnscheduledList="true").status == 200


def test_a_broken_visit_is_put_back_with_status_time_and_chair_together(call: Caller) -> None:
    number = book(call)["AptNum"]
    call.put(f"appointments/{number}/Break", sendToUnscheduledList="true")

    row = call.put(f"appointments/{number}", AptStatus="Scheduled", AptDateTime=f"{TUESDAY} 19:00:00", Op=2).body

    assert (row["AptStatus"], row["AptDateTime"], row["Op"]) == ("Scheduled", f"{TUESDAY} 19:00:00", 2)


def test_an_update_to_the_unscheduled_list_takes_the_visit_off_the_book(call: Caller) -> None:
    number = book(call)["AptNum"]

    row = call.put(f"appointments/{number}", AptStatus="UnschedList", Op=0).body

    assert (row["AptStatus"], row["Op"], row["AptDateTime"]) == ("UnschedList", 0, "0001-01-01 00:00:00")


def test_a_planned_visit_is_scheduled_as_a_new_one_that_points_back(call: Caller) -> None:
    planned = call.post("appointments/Planned", PatNum=1001, AppointmentTypeNum=3).body
    told = call.post(
        "appointments/SchedulePlanned", AptNum=planned["AptNum"], AptDateTime=f"{TUESDAY} 19:00:00", ProvNum=1, Op=1
    )

    assert (planned["AptStatus"], planned["Op"]) == ("Planned", 0)
    assert (told.status, told.body["AptStatus"], told.body["NextAptNum"]) == (201, "Scheduled", planned["AptNum"])
    assert call.get(f"appointments/{planned['AptNum']}").body["AptStatus"] == "Planned"


def test_a_web_booking_refuses_a_taken_chair_whatever_the_switch(call: Caller) -> None:
    book(call)
    kind = call.get("definitions", Category=51).body[0]["DefNum"]
    times = {"DateTimeStart": f"{TUESDAY} 19:00:00", "DateTimeEnd": f"{TUESDAY} 19:30:00"}

    taken = call.post("appointments/WebSched", PatNum=1002, ProvNum=1, OpNum=1, defNumApptType=kind, **times)
    free = call.post("appointments/WebSched", PatNum=1002, ProvNum=1, OpNum=2, defNumApptType=kind, **times)

    assert (taken.status, free.status) == (400, 201)
    assert call.get("appointments/WebSched").body[0]["eServiceLogType"] == "ExistingPat"


def test_a_deleted_appointment_is_gone_and_only_its_history_tells(call: Caller) -> None:
    number = book(call)["AptNum"]
    call.control("POST", "staff", {"action": "delete", "appointment_id": number})

    gone = call.get(f"appointments/{number}")

    assert (gone.status, gone.body) == (404, "Appointment not found")
    assert [row["AptNum"] for row in call.get("histappointments", HistApptAction="Deleted").body] == [number]


def test_asap_visits_need_the_clinic_where_there_are_clinics(call: Caller) -> None:
    made = book(call, Priority="ASAP")

    assert call.get("appointments/ASAP").status == 400
    assert made["AptNum"] in {row["AptNum"] for row in call.get("appointments/ASAP", ClinicNum=1).body}


# --- calendar


def test_schedules_are_all_strings_and_default_to_today(call: Caller) -> None:
    found = call.get("schedules").body

    assert {row["SchedDate"] for row in found} == {"2026-03-02"}
    assert all(isinstance(value, str) for row in found for value in row.values())
    assert [row["StartTime"] for row in found] == sorted(row["StartTime"] for row in found)


def test_blockouts_carry_their_type_by_number_and_by_name(call: Caller) -> None:
    lunch = next(row for row in call.get("schedules", SchedType="Blockout").body if row["blockoutType"] == "Lunch")

    definition = next(d for d in call.get("definitions", Category=25).body if d["ItemName"] == "Lunch")
    assert lunch["BlockoutType"] == str(definition["DefNum"])
    assert definition["ItemValue"] == "NS"
    assert lunch["operatories"] == "1,2,3,4"


def test_a_closed_day_is_a_practice_row_from_midnight_to_midnight(call: Caller) -> None:
    closed = call.get("schedules", dateStart="2026-05-01", dateEnd="2026-07-31", SchedType="Practice").body

    assert ("2026-07-04", "00:00:00", "00:00:00") in {(r["SchedDate"], r["StartTime"], r["StopTime"]) for r in closed}


def test_an_unknown_schedule_is_404_with_the_documented_text(call: Caller) -> None:
    told = call.get("schedules/1")

    assert (told.status, told.body) == (404, "Schedule not found")


def test_schedule_operatories_join_blocks_and_chairs_in_numbers(call: Caller) -> None:
    block = next(row for row in call.get("schedules", SchedType="Blockout").body)

    joined = call.get("scheduleops", ScheduleNum=block["ScheduleNum"]).body

    assert ",".join(str(row["OperatoryNum"]) for row in joined) == block["operatories"]
    assert all(isinstance(row["ScheduleOpNum"], int) for row in joined)


def test_slots_are_whole_open_stretches_of_the_default_provider(call: Caller) -> None:
    found = call.get("appointments/Slots", date=TUESDAY).body

    assert {row["ProvNum"] for row in found} == {1}
    assert all(list(row) == ["DateTimeStart", "DateTimeEnd", "ProvNum", "OpNum"] for row in found)
    assert any(row["DateTimeEnd"] == f"{TUESDAY} 12:00:00" for row in found)


def test_slots_shrink_by_a_booking_and_drop_what_is_too_short(call: Caller) -> None:
    def starts(**query: Any) -> set[str]:
        return {row["DateTimeStart"] for row in call.get("appointments/Slots", date=TUESDAY, **query).body}

    longest = call.get("appointments/Slots", date=TUESDAY, lengthMinutes=60).body[0]
    book(call, Op=longest["OpNum"], ProvNum=1, AptDateTime=longest["DateTimeStart"], Pattern="XX")

    assert longest["DateTimeStart"] not in starts()
    assert not starts(lengthMinutes=600)


def test_slots_of_a_past_day_are_refused_or_empty_by_switch(call: Caller) -> None:
    assert call.get("appointments/Slots", date="2026-03-01").status == 400
    call.control("POST", "switches", {"slots_past_dates": "empty"})
    assert call.get("appointments/Slots", date="2026-03-01").body == []


def test_no_slot_lies_on_a_closed_day(call: Caller) -> None:
    call.control(
        "POST",
        "staff",
        {"action": "add_schedule", "kind": "practice", "day": TUESDAY, "start": "00:00", "end": "00:00"},
    )

    assert call.get("appointments/Slots", date=TUESDAY).body == []


def test_web_slots_are_pieces_of_the_types_length(call: Caller) -> None:
    kind = call.get("definitions", Category=51).body[0]["DefNum"]

    found = call.get("appointments/SlotsWebSched", date=TUESDAY, ClinicNum=1, defNumApptType=kind).body

    assert found
    assert all(row["DateTimeEnd"] > row["DateTimeStart"] for row in found)
    assert call.get("appointments/SlotsWebSched", date=TUESDAY, defNumApptType=kind).status == 400


# --- set-up


def test_hidden_operatories_and_providers_are_listed_unless_a_clinic_is_asked_for(call: Caller) -> None:
    assert [row["IsHidden"] for row in call.get("operatories").body].count("true") == 1
    assert [row["IsHidden"] for row in call.get("providers").body].count("true") == 1
    of_clinic = call.get("providers", ClinicNum=1).body
    assert {row["IsHidden"] for row in of_clinic} == {"false"}
    assert {row["serverDateTime"] for row in of_clinic} == {""}


def test_providers_refuse_clinic_and_stamp_together_and_a_bad_stamp(call: Caller) -> None:
    assert call.get("providers", ClinicNum=1, DateTStamp="2026-01-01 00:00:00").status == 400
    assert call.get("providers", DateTStamp="2026-01-01").status == 400
    assert call.get("providers", ClinicNum=9).body == "Clinic not found"


def test_hidden_definitions_need_asking(call: Caller) -> None:
    shown, everything = (call.get("definitions", Category=4, includeHidden=flag).body for flag in ("false", "true"))

    assert len(everything) == len(shown) + 1
    assert everything[0]["category"] == "BillingTypes"


def test_a_provider_is_created_and_its_national_id_updated_under_the_pages_spelling(call: Caller) -> None:
    made = call.post("providers", Abbr="DOC9").body

    assert call.put(f"providers/{made['ProvNum']}", NationalProvId="123").body["NationalProvID"] == "123"


def test_one_preference_can_be_asked_for(call: Caller) -> None:
    found = call.get("preferences", PrefName="PracticeDefaultProv").body

    assert [(row["PrefName"], row["ValueString"]) for row in found] == [("PracticeDefaultProv", "1")]


def test_types_clinics_computers_and_recalls_are_there(call: Caller) -> None:
    assert call.get("appointmenttypes").body[0]["RequiredProcCodesNeeded"] == 0
    assert call.get("clinics").body[0]["IsHidden"] == "false"
    assert call.get("computers").body[1]["CompName"] == "SERVER"
    assert call.get("recalls").body[0]["RecallInterval"] == "6m1d"


def test_a_communication_log_is_kept(call: Caller) -> None:
    made = call.post("commlogs", PatNum=1001, Note="asked for a call")

    assert (made.status, made.body["Mode_"], made.body["CommSource"]) == (201, "Phone", "FHIR")
    assert isinstance(made.body["CommType"], str)
    assert call.get("commlogs", PatNum=1001).body == [made.body]


def test_an_appointment_field_is_empty_until_it_is_set(call: Caller) -> None:
    number = book(call)["AptNum"]
    assert call.get("apptfields", AptNum=number, FieldName="Ref").body["FieldValue"] == ""

    call.put("apptfields", AptNum=number, FieldName="Ref", FieldValue="7F3KQ2")

    assert call.get("apptfields", AptNum=number, FieldName="Ref").body["FieldValue"] == "7F3KQ2"


# --- clocks


def test_a_server_on_utc_stamps_in_utc_while_visits_stay_in_office_time(call: Caller) -> None:
    call.control("POST", "switches", {"server_clock": "utc"})

    made = book(call)

    assert made["DateTStamp"].startswith("2026-03-02 14:0")
    assert made["AptDateTime"] == f"{TUESDAY} 19:00:00"


def test_the_truth_carries_the_offset_of_its_own_day(call: Caller) -> None:
    sunday = date(2026, 3, 8) + timedelta(days=1)
    number = book(call, AptDateTime=f"{sunday} 19:00:00", Pattern="XXXX")["AptNum"]

    truth = call.control("GET", "truth/appointments", appointment_id=number)["appointments"][0]

    assert (truth["start"], truth["end"]) == ("2026-03-09T19:00:00-06:00", "2026-03-09T19:20:00-06:00")


def test_nothing_a_request_sends_makes_the_simulator_itself_fail(call: Caller) -> None:
    for query in (
        {"Offset": "-1"},
        {"Limit": "x"},
        {"date": "x"},
        {"dateStart": "2026-03-02", "dateEnd": "2026-03-01"},
    ):
        assert call.get("appointments", **query).status == 400
    call.post("patients", LName="Lone \ud800 surrogate", FName="A\x00B", Birthdate=None)
    call.get("patients/99999999999999999999999")

    assert all(received["error"] is None for received in call.control("GET", "requests")["requests"])


def test_a_request_whose_length_cannot_be_known_is_refused(call: Caller) -> None:
    assert call.send("POST", "patients", headers={"Content-Length": "-5"}).status == 400
    assert call.send("POST", "patients", headers={"Transfer-Encoding": "chunked"}).status == 411


def test_many_callers_at_once_get_numbers_of_their_own(call: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: book(call)["AptNum"], range(40)))

    assert len(set(numbers)) == 40


def test_bodies_over_the_documented_size_are_refused(call: Caller) -> None:
    body = json.dumps({"LName": "x" * 16_800_001, "FName": "y"}).encode()

    assert call.send("POST", "patients", body=body).status == 400
