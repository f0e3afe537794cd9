"""How many calls an EHR account takes, and whose turn is next: rules without I/O (design section 5, Rate).

A start is reserved in an account's state before the call is made, so that all functions together keep the vendor's
rate. Times are UTC in seconds since 1970. `live` reserves ahead; `background` takes what is free when its moment comes,
and on the average one start in ten whatever else goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Lane = Literal["live", "background"]

GUARD = 0.024
"""Seconds: for two clocks that are off by ten milliseconds each, and for a start that is late."""

LATEST = 0.004
"""Seconds a start may be late and still be used; the guard holds it and the clocks."""

LONGEST_WAIT: Mapping[Lane, float] = {"live": 15.0, "background": 60.0}
"""Seconds; a caller who would wait longer is told so at once."""

BACKGROUND_SHARE = 9
"""Background has one start in so many, however many live ones wait: what is lost on the way still leaves it a tenth."""

BACKGROUND_CREDIT = 30
"""Starts. So long may live ones keep background waiting that has had more than its share before."""

BACKGROUND_LEAD = 0.08
"""Seconds before a free start within which background may take it: enough to store it, few enough to be overtaken."""

KEY_TRIED_AGAIN = 300.0
"""Seconds after which one call finds out whether a refused key is accepted by now."""

_POLL = 0.25
_MARKS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most `count` starts in any `seconds`; `from_end` counts from the end of the last call, one at a time."""

    name: str
    seconds: float
    count: int = 1
    from_end: bool = False

    @property
    def spacing(self) -> float:
        """Starts are spaced evenly, so that no window of the vendor's, fixed or sliding, ever holds too many."""
        return (self.seconds + GUARD) / self.count


@dataclass(frozen=True, slots=True)
class Wanted:
    """A start as its caller can use it: not after `latest`; the call lasts `longest` seconds at most.

    `key_marks` name the operation and the key it goes out with, for all practices and for the one that asks.
    `tries_key`: it goes out though the key was refused for this a short time ago.
    """

    lane: Lane
    buckets: tuple[Bucket, ...]
    latest: float
    longest: float = 30.0
    key_marks: tuple[str, ...] = ()
    tries_key: bool = False


@dataclass(frozen=True, slots=True)
class LimitState:
    """What is known of one EHR account. `next_at` is, by bucket, the first moment at which a call may start.

    `background_due` is the moment at which background has a right to a start, free or not.
    `in_flight` is the start of a call after which the next is counted from its end; 0 when there is none.
    `refused_keys` says since when a key mark is refused. `version` is the store's.
    """

    version: int = 0
    next_at: Mapping[str, float] = field(default_factory=dict)
    background_due: float = 0.0
    slow_until: float = 0.0
    in_flight: float = 0.0
    refused_keys: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A start, once `state` is stored. `share` is the part of the allowed rate in use: 1 right behind another start."""

    state: LimitState
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing can be reserved yet: look again at `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class Full:
    """No start can be had in time; the first is in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """The EHR refuses this key for this operation, and was asked not long ago; by which mark this is known."""

    mark: str


def reserve(state: LimitState, wanted: Wanted, now: float, lead: float) -> Reserved | Later | Full | KeyRefused:
    """The first start for the caller, at least `lead` seconds from now: what storing it takes."""
    refused = [mark for mark in wanted.key_marks if mark in state.refused_keys]
    for mark in refused:
        if not wanted.tries_key and now - state.refused_keys[mark] < KEY_TRIED_AGAIN:
            return KeyRefused(mark)
    start = max([now + lead, state.slow_until, *(state.next_at.get(bucket.name, 0.0) for bucket in wanted.buckets)])
    from_end = next((bucket for bucket in wanted.buckets if bucket.from_end), None)
    if from_end is not None and state.in_flight and now < state.next_at.get(from_end.name, 0.0):
        if now + from_end.spacing > wanted.latest:
            return Full(from_end.spacing)
        return Later(now + _POLL)
    slowest = max(bucket.spacing for bucket in wanted.buckets)
    until_due = state.background_due - start
    if wanted.lane == "background" and until_due > 0 and start > now + BACKGROUND_LEAD:
        if start > wanted.latest:
            return Full(start - now)
        # Where live ones keep reserving, `start` moves on with the time.
        return Later(min(start - 0.8 * BACKGROUND_LEAD, now + max(until_due, slowest)))
    if start > wanted.latest:
        return Full(start - now)
    lasts = wanted.longest if from_end is not None else 0.0
    taken = {bucket.name: start + lasts + bucket.spacing for bucket in wanted.buckets}
    reserved = replace(
        state,
        next_at={**state.next_at, **taken},
        background_due=_after_background(state.background_due, start, slowest)
        if wanted.lane == "background"
        else state.background_due,
        in_flight=start if from_end is not None else state.in_flight,
    )
    if refused:
        reserved = replace(reserved, refused_keys={**reserved.refused_keys, **dict.fromkeys(refused, now)})
    shares = [
        bucket.spacing / (start - state.next_at[bucket.name] + bucket.spacing)
        for bucket in wanted.buckets
        if bucket.name in state.next_at
    ]
    return Reserved(reserved, start, max(shares, default=0.0))


def _after_background(due: float, start: float, spacing: float) -> float:
    """Each start of background's puts off the next that it has a right to, and one had late puts it off less."""
    return min(max(due, start - spacing) + BACKGROUND_SHARE * spacing, start + BACKGROUND_CREDIT * spacing)


def given_back(state: LimitState, wanted: Wanted, start: float) -> LimitState:
    """As before a start that was not used; one behind which others have reserved stays lost."""
    next_at = dict(state.next_at)
    lasts = wanted.longest if any(bucket.from_end for bucket in wanted.buckets) else 0.0
    for bucket in wanted.buckets:
        if next_at.get(bucket.name) == start + lasts + bucket.spacing:
            next_at[bucket.name] = start
    if next_at == state.next_at:
        return state
    in_flight = 0.0 if state.in_flight == start else state.in_flight
    return replace(state, next_at=next_at, in_flight=in_flight)


def ended(state: LimitState, wanted: Wanted, start: float, now: float) -> LimitState:
    """After the end of a call from which the next is counted."""
    if state.in_flight != start:
        return state
    next_at = {bucket.name: now + bucket.spacing for bucket in wanted.buckets if bucket.from_end}
    return replace(state, next_at={**state.next_at, **next_at}, in_flight=0.0)


def slowed(state: LimitState, until: float) -> LimitState:
    """No call starts before `until`, reserved or not."""
    if until <= state.slow_until:
        return state
    return replace(state, slow_until=until)


def key_refused(state: LimitState, mark: str, now: float) -> LimitState:
    """The oldest marks go when there are many: each costs one call to be found again."""
    kept = sorted(state.refused_keys.items(), key=lambda item: item[1])[-(_MARKS_KEPT - 1) :]
    return replace(state, refused_keys={**dict(kept), mark: now})


def key_untried(state: LimitState, marks: tuple[str, ...], now: float) -> LimitState:
    """After a try that did not reach the EHR: the next one finds out."""
    again = {mark: min(state.refused_keys[mark], now - KEY_TRIED_AGAIN) for mark in marks if mark in state.refused_keys}
    return replace(state, refused_keys={**state.refused_keys, **again}) if again else state


def key_accepted(state: LimitState, marks: tuple[str, ...]) -> LimitState:
    kept = {mark: since for mark, since in state.refused_keys.items() if mark not in marks}
    return replace(state, refused_keys=kept) if len(kept) < len(state.refused_keys) else state
