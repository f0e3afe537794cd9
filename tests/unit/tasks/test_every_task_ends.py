"""Whatever happens, a task ends, or is before a person who can end it; until then it costs little."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from openchair.errors import EhrError, EhrKeyRefused, EhrNotSupported, EhrOutcomeUnknown, EhrUnavailable
from openchair.models.journal import Hold, StepState, Task, TaskState
from openchair.models.visit import Appointment
from openchair.ports import Capabilities
from openchair.tasks.resolve import resolve_task
from tests.task_world import World, at, cancel, confirm, create, reschedule, visit
from tests.toy_ehr import ToyEhr

MINUTE = 60.0
HOUR = 60 * MINUTE


def refusing(world: World, call: str) -> None:
    """From now on this call is refused."""

    def refused(*_: object) -> Sequence[Appointment]:
        raise EhrKeyRefused

    setattr(world.ehr, call, refused)


def decide(world: World, task: Task, action: str) -> Task:
    body = json.dumps({"action": action}).encode()
    resolve_task("p1", task.id, body, world.tasks, world.queue, world.clock)
    return world.process(task)


def looked_at_until(world: World, task: Task, hours: float) -> Task:
    for _ in range(int(hours * 12) + 1):
        task = world.later(task, 5 * MINUTE)
    return task


# ---------------------------------------------------------------------------------------------- refused looks


def test_a_look_that_is_refused_for_an_hour_is_left_to_a_person() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    refusing(world, "patient_appointment_history")
    task = world.do(create())

    early = looked_at_until(world, task, 0.8)
    late = looked_at_until(world, early, 0.4)

    assert (early.state, early.code) == (TaskState.IN_PROGRESS, "ehr_key_refused")
    assert (late.state, late.code, late.next_attempt_at) == (TaskState.NEEDS_REVIEW, "read_refused", None)


def refused_review(world: World) -> Task:
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    refusing(world, "patient_appointment_history")
    return looked_at_until(world, world.do(create()), 1.2)


def test_what_a_person_gives_up_unread_ends_with_nothing_said_of_the_chart_and_its_chair_is_free() -> None:
    world = World()
    reviewed = refused_review(world)

    ended = decide(world, reviewed, "give_up")

    assert (ended.state, ended.code, ended.in_chart) == (TaskState.FAILED, "given_up_unread", None)
    assert world.tasks.claims("account", at(9), at(10)) == []


def test_once_the_look_is_allowed_again_sending_again_reads_back_first() -> None:
    world = World()
    reviewed = refused_review(world)
    del world.ehr.patient_appointment_history
    world.ehr.chart["700"] = visit("700", at(9), note=f"{reviewed.steps[0].marker} ours")

    settled = decide(world, reviewed, "resend")

    assert (settled.state, settled.code, settled.appointment_id) == (TaskState.COMPLETED, "booked", "700")


def test_a_decision_that_meets_another_refusal_comes_back_to_the_person_at_once() -> None:
    world = World()

    again = decide(world, refused_review(world), "resend")

    assert (again.state, again.code, again.resolution) == (TaskState.NEEDS_REVIEW, "read_refused", None)


def test_refusals_with_an_answer_in_between_do_not_add_up() -> None:
    world = World(writes_later=True)
    world.ehr.answers["appointment"] = [None, *[EhrKeyRefused()] * 10, None, *[EhrKeyRefused()] * 10]

    task = looked_at_until(world, world.do(create(start=at(16).isoformat())), 1.5)

    assert world.ehr.answers["appointment"] != []
    assert task.state is TaskState.AWAITING_EHR


@pytest.mark.parametrize("request_", [cancel("50"), confirm("50"), reschedule("50", at(14))])
def test_a_change_that_waits_for_the_practices_system_and_is_parked_can_be_given_up(
    request_: dict[str, object],
) -> None:
    world = World(visit("50", at(11)), writes_later=True)
    waiting = world.do(request_)
    assert waiting.state is TaskState.AWAITING_EHR
    reviewed = world.tasks.save(
        waiting.changed(state=TaskState.NEEDS_REVIEW, code="unexpected_fault", reviewed_for="unexpected_fault")
    )

    ended = decide(world, reviewed, "give_up")

    assert (ended.state, ended.code, ended.in_chart) == (TaskState.FAILED, "given_up_unread", None)


# ----------------------------------------------------------------------------------------------- capabilities


class Unsure(ToyEhr):
    """Tells what it can by a read, which fails."""

    failures: Sequence[EhrError] = ()

    @property
    def capabilities(self) -> Capabilities:  # type: ignore[override]
        if self.failures:
            error, *self.failures = self.failures
            raise error
        told: Capabilities = self.__dict__["capabilities"]
        return told


@pytest.mark.parametrize("answer_is_lost", [False, True])
def test_an_ehr_that_cannot_tell_what_it_can_is_asked_again_later(answer_is_lost: bool) -> None:
    world = World()
    world.ehr.__class__ = Unsure
    if answer_is_lost:
        world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.submit(create())
    if answer_is_lost:
        task = world.process(task)
    world.ehr.failures = [EhrUnavailable(), EhrUnavailable()]  # type: ignore[attr-defined]
    lease = timedelta(seconds=190) if answer_is_lost else timedelta()

    waiting = world.later(task, lease.total_seconds())
    for _ in range(9):
        task = world.later(waiting, 5 * MINUTE)

    assert (waiting.state, waiting.code, waiting.lease_until) == (TaskState.IN_PROGRESS, "ehr_unavailable", None)
    assert (task.state, task.code) == (TaskState.COMPLETED, "booked")


# -------------------------------------------------------------------------------------------- waiting in line


def test_a_task_in_line_expires_when_its_start_has_passed() -> None:
    world = World()
    first = world.submit(create(start=at(15).isoformat()))
    second = world.submit(create(start=at(9).isoformat()))
    waiting = world.process(second)
    assert waiting.code == "waiting_in_line"

    world.clock.advance(2 * HOUR)
    ended = world.process(waiting)

    assert (ended.state, ended.code) == (TaskState.FAILED, "expired")
    assert world.process(first).code == "booked"


def test_a_task_in_line_is_looked_at_ever_less_often_and_at_its_start_at_the_latest() -> None:
    world = World()
    world.submit(create(start=at(15).isoformat()))
    waiting = world.process(world.submit(create(start=at(9, 30).isoformat())))
    looks = 0
    while not waiting.is_settled and looks < 40:
        assert waiting.next_attempt_at is not None
        world.clock.advance((waiting.next_attempt_at - world.clock.now()).total_seconds())
        waiting = world.process(waiting)
        looks += 1

    assert looks < 40
    assert waiting.code == "expired"
    assert world.clock.now() == at(9, 30)


def test_who_is_next_in_line_is_due_as_soon_as_the_head_has_ended() -> None:
    world = World()
    head = world.submit(create(start=at(15).isoformat()))
    waiting = world.process(world.submit(create()))

    world.process(head)

    assert world.tasks.task("p1", waiting.id).next_attempt_at == world.clock.now()


# ----------------------------------------------------------------------------------------------- tried places


def test_a_place_that_is_left_is_no_longer_held() -> None:
    """The front desk books the first chair right after it is held, and the EHR is slow with the second."""
    world = World()
    original = world.tasks.save
    held: list[set[str]] = []

    def booked_at_once(saved: Task, take: Sequence[Hold] = (), *others: Any) -> Task:
        stored = original(saved, take, *others)
        if take:
            world.ehr.chart["60"] = visit("60", at(9), patient_id="12")
            world.remaining = 69.0 if held else 175.0
            held.append({hold.resource_id for hold in stored.holds if hold.resource == "operatory"})
        return stored

    world.tasks.save = booked_at_once  # type: ignore[method-assign, assignment]
    world.do(create())

    assert held == [{"1"}, {"2"}]
    claims = world.tasks.claims("account", at(9), at(10))
    assert {claim.resource_id for claim in claims if claim.resource != "patient"} == {"2"}


# -------------------------------------------------------------------------------------------------- slow EHRs


def test_an_ehr_too_slow_to_write_to_is_told_and_tried_ever_less_often() -> None:
    world = World()
    world.remaining = 69.0
    task = world.do(create())
    waits = []
    for _ in range(6):
        assert task.next_attempt_at is not None
        waits.append((task.next_attempt_at - world.clock.now()).total_seconds())
        assert (task.state, task.code) == (TaskState.IN_PROGRESS, "ehr_slow")
        task = world.later(task, waits[-1])

    assert waits == [30, 60, 120, 240, 300, 300]
    assert world.writes() == []


def test_a_worker_that_has_written_goes_on_at_once_when_its_time_is_over() -> None:
    world = World(visit("50", at(11)), reschedule="rebook")
    original = world.ehr.create_appointment

    def slow(new: object) -> Appointment:
        world.remaining = 60.0
        return original(new)  # type: ignore[arg-type]

    world.ehr.create_appointment = slow  # type: ignore[method-assign]
    task = world.do(reschedule("50", at(14)))

    assert task.steps[0].state is StepState.DONE
    assert (task.code, task.next_attempt_at) == ("working", world.clock.now())


# ------------------------------------------------------------------------------------------------ our own visit


@pytest.mark.parametrize("may_overlap", [False, True])
def test_our_own_visit_is_found_in_the_days_book_though_the_patients_list_ends_before(may_overlap: bool) -> None:
    world = World(may_overlap=may_overlap)
    vars(world.ehr)["patient_appointments"] = lambda _: []
    original = world.ehr.create_appointment

    def lost(new: object) -> Appointment:
        original(new)  # type: ignore[arg-type]
        raise EhrOutcomeUnknown

    world.ehr.create_appointment = lost  # type: ignore[method-assign]

    done = world.do(create(allow_overlap=may_overlap))

    assert (done.state, done.code, done.appointment_id) == (TaskState.COMPLETED, "booked", "1000")
    assert list(world.ehr.chart) == ["1000"]


def test_our_own_visit_in_another_chart_since_a_merge_is_not_booked_again_but_shown_to_a_person() -> None:
    world = World()
    original = world.ehr.create_appointment

    def lost(new: object) -> Appointment:
        made = original(new)  # type: ignore[arg-type]
        world.ehr.chart[made.id] = replace(made, patient_id="12")
        raise EhrOutcomeUnknown

    world.ehr.create_appointment = lost  # type: ignore[method-assign]

    task = world.later(world.do(create()), 10 * MINUTE)

    assert (task.state, task.code, task.patient_id) == (TaskState.NEEDS_REVIEW, "look_alike_in_ehr", "11")
    assert list(world.ehr.chart) == ["1000"]


# ------------------------------------------------------------------------------------------------------- ids


def test_an_id_with_leading_zeros_is_the_same_id_in_lines_and_answers() -> None:
    world = World(visit("50", at(11)))
    first = world.submit(create(patient_id="0011", provider_id="01"))
    second = world.submit(reschedule("0050", at(14), patient_id="011", operatory_id="002", provider_id="02"))

    assert (first.lines, second.lines) == (("patient:11",), ("appointment:50",))
    assert (first.patient_id, second.appointment_id) == ("11", "50")
    assert (world.process(first).code, world.process(second).code) == ("booked", "moved")


@pytest.mark.parametrize(("given", "kept"), [("0", "0"), ("000", "0"), ("00a1", "00a1"), ("10", "10"), ("0.1", "0.1")])
def test_only_leading_zeros_of_numbers_go(given: str, kept: str) -> None:
    assert World().submit(confirm(given)).appointment_id == kept


def test_an_ehr_without_this_call_is_not_asked_for_ever() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    world.ehr.answers["patient_appointments"] = [None, *[EhrNotSupported()] * 500]

    task = looked_at_until(world, world.do(create()), 24)

    assert task.state is TaskState.NEEDS_REVIEW
    assert world.ehr.calls.count("patient_appointments") < 20
