"""Swings of power: exact on a square wave, and what it costs to hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.smoothing import (
    start_and_stop_j,
    with_floor,
    with_ramp_limit,
    with_shelf,
    with_store,
)
from wattline.line.grid.flexibility.swings import SwingLimits, broken, spectrum, storage_j, swings
from wattline.line.grid.flexibility.waveform import StepPhase, training_power
from wattline.meter.device import Device
from wattline.meter.readers.detect import read_all
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec
from wattline.predict.flex.measures import LimitTexts, Measures
from wattline.reconcile.swings import meter_swings

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
    kept_up = np.where(lag >= 0, power[None, :] - down * lag, power[None, :] + up * lag)
    assert made == pytest.approx(kept_up.max(axis=1), rel=1e-9, abs=1e-6)


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


def test_a_shelf_levels_over_the_longest_window_that_it_can_fill():
    power = training_power(SQUARE, 1000, step_s=0.02, duration_s=20.0)
    for shelf in (100.0, 65e3, 200e3):
        made = with_shelf(power, 0.02, shelf, 0.9)
        assert made.store_j <= shelf * (1 + 1e-9)
    whole = with_shelf(power, 0.02, storage_j(power, 0.02) * 1.01, 1.0)
    assert np.ptp(whole.power_w) < 1e-6 * power.max()
    with pytest.raises(WattlineError, match="above 0 J"):
        with_shelf(power, 0.02, 0.0, 0.9)


def test_a_slow_start_and_stop_take_two_triangles():
    job = np.concatenate([np.full(200, 10.0), np.full(300, 70.0), np.full(200, 10.0)])
    burnt = (with_ramp_limit(job, 0.01, 60.0, 60.0).power_w.sum() - job.sum()) * 0.01
    assert burnt == pytest.approx(start_and_stop_j(60.0, 60.0), rel=0.02)


def test_a_utility_s_limits_come_from_the_catalog_and_single_ones_stand_before_them():
    phases = ["compute:1.4s:1000W", "communicate:0.6s:300W"]
    answer = wl.flex_swings(phases, 100_000, limits=LimitTexts("critical-band", swing="60 MW")).json()
    first = answer["results"]["measures"][0]
    assert first["broken"] == ["band_share", "range_w"]
    assert "swing.critical-band.band_share" in {fact["key"] for fact in answer["facts"]}
    assert sum(mode["share"] for mode in first["modes"] if mode["high_hz"] <= 1.0) > 0.8
    with pytest.raises(WattlineError, match="is no limit"):
        wl.flex_swings(phases, 10, limits=LimitTexts("inter-area"))
    with pytest.raises(WattlineError, match="rate of power"):
        wl.flex_swings(phases, 10, measures=Measures(ramp="10 MW"))


def test_the_square_wave_is_exact_through_the_face():
    phases = ["compute:1.4s:1000W", "communicate:0.6s:300W"]
    first = wl.flex_swings(phases, 100_000).json()["results"]["measures"][0]
    assert first["mean_w"] == pytest.approx(79e6, rel=1e-9)
    assert first["storage_j"] == pytest.approx(29.4e6, rel=1e-9)
    assert first["amplitude_w"] == pytest.approx(36.05e6, rel=1e-4)
    assert max(first["lines"]["amplitude_w"]) == first["amplitude_w"]


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 3.0), st.floats(0.05, 3.0), st.integers(1, 6))
def test_every_step_length_divides_the_time_after_which_all_repeats(compute, rest, every):
    phases = [f"a:{compute:.4f}s:900W", f"b:{rest:.4f}s:100W"]
    answer = wl.flex_swings(phases, 3, checkpoint="save:2s:50W", every=every).json()["results"]
    a, b = round(compute, 4), round(rest, 4)
    meant = 3 * (every * (900 * a + 100 * b) + 50 * 2) / (every * (a + b) + 2)
    assert answer["measures"][0]["mean_w"] == pytest.approx(meant, rel=1e-6)


def recorded(step_s: float, watts: list[float], window_s: float = 0.0) -> Recording:
    at = 1.7e9 + np.arange(float(len(watts))) * step_s
    return Recording([Series(Device("h", "meter", "node"), Spec("plain", window_s=window_s), at, np.array(watts))])


def test_a_recording_shows_the_same_swings_and_what_it_cannot_show():
    wave = [100.0 if i % 20 < 14 else 30.0 for i in range(2000)]
    answer = meter_swings(recorded(0.1, wave)).json()
    first, sampling = answer["results"]["measures"][0], answer["results"]["sampling"]
    assert first["frequency_hz"] == pytest.approx(0.5, rel=1e-3)
    assert first["amplitude_w"] == pytest.approx(36.05, rel=0.01)
    assert first["mean_w"] == pytest.approx(79, rel=0.005)
    assert sampling["highest_shown_hz"] == pytest.approx(5.0, rel=1e-6)
    assert any("5 Hz" in warning for warning in answer["warnings"])
    torsional = next(mode for mode in first["modes"] if mode["low_hz"] == 7.0)
    assert (torsional["share"], torsional["shown_share"]) == (None, 0.0)


def test_a_sensor_that_averages_says_at_what_frequency_it_halves():
    wave = [100.0 + 10.0 * (i % 7) for i in range(400)]
    answer = meter_swings(recorded(0.1, wave, window_s=1.0)).json()
    assert answer["results"]["sampling"]["halved_at_hz"] == pytest.approx(0.603, rel=1e-3)
    assert np.sinc(0.603) == pytest.approx(0.5, abs=1e-3)
    assert any("half as large" in warning for warning in answer["warnings"])


def test_a_recording_too_short_for_a_spectrum_is_refused():
    with pytest.raises(WattlineError, match="fewer than"):
        meter_swings(recorded(1.0, [1.0, 2.0, 3.0]))


@pytest.mark.shared
def test_the_power_of_512_gpus_in_training_is_as_it_was_read_from_its_files(shared_data: Path):
    """MLPerf GPT-3 on 64 nodes: 438 kW, 393 to 457 kW, ramps of 25.3 kW/s at their 99th percentile."""
    recording = read_all([shared_data / "mlperf_power/training/gpt3_64x8xH100/run_2"])
    answer = meter_swings(recording).json()
    first = answer["results"]["measures"][0]
    assert first["mean_w"] == pytest.approx(438e3, rel=0.002)
    assert first["ramp_p99_w_per_s"] == pytest.approx(25.3e3, rel=0.03)
    assert max(first["ramp_up_w_per_s"], first["ramp_down_w_per_s"]) == pytest.approx(43.7e3, rel=0.15)
    assert answer["results"]["sampling"]["highest_shown_hz"] < 0.3


def test_a_load_that_never_moves_needs_no_store():
    assert storage_j(np.full(1000, 7000.0) * (1 + 1e-15 * np.arange(1000) % 3), 0.001) == 0.0


def test_a_floor_above_the_highest_power_is_refused():
    with pytest.raises(WattlineError, match="above the highest power, 1000 W a chip"):
        wl.flex_swings(["compute:1s:1000W", "exchange:1s:300W"], 8, measures=Measures(floor="1.1 kW"))
    wl.flex_swings(["compute:1s:1000W", "exchange:1s:300W"], 8, measures=Measures(floor="1 kW"))


def test_idle_power_without_a_ramp_is_refused():
    with pytest.raises(WattlineError, match="--idle does nothing here"):
        Measures(idle="100 W")


def test_a_utility_s_ramps_and_range_come_from_a_record_of_one_s_own(tmp_path: Path):
    own = tmp_path / "own.toml"
    own.write_text(
        '[swing.our-contract]\nname = "Our contract"\nrole = "limit"\nramp_up_w_per_s = 10e6\n'
        'ramp_down_w_per_s = 80e9\nrange_w = 60e6\n\n[swing.empty]\nname = "Nothing"\nrole = "limit"\nload_w = 1\n'
    )
    phases = ["compute:1.4s:1000W", "communicate:0.6s:300W"]
    answer = wl.flex_swings(phases, 100_000, limits=LimitTexts("our-contract"), facts=str(own)).json()
    assert answer["inputs"]["limits"]["ramp_up_w_per_s"] == 10e6
    assert answer["inputs"]["limits"]["band_share"] is None
    assert answer["results"]["measures"][0]["broken"] == ["ramp_up_w_per_s", "range_w"]
    single = wl.flex_swings(phases, 100_000, limits=LimitTexts("our-contract", ramp="90 GW/s"), facts=str(own)).json()
    assert single["results"]["measures"][0]["broken"] == ["range_w"]
    with pytest.raises(WattlineError, match="it bounds nothing"):
        wl.flex_swings(phases, 10, limits=LimitTexts("empty"), facts=str(own))
