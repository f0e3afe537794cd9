"""The patient is a resource like chair and provider; and starts keep to the practice's rules at the door, once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from openchair.errors import EhrOutcomeUnknown, EhrUnavailable, PatientBusy, TooFar, TooSoon
from openchair.models.journal import Step, StepKind, Task, TaskState
from openchair.models.person import Patient
from openchair.models.practice import Booking
from openchair.models.visit import Appointment, AppointmentStatus
from openchair.tasks.steps.common import of_others
from tests.task_world import World, at, create, onboard, reschedule, visit

IN_CHAIR_1 = {"provider_id": "1", "operatory_id": "1"}
IN_CHAIR_2 = {"provider_id": "2", "operatory_id": "2"}
ELSEWHERE: dict[str, Any] = {"operatory_id": "2", "provider_id": "2", "provider_times": ()}
W = 254


def outcome(task: Task) -> tuple[TaskState, str]:
    return task.state, task.code


def staff_books_before(world: World, call: str, booked: Appointment) -> None:
    """The front desk books as this call is answered."""
    original = getattr(world.ehr, call)

    def answer(*given: Any, **named: Any) -> Any:
        setattr(world.ehr, call, original)
        world.ehr.chart[booked.id] = booked
        return original(*given, **named)

    setattr(world.ehr, call, answer)


# ------------------------------------------------------------------------------------------------- at the door


def test_a_new_visit_holds_its_patients_time_from_the_door_on_whatever_else_is_known() -> None:
    world = World()
    world.submit(create())

    (claimed,) = {(claim.resource, claim.resource_id) for claim in world.tasks.claims("account", at(9), at(10))}

    assert claimed == ("patient", "11")
    with pytest.raises(PatientBusy):
        world.submit(create(start=at(9, 30).isoformat(), **IN_CHAIR_2))
    assert world.submit(create(start=at(10).isoformat())).state is TaskState.QUEUED
    assert world.submit(create(patient_id="12")).state is TaskState.QUEUED


def test_the_chair_and_the_patient_taken_at_once_are_told_as_the_patient() -> None:
    world = World()
    world.submit(create(**IN_CHAIR_1))

    with pytest.raises(PatientBusy):
        world.submit(create(**IN_CHAIR_1))


# ---------------------------------------------------------------------------------------------- before the write


def test_a_note_about_a_patient_is_no_visit_of_theirs() -> None:
    note = visit("60", at(9), status=AppointmentStatus.NOTE, **ELSEWHERE)

    assert World(note).do(create(**IN_CHAIR_1)).code == "booked"


def test_a_block_of_nobody_is_in_nobodys_way() -> None:
    block = visit("60", at(9), patient_id="", **ELSEWHERE)
    world = World(block)
    world.ehr.people[""] = Patient("", "Nobody", "There")

    assert world.do(create(**IN_CHAIR_1)).code == "booked"


def test_a_visit_that_staff_enters_between_look_and_hold_is_seen() -> None:
    world = World()
    staff_books_before(world, "patient_appointments", visit("60", at(9, 30), **ELSEWHERE))

    assert outcome(world.do(create(**IN_CHAIR_1))) == (TaskState.FAILED, "patient_busy")
    assert world.writes() == []


def test_the_patients_own_list_is_looked_at_even_where_the_day_does_not_show_the_visit() -> None:
    """As of a location that is another practice's."""
    world = World()
    far = visit("60", at(9, 30), location_id="99", **ELSEWHERE)
    shown = world.ehr.patient_appointments

    def with_far(patient_id: str) -> Sequence[Appointment]:
        return [*shown(patient_id), far]

    world.ehr.patient_appointments = with_far  # type: ignore[method-assign]

    assert world.do(create()).code == "patient_busy"


def test_an_onboarded_person_who_turns_out_to_be_booked_then_is_not_booked_twice() -> None:
    world = World(visit("60", at(9), patient_id="12", **ELSEWHERE))
    known = Patient("12", "Bea", "Lind", phones=("3035550142",), email=None)
    person = onboard({"service_id": "filling", "start": at(9).isoformat(), **IN_CHAIR_1})
    born = person["patient"]["date_of_birth"]
    world.ehr.people["12"] = replace(known, date_of_birth=type(at(9).date()).fromisoformat(born))

    assert outcome(world.do(person)) == (TaskState.FAILED, "patient_busy")


# ----------------------------------------------------------------------------------------------- after the write


def test_a_new_visit_whose_patient_the_front_desk_booked_meanwhile_is_taken_back() -> None:
    world = World()
    desks = visit("70", at(9, 30), **ELSEWHERE)
    staff_books_before(world, "create_appointment", desks)

    task = world.do(create(**IN_CHAIR_1))

    assert (task.state, task.code, task.appointment_id) == (TaskState.FAILED, "patient_busy", None)
    assert world.ehr.chart["70"] == desks
    assert [one.status for one in world.ehr.chart.values() if one.id != "70"] == [AppointmentStatus.CANCELLED]
    assert world.tasks.claims("account", at(0), at(23)) == []


def test_a_moved_visit_whose_patient_the_front_desk_booked_meanwhile_goes_back() -> None:
    old = visit("50", at(9))
    world = World(old)
    staff_books_before(world, "move_appointment", visit("70", at(14, 30), **ELSEWHERE))

    task = world.do(reschedule("50", at(14)))

    assert outcome(task) == (TaskState.FAILED, "patient_busy")
    assert world.ehr.chart["50"].start == old.start


