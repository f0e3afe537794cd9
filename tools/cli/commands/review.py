"""`openchair task review`: what a person has to settle, and settling it."""

import time
from typing import Annotated, Any

import typer

from openchair.models.journal import TERMINAL, TaskState
from tools.cli import show
from tools.cli.api import ControlApi, practice_path
from tools.cli.commands.common import JsonOption, PracticeArgument, target
from tools.cli.commands.task import LONGEST_API_WAIT, follow
from tools.cli.failures import CliError

_REVIEWS_A_PAGE = 100


def review(
    context: typer.Context,
    practice_id: PracticeArgument,
    task_id: Annotated[
        str | None, typer.Argument(metavar="[TASK_ID]", help="The task to settle; left out: list them.")
    ] = None,
    adopt: Annotated[
        str | None, typer.Option(metavar="APPOINTMENT_ID", help="This visit in the chart is what was asked for.")
    ] = None,
    adopt_patient: Annotated[
        str | None, typer.Option(metavar="PATIENT_ID", help="This chart is the patient to onboard.")
    ] = None,
    resend: Annotated[bool, typer.Option("--resend", help="Send it again, if the chart holds nothing of it.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="Send nothing more; what stands in the chart is told.")] = (
        False
    ),
    wait: Annotated[int, typer.Option(min=0, max=3600, help="Seconds to wait until it is settled.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List what a person has to settle, or settle one. The chart is read before anything is done."""
    decisions: list[dict[str, str]] = [
        *([{"action": "adopt", "appointment_id": adopt}] if adopt is not None else []),
        *([{"action": "adopt", "patient_id": adopt_patient}] if adopt_patient is not None else []),
        *([{"action": "resend"}] if resend else []),
        *([{"action": "give_up"}] if give_up else []),
    ]
    if len(decisions) > 1:
        raise typer.BadParameter("give one of --adopt, --adopt-patient, --resend and --give-up")
    if task_id is None and decisions:
        raise typer.BadParameter("name the task to settle")
    api = target(context).api
    if task_id is None:
        _list_reviews(api, practice_id, as_json=as_json)
        return
    if not decisions:
        answer = api.get(practice_path(practice_id, "tasks", task_id))
        show.raw(answer) if as_json else show.task(answer)
        if not as_json and waits_for_a_person(answer):
            show.say("Settle it by --adopt APPOINTMENT_ID, --adopt-patient PATIENT_ID, --resend or --give-up.", "dim")
        return
    answer = _settle(api, practice_id, task_id, decisions[0], wait)
    show.raw(answer) if as_json else show.task(answer)
    is_settled = answer["state"] in TERMINAL
    if not as_json and not is_settled:
        if waits_for_a_person(answer):
            show.say("It needs a person still.", "yellow")
        else:
            show.say(f"Decided; the chart is read first. Follow it: openchair task show {practice_id} {task_id}", "dim")
    # A task given up has failed, as it was asked to.
    if wait and not (is_settled and (give_up or answer["state"] == TaskState.COMPLETED)):
        raise typer.Exit(1)


def waits_for_a_person(answer: dict[str, Any]) -> bool:
    """A review that was decided is due at a time until the decision is carried out."""
    return answer.get("state") == TaskState.NEEDS_REVIEW and answer.get("next_attempt_at") is None


def is_carried_out(answer: dict[str, Any]) -> bool:
    """Whether a decision has had its end, be it another review."""
    return answer.get("state") in TERMINAL or waits_for_a_person(answer)


def _list_reviews(api: ControlApi, practice_id: str, *, as_json: bool) -> None:
    tasks: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        path = practice_path(practice_id, "tasks")
        page = api.get(path, state=TaskState.NEEDS_REVIEW.value, limit=_REVIEWS_A_PAGE, cursor=cursor)
        tasks += page["tasks"]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    if as_json:
        show.raw({"tasks": tasks})
    elif not tasks:
        show.say("Nothing is in review.")
    else:
        rows = [
            (
                t["id"],
                t["type"],
                t["code"],
                t["message"] if waits_for_a_person(t) else "Decided; it is being carried out.",
                show.moment(t["updated_at"]),
            )
            for t in tasks
        ]
        show.table(("task", "type", "code", "what happened", "when (UTC)"), rows)


def _settle(api: ControlApi, practice_id: str, task_id: str, decision: dict[str, str], wait: int) -> dict[str, Any]:
    headers = {"Prefer": f"wait={min(wait, LONGEST_API_WAIT)}"} if wait else {}
    started = time.monotonic()
    try:
        answer = api.post(practice_path(practice_id, "tasks", task_id, "resolution"), decision, headers)
    except CliError as error:
        if error.code == "not_in_review":
            error.hints += (f"See how it stands: openchair task show {practice_id} {task_id}",)
        elif error.code == "unreachable" or getattr(error, "status", 0) >= 500:
            error.hints += ("The decision may have been stored. Give it again: a second one is refused, not done.",)
        raise
    if wait and not is_carried_out(answer):
        answer = follow(api, practice_id, task_id, wait - (time.monotonic() - started), ended=is_carried_out)
    return answer
