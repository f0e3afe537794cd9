"""The write protocol (design section 5): what a lost answer means, step by step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from openchair.errors import (
    EhrKeyRefused,
    EhrOffline,
    EhrOutcomeUnknown,
    EhrRejected,
    EhrUnavailable,
    EhrUnreachable,
    NotInReview,
)
from openchair.models.journal import Task, TaskState
from openchair.models.person import Patient
from openchair.models.visit import AppointmentStatus, NewAppointment
from openchair.tasks.process import resend_window
from openchair.tasks.resolve import resolve_task
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit

W = 254.0
IN_CHAIR_1 = {"provider_id": "1", "operatory_id": "1"}


def lose_the_answer(world: World, write: str) -> None:
    """The EHR does it, and its answer is lost."""
    original: Callable[..., Any] = getattr(world.ehr, write)

    def do_it_silently(*args: Any, **kwargs: Any) -> None:
        setattr(world.ehr, write, original)
        original(*args, **kwargs)
        raise EhrOutcomeUnknown

    setattr(world.ehr, write, do_it_silently)


def settle(world: World, task: Task, action: str, **named: str) -> Task:
    import json

    body = json.dumps({"action": action, **named}).encode()
    resolve_task("p1", task.id, body, world.tasks, world.queue, world.clock)
    return world.process(task)


# ------------------------------------------------------------------------------------------------- the window


def test_the_window_is_the_workers_time_out_the_ehrs_cap_twice_the_skew_and_ten_seconds() -> None:
    assert resend_window(180) == timedelta(seconds=W)


@pytest.mark.parametrize(
    ("write", "request_body", "code"),
    [
        ("create_appointment", create(), "booked"),
        ("move_appointment", reschedule("50", at(14)), "moved"),
        ("cancel_appointment", cancel("50"), "cancelled"),
        ("confirm_appointment", confirm("50"), "confirmed"),
        ("create_patient", onboard(), "patient_created"),
    ],
)
def test_a_write_whose_answer_was_lost_is_found_and_not_sent_again(
    write: str, request_body: dict[str, Any], code: str
) -> None:
    world = World(visit("50", at(11)))
    lose_the_answer(world, write)

    task = world.do(request_body)

    assert (task.state, task.code) == (TaskState.COMPLETED, code)
    assert world.writes() == [write]


@pytest.mark.parametrize(
    ("write", "request_body", "code"),
    [
        ("create_appointment", create(), "booked"),
        ("move_appointment", reschedule("50", at(14)), "moved"),
        ("cancel_appointment", cancel("50"), "cancelled"),
        ("confirm_appointment", confirm("50"), "confirmed"),
        ("create_patient", onboard(), "patient_created"),
    ],
)
def test_a_write_that_got_lost_is_sent_again_after_the_window_and_not_before(
    write: str, request_body: dict[str, Any], code: str
) -> None:
    world = World(visit("50", at(11)))
    world.ehr.answers[write] = [EhrOutcomeUnknown()]

    waiting = world.do(request_body)
    early = world.later(waiting, W - 1)
    sends_within_the_window = len(world.writes())
    done = world.later(early, 2)

    assert (waiting.state, waiting.code) == (TaskState.IN_PROGRESS, "reading_back")
    assert early.code == "reading_back"
    assert sends_within_the_window == 1
    assert (done.state, done.code) == (TaskState.COMPLETED, code)
    assert len(world.writes()) == 2


def test_a_worker_killed_between_intent_and_answer_is_followed_by_one_that_reads_back() -> None:
    world = World()
    task = world.submit(create())
    world.ehr.answers["create_appointment"] = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        world.process(task)

    found = world.later(task, 200)
    done = world.later(found, W)

    assert found.code == "reading_back"
    assert done.code == "booked"


def test_at_most_five_times_a_step_is_sent_then_a_person_looks() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown() for _ in range(9)]

    task = world.do(create(start=at(16).isoformat()))
    for _ in range(9):
        task = world.later(task, W + 400)

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "sent_too_often")
    assert len(world.writes()) == 5


def test_the_same_unlisted_refusal_twice_with_nothing_found_is_a_refusal() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown(fingerprint="ab") for _ in range(3)]

    task = world.do(create())
    first, second = world.later(task, W + 1), world.later(task, 2 * W)

    assert first.code == "reading_back"
    assert (second.state, second.code) == (TaskState.FAILED, "ehr_rejected")
    assert len(world.writes()) == 2


def test_two_different_unlisted_refusals_say_nothing_certain() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown(fingerprint=text) for text in ("ab", "cd")]

    task = world.do(create())
    task = world.later(task, W + 1)
    task = world.later(task, W + 1)

    assert task.code == "booked"


@pytest.mark.parametrize("error", [EhrKeyRefused(), EhrUnavailable(), EhrOffline()])
def test_a_read_back_that_fails_leaves_the_step_sent(error: Exception) -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, error]

    waiting = world.do(create())
    done = world.later(waiting, 400)

    assert waiting.state is TaskState.IN_PROGRESS
    assert done.code == "booked"
    assert world.writes() == ["create_appointment"]


def test_a_sent_task_does_not_expire() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())

    assert world.later(task, 12 * 3600).code == "booked"


def test_a_task_whose_start_passes_before_it_can_be_sent_again_expires() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create())

    late = world.later(task, 12 * 3600)

    assert (late.state, late.code) == (TaskState.FAILED, "expired")
    assert len(world.writes()) == 1


# ----------------------------------------------------------------------------------------- reading a create back


def test_a_visit_whose_note_somebody_rewrote_is_found_by_its_history() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    (ours,) = world.ehr.chart.values()
    world.ehr.former.append(ours)
    world.ehr.chart[ours.id] = replace(ours, note="rewritten")

    assert world.later(task, 60).appointment_id == ours.id


def test_a_visit_removed_before_it_was_read_back_needs_a_person() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    world.ehr.remove(next(iter(world.ehr.chart)))

    found = world.later(task, 60)

    assert (found.state, found.code) == (TaskState.NEEDS_REVIEW, "removed_in_ehr")


def test_a_visit_cancelled_before_it_was_read_back_is_told_as_changed() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    (ours,) = world.ehr.chart.values()
    world.ehr.chart[ours.id] = replace(ours, status=AppointmentStatus.CANCELLED)

    assert world.later(task, 60).code == "status_changed_in_ehr"


def test_a_look_alike_without_marker_that_was_not_there_before_needs_a_person() -> None:
    world = World(visit("50", at(9), operatory_id="2", provider_id="2"))
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create(start=at(13).isoformat()))
    world.ehr.chart["60"] = visit("60", at(13, 30))

    found = world.later(task, 60)

    assert (found.state, found.code) == (TaskState.NEEDS_REVIEW, "look_alike_in_ehr")


def test_a_visit_of_another_task_is_no_look_alike() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create(start=at(13).isoformat()))
    world.ehr.chart["60"] = visit("60", at(13), note="[ref ZZ99ZZ]")

    assert world.later(task, 60).code == "reading_back"


def test_of_several_with_our_marker_the_lowest_id_is_kept() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    (ours,) = world.ehr.chart.values()
    world.ehr.chart["999"] = replace(ours, id="999")

    assert world.later(task, 60).appointment_id == "999"


def test_a_double_that_appeared_after_all_is_taken_back_by_the_sweep() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    done = world.later(world.do(create()), W + 1)
    told = world.ehr.chart[done.appointment_id or ""]
    world.ehr.chart["9999"] = replace(told, id="9999")
    copied = replace(told, id="9998", start=at(9, days=2))
    world.ehr.chart["9998"] = copied

    world.clock.advance(W + 1)
    assert world.wake() == 1
    world.process(done)

    assert world.ehr.chart["9999"].status is AppointmentStatus.CANCELLED
    assert world.ehr.chart[told.id] == told
    assert world.ehr.chart["9998"] == copied, "a copy for another time is somebody's intention"
    world.process(done)
    assert world.tasks.task("p1", done.id).next_attempt_at is None


# -------------------------------------------------------------------------------------- reading the others back


def test_a_move_that_somebody_else_overtook_is_left_alone() -> None:
    world = World(visit("50", at(9)))
    world.ehr.answers["move_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(reschedule("50", at(14)))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], start=at(16))

    early = world.later(task, 60)
    found = world.later(early, W)

    assert early.code == "reading_back", "what was sent may still arrive"
    assert (found.state, found.code) == (TaskState.FAILED, "changed_in_ehr")
    assert world.ehr.chart["50"].start == at(16)


def test_a_cancel_that_anybody_did_is_done() -> None:
    world = World(visit("50", at(9)))
    world.ehr.answers["cancel_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(cancel("50"))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], status=AppointmentStatus.CANCELLED)

    assert world.later(task, 60).code == "cancelled"


def test_a_visit_completed_while_its_cancel_was_unclear_is_not_cancellable() -> None:
    world = World(visit("50", at(9)))
    world.ehr.answers["cancel_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(cancel("50"))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], status=AppointmentStatus.FULFILLED)

    assert world.later(task, W + 1).code == "not_cancellable"


def test_a_confirmation_that_somebody_changed_is_left() -> None:
    world = World(visit("50", at(9), confirmation="Not Called"))
    world.ehr.answers["confirm_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(confirm("50"))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], confirmation="Left message")

    found = world.later(task, W + 60)

    assert (found.state, found.code) == (TaskState.COMPLETED, "status_changed_in_ehr")
    assert world.writes() == ["confirm_appointment"]


def test_several_charts_found_when_a_patient_is_read_back_need_a_person() -> None:
    world = World()
    world.ehr.answers["create_patient"] = [EhrOutcomeUnknown()]
    task = world.do(onboard())
    for number in ("12", "13"):
        world.ehr.people[number] = Patient(number, "Bea", "Lind", date(1990, 5, 6), ("3035550142",))

    assert world.later(task, 60).code == "several_patients_match"


# -------------------------------------------------------------------------------------------------- collisions


def staff_books_while(world: World, write: str, *visits: Any) -> None:
    """The front desk books just before our write arrives."""
    original: Callable[..., Any] = getattr(world.ehr, write)

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        setattr(world.ehr, write, original)
        for booked in visits:
            world.ehr.chart[booked.id] = booked
        return original(*args, **kwargs)

    setattr(world.ehr, write, overtaken)


def test_a_new_visit_that_collides_with_the_front_desks_is_taken_back() -> None:
    world = World()
    desks = visit("70", at(9), patient_id="99")
    staff_books_while(world, "create_appointment", desks)

    task = world.do(create(**IN_CHAIR_1))

    assert (task.state, task.code, task.appointment_id, task.in_chart) == (TaskState.FAILED, "slot_taken", None, False)
    assert world.ehr.chart["70"] == desks
    assert [v.status for v in world.ehr.chart.values() if v.patient_id == "11"] == [AppointmentStatus.CANCELLED]
    assert world.tasks.claims("account", at(0), at(23)) == []


def test_in_a_rebook_a_collision_takes_the_new_visit_back_and_never_touches_the_old() -> None:
    old = visit("50", at(9))
    world = World(old, reschedule="rebook")
    staff_books_while(world, "create_appointment", visit("70", at(14), patient_id="99"))

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code, task.appointment_id) == (TaskState.FAILED, "slot_taken", "50")
    assert world.ehr.chart["50"] == old


def test_a_moved_visit_that_collides_goes_back_where_it_was() -> None:
    world = World(visit("50", at(9)))
    staff_books_while(world, "move_appointment", visit("70", at(14), patient_id="99"))

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code, task.appointment_id) == (TaskState.FAILED, "slot_taken", "50")
    assert world.ehr.chart["50"].start == at(9)


def test_a_moved_visit_whose_old_time_is_gone_too_stays_and_a_person_is_told() -> None:
    world = World(visit("50", at(9)))
    staff_books_while(
        world, "move_appointment", visit("70", at(14), patient_id="99"), visit("71", at(9), patient_id="98")
    )

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "moved_onto_collision")
    assert world.ehr.chart["50"].start == at(14)
    assert world.ehr.chart["50"].status is AppointmentStatus.BOOKED


def test_a_new_visit_the_front_desk_moved_out_of_the_collision_is_not_taken_back() -> None:
    world = World()
    staff_books_while(world, "create_appointment", visit("70", at(9), patient_id="99"))
    original = world.ehr.create_appointment

    def moved_at_once(new: NewAppointment) -> Any:
        created = original(new)
        world.ehr.chart[created.id] = replace(created, start=at(15), provider_times=())
        return created

    world.ehr.create_appointment = moved_at_once  # type: ignore[method-assign]

    task = world.do(create(**IN_CHAIR_1))

    assert task.state is TaskState.COMPLETED
    assert world.ehr.chart[task.appointment_id or ""].status is AppointmentStatus.BOOKED


def test_an_old_visit_is_not_cancelled_when_somebody_removed_the_new_one() -> None:
    old = visit("50", at(9))
    world = World(old, reschedule="rebook")
    original = world.ehr.create_appointment

    def removed_at_once(new: NewAppointment) -> Any:
        created = original(new)
        world.ehr.remove(created.id)
        return created

    world.ehr.create_appointment = removed_at_once  # type: ignore[method-assign]

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "removed_in_ehr")
    assert world.ehr.chart["50"] == old
    settled = settle(world, task, "give_up")
    assert (settled.state, settled.code) == (TaskState.FAILED, "given_up")
    assert world.ehr.chart["50"] == old


def test_a_visit_cancelled_right_after_it_was_written_is_told_as_changed() -> None:
    world = World()
    original = world.ehr.create_appointment

    def cancelled_at_once(new: NewAppointment) -> Any:
        created = original(new)
        world.ehr.chart[created.id] = replace(created, status=AppointmentStatus.CANCELLED)
        return created

    world.ehr.create_appointment = cancelled_at_once  # type: ignore[method-assign]

    assert world.do(create(**IN_CHAIR_1)).code == "status_changed_in_ehr"


def test_a_move_back_onto_a_time_that_was_taken_meanwhile_needs_a_person() -> None:
    world = World(visit("50", at(9)))
    staff_books_while(world, "move_appointment", visit("70", at(14), patient_id="99"))
    original = world.ehr.appointment

    def old_time_taken(appointment_id: str) -> Any:
        if world.ehr.chart["50"].start == at(14) and world.ehr.calls.count("appointments") >= 4:
            world.ehr.chart["71"] = visit("71", at(9), patient_id="98")
        return original(appointment_id)

    world.ehr.appointment = old_time_taken  # type: ignore[method-assign]

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "moved_onto_collision")
    assert world.ehr.chart["50"].start == at(14)


def test_a_visit_somebody_moves_between_our_look_and_our_hold_is_not_overwritten() -> None:
    world = World(visit("50", at(9)))
    original = world.tasks.save

    def moved_meanwhile(saved: Task, take: Any = (), *others: Any) -> Task:
        if take:
            world.ehr.chart["50"] = replace(world.ehr.chart["50"], start=at(16))
        return original(saved, take, *others)

    world.tasks.save = moved_meanwhile  # type: ignore[method-assign,assignment]

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.FAILED, "changed_in_ehr")
    assert world.ehr.chart["50"].start == at(16)


def test_a_withdrawal_whose_answer_was_lost_is_read_back_like_any_write() -> None:
    world = World()
    staff_books_while(world, "create_appointment", visit("70", at(9), patient_id="99"))
    lose_the_answer(world, "cancel_appointment")

    task = world.do(create(**IN_CHAIR_1))

    assert (task.state, task.code) == (TaskState.FAILED, "slot_taken")
    assert world.writes().count("cancel_appointment") == 1


def test_a_withdrawal_that_is_refused_needs_a_person() -> None:
    world = World()
    staff_books_while(world, "create_appointment", visit("70", at(9), patient_id="99"))
    world.ehr.answers["cancel_appointment"] = [EhrRejected()]

    task = world.do(create(**IN_CHAIR_1))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "collision_remains")


def test_nothing_is_told_as_booked_before_it_was_checked() -> None:
    world = World()
    world.ehr.answers["appointments"] = [None, EhrUnavailable()]

    waiting = world.do(create(**IN_CHAIR_1))
    done = world.later(waiting, 31)

    assert waiting.state is TaskState.IN_PROGRESS
    assert world.writes() == ["create_appointment"]
    assert done.code == "booked"


def test_who_may_book_over_something_is_not_taken_back() -> None:
    world = World(visit("70", at(9), patient_id="99"), may_overlap=True)

    task = world.do(create(**IN_CHAIR_1, allow_overlap=True))

    assert task.code == "booked"
    assert world.writes() == ["create_appointment"]


def test_an_old_visit_somebody_changed_during_a_rebook_needs_a_person() -> None:
    world = World(visit("50", at(9)), reschedule="rebook")
    original = world.ehr.create_appointment

    def desk_moves_the_old_one(new: NewAppointment) -> Any:
        world.ehr.chart["50"] = replace(world.ehr.chart["50"], start=at(16))
        return original(new)

    world.ehr.create_appointment = desk_moves_the_old_one  # type: ignore[method-assign]

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "old_visit_remains")
    assert world.ehr.chart["50"].status is AppointmentStatus.BOOKED


def test_a_visit_created_joins_its_own_line_so_that_a_cancel_waits_for_the_check() -> None:
    world = World()
    world.ehr.answers["appointments"] = [None, EhrUnavailable()]
    booking = world.do(create(**IN_CHAIR_1))
    (created,) = world.ehr.chart

    assert world.do(cancel(created)).code == "waiting_in_line"
    assert world.later(booking, 31).code == "booked"


# -------------------------------------------------------------------------------------------------- the circuit


def test_after_three_failures_nobody_calls_until_one_has_tried() -> None:
    world = World()
    world.ehr.answers["patient"] = [EhrUnreachable() for _ in range(3)]
    tasks = [world.submit(create(start=at(9 + hour).isoformat())) for hour in range(5)]
    for task in tasks[:3]:
        world.tasks._lines.clear()
        world.process(task)
    calls_before = len(world.ehr.calls)

    kept_back = world.process(tasks[3])

    assert kept_back.code == "ehr_offline"
    assert len(world.ehr.calls) == calls_before
    assert kept_back.next_attempt_at == world.clock.now() + timedelta(seconds=30)


def test_the_first_answer_closes_the_circuit() -> None:
    world = World()
    world.ehr.answers["patient"] = [EhrUnreachable() for _ in range(3)]
    task = world.submit(create())
    for _ in range(3):
        world.process(task)
        world.clock.advance(301)

    assert world.process(task).code == "booked"
    assert world.circuits.next_try("account", "p1") is None


# ------------------------------------------------------------------------------------------------------- review


def test_a_decision_needs_a_review() -> None:
    world = World()
    task = world.submit(create())

    with pytest.raises(NotInReview):
        resolve_task("p1", task.id, b'{"action": "resend"}', world.tasks, world.queue, world.clock)


def test_adopting_what_stands_in_the_chart_completes_the_task() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create(start=at(13).isoformat()))
    world.ehr.chart["60"] = visit("60", at(13, 30))
    reviewed = world.later(task, 60)

    settled = world.later(settle(world, reviewed, "adopt", appointment_id="60"), W)

    assert (settled.state, settled.code, settled.appointment_id) == (TaskState.COMPLETED, "booked", "60")


def test_another_patients_visit_cannot_be_adopted() -> None:
    world = World(visit("60", at(13), patient_id="99"))
    reviewed = world.in_review(create(start=at(13).isoformat()))

    settled = settle(world, reviewed, "adopt", appointment_id="60")

    assert (settled.state, settled.code) == (TaskState.NEEDS_REVIEW, "cannot_adopt")


def test_adopting_a_chart_goes_on_with_the_visit() -> None:
    world = World()
    for number in ("12", "13"):
        world.ehr.people[number] = Patient(number, "Bea", "Lind", date(1990, 5, 6), ("3035550142",))
    reviewed = world.do(onboard({"service_id": "exam", "start": at(10).isoformat()}))

    settled = settle(world, reviewed, "adopt", patient_id="13")

    assert (settled.state, settled.code, settled.patient_id) == (TaskState.COMPLETED, "booked", "13")


def test_sending_again_reads_back_first_and_waits_for_the_window() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create(start=at(13).isoformat()))
    world.ehr.chart["60"] = visit("60", at(13, 30))
    reviewed = world.later(task, 60)
    world.ehr.remove("60")

    waiting = settle(world, reviewed, "resend")
    done = world.later(waiting, W)

    assert waiting.state is TaskState.NEEDS_REVIEW
    assert done.code == "booked"
    assert len(world.writes()) == 2


def test_a_decision_to_send_again_outlives_an_office_that_is_offline() -> None:
    world = World()
    world.ehr.answers["patient"] = [EhrOffline()]

    waiting = settle(world, world.in_review(create()), "resend")
    done = world.later(waiting, 60)

    assert waiting.state is TaskState.NEEDS_REVIEW
    assert done.code == "booked"


def test_a_decision_to_send_again_is_bounded_like_any_sending() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown() for _ in range(20)]

    task = settle(world, world.in_review(create(start=at(16, days=1).isoformat())), "resend")
    for _ in range(9):
        task = world.later(task, W + 400)

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "sent_too_often")
    assert len(world.writes()) == 5


@pytest.mark.parametrize(
    ("action", "stands", "code"),
    [("give_up", True, "given_up"), ("resend", False, "booked"), ("resend", True, "patient_busy")],
)
def test_a_person_may_decide_against_a_look_alike_but_not_for_two_visits_at_once(
    action: str, stands: bool, code: str
) -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create(start=at(13).isoformat(), provider_id="2", operatory_id="2"))
    world.ehr.chart["60"] = visit("60", at(13, 30))
    reviewed = world.later(task, 60)
    if not stands:
        world.ehr.cancel_appointment("60", send_to_unscheduled_list=False)

    settled = world.later(settle(world, reviewed, action), W)

    assert settled.code == code


def test_a_person_may_give_up_what_somebody_removed() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    world.ehr.remove(next(iter(world.ehr.chart)))
    reviewed = world.later(task, 60)

    settled = world.later(settle(world, reviewed, "give_up"), W)

    assert (settled.state, settled.code) == (TaskState.FAILED, "given_up")


def test_giving_up_reads_back_first_and_keeps_what_is_there() -> None:
    world = World()
    lose_the_answer(world, "create_appointment")
    world.ehr.answers["patient_appointments"] = [None, EhrUnavailable()]
    task = world.do(create())
    from openchair.tasks.park import park_task

    reviewed = park_task("p1", task.id, world.tasks, world.clock)

    settled = settle(world, reviewed, "give_up")

    assert (settled.state, settled.code) == (TaskState.COMPLETED, "booked")


def test_giving_up_what_never_took_effect_fails_it_and_frees_the_chair() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown() for _ in range(5)]
    task = world.do(create(start=at(16).isoformat(), **IN_CHAIR_1))
    for _ in range(9):
        task = world.later(task, W + 400)

    settled = settle(world, task, "give_up")
    settled = world.later(settled, W)

    assert (settled.state, settled.code) == (TaskState.FAILED, "given_up")
    assert world.tasks.claims("account", at(0), at(23)) == []


def test_a_parked_task_can_be_sent_on() -> None:
    world = World()

    assert settle(world, world.in_review(create()), "resend").code == "booked"


def test_a_person_who_leaves_an_old_visit_ends_the_rebook() -> None:
    world = World(visit("50", at(9)), reschedule="rebook")
    world.ehr.answers["cancel_appointment"] = [EhrRejected()]
    reviewed = world.do(reschedule("50", at(14)))

    settled = settle(world, reviewed, "give_up")

    assert (settled.state, settled.code) == (TaskState.COMPLETED, "old_visit_remains")
    assert reviewed.steps[0].appointment_id == settled.appointment_id
