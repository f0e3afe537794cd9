"""Tasks at the door: what is stored, what is refused, and that refusing uses nothing up."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from openchair.errors import (
    BodyTooLarge,
    EhrOutcomeUnknown,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    InvalidJson,
    InvalidRequest,
    InvalidTime,
    OverlapNotAllowed,
    ServiceNotFound,
    SlotTaken,
    StoreUnavailable,
    TaskAlreadySent,
    TaskEnded,
)
from openchair.models.journal import Task, TaskState
from openchair.tasks.submit import submit_task
from openchair.tasks.withdraw import withdraw_task
from tests.task_world import CALLER, World, at, cancel, create, onboard, visit


def submit_bytes(world: World, body: bytes, key: str | None = "key") -> Task:
    return submit_task(
        world.record, CALLER, key, body, world.tasks, world.queue, world.clock, lambda *parts: "|".join(parts)
    )


def test_an_accepted_task_is_stored_queued_and_due_in_thirty_seconds() -> None:
    world = World()

    task = world.submit(create())

    assert world.queue.sent == [task.id]
    assert task.next_attempt_at is not None
    assert (task.next_attempt_at - world.clock.now()).total_seconds() == 30


def test_a_task_whose_queueing_failed_is_woken() -> None:
    world = World()

    def refuse(task: Task) -> None:
        raise StoreUnavailable

    world.queue.send = refuse  # type: ignore[method-assign]
    task = world.submit(create())
    world.clock.advance(31)

    assert [due.task_id for due in world.tasks.due(world.clock.now(), 10)] == [task.id]


def test_the_same_key_and_body_give_the_same_task_in_whatever_state() -> None:
    world = World()
    first = world.submit(create(), key="k")
    done = world.process(first)

    again = world.submit(dict(reversed(create().items())), key="k")

    assert again == done
    assert again.state is TaskState.COMPLETED


def test_the_same_key_still_gives_its_task_when_the_start_has_passed() -> None:
    world = World()
    first = world.submit(create(), key="k")
    world.clock.advance(86_400)

    assert world.submit(create(), key="k").id == first.id


def test_the_same_key_with_another_body_is_refused() -> None:
    world = World()
    world.submit(create(), key="k")

    with pytest.raises(IdempotencyKeyReused):
        world.submit(create(notes="other"), key="k")


def test_a_key_is_forgotten_after_thirty_days() -> None:
    world = World(visit("50", at(9)))
    first = world.submit(cancel("50"), key="k")
    world.clock.advance(30 * 86_400 + 1)

    assert world.submit(cancel("50"), key="k").id != first.id


@pytest.mark.parametrize("key", [None, "", "k" * 256, "täglich", "two\nlines"])
def test_a_task_needs_a_usable_key(key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissing):
        submit_bytes(World(), json.dumps(create()).encode(), key)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"type": NaN}', b"[" * 5000, b'{"type":"CREATE_APPOINTMENT","notes":"\\ud800"}'],
)
def test_what_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises((InvalidJson, InvalidRequest)):
        submit_bytes(World(), body)


def test_a_body_over_64_kb_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLarge):
        submit_bytes(World(), b" " * 70_000)


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        (create(colour="red"), "colour"),
        (create(patient_id=11), "patient_id"),
        (create(allow_overlap="true"), "allow_overlap"),
        (create(notes="a\x00b"), "notes"),
        ({"type": "DELETE_PATIENT"}, "body"),
        ([], "body"),
        (onboard(date_of_birth="2999-01-01"), "patient.date_of_birth"),
        (onboard(date_of_birth=19900506), "patient.date_of_birth"),
        (onboard(phone="12"), "patient.phone"),
        (onboard(email="bea@"), "patient.email"),
        (onboard(first_name="  "), "patient.first_name"),
        (onboard(first_name="123"), "patient.first_name"),
        (onboard(last_name="x" * 101), "patient.last_name"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(request_body: Mapping[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        submit_bytes(World(), json.dumps(request_body).encode())

    assert field in [name for name, _ in refused.value.problems]
    assert "bea@" not in str(refused.value.problems)


def test_a_patient_who_cannot_be_reached_is_refused() -> None:
    body = onboard()
    del body["patient"]["phone"]

    with pytest.raises(InvalidRequest):
        World().submit(body)


@pytest.mark.parametrize(
    "start",
    [
        "2026-03-02T09:00:00",
        "2026-03-02",
        "tomorrow",
        "1772463600",
        "2026-13-02T09:00:00-07:00",
        "2026-03-02T06:00:00-07:00",
        "2026-03-02T09:03:00-07:00",
        "2026-03-08T02:30:00-07:00",
        "2026-03-08T02:30:00-06:00",
        "2028-03-04T09:00:00-07:00",
        "9999-12-31T23:55:00+00:00",
        "9999-12-31T16:30:00-07:00",
        "0001-01-01T00:00:00+00:00",
    ],
)
def test_a_start_without_offset_in_the_past_off_the_marks_or_in_a_dst_gap_is_refused(start: str) -> None:
    with pytest.raises(InvalidTime):
        World().submit(create(start=start))


def test_a_start_in_another_offset_is_the_same_instant() -> None:
    world = World()

    task = world.do(create(start="2026-03-02T16:00:00Z"))

    assert world.ehr.chart[task.appointment_id or ""].start == at(9)


def test_an_unknown_service_is_told_at_the_door() -> None:
    with pytest.raises(ServiceNotFound):
        World().submit(create(service_id="whitening"))


def test_a_claimed_chair_is_told_at_the_door_and_nothing_is_stored() -> None:
    world = World()
    world.submit(create(provider_id="1", operatory_id="1"))

    with pytest.raises(SlotTaken):
        world.submit(create(provider_id="1", operatory_id="1", patient_id="12"), key="second")

    assert len(world.tasks.tasks("p1", None, 10, None).tasks) == 1
    assert world.submit(create(start=at(13).isoformat()), key="second").id, "a refused request uses no key"


def test_booking_over_something_needs_the_right() -> None:
    with pytest.raises(OverlapNotAllowed):
        World().submit(create(allow_overlap=True))


def test_a_task_of_which_nothing_was_sent_can_be_withdrawn() -> None:
    world = World()
    task = world.submit(create(provider_id="1", operatory_id="1"))

    withdrawn = withdraw_task("p1", task.id, world.tasks, world.queue, world.clock)

    assert (withdrawn.state, withdrawn.code) == (TaskState.FAILED, "withdrawn")
    assert world.process(task).code == "withdrawn"
    assert world.tasks.claims("account", at(9), at(10)) == []
    assert withdraw_task("p1", task.id, world.tasks, world.queue, world.clock) == withdrawn


def test_a_task_that_was_sent_cannot_be_withdrawn() -> None:
    world = World()
    task = world.do(create())

    with pytest.raises(TaskEnded):
        withdraw_task("p1", task.id, world.tasks, world.queue, world.clock)


def test_a_task_whose_sending_is_unclear_cannot_be_withdrawn() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create())

    with pytest.raises(TaskAlreadySent):
        withdraw_task("p1", task.id, world.tasks, world.queue, world.clock)


def test_a_review_of_which_nothing_was_sent_can_be_withdrawn() -> None:
    world = World()
    task = world.in_review(create())

    assert withdraw_task("p1", task.id, world.tasks, world.queue, world.clock).code == "withdrawn"
