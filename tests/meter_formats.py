"""One recording of one processor or card, written in every format that can hold it.

Power runs straight between the instants, so that readings, means of intervals and counters tell the same joules.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from meter_formats_abroad import ABROAD
from meter_formats_devices import DEVICES
from meter_formats_logs import LOGS
from meter_formats_monitors import MONITORS
from meter_formats_more import MORE
from meter_truth import Truth, lines, matrix, rows
from wattline.meter.device import Device
from wattline.meter.export.tables import readings_table
from wattline.meter.journal.importer import into_journal
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec


def recording(truth: Truth, counter: bool = False) -> Recording:
    values = np.array(truth.counter_j if counter else truth.power_w)
    power, energy = (None, values) if counter else (values, None)
    device = Device("n1", "gpu0", "gpu", "a card")
    return Recording([Series(device, Spec("file"), np.array(truth.time_s, float), power, energy)])


def own_table(path: Path, truth: Truth, counter: bool = False) -> Path:
    frame = readings_table(recording(truth, counter))
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    return path


def parquet(path: Path, truth: Truth) -> Path:
    pl.DataFrame({"time": truth.time_s, "power_w": truth.power_w}).write_parquet(path)
    return path


def codecarbon(path: Path, truth: Truth) -> Path:
    kwh = truth.energy_j / 3.6e6
    end = truth.at("%Y-%m-%dT%H:%M:%S")[-1]
    header = "timestamp,project_name,run_id,duration,gpu_energy,energy_consumed"
    return rows(path, header, [[end, "a", "r", truth.time_s[-1] - truth.time_s[0], kwh, kwh]])


def journal(path: Path, truth: Truth) -> Path:
    into_journal(recording(truth), path)
    return path


def powermetrics(path: Path, truth: Truth) -> Path:
    text = ["Machine model: Mac14,2", "OS version: 22A380", ""]
    for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True):
        at = datetime.fromtimestamp(t1, UTC).strftime("%a %b %d %H:%M:%S %Y +0000")
        text += [f"*** Sampled system activity ({at}) ({(t1 - t0) * 1000:.2f}ms elapsed) ***", ""]
        text += [f"CPU Power: {w * 600:.3f} mW", f"GPU Power: {w * 400:.3f} mW", "ANE Power: 0 mW"]
        text += [f"Combined Power (CPU + GPU + ANE): {w * 1000:.3f} mW", ""]
    return lines(path, text)


def perf(path: Path, truth: Truth, sign: str = "") -> Path:
    begin = truth.time_s[0]
    started = datetime.fromtimestamp(begin, UTC).strftime("%a %b %d %H:%M:%S %Y")
    text = [f"# started on {started}", "", "#           time             counts unit events"]
    for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True):
        for event, share in (("pkg", 1.0), ("cores", 0.7)):
            joules = f"{w * share * (t1 - t0):.6f}"
            cells = [f"{t1 - begin:.9f}", joules, "Joules", f"power/energy-{event}/"]
            text.append(
                sign.join([*cells, "1", "100.00"]) if sign else f"{cells[0]:>15} {joules:>18} Joules {cells[3]}"
            )
    return lines(path, text)


def turbostat(path: Path, truth: Truth) -> Path:
    header = "Time_Of_Day_Seconds\tPackage\tCore\tCPU\tBusy%\tPkgWatt\tCorWatt"
    text = []
    means = [truth.means[0], *truth.means]  # its first row is an interval too
    for i, (t, w) in enumerate(zip(truth.time_s, means, strict=True)):
        text += [header] if i % 20 == 0 else []
        if i:
            text += [f"{t}.000000\t-\t-\t-\t50.00\t{w:.6f}\t{0.7 * w:.6f}", f"{t}.000000\t0\t0\t0\t50.00\t{w:.6f}\t1.0"]
    return lines(path, text)


def tegrastats(path: Path, truth: Truth) -> Path:
    return lines(path, [
        f"{at} RAM 3000/7000MB (lfb 2x4MB) SWAP 0/3500MB CPU [2%@729,off] GR3D_FREQ 0% cpu@45C "
        f"VDD_IN {w * 1000:.0f}mW/5000mW VDD_CPU_GPU_CV {w * 600:.0f}mW/1mW VDD_SOC {w * 200:.0f}mW/1mW"
        for at, w in zip(truth.at("%m-%d-%Y %H:%M:%S"), truth.power_w, strict=True)
    ])  # fmt: skip


def dmon(path: Path, truth: Truth) -> Path:
    header = ["#Date       Time        gpu    pwr  gtemp", "#YYYYMMDD   HH:MM:SS    Idx      W      C"]
    return lines(path, [*header, *(f" {a}      0    {w:.4f}     45" for a, w in
                                   zip(truth.at("%Y%m%d   %H:%M:%S"), truth.power_w, strict=True))])  # fmt: skip


def rocm(path: Path, truth: Truth) -> Path:
    text = []
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [f"# time: {t}", "device,Average Graphics Package Power (W)", f"card0,{w}"]
    return lines(path, text)


def amd_json(path: Path, truth: Truth) -> Path:
    items = [[{"gpu": 0, "timestamp": t, "power": {"socket_power": {"value": w, "unit": "W"}}}]
             for t, w in zip(truth.time_s, truth.power_w, strict=True)]  # fmt: skip
    return lines(path, [json.dumps(item) for item in items])


def pyjoules(path: Path, truth: Truth) -> Path:
    cells = [[t0, f"part {i}", t1 - t0, w * (t1 - t0) * 1e6, 0.7 * w * (t1 - t0) * 1e6]
             for i, ((t0, t1), w) in enumerate(zip(pairwise(truth.time_s), truth.means, strict=True))]  # fmt: skip
    return rows(path, "timestamp;tag;duration;package_0;core_0", cells, ";")


def pyrapl(path: Path, truth: Truth) -> Path:
    cells = [[f"part {i}", t0, (t1 - t0) * 1e6, w * (t1 - t0) * 1e6, "", 0]
             for i, ((t0, t1), w) in enumerate(zip(pairwise(truth.time_s), truth.means, strict=True))]  # fmt: skip
    return rows(path, "label,timestamp,duration,pkg,dram,socket", cells)


def alumet(path: Path, truth: Truth) -> Path:
    at = truth.at("%Y-%m-%dT%H:%M:%SZ")
    cells = [["rapl_consumed_energy_J", at[i + 1], w * (t1 - t0) * share, kind, "0", "local_machine", "", domain, ""]
             for i, ((t0, t1), w) in enumerate(zip(pairwise(truth.time_s), truth.means, strict=True))
             for kind, domain, share in (("cpu_package", "package", 1.0), ("cpu_package", "pp0", 0.5),
                                         ("local_machine", "package_total", 1.0))]  # fmt: skip
    header = "metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;domain;__late_attributes"
    return rows(path, header, cells, ";")


def scaphandre(path: Path, truth: Truth) -> Path:
    reports = [{"host": {"consumption": w * 1e6, "timestamp": t},
                "consumers": [{"pid": 7, "exe": "x", "consumption": w * 1e5, "timestamp": t}],
                "sockets": [{"id": 0, "consumption": w * 9e5, "timestamp": t,
                             "domains": [{"name": "dram", "consumption": w * 1e5, "timestamp": t}]}]}
               for t, w in zip(truth.time_s, truth.power_w, strict=True)]  # fmt: skip
    path.write_text(json.dumps(reports))
    return path


def ipmi_dcmi(path: Path, truth: Truth) -> Path:
    text = []
    for at, w in zip(truth.at("%a %b %d %H:%M:%S %Y"), truth.power_w, strict=True):
        text += ["", f"    Instantaneous power reading:              {w:.3f} Watts",
                 "    Minimum during sampling period:            10 Watts",
                 f"    IPMI timestamp:                           {at}",
                 "    Sampling period:                          00000001 Seconds."]  # fmt: skip
    return lines(path, text)


def ipmi_sensors(path: Path, truth: Truth) -> Path:
    text = []
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [str(t), f"PS1 Input Power  | {w * 0.6:.4f}    | Watts      | ok    | na",
                 f"PS2 Input Power  | {w * 0.4:.4f}    | Watts      | ok    | na",
                 f"CPU Power        | {w * 0.3:.4f}    | Watts      | ok    | na",
                 "Fan 1            | 4000.000   | RPM        | ok    | na"]  # fmt: skip
    return lines(path, text)


def hardware_monitor(path: Path, truth: Truth) -> Path:
    paths = ["", "/intelcpu/0/load/0", "/intelcpu/0/power/0", "/intelcpu/0/power/1", "/intelcpu/0/power/2"]
    names = ["Time", '"CPU Total"', '"CPU Package"', '"CPU Cores"', '"CPU Graphics"']
    cells = [[at, 50, w, 0.7 * w, 0.1 * w] for at, w in zip(truth.at("%m/%d/%Y %H:%M:%S"), truth.power_w, strict=True)]
    return rows(path, ",".join(paths), [names, *cells])


def wandb_events(path: Path, truth: Truth) -> Path:
    return lines(path, [json.dumps({"system.gpu.0.powerWatts": w, "system.gpu.process.0.powerWatts": w,
                                    "system.cpu": 3.0, "_timestamp": t, "_wandb": True})
                        for t, w in zip(truth.time_s, truth.power_w, strict=True)])  # fmt: skip


def proxy(path: Path, truth: Truth) -> Path:
    from wattline.web.proxy.request_log import SCHEMA

    db = sqlite3.connect(path)
    db.executescript(SCHEMA)
    db.executemany(
        "INSERT INTO energy VALUES (1, ?, ?, ?, 0, 0, 0)",
        [(t0, t1, w * (t1 - t0)) for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True)],
    )
    db.commit()
    db.close()
    return path


def zeus_windows(path: Path, truth: Truth) -> Path:
    cells = [[t0, f"step {i}", t1 - t0, w * (t1 - t0)]
             for i, ((t0, t1), w) in enumerate(zip(pairwise(truth.time_s), truth.means, strict=True))]  # fmt: skip
    return rows(path, "start_time,window_name,elapsed_time,gpu0_energy", cells)


def kepler_table(path: Path, truth: Truth) -> Path:
    name = "kepler_node_package_joules_total"
    cells = [[i, name, "n1", mode, "0", "pod-x", t, share * e]
             for mode, share in (("dynamic", 0.7), ("idle", 0.3))
             for i, (t, e) in enumerate(zip(truth.time_s, truth.counter_j, strict=True))]  # fmt: skip
    return rows(path, f",__name__,instance,mode,package,pod,timestamp,{name}", cells)


def kepler_dictionary(path: Path, truth: Truth) -> Path:
    pairs = [[t, str(e)] for t, e in zip(truth.time_s, truth.counter_j, strict=True)]
    zones = [{"metric": {"node_name": "n1", "zone": zone}, "values": pairs} for zone in ("package", "core")]
    path.write_text(json.dumps({"kepler_node_cpu_joules_total": zones}))
    return path


def exposition(path: Path, truth: Truth) -> Path:
    text = ["# TYPE DCGM_FI_DEV_POWER_USAGE gauge"]
    text += [f'DCGM_FI_DEV_POWER_USAGE{{gpu="0",UUID="GPU-1",pod="{"ab"[i % 2]}"}} {w!r} {t}000'
             for i, (t, w) in enumerate(zip(truth.time_s, truth.power_w, strict=True))]  # fmt: skip
    return lines(path, text)


def pairs(truth: Truth, scale: float = 1.0) -> list[tuple[int, float]]:
    return [(t, w * scale) for t, w in zip(truth.time_s, truth.power_w, strict=True)]


FORMATS: dict[str, tuple[str, Callable[[Path, Truth], Path]]] = {
    "CSV of watts": ("a.csv", lambda p, t: rows(p, "time,power_w", pairs(t))),
    "CSV of kilowatts": ("a.csv", lambda p, t: rows(p, "time,gpu0 power [kW]", pairs(t, 1e-3))),
    "CSV of milliwatts": ("a.csv", lambda p, t: rows(p, "time,power_mW", pairs(t, 1e3))),
    "CSV in capitals": ("a.csv", lambda p, t: rows(p, "TIME,POWER_MW", pairs(t, 1e3))),
    "CSV with units in cells": ("a.csv", lambda p, t: rows(p, "time,gpu_power", [
        (a, f"{w / 1000!r} kW" if i % 2 else f"{w!r} W") for i, (a, w) in enumerate(pairs(t))])),
    "CSV of a counter": ("a.csv", lambda p, t: rows(p, "time,energy_total_j",
                                                    zip(t.time_s, t.counter_j, strict=True))),
    "CSV of watt-hours": ("a.csv", lambda p, t: rows(p, "time,energy_wh", [
        (a, e / 3600) for a, e in zip(t.time_s, t.counter_j, strict=True)])),
    "CSV of milliwatt-hours": ("a.csv", lambda p, t: rows(p, "time,energy_mWh", [
        (a, e / 3.6) for a, e in zip(t.time_s, t.counter_j, strict=True)])),
    "CSV of joules a step": ("a.csv", lambda p, t: rows(p, "time,step_energy_j", [
        (b, w * (b - a)) for (a, b), w in zip(pairwise(t.time_s), t.means, strict=True)])),
    "CSV of names and values": ("a.csv", lambda p, t: rows(p, "time,metric,value", [
        (a, n, v) for a, w in pairs(t) for n, v in (("gpu0_power_w", w), ("gpu0_temp_c", 50))])),
    "CSV with a total": ("a.csv", lambda p, t: rows(p, "time,a_w,b_w,total_w", [
        (a, 0.4 * w, 0.6 * w, w) for a, w in pairs(t)])),
    "CSV by semicolons and commas": ("a.csv", lambda p, t: rows(p, "time;power_w", [
        (a, f"{w:.6f}".replace(".", ",")) for a, w in pairs(t)], ";")),
    "CSV of nanoseconds": ("a.csv", lambda p, t: rows(p, "timestamp_ns,power_w", [
        (f"{a}000000000", w) for a, w in pairs(t)])),
    "CSV of dates by AM and PM": ("a.csv", lambda p, t: rows(p, "timestamp,power_w", zip(
        t.at("%m/%d/%Y %I:%M:%S %p"), t.power_w, strict=True))),
    "Parquet": ("a.parquet", parquet),
    "own readings as CSV": ("a.csv", own_table),
    "own readings as Parquet": ("a.parquet", own_table),
    "own counter as CSV": ("a.csv", lambda p, t: own_table(p, t, True)),
    "journal": ("a.wattline", journal),
    "proxy's journal": ("proxy.db", proxy),
    "nvidia-smi": ("a.csv", lambda p, t: rows(p, "timestamp, index, power.draw [W]", [
        (f"{a}.000", " 0", f" {w:.5f} W") for a, w in zip(t.at("%Y/%m/%d %H:%M:%S"), t.power_w, strict=True)])),
    "dmon": ("a.txt", dmon),
    "Zeus power": ("a.csv", lambda p, t: rows(p, "time,power0", pairs(t))),
    "Zeus windows": ("a.csv", zeus_windows),
    "CodeCarbon": ("emissions.csv", codecarbon),
    "Prometheus' watts": ("a.json", lambda p, t: matrix(p, "DCGM_FI_DEV_POWER_USAGE", t, t.power_w, UUID="GPU-1")),
    "Prometheus' counter": ("a.json", lambda p, t: matrix(p, "kepler_node_cpu_joules_total", t, t.counter_j,
                                                           zone="package")),
    "Prometheus text": ("a.prom", exposition),
    "Kepler's table": ("a.csv", kepler_table),
    "Kepler's dictionary": ("a.json", kepler_dictionary),
    "Scaphandre's metric": ("a.json", lambda p, t: matrix(p, "scaph_host_power_microwatts", t,
                                                          [w * 1e6 for w in t.power_w])),
    "Scaphandre": ("a.json", scaphandre),
    "powermetrics": ("a.txt", powermetrics),
    "perf stat": ("a.txt", perf),
    "perf stat as CSV": ("a.csv", lambda p, t: perf(p, t, ",")),
    "turbostat": ("a.txt", turbostat),
    "tegrastats": ("a.log", tegrastats),
    "rocm-smi": ("a.txt", rocm),
    "amd-smi": ("a.csv", lambda p, t: rows(p, "timestamp,gpu,socket_power,gfx_voltage", [
        (a, 0, w, "N/A") for a, w in pairs(t)])),
    "amd-smi as JSON": ("a.json", amd_json),
    "xpu-smi": ("a.csv", lambda p, t: rows(p, "Timestamp, DeviceId, GPU Power (W)", [
        (f"{a}.000", "    0", f" {w:.5f}") for a, w in zip(t.at(), t.power_w, strict=True)])),
    "pyJoules": ("a.csv", pyjoules),
    "pyRAPL": ("a.csv", pyrapl),
    "Alumet": ("a.csv", alumet),
    "ipmitool's DCMI": ("a.txt", ipmi_dcmi),
    "ipmitool's sensors": ("a.txt", ipmi_sensors),
    "LibreHardwareMonitor": ("a.csv", hardware_monitor),
    "W&B as CSV": ("a.csv", lambda p, t: rows(p, "_timestamp,system.gpu.0.powerWatts,system.gpu.0.powerPercent", [
        (a, w, 50) for a, w in pairs(t)])),
    "W&B's events": ("a.jsonl", wandb_events),
    **MORE,
    **ABROAD,
    **DEVICES,
    **MONITORS,
    **LOGS,
}  # fmt: skip
