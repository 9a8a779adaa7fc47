"""Loads: energy is kept, whatever is done to them."""

from __future__ import annotations

import math
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wattline.core.errors import WattlineError
from wattline.core.load import Load, phases_load, stack

START = datetime(2026, 1, 1, tzinfo=UTC)


def load(power: Any, step_s: float = 60.0, point: str = "grid", labels: tuple[str, ...] = ()) -> Load:
    return Load(point, START, step_s, np.asarray(power, float), labels)


def powers() -> st.SearchStrategy[Any]:
    shape = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=12)
    return hnp.arrays(float, shape, elements=st.floats(0, 1e9))


@given(powers(), st.floats(1e-3, 1e6), st.floats(0.02, 50))
def test_resampling_keeps_energy(power: Any, step_s: float, ratio: float) -> None:
    before = load(power, step_s)
    after = before.resample(step_s * ratio)
    assert after.energy_j == pytest.approx(before.energy_j, rel=1e-12, abs=1e-12 * np.max(before.energy_j) + 1e-300)
    assert after.power_w.shape[:-1] == before.power_w.shape[:-1]
    assert after.duration_s >= before.duration_s * (1 - 1e-8)
    assert np.all(after.power_w >= -1e-9 * before.power_w.max())


@pytest.mark.parametrize("step_s", [1 / 3 * (1 - 1e-10), 1 - 5e-10, 0.1, 0.3, 1e-3 * 7])
def test_resampling_keeps_energy_where_steps_nearly_divide(step_s: float) -> None:
    before = load([1.0], 1.0)
    assert float(before.resample(step_s).energy_j) == pytest.approx(1.0, rel=1e-13)


def test_resampling_by_hand() -> None:
    after = load([100.0, 300.0, 500.0], 60).resample(90)
    assert after.power_w.tolist() == pytest.approx([500 / 3, 1300 / 3])
    assert load([6.0], 60).resample(3600).power_w.tolist() == pytest.approx([0.1])
    assert load([6.0, 8.0], 60).resample(30).power_w.tolist() == [6.0, 6.0, 8.0, 8.0]


@pytest.mark.parametrize("step_s", [0.0, -1.0, math.nan, math.inf])
def test_impossible_steps_are_refused(step_s: float) -> None:
    with pytest.raises(WattlineError, match="step"):
        load([1.0], step_s)
    with pytest.raises(WattlineError, match="step"):
        load([1.0]).resample(step_s)


def test_energy_peak_mean() -> None:
    both = load([[1.0, 3.0], [5.0, 5.0]], 10.0, labels=("a", "b"))
    assert both.energy_j.tolist() == [40.0, 100.0]
    assert both.peak_w.tolist() == [3.0, 5.0]
    assert both.mean_w.tolist() == [2.0, 5.0]
    assert both.duration_s == 20.0
    assert both.total().power_w.tolist() == [6.0, 8.0]
    assert "2 steps" in repr(both)


