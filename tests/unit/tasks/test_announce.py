"""TaskChanged: what became of a task, told once for each state and code, with nothing of the patient."""

import json
from datetime import timedelta
from typing import Any

import pytest

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task, TaskState
from openchair.store.task_events import detail_of
from openchair.tasks.announce import announce_change
from openchair.tasks.park import park_task
from openchair.tasks.resolve import resolve_task
from openchair.tasks.wake import wake_tasks
from openchair.tasks.withdraw import withdraw_task
from tests.task_world import World, create, onboard


class Events:
    """Satisfies `ports.TaskEvents`."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.is_down = False
        self.asked = 0

    def publish(self, task: Task) -> None:
        self.asked += 1
        if self.is_down:
            raise StoreUnavailable
        self.told.append(detail_of(task))


def test_a_state_is_told_once_however_often_the_task_is_looked_at() -> None:
    world, events = World(), Events()
    done = world.do(create())

    again = announce_change(done, world.tasks, events, world.clock)
    announce_change(again, world.tasks, events, world.clock)

    assert [one["code"] for one in events.told] == ["booked"]


def test_each_new_state_and_code_is_told() -> None:
    world, events = World(), Events()
    task = announce_change(world.submit(create()), world.tasks, events, world.clock)

    announce_change(world.process(task), world.tasks, events, world.clock)

    assert [(one["state"], one["code"]) for one in events.told] == [("queued", "queued"), ("completed", "booked")]


def test_what_could_not_be_told_keeps_nothing_back_and_is_told_when_the_task_is_woken() -> None:
    world, events = World(), Events()
    events.is_down = True
    untold = announce_change(world.do(create()), world.tasks, events, world.clock)
    assert untold.state is TaskState.COMPLETED

    events.is_down = False
    world.clock.advance(61)
    assert world.wake() == 1
    announce_change(world.process(untold), world.tasks, events, world.clock)

    assert [one["state"] for one in events.told] == ["completed"]
    world.clock.advance(3600)
    assert world.wake() == 0


def minutes(world: World, events: Events, count: int) -> None:
    """The schedule's minutes one after the other, with a worker for all that is woken."""
    for _ in range(count):
        world.clock.advance(60)
        world.queue.sent.clear()
        world.wake()
        for task_id in world.queue.sent:
            announce_change(world.process(world.tasks.task("p1", task_id)), world.tasks, events, world.clock)


def test_a_bus_that_refuses_for_a_day_costs_some_thirty_publishes_and_then_it_is_told() -> None:
    world, events = World(), Events()
    events.is_down = True
    done = announce_change(world.do(create()), world.tasks, events, world.clock)

    minutes(world, events, 24 * 60)
    assert 25 <= events.asked <= 35

    events.is_down = False
    minutes(world, events, 61)
    assert [(one["task_id"], one["state"]) for one in events.told] == [(done.id, "completed")]


def test_an_event_that_waits_does_not_ring_for_a_neglected_task() -> None:
    world, events = World(), Events()
    events.is_down = True
    announce_change(world.do(create()), world.tasks, events, world.clock)
    minutes(world, events, 40)

    woken = wake_tasks(world.tasks, world.queue, world.clock)
    world.clock.advance(3600)

    assert woken.oldest_seconds == wake_tasks(world.tasks, world.queue, world.clock).oldest_seconds == 0


@pytest.mark.parametrize("how", ["withdraw", "park", "expire", "end"])
def test_a_task_is_told_whoever_ends_it_or_puts_it_before_a_person_even_if_they_die_right_after(how: str) -> None:
    world, events = World(), Events()
    task = world.submit(create())
    match how:
        case "withdraw":
            withdraw_task("p1", task.id, world.tasks, world.queue, world.clock)
        case "park":
            park_task("p1", task.id, world.tasks, world.clock)
        case "expire":
            world.clock.advance(3 * 3600)
            world.process(task)
        case "end":
            world.process(task)

    minutes(world, events, 3)

    ended = world.tasks.task("p1", task.id)
    assert [f"{one['state']}/{one['code']}" for one in events.told] == [ended.event]
    assert ended.is_settled


def test_a_withdrawn_task_is_queued_to_be_told_at_once_and_a_queue_that_is_down_only_delays_that() -> None:
    world = World()
    task = world.submit(create())
    world.queue.sent.clear()

    withdraw_task("p1", task.id, world.tasks, world.queue, world.clock)

    assert world.queue.sent == [task.id]


def test_a_decision_on_a_review_whose_event_waits_is_carried_out_at_once() -> None:
    world, events = World(), Events()
    events.is_down = True
    review = announce_change(world.in_review(create()), world.tasks, events, world.clock)
    assert review.untold is not None

    decided = resolve_task("p1", review.id, b'{"action": "give_up"}', world.tasks, world.queue, world.clock)
    assert world.tasks.task("p1", review.id).next_attempt_at == world.clock.now()

    events.is_down = False
    announce_change(world.process(decided), world.tasks, events, world.clock)
    assert [one["code"] for one in events.told] == ["given_up"]


def test_a_task_that_goes_on_is_told_at_its_next_look() -> None:
    world, events = World(), Events()
    events.is_down = True
    task = world.submit(create())

    assert announce_change(task, world.tasks, events, world.clock) == task


def test_telling_moves_no_look_at_a_task_that_goes_on() -> None:
    world, events = World(), Events()
    task = world.submit(create())
    (due,) = world.tasks.due(world.clock.now() + timedelta(hours=1), 10)
    world.tasks.wake(due, world.clock.now() + timedelta(seconds=5))

    announce_change(task, world.tasks, events, world.clock)

    assert events.told
    assert world.tasks.task("p1", task.id).next_attempt_at == world.clock.now() + timedelta(seconds=5)


def test_of_a_task_that_somebody_works_on_nobody_else_tells() -> None:
    """The worker's next write would fail, as if it had been overtaken."""
    world, events = World(), Events()
    working = world.submit(create()).changed(lease_until=world.clock.now() + timedelta(seconds=190))
    working = world.tasks.save(working)

    announce_change(working, world.tasks, events, world.clock)

    assert (events.told, world.tasks.task("p1", working.id).version) == ([], working.version)


def test_who_was_overtaken_has_told_it_all_the_same() -> None:
    world, events = World(), Events()
    done = world.do(create())
    world.tasks.save(done.changed(attempts=9))

    announce_change(done, world.tasks, events, world.clock)

    assert [one["state"] for one in events.told] == ["completed"]


def test_an_event_holds_ids_and_nothing_of_the_patient() -> None:
    world = World()
    task = world.do(onboard(first_name="Quillon", last_name="Vexmoor"))

    detail = detail_of(task)

    assert detail.keys() == {
        "practice_id",
        "task_id",
        "type",
        "state",
        "code",
        "appointment_id",
        "patient_id",
        "in_chart",
        "updated_at",
    }
    assert "exmoor" not in json.dumps(detail)
