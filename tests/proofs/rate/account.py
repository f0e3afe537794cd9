"""One EHR account for some hours: background workers, live callers at random, and the product's own limiter.

Played in virtual time. Every process has a clock of its own, wakes late, is paused now and then, and ends wherever it
is; the store is slow, throttled, and loses answers. What counts is when calls really start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random

from openchair.clients.limiter import Limiter
from openchair.errors import EhrBusy, StoreUnavailable
from openchair.limits import Bucket, Lane, LimitState
from tests.memory_store import MemoryLimits
from tests.proofs.kernel import Kernel

SKEW_SECONDS = 0.010
"""How far each clock is off, either way."""

WORKERS = 4
WARM_UP_SECONDS = 60.0
LONGEST_CALL = 25.0
START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played. `live_load` is the part of the allowed rate that live callers ask for.

    `has_pauses`: every other hour background has nothing to do.
    """

    seed: int
    bucket: Bucket
    live_load: float
    hours: float
    workers: int = WORKERS
    has_pauses: bool = False


@dataclass(slots=True)
class Call:
    """`end` is its start where its process ended meanwhile."""

    start: float
    lane: Lane
    end: float


@dataclass(slots=True)
class Played:
    """Moments are true seconds since the run's start; waits are of live callers, None for one who was turned away."""

    plan: Plan
    calls: list[Call] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)
    requests: int = 0

    @property
    def too_close(self) -> int:
        """Starts closer to the one before, or to the end of it, than the vendor allows."""
        bucket = self.plan.bucket
        gaps = [
            later.start - (earlier.end if bucket.from_end else earlier.start) for earlier, later in pairwise(self.calls)
        ]
        return sum(gap < bucket.seconds / bucket.count for gap in gaps)

    def used(self, lane: Lane | None = None) -> float:
        """The part of the allowed rate that was used while background had work to do.

        Where the vendor counts from the end of a call, what the calls themselves lasted is no part of the rate.
        """
        least = self.plan.bucket.seconds / self.plan.bucket.count
        if self.plan.bucket.from_end:
            least += sum(call.end - call.start for call in self.calls) / len(self.calls)
        busy = list(_busy_hours(self.plan))
        counted = sum(
            any(begin <= call.start < end for begin, end in busy) for call in self.calls if lane in (None, call.lane)
        )
        return counted * least / sum(end - begin for begin, end in busy)


def _busy_hours(plan: Plan) -> Iterator[tuple[float, float]]:
    """When background has work, less the time it takes to begin."""
    whole = plan.hours * 3600.0
    if not plan.has_pauses:
        yield WARM_UP_SECONDS, whole
        return
    begin = 0.0
    while begin < whole:
        yield begin + WARM_UP_SECONDS, min(begin + 3600.0, whole)
        begin += 7200.0


class _Clock:
    """Satisfies `ports.Clock`: off by `skew`, and late in waking."""

    def __init__(self, kernel: Kernel, rng: Random) -> None:
        self._kernel = kernel
        self._rng = rng
        self._skew = rng.uniform(-SKEW_SECONDS, SKEW_SECONDS)

    def now(self) -> datetime:
        return START + timedelta(seconds=self._kernel.now + self._skew)

    def monotonic(self) -> float:
        return self._kernel.now

    def sleep(self, seconds: float) -> None:
        rng = self._rng
        late = rng.uniform(0.01, 0.5) if rng.random() < 0.001 else rng.expovariate(1 / 0.0005)
        self._kernel.wait(seconds + late)


class _Store:
    """Satisfies `ports.LimitStore`: a table that takes its time and fails."""

    def __init__(self, kernel: Kernel, rng: Random) -> None:
        self._kernel = kernel
        self._rng = rng
        self._limits = MemoryLimits()

    def _way(self) -> None:
        rng = self._rng
        slow = rng.uniform(0.02, 0.3) if rng.random() < 0.005 else 0.0
        self._kernel.wait(0.0015 + rng.expovariate(1 / 0.001) + slow)
        if rng.random() < 0.0002:
            raise StoreUnavailable

    def read(self, ehr_account_id: str) -> LimitState:
        self._way()
        found = self._limits.read(ehr_account_id)
        self._way()
        return found

    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None:
        self._way()
        stored = self._limits.swap(ehr_account_id, seen, new)
        self._way()
        return stored


class _Account:
    def __init__(self, plan: Plan) -> None:
        self.kernel = Kernel(plan.seed, frozenset())
        self._rng = self.kernel.rng
        self._plan = plan
        self._store = _Store(self.kernel, self._rng)
        self._until = plan.hours * 3600.0
        self._warm: list[tuple[Limiter, _Clock]] = []
        self.played = Played(plan)

    def play(self) -> Played:
        for number in range(self._plan.workers):
            self._worker(number)
        if self._plan.live_load:
            self._next_caller()
        self.kernel.run(self._until)
        return self.played

    # ------------------------------------------------------------------------------------- background

    def _worker(self, number: int) -> None:
        """A worker comes to its end after some minutes; one in four is killed then, whatever it is doing."""
        lasts = self._rng.uniform(300.0, 900.0)
        is_killed = self._rng.random() < 0.25
        until = self.kernel.now + lasts
        self.kernel.start(f"worker {number}", partial(self._sync, until), seconds=lasts + (0.0 if is_killed else 120.0))
        self.kernel.at(until, partial(self._worker, number))

    def _sync(self, until: float) -> None:
        clock = _Clock(self.kernel, self._rng)
        limiter = Limiter("account", self._store, clock, "background")
        while self.kernel.now < until:
            if self._plan.has_pauses and int(self.kernel.now / 3600.0) % 2:
                self.kernel.wait(3600.0 - self.kernel.now % 3600.0)
            try:
                self._call(limiter, clock, 50.0)
            except EhrBusy as busy:
                self.kernel.wait(max(busy.retry_after or 1.0, 0.1))

    # ------------------------------------------------------------------------------------------- live

    def _next_caller(self) -> None:
        """Callers come at random: the time between two has no memory."""
        rate = self._plan.live_load * self._plan.bucket.count / self._plan.bucket.seconds
        self.kernel.at(self.kernel.now + self._rng.expovariate(rate), self._caller)

    def _caller(self) -> None:
        self.kernel.start("caller", self._ask, seconds=120.0)
        self._next_caller()

    def _ask(self) -> None:
        if self._warm and self._rng.random() < 0.9:
            limiter, clock = self._warm.pop(self._rng.randrange(len(self._warm)))
        else:
            clock = _Clock(self.kernel, self._rng)
            limiter = Limiter("account", self._store, clock, "live")
        began = self.kernel.now
        try:
            self.played.waits.append(self._call(limiter, clock, 23.0) - began)
        except EhrBusy:
            self.played.waits.append(None)
        self._warm.append((limiter, clock))

    # ------------------------------------------------------------------------------------------- both

    def _call(self, limiter: Limiter, clock: _Clock, seconds: float) -> float:
        turn = limiter.take((self._plan.bucket,), clock.monotonic() + seconds, LONGEST_CALL)
        played, start = self.played, self.kernel.now
        call = Call(start, limiter.lane, start)
        played.calls.append(call)
        played.requests += turn.requests
        self.kernel.wait(self._rng.uniform(0.15, 1.2))
        call.end = self.kernel.now
        limiter.ended(turn)
        return start


def play(plan: Plan) -> Played:
    return _Account(plan).play()
