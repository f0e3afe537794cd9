"""Where the simulator listens: the API and the control endpoint on one port."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tools.simulators.nexhealth.control import Control
from tools.simulators.nexhealth.simulator import Simulator
from tools.simulators.sockets import HOST, LoopbackServer, Reply

_CONTROL_ROOT = "/_control"


class RunningSimulator:
    """A simulator that listens; `stop` ends it and every open connection."""

    def __init__(self, simulator: Simulator, port: int = 0) -> None:
        self.simulator = simulator
        self._control = Control(simulator)
        self._server = LoopbackServer(port, self._answer, "NexHealthSimulator")
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="nexhealth-simulator")

    @property
    def control_url(self) -> str:
        return self.url + _CONTROL_ROOT

    def _answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path.startswith(f"{_CONTROL_ROOT}/"):
            return self._control.handle(method, path.removeprefix(_CONTROL_ROOT), query, body)
        return self.simulator.handle(method, path, query, headers, body)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()

    def described(self) -> dict[str, Any]:
        """What a caller needs to use it."""
        with self.simulator.lock:
            tenants = [
                {
                    "subdomain": tenant.subdomain,
                    "timezone": tenant.timezone,
                    "location_ids": [str(one) for one in tenant.locations],
                }
                for tenant in self.simulator.tenants.values()
            ]
        return {"url": self.url, "control_url": self.control_url, "api_key": self.simulator.api_key, "tenants": tenants}


@contextmanager
def serving(simulator: Simulator, port: int = 0) -> Iterator[RunningSimulator]:
    """Serve on loopback until the block ends; port 0 takes a free one."""
    running = RunningSimulator(simulator, port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
