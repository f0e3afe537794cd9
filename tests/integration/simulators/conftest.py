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

from tools.simulators import nexhealth
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
        told = exchange(method, f"{self.simulator.control_url}/{path}", query, encoded(body), {})
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
        return exchange(method, f"{self.simulator.url}/{path}", query or {}, encoded(body), given)


def exchange(method: str, url: str, query: dict[str, Any], body: bytes | None, headers: dict[str, str]) -> Told:
    """One request on a connection of its own; a list in `query` becomes repeated parameters."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        target = parts.path + (f"?{urlencode(query, doseq=True, quote_via=quote)}" if query else "")
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


def encoded(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


class NexHealthCaller:
    """Calls the API with the first institution's token and subdomain, and the control endpoint."""

    def __init__(self, simulator: nexhealth.RunningSimulator, subdomain: str | None = None) -> None:
        self.simulator = simulator
        self.subdomain = subdomain or simulator.subdomain
        self.headers = {"Nex-Api-Version": "v3.0.0", "Content-Type": "application/json"}
        self._token: str | None = None

    def token(self) -> str:
        if self._token is None:
            told = self.authenticate(self.simulator.api_key)
            assert told.status == 201, told.text
            self._token = told.body["data"]["token"]
        return self._token

    def renew(self) -> None:
        """Take a new token with the next request."""
        self._token = None

    def authenticate(self, key: str) -> Told:
        return exchange("POST", f"{self.simulator.url}/authenticates", {}, None, {**self.headers, "Authorization": key})

    def get(self, path: str, **query: Any) -> Told:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any, **query: Any) -> Told:
        return self.send("POST", path, query=query, body=body)

    def patch(self, path: str, body: Any, **query: Any) -> Told:
        return self.send("PATCH", path, query=query, body=body)

    def delete(self, path: str, **query: Any) -> Told:
        return self.send("DELETE", path, query=query)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Told:
        """With the subdomain, unless `query` gives another or (None) none."""
        asked = {"subdomain": self.subdomain, **(query or {})}
        asked = {name: value for name, value in asked.items() if value is not None}
        given = {**self.headers, "Authorization": f"Bearer {self.token()}", **(headers or {})}
        return exchange(method, f"{self.simulator.url}/{path}", asked, encoded(body), given)

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's document; fails the test unless it was 200."""
        told = exchange(method, f"{self.simulator.control_url}/{path}", query, encoded(body), {})
        assert told.status == 200, told.text
        return told.body

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_seconds": seconds})

    @property
    def location_id(self) -> int:
        """The first of the subdomain's."""
        held = self.simulator.simulator.account_of(self.subdomain).institutions[self.subdomain]
        return next(iter(held.locations))

    def open_slot(self, start_date: str = "2026-03-04") -> dict[str, Any]:
        """The first free hour of that day."""
        query = {"start_date": start_date, "days": 1, "lids[]": [self.location_id], "appointment_type_id": 1101}
        told = self.get("available_slots", **query)
        return next(slot for group in told.body["data"] for slot in group["slots"])

    def book(self, **changes: Any) -> Told:
        """POST an hour for the first patient in the first free place, or as `changes` say."""
        slot = {} if {"start_time", "operatory_id", "provider_id"} <= set(changes) else self.open_slot()
        appt = {
            "patient_id": 401_001_001,
            "provider_id": slot.get("provider_id"),
            "operatory_id": slot.get("operatory_id"),
            "start_time": slot.get("time"),
            "end_time": slot.get("end_time"),
            "note": "[ref 7F3KQ2]",
            **changes,
        }
        return self.post(
            "appointments",
            {"appt": {name: value for name, value in appt.items() if value is not None}},
            location_id=self.location_id,
        )

    def booked(self, **changes: Any) -> int:
        """The id of a booking that was accepted."""
        told = self.book(**changes)
        assert told.status == 201, told.text
        return int(told.body["data"]["appt"]["id"])

    def truth(self, appointment: int) -> dict[str, Any]:
        (row,) = self.control("GET", "truth/appointments", appointment_id=appointment)["appointments"]
        return dict(row)


@pytest.fixture(scope="session")
def _running() -> Iterator[RunningSimulator]:
    with running_simulator(now=MONDAY_MORNING) as running:
        yield running


@pytest.fixture
def call(_running: RunningSimulator) -> Caller:
    _running.simulator.reset()
    return Caller(_running)


@pytest.fixture(scope="session")
def _nexhealth() -> Iterator[nexhealth.RunningSimulator]:
    with nexhealth.running_simulator(now=MONDAY_MORNING, frozen=True) as running:
        yield running


@pytest.fixture
def nex(_nexhealth: nexhealth.RunningSimulator) -> NexHealthCaller:
    """The clock stands at Monday morning until a test moves it."""
    _nexhealth.simulator.reset()
    return NexHealthCaller(_nexhealth)
