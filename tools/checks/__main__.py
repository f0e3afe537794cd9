"""`python -m tools.checks`: validates, builds, translates and checks; ends with 1 at the first failure."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.local import environments
from tools.local.failures import StackError
from tools.local.stack import ARCHITECTURES, tool_environment

ROOT = environments.ROOT
BUILD = ROOT / ".aws-sam"
HOST_BUILD = BUILD / "host"
CHECKOV_SETTINGS = Path(__file__).with_name("checkov.yaml")


def run(what: str, command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    """Runs one check and tells how it went; its output is shown only when it fails. Raises `StackError`."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=tool_environment() if environment is None else environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {time.monotonic() - started:5.1f} s  {what}", flush=True)
    if done.returncode != 0:
        raise StackError(f"{done.stdout}\n{done.stderr}".strip())


def check() -> None:
    """All checks, cheapest first."""
    programs = Path(sys.executable).parent
    sam, checkov = environments.ensure("sam"), environments.ensure("checkov")
    template, translated = ROOT / "template.yaml", BUILD / "translated.json"
    BUILD.mkdir(exist_ok=True)
    host = [f"Architecture={ARCHITECTURES[platform.machine().lower()]}"]
    folders = ["--build-dir", str(HOST_BUILD / "build"), "--cache-dir", str(HOST_BUILD / "cache")]

    run("sam validate --lint", [sam / "sam", "validate", "--lint"])
    run("translate to CloudFormation", [sam / "python", "-I", "tools/checks/translate.py", template, translated])
    run("cfn-lint, translated", [programs / "cfn-lint", translated])
    run("checkov, translated", [checkov / "checkov", "-f", translated, "--config-file", CHECKOV_SETTINGS])
    run("sam build, as deployed by default", [sam / "sam", "build"])
    run("sam build, for this machine", [sam / "sam", "build", *folders, "--parameter-overrides", *host])
    layer = HOST_BUILD / "build" / "SharedLayer"
    for function in sorted(path.parent for path in (HOST_BUILD / "build").glob("*/handler.py")):
        isolated = [sys.executable, "-I", "-S", "tools/checks/imports.py"]
        command = [*isolated, str(function), str(layer), "handler.lambda_handler"]
        run(f"import {function.name} from the build", command, environment={})


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        check()
    except StackError as failure:
        sys.exit(str(failure))
