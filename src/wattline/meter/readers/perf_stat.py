"""Linux ``perf stat``: joules of the events ``power/energy-*/``, in all or each interval (``-I``), text or CSV.

Cores and graphics lie inside the package, RAM beside it, psys over all. Times count from the start, which perf prints.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import UTC_ASSUMED, Choices
from wattline.meter.readers import logs
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

EVENT = re.compile(r"power/energy-(\w+)/")
PLACES = {"pkg": ("package", "package"), "cores": ("core", "core"), "gpu": ("graphics", "graphics"),
          "ram": ("dram", "dram"), "psys": ("psys", "psys")}  # fmt: skip
STARTED = re.compile(r"^#\s*started on (.*)$")
ELAPSED = re.compile(r"^\s*([\d.,]+)\s+(?:\+-\s+[\d.,]+\s+)?seconds time elapsed")
RUNS = re.compile(r"\((\d+) runs\)")
RUNTIME = re.compile(r"Joules([,;\t])power/energy-\w+/\1(\d+)\1")  # nanoseconds for which it counted
NANO = 1e-9


def is_text(text: str) -> bool:
    """Whether a file begins as perf stat's counts of energy."""
    return EVENT.search(text) is not None and "Joules" in text


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each domain and socket.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    begin, elapsed = 0.0, 0.0
    seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for line in logs.lines(path):
        if match := STARTED.match(line):
            begin = logs.epoch_s(match[1]) or 0.0
        elif match := RUNS.search(line):
            raise WattlineError(
                f"{path} is perf stat's mean of {match[1]} runs (-r): record each run by itself, or -I 1000"
            )
        elif match := ELAPSED.match(line):
            elapsed = _number(match[1])
        elif (event := EVENT.search(line)) and (values := _values(line)) is not None:
            at, socket, joules = values
            if not at and (match := RUNTIME.search(line)):  # of the whole command, as CSV
                elapsed = max(elapsed, float(match[2]) * NANO)
            seen.setdefault((event[1], socket), []).append((at, joules))
    if any(at == 0 for rows in seen.values() for at, _ in rows) and not elapsed:
        raise WattlineError(f"{path} is perf stat's output without its 'seconds time elapsed': keep its last lines")
    columns, totals = [], {}
    for (domain, socket), rows in seen.items():
        label, role = PLACES.get(domain, (domain, ""))
        name = f"energy-{domain}" + (f" of {socket}" if socket else "")
        columns.append(Column(name, f"{label}-{socket[1:]}" if socket else label, role, "J", socket[1:]))
        ends = [at or elapsed for at, _ in rows]
        lengths = [end - before for end, before in zip(ends, [0.0, *ends[:-1]], strict=True)]
        totals[name] = logs.counter([begin + end for end in ends], lengths, [joules for _, joules in rows])
    clock = UTC_ASSUMED if begin else "seconds since the beginning"
    return logs.recording_of_log(columns, choices, path, logs.rapl("perf stat"), totals=totals, clock=clock)


def _values(line: str) -> tuple[float, str, float] | None:
    """(seconds since the start or 0, socket, joules) of a line of counts; None where nothing was counted."""
    if "<not" in line:
        return None
    if line.lstrip().startswith("{"):
        return _of_json(line)
    separated = next((sign for sign in (",", ";", "\t") if f"{sign}Joules{sign}" in line), None)
    cells = [cell.strip() for cell in line.split(separated)] if separated else line.split()
    if "Joules" not in cells:
        return None
    count = cells.index("Joules") - 1
    socket = next((cell for cell in cells[:count] if re.fullmatch(r"S\d+(?:-D\d+)?", cell)), "")
    times = [cell for cell in cells[:count] if re.fullmatch(r"\d+[.,]\d{6,}", cell)]
    return (float(times[0].replace(",", ".")) if times else 0.0), socket.partition("-")[0], _number(cells[count])


def _of_json(line: str) -> tuple[float, str, float] | None:
    """The same of a line of ``perf stat -j``."""
    try:
        row = json.loads(line)
        at, joules = float(row.get("interval", 0.0)), _number(str(row["counter-value"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return at, str(row.get("socket", "")).partition("-")[0], joules


def _number(text: str) -> float:
    """``1,234.56``, ``1.234,56`` and ``12,34`` (a locale's marks) are numbers: the last mark is that of decimals."""
    if "," in text and "." in text:
        text = text.replace("," if text.rfind(".") > text.rfind(",") else ".", "")
    return float(text.replace(",", "."))
