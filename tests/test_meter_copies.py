"""Several files of one machine: copies and overlapping parts are asked about, boards with UUIDs are joined."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from meter_files import smi_stamp, usage
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read_all

T0 = 1_767_225_600
WATTS = [200.0 + 37 * (i % 5) + 3 * (i % 7) + i / 100 for i in range(60)]
ENERGY_J = sum(5 * (a + b) / 2 for a, b in pairwise(WATTS))


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def table(path: Path, begin: int = 0, end: int = 60, more_w: float = 0.0, name: str = "power_w") -> Path:
    rows = [f"{T0 + 5 * i},{WATTS[i] + more_w}" for i in range(begin, end)]
    path.write_text("\n".join([f"time,{name}", *rows]) + "\n")
    return path


def smi(path: Path, begin: int = 0, end: int = 60) -> Path:
    rows = [f"{smi_stamp(T0 + 5 * i)}, GPU-1, {WATTS[i]:.2f} W" for i in range(begin, end)]
    path.write_text("\n".join(["timestamp, uuid, power.draw [W]", *rows]) + "\n")
    return path


def energy_j(*paths: Path, choices: Choices = Choices()) -> float:
    return float(usage(read_all(paths, choices))["energy_wh"]["value"]) * 3600


@pytest.mark.parametrize(("begin", "end"), [(0, 60), (30, 60), (0, 40)])
def test_a_copy_and_a_part_that_overlaps_are_asked_about(tmp_path: Path, begin: int, end: int) -> None:
    paths = table(tmp_path / "a.csv"), table(tmp_path / "b.csv", begin, end)
    with pytest.raises(WattlineError, match="--device files"):
        read_all(paths)
    part = sum(5 * (a + b) / 2 for a, b in pairwise(WATTS[begin:end]))
    apart = energy_j(*paths, choices=Choices(device=("files",)))
    assert apart == pytest.approx(ENERGY_J + part, rel=0.01)


def test_files_of_other_machines_and_other_hours_add_up(tmp_path: Path) -> None:
    other = table(tmp_path / "b.csv", more_w=1.0)
    assert energy_j(table(tmp_path / "a.csv"), other) == pytest.approx(2 * ENERGY_J + 295, rel=1e-3)
    parts = [table(tmp_path / "a.csv", 0, 30), table(tmp_path / "b.csv", 30, 60)]
    assert energy_j(*parts) == pytest.approx(ENERGY_J, rel=0.03)
    level = [tmp_path / "a.csv", tmp_path / "b.csv"]  # as alike as two idle plugs may be
    for path in level:
        path.write_text("time,power_w\n" + "".join(f"{T0 + 5 * i},200\n" for i in range(60)))
    assert energy_j(*level) == pytest.approx(2 * 200 * 295, rel=1e-3)


def test_a_board_with_a_uuid_is_itself_whoever_recorded_it(tmp_path: Path) -> None:
    values = [[T0 + 5 * i, str(w)] for i, w in enumerate(WATTS)]
    labels = {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": "GPU-1", "Hostname": "n1"}
    result = [{"metric": labels, "values": values}]
    (tmp_path / "p.json").write_text(
        json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
    )
    for paths in ([smi(tmp_path / "a.csv"), tmp_path / "p.json"], [tmp_path / "p.json", smi(tmp_path / "b.csv", 20)]):
        assert energy_j(*paths) == pytest.approx(ENERGY_J, rel=1e-3)
    assert energy_j(smi(tmp_path / "c.csv", 0, 40), smi(tmp_path / "d.csv", 20)) == pytest.approx(ENERGY_J, rel=1e-3)
