"""`openchair local` and `openchair demo`: the stack on this machine, and the story told on it."""

from typing import Annotated

import typer

CanaryOption = Annotated[
    bool, typer.Option("--canary", help="Make every patient value a unique token, to search logs for.")
]
TimezoneOption = Annotated[
    str | None, typer.Option(help="Zone of the practice on a given Open Dental server, default America/Denver.")
]

# What starts the stack takes longer to import than other commands take to run, so it is imported when it is used.


def local(canary: CanaryOption = False, timezone: TimezoneOption = None) -> None:
    """Run the stack on this machine until Ctrl-C."""
    from tools.cli import stack_on_this_machine

    stack_on_this_machine.run(canary=canary, timezone=timezone)


def demo(
    canary: CanaryOption = False,
    timezone: TimezoneOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Tell the story of one visit, on a stack started for it (or on the one that runs already)."""
    from tools.cli import stack_on_this_machine

    if not stack_on_this_machine.demonstrate(canary=canary, timezone=timezone, keep=keep):
        raise typer.Exit(1)
