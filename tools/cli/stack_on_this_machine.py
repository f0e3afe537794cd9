"""Starts the stack on this machine, shows where it listens, tells the story on it, and ends it with the command."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from openchair.models.practice import Ehr
from tools.cli import practices, show
from tools.cli.failures import CliError
from tools.cli.nexhealth_story import NexHealthStory
from tools.cli.seed import seed, seed_nexhealth
from tools.cli.story import Story, tell_story
from tools.cli.target import STACK_FILE, Target, local_target
from tools.cli.truth import ApiTruth, SimulatorTruth, Truth
from tools.local import LocalStack, StackError
from tools.local.stack import Progress

_STEP_NAMES = {
    "tools": "tools",
    "build": "build the template and the layer",
    "emulator": "start the AWS emulator",
    "open_dental": "start the Open Dental server",
    "deploy": "deploy the template",
    "practices": "load a practice",
}
_INTERRUPTED = 130


def run(*, canary: bool, timezone: str | None) -> None:
    """Until Ctrl-C, or until a part of the stack ends by itself, which is an error."""
    with _interruptible(), _stack(canary, timezone) as stack:
        _say_where_it_listens(local_target(stack.file))
        stack.watch()


def demonstrate(*, canary: bool, timezone: str | None, keep: bool) -> bool:
    """Whether the whole story was told and every check held."""
    running = _running()
    if running is not None:
        show.say("A stack runs on this machine already; the story is told on it.")
        held = _tell(running)
    else:
        with _interruptible(), _stack(canary, timezone) as stack:
            held = _tell(local_target(stack.file))
            if keep:
                _say_where_it_listens(local_target(stack.file))
                stack.watch()
    show.say("Every check held." if held else "Not every check held.", "bold green" if held else "bold red")
    return held


def _tell(target: Target) -> bool:
    seeded = (target.local or {}).get("practices") or []
    if not seeded:
        raise CliError("The stack has no practice to tell the story on.", "no_practice", ["openchair practice put ..."])
    practice = practices.get_practice(target.aws, seeded[0]["id"]).practice
    story = Story(target.api, practice.id, ZoneInfo(practice.timezone), _truth(target, practice.id))
    held = tell_story(story)
    control_url = (target.local or {}).get("nexhealth_control_url")
    behind = [one["id"] for one in seeded if one["ehr"] == Ehr.NEXHEALTH]
    if control_url and behind:
        other = practices.get_practice(target.aws, behind[0]).practice
        held &= NexHealthStory(target.api, other.id, ZoneInfo(other.timezone), control_url).tell()
    return held


def _truth(target: Target, practice_id: str) -> Truth:
    control_url = (target.local or {}).get("open_dental_control_url")
    return SimulatorTruth(control_url) if control_url else ApiTruth(target.api, practice_id)


@contextlib.contextmanager
def _stack(canary: bool, timezone: str | None) -> Iterator[LocalStack]:
    stack = LocalStack(
        on_progress=_Meter(),
        seed=partial(seed, timezone=timezone),
        seed_nexhealth=seed_nexhealth,
        open_dental_options=["--canary"] if canary else [],
    )
    began = time.monotonic()
    try:
        with stack:
            show.say(f"The stack is ready after {time.monotonic() - began:.0f} s.", "bold")
            yield stack
    except StackError as error:
        raise CliError(str(error).splitlines()[0], "stack_failed", str(error).splitlines()[1:]) from error


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and a polite kill alike end the stack before the command ends, also where a shell had SIGINT ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        show.say("Stopped; nothing is left running.")
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Meter:
    """Shows each step of the start when it begins, and how long it took when it ends."""

    def __call__(self, progress: Progress) -> None:
        name = _STEP_NAMES.get(progress.step, progress.step)
        if progress.state == "started":
            show.say(f"   {name} ...", "dim")
            return
        style = "green" if progress.state == "done" else "bold red"
        show.console().print(Text.assemble("   ", (progress.state, style), f" {name}, {progress.seconds:.1f} s"))


def _running() -> Target | None:
    """The stack that runs here already; a description left behind by a crash does not count."""
    if not STACK_FILE.exists():
        return None
    target = local_target()
    address = urlsplit(str(target.access.endpoint_url))
    with (
        contextlib.suppress(OSError),
        socket.create_connection((address.hostname or "", address.port or 80), timeout=2),
    ):
        return target
    return None


def _say_where_it_listens(target: Target) -> None:
    local = target.local or {}
    rows: Sequence[tuple[str, object]] = (
        ("control API", local["control_url"]),
        ("AWS endpoint", local["aws_endpoint_url"]),
        ("Open Dental server", local["open_dental_url"]),
        ("its control endpoint", local["open_dental_control_url"]),
        ("NexHealth server", local.get("nexhealth_url")),
        ("its control endpoint", local.get("nexhealth_control_url")),
        ("practices", ", ".join(practice["id"] for practice in local["practices"])),
        ("all of it, and how to sign", STACK_FILE),
    )
    show.table(("what", "where"), rows)
    show.say("Try, in another terminal:", "bold")
    for practice in local["practices"][:1]:
        show.say(f"   .venv/bin/openchair doctor {practice['id']}")
        show.say(f"   .venv/bin/openchair slots {practice['id']} --service cleaning")
    show.say("   make demo")
    show.say("Ctrl-C stops it.")
