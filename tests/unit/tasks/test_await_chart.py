"""The five tasks on an EHR that accepts at once and writes later, or never."""

import json
from dataclasses import replace
from datetime import UTC, date, timedelta

from openchair.models.journal import Task, TaskState
from openchair.models.office import SyncState
from openchair.models.person import Patient
from openchair.models.visit import AppointmentStatus
from openchair.tasks.resolve import resolve_task
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit
from tests.toy_ehr import READ_CYCLE


class Later(World):
    """`11`'s visit `50` stands in the chart on Monday at nine, compared with it at seven."""

    def __init__(self, *, moves_in_place: bool = True, **changes: object) -> None:
        old = visit("50", at(9))
        super().__init__(replace(old, **changes), writes_later=True, moves_in_place=moves_in_place)  # type: ignore[arg-type]

    def after(self, task: Task, minutes: float = 1) -> Task:
        return self.later(task, minutes * 60)

    def chart_takes(self, task: Task, **changes: object) -> None:
        appointment_id = task.appointment_id or ""
        taken = replace(self.ehr.chart[appointment_id], is_in_chart=True, **changes)  # type: ignore[arg-type]
        self.ehr.chart[appointment_id] = taken

    def compare(self, appointment_id: str, **changes: object) -> None:
        """The vendor reads the practice's own system: what stands there is what it tells from now on."""
        self.ehr.chart[appointment_id] = replace(self.ehr.chart[appointment_id], **changes)  # type: ignore[arg-type]
        self.ehr.sync = replace(self.ehr.sync, read_at=self.clock.now())

    def claims(self) -> set[str]:
        start, end = at(0).astimezone(UTC), at(0, days=5).astimezone(UTC)
        return {claim.task_id for claim in self.tasks.claims("account", start, end)}


def resolve(world: World, task: Task, decision: dict[str, str]) -> Task:
    return resolve_task("p1", task.id, json.dumps(decision).encode(), world.tasks, world.queue, world.clock)


def told(task: Task) -> tuple[TaskState, str, bool | None]:
    return task.state, task.code, task.in_chart


def test_an_accepted_visit_is_told_as_awaited_and_booked_only_once_it_is_in_the_chart() -> None:
    world = Later()
    task = world.do(create(start=at(13).isoformat()))
    assert told(task) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)
    assert world.claims() == {task.id}

    still = world.after(task)
    assert told(still) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)

    world.chart_takes(task)
    done = world.after(task)
    assert told(done) == (TaskState.COMPLETED, "booked", True)
    assert done.appointment_id == task.appointment_id
    assert world.writes() == ["create_appointment"]


def test_a_visit_never_taken_is_cancelled_at_the_vendor_before_its_claims_go() -> None:
    world = Later()
    task = world.do(create(start=at(13).isoformat()))

    withdrawn = world.after(task, minutes=6 * 60)
    assert withdrawn.state is TaskState.AWAITING_EHR
    assert world.ehr.chart[task.appointment_id or ""].status is AppointmentStatus.CANCELLED
    assert world.claims() == {task.id}

    ended = world.after(task, minutes=READ_CYCLE.total_seconds() / 60)
    assert told(ended) == (TaskState.FAILED, "not_written_to_ehr", False)
    assert ended.appointment_id is None
    assert world.claims() == set()


def test_a_visit_the_practices_system_refused_fails_and_its_chair_is_free_again() -> None:
    world = Later()
    task = world.do(create(start=at(13).isoformat()))
    refused = world.ehr.chart[task.appointment_id or ""]
    world.ehr.chart[refused.id] = replace(refused, status=AppointmentStatus.CANCELLED)

    ended = world.after(task)

    assert told(ended) == (TaskState.FAILED, "not_written_to_ehr", False)
    assert world.claims() == set()


def test_a_location_that_does_not_write_to_its_system_completes_outside_the_chart() -> None:
    world = Later()
    world.ehr.sync = SyncState(writes_reach_chart=False)

    task = world.do(create(start=at(13).isoformat()))

    assert told(task) == (TaskState.COMPLETED, "outside_chart", False)


