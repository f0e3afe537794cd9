"""Turns at the EHR: the product's own limiter, over a store of turns that is throttled, loses answers and is killed.

A process keeps its limiter from one invocation to the next, as a warm function does; one that was killed leaves none.
Its clock is off by what the limiter is made for, ten milliseconds either way, while the protocol's is off by seconds.

What the limiter asks of its store is numbered apart from all other effects. Each is killed before and after in the
`turns` tier, in calm, with bad answers and in bad weather, and is throttled, late and stalled wherever those are. Pairs
of kills, and kills together with interventions and stalls, leave it out: for the protocol, an invocation that dies on
the way to its turn is one that died before its call.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from openchair.clients.limiter import Limiter, Turn
from openchair.clients.wire import Timeouts
from openchair.errors import EhrBusy, EhrUnreachable, OpenChairError, StoreUnavailable
from openchair.limits import Bucket, LimitState
from tests.memory_store import MemoryLimits
from tests.proofs.invariants import LEAST_SECONDS_APART

if TYPE_CHECKING:
    from tests.proofs.simulation import Simulation

SKEW_SECONDS = 0.010
STORE_SECONDS = 0.01
_BUCKETS = (Bucket("all", LEAST_SECONDS_APART),)
_TIMEOUTS = Timeouts()
_TIME_AFTER_A_WRITE = 5.0
_TIME_FOR_A_READ = 1.0
_PAUSE_WITHOUT_RETRY_AFTER = 5.0


class Trouble(Enum):
    """With the store of turns. A retry after a lost answer finds its own swap and takes it for another's."""

    THROTTLED = auto()
    STALLED = auto()
    ANSWER_LOST = auto()
    ANSWER_LOST_AND_RETRIED = auto()


_TROUBLES = tuple(Trouble)


class _ProcessClock:
    """Satisfies `ports.Clock`, for one process."""

    def __init__(self, simulation: "Simulation", start: datetime) -> None:
        self._kernel = simulation.kernel
        weather = simulation.weather
        skew = self._kernel.rng.uniform(-SKEW_SECONDS, SKEW_SECONDS) if weather.skew else 0.0
        self._start = start + timedelta(seconds=skew)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._kernel.now)

    def monotonic(self) -> float:
        return self._kernel.now

    def sleep(self, seconds: float) -> None:
        self._kernel.wait(seconds)


class SimLimits:
    """Satisfies `ports.LimitStore`."""

    def __init__(self, simulation: "Simulation", limits: MemoryLimits) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._limits = limits

    def _begin(self, name: str) -> Trouble | None:
        simulation, kernel = self._simulation, self._kernel
        trouble, seconds = None, STORE_SECONDS
        if simulation.weather.jitter:
            rng = kernel.rng
            seconds *= 0.2 + 2.8 * rng.random()
            if simulation.is_faulty and simulation.draw(simulation.weather.turns):
                trouble = rng.choice(_TROUBLES)
                kernel.tell(f"the limiter's store: {trouble.name}")
                if trouble is Trouble.STALLED:
                    seconds = rng.uniform(0.0, 200.0)
        kernel.begin_aside(name, seconds)
        if trouble is Trouble.THROTTLED:
            raise StoreUnavailable
        return trouble

    def read(self, ehr_account_id: str) -> LimitState:
        self._begin("limits.read")
        found = self._limits.read(ehr_account_id)
        self._kernel.end_aside()
        return found

    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None:
        trouble = self._begin("limits.swap")
        stored = self._limits.swap(ehr_account_id, seen, new)
        self._kernel.end_aside()
        if trouble is Trouble.ANSWER_LOST:
            raise StoreUnavailable
        if trouble is Trouble.ANSWER_LOST_AND_RETRIED:
            return None
        return stored


class Turns:
    """What `clients.transport` does around a call, for one EHR account: wait for a turn, and tell how it went."""

    def __init__(self, simulation: "Simulation", ehr_account_id: str, start: datetime) -> None:
        self._simulation = simulation
        self._kernel = simulation.kernel
        self._account = ehr_account_id
        self._start = start
        self._idle: list[Limiter] = []
        self._last: list[float] = []

    def call(self, exchange: Callable[[], Any], *, is_write: bool) -> Any:
        """Raises EhrBusy when no turn can be had in time, and what `exchange` raises."""
        limiter = self._limiter()
        turn = self._turn(limiter, is_write=is_write)
        began = self._kernel.now
        self._simulation.starts(self._account, self._last[-1] if self._last else None, is_write=is_write)
        self._last.append(began)
        try:
            answer = exchange()
        except EhrUnreachable:
            # Nothing reached the EHR, so that the next may start as if this had not.
            self._last.remove(began)
            limiter.give_back(turn)
            raise
        except EhrBusy as busy:
            limiter.ended(turn)
            limiter.slow_down(_PAUSE_WITHOUT_RETRY_AFTER if busy.retry_after is None else busy.retry_after)
            raise
        except OpenChairError:
            limiter.ended(turn)
            raise
        limiter.ended(turn)
        limiter.key_accepted(turn)
        return answer

    def _turn(self, limiter: Limiter, *, is_write: bool) -> Turn:
        needed = _TIMEOUTS.write + _TIME_AFTER_A_WRITE if is_write else _TIME_FOR_A_READ
        longest = _TIMEOUTS.connect + (_TIMEOUTS.write if is_write else _TIMEOUTS.read)
        return limiter.take(_BUCKETS, self._kernel.running().deadline - needed, longest)

    def _limiter(self) -> Limiter:
        """The running process's own."""
        scratch = self._kernel.running().scratch
        limiter: Limiter | None = scratch.get(self)
        if limiter is None:
            limiter = self._idle.pop() if self._idle else self._new()
            scratch[self] = limiter
        return limiter

    def _new(self) -> Limiter:
        return Limiter(self._account, self._simulation.limits, _ProcessClock(self._simulation, self._start))

    def idle(self, scratch: dict[Any, Any]) -> None:
        """A process that lives on waits for its next invocation."""
        if self in scratch:
            self._idle.append(scratch[self])
