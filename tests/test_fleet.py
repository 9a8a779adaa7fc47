"""A fleet's telemetry: what is taken in counts once, and its sums are those of the same readings as a recording."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattline.catalog.draws import Draws
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.usage import report
from wattline.meter.fleet.ingest import fleet_ingest
from wattline.meter.fleet.report import fleet_report
from wattline.meter.fleet.savings import Levels, cap_savings
from wattline.meter.readers.detect import read
from wattline.meter.sharing.jobs import read_jobs
from wattline.meter.sharing.share import share_jobs

MIDNIGHT = 1_772_323_200  # 2026-03-01T00:00Z
SLOW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def readings(count: int, devices: int, seed: int, begin: float, step: float = 1.0) -> pl.DataFrame:
    """Watts of some devices at the same instants, in order of time."""
    rng = np.random.default_rng(seed)
    time = np.repeat(begin + step * np.arange(count), devices)
    watts = np.round(rng.uniform(100, 600, (count, 1)) + rng.normal(0, 5, (count, devices)), 1).ravel()
    names = [f"n{i // 2}/gpu{i % 2}" for i in range(devices)] * count
    return pl.DataFrame({"device": names, "time": time, "power_w": watts})


def csv_of(frame: pl.DataFrame, path: Path) -> Path:
    """The same as a table of one machine, which the meter's readers know."""
    wide = frame.pivot("device", index="time", values="power_w")
    names = {name: f"{name.replace('/', '-')}_power_w" for name in wide.columns if name != "time"}
    wide.rename(names | {"time": "time_s"}).write_csv(path)
    return path


def parquet(frame: pl.DataFrame, path: Path) -> Path:
    frame.write_parquet(path)
    return path


@SLOW
@given(st.integers(30, 900), st.integers(1, 5), st.integers(0, 9), st.integers(-400, 100), st.sampled_from([1, 10, 60]))
def test_the_energy_is_that_of_the_meter_over_the_same_readings(tmp_path_factory, count, devices, seed, shift, step):
    folder = tmp_path_factory.mktemp("same")
    frame = readings(count, devices, seed, MIDNIGHT + shift)
    recording = csv_of(frame, folder / "readings.csv")
    fleet_ingest([recording], folder / "fleet", interval_s=step, workers=1)
    total = fleet_report(folder / "fleet").energy_wh
    whole = report(read(recording)).json()["results"]["energy_wh"]
    assert total.value == pytest.approx(whole["value"], rel=1e-9)
    assert total.low <= total.value <= total.high


@SLOW
@given(st.lists(st.integers(1, 899), max_size=4, unique=True), st.integers(0, 9), st.booleans())
def test_however_readings_are_cut_into_files_the_energy_is_the_same(tmp_path_factory, cuts, seed, backwards):
    folder = tmp_path_factory.mktemp("cut")
    frame = readings(900, 2, seed, MIDNIGHT - 450)
    edges = [0, *sorted(cuts), 900]
    files = [
        parquet(frame[2 * a : 2 * b + 10], folder / f"{a}.parquet") for a, b in pairwise(edges)
    ]  # each tells the first readings of the next once more
    for file in files[::-1] if backwards else files:
        fleet_ingest([file], folder / "parts", workers=1)
    fleet_ingest([parquet(frame, folder / "whole.parquet")], folder / "at-once", workers=1)
    parts, whole = (fleet_report(folder / name, ["device", "hour"]).json()["results"] for name in ("parts", "at-once"))
    assert parts["energy_wh"] == whole["energy_wh"]
    assert parts["rows"] == whole["rows"]


@SLOW
@given(st.integers(0, 9), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 90)), min_size=1, max_size=5))
def test_jobs_that_begin_and_end_with_intervals_get_what_meter_share_gives_them(tmp_path_factory, seed, spans):
    folder = tmp_path_factory.mktemp("jobs")
    frame = readings(901, 2, seed, MIDNIGHT - 450)
    recording = csv_of(frame, folder / "readings.csv")
    lines = ["name,begin,end,gpus,user"]
    for i, (begin, length) in enumerate(spans):
        begin_s = MIDNIGHT - 450 + 10 * begin
        lines.append(f"j{i},{begin_s},{begin_s + 10 * (length + 1)},{i % 2},u{i % 2}")
    jobs = folder / "jobs.csv"
    jobs.write_text("\n".join(lines) + "\n")
    fleet_ingest([recording], folder / "fleet", interval_s=10, workers=1)
    rows = fleet_report(folder / "fleet", ["job"], jobs=jobs).json()["results"]["rows"]
    sums = {row["keys"]["job"]: row["energy_wh"]["value"] for row in rows}
    shared = share_jobs(read(recording), read_jobs(jobs), idle_w=0.0)
    nobody = sums.pop(None, 0.0)
    assert nobody == pytest.approx(shared.idle_j / 3600, rel=1e-6, abs=1e-6)
    named = {name: joules / 3600 for name, joules in shared.claims().items() if joules > 1e-9}
    assert {name: wh for name, wh in sums.items() if wh > 1e-9} == pytest.approx(named, rel=1e-6)


