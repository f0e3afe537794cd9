"""Booking through signed HTTP on the whole stack: done once, or honestly said not to be."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task
from openchair.store.secret_store import keyed_hash
from openchair.store.system_clock import SystemClock
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.submit import submit_task
from tests.e2e.world import CALLERS_AT_ONCE, Caller, Json, Office, World, booking, free_slots, ids, until, visits_at

# Of these, so many leave the choice of provider to us: for them nothing can be claimed at the door.
WITHOUT_PROVIDER = 3


@pytest.fixture(scope="module")
def office(world: World) -> Office:
    return world.server.office("p2")


@pytest.fixture(scope="module")
def caller(world: World) -> Caller:
    return world.operator


@pytest.fixture(scope="module")
def slots(caller: Caller) -> Iterator[Json]:
    return free_slots(caller, "p2")


@pytest.fixture(scope="module")
def patients(office: Office) -> Iterator[str]:
    return iter(ids(office.truth("patients", status="Patient")))


@pytest.fixture(scope="module", autouse=True)
def _only_tests_wake(world: World) -> Iterator[None]:
    """The schedule would wake tasks too; here nobody else is to have done it."""
    scheduler = world.client("scheduler")
    [name] = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
    found = scheduler.get_schedule(Name=name)
    kept = {key: found[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, State="DISABLED")
    yield
    scheduler.update_schedule(**kept, State="ENABLED")


@pytest.fixture(scope="module")
def faulty_office(world: World) -> Office:
    """Another office: a fault strikes whoever comes first, so nothing else may go on there."""
    return world.server.office("p3")


@pytest.fixture(scope="module")
def faulty_offices_slots(caller: Caller) -> Iterator[Json]:
    return free_slots(caller, "p3")


@pytest.fixture(scope="module", autouse=True)
def waiting_task(caller: Caller, faulty_office: Office, faulty_offices_slots: Iterator[Json]) -> str:
    """A booking that met an office which was offline; it is looked at again half a minute later, while others run."""
    task = booking(next(faulty_offices_slots), ids(faulty_office.truth("patients", status="Patient"))[0])
    with faulty_office.fault("offline", times=0):
        task_id = str(caller.submit("p3", task).body["id"])
        until(lambda: caller.task("p3", task_id)["code"] == "ehr_offline", "the office to be found offline")
    return task_id


def test_a_task_waits_while_the_office_is_offline(caller: Caller, waiting_task: str) -> None:
    task = caller.task("p3", waiting_task)
    assert task["state"] == "in_progress"
    assert task["code"] == "ehr_offline"
    assert task["appointment_id"] is None
    assert datetime.fromisoformat(task["next_attempt_at"]) > datetime.fromisoformat(task["updated_at"])


def test_who_does_not_wait_asks_later(
    caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot = next(slots)

    answer = caller.submit("p2", booking(slot, next(patients)))

    assert (answer.status, answer.body["state"]) == (202, "queued")
    assert caller.ended("p2", answer.body["id"])["state"] == "completed"
    assert len(visits_at(office, slot)) == 1


def test_who_prefers_to_wait_is_told_the_end(
    caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, patient = next(slots), next(patients)

    answer = caller.submit("p2", booking(slot, patient), wait=25)

    assert (answer.status, answer.body["state"], answer.code) == (200, "completed", "booked")
    [visit] = visits_at(office, slot)
    assert visit["appointment_id"] == answer.body["appointment_id"]
    assert visit["patient_id"] == patient
    assert visit["note"].startswith("[ref ")


def test_the_same_key_and_body_give_the_same_task_and_one_visit(
    caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, key = next(slots), str(uuid.uuid4())
    task = booking(slot, next(patients))

    at_once = [caller.submit("p2", task, key) for _ in range(2)]
    ended = caller.ended("p2", at_once[0].body["id"])
    afterwards = caller.submit("p2", task, key)

    assert {answer.body["id"] for answer in (*at_once, afterwards)} == {ended["id"]}
    assert (afterwards.status, afterwards.body) == (200, ended)
    assert len(visits_at(office, slot)) == 1


def test_the_same_key_with_another_body_is_refused(
    caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    key, task = str(uuid.uuid4()), booking(next(slots), next(patients))
    first = caller.submit("p2", task, key)

    other = caller.submit("p2", {**task, "notes": "Prefers the morning"}, key)

    assert first.status == 202
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_a_claimed_chair_is_refused_at_the_door_and_uses_no_key(
    caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, elsewhere, patient, key = next(slots), next(slots), next(patients), str(uuid.uuid4())
    first = caller.submit("p2", booking(slot, next(patients)))

    refused = caller.submit("p2", booking(slot, patient), key)
    same_key_elsewhere = caller.submit("p2", booking(elsewhere, patient), key)

    assert (refused.status, refused.code) == (409, "slot_taken")
    assert (first.status, same_key_elsewhere.status) == (202, 202)


def test_of_many_who_want_one_chair_at_one_time_exactly_one_gets_it(
    caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot = next(slots)
    wanted = [
        booking(slot, next(patients), with_provider=number >= WITHOUT_PROVIDER) for number in range(CALLERS_AT_ONCE)
    ]

    with ThreadPoolExecutor(CALLERS_AT_ONCE) as pool:
        answers = list(pool.map(lambda task: caller.submit("p2", task), wanted))
    refused = [answer for answer in answers if answer.status == 409]
    tasks = [caller.ended("p2", answer.body["id"]) for answer in answers if answer.status == 202]

    assert {answer.code for answer in refused} <= {"slot_taken"}
    assert len(refused) + len(tasks) == CALLERS_AT_ONCE
    assert [task["state"] for task in tasks].count("completed") == 1
    assert {(task["state"], task["code"]) for task in tasks} <= {("completed", "booked"), ("failed", "slot_taken")}
    [visit] = visits_at(office, slot)
    assert [visit["appointment_id"]] == [task["appointment_id"] for task in tasks if task["state"] == "completed"]


def test_a_lost_answer_is_read_back_and_nothing_is_sent_twice(
    caller: Caller, faulty_office: Office, faulty_offices_slots: Iterator[Json]
) -> None:
    slot, before = next(faulty_offices_slots), faulty_office.bookings_received()
    patient = ids(faulty_office.truth("patients", status="Patient"))[1]

    with faulty_office.fault("drop_after", method="POST", path_regex="^/appointments$"):
        task = caller.ended("p3", caller.submit("p3", booking(slot, patient)).body["id"])

    assert (task["state"], task["code"], task["in_chart"]) == ("completed", "booked", True)
    assert faulty_office.bookings_received() - before == 1
    [visit] = visits_at(faulty_office, slot)
    assert visit["appointment_id"] == task["appointment_id"]


def test_what_waited_is_done_when_it_is_woken(
    world: World, caller: Caller, faulty_office: Office, waiting_task: str
) -> None:
    due = datetime.fromisoformat(caller.task("p3", waiting_task)["next_attempt_at"])
    until(lambda: datetime.now(UTC) > due, "the task to be due")

    sent = world.wake()

    assert sent == 1
    task = caller.ended("p3", waiting_task)
    assert (task["state"], task["code"]) == ("completed", "booked")
    [visit] = faulty_office.truth("appointments", appointment_id=task["appointment_id"])
    assert visit["status"] == "Scheduled"


class _DeadQueue:
    """What was accepted is never sent: as when the function is killed in between."""

    def send(self, task: Task) -> None:
        raise StoreUnavailable


class _EarlierClock(SystemClock):
    """So that the task's first look is due by now."""

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=1)


def test_a_kill_between_accept_and_send_loses_no_task(
    world: World, caller: Caller, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot = next(slots)
    body = json.dumps(booking(slot, next(patients))).encode()
    with world.as_function() as practices:
        record, clock = practices.practice("p2"), _EarlierClock()
        tasks = DynamoTaskStore(clock)
        stored = submit_task(record, caller.arn, str(uuid.uuid4()), body, tasks, _DeadQueue(), clock, keyed_hash)
    assert caller.task("p2", stored.id)["state"] == "queued"

    sent = world.wake()

    assert sent == 1
    assert caller.ended("p2", stored.id)["state"] == "completed"
    assert len(visits_at(office, slot)) == 1
