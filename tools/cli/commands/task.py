"""`openchair task`: what is to be done in a chart, done once or honestly said not to be."""

import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from openchair.models.journal import ENDED, TaskState
from tools.cli import show
from tools.cli.api import ControlApi, practice_path
from tools.cli.commands.common import JsonOption, PracticeArgument, read_text, target
from tools.cli.failures import CliError
from tools.cli.task_request import TaskOptions, task_request

app = typer.Typer(help="Book, move, cancel, confirm, onboard.", no_args_is_help=True)

# What the API itself waits for at most.
LONGEST_API_WAIT = 25
_POLL_SECONDS = 1.0

TaskArgument = Annotated[str, typer.Argument(metavar="TASK_ID", show_default=False)]


@app.command()
def submit(
    context: typer.Context,
    practice_id: PracticeArgument,
    request: Annotated[
        str | None, typer.Argument(metavar="[JSON|@FILE|-]", help="The task as JSON, from a file, or from stdin.")
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="create, reschedule, cancel, confirm or onboard, for a task by options."),
    ] = None,
    patient_id: Annotated[str | None, typer.Option()] = None,
    appointment_id: Annotated[str | None, typer.Option()] = None,
    service_id: Annotated[str | None, typer.Option()] = None,
    start: Annotated[str | None, typer.Option(help="With offset, like 2027-03-02T09:00:00-07:00.")] = None,
    provider_id: Annotated[str | None, typer.Option()] = None,
    operatory_id: Annotated[str | None, typer.Option()] = None,
    location_id: Annotated[str | None, typer.Option()] = None,
    notes: Annotated[str | None, typer.Option()] = None,
    allow_overlap: Annotated[bool | None, typer.Option("--allow-overlap")] = None,
    send_to_unscheduled_list: Annotated[bool | None, typer.Option()] = None,
    first_name: Annotated[str | None, typer.Option()] = None,
    last_name: Annotated[str | None, typer.Option()] = None,
    date_of_birth: Annotated[str | None, typer.Option(metavar="DATE")] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    gender: Annotated[str | None, typer.Option()] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="Give the same again to repeat a request safely.")] = None,
    wait: Annotated[int, typer.Option(min=0, max=3600, help="Seconds to wait for the end.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Submit a task. With --wait, exits 1 when it failed or needs review."""
    options = TaskOptions(
        type_, patient_id, appointment_id, service_id, start, provider_id, operatory_id, location_id, notes,
        allow_overlap, send_to_unscheduled_list, first_name, last_name, date_of_birth, phone, email, gender,
    )  # fmt: skip
    body = _given(request) if request is not None else task_request(options)
    if request is not None and options != TaskOptions():
        raise typer.BadParameter("give the task as JSON or by options, not both")
    key = idempotency_key or str(uuid.uuid4())
    api = target(context).api
    headers = {"Idempotency-Key": key}
    if wait:
        headers["Prefer"] = f"wait={min(wait, LONGEST_API_WAIT)}"
    started = time.monotonic()
    try:
        answer = api.post(practice_path(practice_id, "tasks"), body, headers)
    except CliError as error:
        if error.code == "unreachable" or getattr(error, "status", 0) >= 500:
            error.hints += (f"It may have been accepted. Repeat it safely with --idempotency-key {key}",)
        raise
    if wait and not has_ended(answer):
        answer = follow(api, practice_id, answer["id"], wait - (time.monotonic() - started))
    if as_json:
        show.raw(answer)
    else:
        show.task(answer)
        show.say(f"Idempotency-Key: {key}", "dim")
    _exit_by(answer, waited=wait > 0)


@app.command("show")
def show_task(
    context: typer.Context, practice_id: PracticeArgument, task_id: TaskArgument, as_json: JsonOption = False
) -> None:
    """Show a task."""
    answer = target(context).api.get(practice_path(practice_id, "tasks", task_id))
    show.raw(answer) if as_json else show.task(answer)


@app.command("list")
def list_tasks(
    context: typer.Context,
    practice_id: PracticeArgument,
    state: Annotated[TaskState | None, typer.Option(help="Only tasks in this state.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=100)] = None,
    cursor: Annotated[str | None, typer.Option(help="What the page before gave as next.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List tasks."""
    answer = target(context).api.get(practice_path(practice_id, "tasks"), state=state, limit=limit, cursor=cursor)
    if as_json:
        show.raw(answer)
        return
    rows = [
        (t["id"], t["type"], show.state(t["state"]), t.get("code"), t.get("appointment_id"), t.get("patient_id"))
        for t in answer["tasks"]
    ]
    show.table(("task", "type", "state", "code", "appointment", "patient"), rows)
    if answer.get("next_cursor"):
        show.say(f"More: --cursor {show.clean(answer['next_cursor'])}", "dim")


@app.command()
def watch(
    context: typer.Context,
    practice_id: PracticeArgument,
    task_id: TaskArgument,
    timeout: Annotated[int, typer.Option(min=1, max=86400, help="Seconds until giving up watching.")] = 600,
    as_json: JsonOption = False,
) -> None:
    """Follow a task until it has ended. Exits 1 when it failed, needs review or has not ended in time."""
    answer = follow(target(context).api, practice_id, task_id, timeout, tell=not as_json)
    show.raw(answer) if as_json else show.task(answer)
    _exit_by(answer, waited=True)


@app.command()
def withdraw(
    context: typer.Context, practice_id: PracticeArgument, task_id: TaskArgument, as_json: JsonOption = False
) -> None:
    """Withdraw a task of which nothing was sent yet."""
    answer = target(context).api.post(practice_path(practice_id, "tasks", task_id, "withdraw"))
    show.raw(answer) if as_json else show.task(answer)


def has_ended(answer: dict[str, Any]) -> bool:
    return answer.get("state") in ENDED


def follow(
    api: ControlApi,
    practice_id: str,
    task_id: str,
    seconds: float,
    *,
    tell: bool = False,
    ended: Callable[[dict[str, Any]], bool] = has_ended,
) -> dict[str, Any]:
    """Poll until the task has ended or the seconds are over; the last answer either way."""
    until, seen = time.monotonic() + seconds, ""
    while True:
        answer = api.get(practice_path(practice_id, "tasks", task_id))
        if tell and answer.get("state") != seen:
            seen = str(answer.get("state"))
            show.console().print(show.state(seen))
        if ended(answer) or time.monotonic() >= until:
            return answer
        time.sleep(_POLL_SECONDS)


def _given(request: str) -> dict[str, Any]:
    text = request
    if request == "-":
        text = sys.stdin.read()
    elif request.startswith("@"):
        text = read_text(Path(request[1:]))
    try:
        body = json.loads(text)
    except ValueError as error:
        raise CliError("The task is not JSON.", "invalid_json") from error
    if not isinstance(body, dict):
        raise CliError("The task is not a JSON object.", "invalid_json")
    return body


def _exit_by(answer: dict[str, Any], *, waited: bool) -> None:
    if waited and answer.get("state") != TaskState.COMPLETED:
        raise typer.Exit(1)