def test_a_visit_is_not_moved_back_onto_another_of_its_patient() -> None:
    world = World(visit("50", at(9)))
    staff_books_before(world, "move_appointment", visit("70", at(14), patient_id="99"))
    original = world.ehr.move_appointment

    def and_books_the_patient(*given: Any) -> Appointment:
        world.ehr.chart["71"] = visit("71", at(9), **ELSEWHERE)
        return original(*given)

    world.ehr.move_appointment = and_books_the_patient  # type: ignore[method-assign,assignment]

    assert outcome(world.do(reschedule("50", at(14)))) == (TaskState.NEEDS_REVIEW, "moved_onto_collision")


# -------------------------------------------------------------------------------------------- our own second self


def test_a_visit_of_ours_that_turns_up_late_is_not_told_as_a_busy_patient() -> None:
    """Nothing was there when it was read back; the sending took effect all the same."""
    world = World()
    world.ehr.answers["create_appointment"] = [EhrOutcomeUnknown()]
    task = world.do(create())
    marker = next(step.marker for step in world.tasks.task("p1", task.id).steps if step.marker)
    assert marker is not None
    late = visit("60", at(9), note=f"{marker} as asked")
    staff_books_before(world, "patient_appointment_history", late)

    done = world.later(task, W + 1)

    assert (done.code, done.appointment_id) == ("booked", "60")
    assert list(world.ehr.chart) == ["60"]


def test_a_visit_with_a_steps_own_marker_takes_its_chair_and_is_nothing_else_that_its_patient_does() -> None:
    ours, theirs = visit("60", at(9), note="[ref ABC123] as asked"), visit("61", at(9), note="[ref ABC124]")
    step = Step(kind=StepKind.CREATE_APPOINTMENT, marker="[ref ABC123]")

    assert of_others(step, [ours, theirs]) == [replace(ours, patient_id=""), theirs]
    assert of_others(step.model_copy(update={"marker": None}), [ours, theirs]) == [ours, theirs]


@pytest.mark.parametrize("moves_in_place", [True, False])
def test_the_visit_that_gives_way_is_not_in_the_way_of_the_new_one(moves_in_place: bool) -> None:
    world = World(visit("50", at(9)), moves_in_place=moves_in_place)

    moved = world.do(reschedule("50", at(9, 30)))

    assert moved.code == "moved"
    standing = [one for one in world.ehr.chart.values() if one.status is AppointmentStatus.BOOKED]
    assert [one.start for one in standing] == [at(9, 30)]


def test_what_else_stands_at_a_rebooks_new_time_is_in_the_way() -> None:
    other = visit("60", at(10), **ELSEWHERE)
    world = World(visit("50", at(9)), other, moves_in_place=False)

    assert outcome(world.do(reschedule("50", at(9, 30)))) == (TaskState.FAILED, "patient_busy")
    assert world.ehr.chart["50"].status is AppointmentStatus.BOOKED


# ------------------------------------------------------------------------------------------ lead time and horizon


def rules(world: World, **changes: int) -> None:
    practice = world.record.practice.model_copy(update={"booking": Booking.model_validate(changes)})
    world.record = replace(world.record, practice=practice)


def requests(days: int = 0, hour: int = 9, minute: int = 0) -> list[dict[str, Any]]:
    start = at(hour, minute, days=days)
    asked = {"service_id": "filling", "start": start.isoformat()}
    return [create(start=start.isoformat()), reschedule("50", start), onboard(asked)]


@pytest.mark.parametrize("number", range(3))
def test_a_start_within_the_lead_time_is_too_soon_but_for_as_long_as_a_call_lasts(number: int) -> None:
    """It is 07:00; two hours' lead and a call of fifteen minutes: 08:45 could have been offered as the call began."""
    world = World(visit("50", at(14)))
    rules(world, minimum_lead_minutes=120)

    with pytest.raises(TooSoon):
        world.submit(requests(hour=8, minute=40)[number])
    assert world.submit(requests(hour=8, minute=45)[number]).state is TaskState.QUEUED


@pytest.mark.parametrize("number", range(3))
def test_a_start_beyond_the_last_day_of_slots_is_too_far(number: int) -> None:
    world = World(visit("50", at(14)))
    rules(world, horizon_days=2)

    with pytest.raises(TooFar):
        world.submit(requests(days=3)[number])
    assert world.submit(requests(days=2, hour=16)[number]).state is TaskState.QUEUED


def test_who_may_overlap_passes_the_rules_only_when_they_ask_to() -> None:
    world = World(may_overlap=True)
    rules(world, minimum_lead_minutes=600, horizon_days=2)

    with pytest.raises(TooSoon):
        world.submit(create())
    with pytest.raises(TooFar):
        world.submit(create(start=at(9, days=4).isoformat()))
    assert world.do(create(allow_overlap=True)).code == "booked"
    assert world.do(create(start=at(9, days=4).isoformat(), allow_overlap=True)).code == "booked"


def test_a_task_that_waited_is_not_refused_for_having_waited() -> None:
    world = World()
    rules(world, minimum_lead_minutes=120)
    task = world.submit(create())
    world.ehr.answers["patient"] = [EhrUnavailable()]
    world.process(task)

    world.clock.advance(timedelta(hours=1, minutes=59).total_seconds())

    assert world.process(task).code == "booked"
