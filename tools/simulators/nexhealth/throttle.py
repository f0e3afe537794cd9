"""The vendor's limits per API key, as windows of a second and of a minute that move along (an unconfirmed choice)."""

import time
from collections import deque
from collections.abc import Callable

LIMITS: dict[str, tuple[int, float]] = {
    "all": (100, 1.0),
    "appointments": (10, 1.0),
    "slots": (10, 1.0),
    "patients": (1000, 60.0),
    "others": (2000, 60.0),
}


def buckets_of(method: str, path: str) -> tuple[str, ...]:
    family = path.strip("/").split("/", 1)[0]
    if method == "GET" and path.strip("/") == "appointments":
        return "all", "patients", "appointments"
    if family == "available_slots":
        return "all", "others", "slots"
    return "all", "patients" if family in ("patients", "appointments") else "others"


class Throttle:
    """Counts every request; refuses those over a limit when `is_enforced`. Used under the simulator's lock."""

    def __init__(self, is_enforced: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_enforced = is_enforced
        self.refused = 0
        self._clock = clock
        self._came: dict[str, deque[float]] = {name: deque() for name in LIMITS}

    def admits(self, method: str, path: str) -> bool:
        now = self._clock()
        names = buckets_of(method, path)
        for name in names:
            count, seconds = LIMITS[name]
            came = self._came[name]
            while came and came[0] <= now - seconds:
                came.popleft()
            if len(came) >= count and self.is_enforced:
                self.refused += 1
                return False
        for name in names:
            self._came[name].append(now)
        return True
