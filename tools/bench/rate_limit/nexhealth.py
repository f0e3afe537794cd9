"""Eight workers of one NexHealth key on its two tightest buckets, at a simulator that refuses what is above them."""

import json
import os
import subprocess  # nosec B404
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import boto3
from rich.console import Console
from rich.table import Table

from openchair.settings import settings
from tools.bench.rate_limit.bench import environment_with
from tools.bench.rate_limit.nexhealth_worker import Work
from tools.local import environments
from tools.local.emulator import Emulator
from tools.local.failures import StackError
from tools.simulators.nexhealth import InstitutionSpec, RunningSimulator, running_simulator

SECONDS = 60.0
WORKERS_EACH = 4
# What a worker reads, the path by which the simulator knows it, and how often a second the vendor allows it.
READS = {"appointments": ("/appointments", 10), "slots": ("/available_slots", 10)}
_SPARE_SECONDS = 60.0


def main() -> None:
    """Measures and prints. Raises `StackError` when something cannot be started."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    with ExitStack() as stack:
        scratch = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="nexhealth-rate-", ignore_cleanup_errors=True))
        )
        with console.status("a vendor and a table"):
            emulator = Emulator(environments.ensure("aws"), scratch, scratch)
            emulator.start(discard=[])
            stack.callback(emulator.stop)
            environment = {**environment_with(emulator), "TOKEN_KEY_ARN": _key(emulator)}
            os.environ["TOKEN_KEY_ARN"] = environment["TOKEN_KEY_ARN"]
            settings.cache_clear()
            simulator = stack.enter_context(running_simulator([InstitutionSpec(patients=200)]))
        with console.status(f"{len(READS) * WORKERS_EACH} workers for {SECONDS:g} s"):
            told = _worked(simulator, environment)
    _print(console, simulator, told)


def _key(emulator: Emulator) -> str:
    kms = boto3.client("kms", endpoint_url=emulator.url, region_name=os.environ["AWS_REGION"])
    return str(kms.create_key(Description="tokens")["KeyMetadata"]["Arn"])


def _worked(simulator: RunningSimulator, environment: Mapping[str, str]) -> Counter[str]:
    (institution,) = simulator.described()["institutions"]
    day = (datetime.fromisoformat(simulator.simulator.settings.clock.now().isoformat()) + timedelta(days=3)).date()
    processes = []
    try:
        for reads in READS:
            for _ in range(WORKERS_EACH):
                process = subprocess.Popen(  # nosec B603
                    [sys.executable, "-m", "tools.bench.rate_limit.nexhealth_worker"],
                    cwd=environments.ROOT,
                    env=dict(environment),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                processes.append(process)
                work = Work(
                    reads,
                    simulator.url,
                    institution["api_key"],
                    institution["subdomain"],
                    institution["location_ids"][0],
                    day.isoformat(),
                    SECONDS,
                )
                assert process.stdin is not None
                process.stdin.write(work.as_json())
                process.stdin.close()
                process.stdin = None
        return sum((_told(process) for process in processes), Counter())
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _told(process: "subprocess.Popen[str]") -> Counter[str]:
    try:
        told, errors = process.communicate(timeout=SECONDS + _SPARE_SECONDS)
    except subprocess.TimeoutExpired:
        raise StackError("A worker came to no end.") from None
    if not told:
        raise StackError(f"A worker cannot be run:\n{errors[-2000:]}")
    return Counter(json.loads(told))


def _print(console: Console, simulator: RunningSimulator, told: Counter[str]) -> None:
    with simulator.simulator.lock:
        came = [(one.path, one.monotonic, one.status) for one in simulator.simulator.requests if one.method == "GET"]
    table = Table(
        title=f"{len(READS) * WORKERS_EACH} workers of one NexHealth key for {SECONDS:g} s; answers: {dict(told)}",
        title_justify="left",
    )
    table.add_column("")
    for name in ("requests", "refused", "a second", "of the vendor's limit"):
        table.add_column(name, justify="right")
    for reads, (path, limit) in READS.items():
        moments = [(moment, status) for seen, moment, status in came if seen == path]
        spent = max(moments)[0] - min(moments)[0]
        refused = sum(status == HTTPStatus.TOO_MANY_REQUESTS for _, status in moments)
        a_second = (len(moments) - refused) / spent
        table.add_row(reads, str(len(moments)), str(refused), f"{a_second:.2f}", f"{a_second / limit:.0%}")
    everything = [status for _, _, status in came]
    refused = everything.count(HTTPStatus.TOO_MANY_REQUESTS)
    table.add_row("all reads", str(len(everything)), str(refused), "", "")
    console.print(table)
