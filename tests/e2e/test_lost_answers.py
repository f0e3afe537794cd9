"""Answers that are lost on their way, over real HTTP: each write takes effect once, and its id is told.

One booking in an office of its own for each kind of task and each way of losing an answer; the simulated office's own
book is the judge, and its request log says that nothing was sent twice.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3

from tests.e2e.world import Caller, Json, Office, World, booking, free_slots, ids, visits_at

PRACTICE = "p3"
RACERS = 50
# The emulator starts a worker for each request that is in progress; so many at once are a race all the same.
AT_ONCE = 16
LOST: dict[str, list[Json]] = {
    "dropped": [{"kind": "drop_after"}],
    "504": [{"kind": "timed_out", "when": "after"}],
    "html_with_200": [{"kind": "html", "when": "after", "status": 200}],
    "truncated": [{"kind": "truncate"}],
    # No answer for a while, then none at all.
    "time_out": [{"kind": "delay", "when": "after", "seconds": 1}, {"kind": "drop_after"}],
}
every_loss = pytest.mark.parametrize("loss", LOST)


class Desk:
    """The office's front desk and its faults."""

    def __init__(self, world: World, office: Office) -> None:
        self._url = world.server.control_url
        self._office = office
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def book(self, slot: Json, patient_id: str) -> str:
        """The new appointment's id."""
        visit = {name: slot[name] for name in ("operatory_id", "provider_id")}
        wall = slot["start"][:19].replace("T", " ")
        given = {"action": "book", "patient_id": patient_id, "start": wall, "minutes": 60, **visit}
        return str(self._tell("POST", "staff", {**given, "office": self._office.key})["appointment_id"])

    @contextmanager
    def losing(self, loss: str, method: str, path: str) -> Iterator[list[Json]]:
        """The answer to the next such write; afterwards the list holds all such writes of the block."""
        match = {"office": self._office.key, "method": method, "path_regex": path}
        before = len(self._office.received())
        self._tell("POST", "faults", [{"match": match, "fault": fault} for fault in LOST[loss]])
        writes: list[Json] = []
        try:
            yield writes
            struck = [rule["struck"] for rule in self._tell("GET", "faults")["faults"]]
            assert struck == [1] * len(LOST[loss]), "the answer was not lost"
            writes += [one for one in self._office.received()[before:] if one["method"] != "GET"]
        finally:
            self._tell("DELETE", "faults")

    def _tell(self, method: str, path: str, body: Any = None) -> Any:
        told = None if body is None else json.dumps(body).encode()
        answer = self._http.request(method, f"{self._url}/{path}?office={self._office.key}", body=told)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)


@pytest.fixture(scope="module")
def office(world: World) -> Office:
    return world.server.office(PRACTICE)


@pytest.fixture(scope="module")
def desk(world: World, office: Office) -> Desk:
    return Desk(world, office)


@pytest.fixture(scope="module")
def caller(world: World) -> Caller:
    return world.operator


@pytest.fixture(scope="module")
def slots(caller: Caller) -> Iterator[Json]:
    return free_slots(caller, PRACTICE)


@pytest.fixture(scope="module")
def patients(office: Office) -> Iterator[str]:
    """The last and the first ones are other tests'."""
    return iter(ids(office.truth("patients", status="Patient"))[10:-10])


def done(caller: Caller, task: Json, code: str) -> Json:
    answer = caller.submit(PRACTICE, task, wait=25)
    ended = answer.body if answer.status == 200 else caller.ended(PRACTICE, answer.body["id"])
    assert (ended["state"], ended["code"], ended["in_chart"]) == ("completed", code, True)
    return ended


def the_visit(office: Office, appointment_id: str) -> Json:
    [visit] = office.truth("appointments", appointment_id=appointment_id)
    return visit


