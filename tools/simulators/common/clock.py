"""The simulated time."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The simulated time: real time plus a shift, or frozen."""

    def __init__(self, now: datetime | None = None) -> None:
        self._shift = timedelta(0) if now is None else now - datetime.now(UTC)
        self._frozen: datetime | None = None

    @property
    def frozen(self) -> bool:
        return self._frozen is not None

    def now(self) -> datetime:
        return self._frozen or datetime.now(UTC) + self._shift

    def set(self, now: datetime) -> None:
        self._shift = now - datetime.now(UTC)
        self._frozen = now if self._frozen else None

    def advance(self, seconds: float) -> None:
        self.set(self.now() + timedelta(seconds=seconds))

    def freeze(self, frozen: bool) -> None:
        now = self.now()
        self.set(now)
        self._frozen = now if frozen else None
