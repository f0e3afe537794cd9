"""One webhook attempt on a socket."""

import http.client
from urllib.parse import urlsplit

from tools.simulators.nexhealth.webhooks import Sending


def send(sending: Sending) -> int | None:
    """The receiver's status; None when it could not be reached or said nothing that is HTTP."""
    parts = urlsplit(sending.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=sending.timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, sending.body, sending.headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
