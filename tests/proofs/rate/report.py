"""What the limiter does in days of virtual time, and what has to hold."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from openchair.clients.limiter import Limiter
from openchair.limits import Bucket
from tests.clock import VirtualClock
from tests.memory_store import MemoryLimits
from tests.proofs.rate.account import Plan, Played, play

STANDARD = Bucket("all", 1.0)
ENTERPRISE = Bucket("all", 0.5)
READ_ONLY = Bucket("all", 5.0, from_end=True)


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts of a kind, and what has to hold for them; waits in seconds for 95 and 99 of 100 live calls.

    The guard is 24 ms, a twentieth of an `enterprise` interval, so that less of its rate can be used.
    """

    name: str
    accounts: int
    bucket: Bucket
    live_load: float
    least_used: float
    longest_waits: tuple[float, float] = (math.inf, math.inf)
    least_background: float = 0.10
    has_pauses: bool = False


GROUPS = (
    Group("background alone", 6, STANDARD, 0.0, 0.97),
    Group("live at 10 %", 8, STANDARD, 0.10, 0.97, (2.0, 3.0)),
    Group("live at 30 %", 10, STANDARD, 0.30, 0.97, (2.0, 3.0)),
    Group("live at 30 %, background every other hour", 4, STANDARD, 0.30, 0.97, (2.0, 3.0), has_pauses=True),
    Group("live at 49 %", 12, STANDARD, 0.49, 0.97, (3.0, 5.0)),
    Group("live at 130 %", 4, STANDARD, 1.30, 0.97),
    Group("enterprise key, live at 30 %", 3, ENTERPRISE, 0.30, 0.94, (2.0, 3.0)),
    Group("read-only key, live at 10 %", 3, READ_ONLY, 0.10, 0.90),
)


def tell(hours: float, accounts: int | None = None, processes: int = 1) -> bool:
    """Plays and prints every group, `accounts` of each at most; whether all holds."""
    plans = [
        Plan(100 * number + each, group.bucket, group.live_load, hours, has_pauses=group.has_pauses)
        for number, group in enumerate(GROUPS)
        for each in range(min(group.accounts, accounts or group.accounts))
    ]
    print(f"{len(plans)} accounts, {hours:g} h each, four background workers, clocks off by up to 10 ms")
    print(f"{'':42}{'starts':>10}{'too close':>10}{'used':>8}{'backgr.':>8}{'p50':>7}{'p95':>7}{'p99':>7}{'busy':>7}")
    with ProcessPoolExecutor(processes) as pool:
        played = dict(zip(plans, pool.map(_measured, plans), strict=True))
    holds = True
    for number, group in enumerate(GROUPS):
        found = [one for plan, one in played.items() if plan.seed // 100 == number]
        holds &= _told(group, found)
    most = _requests_uncontended()
    print(f"requests to the table for a turn that nobody else wants: {most} at most")
    starts = sum(one.starts for one in played.values())
    print(f"accounts={len(plans)} hours={hours:g} starts={starts} {'all holds' if holds and most <= 2 else 'VIOLATED'}")
    return holds and most <= 2


@dataclass(frozen=True, slots=True)
class Measured:
    starts: int
    too_close: int
    used: float
    background: float
    waits: tuple[float, ...]


def _measured(plan: Plan) -> Measured:
    played: Played = play(plan)
    waits = tuple(math.inf if wait is None else wait for wait in played.waits)
    return Measured(len(played.calls), played.too_close, played.used(), played.used("background"), waits)


def _told(group: Group, found: Sequence[Measured]) -> bool:
    waits = sorted(wait for one in found for wait in one.waits)
    used = sum(one.used for one in found) / len(found)
    background = min(one.background for one in found)
    too_close = sum(one.too_close for one in found)
    p50, p95, p99 = (_percentile(waits, part) for part in (0.50, 0.95, 0.99))
    busy = sum(wait == math.inf for wait in waits)
    broken = list(_broken(group, too_close, used, background, p95, p99))
    print(
        f"{group.name:42}{sum(one.starts for one in found):10}{too_close:10}{used:8.2%}{background:8.1%}"
        f"{p50:7.2f}{p95:7.2f}{p99:7.2f}{busy:7} {' '.join(broken)}",
        flush=True,
    )
    return not broken


def _broken(group: Group, too_close: int, used: float, background: float, p95: float, p99: float) -> Iterator[str]:
    if too_close:
        yield "TOO CLOSE"
    if used < group.least_used:
        yield f"USED LESS THAN {group.least_used:.0%}"
    if background < group.least_background:
        yield f"BACKGROUND BELOW {group.least_background:.0%}"
    if p95 > group.longest_waits[0] or p99 > group.longest_waits[1]:
        yield f"WAITED LONGER THAN {group.longest_waits[0]:g} s AND {group.longest_waits[1]:g} s"


def _percentile(waits: Sequence[float], part: float) -> float:
    return waits[min(math.floor(part * len(waits)), len(waits) - 1)] if waits else 0.0


def _requests_uncontended() -> int:
    """The most that one turn costs one process alone, and two that never want the same moment."""
    most = 0
    for processes in (1, 2):
        store, clock = MemoryLimits(), VirtualClock()
        limiters = [Limiter("account", store, clock) for _ in range(processes)]
        for number in range(100):
            before = store.requests
            limiters[number % processes].take((STANDARD,), math.inf, 25.0)
            most = max(most, store.requests - before)
            clock.advance(2.0)
    return most
