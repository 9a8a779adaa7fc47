"""A saving at one temperature of the air and one load: what else differed is taken out, and is not called a saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from noisy_recordings import START_S, noisy_w, recording_of
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.recording import Recording, Window
from wattline.reconcile.adjustment import Condition, adjusted_test
from wattline.reconcile.blocks import Blocks
from wattline.reconcile.conditions import SameConditions
from wattline.reconcile.saving_test import rate_of, saving_test

PER_DEGREE = 0.006  # what a degree takes more, as of fans and leakage


def blocks(watts: Array) -> Blocks:
    seconds = np.ones(len(watts))
    start = START_S + np.arange(len(watts), dtype=float)
    return Blocks("made", "all", start, watts, seconds, None, "", frozenset(), watts.sum(), watts.sum())


def air_c(rng: np.random.Generator, mean_c: float, cycles: float, count: int) -> Array:
    """A wave of some days with a random phase, and a walk beside it."""
    wave = 4 * np.sin(2 * np.pi * (cycles * np.arange(count) / count + rng.random()))
    return np.asarray(mean_c + wave + np.cumsum(rng.normal(0, 0.1, count)))


def trial(rng: np.random.Generator, memory: float, cycles: float, saved: float = 0.0, count: int = 120) -> tuple:
    airs = tuple(air_c(rng, mean_c, cycles, count) for mean_c in (18.0, 22.0))
    sides = [
        blocks(noisy_w(rng, mean_w, 0.03, memory, count) * np.exp(PER_DEGREE * (air - 18)))
        for mean_w, air in zip((400, 400 * (1 - saved)), airs, strict=True)
    ]
    return sides, Condition("temperature", "°C", airs)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_no_saving_in_other_weather_is_found_significant_in_at_most_five_of_a_hundred(memory: float) -> None:
    rng = np.random.default_rng(7)
    adjusted, plain = 0, 0
    for at in range(120):
        sides, air = trial(rng, memory, (0.5, 2.0, 6.0)[at % 3])
        adjusted += adjusted_test(*sides, [air])[0].significant
        plain += saving_test(*map(rate_of, sides)).significant
    assert adjusted <= 11  # of 120: five in a hundred, and chance
    assert plain > 2 * adjusted


def test_the_interval_holds_a_saving_in_other_weather_and_the_effect_of_a_degree() -> None:
    rng = np.random.default_rng(3)
    inside, degrees = 0, 0
    for _ in range(100):
        sides, air = trial(rng, 0.5, 2.0, saved=0.05)
        test, (adjustment,) = adjusted_test(*sides, [air])
        inside += test.low <= 0.05 <= test.high
        degrees += adjustment.effect.low <= np.expm1(PER_DEGREE) <= adjustment.effect.high
    assert inside >= 90
    assert degrees >= 90


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.02, 0.02), st.floats(-0.3, 0.3), st.floats(1.0, 8.0), st.integers(0, 50))
def test_without_noise_the_saving_is_exact_whatever_the_weather(
    slope: float, saved: float, apart: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    airs = (air_c(rng, 18, 2, 60), air_c(rng, 18 + apart, 2, 60))
    first, second = (
        blocks(mean * np.exp(slope * (air - 20))) for mean, air in zip((400, 400 * (1 - saved)), airs, strict=True)
    )
    test, _ = adjusted_test(first, second, [Condition("temperature", "°C", airs)])
    assert test.saved == pytest.approx(saved, abs=0.006)  # a straight line for what is nearly one


def windows_of(rng: np.random.Generator, per_s: float, saved: float = 0.0) -> Recording:
    """A server with watts at idle and joules a token, in windows of 10 s with changing traffic."""
    tokens = np.round(10 * per_s * (1 + 0.3 * np.sin(np.arange(60) / 3)) * (1 + rng.normal(0, 0.05, 60)))
    watts = np.repeat((1 - saved) * (200 + 0.3 * tokens / 10), 10) * (1 + rng.normal(0, 0.01, 600))
    windows = tuple(
        Window("step", START_S + 10 * at, START_S + 10 * at + 10, counts={"tokens": float(n)})
        for at, n in enumerate(tokens)
    )
    return recording_of(np.append(watts, watts[-1]), windows)


def test_less_traffic_is_no_loss_at_the_same_load() -> None:
    rng = np.random.default_rng(5)
    before, after = windows_of(rng, 1000), windows_of(rng, 700)
    plain = wl.saving(before, after, window="step")
    level = wl.saving(before, after, window="step", conditions=SameConditions(load=True))
    assert plain.test.saved < -0.05
    assert plain.test.significant
    assert abs(level.test.saved) < 0.01
    (adjustment,) = level.adjustments
    assert adjustment.unit == "tokens/s"
    assert -0.6 < adjustment.effect.value * 100 < -0.2  # 40% of the power is idle at a thousand tokens a second
    saved = wl.saving(before, windows_of(rng, 700, saved=0.08), window="step", conditions=SameConditions(load=True))
    assert saved.test.significant
    assert saved.test.low <= 0.08 <= saved.test.high
    # what the work after took, and what is saved, are what it would have taken at the load after
    took_wh = saved.results()["after"]["energy_wh"]["value"]
    assert saved.saved_wh.value / (took_wh + saved.saved_wh.value) == pytest.approx(saved.test.saved)


def test_times_without_a_zone_are_said_to_be_taken_as_utc_and_utc_goes_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    air = air_c(rng, 20, 2, 240)
    pair = [recording_of(noisy_w(rng, 400)) for _ in range(2)]
    times = [np.datetime64(int(START_S) + at, "s") for at in range(240)]
    bare = "".join(f"{t},{c:.4f}\n" for t, c in zip(times, air, strict=True))
    both = "".join(f"{t + np.timedelta64(9, 'h')},{t}Z,{c:.4f}\n" for t, c in zip(times, air, strict=True))
    plain, local = (
        wl.saving(*pair, conditions=SameConditions(written(tmp_path, text)))
        for text in (f"time,temperature_c\n{bare}", f"local_time,utc,temperature_c\n{both}")
    )
    assert any("taken as UTC" in note for note in plain.notes)
    assert not local.notes
    assert plain.test.saved == pytest.approx(local.test.saved)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "air.csv"
    path.write_text(text)
    return path


def test_degrees_of_both_scales_are_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    air = air_c(rng, 20, 2, 240)
    before, after = (recording_of(noisy_w(rng, 400) * np.exp(PER_DEGREE * (air - 20))) for _ in range(2))
    times = START_S + np.arange(240)
    celsius = "".join(f"{t:.0f},{c:.6f}\n" for t, c in zip(times, air, strict=True))
    fahrenheit = "".join(f"{np.datetime64(int(t), 's')}Z,{c * 1.8 + 32:.6f}\n" for t, c in zip(times, air, strict=True))
    tests = [
        wl.saving(before, after, conditions=SameConditions(written(tmp_path, f"{header}\n{rows}"))).test
        for header, rows in (("time,temperature_c", celsius), ("utc,inlet_temp_f", fahrenheit))
    ]
    assert tests[0].saved == pytest.approx(tests[1].saved, abs=1e-6)
    assert tests[0].low == pytest.approx(tests[1].low, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,gpu_temperature_c\n{0},60\n{1},61\n", "follows its power"),
        ("time,power_w\n{0},60\n{1},61\n", "one of temperatures"),
        ("time,temperature_c\n{0},295\n{1},296\n", "no temperatures of air"),
        ("time,temperature_c\n0,20\n60,21\n", "no temperature within 3 h"),
        ("time,temperature_c\n{0},20\n{1},20\n", "hardly varies"),
    ],
)
def test_what_is_no_temperature_of_the_air_over_both_is_refused(tmp_path: Path, text: str, words: str) -> None:
    rng = np.random.default_rng(1)
    path = written(tmp_path, text.format(START_S, START_S + 240))
    with pytest.raises(WattlineError, match=words):
        wl.saving(recording_of(noisy_w(rng, 400)), recording_of(noisy_w(rng, 400)), conditions=SameConditions(path))


def test_a_load_that_is_not_recorded_is_refused() -> None:
    rng = np.random.default_rng(1)
    pair = [recording_of(noisy_w(rng, 400)) for _ in range(2)]
    with pytest.raises(WattlineError, match="does not state the work of each window"):
        wl.saving(*pair, work=(10, 12), conditions=SameConditions(load=True))