def test_immutable_and_its_own() -> None:
    power = np.ones(3)
    kept = load(power)
    power[0] = 9
    assert kept.power_w[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        kept.power_w[0] = 2


def test_a_time_without_zone_is_utc() -> None:
    assert Load("chip", datetime(2026, 1, 1), 1.0, np.ones(1)).start == START


@pytest.mark.parametrize(
    ("power", "point", "labels"),
    [(1.0, "grid", ()), ([], "grid", ()), ([1.0], "moon", ()), ([1.0], "grid", ("a",)), ([[1.0]], "grid", ("a", "b"))],
)
def test_malformed_loads_are_refused(power: Any, point: str, labels: tuple[str, ...]) -> None:
    with pytest.raises(WattlineError, match="load:"):
        load(power, point=point, labels=labels)


def test_only_the_same_grid_adds_and_stacks() -> None:
    single = load([1.0, 2.0])
    assert (single + single).power_w.tolist() == [2.0, 4.0]
    others = [load([1.0]), load([1.0, 2.0], 30.0), load([1.0, 2.0], point="site")]
    others.append(Load("grid", START + timedelta(hours=1), 60.0, np.ones(2)))
    for other in others:
        with pytest.raises(WattlineError, match="same point"):
            _ = single + other
        with pytest.raises(WattlineError, match="same point"):
            stack([single, other], ["a", "b"])
    assert stack([single, load([[1.0, 1.0], [2.0, 2.0]])], ["a", "b"]).power_w.shape == (2, 2, 2)
    with pytest.raises(TypeError):
        _ = single + 1  # type: ignore[operator]


@pytest.mark.parametrize("labels", [(), ("a", "b"), ("a", "a"), ("time", "b")])
def test_parquet_round_trip(tmp_path: Path, labels: tuple[str, ...]) -> None:
    zone = timezone(timedelta(hours=-5))
    before = Load("site", datetime(2026, 3, 1, tzinfo=zone), 0.5, np.arange(6.0).reshape(2, 3), labels)
    before.to_parquet(tmp_path / "new" / "load.parquet")
    after = Load.read_parquet(tmp_path / "new" / "load.parquet")
    assert after.power_w.tolist() == before.power_w.tolist()
    assert (after.point, after.start, after.step_s, after.labels) == ("site", before.start, 0.5, labels)
    frame = pl.read_parquet(tmp_path / "new" / "load.parquet")
    assert frame["time"][0] == before.start
    assert frame["time"][2] - frame["time"][0] == timedelta(seconds=1)


def test_three_axes_in_parquet(tmp_path: Path) -> None:
    before = load(np.arange(24.0).reshape(2, 3, 4), labels=("a", "b"))
    before.to_parquet(tmp_path / "x.parquet")
    assert np.array_equal(Load.read_parquet(tmp_path / "x.parquet").power_w, before.power_w)


def test_reading_what_is_no_load(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="does not exist"):
        Load.read_parquet(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("not parquet")
    pl.DataFrame({"time": [1], "power_w": [1.0]}).write_parquet(tmp_path / "other.parquet")
    pl.DataFrame({"time": [1], "power_w": [1.0]}).write_parquet(
        tmp_path / "half.parquet", metadata={"wattline_load": '{"point": "grid", "shape": [7]}'}
    )
    pl.DataFrame({"time": [1], "power_w": [1.0]}).write_parquet(
        tmp_path / "list.parquet", metadata={"wattline_load": "[]"}
    )
    for name in ("text.parquet", "other.parquet", "half.parquet", "list.parquet", "."):
        with pytest.raises(WattlineError, match="not a load that Wattline wrote"):
            Load.read_parquet(tmp_path / name)


@st.composite
def phases(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """One to four phases of up to five draws; durations and powers many orders of magnitude apart, zero among them."""
    count, draws = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    wide = st.one_of(st.just(0.0), st.floats(1e-6, 1e9))
    power = [draw(hnp.arrays(float, draws, elements=wide)) for _ in range(count)]
    length = [draw(hnp.arrays(float, draws, elements=wide)) for _ in range(count)]
    length[0][0] += 1.0
    return power, length


@given(phases(), st.integers(1, 300))
def test_phases_keep_each_draws_energy(pair: tuple[list[Any], list[Any]], steps: int) -> None:
    power, length = pair
    result = phases_load("grid", power, length, steps)
    exact = [math.fsum(p[i] * t[i] for p, t in zip(power, length, strict=True)) for i in range(len(power[0]))]
    assert result.energy_j == pytest.approx(exact, rel=1e-12, abs=1e-290)
    assert result.power_w.shape == (len(power[0]), steps)
    assert result.duration_s == pytest.approx(float(sum(length).max()))


def test_a_brief_phase_after_a_long_dark_one() -> None:
    result = phases_load("chip", [np.asarray(0.0), np.asarray(700.0)], [np.asarray(1e9), np.asarray(1e-4)], 200)
    assert float(result.energy_j) == pytest.approx(0.07, rel=1e-12)


def test_phases_by_hand() -> None:
    two = phases_load("chip", [np.asarray(100.0), np.asarray(50.0)], [np.asarray(2.0), np.asarray([2.0, 1.0])], 4)
    assert two.power_w.tolist() == [[100.0, 100.0, 50.0, 50.0], [100.0, 100.0, 50.0, 0.0]]


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan, math.inf, [1.0, -0.5]])
def test_impossible_durations_are_refused(length: Any) -> None:
    with pytest.raises(WattlineError, match="durations"):
        phases_load("chip", [np.asarray(1.0)], [np.asarray(length)], 10)


def test_memory_of_many_draws_is_a_few_times_the_answer() -> None:
    draws, steps = 10_000, 200
    power, length = np.linspace(1, 2, draws), np.linspace(1, 5, draws)
    tracemalloc.start()
    result = phases_load("grid", [power] * 3, [length] * 3, steps)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.energy_j == pytest.approx(3 * power * length, rel=1e-12)
    assert peak < 6 * draws * steps * 8


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_power_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(WattlineError, match="finite"):
        load([1.0, bad])


def test_draws_of_different_length_share_one_window() -> None:
    made = phases_load("grid", [np.asarray(100.0)], [np.array([10.0, 40.0])], 8)
    assert made.duration_s == pytest.approx(40)
    np.testing.assert_allclose(made.energy_j, [1000, 4000])
    np.testing.assert_allclose(made.mean_w, [25, 100])
