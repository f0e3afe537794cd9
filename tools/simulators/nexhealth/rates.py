"""The vendor's rate buckets per API key: always counted, refused above the limit when switched on."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from tools.simulators.nexhealth.switches import Switches

Mode = Literal["off", "refuse"]
ALL, APPOINTMENTS, SLOTS = "all", "appointments_list", "available_slots"
PATIENT_FAMILY, APPOINTMENT_FAMILY, OTHERS = "patients", "appointments", "others"
LIMITS: dict[str, tuple[int, float]] = {
    ALL: (100, 1.0),
    APPOINTMENTS: (10, 1.0),
    SLOTS: (10, 1.0),
    PATIENT_FAMILY: (1000, 60.0),
    APPOINTMENT_FAMILY: (1000, 60.0),
    OTHERS: (2000, 60.0),
}
"""Bucket → how many requests in how many seconds."""


@dataclass(frozen=True, slots=True)
class RateSettings:
    """`tolerance` shortens each window by so many seconds, for the network's jitter; `limits` overrides the table."""

    mode: Mode = "refuse"
    tolerance: float = 0.05
    limits: tuple[tuple[str, int], ...] = ()

    def changed(self, values: dict[str, Any]) -> "RateSettings":
        """A copy with `values` (`limits` as an object) set; raises ValueError for an unknown name or value."""
        unknown = set(values) - set(self.__slots__)
        if unknown:
            raise ValueError(f"unknown rate setting {', '.join(sorted(unknown))}")
        if "mode" in values and values["mode"] not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}")
        if not isinstance(values.get("tolerance", 0), int | float):
            raise ValueError("tolerance must be a number of seconds")
        if "limits" in values:
            limits = dict(values["limits"])
            if set(limits) - set(LIMITS):
                raise ValueError(f"limits may name {', '.join(LIMITS)}")
            values = {**values, "limits": tuple((name, int(limit)) for name, limit in limits.items())}
        return replace(self, **values)


def buckets_of(method: str, path: str, switches: Switches) -> tuple[str, ...]:
    """The buckets that a request to `path` counts in."""
    first = path.strip("/").partition("/")[0]
    found = [ALL]
    if method == "GET" and path.strip("/") == "appointments":
        found.append(APPOINTMENTS)
    if method == "GET" and first == "available_slots" and switches.slots_bucket == "own":
        found.append(SLOTS)
    if first in ("patients", "appointments"):
        shared = switches.family_bucket == "shared" or first == "patients"
        found.append(PATIENT_FAMILY if shared else APPOINTMENT_FAMILY)
    else:
        found.append(OTHERS)
    return tuple(found)


class Rates:
    """One per API key. Time is the simulator's own clock."""

    def __init__(self, settings: RateSettings) -> None:
        self.settings = settings
        self.reset()

    def admit(self, buckets: tuple[str, ...], now: datetime, switches: Switches) -> tuple[str, ...]:
        """The buckets that are full; the request counts in all of its buckets unless it is refused."""
        full = tuple(name for name in buckets if self._full(name, now, fixed=switches.rate_window == "fixed"))
        for name in full:
            self.over[name] += 1
        if full and self.settings.mode == "refuse":
            self.refused += 1
            return full
        for name in buckets:
            self.counted[name] += 1
            self._windows[name].append(now)
        return full

    def refuses(self, full: tuple[str, ...]) -> bool:
        return bool(full) and self.settings.mode == "refuse"

    def reset(self) -> None:
        self.refused = 0
        self.over: dict[str, int] = dict.fromkeys(LIMITS, 0)
        self.counted: dict[str, int] = dict.fromkeys(LIMITS, 0)
        self._windows: dict[str, deque[datetime]] = {name: deque() for name in LIMITS}

    def _full(self, name: str, now: datetime, *, fixed: bool) -> bool:
        limit, seconds = LIMITS[name]
        limit = dict(self.settings.limits).get(name, limit)
        window = self._windows[name]
        while window and window[-1] > now:  # the clock was set back
            window.pop()
        if fixed:
            begun = now.timestamp() // seconds
            while window and window[0].timestamp() // seconds < begun:
                window.popleft()
        else:
            while window and (now - window[0]).total_seconds() >= seconds - self.settings.tolerance:
                window.popleft()
        return len(window) >= limit
