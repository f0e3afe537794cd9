"""Virtual environments for tools whose pins clash with ours, made when first needed.

Run as `python -m tools.local.environments sam aws` it makes them and prints their folders.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.local.failures import StackError

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("aws", "bench", "checkov", "sam")


def ensure(name: str, root: Path = ROOT) -> Path:
    """The folder of the environment's programs; made or renewed when its requirements changed.

    The stamp is a copy of the requirements the environment was made from. Raises `StackError`.
    """
    if name not in NAMES:
        raise StackError(f"There is no environment {name!r}, only {', '.join(NAMES)}.")
    requirements = root / "requirements" / f"{name}.txt"
    folder = root / f".venv-{name}"
    (root / ".local").mkdir(exist_ok=True)
    with (root / ".local" / f"venv-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "requirements.txt"
        wanted = requirements.read_bytes()
        if not (stamp.exists() and stamp.read_bytes() == wanted and _runs(folder / "bin" / "python")):
            _make(folder, requirements)
            stamp.write_bytes(wanted)
    return folder / "bin"


def uv_program() -> str:
    """The pinned uv of `.venv`, else one on the path."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise StackError("uv is missing: run `make setup`.")
    return found


def _runs(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def _make(folder: Path, requirements: Path) -> None:
    uv = uv_program()
    clean = {key: value for key, value in os.environ.items() if key not in {"PYENV_VERSION", "VIRTUAL_ENV"}}
    clean["UV_PYTHON_DOWNLOADS"] = "never"
    python = folder / "bin" / "python"
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, folder],
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, requirements],
    )
    for command in commands:
        done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(f"{folder.name} could not be made from {requirements.name}:\n{done.stderr.strip()}")


if __name__ == "__main__":
    for wanted_name in sys.argv[1:]:
        try:
            print(ensure(wanted_name))
        except StackError as failure:
            sys.exit(str(failure))
