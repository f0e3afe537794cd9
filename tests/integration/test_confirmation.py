"""Confirmed is what the office calls confirmed: by its own choice of a state, never by a word."""

from collections.abc import Iterator
from typing import Any

import pytest

from openchair.health import check_health
from openchair.models.journal import TaskState
from openchair.visits import patient_visits
from tests.integration.open_dental_world import OpenDentalWorld, open_dental_world


@pytest.fixture
def world() -> Iterator[OpenDentalWorld]:
    with open_dental_world() as made:
        yield made


def states(world: OpenDentalWorld) -> dict[str, str]:
    """The office's confirmation states: ids by name."""
    rows = world.control("truth/definitions?category=2", "GET")["definitions"]
    return {row["name"]: row["definition_id"] for row in rows}


def renames(world: OpenDentalWorld, old: str, new: str) -> None:
    world.control("staff", action="set_definition", definition_id=states(world)[old], columns={"ItemName": new})


def chooses(world: OpenDentalWorld, state_id: str) -> None:
    """For accepted eConfirmations."""
    world.control("staff", action="set_preference", name="ApptEConfirmStatusAccepted", value=state_id)


def visit_in(world: OpenDentalWorld, state_id: str) -> tuple[str, str]:
    booked = world.do(world.booking())
    assert booked.appointment_id is not None
    assert booked.patient_id is not None
    world.control("staff", action="set_confirmation", appointment_id=booked.appointment_id, definition_id=state_id)
    return booked.appointment_id, booked.patient_id


def is_told_confirmed(world: OpenDentalWorld, visit_id: str, patient_id: str) -> bool:
    client = world.another_function().client(world.record)
    told = patient_visits(world.record, patient_id, client, world.clock)["upcoming"]
    return {one["appointment_id"]: bool(one["confirmed"]) for one in told}[visit_id]


def confirm(world: OpenDentalWorld, visit_id: str) -> Any:
    task = world.until_ended(world.do({"type": "CONFIRM_APPOINTMENT", "appointment_id": visit_id}))
    (row,) = world.control(f"truth/appointments?appointment_id={visit_id}", "GET")["appointments"]
    return task.state, task.code, row["confirmed_def"]


@pytest.mark.parametrize("name", ["Could not be confirmed", "Not yet confirmed"])
def test_a_state_that_only_sounds_like_it_is_not_confirmed_and_is_confirmed(world: OpenDentalWorld, name: str) -> None:
    renames(world, "Message Left", name)
    accepted = states(world)["Confirmed"]
    visit_id, patient_id = visit_in(world, states(world)[name])

    assert not is_told_confirmed(world, visit_id, patient_id)
    assert confirm(world, visit_id) == (TaskState.COMPLETED, "confirmed", accepted)
    assert is_told_confirmed(world, visit_id, patient_id)


@pytest.mark.parametrize("name", ["eConfirmed", "OK", "Comes"])
def test_the_state_that_the_office_chose_counts_whatever_its_name(world: OpenDentalWorld, name: str) -> None:
    renames(world, "Confirmed", name)
    visit_id, patient_id = visit_in(world, states(world)[name])

    assert is_told_confirmed(world, visit_id, patient_id)
    assert confirm(world, visit_id) == (TaskState.COMPLETED, "already_confirmed", states(world)[name])


def test_what_a_confirmation_sets_is_what_counts_as_confirmed_after_it(world: OpenDentalWorld) -> None:
    renames(world, "Reminder Sent", "eConfirmed")
    chooses(world, states(world)["eConfirmed"])
    visit_id, patient_id = visit_in(world, states(world)["Not Called"])

    assert confirm(world, visit_id) == (TaskState.COMPLETED, "confirmed", states(world)["eConfirmed"])
    assert is_told_confirmed(world, visit_id, patient_id)
    assert confirm(world, visit_id)[1] == "already_confirmed"


def test_a_confirmation_whose_answer_is_lost_is_found_by_the_offices_state(world: OpenDentalWorld) -> None:
    renames(world, "Reminder Sent", "eConfirmed")
    chooses(world, states(world)["eConfirmed"])
    visit_id, _ = visit_in(world, states(world)["Not Called"])
    world.control("faults", match={"method": "PUT", "path_regex": "/Confirm$"}, fault={"kind": "drop_after"})

    assert confirm(world, visit_id)[:2] == (TaskState.COMPLETED, "confirmed")


def test_the_practices_own_word_goes_before_the_offices(world: OpenDentalWorld) -> None:
    ours = states(world)["Message Left"]
    settings = world.record.practice.open_dental
    assert settings is not None
    changed = world.record.practice.model_copy(
        update={"open_dental": settings.model_copy(update={"confirmed_def": ours})}
    )
    world.record = type(world.record)(changed, 1, world.record.ehr_account_id)
    visit_id, patient_id = visit_in(world, states(world)["Not Called"])

    assert confirm(world, visit_id) == (TaskState.COMPLETED, "confirmed", ours)
    assert is_told_confirmed(world, visit_id, patient_id)
    assert "read_preference" not in [call.operation for call in world.audit]


@pytest.mark.parametrize(("setting", "is_ok"), [(None, False), ("Message Left", True), ("Nothing Of The Kind", False)])
def test_health_says_when_nothing_can_count_as_confirmed(
    world: OpenDentalWorld, setting: str | None, is_ok: bool
) -> None:
    chooses(world, "0")
    settings = world.record.practice.open_dental
    assert settings is not None
    state = None if setting is None else states(world).get(setting, "999999")
    changed = world.record.practice.model_copy(
        update={"open_dental": settings.model_copy(update={"confirmed_def": state})}
    )
    world.record = type(world.record)(changed, 1, world.record.ehr_account_id)

    found = check_health(world.record, world.clients.client(world.record), world.clock)

    (told,) = [one for one in found["findings"] if one["code"] == "confirmation"]
    assert (told["ok"], found["status"]) == (is_ok, "ok" if is_ok else "degraded")
