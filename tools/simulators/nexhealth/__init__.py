"""A NexHealth server for tests and trials: asynchronous writes, and the practice's own system behind them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from tools.simulators.nexhealth.server import RunningSimulator, serving
from tools.simulators.nexhealth.simulator import API_KEY, Simulator, TenantSpec

__all__ = ["API_KEY", "RunningSimulator", "Simulator", "TenantSpec", "running_nexhealth", "serving"]


@contextmanager
def running_nexhealth(
    tenants: Sequence[TenantSpec] = (TenantSpec(),),
    *,
    now: datetime | None = None,
    port: int = 0,
    token_seconds: float = 3600.0,
    is_throttled: bool = True,
) -> Iterator[RunningSimulator]:
    """A simulator in this process, on a free port of loopback, for as long as the block lasts."""
    simulator = Simulator(tenants, now=now, token_seconds=token_seconds, is_throttled=is_throttled)
    with serving(simulator, port) as running:
        yield running
