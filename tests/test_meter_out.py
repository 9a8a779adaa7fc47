"""What was measured, handed on: tables, emissions.csv, Prometheus, OpenTelemetry."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import H100, START, chips_only, node_with_gpus, series
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.series import binned_w, counted_once, curve, total, within
from wattline.meter.export.emissions import COLUMNS, emissions_csv
from wattline.meter.export.snapshot import Totals, snapshot
from wattline.meter.export.tables import WHOLE, csv_text, export_table, write_parquet
from wattline.meter.export.window import find_span
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Reading, Spec

# as codecarbon 3.3.2 writes them, in its order
CODECARBON = (
    *("timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power"),
    *("gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed"),
    *("country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version"),
    *("codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude"),
    *("ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent"),
    *("ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue"),
)


def test_a_window_is_counted_once_however_many_sensors_see_it() -> None:
    recording = node_with_gpus()
    frame = export_table(recording)
    rows = {(row["window"], row["device"]): row for row in frame.iter_rows(named=True)}
    assert rows["run", WHOLE]["energy_wh"] == pytest.approx(6849 * 80 / 3600)
    assert rows["run", "bmc"]["counted"]
    assert not rows["run", "GPU-3"]["counted"]
    assert rows["run", "GPU-3"]["energy_wh"] == pytest.approx(650 * 80 / 3600)
    assert rows["all", WHOLE]["duration_s"] == pytest.approx(100)
    low, high = rows["run", "bmc"]["energy_low_wh"], rows["run", "bmc"]["energy_high_wh"]
    assert low < rows["run", "bmc"]["energy_wh"] < high
    assert set(export_table(recording, window="epoch")["window"]) == {"epoch"}


def test_the_best_of_two_sensors_of_one_device_counts() -> None:
    measured = series("gpu", [100.0] * 11, uuid="GPU-0", spec=Spec("dcgm", error=0.05))
    counter = series("gpu", [100.0] * 11, uuid="GPU-0", counter=True, spec=Spec("nvml", error=0.05))
    guessed = series("gpu", [300.0] * 11, uuid="GPU-0", spec=Spec("model", error=0.01, modelled=True))
    assert counted_once([guessed, measured, counter]) == [counter]
    assert counted_once([guessed]) == [guessed]


@given(
    st.lists(st.floats(0, 1000), min_size=3, max_size=30),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_split_window_adds_up(power: list[float], first: float, second: float, counter: bool) -> None:
    each = series("gpu", power, counter=counter)
    length = len(power) - 1
    cuts = sorted([START, START + first * length, START + second * length, START + length])
    whole = within(each, cuts[0], cuts[-1]).energy_j
    parts = [within(each, a, b).energy_j for a, b in itertools.pairwise(cuts) if b > a]
    assert sum(parts) == pytest.approx(whole, abs=1e-6)
    edges = np.linspace(START, START + length, 7)
    assert float((binned_w(each, edges) * np.diff(edges)).sum()) == pytest.approx(whole, abs=1e-6)


@given(st.integers(1, 40), st.floats(1, 20))
def test_a_counter_may_wrap_anywhere(steps: int, joules: float) -> None:
    true = np.arange(steps + 1) * joules
    wrapped = Series(
        Device("n", "rapl:package-0", "cpu"), Spec("rapl", wrap_j=60.0), START + np.arange(steps + 1.0), None, true % 60
    )
    assert float(curve(wrapped).energy_j[-1]) == pytest.approx(true[-1])


def test_a_machines_meter_holds_its_gpus_whether_they_say_so_or_not() -> None:
    node, gpu = series("node", [500.0] * 11, uuid="bmc"), series("gpu", [300.0] * 11)
    other = series("gpu", [200.0] * 11, host="n2")
    recording = Recording([node, gpu, other])
    assert counted_once(recording.series) == [node, other]
    rows = {(r["host"], r["device"]): r for r in export_table(recording).iter_rows(named=True)}
    assert rows["n1", "gpu-0"]["inside"] == "n1/bmc"
    assert rows[None, WHOLE]["energy_wh"] == pytest.approx((500 + 200) * 10 / 3600)


def test_missing_readings_are_no_zeros() -> None:
    gone = series("gpu", [100, np.nan, -2, 100, 100])
    assert within(gone, START, START + 4).energy_j == pytest.approx(400)
    never = series("gpu", [np.nan] * 5)
    assert np.isnan(within(never, START, START + 4).energy_j)
    recording = Recording([never])
    assert export_table(recording)["energy_wh"].to_list() == [None, None]
    assert snapshot(recording).devices[0].energy_j is None
    assert export_table(recording, "readings")["power_w"].null_count() == 5


def test_a_clock_that_jumps_moves_no_energy() -> None:
    each = series("gpu", [100.0] * 21)
    jumped = each.time_s.copy()
    jumped[15:] += 3600
    kept = replace(each, time_s=jumped, monotonic_s=np.arange(21.0))
    assert float(curve(kept).energy_j[-1]) == pytest.approx(2000)


def test_a_gap_widens_the_uncertainty() -> None:
    power = 100 + 50 * (-1.0) ** np.arange(101)
    each, kept = series("gpu", power), np.delete(np.arange(101), np.s_[40:70])
    holed = replace(each, time_s=each.time_s[kept], power_w=power[kept])
    tight, wide = (within(s, START, START + 100) for s in (each, holed))
    assert wide.energy_j == pytest.approx(tight.energy_j, rel=0.2)
    assert wide.high_j - wide.low_j > 1.2 * (tight.high_j - tight.low_j)


def test_tables_go_to_parquet_and_csv_alike(tmp_path: Path) -> None:
    frame = export_table(node_with_gpus(), "readings")
    assert frame.height == 9 * 101
    write_parquet(frame, tmp_path / "r.parquet")
    assert pl.read_parquet(tmp_path / "r.parquet").equals(frame)
    back = pl.read_csv(io.StringIO(csv_text(frame)), try_parse_dates=True)
    assert back["power_w"].to_list() == frame["power_w"].to_list()
    assert back["time"][0].timestamp() == START


def test_emissions_csv_has_codecarbons_columns_and_invents_nothing() -> None:
    assert COLUMNS == CODECARBON
    recording = node_with_gpus()
    span = find_span(recording)
    (row,) = csv.DictReader(io.StringIO(emissions_csv(recording, [span], "us", "mine")))
    assert tuple(row) == CODECARBON
    assert float(row["energy_consumed"]) == pytest.approx(6849 * 80 / 3.6e6)
    assert float(row["gpu_energy"]) == pytest.approx(8 * 650 * 80 / 3.6e6)
    assert float(row["gpu_power"]) == pytest.approx(8 * 650)
    assert (row["gpu_count"], row["gpu_model"]) == ("8", f"8 x {H100}")
    assert (row["project_name"], row["country_name"], row["country_iso_code"]) == ("mine", "United States", "USA")
    for unknown in ("ram_power", "ram_energy", "cpu_energy", "water_consumed", "latitude", "ram_total_size", "os"):
        assert row[unknown] == ""
    from wattline import catalog

    grams = catalog.fact("region.us.carbon_direct_g_per_kwh").value
    assert float(row["emissions"]) == pytest.approx(6849 * 80 / 3.6e6 * grams / 1e3)
    assert float(row["emissions_rate"]) == pytest.approx(float(row["emissions"]) / 80)
    (bare,) = csv.DictReader(io.StringIO(emissions_csv(recording, [span])))
    assert bare["emissions"] == bare["country_name"] == ""
    assert bare["run_id"] == row["run_id"]
    (texas,) = csv.DictReader(io.StringIO(emissions_csv(recording, [span], "us-ercot")))
    assert (texas["country_iso_code"], texas["region"]) == ("USA", "ERCOT (Texas)")


def test_codecarbons_own_reader_takes_the_file(tmp_path: Path) -> None:
    data = pytest.importorskip("codecarbon.output_methods.emissions_data", reason="codecarbon is not installed")
    assert list(COLUMNS) == list(data.EmissionsData.__dataclass_fields__)


def test_windows_by_name_and_by_time() -> None:
    recording = node_with_gpus()
    assert find_span(recording).name == "run"
    assert find_span(recording, "all").duration_s == 100
    assert find_span(recording, "epoch").duration_s == 40
    assert find_span(recording, "20..30").begin_s == START + 20
    assert find_span(recording, "..30").duration_s == 30
    assert find_span(recording, "2023-11-14T22:13:30..2023-11-14T22:13:40Z").duration_s == 10
    for bad in ("epcoh", "30..20", "200..300", "yesterday..", "2023-11-14T22:13:30..nan"):
        with pytest.raises(WattlineError):
            find_span(recording, bad)
    with pytest.raises(WattlineError, match="no readings"):
        find_span(Recording([]))


def test_an_open_window_ends_with_the_readings() -> None:
    each = series("gpu", [100.0] * 11)
    recording = Recording([each], (Window("open", START + 5, None),))
    assert snapshot(recording).windows[0].energy_j == pytest.approx(500)


def test_live_totals_count_up_and_never_down() -> None:
    totals, device = Totals(), Device("n", "g", "gpu")
    spec, watts = Spec("rapl", wrap_j=100.0), Spec("hwmon")
    for at, joules in enumerate([90.0, 95.0, 5.0, 10.0]):
        totals.take(device, spec, START + at, float(at), Reading(None, joules))
        totals.take(device, watts, START + at, float(at), Reading(50.0 * at))
    first, second = totals.snapshot().devices
    assert first.energy_j == pytest.approx(20)
    assert second.energy_j == pytest.approx(25 + 75 + 125)
    totals.gone(device, watts)
    gone = totals.snapshot().devices[1]
    assert (gone.energy_j, gone.power_w, gone.up) == (second.energy_j, None, False)
    totals.add_window("w", 5.0)
    totals.add_window("w", None)
    totals.add_window("w", 5.0)
    assert totals.snapshot().windows[0].energy_j == 10


def test_total_of_nothing_is_not_zero() -> None:
    assert np.isnan(total([]).energy_j)
    recording = chips_only()
    result: Any = total([within(s, START + 10, START + 90) for s in recording.series])
    assert result.energy_j == pytest.approx(8 * 650 * 80)
