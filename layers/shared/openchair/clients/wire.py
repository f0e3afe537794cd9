"""One HTTP exchange with an EHR: sessions, connections, bodies. The only importer of `requests`."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter

from openchair.errors import EhrError, EhrOutcomeUnknown, EhrUnavailable, EhrUnreachable
from openchair.ports import Clock

LARGEST_BODY = 16_000_000
"""Bytes after decompression."""

USER_AGENT = "OpenChair/0.2.0"
"""Front ends of vendors refuse what a library calls itself."""

_LONGEST_RETRY_AFTER = 900.0

# Its warnings quote whole URLs, and a search by name is a URL.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. A write waits longer than the vendor's own limit of 60, so that a lost answer is rare."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 65.0


@dataclass(frozen=True, slots=True)
class EhrRequest:
    """`path` below the base URL, each part already percent-encoded. A list in `query` is sent once for each value.

    A GET is a read, and so is what changes nothing though it is a POST (`changes_nothing`); all else is a write.
    """

    operation: str
    method: str
    path: str = field(repr=False)
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    changes_nothing: bool = False

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not self.changes_nothing


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `body` is None when it was cut, too large, too slow or not decodable."""

    status: int
    body: bytes | None = field(repr=False)
    content_type: str = ""
    retry_after: float | None = None


# True as soon as a byte of the request may be on its way. Set back only where a connection of our own is chosen,
# so that anything unforeseen counts as sent.
_departed: ContextVar[bool] = ContextVar("departed", default=True)


class _Departing(HTTPConnection):
    """Connects before it says that something leaves: a failed handshake has sent nothing of the request."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _departed.set(True)
        super().send(data)


class _PlainConnection(_Departing, urllib3.connection.HTTPConnection):
    pass


class _TlsConnection(_Departing, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        _departed.set(False)
        return super().get_connection_with_tls_context(*args, **kwargs)


type HttpSession = requests.Session


def new_session() -> HttpSession:
    """Keeps connections alive; takes nothing from the environment (a netrc would replace the key) and no cookies."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", _Adapter(max_retries=0))
    session.mount("https://", _Adapter(max_retries=0))
    return session


class Wire:
    """Exchanges one request for one reply, at one base URL."""

    def __init__(self, base_url: str, clock: Clock, timeouts: Timeouts, session: HttpSession) -> None:
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._timeouts = timeouts
        self._session = session

    def exchange(self, request: EhrRequest, headers: Mapping[str, str], remaining: float) -> Reply:
        """`remaining` seconds bound a read, a write waits as long as it takes. Raises EhrUnreachable when nothing was
        sent; EhrOutcomeUnknown (a write) or EhrUnavailable when no answer came."""
        if request.is_write:
            # A pooled connection may have died unnoticed, and a write lost on it has an unknown outcome.
            self._session.close()
        longest = self._timeouts.write if request.is_write else max(min(self._timeouts.read, remaining), 0.1)
        # The failure is raised outside of its handler: a library's text, with the URL, would hang on it as context.
        result = self._attempt(request, headers, longest)
        if isinstance(result, EhrError):
            raise result
        return result

    def _attempt(self, request: EhrRequest, headers: Mapping[str, str], longest: float) -> Reply | EhrError:
        query = f"?{urlencode(request.query, doseq=True, quote_via=quote)}" if request.query else ""
        until = self._clock.monotonic() + longest
        _departed.set(True)
        try:
            response = self._session.request(
                request.method,
                f"{self._base_url}/{request.path}{query}",
                data=None if request.body is None else json.dumps(request.body).encode("ascii"),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    "Content-Type": "application/json",
                    "User-Agent": USER_AGENT,
                    **headers,
                },
                timeout=(min(self._timeouts.connect, longest), longest),
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            return _failure(request, error)
        return Reply(
            status=response.status_code,
            body=self._body(response, until),
            content_type=response.headers.get("Content-Type", ""),
            retry_after=retry_after(response.headers.get("Retry-After"), self._clock.now()),
        )

    def _body(self, response: requests.Response, until: float) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        try:
            # `read1` gives what has come, so that a body that drips cannot outlast the time-out by much.
            while part := response.raw.read1(65536, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > LARGEST_BODY or self._clock.monotonic() > until:
                    return None
            response.raw.release_conn()
        except (urllib3.exceptions.HTTPError, HTTPException, OSError):
            return None
        finally:
            if not response.raw.closed:
                response.raw.close()
        return b"".join(parts)


def _failure(request: EhrRequest, error: Exception) -> EhrError:
    if _never_connected(error):
        if isinstance(error, requests.exceptions.SSLError):
            return EhrUnreachable("No trusted TLS connection to the EHR could be made.")
        return EhrUnreachable()
    if request.is_write:
        return EhrOutcomeUnknown()
    if isinstance(error, requests.Timeout):
        return EhrUnavailable("The EHR did not answer in time.")
    return EhrUnavailable("The connection to the EHR broke.")


_BEFORE_CONNECTING = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


def _never_connected(error: Exception) -> bool:
    if isinstance(error, _BEFORE_CONNECTING):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError) or not _departed.get()


_SECONDS = re.compile(r"[0-9]{1,100}(?:\.[0-9]{1,9})?", re.ASCII)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, at most 15 minutes; None when it is absent, negative or senseless."""
    text = (text or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST_RETRY_AFTER)
    if not text or text[0].isdigit() or text[0] in "+-":
        return None
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((aware - now).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
