"""Zeus: the log of its windows (``start_time,window_name,elapsed_time,gpu0_energy,…``) and of its power monitor
(``time,power0,…``).

A window's energy is what its GPUs took from its beginning to its end; windows inside others refine them. What lies
outside all windows was not measured.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.interpretation import UTC_ASSUMED, Choices, Interpretation
from wattline.meter.readers import specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.readers.frame import numbers, read_frame
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Fault, Recording, Series, Window

ENERGY = re.compile(r"^(gpu|cpu|dram)(\d+)_energy$")
POWER = re.compile(r"^(?:gpu)?(\d+)_power$|^power(\d+)$")
Span = tuple[float, float, float]  # begin, end, joules


def is_windows(text: str) -> bool:
    """Whether a file begins as the log of ZeusMonitor's windows."""
    return text.lstrip().startswith("start_time,window_name,elapsed_time")


def is_power(text: str) -> bool:
    """Whether a file begins as the log of Zeus' power monitor."""
    names = [name.strip() for name in text.split("\n", 1)[0].split(",")]
    return names[0].lower() == "time" and len(names) > 1 and all(POWER.match(name) for name in names[1:])


def read_power(path: Path, choices: Choices = Choices()) -> Recording:
    """A series of watts a GPU.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    frame = read_frame(path)
    time, remark = column_times(frame[frame.columns[0]])
    clock = UTC_ASSUMED if remark else "UTC"
    defined = []
    for name in frame.columns[1:]:
        if match := POWER.match(name):
            device = Device(path.stem, f"gpu{match[1] or match[2]}", "gpu")
            series = Series(device, specs.nvml("zeus", source="zeus"), time, numbers(frame[name]))
            defined.append(NamedSeries(name, series, clock=clock))
    rows = [Interpretation(frame.columns[0], "", "time", clock=clock)]
    return join_defined(defined, choices, str(path), Extras(notes=(remark,) if remark else (), rows=rows))


def read_windows(path: Path, choices: Choices = Choices()) -> Recording:
    """A counter for each GPU over each stretch that windows cover, and the windows.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = read_frame(path)
    begin, remark = column_times(frame["start_time"])
    length = numbers(frame["elapsed_time"])
    names = frame["window_name"].to_list()
    good = np.flatnonzero(np.isfinite(begin) & np.isfinite(length) & (length > 0))
    if not len(good):
        raise WattlineError(f"{path} holds no whole window of Zeus")
    windows = [Window(str(names[i]), float(begin[i]), float(begin[i] + length[i])) for i in good]
    defined, faults = [], []
    for column in frame.columns:
        if not (match := ENERGY.match(column)):
            continue
        joules = numbers(frame[column])
        spans = [
            (float(begin[i]), float(begin[i] + length[i]), float(joules[i])) for i in good if np.isfinite(joules[i])
        ]
        stretches, astride = outermost(spans)
        device = Device(path.stem, f"{match[1]}{match[2]}", match[1])
        for k, stretch in enumerate(stretches):
            defined.append(NamedSeries(column, _counter(device, stretch, spans), stretch=k))
        if astride:
            done = "windows that begin in one and end in another counted by their part outside it"
            faults.append(Fault("overlap", astride, 0.0, done, device.key))
    lost = len(frame) - len(good)
    faults += [Fault("unreadable", lost, 0.0, "rows that are cut left out")] if lost else []
    rows = [Interpretation("start_time", "", "time", clock="UTC"), Interpretation("elapsed_time", "", "time")]
    notes = [remark] if remark else []
    return join_defined(defined, choices, str(path), Extras(windows, {}, faults, notes, rows))


def outermost(spans: list[Span]) -> tuple[list[Span], int]:
    """The spans that lie in no other, in order; one that begins inside another is cut to its part outside."""
    out: list[Span] = []
    astride = 0
    for begin, end, joules in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not out or begin >= out[-1][1] - 1e-9:
            out.append((begin, end, joules))
        elif end > out[-1][1] + 1e-9:
            rest = (end - out[-1][1]) / (end - begin)
            out.append((out[-1][1], end, joules * rest))
            astride += 1
    return out, astride


def _counter(device: Device, stretch: Span, spans: list[Span]) -> Series:
    """A counter over one stretch, with the steps that the windows inside it tell."""
    inner = [s for s in spans if s != stretch and s[0] >= stretch[0] - 1e-9 and s[1] <= stretch[1] + 1e-9]
    parts = outermost([s for s in inner if s[1] - s[0] < stretch[1] - stretch[0]])[0]
    rest_s = (stretch[1] - stretch[0]) - sum(end - begin for begin, end, _ in parts)
    rest_j = max(0.0, stretch[2] - sum(joules for _, _, joules in parts))
    scale = stretch[2] / max(stretch[2], sum(joules for _, _, joules in parts)) if stretch[2] > 0 else 0.0
    idle_w = rest_j / rest_s if rest_s > 0 else 0.0
    at, total = [stretch[0]], [0.0]
    for begin, end, joules in parts:
        if begin > at[-1]:
            total.append(total[-1] + idle_w * (begin - at[-1]))
            at.append(begin)
        total.append(total[-1] + joules * scale)
        at.append(end)
    if stretch[1] > at[-1]:
        at.append(stretch[1])
        total.append(stretch[2])
    return Series(device, specs.nvml("zeus", source="zeus"), np.array(at), None, np.array(total))
