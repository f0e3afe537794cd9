"""Libraries that people would use instead, each in an environment of its own for the time of a run."""

import subprocess  # nosec B404
import sys
from pathlib import Path

from tools.local import environments
from tools.local.failures import StackError
from tools.local.stack import tool_environment

SDK = "opendental-sdk==3.0.1"


def sdk_environment(scratch: Path) -> Path:
    """The Python of an environment for this run that holds the other client."""
    folder, uv = scratch / "sdk", environments.uv_program()
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", SDK],
    )
    for command in commands:
        done = subprocess.run(  # nosec B603
            command, env=tool_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError(f"{SDK} could not be installed:\n{done.stderr.strip()}")
    return folder / "bin" / "python"
