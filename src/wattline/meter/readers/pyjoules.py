"""pyJoules (``timestamp;tag;duration;package_0;…``) and pyRAPL (``label,timestamp,duration,pkg,dram,socket``).

Joules of stretches of a program, each with its name.
Or the lines that pyJoules prints: ``begin timestamp : …; tag : …; duration : …; package_0 : …``.
RAPL's domains are in µJ, NVIDIA's in mJ; pyJoules' durations in s, pyRAPL's in µs. Cores lie inside their package.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.places import index_of
from wattline.meter.readers import logs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.frame import numbers, read_frame
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording, Window

if TYPE_CHECKING:
    import polars as pl

PRINTED = re.compile(r"begin timestamp\s*:\s*[\d.]+\s*;", re.IGNORECASE)  # a line of its printed trace
DOMAIN = re.compile(r"^(package|dram|core|uncore|nvidia_gpu|pkg)(?:_(\d+))?$")
PLACES = {"package": ("package", "package"), "pkg": ("package", "package"), "dram": ("dram", "dram"),
          "core": ("core", "core"), "uncore": ("uncore", "uncore"), "nvidia_gpu": ("gpu", "board")}  # fmt: skip


def is_text(text: str) -> bool:
    """Whether a file begins as pyJoules' or pyRAPL's."""
    header = text.lstrip().split("\n", 1)[0].strip().lower()
    if PRINTED.match(header):
        return True
    names = header.replace(";", ",").split(",")
    if names[:3] == ["timestamp", "tag", "duration"]:
        return ";" in header or any(DOMAIN.match(name) for name in names[3:])
    return header.startswith("label,timestamp,duration,pkg")


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each domain, and a window for each stretch.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = _frame(path)
    names = {name.lower(): name for name in frame.columns}
    at = numbers(frame[names["timestamp"]])
    pyrapl = "label" in names
    length = numbers(frame[names["duration"]]) * (1e-6 if pyrapl else 1.0)
    tags = frame[names["label" if pyrapl else "tag"]].to_list()
    good = np.isfinite(at) & np.isfinite(length) & (length > 0)
    sockets = frame[names["socket"]].to_list() if "socket" in names else [None] * len(frame)
    if any(socket is not None for socket in sockets):
        good &= np.array([socket is not None for socket in sockets])  # a row that is cut is of no socket
    if not good.any():
        raise WattlineError(f"{path} holds no whole stretch of pyJoules")
    order = np.flatnonzero(good)[np.argsort(at[good], kind="stable")]
    columns, totals = [], {}
    for lower, name in names.items():
        if not (match := DOMAIN.match(lower)):
            continue
        label, role = PLACES[match[1]]
        values = numbers(frame[name]) * (1e-3 if label == "gpu" else 1e-6)
        for socket in dict.fromkeys(sockets):
            index = match[2] or index_of(str(socket or ""))
            mine = [i for i in order if sockets[i] == socket and np.isfinite(values[i])]
            shown = name if socket is None else f"{name} of socket {socket}"
            columns.append(Column(shown, f"{label}-{index}" if index else label, role, "J", index))
            ends = [float(at[i] + length[i]) for i in mine]
            totals[shown] = logs.counter(ends, [float(length[i]) for i in mine], [float(values[i]) for i in mine])
    windows = [Window(str(tags[i] or "stretch"), float(at[i]), float(at[i] + length[i])) for i in order]
    extras = Extras(windows=windows)
    return logs.recording_of_log(columns, choices, path, logs.rapl("pyJoules"), totals=totals, extras=extras)


def _frame(path: Path) -> pl.DataFrame:
    """A row each stretch: of its table, or of the lines that pyJoules prints."""
    import polars as pl

    printed = [line for line in logs.lines(path) if PRINTED.match(line.strip())]
    if not printed:
        return read_frame(path)
    cells = [[part.partition(":")[::2] for part in line.split(";")] for line in printed]
    rows = [{name.strip().lower().removeprefix("begin "): value.strip() for name, value in row} for row in cells]
    return pl.DataFrame(rows, infer_schema_length=None)
