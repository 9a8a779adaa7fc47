"""The same recording as meters' messages, tools behind times, schedulers and round-robin databases give it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from meter_truth import Truth, lines, rows

Writer = Callable[[Path, Truth], Path]


def behind(path: Path, truth: Truth, form: str, text: Callable[[int, float], list[str]]) -> Path:
    """Each line of a tool behind its time, as ``ts`` and its like put it there."""
    out = []
    for i, (at, w) in enumerate(zip(truth.at(form), truth.power_w, strict=True)):
        out += [f"{at} {line}" for line in text(i, w)]
    return lines(path, out)


def dcgmi_rows(i: int, w: float) -> list[str]:
    head = [] if i % 20 else ["#Entity   POWER   GPUTL", "ID          W     "]
    return head + [f"GPU {k}     {share * w:.5f}   98" for k, share in enumerate((0.6, 0.4))]


def dmon_rows(i: int, w: float) -> list[str]:
    head = [] if i % 20 else ["# gpu    pwr  gtemp", "# Idx      W      C"]
    return head + [f"    {k}  {share * w:.5f}     45" for k, share in enumerate((0.6, 0.4))]


def sdr_rows(i: int, w: float) -> list[str]:
    return [f"PS{k} Input Power  | {share * w:.5f} Watts   | ok" for k, share in ((1, 0.6), (2, 0.4))]


def dcmi_row(i: int, w: float) -> list[str]:
    return [f"   Instantaneous power reading:                   {w:.5f} Watts"]


def turbostat_behind(path: Path, truth: Truth) -> Path:
    means = [truth.means[0], *truth.means]
    out = []
    for i, (t, w) in enumerate(zip(truth.time_s, means, strict=True)):
        out += [] if i % 20 else [f"{t}.0 Package\tCore\tCPU\tBusy%\tPkgWatt\tRAMWatt"]
        out += [f"{t}.0 -\t-\t-\t5\t{0.9 * w:.6f}\t{0.1 * w:.6f}"] if i else []
    return lines(path, out)


def gpustat_screen(path: Path, truth: Truth) -> Path:
    out = []
    for at, w in zip(truth.at("%a %b %d %H:%M:%S %Y"), truth.power_w, strict=True):
        out += [f"\x1b[1m\x1b[37mn1                  \x1b(B\x1b[m  {at}  \x1b[1m535.104.05\x1b(B\x1b[m"]
        out += [f"[{k}] X | 45'C,  98 %,  {share * w:.5f} / 400 W | 12345 / 81920 MB | a(12M)"
                for k, share in enumerate((0.6, 0.4))]  # fmt: skip
    return lines(path, out)


def messages(path: Path, truth: Truth, text: Callable[[int, int, float, float], str]) -> Path:
    """A message each instant: its number, time, watts and joules so far."""
    items = zip(truth.time_s, truth.power_w, truth.counter_j, strict=True)
    return lines(path, [text(i, t, w, joules) for i, (t, w, joules) in enumerate(items)])


def plug(truth: Truth, i: int, power: Any, total: Any) -> str:
    energy = {"TotalStartTime": "2025-03-20T15:20:48", "Total": total, "Yesterday": 1.495, "Today": 0.5,
              "Power": power, "ApparentPower": 999, "Factor": 0.61, "Voltage": 234}  # fmt: skip
    return json.dumps({"Time": truth.at("%Y-%m-%dT%H:%M:%S")[i], "ENERGY": energy})


def tasmota_topics(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: "\n".join(
        f"tele/plug{k}/SENSOR {plug(truth, i, share * w, 10 + share * j / 3.6e6)}" for k, share in ((1, 0.7), (2, 0.3))
    ))  # fmt: skip


def tasmota_status(path: Path, truth: Truth) -> Path:
    """Two channels of one device, whose total is too coarse to be energy."""
    return messages(path, truth, lambda i, t, w, j: json.dumps(
        {"StatusSNS": json.loads(plug(truth, i, [0.7 * w, 0.3 * w], [10.0, 4.0]))}
    ))  # fmt: skip


def zigbee(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: f"{t} zigbee2mqtt/rack/plug " + json.dumps(
        {"current": 1, "energy": 10 + j / 3.6e6, "power": w, "voltage": 230, "linkquality": 90}
    ))  # fmt: skip


def mosquitto(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: json.dumps(
        {"tst": truth.at("%Y-%m-%dT%H:%M:%S.000000Z+0000")[i], "topic": "zigbee2mqtt/plug", "qos": 0,
         "payload": {"energy": 10 + j / 3.6e6, "power": w, "voltage": 230}}
    ))  # fmt: skip


def shelly_notes(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: json.dumps(
        {"src": "shellyplug-1", "method": "NotifyStatus", "params": {"ts": t, "switch:0": {
            "id": 0, "apower": w, "aenergy": {"by_minute": [1.0, 2.0], "minute_ts": t, "total": 500 + j / 3600}}}}
    ))  # fmt: skip


def shelly_answers(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: f"{t}\n" + json.dumps(
        {"id": 0, "output": True, "apower": w, "voltage": 230, "aenergy": {"total": 500 + j / 3600}}, indent=2
    ))  # fmt: skip


def shelly_relay(path: Path, truth: Truth) -> Path:
    """The first generation, whose relays count watt-minutes."""
    return messages(path, truth, lambda i, t, w, j: json.dumps(
        {"time": "10:24", "unixtime": t, "relays": [{"ison": True}], "meters": [
            {"power": w, "overpower": 0, "is_valid": True, "counters": [w, w, w], "total": 5000 + j / 60}]}
    ))  # fmt: skip


def shelly_phases(path: Path, truth: Truth) -> Path:
    phases = {"a": 0.5, "b": 0.3, "c": 0.2}
    return messages(path, truth, lambda i, t, w, j: json.dumps({
        "em:0": {"id": 0, **{f"{p}_act_power": s * w for p, s in phases.items()}, "total_act_power": w,
                 "a_aprt_power": 9 * w, "total_aprt_power": 9 * w},
        "emdata:0": {**{f"{p}_total_act_energy": 5 + s * j / 3600 for p, s in phases.items()},
                     "total_act": 15 + j / 3600, "total_act_ret": 3}, "sys": {"unixtime": t}}
    ))  # fmt: skip


def redfish(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: f"{truth.at()[i]}\n" + json.dumps({
        "@odata.id": "/redfish/v1/Chassis/1/Power",
        "PowerControl": [{"Name": "System Power Control", "PowerConsumedWatts": w, "PowerCapacityWatts": 1500,
                          "PowerMetrics": {"AverageConsumedWatts": 3 * w, "MaxConsumedWatts": 9 * w}},
                         {"Name": "CPU Power", "PowerConsumedWatts": 0.4 * w}],
        "PowerSupplies": [{"PowerInputWatts": 0.5 * w, "LastPowerOutputWatts": 0.4 * w} for _ in "12"]}, indent=1
    ))  # fmt: skip


def redfish_metrics(path: Path, truth: Truth) -> Path:
    return messages(path, truth, lambda i, t, w, j: f"{t}\n" + json.dumps(
        {"@odata.id": "/redfish/v1/Chassis/1/EnvironmentMetrics", "PowerWatts": {"Reading": w},
         "EnergykWh": {"Reading": 100 + j / 3.6e6}}
    ))  # fmt: skip


def geopm_trace(path: Path, truth: Truth, old: bool = False) -> Path:
    names = "ENERGY_PACKAGE|ENERGY_DRAM|POWER_PACKAGE" if old else "CPU_ENERGY|DRAM_ENERGY|CPU_POWER"
    head = ["# geopm_version: 3.0", "# start_time: Thu Jan 01 00:00:00 2026", "# profile_name: x", "# node_name: n1",
            "# agent: monitor", f"TIME|EPOCH_COUNT|REGION_HASH|{names}|CPU_FREQUENCY_STATUS"]  # fmt: skip
    begin = truth.time_s[0]
    return lines(path, head + [
        f"{t - begin + 0.2}|-1|0x725e8066|{2e5 + 0.9 * j!r}|{3e4 + 0.1 * j!r}|{w if i > 1 else 'nan'}|2763636363.6"
        for i, (t, w, j) in enumerate(zip(truth.time_s, truth.power_w, truth.counter_j, strict=True))
    ])  # fmt: skip


def geopm_report(path: Path, truth: Truth) -> Path:
    length = truth.time_s[-1] - truth.time_s[0]
    text = ["GEOPM Version: 3.0", "Start Time: Thu Jan 01 00:00:00 2026", "Agent: monitor", "", "Hosts:"]
    for host, share in (("n1", 0.6), ("n2.cluster", 0.4)):
        joules = share * truth.energy_j
        text += [f"  {host}:", "    Regions:", "    -", '      region: "dgemm"', f"      runtime (s): {length}",
                 f"      package-energy (J): {0.7 * joules}", "    Application Totals:", f"      runtime (s): {length}",
                 f"      package-energy (J): {0.9 * joules}", f"      dram-energy (J): {0.1 * joules}",
                 "      power (W): 1"]  # fmt: skip
    return lines(path, text)


def fetched(path: Path, truth: Truth) -> Path:
    return lines(path, ["             psu1_watts          psu2_watts          temp", ""] + [
        f"{t}: {0.6 * w:.10e} {0.4 * w:.10e} 4.5e+01"
        for t, w in zip(truth.time_s[1:], truth.means, strict=True)
    ] + [f"{truth.time_s[-1] + 600}: -nan -nan -nan"])  # fmt: skip


def exported(path: Path, truth: Truth) -> Path:
    steps = zip(truth.time_s[1:], truth.means, strict=True)
    data = "".join(f"<row><t>{t}</t><v>{w:.10e}</v></row>\n" for t, w in steps)
    path.write_text('<?xml version="1.0"?>\n<xport>\n<meta><step>5</step><legend><entry>power_w</entry></legend></meta>'
                    f"\n<data>{data}</data>\n</xport>\n")  # fmt: skip
    return path


def sacct(path: Path, truth: Truth, own: bool = True) -> Path:
    """A job with its own energy, or one whose second step holds all of it."""
    begin, end = truth.time_s[0], truth.time_s[-1]
    joules = {"set": True, "infinite": False, "number": truth.energy_j}
    step = {"time": {"start": {"set": True, "number": begin}, "end": {"set": True, "number": end}},
            "statistics": {"energy": {"consumed": joules}}}  # fmt: skip
    inner = {"time": {"start": begin + 1, "end": end - 1}, "statistics": {"energy": {"consumed": truth.energy_j / 2}}}
    tres = [{"type": "cpu", "count": 4}, {"type": "energy", "count": truth.energy_j}] if own else []
    job = {"job_id": 7, "name": "train", "time": {"start": begin, "end": end, "elapsed": end - begin},
           "steps": [inner, step], "tres": {"allocated": tres}}  # fmt: skip
    path.write_text(json.dumps({"jobs": [job], "meta": {"plugin": {}}}))
    return path


def perf_total(path: Path, truth: Truth) -> Path:
    nanoseconds = (truth.time_s[-1] - truth.time_s[0]) * 10**9
    return lines(path, ["# started on Thu Jan  1 00:00:00 2026", ""] + [
        f"{share * truth.energy_j:.4f},Joules,power/energy-{event}/,{nanoseconds},100.00,,"
        for event, share in (("pkg", 0.9), ("ram", 0.1))
    ])  # fmt: skip


def sensor_get(path: Path, truth: Truth) -> Path:
    return lines(path, [line for at, w in zip(truth.at(), truth.power_w, strict=True) for line in (
        at, "Sensor ID              : Pwr Consumption (0x77)", " Entity ID             : 7.1 (System Board)",
        f" Sensor Reading        : {w:.5f} (+/- 0) Watts", " Status                : ok")])  # fmt: skip


def sensor_list(path: Path, truth: Truth) -> Path:
    return lines(path, [line for at, w in zip(truth.at(), truth.power_w, strict=True) for line in (
        at, f"Pwr Consumption,{w:.5f},Watts,ok", "Fan1,3960,RPM,ok")])  # fmt: skip


def influx_means(path: Path, truth: Truth) -> Path:
    return rows(path, "name,tags,time,mean", [
        ["nvidia_smi_power_draw", f"index={k}", f"{t}000000000", share * w]
        for k, share in ((0, 0.6), (1, 0.4)) for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def influx_plain(path: Path, truth: Truth) -> Path:
    return rows(path, ",result,table,_start,_stop,_time,_value,_field,_measurement,index", [
        ["", "_result", k, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", at, share * w, "power_draw", "nvidia_smi", k]
        for k, share in ((0, 0.6), (1, 0.4))
        for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%SZ"), truth.power_w, strict=True)
    ])  # fmt: skip


def influx_import(path: Path, truth: Truth) -> Path:
    return lines(path, ["# DDL", "CREATE DATABASE x", "# DML", "# CONTEXT-DATABASE: x"] + [
        f"power,host=n1 watts={w!r} {t}000000000" for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def promtool(path: Path, truth: Truth) -> Path:
    return lines(path, [line for k, share in ((0, 0.6), (1, 0.4)) for line in (
        f'DCGM_FI_DEV_POWER_USAGE{{UUID="GPU-{k}", instance="n1:9400"}} =>',
        *(f"{share * w!r} @[{t}]" for t, w in zip(truth.time_s, truth.power_w, strict=True)))])  # fmt: skip


def grafana_wide(path: Path, truth: Truth) -> Path:
    names = [f'"DCGM_FI_DEV_POWER_USAGE{{UUID=""GPU-{k}"", gpu=""{k}"", Hostname=""n1""}}"' for k in (0, 1)]
    cells = [[f"{t}000", 0.6 * w, 0.4 * w] for t, w in zip(truth.time_s, truth.power_w, strict=True)]
    return rows(path, ",".join(['"Time"', *names]), cells)


def energibridge(path: Path, truth: Truth) -> Path:
    names = "Delta,Time,CPU_USAGE_0,DRAM_ENERGY (J),GPU0_POWER (mWatts),PACKAGE_ENERGY (J),PP0_ENERGY (J),USED_SWAP"
    begin = [0, *(b - a for a, b in pairwise(truth.time_s))]
    return rows(path, names, [
        [1000 * step, 1000 * t, 3, 0.1 * j, 400 * w, 0.5 * j, 0.3 * j, 0]
        for step, t, w, j in zip(begin, truth.time_s, truth.power_w, truth.counter_j, strict=True)
    ])  # fmt: skip


DEVICES: dict[str, tuple[str, Writer]] = {
    "dcgmi behind epochs": ("a.txt", lambda p, t: behind(p, t, "%Y-%m-%d %H:%M:%S |", dcgmi_rows)),
    "dcgmi behind ts": ("a.txt", lambda p, t: behind(p, t, "%b %d %H:%M:%S", dcgmi_rows)),
    "dmon behind times": ("a.txt", lambda p, t: behind(p, t, "[%Y-%m-%d %H:%M:%S]", dmon_rows)),
    "ipmitool behind times": ("a.txt", lambda p, t: behind(p, t, "%Y-%m-%dT%H:%M:%SZ", sdr_rows)),
    "DCMI behind times of day": ("a.txt", lambda p, t: behind(p, t, "%H:%M:%S", dcmi_row)),
    "turbostat behind times": ("a.txt", turbostat_behind),
    "gpustat's screen": ("a.txt", gpustat_screen),
    "Tasmota by topics": ("a.log", tasmota_topics),
    "Tasmota's status": ("a.jsonl", tasmota_status),
    "Zigbee2MQTT": ("a.log", zigbee),
    "mosquitto's JSON": ("a.jsonl", mosquitto),
    "Shelly's notes": ("a.jsonl", shelly_notes),
    "Shelly's answers": ("a.txt", shelly_answers),
    "Shelly's relay": ("a.jsonl", shelly_relay),
    "Shelly's phases": ("a.jsonl", shelly_phases),
    "Redfish": ("a.txt", redfish),
    "Redfish's metrics": ("a.txt", redfish_metrics),
    "GEOPM's trace": ("a.trace", geopm_trace),
    "GEOPM's old trace": ("a.trace", lambda p, t: geopm_trace(p, t, True)),
    "GEOPM's report": ("a.report", geopm_report),
    "rrdtool fetch": ("a.txt", fetched),
    "rrdtool xport": ("a.xml", exported),
    "sacct's JSON": ("a.json", sacct),
    "sacct's JSON of steps": ("a.json", lambda p, t: sacct(p, t, False)),
    "perf stat of a command as CSV": ("a.csv", perf_total),
    "ipmitool sensor get": ("a.txt", sensor_get),
    "ipmitool -c": ("a.csv", sensor_list),
    "influx's means": ("a.csv", influx_means),
    "influx's CSV without annotations": ("a.csv", influx_plain),
    "influx -import": ("a.txt", influx_import),
    "promtool": ("a.txt", promtool),
    "Grafana's labels": ("a.csv", grafana_wide),
    "EnergiBridge": ("a.csv", energibridge),
    "CSV with the unit inside": ("a.csv", lambda p, t: rows(p, "time,power_kw_gpu0,power_kw_gpu1", [
        [a, 0.6e-3 * w, 0.4e-3 * w] for a, w in zip(t.time_s, t.power_w, strict=True)])),
}  # fmt: skip
