"""`python -m tools.simulators.nexhealth`: a NexHealth server on 127.0.0.1, until SIGTERM or Ctrl-C."""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tools.simulators.nexhealth.server import serving
from tools.simulators.nexhealth.simulator import API_KEY, Simulator, TenantSpec

_PARENT_CHECK_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.simulators.nexhealth", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--subdomain", default="birch")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--patients", type=int, default=200, help="1 to 100000")
    parser.add_argument("--timezone", default="America/New_York")
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--now", help="start the clock here: ISO 8601 with an offset")
    parser.add_argument("--token-seconds", type=float, default=3600.0, help="how long a token lives")
    parser.add_argument("--no-throttle", action="store_true")
    parser.add_argument("--ready-file", type=Path, help="where to write the ready line too")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the process that started this ends")
    given = parser.parse_args(arguments)
    parent, stopped = os.getppid(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    simulator = Simulator(
        [TenantSpec(given.subdomain, given.seed, given.patients, given.timezone)],
        api_key=given.api_key,
        now=datetime.fromisoformat(given.now) if given.now else None,
        token_seconds=given.token_seconds,
        is_throttled=not given.no_throttle,
    )
    with serving(simulator, given.port) as running:
        told = json.dumps({**running.described(), "pid": os.getpid()})
        if given.ready_file:
            unfinished = given.ready_file.with_suffix(f".{os.getpid()}")
            unfinished.write_text(told + "\n")
            unfinished.replace(given.ready_file)
        print(told, flush=True)
        while not stopped.wait(_PARENT_CHECK_SECONDS):
            if given.exit_with_parent and os.getppid() != parent:
                break
    return 0


if __name__ == "__main__":
    sys.exit(main())
