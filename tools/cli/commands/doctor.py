"""`openchair doctor`: is this practice connected, is it set up right, is a chair free tomorrow."""

from datetime import datetime, timedelta

import typer
from rich.text import Text

from openchair.models.practice import Practice
from tools.cli import doctor as examination
from tools.cli import practices, show
from tools.cli.api import ControlApi, practice_path
from tools.cli.commands.common import JsonOption, PracticeArgument, target
from tools.cli.doctor import Answers, Finding, Level
from tools.cli.drawing import draw_openings
from tools.cli.failures import ApiProblem

_MARKS = {Level.OK: ("ok  ", "green"), Level.WARNING: ("warn", "yellow"), Level.FAILED: ("FAIL", "bold red")}


def doctor(context: typer.Context, practice_id: PracticeArgument, as_json: JsonOption = False) -> None:
    """Examine a practice: connection, key, clock, chairs, maps and services. Exits 1 when something fails."""
    stack = target(context)
    practice = practices.get_practice(stack.aws, practice_id).practice
    answers = _ask(stack.api, practice)
    findings = examination.examine(practice, answers)
    if as_json:
        show.raw({"health": answers.health, "findings": [_as_json(finding) for finding in findings]})
    else:
        _show(answers, findings)
    if examination.has_failed(findings):
        raise typer.Exit(1)


def _ask(api: ControlApi, practice: Practice) -> Answers:
    health = api.get(practice_path(practice.id, "health"))
    no_location = None
    try:
        providers = api.get(practice_path(practice.id, "providers"))["providers"]
        operatories = api.get(practice_path(practice.id, "operatories"))["operatories"]
    except ApiProblem as problem:
        if problem.code != "location_not_found":
            return Answers(health, refused={"operatories and providers": problem.code or "unknown"})
        operatories, no_location = [], problem.sentence
    tomorrow = str((datetime.now(practice.zone) + timedelta(days=1)).date())
    slots, refused = {}, {}
    for service in examination.services_to_ask(practice, operatories, health):
        try:
            slots[service.id] = api.get(
                practice_path(practice.id, "slots"), service_id=service.id, start_date=tomorrow, end_date=tomorrow
            )
        except ApiProblem as problem:
            refused[service.id] = problem.code or "unknown"
    return Answers(health, operatories, providers, slots, refused, no_location)


def _show(answers: Answers, findings: list[Finding]) -> None:
    out = show.console()
    for finding in findings:
        mark, style = _MARKS[finding.level]
        out.print(Text.assemble((mark, style), f"  {show.clean(finding.message)} ", (f"[{finding.code}]", "dim")))
        if finding.what_to_do:
            out.print(Text(f"      -> {show.clean(finding.what_to_do)}", style="cyan"))
    starts = examination.starts_by_chair(answers)
    if any(starts.values()):
        out.print(Text("Tomorrow: half hours with a free start", style="bold"))
        for chair in answers.operatories:
            out.print(draw_openings(show.clean(chair["name"]), starts[chair["operatory_id"]], look=show.look()))


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.level,
        "code": finding.code,
        "message": finding.message,
        "what_to_do": finding.what_to_do,
    }
