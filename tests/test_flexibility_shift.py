"""Jobs that may move: what they save, with what was known and with what came."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.shift import Leeway, Removal, forecast, shift, work_by_step
from wattline.predict.flex.shift import DailyJob, flex_shift

signals = st.lists(st.floats(1, 1000), min_size=96, max_size=120).map(np.array)


def test_the_best_hours_of_a_known_day():
    day = np.array([5.0, 4, 3, 2, 1, 2, 3, 4] * 3)
    signal = np.tile(day, 3)
    result = shift(signal, np.array([24]), Leeway(2, after=6), steps_per_day=24)
    assert result.meant[0] == 5 + 4
    assert result.foresight[0] == 1 + 2  # hours 4 and 5, unbroken
    assert result.causal[0] == 1 + 2  # each day is alike, so the past tells it
    assert result.saving() == pytest.approx(1 - 3 / 9)


def test_a_job_that_pauses_takes_the_cheapest_hours():
    signal = np.concatenate([np.full(24, 9.0), [9.0, 1, 9, 1, 9, 9]])
    unbroken = shift(signal, np.array([24]), Leeway(2, after=4), steps_per_day=24)
    paused = shift(signal, np.array([24]), Leeway(2, after=4, pause_cost=0), steps_per_day=24)
    assert (unbroken.foresight[0], paused.foresight[0]) == (10.0, 2.0)


@given(signals, st.integers(1, 4), st.integers(0, 5), st.sampled_from([0.0, 0.3, 2.0, np.inf]))
def test_a_policy_from_the_past_never_saves_more_than_foresight(signal, length, reach, pause_cost):
    window = Leeway(length, before=reach, after=reach, pause_cost=pause_cost)
    result = shift(signal, np.arange(30, 80, 7), window)
    assert np.all(result.foresight <= result.causal * (1 + 1e-12))
    assert np.all(result.foresight <= result.meant * (1 + 1e-12))


@given(signals, st.integers(1, 3), st.sampled_from([0.0, 0.3, np.inf]))
def test_the_saving_never_falls_as_the_window_widens(signal, length, pause_cost):
    starts = np.arange(34, 80, 5)
    costs = [shift(signal, starts, Leeway(length, r, r, pause_cost)).foresight.sum() for r in range(8)]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(costs))


@given(st.floats(1, 500), st.integers(1, 5), st.integers(0, 5), st.sampled_from([0.0, 1.0, np.inf]))
def test_a_flat_signal_saves_nothing(level, length, reach, pause_cost):
    result = shift(np.full(96, level), np.arange(30, 80, 9), Leeway(length, reach, reach, pause_cost))
    assert result.saving("foresight") == pytest.approx(0, abs=1e-12)
    assert result.saving("causal") == pytest.approx(0, abs=1e-12)


@settings(max_examples=60)
@given(st.lists(st.floats(0.1, 10), min_size=3, max_size=8), st.integers(1, 3), st.floats(0.01, 3))
def test_pauses_cost_least_among_all_ways(costs, length, pause_cost):
    """Held against every choice of steps."""
    row = np.array([costs])
    work = work_by_step(row, Leeway(length, pause_cost=pause_cost))[0]
    best = np.inf
    for chosen in itertools.combinations(range(len(costs)), length):
        total = 0.0
        for i, step in enumerate(chosen):
            resumed = i > 0 and chosen[i - 1] != step - 1
            total += costs[step] * (1 + pause_cost * resumed)
        best = min(best, total)
    assert float(work @ row[0]) == pytest.approx(best)
    assert np.count_nonzero(work) == length


@given(signals, st.integers(30, 80), st.floats(-500, 500))
def test_a_forecast_sees_nothing_of_what_comes(signal, issued, change):
    steps = np.arange(issued, issued + 14)[None, :]
    before = forecast(signal, steps)
    later = signal.copy()
    later[issued:] += change
    assert np.array_equal(before, forecast(later, steps))


def test_bad_windows_and_gaps_are_refused_by_name():
    with pytest.raises(WattlineError, match="length 0"):
        Leeway(0)
    with pytest.raises(WattlineError, match="missing in step 40"):
        shift(np.where(np.arange(90) == 40, np.nan, 1.0), np.array([50]), Leeway(1))
    with pytest.raises(WattlineError, match="no job's window"):
        shift(np.ones(30), np.array([29]), Leeway(3))


@pytest.mark.shared
@pytest.mark.parametrize("zone", ["DE", "GB"])
def test_a_nightly_job_of_2023_saves_more_the_wider_its_window(shared_data: Path, zone: str):
    """Let's Wait Awhile's nightly job at 1:00 (Wiesner et al. 2021), on the intensities of 2023."""
    path = next((shared_data / "grid/carbon_intensity").glob(f"*{zone}*2023*"))
    table = pl.read_csv(path)
    column = next(name for name in table.columns if "life" in name.lower() or "lca" in name.lower())
    signal = table[column].to_numpy().astype(float)
    signal = np.interp(np.arange(len(signal)), np.flatnonzero(np.isfinite(signal)), signal[np.isfinite(signal)])
    first = datetime(2023, 1, 1)
    starts = np.array([(first + timedelta(days=d, hours=1) - first).total_seconds() / 3600 for d in range(3, 360)])
    savings = [shift(signal, starts.astype(int), Leeway(1, r, r)) for r in range(9)]
    values = [result.saving() for result in savings]
    assert values[0] == 0
    assert values == sorted(values)
    assert 0.02 < values[-1] < 0.4
    assert all(result.saving("causal") <= result.saving() for result in savings)
    assert savings[-1].saving("causal") > 0  # the hours of a day are alike from day to day


sites = st.lists(signals, min_size=2, max_size=3).map(lambda rows: np.stack([row[:96] for row in rows]))


@settings(max_examples=60)
@given(sites, st.integers(1, 4), st.integers(0, 5), st.floats(0, 3), st.floats(0, 50))
def test_in_space_too_foresight_saves_no_less_than_what_was_known(signal, length, reach, work, fee):
    made = shift(signal, np.arange(30, 80, 7), Leeway(length, reach, reach), removal=Removal(work, fee))
    assert np.all(made.foresight <= made.causal * (1 + 1e-12))
    assert np.all(made.foresight <= made.meant * (1 + 1e-12))
    alone = shift(signal[0], np.arange(30, 80, 7), Leeway(length, reach, reach))
    assert np.all(made.foresight <= alone.foresight * (1 + 1e-12))  # another site never costs more than to stay


@given(sites, st.integers(1, 3), st.floats(0, 2), st.floats(0, 20))
def test_with_sites_the_saving_never_falls_as_the_window_widens(signal, length, work, fee):
    starts = np.arange(34, 80, 5)
    costs = [shift(signal, starts, Leeway(length, r, r), 24, Removal(work, fee)).foresight.sum() for r in range(6)]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(costs))


@given(st.floats(1, 500), st.floats(0, 3))
def test_equal_flat_sites_save_nothing(level, work):
    made = shift(np.full((3, 96), level), np.arange(30, 80, 9), Leeway(2, 3, 3), removal=Removal(work))
    assert made.saving("foresight") == pytest.approx(0, abs=1e-12)
    assert made.saving("causal") == pytest.approx(0, abs=1e-12)


@given(sites, st.floats(0, 1))
def test_moves_counted_by_their_own_signal_cost_what_they_cost(signal, work):
    made = shift(signal, np.arange(30, 80, 7), Leeway(2, 3, 3), removal=Removal(work))
    assert made.counted(signal, "causal") == pytest.approx(made.causal)
    assert made.counted(signal, "foresight").sum() == pytest.approx(made.foresight.sum())


def test_a_job_goes_where_it_is_cheaper_unless_the_move_takes_more():
    home, away = np.full(72, 10.0), np.full(72, 4.0)
    free = shift(np.stack([home, away]), np.array([30]), Leeway(2))
    assert (free.foresight[0], free.by["foresight"].site[0]) == (8.0, 1)
    priced = shift(np.stack([home, away]), np.array([30]), Leeway(2), removal=Removal(1.0))
    assert priced.foresight[0] == 8.0 + 0.5 * (10 + 4)
    assert shift(np.stack([home, away]), np.array([30]), Leeway(2), removal=Removal(2.0)).foresight[0] == 20.0


def series(path: Path, values: list[float], name: str, begin: str = "2023-03-01") -> Path:
    first = datetime.fromisoformat(begin)
    rows = "".join(f"{first + timedelta(hours=i):%Y-%m-%d %H:%M},{value}\n" for i, value in enumerate(values))
    path.write_text(f"utc,{name}\n{rows}")
    return path


def test_average_and_marginal_stand_side_by_side_and_may_disagree(tmp_path: Path):
    average = series(tmp_path / "a.csv", [100.0 if h % 24 < 12 else 300.0 for h in range(480)], "carbon_g_per_kwh")
    marginal = series(tmp_path / "m.csv", [500.0 if h % 24 < 12 else 400.0 for h in range(480)], "moer_g_per_kwh")
    answer = wl.flex_shift(average, DailyJob(at=20, after="8 h"), beside=[marginal]).json()
    ways = {(row["moved_by"], row["counted_by"]): row for row in answer["results"]["ways"]}
    assert ways["average", "average"]["saving_foresight"] == pytest.approx(2 / 3)
    assert ways["average", "marginal"]["saving_foresight"] == pytest.approx(-0.25)
    assert ways["marginal", "marginal"]["saving_foresight"] == pytest.approx(0)
    assert answer["inputs"]["kind"] == "average"
    assert answer["inputs"]["beside_kind"] == "marginal"


def test_an_average_signal_is_not_taken_for_a_marginal_one(tmp_path: Path):
    path = series(tmp_path / "m.csv", [100.0] * 72, "marginal_g_per_kwh")
    with pytest.raises(WattlineError, match="no average signal"):
        wl.flex_shift(path)
    assert wl.flex_shift(path, kind="marginal").json()["inputs"]["kind"] == "marginal"


def test_a_price_below_zero_has_no_share_to_save_of(tmp_path: Path):
    path = series(tmp_path / "p.csv", [-5.0] * 96, "price_usd_mwh")
    row = wl.flex_shift(path, kind="price").json()["results"]["windows"][-1]
    assert row["saving_foresight"] is None
    assert row["mean_foresight"] == pytest.approx(-0.005)


def test_data_that_go_along_need_the_power_of_the_job(tmp_path: Path):
    path, other = (series(tmp_path / f"{n}.csv", [v] * 96, "carbon_g_per_kwh") for n, v in (("a", 300.0), ("b", 250.0)))
    with pytest.raises(WattlineError, match="--power"):
        wl.flex_shift(path, DailyJob(data="1 TB"), sites=[other])
    few = wl.flex_shift(path, DailyJob(data="1 GB", power="1 MW"), sites=[other]).json()["results"]["windows"][-1]
    many = wl.flex_shift(path, DailyJob(data="1 PB", power="1 MW"), sites=[other]).json()["results"]["windows"][-1]
    assert few["away_foresight_share"] == 1.0
    assert many["away_foresight_share"] == 0.0


def test_sites_beyond_the_latency_of_a_job_are_left_out(tmp_path: Path) -> None:
    files = []
    for name, level in (("home", 300.0), ("near", 250.0), ("far", 50.0)):
        rows = "".join(f"2023-01-{1 + h // 24:02}T{h % 24:02}:00Z,{level}\n" for h in range(240))
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text("time,carbon_g_per_kwh\n" + rows)
    home, *others = files

    def mean(**given: object) -> float:
        made = flex_shift(home, DailyJob(**given), sites=others)  # type: ignore[arg-type]
        return float(made.results["windows"][-1]["mean_foresight"])

    trips = ("20 ms", "140 ms")
    assert mean() == pytest.approx(50)
    assert mean(latency="200 ms", round_trips=trips) == pytest.approx(50)
    assert mean(latency="50 ms", round_trips=trips) == pytest.approx(250)
    assert mean(latency="5 ms", round_trips=trips) == pytest.approx(300)
    with pytest.raises(WattlineError, match="1 for 2"):
        mean(latency="5 ms", round_trips=("20 ms",))
    with pytest.raises(WattlineError, match="goes with --latency"):
        mean(round_trips=trips)


def test_what_counts_only_where_a_job_may_go_elsewhere_is_refused_where_it_may_not(tmp_path: Path) -> None:
    for name, value in (("power", "nan"), ("data", "500 GB"), ("latency", "50 ms"), ("round_trips", ("80 ms",))):
        option = name.removesuffix("s").replace("_", "-")
        with pytest.raises(WattlineError, match=f"--{option} does nothing here; it goes with a --destination"):
            flex_shift(tmp_path / "unread.csv", DailyJob(**{name: value}))
