"""Readings in the order of true time, by hand: clocks that step, stray, repeat, or were never set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.units import DAY_S
from wattline.meter.readings.order import fault_times, true_time, typical_interval

T = 1_700_000_000.0


def ordered(wall: Any, mono: Any = None, key: Any = None, base: float = T) -> tuple[list[float], list[int], Any]:
    """Instants after ``base``, the rows they belong to, and the faults: kind, when it began, how long it lasted."""
    wall = base + np.array(wall, float)
    keys = np.arange(float(len(wall))) if key is None else np.array(key, float)
    time, rows, faults = true_time(wall, None if mono is None else np.array(mono, float), keys)
    flat = [(f.kind, at, lasting) for f in faults
            for at, lasting in zip((f.at_s - base).tolist(), f.lasting_s.tolist(), strict=True)]  # fmt: skip
    return (time - base).tolist(), rows.tolist(), flat


def test_the_usual_interval_is_the_median_of_the_steps_that_move() -> None:
    for time, interval in (([0, 1, 3, 3, 7], 2), ([0, 1, 3, 6], 2), ([0, 0, 0, 5], 5), ([4, 4], 0), ([4], 0), ([], 0)):
        assert typical_interval(np.array(time, float)) == interval


def test_a_fault_stands_at_each_instant_and_none_without_one() -> None:
    (fault,) = fault_times("clock", np.array([3, 4]), 2.0, "x")
    assert (fault.at_s.tolist(), fault.lasting_s.tolist(), fault.at_s.dtype) == ([3, 4], [2, 2], float)
    assert not fault_times("clock", np.empty(0), 2.0, "x")


def test_times_that_run_forward_stand() -> None:
    assert ordered([0, 1, 2, 7]) == ([0, 1, 2, 7], [0, 1, 2, 3], [])
    assert ordered([5]) == ([5], [0], [])
    assert ordered([0, 30 * DAY_S]) == ([0, 30 * DAY_S], [0, 1], [])
    assert ordered([0, 1, 2], base=100.0) == ([0, 1, 2], [0, 1, 2], [])  # a clock that was never set still counts


def test_rows_without_a_time_are_left_out() -> None:
    assert ordered([0, np.nan, 1, np.inf, 3e11, -3e11, 2])[:2] == ([0, 1, 2], [0, 2, 6])
    assert [kind for kind, *_ in ordered([0, np.nan, 1, 3e11])[2]] == ["unreadable"] * 2
    time, rows, faults = true_time(np.full(3, np.nan), None, np.zeros(3))
    assert (len(time), len(rows), [len(f.at_s) for f in faults]) == (0, 0, [3])
    assert ordered([1, -3e11, 0])[:2] == ([0, 1], [2, 0])


def test_durations_go_by_the_clock_that_does_not_jump() -> None:
    """The wall clock was an hour slow for three of seven readings: the offset that most of them have counts."""
    got = ordered([0, 1, 2, 3603, 3604, 3605, 3606], 100 + np.arange(7))
    assert got == ([3600 + k for k in range(7)], list(range(7)), [("clock", 3603, 3600)])
    back = ordered([0, 1, 2, 3, -3596, -3595], 100 + np.arange(6))
    assert back == ([0, 1, 2, 3, 4, 5], list(range(6)), [("clock", 4, 3600)])


@pytest.mark.parametrize(("jump", "faults"), [(0.375, 0), (0.5, 0), (0.625, 1)])
def test_clocks_that_part_by_half_a_second_jumped(jump: float, faults: int) -> None:
    got = ordered([0, 1, 2 + jump, 3 + jump, 4 + jump], np.arange(5.0), base=1024.0)
    assert got[0] == [jump + k for k in range(5)]
    assert len(got[2]) == faults


def test_after_a_restart_the_clock_that_does_not_jump_begins_anew() -> None:
    got = ordered([0, 1, 2, 50, 51, 52], [100, 101, 102, 5, 6, 7])
    assert got == ([0, 1, 2, 50, 51, 52], list(range(6)), [])
    # two readings of one instant are no restart
    assert ordered([0, 1, 3601], [100, 101, 101])[0] == [0, 1, 1]


def test_a_clock_that_tells_nothing_is_not_taken() -> None:
    wall = [0, 1, 2, 1, 3, 4, 5]
    for mono in ([np.nan, *range(6)], T + np.array(wall, float)):
        assert ordered(wall, mono) == ordered(wall)


def test_rows_in_no_order_are_sorted() -> None:
    got = ordered([1, 0, 3, 2, 5, 4, 7, 6])
    assert got == (list(range(8)), [1, 0, 3, 2, 5, 4, 7, 6], [("clock", k, 1) for k in (0, 2, 4, 6)])
    # 5 in 100 may be set back one by one; more are no order at all
    many = np.arange(100.0)
    many[[10, 30, 50, 70, 90]] -= 1.5
    assert [lasting for _, _, lasting in ordered(many)[2]] == [0.5] * 5
    assert ordered(many)[0] == sorted(many.tolist())


def test_a_stretch_after_the_clock_was_set_back_moves_on() -> None:
    """100 readings, then the clock falls back by 50 s and 100 more follow: 200 in a row."""
    wall = [*range(100), *range(50, 150)]
    got = ordered(wall)
    assert got == (list(range(200)), list(range(200)), [("clock", 50, 49)])
    twice = ordered([*range(100), *range(50, 150), *range(100, 200)])
    assert twice[0] == list(range(300))
    assert twice[2] == [("clock", 50, 49), ("clock", 100, 49)]


@pytest.mark.parametrize(
    ("part", "moves"),
    [
        (range(97, 120), False), (range(96, 120), False), (range(95, 120), True),  # three intervals are disorder
        (range(50, 52), False), (range(50, 53), True),  # so are fewer than three readings
        (range(-30, 1), False), (range(-30, 2), True),  # and a stretch that lies before all others
    ],
)  # fmt: skip
def test_a_little_disorder_is_sorted_and_no_clock_set_back(part: range, moves: bool) -> None:
    wall = [*range(100), *part]
    got = ordered(wall)
    assert got[0] == ([*range(100 + len(part))] if moves else sorted(wall))
    assert got[2] == [("clock", part[0], 99 - part[0])]


@pytest.mark.parametrize(("days", "moves"), [(29, True), (30, True), (31, False)])
def test_a_stretch_dated_a_month_before_is_of_that_time(days: int, moves: bool) -> None:
    wall = [*range(60), *range(59 - days, 66)]
    got = ordered(np.array(wall) * DAY_S)[0]
    assert got == [day * DAY_S for day in (range(len(wall)) if moves else sorted(wall))]


@pytest.mark.parametrize(("same", "moves"), [(50, False), (26, False), (25, True), (0, True)])
def test_a_stretch_written_twice_is_known_by_its_readings(same: int, moves: bool) -> None:
    """Of the fifty instants that are there already more than half have the same reading."""
    key = [*range(100), *range(50, 50 + same), *range(1000, 1000 + 100 - same)]
    got = ordered([*range(100), *range(50, 150)], key=key)[0]
    assert got == ([*range(200)] if moves else sorted([*range(100), *range(50, 150)]))


def test_only_what_overlaps_tells_whether_a_stretch_was_written_twice() -> None:
    """Ten of ten instants are the same; the ninety new ones are no evidence against it."""
    key = [*range(100), *range(90, 190)]
    assert ordered([*range(100), *range(90, 190)], key=key)[0] == sorted([*range(100), *range(90, 190)])
    # the same watts at other instants are another time
    shifted = [*range(100), *(k + 0.5 for k in range(89, 190))]
    assert ordered(shifted, key=[*range(100), *range(89, 190)])[0][-1] > 190


def test_a_clock_that_was_not_set_is_put_beside_its_neighbours() -> None:
    """Stretches dated 1970, before the others or between them, one interval apart from what stands beside them."""
    set_ = [T + k for k in range(10, 20)]
    first = ordered([5, 6, 7, *set_], base=0.0)
    assert first == ([T + k for k in range(7, 20)], list(range(13)), [("clock", T + 7, T + 2)])
    between = ordered([*(T + k for k in range(10)), 3, 4, 5, *(T + k for k in range(13, 23))], base=0.0)
    assert between == ([T + k for k in range(23)], list(range(23)), [("clock", T + 10, T + 7)])
    last = ordered([*set_, 3, 4], base=0.0)
    assert last[0] == [T + k for k in range(10, 22)]
    both = ordered([5, *set_, 3], base=0.0)
    assert both[0] == [T + k for k in range(9, 21)]
    assert [at for _, at, _ in both[2]] == [T + 9, T + 20]


def test_where_most_readings_have_no_date_none_is_moved() -> None:
    half = ordered([5, 6, 7, T, T + 1, T + 2], base=0.0)
    assert half[0] == [T - 3, T - 2, T - 1, T, T + 1, T + 2]
    most = ordered([4, 5, 6, 7, T, T + 1, T + 2], base=0.0)
    assert most[0] == [4, 5, 6, 7, T, T + 1, T + 2]


@pytest.mark.parametrize(
    ("many", "few", "left"),
    [(20, 1, 20), (19, 1, 20), (20, 2, 22), (40, 2, 40), (60, 3, 60), (100, 3, 100), (100, 4, 104)],
)
def test_a_few_readings_months_away_are_astray(many: int, few: int, left: int) -> None:
    """At most three, and no more than a twentieth of the others."""
    far = 40 * DAY_S
    for wall in ([*range(many), *(far + k for k in range(few))], [*(k - far for k in range(few)), *range(many)]):
        time, rows, faults = ordered(wall)
        assert len(time) == len(rows) == left
        if left == many:
            assert time == list(range(many))
            middle = (many - 1) / 2
            gone = [at for at in wall if abs(at) > 1000]
            assert faults == [("clock", at, abs(at - middle)) for at in gone]
        else:
            assert not faults


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.booleans())
def test_time_only_runs_forward_and_no_reading_is_lost(wall: list[float], unset: bool) -> None:
    at = np.array(wall) + (0.0 if unset else T)
    time, rows, _ = true_time(at, None, np.arange(float(len(wall))))
    assert (np.diff(time) >= 0).all()
    assert sorted(rows.tolist()) == list(range(len(wall)))


def test_the_clock_of_each_start_may_have_jumped() -> None:
    got = ordered([0, 1, 2, 12, 13, 14, 50, 51, 71, 72], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3])
    assert got[2] == [("clock", got[0][3], 9), ("clock", got[0][8], 19)]


def test_four_times_set_back_is_no_order_in_few_readings_and_four_clocks_in_many() -> None:
    """Stretches that each begin seven before the end of the one before."""
    for length, moves in ((13, False), (40, True)):
        wall = [k * (length - 7) + step for k in range(5) for step in range(length)]
        time, _, faults = ordered(wall)
        assert time == ([*range(len(wall))] if moves else sorted(wall)), length
        assert len(faults) == 4
