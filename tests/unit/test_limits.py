"""Whose turn is next at an EHR account: the rules alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openchair import limits
from openchair.limits import (
    BACKGROUND_CREDIT,
    BACKGROUND_LEAD,
    BACKGROUND_SHARE,
    GUARD,
    KEY_TRIED_AGAIN,
    Bucket,
    Full,
    KeyRefused,
    Lane,
    Later,
    LimitState,
    Reserved,
    Wanted,
    reserve,
)

NOW = 1_772_467_200.0
EVERY_SECOND = Bucket("all", 1.0)
READ_ONLY = Bucket("all", 5.0, from_end=True)
SPACING = 1.0 + GUARD


def wanted(
    lane: Lane = "live", buckets: tuple[Bucket, ...] = (EVERY_SECOND,), latest: float = NOW + 60, key_mark: str = ""
) -> Wanted:
    return Wanted(lane, buckets, latest, 25.0, (key_mark,))


def reserved(state: LimitState, asked: Wanted, now: float = NOW) -> Reserved:
    found = reserve(state, asked, now, 0.0)
    assert isinstance(found, Reserved), found
    return found


def test_an_idle_account_is_called_at_once() -> None:
    assert reserved(LimitState(), wanted()).start == NOW


def test_a_reservation_allows_for_the_time_it_takes_to_store_it() -> None:
    found = reserve(LimitState(), wanted(), NOW, 0.03)

    assert isinstance(found, Reserved)
    assert found.start == NOW + 0.03


def test_live_ones_reserve_ahead_one_behind_the_other() -> None:
    state, starts = LimitState(), []
    for _ in range(4):
        found = reserved(state, wanted())
        state = found.state
        starts.append(found.start - NOW)

    assert starts == pytest.approx([0, SPACING, 2 * SPACING, 3 * SPACING], abs=1e-5)


def test_a_start_too_late_to_be_used_is_not_reserved() -> None:
    state = reserved(LimitState(), wanted()).state

    found = reserve(state, wanted(latest=NOW + 0.5), NOW, 0.0)

    assert isinstance(found, Full)
    assert found.seconds == pytest.approx(SPACING, abs=1e-5)


def test_background_does_not_reserve_ahead() -> None:
    first = reserved(LimitState(), wanted("background"))

    found = reserve(first.state, wanted("background"), NOW + 0.3, 0.0)

    assert isinstance(found, Later)
    assert NOW + SPACING - BACKGROUND_LEAD < found.at < NOW + SPACING


def test_background_takes_a_free_start_when_its_moment_comes() -> None:
    state = reserved(LimitState(), wanted("background")).state

    assert reserved(state, wanted("background"), NOW + 0.98).start == pytest.approx(NOW + SPACING, abs=1e-5)


def test_a_live_one_overtakes_background_that_waits() -> None:
    state = reserved(LimitState(), wanted("background")).state
    assert isinstance(reserve(state, wanted("background"), NOW + 0.3, 0.0), Later)

    assert reserved(state, wanted("live"), NOW + 0.4).start == pytest.approx(NOW + SPACING, abs=1e-5)


def test_background_has_one_start_in_nine_however_many_live_ones_wait() -> None:
    state, lanes, now = LimitState(), [], NOW
    for _ in range(300):
        found = reserve(state, wanted("background", latest=now + 60), now, 0.0)
        if isinstance(found, Reserved):
            lanes.append("background")
        else:
            found = reserved(state, wanted("live", latest=now + 60), now)
            lanes.append("live")
        state = found.state
        now = max(now, found.start - 12)

    background = [place for place, lane in enumerate(lanes) if lane == "background"]
    assert {later - earlier for earlier, later in zip(background, background[1:], strict=False)} == {BACKGROUND_SHARE}


def test_background_that_had_more_than_its_share_stands_back_for_live_ones_for_so_long() -> None:
    state, now = LimitState(), NOW
    for _ in range(100):
        state = reserved(state, wanted("background", latest=now + 60), now).state
        now += SPACING
    state = reserved(state, wanted(latest=now + 60), now).state
    turned_back = 1
    while isinstance(reserve(state, wanted("background", latest=now + 60), now, 0.0), Later):
        state = reserved(state, wanted(latest=now + 60), now).state
        now, turned_back = now + SPACING / 2, turned_back + 1

    assert turned_back == pytest.approx(BACKGROUND_CREDIT, abs=1)


def test_a_read_only_key_waits_for_the_end_of_the_call_before() -> None:
    first = reserved(LimitState(), wanted(buckets=(READ_ONLY,)))

    assert isinstance(reserve(first.state, wanted(buckets=(READ_ONLY,)), NOW + 8, 0.0), Later)


def test_a_read_only_key_counts_five_seconds_from_the_end() -> None:
    first = reserved(LimitState(), wanted(buckets=(READ_ONLY,)))
    state = limits.ended(first.state, wanted(buckets=(READ_ONLY,)), first.start, NOW + 8)

    assert reserved(state, wanted(buckets=(READ_ONLY,)), NOW + 9).start == pytest.approx(NOW + 8 + 5 + GUARD)


def test_a_read_only_call_whose_end_is_never_told_holds_others_back_until_it_is_surely_over() -> None:
    first = reserved(LimitState(), wanted(buckets=(READ_ONLY,)))

    after = reserved(first.state, wanted(buckets=(READ_ONLY,)), NOW + 40)

    assert after.start == NOW + 40
    assert isinstance(reserve(first.state, wanted(buckets=(READ_ONLY,)), NOW + 30, 0.0), Later)


def test_the_end_of_another_call_changes_nothing() -> None:
    first = reserved(LimitState(), wanted(buckets=(READ_ONLY,)))

    assert limits.ended(first.state, wanted(buckets=(READ_ONLY,)), first.start - 1, NOW + 8) is first.state


def test_a_call_waits_for_the_fullest_of_its_buckets() -> None:
    overall, slots = Bucket("all", 1.0, 100), Bucket("slots", 1.0, 10)
    state = reserved(LimitState(), wanted(buckets=(overall, slots))).state

    assert reserved(state, wanted(buckets=(overall,))).start == pytest.approx(NOW + (1 + GUARD) / 100, abs=1e-5)
    assert reserved(state, wanted(buckets=(overall, slots))).start == pytest.approx(NOW + (1 + GUARD) / 10, abs=1e-5)


@given(
    st.lists(
        st.tuples(st.sampled_from(["live", "background"]), st.floats(0, 0.4), st.booleans()), min_size=20, max_size=60
    )
)
def test_no_window_ever_holds_more_than_a_bucket_allows(calls: list[tuple[Lane, float, bool]]) -> None:
    minute, slots = Bucket("family", 60.0, 1000), Bucket("slots", 1.0, 10)
    state, now, starts = LimitState(), NOW, []
    for lane, pause, is_slots in calls:
        now += pause
        found = reserve(state, wanted(lane, (minute, slots) if is_slots else (minute,), now + 60), now, 0.0)
        if isinstance(found, Reserved):
            state = found.state
            starts += [found.start] if is_slots else []

    starts.sort()
    assert all(later - earlier >= 1.0 for earlier, later in zip(starts, starts[10:], strict=False))


def test_an_unused_start_is_given_back() -> None:
    first = reserved(LimitState(), wanted())
    state = limits.given_back(first.state, wanted(), first.start)

    assert reserved(state, wanted()).start == NOW


def test_an_unused_start_with_others_behind_it_stays_lost() -> None:
    first = reserved(LimitState(), wanted())
    second = reserved(first.state, wanted())

    assert limits.given_back(second.state, wanted(), first.start) is second.state


def test_an_unused_start_of_a_read_only_key_is_given_back_too() -> None:
    asked = wanted(buckets=(READ_ONLY,))
    first = reserved(LimitState(), asked)

    assert reserved(limits.given_back(first.state, asked, first.start), asked).start == NOW


def test_who_is_asked_to_wait_keeps_everybody_back() -> None:
    state = limits.slowed(LimitState(), NOW + 7)

    assert reserved(state, wanted()).start == NOW + 7
    assert isinstance(reserve(state, wanted("background"), NOW, 0.0), Later | Reserved)


def test_slowing_down_never_brings_a_start_forward() -> None:
    state = limits.slowed(LimitState(), NOW + 7)

    assert limits.slowed(state, NOW + 3) is state


def test_a_refused_key_is_spared_for_that_call_only() -> None:
    state = limits.key_refused(LimitState(), "read_patient#abc", NOW)

    assert reserve(state, wanted(key_mark="read_patient#abc"), NOW + 1, 0.0) == KeyRefused("read_patient#abc")
    assert isinstance(reserve(state, wanted(key_mark="read_patient#new"), NOW + 1, 0.0), Reserved)
    assert isinstance(reserve(state, wanted(key_mark="read_provider#abc"), NOW + 1, 0.0), Reserved)


def test_one_call_in_five_minutes_tries_a_refused_key_again() -> None:
    asked = wanted(key_mark="read_patient#abc", latest=NOW + 1000)
    state = limits.key_refused(LimitState(), "read_patient#abc", NOW)

    probe = reserved(state, asked, NOW + KEY_TRIED_AGAIN)

    assert reserve(probe.state, asked, NOW + KEY_TRIED_AGAIN + 2, 0.0) == KeyRefused("read_patient#abc")
    assert limits.key_accepted(probe.state, asked.key_marks).refused_keys == {}


def test_what_is_refused_to_one_practice_is_spared_for_it_alone() -> None:
    state = limits.key_refused(LimitState(), "read#abc@p2", NOW)
    ours, theirs = (replace(wanted(), key_marks=("read#abc", f"read#abc@{each}")) for each in ("p2", "p3"))

    assert reserve(state, ours, NOW + 1, 0.0) == KeyRefused("read#abc@p2")
    assert isinstance(reserve(state, theirs, NOW + 1, 0.0), Reserved)
    assert isinstance(reserve(state, replace(ours, tries_key=True), NOW + 1, 0.0), Reserved)


def test_marks_of_refused_keys_do_not_grow_without_end() -> None:
    state = LimitState()
    for number in range(500):
        state = limits.key_refused(state, f"read#{number}", NOW + number)

    assert len(state.refused_keys) == 64
    assert "read#499" in state.refused_keys


def test_the_rate_in_use_is_whole_right_behind_another_start_and_falls_with_the_pause() -> None:
    first = reserved(LimitState(), wanted())

    assert first.share == 0
    assert reserved(first.state, wanted()).share == pytest.approx(1, abs=1e-5)
    assert reserved(first.state, wanted(), NOW + 4 * SPACING).share == pytest.approx(0.25, abs=1e-5)


def test_deciding_leaves_the_version_to_the_store() -> None:
    state = replace(LimitState(), version=7)

    assert reserved(state, wanted()).state.version == 7
