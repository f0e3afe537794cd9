"""`openchair local` leaves nothing running or listening, however it ends, and listens on loopback only."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.local_command import BUILDING, DEPLOYING, READY, Run
from tests.e2e.processes import LOOPBACK, everywhere, listeners
from tools.cli.target import local_target

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

Start = Callable[..., Run]


def test_a_running_stack_listens_on_loopback_only_and_ends_even_when_killed_outright(running: Run) -> None:
    run = running
    run.until(READY)
    # So that a function runs too.
    services = local_target(run.stack_file).api.get("/practices/p1/services")["services"]
    processes = run.look()
    where = listeners(processes)

    run.end(signal.SIGKILL)

    assert services
    # The command; emulator, simulator and their guards; the function.
    assert len(processes) >= 6
    assert len(where) >= 2
    assert {address for address, _ in where} <= LOOPBACK
    assert not where & everywhere()


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    started: list[Run] = []

    def run(*, deaf_to_ctrl_c: bool = False) -> Run:
        started.append(Run(checkout, deaf_to_ctrl_c=deaf_to_ctrl_c))
        return started[-1]

    yield run
    for one in started:
        one.kill()


def test_ctrl_c_during_the_build_ends_all_even_in_a_background_job(start: Start) -> None:
    run = start(deaf_to_ctrl_c=True)
    run.until(BUILDING)

    code = run.end(signal.SIGINT)

    assert code == 130
    assert "Stopped; nothing is left running." in run.output
    assert "Traceback" not in run.output


def test_a_polite_kill_during_the_deployment_ends_all(start: Start) -> None:
    run = start()
    run.until(DEPLOYING)

    code = run.end(signal.SIGTERM)

    assert code == 130
    assert "Traceback" not in run.output


def test_a_build_that_fails_is_told_and_leaves_nothing(start: Start, checkout: Path) -> None:
    template = checkout / "template.yaml"
    whole = template.read_text("utf-8")
    template.write_text(whole.replace("\nResources:\n", "\nResources: [\n"), "utf-8")
    try:
        run = start()
        run.until(BUILDING)
        run.look()
        code = run.wait()
    finally:
        template.write_text(whole, "utf-8")

    assert code == 1
    assert "error: sam build failed with exit code" in run.output
    assert "The whole log: " in run.output
    assert "sam_build.log" in run.output
    assert "Traceback" not in run.output
