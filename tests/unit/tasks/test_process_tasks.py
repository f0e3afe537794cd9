"""The five tasks, done against an EHR that answers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from openchair.errors import EhrKeyRefused, EhrOffline, EhrRejected, EhrUnavailable
from openchair.models.journal import Hold, StepState, Task, TaskState
from openchair.models.person import Patient
from openchair.models.visit import MARKER, Appointment, AppointmentStatus
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit


def test_a_visit_is_booked_with_its_marker_first_in_the_note() -> None:
    world = World()

    task = world.do(create(notes="prefers mornings", provider_id="1", operatory_id="1"))

    booked = world.ehr.chart[task.appointment_id or ""]
    assert (task.state, task.code, task.in_chart) == (TaskState.COMPLETED, "booked", True)
    assert (booked.start, booked.minutes, booked.operatory_id, booked.provider_id) == (at(9), 60, "1", "1")
    assert MARKER.match(booked.note)
    assert booked.note.endswith("prefers mornings")


def test_without_a_chair_or_provider_a_free_place_is_chosen() -> None:
    world = World(visit("50", at(9), patient_id="12"))

    task = world.do(create())

    assert world.ehr.chart[task.appointment_id or ""].operatory_id == "2"


def test_a_chair_somebody_booked_meanwhile_fails_as_slot_taken_and_nothing_is_sent() -> None:
    world = World(visit("50", at(9), patient_id="12"))

    task = world.do(create(provider_id="1", operatory_id="1"))

    assert (task.state, task.code) == (TaskState.FAILED, "slot_taken")
    assert world.writes() == []


def test_a_chair_claimed_between_look_and_intent_is_replaced_by_another() -> None:
    world = World()
    task = world.submit(create())
    original = world.tasks.save

    def claimed_first(saved: Task, take: Sequence[Hold] = (), *others: Any) -> Task:
        if take:
            world.tasks.save = original  # type: ignore[method-assign]
            world.submit(create(provider_id="1", operatory_id="1", patient_id="12"))
        return original(saved, take, *others)

    world.tasks.save = claimed_first  # type: ignore[method-assign,assignment]
    done = world.process(task)

    assert (done.code, world.ehr.chart[done.appointment_id or ""].operatory_id) == ("booked", "2")


def test_a_visit_of_the_evening_before_that_comes_between_look_and_hold_is_seen() -> None:
    world = World()
    task = world.submit(create(provider_id="1", operatory_id="1"))
    original = world.ehr.patient_appointments

    def staff_books_the_evening_before(patient_id: str) -> Sequence[Appointment]:
        night = visit("60", at(23, 30, days=-1), minutes=600, patient_id="12", provider_times=(), time_pattern="")
        world.ehr.chart["60"] = night
        return original(patient_id)

    world.ehr.patient_appointments = staff_books_the_evening_before  # type: ignore[method-assign]
    # Held at the door, so that only a second delivery looks anew.
    world.remaining = 60.0
    world.process(task)
    world.remaining = 175.0

    assert world.process(task).code == "slot_taken"
    assert world.writes() == []


def test_two_tasks_that_read_the_same_free_chair_do_not_both_book_it() -> None:
    """One books and lets go of its hold between the other's look and the other's hold."""
    world = World(visit("60", at(9), patient_id="13", operatory_id="2", provider_id="2", provider_times=()))
    first, second = world.submit(create()), world.submit(create(patient_id="12"))
    world.ehr.people["12"] = Patient("12", "Cy", "Roe")
    original = world.ehr.patient_appointments

    def overtaken(patient_id: str) -> Sequence[Appointment]:
        world.ehr.patient_appointments = original  # type: ignore[method-assign]
        world.process(first)
        return original(patient_id)

    world.ehr.patient_appointments = overtaken  # type: ignore[method-assign]
    ended = world.process(second)

    assert world.tasks.task("p1", first.id).code == "booked"
    assert (ended.state, ended.code) == (TaskState.FAILED, "slot_taken")
    assert world.writes() == ["create_appointment"]


def test_the_only_chart_of_a_person_being_archived_needs_a_person() -> None:
    world = World()
    world.ehr.people["12"] = Patient("12", "Bea", "Lind", date(1990, 5, 6), ("3035550142",), is_active=False)

    task = world.do(onboard())

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "patient_inactive")
    assert world.writes() == []


def test_a_merged_away_chart_beside_an_active_one_is_no_second_match() -> None:
    world = World()
    for number, is_active in (("12", False), ("13", True)):
        world.ehr.people[number] = Patient(
            number, "Bea", "Lind", date(1990, 5, 6), ("3035550142",), is_active=is_active
        )

    assert world.do(onboard()).patient_id == "13"


def test_a_time_nobody_works_fails_as_off_schedule() -> None:
    world = World()

    assert world.do(create(start=at(18).isoformat())).code == "off_schedule"


def test_an_unknown_patient_fails_with_a_code() -> None:
    assert World().do(create(patient_id="404")).code == "patient_not_found"


def test_a_visit_is_moved_in_place_and_keeps_its_id() -> None:
    world = World(visit("50", at(9), note="[ref AB12CD] first visit"))

    task = world.do(reschedule("50", at(14)))

    moved = world.ehr.chart["50"]
    assert (task.state, task.code, task.appointment_id) == (TaskState.COMPLETED, "moved", "50")
    assert (moved.start, moved.operatory_id, moved.note) == (at(14), "1", "[ref AB12CD] first visit")


def test_a_move_by_less_than_its_own_length_does_not_stand_in_its_own_way() -> None:
    world = World(visit("50", at(9)))

    assert world.do(reschedule("50", at(9, 30))).code == "moved"


def test_new_notes_of_a_move_are_put_behind_what_stands_there() -> None:
    world = World(visit("50", at(9), note="[ref AB12CD] first visit"))

    world.do(reschedule("50", at(14), notes="brings x-rays"))

    assert world.ehr.chart["50"].note == "[ref AB12CD] first visit\nbrings x-rays"


def test_a_move_to_where_the_visit_already_is_changes_nothing() -> None:
    world = World(visit("50", at(9)))

    assert world.do(reschedule("50", at(9))).code == "already_moved"
    assert world.writes() == []


def test_a_practice_that_rebooks_books_anew_before_it_cancels() -> None:
    world = World(visit("50", at(9)), reschedule="rebook")

    task = world.do(reschedule("50", at(14)))

    assert world.writes() == ["create_appointment", "cancel_appointment"]
    assert world.ehr.chart["50"].status is AppointmentStatus.CANCELLED
    assert task.code == "moved"
    assert task.appointment_id != "50"
    assert world.ehr.chart[task.appointment_id or ""].start == at(14)


def test_a_rebook_whose_old_visit_cannot_be_cancelled_asks_for_a_person() -> None:
    world = World(visit("50", at(9)), reschedule="rebook")
    world.ehr.answers["cancel_appointment"] = [EhrRejected()]

    task = world.do(reschedule("50", at(14)))

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "old_visit_remains")


def test_a_visit_is_cancelled_to_the_unscheduled_list() -> None:
    world = World(visit("50", at(9)))

    task = world.do(cancel("50"))

    assert (task.state, task.code) == (TaskState.COMPLETED, "cancelled")
    assert world.ehr.chart["50"].status is AppointmentStatus.WAITLIST


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST])
def test_cancelling_what_is_cancelled_completes(status: AppointmentStatus) -> None:
    world = World(visit("50", at(9), status=status))

    task = world.do(cancel("50"))

    assert (task.state, task.code) == (TaskState.COMPLETED, "already_cancelled")
    assert world.writes() == []


def test_a_completed_visit_is_not_cancelled() -> None:
    assert World(visit("50", at(9), status=AppointmentStatus.FULFILLED)).do(cancel("50")).code == "not_cancellable"


@pytest.mark.parametrize("request_for", [cancel, confirm, lambda id_: reschedule(id_, at(14))])
@pytest.mark.parametrize("rebooks", [False, True])
def test_a_visit_whose_patient_is_there_or_that_is_over_is_not_touched(request_for: object, rebooks: bool) -> None:
    assert callable(request_for)
    there = visit("50", at(9), status=AppointmentStatus.ARRIVED)
    over = visit("51", at(6), operatory_id="2")
    world = World(there, over, reschedule="rebook" if rebooks else "move")

    codes = [world.do(request_for(one)).code for one in ("50", "51")]

    assert codes == ["visit_has_begun", "visit_is_past"]
    assert (world.ehr.chart["50"], world.ehr.chart["51"], world.writes()) == (there, over, [])


def test_a_visit_is_confirmed_once() -> None:
    world = World(visit("50", at(9)))

    codes = [world.do(confirm("50")).code, world.do(confirm("50")).code]

    assert codes == ["confirmed", "already_confirmed"]
    assert world.writes() == ["confirm_appointment"]


@pytest.mark.parametrize("request_for", [cancel, confirm, lambda id_, **more: reschedule(id_, at(14), **more)])
def test_another_patients_visit_is_not_touched(request_for: object) -> None:
    world = World(visit("50", at(9)))
    assert callable(request_for)

    task = world.do(request_for("50", patient_id="12"))

    assert (task.state, task.code) == (TaskState.FAILED, "patient_mismatch")
    assert world.writes() == []


def test_a_new_patient_is_created() -> None:
    world = World()

    task = world.do(onboard())

    assert (task.state, task.code) == (TaskState.COMPLETED, "patient_created")
    assert world.ehr.people[task.patient_id or ""].last_name == "Lind"


def test_a_new_patient_with_a_visit_gets_both() -> None:
    world = World()

    task = world.do(onboard({"service_id": "exam", "start": at(10).isoformat()}))

    assert task.code == "booked"
    assert world.ehr.chart[task.appointment_id or ""].patient_id == task.patient_id


def test_a_patient_who_has_a_chart_is_found_and_not_created() -> None:
    world = World()
    world.ehr.people["12"] = Patient("12", "BEA", "Lind", date(1990, 5, 6), ("1-303-555-0142",))

    task = world.do(onboard())

    assert (task.code, task.patient_id) == ("patient_found", "12")
    assert world.writes() == []


def test_a_twin_of_another_name_on_the_same_phone_is_somebody_else() -> None:
    world = World()
    world.ehr.people["12"] = Patient("12", "Bob", "Lind", date(1990, 5, 6), ("3035550142",))

    assert world.do(onboard()).code == "patient_created"


def test_a_namesake_born_the_same_day_with_other_contacts_is_told() -> None:
    world = World()
    world.ehr.people["12"] = Patient("12", "Bea", "Lind", date(1990, 5, 6), ("3035559999",))

    assert world.do(onboard()).code == "patient_created_look_alike"


def test_several_charts_of_one_person_ask_for_a_person() -> None:
    world = World()
    for number in ("12", "13"):
        world.ehr.people[number] = Patient(number, "Bea", "Lind", date(1990, 5, 6), ("3035550142",))

    task = world.do(onboard())

    assert (task.state, task.code) == (TaskState.NEEDS_REVIEW, "several_patients_match")
    assert world.writes() == []


def test_a_patient_created_before_the_visit_failed_is_told() -> None:
    world = World()

    task = world.do(onboard({"service_id": "exam", "start": at(20).isoformat()}))

    assert (task.state, task.code, task.in_chart) == (TaskState.FAILED, "off_schedule", True)
    assert task.patient_id in world.ehr.people


def test_an_office_that_is_offline_makes_the_task_wait_and_say_so() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOffline()]

    waiting = world.do(create())
    world.clock.advance(31)

    assert (waiting.state, waiting.code) == (TaskState.IN_PROGRESS, "ehr_offline")
    assert world.wake() == 1
    assert world.process(waiting).code == "booked"


def test_a_read_without_an_answer_is_tried_again_later() -> None:
    world = World()
    world.ehr.answers["appointments"] = [EhrUnavailable()]

    waiting = world.do(create())
    world.clock.advance(31)

    assert waiting.code == "ehr_unavailable"
    assert world.process(waiting).code == "booked"


def test_waiting_grows_and_honours_what_the_ehr_says() -> None:
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOffline(), EhrOffline(retry_after=42.0)]
    task = world.submit(create())
    waits = []

    for _ in range(2):
        task = world.process(task)
        assert task.next_attempt_at is not None
        waits.append(task.next_attempt_at - world.clock.now())
        world.clock.advance(400)

    assert waits == [timedelta(seconds=30), timedelta(seconds=42)]


def test_a_refused_key_fails_the_task_and_frees_the_chair() -> None:
    world = World()
    world.ehr.answers["patient"] = [EhrKeyRefused()]

    task = world.do(create(provider_id="1", operatory_id="1"))

    assert (task.state, task.code) == (TaskState.FAILED, "ehr_key_refused")
    assert world.tasks.claims("account", at(9), at(10)) == []


def test_no_write_starts_without_the_time_to_await_its_answer() -> None:
    world = World()
    world.remaining = 69.0

    task = world.do(create())

    assert world.writes() == []
    assert task.steps[0].state is StepState.NEW
    world.clock.advance(30)
    assert world.wake() == 1


def test_a_second_delivery_of_a_message_does_nothing() -> None:
    world = World()
    task = world.do(create())

    assert world.process(task) == task
    assert world.writes() == ["create_appointment"]


def test_a_task_that_waited_past_its_start_expires_without_anything_sent() -> None:
    world = World()
    task = world.submit(create())
    world.clock.advance(3 * 3600)

    assert world.process(task).code == "expired"
    assert world.writes() == []


def test_the_second_of_two_tasks_on_one_visit_waits_for_the_first() -> None:
    world = World(visit("50", at(9)))
    first, second = world.submit(reschedule("50", at(14))), world.submit(cancel("50"))

    waiting = world.process(second)
    world.process(first)
    ended = world.process(second)

    assert waiting.code == "waiting_in_line"
    assert world.writes() == ["move_appointment", "cancel_appointment"]
    assert ended.code == "cancelled"


def test_ending_a_task_makes_the_next_in_line_due_at_once() -> None:
    world = World(visit("50", at(9)))
    first, second = world.submit(confirm("50")), world.submit(cancel("50"))
    world.process(second)

    world.process(first)

    assert [due.task_id for due in world.tasks.due(world.clock.now(), 10)] == [second.id]


def test_behind_a_review_a_move_is_told_busy_and_a_cancel_goes_through() -> None:
    world = World(visit("50", at(9)))
    world.in_review(confirm("50"))

    move, stop = world.do(reschedule("50", at(14))), world.do(cancel("50"))

    assert (move.state, move.code) == (TaskState.FAILED, "appointment_busy")
    assert stop.code == "cancelled"


def test_a_review_of_one_booking_does_not_stop_the_patients_others() -> None:
    world = World()
    world.in_review(create(provider_id="1", operatory_id="1"))

    assert world.do(create(start=at(11).isoformat())).code == "booked"


def test_claims_are_released_when_the_visit_stands_in_the_chart() -> None:
    world = World()
    world.do(create(provider_id="1", operatory_id="1"))

    assert world.tasks.claims("account", at(0), at(23)) == []


def test_a_visit_of_another_clinic_does_not_exist_for_this_practice() -> None:
    world = World(visit("50", at(9), location_id="1"), clinic_number=7)

    task = world.do(cancel("50"))

    assert (task.state, task.code) == (TaskState.FAILED, "appointment_not_found")
    assert world.writes() == []


@pytest.mark.parametrize("moves_in_place", [True, False])
def test_a_visit_of_which_nobody_knows_how_long_it_lasts_is_not_moved(moves_in_place: bool) -> None:
    world = World(visit("50", at(9), minutes=900, tells_end=False), moves_in_place=moves_in_place)

    assert world.do(reschedule("50", at(14))).code == "not_movable"
    assert world.writes() == []
