"""How answers look: tables in a terminal, aligned plain text elsewhere, or the raw JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.cli.drawing import ASCII, UNICODE, Look
from tools.cli.failures import CliError

# Beyond any table: output that is piped is never wrapped.
_PIPED_WIDTH = 2000

STATE_STYLES = {
    "completed": "green",
    "failed": "red",
    "needs_review": "yellow",
    "queued": "cyan",
    "in_progress": "cyan",
    "awaiting_ehr": "cyan",
}


def console(*, stderr: bool = False) -> Console:
    """Made on each call, so that it follows what stdout is at that time."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, width=None if is_terminal else _PIPED_WIDTH
    )


def clean(value: Any) -> str:
    """Text from elsewhere without what would steer a terminal; None is a dash."""
    if value is None or value == "":
        return "-"
    return "".join(c if c.isprintable() else "?" for c in str(value))


def say(text: str, style: str = "") -> None:
    console().print(Text(text, style=style))


def raw(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=not speaks_unicode()) + "\n")


def failure(error: CliError) -> None:
    out = console(stderr=True)
    code = f" ({error.code})" if error.code else ""
    out.print(Text.assemble(("error: ", "bold red"), clean(error.sentence) + code))
    for hint in error.hints:
        out.print(Text(f"  {clean(hint)}"))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    out = console()
    if title:
        out.print(Text(title, style="bold"))
    grid = Table(box=box.SIMPLE_HEAD if out.is_terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    out.print(grid)


def state(name: Any) -> Text:
    return Text(clean(name), style=STATE_STYLES.get(str(name), ""))


def look() -> Look:
    return UNICODE if speaks_unicode() else ASCII


def tick() -> str:
    return "✓" if speaks_unicode() else "+"


def cross() -> str:
    return "✗" if speaks_unicode() else "NOT OK:"


def yes_no(value: Any) -> str:
    return "-" if value is None else "yes" if value else "no"


def moment(value: Any) -> str:
    """An ISO time as people read it, in the zone it came with: `Tue 24 Nov 2026 09:00`."""
    try:
        return datetime.fromisoformat(str(value)).strftime("%a %d %b %Y %H:%M")
    except ValueError:
        return clean(value)


def day(value: Any) -> str:
    return moment(value).removesuffix(" 00:00")


def task(answer: dict[str, Any]) -> None:
    rows = [(name, _TASK_LOOKS.get(name, clean)(answer[name])) for name in _TASK_FIELDS if answer.get(name) is not None]
    table(("task", clean(answer.get("id"))), rows)


_TASK_FIELDS = (
    *("type", "state", "code", "message", "patient_id", "appointment_id", "in_chart"),
    *("service_id", "start", "end", "operatory_id", "provider_id"),
)
_TASK_LOOKS: dict[str, Callable[[Any], Text | str]] = {"state": state, "start": moment, "end": moment}


def speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
