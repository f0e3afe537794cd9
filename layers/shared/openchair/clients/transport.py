"""The one way over HTTP to an EHR, and the only importer of `requests`."""

import json
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter

from openchair.clients.limiter import Limiter, Turn
from openchair.errors import (
    EhrBusy,
    EhrError,
    EhrKeyRefused,
    EhrOutcomeUnknown,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
)
from openchair.limits import Bucket, Lane
from openchair.ports import Clock

LARGEST_BODY = 16_000_000
"""Bytes after decompression."""

_READ_TRIES = 3
_PAUSE_BEFORE_RETRY = 0.5
_PAUSE_WITHOUT_RETRY_AFTER = 5.0
_LONGEST_RETRY_AFTER = 900.0
_LEAST_TIME_FOR_A_READ = 1.0
_TIME_AFTER_A_WRITE = 5.0

# Its warnings quote whole URLs, and a search by name is a URL.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. A write waits longer than the vendor's own limit of 60, so that a lost answer is rare."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 65.0


@dataclass(frozen=True, slots=True)
class EhrCall:
    """One HTTP call as the audit sees it, or one that got no turn. `outcome` is `ok` or an error's code.

    `wait_ms` was spent waiting for the turn, `rate_used` is the part of the allowed rate in use (0 to 1). `retry_after`
    and `broken_rows` (rows skipped, or read with something unknown in them) say what else was in the answer.
    """

    practice_id: str
    ehr: str
    lane: Lane
    operation: str
    status: int | None
    outcome: str
    duration_ms: int
    attempt: int
    wait_ms: int = 0
    rate_used: float | None = None
    retry_after: float | None = None
    broken_rows: int = 0


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


@dataclass(frozen=True, slots=True)
class Answer[T]:
    value: T
    broken_rows: int = 0


type Judge[T] = Callable[[Reply], Answer[T]]
"""A vendor's reading of a reply: what it says, or an error of our tree."""

type Rates = Callable[[EhrRequest], tuple[Bucket, ...]]
"""A vendor's limits for a call."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers with the practice's key, and a hash of it by which it can be told from another."""

    headers: Mapping[str, str] = field(repr=False)
    fingerprint: str


def fingerprint(*keys: str) -> str:
    return sha256("\n".join(keys).encode()).hexdigest()[:16]


type Authorization = Callable[[bool], Credentials]
"""The practice's key; True fetches it anew."""


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


class Transport:
    """Waits for turns, sends, audits and retries the calls of one practice. Repeats a write only after a 401, once."""

    def __init__(
        self,
        base_url: str,
        authorization: Authorization,
        limiter: Limiter,
        rates: Rates,
        clock: Clock,
        audit: Callable[[EhrCall], None],
        practice_id: str,
        ehr: str,
        timeouts: Timeouts | None = None,
        session: HttpSession | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = authorization
        self._limiter = limiter
        self._rates = rates
        self._clock = clock
        self._audit = audit
        self._practice_id = practice_id
        self._ehr = ehr
        self._timeouts = timeouts or Timeouts()
        self._session = session or new_session()

    def send[T](self, request: EhrRequest, judge: Judge[T], deadline: float = math.inf) -> T:
        """What `judge` makes of the reply. `deadline` is in seconds of the clock's `monotonic`.

        A read is tried at most three times (no connection, no usable answer, 429); a refused key is fetched anew and
        tried once more, which is safe for a write too. Raises EhrBusy when no turn can be used before the deadline,
        EhrKeyRefused without a call when the EHR refused this key for this a short time ago, and what design section 5
        names for the rest.
        """
        tries = attempt = 0
        key_is_fresh = fetch_key = False
        while True:
            credentials = self._authorization(fetch_key)
            tries, attempt, fetch_key = tries + 1, attempt + 1, False
            turn: Turn | None = None
            try:
                turn = self._turn(request, credentials, attempt, deadline)
                return self._call(request, judge, credentials.headers, turn, attempt, deadline)
            except EhrKeyRefused as error:
                if key_is_fresh or error.is_certain:
                    if turn is not None:
                        self._limiter.key_refused(turn)
                    raise
                key_is_fresh = fetch_key = True
                tries -= 1
            except EhrBusy:
                if turn is None or request.is_write or tries == _READ_TRIES:
                    raise
            except (EhrUnreachable, EhrUnavailable):
                pause = _PAUSE_BEFORE_RETRY * tries
                in_time = self._clock.monotonic() + pause + _LEAST_TIME_FOR_A_READ <= deadline
                if request.is_write or tries == _READ_TRIES or not in_time:
                    raise
                self._clock.sleep(pause)

    def _turn(self, request: EhrRequest, credentials: Credentials, attempt: int, deadline: float) -> Turn:
        began = self._clock.monotonic()
        longest = self._timeouts.connect + (self._timeouts.write if request.is_write else self._timeouts.read)
        mark = f"{request.operation}#{credentials.fingerprint}"
        try:
            return self._limiter.take(self._rates(request), deadline - self._time_needed(request), longest, mark)
        except (EhrBusy, EhrKeyRefused) as error:
            waited = self._clock.monotonic() - began
            self._audited(request, attempt, error.code, waited=waited)
            raise

    def _time_needed(self, request: EhrRequest) -> float:
        return self._timeouts.write + _TIME_AFTER_A_WRITE if request.is_write else _LEAST_TIME_FOR_A_READ

    def _call[T](
        self,
        request: EhrRequest,
        judge: Judge[T],
        headers: Mapping[str, str],
        turn: Turn,
        attempt: int,
        deadline: float,
    ) -> T:
        began = self._clock.monotonic()
        reply: Reply | None = None
        outcome, broken_rows = "internal_error", 0
        try:
            reply = self._exchange(request, headers, deadline - began)
            answer = judge(reply)
            outcome, broken_rows = "ok", answer.broken_rows
            return answer.value
        except OpenChairError as error:
            outcome = error.code
            raise
        finally:
            lasted = self._clock.monotonic() - began
            self._tell_limiter(turn, reply, outcome)
            self._audited(request, attempt, outcome, reply, lasted, turn.waited, turn.share, broken_rows)

    def _tell_limiter(self, turn: Turn, reply: Reply | None, outcome: str) -> None:
        if reply is None and outcome == EhrUnreachable.code:
            return self._limiter.give_back(turn)
        self._limiter.ended(turn)
        if reply is not None and reply.status == 429:
            after = _PAUSE_WITHOUT_RETRY_AFTER if reply.retry_after is None else reply.retry_after
            self._limiter.slow_down(after)
        elif outcome == "ok":
            self._limiter.key_accepted(turn)
        return None

    def _audited(
        self,
        request: EhrRequest,
        attempt: int,
        outcome: str,
        reply: Reply | None = None,
        lasted: float = 0.0,
        waited: float = 0.0,
        rate_used: float | None = None,
        broken_rows: int = 0,
    ) -> None:
        self._audit(
            EhrCall(
                practice_id=self._practice_id,
                ehr=self._ehr,
                lane=self._limiter.lane,
                operation=request.operation,
                status=reply.status if reply else None,
                outcome=outcome,
                duration_ms=round(lasted * 1000),
                attempt=attempt,
                wait_ms=round(waited * 1000),
                rate_used=rate_used,
                retry_after=reply.retry_after if reply else None,
                broken_rows=broken_rows,
            )
        )

    def _exchange(self, request: EhrRequest, headers: Mapping[str, str], remaining: float) -> Reply:
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
