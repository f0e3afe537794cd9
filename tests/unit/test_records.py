"""Who is calling: all whom the question fits, and nobody else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from openchair.errors import EhrUnavailable
from openchair.models.person import Patient, PatientQuery
from openchair.models.practice import Practice, PracticeRecord
from openchair.records import search_patients
from tests.toy_ehr import ToyEhr

RECORD = PracticeRecord(
    Practice.model_validate(
        {
            "id": "p1",
            "name": "Cedar Hill Dental",
            "timezone": "America/Denver",
            "ehr": "OPEN_DENTAL",
            "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key"},
        }
    ),
    1,
    "account-1",
)
BORN = date(1984, 5, 17)
IDA = Patient("70", "Ida", "Moss", BORN, ("(303) 555-0142", "720.555.0199"), "Ida.Moss@example.com", "Dee")
TOM = Patient("71", "Tom", "Moss", date(2015, 1, 2), ("303-555-0142",), "ida.moss@example.com")
EVE = Patient("72", "Eve", "Ash", BORN, ("303-555-0143",), None, is_active=False)


def found(*patients: Patient, **query: Any) -> list[str]:
    ehr = ToyEhr(patients=patients or [TOM, IDA, EVE])
    answer = search_patients(RECORD, PatientQuery.model_validate(query), ehr)
    return [patient["patient_id"] for patient in answer["patients"]]


@pytest.mark.parametrize("phone", ["3035550142", "(303) 555-0142", "+1 303 555 0142", "1-303-555-0142", "303.555.0142"])
def test_a_family_that_shares_a_phone_comes_whole_in_any_punctuation(phone: str) -> None:
    assert found(phone=phone) == ["70", "71"]


def test_any_phone_of_a_patient_counts_but_no_part_of_one() -> None:
    assert found(phone="720-555-0199") == ["70"]
    assert found(replace(EVE, phones=("5550142",)), phone="303-555-0142") == []


def test_an_email_is_compared_without_regard_to_case() -> None:
    assert found(email="IDA.MOSS@EXAMPLE.COM") == ["70", "71"]
    assert found(email="moss@example.com") == []


@pytest.mark.parametrize(
    ("last", "first", "ids"),
    [("moss", "IDA", ["70"]), ("Moss", "Dee", ["70"]), ("Mos", "Ida", []), ("Moss", "Id", []), ("Moss", "Tom", [])],
)
def test_a_name_has_to_be_whole_and_fit_the_birth_date(last: str, first: str, ids: list[str]) -> None:
    assert found(last_name=last, first_name=first, date_of_birth=BORN) == ids


def test_two_people_of_one_name_and_birth_date_are_both_told() -> None:
    assert found(IDA, replace(IDA, id="9"), last_name="Moss", first_name="Ida", date_of_birth=BORN) == ["70", "9"]


def test_patients_of_another_clinic_of_the_same_ehr_account_are_left_out() -> None:
    assert RECORD.practice.open_dental is not None
    settings = RECORD.practice.open_dental.model_copy(update={"clinic_number": 2})
    record = replace(RECORD, practice=RECORD.practice.model_copy(update={"open_dental": settings}))
    family = [replace(IDA, location_id="2"), replace(TOM, location_id="3"), replace(EVE, phones=TOM.phones)]
    query = PatientQuery(phone="303-555-0142")

    answer = search_patients(record, query, ToyEhr(patients=family))

    assert [patient["patient_id"] for patient in answer["patients"]] == ["72", "70"]
    assert len(search_patients(RECORD, query, ToyEhr(patients=family))["patients"]) == 3


def test_a_patient_the_ehr_tells_twice_is_told_once_and_the_order_is_by_name() -> None:
    class Twice(ToyEhr):
        def find_patients(self, query: PatientQuery) -> list[Patient]:
            return [TOM, IDA, TOM]

    answer = search_patients(RECORD, PatientQuery(phone="303-555-0142"), Twice())

    assert [patient["first_name"] for patient in answer["patients"]] == ["Ida", "Tom"]


def test_a_patient_is_told_as_the_ehr_holds_them() -> None:
    answer = search_patients(RECORD, PatientQuery(phone="303-555-0143"), ToyEhr(patients=[EVE]))

    assert answer == {
        "patients": [
            {
                "patient_id": "72",
                "first_name": "Eve",
                "last_name": "Ash",
                "preferred_name": None,
                "date_of_birth": "1984-05-17",
                "phones": ["303-555-0143"],
                "email": None,
                "is_active": False,
                "is_bookable": False,
            }
        ]
    }


def test_an_ehr_that_fails_is_an_error_and_not_nobody() -> None:
    ehr = ToyEhr()
    ehr.answers["find_patients"] = [EhrUnavailable()]

    with pytest.raises(EhrUnavailable):
        search_patients(RECORD, PatientQuery(phone="303-555-0143"), ehr)
