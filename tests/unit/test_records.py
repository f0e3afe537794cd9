"""Who is calling: all whom the question fits, and nobody else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from openchair.errors import EhrUnavailable
from openchair.models.person import Patient, PatientQuery
from openchair.models.practice import Booking, Practice, PracticeRecord
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


@pytest.mark.parametrize(
    ("theirs", "asked"),
    [
        ("O\u2019Brien", "O'Brien"),
        ("Smith-Jones", "smith jones"),
        ("De La Cruz", "Delacruz"),
        ("Mu\u00f1oz", "MUNOZ"),
        ("Smith Jr.", "Smith"),
        ("Smith\u200b", "Smith"),
        ("Wolfeschlegelsteinha", "Wolfeschlegelsteinhausen"),
    ],
)
def test_a_name_is_found_by_every_spelling(theirs: str, asked: str) -> None:
    patient = replace(IDA, last_name=theirs)

    assert found(patient, TOM, EVE, last_name=asked, first_name="Ida", date_of_birth=BORN) == ["70"]


def test_a_first_name_that_was_cut_is_found_and_a_short_form_is_not() -> None:
    cut = replace(IDA, first_name="Maria-Magdalena")
    asked = {"last_name": "Moss", "date_of_birth": BORN}

    assert found(cut, first_name="Maria-Magdalena-Luz", **asked) == ["70"]
    assert found(cut, first_name="Maria", **asked) == []
    assert found(cut, first_name="Maria-Magdalena", last_name="Moss Sr.", date_of_birth=BORN) == ["70"]
    jr = replace(cut, last_name="Moss Jr.")
    assert found(jr, first_name="Maria-Magdalena", last_name="Moss Sr.", date_of_birth=BORN) == []


@pytest.mark.parametrize(
    ("field", "phone"),
    [
        ("(303)555-0142 x12", "303-555-0142"),
        ("720-555-0199 / 303-555-0142", "303-555-0142"),
        ("\uff13\uff10\uff13-555-0142", "\u202a303\u2011555\u20110142\u202c"),
        ("+65 6123 4567", "+6561234567"),
    ],
)
def test_every_number_of_a_field_is_compared_whole(field: str, phone: str) -> None:
    patient = replace(IDA, phones=(field,))

    assert found(patient, EVE, phone=phone) == ["70"]


def test_a_foreign_number_is_not_a_north_american_one() -> None:
    assert found(replace(IDA, phones=("(656) 123-4567",)), phone="+65 6123 4567") == []


def test_every_email_of_a_field_is_compared_whole() -> None:
    patient = replace(IDA, email="eve@example.org; IDA@example.org")

    assert found(patient, email="ida@example.org") == ["70"]
    assert found(patient, email="da@example.org") == []


def test_who_may_be_booked_is_told() -> None:
    people = [
        IDA,
        replace(IDA, id="81", is_active=False),
        replace(IDA, id="82", is_bookable=False),
    ]
    query = PatientQuery(phone="303-555-0142")
    wants = RECORD.practice.model_copy(update={"booking": Booking(inactive_patients="book")})

    def told(record: PracticeRecord) -> dict[str, bool]:
        answer = search_patients(record, query, ToyEhr(patients=people))
        return {one["patient_id"]: one["is_bookable"] for one in answer["patients"]}

    assert told(RECORD) == {"70": True, "81": False, "82": False}
    assert told(replace(RECORD, practice=wants)) == {"70": True, "81": True, "82": False}
