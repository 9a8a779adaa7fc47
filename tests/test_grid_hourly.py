"""Series by the hour: one answer for one series, however it is written; what cannot be told is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from wattline.core.errors import WattlineError
from wattline.line.grid.hourly import read_hourly

HOURS = pl.datetime_range(pl.datetime(2023, 3, 25), pl.datetime(2023, 3, 27), "1h", eager=True)
LOAD = np.arange(len(HOURS)) + 100.0


def written(tmp_path: Path, times: list[str], name: str = "utc", values: list[str] | None = None) -> Path:
    path = tmp_path / "series.csv"
    rows = zip(times, values or [f"{v:g}" for v in LOAD], strict=True)
    path.write_text(f"{name},zone,load_mw\n" + "".join(f"{time},ERCOT,{value}\n" for time, value in rows))
    return path


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("utc", "%Y-%m-%d %H:%M:%S"),
        ("Datetime (UTC)", "%Y-%m-%d %H:%M:%S"),
        ("timestamp", "%Y-%m-%dT%H:%M:%SZ"),
        ("time", "%Y-%m-%dT%H:%M:%S+00:00"),
        ("period_utc", "%Y-%m-%dT%H"),
        ("utc", "%Y-%m-%d %H:%M"),
    ],
)
def test_one_series_in_many_forms(tmp_path: Path, name: str, form: str):
    series = read_hourly(written(tmp_path, HOURS.dt.strftime(form).to_list(), name))
    assert series.columns["load_mw"].tolist() == LOAD.tolist()
    assert (str(series.utc[0]), series.step_h) == ("2023-03-25T00:00:00", 1.0)
    assert list(series.columns) == ["load_mw"]
    assert series.notes == ()


def test_local_time_with_its_offset_is_moved_to_utc(tmp_path: Path):
    berlin = HOURS.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")  # a change of clocks lies within
    series = read_hourly(written(tmp_path, berlin.dt.strftime("%Y-%m-%dT%H:%M:%S%z").to_list(), "time"))
    assert (str(series.utc[0]), len(series.utc)) == ("2023-03-25T00:00:00", len(HOURS))


def test_parquet_is_the_same(tmp_path: Path):
    path = tmp_path / "series.parquet"
    pl.DataFrame({"utc": HOURS, "load_mw": LOAD}).write_parquet(path)
    assert read_hourly(path).columns["load_mw"].tolist() == LOAD.tolist()


def test_times_without_offset_or_name_are_noted(tmp_path: Path):
    series = read_hourly(written(tmp_path, HOURS.dt.strftime("%Y-%m-%d %H:%M:%S").to_list(), "time"))
    assert series.notes == ("time: times without an offset are taken as UTC",)


def test_short_gaps_are_filled_and_long_ones_refused(tmp_path: Path):
    times = HOURS.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    values = [f"{v:g}" for v in LOAD]
    short = [*values[:5], "", "NaN", *values[7:]]
    series = read_hourly(written(tmp_path, times, values=short)).signal()
    words = f"load_mw: 2 of {len(LOAD):,} steps without a number are filled, the first at {series.utc[5]} UTC"
    assert series.filled(["load_mw"]) == (words,)
    assert series.column(None, "demand")[1].tolist() == LOAD.tolist()
    long = [*values[:5], *[""] * 4, *values[9:]]
    with pytest.raises(WattlineError, match=r"no number at 2023-03-25T05:00:00 UTC \(4 of"):
        read_hourly(written(tmp_path, times, values=long)).signal().column("load_mw", "demand")


def test_absent_rows_are_gaps(tmp_path: Path):
    times = HOURS.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    path = written(
        tmp_path, times[:10] + times[12:], values=[f"{v:g}" for v in LOAD[:10]] + [f"{v:g}" for v in LOAD[12:]]
    )
    series = read_hourly(path).signal()
    assert series.notes == (f"2 of {len(times)} steps are not in the file",)
    assert series.column("LOAD_MW", "demand")[1].tolist() == LOAD.tolist()


def test_bad_files_are_refused_in_one_line(tmp_path: Path):
    times = HOURS.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    fold = [*times[:4], times[3], *times[5:]]
    odd = [*times[:4], times[4].replace(":00:00", ":17:00"), *times[5:]]
    for path_of, words in (
        (lambda: written(tmp_path, fold), "occurs twice"),
        (lambda: written(tmp_path, odd), "lies between two"),
        (lambda: written(tmp_path, times, "row"), "no column of times"),
        (lambda: written(tmp_path, times, values=["x"] * len(times)), "no column of numbers"),
        (lambda: tmp_path / "absent.csv", "does not exist"),
    ):
        with pytest.raises(WattlineError, match=words) as error:
            read_hourly(path_of())
        assert "\n" not in str(error.value)
    with pytest.raises(WattlineError, match="load_mw"):
        read_hourly(written(tmp_path, times)).column("wind", "demand")
