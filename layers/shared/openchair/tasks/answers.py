"""What callers see of tasks (design section 4)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from openchair.models.journal import Standing, StepKind, Task, TaskState
from openchair.models.practice import Practice
from openchair.models.request import AppointmentRequest, OnboardNewPatient, RescheduleAppointment
from openchair.models.texts import Document, ShortText
from openchair.parsing import aware_or_none
from openchair.ports import TaskStore


class TaskListQuery(Document):
    """Newest first. `cursor` is the `next_cursor` of the page before."""

    state: TaskState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: ShortText | None = None


def task_answer(task: Task, practice: Practice) -> dict[str, Any]:
    """Times of the task are ISO 8601 in UTC; `in_chart` is None while nothing is known.

    `start`, `end`, `operatory_id` and `provider_id` are the visit's that was booked, moved, cancelled or confirmed, as
    the EHR told it last, in the practice's zone. Before that, and when it failed, they are what was asked for, None
    where nothing was.
    """
    return {
        "id": task.id,
        "practice_id": task.practice_id,
        "type": task.type,
        "state": task.state.value,
        "code": task.code,
        "message": task.message,
        "appointment_id": task.appointment_id,
        "patient_id": task.patient_id,
        "in_chart": task.in_chart,
        **_visit(task, practice),
        "patient_code": _patient_code(task),
        "accepted_at": task.accepted_at.isoformat(),
        "updated_at": task.updated_at.isoformat(),
        "next_attempt_at": task.next_attempt_at.isoformat() if task.next_attempt_at else None,
    }


def _visit(task: Task, practice: Practice) -> dict[str, Any]:
    asked = task.request.appointment if isinstance(task.request, OnboardNewPatient) else task.request
    start: datetime | None = None
    minutes: int | None = None
    place: Standing | AppointmentRequest | RescheduleAppointment | None = None
    if task.visit is not None and task.state is not TaskState.FAILED:
        place, start, minutes = task.visit, task.visit.start, task.visit.minutes
    elif isinstance(asked, AppointmentRequest | RescheduleAppointment):
        place, start, minutes = asked, aware_or_none(asked.start), _asked_minutes(asked, practice)
    return {
        "start": start.astimezone(practice.zone).isoformat() if start else None,
        "end": _end(start, minutes).astimezone(practice.zone).isoformat() if start and minutes else None,
        "operatory_id": place.operatory_id if place else None,
        "provider_id": place.provider_id if place else None,
        "service_id": asked.service_id if isinstance(asked, AppointmentRequest) else None,
    }


def _end(start: datetime, minutes: int) -> datetime:
    """In elapsed time, also across a change of the clocks."""
    return start.astimezone(UTC) + timedelta(minutes=minutes)


def _asked_minutes(asked: AppointmentRequest | RescheduleAppointment, practice: Practice) -> int | None:
    """A moved visit keeps its length, which the EHR knows; a service may have gone since."""
    service_id = getattr(asked, "service_id", None)
    return next((service.minutes for service in practice.services if service.id == service_id), None)


def _patient_code(task: Task) -> str | None:
    """Of an onboarding: whether the chart was created or found, which a booked visit's code hides."""
    return next((step.code for step in task.steps if step.kind is StepKind.CREATE_PATIENT), None)


def submitted(task: Task, practice: Practice) -> tuple[int, dict[str, Any]]:
    """200 once it ended or needs a person, 202 while it goes on."""
    return (200 if task.is_settled else 202), task_answer(task, practice)


def list_tasks(practice: Practice, query: TaskListQuery, tasks: TaskStore) -> dict[str, Any]:
    """`unreadable`, where there are some: how many stand between those told that this version cannot read."""
    page = tasks.tasks(practice.id, query.state, query.limit, query.cursor)
    answers = [task_answer(task, practice) for task in page.tasks]
    answer: dict[str, Any] = {"tasks": answers, "next_cursor": page.next_cursor}
    return {**answer, "unreadable": page.unreadable} if page.unreadable else answer
