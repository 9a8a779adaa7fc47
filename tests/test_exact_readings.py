"""What is wrong in readings, by hand: wraps, resets, leaps, glitches, spikes, gaps, dropouts, stuck values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rises_by_hand import kinds, rise
from wattline.meter.device import Device
from wattline.meter.readings.clean import clean
from wattline.meter.readings.faults import gaps, sift, silence_s, stuck_stretches
from wattline.meter.readings.power import energy
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

NODE, GPU = Device("n1", "bmc-0", "node"), Device("n1", "GPU-0", "gpu")


def sifted(watts: list[float], device: Device = GPU, time: list[float] | None = None, modelled: bool = False) -> Any:
    at = np.arange(float(len(watts))) if time is None else np.array(time, float)
    return sift(at, np.array(watts, float), device, modelled)


LIVELY = [100.0 + k % 3 for k in range(30)]


def test_readings_that_are_no_power_are_left_out_each_with_its_reason() -> None:
    for bad, kind in (
        ([np.nan], "unreadable"), ([1e13], "unreadable"), ([-1.0], "sentinel"), ([-2.0, -1.0], "sentinel"),
        ([-0.5], "negative"), ([-1.0, -0.5], "negative"), ([1e5], "spike"),
    ):  # fmt: skip
        good, faults = sifted([*LIVELY, *bad, *LIVELY])
        assert good.power_w.tolist() == [*LIVELY, *LIVELY]
        assert kinds(faults) == {kind: len(bad)}


def test_a_spike_is_a_hundred_times_what_nearly_all_are_where_there_are_enough_to_know() -> None:
    rack = Device("n1", "r-1", "rack")
    assert not kinds(sifted([*LIVELY, 10_100.0, *LIVELY], rack)[1])
    assert kinds(sifted([*LIVELY, 10_300.0, *LIVELY], rack)[1]) == {"spike": 1}
    assert not kinds(sifted([100.0, 101, 102] * 6 + [10_300.0], rack)[1])
    assert kinds(sifted([0.5, 0.4, 0.3] * 8 + [101.0], rack)[1]) == {"spike": 1}
    assert not kinds(sifted([0.5, 0.4, 0.3] * 8 + [99.0], rack)[1])


def test_an_instant_that_stands_twice_counts_once_and_as_the_mean() -> None:
    good, faults = sifted([100, 200, 300, 400], time=[0, 1, 1, 2])
    assert good.power_w.tolist() == [100, 250, 400]
    assert kinds(faults) == {"duplicate": 1}
    good, _ = sifted([100, 200, np.nan, 400], time=[0, 1, 1, 2])
    assert good.power_w.tolist() == [100, 200, 400]


def test_a_gap_is_the_time_beyond_one_interval() -> None:
    at = np.array([0.0, 1, 2, 4.5, 5, 8, 9])
    (gap,) = [fault for fault in gaps(at, 1.0) if len(fault.at_s)]
    assert (gap.at_s.tolist(), gap.lasting_s.tolist()) == ([5], [2])
    filled, parted = gaps(np.array([0.0, 1, 601, 1202]), 1.0)
    assert (filled.at_s.tolist(), filled.lasting_s.tolist()) == ([1], [599])
    assert (parted.at_s.tolist(), parted.lasting_s.tolist()) == ([601], [600])
    assert (silence_s(1.0), silence_s(10.0), silence_s(20.0)) == (600, 600, 1200)
    assert not kinds(gaps(at, 0.0))


def test_a_server_that_falls_to_nothing_and_comes_back_did_not() -> None:
    watts = [*(500.0 + k % 3 for k in range(30)), 10.0, 5.0, *(500.0 + k % 3 for k in range(30))]
    good, faults = sifted(watts, NODE)
    assert kinds(faults) == {"dropout": 2}
    assert good.dropped_s.tolist() == [30, 31]
    assert len(good.power_w) == 60
    assert not kinds(sifted(watts, GPU)[1])  # a chip may rest
    slow = sifted(watts, NODE, time=[60.0 * k for k in range(62)])[1]
    assert kinds(slow) == {}  # three minutes: long enough to boot
    part = [26.0 if watt < 20 else watt for watt in watts]
    assert kinds(sifted(part, NODE)[1]) == {}  # a twentieth of the usual is rest


def test_a_stuck_value_holds_far_longer_than_values_of_its_sensor_do() -> None:
    free = [100.0 + k % 2 for k in range(40)]
    for kept, seen in ((30, 0), (31, 1), (60, 1)):
        watts = [*free, *[150.0] * kept, *free]
        result = stuck_stretches(np.arange(float(len(watts))), np.array(watts))
        assert len(result) == seen, kept
        if seen:
            assert result[0] == (40, 40 + kept - 1, 150, kept)
            assert result[0].seconds == kept - 1
    assert not stuck_stretches(np.arange(100.0), np.array([*free, *[0.0] * 60]))  # off is no fault
    assert not stuck_stretches(np.arange(0.0, 190, 10), np.full(19, 5.0))  # too few to know
    assert len(stuck_stretches(np.arange(0.0, 200, 10), np.full(20, 5.0))) == 1
    good, faults = sifted([*free, *[150.0] * 60])
    assert int(good.stuck.sum()) == 60
    assert kinds(faults) == {"stuck": 1}
    assert not kinds(sifted([*free, *[150.0] * 60], modelled=True)[1])


def cleaned(watts: list[float], time: list[float], error: float = 0.0) -> Any:
    powers = clean(Series(NODE, Spec("ipmi", error=error), np.array(time, float), np.array(watts, float))).powers
    (power,) = powers
    return power


def test_a_gap_is_filled_at_the_mean_of_the_medians_beside_it() -> None:
    """100 W, 10 s without readings, 300 W: 200 W for the eight in the middle, and slopes of one second."""
    power = cleaned([100.0] * 6 + [300.0] * 6, [*range(6), *range(15, 21)])
    assert energy(power, 6, 14).value_j == pytest.approx(1600)
    assert energy(power, 5, 15).value_j == pytest.approx(150 + 1600 + 250)
    used = energy(power, 0, 20)
    assert used.value_j == pytest.approx(500 + 2000 + 1500)
    # nine seconds of ten are in doubt, down to the least and up to the most that was read
    assert (used.below_j, used.above_j) == pytest.approx((10 * 100 * 0.9, 10 * 100 * 0.9))


def test_a_sensors_error_is_a_share_of_what_it_reads() -> None:
    used = energy(cleaned([100.0, 300.0, 200.0], [0, 1, 2], error=0.1), 0, 2)
    assert (used.value_j, used.below_j, used.above_j) == pytest.approx((450, 45, 45))


def test_beyond_its_ends_power_may_be_anything_that_it_was() -> None:
    power = cleaned([100.0, *[200.0] * 198, 300.0], [*range(200)], error=0.01)
    assert tuple(power.before) == pytest.approx((100, 1, 100), abs=1.1)
    assert tuple(power.after) == pytest.approx((300, 100, 3), abs=1.1)


def test_a_counters_power_is_the_mean_of_each_step_and_its_doubt_is_spread_over_it() -> None:
    series = Series(NODE, Spec("ipmi", error=0.1), np.arange(6.0), None, np.array([300.0, 400, 500, 20, 120, 220]))
    (power,) = clean(series).powers
    assert power.left_w.tolist() == power.right_w.tolist() == [100] * 5
    assert power.above_w.tolist() == pytest.approx([10, 10, 10 + 80, 10, 10])
    assert power.below_w.tolist() == pytest.approx([10, 10, 10 + 80, 10, 10])
    assert power.peak_w.tolist() == [100] * 5
    assert power.peak_time_s.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_of_three_readings_the_middle_one_can_be_mad() -> None:
    made, faults = rise([100, 5, 200])
    assert (made.time_s.tolist(), made.energy_j.tolist()) == ([0, 2], [0, 100])
    assert kinds(faults) == {"unreadable": 1}
    assert rise([100, 200])[0].energy_j.tolist() == [0, 100]
    alone, _ = rise([100])
    assert (alone.time_s.tolist(), alone.energy_j.tolist(), len(alone.doubt_j)) == ([0], [0], 0)


def test_what_a_device_can_draw_is_a_power_whatever_the_time_between_readings() -> None:
    """300 W: 200 J in half a second are a leap, 500 J in two seconds are not; of steps at 100 W each side."""
    halves = [0.0, 0.5, 1.0, 1.5, 2.0]
    made, faults = rise([0, 50, 100, 300, 350], halves, max_w=300)
    assert (made.energy_j.tolist(), kinds(faults)) == ([0, 50, 100, 150, 200], {"leap": 1})
    made, faults = rise([0, 200, 400, 900, 1100], [0, 2, 4, 6, 8], max_w=300)
    assert (made.energy_j.tolist(), kinds(faults)) == ([0, 200, 400, 900, 1100], {})


def test_a_leap_far_beyond_the_others_is_one_of_power() -> None:
    """Forty steps of half a second at 100 W, then 10.1 kW, or of 9.9: a hundred times the usual decides."""
    at = np.arange(43) * 0.5
    for watts, leaps in ((9_900, 0), (10_100, 1)):
        joules = np.concatenate([np.arange(41) * 50.0, [2000 + watts / 2, 2050 + watts / 2]])
        made, faults = rise(joules.tolist(), at.tolist())
        assert kinds(faults).get("leap", 0) == leaps
        assert float(made.energy_j[-1]) == pytest.approx(2100 if leaps else joules[-1])
    # of a counter that mostly stands still only the steps that move say what is usual
    still = np.concatenate([np.zeros(60), np.arange(1, 22) * 100.0])
    assert not kinds(rise([*still, 2100 + 9_000.0, 2200 + 9_000.0])[1])
    # and less than a watt is never what others are held against
    slow = (np.arange(30) * 0.5).tolist()
    assert not kinds(rise([*slow, slow[-1] + 99, slow[-1] + 100])[1])
    assert kinds(rise([*slow, slow[-1] + 102, slow[-1] + 103])[1]) == {"leap": 1}


def test_a_leap_and_a_reset_take_the_power_of_good_steps_beside_them() -> None:
    """A leap as the first or the last step has one neighbour, a counter of leaps alone has none."""
    assert rise([0, 10_000, 10_100, 10_300], max_w=300)[0].energy_j.tolist() == [0, 100, 200, 400]
    assert rise([0, 100, 300, 10_300], max_w=300)[0].energy_j.tolist() == [0, 100, 300, 500]
    made, faults = rise([0, 10_000, 30_000], max_w=300)
    assert made.energy_j.tolist() == [0, 0, 0]
    assert kinds(faults) == {"leap": 2}
    made, _ = rise(
        [0, 100, 10_100, 20_100, 20_300], max_w=300
    )  # of two leaps the second goes by what was put for the first
    assert made.energy_j.tolist() == [0, 100, 200, 350, 550]
    # the most that the step may have held: at 200 W, the highest of all, for two seconds
    made, _ = rise([0, 200, 300, 10_300, 10_400, 10_500], [0, 1, 2, 4, 5, 6], max_w=300)
    assert made.doubt_j.tolist() == [0, 0, 200, 0, 0]
    assert made.energy_j.tolist() == [0, 200, 300, 500, 600, 700]
    made, _ = rise([0, 1000, 1100, 11_100, 11_200, 11_300], [0, 2, 3, 5, 6, 7], max_w=600)
    assert made.doubt_j.tolist() == [0, 0, 800, 0, 0]  # 500 W for two seconds, of which 200 J are counted


def test_a_wrap_is_in_doubt_by_a_turn_where_the_highest_power_could_hide_one() -> None:
    """A range of 1,000 J, 100 W: 2 s of at most 600 W, the most that was seen, may hide a turn beyond the 200 J."""
    made, faults = rise([0, 600, 700, 800, 0, 100], [0, 1, 2, 3, 5, 6], wrap_j=1000)
    assert (made.energy_j.tolist(), kinds(faults)) == ([0, 600, 700, 800, 1000, 1100], {"wrap": 1})
    assert made.doubt_j.tolist() == [0, 0, 0, 1000 if 2 * 600 > 1000 + 200 else 0, 0]
    made, _ = rise([0, 650, 700, 800, 0, 100], [0, 1, 2, 3, 5, 6], wrap_j=1000)
    assert made.doubt_j.tolist() == [0, 0, 0, 1000, 0]
    # hidden turns are those that three quarters of a range miss: 8 and 7 s at 100 W, of which 10 and 0 J are shown
    made, faults = rise([0, 100, 200, 210, 310, 410], [0, 1, 2, 10, 11, 12], wrap_j=1000)
    assert (float(made.energy_j[3]), kinds(faults)) == (1210, {"wrap": 1})
    made, faults = rise([0, 100, 200, 210, 310, 410], [0, 1, 2, 9, 10, 11], wrap_j=1000)
    assert (float(made.energy_j[3]), kinds(faults)) == (210, {})


def test_a_counter_set_back_holds_at_least_what_it_shows() -> None:
    """After 2 s at 100 W it shows 150 J: 200; the doubt is what it does not show, or what 500 W would have been."""
    made, _ = rise([3000, 3100, 3200, 150, 250, 350], [0, 1, 2, 4, 5, 6])
    assert (made.energy_j.tolist(), made.doubt_j.tolist()) == ([0, 100, 200, 400, 500, 600], [0, 0, 50, 0, 0])
    made, _ = rise([3000, 3500, 3600, 150, 250, 350], [0, 1, 2, 4, 5, 6])
    assert (made.energy_j.tolist(), made.doubt_j.tolist()) == ([0, 500, 600, 800, 900, 1000], [0, 0, 800, 0, 0])


def test_a_stuck_value_may_be_small_and_none_at_all_is_off() -> None:
    free = [10.0 + k % 2 for k in range(40)]
    for kept, stuck in ((0.5, 1), (0.0, 0)):
        assert len(stuck_stretches(np.arange(100.0), np.array([*free, *[kept] * 60]))) == stuck
    # values that change every 2 s are stuck after 40
    slow = [100.0 + (k // 2) % 2 for k in range(80)]
    for kept, stuck in ((40, 0), (41, 1)):
        watts = np.array([*slow, *[150.0] * kept, *slow])
        assert len(stuck_stretches(np.arange(float(len(watts))), watts)) == stuck, kept


def test_of_readings_that_are_nearly_all_alike_the_ninetieth_hundredth_decides() -> None:
    """100 W in 90 of 101 readings: a hundred times that is a spike; of 80 in 101 it is what others are too."""
    for high, spikes in ((9, 1), (20, 0)):
        watts = [100.0] * (100 - high) + [500.0] * high + [20_000.0]
        assert kinds(sifted(watts, Device("n1", "r-1", "rack"), modelled=True)[1]).get("spike", 0) == spikes


def test_leaps_go_by_power_where_steps_differ_in_length() -> None:
    """Twenty seconds at 100 W are no leap; 5.1 kW for a tenth of one are, of what else is 50 W."""
    joules = [*(np.arange(41) * 100.0), 6000.0, 6100.0]
    assert not kinds(rise(joules, [*range(41), 60, 61])[1])
    tenths = [*(np.arange(41) * 5.0), 710.0, 715.0]
    assert kinds(rise(tenths, (np.arange(43) * 0.1).tolist())[1]) == {"leap": 1}
    # steps in which a counter stood still say nothing of its power
    still = [*np.zeros(300), *(np.arange(1, 30) * 200.0)]
    assert not kinds(rise(still)[1])


def test_a_part_of_a_turn_that_is_missing_is_none() -> None:
    """100 W for 8 s of a range of 1,000 J show 200: 600 are missing, less than three quarters of a turn."""
    made, faults = rise([0, 100, 200, 400, 500, 600], [0, 1, 2, 10, 11, 12], wrap_j=1000)
    assert (made.energy_j.tolist(), kinds(faults)) == ([0, 100, 200, 400, 500, 600], {})
