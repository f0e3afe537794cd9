"""Lists of an EHR that hardly change, kept for a while in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from openchair.ports import Clock

_LONGEST = timedelta(minutes=15)


@dataclass(slots=True)
class Kept:
    """Lists of an EHR account, kept 15 minutes."""

    clock: Clock
    _values: dict[str, tuple[datetime, Any]] = field(default_factory=dict, repr=False)

    def get[T](self, name: str, read: Callable[[], T], max_age_seconds: float | None = None) -> T:
        now = self.clock.now()
        oldest = _LONGEST if max_age_seconds is None else min(_LONGEST, timedelta(seconds=max_age_seconds))
        if name in self._values and now - self._values[name][0] < oldest:
            kept: T = self._values[name][1]
            return kept
        value = read()
        self._values[name] = (now, value)
        return value
