"""Recordings as people and tools write them, in the spellings of their versions: the same mean power from each."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from meter_variants_files import T0, N, at, columns, constant, rows, watts
from wattline.core.errors import WattlineError
from wattline.meter.energy.usage import report
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read


def timed(value: Callable[[int], object], name: str = "power_w", step_s: int = 5) -> str:
    return rows(f"time,{name}", lambda i: f"{T0 + step_s * i},{value(i)}")


def dated(form: Callable[[int], str], head: str = "timestamp") -> str:
    return rows(f"{head},power_w", lambda i: f"{form(i)},{watts(i)}")


def fall_back(i: int) -> datetime:
    """The hour that clocks repeat in autumn."""
    return datetime(2025, 10, 26, 2, 40) + timedelta(minutes=i - (60 if i >= 20 else 0))


SMI = "%Y/%m/%d %H:%M:%S.000"
TABLES: dict[str, tuple[float, str]] = {
    # units
    "kW in a second row": (250, rows("Time,Power\n(s),(kW)", lambda i: f"{T0 + 5 * i},{watts(i) / 1000}")),
    "mW in a second row": (250, rows("timestamp,gpu power\n,mW", lambda i: f"{at(i)},{watts(i) * 1000}")),
    "units written out in a second row": (
        250, rows("time,power\nseconds,milliwatts", lambda i: f"{5 * i},{watts(i) * 1000}")),
    "mW in cells": (250, rows("Time,gpu_power", lambda i: f"{at(i)},{watts(i) * 1000} mW")),
    "kW in cells without a blank": (250, rows("Time,gpu_power", lambda i: f"{at(i)},{watts(i) / 1000:.4f}kW")),
    "watts in cells": (250, rows("Time,gpu_power", lambda i: f"{at(i)},{watts(i)} watts")),
    "kilowatts half written out": (2500, timed(lambda i: watts(i, 2500) / 1000, "Rack (kWatts)")),
    "megajoules half written out": (2e5, timed(lambda i: i, "site energy (MJoules)")),
    "milliwatts of a counter of Windows": (60, rows(
        '"(PDH-CSV 4.0)","\\\\H\\Power Meter(_Total)\\Power"',
        lambda i: f'"{at(i, 5, "%m/%d/%Y %H:%M:%S")}.123","{watts(i, 60) * 1000:.3f}"')),
    "an average wattage": (250, timed(watts, "Avg Wattage")),
    "kWh in cells": (250, rows("Time,energy_total", lambda i: f"{at(i, 60)},{250 * 60 * i / 3.6e6:.7f} kWh")),
    "a comma for thousands": (1250, timed(lambda i: f'"1,{watts(i):.1f}"')),
    "a dot for thousands": (1250, rows("time;power_w", lambda i: f"{T0 + 5 * i};1.{watts(i):.0f},0")),
    "a blank for thousands": (1250, rows("time;power_w", lambda i: f"{T0 + 5 * i};1 {watts(i):.0f},0")),
    "an apostrophe for thousands": (1250, timed(lambda i: f"1'{watts(i):.1f}")),
    "a typographer's apostrophe for thousands": (1250, timed(lambda i: f"1’{watts(i):.1f}")),
    "decimal commas in quotes": (250, timed(lambda i: f'"{watts(i):.0f},0"')),
    "micro sign": (250, timed(lambda i: f"{watts(i) * 1e6:.0f}", "power_µW")),
    "mJ in small letters": (250, timed(lambda i: 250 * 5 * i * 1000, "energy_mj")),
    "MJ in capitals": (250, timed(lambda i: 250 * 5 * i * 1000, "ENERGY_MJ")),
    "MWh in capitals": (10, timed(lambda i: f"{10 * 15 * i / 3.6:.3f}", "ENERGY_MWH", 15)),
    "megawatt hours": (5e6, timed(lambda i: f"{5 * 0.25 * i:.4f}", "energy_megawatt_hours", 900)),
    "MW of a site": (5e6, timed(lambda i: "5.0", "site_power_MW", 900)),
    # times
    "AM and PM without seconds": (250, dated(lambda i: at(i, 3600, "%m/%d/%Y %I:%M %p"))),
    "am and pm in small letters": (250, dated(lambda i: at(i, 600, "%m/%d/%Y %I:%M:%S %p").lower())),
    "a.m. and p.m.": (250, dated(lambda i: at(i, 3600, "%d/%m/%Y %I:%M:%S ") + ("a.m." if i % 24 < 12 else "p.m."))),
    "AM and PM after a narrow blank": (
        250, dated(lambda i: at(i, 600, "%m/%d/%Y %I:%M:%S\u202f") + ("AM" if i * 600 // 3600 % 24 < 12 else "PM"))),
    "no seconds": (250, dated(lambda i: at(i, 60, "%d/%m/%Y %H:%M"))),
    "UTC by name": (250, dated(lambda i: f"{at(i)} UTC")),
    "UTC before the year": (250, dated(lambda i: at(i, 5, "%a %b %d %H:%M:%S UTC %Y"))),
    "an offset": (250, dated(lambda i: f"{at(i)}+01:00")),
    "date and time apart": (
        250, rows("Date,Time,power_w", lambda i: f"{at(i, 3600, '%m/%d/%Y,%I:%M:%S %p')},{watts(i)}")),
    "time and date apart": (
        250, rows("time,date,power_w", lambda i: f"{at(i, 3600, '%H:%M:%S,%d.%m.%Y')},{watts(i)}")),
    "microseconds": (250, rows("timestamp_us,power_w", lambda i: f"{(T0 + 5 * i) * 10**6},{watts(i)}")),
    "milliseconds of a Unix time": (250, rows("unix_ts,power_w", lambda i: f"{(T0 + 5 * i) * 1000},{watts(i)}")),
    "milliseconds since the start": (250, rows("elapsed_ms,power_w", lambda i: f"{5000 * i},{watts(i)}")),
    "seconds since the start": (250, rows("seconds_since_start,power_w", lambda i: f"{5 * i},{watts(i)}")),
    "the hour that is repeated, zones by name": (
        250, dated(lambda i: f"{fall_back(i):%Y-%m-%d %H:%M:%S} {'CEST' if i < 20 else 'CET'}")),
    "the hour that is repeated, zones by offset": (
        250, dated(lambda i: f"{fall_back(i):%Y-%m-%d %H:%M:%S}+0{2 if i < 20 else 1}:00")),
    "an index of dates of pandas": (
        500, rows(",gpu0_power_w,gpu1_power_w", lambda i: f"{at(i)},{watts(i)},{watts(i)}")),
    "counters of ESXi": (420, rows(
        '"(PDH-CSV 4.0) (UTC)(0)","\\\\e\\Power\\Power Usage Now Watts","\\\\e\\Power\\Power Usage Cap Watts"',
        lambda i: f'"{at(i, 5, "%m/%d/%Y %H:%M:%S")}","{watts(i, 420):.0f}","1000"')),
    "numbers of rows of pandas": (250, rows(",timestamp,power_w", lambda i: f"{i},{T0 + 5 * i},{watts(i)}")),
    "two numbers of rows of pandas": (
        250, rows("level_0,index,timestamp,power_w", lambda i: f"{i},{i},{T0 + 5 * i},{watts(i)}")),
    # what lies inside what
    "a sum": (500, columns("gpu0_w,gpu1_w,sum_w", *constant(250, 250), lambda i: 500 + i % 2)),
    "all cards by their plural": (
        500, columns("gpu0_power,gpu1_power,gpus_power", watts, watts, lambda i: 2 * watts(i))),
    "a system over its parts": (700, columns("system_w,gpu0_w,cpu_w", lambda i: watts(i, 700), *constant(300, 100))),
    "supplies over boards": (
        700, columns("psu1_w,psu2_w,gpu0_w", *constant(350), lambda i: watts(i, 350), *constant(200))),
    "PP0 and PP1 in the package": (
        125, columns("PKG (W),PP0 (W),PP1 (W),DRAM (W)", lambda i: watts(i, 105), *constant(60, 5, 20))),
    "psys over the package": (150, columns("psys_w,package_w,dram_w", lambda i: watts(i, 150), *constant(100, 20))),
    "cores of two packages": (
        260, columns("package-0_w,package-1_w,core-0_w,core-1_w", lambda i: watts(i, 120), *constant(140, 70, 80))),
    "limits beside the draw": (250, columns("power_w,power_max_w,power_limit_w", watts, *constant(400, 700))),
    "words that hold others": (150, columns("gemini_power_w,terminal_power_w", *constant(50), lambda i: watts(i, 100))),
    "rails of a card's board": (310, rows(
        "        Date        , Board Power Draw [W] , GPU Chip Power Draw [W] , MVDDC Power Draw [W] ,"
        " PCIe Slot Power [W] , 8-Pin #1 Power [W] , Power Consumption (%) [% TDP] ,",
        lambda i: f"{at(i, 1)} , {watts(i, 310)} , 150.0 , 50.0 , 40.0 , 250.0 , 95.0 ,")),
    "HWiNFO": (95, rows(
        'Date,Time,"CPU Package Power [W]","IA Cores Power [W]","Total DRAM Power [W]",'
        '"GPU Power [W]","GPU Core Power [W]",',
        lambda i: f"{at(i, 2, '%d.%m.%Y,%H:%M:%S')}.000,{30 + i % 3 - 1},20.0,5.0,60.0,40.0,")),
    "the mean of cards beside them": (500, columns(
        "gpu0_w,gpu1_w,gpu_avg_w", lambda i: watts(i, 300), lambda i: watts(i, 200), watts)),
    "a mean that is of none of them": (900, columns(
        "gpu0_w,gpu1_w,gpu_avg_w", lambda i: watts(i, 300), lambda i: watts(i, 200), lambda i: watts(i, 400))),
    "all of a chip below the machine's own": (35, columns(
        "all_power,cpu_power,gpu_power,sys_power", *constant(20, 8, 12), lambda i: watts(i, 35))),
    "a total by rows over its parts": (500, "DateTime,Device ID,Name,Avg Wattage,kWh\n" + "".join(
        f"{at(i, 3600)},{name},{title},{w},{w / 1000}\n" for i in range(N)
        for name, title, w in (("mains", "Total Usage", watts(i, 500)), ("abc", "Server", watts(i, 300))))),
    "an average beside the reading of a BMC": (250, rows("time,PowerConsumedWatts,PowerMetrics.AverageConsumedWatts",
        lambda i: f"{T0 + 5 * i},{watts(i)},{251}")),
    "an application in its machine": (100, rows(
        "TimeStamp (ms), Total Power (W), CPU (W), Disk (W), Base (W), Application (W)",
        lambda i: f"{(T0 + i) * 1000}, {watts(i, 100)}, {watts(i, 30)}, 10.0, 59.0, 25.0")),
    # running totals and intervals
    "an interval by its ends": (2000, rows("Interval Start,Interval End,Usage (kWh)",
        lambda i: f"{at(i, 900)},{at(i + 1, 900)},{watts(i, 500) / 1000}")),
    "joules of each step beside watts": (250, columns("power_w,energy_j", watts, lambda i: watts(i) * 5)),
    "a delta by its name": (250, columns("energy_delta_j", *constant(1250))),
    "watts and a total named apart": (
        250, rows("time,pwr_w,cum_kwh", lambda i: f"{T0 + 60 * i},{watts(i)},{250 * 60 * i / 3.6e6 + 12.5:.6f}")),
    # devices
    "hosts and two columns": (800, "time,host,cpu_power_w,gpu_power_w\n" + "\n".join(
        f"{T0 + 5 * i},{host},100,{watts(i, 300)}" for i in range(N) for host in "ab") + "\n"),
    "a name beside the index": (2000, "timestamp,gpu,index,power.draw\n" + "\n".join(
        f"{at(i, 5, SMI)},H100,{g},{watts(i)}" for i in range(N) for g in range(8)) + "\n"),
    "hosts beside the index": (1000, "timestamp, host, index, power.draw [W]\n" + "\n".join(
        f"{at(i, 1, SMI)}, {host}, {g}, {watts(i)} W" for i in range(N) for host in "ab" for g in (0, 1)) + "\n"),
    "nvidia-smi's columns in mW": (
        250, rows("timestamp, index, power.draw [mW]", lambda i: f"{at(i, 1, SMI)}, 0, {watts(i) * 1000}")),
    "dmon by commas": (300, "#Date, Time, gpu, pwr, gtemp\n#YYYYMMDD, HH:MM:SS, Idx, W, C\n" + "\n".join(
        f"{at(i, 1, '%Y%m%d, %H:%M:%S')}, {g}, 150, 40" for i in range(N) for g in (0, 1)) + "\n"),
    "names and values of MLflow": (250, rows("run_id,key,value,step,timestamp", lambda i: "\n".join(
        f"abc,{key},{value},{i},{(T0 + 10 * i) * 1000}" for key, value in (
            ("system/gpu_0_power_usage_watts", watts(i)), ("system/gpu_0_power_usage_percentage", 40))))),
    "names, values and units": (350, rows("time,sensor,value,unit", lambda i: "\n".join(
        f"{T0 + 5 * i},{name},{value},{unit}" for name, value, unit in (
            ("gpu0", watts(i), "W"), ("cpu", 100000, "mW"), ("temp", 50, "C"))))),
    # records
    "records a line": (350, "\n".join(json.dumps(
        {"time": at(i, 1, "%Y-%m-%dT%H:%M:%SZ"), "gpu_power_w": watts(i), "cpu_power_w": 100}) for i in range(N))),
    "records in an array": (350, json.dumps(
        [{"timestamp": T0 + i, "gpu_power_w": watts(i), "cpu_power_w": 100} for i in range(N)], indent=1)),
    # tools
    "perf in JSON": (120, "\n".join(
        json.dumps({"interval": float(i + 1), "counter-value": j, "unit": "Joules", "event": f"power/energy-{e}/"})
        for i in range(N) for e, j in (("pkg", "100.0"), ("ram", "20.0")))),
    "perf with a decimal comma": (120, rows("#           time             counts unit events",
        lambda i: f"     {i + 1},000123456            120,00 Joules power/energy-pkg/")),
    "rocm-smi's screen with times": (310, "\n".join(
        f"{T0 + i}\n==== ROCm System Management Interface ====\nGPU[0]\t\t: Average Graphics Package Power (W): 155.0\n"
        f"GPU[1]\t\t: Average Graphics Package Power (W): {watts(i, 155)}" for i in range(N))),
    "turbostat of two packages": (260, "\n".join(
        "Time_Of_Day_Seconds\tPackage\tCore\tCPU\tPkgWatt\tRAMWatt\n"
        f"{T0 + 5 * i}.0\t-\t-\t-\t220.00\t40.00\n{T0 + 5 * i}.0\t0\t0\t0\t120.00\t20.00\n"
        f"{T0 + 5 * i}.0\t1\t0\t4\t100.00\t20.00" for i in range(N))),
    "powermetrics of an Intel Mac": (12, "Machine model: MacBookPro15,1\nOS version: 19H2\n\n" + "\n".join(
        f"*** Sampled system activity ({at(i, 1, '%a %b %d %H:%M:%S %Y')} +0000) (1000.00ms elapsed) ***\n\n"
        "Intel energy model derived package power (CPUs+GT+SA): 12.00W\n" for i in range(N))),
    "ipmitool's day without a century": (420, "\n".join(
        f"    Instantaneous power reading:   {watts(i, 420):.0f} Watts\n"
        f"    IPMI timestamp:    {at(i, 5, '%m/%d/%y %H:%M:%S')} UTC    Sampling period:    00000001 Seconds."
        for i in range(N))),
    "amd-smi's counter in lists": (500, json.dumps([[{"gpu": 0, "timestamp": T0 + i, "energy": {
        "total_energy_consumption": {"value": 1000 + 500.0 * i, "unit": "J"}}}] for i in range(N)])),
    "tegrastats of a Xavier": (3.5, "\n".join(
        f"{at(i, 1, '%m-%d-%Y %H:%M:%S')} RAM 1/2MB SWAP 0/1MB CPU [2%@102] GR3D_FREQ 0% AO@30C GPU 500/500 "
        "CPU 700/700 SOC 1500/1500 CV 0/0 VDDRQ 300/300 SYS5V 500/500" for i in range(N))),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_recording_in_its_own_spelling(tmp_path: Path, name: str) -> None:
    mean_w, text = TABLES[name]
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert report(read(path)).json()["results"]["mean_w"] == pytest.approx(mean_w, rel=0.01)


REFUSED = {
    "nvidia-smi -q": ("==============NVSMI LOG==============\n\nTimestamp : Thu Jan  1 00:00:00\n", "nvidia-smi -q"),
    "nvidia-smi's XML": ("<?xml version='1.0' ?>\n<nvidia_smi_log><gpu id='0'/></nvidia_smi_log>", "nvidia-smi -q"),
    "Scaphandre's screen": ("Scaphandre stdout exporter\nHost:\t15.1 W from\n", "Scaphandre's screen"),
    "a property list": ("<?xml version='1.0'?>\n<plist><dict><key>elapsed_ns</key></dict></plist>", "powermetrics"),
    "npu-smi": ("+----+\n| npu-smi 23.0    Version: 23.0 |\n| 0  910B | OK | 93.6 |\n", "npu-smi's screen"),
    "Afterburner": ("00, 01-01-2026 00:00:00, Hardware monitoring log v1.6 \n80, 01-01-2026 00:00:01, 50, 250\n",
                    "Afterburner"),
    "line protocol": ("cpu,host=a,cpu=b usage_user=25 1767225600000000000\n" * 4, "no metric of watts"),
    "pmon": ("#Date Time gpu pid type sm\n#YYYYMMDD HH:MM:SS Idx # C/G %\n 20260101 00:00:00 0 7 C 5\n", "--processes"),
    "intel_gpu_top's text": (" Freq MHz      IRQ RC6     Power W     IMC\n req  act\n 0 0 0 98 0 4.2\n", "-J"),
    "MLflow's file": ("1767225600000 100.0 0\n1767225601000 101.5 1\n", "MLflow"),
    "dcgmi without times": ("#Entity   POWER\nID         W\nGPU 0     120.5\n", "no time"),
    "sensors -j": ('{"amdgpu-pci-0300": {"Adapter": "PCI adapter", "PPT": {"power1_average": 12.0}}}', "lm-sensors"),
    "a log": ("2026-01-01 00:00:00,123 INFO loss 0.5, power 250 W\n" * 4, "a log of lines"),
    "nested JSON": ('{"gpus": [{"power.draw": 5}]}\n' * 4, "JSON of a form that is not known"),
    "ROCm's screen": ("=== ROCm System Management Interface ===\nGPU[0]\t: Average Graphics Package Power (W): 35.0\n",
                      "carry no time"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_told_by_name(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(WattlineError, match=message):
        read(path)


def test_a_servers_column_of_current_power_is_not_a_jetsons(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,power_cur,power_avg\n" + "".join(f"{T0 + i},{900 + i},905\n" for i in range(20)))
    assert report(read(path)).data["mean_w"] == pytest.approx(909.5, rel=0.01)


def test_an_acronym_beside_a_unit_is_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Time_Of_Day_Seconds,PkgWatt,CorWatt,RAMWatt\n" + "".join(f"{T0 + i},90,50,10\n" for i in range(9)))
    data = report(read(path)).data
    assert data["mean_w"] == pytest.approx(100)
    assert data["devices"] == 2


def test_rows_of_a_boards_instances_carry_the_boards_watts_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows_of = [f"{T0 + i},GPU-{g},MIG-{g}-{k},{watts(i) + g}" for i in range(N) for g in range(2) for k in range(3)]
    path.write_text("\n".join(["timestamp,gpu_uuid,mig_uuid,power_w", *rows_of]) + "\n")
    data = report(read(path)).data
    assert data["devices"] == 2
    assert data["mean_w"] == pytest.approx(2 * 250 + 1, rel=1e-2)


def test_instances_with_watts_of_their_own_add_up(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows_of = [f"{T0 + i},0,{k},{(k + 1) * 10 + i % 5}" for i in range(N) for k in range(3)]
    path.write_text("\n".join(["timestamp,gpu,gi_id,power_w", *rows_of]) + "\n")
    assert report(read(path)).data["mean_w"] == pytest.approx(66, rel=0.02)


def test_joules_that_may_be_of_each_row_by_their_lengths_are_refused_with_the_option(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rising = [f"{T0 + i},1,{(100 + i) / 3.6e6}" for i in range(N)]
    path.write_text("\n".join(["timestamp,interval_s,energy_kwh", *rising]) + "\n")
    with pytest.raises(WattlineError, match="energy_kwh=interval"):
        read(path)
    counter = [f"{T0 + i},1,{100 * i / 3.6e6}" for i in range(N)]
    path.write_text("\n".join(["timestamp,interval_s,energy_kwh", *counter]) + "\n")
    assert report(read(path)).data["mean_w"] == pytest.approx(100)


def ranks(path: Path, late_s: float, more_w: float) -> Path:
    """Two ranks that each tell two cards, the second by so much later and higher."""
    lines = [f"{T0 + i + late_s * k},{k},{watts(i) + more_w * k},{watts(i) + 50 + more_w * k}"
             for i in range(N) for k in range(2)]  # fmt: skip
    path.write_text("\n".join(["time,rank,gpu0_w,gpu1_w", *lines]) + "\n")
    return path


def test_ranks_that_tell_the_same_cards_count_once_or_are_refused(tmp_path: Path) -> None:
    same = ranks(tmp_path / "a.csv", 0.0, 0.0)
    assert report(read(same)).data["mean_w"] == pytest.approx(550, rel=0.01)
    near = ranks(tmp_path / "b.csv", 0.3, 0.5)
    with pytest.raises(WattlineError, match=r"--device none .*--device rank"):
        read(near)
    assert report(read(near, Choices(device=("rank",)))).data["mean_w"] == pytest.approx(1100, rel=0.01)
    assert report(read(ranks(tmp_path / "c.csv", 0.0, 90.0))).data["mean_w"] == pytest.approx(1280, rel=0.01)


def test_the_facility_holds_what_is_in_it_and_the_ups_its_output(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows("time,it_power_kw,cooling_power_kw,facility_power_kw", lambda i: f"{T0 + i},70,30,100"))
    assert report(read(path)).data["mean_w"] == pytest.approx(100e3)
    path.write_text(rows("time,ups_input_kw,ups_output_kw", lambda i: f"{T0 + i},40,38"))
    assert report(read(path)).data["mean_w"] == pytest.approx(40e3)


def test_power_of_processes_is_told_apart_by_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{T0 + i},{100 + k},{50 + i % 5}" for i in range(N) for k in range(2)]
    path.write_text("\n".join(["time,pid,process_power_w", *lines]) + "\n")
    assert report(read(path)).data["mean_w"] == pytest.approx(104, rel=0.01)


@pytest.mark.parametrize("name", ["power_btu_h", "power_hp", "Power (dBm)", "power_kva"])
def test_a_unit_that_is_not_read_is_no_watt(name: str, tmp_path: Path) -> None:
    (tmp_path / "strange.csv").write_text(columns(name, *constant(250)))
    with pytest.raises(WattlineError, match="no column is the power"):
        read(tmp_path / "strange.csv")
    (tmp_path / "both.csv").write_text(columns(f"{name},power_w", *constant(853, 250)))
    made = report(read(tmp_path / "both.csv")).json()["results"]
    assert made["energy_wh"]["value"] * 3600 / made["duration_s"] == pytest.approx(250)


@pytest.mark.parametrize("cell", ["0xFA", "250 BTU", "250 hp", "250 VA"])
def test_a_cell_in_a_strange_unit_is_no_number(cell: str, tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(timed(lambda i: cell))
    with pytest.raises(WattlineError, match="no number"):
        report(read(tmp_path / "cells.csv"))


def test_what_goes_back_to_the_grid_is_not_used(tmp_path: Path) -> None:
    text = columns("energy_import_wh,energy_export_wh", lambda i: i * 5 * 250 / 3600, lambda i: i * 5 * 70 / 3600)
    (tmp_path / "meter.csv").write_text(text)
    made = report(read(tmp_path / "meter.csv")).json()["results"]
    assert made["energy_wh"]["value"] * 3600 / made["duration_s"] == pytest.approx(250, rel=1e-6)


def test_a_name_that_stands_twice_in_the_header_counts_once_or_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "same.csv").write_text(columns("power_w,power_w", *constant(250, 250)))
    made = report(read(tmp_path / "same.csv")).json()["results"]
    assert made["energy_wh"]["value"] * 3600 / made["duration_s"] == pytest.approx(250)
    (tmp_path / "other.csv").write_text(columns("power_w,power_w", *constant(250, 100)))
    with pytest.raises(WattlineError, match="power_w is twice"):
        read(tmp_path / "other.csv")
