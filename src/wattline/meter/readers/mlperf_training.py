"""MLPerf Training power: a folder of MLLOG files, a node each (``node_*.txt``) or a switch (``sw_*.txt``), and the log.

The log of the run gives the window (run_start to run_stop), its blocks and epochs, and what was trained. The
submitter's own total (``total_power.txt``) is kept for comparison.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import J_PER_KWH
from wattline.meter.device import Device
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.readers import specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.readers.frame import head
from wattline.meter.readers.mllog import BLOCK_BYTES, LINE, Event, blocks, event, events
from wattline.meter.recording import Fault, Recording, Series, Window
from wattline.meter.sensor import Spec

READ_KEY = "power_reading"
# a reading as the common logger writes it, which is read five times as fast as any other order or spacing
USUAL = re.compile(
    rb'"time_ms": (\d+), "event_type": "POINT_IN_TIME", "key": "power_reading", "value": (-?\d+(?:\.\d+)?)[,}]'
)
READING = re.compile(
    rb'"time_ms":\s*([\d.]+)[^{}\n]{0,200}?"key":\s*"power_reading",\s*"value":\s*"?(-?[\d.]+(?:[eE][-+]?\d+)?)'
)
HEAD_BYTES = 1 << 16
RUN_KEYS = (
    "run_start", "run_stop", "block_start", "block_stop", "epoch_start", "epoch_stop", "eval_start", "eval_stop",
    "trained_samples", "global_batch_size", "max_sequence_length", "tracked_stats",
)  # fmt: skip
KWH = {"j": 1 / J_PER_KWH, "mj": 1 / 3.6, "wh": 1e-3, "kwh": 1.0, "mwh": 1e3}
MIN_STEP_S = 0.02  # no step of a training that states its batch and sequence is quicker


class NodeFile(NamedTuple):
    """What one file says: a series (None where it holds no reading), faults and remarks."""

    series: Series | None
    faults: list[Fault]
    notes: list[str]


def is_power(path: Path) -> bool:
    """Whether a file begins as a node's or a switch's power log."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    return b":::MLLOG" in head and (
        b'"power_reading"' in head or b'"interconnect_power_est"' in head or b'"power_measurement_start"' in head
    )


def is_run(path: Path) -> bool:
    """Whether a file is the log of a run."""
    return path.is_file() and any(b'"run_start"' in block and b":::MLLOG" in block for block in blocks(path))


def log_beside(folder: Path, power: list[Path] | tuple[Path, ...] = ()) -> Path | None:
    """The run's log: mllog.txt, else the text file beside (or two above, by the folder's name) that has run_start.

    Parameters
    ----------
    folder : of the run
    power : files of its power; the text file's search leaves them out

    Returns
    -------
    The path; None where there is none.
    """
    first = [folder / "mllog.txt", folder / "mllog.log"]
    beside = [p for p in sorted(folder.glob("*.txt")) + sorted(folder.glob("*.log")) if p not in power]
    above = [folder.parent.parent / f"{folder.name}.txt", folder.parent.parent / f"{folder.name}.log"]
    return next((path for path in (*first, *beside, *above) if path.is_file() and is_run(path)), None)


def read(
    power: list[Path], log: Path | None, total: Path | None, source: str, choices: Choices = Choices()
) -> Recording:
    """The nodes' and switches' series with the run's windows and counts.

    Parameters
    ----------
    power : files of nodes and switches
    log : of the run, where there is one
    total : file of its total energy, where there is one
    source : names the recording in errors
    choices : what the user says of its columns or series

    Returns the recording. Raises WattlineError where a file cannot be read.
    """
    files = [node_file(path) for path in power]
    windows, counts, notes = (
        run_log(log) if log else ([], {}, ["no run's log (run_start, run_stop) beside the readings"])
    )
    if total and (kwh := total_kwh(total)):
        counts["stated_total_kwh"] = kwh
    defined = [
        NamedSeries(file.series.device.name, file.series, "W", aliases=(READ_KEY,)) for file in files if file.series
    ]
    rows = [Interpretation("time_ms", "", "time", clock="UTC")]
    faults = [fault for file in files for fault in file.faults]
    remarks = [*notes, *dict.fromkeys(note for file in files for note in file.notes)]
    return join_defined(defined, choices, source, Extras(windows, counts, faults, remarks, rows))


