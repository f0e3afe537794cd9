"""Where the simulator listens: the API and the control endpoint on one port."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tools.simulators.open_dental.control import Control
from tools.simulators.open_dental.simulator import API_ROOT, Simulator
from tools.simulators.sockets import HOST, LoopbackServer, Reply

_CONTROL_ROOT = "/_control"


class RunningSimulator:
    """A simulator that listens; `stop` ends it and every open connection."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        self.simulator = simulator
        self._control = Control(simulator)
        self._server = LoopbackServer(port, self._answer, "OpenDentalSimulator")
        self._root = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="open-dental-simulator")

    @property
    def url(self) -> str:
        return self._root + API_ROOT

    @property
    def control_url(self) -> str:
        return self._root + _CONTROL_ROOT

    @property
    def customer_key(self) -> str:
        return self.simulator.specs[0].customer_key

    @property
    def authorization(self) -> str:
        """The header's value for the first office."""
        return f"ODFHIR {self.simulator.developer_key}/{self.customer_key}"

    def _answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path.startswith(f"{_CONTROL_ROOT}/"):
            return self._control.handle(method, path.removeprefix(_CONTROL_ROOT), query, body)
        if path.startswith(f"{API_ROOT}/"):
            return self.simulator.handle(method, path.removeprefix(API_ROOT), query, headers, body, self.url)
        return Reply(404)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()

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
