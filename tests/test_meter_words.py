"""What words in names of columns, rows and metrics say: forms of one power, statistics, ratings, currents, units."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from meter_files import usage
from wattline.core.errors import WattlineError
from wattline.meter.exporters import quantity
from wattline.meter.readers.detect import read
from wattline.meter.readers.named_values import value_of

T0 = 1_767_225_600
WATTS = [200.0 + 37 * (i % 5) + 3 * (i % 7) for i in range(40)]


def joules(path: Path) -> float:
    return float(usage(read(path))["energy_wh"]["value"]) * 3600


def table(path: Path, names: str, row: Callable[[float], str]) -> Path:
    rows = [",".join([str(T0 + 5 * i), cell]) for i, w in enumerate(WATTS) for cell in row(w).split(";")]
    path.write_text("\n".join([f"time,{names}", *rows]) + "\n")
    return path


ONCE: dict[str, tuple[str, Callable[[float], str]]] = {
    "a mean and an instant": ("gpu_power_avg_w,gpu_power_inst_w", lambda w: f"{w},{w}"),
    "raw and filtered": ("raw_power_w,filtered_power_w,power_w_ema", lambda w: f"{w},{w},{w}"),
    "a rating": ("cpu_power_w,nominal_power_w,cpu_tdp_w", lambda w: f"{w},500,300"),
    "a plan": ("power_w,power_setpoint_w,power_available_w,power_requested_w", lambda w: f"{w},300,900,400"),
    "a baseline": ("power_w,baseline_power_w", lambda w: f"{w},60"),
    "currents": ("ac_power_w,dc_power_w", lambda w: f"{w},{0.9 * w}"),
    "currents in one word": ("Pac (W),Pdc (W)", lambda w: f"{w},{0.9 * w}"),
    "currents of supplies": ("psu_ac_power_w,psu_dc_power_w", lambda w: f"{w},{0.9 * w}"),
    "percentiles": ("power_w,power_w_p5,power_w_p50,power_w_p95", lambda w: f"{w},{w - 90},{w},{w + 90}"),
    "a row of means": ("node,power_w", lambda w: f"n1,{0.6 * w};n2,{0.4 * w};average,{0.5 * w};max,{0.6 * w}"),
    "rows of cores that repeat their package": (
        "cpu,package_power_w",
        lambda w: ";".join(f"{k},{w}" for k in range(4)),
    ),
    "rows of cores beside their package": (
        "core,core_power_w,package_power_w",
        lambda w: ";".join(f"{k},{0.1 * (k + 1) * w},{w}" for k in range(3)),
    ),
    "feeds over supplies": (
        "pdu_a_power_w,pdu_b_power_w,psu1_power_w,psu2_power_w",
        lambda w: f"{0.6 * w},{0.4 * w},{0.55 * w},{0.39 * w}",
    ),
    "a ratio": ("gpu0_power_w,gco2_per_kwh,tokens_per_joule,perf_per_watt,gCO2/kWh", lambda w: f"{w},400,{w},{w},{w}"),
    "a unit before the device": ("power_kw_gpu0,power_kw_gpu1", lambda w: f"{0.6e-3 * w},{0.4e-3 * w}"),
    "a unit in words before the device": ("milliwatts_gpu0,milliwatts_gpu1", lambda w: f"{600 * w},{400 * w}"),
}


@pytest.mark.parametrize("name", ONCE)
def test_a_power_that_several_columns_tell_counts_once(tmp_path: Path, name: str) -> None:
    names, row = ONCE[name]
    truth = sum(5 * (a + b) / 2 for a, b in pairwise(WATTS))
    assert joules(table(tmp_path / "t.csv", names, row)) == pytest.approx(truth, rel=1e-3)


def test_direct_current_above_the_alternating_current_that_feeds_it_is_asked_about(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "ac_power_w,dc_power_w", lambda w: f"{w},{1.5 * w}")
    with pytest.raises(WattlineError, match="--inside"):
        read(path)


def test_a_rack_below_its_servers_is_asked_about(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "rack_power_w,server1_power_w,server2_power_w", lambda w: f"{w},{w},{0.9 * w}")
    with pytest.raises(WattlineError, match="--inside"):
        read(path)


@pytest.mark.parametrize("first", [25_569.0, 719_529.0, 2_440_587.5])
def test_days_of_spreadsheets_matlab_and_astronomers(tmp_path: Path, first: float) -> None:
    rows = [f"{first + (T0 + 5 * i) / 86400:.9f},{w}" for i, w in enumerate(WATTS)]
    (tmp_path / "t.csv").write_text("\n".join(["time,power_w", *rows]) + "\n")
    truth = sum(5 * (a + b) / 2 for a, b in pairwise(WATTS))
    assert joules(tmp_path / "t.csv") == pytest.approx(truth, rel=2e-3)


def test_percentiles_alone_are_no_energy(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "power_w_p50,power_w_p95", lambda w: f"{w},{w + 90}")
    with pytest.raises(WattlineError, match="percentile"):
        read(path)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("power_kw_gpu0", ["kW"]),
        ("energy_mWh_gpu0", ["mWh"]),
        ("POWER_MW_GPU0", ["mW", "MW"]),
        ("nvml_joules_energy", ["joules"]),
        ("kw_or_mw_power_gpu0", ["W"]),  # two units tell none
        ("power_gpu_w", ["W"]),
    ],
)
def test_the_unit_of_a_name_wherever_it_stands(name: str, units: list[str]) -> None:
    value = value_of(name)
    assert not isinstance(value, str)
    assert [unit.name for unit in value.units] == units


def series(path: Path, *metrics: tuple[str, dict[str, str], float]) -> Path:
    result = [{"metric": {"__name__": name, "instance": "n1:9", **labels},
               "values": [[T0 + 15 * i, str(share * w)] for i, w in enumerate(WATTS)]}
              for name, labels, share in metrics]  # fmt: skip
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    return path


def test_the_sum_of_a_chip_holds_its_parts_whatever_its_exporter_is_called(tmp_path: Path) -> None:
    path = series(
        tmp_path / "p.json",
        ("all_smi_gpu_power_consumption_watts", {"gpu": "0"}, 0.6),
        ("all_smi_cpu_power_consumption_watts", {}, 0.4),
        ("all_smi_combined_power_watts", {}, 1.0),
    )
    alone = series(tmp_path / "q.json", ("all_smi_combined_power_watts", {}, 1.0))
    assert joules(path) == pytest.approx(joules(alone), rel=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "apcupsd_nominal_power_watts",
        "node_available_power_watts",
        "x_power_watts_forecast",
        "tokens_per_joule",
        "perf_per_watt",
        "grid_carbon_gco2_per_kwh",
    ],
)
def test_a_metric_of_what_is_not_drawn_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WattlineError, match="no metric"):
        read(series(tmp_path / "p.json", (name, {}, 1.0)))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gpu_power_mw", ("power", 1e-3)),
        ("habanalabs_power_mW", ("power", 1e-3)),
        ("rack_power_kw", ("power", 1e3)),
        ("gpu_energy_mj", ("energy", 1e-3)),
        ("rapl_energy_uj_total", ("energy", 1e-6)),
        ("pdu_energy_kwh_total", ("energy", 3.6e6)),
        ("meter_energy_wh_total", ("energy", 3600.0)),
        ("plug_watt_seconds_total", ("energy", 1.0)),
        ("node_power_watts", ("power", 1.0)),
        ("power_watts_count", ("", 0.0)),
        ("power_watts_bucket", ("", 0.0)),
    ],
)
def test_the_unit_of_a_metric_whatever_its_letters(name: str, what: tuple[str, float]) -> None:
    assert quantity(name) == what
