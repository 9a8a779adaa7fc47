"""Rises of counters by the letter: wraps, resets, glitches and leaps, each worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rises_by_hand import kinds, rise


def test_a_good_counter_is_its_rise_since_the_first_reading() -> None:
    made, faults = rise([50, 150, 350, 350, 400])
    assert made.energy_j.tolist() == [0, 100, 300, 300, 350]
    assert made.doubt_j.tolist() == [0, 0, 0, 0]
    assert not kinds(faults)


@pytest.mark.parametrize("mad", [0.0, 90.0, 401.0, 1e6, 2**40])
def test_one_reading_out_of_line_is_left_out_and_its_neighbours_decide(mad: float) -> None:
    made, faults = rise([100, 200, 300, mad, 400, 500])
    assert made.time_s.tolist() == [0, 1, 2, 4, 5]
    assert made.energy_j.tolist() == [0, 100, 200, 300, 400]
    assert kinds(faults) == {"unreadable": 1}


def test_a_reading_in_line_is_never_a_glitch() -> None:
    for ends in (300.0, 400.0, 350.0):
        made, faults = rise([100, 200, 300, ends, 400, 500])
        assert made.energy_j.tolist() == [0, 100, 200, ends - 100, 300, 400]
        assert not kinds(faults)


def test_mad_readings_beside_each_other_are_all_left_out() -> None:
    made, faults = rise([100, 200, 6, 5, 300, 400])
    assert float(made.energy_j[-1]) == 300
    assert kinds(faults)["unreadable"] >= 1
    assert "reset" not in kinds(faults)


def test_what_is_no_number_of_joules_is_left_out_and_an_instant_counts_once() -> None:
    made, faults = rise([0, np.nan, 200, np.inf, 1e21, 500], [0, 1, 2, 3, 4, 5])
    assert made.energy_j.tolist() == [0, 200, 500]
    assert kinds(faults) == {"unreadable": 3}
    made, faults = rise([0, 100, 100, 200], [0, 1, 1, 2])
    assert made.energy_j.tolist() == [0, 100, 200]
    assert kinds(faults) == {"duplicate": 1}


def test_a_wrap_adds_the_range_back() -> None:
    made, faults = rise([700, 800, 900, 0, 100], wrap_j=1000)
    assert made.energy_j.tolist() == [0, 100, 200, 300, 400]
    assert made.doubt_j.tolist() == [0, 0, 0, 0]
    assert kinds(faults) == {"wrap": 1}


def test_a_long_gap_may_hide_turns_and_then_the_range_holds_one_more() -> None:
    """100 W for 25 s of a range of 1,000 J: 2,500 J, of which the counter shows 500."""
    made, faults = rise([0, 100, 200, 700, 800, 900], [0, 1, 2, 27, 28, 29], wrap_j=1000)
    assert made.energy_j.tolist() == [0, 100, 200, 2700, 2800, 2900]
    assert made.doubt_j.tolist() == [0, 0, 1000, 0, 0]
    assert kinds(faults) == {"wrap": 1}
    made, _ = rise([400, 500, 600, 100, 200, 300], [0, 1, 2, 27, 28, 29], wrap_j=1000)
    assert made.energy_j.tolist() == [0, 100, 200, 2700, 2800, 2900]
    assert made.doubt_j.tolist() == [0, 0, 1000, 0, 0]


def test_a_counter_set_back_goes_on_at_the_power_beside_it() -> None:
    """From 500 to 20 J in 2 s, with 100 W before and 200 W after: 150 W for 2 s, and at least the 20 J it shows."""
    made, faults = rise([300, 400, 500, 20, 220, 420], [0, 1, 2, 4, 5, 6])
    assert made.energy_j.tolist() == [0, 100, 200, 500, 700, 900]
    assert made.doubt_j.tolist() == [0, 0, max(300 - 20, 400 - 300), 0, 0]
    assert kinds(faults) == {"reset": 1}
    made, _ = rise([3000, 3100, 3200, 900, 1000, 1100], [0, 1, 2, 4, 5, 6])
    assert made.energy_j.tolist() == [0, 100, 200, 1100, 1200, 1300]
    assert made.doubt_j.tolist() == [0, 0, 0, 0, 0]


def test_a_range_that_the_counter_never_had_is_no_wrap() -> None:
    """At 5,000 J it cannot wrap at 1,000: it was set back."""
    made, faults = rise([4800, 4900, 5000, 50, 150], wrap_j=1000)
    assert kinds(faults) == {"reset": 1}
    assert float(made.energy_j[-1]) == 200 + 100 + 100


def test_a_leap_beyond_what_the_device_can_draw_is_bridged() -> None:
    """300 W at most: a step of 10 kJ in a second counts as the 100 W on both sides of it."""
    made, faults = rise([0, 100, 200, 10_200, 10_300, 10_400], max_w=300)
    assert made.energy_j.tolist() == [0, 100, 200, 300, 400, 500]
    assert made.doubt_j.tolist() == [0, 0, 100, 0, 0]
    assert kinds(faults) == {"leap": 1}
    made, faults = rise([0, 100, 200, 509, 609, 709], max_w=300)
    assert not kinds(faults)  # 309 J: within the slack of one renewal
    made, faults = rise([0, 100, 200, 511, 611, 711], max_w=300)
    assert kinds(faults) == {"leap": 1}


def test_a_leap_a_hundred_times_what_nearly_all_steps_are_is_none_of_its_energy() -> None:
    for count, leaps in ((18, 0), (19, 1)):  # of steps there are one more, the leap and the last
        joules = np.concatenate([np.arange(float(count)) * 100, (count - 1) * 100 + 10_100 + np.arange(2) * 100])
        made, faults = rise(joules.tolist())
        assert kinds(faults).get("leap", 0) == leaps, count
    steady = [k * 100.0 for k in range(25)]
    made, faults = rise([*steady, 2400 + 9_900, 2400 + 10_000])
    assert not kinds(faults)
    made, faults = rise([*steady, 2400 + 10_100, 2400 + 10_200])
    assert kinds(faults) == {"leap": 1}
    assert float(made.energy_j[-1]) == pytest.approx(2600)
