"""MSI Afterburner's log: line 02 names its sensors, lines 03 tell their units in that order, lines 80 read them.

``Power`` is the graphics card's, in watts or, on older cards, a share of its limit: the unit decides. Times are local.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording

MARK = re.compile(r"^\d\d, [^,\n]*, Hardware monitoring log v\d", re.MULTILINE)
DATE = re.compile(r"(\d\d)[-./](\d\d)[-./](\d{4}) ")  # the day before the month
DRAWN = re.compile(r"(?i)\b(?:power|watts?)\b")
CARD = re.compile(r"(?i)^power\b")


def is_text(text: str) -> bool:
    """Whether a file begins as this log."""
    return MARK.match(text.lstrip("\ufeff \r\n")) is not None


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each sensor of watts.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none, or no unit says so.
    """
    import polars as pl

    names: list[str] = []
    units: list[str] = []
    times: list[str] = []
    rows: list[list[str]] = []
    for line in logs.lines(path):
        kind, _, rest = line.partition(",")
        at, *cells = (cell.strip() for cell in rest.split(","))
        if kind == "02":
            names, units = cells, []
        elif kind == "03":
            units.append(cells[1] if len(cells) > 1 else "")
        elif kind == "80" and names:
            times.append(DATE.sub(r"\3-\2-\1 ", at))
            rows.append(cells)
    drawn = [i for i, name in enumerate(names) if DRAWN.search(name) and units[i : i + 1] == ["W"]]
    if not drawn or len(rows) < 2:
        shown = [
            f"{name} in {unit or 'no unit'}" for name, unit in zip(names, units, strict=False) if DRAWN.search(name)
        ]
        why = f"no sensor of watts ({', '.join(shown) or 'none is called power'})" if not drawn else "no two readings"
        raise WattlineError(f"{path} is MSI Afterburner's log, and holds {why}: log Power and CPU power in W")
    seconds, remark = column_times(pl.Series(times))
    columns = {"time": [repr(at) for at in logs.spread_times(seconds.tolist())]}
    for i in drawn:
        name = f"GPU {names[i].lower()}" if CARD.match(names[i]) else names[i]
        columns[f"{name} (W)"] = [row[i] if i < len(row) else "" for row in rows]
    recording = plain.of_frame(pl.DataFrame(columns), choices, str(path), path.stem)
    return replace(recording, notes=(*([remark] if remark else []), *recording.notes))
