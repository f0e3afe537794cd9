"""`openchair local` as a person runs it, from a copy of the repository, and what must be gone when it has ended."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.e2e.processes import Process, processes_of
from tests.e2e.world import until
from tools.local.environments import ROOT, ensure
from tools.local.guard import die_with_guard

PARTS = ("functions", "layers", "requirements", "tools", "pyproject.toml", "samconfig.toml", "template.yaml")
OPENCHAIR = "import sys; from tools.cli.main import main; sys.exit(main())"
GONE_WITHIN_SECONDS = 30.0
BUILDING, DEPLOYING, READY = "build the template and the layer ...", "deploy the template ...", "Ctrl-C stops it."


def _before(deaf_to_ctrl_c: bool) -> None:
    """It ends with the tests, whatever ends them; and a shell without job control starts its background jobs deaf."""
    die_with_guard()
    if deaf_to_ctrl_c:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class Run:
    """`openchair local`, from a copy of the repository whose path holds a space."""

    def __init__(self, folder: Path, *, deaf_to_ctrl_c: bool = False) -> None:
        self.folder = folder
        self.stack_file = folder / ".local" / "stack.json"
        self._output = folder / "output.txt"
        self._seen: set[Process] = set()
        self._scratch = folder / ".local" / "emulator"
        path = os.pathsep.join([str(folder), str(folder / "layers" / "shared")])
        hidden = {"OPENDENTAL_API_BASE_URL", "PYENV_VERSION"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", OPENCHAIR, "local"],
                cwd=folder,
                env={**kept, "PYTHONPATH": path, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(_before, deaf_to_ctrl_c),
            )

    @property
    def output(self) -> str:
        return self._output.read_text("utf-8")

    def until(self, text: str) -> None:
        until(lambda: text in self.output, text, self._require_running)

    def look(self) -> set[Process]:
        """All of its processes; remembered, to look for them when it has ended."""
        link = self.folder / ".local" / "emulator"
        self._scratch = link.resolve() if link.is_symlink() else self._scratch
        self._seen |= processes_of(self._process.pid, self.folder, self._scratch)
        return self._seen

    def end(self, number: signal.Signals) -> int:
        """Its exit code. Fails unless all of it is gone in time."""
        self.look()
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        began = time.monotonic()
        code = self._process.wait(GONE_WITHIN_SECONDS)
        until(lambda: not self._left(), "its processes to end", seconds=GONE_WITHIN_SECONDS)
        assert time.monotonic() - began < GONE_WITHIN_SECONDS
        assert not self.stack_file.exists()
        assert not (self.folder / ".local" / "emulator").is_symlink()
        assert not self._scratch.exists(), "the emulator's scratch folder is left"
        return code

    def kill(self) -> None:
        """Whatever a failed test left."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def _left(self) -> set[Process]:
        anew = processes_of(self._process.pid, self.folder)
        return {process for process in self._seen | anew if process.lives}

    def _require_running(self) -> None:
        assert self._process.poll() is None, self.output


def copy_repository(folder: Path) -> None:
    """What the stack is built from, with our environments of its tools."""
    folder.mkdir()
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for name in ("aws", "sam"):
        (folder / f".venv-{name}").symlink_to(ensure(name).parent, target_is_directory=True)
