"""How far apart calls to one EHR account start. Within one process for now; the transport knows only `Pace`."""

from threading import Lock
from typing import Literal, Protocol

from openchair.errors import EhrBusy
from openchair.ports import Clock

LONGEST_WAIT = 15.0
"""Seconds; design section 5."""

_GUARD = 0.05
"""Seconds on top of the vendor's interval, for the jitter of the way there."""

Throttle = Literal["standard", "read_only", "enterprise"]

# Open Dental, "API Permissions": by what a key may do, the interval in seconds and whether it counts from the last end.
_INTERVALS: dict[Throttle, tuple[float, bool]] = {
    "standard": (1.0, False),
    "read_only": (5.0, True),
    "enterprise": (0.5, False),
}


class Pace(Protocol):
    """One EHR account's turns.

    `wait` returns when a call may start, or raises EhrBusy at once when that would be after `deadline` (seconds of
    the clock's `monotonic`). `ended` follows every call. `slow_down` keeps all callers of the account back.
    """

    def wait(self, deadline: float) -> None: ...
    def ended(self) -> None: ...
    def slow_down(self, seconds: float) -> None: ...


class ProcessPace:
    """Turns of one EHR account within this process."""

    def __init__(self, throttle: Throttle, clock: Clock) -> None:
        interval, self._counts_from_end = _INTERVALS[throttle]
        self._interval = interval + _GUARD
        self._clock = clock
        self._next = clock.monotonic()
        self._lock = Lock()

    def wait(self, deadline: float) -> None:
        with self._lock:
            now = self._clock.monotonic()
            start = max(now, self._next)
            if start > deadline or start - now > LONGEST_WAIT:
                raise EhrBusy(retry_after=start - now)
            self._next = start + self._interval
        if start > now:
            self._clock.sleep(start - now)

    def ended(self) -> None:
        if self._counts_from_end:
            self.slow_down(self._interval)

    def slow_down(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, self._clock.monotonic() + seconds)
