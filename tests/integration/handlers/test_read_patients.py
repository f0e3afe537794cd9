"""read_patients through its events."""

from typing import Any

import pytest

from tests.integration.handlers.gateway import event, request
from tests.integration.handlers.stack import Stack

QUILLON = {
    "patient_id": "11",
    "first_name": "Quillon",
    "last_name": "Vexmoor",
    "preferred_name": None,
    "date_of_birth": "1983-04-17",
    "phones": ["(303)555-0111"],
    "email": "quillon.vexmoor@example.com",
    "is_active": True,
    "is_bookable": True,
}
PERPETUA = {
    **QUILLON,
    "patient_id": "12",
    "first_name": "Perpetua",
    "preferred_name": "Pet",
    "date_of_birth": "2011-09-30",
    "email": None,
}
VISIT = {
    "appointment_id": "50",
    "status": "booked",
    "start": "2026-03-03T10:00:00-07:00",
    "end": "2026-03-03T11:00:00-07:00",
    "minutes": 60,
    "provider_id": "1",
    "provider_name": "Abel Orme",
    "operatory_id": "1",
    "operatory_name": "Chair 1",
    "service_name": "Filling",
    "confirmed": False,
}


def test_a_family_that_shares_a_phone_comes_whole(stack: Stack) -> None:
    assert stack.call(event("read_patients/search_by_phone")) == (200, {"patients": [PERPETUA, QUILLON]})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"email": "Quillon.Vexmoor@example.com"}, [QUILLON]),
        ({"last_name": "vexmoor", "first_name": "PERPETUA", "date_of_birth": "2011-09-30"}, [PERPETUA]),
        ({"last_name": "vexmoor", "first_name": "PERPETUA", "date_of_birth": "2011-09-29"}, []),
        ({"phone": "720 555 0199"}, []),
    ],
)
def test_a_patient_is_found_by_email_or_by_name_and_birth_date(
    stack: Stack, query: dict[str, str], found: list[dict[str, Any]]
) -> None:
    assert stack.call(request("read_patients/search_by_phone", body=query)) == (200, {"patients": found})


def test_visits_are_told_in_local_time_upcoming_and_past(stack: Stack) -> None:
    past = {
        **VISIT,
        "appointment_id": "51",
        "status": "fulfilled",
        "start": "2026-02-02T10:00:00-07:00",
        "end": "2026-02-02T11:00:00-07:00",
        "service_name": "Exam",
    }

    assert stack.call(event("read_patients/visits")) == (
        200,
        {
            "as_of": "2026-03-02T08:00:00-07:00",
            "timezone": "America/Denver",
            "complete_since": None,
            "upcoming": [VISIT],
            "past": [past],
            "unscheduled": 0,
        },
    )


@pytest.mark.parametrize("patient_id", ["999999", "0", "-1", "eleven", "11 or 1=1", "99999999999999999999"])
def test_an_unknown_patient_is_not_found(stack: Stack, patient_id: str) -> None:
    status, answer = stack.call(request("read_patients/visits", path={"patient_id": patient_id}))

    assert (status, answer["code"]) == (404, "patient_not_found")
