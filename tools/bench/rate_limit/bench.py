"""Several processes at one office that refuses who comes too early: all ways at the same time, each at its own office.

What counts is what each office has seen: its refusals, and how much of its rate was used; and how long live callers
waited for an answer.
"""

import json
import math
import os
import subprocess  # nosec B404
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from rich.console import Console
from rich.table import Table

from openchair.settings import settings
from openchair.store.tables import LimitItem
from tools.bench.other_libraries import SDK, sdk_environment
from tools.bench.rate_limit.job import Job
from tools.local import environments
from tools.local.emulator import REGION, Emulator
from tools.local.failures import StackError
from tools.local.stack import tool_environment
from tools.simulators.open_dental import OfficeSpec, RunningSimulator, running_simulator
from tools.simulators.open_dental.throttle import ThrottleSettings

WAYS = {
    "openchair_limiter": "OpenChair",
    "sleeping": "a second's sleep in each process",
    "opendental_sdk": SDK.replace("==", " "),
}
SECONDS = 600.0
WORKERS = 4
LIVE_LOAD = 0.3
TOLERANCE = 0.02
_SPARE_SECONDS = 120.0
_SETTING = "RATE_LIMIT_BENCH_SECONDS"


@dataclass(frozen=True, slots=True)
class Found:
    """What an office saw in `seconds` of its rate of one request a second, and the waits of its live callers."""

    seconds: float
    requests: int
    refused: int
    waits: Sequence[float | None]

    @property
    def used(self) -> float:
        return (self.requests - self.refused) / self.seconds

    @property
    def without_answer(self) -> int:
        return sum(wait is None for wait in self.waits)

    def wait(self, part: float) -> float:
        """In seconds, of those who got an answer."""
        waits = sorted(wait for wait in self.waits if wait is not None)
        return waits[min(math.floor(part * len(waits)), len(waits) - 1)] if waits else math.inf


def main() -> None:
    """Measures and prints. Raises `StackError` when something cannot be built or started."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    seconds = float(os.environ.get(_SETTING, SECONDS))
    with ExitStack() as stack:
        scratch = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="rate-limit-", ignore_cleanup_errors=True))
        )
        with console.status("offices, a table and the other library"):
            sdk = sdk_environment(scratch)
            emulator = Emulator(environments.ensure("aws"), scratch, scratch)
            emulator.start(discard=[])
            stack.callback(emulator.stop)
            environment = environment_with(emulator)
            throttle = ThrottleSettings(mode="refuse", tolerance=TOLERANCE)
            offices = {
                way: stack.enter_context(running_simulator([OfficeSpec(patients=1)], throttle=throttle)) for way in WAYS
            }
        with console.status(f"{WORKERS} background processes and live callers at each office, {seconds:g} s"):
            found = _measured(offices, environment, sdk, seconds)
    _print(console, found, seconds)


def environment_with(emulator: Emulator) -> Mapping[str, str]:
    """What a process needs to share the limits of others there; their table is made, and known to this one too."""
    emulator.wait_until_ready()
    environment = {
        **tool_environment(),
        "PYTHONPATH": os.pathsep.join([str(environments.ROOT), str(environments.ROOT / "layers" / "shared")]),
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": emulator.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": emulator.root.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "LIMITS_TABLE": "limits",
    }
    os.environ |= {name: value for name, value in environment.items() if name.startswith(("AWS_", "LIMITS"))}
    settings.cache_clear()
    LimitItem.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    return environment


def _measured(
    offices: Mapping[str, RunningSimulator], environment: Mapping[str, str], sdk: Path, seconds: float
) -> dict[str, Found]:
    with ExitStack() as stack:
        running = {
            way: [
                stack.enter_context(_process(way, job, environment, sdk)) for job in _jobs(office.described(), seconds)
            ]
            for way, office in offices.items()
        }
        waits = {way: [_told(process, way, seconds) for process in processes] for way, processes in running.items()}
    found = {}
    for way, office in offices.items():
        with office.simulator.lock:
            came = [(one.monotonic, one.status) for one in office.simulator.requests]
        # From the first request on: what is still answered after the time is not counted.
        until = min(moment for moment, _ in came) + seconds
        seen = [status for moment, status in came if moment <= until]
        # The last of a way's processes is its live callers'.
        found[way] = Found(seconds, len(seen), seen.count(HTTPStatus.TOO_MANY_REQUESTS), waits[way][-1])
    return found


def _jobs(keys: Mapping[str, str], seconds: float) -> Iterator[Job]:
    for _ in range(WORKERS):
        yield Job("background", keys["url"], keys["dev_key"], keys["cust_key"], seconds)
    yield Job("live", keys["url"], keys["dev_key"], keys["cust_key"], seconds, LIVE_LOAD, seed=7)


@contextmanager
def _process(way: str, job: Job, environment: Mapping[str, str], sdk: Path) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(  # nosec B603
        [sdk if way == "opendental_sdk" else sys.executable, "-m", f"tools.bench.rate_limit.ways.{way}"],
        cwd=environments.ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(job.as_json())
    process.stdin.close()
    process.stdin = None
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _told(process: "subprocess.Popen[str]", way: str, seconds: float) -> list[float | None]:
    try:
        told, errors = process.communicate(timeout=seconds + _SPARE_SECONDS)
    except subprocess.TimeoutExpired:
        raise StackError(f"{WAYS[way]} came to no end.") from None
    if not told:
        raise StackError(f"{WAYS[way]} cannot be run:\n{errors[-2000:]}")
    waits: list[float | None] = json.loads(told)["waits"]
    return waits


def _print(console: Console, found: Mapping[str, Found], seconds: float) -> None:
    table = Table(
        title=f"{WORKERS} background processes and live callers ({LIVE_LOAD:.0%} of the rate) at one office for"
        f" {seconds:g} s; it refuses who is more than {TOLERANCE * 1000:g} ms early",
        title_justify="left",
    )
    table.add_column("")
    for name in ("requests", "refused", "rate used", "live p50", "p95", "p99", "no answer"):
        table.add_column(name, justify="right")
    for way, one in found.items():
        table.add_row(
            WAYS[way],
            str(one.requests),
            str(one.refused),
            f"{one.used:.1%}",
            *(f"{one.wait(part):.2f} s" if one.without_answer < len(one.waits) else "-" for part in (0.50, 0.95, 0.99)),
            f"{one.without_answer} of {len(one.waits)}",
        )
    console.print(table)
