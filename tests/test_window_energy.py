"""Energy out of readings: splits add up, wraps come out right, and doubt shows in the range."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.energy.window import WindowEnergy, add_up, window_energy
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

GPU = Device("here", "gpu-0", "gpu", "gpu 0")
SPEC = Spec("nvml")


def series(time: Array, power: Array | None = None, energy: Array | None = None, **spec: object) -> Series:
    return Series(GPU, replace(SPEC, **spec), np.asarray(time) + 1.7e9, power, energy, np.asarray(time, float))  # type: ignore[arg-type]


def energy_of(begin_s: float, end_s: float, *result: Series) -> WindowEnergy:
    return window_energy(Recording(result), begin_s, end_s)


POWERS = st.lists(st.floats(1, 1000), min_size=3, max_size=60)


@given(POWERS, st.floats(0, 1), st.lists(st.floats(0, 1), max_size=6), st.booleans(), st.floats(1, 1e5))
def test_any_split_adds_up_to_the_whole(
    powers: list[float], start: float, cuts: list[float], counter: bool, wrap_j: float
) -> None:
    time = np.arange(len(powers)) * 0.1
    rise = np.cumsum(np.array(powers) * 0.1) % wrap_j
    single = series(time, energy=rise, wrap_j=wrap_j) if counter else series(time, power=np.array(powers))
    edges = np.sort([start * time[-1] * 0.5, time[-1], *(start * time[-1] * 0.5 + np.array(cuts) * time[-1] * 0.5)])
    assume(np.diff(edges).min() > 1e-6)
    whole = energy_of(edges[0], edges[-1], single).energy_j
    parts = add_up([energy_of(a, b, single) for a, b in pairwise(edges)]).energy_j
    assert whole is not None
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-9)


@given(
    st.floats(1, 1e6),
    st.floats(0, 1, exclude_max=True),
    st.lists(st.floats(0, 0.499), min_size=3, max_size=80),
)
def test_a_counter_may_wrap_at_any_point(wrap_j: float, start: float, shares: list[float]) -> None:
    """So long as less than half of its range goes between two readings, every joule is counted once."""
    true = np.concatenate([[0.0], np.cumsum(np.array(shares) * wrap_j)])
    shown = (start * wrap_j + true) % wrap_j
    time = np.arange(len(true)) * wrap_j / 5000  # no GPU draws more than 5 kW
    result = energy_of(0.0, float(time[-1]), series(time, energy=shown, wrap_j=wrap_j))
    assert result.energy_j == pytest.approx(true[-1], rel=1e-9, abs=1e-6 * wrap_j)


def test_wraps_are_told() -> None:
    time = np.arange(11.0)
    result = energy_of(0, 10, series(time, energy=(time * 30) % 100, wrap_j=100.0))
    assert result.energy_j == pytest.approx(300)
    assert [(fault.kind, fault.count) for fault in add_up([result]).faults] == [("wrap", 3)]


@pytest.mark.parametrize("bad", [0.0, 99.0, 262_000.0])
def test_one_bad_reading_of_a_counter_is_no_wrap(bad: float) -> None:
    """A sample that cannot be must not become a whole range of the counter (265 kJ, where 3 kJ were true)."""
    time = np.arange(31.0)
    counter = 5000 + time * 100
    counter[15] = bad
    result = energy_of(0, 30, series(time, energy=counter, wrap_j=262_143.3))
    assert result.energy_j == pytest.approx(3000)
    assert [fault.kind for fault in result.faults] == ["unreadable"]


def test_a_counter_that_was_reset_goes_on_at_its_mean_power() -> None:
    time = np.arange(21.0)
    counter = 9000 + time * 100
    counter[11:] -= counter[11]  # the driver was loaded again
    result = energy_of(0, 20, series(time, energy=counter))
    assert result.energy_j == pytest.approx(2000)
    assert [fault.kind for fault in result.faults] == ["reset"]


def test_a_gap_is_bridged_by_the_counter_and_told() -> None:
    time = np.concatenate([np.arange(15.0), np.arange(45.0, 60.0)])
    result = energy_of(0, 59, series(time, power=50 + time % 3, energy=time * 50 + (time > 20) * 600))
    assert result.energy_j == pytest.approx(59 * 50 + 600)
    (gap,) = result.faults
    assert (gap.kind, gap.seconds, gap.done) == ("gap", 30.0, "bridged by the counter, which loses nothing")


def test_a_gap_without_a_counter_widens_the_range() -> None:
    time = np.concatenate([np.arange(5), np.arange(34, 40)])
    power = np.where(np.arange(11) % 2, 100.0, 300.0)
    result = energy_of(0, 39, series(time, power=power))
    assert result.low_j is not None
    assert result.high_j is not None
    assert result.high_j - result.low_j > 30 * 100
    assert [fault.kind for fault in result.faults] == ["gap"]


def test_a_long_gap_in_which_the_counter_wrapped_more_than_once() -> None:
    time = np.concatenate([np.arange(0, 50.0), np.arange(1050, 1100.0)])
    result = energy_of(0, 1099, series(time, energy=(time * 100) % 30_000, wrap_j=30_000.0))
    assert result.energy_j == pytest.approx(109_900)


def test_without_readings_energy_is_unknown_and_never_zero() -> None:
    nothing = energy_of(0, 10)
    assert (nothing.energy_j, nothing.low_j, nothing.high_j, nothing.mean_w) == (None, None, None, None)
    assert nothing.json()["basis"] == "unknown"
    assert "unknown" in str(nothing)
    late = energy_of(0, 10, series(np.array([20.0, 21.0]), power=np.array([1.0, 1.0])))
    assert late.energy_j is None
    assert [fault.kind for fault in late.faults] == ["gap"]
    gone = energy_of(0, 10, series(np.arange(11.0), power=np.full(11, np.nan)))
    assert gone.energy_j is None


def test_readings_that_stop_early_leave_doubt() -> None:
    result = energy_of(0, 20, series(np.arange(11.0), power=np.full(11, 100.0)))
    assert result.energy_j == pytest.approx(2000)
    assert result.low_j is not None
    assert result.low_j <= 1000
    assert [fault.kind for fault in result.faults] == ["gap"]


@pytest.mark.parametrize(("bad", "kind"), [((-1.0, -2.0), "sentinel"), ((-1.0, -7.0), "negative")])
def test_negative_power_enters_no_sum(bad: tuple[float, float], kind: str) -> None:
    power = np.full(11, 100.0)
    power[[3, 7]] = bad
    result = energy_of(0, 10, series(np.arange(11.0), power=power))
    assert result.energy_j == pytest.approx(1000)
    assert (kind, 2) in [(fault.kind, fault.count) for fault in result.faults]


def test_the_counter_goes_before_power_and_measured_before_modelled() -> None:
    time = np.arange(11.0)
    both = series(time, power=np.full(11, 80.0), energy=time * 100)
    modelled = series(time, energy=time * 500, modelled=True, error=0.01)
    result = energy_of(0, 10, modelled, both)
    assert result.energy_j == pytest.approx(1000)
    assert not result.modelled
    assert energy_of(0, 10, modelled).modelled


def test_a_device_inside_another_counts_once() -> None:
    time = np.arange(11.0)
    node = Device("here", "bmc", "node")
    whole = Series(node, SPEC, time, np.full(11, 500.0), monotonic_s=time)
    part = series(time, power=np.full(11, 100.0))
    inside = replace(part, device=replace(GPU, inside=node.key))
    assert energy_of(0, 10, whole, inside).energy_j == pytest.approx(5000)
    assert energy_of(0, 10, inside).energy_j == pytest.approx(1000)
    assert energy_of(0, 10, whole, part).energy_j == pytest.approx(5000), "a machine's meter sees its GPUs"


@given(st.floats(0.05, 2.0), st.floats(0, 1))
def test_the_truth_lies_in_the_range_where_power_steps(period: float, phase: float) -> None:
    """A load that steps between two readings: the edges' doubt holds it."""
    time = np.arange(0, 20, 0.1)
    fine = np.arange(0, 20, 0.001)
    power = np.where(((fine / period + phase) % 1) < 0.5, 100.0, 700.0)
    true = np.concatenate([[0.0], np.cumsum(power[:-1] * 0.001)])
    counter = np.interp(time, fine, true)
    result = energy_of(5.033, 9.171, series(time, energy=counter))
    wanted = float(np.diff(np.interp([5.033, 9.171], fine, true))[0])
    assert result.low_j is not None
    assert result.high_j is not None
    assert result.low_j <= wanted <= result.high_j
