"""The process_tasks function really killed, before and after each of its outside effects, then run again.

The kill is `os._exit` in a process of its own (`killed_handler`), so that no `finally` can help. What must be there in
the end: one visit, one answer, and no claim.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from openchair.models.journal import TERMINAL, Task, TaskState
from openchair.models.practice import PracticeRecord
from openchair.store.secret_store import keyed_hash
from openchair.store.system_clock import SystemClock
from openchair.store.task_store import DynamoTaskStore
from openchair.tasks.submit import submit_task
from tests.e2e.killed_handler import KILLED
from tests.e2e.world import Caller, Json, Office, World, booking, free_slots, ids, visits_at
from tools.local.environments import ROOT

PRACTICE = "p2"
MOST_RUNS = 6
# All of this happens an hour ahead: what is due then is not woken by the schedule of now.
AHEAD = timedelta(hours=1)


class _NoQueue:
    def send(self, task: Task) -> None:
        pass


class _ClockAhead(SystemClock):
    def now(self) -> datetime:
        return datetime.now(UTC) + AHEAD


class Function:
    """The function's process, which forks for each run."""

    def __init__(self, world: World) -> None:
        given = world.description
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "shared")]),
            "AWS_ENDPOINT_URL": given.aws_endpoint_url,
            "AWS_REGION": given.aws_region,
            "AWS_DEFAULT_REGION": given.aws_region,
            "AWS_ACCESS_KEY_ID": given.root_access_key_id,
            "AWS_SECRET_ACCESS_KEY": given.root_secret_access_key,
            "PRACTICES_TABLE": given.practices_table,
            "TASKS_TABLE": given.tasks_table,
            "CLAIMS_TABLE": given.claims_table,
            "LIMITS_TABLE": given.limits_table,
            "TASK_EVENTS_BUS": given.task_events_bus,
            "TASK_QUEUE_URL": given.task_queue_url,
            "HASH_KEY_SECRET": given.hash_key_secret,
            "OPENDENTAL_API_BASE_URL": world.server.url,
        }
        self._log = (world.folder / "killed_handler.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.killed_handler"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._answer() == "ready"

    def run(self, task_id: str, ahead: timedelta, kill: str | None = None, effect: int = 0) -> int:
        """The exit code of one run; KILLED when it died where it was told to."""
        assert self._process.stdin is not None
        line = {
            "practice_id": PRACTICE,
            "task_id": task_id,
            "kill": kill,
            "effect": effect,
            "seconds_ahead": ahead.total_seconds(),
        }
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        self._log.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Tasks:
    """Tasks as the function finds them; nothing is queued, so that no other worker takes them."""

    def __init__(self, record: PracticeRecord, function: Function, outside: set[str]) -> None:
        self._record = record
        self._outside = outside
        self._function = function
        self._clock = _ClockAhead()
        self._store = DynamoTaskStore(self._clock)

    def accept(self, request: Json, **open_dental: str) -> Task:
        """`open_dental` changes these settings of the practice at the door."""
        body, key = json.dumps(request).encode(), str(uuid.uuid4())
        practice = self._record.practice
        assert practice.open_dental is not None
        changed = practice.model_copy(update={"open_dental": practice.open_dental.model_copy(update=open_dental)})
        task = submit_task(
            replace(self._record, practice=changed),
            "kills",
            key,
            body,
            self._store,
            _NoQueue(),
            self._clock,
            keyed_hash,
        )
        self._outside.add(task.id)
        return task

    def end(self, task: Task, kill: str, effect: int) -> tuple[Task, bool]:
        """The ended task, and whether the kill struck. Runs until then, each time when it is next due."""
        ahead, code = AHEAD, self._function.run(task.id, AHEAD, kill, effect)
        assert code in (0, KILLED), "see killed_handler.log"
        for _ in range(MOST_RUNS):
            task = self._store.task(PRACTICE, task.id)
            if task.state in TERMINAL:
                return task, code == KILLED
            assert task.next_attempt_at is not None, f"nobody would look at it again: {task.state} {task.code}"
            ahead = max(ahead, task.next_attempt_at - datetime.now(UTC) + timedelta(seconds=1))
            assert self._function.run(task.id, ahead) == 0, "see killed_handler.log"
        pytest.fail(f"killed {kill} effect {effect} it does not end: {task.state} {task.code}")

    def claims(self, slot: Json) -> list[str]:
        """Who holds the slot's chair or provider."""
        start, end = (datetime.fromisoformat(slot[name]) for name in ("start", "end"))
        held = self._store.claims(self._record.ehr_account_id, start, end)
        return [one.task_id for one in held if one.resource_id in (slot["operatory_id"], slot["provider_id"])]


@pytest.fixture(scope="module")
def tasks(world: World) -> Iterator[Tasks]:
    function = Function(world)
    with world.as_function() as practices:
        yield Tasks(practices.practice(PRACTICE), function, world.tasks_worked_on_outside)
    function.stop()


@pytest.fixture(scope="module")
def office(world: World) -> Office:
    return world.server.office(PRACTICE)


@pytest.fixture(scope="module")
def caller(world: World) -> Caller:
    return world.operator


@pytest.fixture(scope="module")
def slots(caller: Caller) -> Iterator[Json]:
    return free_slots(caller, PRACTICE)


@pytest.fixture(scope="module")
def patients(office: Office) -> Iterator[str]:
    return iter(ids(office.truth("patients", status="Patient"))[60:])


def kill_everywhere(try_one: Callable[[str, int], bool]) -> int:
    """Before and after the first effect, the second, and so on, until there is none left to die at."""
    points = 0
    for effect in count(1):
        struck = [try_one(when, effect) for when in ("before", "after")]
        points += sum(struck)
        if not any(struck):
            return points
    raise AssertionError


def test_a_booking_killed_around_each_effect_is_one_visit(
    tasks: Tasks, office: Office, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    def book(kill: str, effect: int) -> bool:
        slot, patient = next(slots), next(patients)
        task, struck = tasks.end(tasks.accept(booking(slot, patient)), kill, effect)

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "booked"), where
        assert [visit["appointment_id"] for visit in visits_at(office, slot)] == [task.appointment_id], where
        assert tasks.claims(slot) == [], where
        return struck

    assert kill_everywhere(book) >= 8


def test_a_move_killed_around_each_effect_is_one_visit_at_its_new_time(
    tasks: Tasks, office: Office, caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    here, there = next(slots), next(slots)
    visit_id = booked(caller, here, next(patients))

    def move(kill: str, effect: int) -> bool:
        nonlocal here, there
        here, there = there, here
        chair = {name: here[name] for name in ("start", "operatory_id", "provider_id")}
        request = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": visit_id, **chair}
        task, struck = tasks.end(tasks.accept(request), kill, effect)

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "moved"), where
        assert [visit["appointment_id"] for visit in visits_at(office, here)] == [visit_id], where
        assert visits_at(office, there) == [], where
        assert tasks.claims(here) == tasks.claims(there) == [], where
        return struck

    assert kill_everywhere(move) >= 8


def test_a_rebook_killed_around_each_effect_is_one_visit_at_its_new_time(
    tasks: Tasks, office: Office, caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    here, there = next(slots), next(slots)
    visit_id = booked(caller, here, next(patients))

    def rebook(kill: str, effect: int) -> bool:
        nonlocal here, there, visit_id
        here, there = there, here
        chair = {name: here[name] for name in ("start", "operatory_id", "provider_id")}
        request = {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": visit_id, **chair}
        task, struck = tasks.end(tasks.accept(request, reschedule="rebook"), kill, effect)

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "moved"), where
        assert task.appointment_id != visit_id, where
        visit_id = task.appointment_id or ""
        assert [visit["appointment_id"] for visit in visits_at(office, here)] == [visit_id], where
        assert visits_at(office, there) == [], where
        assert tasks.claims(here) == tasks.claims(there) == [], where
        return struck

    assert kill_everywhere(rebook) >= 10


def test_a_cancellation_killed_around_each_effect_is_made(
    tasks: Tasks, office: Office, caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, patient = next(slots), next(patients)

    def cancel(kill: str, effect: int) -> bool:
        visit_id = booked(caller, slot, patient)
        request = {"type": "CANCEL_APPOINTMENT", "appointment_id": visit_id, "send_to_unscheduled_list": False}
        task, struck = tasks.end(tasks.accept(request), kill, effect)

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "cancelled"), where
        assert visits_at(office, slot) == [], where
        return struck

    assert kill_everywhere(cancel) >= 6


def test_a_confirmation_killed_around_each_effect_is_made(
    tasks: Tasks, office: Office, caller: Caller, slots: Iterator[Json], patients: Iterator[str]
) -> None:
    slot, patient = next(slots), next(patients)

    def confirm(kill: str, effect: int) -> bool:
        visit_id = booked(caller, slot, patient)
        before = visits_at(office, slot)[0]["confirmed"]
        task, struck = tasks.end(
            tasks.accept({"type": "CONFIRM_APPOINTMENT", "appointment_id": visit_id}), kill, effect
        )

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "confirmed"), where
        assert visits_at(office, slot)[0]["confirmed"] != before, where
        freed = {"type": "CANCEL_APPOINTMENT", "appointment_id": visit_id, "send_to_unscheduled_list": False}
        caller.ended(PRACTICE, caller.submit(PRACTICE, freed, wait=25).body["id"])
        return struck

    assert kill_everywhere(confirm) >= 6


def test_an_onboarding_killed_around_each_effect_is_one_chart(tasks: Tasks, office: Office) -> None:
    def onboard(kill: str, effect: int) -> bool:
        name = f"Killed{kill.title()}{chr(ord('A') + effect)}"
        # Of one first name, birth date and e-mail two charts would be taken for one person's under two names.
        person = {"first_name": "Testa", "last_name": name, "date_of_birth": "1990-01-02"}
        person |= {"email": f"{name.lower()}@example.org"}
        task, struck = tasks.end(tasks.accept({"type": "ONBOARD_NEW_PATIENT", "patient": person}), kill, effect)

        where = f"killed {kill} effect {effect}"
        assert (task.state, task.code) == (TaskState.COMPLETED, "patient_created"), where
        assert ids(office.truth("patients", last_name=name)) == [task.patient_id], where
        return struck

    assert kill_everywhere(onboard) >= 6


def booked(caller: Caller, slot: Json, patient_id: str) -> str:
    """The id of a visit that stands."""
    task = caller.ended(PRACTICE, caller.submit(PRACTICE, booking(slot, patient_id), wait=25).body["id"])
    return str(task["appointment_id"])
