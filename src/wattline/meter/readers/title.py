"""Columns whose bare names tell nothing by themselves: of a power analyser, and of files that name their one metric.

Yokogawa and others write ``U-1, I-1, P-1``; collectd and TensorBoard write ``value`` in a file named by its metric.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from wattline.meter.interpretation import Choices
from wattline.meter.readers.column_names import NAMES, TIMES, bare_name
from wattline.meter.readers.named_values import Value, value_of

if TYPE_CHECKING:
    import polars as pl

ACTIVE = re.compile(r"P[-_ ]?(E?\d|SIGMA|Σ|sum)", re.IGNORECASE)
VOLTS = re.compile(r"U(?:rms|dc|mn|ac)?[-_ ]?(?:E?\d|SIGMA)", re.IGNORECASE)
AMPERES = re.compile(r"I(?:rms|dc|mn|ac)?[-_ ]?(?:E?\d|SIGMA)", re.IGNORECASE)
DAY = re.compile(r"[-_.](?:\d{4}-\d{2}-\d{2}|\d{8})$")
BESIDE = frozenset({*TIMES, "wall_time", "step", "value"})
ENDINGS = (".csv", ".tsv", ".txt", ".dat")


def title(frame: pl.DataFrame, path: Path, choices: Choices) -> pl.DataFrame:
    """The table with names that tell what its columns are, where only all of them together or its file's name do.

    Parameters
    ----------
    frame, path : the table, and its file
    choices : what the user says of its columns, whose names then stay as they are

    Returns the table.
    """
    names = _of_analyser(frame.columns) or _of_file(frame.columns, path)
    lower = {name.lower() for name in (*choices.columns, *choices.units)}
    return frame.rename({name: new for name, new in names.items() if name.lower() not in lower})


def _of_analyser(columns: list[str]) -> dict[str, str]:
    """Active power beside the volts and amperes of its elements."""
    bare = {name: re.sub(r"\s*\[[^\]]*\]|/[A-Z]$", "", name).strip() for name in columns}
    if not any(map(VOLTS.fullmatch, bare.values())) and not any(map(AMPERES.fullmatch, bare.values())):
        return {}
    out = {}
    for name, plain in bare.items():
        if (match := ACTIVE.fullmatch(plain)) and not isinstance(value_of(name), Value):
            whole = not match[1][-1].isdigit()
            out[name] = "P total power [W]" if whole else f"{plain} power [W]"
    return out


def _of_file(columns: list[str], path: Path) -> dict[str, str]:
    """The one column ``value`` by the name of its file."""
    bare = [bare_name(name) for name in columns]
    if bare.count("value") != 1 or not set(bare) <= BESIDE or set(bare) & set(NAMES):
        return {}
    name = path.name.removesuffix(path.suffix) if path.suffix.lower() in ENDINGS else path.name
    name = DAY.sub("", name)
    outcome = value_of(name)
    return {columns[bare.index("value")]: name} if isinstance(outcome, Value) and outcome.units else {}
