"""The formats that are read, in the order in which they are tried; and texts of other tools that are told by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from wattline.core.errors import WattlineError, shorten
from wattline.meter.interpretation import Choices
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.readers import (
    afterburner,
    alumet,
    amd_smi,
    carbontracker,
    cloudwatch,
    codecarbon,
    cray,
    dcgmi,
    exposition,
    geopm,
    gpustat,
    hardware_monitor,
    home_assistant,
    home_assistant_db,
    influx,
    intel_gpu_top,
    ipmitool,
    json_lists,
    json_records,
    jtop,
    messages,
    mlperf_inference,
    mlperf_training,
    monitors,
    netdata,
    nvidia_report,
    nvidia_smi,
    otlp,
    perf_stat,
    plain,
    powermetrics,
    prefixed,
    prometheus,
    proxy_journal,
    pyjoules,
    rrdtool,
    scaphandre,
    shelly,
    slurm,
    stamped,
    tegrastats,
    turbostat,
    wandb,
    xpu_smi,
    zeus,
)
from wattline.meter.readers.defined import retold
from wattline.meter.readers.frame import is_blank_parted, is_piped
from wattline.meter.readers.headers import header_of, without
from wattline.meter.recording import Recording

SQLITE = b"SQLite format 3\0"
Reader = Callable[[Path], Recording]
Chooser = Callable[[Path, Choices], Recording]


class Format(NamedTuple):
    """One kind of file: how it is told by path and beginning, and what reads it."""

    name: str
    matches: Callable[[Path, str, bytes], bool]
    read: Reader
    choose: Chooser  # the same where the user says what its columns are


def _journal(path: Path, choices: Choices = Choices()) -> Recording:
    with Journal.open(path) as journal:
        return retold(read_recording(journal), choices)


def _mlperf(path: Path, choices: Choices = Choices()) -> Recording:
    """One node's file alone, with the run's log beside it."""
    if not mlperf_training.is_power(path):
        raise WattlineError(f"{path} is the log of a run: give the folder with its node_*.txt")
    return mlperf_training.read([path], mlperf_training.log_beside(path.parent), None, str(path), choices)


def _form(name: str, matches: Callable[[Path, str, bytes], bool], read: Chooser) -> Format:
    """A format whose reader takes what the user says."""
    return Format(name, matches, lambda path: read(path, Choices()), read)


def _text(name: str, matches: Callable[[str], bool], read: Chooser) -> Format:
    """A format that its text tells."""
    return _form(name, lambda path, text, data: matches(text), read)


# the first that fits reads; add a format here
FORMATS = (
    _form("wattline proxy's journal", lambda path, text, data: data.startswith(SQLITE) and
          proxy_journal.is_journal(path), proxy_journal.read),
    _form("Home Assistant's database", lambda path, text, data: data.startswith(SQLITE) and
          home_assistant_db.is_database(path), home_assistant_db.read),
    _form("Wattline journal", lambda path, text, data: data.startswith(SQLITE), _journal),
    _form("Parquet", lambda path, text, data: data.startswith(b"PAR1"), plain.read),
    _form("MLPerf Inference power", lambda path, text, data: mlperf_inference.is_spl(path), mlperf_inference.read),
    _form("MLPerf Training power", lambda path, text, data: ":::MLLOG" in text, _mlperf),
    _text("tools' lines behind times", prefixed.is_text, prefixed.read),
    _text("powermetrics", powermetrics.is_text, powermetrics.read),
    _text("tegrastats", tegrastats.is_text, tegrastats.read),
    _text("jtop", jtop.is_text, jtop.read),
    _text("perf stat", perf_stat.is_text, perf_stat.read),
    _text("turbostat", turbostat.is_text, turbostat.read),
    _text("W&B system metrics", wandb.is_text, wandb.read),
    _text("amd-smi or rocm-smi", amd_smi.is_text, amd_smi.read),
    _text("xpu-smi", xpu_smi.is_text, xpu_smi.read),
    _text("pyJoules or pyRAPL", pyjoules.is_text, pyjoules.read),
    _text("carbontracker", carbontracker.is_text, carbontracker.read),
    _text("Alumet", alumet.is_text, alumet.read),
    _text("LibreHardwareMonitor", hardware_monitor.is_text, hardware_monitor.read),
    _text("MSI Afterburner", afterburner.is_text, afterburner.read),
    _text("Netdata", netdata.is_text, netdata.read),
    _text("monitors' JSON", monitors.is_text, monitors.read),
    _text("meters' messages", messages.is_text, messages.read),
    _text("gpustat", gpustat.is_text, gpustat.read),
    _text("GEOPM", geopm.is_text, geopm.read),
    _text("rrdtool", rrdtool.is_text, rrdtool.read),
    _text("sacct's JSON", slurm.is_text, slurm.read),
    _text("CloudWatch", cloudwatch.is_text, cloudwatch.read),
    _text("nvidia-smi -q", nvidia_report.is_text, nvidia_report.read),
    _text("Cray pm_counters", cray.is_text, cray.read),
    _text("dcgmi", dcgmi.is_text, dcgmi.read),
    _text("InfluxDB or Telegraf", influx.is_text, influx.read),
    _text("intel_gpu_top", intel_gpu_top.is_text, intel_gpu_top.read),
    _text("ipmitool", ipmitool.is_text, ipmitool.read),
    _text("table below lines of time", stamped.is_text, stamped.read),
    _text("nvidia-smi", nvidia_smi.is_smi, nvidia_smi.read),
    _text("CodeCarbon", codecarbon.is_emissions, codecarbon.read),
    _text("Zeus windows", zeus.is_windows, zeus.read_windows),
    _text("Zeus power", zeus.is_power, zeus.read_power),
    _text("Scaphandre", scaphandre.is_text, scaphandre.read),
    _text("Prometheus JSON", prometheus.is_answer, prometheus.read),
    _text("Prometheus text", exposition.is_text, exposition.read_exposition),
    _text("OpenTelemetry", otlp.is_text, otlp.read),
    _text("Shelly", shelly.is_text, shelly.read),
    _text("Home Assistant", home_assistant.is_text, home_assistant.read),
    _text("JSON lists", json_lists.is_text, json_lists.read),
    _text("JSON records", json_records.is_text, json_records.read),
    _text("table", lambda text: is_table(text), plain.read),
)  # fmt: skip

# JSON and XML, lines of a log, InfluxDB's line protocol
NO_TABLE = re.compile(
    r"[{\[<]|\d{4}-\d\d-\d\d[ T][\d:]{8},\d{3}\s|\d\d, \d\d-\d\d-\d{4} [\d:]{8}, |"
    r"[\w.-]+(?:,[\w.-]+=[^ ,]+)+ \S+=\S+ \d{10,19}$",
    re.MULTILINE,
)

QUOTED = re.compile(r'"(?:[^"]|"")*"')

# texts of other tools: what tells them, their name, and what to record instead
OTHERS = (
    (r"^\|\s*NVIDIA-SMI \d", "nvidia-smi's screen",
     "record nvidia-smi --query-gpu=timestamp,uuid,power.draw --format=csv -l 1"),
    (r"^(?:\w+-(?:pci|isa|acpi|virtual|hid)-\w+|Adapter: )", "lm-sensors' text", "record it as CSV with a time"),
    (r"^Scaphandre stdout exporter", "Scaphandre's screen", "record scaphandre json --file FILE"),
    (r"^#.*\bgpu\s+pid\s+type\b", "nvidia-smi pmon's table, which holds no power",
     "give it to wattline meter share --processes, beside a recording of the GPUs"),
    (r"Freq MHz\s+IRQ\s+RC6\s+Power W", "intel_gpu_top's text, whose rows carry no time", "record intel_gpu_top -J"),
    (r'"Adapter":|"power1_(?:average|input)"', "lm-sensors' JSON", "record it as CSV with a time"),
    (r"npu-smi \d|^NpuID\(Idx\)", "npu-smi's screen", "record npu-smi info watch as CSV with a time"),
    (r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d,\d{3}\s", "a log of lines", "write time and power_w of each as CSV"),
    (r"\A\s*[{\[]", "JSON of a form that is not known", "write records: {\"time\": …, \"power_w\": …}, one a line"),
    (r"\A\s*<", "XML or HTML", "write CSV with time and power_w"),
    (r"\A(?:\d{13} -?[\d.eE+-]+ \d+\n){2}", "a file of one of MLflow's metrics, whose unit its name alone tells",
     "write it as CSV: timestamp_ms, the metric's name with its unit, step"),
    (r"PowerTOP|Overview of Software Power Consumers", "powertop's report",
     "record turbostat with Time_Of_Day_Seconds"),
    (r"^Machine model: .*\n(?:.*\n)?(?:SMC|OS) version", "powermetrics' text without a sample",
     "record powermetrics --samplers cpu_power,gpu_power"),
    (r"^JobID\|(?:.*\|)?ConsumedEnergy", "Slurm's table without times",
     "record sacct -P -o JobID,Start,End,ConsumedEnergyRaw"),
    (r"CarbonTracker:|carbontracker version", "carbontracker's output, not its log",
     "give its log of epochs, *_carbontracker.log"),
    (r"LIKWID|likwid-powermeter|^Measure for socket \d+ on (?:CPU|HWThread)", "likwid's text",
     "record perf stat -I 1000 -e power/energy-pkg/"),
    (r"^powerstat|\bRunning for [\d.]+ seconds \(\d+ samples", "powerstat's text",
     "record turbostat with Time_Of_Day_Seconds"),
    (r"^\d{15,16}\s+\d+(?:\s+\S+)*\s*$", "columns parted by blanks without a header, as green-metrics-tool's providers "
     "print them", "write them as CSV: time_us,energy_uj"),
)  # fmt: skip


def is_table(text: str) -> bool:
    """Whether nearly every line is parted as the first is: a comma somewhere makes no table."""
    text = without(text, header_of(text))
    rows = [line for line in text.splitlines()[:60] if line.strip() and not line.startswith("#")]
    rows = rows[:-1] if len(rows) > 3 else rows  # the last may be cut
    if NO_TABLE.match(text.lstrip("\ufeff \r\n\t")):
        return False
    if not rows or (len(rows) > 1 and not any(any(c.isdigit() for c in row) for row in rows[1:])):
        return False
    if is_piped(text) or is_blank_parted(text):
        return True
    rows = [QUOTED.sub("", row) for row in rows]
    for sign in ",;\t":
        count = rows[0].count(sign)
        if count and sum(row.count(sign) >= max(1, count // 2) for row in rows) >= 0.7 * len(rows):
            return True
    return False


def refusal(path: Path, text: str) -> WattlineError:
    """What a file is, where it is known, and what to record instead; else the formats that are read.

    Parameters
    ----------
    path : of the file
    text : its beginning

    Returns
    -------
    The error, with the mend.
    """
    shown = shorten(str(path), 200)
    for pattern, name, mend in OTHERS:
        if re.search(pattern, text[:20_000], re.MULTILINE):
            return WattlineError(f"{shown} is {name}, which is not read: {mend}")
    names = ", ".join(form.name for form in FORMATS)
    begin = shorten(next((line for line in text.splitlines() if line.strip()), ""), 50)
    return WattlineError(f"{shown} is none of the formats that are read (it begins {begin!r}): {names}")
