"""Waiting for one's turn: several functions, one state."""

import math
from collections.abc import Callable

import pytest

from openchair.clients.limiter import Limiter, Turn
from openchair.errors import EhrBusy, EhrKeyRefused, StoreUnavailable
from openchair.limits import GUARD, KEY_TRIED_AGAIN, Bucket, Lane, LimitState
from tests.clock import VirtualClock
from tests.memory_store import MemoryLimits

EVERY_SECOND = (Bucket("all", 1.0),)
READ_ONLY = (Bucket("all", 5.0, from_end=True),)
SPACING = 1 + GUARD
LEAD = 0.03
MARKS = ("read_patient#abc", "read_patient#abc@p1")


class Office:
    """One account and the functions that call it; `meanwhile` happens just before the next swap or read."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = MemoryLimits()

    def limiter(self, lane: Lane = "live") -> Limiter:
        return Limiter("account", self.store, self.clock, lane)

    def take(self, limiter: Limiter, buckets: tuple[Bucket, ...] = EVERY_SECOND, deadline: float = math.inf) -> Turn:
        return limiter.take(buckets, deadline, 25.0)


class Interrupting(MemoryLimits):
    """Lets something happen just before a swap."""

    def __init__(self) -> None:
        super().__init__()
        self.before_swap: list[Callable[[], object]] = []

    def swap(self, ehr_account_id: str, seen: LimitState, new: LimitState) -> LimitState | None:
        if self.before_swap:
            self.before_swap.pop()()
        return super().swap(ehr_account_id, seen, new)


class Broken(MemoryLimits):
    def read(self, ehr_account_id: str) -> LimitState:
        raise StoreUnavailable


@pytest.mark.parametrize(("seconds", "interval"), [(1.0, 1.0), (0.5, 0.5)], ids=["standard", "enterprise"])
def test_starts_of_several_functions_are_the_interval_apart(seconds: float, interval: float) -> None:
    office, starts = Office(), []
    functions = [office.limiter() for _ in range(3)]

    for number in range(9):
        office.take(functions[number % 3], (Bucket("all", seconds),))
        starts.append(office.clock.monotonic())

    gaps = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert all(interval < gap < interval + 0.03 for gap in gaps)


def test_a_turn_after_the_deadline_is_refused_at_once_and_not_taken() -> None:
    office = Office()
    office.take(office.limiter())
    began = office.clock.monotonic()

    with pytest.raises(EhrBusy) as busy:
        office.take(office.limiter(), deadline=began + 0.5)

    assert busy.value.retry_after == pytest.approx(SPACING, abs=0.01)
    assert office.clock.monotonic() == began
    office.take(office.limiter())
    assert office.clock.monotonic() == pytest.approx(began + SPACING, abs=0.01)


@pytest.mark.parametrize(("lane", "longest"), [("live", 15.0), ("background", 60.0)])
def test_nobody_waits_longer_than_the_lane_allows(lane: Lane, longest: float) -> None:
    office = Office()
    limiter = office.limiter(lane)
    limiter.slow_down(longest + 0.5)

    with pytest.raises(EhrBusy):
        office.take(limiter)

    office.clock.advance(1)
    office.take(limiter)
    assert office.clock.monotonic() == pytest.approx(longest + 0.5, abs=0.01)


def test_a_read_only_key_waits_five_seconds_from_the_end_of_the_last_call_of_any_function() -> None:
    office = Office()
    first, second = office.limiter(), office.limiter()

    turn = office.take(first, READ_ONLY)
    office.clock.advance(3)
    first.ended(turn)
    ended = office.clock.monotonic()
    office.take(second, READ_ONLY)

    assert office.clock.monotonic() - ended == pytest.approx(5 + GUARD, abs=0.01)


def test_a_read_only_call_still_under_way_is_too_long_to_wait_for_on_the_phone() -> None:
    office = Office()
    office.take(office.limiter(), READ_ONLY)

    with pytest.raises(EhrBusy):
        office.take(office.limiter(), READ_ONLY, deadline=office.clock.monotonic() + 4)


def test_who_comes_second_to_a_moment_takes_the_next() -> None:
    office = Office()
    store = office.store = Interrupting()
    other = office.limiter()
    store.before_swap.append(lambda: other.take(EVERY_SECOND, math.inf, 25.0))

    office.take(office.limiter())

    assert office.clock.monotonic() == pytest.approx(LEAD + SPACING, abs=0.01)


def test_a_start_that_came_too_late_is_not_used() -> None:
    """Storing it took a second, so the next caller's start would follow too closely."""
    office = Office()
    store = office.store = Interrupting()
    store.before_swap.append(lambda: office.clock.advance(1.0))

    turn = office.take(office.limiter())

    assert turn.start == pytest.approx(office.clock.now().timestamp(), abs=0.001)
    assert office.clock.monotonic() == pytest.approx(1.0 + 1.0, abs=0.1)


