"""Linux ``turbostat``: a table in blanks, its header printed again and again; each row the mean of the interval before.

Its first row of an interval (dashes for the processor) is the whole system; without one, the rows of the packages are
summed. Cores and graphics lie inside the package, RAM beside it. It needs ``--enable Time_Of_Day_Seconds``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

PLACES = {"Pkg": ("package", "package"), "Cor": ("core", "core"), "GFX": ("graphics", "graphics"),
          "RAM": ("dram", "dram"), "Sys": ("psys", "psys")}  # fmt: skip
TIME = "Time_Of_Day_Seconds"
PLACE = ("Package", "Die", "Node", "Core", "CPU")


def is_text(text: str) -> bool:
    """Whether a file holds turbostat's header."""
    return any(_is_header(line.split()) for line in text.splitlines()[:200])


def _is_header(cells: list[str]) -> bool:
    return any(_quantity(cell) for cell in cells) and not any(cell[:1].isdigit() for cell in cells) and len(cells) > 1


def _quantity(cell: str) -> tuple[str, str] | None:
    """(part, unit) of a column: PkgWatt, Pkg_J."""
    for part in PLACES:
        if cell == f"{part}Watt":
            return part, "W"
        if cell == f"{part}_J":
            return part, "J"
    return None


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each part, of the system or of each package.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    header: list[str] = []
    rows: dict[tuple[str, str], list[tuple[float, float]]] = {}
    now = ""
    for line in logs.lines(path):
        cells = line.split()
        if (stamp := logs.stamp(line)) is not None:
            now = str(stamp)
            continue
        if _is_header(cells):
            header = cells
            continue
        if not header or len(cells) < 2:
            continue
        row = dict(zip(header, cells, strict=False))
        if TIME not in header and not now:
            raise logs.time_refusal("turbostat", f"record it with turbostat --enable {TIME}", path)
        at = _number(row.get(TIME, now))
        there = [name for name in PLACE if name in row]
        summary = all(row[name] == "-" for name in there)
        package = "" if summary else row.get("Package", "0")
        for name in header:
            value = _number(row.get(name, ""))
            if _quantity(name) and np.isfinite(value) and np.isfinite(at):
                rows.setdefault((name, package), []).append((at, value))
    keys = [key for key in rows if not key[1]] or list(rows)
    columns, totals = [], {}
    for name, package in keys:
        part, unit = _quantity(name) or ("Pkg", "W")
        label, role = PLACES[part]
        shown = f"{name} of package {package}" if package else name
        columns.append(Column(shown, f"{label}-{package}" if package else label, role, "J", package))
        ends, values = (list(column) for column in zip(*_once(rows[name, package]), strict=True))
        steps = np.diff(ends)
        lengths = [float(np.median(steps)) if len(steps) else 0.0, *steps.tolist()]
        joules = [v * t for v, t in zip(values, lengths, strict=True)] if unit == "W" else values
        totals[shown] = logs.counter(ends, lengths, joules)
    return logs.recording_of_log(columns, choices, path, logs.rapl("turbostat, mean of each interval"), totals=totals)


def _once(rows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Each instant once: rows of the threads of a package repeat its number."""
    return list({at: (at, value) for at, value in reversed(rows)}.values())[::-1]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
