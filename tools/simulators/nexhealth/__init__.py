"""A simulated NexHealth API with an EHR behind it that takes writes later; see the README beside this file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tools.simulators.nexhealth.rates import RateSettings
from tools.simulators.nexhealth.server import RunningSimulator, serving
from tools.simulators.nexhealth.simulator import InstitutionSpec, Simulator
from tools.simulators.nexhealth.switches import Switches

__all__ = [
    "InstitutionSpec",
    "RateSettings",
    "RunningSimulator",
    "Simulator",
    "Switches",
    "running_simulator",
    "serving",
]


@contextmanager
def running_simulator(
    institutions: Sequence[InstitutionSpec] = (InstitutionSpec(),),
    *,
    rates: RateSettings | None = None,
    now: datetime | None = None,
    frozen: bool = False,
    port: int = 0,
    **switches: Any,
) -> Iterator[RunningSimulator]:
    """A simulator in this process, on a free port of loopback, for as long as the block lasts.

    Rates are only counted unless `rates` is given; `now` (aware) starts its clock there, and `frozen` stops it until
    it is moved; further arguments are switches.
    """
    simulator = Simulator(
        list(institutions),
        rates=rates or RateSettings(mode="off"),
        switches=Switches().changed(switches),
        now=now,
        frozen=frozen,
    )
    with serving(simulator, port) as running:
        yield running
