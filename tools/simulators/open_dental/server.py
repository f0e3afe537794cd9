"""The office's API and its control endpoint on a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.simulators.common.server import RunningServer
from tools.simulators.open_dental.control import Control
from tools.simulators.open_dental.simulator import API_ROOT, Simulator


class RunningSimulator(RunningServer):
    """A simulator that listens; `stop` ends it and every open connection."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        super().__init__(simulator, Control(simulator), name="open-dental-simulator", api_root=API_ROOT, port=port)
        self.simulator = simulator

    @property
    def customer_key(self) -> str:
        return self.simulator.specs[0].customer_key

    @property
    def authorization(self) -> str:
        """The header's value for the first office."""
        return f"ODFHIR {self.simulator.developer_key}/{self.customer_key}"

    def described(self) -> dict[str, Any]:
        """What a caller needs to use it."""
        specs = self.simulator.specs
        return {
            "url": self.url,
            "control_url": self.control_url,
            "dev_key": self.simulator.developer_key,
            "cust_key": self.customer_key,
            "timezone": specs[0].timezone,
            "offices": [
                {"cust_key": spec.customer_key, "timezone": spec.timezone, "seed": spec.seed, "patients": spec.patients}
                for spec in specs
            ],
        }


@contextmanager
def serving(simulator: Simulator, port: int = 0) -> Iterator[RunningSimulator]:
    """Serve on loopback until the block ends; port 0 takes a free one."""
    running = RunningSimulator(simulator, port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