def test_a_job_that_cuts_an_interval_has_a_range_that_holds_what_it_took(tmp_path):
    time = np.arange(0, 601)
    watts = np.where(time < 330, 100.0, 500.0)
    frame = pl.DataFrame({"device": ["n/gpu0"] * 601, "time": MIDNIGHT + time, "power_w": watts})
    fleet_ingest([parquet(frame, tmp_path / "a.parquet")], tmp_path / "fleet", workers=1)
    (tmp_path / "jobs.csv").write_text(f"name,begin,end\nj,{MIDNIGHT + 330},{MIDNIGHT + 600}\n")
    result = fleet_report(tmp_path / "fleet", ["job"], jobs=tmp_path / "jobs.csv").json()["results"]
    job = next(row for row in result["rows"] if row["keys"]["job"] == "j")["energy_wh"]
    assert job["low"] <= 500 * 270 / 3600 <= job["high"]
    assert sum(row["energy_wh"]["value"] for row in result["rows"]) == pytest.approx(result["energy_wh"]["value"])


def test_a_file_given_again_is_not_taken_again(tmp_path):
    file = parquet(readings(300, 2, 1, MIDNIGHT), tmp_path / "a.parquet")
    first = fleet_ingest([file], tmp_path / "fleet", workers=1).json()["results"]
    again = fleet_ingest([file, file], tmp_path / "fleet", workers=1).json()["results"]
    assert (first["readings"], again["readings"], again["files_known_before"], again["partitions"]) == (600, 0, 2, 0)


def test_a_device_within_another_counts_once(tmp_path):
    frame = readings(120, 1, 0, MIDNIGHT)
    node = frame.with_columns(device=pl.lit("n0/node"), kind=pl.lit("node"), power_w=pl.col("power_w") + 300)
    both = pl.concat([frame.with_columns(kind=pl.lit("gpu")).select(node.columns), node])
    fleet_ingest([parquet(both, tmp_path / "a.parquet")], tmp_path / "fleet", workers=1)
    result = fleet_report(tmp_path / "fleet", ["device"]).json()["results"]
    assert [row["keys"]["device"] for row in result["rows"]] == ["n0/node"]


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_moment_loses_nothing(tmp_path, seed):
    files = [parquet(readings(6000, 4, i, MIDNIGHT + 6000 * i), tmp_path / f"{i}.parquet") for i in range(3)]
    code = (
        "import sys; from wattline.meter.fleet.ingest import fleet_ingest; "
        "print('begun', flush=True); fleet_ingest(sys.argv[2:], sys.argv[1], workers=1)"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "killed", *files], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "begun\n"
    time.sleep(float(np.random.default_rng(seed).uniform(0.0, 0.8)))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    fleet_ingest(files, tmp_path / "killed", workers=1)
    fleet_ingest(files, tmp_path / "whole", workers=1)
    assert fleet_report(tmp_path / "killed", ["hour"]).rows() == fleet_report(tmp_path / "whole", ["hour"]).rows()


