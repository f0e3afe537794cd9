"""What the front desk has written to a visit stays there, whatever a caller adds to it, on every EHR."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from openchair.models.journal import TaskState
from tests.integration.ehr_world import EhrWorld
from tests.integration.nexhealth_world import NexHealthWorld, nexhealth_world
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world
from tests.integration.test_every_ehr import LOST, WORLDS
from tests.integration.test_visit_progress import moves_anew

STAFFS = "[ref AB12CD] anxious\r\nallergic to latex"
LATER = f"{STAFFS}\r\nring her husband"


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[EhrWorld]:
    with WORLDS[request.param]() as made:
        yield made


@pytest.fixture
def open_dental() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


@pytest.fixture
def nexhealth() -> Iterator[NexHealthWorld]:
    with nexhealth_world() as made:
        yield made


def noted_visit(world: EhrWorld, note: str = STAFFS) -> str:
    booked = world.until_ended(world.do(world.booking()))
    assert booked.appointment_id is not None
    writes(world, booked.appointment_id, note)
    return booked.appointment_id


def writes(world: EhrWorld, visit_id: str, note: str) -> None:
    world.control("staff", **world.rewrites_note(note), appointment_id=visit_id)
    if isinstance(world, NexHealthWorld):
        world.control("staff", action="read")


def asked(world: EhrWorld, visit_id: str, notes: str = "brings x-rays") -> dict[str, Any]:
    return {"type": "RESCHEDULE_APPOINTMENT", "appointment_id": visit_id, "notes": notes, **world.slot(1)}


def adds_meanwhile(world: EhrWorld, visit_id: str) -> None:
    """The front desk adds a line as the move is on its way."""
    action = {**world.rewrites_note(LATER), "appointment_id": visit_id}
    method = "PATCH" if isinstance(world, NexHealthWorld) else "PUT"
    match = {"method": method, "path_regex": "^/appointments/[0-9]+$"}
    world.control("faults", match=match, fault={"kind": "staff_before", "action": action})


def test_a_line_that_staff_adds_while_a_visit_is_moved_stays_and_so_do_all_line_breaks(world: EhrWorld) -> None:
    visit_id = noted_visit(world)
    request = asked(world, visit_id)
    adds_meanwhile(world, visit_id)

    task = world.until_ended(world.do(request))

    assert task.state is TaskState.COMPLETED
    assert world.visit(visit_id).start == datetime.fromisoformat(request["start"])
    assert world.visit(visit_id).note.startswith(LATER)


def test_what_a_caller_adds_stands_on_a_line_of_its_own(open_dental: OpenDentalWorld) -> None:
    visit_id = noted_visit(open_dental)

    task = open_dental.until_ended(open_dental.do(asked(open_dental, visit_id, "brings x-rays\nand her mother")))

    assert task.code == "moved"
    assert open_dental.visit(visit_id).note == f"{STAFFS}\r\nbrings x-rays\nand her mother"


@pytest.mark.parametrize("kind", [*LOST, "drop"])
def test_a_line_whose_answer_is_lost_stands_there_once(open_dental: OpenDentalWorld, kind: str) -> None:
    visit_id = noted_visit(open_dental)
    open_dental.control("faults", match={"method": "PUT", "path_regex": "/Note$"}, fault={"kind": kind})

    task = open_dental.until_ended(open_dental.do(asked(open_dental, visit_id)))

    assert task.code == "moved"
    assert open_dental.visit(visit_id).note == f"{STAFFS}\r\nbrings x-rays"


def test_a_line_that_the_office_refuses_does_not_make_the_move_fail(open_dental: OpenDentalWorld) -> None:
    visit_id = noted_visit(open_dental)
    refused = {"kind": "status", "status": 400, "body": "Note is invalid."}
    open_dental.control("faults", match={"method": "PUT", "path_regex": "/Note$"}, fault=refused)

    task = open_dental.until_ended(open_dental.do(asked(open_dental, visit_id)))

    assert (task.state, task.code) == (TaskState.COMPLETED, "note_not_written")
    assert open_dental.visit(visit_id).note == STAFFS


def test_a_move_that_is_undone_leaves_no_line(open_dental: OpenDentalWorld) -> None:
    visit_id = noted_visit(open_dental)
    request = asked(open_dental, visit_id)
    collision = {
        "action": "book",
        "patient_id": open_dental.patient_ids()[3],
        "operatory_id": request["operatory_id"],
        "start": request["start"],
    }
    match = {"method": "PUT", "path_regex": "^/appointments/[0-9]+$"}
    open_dental.control("faults", match=match, fault={"kind": "staff_before", "action": collision})

    task = open_dental.until_ended(open_dental.do(request))

    assert (task.state, task.code) == (TaskState.FAILED, "slot_taken")
    assert open_dental.visit(visit_id).note == STAFFS


@pytest.mark.parametrize("notes", ["brings x-rays", 20 * "a long story "], ids=["short", "above 128 characters"])
def test_where_a_note_can_only_be_rewritten_it_is_left_alone_and_that_is_told(
    nexhealth: NexHealthWorld, notes: str
) -> None:
    visit_id = noted_visit(nexhealth)

    task = nexhealth.until_ended(nexhealth.do(asked(nexhealth, visit_id, notes)))

    assert (task.state, task.code, task.in_chart) == (TaskState.COMPLETED, "note_not_written", True)
    assert nexhealth.visit(visit_id).note == STAFFS


def test_a_note_too_long_for_the_new_visit_of_a_rebook_is_cut_and_that_is_told(nexhealth: NexHealthWorld) -> None:
    moves_anew(nexhealth)
    visit_id = noted_visit(nexhealth)

    task = nexhealth.until_ended(nexhealth.do(asked(nexhealth, visit_id, 20 * "a long story ")))

    assert (task.state, task.code) == (TaskState.COMPLETED, "note_shortened")
    note = nexhealth.visit(task.appointment_id).note
    assert (note.startswith("[ref "), len(note) <= 128) == (True, True)


def test_a_rebook_copies_nothing_of_the_old_note(world: EhrWorld) -> None:
    moves_anew(world)
    visit_id = noted_visit(world)
    request = {**asked(world, visit_id), "notes": None}

    task = world.until_ended(world.do(request))

    assert world.visit(task.appointment_id).note.partition("] ")[2] == "Rescheduled appointment"
    assert world.visit(visit_id).note == STAFFS
