"""An API key: what it opens, its tokens, its rate, its webhooks."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tools.simulators.nexhealth.ehr import Ehr
from tools.simulators.nexhealth.institution import Institution, Settings
from tools.simulators.nexhealth.rates import Rates
from tools.simulators.nexhealth.rows import API_USER
from tools.simulators.nexhealth.webhooks import Hub


@dataclass
class Account:
    """Access only under the server's lock."""

    api_key: str
    settings: Settings
    rates: Rates
    hub: Hub
    institutions: dict[str, Institution] = field(default_factory=dict)
    ehrs: dict[str, Ehr] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    enabled: bool = True
    forbidden_locations: set[int] = field(default_factory=set)
    issued: int = 0

    def institution_of_location(self, number: int) -> Institution | None:
        return next((one for one in self.institutions.values() if number in one.locations), None)

    def issue_token(self, now: datetime) -> str:
        """A JWT, HS256, signed with a secret that clients do not know; it opens what this key opens until `exp`."""
        self.issued += 1
        expires = now + timedelta(seconds=self.settings.switches.token_lifetime_seconds)
        digest = hashlib.sha256(f"{self.api_key}/{self.issued}".encode()).digest()
        claims = {
            "sub": str(API_USER),
            "scp": "api_user",
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "jti": str(UUID(bytes=digest[:16], version=4)),
        }
        signed = f"{_part({'alg': 'HS256'})}.{_part(claims)}"
        mark = hmac.new(digest, signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{_base64(mark)}"
        self.tokens[token] = expires
        return token

    def expire_tokens(self) -> int:
        """End every token now; returns how many there were."""
        ended = len(self.tokens)
        self.tokens.clear()
        return ended

    def knows(self, token: str, now: datetime) -> bool:
        expires = self.tokens.get(token)
        return self.enabled and expires is not None and now < expires


def _part(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
