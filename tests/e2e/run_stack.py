"""`python -m tests.e2e.run_stack FOLDER`: the stack of these tests, until standard input is closed.

An Open Dental server is started first, and the stack is pointed at it from outside. Then the demo's story is told on
the first practice, at the vendor's rate of one request a second. A process of its own, so that all of this goes on
while other tests run.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from botocore.exceptions import HTTPClientError

from tests.e2e.world import (
    CALLERS_AT_ONCE,
    DEV_KEY,
    OFFICES,
    TIMEZONE,
    Caller,
    Office,
    aws_settings,
    operator_keys,
    until,
)
from tools.cli.practices import allow_also, put_practice
from tools.cli.seed import OfficeChair, OfficeProvider, seed, seeded_practice
from tools.cli.story import Story, tell_story
from tools.cli.target import local_target
from tools.cli.truth import SimulatorTruth
from tools.local import LocalStack, OpenDentalServer, Practice, StackDescription
from tools.local.environments import ROOT
from tools.local.programs import Program
from tools.local.stack import tool_environment

SERVER_FILE, STORY_FILE = "server.json", "story.json"
_WORKERS_MORE, _WORKERS_STARTED_WITHIN = 4, 180.0


def main(folder: Path) -> None:
    end_with_standard_input()
    with open_dental_server(folder / SERVER_FILE) as server, LocalStack(folder=folder, seed=load) as stack:
        assert stack.open_dental.url == server["url"]
        start_workers(stack.description)
        api = local_target(stack.file).api
        held = tell_story(Story(api, "p1", ZoneInfo(TIMEZONE), SimulatorTruth(server["control_url"])))
        (folder / STORY_FILE).write_text(json.dumps({"held": held}), "utf-8")
        stack.watch()


def end_with_standard_input() -> None:
    """Whatever ends the tests closes it."""

    def wait() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=wait, daemon=True).start()


def start_workers(description: StackDescription) -> None:
    """The emulator takes long to start one for each of many requests; while other tests run it costs nobody's time.

    A few more at a time: all at once on a busy machine, they keep each other from answering within the client's minute.
    """
    caller = Caller(description, operator_keys(description), description.caller_arn)
    deadline = time.monotonic() + _WORKERS_STARTED_WITHIN
    at_once = 0
    while at_once < CALLERS_AT_ONCE:
        wanted = min(at_once + _WORKERS_MORE, CALLERS_AT_ONCE)
        with ThreadPoolExecutor(wanted) as pool:
            statuses = set(pool.map(lambda _: _status(caller), range(wanted)))
        if statuses == {200}:
            at_once = wanted
        elif time.monotonic() > deadline:
            raise TimeoutError(f"{wanted} workers did not start: {statuses}")


def _status(caller: Caller) -> int | None:
    """None when no answer came in time, as of a worker that is still starting."""
    try:
        return caller.get("/practices/p2/tasks").status
    except HTTPClientError:
        return None


@contextmanager
def open_dental_server(ready: Path) -> Iterator[dict[str, str]]:
    """Three offices on canary data. What the stack has to know stands in the environment, as a user would set it."""
    offices = [f"--office={key}:{7 + number}:200:{TIMEZONE}" for number, key in enumerate(OFFICES.values())]
    command = [sys.executable, "-m", "tools.simulators.open_dental", "--canary", "--dev-key", DEV_KEY, *offices]
    program = Program.start(
        "The Open Dental server",
        [*command, "--ready-file", str(ready)],
        log=ready.with_suffix(".log"),
        environment=tool_environment(),
        folder=ROOT,
    )
    try:
        until(ready.exists, "the Open Dental server", program.require_running)
        told = json.loads(ready.read_text("utf-8"))
        os.environ |= {
            "OPENDENTAL_API_BASE_URL": told["url"],
            "OPENDENTAL_DEVELOPER_KEY": DEV_KEY,
            "OPENDENTAL_CUSTOMER_KEY": OFFICES["p1"],
        }
        yield told
    finally:
        program.stop()


def load(description: StackDescription, given: OpenDentalServer) -> list[Practice]:
    control_url = given.url.removesuffix("/api/v1") + "/_control"
    further = {practice_id: Office(control_url, OFFICES[practice_id]) for practice_id in ("p2", "p3")}
    return [*seed(description, given, TIMEZONE), *(put_office(description, further[name], name) for name in further)]


def put_office(description: StackDescription, office: Office, practice_id: str) -> Practice:
    """A practice on an office that takes requests as they come: where the rate does not matter."""
    office.set_throttle(mode="off")
    chairs = [OfficeChair(row["operatory_id"], row["is_hygiene"]) for row in office.truth("operatories")]
    providers = [OfficeProvider(row["provider_id"], row["is_hygienist"]) for row in office.truth("providers")]
    practice = seeded_practice(chairs, providers, timezone=TIMEZONE, practice_id=practice_id)
    assert practice.open_dental is not None
    fast = practice.open_dental.model_copy(update={"throttle": "enterprise"})
    keys = {"devKey": DEV_KEY, "custKey": office.key}
    operator = aws_settings(description)
    put_practice(operator, practice.model_copy(update={"open_dental": fast}), keys)
    allow_also(operator, description.caller_arn, practice_id)
    return Practice(practice.id, practice.ehr, keys)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
