"""Lists that are cut, repeat themselves or do not say how they go on: nothing is booked or offered by them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from openchair.errors import EhrNotSupported, EhrUnavailable
from openchair.models.journal import Task
from openchair.models.person import PatientQuery
from openchair.records import search_patients
from openchair.slots.find import SlotQuery, find_slots
from openchair.visits import patient_visits
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NOW as NEXHEALTH_NOW
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import NOW as OPEN_DENTAL_NOW
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world

CURSORS = ("repeat", "null", "number", "absent", "empty")


@pytest.fixture
def office() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


@pytest.fixture
def nex() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def old_visits(world: EhrWorld, patient_id: str, count: int) -> None:
    """Years of them, each on a morning of its own."""
    for number in range(count):
        start = OPEN_DENTAL_NOW.replace(tzinfo=None) - timedelta(days=30 + number)
        world.control(
            "staff", action="book", patient_id=patient_id, operatory_id="1", start=start.isoformat(), minutes=10
        )


def crowded(world: EhrWorld, first: Any, visits: int) -> None:
    """So many visits tomorrow and in the two days after it, spread over the chairs."""
    chairs = [one.id for one in world.clients.client(world.record).operatories() if not one.is_hidden]
    patient_id = world.patient_ids()[0]
    for number in range(visits):
        day, place = divmod(number, -(-visits // 3))
        row, chair = divmod(place, len(chairs))
        start = first + timedelta(days=1 + day, hours=1, minutes=10 * row)
        world.control(
            "staff",
            action="book",
            patient_id=patient_id,
            operatory_id=chairs[chair],
            start=start.replace(tzinfo=None).isoformat() if world.record.practice.open_dental else start.isoformat(),
            minutes=10,
        )


def three_days(world: EhrWorld) -> dict[str, Any]:
    tomorrow = (world.clock.now() + timedelta(days=1)).date()
    query = SlotQuery(service_id="filling", start_date=tomorrow, end_date=tomorrow + timedelta(days=2))
    client = world.another_function().client(world.record)
    return find_slots(world.record, query, world.book(client), world.clock)


def booked_once_lost(world: EhrWorld, request: dict[str, Any]) -> Task:
    """The answer to the first booking is lost after its effect; each look is another function's."""
    world.control("faults", match={"method": "POST", "path_regex": "^/appointments$"}, fault={"kind": "drop_after"})
    task = world.process(world.submit(request), world.another_function())
    deadline = world.clock.now() + timedelta(hours=1)
    while not task.is_settled and task.next_attempt_at is not None and world.clock.now() < deadline:
        world.advance(max((task.next_attempt_at - world.clock.now()).total_seconds(), 1.0))
        task = world.process(task, world.another_function())
    return task


def sent_and_lost(world: EhrWorld, request: dict[str, Any], patients_list: str, pages: int) -> Task:
    """Booked, the answer lost, and so is the first look afterwards at the patient's list, which has so many pages."""
    world.control("faults", match={"method": "POST", "path_regex": "^/appointments$"}, fault={"kind": "drop_after"})
    looks = {"method": "GET", "path_regex": "^/appointments$", "query_regex": patients_list}
    world.control("faults", match={**looks, "nth": pages + 1, "times": 3}, fault={"kind": "status", "status": 503})
    sent = world.process(world.submit(request))
    assert len(marked(world, request["patient_id"])) == 1
    assert not sent.is_settled
    return sent


def marked(world: EhrWorld, patient_id: str) -> list[str]:
    rows = world.control(f"truth/appointments?patient_id={patient_id}", "GET")["appointments"]
    return [one["appointment_id"] for one in rows if one["note"].startswith("[ref")]


# ------------------------------------------------------------------------------------------------- Open Dental


@pytest.mark.parametrize("switches", [{"page_cap": 50}, {"page_cap": 40}, {}], ids=["cap 50", "cap 40", "no cap"])
@pytest.mark.parametrize("visits", [50, 55, 110])
def test_a_booking_whose_answer_is_lost_is_one_visit_however_long_the_patients_list(
    office: OpenDentalWorld, visits: int, switches: dict[str, Any]
) -> None:
    request = office.booking()
    old_visits(office, request["patient_id"], visits)
    office.control("switches", **switches)

    done = booked_once_lost(office, request)

    assert done.code == "booked"
    assert marked(office, request["patient_id"]) == [done.appointment_id]


@pytest.mark.parametrize(("visits", "most"), [(55, 1), (110, 0)])
def test_nothing_is_booked_for_a_patient_whose_list_cannot_be_read_to_its_end(
    office: OpenDentalWorld, visits: int, most: int
) -> None:
    request = office.booking()
    old_visits(office, request["patient_id"], visits)
    office.control("switches", offset="ignore")

    done = booked_once_lost(office, request)

    assert len(marked(office, request["patient_id"])) == most
    assert (done.code == "booked") is (most == 1)