def test_a_429_holds_back_those_too_who_had_reserved_a_start() -> None:
    office = Office()
    waiting, told = office.limiter(), office.limiter()
    office.take(told)
    sleep = office.clock.sleep
    naps: list[float] = []

    def sleep_and_be_told(seconds: float) -> None:
        sleep(seconds)
        if not naps:
            naps.append(seconds)
            told.slow_down(7)

    office.clock.sleep = sleep_and_be_told  # type: ignore[method-assign]

    office.take(waiting)

    assert office.clock.monotonic() == pytest.approx(LEAD + SPACING - 0.25 + 7, abs=0.01)


def test_a_turn_given_back_is_had_by_the_next() -> None:
    office = Office()
    limiter = office.limiter()
    limiter.give_back(office.take(limiter))

    office.take(office.limiter())

    assert office.clock.monotonic() == pytest.approx(2 * LEAD)


def test_without_its_store_nothing_is_called() -> None:
    with pytest.raises(EhrBusy):
        Limiter("account", Broken(), VirtualClock()).take(EVERY_SECOND, math.inf, 25.0)


def test_a_refused_key_is_not_sent_again_for_five_minutes() -> None:
    office = Office()
    limiter = office.limiter()
    limiter.key_refused(limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS), "account")

    with pytest.raises(EhrKeyRefused) as refused:
        office.limiter().take(EVERY_SECOND, math.inf, 25.0, MARKS)
    assert refused.value.scope == "account"

    office.clock.advance(KEY_TRIED_AGAIN)
    probe = limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS)
    assert probe.tries_key
    limiter.key_accepted(probe)
    assert not office.limiter().take(EVERY_SECOND, math.inf, 25.0, MARKS).tries_key


def refused_five_minutes_ago() -> Office:
    office = Office()
    limiter = office.limiter()
    limiter.key_refused(limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS), "practice")
    with pytest.raises(EhrKeyRefused) as refused:
        limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS)
    assert refused.value.scope == "practice"
    office.clock.advance(KEY_TRIED_AGAIN)
    return office


def test_who_tries_a_refused_key_and_comes_late_for_its_start_is_not_stopped_by_its_own_mark() -> None:
    office = refused_five_minutes_ago()
    sleep = office.clock.sleep

    def late_once(seconds: float) -> None:
        sleep(seconds + 0.1)
        office.clock.sleep = sleep  # type: ignore[method-assign]

    office.clock.sleep = late_once  # type: ignore[method-assign]

    assert office.limiter().take(EVERY_SECOND, math.inf, 25.0, MARKS).tries_key


def test_a_try_that_did_not_reach_the_ehr_leaves_it_to_the_next() -> None:
    office = refused_five_minutes_ago()
    limiter = office.limiter()

    limiter.give_back(limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS))

    assert limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS).tries_key


def test_a_task_asks_though_the_key_was_refused_a_moment_ago() -> None:
    office = Office()
    limiter = office.limiter()
    limiter.key_refused(limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS), "account")

    assert limiter.take(EVERY_SECOND, math.inf, 25.0, MARKS, tries_key=True).tries_key


def test_a_function_that_is_alone_at_an_account_soon_needs_one_request_for_a_turn() -> None:
    office = Office()
    limiter = office.limiter()

    counted = []
    for _ in range(5):
        counted.append(office.take(limiter).requests)
        office.clock.advance(2)

    assert counted == [2, 2, 1, 1, 1]


def test_functions_that_call_by_turns_need_two_requests_for_a_turn() -> None:
    office = Office()
    functions = [office.limiter() for _ in range(3)]

    counted = []
    for number in range(12):
        counted.append(office.take(functions[number % 3]).requests)
        office.clock.advance(2)

    assert counted == [2] * 12


def test_who_waited_for_a_turn_asks_once_more_whether_the_ehr_has_slowed_everybody_down() -> None:
    office = Office()
    office.take(office.limiter())

    assert office.take(office.limiter()).requests == 3


def test_background_waits_for_its_moment_and_live_ones_go_first() -> None:
    office = Office()
    background, live = office.limiter("background"), office.limiter()
    office.take(background)
    began = office.clock.monotonic()
    sleep = office.clock.sleep
    naps: list[float] = []

    def sleep_while_somebody_calls(seconds: float) -> None:
        sleep(seconds)
        if not naps:
            naps.append(seconds)
            live.take(EVERY_SECOND, math.inf, 25.0)

    office.clock.sleep = sleep_while_somebody_calls  # type: ignore[method-assign]

    office.take(background)

    assert office.clock.monotonic() - began == pytest.approx(2 * SPACING, abs=0.01)
