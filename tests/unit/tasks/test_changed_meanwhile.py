"""What a person decides of a task in review, and what is changed while one waits, is told as it then is."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from openchair.errors import (
    EhrKeyRefused,
    EhrOutcomeUnknown,
    EhrRejected,
    EhrUnavailable,
    EhrUnreachable,
    TaskAlreadySent,
)
from openchair.models.journal import StepKind, Task, TaskState
from openchair.models.office import SyncState
from openchair.models.practice import Ehr, Practice, PracticeRecord
from openchair.models.visit import AppointmentStatus
from openchair.tasks.park import park_task
from openchair.tasks.process import process_task
from openchair.tasks.resolve import resolve_task
from openchair.tasks.withdraw import withdraw_task
from tests.memory_store import MemoryPractices
from tests.task_world import World, at, cancel, confirm, create, onboard, reschedule, visit


def settle(w: World, *tasks: Task, until: Callable[[Task], bool] = lambda t: False, minutes: int = 40) -> list[Task]:
    """The practice's own system is written and read every minute; a fault parks its task, as the queue does."""
    found = list(tasks)
    for _ in range(minutes):
        w.clock.advance(60)
        w.ehr.chart = {i: replace(v, is_in_chart=True) for i, v in w.ehr.chart.items()}
        w.ehr.sync = SyncState(written_at=w.clock.now(), read_at=w.clock.now())
        for place, task in enumerate(found):
            try:
                found[place] = w.process(task)
            except AssertionError:
                found[place] = park_task("p1", task.id, w.tasks, w.clock)
                w.clock.advance(200)
        if any(until(t) for t in found):
            break
    return found


def decide(w: World, task: Task, **decision: str) -> Task:
    return resolve_task("p1", task.id, json.dumps(decision).encode(), w.tasks, w.queue, w.clock)


def reads_refused_for_an_hour(w: World, task: Task) -> Task:
    w.ehr.answers["appointment"] = [EhrKeyRefused() for _ in range(99)]
    while task.state is not TaskState.NEEDS_REVIEW:
        task = w.later(task, 300)
    assert task.code == "read_refused"
    return task


def staff(w: World, appointment_id: str, **changes: Any) -> None:
    w.ehr.chart[appointment_id] = replace(w.ehr.chart[appointment_id], **changes)


# -------------------------------------------------------------------------------------------------------- given up


def test_a_visit_that_was_taken_back_is_not_told_as_booked_when_given_up() -> None:
    w = World(writes_later=True)
    t = w.do(create(start=at(9, days=2).isoformat(), provider_id="1", operatory_id="1"))
    w.ehr.chart["88"] = visit("88", at(9, 30, days=2), patient_id="22")
    (t,) = settle(w, t, until=lambda t: t.steps[-1].kind is StepKind.AWAIT_WITHDRAWAL)
    assert w.ehr.chart["1000"].status is AppointmentStatus.CANCELLED
    t = reads_refused_for_an_hour(w, t)
    decide(w, t, action="give_up")
    t = w.process(t)
    assert t.code != "booked", t.message


def test_a_visit_that_was_moved_back_is_not_told_as_moved_when_given_up() -> None:
    w = World(visit("1", at(9, days=2)), writes_later=True)
    t = w.do(reschedule("1", at(11, days=2)))
    w.ehr.chart["88"] = visit("88", at(11, 30, days=2), patient_id="22")
    (t,) = settle(w, t, until=lambda t: any(s.kind is StepKind.AWAIT_MOVE_BACK for s in t.steps))
    assert w.ehr.chart["1"].start == at(9, days=2)
    t = reads_refused_for_an_hour(w, t)
    decide(w, t, action="give_up")
    t = w.process(t)
    assert t.code != "moved", t.message


# ------------------------------------------------------------------------------------------------- looked at again


def test_an_accepted_cancellation_is_not_told_as_failed_because_it_may_not_be_read() -> None:
    w = World(visit("1", at(9, days=3)), writes_later=True)
    t = reads_refused_for_an_hour(w, w.do(cancel("1", send_to_unscheduled_list=False)))
    decide(w, t, action="resend")
    t = w.process(t)
    assert w.ehr.chart["1"].status is AppointmentStatus.CANCELLED
    assert t.state is not TaskState.FAILED, t.code


