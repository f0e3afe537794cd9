"""The vendor's rate per customer key: off, delay early requests, or refuse them; early starts are always counted."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

Mode = Literal["off", "delay", "refuse"]
Tier = Literal["standard", "read_only", "enterprise"]
INTERVALS: dict[Tier, float] = {"standard": 1.0, "read_only": 5.0, "enterprise": 0.5}


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """`interval` in seconds overrides the tier's; `read_only` measures from the end of the last request.

    In mode `delay` more than `queue_limit` waiting requests are refused (0: never). `retry_after` None sends no header.
    """

    mode: Mode = "delay"
    tier: Tier = "standard"
    interval: float | None = None
    tolerance: float = 0.02
    queue_limit: int = 0
    retry_after: int | None = 1

    @property
    def seconds(self) -> float:
        return INTERVALS[self.tier] if self.interval is None else self.interval

    def changed(self, values: dict[str, Any]) -> "ThrottleSettings":
        """A copy with `values` set; raises ValueError for an unknown name or value."""
        unknown = set(values) - set(self.__slots__)
        if unknown:
            raise ValueError(f"unknown throttle setting {', '.join(sorted(unknown))}")
        if "mode" in values and values["mode"] not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}")
        if "tier" in values and values["tier"] not in INTERVALS:
            raise ValueError(f"tier must be one of {', '.join(INTERVALS)}")
        for name in ("interval", "tolerance"):
            if values.get(name) is not None and not isinstance(values[name], int | float):
                raise ValueError(f"{name} must be a number of seconds")
        return replace(self, **values)


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether the request may go on, and whether it came before its time."""

    admitted: bool
    early: bool
    waited: float = 0.0


class Throttle:
    """One per customer key. `enter` may sleep; `leave` is called when the answer is made."""

    def __init__(
        self,
        settings: ThrottleSettings,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.early_starts = 0
        self.refused = 0
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._last_reference: float | None = None
        self._next_free = 0.0
        self._waiting = 0

    def enter(self) -> Admission:
        with self._lock:
            now = self._clock()
            settings = self.settings
            early = self._is_early(now, settings)
            self.early_starts += early
            self._last_reference = now
            wait = max(0.0, self._next_free - now)
            wait = 0.0 if wait <= settings.tolerance or settings.mode == "off" else wait
            full = settings.mode == "delay" and wait > 0 and 0 < settings.queue_limit <= self._waiting
            if full or (settings.mode == "refuse" and wait > 0):
                self.refused += 1
                return Admission(admitted=False, early=early)
            self._next_free = now + wait + settings.seconds
            self._waiting += wait > 0
        if wait > 0:
            self._sleep(wait)
            with self._lock:
                self._waiting -= 1
        return Admission(admitted=True, early=early, waited=wait)

    def leave(self) -> None:
        with self._lock:
            if self.settings.tier == "read_only":
                self._last_reference = self._clock()
                self._next_free = max(self._next_free, self._last_reference + self.settings.seconds)

    def reset(self) -> None:
        with self._lock:
            self.early_starts = self.refused = 0
            self._last_reference, self._next_free = None, 0.0

    def _is_early(self, now: float, settings: ThrottleSettings) -> bool:
        return self._last_reference is not None and now < self._last_reference + settings.seconds - settings.tolerance
