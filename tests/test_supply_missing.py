"""Hours without a number: refused by their first one in every file of ``supply`` and ``flex``, filled where asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from supply_files import factors_file
from supply_weather_files import weather_file
from wattline.core.load import Load
from wattline.line.grid.hourly import Hourly
from wattline.line.site.hours_of_year import longest_gap
from wattline.report.assumptions import assumptions

TOOLS = {"load_mw": 10, "region": "us-ercot", "draws": 0}
HOUR = "2023-03-05T04:00:00 UTC"  # of row 100


def without(path: Path, column: str, rows: slice) -> Path:
    """The file without a column's numbers in some rows."""
    lines = [line.split(",") for line in path.read_text().splitlines()]
    for line in lines[1:][rows]:
        line[lines[0].index(column)] = "NaN" if line is lines[101] else ""
    path.write_text("\n".join(",".join(line) for line in lines))
    return path


@pytest.mark.parametrize("column", ["cf_wind", "cf_solar", "price_usd_mwh", "grid_cfe", "ci_direct_g_kwh"])
def test_an_hour_without_a_number_is_refused_by_name(tmp_path: Path, column: str) -> None:
    file = without(factors_file(tmp_path / "f.csv"), column, slice(100, 102))
    with pytest.raises(wl.WattlineError, match=rf"{column} has no number at {HOUR} \(2 of 336 steps\)") as error:
        wl.supply(**TOOLS, capacity_factors=file)
    assert '--fill-gaps "3 h"' in str(error.value)
    assert "\n" not in str(error.value)


def test_a_row_that_is_not_there_is_an_hour_without_a_number(tmp_path: Path) -> None:
    file = factors_file(tmp_path / "f.csv")
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:101] + lines[102:]))
    with pytest.raises(wl.WattlineError, match=f"has no number at {HOUR}"):
        wl.supply(**TOOLS, capacity_factors=file)


def test_gaps_are_filled_where_that_was_asked_and_the_answer_says_so(tmp_path: Path) -> None:
    file = without(factors_file(tmp_path / "f.csv"), "cf_wind", slice(100, 102))
    data = wl.supply(**TOOLS, capacity_factors=file, fill_gaps="2 h").json()
    assert data["inputs"]["fill_gaps_h"] == 2
    assert "gaps of up to 2 h filled" in assumptions("supply", data["inputs"], data["results"])
    assert "cf_wind: 2 of 336 steps without a number are filled" in "\n".join(data["notes"])
    whole = wl.supply(**TOOLS, capacity_factors=factors_file(tmp_path / "w.csv")).json()
    assert "filled" not in assumptions("supply", whole["inputs"], whole["results"])
    with pytest.raises(wl.WattlineError, match=HOUR):
        wl.supply(**TOOLS, capacity_factors=file, fill_gaps="1 h")
    with pytest.raises(wl.WattlineError, match="24 h at most"):
        wl.supply(**TOOLS, capacity_factors=file, fill_gaps="2 days")


@pytest.mark.parametrize("column", ["wind", "level", "temperature"])
def test_an_hour_without_weather_is_refused_by_name(tmp_path: Path, column: str) -> None:
    values = {"wind": np.full(8760, 5.0), "level": np.full(8760, 200.0), "temperature": np.full(8760, 12.0)}[column]
    values[1500] = {"wind": 999.0, "level": 9999.0, "temperature": 99.9}[column]
    file = weather_file(tmp_path / "gap.epw", **{column: values})
    with pytest.raises(wl.WattlineError, match="no number at 03-04T12:00 of standard time"):
        wl.supply(load_mw=10, weather=file, region="us-ercot", draws=0)
    answer = wl.supply(load_mw=10, weather=file, region="us-ercot", draws=0, technologies="wind,grid", fill_gaps=1)
    assert "filled" in "\n".join(answer.json()["notes"])


def test_demand_without_a_number_is_refused_by_its_hour(tmp_path: Path) -> None:
    load = 50 + 10 * np.sin(np.arange(336) / 24)
    file = without(factors_file(tmp_path / "f.csv", load_mw=load), "load_mw", slice(100, 102))
    from wattline.predict.flex.headroom import flex_headroom

    with pytest.raises(wl.WattlineError, match=f"load_mw has no number at {HOUR}"):
        flex_headroom(file, columns=["load_mw"])
    notes = "\n".join(flex_headroom(file, columns=["load_mw"], fill_gaps="2 h").notes)
    assert "load_mw: 2 of 336 steps without a number are filled" in notes


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=3, max_size=60).filter(any), st.integers(0, 5), st.sampled_from([0.25, 1.0]))
def test_nothing_is_filled_beyond_what_is_allowed(there: list[bool], steps: int, step_h: float) -> None:
    values = np.where(there, np.arange(len(there), dtype=float), np.nan)
    utc = np.datetime64("2023-01-01T00:00:00") + np.arange(len(there)) * np.timedelta64(int(step_h * 3600), "s")
    series = Hourly(utc, step_h, {"mw": values}, (), fill_h=steps * step_h)
    gap = longest_gap(values)
    if gap.hours > steps:
        runs = "".join("1" if each else "0" for each in there)
        first = next(at for at in range(len(runs)) if runs[at : at + steps + 1] == "0" * (steps + 1))
        with pytest.raises(wl.WattlineError, match=str(utc[first])):
            series.column("mw", "load")
    else:
        filled = series.column("mw", "load")[1]
        assert np.isfinite(filled).all()
        assert (filled[np.array(there)] == values[np.array(there)]).all()


def test_a_saved_load_of_servers_needs_no_design(tmp_path: Path) -> None:
    power = np.full((2, 48), 400.0)
    power[:, 12] = 1000.0
    load = Load("server", datetime(2026, 1, 1, tzinfo=UTC), 3600.0, power, ("prefill", "decode"))
    answer = wl.supply(load=load, place="Dallas", draws=0, target="cost")
    assert answer.question.site.it_w == pytest.approx(2000)
    assert "highest hour" in "\n".join(answer.json()["notes"])
    given = wl.supply("2kW", load=load, place="Dallas", draws=0, target="cost")
    assert given.plan.usd_per_mwh == answer.plan.usd_per_mwh
