"""`python -m tools.simulators.open_dental`: the simulator as a process of its own."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tools.simulators.open_dental import OfficeSpec, Simulator, Switches, ThrottleSettings, serving
from tools.simulators.open_dental.simulator import CUSTOMER_KEY, DEVELOPER_KEY

_PARENT_CHECK_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, if asked to, the parent's end."""
    parser = _parser()
    options = parser.parse_args(arguments)
    parent = os.getppid()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        simulator = _simulator(options)
        with serving(simulator, options.port) as running:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulators.open_dental", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--patients", type=int, default=200, help="1 to 100000")
    parser.add_argument("--timezone", default="America/Denver")
    parser.add_argument("--clinics", type=int, help="0 for an office that does not use clinics")
    parser.add_argument("--first-patient-id", type=int, help="where PatNums start")
    parser.add_argument("--canary", action="store_true", help="every patient value is a unique token")
    parser.add_argument("--dev-key", default=DEVELOPER_KEY)
    parser.add_argument("--cust-key", default=CUSTOMER_KEY)
    parser.add_argument(
        "--office", action="append", default=[], metavar="KEY:SEED:PATIENTS:ZONE", help="one office per use, instead"
    )
    parser.add_argument("--now", help="start the clock here: office wall time, or ISO 8601 with an offset")
    parser.add_argument("--no-throttle", action="store_true")
    parser.add_argument("--throttle", choices=("delay", "refuse"), default="delay")
    parser.add_argument("--tier", choices=("standard", "read_only", "enterprise"), default="standard")
    parser.add_argument("--interval", type=float, help="seconds between requests instead of the tier's")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--ready-file", type=Path, help="where to write the ready line too")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the process that started this ends")
    return parser


def _simulator(options: argparse.Namespace) -> Simulator:
    specs = [_office(text, options) for text in options.office]
    if not specs:
        specs = [_spec(options, options.cust_key, options.seed, options.patients, options.timezone)]
    return Simulator(
        specs,
        developer_key=options.dev_key,
        throttle=ThrottleSettings(
            mode="off" if options.no_throttle else options.throttle, tier=options.tier, interval=options.interval
        ),
        switches=Switches().changed(dict(_pair(text) for text in options.switch)),
        now=_moment(options.now, specs[0].timezone) if options.now else None,
    )


def _spec(options: argparse.Namespace, key: str, seed: int, patients: int, timezone: str) -> OfficeSpec:
    return OfficeSpec(key, seed, patients, timezone, options.canary, options.clinics, options.first_patient_id)


def _office(text: str, options: argparse.Namespace) -> OfficeSpec:
    parts = text.split(":")
    if len(parts) != 4 or not parts[1].isdigit() or not parts[2].isdigit():
        raise ValueError("--office must be KEY:SEED:PATIENTS:ZONE")
    return _spec(options, parts[0], int(parts[1]), int(parts[2]), parts[3])


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError("--switch must be NAME=VALUE")
    return name, value


def _moment(text: str, timezone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def _write(path: Path, described: dict[str, Any]) -> None:
    """By rename, so that nobody reads half of it."""
    unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    unfinished.write_text(json.dumps(described) + "\n")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
