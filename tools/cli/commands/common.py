"""What commands share: the target they were started with, and their common options."""

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.failures import CliError
from tools.cli.target import Target, find_target

PracticeArgument = Annotated[str, typer.Argument(metavar="PRACTICE", help="Id of the practice.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the raw answer.")]


def target(context: typer.Context) -> Target:
    """The stack chosen by the global options."""
    options = context.ensure_object(dict)
    return find_target(options.get("profile"), options.get("region"), options.get("stack_name"))


def read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read as UTF-8 text.", "unreadable_file") from error
