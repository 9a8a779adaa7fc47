"""Recordings of monitors and of tables without names: what they hold is known by construction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter_files import usage
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

T0 = 1_772_366_400


def watt_hours(path: Path, choices: Choices = Choices()) -> float:
    return float(usage(read(path, choices))["energy_wh"]["value"])


def watts(i: int) -> float:
    return 200.0 + 40 * np.sin(i / 3)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    level=st.lists(st.floats(20, 900), min_size=20, max_size=40),
    sign=st.sampled_from([",", ";", "\t", " "]),
    scale=st.sampled_from([1, 1000]),
    step_s=st.integers(1, 60),
)
def test_a_table_without_names_is_times_and_watts(
    tmp_path: Path, level: list[float], sign: str, scale: int, step_s: int
) -> None:
    level = [level[0] + 1, *level]  # it falls, as no counter does
    scale = 1 if sign == " " else scale
    rows = [f"{(T0 + step_s * i) * scale}{sign}{value:.4f}" for i, value in enumerate(level)]
    path = tmp_path / "measured.txt"
    path.write_text("\n".join(rows) + "\n")
    truth = np.trapezoid(level) * step_s / 3600
    assert watt_hours(path) == pytest.approx(truth, rel=1e-3)
    assert any("no header: column_2 taken as W" in note for note in read(path).notes)


def test_a_column_without_a_name_that_may_be_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    open_ones = {
        "never falls": lambda i: 200 * i,
        "leaves its unit open": lambda i: 5000 + i % 3,
        "several columns": lambda i: f"{50 + i % 3},{90 + i % 4}",
    }
    for why, value in open_ones.items():
        path.write_text("".join(f"{T0 + i},{value(i)}\n" for i in range(60)))
        with pytest.raises(WattlineError, match=f"no header.*{why}.*column_2=power"):
            read(path)
    path.rename(tmp_path / "gpu_temp.csv")
    with pytest.raises(WattlineError, match="tells of temp"):
        read(tmp_path / "gpu_temp.csv")


def test_what_a_column_without_a_name_holds_is_as_the_user_or_the_file_s_name_says(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("".join(f"{T0 + i},{200 * i}\n" for i in range(60)))
    assert watt_hours(path, Choices.read(["column_2=energy"], ["column_2=J"])) == pytest.approx(200 * 59 / 3600)
    for name in ("y.csv", "board_power_mw.csv"):
        (tmp_path / name).write_text("".join(f"{T0 + i},{5000 + i % 2}\n" for i in range(61)))
        choices = Choices.read(unit=["mW"]) if name == "y.csv" else Choices()
        assert watt_hours(tmp_path / name, choices) == pytest.approx(5.0005 * 60 / 3600, rel=1e-3)


def afterburner(path: Path, unit: str) -> Path:
    at = "05-02-2026 12:00"
    names = ("GPU temperature", "Power", "CPU power")
    lines = [f"00, {at}:00, Hardware monitoring log v1.6 ", f"01, {at}:00, GeForce RTX 4090", f"02, {at}:00, "]
    lines[-1] += ",".join(f"{name:20}" for name in names)
    lines += [f"03, {at}:00, {i:<20},{each:20},0.000,100.000,10, , ,%.1f" for i, each in enumerate(("°C", unit, "W"))]
    lines += [f"80, {at}:{i:02d}, 45.000              ,{watts(i):<20.3f},60.000" for i in range(60)]
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def test_afterburner_s_power_counts_where_its_unit_is_watts(tmp_path: Path) -> None:
    truth = np.trapezoid([watts(i) for i in range(60)]) / 3600
    path = afterburner(tmp_path / "a.hml", "W")
    assert watt_hours(path) == pytest.approx(truth + 60 * 59 / 3600, rel=1e-3)
    (begin,) = {float(series.time_s[0]) for series in read(path).series if len(series.time_s)}
    assert begin == 1_770_292_800  # the fifth of February
    assert watt_hours(afterburner(tmp_path / "b.hml", "%")) == pytest.approx(60 * 59 / 3600, rel=1e-3)


def netdata(form: str, step_s: int, values: list[float]) -> dict[str, Any]:
    rows: list[list[Any]] = [[T0 + step_s * (i + 1), value] for i, value in enumerate(values)][::-1]
    if form == "v1":
        return {"labels": ["time", "power_draw"], "data": rows}
    if form == "wrapped":
        return {"id": "nvidia_smi.gpu_power", "result": {"labels": ["time", "gpu0"], "data": rows}}
    nested = [[at * 1000, [value, 0, 0]] for at, value in rows]
    request = {"aggregations": {"time": {"time_group": "average"}}}
    result = {"labels": ["time", "gpu0"], "point": {"value": 0, "arp": 1, "pa": 2}, "data": nested}
    return {"api": 2, "request": request, "view": {"units": "Watts"}, "result": result}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["v1", "wrapped", "v2"]), st.integers(1, 60), st.lists(st.floats(20, 900), min_size=5))
def test_netdata_s_means_are_of_the_interval_before_their_time(
    tmp_path: Path, form: str, step_s: int, values: list[float]
) -> None:
    (tmp_path / "n.json").write_text(json.dumps(netdata(form, step_s, values)))
    assert watt_hours(tmp_path / "n.json") == pytest.approx(sum(values) * step_s / 3600, rel=1e-6)


def test_netdata_s_peaks_and_dimensions_of_no_unit_are_refused(tmp_path: Path) -> None:
    answer = netdata("v2", 1, [200.0] * 9)
    answer["request"]["aggregations"]["time"]["time_group"] = "max"
    (tmp_path / "n.json").write_text(json.dumps(answer))
    with pytest.raises(WattlineError, match="max of each interval: ask for group=average"):
        read(tmp_path / "n.json")
    (tmp_path / "m.json").write_text(json.dumps(netdata("wrapped", 1, [200.0] * 9)["result"]))
    with pytest.raises(WattlineError, match=r"gpu0: no power or energy.*--unit NAME=W"):
        read(tmp_path / "m.json")
    assert watt_hours(tmp_path / "m.json", Choices.read(unit=["gpu0=W"])) == pytest.approx(200 * 9 / 3600)
