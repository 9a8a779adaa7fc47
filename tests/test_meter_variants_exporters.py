"""Exporters' series, management controllers' lists and zones in their own names."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from meter_variants_files import T0, N, at, columns, constant, rows, watts
from wattline.core.errors import WattlineError
from wattline.meter.energy.usage import report
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

Line = tuple[str, dict[str, str], Callable[[int], float]]
GPU = {"UUID": "GPU-0", "gpu": "0", "Hostname": "n1"}
DCGM = "DCGM_FI_DEV_POWER_USAGE"
NODE, ZONES = {"node_name": "n1"}, "kepler_node_cpu_joules_total"


def counted(watts: float) -> Callable[[int], float]:
    return lambda i: watts * 15 * i


def leaping(i: int) -> float:
    return 120 * 15 * i + (5e9 if i > 10 else 0) + (7e12 if i > 20 else 0)


def steady(watts: float) -> Callable[[int], float]:
    return lambda i: watts + i % 2


SERIES: dict[str, tuple[float, Sequence[Line]]] = {
    "instances beside their board": (200, [
        (DCGM, GPU, steady(200)), *((DCGM, {**GPU, "GPU_I_ID": str(k)}, steady(200)) for k in (1, 2))]),
    "a counter by instances": (200, [("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", {**GPU, "GPU_I_ID": str(k)},
                                      lambda i: 200e3 * 15 * i) for k in (1, 2)]),
    "watts and counter of a card": (200, [
        (DCGM, GPU, steady(200)), ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", GPU, lambda i: 200e3 * 15 * i)]),
    "a driver that changes": (200, [(DCGM, {**GPU, "DCGM_FI_DRIVER_VERSION": v}, steady(200)) for v in ("535", "550")]),
    "Kepler's containers without a part": (132, [
        ("kepler_node_package_joules_total", {"instance": "n1", "mode": "dynamic"}, counted(80)),
        ("kepler_node_package_joules_total", {"instance": "n1", "mode": "idle"}, counted(40)),
        ("kepler_node_dram_joules_total", {"instance": "n1", "mode": "dynamic"}, counted(12)),
        *(("kepler_container_joules_total", {"instance": "n1", "pod_name": p, "container_name": "c"}, counted(30))
          for p in "ab")]),
    "Kepler's active and idle": (120, [
        (ZONES, {**NODE, "zone": "package"}, counted(120)),
        ("kepler_node_cpu_active_joules_total", {**NODE, "zone": "package"}, counted(80)),
        ("kepler_node_cpu_idle_joules_total", {**NODE, "zone": "package"}, counted(40))]),
    "Kepler's two packages by path": (240, [
        (ZONES, {**NODE, "zone": "package", "path": f"/sys/class/powercap/intel-rapl:{k}"}, counted(120))
        for k in (0, 1)]),
    "Kepler's psys": (150, [(ZONES, {**NODE, "zone": z}, counted(w)) for z, w in (("psys", 150), ("package", 120))]),
    "Scaphandre's host, sockets and processes": (153, [
        ("scaph_host_power_microwatts", {"instance": "n1"}, lambda i: 153e6),
        ("scaph_socket_power_microwatts", {"instance": "n1", "socket_id": "0"}, lambda i: 130e6),
        ("scaph_domain_power_microwatts", {"instance": "n1", "socket_id": "0", "domain_name": "dram"}, lambda i: 20e6),
        ("scaph_process_power_consumption_microwatts", {"instance": "n1", "pid": "1"}, lambda i: 50e6)]),
    "DCMI over a sensor of the total": (400, [
        ("ipmi_dcmi_power_consumption_watts", {"instance": "n1"}, steady(400)),
        *(("ipmi_power_watts", {"instance": "n1", "name": name}, steady(w)) for name, w in (
            ("Total_Power", 400), ("CPU_Power", 100), ("PSU1_PIN", 200), ("PSU2_PIN", 200)))]),
    "a BMC's consumption over its supplies": (406, [
        ("ipmi_power_watts", {"instance": "n1", "name": name}, steady(w)) for name, w in (
            ("PW Consumption", 406), ("PS1 PIN", 203), ("PS1 POUT", 190), ("PS2 PIN", 203))]),
    "leaps that stay": (120, [(ZONES, {**NODE, "zone": "package"}, leaping)]),
    "a leap at the end": (120, [(ZONES, {**NODE, "zone": "package"}, lambda i: 120 * 15 * i + 5e9 * (i > N - 2))]),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
def test_series_of_exporters_in_their_own_names(tmp_path: Path, name: str) -> None:
    mean_w, lines = SERIES[name]
    results = [
        {"metric": {"__name__": metric, **labels}, "values": [[T0 + 15 * i, repr(value(i))] for i in range(N)]}
        for metric, labels, value in lines
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": results}}))
    assert report(read(path)).json()["results"]["mean_w"] == pytest.approx(mean_w, rel=0.01)


def test_boards_that_an_exporter_numbers_in_its_own_way_are_told_apart(tmp_path: Path) -> None:
    for label in ("gpu_power", "bdf", "gpu_idx"):
        series = [({"__name__": "amd_gpu_power", label: str(k), "productname": "x", "instance": "n1:1"}, 6e7 + k)
                  for k in range(3)]  # fmt: skip
        result = [{"metric": labels, "values": [[T0 + 10 * i, str(v)] for i in range(9)]} for labels, v in series]
        path = tmp_path / "a.json"
        path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
        data = report(read(path)).data
        assert data["devices"] == 3
        assert data["mean_w"] == pytest.approx(180, rel=1e-4)


def test_the_rails_of_a_module_lie_inside_its_input_by_their_labels(tmp_path: Path) -> None:
    rails = (("VDD_IN", 20.0), ("VDD_SOC", 5.0), ("VDD_GPU", 9.0))
    result = [{"metric": {"__name__": "jetson_power_watts", "rail": rail, "instance": "n1:1"},
               "values": [[T0 + 10 * i, str(w)] for i in range(9)]} for rail, w in rails]  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    assert report(read(path)).data["mean_w"] == pytest.approx(20)


def test_a_zone_of_rapl_by_its_number_alone_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    names = "intel-rapl:0_energy_uj,intel-rapl:0:0_energy_uj"
    path.write_text(columns(names, lambda i: 5e6 * 120 * i, lambda i: 5e6 * 30 * i))
    with pytest.raises(WattlineError, match="may be cores, which lie in the package, or memory"):
        read(path)
    zone, package = names.split(",")[1], names.split(",")[0]
    for choice, mean_w in ((f"{zone}={package}", 120), (f"{zone}=none", 150)):
        assert report(read(path, Choices.read(inside=[choice]))).data["mean_w"] == pytest.approx(mean_w)


def test_outlets_lie_in_the_phases_that_feed_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    outlets = ("Outlet 1 (W),Outlet 2 (W)", constant(900, 900))
    path.write_text(columns(f"Phase 1 (kW),{outlets[0]}", lambda i: 1.8, *outlets[1]))
    assert report(read(path)).data["mean_w"] == pytest.approx(1800)
    total = columns(f"Phase 1 (kW),{outlets[0]},Total (kW),Energy (kWh)",
                    lambda i: 1.8, *outlets[1], lambda i: 1.8, lambda i: 100 + 1.8 * 5 * i / 3600)  # fmt: skip
    path.write_text(total)
    assert report(read(path)).data["mean_w"] == pytest.approx(1800)
    path.write_text(columns(f"Phase 1 (kW),{outlets[0]}", lambda i: 0.5, *outlets[1]))  # a phase that feeds others
    assert report(read(path)).data["mean_w"] == pytest.approx(2300)


def test_a_counter_of_coarse_steps_stands_back_behind_the_watts_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows("time,power_mw,total_wh", lambda i: f"{T0 + 10 * i},{1000 * watts(i)},{7 + i * 2500 // 3600}"))
    assert report(read(path)).data["mean_w"] == pytest.approx(250, rel=2e-3)
    path.write_text(columns("power_w,energy_kwh", watts, lambda i: 12.3))  # it did not count once
    assert report(read(path)).data["mean_w"] == pytest.approx(250, rel=2e-3)
    fine = rows("time,power_w,total_wh", lambda i: f"{T0 + 10 * i},{1.01 * watts(i)},{7 + 250 * i / 360}")
    path.write_text(fine)
    assert report(read(path)).data["mean_w"] == pytest.approx(250, rel=1e-6)


def test_units_that_a_mib_does_not_name(tmp_path: Path) -> None:
    assert of_metrics(tmp_path, ("rPDU2DeviceStatusPower", {}, steady(45))) == pytest.approx(455, rel=0.01)
    assert of_metrics(tmp_path, ("rPDU2DeviceStatusEnergy", {}, lambda i: 9 + i)) == pytest.approx(3.6e5 / 15)


def test_members_of_a_bmcs_lists_are_told_apart_by_the_list(tmp_path: Path) -> None:
    control = {"id": "0", "name": "System Power Control"}
    lines = [("idrac_power_control_consumed_watts", control, steady(520)),
             ("idrac_power_control_avg_consumed_watts", control, steady(400)),
             *((f"idrac_power_supply_{way}_watts", {"id": k}, steady(w))
               for k in "01" for way, w in (("input", 260), ("output", 240)))]  # fmt: skip
    assert of_metrics(tmp_path, *lines) == pytest.approx(520.5, rel=1e-3)
    assert of_metrics(tmp_path, *lines[2:]) == pytest.approx(521, rel=1e-3)


def of_metrics(folder: Path, *lines: Line) -> float:
    """The mean watts of series as a server exports them, one a line."""
    text = [json.dumps({"metric": {"__name__": name, "instance": "n1:1", **labels},
                        "values": [value(i) for i in range(N)],
                        "timestamps": [(T0 + 15 * i) * 1000 for i in range(N)]})
            for name, labels, value in lines]  # fmt: skip
    path = folder / "export.jsonl"
    path.write_text("\n".join(text) + "\n")
    return float(report(read(path)).data["mean_w"])


LISTED = {
    "MLflow's answer": (700, lambda: {"metrics": [
        {"key": f"system/gpu_{g}_power_usage_watts", "value": w, "timestamp": (T0 + 10 * i) * 1000, "step": i}
        for i in range(N) for g, w in ((0, watts(i)), (1, 450))]}),
    "a report of a BMC": (250, lambda: {"Id": "PowerMetrics", "MetricValues": [
        {"MetricId": "SystemInputPower", "Timestamp": at(i, 60, "%Y-%m-%dT%H:%M:%SZ"), "MetricValue": str(watts(i))}
        for i in range(N)]}),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_an_answer_that_is_a_list_of_records(name: str, tmp_path: Path) -> None:
    mean_w, made = LISTED[name]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(made()))
    assert report(read(path)).data["mean_w"] == pytest.approx(mean_w, rel=0.01)
