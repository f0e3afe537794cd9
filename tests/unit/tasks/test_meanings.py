"""What errors mean for a task, and steps that are named by their place."""

import pytest

from openchair.errors import EhrBusy, EhrError, EhrKeyRefused, EhrOffline, EhrUnavailable, NotFound, SlotTaken
from openchair.models.journal import Step, StepKind, StepState
from openchair.tasks.process.meanings import At, Meaning, meaning_of
from tests.task_world import World, create


@pytest.mark.parametrize("at", At)
@pytest.mark.parametrize("error", [EhrBusy, EhrOffline])
def test_what_never_reached_the_ehr_is_tried_again_wherever_a_step_is(at: At, error: type[EhrError]) -> None:
    assert meaning_of(error(), at) in (Meaning.AGAIN, Meaning.BUSY)


@pytest.mark.parametrize("error", [EhrKeyRefused(), NotFound(), SlotTaken()])
def test_a_refused_look_says_nothing_of_what_was_sent(error: EhrError) -> None:
    assert meaning_of(error, At.SENT) is Meaning.LATER
    assert meaning_of(error, At.WRITTEN) is Meaning.LATER
    assert meaning_of(error, At.LEAVING) is Meaning.NO


def test_no_usable_answer_is_unknown_only_of_a_write() -> None:
    unknown = [at for at in At if meaning_of(EhrUnavailable(), at) is Meaning.UNKNOWN]

    assert unknown == [At.LEAVING]


def test_two_steps_of_one_kind_stand_in_a_task_and_each_keeps_its_own_journal() -> None:
    first = Step(kind=StepKind.WITHDRAW, state=StepState.DONE, appointment_id="50")
    task = World().submit(create()).changed(steps=(first, Step(kind=StepKind.WITHDRAW, appointment_id="51")))

    sent = task.with_step(task.place, task.steps[1].model_copy(update={"state": StepState.SENT}))

    assert [(step.appointment_id, step.state) for step in sent.steps] == [
        ("50", StepState.DONE),
        ("51", StepState.SENT),
    ]
    assert sent.last_done(StepKind.WITHDRAW).appointment_id == "50"
