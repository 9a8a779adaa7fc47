"""Supply by hand: what made hours of wind do by the day and by the month, and what a storage counts in a margin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from wattline.catalog import default
from wattline.line.grid.supply.made import LEVEL_DEVIATES, WindSun, made_hours
from wattline.line.grid.supply.margin import add_margins
from wattline.line.grid.supply.parts import PowerMargin
from wattline.predict.supply.place import hours_of_file

LEVELS = 0.5 + 0.1 * LEVEL_DEVIATES  # a capacity factor that is a straight line of the deviate


def region(**changes: Any) -> WindSun:
    """A region whose wind is a straight line of its normal series, without ties to the sun."""
    plain = WindSun.of(default().find("wind_sun", "us-pjm"))
    flat = {"wind_levels": LEVELS, "wind_mean": np.zeros((12, 24)), "links": np.zeros(7), "noise": 0.0}
    return replace(plain, **(flat | changes))


def test_a_daily_wave_comes_again_after_24_hours() -> None:
    waves = region(day_share=1.0, day_memory_h=200.0, wind_spread=np.ones(12))
    utc = np.datetime64("2021-01-01", "s") + np.arange(4 * 8760) * np.timedelta64(3600, "s")
    wind, _ = made_hours(utc, waves, np.random.default_rng(0))
    away = wind - wind.mean()
    like = [float(np.corrcoef(away[:-lag], away[lag:])[0, 1]) for lag in (12, 24)]
    assert like == pytest.approx([-np.exp(-12 / 200), np.exp(-24 / 200)], abs=0.05)


@pytest.mark.parametrize(
    ("at", "january", "other", "month"),
    [
        ("2023-01-24T06", 0.75, 0.25, 1),  # three quarters into the month: a quarter of the way to February
        ("2023-01-08T18", 0.75, 0.25, 11),  # a quarter into it: a quarter of the way from December
        ("2023-01-16T12", 1.0, 0.0, 1),
        ("2023-01-01T00", 0.5, 0.5, 11),
    ],
)
def test_a_month_goes_over_into_the_next_from_its_middle(at: str, january: float, other: float, month: int) -> None:
    deviates = np.linspace(-1.1, 1.1, 12)
    calm = region(wind_mean=np.repeat(deviates[:, None], 24, axis=1), wind_spread=np.zeros(12))
    wind, _ = made_hours(np.array([at], dtype="datetime64[s]"), calm, np.random.default_rng(0))
    expected = january * deviates[0] + other * deviates[month]
    assert wind == pytest.approx([np.interp(expected, LEVEL_DEVIATES, LEVELS)])


@pytest.mark.parametrize(
    ("hours", "efficiency", "counts"),
    [(8.0, 1.0, 0.9), (4.0, 1.0, 0.9), (2.0, 1.0, 0.45), (2.0, 0.8, 0.36)],
)
def test_a_storage_counts_for_as_long_as_it_lasts_and_never_more_than_whole(
    hours: float, efficiency: float, counts: float
) -> None:
    storage = SimpleNamespace(name="battery", hours=hours, discharge_efficiency=efficiency)
    margin = PowerMargin("grid", 50.0, {"gas": 0.95}, {"battery": 0.9}, hours=4.0)
    case = SimpleNamespace(margins=[margin], storages=[storage])
    parts = SimpleNamespace(case=case, capacities=[("gas", 0, 0), ("battery power", 0, 0)], limits={}, on_capacity={})
    add_margins(cast(Any, parts))
    assert parts.limits == {"margin:grid": -50.0}
    assert parts.on_capacity == {"margin:grid": pytest.approx({0: -0.95, 1: -counts})}


def test_the_29th_of_february_of_a_leap_year_is_left_out(tmp_path: Path) -> None:
    """A year whose wind blows on that day alone has none."""
    lines = ["LOCATION,Here,-,-,made,1,35.0,0.0,0.0,10.0", "DATA PERIODS,1,1,Data,Sunday,1/1,12/31"]
    for time in (np.datetime64("2024-01-01", "h") + np.arange(8784)).astype(str):
        year, month, day = time[:10].split("-")
        wind, sun = ("12.0" if (month, day) == ("02", "29") else "0.0"), ("500" if time[11:13] == "12" else "0")
        row = [year, month, day, str(int(time[11:13]) + 1), "60", "_", "15.0", "5.0", "50", "101325"]
        lines.append(",".join([*row, "0", "0", "0", sun, "0", "9999", "0", "0", "0", "0", "180", wind]))
    path = tmp_path / "leap.epw"
    path.write_text("\n".join(lines) + "\n")
    made = hours_of_file(path, default())
    assert made is not None
    assert made.factors["wind"].size == 8760
    assert made.factors["wind"].max() == 0
