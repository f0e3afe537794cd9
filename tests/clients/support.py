"""What the client tests share: one practice on Open Dental, its keys, and an audit that remembers."""

import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

from openchair.clients.audit import EhrCall
from openchair.clients.factory import EhrClients
from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.wire import Timeouts
from openchair.models.practice import Practice, PracticeRecord
from tests.clock import VirtualClock
from tests.memory_store import MemoryLimits, MemoryTokens

BASE = "http://127.0.0.1:9/api/v1"
DEVELOPER_KEY = "DevKeyCanary7Q"
CUSTOMER_KEY = "CustKeyCanary8R"


class RealClock:
    """For what only real time shows; everything else has a virtual clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Keys:
    """A key store whose keys can be changed; `fetches` tells how each was asked for."""

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        self.current = {"devKey": DEVELOPER_KEY, "custKey": CUSTOMER_KEY} if custom is None else dict(custom)
        self.after_fetch: dict[str, str] | None = None
        self.fetches: list[bool] = []

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        self.fetches.append(fresh)
        if fresh and self.after_fetch is not None:
            self.current = self.after_fetch
        return self.current


class Addresses:
    def __init__(self, open_dental_base_url: str = BASE, nexhealth_base_url: str = BASE) -> None:
        self.open_dental_base_url = open_dental_base_url
        self.nexhealth_base_url = nexhealth_base_url


def practice(booking: Mapping[str, Any] | None = None, **settings: Any) -> Practice:
    return Practice.model_validate(
        {
            "booking": booking or {},
            "id": "p1",
            "name": "Aspen Dental House",
            "timezone": "America/Denver",
            "ehr": "OPEN_DENTAL",
            "open_dental": {"api_key_secret_name": "practice-p1-opendental-api-key", **settings},
        }
    )


class Bench:
    """A client with everything around it in reach."""

    def __init__(
        self,
        base_url: str = BASE,
        *,
        timeouts: Timeouts | None = None,
        deadline: float = math.inf,
        clock: Any = None,
        keys: Keys | None = None,
        **settings: Any,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.keys = keys or Keys()
        self.limits = MemoryLimits()
        self.audit: list[EhrCall] = []
        self.practice = practice(**settings)
        self._clients = EhrClients(
            self.keys,
            self.limits,
            MemoryTokens(self.clock),
            lambda: Addresses(base_url),
            self.clock,
            self.audit.append,
            timeouts=timeouts,
        )
        self.client = self.until(deadline)

    def until(self, deadline: float) -> OpenDentalClient:
        client = self._clients.client(PracticeRecord(self.practice, 1, "account-1"), deadline)
        assert isinstance(client, OpenDentalClient)
        return client

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.audit]


def queries(mock: responses.RequestsMock) -> list[dict[str, str]]:
    """The query of every request so far."""
    return [
        {name: values[0] for name, values in parse_qs(urlsplit(call.request.url or "").query).items()}
        for call in mock.calls
    ]


def sent_body(mock: responses.RequestsMock, index: int = -1) -> dict[str, Any]:
    """The JSON body of one request."""
    body: dict[str, Any] = json.loads(mock.calls[index].request.body or "{}")
    return body


def appointment_row(**changes: Any) -> dict[str, Any]:
    return {
        "serverDateTime": "2026-03-02 09:00:00",
        "AptNum": 34,
        "PatNum": 7,
        "AptStatus": "Scheduled",
        "Pattern": "/XX/",
        "Confirmed": 19,
        "confirmed": "Not Called",
        "TimeLocked": "false",
        "Op": 3,
        "Note": "",
        "ProvNum": 1,
        "provAbbr": "DOC1",
        "ProvHyg": 0,
        "AptDateTime": "2026-03-02 09:00:00",
        "NextAptNum": 0,
        "UnschedStatus": 0,
        "unschedStatus": "",
        "IsNewPatient": "false",
        "ProcDescript": "Exam",
        "ClinicNum": 0,
        "IsHygiene": "false",
        "DateTStamp": "2026-02-20 10:11:12",
        "DateTimeArrived": "2026-03-02 00:00:00",
        "AppointmentTypeNum": 0,
        "Priority": "Normal",
        "PatternSecondary": "////",
        **changes,
    }


def patient_row(**changes: Any) -> dict[str, Any]:
    return {
        "PatNum": 7,
        "LName": "Canarsson",
        "FName": "Alva",
        "MiddleI": "",
        "Preferred": "",
        "PatStatus": "Patient",
        "Birthdate": "1984-05-06",
        "HmPhone": "(303)555-0101",
        "WkPhone": "",
        "WirelessPhone": "",
        "Email": "alva@example.org",
        **changes,
    }
