"""One simulator for all tests here, put back to its start before each; and a plain HTTP caller that knows no client."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest

from tools.simulators.open_dental import RunningSimulator, running_simulator

DENVER = ZoneInfo("America/Denver")
MONDAY_MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=DENVER)


@dataclass(frozen=True)
class Told:
    """An answer: `body` is its JSON, or its text where that is no JSON."""

    status: int
    body: Any
    headers: dict[str, str]
    text: str


class Caller:
    """Calls the API with the first office's key, and the control endpoint."""

    def __init__(self, simulator: RunningSimulator, authorization: str | None = None) -> None:
        self.simulator = simulator
        self._authorization = authorization or simulator.authorization

    def get(self, path: str, **query: Any) -> Told:
        return self.send("GET", path, query=query)

    def post(self, path: str, **body: Any) -> Told:
        return self.send("POST", path, body=body)

    def put(self, path: str, **body: Any) -> Told:
        return self.send("PUT", path, body=body)

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's document; fails the test unless it was 200."""
        told = self._exchange(method, f"{self.simulator.control_url}/{path}", query, _encoded(body), {})
        assert told.status == 200, told.text
        return told.body

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Told:
        given = {"Authorization": self._authorization, "Content-Type": "application/json", **(headers or {})}
        return self._exchange(method, f"{self.simulator.url}/{path}", query or {}, _encoded(body), given)

    def _exchange(
        self, method: str, url: str, query: dict[str, Any], body: bytes | None, headers: dict[str, str]
    ) -> Told:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            target = parts.path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            document = json.loads(text)
        except ValueError:
            document = text
        return Told(response.status, document, dict(response.getheaders()), text)


def _encoded(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


@pytest.fixture(scope="session")
def _running() -> Iterator[RunningSimulator]:
    with running_simulator(now=MONDAY_MORNING) as running:
        yield running


@pytest.fixture
def call(_running: RunningSimulator) -> Caller:
    _running.simulator.reset()
    return Caller(_running)