def node_file(path: Path) -> NodeFile:
    """One node's or switch's file."""
    switch = re.match(r"(sw|switch|interconnect)", path.stem, re.IGNORECASE) is not None
    time, power, lost = _readings(path)
    marks = events(
        path, ("power_measurement_start", "power_measurement_stop", "conversion_eff", "interconnect_power_est")
    )
    device = Device(path.stem, path.stem, "switch" if switch else "node", path.stem)
    faults: list[Fault] = []
    if lost:
        faults.append(Fault("unreadable", lost, 0.0, "lines that are cut or hold no number left out", device.key))
    estimates = [mark for mark in marks if mark.key == "interconnect_power_est"]
    if not len(time) and estimates:
        return NodeFile(_estimate(device, estimates), faults, [])
    if not len(time):
        return NodeFile(None, [*faults, Fault("unreadable", 1, 0.0, f"{path.name} holds no reading", device.key)], [])
    faults += _marker_faults(marks, time, device)
    spec, more, notes = _conversion(marks, device)
    return NodeFile(Series(device, spec, time, power), faults + more, notes)


def _readings(path: Path) -> tuple[Array, Array, int]:
    """Times, watts, and how many lines of readings could not be read."""
    times: list[bytes] = []
    watts: list[bytes] = []
    lost = 0
    for block in blocks(path):
        count = block.count(b'"power_reading"')
        pairs = USUAL.findall(block)
        if len(pairs) < count:
            pairs = READING.findall(block)
        stray = count - len(pairs)
        if stray:  # keys in another order, or cut lines: one by one
            whole = [
                each for match in LINE.finditer(block) if (each := event(match[1])) and each.key == "power_reading"
            ]
            good = [each for each in whole if isinstance(each.value, int | float) or _number(each.value)]
            lost += count - len(good)
            pairs = [(repr(each.time_s * 1e3).encode(), str(each.value).encode()) for each in good]
        times += [pair[0] for pair in pairs]
        watts += [pair[1] for pair in pairs]
    return np.fromiter(map(float, times), float) / 1e3, np.fromiter(map(float, watts), float), lost


def _number(value: object) -> bool:
    try:
        return bool(np.isfinite(float(str(value))))
    except ValueError:
        return False


def _estimate(device: Device, marks: list[Event]) -> Series:
    """A switch's power as its submitter estimated it."""
    time = np.array([mark.time_s for mark in marks])
    power = np.array([float(mark.value) if _number(mark.value) else np.nan for mark in marks])
    return Series(
        device, specs.model_spec("mlperf-estimate", "the submitter's estimate of a switch's power"), time, power
    )


def _marker_faults(marks: list[Event], time: Array, device: Device) -> list[Fault]:
    """A mark of the end that is dated before the last reading: the clock that wrote it stepped back."""
    faults = []
    last = float(np.max(time, where=np.isfinite(time), initial=-np.inf))
    for mark in marks:
        behind = last - mark.time_s
        if mark.key == "power_measurement_stop" and behind > 60:
            done = f"the clock stepped back: {mark.key} is dated before the readings above it; not heeded"
            faults.append(Fault("clock", 1, behind, done, device.key))
    return faults


def _conversion(marks: list[Event], device: Device) -> tuple[Spec, list[Fault], list[str]]:
    """A stated conversion efficiency: told, not applied, for it turns what was metered into what MLPerf scores."""
    stated = [mark for mark in marks if mark.key == "conversion_eff" and _number(mark.value)]
    spec = specs.node()
    if not stated or float(stated[-1].value) == 1.0:
        return spec, [], []
    share, side = float(stated[-1].value), str(stated[-1].metadata.get("measurement_type", "")).upper()
    words = f"conversion_eff {share:g} stated ({side or 'side not words'})"
    done = f"{words}: energy is as metered; MLPerf's score is that times {share:g}"
    spec = replace(spec, note=f"conversion_eff={share:g} {side}".strip())
    if not side and 0 < share < 1:  # not said before or behind the conversion: either may be meant
        spec = replace(spec, error=spec.error + 1 - share)
    return spec, [Fault("conversion", 1, 0.0, done, device.key)], []


