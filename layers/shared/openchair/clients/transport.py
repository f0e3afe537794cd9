"""The one way to an EHR: waits for turns, sends, audits, retries."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

from openchair.clients.audit import Audit, EhrCall
from openchair.clients.limiter import Limiter, Turn
from openchair.clients.wire import EhrRequest, HttpSession, Reply, Timeouts, Wire, new_session
from openchair.errors import (
    EhrBusy,
    EhrKeyRefused,
    EhrOutcomeUnknown,
    EhrUnavailable,
    EhrUnreachable,
    OpenChairError,
    Scope,
)
from openchair.limits import Bucket
from openchair.ports import Clock

_READ_TRIES = 3
_PAUSE_BEFORE_RETRY = 0.5
_PAUSE_WITHOUT_RETRY_AFTER = 5.0
_LEAST_TIME_FOR_A_READ = 1.0
_TIME_AFTER_A_WRITE = 5.0


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


class Renewal(IntEnum):
    """How much of what a call is authorized by is fetched anew."""

    NOTHING = 0
    KEY = 1
    """Whether the stored key has been replaced; what it was exchanged for is kept if not."""
    ALL = 2


type Authorization = Callable[[Renewal, float], Credentials]
"""The practice's key, or what it was exchanged for. Raises EhrBusy when it cannot be had by a moment of `monotonic`."""


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
        failures_are: Scope = "account",
        tries_refused_keys: bool = False,
    ) -> None:
        """`failures_are`: whose it is when a call gets no usable answer. `tries_refused_keys` also asks when the EHR
        refused the key a short time ago."""
        self._authorization = authorization
        self._failures_are: Scope = failures_are
        self._tries_refused_keys = tries_refused_keys
        self._practice_id = practice_id
        self._limiter = limiter
        self._rates = rates
        self._clock = clock
        self._audit = Audit(audit, practice_id, ehr, limiter.lane)
        self._timeouts = timeouts or Timeouts()
        self._wire = Wire(base_url, clock, self._timeouts, session or new_session())

    def send[T](self, request: EhrRequest, judge: Judge[T], deadline: float = math.inf) -> T:
        """What `judge` makes of the reply. `deadline` is in seconds of the clock's `monotonic`.

        A read is tried at most three times (no connection, no usable answer, 429); a refused key is fetched anew and
        tried once more, which is safe for a write too. Raises EhrBusy when no turn can be used before the deadline,
        EhrKeyRefused without a call when the EHR refused this key for this a short time ago, and what design section 5
        names for the rest.
        """
        tries = attempt = 0
        renewed = renewal = Renewal.NOTHING
        while True:
            credentials = self._authorization(renewal, deadline - self._time_needed(request))
            tries, attempt, renewal = tries + 1, attempt + 1, Renewal.NOTHING
            turn: Turn | None = None
            try:
                turn = self._turn(request, credentials, attempt, deadline)
                return self._call(request, judge, credentials.headers, turn, attempt, deadline)
            except EhrKeyRefused as error:
                if turn is not None and (renewed is Renewal.ALL or error.is_certain):
                    self._limiter.key_refused(turn, error.scope)
                    raise
                # Who was spared a call needs another key, and no token anew for the same one.
                renewal = Renewal.KEY if turn is None else Renewal.ALL
                if renewed >= renewal:
                    raise
                renewed = renewal
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
        marks = mark, f"{mark}@{self._practice_id}"
        latest, tries_key = deadline - self._time_needed(request), self._tries_refused_keys
        try:
            return self._limiter.take(self._rates(request), latest, longest, marks, tries_key=tries_key)
        except (EhrBusy, EhrKeyRefused) as error:
            waited = self._clock.monotonic() - began
            self._audit.no_turn(request, attempt, error.code, waited)
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
            reply = self._wire.exchange(request, headers, deadline - began)
            answer = judge(reply)
            outcome, broken_rows = "ok", answer.broken_rows
            return answer.value
        except OpenChairError as error:
            outcome = error.code
            if isinstance(error, EhrUnavailable | EhrOutcomeUnknown):
                error.scope = self._failures_are
            raise
        finally:
            lasted = self._clock.monotonic() - began
            self._tell_limiter(turn, reply, outcome)
            self._audit.call(request, attempt, outcome, turn, reply, lasted, broken_rows)

    def _tell_limiter(self, turn: Turn, reply: Reply | None, outcome: str) -> None:
        if reply is None and outcome == EhrUnreachable.code:
            return self._limiter.give_back(turn)
        self._limiter.ended(turn)
        if reply is not None and reply.status == 429:
            after = _PAUSE_WITHOUT_RETRY_AFTER if reply.retry_after is None else reply.retry_after
            self._limiter.slow_down(after)
        elif reply is not None and reply.status < 500 and outcome != EhrKeyRefused.code:
            self._limiter.key_accepted(turn)
        return None
