"""Lines: what concerns one appointment, or the visits or onboarding of one person, is done in the order accepted."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from openchair.contacts import match_text
from openchair.errors import AppointmentBusy, StoredItemUnreadable
from openchair.models.journal import TERMINAL, Task, TaskState
from openchair.models.request import CreateAppointment, OnboardNewPatient, TaskRequest, TaskType
from openchair.ports import TaskStore

_OF_APPOINTMENT = "appointment:"


def line_of_appointment(appointment_id: str) -> str:
    return f"{_OF_APPOINTMENT}{appointment_id}"


class Turn(Enum):
    NOW = auto()
    LATER = auto()


def lines_of(request: TaskRequest, keyed_hash: Callable[..., str], scope: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines a task stands in; a person not in the EHR yet is known by a keyed hash of their birth date.

    A name, a phone and an e-mail each have several spellings, or are one of several; a birth date has one. That two
    people of one birth date are onboarded at the same moment is rare, and then one waits for the other. The line of
    the name as it is written is that of tasks which an earlier version accepted. `scope` is the practice's charts' own.
    """
    if isinstance(request, OnboardNewPatient):
        person = request.patient
        born = person.date_of_birth.isoformat()
        names = match_text(person.last_name), match_text(person.first_name)
        by_name = keyed_hash("person", *scope, *names, born)
        return f"person:{keyed_hash('born', *scope, born)}", f"person:{by_name}"
    if isinstance(request, CreateAppointment):
        return (f"patient:{request.patient_id}",)
    return (line_of_appointment(request.appointment_id),)


def turn_of(task: Task, tasks: TaskStore) -> Turn:
    """Whether it is this task's turn in all its lines (design section 5, Lines).

    Raises AppointmentBusy when an earlier task on the same appointment waits for the EHR or for a person; a cancel
    goes through all the same.
    """
    for line in task.lines:
        for state in _states_before(task, tasks.line(task.ehr_account_id, line), tasks):
            if state not in (TaskState.AWAITING_EHR, TaskState.NEEDS_REVIEW):
                return Turn.LATER
            if line.startswith(_OF_APPOINTMENT) and task.type != TaskType.CANCEL_APPOINTMENT:
                raise AppointmentBusy
    return Turn.NOW


def _states_before(task: Task, line: Sequence[tuple[str, str]], tasks: TaskStore) -> list[TaskState]:
    """Of the open tasks in front. One that cannot be read counts as in review: a person has to see what it has done."""
    states = []
    for practice_id, task_id in line:
        if task_id == task.id:
            break
        try:
            states.append(tasks.task(practice_id, task_id).state)
        except StoredItemUnreadable:
            states.append(TaskState.NEEDS_REVIEW)
    return [state for state in states if state not in TERMINAL]
