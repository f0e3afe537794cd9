"""One stack for all tests here, in a folder of its own. It starts while other tests run, and these tests come last."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.local_command import Run, copy_repository
from tests.e2e.run_stack import SERVER_FILE, STORY_FILE
from tests.e2e.world import Server, World, until
from tools.local.environments import ROOT

HERE = Path(__file__).parent
STOP_SECONDS = 60.0
START_SECONDS = 240.0
STORY_SECONDS = 360.0


class StackProcess:
    """The stack and its Open Dental server; both end with it."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="openchair-e2e-", ignore_cleanup_errors=True)
        self.folder = Path(self._scratch.name)
        self._log = self.folder / "run_stack.log"
        path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "shared")])
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.run_stack", str(self.folder)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", errors="replace")

    def require_running(self) -> None:
        assert self._process.poll() is None, self.log

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(STOP_SECONDS)
        self._scratch.cleanup()


STACK = pytest.StashKey[StackProcess]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: HERE in item.path.parents)


def pytest_collection_finish(session: pytest.Session) -> None:
    wanted = any("world" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        session.config.stash[STACK] = StackProcess()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if STACK in session.config.stash:
        session.config.stash[STACK].stop()
        del session.config.stash[STACK]


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> StackProcess:
    return request.config.stash[STACK]


@pytest.fixture(scope="session")
def world(stack: StackProcess) -> World:
    until((stack.folder / "stack.json").exists, "the stack", stack.require_running, START_SECONDS)
    told = json.loads((stack.folder / SERVER_FILE).read_text("utf-8"))
    return World(stack.folder, Server(told["url"], told["control_url"], told["pid"]))


@pytest.fixture(scope="session")
def told_story(stack: StackProcess) -> Callable[[], None]:
    """Waits until the whole story is told; fails with its words unless every check held."""

    def wait() -> None:
        end = stack.folder / STORY_FILE
        until(end.exists, "the end of the story", stack.require_running, STORY_SECONDS)
        assert json.loads(end.read_text("utf-8")) == {"held": True}, stack.log

    return wait


@pytest.fixture(scope="session")
def checkout() -> Iterator[Path]:
    """A copy of the repository in a folder with a space in its path."""
    with tempfile.TemporaryDirectory(prefix="openchair-e2e-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "check out"
        copy_repository(folder)
        yield folder


@pytest.fixture(scope="session")
def running(checkout: Path) -> Iterator[Run]:
    """`openchair local`, started from that copy."""
    run = Run(checkout)
    yield run
    run.kill()


@pytest.fixture(scope="session", autouse=True)
def _long_things_begin(request: pytest.FixtureRequest) -> None:
    """While the first tests wait for the EHR's pace, a second stack gets ready to be ended."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in ("world", "running"):
        if name in wanted:
            request.getfixturevalue(name)
