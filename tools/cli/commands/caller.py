"""`openchair caller`: which IAM role may touch which practices."""

from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from openchair.models.texts import PracticeId
from tools.cli import practices, show
from tools.cli.commands.common import JsonOption, target
from tools.cli.failures import CliError

ME = "me"

app = typer.Typer(help="Who may touch which practices.", no_args_is_help=True)

_PRACTICE_ID: TypeAdapter[str] = TypeAdapter(PracticeId)


@app.command()
def allow(
    context: typer.Context,
    role_arn: Annotated[
        str,
        typer.Argument(
            metavar="ROLE_ARN|me", help="ARN of a role, of a session or of a user; me: who you are.", show_default=False
        ),
    ],
    practice_ids: Annotated[
        str, typer.Argument(metavar="P1,P2", help="All practices it may touch; replaces an earlier list.")
    ],
    may_overlap: Annotated[bool, typer.Option(help="Whether it may book over something else.")] = False,
) -> None:
    """Let a caller touch exactly these practices. An empty list takes every right away."""
    wanted = [part.strip() for part in practice_ids.split(",") if part.strip()]
    for practice_id in wanted:
        try:
            _PRACTICE_ID.validate_python(practice_id)
        except ValidationError as error:
            raise CliError(f"{practice_id!r} is not the id of a practice.", "invalid_practice") from error
    aws = target(context).aws
    arn = practices.own_arn(aws) if role_arn == ME else role_arn
    caller = practices.allow_caller(aws, arn, wanted, may_overlap=may_overlap)
    unknown = set(wanted) - {record.practice.id for record in practices.all_practices(aws)}
    for practice_id in sorted(unknown):
        show.console(stderr=True).print(f"warning: there is no practice {practice_id} yet")
    show.say(f"{caller.caller_id} may touch: {', '.join(caller.practice_ids) or 'nothing'}")


@app.command("list")
def list_callers(context: typer.Context, as_json: JsonOption = False) -> None:
    """List callers and what they may touch."""
    callers = practices.all_callers(target(context).aws)
    if as_json:
        show.raw([asdict(caller) for caller in callers])
        return
    show.table(
        ("caller", "practices", "may overlap"),
        [(caller.caller_id, ", ".join(caller.practice_ids), show.yes_no(caller.may_overlap)) for caller in callers],
    )
