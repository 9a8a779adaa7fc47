"""Ends of lines, byte marks and wide letters, as Windows writes them, change no recording; a cut row adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from meter_files import usage
from meter_formats import FORMATS, Truth
from wattline.core.errors import WattlineError
from wattline.meter.readers.detect import read

T0 = 1_767_225_600
TRUTH = Truth([T0 + 5 * i for i in range(24)], [200.0 + 37 * (i % 5) + 3 * (i % 7) + i / 100 for i in range(24)])
BINARY = (b"PAR1", b"SQLi", b"PK\x03\x04")
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "lines ended twice": lambda data: data.replace(b"\n", b"\r\r\n"),
    "a byte mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
}
READ = ("CSV of watts", "CSV of a counter", "CSV of joules a step", "nvidia-smi", "dmon", "Prometheus text", "promtool",
        "CodeCarbon", "Zeus power", "Kepler's table", "Grafana's labels", "influx's means")  # fmt: skip


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def joules(path: Path) -> float:
    return float(usage(read(path))["energy_wh"]["value"]) * 3600


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", FORMATS)
def test_the_energy_stays_or_the_file_is_refused(tmp_path: Path, name: str, change: str) -> None:
    file, write = FORMATS[name]
    data = write(tmp_path / file, TRUTH).read_bytes()
    try:
        changed = data if data.startswith(BINARY) else CHANGES[change](data)
    except UnicodeDecodeError:
        return  # in an encoding of its own
    (tmp_path / file).write_bytes(changed)
    try:
        energy_j = joules(tmp_path / file)
    except WattlineError:
        assert name not in READ
        return
    assert energy_j == pytest.approx(TRUTH.energy_j, rel=2e-3)


@pytest.mark.parametrize("order", [1, -1])
def test_days_of_a_spreadsheet_in_any_order_and_twice(tmp_path: Path, order: int) -> None:
    file, write = FORMATS["a spreadsheet's days"]
    header, *rows = write(tmp_path / file, TRUTH).read_text().splitlines()
    (tmp_path / file).write_text("\n".join([header, *rows[::order], *rows]) + "\n")
    assert joules(tmp_path / file) == pytest.approx(TRUTH.energy_j, rel=1e-3)


def test_a_cut_row_of_pyrapl_is_no_machine_of_its_own(tmp_path: Path) -> None:
    file, write = FORMATS["pyRAPL"]
    text = write(tmp_path / file, TRUTH).read_text()
    (tmp_path / file).write_text(text[: text.rindex(",,")])
    assert joules(tmp_path / file) == pytest.approx(TRUTH.energy_j - 5 * TRUTH.means[-1], rel=1e-3)


def parquet(path: Path, **columns: object) -> Path:
    import polars as pl

    pl.DataFrame(columns).write_parquet(path)
    return path


def test_typed_columns_of_parquet_are_what_they_say(tmp_path: Path) -> None:
    import polars as pl

    times, watts = pl.Series(TRUTH.time_s), pl.Series(TRUTH.power_w)
    elapsed = ((times - T0) * 1_000_000).cast(pl.Duration("us"))
    boards = [{"gpu0_w": 0.6 * w, "gpu1_w": 0.4 * w} for w in TRUTH.power_w]
    for columns in (
        {"elapsed": elapsed, "power_w": watts},
        {"time": times, "power": boards},
        {"time": times, "power_w": watts, "steps": [[1, 2]] * len(times)},
    ):
        assert joules(parquet(tmp_path / "a.parquet", **columns)) == pytest.approx(TRUTH.energy_j, rel=1e-3)
    with pytest.raises(WattlineError, match="lists"):
        read(parquet(tmp_path / "a.parquet", time=times, gpu_power_w=[[w, w] for w in TRUTH.power_w]))
    with pytest.raises(WattlineError, match="single precision"):
        read(parquet(tmp_path / "a.parquet", time=times.cast(pl.Float32), power_w=watts))
