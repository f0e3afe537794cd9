"""The API and its control endpoint on a socket, with a thread that lets time pass."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.simulators.common.server import RunningServer
from tools.simulators.nexhealth.control import Control
from tools.simulators.nexhealth.simulator import Simulator

_TICK_SECONDS = 0.02


class RunningSimulator(RunningServer):
    """A simulator that listens; `stop` ends it and every open connection."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        super().__init__(simulator, Control(simulator), name="nexhealth-simulator", api_root="", port=port)
        self.simulator = simulator
        self._stopped = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="nexhealth-clock", daemon=True)

    @property
    def api_key(self) -> str:
        return self.simulator.specs[0].api_key

    @property
    def subdomain(self) -> str:
        return self.simulator.specs[0].subdomain

    @property
    def location_ids(self) -> list[str]:
        """The first institution's."""
        return [str(number) for number in self.simulator.first_institution.locations]

    def start(self) -> None:
        super().start()
        self._ticking.start()

    def stop(self) -> None:
        self._stopped.set()
        self._ticking.join()
        super().stop()

    def described(self) -> dict[str, Any]:
        """What a caller needs to use it."""
        institutions = []
        for spec in self.simulator.specs:
            held = self.simulator.account_of(spec.subdomain).institutions[spec.subdomain]
            institutions.append(
                {
                    "subdomain": spec.subdomain,
                    "api_key": spec.api_key,
                    "timezone": spec.timezone,
                    "seed": spec.seed,
                    "patients": spec.patients,
                    "ehr": spec.ehr,
                    "location_ids": [str(number) for number in held.locations],
                }
            )
        return {
            "url": self.url,
            "control_url": self.control_url,
            "api_key": self.api_key,
            "subdomain": self.subdomain,
            "timezone": self.simulator.specs[0].timezone,
            "institutions": institutions,
        }

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            self.simulator.pump()


@contextmanager
def serving(simulator: Simulator, port: int = 0) -> Iterator[RunningSimulator]:
    """Serve on loopback until the block ends; port 0 takes a free one."""
    running = RunningSimulator(simulator, port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