def test_a_list_that_can_no_longer_be_read_to_its_end_does_not_double_what_was_sent(office: OpenDentalWorld) -> None:
    request = office.booking()
    old_visits(office, request["patient_id"], 110)
    sent = sent_and_lost(office, request, "PatNum", pages=2)

    office.control("switches", offset="ignore")
    waiting = office.until_ended(sent, timedelta(minutes=20))
    assert not waiting.is_settled
    office.control("switches", offset="honour")
    done = office.until_ended(waiting)

    assert done.code == "booked"
    assert marked(office, request["patient_id"]) == [done.appointment_id]


@pytest.mark.parametrize("switches", [{"offset": "ignore"}, {"offset": "ignore", "page_cap": 50}], ids=str)
def test_no_time_is_offered_by_a_days_book_that_cannot_be_read_to_its_end(
    office: OpenDentalWorld, switches: dict[str, Any]
) -> None:
    crowded(office, OPEN_DENTAL_NOW, 400)
    office.control("switches", **switches)

    with pytest.raises(EhrUnavailable):
        three_days(office)


def test_a_server_that_gives_few_rows_at_once_offers_the_same_times(office: OpenDentalWorld) -> None:
    crowded(office, OPEN_DENTAL_NOW, 130)
    offered = three_days(office)["providers"]

    office.control("switches", page_cap=50)

    assert three_days(office)["providers"] == offered


def test_a_practice_of_few_rows_is_asked_for_each_list_once(office: OpenDentalWorld) -> None:
    client = office.another_function().client(office.record)
    patient_visits(office.record, office.patient_ids()[0], client, office.clock)
    client.schedule(office.clock.now().date(), office.clock.now().date())

    asked = [one.operation for one in office.audit]
    assert {"list_patient_appointments", "list_operatories", "list_providers", "list_schedules"} <= set(asked)
    assert len(asked) == len(set(asked))


# --------------------------------------------------------------------------------------------------- NexHealth


@pytest.mark.parametrize("cursor", CURSORS)
def test_no_time_is_offered_by_a_book_that_does_not_say_how_it_goes_on(nex: NexHealthWorld, cursor: str) -> None:
    crowded(nex, NEXHEALTH_NOW, 60)
    nex.advance(900)
    nex.control("switches", page_cap=20, cursor=cursor)

    with pytest.raises(EhrUnavailable):
        three_days(nex)


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_booking_is_not_doubled_by_a_list_that_does_not_say_how_it_goes_on(nex: NexHealthWorld, cursor: str) -> None:
    request = nex.booking()
    for days in range(1, 13):
        nex.control(
            "staff",
            action="book",
            patient_id=request["patient_id"],
            operatory_id=request["operatory_id"],
            start=(NEXHEALTH_NOW.replace(hour=6) + timedelta(days=days)).isoformat(),
            minutes=10,
        )
    nex.advance(900)
    sent = sent_and_lost(nex, request, "patient_ids", pages=1)

    nex.control("switches", page_cap=5, cursor=cursor)
    waiting = nex.until_ended(sent, timedelta(minutes=20))
    assert not waiting.is_settled
    nex.control("switches", page_cap=5, cursor="honour")
    done = nex.until_ended(waiting)

    assert done.code == "booked"
    assert marked(nex, request["patient_id"]) == [done.appointment_id]


def test_a_server_that_gives_few_rows_at_once_offers_the_same_times_by_its_cursor(nex: NexHealthWorld) -> None:
    crowded(nex, NEXHEALTH_NOW, 60)
    nex.advance(900)
    offered = three_days(nex)["providers"]

    nex.control("switches", page_cap=7)

    assert three_days(nex)["providers"] == offered


@pytest.mark.parametrize("notice", ["description", "error"])
def test_nobody_is_told_of_a_stranger_when_the_vendor_does_not_look_at_the_filter(
    nex: NexHealthWorld, notice: str
) -> None:
    nex.control("switches", ignored_parameters="email", ignored_notice=notice)
    client = nex.clients.client(nex.record)

    with pytest.raises(EhrNotSupported):
        search_patients(nex.record, PatientQuery(email="nobody.here@example.org"), client)
    with pytest.raises(EhrNotSupported):
        client.find_patients(PatientQuery(email="nobody.here@example.org"))


def test_a_front_end_that_refuses_libraries_lets_us_in(nex: NexHealthWorld) -> None:
    nex.control("switches", front_end="guarded")

    assert nex.until_ended(nex.do(nex.booking())).code == "booked"


def test_the_hours_are_read_once_for_fourteen_days_of_slots(nex: NexHealthWorld) -> None:
    today = nex.clock.now().date()
    query = SlotQuery(service_id="filling", start_date=today, end_date=today + timedelta(days=13))

    find_slots(nex.record, query, nex.book(), nex.clock)

    asked = [one["query"] for one in nex.control("requests", "GET")["requests"] if one["path"] == "/working_hours"]
    assert asked
    assert len(asked) == len({one.get("end_cursor") for one in asked})
