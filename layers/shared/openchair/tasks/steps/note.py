"""The step that adds what a caller wrote to the note of a visit that was moved.

The note is staff's too, and what was read of it may be old by the time of a write: it is added to, never rewritten.
"""

import re

from openchair.errors import AppointmentNotFound
from openchair.models.journal import Step, StepKind, Task
from openchair.models.request import RescheduleAppointment
from openchair.models.visit import MARKER
from openchair.tasks import outcomes
from openchair.tasks.steps.common import Desk, Done, Prepared, ReadBack, Ready, Unseen

_WORD = re.compile(r"[0-9a-z]+")


def prepare(task: Task, step: Step, desk: Desk) -> Prepared:
    """What the note holds already is not written again, so a line whose answer was lost stands there once."""
    text, moved = _text(task), task.last_done(StepKind.MOVE_APPOINTMENT)
    if not text or moved.code == outcomes.ALREADY_MOVED:
        return Done(None)
    if not desk.capabilities.appends_notes:
        return not_written(task)
    assert moved.appointment_id is not None
    visit = desk.ehr.appointment(moved.appointment_id)
    if _holds(visit.note, text):
        return Done(None)
    if not visit.occupies:
        return not_written(task)

    def send() -> Done:
        desk.ehr.add_note(visit.id, text)
        return Done(None)

    return Ready(step.model_copy(update={"appointment_id": visit.id}), send)


def read_back(task: Task, step: Step, desk: Desk) -> ReadBack:
    assert step.appointment_id is not None
    try:
        visit = desk.ehr.appointment(step.appointment_id)
    except AppointmentNotFound:
        return not_written(task)
    return Done(None) if _holds(visit.note, _text(task)) else Unseen()


def not_written(task: Task) -> Done:
    """The move stands without it. What is told of the move itself, unless it is that all went well, goes first."""
    told = [step.code for step in task.steps if step.code is not None]
    code = outcomes.NOTE_NOT_WRITTEN if told[-1:] == [outcomes.MOVED] else None
    return Done(code, in_chart=task.in_chart)


def _text(task: Task) -> str:
    assert isinstance(task.request, RescheduleAppointment)
    assert task.request.notes is not None
    return MARKER.sub("", task.request.notes).strip()


def _holds(note: str, text: str) -> bool:
    """By words, since an EHR gives line breaks back as spaces and may lose letters that it has no signs for."""
    wanted, there = _WORD.findall(text.lower()), _WORD.findall(note.lower())
    if not wanted:
        return "".join(text.split()) in "".join(note.split())
    return any(there[at : at + len(wanted)] == wanted for at in range(len(there) - len(wanted) + 1))
