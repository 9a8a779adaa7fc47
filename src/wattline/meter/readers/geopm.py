"""GEOPM: a trace (a row a sample, its columns parted by pipes) and a report (energies of the whole run by host).

Its counters run in joules; means of power beside them say the same. The board is the machine, over package, memory and
GPUs. Times of a trace count from the job's start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.interpretation import UTC_ASSUMED, Choices
from wattline.meter.readers import logs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording, Window

TRACE = "# geopm_version:"
REPORT = re.compile(r"^(?:##### geopm|GEOPM Version:)", re.MULTILINE)
NAME = re.compile(
    r"(?:(?P<part>CPU|DRAM|GPU|BOARD)_(?P<what>ENERGY|POWER)|(?P<was>ENERGY|POWER)_(?P<old>PACKAGE|DRAM|GPU))"
    r"(?:-(?:package|board|gpu)-(?P<index>\d+))?"
)
PLACES = {"CPU": ("package", "package"), "PACKAGE": ("package", "package"), "DRAM": ("dram", "dram"),
          "GPU": ("gpu", "board"), "BOARD": ("board", "machine")}  # fmt: skip
HOST = re.compile(r"^(?:Host: (\S+)|  ([^\s:]+):)\s*$")
FIELD = re.compile(r"^\s+([\w-]+)(?: \((?:s|sec|J|joules|W|watts)\))?: ([\d.eE+-]+)\s*$")


def is_text(text: str) -> bool:
    """Whether a file begins as one of GEOPM's."""
    return text.startswith(TRACE) or REPORT.search(text[:2000]) is not None


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each part of each host.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no energy with its time.
    """
    text = list(logs.lines(path))
    return (
        _trace(text, choices, path)
        if text[0].startswith("#") and "|" in "".join(text)
        else _report(text, choices, path)
    )


def _head(text: Sequence[str], name: str) -> str:
    """A field of the lines above the table."""
    match = next((match for line in text[:40] if (match := re.match(rf"^#?\s*{name}: *(.*?)\s*$", line, re.I))), None)
    return match[1].strip('"') if match else ""


def _trace(text: Sequence[str], choices: Choices, path: Path) -> Recording:
    rows = [line.split("|") for line in text if line and not line.startswith("#")]
    names, cells = rows[0], rows[1:]
    begin = logs.epoch_s(_head(text, "start_time")) or 0.0
    if "TIME" not in names:
        raise WattlineError(f"{path} is GEOPM's trace without its column TIME")
    time_s = begin + _numbers(cells, names.index("TIME"))
    host = _head(text, "node_name")
    there = {name: match for name in names if (match := NAME.fullmatch(name))}
    whole = {match["part"] or match["old"] for match in there.values() if not match["index"]}
    counted = {_key(match) for match in there.values() if "ENERGY" in (match["what"], match["was"])}
    columns, totals = [], {}
    for name, match in there.items():
        part, index = _key(match)
        power = "POWER" in (match["what"], match["was"])
        if (index and part in whole) or (power and (part, index) in counted):
            continue  # parts of what is told whole; watts of what is counted
        label, role = PLACES[part]
        uuid = f"{label}-{index}" if index else label
        columns.append(Column(name, uuid, role, "W" if power else "J", index, host=host))
        totals[name] = (time_s, _numbers(cells, names.index(name)))
    if not columns:
        raise WattlineError(f"{path} is GEOPM's trace without energy: record CPU_ENERGY, DRAM_ENERGY, GPU_ENERGY")
    clock = UTC_ASSUMED if begin else "seconds since the beginning"
    return logs.recording_of_log(columns, choices, path, logs.rapl("GEOPM"), totals=totals, clock=clock)


def _key(match: re.Match[str]) -> tuple[str, str]:
    part = match["part"] or match["old"]
    return ("CPU" if part == "PACKAGE" else part), match["index"] or ""


def _numbers(cells: Sequence[Sequence[str]], place: int) -> Array:
    out = np.full(len(cells), np.nan)
    for i, row in enumerate(cells):
        try:
            out[i] = float(row[place])
        except (ValueError, IndexError):
            continue
    return out


def _report(text: Sequence[str], choices: Choices, path: Path) -> Recording:
    """The totals of the application on each host, from its start for as long as it ran."""
    begin = logs.epoch_s(_head(text, "Start Time")) or 0.0
    host, inside, length = "", False, 0.0
    ends: list[float] = []
    columns, totals = [], {}
    for line in text:
        if match := HOST.match(line):
            host, inside = match[1] or match[2], False
        elif "Totals:" in line or line.strip().startswith(("Region", "-", "region")):
            inside, length = line.strip() == "Application Totals:", 0.0
        elif inside and (field := FIELD.match(line)):
            part, _, what = field[1].upper().rpartition("-")
            if field[1] == "runtime":
                length = float(field[2])
                ends.append(begin + length)
            elif what == "ENERGY" and part in PLACES and length > 0:
                label, role = PLACES[part]
                name = f"{field[1]} of {host}"
                columns.append(Column(name, label, role, "J", host=host))
                totals[name] = (np.array([begin, begin + length]), np.array([0.0, float(field[2])]))
    if not columns:
        raise WattlineError(f"{path} is GEOPM's report without energy in its 'Application Totals'")
    extras = Extras(windows=[Window("run", begin, max(ends))])
    clock = UTC_ASSUMED if begin else "seconds since the beginning"
    return logs.recording_of_log(columns, choices, path, logs.rapl("GEOPM"), totals=totals, clock=clock, extras=extras)
