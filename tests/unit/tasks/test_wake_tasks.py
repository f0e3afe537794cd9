"""Waking tasks whose time has come."""

from datetime import datetime, timedelta

from openchair.errors import StoreError
from openchair.models.journal import Task
from openchair.ports import DueTask
from tests.task_world import World, at, cancel, create, visit


def test_the_earliest_visit_goes_first() -> None:
    world = World(visit("50", at(9)))
    late, early = world.submit(create(start=at(15).isoformat())), world.submit(create(start=at(10).isoformat()))
    stop = world.submit(cancel("50"))
    world.queue.sent.clear()
    world.clock.advance(31)

    assert world.wake() == 3
    assert world.queue.sent == [stop.id, early.id, late.id]


def test_a_record_that_cannot_be_read_keeps_nobody_else_back() -> None:
    world = World()
    tasks = [world.submit(create(start=at(hour).isoformat())) for hour in (9, 10, 11)]
    world.queue.sent.clear()
    world.clock.advance(31)
    original = world.tasks.wake

    def broken(due: DueTask, next_attempt_at: datetime) -> Task | None:
        if due.task_id == tasks[1].id:
            raise StoreError
        return original(due, next_attempt_at)

    world.tasks.wake = broken  # type: ignore[method-assign]

    assert world.wake() == 2
    assert world.queue.sent == [tasks[0].id, tasks[2].id]


def test_a_woken_task_is_not_woken_again_for_four_minutes() -> None:
    world = World()
    world.submit(create())
    world.clock.advance(31)

    counts = [world.wake(), world.wake()]
    world.clock.advance(timedelta(minutes=4).total_seconds())

    assert counts == [1, 0]
    assert world.wake() == 1
