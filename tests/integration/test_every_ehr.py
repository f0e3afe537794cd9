"""What a practice may expect whatever its EHR: one suite on every simulator."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from openchair.errors import SlotTaken
from openchair.health import check_health
from openchair.models.journal import TaskState
from openchair.models.person import PatientQuery
from openchair.records import search_patients
from openchair.visits import patient_visits
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import nexhealth_world
from tests.integration.open_dental_world import open_dental_world

WORLDS: dict[str, Callable[[], AbstractContextManager[EhrWorld]]] = {
    "open_dental": open_dental_world,
    "nexhealth": nexhealth_world,
}
LOST = ("drop_after", "timed_out_after", "html_after", "truncate")
NEWCOMER = {
    "first_name": "Bea",
    "last_name": "Lindquoy",
    "date_of_birth": "1990-05-06",
    "phone": "303-555-0142",
    "email": "bea.lindquoy@example.org",
}


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[EhrWorld]:
    with WORLDS[request.param]() as made:
        yield made


def test_a_booking_stands_in_the_chart_when_it_is_told_as_booked(world: EhrWorld) -> None:
    request = world.booking()

    done = world.until_ended(world.do(request))

    assert (done.state, done.code, done.in_chart) == (TaskState.COMPLETED, "booked", True)
    assert world.visit(done.appointment_id).start == datetime.fromisoformat(request["start"])
    assert world.claims() == set()


@pytest.mark.parametrize("kind", LOST)
def test_a_booking_whose_answer_is_lost_is_one_visit(world: EhrWorld, kind: str) -> None:
    request = world.booking()
    world.control("faults", match={"method": "POST", "path_regex": "^/appointments$"}, fault={"kind": kind})

    done = world.until_ended(world.do(request))

    rows = world.control(f"truth/appointments?patient_id={request['patient_id']}", "GET")["appointments"]
    assert done.code == "booked"
    assert [one["appointment_id"] for one in rows if one["note"].startswith("[ref")] == [done.appointment_id]


def test_a_time_that_is_booked_is_no_longer_offered_and_is_refused_to_another(world: EhrWorld) -> None:
    request = world.booking()
    world.until_ended(world.do(request))

    other = world.until_ended(world.do({**request, "patient_id": world.patient_ids()[1]}))

    assert world.slot() != {name: request[name] for name in ("start", "operatory_id", "provider_id")}
    assert (other.state, other.code) == (TaskState.FAILED, "slot_taken")


def test_a_visit_is_moved_confirmed_and_cancelled(world: EhrWorld) -> None:
    booked = world.until_ended(world.do(world.booking()))
    there = world.slot(1)

    moved = world.until_ended(
        world.do({"type": "RESCHEDULE_APPOINTMENT", "appointment_id": booked.appointment_id, **there})
    )
    assert moved.code == "moved"
    assert world.visit(moved.appointment_id).start == datetime.fromisoformat(there["start"])

    named = {"appointment_id": moved.appointment_id}
    confirmed = world.until_ended(world.do({"type": "CONFIRM_APPOINTMENT", **named}))
    assert (confirmed.code, world.visit(moved.appointment_id).is_confirmed) == ("confirmed", True)

    asked = {"type": "CANCEL_APPOINTMENT", "send_to_unscheduled_list": False, **named}
    cancelled = world.until_ended(world.do(asked))
    assert (cancelled.code, world.visit(moved.appointment_id).is_cancelled) == ("cancelled", True)


def test_two_practices_with_one_key_share_turns_and_chairs(world: EhrWorld) -> None:
    other = world.second_practice()
    request = world.booking()
    waiting = world.submit(request)

    with pytest.raises(SlotTaken):
        other.submit({**request, "patient_id": world.patient_ids()[1]})
    assert other.slot() != {name: request[name] for name in ("start", "operatory_id", "provider_id")}

    assert world.until_ended(world.process(waiting)).code == "booked"
    assert world.limits.accounts == {world.record.ehr_account_id}


def test_a_newcomer_gets_one_chart_and_is_found_by_phone(world: EhrWorld) -> None:
    first = world.until_ended(world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER}))
    again = world.until_ended(world.do({"type": "ONBOARD_NEW_PATIENT", "patient": NEWCOMER}))

    assert (first.code, again.code) == ("patient_created", "patient_found")
    assert first.patient_id == again.patient_id
    client = world.clients.client(world.record)
    found = search_patients(world.record, PatientQuery(phone="+1 303 555 0142"), client)
    assert [one["patient_id"] for one in found["patients"]] == [first.patient_id]


def test_what_is_booked_is_upcoming(world: EhrWorld) -> None:
    booked = world.until_ended(world.do(world.booking()))
    client = world.clients.client(world.record)

    told = patient_visits(world.record, booked.patient_id or "", client, world.clock)

    assert booked.appointment_id in [one["appointment_id"] for one in told["upcoming"]]


def test_an_unknown_visit_or_patient_fails_the_task(world: EhrWorld) -> None:
    unknown = world.do({"type": "CANCEL_APPOINTMENT", "appointment_id": "99999999"})
    nobody = world.do({**world.booking(), "patient_id": "99999999"})

    assert (unknown.state, unknown.code) == (TaskState.FAILED, "appointment_not_found")
    assert (nobody.state, nobody.code) == (TaskState.FAILED, "patient_not_found")


def test_a_practice_that_works_is_healthy(world: EhrWorld) -> None:
    found = check_health(world.record, world.clients.client(world.record), world.clock)

    assert [one["code"] for one in found["findings"] if not one["ok"]] == []
