"""Energy of series and streams by hand: the best series of a device, streams of readings, and where sensors meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.meter.device import Device
from wattline.meter.energy.series import SeriesEnergy as Part
from wattline.meter.energy.series import binned_w, counted_once, curve, total, with_holders, within
from wattline.meter.energy.stream import Stream
from wattline.meter.energy.track import Track, peak_of_sum, track
from wattline.meter.energy.window import stretch_energy
from wattline.meter.journal.journal import Journal
from wattline.meter.readings.clean import clean
from wattline.meter.readings.power import energy, steps, straight
from wattline.meter.recording import Recording
from wattline.meter.sensor import Reading, Spec
from window_readings import EXACT, METER, counter, readings, window

RAMP = readings([0, 1, 2, 3], [100, 300, 500, 700])


def test_series_by_hand() -> None:
    ramp = readings([0, 1, 2, 3], [100, 300, 500, 700])
    assert curve(ramp).energy_j == pytest.approx([0, 200, 600, 1200])
    assert curve(ramp).time_s == pytest.approx([0, 1, 2, 3])
    part = within(ramp, 0.5, 9)
    assert (part.energy_j, part.covered_s) == (pytest.approx(1125), 2.5)
    cut = within(ramp, 0.5, 9, cut=True)
    assert cut.high_j - cut.energy_j == pytest.approx(0.5 * (500 - 100))
    assert np.isnan(within(ramp, 5, 9).energy_j)
    assert binned_w(ramp, np.array([0.0, 0.5, 1.5, 3, 4])) == pytest.approx([150, 300, 550, 0])
    assert total([part, within(ramp, 5, 9), Part(10.0, 9.0, 12.0, 7.0)]) == pytest.approx((1135, 1134, 1137, 7))


def test_of_several_series_of_a_device_the_best_counts_and_none_inside_another() -> None:
    power, joules = readings([0, 1], [1, 1]), counter([0, 1], [0, 1])
    gpu = readings([0, 1], [1, 1], Device("n1", "GPU-1", "gpu"))
    assert counted_once([power, joules, gpu]) == [joules]
    assert counted_once([joules, power]) == [joules]
    assert counted_once([gpu]) == [gpu]


def test_a_stream_of_watts_is_the_mean_of_each_two_readings() -> None:
    """Alone after the first few are summed the total moves by each reading and the one before it."""
    stream, joules = Stream(METER, EXACT), [0.0]
    watts = [100.0, 300, 200, 400, 100, 250, 350, 150, 300, 200, 280, 120, 260, 340]
    for k, power in enumerate(watts):
        stream.feed(float(k), Reading(power))
        if k:
            joules.append(joules[-1] + (watts[k - 1] + power) / 2)
            assert stream.energy_j == pytest.approx(joules[-1], rel=1e-12), k
    assert stream.whole_j() == pytest.approx(joules[-1], rel=1e-12)


def test_a_stream_of_a_counter_is_its_rise() -> None:
    stream = Stream(METER, EXACT)
    for k, joules in enumerate(np.cumsum([5.0, 100, 130, 90, 110, 100, 120, 80, 100, 105, 95, 100])):
        stream.feed(float(k), Reading(None, float(joules)))
        if k:
            assert stream.energy_j == pytest.approx(joules - 5, rel=1e-12), k


def test_a_stream_that_lets_its_past_go_is_that_of_one_that_keeps_it() -> None:
    short, long = Stream(METER, EXACT, kept=64, every=8), Stream(METER, EXACT)
    for k in range(300):
        for stream in (short, long):
            stream.feed(float(k), Reading(200.0 + 100 * (k % 7)))
    assert short.settle() == pytest.approx(long.settle(), rel=1e-12)
    assert short.whole_j() == pytest.approx(long.whole_j(), rel=1e-12)


def test_power_outside_its_knots_holds_and_inside_is_the_line() -> None:
    line = straight(METER, EXACT, np.array([0.0, 2, 3]), np.array([100.0, 500, 200]))
    assert line.at_w(np.array([-1.0, 0, 0.5, 2, 2.5, 3, 9])) == pytest.approx([100, 100, 200, 500, 350, 200, 200])
    assert energy(line, -2, 5).value_j == pytest.approx(200 + 600 + 350 + 400)
    assert energy(line, 0.5, 1.5).value_j == pytest.approx(300)
    assert line.total_j(np.array([0.0, 1.0, 2.0])).tolist()[0] == pytest.approx([0, 200, 600])


def of(line: Track, begin: float, end: float) -> float:
    return line.energy(begin, end).value_j


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=12), st.lists(st.floats(-3, 15), min_size=3, max_size=3))
def test_two_windows_that_meet_are_the_one_over_both(watts: list[float], at: list[float]) -> None:
    line = track([straight(METER, EXACT, np.arange(float(len(watts))), np.array(watts))])
    first, middle, last = sorted(at)
    assert of(line, first, middle) + of(line, middle, last) == pytest.approx(of(line, first, last), abs=1e-6)


def test_power_of_one_knot_and_less_than_a_second_beyond_the_ends() -> None:
    line = straight(METER, EXACT, np.array([0.0, 2, 3]), np.array([100.0, 500, 200]))
    assert energy(line, 3, 3.5).value_j == pytest.approx(100)
    assert energy(line, -0.5, 0).value_j == pytest.approx(50)
    single = replace(line, time_s=np.array([1.0]), left_w=np.empty(0), right_w=np.empty(0), below_w=np.empty(0), above_w=np.empty(0))  # fmt: skip  # noqa: E501
    assert single.at_w(np.array([0.0, 1.0, 2.0])).tolist() == [100, 200, 200]
    assert energy(single, 0, 3).value_j == pytest.approx(100 + 400)
    counted = steps(METER, EXACT, np.array([0.0, 1, 3]), np.array([5.0, 105, 505]))
    assert (tuple(counted.before), tuple(counted.after), counted.interval_s) == ((0, 0, 0), (0, 0, 0), 1.5)
    assert tuple(energy(counted, -1, 4)) == (500, 0, 0)


def test_where_two_sensors_meet_the_later_holds_and_edges_go_by_it() -> None:
    """From 4 to 6 s the finer one, which saw its power double."""
    rough, fine = Spec("a", error=0.1), Spec("b", error=0.01)
    long, short = readings([*range(11)], [100.0] * 11, spec=rough), readings([4, 5, 6], [200.0, 400, 200], spec=fine)
    both = track([*clean(long).powers, *clean(short).powers])
    assert both.at_w(np.array([4.0, 6.0, 10.5])).tolist() == [200, 100, 100]
    assert both.edge_j(4.5) == pytest.approx(100)
    assert (both.edge_j(3.5), both.edge_j(7.5)) == (0, 0)
    times, watts = both.levels()
    assert times.tolist() == [*range(11), 4, 5, 6]
    assert watts.tolist() == [100.0] * 11 + [200, 400, 200]
    step = track(clean(readings([0, 1, 2, 3, 4, 5], [100, 100, 100, 700, 700, 700])).powers)
    assert (step.edge_j(0.9), step.edge_j(1.0)) == (0, pytest.approx(300))  # a reading is of the step after it


def test_between_two_readings_the_peak_is_the_higher_end_of_the_line() -> None:
    line = track(clean(RAMP).powers)
    assert (line.peak_w(1.2, 1.7), line.peak_w(1.2, 2.2)) == (pytest.approx(440), 500)
    single = track(clean(readings([*range(5)], [100.0, 500, 100, 100, 100])).powers)
    assert peak_of_sum([single], 0.5, 4) == 500


def test_a_series_without_a_good_reading_is_nothing() -> None:
    dead = readings([0, 1], [np.nan, np.nan])
    assert (len(curve(dead).time_s), len(curve(dead).energy_j)) == (0, 0)
    assert binned_w(dead, np.array([0.0, 1, 2])).tolist() == [0, 0]
    assert np.isnan(within(dead, 0, 1).energy_j)
    assert np.isnan(total([within(dead, 0, 1)]).energy_j)
    assert total([]).covered_s == 0


def test_a_recording_says_what_holds_what() -> None:
    gpu = readings([0, 1], [1, 1], Device("n1", "GPU-1", "gpu"))
    made = with_holders(Recording([readings([0, 1], [1, 1]), gpu], source="x"))
    assert [each.device.inside for each in made.series] == ["", "n1/bmc"]
    assert made.source == "x"


@pytest.mark.parametrize("piece_us", [3_600_000_000, 2_000_000])
def test_a_stretch_of_a_journal_is_the_window_of_its_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_us: int
) -> None:
    """In one piece or in several, whose inner cuts are no edges in doubt."""
    monkeypatch.setattr("wattline.meter.energy.window.PIECE_US", piece_us)
    time = np.arange(11.0)
    watts = np.array([100.0, 300, 200, 400, 100, 250, 350, 150, 300, 200, 280])
    wanted = window(0.5, 8.25, readings(time.tolist(), watts.tolist()))
    with Journal.create(tmp_path / "run.wattline") as journal:
        journal.append(journal.series_id(METER, EXACT), 1.7e9 + time, 5000 + time, watts, None)
        journal.commit((), [])
        used = stretch_energy(journal, 5_000_500_000, 5_008_250_000)
        none = stretch_energy(journal, 5_000_500_000, 5_000_500_000)
    assert used.duration_s == 7.75
    got = [used.energy_j, used.low_j, used.high_j, used.devices[0].peak_w]
    assert got == pytest.approx([wanted.energy_j, wanted.low_j, wanted.high_j, 400], rel=1e-9)
    assert none.energy_j is None


def test_a_window_of_which_a_part_is_modelled_says_so() -> None:
    modelled = readings([0, 1, 2], [100, 100, 100], Device("n1", "dram-0", "dram"), Spec("model", modelled=True))
    far = readings([0, 1, 2], [200, 200, 200], Device("n2", "bmc", "node"))
    assert str(window(0, 2, modelled, far)).endswith("2 devices, 200 J of it modelled, not measured")
    assert str(window(0, 2, modelled)).endswith("1 device, modelled, not measured")
