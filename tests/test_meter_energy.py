"""Energy of cleaned power: splits add up, gaps are bridged with doubt, counters wrap and reset, faults are named."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.meter.device import Device
from wattline.meter.energy.track import outer, peak_of_sum, track
from wattline.meter.readings.clean import clean
from wattline.meter.readings.power import Energy, Power, energy
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

T0 = 1_700_000_000.0
NODE = Device("n1", "n1", "node")
GPU = Device("n1", "GPU-1", "gpu")


def watts(power: object, step: float = 1.0, device: Device = NODE, time: object = None, **more: object) -> Series:
    values = np.asarray(power, float)
    at = T0 + np.arange(len(values)) * step if time is None else np.asarray(time, float)
    return Series(device, Spec("test", error=0.02), at, values, **more)  # type: ignore[arg-type]


def joules(count: object, step: float = 1.0, wrap: float = np.inf, power: object = None) -> Series:
    values = np.asarray(count, float)
    at = T0 + np.arange(len(values)) * step
    return Series(GPU, Spec("test", wrap_j=wrap, error=0.02), at, power, values)  # type: ignore[arg-type]


def kinds(series: Series) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for each in clean(series).flaws:
        counted[each.kind] += len(each.at_s)
    return dict(counted)


def single_power(series: Series) -> Power:
    (power,) = clean(series).powers
    return power


def used(series: Series, begin: float | None = None, end: float | None = None) -> Energy:
    joined = track(clean(series).powers)
    return joined.energy(
        joined.powers[0].begin_s if begin is None else T0 + begin, joined.powers[-1].end_s if end is None else T0 + end
    )


POWERS = st.lists(
    st.one_of(st.floats(0, 1e4), st.sampled_from([np.nan, -1.0, -2.0, -40.0, 0.0])), min_size=2, max_size=60
)
STEPS = st.lists(st.sampled_from([0.0, 0.1, 1.0, 1.0, 1.0, 2.0, 20.0, -3.0, 700.0, np.nan]), min_size=60, max_size=60)


@given(POWERS, STEPS, st.lists(st.floats(-50, 1500), min_size=3, max_size=8))
def test_any_split_of_a_window_adds_up_to_the_whole(power: list[float], steps: list[float], cuts: list[float]) -> None:
    time = T0 + np.cumsum(steps)[: len(power)]
    powers = clean(watts(power, time=time)).powers
    if not powers:
        return
    joined = track(powers)
    edges = np.sort(np.array(cuts)) + T0
    whole = joined.energy(edges[0], edges[-1])
    parts = [joined.energy(a, b) for a, b in pairwise(edges.tolist())]
    scale = 1e-9 * max(1.0, abs(joined.energy(T0 - 50, T0 + 1500).high_j))
    for name in Energy._fields:
        assert sum(getattr(part, name) for part in parts) == pytest.approx(getattr(whole, name), rel=1e-9, abs=scale)
    assert whole.value_j >= 0
    assert whole.below_j >= -scale
    assert whole.above_j >= -scale


@given(st.lists(st.floats(0, 4990), min_size=3, max_size=50), st.integers(1, 48))
def test_energy_is_the_area_under_the_readings(power: list[float], cut: int) -> None:
    values = np.array(power) + np.linspace(0, 1e-3, len(power))  # no two alike
    assert used(watts(values, device=GPU)).value_j == pytest.approx(np.trapezoid(values), rel=1e-9, abs=1e-6)
    end = min(cut, len(power) - 1)
    assert used(watts(values, device=GPU), 0, end).value_j == pytest.approx(
        np.trapezoid(values[: end + 1]), rel=1e-9, abs=1e-6
    )


def test_outside_the_readings_the_nearest_one_holds_with_a_range() -> None:
    power = single_power(watts([100, 200, 300, 400]))
    before, after = energy(power, T0 - 10, T0), energy(power, T0 + 3, T0 + 13)
    assert (before.value_j, after.value_j) == (1000, 4000)
    assert before.high_j > 3500
    assert after.low_j < 1500


def test_sentinels_and_negatives_never_enter_a_sum() -> None:
    clean_power = 1000 + np.arange(100.0) % 7
    for bad, kind in ((-1.0, "sentinel"), (-2.0, "sentinel"), (-43.0, "negative"), (np.nan, "unreadable")):
        power = clean_power.copy()
        power[40:43] = bad
        assert kinds(watts(power)) == {kind: 3}
        assert used(watts(power)).value_j == pytest.approx(np.trapezoid(clean_power), rel=1e-3)
    mixed = clean_power.copy()
    mixed[[10, 50]] = -1.0, -30.0
    assert kinds(watts(mixed)) == {"negative": 2}, "among other negatives −1 is noise, no code"


def test_a_gap_is_counted_filled_at_its_level_and_widens_the_range() -> None:
    power = np.concatenate([np.full(30, 500.0), np.full(70, 6000.0)]) + np.arange(100) % 5
    time = T0 + np.arange(100.0)
    time[60:] += 16
    whole, gapped = used(watts(power)), used(watts(power, time=time))
    assert kinds(watts(power, time=time)) == {"gap": 1}
    assert gapped.value_j == pytest.approx(whole.value_j + 16 * 6002, rel=1e-3)
    assert gapped.below_j - whole.below_j > 16 * 5000
    (fault,) = [f for f in clean(watts(power, time=time)).flaws if f.kind == "gap"]
    assert fault.lasting_s.sum() == pytest.approx(16)


def test_a_reading_of_the_way_down_does_not_set_the_level_of_a_gap() -> None:
    power = np.concatenate([np.full(50, 6000.0), [3600.0], np.full(50, 6000.0)]) + np.arange(101) % 3
    time = T0 + np.arange(101.0)
    time[51:] += 60
    assert used(watts(power, time=time), 51, 110).value_j == pytest.approx(59 * 6001, rel=0.01)


def test_a_server_near_zero_between_work_is_a_dropout_and_the_range_reaches_zero() -> None:
    power = 6000 + np.arange(200.0) % 9
    power[80:110] = np.arange(30) % 6
    result = kinds(watts(power))
    assert result == {"dropout": 30}
    energy_j = used(watts(power))
    assert energy_j.value_j == pytest.approx(6004 * 199, rel=1e-3)
    assert energy_j.low_j < np.trapezoid(power)
    assert "dropout" not in kinds(watts(power, device=GPU)), "a GPU may well idle at so small a share"
    off = power.copy()
    off[80:] = 4.0
    assert "dropout" not in kinds(watts(off)), "a server that stays off is off"


def test_doubled_instants_count_once() -> None:
    power = 100 + np.arange(50.0)
    time = T0 + np.arange(50.0)
    twice = watts(np.repeat(power, 2), time=np.repeat(time, 2))
    assert kinds(twice) == {"duplicate": 50}
    assert used(twice).value_j == pytest.approx(np.trapezoid(power))
    unequal = watts([100, 100, 300, 100], time=T0 + np.array([0, 1, 1, 2]))
    assert used(unequal).value_j == pytest.approx(np.trapezoid([100, 200, 100]))


def test_a_constant_reading_is_called_stuck_and_says_nothing() -> None:
    stuck = used(watts(np.full(1000, 46.19), step=0.055, device=GPU))
    assert kinds(watts(np.full(1000, 46.19), step=0.055, device=GPU)) == {"stuck": 1}
    assert stuck.low_j == 0
    assert stuck.high_j > 4 * stuck.value_j
    half = np.concatenate([300 + np.random.default_rng(1).normal(0, 5, 500), np.full(500, 300.0)])
    assert kinds(watts(half, device=GPU)) == {"stuck": 1}
    slow = np.repeat(300 + np.arange(100.0), 20)
    assert not kinds(watts(slow, device=GPU)), "a sensor renewed every 20 s is slow, not stuck"
    assert not kinds(watts(np.full(20, 46.19), step=0.1, device=GPU)), "two seconds prove nothing"


def test_a_clock_that_steps_back_does_not_lose_or_double_time() -> None:
    power = 100 + np.arange(200.0) % 7
    time = T0 + np.arange(200.0)
    time[120:] -= 60  # set back by a minute
    back = watts(power, time=time)
    assert kinds(back) == {"clock": 1}
    assert used(back).value_j == pytest.approx(np.trapezoid(power), rel=1e-6)
    jitter = watts(power[[0, 2, 1, *range(3, 200)]], time=(T0 + np.arange(200.0))[[0, 2, 1, *range(3, 200)]])
    assert used(jitter).value_j == pytest.approx(np.trapezoid(power), rel=1e-9)
    again = watts(np.tile(power, 2), time=np.tile(T0 + np.arange(200.0), 2))
    assert used(again).value_j == pytest.approx(np.trapezoid(power), rel=1e-9)


def test_a_reading_dated_years_away_is_left_out() -> None:
    power = 100 + np.arange(200.0) % 7
    time = T0 + np.arange(200.0)
    time[50] = 0.0
    result = kinds(watts(power, time=time))
    assert result["clock"] >= 1
    assert used(watts(power, time=time)).value_j == pytest.approx(np.trapezoid(power), rel=0.01)


def test_a_clock_that_was_not_set_at_first_loses_nothing() -> None:
    power = 100 + np.arange(200.0) % 7
    time = T0 + np.arange(200.0)
    time[:80] = np.arange(80.0)
    assert used(watts(power, time=time)).value_j == pytest.approx(np.trapezoid(power), rel=1e-6)
    assert kinds(watts(power, time=time)) == {"clock": 1}


def test_durations_go_by_the_clock_that_never_jumps() -> None:
    power = 100 + np.arange(100.0) % 7
    mono = 50.0 + np.arange(100.0)
    wall = T0 + np.arange(100.0)
    wall[60:] += 3600
    jumped = watts(power, time=wall, monotonic_s=mono)
    assert kinds(jumped) == {"clock": 1}
    assert used(jumped).value_j == pytest.approx(np.trapezoid(power), rel=1e-9)


def test_a_long_silence_parts_a_series() -> None:
    power = 100 + np.arange(100.0) % 7
    time = T0 + np.arange(100.0)
    time[50:] += 7 * 86_400
    parts = clean(watts(power, time=time)).powers
    assert [len(part.time_s) for part in parts] == [50, 50]


@given(
    st.lists(st.floats(0.0, 400.0), min_size=3, max_size=60),
    st.floats(1000.0, 300_000.0),
    st.floats(0.0, 1.0),
)
def test_a_counter_that_wraps_anywhere_comes_out_right(power: list[float], wrap: float, start: float) -> None:
    true = np.concatenate([[0.0], np.cumsum(power)])
    series = joules((start * wrap * 0.999 + true) % wrap, wrap=wrap)
    assert used(series).value_j == pytest.approx(true[-1], rel=1e-9, abs=1e-6)


def test_a_gap_is_bridged_by_the_counter_exactly_even_over_several_wraps() -> None:
    true = np.arange(600.0) * 200
    series = joules(true % 20_000, wrap=20_000)
    keep = np.r_[0:100, 350:600]
    gapped = Series(series.device, series.spec, series.time_s[keep], None, (true % 20_000)[keep])
    assert used(gapped).value_j == pytest.approx(true[-1])
    assert kinds(gapped)["gap"] == 1


def test_a_counter_set_back_is_bridged_and_one_mad_reading_is_left_out() -> None:
    true = np.arange(100.0) * 50
    reset = true.copy()
    reset[60:] -= reset[60]
    assert kinds(joules(reset)) == {"reset": 1}
    assert used(joules(reset)).value_j == pytest.approx(true[-1], rel=1e-6)
    mad = true.copy()
    mad[40] = 265_144.0
    assert used(joules(mad)).value_j == pytest.approx(true[-1])
    mad[40] = 0.0
    assert used(joules(mad)).value_j == pytest.approx(true[-1])
    assert kinds(joules(mad)) == {"unreadable": 1}


def test_a_counter_that_stands_still_while_watts_flow_gives_way_to_the_watts() -> None:
    power = 300 + np.arange(100.0) % 7
    series = joules(np.full(100, 12345.0), power=power)
    assert kinds(series)["stuck"] == 1
    assert used(series).value_j == pytest.approx(np.trapezoid(power))


def test_only_the_outermost_device_counts() -> None:
    node, gpu = Device("a", "bmc", "node"), Device("a", "GPU-1", "gpu")
    other, part = Device("b", "GPU-2", "gpu"), Device("b", "MIG-1", "mig", "", "b/GPU-2")
    switch = Device("a", "sw", "switch")
    assert outer([node, gpu, other, part, switch]) == {
        "a/bmc": "", "a/GPU-1": "a/bmc", "b/GPU-2": "", "b/MIG-1": "b/GPU-2", "a/sw": "",
    }  # fmt: skip


def test_two_records_of_one_device_count_it_once() -> None:
    first = watts(100 + np.arange(100.0) % 7, device=GPU)
    late = watts(100 + np.arange(50, 150.0) % 7, device=GPU, time=T0 + np.arange(50, 150.0))
    joined = track([*clean(first).powers, *clean(late).powers])
    assert joined.energy(T0, T0 + 149).value_j == pytest.approx(np.trapezoid(100 + np.arange(150.0) % 7), rel=1e-6)


def test_the_peak_of_a_sum_is_of_the_sum() -> None:
    up = track(clean(watts(np.tile([100.0, 300.0], 50), device=GPU)).powers)
    down = track(clean(watts(np.tile([300.0, 100.0], 50), device=NODE)).powers)
    assert peak_of_sum([up, down], T0, T0 + 99) == pytest.approx(400)
    assert peak_of_sum([up], T0, T0 + 99) == 300


@given(POWERS, STEPS)
def test_nothing_that_a_file_can_hold_breaks_the_cleaning(power: list[float], steps: list[float]) -> None:
    time = T0 + np.cumsum(steps)[: len(power)]
    for device in (NODE, GPU):
        for part in clean(watts(power, time=time, device=device)).powers:
            assert np.isfinite(part.left_w).all()
            assert (np.diff(part.time_s) > 0).all()
            assert (part.left_w >= 0).all()
    for part in clean(Series(GPU, Spec("test", wrap_j=5e3), time, None, np.array(power))).powers:
        assert (part.left_w >= 0).all()


def test_a_reading_of_nonsense_size_is_left_out() -> None:
    power = 300 + np.arange(100.0) % 7
    for value, kind in ((5e5, "spike"), (1e300, "unreadable"), (np.inf, "unreadable")):
        mad = power.copy()
        mad[50] = value
        assert kinds(watts(mad, device=GPU)) == {kind: 1}
        assert used(watts(mad, device=GPU)).value_j == pytest.approx(np.trapezoid(power), rel=1e-3)
