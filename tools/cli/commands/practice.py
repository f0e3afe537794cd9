"""`openchair practice`: documents and keys of practices."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.cli import practices, show
from tools.cli.commands.common import JsonOption, PracticeArgument, read_text, target

app = typer.Typer(help="Practice documents and their EHR keys.", no_args_is_help=True)


@app.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The practice document, JSON.", show_default=False)],
    keys: Annotated[
        Path | None,
        typer.Option(
            help='The EHR keys: {"devKey": "...", "custKey": "..."}. Left out: those stored already are kept.'
        ),
    ] = None,
    ehr_account: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The EHR account it is in: practices of one share lines and claims. Left out: the one it has, at "
            "first the one of its key. Change it only while no task of the practice is open.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a practice document and store it, and its keys as a secret."""
    practice = practices.practice_from_json(read_text(file))
    given = practices.keys_from_json(read_text(keys), practice.ehr) if keys else None
    if keys and practices.is_readable_by_others(keys):
        show.console(stderr=True).print(f"warning: {keys} can be read by others on this machine (chmod 600 it)")
    stack = target(context)
    record = practices.put_practice(stack.aws, practice, given, ehr_account)
    if stack.local is not None:
        practices.allow_also(stack.aws, stack.local["caller_arn"], practice.id)
    show.say(f"Stored {practice.id}, version {record.version}, EHR account {record.ehr_account_id}, in {stack.name}.")
    if stack.local is None:
        show.say(f"Say who may use it: openchair caller allow ROLE_ARN {practice.id}", "dim")


@app.command()
def get(context: typer.Context, practice_id: PracticeArgument) -> None:
    """Print a practice document as it is stored."""
    record = practices.get_practice(target(context).aws, practice_id)
    show.raw(record.practice.model_dump(mode="json"))


@app.command("list")
def list_practices(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the practices of the stack."""
    records = practices.all_practices(target(context).aws)
    if as_json:
        show.raw([json.loads(record.practice.model_dump_json()) for record in records])
        return
    show.table(
        ("practice", "name", "ehr", "ehr account", "zone", "services", "version"),
        [
            (p.id, p.name, p.ehr, record.ehr_account_id, p.timezone, len(p.services), record.version)
            for record in records
            for p in (record.practice,)
        ],
    )
