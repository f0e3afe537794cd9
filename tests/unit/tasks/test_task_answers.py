"""When and where, as a task's answer tells it: as asked first, then as the EHR told it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from openchair.models.journal import Task
from openchair.models.practice import Service
from openchair.tasks.answers import task_answer
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit

NAMES = ("start", "end", "operatory_id", "provider_id", "service_id")


def told(world: World, task: Task) -> tuple[Any, ...]:
    answer = task_answer(task, world.record.practice)
    return tuple(answer[name] for name in NAMES)


def test_a_booking_tells_first_what_was_asked_and_then_what_stands() -> None:
    world = World()
    task = world.submit(create(provider_id="2"))
    assert told(world, task) == (at(9).isoformat(), at(10).isoformat(), None, "2", "filling")

    done = world.process(task)

    assert told(world, done) == (at(9).isoformat(), at(10).isoformat(), "2", "2", "filling")


def test_a_start_with_another_offset_is_told_in_the_practices_zone() -> None:
    world = World()
    east = at(9).astimezone(UTC).isoformat()

    assert told(world, world.submit(create(start=east)))[0] == "2026-03-02T09:00:00-07:00"


def test_a_visit_across_the_change_of_the_clocks_ends_after_its_length() -> None:
    world = World()
    start = datetime(2026, 3, 8, 1, 30, tzinfo=at(9).tzinfo)
    task = world.submit(create(start=start.isoformat()))

    assert told(world, task)[:2] == ("2026-03-08T01:30:00-07:00", "2026-03-08T03:30:00-06:00")


def test_a_move_does_not_know_the_visits_length_before_it_is_read() -> None:
    world = World(visit("50", at(9)))
    task = world.submit(reschedule("50", at(13), operatory_id="2", provider_id="2"))
    assert told(world, task) == (at(13).isoformat(), None, "2", "2", None)

    done = world.process(task)

    assert told(world, done) == (at(13).isoformat(), at(14).isoformat(), "2", "2", None)


def test_a_cancellation_and_a_confirmation_tell_the_visit_they_concern() -> None:
    for request in (cancel("50", send_to_unscheduled_list=True), confirm("50")):
        world = World(visit("50", at(9)))
        task = world.submit(request)
        assert told(world, task) == (None, None, None, None, None)

        assert told(world, world.process(task)) == (at(9).isoformat(), at(10).isoformat(), "1", "1", None)


def test_a_task_that_failed_tells_what_was_asked() -> None:
    world = World(visit("50", at(9), patient_id="12"))
    task = world.do(create(provider_id="1", operatory_id="1"))

    assert (task.code, told(world, task)) == (
        "slot_taken",
        (at(9).isoformat(), at(10).isoformat(), "1", "1", "filling"),
    )


def test_an_onboarding_tells_its_visit_and_none_where_none_is_asked_for() -> None:
    world = World()
    asked = world.submit(onboard({"service_id": "exam", "start": at(9).isoformat()}))

    assert told(world, asked) == (at(9).isoformat(), at(9, 30).isoformat(), None, None, "exam")
    assert told(world, world.submit(onboard(first_name="Cleo"))) == (None, None, None, None, None)


def test_a_service_that_is_gone_leaves_the_end_untold() -> None:
    world = World()
    task = world.submit(create())
    other = (Service(id="exam", name="Exam", minutes=30),)
    world.record = replace(world.record, practice=world.record.practice.model_copy(update={"services": other}))

    assert told(world, task)[:2] == (at(9).isoformat(), None)
