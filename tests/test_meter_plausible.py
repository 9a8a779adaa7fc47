"""Each device is held against what such a device can draw: a leap is never energy, whether it comes back or stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter_files import usage as report
from wattline.meter.device import Device
from wattline.meter.readers.detect import read
from wattline.meter.readings.plausible import max_w
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec


def test_one_gpu_is_held_closer_than_a_name_that_may_stand_for_all() -> None:
    assert max_w(Device("n", "gpu0", "gpu")) < max_w(Device("n", "gpu", "gpu")) < max_w(Device("n", "node", "node"))
    assert max_w(Device("n", "site meter", "other")) > max_w(Device("n", "feed", "other"))


@given(leap_j=st.floats(1e6, 1e15), at=st.integers(1, 57))
def test_a_leap_of_a_counter_that_stays_is_no_energy(leap_j: float, at: int) -> None:
    count = 1800.0 * np.arange(60) + np.where(np.arange(60) > at, leap_j, 0.0)
    series = Series(Device("n", "cpu0", "cpu"), Spec("file"), 1e9 + 15.0 * np.arange(60), None, count)
    data = report(Recording([series]))
    assert data["energy_wh"]["value"] == pytest.approx(120 * 59 * 15 / 3600)
    assert [row["kind"] for row in data["quality"]] == ["leap"]
    assert data["energy_wh"]["high"] < 1.2 * data["energy_wh"]["value"]


def test_keplers_leap_in_a_file_is_told_and_bridged(tmp_path: Path) -> None:
    joules = [1800 * i + (5_000_000_000 if i > 40 else 0) for i in range(60)]
    metric = {"__name__": "kepler_node_cpu_joules_total", "node_name": "n1", "zone": "package"}
    values = [[1767225600 + 15 * i, str(j)] for i, j in enumerate(joules)]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": metric, "values": values}]}}
    (tmp_path / "leap.json").write_text(json.dumps(answer))
    data = report(read(tmp_path / "leap.json"))
    assert data["energy_wh"]["value"] == pytest.approx(29.5)
    assert data["quality"][0]["kind"] == "leap"


def test_watts_beyond_the_device_are_left_out() -> None:
    watts = np.where(np.arange(60) % 9 == 8, 9e4, 300.0 + np.arange(60) % 7)
    data = report(Recording([Series(Device("n", "gpu0", "gpu"), Spec("file"), 1e9 + 1.0 * np.arange(60), watts)]))
    assert data["mean_w"] == pytest.approx(303, rel=0.01)
    assert data["quality"][0]["kind"] == "spike"
