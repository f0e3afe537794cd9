"""The vendor's wire quirks, each where it becomes one of our words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openchair.clients.open_dental import translate
from openchair.clients.open_dental.payloads import (
    AppointmentRow,
    OperatoryRow,
    PatientRow,
    ProviderRow,
)
from openchair.clients.rows import Row
from openchair.errors import InvalidTime, OperatoryNotFound
from openchair.models.office import Provider
from openchair.models.person import NewPatient, Patient
from openchair.models.visit import Appointment, AppointmentStatus, NewAppointment, Place
from tests.clients.support import appointment_row, patient_row

DENVER = ZoneInfo("America/Denver")


def odd[R: Row](model: type[R], row: dict[str, Any]) -> tuple[R, bool]:
    read = model.read(row)
    return read, read.is_odd


def appointment(**changes: Any) -> Appointment:
    return translate.appointment(AppointmentRow.model_validate(appointment_row(**changes)), DENVER)


def patient(**changes: Any) -> Patient:
    return translate.patient(PatientRow.model_validate(patient_row(**changes)))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=DENVER)


# ------------------------------------------------------------------------------------------------- appointments


def test_office_wall_time_becomes_aware_in_the_practice_zone() -> None:
    start = appointment(AptDateTime="2026-07-01 09:30:00").start

    assert start == datetime(2026, 7, 1, 15, 30, tzinfo=UTC)
    assert start is not None
    assert start.utcoffset() == timedelta(hours=-6)


def test_one_pattern_character_is_five_minutes() -> None:
    one = appointment(Pattern="//XXXX//")

    assert one.minutes == 40
    assert one.end == at(9, 40)


@pytest.mark.parametrize(("pattern", "minutes"), [("", 900), (None, 900), ("  ", 900), ("XO", 900), ("xx", 10)])
def test_a_visit_without_a_length_takes_chair_and_provider_to_the_end_of_its_day(pattern: Any, minutes: int) -> None:
    one = appointment(Pattern=pattern)

    assert (one.minutes, one.occupies) == (minutes, True)
    assert [(time.provider_id, time.start) for time in one.provider_times] == [("1", at(9))]


def test_what_is_on_no_schedule_has_the_vendors_usual_length() -> None:
    assert appointment(AptStatus="Broken", Pattern="").minutes == 20


def test_who_is_needed_when_is_needed_all_the_time_where_that_cannot_be_read() -> None:
    row = appointment_row(ProvNum=1, ProvHyg=2, Pattern="XX//", PatternSecondary="////", IsHygiene="maybe")

    one = translate.appointment(AppointmentRow.read(row), DENVER)

    assert {(time.provider_id, time.start, time.end) for time in one.provider_times} == {
        ("1", at(9), at(9, 20)),
        ("2", at(9), at(9, 20)),
    }


def test_x_is_the_providers_time_and_slashes_the_assistants() -> None:
    times = appointment(Pattern="/XX/X").provider_times

    assert [(time.provider_id, time.start, time.end) for time in times] == [
        ("1", at(9, 5), at(9, 15)),
        ("1", at(9, 20), at(9, 25)),
    ]


def test_on_a_hygiene_visit_x_is_the_hygienists_time_and_the_secondary_pattern_the_dentists() -> None:
    one = appointment(IsHygiene="true", ProvNum=1, ProvHyg=2, Pattern="XXXX", PatternSecondary="//X/")

    assert (one.provider_id, one.second_provider_id) == ("2", "1")
    assert [(time.provider_id, time.start, time.end) for time in one.provider_times] == [
        ("2", at(9), at(9, 20)),
        ("1", at(9, 10), at(9, 15)),
    ]


def test_a_hygiene_visit_without_a_hygienist_takes_its_dentists_time() -> None:
    one = appointment(IsHygiene="true", ProvNum=1, ProvHyg=0)

    assert (one.provider_id, one.second_provider_id) == ("1", None)


def test_a_second_provider_of_an_ordinary_visit_is_the_hygienist() -> None:
    one = appointment(ProvNum=1, ProvHyg=2, Pattern="XX/", PatternSecondary="//X")

    assert (one.provider_id, one.second_provider_id) == ("1", "2")
    assert [time.provider_id for time in one.provider_times] == ["1", "2"]


def test_provider_time_across_the_autumn_hour_is_elapsed_time() -> None:
    one = appointment(AptDateTime="2026-11-01 00:30:00", Pattern="X" * 36)

    (time,) = one.provider_times
    assert time.end.astimezone(UTC) - time.start.astimezone(UTC) == timedelta(hours=3)
    assert time.end.hour == 2


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Scheduled", AppointmentStatus.BOOKED),
        ("ASAP", AppointmentStatus.BOOKED),
        ("Complete", AppointmentStatus.FULFILLED),
        ("Broken", AppointmentStatus.CANCELLED),
        ("UnschedList", AppointmentStatus.WAITLIST),
        ("Planned", AppointmentStatus.PROPOSED),
        ("PtNote", AppointmentStatus.NOTE),
        ("PtNoteCompleted", AppointmentStatus.NOTE),
    ],
)
def test_every_status_has_our_word(text: str, status: AppointmentStatus) -> None:
    assert appointment(AptStatus=text).status is status


@pytest.mark.parametrize("text", ["Mirrored", "", None, 1])
def test_an_unknown_status_keeps_its_chair_and_is_counted(text: Any) -> None:
    read, is_odd = odd(AppointmentRow, appointment_row(AptStatus=text))

    assert is_odd
    assert translate.appointment(read, DENVER).occupies


def test_an_unscheduled_row_has_no_time_and_no_chair() -> None:
    read, is_odd = odd(
        AppointmentRow, appointment_row(AptStatus="UnschedList", Op=0, AptDateTime="0001-01-01 00:00:00")
    )
    one = translate.appointment(read, DENVER)

    assert not is_odd
    assert (one.start, one.operatory_id, one.provider_times) == (None, None, ())
    assert not one.occupies


def test_zero_ids_mean_none() -> None:
    one = appointment(Op=0, ProvNum=0, ProvHyg=0, ClinicNum=0, AppointmentTypeNum=0)

    assert (one.operatory_id, one.provider_id, one.second_provider_id) == (None, None, None)
    assert (one.location_id, one.appointment_type_id) == (None, None)


def test_numbers_may_travel_as_texts_and_the_other_way_round() -> None:
    one = appointment(AptNum="34", PatNum="7", Op="3", ProvNum="1", ClinicNum="0", Note=5)

    assert (one.id, one.patient_id, one.operatory_id, one.provider_id, one.note) == ("34", "7", "3", "1", "5")


def test_ids_are_64_bits_wide() -> None:
    assert appointment(AptNum=9223372036854775807).id == "9223372036854775807"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), (True, True), ("false", False), ("False", False), ("", False), (None, False)],
)
def test_booleans_travel_as_texts_in_any_case(value: Any, expected: bool) -> None:
    assert appointment(IsHygiene=value).is_hygiene is expected


def test_keys_that_differ_only_in_case_are_two_fields() -> None:
    read = AppointmentRow.model_validate({"AptNum": 1, "confirmed": "E-Confirmed", "Confirmed": 21})

    assert (read.Confirmed, read.confirmed) == (21, "E-Confirmed")


@pytest.mark.parametrize("name", ["Confirmed", "Appointment Confirmed", "Not Confirmed", "eConfirm Sent", ""])
def test_no_confirmation_is_read_from_a_word(name: str) -> None:
    one = appointment(confirmed=name, Confirmed=21)

    assert (one.is_confirmed, one.confirmation, one.confirmation_id) == (None, name, "21")


DAY = "2026-03-02"


@pytest.mark.parametrize(
    ("stamps", "status"),
    [
        ({}, "booked"),
        ({"DateTimeArrived": f"{DAY} 08:55:00"}, "arrived"),
        ({"DateTimeSeated": f"{DAY} 09:05:00"}, "arrived"),
        ({"DateTimeArrived": f"{DAY} 08:55:00", "DateTimeSeated": f"{DAY} 09:05:00"}, "arrived"),
        ({"DateTimeSeated": f"{DAY} 09:05:00", "DateTimeDismissed": f"{DAY} 09:50:00"}, "fulfilled"),
        ({"AptStatus": "ASAP", "DateTimeArrived": f"{DAY} 08:55:00"}, "arrived"),
        ({"AptStatus": "Complete", "DateTimeArrived": f"{DAY} 08:55:00"}, "fulfilled"),
        ({"AptStatus": "Broken", "DateTimeArrived": f"{DAY} 08:55:00"}, "cancelled"),
        ({"AptStatus": "UnschedList", "AptDateTime": "0001-01-01 00:00:00"}, "waitlist"),
    ],
)
def test_how_far_a_visit_has_got_is_read_from_its_status_and_its_stamps(stamps: dict[str, str], status: str) -> None:
    assert appointment(**stamps).status == status


@pytest.mark.parametrize("name", ["DateTimeArrived", "DateTimeSeated", "DateTimeDismissed"])
@pytest.mark.parametrize(
    "unset",
    ["0001-01-01 00:00:00", "2000-01-01 00:00:00", f"{DAY} 00:00:00", "", None, "soon", "2026-02-27 10:00:00"],
    ids=["year 1", "year 2000", "midnight of the day", "blank", "null", "no time", "of the day it stood on before"],
)
def test_a_stamp_that_is_not_set_says_nothing(name: str, unset: str | None) -> None:
    assert appointment(**{name: unset}).status == "booked"


def test_a_visit_over_midnight_may_be_left_on_the_next_day() -> None:
    late = {"AptDateTime": f"{DAY} 23:30:00", "DateTimeDismissed": "2026-03-03 00:20:00"}

    assert appointment(**late).status == "fulfilled"


@pytest.mark.parametrize(
    "broken",
    [
        {"Op": "three"},
        {"AptDateTime": "03/02/2026"},
        {"AptDateTime": "2026-02-30 09:00:00"},
        {"AptDateTime": "9999-12-31 23:59:59"},
        {"IsHygiene": "maybe"},
        {"Note": {"text": "x"}},
        {"Confirmed": 1e999},
        {"Pattern": "XO"},
        {"AptDateTime": "0001-01-01 00:00:00"},
    ],
    ids=str,
)
def test_a_broken_value_does_not_lose_the_visit_but_is_counted(broken: dict[str, Any]) -> None:
    read, is_odd = odd(AppointmentRow, appointment_row(**broken))

    assert is_odd
    assert translate.appointment(read, DENVER).id == "34"


def test_half_a_surrogate_pair_in_a_text_is_replaced() -> None:
    assert appointment(Note="a\ud800b").note == "a?b"


def test_fields_of_newer_servers_are_ignored_and_missing_ones_of_older_are_nothing() -> None:
    assert appointment(IsMirrored="false", BrandNew={"a": 1}).id == "34"
    assert translate.appointment(AppointmentRow.model_validate({"AptNum": 1}), DENVER).id == "1"


# --------------------------------------------------------------------------------------- patients and the office


def test_a_patient_keeps_its_phones_as_stored_the_mobile_first() -> None:
    one = patient(HmPhone="(303)555-0101", WkPhone="", WirelessPhone="3035550102")

    assert one.phones == ("3035550102", "(303)555-0101")


@pytest.mark.parametrize("text", ["0001-01-01", "", None, "05/06/1984"])
def test_the_first_of_january_of_year_one_is_no_birth_date(text: Any) -> None:
    assert patient(Birthdate=text).date_of_birth is None


@pytest.mark.parametrize(
    ("status", "is_active", "is_bookable"),
    [
        ("Patient", True, True),
        ("NonPatient", True, False),
        ("Prospective", True, True),
        ("Inactive", False, True),
        ("Archived", False, False),
        ("Deceased", False, False),
        ("Deleted", False, False),
    ],
)
def test_who_may_still_book(status: str, is_active: bool, is_bookable: bool) -> None:
    found = patient(PatStatus=status)

    assert (found.is_active, found.is_bookable) == (is_active, is_bookable)


def test_a_patient_belongs_to_a_clinic_or_to_none() -> None:
    assert (patient(ClinicNum=5).location_id, patient(ClinicNum=0).location_id) == ("5", None)


def test_a_list_row_may_hold_a_zip_as_a_number_and_no_gender() -> None:
    assert PatientRow.model_validate(patient_row(Zip=80202)).Zip == "80202"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"ProvNum": 2, "Abbr": "HYG1", "LName": "Lind", "FName": "Ada", "IsSecondary": "true", "IsHidden": "false"},
            Provider("2", "Ada Lind", "HYG1", is_hygienist=True),
        ),
        ({"ProvNum": 3, "Abbr": "DOC", "IsHidden": "true"}, Provider("3", "DOC", "DOC", is_hidden=True)),
        ({"ProvNum": 4, "Abbr": "DOC", "ProvStatus": "Deleted"}, Provider("4", "DOC", "DOC", is_hidden=True)),
    ],
)
def test_hidden_and_deleted_providers_are_told(row: dict[str, Any], expected: Provider) -> None:
    assert translate.provider(ProviderRow.model_validate(row)) == expected


def test_a_chair_says_who_is_assigned_to_it_and_whether_it_is_hidden() -> None:
    chair = translate.operatory(
        OperatoryRow.model_validate(
            {
                "OperatoryNum": 4,
                "OpName": "Hygiene 2",
                "Abbrev": "HYG-2",
                "IsHidden": "true",
                "ProvDentist": 0,
                "ProvHygienist": 2,
                "IsHygiene": "true",
                "ClinicNum": 5,
            }
        )
    )

    assert (chair.provider_id, chair.hygienist_id, chair.location_id) == (None, "2", "5")
    assert chair.is_hidden
    assert chair.is_hygiene


def test_what_may_be_hidden_is_not_booked() -> None:
    chair = OperatoryRow.read({"OperatoryNum": 4, "IsHidden": "perhaps"})
    provider = ProviderRow.read({"ProvNum": 4, "IsHidden": {}})

    assert translate.operatory(chair).is_hidden
    assert translate.provider(provider).is_hidden


# ------------------------------------------------------------------------------------------------- to the vendor


def new_appointment(**changes: Any) -> NewAppointment:
    values: dict[str, Any] = {
        "patient_id": "7",
        "start": at(9, 30),
        "minutes": 20,
        "place": Place("3", "1"),
        "time_pattern": "/XX/",
        "note": "[ref 7F3KQ2]",
        **changes,
    }
    return NewAppointment(**values)


def test_a_new_visit_with_a_dentist() -> None:
    body = translate.new_appointment_body(new_appointment(place=Place("3", "1", "2")), DENVER)

    assert body == {
        "PatNum": 7,
        "AptStatus": "Scheduled",
        "AptDateTime": "2026-03-02 09:30:00",
        "Pattern": "/XX/",
        "Note": "[ref 7F3KQ2]",
        "Op": 3,
        "ProvNum": 1,
        "ProvHyg": 2,
        "IsHygiene": "false",
    }


def test_a_new_hygiene_visit_takes_the_hygienists_time() -> None:
    body = translate.new_appointment_body(new_appointment(place=Place("4", "2", "1", is_hygiene=True)), DENVER)

    assert (body["ProvHyg"], body["ProvNum"], body["IsHygiene"]) == (2, 1, "true")


def test_a_hygiene_visit_without_a_dentist_leaves_the_dentist_to_the_vendor() -> None:
    body = translate.new_appointment_body(new_appointment(place=Place("4", "2", is_hygiene=True)), DENVER)

    assert "ProvNum" not in body


def test_an_instant_of_another_zone_is_written_on_the_offices_clock() -> None:
    body = translate.new_appointment_body(new_appointment(start=datetime(2026, 7, 1, 15, 30, tzinfo=UTC)), DENVER)

    assert body["AptDateTime"] == "2026-07-01 09:30:00"


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 3, 2, 9, 0),  # noqa: DTZ001
        datetime(2026, 3, 2, 9, 0, 30, tzinfo=DENVER),
        datetime(2026, 11, 1, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=DENVER),
    ],
    ids=["no zone", "seconds", "second autumn hour in UTC", "second autumn hour"],
)
def test_a_time_the_offices_clock_cannot_hold_is_refused(start: datetime) -> None:
    with pytest.raises(InvalidTime):
        translate.new_appointment_body(new_appointment(start=start), DENVER)


def test_the_first_autumn_hour_can_be_written() -> None:
    assert translate.wall_text(datetime(2026, 11, 1, 1, 30, tzinfo=DENVER), DENVER) == "2026-11-01 01:30:00"


def test_an_id_of_another_form_is_not_found() -> None:
    with pytest.raises(OperatoryNotFound):
        translate.new_appointment_body(new_appointment(place=Place("op:3", "1")), DENVER)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("3035550101", "(303)555-0101"),
        ("+1 303-555-0101", "(303)555-0101"),
        ("(303) 555 0101", "(303)555-0101"),
        ("+49 30 901820", "+49 30 901820"),
    ],
)
def test_a_phone_is_written_in_the_vendors_own_look(given: str, written: str) -> None:
    assert translate.phone_text(given) == written


def test_a_new_patient_is_written_with_nothing_that_was_not_given() -> None:
    new = NewPatient.model_validate(
        {
            "first_name": "Alva",
            "last_name": "Canarsson",
            "date_of_birth": "1984-05-06",
            "phone": "303-555-0101",
            "gender": "female",
            "address": {"line1": "1 Elm Street", "state": "CO", "zip": "80202"},
        }
    )

    assert translate.new_patient_body(new, 5) == {
        "LName": "Canarsson",
        "FName": "Alva",
        "Birthdate": "1984-05-06",
        "Gender": "Female",
        "WirelessPhone": "(303)555-0101",
        "Address": "1 Elm Street",
        "State": "CO",
        "Zip": "80202",
        "ClinicNum": 5,
    }
