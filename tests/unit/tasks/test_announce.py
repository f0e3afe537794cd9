"""TaskChanged: what became of a task, told once for each state and code, with nothing of the patient."""

import json
from typing import Any

from openchair.errors import StoreUnavailable
from openchair.models.journal import Task, TaskState
from openchair.store.task_events import detail_of
from openchair.tasks.announce import announce_change
from tests.task_world import World, create, onboard


class Events:
    """Satisfies `ports.TaskEvents`."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.is_down = False

    def publish(self, task: Task) -> None:
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


def test_a_task_that_goes_on_is_told_at_its_next_look() -> None:
    world, events = World(), Events()
    events.is_down = True
    task = world.submit(create())

    assert announce_change(task, world.tasks, events, world.clock) == task


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
