"""Virtual time, one thread, and kills: ordinary synchronous code switches to the scheduler at every outside effect."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

BEFORE, AFTER = 0, 1


class Killed(GreenletExit):
    """An invocation ends here, as AWS ends one: nothing may catch it, and nothing it does afterwards has an effect."""


class Invocation:
    """One run of one function: it dies at its deadline, wherever it is. `skew` is how wrong its clock goes."""

    __slots__ = (
        "_greenlet",
        "_kernel",
        "_work",
        "answer",
        "deadline",
        "error",
        "is_dead",
        "is_late",
        "name",
        "on_end",
        "scratch",
        "skew",
        "task_id",
    )

    def __init__(self, kernel: "Kernel", name: str, work: Callable[[], Any], seconds: float, skew: float) -> None:
        self._kernel = kernel
        self._work = work
        self._greenlet = greenlet(self._run, kernel.hub)
        self.name = name
        self.deadline = kernel.now + seconds
        self.skew = skew
        self.is_dead = self.is_late = False
        self.answer: Any = None
        self.error: Exception | None = None
        self.task_id = ""
        self.scratch: dict[Any, Any] = {}
        self.on_end: Callable[[Invocation], None] | None = None

    def _run(self) -> None:
        try:
            self.answer = self._work()
        except Killed:
            return
        except Exception as error:
            self.error = error

    def resume(self) -> None:
        kernel = self._kernel
        kernel.current = self
        self._greenlet.switch()
        kernel.current = None
        if self._greenlet.dead and self.on_end is not None:
            self.on_end(self)


class Kernel:
    """The scheduler. Effects are numbered as they happen; a kill is (number, BEFORE or AFTER).

    Those of a second kind, `asides`, are numbered apart and killed by `aside_kills`.
    """

    def __init__(self, seed: int, kills: frozenset[tuple[int, int]], tracing: bool = False) -> None:
        self.now = 0.0
        self.rng = Random(seed)
        self.hub = getcurrent()
        self.current: Invocation | None = None
        self.effects = 0
        self.kills_done = 0
        self.asides = 0
        self.aside_kills: frozenset[tuple[int, int]] = frozenset()
        self.stalls: dict[int, float] = {}
        self.at_effect: dict[int, list[Callable[[], None]]] = {}
        self.trace: list[str] | None = [] if tracing else None
        self._kills = kills
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self.is_stopped = False

    # ------------------------------------------------------------------------------------------- time

    def at(self, when: float, act: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._order), act))

    def next_event(self) -> float | None:
        return self._events[0][0] if self._events else None

    def run(self, until: float) -> None:
        events = self._events
        while events and not self.is_stopped:
            when, _, act = heappop(events)
            if when > until:
                return
            self.now = when
            act()

    def start(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        seconds: float,
        skew: float = 0.0,
        on_end: Callable[[Invocation], None] | None = None,
    ) -> Invocation:
        invocation = Invocation(self, name, work, seconds, skew)
        invocation.on_end = on_end
        self.at(self.now, invocation.resume)
        return invocation

    def wait(self, seconds: float) -> None:
        """Lets time pass for the running invocation; others may act meanwhile, and its deadline may come."""
        me = self.running()
        when = self.now + seconds
        events = self._events
        if when < me.deadline and (not events or when < events[0][0]):
            self.now = when
            return
        self.at(min(when, me.deadline), me.resume)
        self.hub.switch()
        if when >= me.deadline:
            self.tell("timed out")
            self.die()

    # ------------------------------------------------------------------------------------------ effects

    def running(self) -> Invocation:
        """The invocation that acts now; a dead one that still tries to (in a `finally`) is stopped again."""
        me = self.current
        if me is None or me.is_dead:
            raise Killed
        return me

    def begin(self, name: str, seconds: float, detail: object = "") -> None:
        """An effect is about to happen, after so many seconds on the way: counted, told, or killed before."""
        if self.effects + 1 in self.stalls:
            seconds += self.stalls.pop(self.effects + 1)
            self.running().scratch["stalls"] = True
            self.tell("stalls")
        self.wait(seconds)
        self.effects = number = self.effects + 1
        me = self.running()
        me.is_late = me.scratch.pop("stalls", False)
        if self.trace is not None:
            self.tell(f"{name} {detail}", number)
        if number in self.at_effect:
            for act in self.at_effect.pop(number):
                act()
        if (number, BEFORE) in self._kills:
            self.tell("KILLED BEFORE it happened")
            self.kills_done += 1
            self.die()

    def end(self) -> None:
        """It has happened; the answer may yet be lost."""
        if (self.effects, AFTER) in self._kills:
            self.tell("KILLED AFTER it happened")
            self.kills_done += 1
            self.die()

    def begin_aside(self, name: str, seconds: float) -> None:
        """As `begin`, of an effect that is counted apart."""
        self.wait(seconds)
        self.asides = number = self.asides + 1
        if self.trace is not None:
            self.tell(f"{name} (aside {number})")
        if (number, BEFORE) in self.aside_kills:
            self.tell("KILLED BEFORE it happened")
            self.kills_done += 1
            self.die()

    def end_aside(self) -> None:
        if (self.asides, AFTER) in self.aside_kills:
            self.tell("KILLED AFTER it happened")
            self.kills_done += 1
            self.die()

    def die(self) -> None:
        self.running().is_dead = True
        raise Killed

    def tell(self, text: str, number: int | None = None) -> None:
        if self.trace is not None:
            who = self.current.name if self.current else "-"
            self.trace.append(f"{self.now:10.2f}s {number or '':>4} {who:<12} {text}")