def test_a_visit_stored_at_another_time_than_asked_needs_a_person() -> None:
    world = Later()
    task = world.do(create(start=at(13).isoformat()))
    world.chart_takes(task, start=at(14))

    assert told(world.after(task))[:2] == (TaskState.NEEDS_REVIEW, "stored_differently")


def test_a_moved_visit_is_told_once_the_move_has_outlasted_a_comparison_a_cycle_later() -> None:
    world = Later()
    task = world.do(reschedule("50", at(13)))
    assert told(task)[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")

    world.clock.advance(60)
    world.compare("50")
    assert world.process(task).state is TaskState.AWAITING_EHR

    world.clock.advance(READ_CYCLE.total_seconds())
    world.compare("50")
    assert told(world.process(task)) == (TaskState.COMPLETED, "moved", True)


def test_a_move_that_the_practices_system_undoes_fails() -> None:
    world = Later()
    task = world.do(reschedule("50", at(13)))

    world.clock.advance(READ_CYCLE.total_seconds() + 1)
    world.compare("50", start=at(9))

    assert told(world.after(task))[:2] == (TaskState.FAILED, "reverted_in_ehr")
    assert world.claims() == set()


def test_an_old_state_read_within_the_cycle_of_the_write_is_not_taken_for_its_end() -> None:
    world = Later()
    task = world.do(reschedule("50", at(13)))

    world.compare("50", start=at(9))
    assert told(world.after(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")

    world.clock.advance(READ_CYCLE.total_seconds())
    world.compare("50", start=at(13))
    assert told(world.after(task)) == (TaskState.COMPLETED, "moved", True)


def test_a_comparison_shows_nothing_while_no_change_reaches_the_practices_system() -> None:
    for shown in (at(13), at(9)):
        world = Later()
        world.ehr.sync = SyncState(is_writing=False, written_at=world.clock.now() - timedelta(minutes=5))
        task = world.do(reschedule("50", at(13)))

        world.clock.advance(READ_CYCLE.total_seconds() + 60)
        world.compare("50", start=shown)

        assert told(world.after(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")
        assert told(world.after(task, minutes=8 * 60))[:2] == (TaskState.NEEDS_REVIEW, "not_confirmed_by_ehr")


def test_a_vendor_who_does_not_say_when_its_way_was_open_is_not_believed() -> None:
    world = Later()
    world.ehr.sync = SyncState(written_at=None)
    task = world.do(reschedule("50", at(13)))
    world.after(task)

    world.clock.advance(READ_CYCLE.total_seconds())
    world.compare("50")

    assert told(world.process(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")


def test_a_system_that_cannot_move_gets_the_new_visit_first_and_keeps_the_old_one_until_it_has_it() -> None:
    world = Later(moves_in_place=False, start=at(15))
    task = world.do(reschedule("50", at(13)))
    new_id = next(one.id for one in world.ehr.chart.values() if one.start == at(13))
    assert world.writes() == ["create_appointment"]

    world.ehr.chart[new_id] = replace(world.ehr.chart[new_id], is_in_chart=True)
    cancelling = world.after(task)
    assert world.writes() == ["create_appointment", "cancel_appointment"]
    assert cancelling.state is TaskState.AWAITING_EHR

    world.clock.advance(READ_CYCLE.total_seconds() + 60)
    world.compare("50")
    done = world.process(task)
    assert told(done) == (TaskState.COMPLETED, "moved", True)
    assert done.appointment_id == new_id


def test_a_rebook_whose_new_visit_is_never_taken_leaves_the_old_one_alone() -> None:
    world = Later(moves_in_place=False, start=at(16))
    task = world.do(reschedule("50", at(13)))
    new = next(one for one in world.ehr.chart.values() if one.start == at(13))
    world.ehr.chart[new.id] = replace(new, status=AppointmentStatus.CANCELLED)

    ended = world.after(task)

    assert told(ended)[:2] == (TaskState.FAILED, "not_written_to_ehr")
    assert ended.appointment_id == "50"
    assert world.ehr.chart["50"].status is AppointmentStatus.BOOKED


def test_an_old_visit_that_is_near_while_its_replacement_waits_is_put_before_a_person() -> None:
    world = Later(moves_in_place=False)
    task = world.do(reschedule("50", at(13)))
    assert task.state is TaskState.AWAITING_EHR

    assert told(world.after(task, minutes=61))[:2] == (TaskState.NEEDS_REVIEW, "replacement_waits")


def test_a_replacement_that_is_given_up_is_cancelled_again() -> None:
    world = Later(moves_in_place=False)
    task = world.do(reschedule("50", at(13)))
    world.after(task, minutes=61)
    new = next(one for one in world.ehr.chart.values() if one.start == at(13))

    resolve(world, task, {"action": "give_up"})
    world.process(task)
    ended = world.after(task, minutes=READ_CYCLE.total_seconds() / 60)

    assert told(ended)[:2] == (TaskState.FAILED, "given_up")
    assert world.ehr.chart[new.id].status is AppointmentStatus.CANCELLED
    assert world.ehr.chart["50"].status is AppointmentStatus.BOOKED


def test_a_replacement_entered_by_hand_is_adopted_and_the_old_visit_goes() -> None:
    world = Later(moves_in_place=False)
    task = world.do(reschedule("50", at(13)))
    world.after(task, minutes=61)
    new = next(one for one in world.ehr.chart.values() if one.start == at(13))
    world.ehr.chart[new.id] = replace(new, is_in_chart=True)

    resolve(world, task, {"action": "adopt", "appointment_id": new.id})
    world.process(task)

    assert world.writes() == ["create_appointment", "cancel_appointment"]


def test_a_cancelled_and_a_confirmed_visit_are_told_once_the_chart_agrees() -> None:
    for request, code in ((cancel("50", send_to_unscheduled_list=False), "cancelled"), (confirm("50"), "confirmed")):
        world = Later(start=at(15))
        task = world.do(request)
        assert told(task)[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")

        world.clock.advance(READ_CYCLE.total_seconds() + 60)
        world.compare("50")

        assert told(world.process(task)) == (TaskState.COMPLETED, code, True)


def test_a_cancellation_or_confirmation_that_is_undone_fails() -> None:
    for request, undone in (
        (cancel("50", send_to_unscheduled_list=False), {"status": AppointmentStatus.BOOKED}),
        (confirm("50"), {"is_confirmed": False}),
    ):
        world = Later(start=at(15))
        task = world.do(request)
        world.clock.advance(READ_CYCLE.total_seconds() + 1)
        world.compare("50", **undone)

        assert told(world.after(task))[:2] == (TaskState.FAILED, "reverted_in_ehr")


def test_a_change_nobody_tells_of_until_the_visit_is_over_needs_a_person() -> None:
    world = Later(start=at(15))
    task = world.do(confirm("50"))

    assert told(world.after(task, minutes=10 * 60))[:2] == (TaskState.NEEDS_REVIEW, "not_confirmed_by_ehr")


def test_a_confirmation_sent_again_after_the_visit_is_awaited_once_more_and_never_told_as_impossible() -> None:
    world = Later(start=at(15))
    task = world.do(confirm("50"))
    world.after(task, minutes=10 * 60)
    world.compare("50", status=AppointmentStatus.FULFILLED)

    resolve(world, task, {"action": "resend"})

    assert told(world.process(task))[:2] == (TaskState.NEEDS_REVIEW, "not_confirmed_by_ehr")
    assert world.writes() == ["confirm_appointment"]


def test_only_a_look_after_the_one_that_found_the_way_open_judges_by_a_comparison() -> None:
    world = Later()
    world.ehr.sync = SyncState(is_writing=False, written_at=world.clock.now() - timedelta(minutes=5))
    task = world.do(reschedule("50", at(13)))
    world.clock.advance(READ_CYCLE.total_seconds() + 60)
    world.compare("50", start=at(9))

    world.ehr.sync = SyncState(written_at=world.clock.now())
    assert told(world.process(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")
    assert told(world.after(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")

    world.clock.advance(READ_CYCLE.total_seconds())
    world.compare("50", start=at(13))
    assert told(world.process(task)) == (TaskState.COMPLETED, "moved", True)


def test_a_cancel_goes_through_while_the_visit_is_still_awaited() -> None:
    world = Later()
    booking = world.do(create(start=at(13).isoformat()))

    cancelling = world.do({**cancel("50", send_to_unscheduled_list=False), "appointment_id": booking.appointment_id})
    world.clock.advance(READ_CYCLE.total_seconds() + 1)

    assert told(world.process(cancelling))[:2] == (TaskState.COMPLETED, "cancelled")
    assert told(world.process(booking))[:2] == (TaskState.FAILED, "not_written_to_ehr")


def test_another_task_on_a_visit_that_is_awaited_is_refused() -> None:
    world = Later()
    booking = world.do(create(start=at(13).isoformat()))

    confirming = world.do({**confirm("50"), "appointment_id": booking.appointment_id})

    assert told(confirming)[:2] == (TaskState.FAILED, "appointment_busy")


def test_a_person_the_vendor_takes_no_visit_for_is_refused_before_anything_is_sent() -> None:
    world = Later()
    world.ehr.people["11"] = Patient("11", "Ada", "Stone", is_bookable=False)

    task = world.do(create(start=at(13).isoformat()))

    assert told(task)[:2] == (TaskState.FAILED, "patient_not_bookable")
    assert world.writes() == []


def test_an_onboarded_person_with_a_visit_is_done_when_the_visit_is_in_the_chart() -> None:
    world = Later()
    task = world.do(onboard(appointment={"service_id": "filling", "start": at(13).isoformat()}))
    assert told(task)[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")

    world.chart_takes(task)

    assert told(world.after(task)) == (TaskState.COMPLETED, "booked", True)


def test_a_note_longer_than_the_ehr_holds_is_cut_behind_its_marker_and_told() -> None:
    world = Later()
    task = world.do(create(start=at(13).isoformat(), notes="n" * 200))
    world.chart_takes(task)

    done = world.after(task)

    assert told(done) == (TaskState.COMPLETED, "note_shortened", True)
    assert len(world.ehr.chart[done.appointment_id or ""].note) == 128


def test_looks_are_frequent_at_first_and_never_further_apart_than_five_minutes() -> None:
    world = Later()
    task = world.do(create(start=at(16).isoformat()))
    pauses = []
    for _ in range(40):
        assert task.next_attempt_at is not None
        pauses.append((task.next_attempt_at - world.clock.now()).total_seconds())
        world.clock.advance(pauses[-1])
        task = world.process(task)

    assert pauses[0] == 10
    assert max(pauses) == timedelta(minutes=5).total_seconds()


def test_what_stands_at_the_vendor_already_is_told_only_once_the_chart_agrees() -> None:
    for request, changes, code in (
        (cancel("50", send_to_unscheduled_list=False), {"status": AppointmentStatus.CANCELLED}, "already_cancelled"),
        (confirm("50"), {"is_confirmed": True}, "already_confirmed"),
        (reschedule("50", at(13)), {"start": at(13)}, "already_moved"),
    ):
        world = Later(**{"start": at(15), **changes})  # type: ignore[arg-type]
        task = world.do(request)
        assert told(task) == (TaskState.AWAITING_EHR, "awaiting_ehr", False)
        assert world.writes() == []

        world.clock.advance(READ_CYCLE.total_seconds() + 60)
        world.compare("50")

        assert told(world.process(task)) == (TaskState.COMPLETED, code, True)


def test_what_stood_at_the_vendor_and_is_undone_fails_as_if_it_had_been_sent() -> None:
    world = Later(start=at(15), status=AppointmentStatus.CANCELLED)
    task = world.do(cancel("50", send_to_unscheduled_list=False))

    world.clock.advance(READ_CYCLE.total_seconds() + 1)
    world.compare("50", status=AppointmentStatus.BOOKED)

    assert told(world.after(task))[:2] == (TaskState.FAILED, "reverted_in_ehr")


def test_what_stood_as_asked_and_is_elsewhere_now_is_told_as_changed() -> None:
    world = Later(start=at(13))
    task = world.do(reschedule("50", at(13)))

    world.compare("50", start=at(16))

    assert told(world.after(task))[:2] == (TaskState.FAILED, "changed_in_ehr")


def test_an_awaited_move_is_judged_by_its_chair_and_its_provider_too() -> None:
    for changes in ({"operatory_id": "2"}, {"provider_id": "2"}):
        world = Later()
        task = world.do(reschedule("50", at(13)))

        world.clock.advance(READ_CYCLE.total_seconds() + 60)
        world.compare("50", **changes)

        assert told(world.process(task))[:2] == (TaskState.COMPLETED, "status_changed_in_ehr")


def test_a_visit_is_looked_at_after_the_reading_that_it_is_judged_by() -> None:
    world = Later()
    task = world.do(reschedule("50", at(13)))
    world.clock.advance(READ_CYCLE.total_seconds() + 60)
    seen = world.ehr.sync_state

    def read_meanwhile(location_id: str | None) -> SyncState:
        world.compare("50", start=at(9))
        return seen(location_id)

    world.ehr.sync_state = read_meanwhile  # type: ignore[method-assign]

    assert told(world.process(task))[:2] == (TaskState.FAILED, "reverted_in_ehr")


def test_a_change_carried_out_at_once_is_settled_where_nothing_else_is_written() -> None:
    world = Later()
    world.ehr.sync = SyncState(written_at=world.clock.now() + timedelta(seconds=2))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], touched_at=world.clock.now())
    task = world.do(reschedule("50", at(13)))
    world.after(task, minutes=0.5)

    world.clock.advance(READ_CYCLE.total_seconds() + 60)
    world.compare("50")

    assert told(world.process(task)) == (TaskState.COMPLETED, "moved", True)


def test_a_stamp_of_before_the_change_tells_nothing_of_when_it_was_accepted() -> None:
    world = Later()
    world.ehr.sync = SyncState(written_at=world.clock.now() - timedelta(seconds=30))
    world.ehr.chart["50"] = replace(world.ehr.chart["50"], touched_at=world.clock.now() - timedelta(minutes=1))
    task = world.do(reschedule("50", at(13)))
    world.after(task, minutes=0.5)

    world.clock.advance(READ_CYCLE.total_seconds() + 60)
    world.compare("50")

    assert told(world.process(task))[:2] == (TaskState.AWAITING_EHR, "awaiting_ehr")


def test_a_newcomer_is_in_the_chart_only_when_the_chart_has_them() -> None:
    world = Later()
    world.ehr.people["501"] = Patient("501", "Bea", "Lind", date(1990, 5, 6), phones=("3035550142",), is_in_chart=False)

    found = world.do(onboard())

    assert told(found) == (TaskState.COMPLETED, "patient_found", False)


def test_a_newcomers_visit_that_is_never_taken_leaves_them_out_of_the_chart() -> None:
    world = Later()
    world.ehr.people["501"] = Patient("501", "Bea", "Lind", date(1990, 5, 6), phones=("3035550142",), is_in_chart=False)
    task = world.do(onboard(appointment={"service_id": "filling", "start": at(13).isoformat()}))
    refused = world.ehr.chart[task.appointment_id or ""]
    world.ehr.chart[refused.id] = replace(refused, status=AppointmentStatus.CANCELLED)

    assert told(world.after(task)) == (TaskState.FAILED, "not_written_to_ehr", False)


def test_a_move_to_another_provider_is_booked_anew_where_none_can_be_changed() -> None:
    world = Later(start=at(15))
    world.ehr.capabilities = replace(world.ehr.capabilities, moves_to_other_provider=False)

    world.do(reschedule("50", at(13), provider_id="2", operatory_id="2"))

    assert world.writes() == ["create_appointment"]
    assert world.ehr.chart["50"].start == at(15)
