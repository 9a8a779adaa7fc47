"""Energy of a window by hand: what a few readings add up to, what lies between them, and how far it may be off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.meter.device import Device
from wattline.meter.energy.track import length_s, merge, outer, peak_of_sum, rank_of, track
from wattline.meter.energy.track import within as parts_of
from wattline.meter.energy.window import WindowEnergy, add_up, window_energy
from wattline.meter.readings.clean import clean
from wattline.meter.readings.power import line_j, steps, straight
from wattline.meter.recording import Recording
from wattline.meter.sensor import Spec
from window_readings import EXACT, METER, counter, readings, window

RAMP = readings([0, 1, 2, 3], [100, 300, 500, 700])


@pytest.mark.parametrize(
    ("begin", "end", "joules"),
    [(0, 3, 200 + 400 + 600), (0, 1, 200), (0.5, 1, 125), (1, 2.5, 400 + 275), (1.25, 1.75, 200), (0, 0.5, 75)],
)
def test_watts_are_joined_by_straight_lines(begin: float, end: float, joules: float) -> None:
    """A rectangle of the first reading, of the last or of the nearest would say something else in each window."""
    used = window(begin, end, RAMP)
    assert used.energy_j == pytest.approx(joules, rel=1e-12)
    assert used.mean_w == pytest.approx(joules / (end - begin), rel=1e-12)
    assert used.duration_s == end - begin


def test_readings_at_uneven_times_count_by_the_time_between_them() -> None:
    used = window(0, 4, readings([0, 1, 3, 4], [100, 200, 400, 0]))
    assert used.energy_j == pytest.approx(150 + 600 + 200, rel=1e-12)


@given(st.lists(st.floats(200, 3000), min_size=2, max_size=30), st.floats(0.2, 5))
def test_a_windows_joules_are_the_trapezoids_of_its_readings(watts: list[float], step_s: float) -> None:
    time = np.arange(len(watts)) * step_s
    used = window(0.0, float(time[-1]), readings(time.tolist(), watts))
    assert used.energy_j == pytest.approx(float(np.trapezoid(watts, time)), rel=1e-9)


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0.01, 100))
def test_a_line_holds_its_mean(left: float, right: float, seconds: float) -> None:
    assert line_j(left, right, seconds) == pytest.approx((left + right) / 2 * seconds)
    assert line_j(left, right, seconds) == line_j(right, left, seconds)


def test_a_counter_is_the_difference_of_its_readings() -> None:
    total_j = counter([0, 1, 2, 4], [50, 150, 450, 650])
    assert window(0, 4, total_j).energy_j == pytest.approx(600)
    assert window(0.5, 3, total_j).energy_j == pytest.approx(50 + 300 + 100)
    assert window(0, 4, total_j).devices[0].peak_w == pytest.approx(300)


def test_a_sensors_error_is_the_range() -> None:
    used = window(0, 3, readings([0, 1, 2, 3], [200] * 4, spec=Spec("ipmi", error=0.1)))
    assert (used.energy_j, used.low_j, used.high_j) == pytest.approx((600, 540, 660))


def test_edges_between_readings_add_their_doubt() -> None:
    """A reading renewed once a second may be half a second off: at 200 W that is 100 J an edge."""
    flat = readings([0, 1, 2, 3], [200] * 4, spec=Spec("ipmi", error=0.0, period_s=1.0))
    used = window(0.5, 2.5, flat)
    assert (used.energy_j, used.low_j, used.high_j) == pytest.approx((400, 200, 600))
    inner = window_energy(Recording([flat]), 0.5, 2.5, edges=[0.5])
    assert (inner.low_j, inner.high_j) == pytest.approx((300, 500))
    uncut = window_energy(Recording([flat]), 0.5, 2.5, edges=[])
    assert (uncut.low_j, uncut.high_j) == pytest.approx((400, 400))


def test_an_edge_is_in_doubt_by_what_power_did_beside_it() -> None:
    """Half a step of a second times 600 W between the lowest and the highest reading beside the edge."""
    line = track(clean(readings([0, 1, 2, 3, 4, 5], [100, 100, 100, 700, 700, 700])).powers)
    assert line.edge_j(2.5) == pytest.approx(300)
    assert line.edge_j(1.5) == pytest.approx(300)  # the step after it is beside it
    assert line.edge_j(0.5) == pytest.approx(0)
    assert line.edge_j(4.5) == pytest.approx(0)
    assert line.edges_j([(2.5, 4.5)]) == pytest.approx(300)
    assert line.edges_j([(0, 5)]) == 0  # its own first and last reading cut nothing


def test_outside_its_readings_a_window_holds_the_nearest_power_and_its_range_from_none_to_the_peak() -> None:
    used = window(-1, 5, readings([0, 1, 2, 3], [100, 200, 200, 300], spec=Spec("ipmi", error=0.0)))
    assert used.energy_j == pytest.approx(100 + 600 + 2 * 300)
    assert used.low_j == pytest.approx(600 - 50 - 50)  # each edge: half a second of 100 W between the readings
    assert used.high_j == pytest.approx(600 + 50 + 50 + 3 * 300)
    (fault,) = used.faults
    assert (fault.kind, fault.seconds, fault.device) == ("gap", 3, "n1/bmc")


def test_a_window_beside_all_readings_is_unknown() -> None:
    for begin, end in ((-2, -1), (-2, 0), (3, 4), (5, 6)):
        used = window(begin, end, RAMP)
        assert (used.energy_j, used.low_j, used.high_j, used.mean_w, used.measured_wh) == (None,) * 5
        assert [fault.seconds for fault in used.faults] == [end - begin]


def test_devices_add_up_and_one_inside_another_does_not() -> None:
    gpu, other = Device("n2", "GPU-1", "gpu"), Device("n2", "GPU-2", "gpu", inside="n1/bmc")
    spec = Spec("file", error=0.0, modelled=True)
    used = window(0, 2, readings([0, 1, 2], [100, 100, 100]), readings([0, 1, 2], [50, 70, 50], gpu, spec),
                  readings([0, 1, 2], [30, 30, 30], other))  # fmt: skip
    assert [device.device for device in used.devices] == ["n1/bmc", "n2/GPU-1"]
    assert used.energy_j == pytest.approx(200 + 120)
    assert used.modelled
    assert used.devices[1].peak_w == 70
    assert used.json()["energy_wh"]["value"] == pytest.approx(320 / 3600)


def test_stretches_that_follow_each_other_add_up() -> None:
    first, second = window(0, 1, RAMP), window(1, 3, RAMP)
    both = add_up([first, second])
    assert (both.energy_j, both.duration_s, both.devices[0].peak_w) == (pytest.approx(1200), 3, 700)
    assert both.low_j == pytest.approx((first.low_j or 0) + (second.low_j or 0))
    assert both.high_j == pytest.approx((first.high_j or 0) + (second.high_j or 0))
    assert both.mean_w == pytest.approx(400)
    again = add_up([window(-3, 1, RAMP), window(2, 6, RAMP)])
    (gap,) = again.faults
    assert (gap.count, gap.seconds) == (2, 6)
    assert WindowEnergy(1.0).measured_wh is None


def test_spans_are_joined_where_they_touch_and_cut_to_a_window() -> None:
    assert merge([(3, 4), (0, 1), (1, 2), (5, 9), (6, 7), (2.5, 2.5)]) == [(0, 2), (3, 4), (5, 9)]
    assert parts_of([(0, 2), (3, 4), (5, 9)], 1, 5) == [(1, 2), (3, 4)]
    assert length_s([(0, 2), (3, 4.5)]) == 3.5


def test_of_two_sensors_each_second_goes_to_the_better() -> None:
    rough, fine = Spec("a", error=0.1), Spec("b", error=0.01)
    long, short = readings([*range(11)], [100.0] * 11, spec=rough), readings([4, 5, 6], [200.0] * 3, spec=fine)
    both = track([*clean(long).powers, *clean(short).powers])
    assert both.energy(0, 10).value_j == pytest.approx(8 * 100 + 2 * 200)
    assert both.spec == fine
    assert (both.begin_s, both.end_s, both.interval_s) == (0, 10, 1)
    assert both.at_w(np.array([3.9, 4.1, 5.9, 6.1])) == pytest.approx([100, 200, 200, 100])
    assert both.running_j(np.array([1.0, 4, 6, 9])) == pytest.approx([0, 300, 700, 1000])
    assert (both.peak_w(0, 3), both.peak_w(0, 10), both.peak_w(7, 9), both.peak_w(4.2, 4.4)) == (100, 200, 100, 200)


def test_the_better_sensor_is_measured_then_exact_then_counted_then_quick() -> None:
    order = [
        rank_of(Spec("x", error=0.01, window_s=5), True),
        rank_of(Spec("x", error=0.01, window_s=1), False),
        rank_of(Spec("x", error=0.01, window_s=5), False),
        rank_of(Spec("x", error=0.02), True),
        rank_of(Spec("x", error=0.001, modelled=True), True),
    ]
    assert order == sorted(order)


def test_between_two_stretches_each_holds_for_the_half_beside_it() -> None:
    """10 s at 100 W, 10 s without readings, 10 s at 300 W: the middle is 5 s of each."""
    parts = [
        straight(METER, EXACT, np.arange(0.0, 11), np.full(11, 100.0)),
        straight(METER, EXACT, np.arange(20.0, 31), np.full(11, 300.0)),
    ]
    for both in (track(parts), track(parts[::-1])):
        assert both.energy(0, 30).value_j == pytest.approx(1000 + 500 + 1500 + 3000)
        assert both.energy(10, 15).value_j == pytest.approx(500)
        assert both.energy(14, 16).value_j == pytest.approx(400)
        assert both.energy(-1, 0).value_j == pytest.approx(100)
        assert both.energy(30, 31).value_j == pytest.approx(300)
        assert both.seen() == [(0, 10.5), (19.5, 30)]
        assert both.spans() == [(-0.5, 10.5), (19.5, 30.5)]
        assert both.spans(2.0) == [(-2, 12), (18, 32)]
        assert both.running_within_j([(0, 10), (20, 30)], np.array([0.0, 5, 15, 25, 30])) == pytest.approx(
            [0, 500, 1000, 2500, 4000]
        )


def test_a_counter_reaches_no_further_than_its_readings() -> None:
    line = track([steps(METER, EXACT, np.array([0.0, 1, 2]), np.array([0.0, 100, 300]))])
    assert line.spans() == [(0, 2)]
    assert line.energy(-1, 3).value_j == pytest.approx(300)
    times, watts = line.levels()
    assert (times.tolist(), watts.tolist()) == ([0.5, 1.5], [100, 200])


def test_the_peak_of_a_sum_is_where_the_sum_is_highest() -> None:
    first, second = (
        track(clean(readings([*range(5)], watts, Device("n1", name, "gpu"))).powers)
        for name, watts in (("a", [100.0, 500, 100, 100, 100]), ("b", [100.0, 100, 100, 450, 100]))
    )
    assert peak_of_sum([first, second], 0, 4) == pytest.approx(600)
    assert peak_of_sum([first, second], 2, 4) == pytest.approx(550)
    assert peak_of_sum([first], 0, 4) == 500


def test_a_machines_meter_holds_what_sits_in_the_machine() -> None:
    gpu, memory, far = Device("n1", "GPU-1", "gpu"), Device("n1", "dram-0", "dram"), Device("n2", "GPU-1", "gpu")
    slice_ = Device("n2", "MIG-1", "mig", inside="n2/GPU-1")
    lost = Device("n3", "MIG-1", "mig", inside="n3/GPU-9")
    holder = outer([METER, gpu, memory, far, slice_, lost])
    assert holder == {
        "n1/bmc": "", "n1/GPU-1": "n1/bmc", "n1/dram-0": "n1/bmc", "n2/GPU-1": "", "n2/MIG-1": "n2/GPU-1",
        "n3/MIG-1": "",
    }  # fmt: skip