def test_an_accepted_cancellation_cannot_be_withdrawn_as_never_sent() -> None:
    w = World(visit("1", at(9, days=3)), writes_later=True)
    t = reads_refused_for_an_hour(w, w.do(cancel("1", send_to_unscheduled_list=False)))
    decide(w, t, action="resend")
    w.ehr.answers["appointment"] = [EhrUnreachable()]
    t = w.process(t)
    with pytest.raises(TaskAlreadySent):
        withdraw_task("p1", t.id, w.tasks, w.queue, w.clock)


def test_an_accepted_cancellation_of_which_nobody_knows_cannot_be_withdrawn_either() -> None:
    w = World(visit("1", at(9)), writes_later=True)
    w.ehr.sync = SyncState()
    t = w.do(cancel("1", send_to_unscheduled_list=False))
    while t.state is not TaskState.NEEDS_REVIEW:
        t = w.later(t, 300)
    assert t.code == "not_confirmed_by_ehr"
    decide(w, t, action="resend")
    w.ehr.answers["appointment"] = [EhrUnreachable()]
    t = w.process(t)
    with pytest.raises(TaskAlreadySent):
        withdraw_task("p1", t.id, w.tasks, w.queue, w.clock)


# ---------------------------------------------------------------------------------------- old visits that are gone


def test_a_rebook_ends_though_the_old_visit_was_cancelled_meanwhile() -> None:
    w = World(visit("1", at(9)), writes_later=True, moves_in_place=False)
    t = w.do(reschedule("1", at(14)))
    staff(w, "1", status=AppointmentStatus.CANCELLED)
    (t,) = settle(w, t)
    assert (t.state, t.code) == (TaskState.COMPLETED, "moved")


@pytest.mark.parametrize("decision", [{"action": "adopt", "appointment_id": "1"}, {"action": "resend"}])
def test_a_decision_that_meets_a_fault_can_be_made_anew(decision: dict[str, str]) -> None:
    w = World(visit("1", at(9)), writes_later=True, moves_in_place=False)
    t = w.do(reschedule("1", at(14)))
    w.ehr.answers["cancel_appointment"] = [EhrRejected()]
    (t,) = settle(w, t, until=lambda t: t.state is TaskState.NEEDS_REVIEW)
    assert t.code == "old_visit_remains"
    staff(w, "1", status=AppointmentStatus.CANCELLED)
    decide(w, t, **decision)
    (t,) = settle(w, t, minutes=120)
    assert t.is_settled, (t.state, t.code, t.resolution)


# ------------------------------------------------------------------------------------------------------- old times


def test_a_visit_is_moved_off_a_time_that_another_task_holds() -> None:
    w = World(visit("1", at(9)), visit("2", at(9), patient_id="22"), writes_later=True)
    assert w.do(reschedule("1", at(11))).code == "awaiting_ehr"
    assert w.do(reschedule("2", at(14))).code == "awaiting_ehr"


def test_the_look_alike_of_a_task_in_review_can_be_moved() -> None:
    w = World()
    w.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    t = w.do(create(provider_id="1", operatory_id="1"))
    w.ehr.chart["77"] = visit("77", at(9))
    assert w.later(t, 60).code == "look_alike_in_ehr"
    assert w.do(reschedule("77", at(14, days=1))).code == "moved"


# ---------------------------------------------------------------------------------------------------- what is over


def test_a_visit_that_is_over_is_not_taken_back() -> None:
    w = World()
    book = w.ehr.create_appointment

    def and_staff_books_too(new: Any) -> Any:
        w.ehr.chart["88"] = visit("88", at(9, 30), patient_id="22")
        w.ehr.answers["appointments"] = [EhrUnreachable()]
        return book(new)

    w.ehr.create_appointment = and_staff_books_too  # type: ignore[method-assign]
    t = w.do(create(provider_id="1", operatory_id="1"))
    w.clock.advance(4 * 3600)  # the EHR is back at 11:00; the visit was from 9 to 10
    t = w.process(t)
    assert w.ehr.chart["1001"].status is AppointmentStatus.BOOKED
    assert t.code == "collision_remains"


# --------------------------------------------------------------------------------------------- cancelled meanwhile


