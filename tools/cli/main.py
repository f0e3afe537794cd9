"""`openchair`: the operator's command, for the stack on this machine and for deployed ones alike."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from openchair.errors import OpenChairError
from tools.cli import show
from tools.cli.commands import caller, doctor, patients, practice, review, slots, stack, task
from tools.cli.failures import CliError

app = typer.Typer(
    name="openchair", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.command("demo")(stack.demo)
app.command("local")(stack.local)
app.add_typer(practice.app, name="practice")
app.add_typer(caller.app, name="caller")
app.command("slots")(slots.slots)
app.add_typer(patients.app, name="patients")
task.app.command("review")(review.review)
app.add_typer(task.app, name="task")
app.command("doctor")(doctor.doctor)

_GLOBAL_OPTIONS = ("--profile", "--region", "--stack-name")


@app.callback()
def choose_stack(
    context: typer.Context,
    profile: Annotated[str | None, typer.Option(help="AWS profile of a deployed stack.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region of a deployed stack.")] = None,
    stack_name: Annotated[
        str | None,
        typer.Option(envvar="OPENCHAIR_STACK_NAME", help="CloudFormation name of a deployed stack, default openchair."),
    ] = None,
) -> None:
    """Connects a dental platform to the software in which a dental practice lives.

    Talks to the stack on this machine while it runs (make local), unless one of these options names a deployed one.
    They may stand anywhere on the command line.
    """
    context.obj = {"profile": profile, "region": region, "stack_name": stack_name}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 refused or failed, 2 wrong use, 130 interrupted."""
    try:
        app(global_options_first(sys.argv[1:] if arguments is None else arguments), prog_name="openchair")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except CliError as error:
        show.failure(error)
    except OpenChairError as error:
        show.failure(CliError(error.detail, error.code))
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; nothing can be said to it any more.
        sys.stderr.close()
    return 1


def global_options_first(arguments: Sequence[str]) -> list[str]:
    """Options that choose the stack may follow the command too; Typer wants them before it."""
    first: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            rest += [argument, *remaining]
            break
        name, has_value, _ = argument.partition("=")
        if name not in _GLOBAL_OPTIONS:
            rest.append(argument)
        elif has_value or not remaining:
            first.append(argument)
        else:
            first += [argument, remaining.pop(0)]
    return first + rest


if __name__ == "__main__":
    sys.exit(main())
