"""Readers of plain tables, of folders and of several recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from meter_files import T0, mean_watt, smi, smi_stamp, training_run, watt
from meter_files import usage as report
from reader_files import SMI
from wattline.core.errors import WattlineError
from wattline.meter.readers.detect import join, read, read_all


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


PLAIN = {
    "epoch": ("time,power_w", lambda i: f"{T0 + i},{watt(i, 0)}"),
    "milliseconds": ("timestamp_ms,watts", lambda i: f"{round((T0 + i) * 1000)},{watt(i, 0)}"),
    "iso, semicolons": (
        "Timestamp;Power (W)",
        lambda i: f"{datetime.fromtimestamp(T0 + i, UTC).isoformat()};{watt(i, 0)}",
    ),
    "kilowatts": ("time\tpower_kw", lambda i: f"{T0 + i}\t{watt(i, 0) / 1000}"),
    "seconds since the beginning": ("elapsed_s,power", lambda i: f"{i},{watt(i, 0)} W"),
    "with a limit beside it": ("time,power_limit_w,power_w", lambda i: f"{T0 + i},700,{watt(i, 0)}"),
    "decimal commas": ("time;power_w", lambda i: f"{T0 + i:.0f},0;{watt(i, 0):.0f},0"),
    "no zone": ("datetime,node_power_w", lambda i: f"{smi_stamp(T0 + i).replace('/', '-')},{watt(i, 0)}"),
}


@pytest.mark.parametrize("style", PLAIN)
def test_plain_tables(tmp_path: Path, style: str) -> None:
    header, row = PLAIN[style]
    (tmp_path / "t.csv").write_text("# made by hand\n" + header + "\n" + "\n".join(row(i) for i in range(60)) + "\n")
    data = report(read(tmp_path / "t.csv"))
    assert data["devices"] == 1
    assert data["mean_w"] == pytest.approx(mean_watt(0, 60), rel=1e-6)
    assert data["duration_s"] == pytest.approx(59)


def test_plain_counters_wide_long_and_parquet(tmp_path: Path) -> None:
    at = [T0 + i for i in range(60)]
    frame = pl.DataFrame({"time": at, "energy_j": [100.0 * i for i in range(60)]})
    frame.write_csv(tmp_path / "counter.csv")
    frame.write_parquet(tmp_path / "counter.parquet")
    for name in ("counter.csv", "counter.parquet"):
        assert report(read(tmp_path / name))["energy_wh"]["value"] == pytest.approx(5900 / 3600)
    each = pl.DataFrame({"time": at, "energy_j": [100.0 + 40 * (i % 2) for i in range(60)]})
    each.write_csv(tmp_path / "each.csv")
    every = report(read(tmp_path / "each.csv"))  # each row's joules count, the first row's too
    assert every["energy_wh"]["value"] == pytest.approx(60 * 120 / 3600)
    assert every["duration_s"] == pytest.approx(60)
    pl.DataFrame({"time": at, **{f"gpu{g}_power_w": [watt(i, g) for i in range(60)] for g in range(2)}}).write_csv(
        tmp_path / "wide.csv"
    )
    rows = [(t, f"n{h}", g, watt(i, g) + h) for i, t in enumerate(at) for h in range(2) for g in range(2)]
    pl.DataFrame(rows, schema=["ts", "host", "gpu", "power_w"], orient="row").write_parquet(tmp_path / "long.parquet")
    pair = mean_watt(0, 60) + mean_watt(1, 60)
    assert report(read(tmp_path / "wide.csv"))["mean_w"] == pytest.approx(pair)
    assert report(read(tmp_path / "long.parquet"), by_node=True)["mean_w"] == pytest.approx(2 * pair + 2)


BAD = {
    "empty.csv": (b"", "is empty"),
    "header.csv": (b"time,power_w\n", "no rows"),
    "words.csv": (b"a,b\n1,2\n", "no column is the time"),
    "nopower.csv": (b"time,temperature\n1,2\n", "no column is the power or energy"),
    "text.txt": (b"hello\nworld\n", "none of the formats"),
    "bytes.csv": (bytes(range(1, 256)) * 50, "wattline|no column|none|not a table"),
    "bad.parquet": (b"PAR1xxxxxxxxPAR1", "not whole Parquet"),
    "times.csv": (b"time,power_w\nlater,5\nsoon,6\n", "no time that can be read"),
    "log.txt": (b':::MLLOG {"key": "run_start", "time_ms": 1}\n', "give the folder"),
    "array.json": (b'{"status": "success", "data": []}', "not a matrix"),
    "zeus.csv": (b"start_time,window_name,elapsed_time,gpu0_energy\n", "no whole window"),
    "emissions.csv": (b"timestamp,duration,energy_consumed\nx,y,z\n", "no whole run"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    content, message = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WattlineError, match=message) as error:
        report(read(tmp_path / name))
    assert "\n" not in str(error.value)


def test_folders_that_hold_none_or_several(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="holds no recording"):
        read(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("time,power_w\n1,2\n2,3\n")
    with pytest.raises(WattlineError, match=r"a\.csv, b\.csv"):
        read(tmp_path)
    with pytest.raises(WattlineError, match="does not exist"):
        read(tmp_path / "nothing")


def test_a_table_beside_the_one_recording_of_a_folder_does_not_hide_it(tmp_path: Path) -> None:
    smi(tmp_path / "gpudata.csv", *SMI["nounits"])
    (tmp_path / "timestamps.csv").write_text("timestamp\n1689325967982958\n1689325968035292\n")
    assert report(read(tmp_path))["energy_wh"]["value"] == report(read(tmp_path / "gpudata.csv"))["energy_wh"]["value"]


def test_several_paths_are_one_recording_and_a_gpu_read_twice_counts_once(tmp_path: Path) -> None:
    header, row = SMI["nounits"]
    first, second = (smi(tmp_path / f"rank{r}.csv", header, row) for r in range(2))
    alone, both = report(read(first)), report(read_all([first, second]))
    assert both["devices"] == 2
    assert both["energy_wh"]["value"] == pytest.approx(alone["energy_wh"]["value"])
    indexed = [smi(tmp_path / f"host{r}.csv", *SMI["units in both"]) for r in range(2)]
    assert report(read_all(indexed))["devices"] == 4
    runs = [read(training_run(tmp_path / name)) for name in ("one", "two")]
    assert report(join(runs))["window"]["name"] == "all"


def test_a_nodes_meter_holds_its_gpus(tmp_path: Path) -> None:
    rows = [
        (T0 + i, "n1", what, power) for i in range(60) for what, power in (("node", 900 + i % 13), ("gpu0", watt(i, 0)))
    ]
    pl.DataFrame(rows, schema=["time", "host", "device", "power_w"], orient="row").write_csv(tmp_path / "t.csv")
    data = report(read(tmp_path / "t.csv"))
    assert data["devices"] == 1
    assert data["mean_w"] == pytest.approx(906, rel=1e-2)
    assert [each["device"] for each in data["inside"]] == ["gpu0"]


def test_readings_are_kept_as_arrays_of_floats(tmp_path: Path) -> None:
    series = read(training_run(tmp_path / "run")).series[0]
    assert series.time_s.dtype == np.float64
    assert series.power_w is not None
    assert series.power_w.dtype == np.float64


RUN = "timestamp,project_name,run_id,duration,cpu_energy,gpu_energy,ram_energy,energy_consumed"


@pytest.mark.parametrize(
    ("mode", "gpu_kwh", "joined"),
    [("machine", [2.4] * 4, True), ("", [2.4] * 4, True), ("process", [0.6] * 4, False), ("", [1, 2, 3, 4], False)],
)
def test_codecarbons_runs_of_the_same_hours(tmp_path: Path, mode: str, gpu_kwh: list[float], joined: bool) -> None:
    """Ranks that each tell all of their machine count once, in one file as in four; processes and nodes each."""
    rows = [
        f"2026-01-01T01:00:0{k},ddp,run-{k},3600.{k},0.1,{kwh},0.02,{kwh + 0.12}{',' + mode if mode else ''}"
        for k, kwh in enumerate(gpu_kwh)
    ]
    header = RUN + (",tracking_mode" if mode else "")
    (tmp_path / "all.csv").write_text("\n".join([header, *rows]) + "\n")
    apart = [tmp_path / f"emissions_{k}.csv" for k in range(4)]
    for path, row in zip(apart, rows, strict=True):
        path.write_text(f"{header}\n{row}\n")
    wanted = 0.12 + gpu_kwh[0] if joined else sum(0.12 + kwh for kwh in gpu_kwh)
    for recording in (read(tmp_path / "all.csv"), read_all(apart)):
        data = report(recording)
        assert data["energy_wh"]["value"] == pytest.approx(1000 * wanted, rel=0.002)
        assert any(("once" if joined else "each") in note or "apart" in note for note in recording.notes) or not joined


def test_codecarbons_runs_one_after_the_other_are_of_one_machine(tmp_path: Path) -> None:
    rows = [f"2026-01-01T0{k + 1}:00:00,a,run-{k},3000,0.1,{k + 1},0.02,{k + 1.12}" for k in range(3)]
    (tmp_path / "e.csv").write_text("\n".join([RUN, *rows]) + "\n")
    data = report(read(tmp_path / "e.csv"))
    assert data["devices"] == 3
    assert data["energy_wh"]["value"] == pytest.approx(6360, rel=1e-3)


def test_files_of_ranks_that_may_be_one_machine_are_named(tmp_path: Path) -> None:
    for k in range(2):
        rows = [f"2026/01/01 00:00:{i:02d}.{k}00, {g}, {200 + g + i % 5}.00 W" for i in range(40) for g in range(2)]
        (tmp_path / f"rank{k}.csv").write_text("\n".join(["timestamp, index, power.draw [W]", *rows]) + "\n")
    both = read_all([tmp_path / "rank0.csv", tmp_path / "rank1.csv"])
    assert any("may" in note or "machines apart" in note for note in both.notes)
    assert report(both)["devices"] == 4
    assert not any("machines apart" in note for note in read_all([tmp_path / "rank0.csv"]).notes)
