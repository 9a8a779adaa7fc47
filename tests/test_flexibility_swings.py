"""Swings of power: exact on a square wave, and what it costs to hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.smoothing import with_floor, with_ramp_limit, with_store
from wattline.line.grid.flexibility.swings import SwingLimits, broken, spectrum, storage_j, swings
from wattline.line.grid.flexibility.waveform import StepPhase, training_power

SQUARE = [StepPhase("compute", 1.4, 1000.0), StepPhase("communicate", 0.6, 300.0)]
powers = st.lists(st.floats(0, 1e6), min_size=4, max_size=60).map(np.array)


@pytest.mark.parametrize("step_s", [0.001, 0.01, 0.1, 0.2])
def test_a_square_wave_of_100_and_30_mw(step_s):
    """Duty 0.7, period 2 s: 79 MW, 29.4 MJ to level it, a fundamental of 2 A sin(pi D) / pi = 36.05 MW."""
    power = training_power(SQUARE, 100_000, step_s=step_s, duration_s=20.0)
    shown = swings(power, step_s)
    assert shown.mean_w == pytest.approx(79e6)
    assert shown.storage_j == pytest.approx(29.4e6)
    assert shown.frequency_hz == pytest.approx(0.5)
    assert shown.amplitude_w == pytest.approx(2 * 70e6 * np.sin(0.7 * np.pi) / np.pi)
    assert shown.amplitude_w == pytest.approx(36.05e6, rel=0.005)
    assert (shown.lowest_w, shown.highest_w) == (pytest.approx(30e6), pytest.approx(100e6))


def test_a_sine_has_one_line():
    t = np.arange(4000) * 1e-3
    power = 50.0 + 7.0 * np.sin(2 * np.pi * 3.0 * t)
    frequency, amplitude = spectrum(power, 1e-3).largest()
    assert (frequency, amplitude) == (pytest.approx(3.0), pytest.approx(7.0, rel=1e-4))
    assert spectrum(power, 1e-3).share(0.1, 20.0) == pytest.approx(1.0)
    assert spectrum(power, 1e-3).share(5.0, 20.0) == pytest.approx(0.0, abs=1e-9)


@given(st.floats(1, 1e6), st.integers(2, 50))
def test_steady_power_swings_by_nothing(level, steps):
    shown = swings(np.full(steps, level), 0.1)
    assert (shown.amplitude_w, shown.storage_j, shown.ramp_up_w_per_s, shown.band_share) == pytest.approx(
        (0, 0, 0, 0), abs=level * 1e-9
    )


@given(st.lists(st.tuples(st.floats(0.01, 2), st.floats(0, 1000)), min_size=1, max_size=5), st.floats(0, 0.2))
def test_the_energy_of_the_phases_is_kept(parts, straggle):
    phases = [StepPhase(str(i), round(duration, 3), watts) for i, (duration, watts) in enumerate(parts)]
    power = training_power(phases, 7, straggle_s=straggle)
    meant = 7 * sum(phase.duration_s * phase.chip_w for phase in phases)
    assert power.sum() * 1e-3 == pytest.approx(meant, rel=1e-9, abs=1e-9)


def test_stragglers_smear_and_a_checkpoint_adds_a_slow_line():
    sharp, smeared = (training_power(SQUARE, 10, duration_s=20.0, straggle_s=s) for s in (0.0, 0.1))
    assert np.abs(np.diff(smeared)).max() < 0.1 * np.abs(np.diff(sharp)).max()
    slow = training_power(SQUARE, 10, duration_s=120.0, pause=StepPhase("checkpoint", 10.0, 200.0), pause_every=25)
    lines = spectrum(slow, 1e-3)
    assert lines.share(0.0, 0.1) > 0.1 > spectrum(training_power(SQUARE, 10, duration_s=120.0), 1e-3).share(0.0, 0.1)


@given(powers, st.floats(0, 1e6))
def test_a_floor_takes_energy_and_holds(power, floor):
    made = with_floor(power, floor)
    assert made.power_w.min() >= floor
    assert np.all(made.power_w >= power)
    assert made.extra_share >= 0


@given(powers, st.floats(1, 1e6), st.floats(1, 1e6))
def test_ramps_are_kept_by_the_least_power(power, up, down):
    made = with_ramp_limit(power, 0.5, up, down).power_w
    steps = np.diff(made) / 0.5
    assert np.all(steps <= up * (1 + 1e-9) + 1e-6)
    assert np.all(-steps <= down * (1 + 1e-9) + 1e-6)
    assert np.all(made >= power)
    # least: each step is held up by the load itself, an earlier step that falls, or a later one that rises
    at = np.arange(len(power)) * 0.5
    lag = at[:, None] - at[None, :]
    held_up = np.where(lag >= 0, power[None, :] - down * lag, power[None, :] + up * lag)
    assert made == pytest.approx(held_up.max(axis=1), rel=1e-9, abs=1e-6)


def test_a_ramp_limit_on_a_pulse_by_hand():
    power = np.array([0.0, 0, 100, 0, 0])
    assert with_ramp_limit(power, 1.0, 50.0, 25.0).power_w.tolist() == [0, 50, 100, 75, 50]


@settings(max_examples=60)
@given(powers, st.floats(0.5, 1.0), st.integers(1, 80))
def test_a_store_gives_back_what_it_takes_less_its_loss(power, efficiency, width):
    made = with_store(power, 1.0, float(width), efficiency)
    assert made.power_w.sum() >= power.sum() * (1 - 1e-9)
    assert made.extra_share >= -1e-12
    assert np.ptp(made.power_w) <= np.ptp(power) * (1 + 1e-9) + 1e-6
    if efficiency == 1.0:
        assert made.power_w.sum() == pytest.approx(power.sum())


def test_a_store_over_the_whole_time_levels_to_the_mean():
    power = training_power(SQUARE, 100_000, step_s=0.1)
    made = with_store(power, 0.1, 2.0, 0.9)
    assert np.ptp(made.power_w) < 1e-3
    assert made.store_j == pytest.approx(storage_j(power, 0.1)) == pytest.approx(29.4e6)
    assert made.extra_share == pytest.approx(29.4 / 158 * (1 / 0.9 - 1))


def test_limits_that_are_broken_are_named():
    shown = swings(training_power(SQUARE, 100_000, step_s=0.1), 0.1)
    limits = SwingLimits(band_share=0.2, ramp_up_w_per_s=1e9, ramp_down_w_per_s=1e6, range_w=80e6)
    assert broken(shown, limits) == ["band_share", "ramp_down_w_per_s"]
    assert broken(shown, SwingLimits()) == []


def test_bad_powers_are_refused():
    for power in (np.array([1.0]), np.array([1.0, np.nan, 2.0])):
        with pytest.raises(WattlineError, match="swings"):
            swings(power, 0.1)
    with pytest.raises(WattlineError, match="phase idle"):
        StepPhase("idle", 0.0, 10.0)
    with pytest.raises(WattlineError, match="longer step"):
        training_power(SQUARE, 1, step_s=1e-6, duration_s=1e6)
