"""What is booked for a patient, as a receptionist would tell it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openchair.errors import EhrBusy, PatientNotFound
from openchair.models.office import Operatory, Provider
from openchair.models.person import Patient
from openchair.models.practice import Practice, PracticeRecord
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.visits import patient_visits
from tests.clock import VirtualClock
from tests.toy_ehr import ToyEhr

DENVER = ZoneInfo("America/Denver")
PRACTICE = Practice.model_validate(
    {
        "id": "p1",
        "name": "Cedar Hill Dental",
        "timezone": "America/Denver",
        "ehr": "OPEN_DENTAL",
        "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
        "services": [
            {"id": "cleaning", "name": "Cleaning", "minutes": 60, "appointment_type_id": "5"},
            {"id": "filling", "name": "Filling", "minutes": 60, "appointment_type_id": "6"},
            {"id": "crown", "name": "Crown", "minutes": 90, "appointment_type_id": "6"},
        ],
    }
)
VISIT = Appointment(
    id="7",
    patient_id="70",
    status=AppointmentStatus.BOOKED,
    start=datetime(2026, 3, 9, 9, tzinfo=DENVER),
    minutes=60,
    operatory_id="10",
    provider_id="1",
    service_name="Periodic exam",
)


def visits(
    *appointments: Appointment,
    now: datetime = datetime(2026, 3, 2, 16, tzinfo=UTC),
    practice: Practice = PRACTICE,
    complete_since: date | None = None,
) -> dict[str, Any]:
    ehr = ToyEhr(
        providers=[Provider(id="1", name="Ada Quill", is_hidden=True)],
        operatories=[Operatory(id="10", name="Chair 1")],
        appointments=appointments,
        patients=[Patient(id="70", first_name="Ida", last_name="Moss")],
    )
    ehr.complete_since = complete_since
    return patient_visits(PracticeRecord(practice, 1, "account-1"), "70", ehr, VirtualClock(now))


def test_since_when_an_ehr_tells_all_visits_is_told_where_it_does_not_tell_all() -> None:
    assert visits(VISIT, complete_since=date(2016, 3, 1))["complete_since"] == "2016-03-01"


def test_an_upcoming_visit_is_told_whole_in_the_practices_time() -> None:
    assert visits(VISIT) == {
        "as_of": "2026-03-02T09:00:00-07:00",
        "timezone": "America/Denver",
        "complete_since": None,
        "upcoming": [
            {
                "appointment_id": "7",
                "status": "booked",
                "start": "2026-03-09T09:00:00-06:00",
                "end": "2026-03-09T10:00:00-06:00",
                "minutes": 60,
                "provider_id": "1",
                "provider_name": "Ada Quill",
                "operatory_id": "10",
                "operatory_name": "Chair 1",
                "service_name": "Periodic exam",
                "confirmed": False,
            }
        ],
        "past": [],
        "unscheduled": 0,
    }


def test_upcoming_is_soonest_first_and_past_latest_first() -> None:
    days = {
        str(day): replace(VISIT, id=str(day), start=datetime(2026, 3, day, 9, tzinfo=DENVER)) for day in (1, 4, 6, 20)
    }

    answer = visits(days["20"], days["1"], days["6"], days["4"], now=datetime(2026, 3, 5, tzinfo=UTC))

    assert [visit["appointment_id"] for visit in answer["upcoming"]] == ["6", "20"]
    assert [visit["appointment_id"] for visit in answer["past"]] == ["4", "1"]


def test_a_visit_that_has_begun_is_upcoming_until_it_is_over() -> None:
    begun = datetime(2026, 3, 9, 9, 59, tzinfo=DENVER)

    assert len(visits(VISIT, now=begun.astimezone(UTC))["upcoming"]) == 1
    assert len(visits(VISIT, now=begun.replace(hour=10, minute=0).astimezone(UTC))["past"]) == 1


def test_a_visit_whose_patient_is_there_is_upcoming_until_it_is_over() -> None:
    there = replace(VISIT, status=AppointmentStatus.ARRIVED)
    at_ten = datetime(2026, 3, 9, 10, tzinfo=DENVER).astimezone(UTC)

    assert [one["status"] for one in visits(there)["upcoming"]] == ["arrived"]
    assert [one["status"] for one in visits(there, now=at_ten)["past"]] == ["arrived"]


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW])
def test_what_is_cancelled_or_completed_is_past_whatever_its_day(status: AppointmentStatus) -> None:
    answer = visits(replace(VISIT, status=status))

    assert (answer["upcoming"], answer["past"][0]["status"]) == ([], status.value)


def test_what_waits_for_a_time_is_counted_and_notes_are_left_out() -> None:
    waiting = replace(VISIT, id="8", status=AppointmentStatus.WAITLIST, start=None)
    planned = replace(VISIT, id="9", status=AppointmentStatus.PROPOSED, start=None)
    note = replace(VISIT, id="11", status=AppointmentStatus.NOTE)

    answer = visits(waiting, planned, note)

    assert (answer["upcoming"], answer["past"], answer["unscheduled"]) == ([], [], 2)


def test_a_confirmed_visit_says_so() -> None:
    assert visits(replace(VISIT, is_confirmed=True))["upcoming"][0]["confirmed"] is True


@pytest.mark.parametrize(("type_id", "name"), [("5", "Cleaning"), ("6", None), (None, None)])
def test_a_visit_the_ehr_does_not_name_has_the_name_of_the_one_service_of_its_type(
    type_id: str | None, name: str | None
) -> None:
    unnamed = replace(VISIT, service_name="", appointment_type_id=type_id)

    assert visits(unnamed)["upcoming"][0]["service_name"] == name


def test_a_provider_or_chair_the_ehr_does_not_show_has_no_name() -> None:
    told = visits(replace(VISIT, provider_id="2", operatory_id=None))["upcoming"][0]

    assert (told["provider_id"], told["provider_name"], told["operatory_id"], told["operatory_name"]) == (
        "2",
        None,
        None,
        None,
    )


def test_visits_of_another_clinic_of_the_same_ehr_account_are_left_out() -> None:
    assert PRACTICE.open_dental is not None
    settings = PRACTICE.open_dental.model_copy(update={"clinic_number": 2})
    here, elsewhere = replace(VISIT, location_id="2"), replace(VISIT, id="8", location_id="3")
    waiting_elsewhere = replace(elsewhere, id="9", status=AppointmentStatus.WAITLIST, start=None)
    nowhere = replace(VISIT, id="10")

    answer = visits(
        here, elsewhere, waiting_elsewhere, nowhere, practice=PRACTICE.model_copy(update={"open_dental": settings})
    )

    assert [visit["appointment_id"] for visit in answer["upcoming"]] == ["10", "7"]
    assert answer["unscheduled"] == 0


def test_an_unknown_patient_is_not_found() -> None:
    with pytest.raises(PatientNotFound):
        patient_visits(PracticeRecord(PRACTICE, 1, "account-1"), "70", ToyEhr(), VirtualClock())


def test_an_ehr_that_fails_is_an_error_and_not_an_empty_list() -> None:
    ehr = ToyEhr(patients=[Patient(id="70", first_name="Ida", last_name="Moss")])
    ehr.answers["patient_appointments"] = [EhrBusy()]

    with pytest.raises(EhrBusy):
        patient_visits(PracticeRecord(PRACTICE, 1, "account-1"), "70", ehr, VirtualClock())


def test_a_visit_of_which_the_ehr_does_not_tell_the_end_has_none() -> None:
    answer = visits(replace(VISIT, tells_end=False))["upcoming"][0]

    assert (answer["end"], answer["minutes"]) == (None, None)
