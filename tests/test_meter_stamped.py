"""Tables whose times stand outside their columns, and devices that say the same under several names."""

from __future__ import annotations

from pathlib import Path

import pytest

from form_truth import MEAN_W, TRUTH
from meter_files import usage as report
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

DATES = TRUTH.at("%a %b %d %H:%M:%S UTC %Y")
ISO = TRUTH.at("%Y-%m-%d %H:%M:%S")
PAIRS = list(zip(DATES, ISO, TRUTH.time_s, TRUTH.power_w, strict=True))
STAMPED = {
    "date before each block": "".join(
        f"{date}\nindex, power.draw [W]\n0, {w / 2:.2f} W\n1, {w / 2:.2f} W\n" for date, _, _, w in PAIRS
    ),
    "epoch before each block, no header": "".join(
        f"{at}\n0, {w * 0.25:.3f} W\n1, {w * 0.75:.3f} W\n" for _, _, at, w in PAIRS
    ),
    "time before each row": "".join(f"{iso} {w:.2f} W\n" for _, iso, _, w in PAIRS),
    "time before each row of cells": "".join(f"[{iso}] 0, {w:.2f} W, 99 %\n" for _, iso, _, w in PAIRS),
    "header with a time": f"{ISO[0]} index, power.draw [W]\n"
    + "".join(f"{iso} 0, {w:.2f} W\n" for _, iso, _, w in PAIRS),
    "nvidia-smi stats": "".join(f"0, pwrDraw      , {at}000000, {w}\n" for _, _, at, w in PAIRS),
}


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


@pytest.mark.parametrize("name", STAMPED)
def test_times_outside_the_columns(tmp_path: Path, name: str) -> None:
    (tmp_path / "log.txt").write_text(STAMPED[name])
    assert report(read(tmp_path / "log.txt"))["mean_w"] == pytest.approx(MEAN_W, rel=1e-3)


def test_prose_with_times_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("".join(f"{iso} epoch {i}, loss 0.5\n" for i, iso in enumerate(ISO)))
    with pytest.raises(WattlineError, match=r"none of the formats|no column"):
        read(tmp_path / "log.txt")


def twins(path: Path, other: list[float]) -> Path:
    rows = [f"{t},{a},{b}" for t, a, b in zip(TRUTH.time_s, TRUTH.power_w, other, strict=True)]
    path.write_text("\n".join(["time,gpu0_power_w,gpu1_power_w", *rows]) + "\n")
    return path


def test_devices_that_say_the_same_in_every_row_are_counted_and_told(tmp_path: Path) -> None:
    path = twins(tmp_path / "a.csv", TRUTH.power_w)
    data = report(read(path))
    assert data["mean_w"] == pytest.approx(2 * MEAN_W, rel=1e-6)
    assert any("gpu0_power_w, gpu1_power_w say the same in all 30 rows" in note for note in data["notes"])
    assert any(row["note"] == "the same readings as gpu0_power_w" for row in data["interpretation"])
    single = report(read(path, Choices(columns={"time": "time", "gpu0_power_w": "power"})))
    assert single["mean_w"] == pytest.approx(MEAN_W, rel=1e-6)
    apart = report(read(twins(tmp_path / "b.csv", [*TRUTH.power_w[:-1], 1.0])))
    assert not any("say the same" in note for note in apart["notes"])


def test_many_groups_of_devices_that_say_the_same_are_told_in_two_lines(tmp_path: Path) -> None:
    """As the meters of 64 nodes of which each two are on one: the report stays short, each device says it beside it."""
    names = [f"gpu{i}_power_w" for i in range(8)]
    columns = [[value * (1 + i // 2 / 10) for value in TRUTH.power_w] for i in range(8)]
    rows = [f"{t}," + ",".join(map(str, values)) for t, *values in zip(TRUTH.time_s, *columns, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join([",".join(["time", *names]), *rows]) + "\n")
    data = report(read(tmp_path / "a.csv"))
    assert sum("say the same" in note for note in data["notes"]) == 2
    assert any(note.startswith("3 more groups of devices") for note in data["notes"])
    assert sum(row["note"].startswith("the same readings as") for row in data["interpretation"]) == 4


def test_an_idle_pair_is_not_told(tmp_path: Path) -> None:
    rows = [f"{t},50,50" for t in TRUTH.time_s]
    (tmp_path / "a.csv").write_text("\n".join(["time,gpu0_power_w,gpu1_power_w", *rows]) + "\n")
    assert not any("say the same" in note for note in report(read(tmp_path / "a.csv"))["notes"])


def test_a_job_alone_between_pipes(tmp_path: Path) -> None:
    text = "JobID|Elapsed|Start|End|ConsumedEnergy\n12|00:04:50|2026-01-01T00:00:00|2026-01-01T00:04:50|67.02K\n"
    (tmp_path / "sacct.txt").write_text(text)
    assert report(read(tmp_path / "sacct.txt"))["mean_w"] == pytest.approx(67020 / 290, rel=1e-3)