@every_loss
def test_a_booking_whose_answer_is_lost_stands_once(
    caller: Caller, office: Office, desk: Desk, slots: Iterator[Json], patients: Iterator[str], loss: str
) -> None:
    slot, patient = next(slots), next(patients)

    with desk.losing(loss, "POST", "^/appointments$") as writes:
        task = done(caller, booking(slot, patient), "booked")

    [visit] = visits_at(office, slot)
    assert (visit["appointment_id"], visit["patient_id"]) == (task["appointment_id"], patient)
    assert len(writes) == 1


@every_loss
def test_a_move_whose_answer_is_lost_is_made_once(
    caller: Caller, office: Office, desk: Desk, slots: Iterator[Json], patients: Iterator[str], loss: str
) -> None:
    old, slot, patient = next(slots), next(slots), next(patients)
    visit_id = desk.book(old, patient)
    chair = {name: slot[name] for name in ("start", "operatory_id", "provider_id")}

    with desk.losing(loss, "PUT", r"^/appointments/\d+$") as writes:
        request = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": visit_id, **chair}
        task = done(caller, request, "moved")

    [visit] = visits_at(office, slot)
    assert visit["appointment_id"] == task["appointment_id"] == visit_id
    assert visits_at(office, old) == []
    assert len(writes) == 1


@every_loss
def test_a_cancellation_whose_answer_is_lost_is_made_once(
    caller: Caller, office: Office, desk: Desk, slots: Iterator[Json], patients: Iterator[str], loss: str
) -> None:
    visit_id = desk.book(next(slots), next(patients))

    with desk.losing(loss, "PUT", "/Break$") as writes:
        task = done(caller, {"type": "CANCEL_APPOINTMENT", "appointment_id": visit_id}, "cancelled")

    assert task["appointment_id"] == visit_id
    assert the_visit(office, visit_id)["status"] in ("UnschedList", "Broken")
    assert len(writes) == 1


@every_loss
def test_a_confirmation_whose_answer_is_lost_is_made_once(
    caller: Caller, office: Office, desk: Desk, slots: Iterator[Json], patients: Iterator[str], loss: str
) -> None:
    visit_id = desk.book(next(slots), next(patients))
    before = the_visit(office, visit_id)["confirmed"]

    with desk.losing(loss, "PUT", "/Confirm$") as writes:
        task = done(caller, {"type": "CONFIRM_APPOINTMENT", "appointment_id": visit_id}, "confirmed")

    assert task["appointment_id"] == visit_id
    assert the_visit(office, visit_id)["confirmed"] != before
    assert len(writes) == 1


@every_loss
def test_a_patient_whose_answer_is_lost_has_one_chart(caller: Caller, office: Office, desk: Desk, loss: str) -> None:
    name = f"Newcomer{loss.replace('_', '').replace('504', 'late').title()}"
    person = {"first_name": "Testa", "last_name": name, "date_of_birth": "1990-01-02", "email": f"{loss}@example.org"}

    with desk.losing(loss, "POST", "^/patients$") as writes:
        task = done(caller, {"type": "ONBOARD_NEW_PATIENT", "patient": person}, "patient_created")

    charts = [row for row in office.truth("patients") if row["last_name"] == name]
    assert ids(charts) == [task["patient_id"]]
    assert len(writes) == 1


def test_of_fifty_who_want_one_chair_one_wins_and_the_office_hears_of_no_other(
    caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, before = next(slots), office.bookings_received()
    wanted = [booking(slot, next(patients)) for _ in range(RACERS)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda task: caller.submit(PRACTICE, task), wanted))

    # Who comes when the winner's visit stands already finds no claim at the door, but the visit.
    ended = [caller.ended(PRACTICE, answer.body["id"]) for answer in answers if answer.status == 202]
    told = [(task["state"], task["code"]) for task in ended]
    told += [("refused", answer.code) for answer in answers if answer.status == 409]

    assert len(told) == RACERS
    assert set(told) <= {("completed", "booked"), ("failed", "slot_taken"), ("refused", "slot_taken")}
    [winner] = [task for task in ended if task["state"] == "completed"]
    [visit] = visits_at(office, slot)
    assert visit["appointment_id"] == winner["appointment_id"]
    assert office.bookings_received() - before == 1
