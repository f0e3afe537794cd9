"""Who is calling: patients as the EHR holds them (design section 4, search)."""

from typing import Any

from openchair.contacts import match_text
from openchair.models.person import Patient, PatientQuery
from openchair.models.practice import Booking, PracticeRecord
from openchair.people import fits, refusal_of
from openchair.ports import PatientReader
from openchair.slots.needs import is_ours


def search_patients(record: PracticeRecord, query: PatientQuery, ehr: PatientReader) -> dict[str, Any]:
    """Every patient whom the query fits, by name: a family that shares a phone comes whole, and none is guessed at.

    Patients of another practice of the same EHR account are left out; those who belong to none are everybody's.
    Raises the EHR's errors. Nobody found is an empty list.
    """
    found = {
        patient.id: patient
        for patient in ehr.find_patients(query)
        if fits(patient, query) and is_ours(record.practice, patient.location_id)
    }
    booking = record.practice.booking
    return {"patients": [_answer(patient, booking) for patient in sorted(found.values(), key=_by_name)]}


def _by_name(patient: Patient) -> tuple[str, str, str, str]:
    born = patient.date_of_birth.isoformat() if patient.date_of_birth else ""
    return match_text(patient.last_name), match_text(patient.first_name), born, patient.id


def _answer(patient: Patient, booking: Booking) -> dict[str, Any]:
    return {
        "patient_id": patient.id,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "preferred_name": patient.preferred_name,
        "date_of_birth": patient.date_of_birth.isoformat() if patient.date_of_birth else None,
        "phones": list(patient.phones),
        "email": patient.email,
        "is_active": patient.is_active,
        "is_bookable": refusal_of(patient, booking) is None,
    }
