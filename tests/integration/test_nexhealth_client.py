"""Each read of the NexHealth client against the simulator, which asks for what the vendor asks for."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from openchair.clients.nexhealth import NexHealthClient
from openchair.clients.nexhealth.patients import PatientFilter
from openchair.slots.find import SlotQuery, find_slots
from tests.integration.nexhealth_world import NOW, NexHealthWorld, nexhealth_world

TUESDAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def world() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made
        odd = [call.operation for call in made.audit if call.broken_rows]
        assert odd == [], "something was ignored, unread or unknown"


@pytest.fixture
def client(world: NexHealthWorld) -> NexHealthClient:
    made = world.clients.client(world.record)
    assert isinstance(made, NexHealthClient)
    return made


def test_what_the_key_opens_is_told_with_its_subdomain_and_locations(
    world: NexHealthWorld, client: NexHealthClient
) -> None:
    (institution,) = client.institutions()
    locations = client.locations()

    settings = world.record.practice.nexhealth
    assert settings is not None
    assert institution.subdomain == settings.subdomain
    assert [str(one.id) for one in locations] == list(settings.location_ids)
    assert {one.tz for one in locations} == {"America/New_York"}


def test_people_chairs_types_and_hours_are_told(client: NexHealthClient) -> None:
    assert client.providers()
    assert client.operatories()
    assert {one.minutes for one in client.appointment_types()} >= {30}
    assert client.schedule(TUESDAY, TUESDAY + timedelta(days=3)).work_blocks


@pytest.mark.parametrize("name", ["name", "email", "phone_number", "date_of_birth", "foreign_id"])
def test_patients_are_narrowed_by_every_filter_that_names_one(client: NexHealthClient, name: str) -> None:
    everybody = client.patients(PatientFilter())
    one = next(each for each in everybody if each.email and each.phones and each.date_of_birth and each.is_in_chart)
    values: dict[str, Any] = {
        "name": f"{one.first_name} {one.last_name}",
        "email": one.email,
        "phone_number": one.phones[0],
        "date_of_birth": one.date_of_birth,
        "foreign_id": client.patient_with(one.id).foreign_id,
    }

    found = client.patients(PatientFilter(**{name: values[name]}))

    assert one in found
    assert len(found) < len(everybody)


def test_patients_are_narrowed_by_what_they_are(client: NexHealthClient) -> None:
    everybody = len(client.patients(PatientFilter()))

    for yes, no in (
        (PatientFilter(inactive=True), PatientFilter(inactive=False)),
        (PatientFilter(new_patient=True), PatientFilter(new_patient=False)),
        (PatientFilter(non_patient=True), PatientFilter(non_patient=False)),
    ):
        assert len(client.patients(yes)) + len(client.patients(no)) == everybody
    assert client.patients(PatientFilter(updated_since=NOW + timedelta(days=1))) == []
    assert len(client.patients(PatientFilter(location_strict=True))) <= everybody


def test_a_patient_comes_with_what_was_asked_for(world: NexHealthWorld, client: NexHealthClient) -> None:
    booked = world.until_ended(world.do(world.booking()))

    found = client.patient_with(booked.patient_id or "", "upcoming_appts", "address")

    assert booked.appointment_id in [str(one["id"]) for one in found.upcoming_appts]
    assert found.address
    assert client.patient_with(booked.patient_id or "").upcoming_appts == ()


def test_what_the_vendor_offers_itself_is_told_and_lies_in_what_we_offer(
    world: NexHealthWorld, client: NexHealthClient
) -> None:
    provider_id = client.schedule(TUESDAY, TUESDAY).work_blocks[0].provider_id

    offered = client.available_slots(TUESDAY, 1, provider_ids=[provider_id], minutes=60)

    query = SlotQuery(service_id="filling", start_date=TUESDAY, end_date=TUESDAY, provider_id=provider_id)
    found = find_slots(world.record, query, world.book(), world.clock)
    ours = {slot["start"] for one in found["providers"] for day in one["days"] for slot in day["slots"]}
    assert {one.start.isoformat() for one in offered} <= ours
    assert {one.provider_id for one in offered} == {provider_id}
    assert {one.end - one.start for one in offered} == {timedelta(minutes=60)}


def test_a_type_tells_how_long_the_offered_slots_are(client: NexHealthClient) -> None:
    kind = next(one for one in client.appointment_types() if one.minutes == 30)

    offered = client.available_slots(TUESDAY, 2, appointment_type_id=str(kind.id))

    assert offered
    assert {one.end - one.start for one in offered} == {timedelta(minutes=30)}
