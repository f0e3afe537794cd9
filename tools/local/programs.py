"""Programs we start: each under its guard, in a process group of its own, with its output in a log."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tools.local.failures import StackError

GUARD = Path(__file__).with_name("guard.py")
GRACE_SECONDS = 3.0
# Time to remove what is discarded, on a busy machine.
CLEANING_SECONDS = 15.0


class Program:
    """A running program. Ends with us, whatever ends us."""

    def __init__(self, name: str, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        discard: Sequence[Path] = (),
    ) -> Self:
        """Starts the program; `discard` names what is removed once it has ended."""
        removals = [part for path in discard for part in ("--discard", str(path))]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", GUARD, "--grace", str(GRACE_SECONDS), *removals, "--", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
        return cls(name, log, process)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def finish(self, timeout: float) -> None:
        """Waits until the program has ended well. Raises `StackError` with the end of its log otherwise."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as expired:
            self.stop()
            raise StackError(f"{self.name} did not end within {timeout:.0f} s.", self.log) from expired
        self.ask_to_stop()
        if code != 0:
            raise StackError(f"{self.name} failed with exit code {code}.", self.log)

    def require_running(self) -> None:
        """Raises `StackError` when the program has ended."""
        if not self.running:
            raise StackError(f"{self.name} ended unexpectedly with exit code {self._process.returncode}.", self.log)

    def ask_to_stop(self) -> None:
        """Lets go of the lifeline; does not wait."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def stop(self) -> None:
        """Ends the program and all it started."""
        self.ask_to_stop()
        try:
            self._process.wait(GRACE_SECONDS + CLEANING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def inherited(*names: str) -> dict[str, str]:
    """Those of our environment variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}
