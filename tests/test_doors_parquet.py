"""Parquet with damaged heads of pages, and series by the hour without end: refused before memory is asked for."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.core.parquet import check_parquet, read_parquet
from wattline.line.grid.hourly import read_hourly
from wattline.line.grid.supply.light import read_light
from wattline.meter.readers.detect import read

FRAME = pl.DataFrame({
    "time": [1_767_225_600 + 5 * i for i in range(72)],
    "power_w": [None if i % 9 == 4 else 250.0 + i % 7 for i in range(72)],
    "name": ["a", "b"] * 36,
    "lists": [[1, 2], [3]] * 36,
})  # fmt: skip
HEADS = dict.fromkeys(("uncompressed", "snappy", "zstd"), b"\x15\x00\x15")


@cache
def packed(codec: str, **how: int) -> bytes:
    buffer = io.BytesIO()
    FRAME.write_parquet(buffer, compression=codec, **how)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "gzip", "lz4", "brotli", "zstd"])
def test_whole_files_are_read_whatever_packs_them(codec: str) -> None:
    for how in ({}, {"row_group_size": 5}, {"data_page_size": 64}):
        assert read_parquet(packed(codec, **how), "x").equals(FRAME)


@pytest.mark.parametrize("codec", HEADS)
def test_a_page_that_tells_less_than_nothing_of_values_is_refused(tmp_path: Path, codec: str) -> None:
    """Zigzag 0x90 0x01 is 72 values; without its first byte it is -1, for which a process was ended by its library."""
    data = packed(codec)
    at = data.index(b"\x15\x90\x01")
    (tmp_path / "x.parquet").write_bytes(data[: at + 1] + data[at + 2 :])
    with pytest.raises(WattlineError, match="is not whole Parquet"):
        read_parquet(tmp_path / "x.parquet", "x")
    with pytest.raises(WattlineError, match=r"cannot be read|not whole Parquet"):
        read(tmp_path / "x.parquet")


@given(st.sampled_from(sorted(HEADS)), st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_changed_bytes_are_read_or_refused(codec: str, draw: st.DataObject) -> None:
    data = bytearray(packed(codec))
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(4, len(data) - 9))
        data[at : at + draw.draw(st.integers(0, 2))] = draw.draw(st.binary(max_size=2))
    with suppress(ValueError):
        check_parquet(bytes(data))


@pytest.mark.parametrize("text", [
    "time,load_mw\n0001-01-01T00:00,1\n9999-12-31T23:00,2\n",
    "time,load_mw\n1900-01-01T00:00,1\n1900-01-02T00:00,1\n2200-01-03T00:00,2\n",
])  # fmt: skip
def test_a_series_of_hours_has_an_end(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(WattlineError, match=r"in steps of|give one stretch"):
        read_hourly(tmp_path / "a.csv")


def test_a_series_of_millions_of_rows_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"time,load_mw\n" + b"2026-01-01T00:00,1\n" * 2_000_001)
    with pytest.raises(WattlineError, match="2,000,002 rows"):
        read_hourly(tmp_path / "a.csv")


def test_a_line_end_within_a_line_of_weather_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,ghi,wind_speed_100m\n2026-01-01T00:00,1,\r2\n", newline="")
    with pytest.raises(WattlineError, match="give a year"):
        read_light(tmp_path / "a.csv")
