"""Metrics of services: what lies in what, and what is refused because its layout does not tell energy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from meter_files import usage
from meter_formats_services import SERVICES
from meter_truth import Truth
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

RAMP = Truth([1_767_225_600 + 60 * i for i in range(20)], [200.0 + 7 * (i % 5) for i in range(20)])


def dumped(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_boards_and_processors_lie_in_the_host_of_opentelemetry(tmp_path: Path) -> None:
    data = usage(read(SERVICES["OpenTelemetry"][1](tmp_path / "a.jsonl", RAMP)))
    assert data["devices"] == 1
    assert sum(bool(row["inside"]) for row in data["interpretation"]) == 3


@pytest.mark.parametrize("label", ["power_draw Maximum", "power_draw p99", "power_draw Sum"])
def test_another_statistic_than_the_average_is_no_energy(tmp_path: Path, label: str) -> None:
    times = RAMP.at("%Y-%m-%dT%H:%M:%SZ")
    result = {"Id": "m", "Label": label, "Timestamps": times, "Values": RAMP.power_w}
    with pytest.raises(WattlineError, match="Average"):
        read(dumped(tmp_path / "c.json", {"MetricDataResults": [result]}))
    points = [{"Timestamp": at, "Maximum": w, "Unit": "None"} for at, w in zip(times, RAMP.power_w, strict=True)]
    with pytest.raises(WattlineError, match="Average"):
        read(dumped(tmp_path / "d.json", {"Label": "power_draw", "Datapoints": points}))


def test_counted_energy_without_its_unit_asks_for_it(tmp_path: Path) -> None:
    rows = [{"start": t * 1000, "state": 0, "sum": j / 3.6e6}
            for t, j in zip(RAMP.time_s, RAMP.counter_j, strict=True)]  # fmt: skip
    path = dumped(tmp_path / "h.json", {"sensor.rack_energy": rows})
    with pytest.raises(WattlineError, match="--unit"):
        read(path)
    data = usage(read(path, Choices(units={"sensor.rack_energy": "kWh"})))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(RAMP.energy_j)


def test_means_in_another_unit_by_option(tmp_path: Path) -> None:
    path = SERVICES["Home Assistant's JSON"][1](tmp_path / "h.json", RAMP)
    data = usage(read(path, Choices(units={"sensor.rack_power": "mW"})))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(RAMP.energy_j / 1000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"interval_s": 1, "watts": [1.0, 2.0], "gpu_power_w": [1.0]}, "as long as"),
        ({"interval_s": 0.5, "sample_rate_hz": 2, "load": [1.0, 2.0]}, "power or energy"),
        ({"interval": 1, "watts": [1.0, 2.0]}, "JSON"),
    ],
)
def test_lists_that_do_not_tell_their_times_or_watts_are_refused(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        read(dumped(tmp_path / "l.json", data))


@pytest.mark.parametrize(("key", "value"), [("interval_s", 0.5), ("dt_ms", 500), ("sample_rate_hz", 2)])
def test_the_interval_of_a_list_by_its_unit(tmp_path: Path, key: str, value: float) -> None:
    watts = [100.0 + i % 5 for i in range(21)]
    recording = read(dumped(tmp_path / "l.json", {"start": "2026-03-01T12:00:00Z", key: value, "watts": watts}))
    data = usage(recording)
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(10 * 102, rel=2e-3)
    assert recording.series[0].time_s[0] == 1_772_366_400
