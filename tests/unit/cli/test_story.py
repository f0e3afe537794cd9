"""The story notices what is wrong, and says so by its exit status."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.cli.conftest import FakeSender, slots_answer, task_answer
from tools.cli import story as told
from tools.cli.api import ControlApi
from tools.cli.drawing import Chair, Visit
from tools.cli.story import Story, tell_story
from tools.cli.truth import ApiTruth, BookedVisit, Load

START = "2026-11-24T09:00:00-07:00"
SLOT = {"start": START, "end": "2026-11-24T10:00:00-07:00", "operatory_id": "3", "provider_id": "4", "provider": "Ada"}
BOOKED = BookedVisit("77", "12", "3", datetime(2026, 11, 24, 9, 0), 60, "Scheduled", "Not Called")  # noqa: DTZ001


@dataclass
class FakeTruth:
    sees_all: bool = True
    family: tuple[str, set[str]] | None = ("3035550101", {"5", "6"})
    booked: list[BookedVisit] = field(default_factory=list)

    def shared_phone(self) -> tuple[str, set[str]] | None:
        return self.family

    def visits(self, patient_id: str) -> Sequence[BookedVisit]:
        return [visit for visit in self.booked if visit.patient_id == patient_id]

    def day(self, day: date) -> Sequence[BookedVisit]:
        return [visit for visit in self.booked if visit.start.date() == day and visit.is_on_the_book]

    def blocked(self, day: date) -> Sequence[Visit]:
        return []

    def chairs(self) -> Sequence[Chair]:
        return [Chair("3", "Hygiene 1")]

    def load(self) -> Load | None:
        return Load(7, 0)


@pytest.fixture
def truth() -> FakeTruth:
    return FakeTruth()


@pytest.fixture
def story(api: ControlApi, truth: FakeTruth) -> Story:
    return Story(
        api, "p1", ZoneInfo("America/Denver"), truth, patient_id="12", appointment_id="77", slot=SLOT, caller_id="5"
    )


def test_a_caller_is_looked_up_with_the_country_code_and_every_match_counts(story: Story, sender: FakeSender) -> None:
    sender.answers = [(200, {"patients": [{"patient_id": "5"}, {"patient_id": "6"}]})]

    told.look_the_caller_up(story)

    assert sender.body() == {"phone": "+1 303 555-0101"}
    assert (story.checks, story.failed_checks) == (1, 0)


def test_a_family_member_who_is_missing_is_noticed(story: Story, sender: FakeSender) -> None:
    sender.answers = [(200, {"patients": [{"patient_id": "5"}]})]

    told.look_the_caller_up(story)

    assert story.failed_checks == 1


def test_a_slot_that_lies_on_a_visit_is_noticed(story: Story, sender: FakeSender, truth: FakeTruth) -> None:
    truth.booked = [BOOKED]
    sender.answers = [(200, slots_answer([{"start": START, "end": SLOT["end"], "operatory_id": "3"}]))]

    told.find_slots(story)

    assert story.failed_checks == 1


def test_slots_are_looked_for_further_ahead_until_there_are_some(story: Story, sender: FakeSender) -> None:
    found = slots_answer([{"start": START, "end": SLOT["end"], "operatory_id": "3"}])
    sender.answers = [(200, {**found, "providers": []}), (200, found)]

    told.find_slots(story)

    assert len(sender.sent) == 2
    assert sender.sent[0].url != sender.sent[1].url


@pytest.mark.parametrize(
    ("there", "failed"),
    [([BOOKED], 0), ([], 1), ([replace(BOOKED, operatory_id="4")], 1), ([replace(BOOKED, status="Broken")], 1)],
)
def test_a_booking_is_believed_only_when_the_ehr_holds_it(
    story: Story, sender: FakeSender, truth: FakeTruth, there: list[BookedVisit], failed: int
) -> None:
    truth.booked = there
    sender.answers = [(200, task_answer())]

    told.book(story)

    assert story.failed_checks == failed


def test_another_task_under_the_same_key_is_noticed(story: Story, sender: FakeSender, truth: FakeTruth) -> None:
    truth.booked, story.booking_task_id, story.booking_key = [BOOKED], "t1", "once"
    story.booking = {"type": "CREATE_APPOINTMENT"}
    sender.answers = [(200, task_answer(id="t2"))]

    told.book_again_with_the_same_key(story)

    assert sender.header("Idempotency-Key") == "once"
    assert story.failed_checks == 1


@pytest.mark.parametrize(
    "answer", [(409, {"code": "slot_taken", "detail": "Taken."}), (200, task_answer("failed", "slot_taken"))]
)
def test_a_taken_chair_may_be_refused_at_the_door_or_later(
    story: Story, sender: FakeSender, answer: tuple[int, Any]
) -> None:
    story.booking = {"type": "CREATE_APPOINTMENT"}
    sender.answers = [answer]

    told.book_a_taken_chair(story)

    assert sender.body()["patient_id"] == "5"
    assert (story.checks, story.failed_checks) == (2, 0)


def test_a_cancelled_visit_that_keeps_its_chair_is_noticed(story: Story, sender: FakeSender, truth: FakeTruth) -> None:
    truth.booked = [BOOKED]
    sender.answers = [(200, task_answer(code="cancelled"))]

    told.cancel(story)

    assert story.failed_checks == 2


def test_a_task_that_fails_ends_the_story_badly(
    story: Story, sender: FakeSender, capsys: pytest.CaptureFixture[str]
) -> None:
    sender.answers = [(200, task_answer("failed", "ehr_offline"))]

    assert not tell_story(story, [told.confirm, told.cancel])

    printed = capsys.readouterr().out
    assert "0 of 2" in printed
    assert "ehr_offline" in printed


def test_an_api_that_breaks_ends_the_story_badly(story: Story, sender: FakeSender) -> None:
    sender.answers = [(502, b"bad gateway")]

    assert not tell_story(story, [told.confirm])


def test_a_story_whose_checks_hold_ends_well_and_sums_up(
    story: Story, sender: FakeSender, truth: FakeTruth, capsys: pytest.CaptureFixture[str]
) -> None:
    truth.booked = []
    sender.answers = [(200, task_answer(code="cancelled"))]

    assert tell_story(story, [told.cancel])

    printed = capsys.readouterr().out
    assert "1 of 1" in printed
    assert "EHR requests" in printed


def test_nobody_but_the_invented_patient_is_named_in_the_drawing(
    story: Story, truth: FakeTruth, capsys: pytest.CaptureFixture[str]
) -> None:
    truth.booked = [BOOKED, replace(BOOKED, appointment_id="78", patient_id="5", start=BOOKED.start.replace(hour=11))]

    story.draw(date(2026, 11, 24))

    printed = capsys.readouterr().out
    assert "*Wrenna" in printed
    assert "#78" in printed


def test_every_telling_has_a_patient_of_its_own() -> None:
    people = {told.Person.invent().last_name for _ in range(20)}

    assert len(people) == 20


def test_without_a_simulator_the_api_itself_is_the_witness(api: ControlApi, sender: FakeSender) -> None:
    visit = {
        "appointment_id": "77",
        "status": "booked",
        "start": START,
        "minutes": 60,
        "operatory_id": "3",
        "confirmed": False,
    }
    sender.answers = [(200, {"upcoming": [visit], "past": [{**visit, "status": "cancelled"}]})]

    visits = ApiTruth(api, "p1").visits("12")

    assert [found.is_on_the_book for found in visits] == [True, False]
    assert visits[0].start == BOOKED.start
