"""A site's load in a file: its unit from the header, its hours from its times, nothing missing taken for nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.predict.load_file import read_load_file

IT_W = 100e6


def write(path: Path, header: str, values, step_min: float = 60, begin: str = "2023-01-01") -> Path:
    start = datetime.fromisoformat(begin)
    rows = [f"{(start + timedelta(minutes=step_min * i)).isoformat()}Z,{value}" for i, value in enumerate(values)]
    path.write_text(f"utc,{header}\n" + "\n".join(rows) + "\n")
    return path


@settings(max_examples=30, deadline=None)
@given(
    shares=st.lists(st.floats(0.02, 1.0), min_size=24, max_size=60),
    form=st.sampled_from(
        [("power_w", 1e8), ("load_kw", 1e5), ("load [MW]", 100.0), ("IT (GW)", 0.1), ("utilisation", 1.0),
         ("load_percent", 100.0), ("megawatts", 100.0)]
    ),
)  # fmt: skip
def test_one_load_in_every_unit_is_one_load(tmp_path_factory, shares, form):
    header, scale = form
    path = write(tmp_path_factory.mktemp("l") / "load.csv", header, [share * scale for share in shares])
    assert read_load_file(path, IT_W).share[: len(shares)] == pytest.approx(shares, rel=1e-9)


@pytest.mark.parametrize(("step_min", "count"), [(15, 96), (30, 48), (60, 24), (180, 8)])
def test_steps_of_any_length_hold_the_same_energy(tmp_path, step_min, count):
    values = 50 + 30 * np.sin(np.arange(count) * step_min / 60)
    profile = read_load_file(write(tmp_path / "load.csv", "load_mw", values, step_min), IT_W)
    assert profile.share[:24].mean() * 100 == pytest.approx(values.mean(), rel=1e-9)


def test_a_year_that_begins_in_july_is_turned_to_begin_in_january(tmp_path):
    values = 20 + np.arange(8760) / 8760
    profile = read_load_file(write(tmp_path / "load.csv", "load_mw", values, begin="2023-07-01"), IT_W)
    assert profile.share[181 * 24] == pytest.approx(0.2)
    assert any("turned to begin in January" in note for note in profile.notes)


@pytest.mark.parametrize("days", [1, 7, 365])
@pytest.mark.parametrize("offset_h", [-8.0, 0.0, 5.5, 9.0])
def test_an_hour_of_utc_is_put_at_the_sites_own_hour(tmp_path, days, offset_h):
    """Each hour's own number: an hour of the file is found at the same moment of the site's clock."""
    values = 50 + 40 * np.sin(np.arange(24 * days) / (24 * days) * 2 * np.pi)
    profile = read_load_file(write(tmp_path / "load.csv", "load_mw", values), IT_W, offset_h)
    moved = math.floor(offset_h)
    for hour in (8, 13, 20):
        assert profile.share[hour + moved if hour + moved >= 0 else hour + moved + 24 * days] == pytest.approx(
            values[hour] / 100
        )
    assert profile.share[:24].sum() > 0


def test_times_without_an_offset_are_the_sites_own(tmp_path):
    path = write(tmp_path / "load.csv", "load_mw", np.arange(24) + 20.0)
    path.write_text(path.read_text().replace("Z,", ",").replace("utc,", "time,"))
    assert read_load_file(path, IT_W, -8.0).share[:24] == pytest.approx((np.arange(24) + 20) / 100)


def test_a_leap_year_in_utc_keeps_its_march(tmp_path):
    """29 February goes, wherever the site's clock stands."""
    values = np.where(np.arange(8784) >= 60 * 24, 60.0, 30.0)
    for offset_h in (0.0, -8.0, 9.0):
        profile = read_load_file(write(tmp_path / "load.csv", "load_mw", values, begin="2024-01-01"), IT_W, offset_h)
        march = 59 * 24
        assert profile.share[march - 24] == pytest.approx(0.3)
        assert profile.share[march + 24] == pytest.approx(0.6)


@settings(max_examples=25, deadline=None)
@given(
    offset_h=st.sampled_from([-8.0, -6.0, 0.0, 5.5, 9.0]), written_h=st.sampled_from([-6, 0, 2]),
    begin_h=st.integers(0, 47), days=st.sampled_from([1, 7, 365]), step_min=st.sampled_from([15, 60]),
)  # fmt: skip
def test_a_saved_load_is_put_where_the_same_csv_is(tmp_path_factory, offset_h, written_h, begin_h, days, step_min):
    """Whatever zone its start is written in, whatever its steps are."""
    folder = tmp_path_factory.mktemp("l")
    values = 50 + 40 * np.sin(np.arange(days * 1440 // step_min) * 0.05)
    utc = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=begin_h)
    start = utc.astimezone(timezone(timedelta(hours=written_h)))
    Load("server", start, step_min * 60.0, values * 1e6).to_parquet(folder / "load.parquet")
    csv = write(folder / "load.csv", "load_mw", values, step_min, f"{utc:%Y-%m-%dT%H:%M}")
    times = [utc.replace(tzinfo=None) + timedelta(minutes=step_min * i) for i in range(values.size)]
    pl.DataFrame({"utc": times, "load_mw": values}).write_parquet(folder / "table.parquet")
    saved, table, plain = (
        read_load_file(path, IT_W, offset_h) for path in (folder / "load.parquet", csv, folder / "table.parquet")
    )
    assert saved.share == pytest.approx(table.share, rel=1e-9)
    assert plain.share == pytest.approx(table.share, rel=1e-9)


def test_plain_numbers_and_numbered_hours_are_shares(tmp_path):
    for text in ("0.5\n" * 24, "share\n" + "0.5\n" * 24, "hour,load\n" + "".join(f"{i},0.5\n" for i in range(24))):
        path = tmp_path / "load.csv"
        path.write_text(text)
        profile = read_load_file(path, IT_W)
        assert profile.share == pytest.approx(0.5)
        assert any("shares of the design" in note for note in profile.notes)


@pytest.mark.parametrize(
    ("header", "values", "says"),
    [
        ("load", [50.0] * 30, "without a unit"),
        ("load_mw", [50.0] * 10 + ["nan"] + [50.0] * 20, "has no number at 2023-01-01T10:00:00 UTC"),
        ("load_mw", [50.0] * 10 + [""] + [50.0] * 20, "has no number at 2023-01-01T10:00:00 UTC"),
        ("load_mw", [50.0] * 10 + [-1.0] + [50.0] * 20, "zero or more"),
        ("load_mw", [0.0] * 30, "not all zero"),
        ("load_mw", [250.0] * 30, "above the design of 100 MW"),
        ("power_w", [50.0] * 30, "less than a thousandth of the design"),
        ("load_mw,peak_mw", ["50,60"] * 30, "which column is the load"),
    ],
)
def test_what_may_be_two_things_or_is_missing_is_refused_in_one_line(tmp_path, header, values, says):
    with pytest.raises(WattlineError, match=says) as refusal:
        read_load_file(write(tmp_path / "load.csv", header, values), IT_W)
    assert "\n" not in str(refusal.value)


def test_an_empty_cell_among_plain_numbers_is_no_hour_less(tmp_path):
    path = tmp_path / "load.csv"
    path.write_text("load,\n".replace(",", "") + "0.5\n" * 5 + "x\n" + "0.5\n" * 20)
    with pytest.raises(WattlineError, match="line 7: 'x' is no number"):
        read_load_file(path, IT_W)
