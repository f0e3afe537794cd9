"""What tests of the NexHealth client share: a practice of two locations behind one key, and rows as the vendor's."""

import json
import math
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

from openchair.clients.audit import EhrCall
from openchair.clients.factory import EhrClients
from openchair.clients.nexhealth import NexHealthClient
from openchair.models.practice import Practice, PracticeRecord
from tests.clients.support import Addresses
from tests.clock import VirtualClock
from tests.memory_store import MemoryLimits, MemoryTokens

BASE = "http://127.0.0.1:9"
API_KEY = "NexKeyCanary5T"


def jwt(expires_at: float) -> str:
    def part(content: Mapping[str, Any]) -> str:
        return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part({'exp': expires_at})}.signature"


class Keys:
    def __init__(self) -> None:
        self.current = {"apiKey": API_KEY}

    def keys(self, secret_name: str, fresh: bool = False) -> Mapping[str, str]:
        return self.current


class Bench:
    """A client with everything around it in reach; its key is exchanged at `responses`."""

    def __init__(self, deadline: float = math.inf, location_ids: tuple[str, ...] = ("1",), **settings: Any) -> None:
        self.clock = VirtualClock()
        self.keys = Keys()
        self.audit: list[EhrCall] = []
        self.practice = Practice.model_validate(
            {
                "id": "p2",
                "name": "Birch Dental",
                "timezone": "America/New_York",
                "ehr": "NEXHEALTH",
                "nexhealth": {
                    "api_key_secret_name": "practice-p2-nexhealth-api-key",
                    "subdomain": "birch",
                    "location_ids": location_ids,
                    **settings,
                },
            }
        )
        self.tokens = MemoryTokens(self.clock)
        self._clients = EhrClients(
            self.keys,
            MemoryLimits(),
            self.tokens,
            lambda: Addresses(nexhealth_base_url=BASE),
            self.clock,
            self.audit.append,
        )
        self.client = self.client_of(self.practice, deadline)
        self.gives_token()

    def client_of(self, practice: Practice, deadline: float = math.inf) -> NexHealthClient:
        client = self._clients.client(PracticeRecord(practice, 1, "account-2"), deadline)
        assert isinstance(client, NexHealthClient)
        return client

    def gives_token(self, lasts: float = 3600.0) -> str:
        token = jwt(self.clock.now().timestamp() + lasts)
        responses.upsert(responses.POST, f"{BASE}/authenticates", json=ok({"token": token}), status=201)
        return token

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(call.operation, call.outcome) for call in self.audit]


def ok(data: Any, **more: Any) -> dict[str, Any]:
    return {"code": True, "description": None, "error": [], "data": data, **more}


def page(rows: list[dict[str, Any]], end_cursor: str | None = None) -> dict[str, Any]:
    info = {"has_previous_page": False, "has_next_page": end_cursor is not None, "end_cursor": end_cursor or "Z"}
    return ok(rows, page_info={**info, "start_cursor": "A"})


def refusal(*texts: str) -> dict[str, Any]:
    return {"code": False, "description": None, "error": list(texts), "data": None}


def appointment_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1822,
        "patient_id": 2897,
        "provider_id": 104,
        "provider_name": "Dr. Birchwood",
        "start_time": "2026-03-04T14:00:00.000Z",
        "end_time": "2026-03-04T14:30:00.000Z",
        "confirmed": False,
        "patient_missed": False,
        "created_at": "2026-03-01T10:00:00.000Z",
        "updated_at": "2026-03-01T10:00:00.000Z",
        "note": "[ref 7F3KQ2] Prefers mornings",
        "unavailable": False,
        "cancelled": False,
        "timezone": "America/New_York",
        "institution_id": 1,
        "appointment_type_id": None,
        "location_id": 1,
        "foreign_id": None,
        "foreign_id_type": None,
        "last_sync_time": None,
        "operatory_id": 181,
        "checked_out": False,
        "timezone_offset": "-5:00",
        **changes,
    }


def patient_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 415,
        "email": "canary.quillmoor@example.org",
        "first_name": "Canarina",
        "last_name": "Quillmoor",
        "name": "Canarina Quillmoor",
        "foreign_id": "100437",
        "inactive": False,
        "bio": {
            "date_of_birth": "1964-05-03",
            "phone_number": "5163042196",
            "new_patient": False,
            "non_patient": False,
        },
        **changes,
    }


def queries() -> list[dict[str, list[str]]]:
    """Of every request but those for tokens."""
    urls = [urlsplit(call.request.url or "") for call in responses.calls]
    return [parse_qs(url.query) for url in urls if url.path != "/authenticates"]