def test_idle_waste_and_caps_of_a_known_chip(tmp_path):
    time = np.arange(3600)
    frame = pl.DataFrame({
        "device": ["n/gpu0"] * 3600 + ["n/gpu1"] * 3600, "time": np.tile(MIDNIGHT + time, 2),
        "power_w": [680.0] * 3600 + [70.0] * 3600, "name": ["NVIDIA H100 80GB HBM3"] * 7200,
    })  # fmt: skip
    fleet_ingest([parquet(frame, tmp_path / "a.parquet")], tmp_path / "fleet", workers=1)
    (tmp_path / "jobs.csv").write_text(f"name,begin,end,gpus\nbusy,{MIDNIGHT},{MIDNIGHT + 3600},0-1\n")
    result = fleet_report(tmp_path / "fleet", ["job"], jobs=tmp_path / "jobs.csv", idle=True, caps=True)
    idle, caps = result.idle, result.caps
    assert idle is not None
    assert caps is not None
    assert idle["at_idle_wh"] == pytest.approx(70, rel=0.05)
    assert idle["unallocated_wh"] == pytest.approx(0, abs=0.01)
    saved = [row["saved_wh"]["p50"] for row in caps]
    longer = [row["longer_share"]["p50"] for row in caps]
    assert saved == sorted(saved)
    assert longer == sorted(longer)
    assert 0 < saved[-1] < 680
    for row in caps:  # a curve is a prediction, however well its chip was measured
        for name in ("saved_wh", "saved_share", "longer_share"):
            assert 0 < row[name]["p5"] < row[name]["p50"] < row[name]["p95"], (row["cap_w"], name)
        assert row["saved_share"]["p95"] <= 1


def test_what_a_cap_saves_is_as_uncertain_as_a_prediction_and_no_more_than_the_energy():
    watts = np.array([150.0, 400.0, 650.0])
    levels = Levels(np.zeros(3, int), np.ones(3, int), watts, watts * 60, np.full(3, 60.0))
    for name in ("NVIDIA H100 80GB HBM3", "NVIDIA B200", "NVIDIA V100-SXM2-32GB"):
        device = Device("n", "gpu0", "gpu", name)
        rows, central = (cap_savings(levels, [(device, 0)], Draws(n)) for n in (200, 0))
        assert rows, name
        for row, middle in zip(rows, central, strict=True):
            assert row["saved_share"]["p50"] == pytest.approx(middle["saved_share"]["p50"], rel=0.1, abs=0.01)
            assert 0 <= row["saved_wh"]["p5"] <= row["saved_wh"]["p95"] <= row["energy_wh"]
        free = levels._replace(watts=np.full(3, 90.0), joules=np.full(3, 5400.0))
        for row in cap_savings(free, [(device, 0)], Draws(200))[:1]:  # a cap that does not bind changes nothing
            assert row["saved_wh"]["p95"] == row["longer_share"]["p95"] == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["fleet", "report", "no-such"], "holds no fleet"),
        (["fleet", "ingest", "a.parquet", "--out", "fleet", "--step", "7 s"], "no whole part of an hour"),
        (["fleet", "ingest", "broken.parquet", "--out", "fleet"], "is not whole Parquet"),
        (["fleet", "report", "made", "--by", "job"], "needs --jobs"),
        (["fleet", "report", "made", "--by", "pod"], "is none of"),
        (["fleet", "report", "made", "--by", "job", "--jobs", "jobs.csv"], "no job names a device of the fleet"),
        (["fleet", "ingest", "a.parquet", "--out", "made", "--step", "10 s"], "holds intervals of 60 s"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capsys, words, error):
    monkeypatch.chdir(tmp_path)
    parquet(readings(60, 1, 0, MIDNIGHT), Path("a.parquet"))
    Path("broken.parquet").write_bytes(b"PAR1 nothing")
    Path("jobs.csv").write_text("name,begin,end,gpus,host\nj,0,10,7,elsewhere\n")
    fleet_ingest([Path("a.parquet")], "made", workers=1)
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert error in lines[0]


def test_the_layout_is_what_the_documentation_says(tmp_path):
    fleet_ingest([parquet(readings(120, 2, 0, MIDNIGHT), tmp_path / "a.parquet")], tmp_path / "fleet", workers=1)
    folder = tmp_path / "fleet"
    energy = pl.read_parquet(folder / "energy/**/*.parquet", hive_partitioning=True)
    series = pl.read_parquet(folder / "series.parquet")
    page = (Path(__file__).parents[1] / "docs/how-to/fleet.md").read_text("utf-8")
    for column in (*energy.columns, *series.columns):
        assert f"`{column}`" in page
    joined = energy.join(series.filter("counted").unique("device"), on="device")
    total = fleet_report(folder).energy_wh.value
    assert joined["energy_j"].sum() / 3600 == pytest.approx(total)
    assert json.loads((folder / "fleet.json").read_text())["interval_s"] == 60


def test_a_table_without_a_device_is_refused(tmp_path):
    frame = readings(10, 1, 0, MIDNIGHT).with_columns(device=pl.lit(""))
    with pytest.raises(WattlineError, match="names no device"):
        fleet_ingest([parquet(frame, tmp_path / "a.parquet")], tmp_path / "fleet", workers=1)
