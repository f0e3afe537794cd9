"""A simulated Open Dental API with its vendor's quirks, throttle and faults; see the README beside this file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tools.simulators.open_dental.server import RunningSimulator, serving
from tools.simulators.open_dental.simulator import OfficeSpec, Simulator
from tools.simulators.open_dental.switches import Switches
from tools.simulators.open_dental.throttle import ThrottleSettings

__all__ = [
    "OfficeSpec",
    "RunningSimulator",
    "Simulator",
    "Switches",
    "ThrottleSettings",
    "running_simulator",
    "serving",
]


@contextmanager
def running_simulator(
    offices: Sequence[OfficeSpec] = (OfficeSpec(),),
    *,
    throttle: ThrottleSettings | None = None,
    now: datetime | None = None,
    port: int = 0,
    **switches: Any,
) -> Iterator[RunningSimulator]:
    """A simulator in this process, on a free port of loopback, for as long as the block lasts.

    Unthrottled unless `throttle` is given; `now` (aware) starts its clock there; further arguments are switches.
    """
    simulator = Simulator(
        list(offices),
        throttle=throttle or ThrottleSettings(mode="off"),
        switches=Switches().changed(switches),
        now=now,
    )
    with serving(simulator, port) as running:
        yield running
