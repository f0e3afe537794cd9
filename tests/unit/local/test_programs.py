"""What we start ends with us, whatever ends us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.local.failures import StackError
from tools.local.programs import GUARD, Program

PATIENCE_SECONDS = 10.0

# Starts a child in the same group, tells both ids, and would run for ever; the second ignores the polite signal.
FAMILY = """
import pathlib, signal, subprocess, sys, time, os
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
told = pathlib.Path(sys.argv[1])
told.with_suffix(".new").write_text(f"{{os.getpid()}} {{child.pid}}")
told.with_suffix(".new").replace(told)
time.sleep(600)
"""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def ended(process_id: int) -> bool:
    """Gone, or dead and not yet collected by whoever inherited it."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def family_ids(told: Path) -> list[int]:
    until(told.exists)
    return [int(word) for word in told.read_text("utf-8").split()]


def start_guard(told: Path, *options: str, stubborn: bool = False) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-c", FAMILY.format(stubborn=stubborn), str(told)]
    return subprocess.Popen([sys.executable, "-I", str(GUARD), *options, "--", *program], stdin=subprocess.PIPE)


def let_go(guard: subprocess.Popen[bytes]) -> None:
    assert guard.stdin is not None
    guard.stdin.close()
    guard.wait(PATIENCE_SECONDS)


def test_a_program_and_its_children_end_when_the_starter_lets_go(tmp_path: Path) -> None:
    guard = start_guard(tmp_path / "told")
    family = family_ids(tmp_path / "told")
    let_go(guard)
    assert all(ended(member) for member in family)


def test_a_program_deaf_to_the_polite_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    guard = start_guard(tmp_path / "told", "--grace", "0.1", stubborn=True)
    family = family_ids(tmp_path / "told")
    let_go(guard)
    assert all(ended(member) for member in family)


def test_what_is_scratch_goes_with_the_program(tmp_path: Path) -> None:
    folder, file = tmp_path / "scratch", tmp_path / "stack.json"
    (folder / "deep").mkdir(parents=True)
    file.touch()
    guard = start_guard(tmp_path / "told", "--discard", str(folder), "--discard", str(file))
    family_ids(tmp_path / "told")
    let_go(guard)
    assert not folder.exists()
    assert not file.exists()


def test_a_killed_starter_leaves_nothing_behind(tmp_path: Path) -> None:
    told = tmp_path / "told"
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "guard = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)\n"
            "time.sleep(600)",
            *[sys.executable, "-I", str(GUARD), "--", sys.executable, "-c", FAMILY.format(stubborn=False), str(told)],
        ]
    )
    family = family_ids(told)
    starter.kill()
    starter.wait()
    until(lambda: all(ended(member) for member in family))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_killed_guard_takes_its_program_along(tmp_path: Path) -> None:
    guard = start_guard(tmp_path / "told")
    program, child = family_ids(tmp_path / "told")
    guard.kill()
    guard.communicate()
    until(lambda: ended(program))
    os.kill(child, signal.SIGKILL)


def test_a_program_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = Program.start(
        "The builder",
        [sys.executable, "-c", "print('first'); print('no space left'); raise SystemExit(3)"],
        log=tmp_path / "builder.log",
        environment={},
        folder=tmp_path,
    )
    with pytest.raises(StackError, match=r"(?s)The builder failed with exit code 3.*no space left.*builder\.log"):
        program.finish(PATIENCE_SECONDS)


def test_a_program_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    program = Program.start(
        "The simulator", [sys.executable, "-c", ""], log=tmp_path / "log", environment={}, folder=tmp_path
    )
    until(lambda: not program.running)
    with pytest.raises(StackError, match="The simulator ended unexpectedly"):
        program.require_running()
    program.stop()


def test_a_program_that_takes_too_long_is_ended_and_told(tmp_path: Path) -> None:
    program = Program.start(
        "The deployer",
        [sys.executable, "-c", "import time; time.sleep(600)"],
        log=tmp_path / "log",
        environment={},
        folder=tmp_path,
    )
    with pytest.raises(StackError, match="The deployer did not end within 0 s"):
        program.finish(0.2)
    assert not program.running
