"""Every entity of the NexHealth simulator carries the vendor's fields, each of the vendor's kind."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.simulators.conftest import MONDAY_MORNING, NexHealthCaller
from tests.integration.simulators.receiver import receiving
from tests.nexhealth_shapes import (
    ADDRESS,
    APPOINTMENT,
    APPOINTMENT_BASIC,
    APPOINTMENT_TYPE,
    BOOKING_DETAILS,
    EMR,
    ENDPOINT,
    INSTITUTION,
    LOCATION,
    LOCATION_BASIC,
    OPERATORY,
    PAGE_INFO,
    PATIENT,
    PATIENT_V2,
    PRIVACY,
    PROVIDER,
    SLOT,
    SLOT_GROUP,
    SUBSCRIPTION,
    SYNC_STATUS,
    USER,
    WORKING_HOUR,
)
from tools.simulators.nexhealth import RunningSimulator, running_simulator

PATIENT_ID = 401_001_001
ENTITIES = {
    "appointment": APPOINTMENT,
    "pending": APPOINTMENT,
    "appointment basic": APPOINTMENT_BASIC,
    "booking details": BOOKING_DETAILS,
    "appointment's patient": PATIENT_V2,
    "appointment's operatory": OPERATORY,
    "patient": PATIENT,
    "created patient": PATIENT_V2,
    "guarantor": USER,
    "address": ADDRESS,
    "privacy": PRIVACY,
    "provider": PROVIDER,
    "operatory": OPERATORY,
    "location": LOCATION,
    "institution": INSTITUTION,
    "basic location": LOCATION_BASIC,
    "appointment type": APPOINTMENT_TYPE,
    "slot group": SLOT_GROUP,
    "slot": SLOT,
    "working hour": WORKING_HOUR,
    "sync status": SYNC_STATUS,
    "emr": EMR,
    "endpoint": ENDPOINT,
    "subscription": SUBSCRIPTION,
    "page info": PAGE_INFO,
}
KINDS: dict[str, Any] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "num": lambda value: isinstance(value, int | float),
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "obj": lambda value: isinstance(value, dict),
    "[]": lambda value: isinstance(value, list),
    "dt": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value)),
    "date": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)),
    "hm": lambda value: bool(re.fullmatch(r"\d\d:\d\d", value)),
    "local": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000-0[67]:00", value)),
}


@pytest.fixture(scope="module")
def shapes() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Rows of every entity, from a practice with a booking of ours that is written, changed and told."""
    with running_simulator(now=MONDAY_MORNING, frozen=True) as running, receiving() as receiver:
        nex = NexHealthCaller(running)
        endpoint = nex.post("webhook_endpoints", {"target_url": receiver.url}, subdomain=None).body["data"]
        path = f"webhook_endpoints/{endpoint['id']}/webhook_subscriptions"
        subscription = nex.post(path, {"resource_type": "Appointment", "event": "appointment_insertion"}).body["data"]
        pending = nex.book().body["data"]["appt"]
        nex.advance(6)
        nex.patch(f"appointments/{pending['id']}", {"appt": {"confirmed": True}})
        yield {**_lists(nex, running), "pending": [pending], "endpoint": [endpoint], "subscription": [subscription]}


def _lists(nex: NexHealthCaller, running: RunningSimulator) -> dict[str, list[dict[str, Any]]]:
    place = {"location_id": nex.location_id, "per_page": 1000}
    window = {"start": "2023-01-01", "end": "2027-01-01", **place}
    includes = {"include[]": ["patient", "operatory", "appointment_type", "booking_details"]}
    patient_includes = {"include[]": ["upcoming_appts", "guarantor", "address", "provider", "last_visited_appointment"]}
    visits = nex.get("appointments", **window)
    visit = max(row["id"] for row in visits.body["data"] if row["patient_id"] == PATIENT_ID)
    detailed = nex.get(f"appointments/{visit}", **includes).body["data"]
    person = nex.get(f"patients/{detailed['patient_id']}", **patient_includes).body["data"]
    everything = {"include[]": ["locations", "availabilities", "appointment_types"]}
    institutions = nex.get("locations").body["data"]
    asked = {"start_date": "2026-03-03", "days": 3, "lids[]": [nex.location_id], "appointment_type_id": 1101}
    slots = nex.get("available_slots", **asked).body["data"]
    status = nex.get("sync_status").body["data"]
    new_patient = {
        "first_name": "Odalys",
        "last_name": "Ferncliff",
        "email": "odalys@example.com",
        "bio": {"date_of_birth": "1991-05-06", "phone_number": "3035559812"},
    }
    created = nex.post(
        "patients", {"provider": {"provider_id": 300_001_001}, "patient": new_patient}, location_id=nex.location_id
    )
    return {
        "appointment": visits.body["data"],
        "appointment basic": person["upcoming_appts"],
        "booking details": [detailed["booking_details"]],
        "appointment's patient": [detailed["patient"]],
        "appointment's operatory": [detailed["operatory"]],
        "patient": nex.get("patients", **place).body["data"],
        "created patient": [created.body["data"]["user"]],
        "guarantor": [person["guarantor"]],
        "address": [person["address"]],
        "privacy": [person["hipaa"]],
        "provider": nex.get("providers", **everything, per_page=1000).body["data"],
        "operatory": nex.get("operatories", **place).body["data"],
        "location": [row for one in institutions for row in one["locations"]],
        "institution": nex.get("institutions", subdomain=None).body["data"],
        "basic location": [row for one in status for row in one["locations"]],
        "appointment type": nex.get("appointment_types").body["data"],
        "slot group": slots,
        "slot": [slot for group in slots for slot in group["slots"]],
        "working hour": nex.get("working_hours", **place, **everything).body["data"],
        "sync status": status,
        "emr": [one["emr"] for one in status],
        "page info": [visits.body["page_info"]],
    }


@pytest.mark.parametrize("name", ENTITIES)
def test_an_entity_has_the_documented_fields(shapes: dict[str, list[dict[str, Any]]], name: str) -> None:
    kinds = dict(one.split(":") for one in ENTITIES[name].split())
    assert shapes[name], "there are rows to look at"
    for row in shapes[name]:
        assert set(row) == set(kinds)
        for field, kind in kinds.items():
            if row[field] is None:
                assert kind.endswith("?"), field
            else:
                assert KINDS[kind.removesuffix("?")](row[field]), (field, row[field])


def test_the_offset_of_an_appointment_has_no_zero_before_the_hours(shapes: dict[str, list[dict[str, Any]]]) -> None:
    assert {row["timezone_offset"] for row in shapes["appointment"]} == {"-7:00", "-6:00"}
    assert {row["tz_offset"] for row in shapes["working hour"]} == {"-0700"}


def test_a_patients_bio_marks_placeholders_and_non_patients(shapes: dict[str, list[dict[str, Any]]]) -> None:
    for row in shapes["patient"]:
        assert {"new_patient", "non_patient", "phone_number", "date_of_birth", "gender"} <= set(row["bio"])
        assert re.fullmatch(r"\d{10}|", row["bio"]["phone_number"])


def test_numbers_have_the_size_of_the_vendors(shapes: dict[str, list[dict[str, Any]]]) -> None:
    assert all(row["id"] < 2**31 for row in shapes["patient"])
    assert all(row["id"] > 10**9 for row in shapes["appointment"])
