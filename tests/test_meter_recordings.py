"""Real recordings: what the submitters published comes out, and the faults that they carry are named and counted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meter_files import usage as report
from wattline.meter.readers.detect import read

TRAINING = "mlperf_power/training"
INFERENCE = "mlperf_power/inference"
pytestmark = pytest.mark.shared


def kinds(data: dict[str, Any]) -> dict[str, int]:
    return {row["kind"]: row["count"] for row in data["quality"]}


def test_gpt3_on_512_h100(shared_data: Path) -> None:
    folder = shared_data / TRAINING / "gpt3_64x8xH100" / "run_2"
    data = report(read(folder), by_node=True)
    assert data["window"]["name"] == "run"
    assert data["energy_wh"]["value"] == pytest.approx(415_220, rel=1e-3)
    assert abs(data["stated_difference_percent"]) < 0.1
    assert data["joules_per_token"]["value"] == pytest.approx(1.237, rel=5e-3)
    assert data["counts"]["tokens"] == 1_207_959_552
    assert data["devices"] == len(data["nodes"]) == 64
    assert data["energy_wh"]["low"] < 415_220 < data["energy_wh"]["high"]
    (switch,) = data["switches"]
    assert switch["modelled"]
    assert switch["dated"].startswith("2022-05-17")
    assert kinds(data) == {"clock": 1, "twin": 30}
    files = [path.read_bytes() for path in folder.glob("node_*.txt")]
    assert len(files) - len(set(files)) == 30, "thirty nodes' files are other nodes' to the byte"


def test_ssd_with_negative_watts_gaps_and_meters_that_fell_silent(shared_data: Path) -> None:
    data = report(read(shared_data / TRAINING / "ssd_8x8xH100"), by_node=True)
    result = kinds(data)
    assert result["negative"] == 7
    assert result["gap"] >= 35
    assert result["dropout"] == 47
    assert result["twin"] == 1
    # node_0 read through; the others, which do the same work in step, must come out as it did
    each = {node["node"]: node["energy_wh"]["value"] for node in data["nodes"]}
    assert np.allclose(list(each.values()), each["node_0"], rtol=0.01)
    assert data["energy_wh"]["low"] < 4652 < data["energy_wh"]["value"], (
        "what was metered, near-zero readings and all, is in the range"
    )
    assert data["energy_wh"]["low"] < 0.9 * data["energy_wh"]["value"]


def test_lora_with_gaps_of_20_s_and_a_clock_that_steps_back(shared_data: Path) -> None:
    data = report(read(shared_data / TRAINING / "llama2_70b_lora_1x8xH100"))
    result = kinds(data)
    assert result["gap"] == 8
    assert result["clock"] == 1
    assert data["energy_wh"]["value"] == pytest.approx(3365, rel=1e-3)
    assert data["energy_wh"]["low"] < 0.95 * data["energy_wh"]["value"]
    assert data["joules_per_sample"]["value"] == pytest.approx(3365 * 3600 / 3072, rel=1e-3)


def test_lora_on_8_nodes_with_doubled_times_and_a_stated_conversion(shared_data: Path) -> None:
    data = report(read(shared_data / TRAINING / "llama2_70b_lora_8x8xH100_dell"))
    result = kinds(data)
    assert result["duplicate"] == 440
    assert result["conversion"] == 9
    assert data["energy_wh"]["value"] == pytest.approx(4694, rel=2e-3)
    done = {row["kind"]: row["done"] for row in data["quality"]}
    assert "0.96" in done["conversion"]
    assert "5 h" in done["clock"]
    (switch,) = data["switches"]
    assert not switch["modelled"]
    assert switch["mean_w"] == pytest.approx(692, rel=0.01)


def test_wall_meters_give_the_published_mean(shared_data: Path) -> None:
    folders = sorted((shared_data / INFERENCE).iterdir())
    assert folders
    for folder in folders:
        data = report(read(folder))
        mean, rate = published(folder)
        assert data["mean_w"] == pytest.approx(mean, rel=5e-3), folder.name
        assert data["joules_per_token"]["value"] == pytest.approx(mean / rate, rel=5e-3), folder.name


def published(folder: Path) -> tuple[float, float]:
    """The mean as MLPerf's checker takes it (of positive readings in the window); the summary's tokens a second."""
    detail = (folder / "mlperf_log_detail.txt").read_text()
    begin, end = (re.search(rf'"power_{edge}", "value": "([^"]+)"', detail) for edge in ("begin", "end"))
    assert begin
    assert end
    inside = []
    for line in (folder / "spl.txt").read_text().splitlines():
        cells = line.split(",")
        if len(cells) > 3 and begin[1] < cells[1] < end[1] and float(cells[3]) > 0:
            inside.append(float(cells[3]))
    rate = re.search(r"[Tt]okens per second\s*: ([\d.]+)", (folder / "mlperf_log_summary.txt").read_text())
    assert rate
    return float(np.mean(inside)), float(rate[1])


def test_the_stuck_sensor_is_called_stuck(shared_data: Path) -> None:
    data = report(read(shared_data / "gpu_sensor" / "stuck_sensor" / "data.csv"))
    assert kinds(data) == {"stuck": 1}
    assert data["energy_wh"]["low"] == 0
    assert data["energy_wh"]["high"] > 4 * data["energy_wh"]["value"]
    assert any("stuck" in note for note in data["notes"])


@pytest.mark.parametrize("name", ["5050_A100", "5050_3090", "Transient_Response_A100_TR"])
def test_good_sensors_are_not(shared_data: Path, name: str) -> None:
    assert "stuck" not in kinds(report(read(shared_data / "gpu_sensor" / name / "gpudata.csv")))
