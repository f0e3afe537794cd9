"""Runs one program that must not outlive us: `python -I guard.py [--grace S] [--discard PATH]... -- PROGRAM...`.

Standard input is the lifeline, a pipe whose other end the starter holds. When it closes (the starter ended, however
that came), or on SIGTERM, the program and all of its process group are ended, and what was to be discarded is removed.
"""

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
# What was killed may take a moment to be gone, and must be before its folder goes.
DYING_SECONDS = 2.0


def die_with_guard() -> None:
    """Should the guard itself be killed outright, the kernel kills the program."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_group(child: subprocess.Popen[bytes], grace: float) -> None:
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, DYING_SECONDS)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and (child.poll() is None or group_lives(child.pid)):
            time.sleep(0.02)
    child.wait()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--grace", type=float, default=5.0)
    parser.add_argument("--discard", type=Path, action="append", default=[])
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()

    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    asked_to_end = False

    def end(_number: int, _frame: object) -> None:
        nonlocal asked_to_end
        asked_to_end = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    child = subprocess.Popen(
        options.program, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_guard
    )
    while child.poll() is None and not asked_to_end:
        ready, _, _ = select.select([sys.stdin.fileno(), woken], [], [])
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 1024):
            break
        if woken in ready:
            os.read(woken, 1024)
    end_group(child, options.grace)
    for path in options.discard:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
