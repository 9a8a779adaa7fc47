"""What a GPU's sensor does to time, undone: means, lags, beats and sparse polls."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpu_sensor as sim
from wattline import catalog
from wattline.meter.energy.corrected import corrected_series as correct
from wattline.meter.energy.corrected import energy_of
from wattline.meter.gpu_sensor.error import sampling_error
from wattline.meter.gpu_sensor.gain import gain_for
from wattline.meter.gpu_sensor.time import even_beats, find_beat, find_relax, sensor_updates, unaverage, unrelax

T0 = 1.7e9

CARDS = {
    "4090": (sim.Sensor(0.1, 1.1), 90.0, 400.0, "power.draw"),
    "RTX 3090": (sim.Sensor(0.1, 0.1), 130.0, 340.0, "power.draw.instant"),
    "Tesla K40m": (sim.Sensor(0.015, 0.015, 0.84), 60.0, 150.0, "power.draw"),
    "Tesla P100-PCIE-16GB": (sim.Sensor(0.02, 0.01), 60.0, 200.0, "power.draw"),
    "A100-PCIE-40GB": (sim.Sensor(0.1, 0.025), 60.0, 200.0, "power.draw"),
    "RTX 2080 Ti": (sim.Sensor(0.1, 0.1), 60.0, 250.0, "power.draw"),
}


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("shape", ["step", "square", "restless"])
def test_the_truth_lies_within_the_stated_error(card: str, shape: str) -> None:
    sensor, idle_w, busy_w, field = CARDS[card]
    rng = np.random.default_rng(len(card) + len(shape))
    units = [u for u in catalog.default().records("sensor_unit").values() if gain_for(card).cards and _same(u, card)]
    inside = windows = 0
    for unit in units[:3] * 2:
        measured = replace(sensor, gain=unit["gain"].value, offset_w=unit["offset_w"].value)
        time, power = load(shape, idle_w, busy_w, rng)
        corrected = correct(sim.read(time, power, measured, rng, card, field))
        whole = energy_of(corrected, T0 + 0.3, T0 + 13.5)
        assert whole.holds(sim.energy(power, 0.3, 13.5))
        assert whole.error <= (0.08 if shape == "step" else 0.10)
        for begin in np.arange(0.3, 11.0, 1.0):
            part = energy_of(corrected, T0 + begin, T0 + begin + 2)
            inside += part.holds(sim.energy(power, begin, begin + 2))
            windows += 1
    assert inside >= 0.93 * windows


def _same(unit: catalog.Record, card: str) -> bool:
    return any(w in card.lower().replace(" ", "") for w in unit.meta["words"])


def load(shape: str, idle_w: float, busy_w: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    begin, end = 1 + 0.3 * rng.random(), 8.5
    if shape == "step":
        return sim.steps(14.0, idle_w, busy_w, [(begin, end)])
    if shape == "square":
        return sim.square(14.0, idle_w, busy_w, begin, end, 0.133)
    on, at = [], begin
    while at < end:
        length = rng.exponential(0.2)
        on.append((at, at + length))
        at += length + rng.exponential(0.2)
    return sim.steps(14.0, idle_w, busy_w, on)


def test_a_mean_over_a_second_is_undone() -> None:
    time, power = sim.steps(12.0, 100.0, 400.0, [(3.0, 7.0)])
    series = sim.read(time, power, sim.Sensor(0.1, 1.1, noise_w=0.02), np.random.default_rng(0), "RTX 3090")
    corrected = correct(series)
    gain = corrected.gain
    for begin, end, within in ((2.5, 5.0, 0.03), (3.0, 7.0, 0.03), (5.0, 9.0, 0.03), (7.0, 8.0, 0.15)):
        true_j = sim.energy(power, begin, end)
        mine = gain.gain * energy_of(corrected, T0 + begin, T0 + end).energy_j + gain.offset_w * (end - begin)
        mine += energy_of(corrected, T0 + begin, T0 + end).energy_j
        assert mine == pytest.approx(true_j, rel=within), (begin, end)
    raw = energy_of(corrected, T0 + 7.0, T0 + 8.0).raw_j
    assert raw > 1.5 * sim.energy(power, 7.0, 8.0)  # as read, the second after the load looks busy


@given(st.floats(0.4, 1.5), st.floats(80, 500), st.integers(0, 2**32 - 1))
def test_a_slow_approach_is_found_and_undone(tau: float, step_w: float, seed: int) -> None:
    time, power = sim.steps(14.0, 60.0, 60.0 + step_w, [(2.0, 7.0)])
    series = sim.read(time, power, sim.Sensor(0.015, 0.015, tau), np.random.default_rng(seed), "K40m")
    assert series.power_w is not None
    result = find_relax(series.time_s, series.power_w, 0.4, 1.6)
    assert result == pytest.approx(tau, abs=0.12)


def test_energy_of_a_lagging_reading_is_its_own_plus_its_rise() -> None:
    rng = np.random.default_rng(1)
    at = np.linspace(0, 10, 2001)
    reading = 100 + np.cumsum(rng.normal(0, 1, len(at)))
    power = unrelax(at, reading, 0.8)
    area = np.sum((power[1:] + power[:-1]) / 2 * np.diff(at)) - np.sum((reading[1:] + reading[:-1]) / 2 * np.diff(at))
    assert area == pytest.approx(0.8 * (reading[-1] - reading[0]), abs=0.8 * 4)
    assert unrelax(at, reading, 0.0) is reading


def test_a_beat_is_evened_out_and_a_real_swing_is_left() -> None:
    count = np.arange(200)
    beat = 130 + 60 * np.sin(2 * np.pi * count / 33)
    evened, result = even_beats(beat)
    assert [length for _, _, length in result] == [pytest.approx(33, abs=1)]
    assert np.ptp(evened) < 5
    assert evened.mean() == pytest.approx(130, abs=4)
    for real in (np.where(count // 20 % 2, 200.0, 60.0), 60 + 0.5 * count, np.full(200, 100.0)):
        same, none = even_beats(np.asarray(real, float))
        assert none == []
        assert np.array_equal(same, real)
    assert find_beat(np.empty(0)) == 0


def test_a_part_time_sensor_beats_with_its_load_and_the_energy_comes_out() -> None:
    time, power = sim.square(14.0, 60.0, 190.0, 1.02, 9.0, 0.1035)
    errors = []
    for seed in range(6):
        series = sim.read(time, power, sim.Sensor(0.1, 0.025), np.random.default_rng(seed), "A100")
        corrected = correct(series)
        assert any("beat" in note for note in corrected.notes)
        got = energy_of(corrected, T0 + 3.0, T0 + 5.0)
        errors.append((got.raw_j / sim.energy(power, 3, 5) - 1, got.energy_j / sim.energy(power, 3, 5) - 1))
        assert got.holds(sim.energy(power, 3, 5))
    raw, mended = np.abs(np.array(errors)).max(axis=0)
    assert raw > 0.15 > 0.06 > mended


def test_published_finds_the_changes_and_takes_sparse_polls_as_they_are() -> None:
    time = np.arange(0, 1, 0.01)
    power = np.repeat([100.0, 200.0, 100.0, 150.0], 25)
    at, watts = sensor_updates(time, power, 0.25)
    assert watts.tolist() == [200.0, 100.0, 150.0]
    assert at == pytest.approx([0.245, 0.495, 0.745])
    sparse, same = sensor_updates(time[::50], power[::50], 0.1)
    assert same.tolist() == power[::50].tolist()
    assert sparse == pytest.approx(time[::50] - 0.05)


@given(st.integers(2, 12), st.integers(30, 300), st.integers(0, 2**32 - 1))
def test_undone_means_have_the_means_they_came_from(width: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    power = 100 + np.cumsum(rng.normal(0, 2, n + width))
    mean = np.convolve(power, np.full(width, 1 / width), "valid")
    at = (np.arange(len(mean)) + width) * 0.1
    middle, got = unaverage(at, mean, width * 0.1, 0.1)
    assert len(middle) == len(got) == n + width
    assert np.convolve(got, np.full(width, 1 / width), "valid") == pytest.approx(mean, abs=2.0)


def test_an_unseen_part_of_the_time_costs_by_how_far_readings_differ() -> None:
    rng = np.random.default_rng(0)
    wild = rng.choice([60.0, 200.0], 400)
    assert sampling_error(wild, 1.0) == 0.0
    assert sampling_error(wild, 0.25) == pytest.approx(1.96 * 70 / 20 * np.sqrt(0.75), rel=0.35)
    assert sampling_error(wild, 0.25, 4) > 5 * sampling_error(wild, 0.25)
    assert sampling_error(np.full(400, 100.0), 0.25) == 0.0


@given(st.lists(st.floats(0.05, 9.9), min_size=1, max_size=6, unique=True))
def test_any_split_of_a_window_adds_up(cuts: list[float]) -> None:
    time, power = sim.steps(12.0, 60.0, 200.0, [(2.0, 7.0)])
    series = sim.read(time, power, sim.Sensor(0.1, 0.025), np.random.default_rng(3), "A100")
    corrected = correct(series)
    edges = [T0 + 0.05, *sorted(T0 + 0.1 + c for c in cuts), T0 + 11.0]
    parts = [energy_of(corrected, a, b).energy_j for a, b in pairwise(edges)]
    assert sum(parts) == pytest.approx(energy_of(corrected, edges[0], edges[-1]).energy_j, rel=1e-9)


@pytest.mark.shared
def test_a_real_average_is_undone(shared_data: Path) -> None:
    """The half of the recording in which the load begins: 12% short as read, within the card's own gain corrected."""
    from wattline.validate.sensors import validate

    result = validate(shared_data / "gpu_sensor" / "5050_3090")
    window = next(w for w in result.checked[0].fields["average"] if w.name == "first half")
    assert window.raw_error < -0.12
    assert abs(window.error) < 0.045
