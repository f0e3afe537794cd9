"""A simulator as a process of its own: options, the ready line, and when it ends."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PARENT_CHECK_SECONDS = 0.5


class Describable(Protocol):
    def described(self) -> dict[str, Any]: ...


def add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--patients", type=int, default=200, help="1 to 100000")
    parser.add_argument("--timezone", default="America/Denver")
    parser.add_argument("--canary", action="store_true", help="every patient value is a unique token")
    parser.add_argument("--now", help="start the clock here: office wall time, or ISO 8601 with an offset")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--ready-file", type=Path, help="where to write the ready line too")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the process that started this ends")


def run(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    serve: Callable[[argparse.Namespace], AbstractContextManager[Describable]],
) -> int:
    """Serve until SIGTERM, SIGINT or, if asked to, the parent's end."""
    options = parser.parse_args(arguments)
    parent = os.getppid()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with serve(options) as running:
            described = {**running.described(), "pid": os.getpid()}
            if options.ready_file:
                _write(options.ready_file, described)
            print(json.dumps(described), flush=True)
            while not stopped.wait(_PARENT_CHECK_SECONDS):
                if options.exit_with_parent and os.getppid() != parent:
                    break
    except (ValueError, ZoneInfoNotFoundError) as error:
        parser.error(str(error))
    except OSError as error:
        print(f"cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


def switches_of(options: argparse.Namespace) -> dict[str, str]:
    """The `--switch NAME=VALUE` pairs; raises ValueError for one that is none."""
    return dict(_pair(text) for text in options.switch)


def moment(text: str, timezone: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=ZoneInfo(timezone))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError("--switch must be NAME=VALUE")
    return name, value


def _write(path: Path, described: dict[str, Any]) -> None:
    """By rename, so that nobody reads half of it."""
    unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    unfinished.write_text(json.dumps(described) + "\n")
    unfinished.replace(path)
