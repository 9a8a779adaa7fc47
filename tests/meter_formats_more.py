"""More formats in which a recording is written: screens, property lists, reports and lines of other tools."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from meter_formats_services import SERVICES
from meter_truth import Truth, lines, matrix


def apple_lists(path: Path, truth: Truth, intel: bool = False) -> Path:
    documents = []
    for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True):
        apple = {"cpu_power": w * 600, "gpu_power": w * 400, "ane_power": 0, "combined_power": w * 1000}
        processor = {"package_watts": w} if intel else apple
        stamp = datetime.fromtimestamp(t1, UTC).replace(tzinfo=None)
        data = {"is_delta": True, "elapsed_ns": (t1 - t0) * 10**9, "timestamp": stamp, "processor": processor}
        documents.append(plistlib.dumps(data))
    path.write_bytes(b"\0".join(documents))
    return path


def apple_energies(path: Path, truth: Truth) -> Path:
    """An older system: the millijoules of each part alone."""
    documents = []
    for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True):
        stamp, joules = datetime.fromtimestamp(t1, UTC).replace(tzinfo=None), w * (t1 - t0)
        parts = {"cpu_energy": joules * 700, "cpu_power": 0.0, "dram_energy": joules * 100, "ane_energy": 0}
        data = {"elapsed_ns": (t1 - t0) * 10**9, "timestamp": stamp, "processor": parts,
                "gpu": {"gpu_energy": joules * 200}}  # fmt: skip
        documents.append(plistlib.dumps(data))
    path.write_bytes(b"\n".join(documents))
    return path


def smi_report(path: Path, truth: Truth, module: bool = False) -> Path:
    text = []
    for at, w in zip(truth.at("%a %b %d %H:%M:%S %Y"), truth.power_w, strict=True):
        share = 0.6 if module else 1.0
        text += ["==============NVSMI LOG==============", "", f"Timestamp             : {at}", "", "Attached GPUs : 1",
                 "GPU 00000000:01:00.0", "    GPU UUID          : GPU-1", "    GPU Power Readings",
                 f"        Average Power Draw                : {share * w:.4f} W",
                 f"        Instantaneous Power Draw          : {share * w + 3:.4f} W",
                 "        Current Power Limit               : 700.00 W", "    GPU Memory Power Readings",
                 f"        Average Power Draw                : {f'{0.1 * w:.4f} W' if module else 'N/A'}",
                 "    Module Power Readings",
                 f"        Average Power Draw                : {f'{w:.4f} W' if module else 'N/A'}"]  # fmt: skip
    return lines(path, text)


def smi_xml(path: Path, truth: Truth) -> Path:
    text = []
    for at, w in zip(truth.at("%a %b %d %H:%M:%S %Y"), truth.power_w, strict=True):
        text += ['<?xml version="1.0" ?>', "<nvidia_smi_log>", f"\t<timestamp>{at}</timestamp>"]
        for k, share in enumerate((0.6, 0.4)):
            text += [f'\t<gpu id="00000000:0{k}:00.0">', f"\t\t<uuid>GPU-{k}</uuid>", "\t\t<gpu_power_readings>",
                     f"\t\t\t<power_draw>{share * w:.5f} W</power_draw>", "\t\t\t<power_limit>400 W</power_limit>",
                     "\t\t</gpu_power_readings>", "\t\t<module_power_readings>",
                     "\t\t\t<power_draw>N/A</power_draw>", "\t\t</module_power_readings>", "\t</gpu>"]  # fmt: skip
        text += ["</nvidia_smi_log>"]
    return lines(path, text)


def smi_module(path: Path, truth: Truth) -> Path:
    header = "timestamp, index, power.draw.average [W], power.draw.instant [W], module.power.draw.average [W]"
    return lines(path, [header] + [
        f"{at}.000, {k}, {0.6 * share * w:.5f} W, {share * w:.5f} W, {share * w:.5f} W"
        for at, w in zip(truth.at("%Y/%m/%d %H:%M:%S"), truth.power_w, strict=True)
        for k, share in enumerate((0.7, 0.3))
    ])  # fmt: skip


def dcgmi(path: Path, truth: Truth, energy: bool = False) -> Path:
    head = ["#Entity   TOTEC", "ID           mJ"] if energy else ["#Entity   POWER   SMCLK", "ID          W     MHz"]
    text = [f"{truth.time_s[0]}.000000 {line}" for line in head]
    for t, w, joules in zip(truth.time_s, truth.power_w, truth.counter_j, strict=True):
        shown = [f"{1e6 + joules * 1000:.0f}", "9007199254740988"] if energy else [f"{w * 0.5:.4f}", f"{w * 0.5:.4f}"]
        text += [f"{t}.000000 GPU {k}     {value}   {'' if energy else 1410}" for k, value in enumerate(shown)]
    return lines(path, text[: 2 + 2 * len(truth.time_s)])


def rocm_screen(path: Path, truth: Truth) -> Path:
    text = []
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [str(t), "=========== ROCm System Management Interface ===========", "==== Power Consumption ====",
                 f"GPU[0]\t\t: Average Graphics Package Power (W): {w * 0.7:.5f}",
                 f"GPU[1]\t\t: Average Graphics Package Power (W): {w * 0.3:.5f}",
                 "GPU[2]\t\t: get_power_avg, Not supported on the given system"]  # fmt: skip
    return lines(path, text)


def rocm_counter(path: Path, truth: Truth) -> Path:
    text = []
    for t, joules in zip(truth.time_s, truth.counter_j, strict=True):
        text += [str(t), "==== Consumed Energy ====", "GPU[0]\t\t: Energy counter: 5104503354501",
                 f"GPU[0]\t\t: Accumulated Energy (uJ): {7.8e13 + joules * 1e6:.2f}"]  # fmt: skip
    return lines(path, text)


def rocm_concise(path: Path, truth: Truth) -> Path:
    text = []
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [str(t), "====== ROCm System Management Interface ======", "====== Concise Info ======",
                 "Device  Node  IDs              Temp        Power     Partitions          SCLK  Fan  PwrCap  GPU%",
                 f"0       1     0x74a1,   28851  40.0°C      {w:.5f}W    NPS1, SPX, 0      131Mhz 0% 750.0W 0%",
                 "1       2     0x74a1,   28852  40.0°C      N/A     NPS1, SPX, 0   131Mhz 0% 750.0W 0%"]  # fmt: skip
    return lines(path, text)


def amd_monitor(path: Path, truth: Truth) -> Path:
    text = ["'CTRL' + 'C' to stop watching output:", " TIMESTAMP  GPU  XCP  POWER   GPU_T   GFX_CLK   GFX%"]
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [f"{t}    {gpu}    {part}  {share * w:.5f} W   69 °C  1278 MHz  100 %"
                 for gpu, share in ((0, 0.8), (1, 0.2)) for part in (0, 1)]  # fmt: skip
    return lines(path, text)


def amd_metric(path: Path, truth: Truth) -> Path:
    text = []
    for t, w in zip(truth.time_s, truth.power_w, strict=True):
        text += [f"TIMESTAMP: {t}", "GPU: 0", "    POWER:", f"        SOCKET_POWER: {w:.5f} W", "    LIMIT:",
                 "        SOCKET_POWER: 750 W", ""]  # fmt: skip
    return lines(path, text)


def jtop(path: Path, truth: Truth) -> Path:
    header = "time,uptime,CPU1,GPU,Temp cpu,Power VDD_CPU_GPU_CV,Power VDD_SOC,Power TOT,jetson_clocks,nvp model"
    return lines(path, [header] + [
        f"{at}.000100,0:15:31.0,18,4.8,46.0,{w * 300:.2f},{w * 200:.2f},{w * 1000:.2f},OFF,25W"
        for at, w in zip(truth.at(), truth.power_w, strict=True)
    ])  # fmt: skip


def tegra_thor(path: Path, truth: Truth) -> Path:
    return lines(path, [
        f"{at} RAM 3000/7000MB (lfb 2x4MB) CPU [2%@729,off] GR3D_FREQ @[0] VDD_GPU {w * 400:.0f}mW/1mW "
        f"VDD_CPU_SOC_MSS {w * 300:.0f}mW/1mW VIN_SYS_5V0 {w * 200:.0f}mW/1mW VIN {w * 1000:.0f}mW/1mW"
        for at, w in zip(truth.at("%m-%d-%Y %H:%M:%S"), truth.power_w, strict=True)
    ])  # fmt: skip


def intel_top(path: Path, truth: Truth) -> Path:
    items = [{"period": {"duration": (t1 - t0) * 1000.0, "unit": "ms"},
              "power": {"GPU": 0.3 * w, "Package": w, "unit": "W"}, "engines": {"Render/3D": {"busy": 1.0}}}
             for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True)]  # fmt: skip
    path.write_text("[\n" + ",\n".join(json.dumps(item, indent=1) for item in items) + "\n")  # cut, as by Ctrl-C
    return path


def perf_json(path: Path, truth: Truth) -> Path:
    begin = truth.time_s[0]
    return lines(path, [
        json.dumps({"interval": t1 - begin + 0.0, "counter-value": f"{w * (t1 - t0) * share:.6f}", "unit": "Joules",
                    "event": f"power/energy-{event}/", "event-runtime": 1, "pcnt-running": 100.0})
        for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True)
        for event, share in (("pkg", 1.0), ("cores", 0.6))
    ])  # fmt: skip


def ipmi_single_line(path: Path, truth: Truth) -> Path:
    """As ipmitool 1.8.19 prints it: no end of line after its time."""
    text = []
    for at, w in zip(truth.at("%m/%d/%Y %H:%M:%S"), truth.power_w, strict=True):
        text += [f"    Instantaneous power reading:                   {w:.4f} Watts",
                 "    Average power reading over sample period:      200 Watts",
                 f"    IPMI timestamp:         {at} UTC    Sampling period:      00000001 Seconds."]  # fmt: skip
    return lines(path, text)


def ipmi_elist(path: Path, truth: Truth) -> Path:
    text = []
    for at, w in zip(truth.at(), truth.power_w, strict=True):
        text += [
            at,
            f"Pwr Consumption  | 77h | ok  |  7.1 | {w:.4f} Watts",
            "Fan1             | 30h | ok  |  7.1 | 3960 RPM",
        ]
    return lines(path, text)


def influx(path: Path, truth: Truth) -> Path:
    text = ["#group,false,false,true,true,false,false,true,true,true",
            "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string",
            "#default,_result,,,,,,,,", ",result,table,_start,_stop,_time,_value,_field,_measurement,host"]  # fmt: skip
    for k, share in enumerate((0.7, 0.3)):
        text += [f",,{k},2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,{at},{share * w!r},power_watts,plug,n{k}"
                 for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%SZ"), truth.power_w, strict=True)]  # fmt: skip
    return lines(path, text)


def influx_lines(path: Path, truth: Truth) -> Path:
    return lines(path, [
        f"nvidia_smi,host=n1,index={k},name=A\\ card,uuid=GPU-{k} power_draw={share * w!r},temp=40i {t}000000000"
        for t, w in zip(truth.time_s, truth.power_w, strict=True) for k, share in enumerate((0.7, 0.3))
    ])  # fmt: skip


def telegraf(path: Path, truth: Truth) -> Path:
    return lines(path, [
        json.dumps({"fields": {"value": w, "status": 1}, "name": "ipmi_sensor", "timestamp": t,
                    "tags": {"host": "n1", "name": "pwr_consumption", "unit": "watts"}})
        for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def grafana_blocks(path: Path, truth: Truth) -> Path:
    """A series after the other, each from the beginning."""
    return lines(path, ['"Series","Time","Value"'] + [
        f"gpu{k} power (W),{at}+00:00,{share * w!r}" for k, share in enumerate((0.7, 0.3))
        for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%S"), truth.power_w, strict=True)
    ])  # fmt: skip


def wandb_list(path: Path, truth: Truth) -> Path:
    pairs = zip(truth.time_s, truth.power_w, strict=True)
    path.write_text(json.dumps([{"_timestamp": t, "system.gpu.0.powerWatts": w} for t, w in pairs]))
    return path


def gpustat(path: Path, truth: Truth) -> Path:
    return lines(path, [
        json.dumps({"hostname": "n1", "query_time": at, "gpus": [
            {"index": k, "uuid": f"GPU-{k}", "name": "X", "power.draw": share * w, "enforced.power.limit": 400}
            for k, share in enumerate((0.6, 0.4))]}, indent=1)
        for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%S.000000"), truth.power_w, strict=True)
    ])  # fmt: skip


def nested_records(path: Path, truth: Truth) -> Path:
    return lines(path, [json.dumps({"timestamp": t, "power": {"gpu0": 0.6 * w, "gpu1": 0.4 * w}})
                        for t, w in zip(truth.time_s, truth.power_w, strict=True)])  # fmt: skip


MORE: dict[str, tuple[str, Callable[[Path, Truth], Path]]] = {
    **SERVICES,
    "powermetrics' lists": ("a.plist", apple_lists),
    "powermetrics' lists of an Intel": ("a.plist", lambda p, t: apple_lists(p, t, True)),
    "powermetrics' lists of energies": ("a.plist", apple_energies),
    "nvidia-smi -q": ("a.txt", smi_report),
    "nvidia-smi -q of a module": ("a.txt", lambda p, t: smi_report(p, t, True)),
    "nvidia-smi -x": ("a.xml", smi_xml),
    "nvidia-smi of modules": ("a.csv", smi_module),
    "dcgmi": ("a.txt", dcgmi),
    "dcgmi's counter": ("a.txt", lambda p, t: dcgmi(p, t, True)),
    "rocm-smi's screen": ("a.txt", rocm_screen),
    "rocm-smi's counter": ("a.txt", rocm_counter),
    "rocm-smi's table": ("a.txt", rocm_concise),
    "amd-smi monitor": ("a.txt", amd_monitor),
    "amd-smi metric": ("a.txt", amd_metric),
    "amd_smi_exporter": ("a.json", lambda p, t: matrix(p, "amd_gpu_power", t, [w * 1e6 for w in t.power_w],
                                                       gpu_power="0", productname="x")),
    "jtop": ("a.csv", jtop),
    "tegrastats of a Thor": ("a.log", tegra_thor),
    "intel_gpu_top": ("a.json", intel_top),
    "perf stat as JSON": ("a.json", perf_json),
    "ipmitool's DCMI on a single line": ("a.txt", ipmi_single_line),
    "ipmitool's elist": ("a.txt", ipmi_elist),
    "InfluxDB's annotated CSV": ("a.csv", influx),
    "InfluxDB's lines": ("a.txt", influx_lines),
    "Telegraf's JSON": ("a.json", telegraf),
    "Grafana's series in blocks": ("a.csv", grafana_blocks),
    "W&B as a list": ("a.json", wandb_list),
    "gpustat": ("a.json", gpustat),
    "records that hold objects": ("a.jsonl", nested_records),
    "own table with power_draw": ("a.csv", lambda p, t: lines(p, ["time,gpu_index,power_draw_w"] + [
        f"{at},{k},{share * w!r}" for at, w in zip(t.time_s, t.power_w, strict=True)
        for k, share in ((0, 0.6), (1, 0.4))])),
}  # fmt: skip
