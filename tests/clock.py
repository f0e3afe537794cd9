"""A clock that stands still until somebody sleeps on it."""

from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Satisfies `ports.Clock`; `sleep` and `advance` move `now` and `monotonic` together and take no time."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) -> None:
        self._start = now
        self._seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._seconds += max(seconds, 0.0)

    def advance(self, seconds: float) -> None:
        self._seconds += seconds
