"""What callers see of tasks (design section 4)."""

from typing import Annotated, Any

from pydantic import Field

from openchair.models.journal import StepKind, Task, TaskState
from openchair.models.texts import Document, ShortText
from openchair.ports import TaskStore


class TaskListQuery(Document):
    """Newest first. `cursor` is the `next_cursor` of the page before."""

    state: TaskState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: ShortText | None = None


def task_answer(task: Task) -> dict[str, Any]:
    """Times are ISO 8601 in UTC; `in_chart` is None while nothing is known."""
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
        "patient_code": _patient_code(task),
        "accepted_at": task.accepted_at.isoformat(),
        "updated_at": task.updated_at.isoformat(),
        "next_attempt_at": task.next_attempt_at.isoformat() if task.next_attempt_at else None,
    }


def _patient_code(task: Task) -> str | None:
    """Of an onboarding: whether the chart was created or found, which a booked visit's code hides."""
    return next((step.code for step in task.steps if step.kind is StepKind.CREATE_PATIENT), None)


def submitted(task: Task) -> tuple[int, dict[str, Any]]:
    """200 once it ended or needs a person, 202 while it goes on."""
    return (200 if task.is_settled else 202), task_answer(task)


def list_tasks(practice_id: str, query: TaskListQuery, tasks: TaskStore) -> dict[str, Any]:
    """`unreadable`, where there are some: how many stand between those told that this version cannot read."""
    page = tasks.tasks(practice_id, query.state, query.limit, query.cursor)
    answers = [task_answer(task) for task in page.tasks]
    answer: dict[str, Any] = {"tasks": answers, "next_cursor": page.next_cursor}
    return {**answer, "unreadable": page.unreadable} if page.unreadable else answer
