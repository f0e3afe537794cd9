"""From an API key to a token that lives an hour (NexHealth, "Authentication")."""

import json
import math
from base64 import urlsafe_b64decode
from collections.abc import Mapping

from openchair.clients.nexhealth.answers import token_of
from openchair.clients.tokens import NewToken
from openchair.clients.transport import Transport
from openchair.clients.wire import EhrRequest
from openchair.models.practice import NexHealthSettings
from openchair.ports import Clock

_LIFE = 3000.0
"""Seconds a token is used that does not tell its end."""

_SECONDS = 25.0


def version_headers(settings: NexHealthSettings) -> Mapping[str, str]:
    return {"Nex-Api-Version": settings.api_version, "Accept": "application/vnd.Nexhealth+json;version=2"}


def authenticate(transport: Transport, fingerprint: str, clock: Clock, deadline: float = math.inf) -> NewToken:
    """A POST that changes nothing: whoever repeats it has one more token. `transport` carries the bare key.

    Takes 25 seconds at most, and no longer than until `deadline` (the clock's `monotonic`).
    """
    request = EhrRequest("authenticate", "POST", "authenticates", changes_nothing=True)
    token = transport.send(request, token_of, min(clock.monotonic() + _SECONDS, deadline))
    return NewToken(token, fingerprint, _end_of(token) or clock.now().timestamp() + _LIFE)


def _end_of(token: str) -> float | None:
    """`exp` of a JWT, which is read and not checked: the vendor decides what it takes."""
    try:
        body = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, ValueError, TypeError):
        return None