def test_a_visit_cancelled_meanwhile_is_not_told_as_confirmed() -> None:
    w = World(visit("1", at(9, days=1)), writes_later=True)
    t = w.do(confirm("1"))
    c = w.do(cancel("1", send_to_unscheduled_list=False))
    t, c = settle(w, t, c)
    assert (t.code, c.code) == ("status_changed_in_ehr", "cancelled")


def test_a_rebook_whose_new_visit_was_cancelled_meanwhile_is_not_told_as_moved() -> None:
    w = World(visit("1", at(9, days=1)), writes_later=True, moves_in_place=False)
    t = w.do(reschedule("1", at(14, days=1)))
    (t,) = settle(w, t, until=lambda t: t.steps[-1].kind is StepKind.AWAIT_CANCELLATION)
    assert t.appointment_id is not None
    staff(w, t.appointment_id, status=AppointmentStatus.CANCELLED)
    (t,) = settle(w, t)
    assert t.code != "moved"


def test_a_move_that_may_overlap_and_was_cancelled_meanwhile_is_not_told_as_moved() -> None:
    w = World(visit("1", at(9, days=1)), writes_later=True, may_overlap=True)
    t = w.do(reschedule("1", at(11, days=1), allow_overlap=True))
    staff(w, "1", status=AppointmentStatus.CANCELLED)
    (t,) = settle(w, t)
    assert t.code == "status_changed_in_ehr"


# ------------------------------------------------------------------------------------------ offices behind one key


def test_an_office_that_fails_keeps_no_other_offices_newcomer_waiting() -> None:
    w = World(writes_later=True)

    def office(practice_id: str, subdomain: str) -> PracticeRecord:
        plain = w.record.practice.model_dump(exclude={"open_dental", "nexhealth"})
        settings = {"api_key_secret_name": f"practice-{practice_id}-nexhealth-api-key", "subdomain": subdomain}
        given = {**plain, "id": practice_id, "ehr": Ehr.NEXHEALTH, "nexhealth": {**settings, "location_ids": ["1"]}}
        return PracticeRecord(Practice.model_validate(given), 1, "account")

    mine, theirs = office("p1", "aspen"), office("p2", "birch")

    class Down:
        capabilities = w.ehr.capabilities

        def find_patients(self, query: Any) -> Any:
            error = EhrUnavailable()
            error.scope = "practice"
            raise error

    def look(task: Task) -> Task:
        return process_task(
            task.practice_id,
            task.id,
            tasks=w.tasks,
            practices=MemoryPractices(mine, theirs),
            ehr_for=lambda record: w.ehr if record.practice.id == "p1" else Down(),  # type: ignore[arg-type,return-value]
            circuits=w.circuits,
            clock=w.clock,
            remaining_seconds=lambda: 175.0,
            timeout_seconds=180,
        )

    w.record = theirs
    first = w.submit(onboard(first_name="Zoe", last_name="Hill"))
    w.record = mine
    second = w.submit(onboard(first_name="Carl", last_name="Oak", phone="(303) 555-0199"))
    for _ in range(24 * 12):
        w.clock.advance(300)
        first, second = look(first), look(second)
    assert first.code in ("ehr_unavailable", "ehr_offline")
    assert second.state is TaskState.COMPLETED, second.code


def test_what_a_person_sent_on_and_nobody_could_send_yet_can_still_be_withdrawn() -> None:
    w = World()
    t = park_task("p1", w.submit(create()).id, w.tasks, w.clock)
    decide(w, t, action="resend")
    w.ehr.answers["patient"] = [EhrUnreachable()]
    t = w.process(t)

    assert withdraw_task("p1", t.id, w.tasks, w.queue, w.clock).code == "withdrawn"
    assert w.writes() == []


def test_an_adopted_visit_that_the_chart_never_takes_is_before_a_person_and_no_fault() -> None:
    w = World(visit("77", at(9), is_in_chart=False), writes_later=True)
    t = park_task("p1", w.submit(create()).id, w.tasks, w.clock)
    decide(w, t, action="adopt", appointment_id="77")
    w.ehr.sync = SyncState()

    t = w.process(t)
    while not t.is_settled:
        t = w.later(t, 3600)

    assert (t.state, t.code) == (TaskState.NEEDS_REVIEW, "collision_remains")