def run_log(path: Path) -> tuple[list[Window], dict[str, float], list[str]]:
    """The windows, the counts and remarks of a run's log."""
    every = events(path, RUN_KEYS)
    first: dict[str, Event] = {}
    for each in every:
        first.setdefault(each.key, each)
    stops = [each for each in every if each.key == "run_stop"]
    windows: list[Window] = []
    notes: list[str] = []
    if "run_start" in first:
        start = first["run_start"].time_s
        stop = next((each.time_s for each in stops if each.time_s >= start), None)
        windows.append(Window("run", start, stop))
        if stop is None:
            notes.append("the run's log has no run_stop: the run did not end, or its log was cut")
    if stops and stops[0].metadata.get("status") not in (None, "success"):
        notes.append(f"the run ended with status {stops[0].metadata['status']}")
    for name in ("block", "epoch", "eval"):
        windows += _inner(every, name)
    length = next((w.end_s - w.begin_s for w in windows if w.name == "run" and w.end_s), 0.0)
    return windows, {**_counts(every, first, length), **_stated_nodes(path)}, notes


def _stated_nodes(path: Path) -> dict[str, float]:
    """How many nodes the log says that the system has."""
    for block in blocks(path):
        if match := re.search(rb'"number_of_nodes"\s*:\s*"?(\d+)', block):
            return {"stated_nodes": float(match[1])}
    return {}


def _inner(every: list[Event], name: str) -> list[Window]:
    """Windows within the run: pairs of NAME_start and NAME_stop."""
    windows: list[Window] = []
    open_at: float | None = None
    for each in every:
        if each.key == f"{name}_start":
            open_at = each.time_s
        elif each.key == f"{name}_stop" and open_at is not None:
            windows.append(Window(f"{name} {len(windows) + 1}", open_at, each.time_s, "run"))
            open_at = None
    return windows


def _counts(every: list[Event], first: dict[str, Event], run_s: float) -> dict[str, float]:
    """Samples and tokens trained, where the log tells; steps by batch."""
    trained = [each.value for each in every if each.key == "trained_samples" and _number(each.value)]
    trained += [each.metadata["samples_count"] for each in every if _number(each.metadata.get("samples_count"))]
    if not trained:
        return {}
    count = float(trained[0]) if "trained_samples" in first else max(float(value) for value in trained)
    batch = first["global_batch_size"].value if "global_batch_size" in first else None
    length = first["max_sequence_length"].value if "max_sequence_length" in first else None
    if count <= 0:
        return {}
    if not _number(batch) or not _number(length):
        return {"samples": count}
    # some logs count tokens as samples: told by steps too quick to be true, or as many tokens as one step has, or more
    steps = count / float(str(batch))
    tokens_meant = run_s > 0 and run_s / steps < _step_s(every)
    samples = count / float(str(length)) if tokens_meant else count
    return {"samples": samples, "tokens": samples * float(str(length))}


def _step_s(every: list[Event]) -> float:
    """Half the time of a step as the log tells it, else the quickest that a step can be."""
    lengths = [
        value
        for each in every
        if each.key == "tracked_stats" and isinstance(each.value, dict)
        for name, value in each.value.items()
        if "step_tim" in name and _number(value)
    ]
    return 0.5 * float(np.median(lengths)) if lengths else MIN_STEP_S


def total_kwh(path: Path) -> float | None:
    """The submitter's own total."""
    text = head(path, BLOCK_BYTES)
    match = re.search(r"([\d][\d,]*\.?\d*)\s*(kWh|MWh|Wh|MJ|J)\b", text, re.IGNORECASE)
    return float(match[1].replace(",", "")) * KWH[match[2].lower()] if match else None
