"""Turns of one EHR account within a process."""

import math

import pytest

from openchair.clients.pacing import ProcessPace, Throttle
from openchair.errors import EhrBusy
from tests.clock import VirtualClock


@pytest.mark.parametrize(("throttle", "interval"), [("standard", 1.0), ("enterprise", 0.5)])
def test_starts_are_the_interval_apart(throttle: Throttle, interval: float) -> None:
    clock = VirtualClock()
    pace = ProcessPace(throttle, clock)

    starts = []
    for _ in range(4):
        pace.wait(math.inf)
        starts.append(clock.monotonic())
        clock.advance(0.2)
        pace.ended()

    gaps = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert starts[0] == 0
    assert all(interval < gap < interval + 0.1 for gap in gaps)


def test_a_read_only_key_waits_five_seconds_from_the_end_of_the_last_call() -> None:
    clock = VirtualClock()
    pace = ProcessPace("read_only", clock)

    pace.wait(math.inf)
    clock.advance(3)
    pace.ended()
    pace.wait(math.inf)

    assert 8 < clock.monotonic() < 8.1


def test_a_turn_after_the_deadline_is_refused_at_once_and_not_taken() -> None:
    clock = VirtualClock()
    pace = ProcessPace("standard", clock)
    pace.wait(math.inf)

    with pytest.raises(EhrBusy) as busy:
        pace.wait(clock.monotonic() + 0.5)

    assert busy.value.retry_after == pytest.approx(1.05)
    assert clock.slept == []
    pace.wait(math.inf)
    assert clock.monotonic() == pytest.approx(1.05)


def test_nobody_waits_longer_than_fifteen_seconds() -> None:
    clock = VirtualClock()
    pace = ProcessPace("standard", clock)
    pace.slow_down(15.5)

    with pytest.raises(EhrBusy):
        pace.wait(math.inf)

    clock.advance(1)
    pace.wait(math.inf)
    assert clock.monotonic() == pytest.approx(15.5)


def test_slowing_down_never_brings_a_turn_forward() -> None:
    clock = VirtualClock()
    pace = ProcessPace("standard", clock)
    pace.slow_down(10)
    pace.slow_down(1)

    pace.wait(math.inf)

    assert clock.monotonic() == 10
