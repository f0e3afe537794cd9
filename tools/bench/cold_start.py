"""Cold starts: the init of each built handler on Lambda's own Runtime Interface Emulator, beside a plain stack.

All variants take turns within one run, so that the ratios hold on a machine whose speed drifts. `plain` is
`plain_handler.py` on the same versions of boto3, Powertools, pydantic and requests, installed as they come (no
`.pyc`, as `sam build` leaves them) and once more compiled. `first use` adds what a plain stack does at import and
ours when first asked: making the AWS clients.
"""

import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess  # nosec B404
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.local import environments
from tools.local.failures import StackError
from tools.local.stack import ARCHITECTURES, tool_environment

ROUNDS = 7
START_SECONDS = 20.0
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_PLAIN_PACKAGES = ("boto3", "aws-lambda-powertools", "pydantic", "requests")
# Makes the clients of ours that the plain stack has made by the time its import is over.
_FIRST_USE = """
from {module} import lambda_handler
from openchair.store import aws, tables
tables.PracticeItem._get_connection().connection.client
aws.sqs(), aws.secrets_manager()
"""


@dataclass(frozen=True)
class Variant:
    name: str
    folder: Path
    layer: Path
    handler: str = "handler.lambda_handler"


def main(rounds: int = ROUNDS) -> None:
    """Measures and prints. Raises `StackError` when something cannot be built or started."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="cold-start-") as scratch:
        with console.status("building ours and the plain stack"):
            variants = _variants(Path(scratch))
            emulator, runtime = _emulator(), environments.ensure("bench")
        found: dict[str, list[float]] = {variant.name: [] for variant in variants}
        for turn in range(rounds):
            for variant in variants:
                with console.status(f"round {turn + 1} of {rounds}: {variant.name}"):
                    found[variant.name].append(init_milliseconds(variant, emulator, runtime))
    _print(console, {name: statistics.median(times) for name, times in found.items()}, rounds)


def init_milliseconds(variant: Variant, emulator: Path, runtime: Path) -> float:
    """Init of one fresh process, as the emulator reports it at the first invocation."""
    with _running(variant, emulator, runtime) as (url, log):
        request = urllib.request.Request(url, data=b"{}", method="POST")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(request, timeout=START_SECONDS).read()  # nosec B310
                break
            except urllib.error.HTTPError:
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        while time.monotonic() < deadline:
            if reported := _INIT.search(log.read_text("utf-8", "replace")):
                return float(reported[1])
            time.sleep(0.02)
        raise StackError(f"{variant.name} told no init duration:\n{log.read_text('utf-8', 'replace')[-2000:]}")


@contextmanager
def _running(variant: Variant, emulator: Path, runtime: Path) -> Iterator[tuple[str, Path]]:
    port, api_port = _free_port(), _free_port()
    site = next((runtime.parent / "lib").glob("python3*/site-packages"))
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": tempfile.gettempdir(),
        "LANG": "C.UTF-8",
        "LAMBDA_TASK_ROOT": str(variant.folder),
        "AWS_LAMBDA_FUNCTION_NAME": "cold-start",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "29",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "PRACTICES_TABLE": "practices",
        "_HANDLER": variant.handler,
        # Where Lambda keeps code nothing can be written, so nothing may be cached here either.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(variant.folder), str(variant.layer / "python"), str(site)]),
    }
    with tempfile.NamedTemporaryFile(prefix="rie-", suffix=".log") as log:
        process = subprocess.Popen(  # nosec B603
            [
                emulator,
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{port}",
                "--runtime-api-address",
                f"127.0.0.1:{api_port}",
                "--log-level",
                "info",
                runtime / "python",
                "-m",
                "awslambdaric",
                variant.handler,
            ],
            cwd=variant.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", Path(log.name)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The emulator and the runtime it started: one process group of our own making."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _variants(scratch: Path) -> list[Variant]:
    build = scratch / "build"
    sam = environments.ensure("sam")
    folders: list[str | Path] = ["--build-dir", build, "--cache-dir", scratch / "cache"]
    architecture = f"Architecture={ARCHITECTURES[platform.machine().lower()]}"
    _run([sam / "sam", "build", *folders, "--parameter-overrides", architecture])
    layer = build / "SharedLayer"
    ours = [Variant(path.parent.name, path.parent, layer) for path in sorted(build.glob("*/handler.py"))]
    for name in ("FindSlots", "SubmitTasks"):
        (build / name / "first_use.py").write_text(_FIRST_USE.format(module="handler"), "utf-8")
        ours.append(Variant(f"{name}, first use", build / name, layer, "first_use.lambda_handler"))
    return [*ours, *_plain(scratch)]


def _plain(scratch: Path) -> list[Variant]:
    folder = scratch / "plain"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("plain_handler.py"), folder / "handler.py")
    as_it_comes, compiled = scratch / "as_it_comes", scratch / "compiled"
    pinned = (environments.ROOT / "requirements" / "dev.txt").read_text("utf-8")
    wanted = [found[0] for name in _PLAIN_PACKAGES if (found := re.search(rf"^{name}==[^\s;\\]+", pinned, re.M))]
    uv = environments.uv_program()
    _run([uv, "pip", "install", "--quiet", "--target", as_it_comes / "python", "--python", sys.executable, *wanted])
    shutil.copytree(as_it_comes, compiled)
    _run([sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(compiled / "python")])
    return [Variant("plain, no .pyc", folder, as_it_comes), Variant("plain, .pyc", folder, compiled)]


def _print(console: Console, medians: Mapping[str, float], rounds: int) -> None:
    table = Table(title=f"Init in milliseconds, median of {rounds} fresh processes each")
    for heading in ("handler", "init", "of plain, no .pyc", "of plain, .pyc"):
        table.add_column(heading, justify="left" if heading == "handler" else "right")
    for name, milliseconds in medians.items():
        ratios = [milliseconds / medians[f"plain, {kind}"] for kind in ("no .pyc", ".pyc")]
        table.add_row(name, f"{milliseconds:.0f}", *(f"{ratio:.2f}" for ratio in ratios))
    console.print(table)
    print(json.dumps({name: round(milliseconds, 1) for name, milliseconds in medians.items()}))


def _emulator() -> Path:
    kind = ARCHITECTURES[platform.machine().lower()]
    found = list((environments.ensure("sam").parent / "lib").glob(f"*/site-packages/samcli/local/rapid/*rie-{kind}"))
    if not found:
        raise StackError("The SAM CLI brings no Runtime Interface Emulator for this machine.")
    found[0].chmod(0o755)
    return found[0]


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(  # nosec B603
        command,
        cwd=environments.ROOT,
        env=tool_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"{Path(command[0]).name} failed:\n{done.stdout}\n{done.stderr}".strip())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
