"""Temperature and load of the blocks of two recordings, which a saving is adjusted for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import read_bytes
from wattline.core.units import HOUR_S
from wattline.line.grid.table import MAX_BYTES, TIME, read_table
from wattline.meter.readers.times import EPOCH_S, column_times
from wattline.reconcile.adjustment import Condition
from wattline.reconcile.blocks import Blocks

DEGREES = re.compile(r"(?i)temp|celsius|fahrenheit|°\s*[cf]\b|^(?:t|deg)_?[cf]$|_[cf]$")
FAHRENHEIT = re.compile(r"(?i)fahrenheit|°\s*f\b|_f$|\bf\b")
CHIP = re.compile(r"(?i)gpu|cpu|chip|core|junction|hbm|package")
AIR_C = (-60.0, 60.0)  # of the air at a place or an inlet
APART_H = 3.0  # the most between readings of the air


@dataclass(frozen=True)
class SameConditions:
    """What a saving is compared at the same value of.

    Attributes
    ----------
    temperature : file of times and temperatures of the air [°C] over both recordings; None leaves it as it was
    load : whether the work a second, where windows tell it: for a service whose traffic differs, not for a change that
        itself makes the work faster
    """

    temperature: Path | str | None = None
    load: bool = False

    def of(self, sides: Sequence[Blocks]) -> list[Condition]:
        """The conditions by block.

        Parameters
        ----------
        sides : blocks of the recordings before and after

        Returns
        -------
        The temperature, the load, both or none.

        Raises WattlineError where they are not known.
        """
        air = [] if self.temperature is None else [temperature(self.temperature, sides)]
        return [*air, load(sides)] if self.load else air


def temperature(path: Path | str, sides: Sequence[Blocks]) -> Condition:
    """The air of the blocks of two recordings, from a table of times and temperatures.

    Parameters
    ----------
    path : a CSV or Parquet file with a column of times and one of °C (or °F, where its header says so), of the air
        outdoors or at the inlet; a chip's own temperature follows its power and is refused
    sides : blocks of the recordings before and after

    Returns
    -------
    Temperatures of the blocks [°C].

    Raises WattlineError where the file holds no such columns, or not the time of the recordings.
    """
    time_s, air_c, note = _air(Path(path))
    before, after = (_at_blocks(path, time_s, air_c, side) for side in sides)
    return Condition("temperature", "°C", (before, after), note=note)


def load(sides: Sequence[Blocks]) -> Condition:
    """Work a second of the blocks of two recordings.

    Parameters
    ----------
    sides : blocks of the recordings before and after, windows that tell their work

    Returns
    -------
    Work a second of the blocks.

    Raises WattlineError where the recordings do not tell the work of each block.
    """
    for side in sides:
        rates = side.weight / side.duration_s
        if side.work is None or not float(np.ptp(rates)) > 1e-9 * float(rates.max()):
            raise WattlineError(
                f"saving: --same-load, but {side.source or 'a recording'} does not state the work of each window; "
                "name windows that state their tokens, samples, queries or steps (--window step), or leave it out"
            )
        if not rates.min() > 0:
            raise WattlineError(
                f"saving: --same-load, but {side.source or 'a recording'} has windows without work; choose others"
            )
    unit = f"{sides[0].unit}/s"
    return Condition("load", unit, (sides[0].weight / sides[0].duration_s, sides[1].weight / sides[1].duration_s), True)


def _air(path: Path) -> tuple[Array, Array, str]:
    """Times in seconds since the epoch and temperatures [°C], in order of time, ``(n,)``; and a remark."""
    table = read_table(read_bytes(path, MAX_BYTES, "temperatures", unpack=True), str(path))
    times = sorted((name for name in table.columns if TIME.search(name)), key=lambda name: "utc" not in name.lower())
    degrees = [name for name in table.columns if DEGREES.search(name) and name not in times]
    if not times or len(degrees) != 1:
        raise WattlineError(
            f"--temperature {path}: a column of times and one of temperatures are needed, named time and "
            f"temperature_c, not {shorten(', '.join(table.columns), 120)}"
        )
    if CHIP.search(degrees[0]):
        raise WattlineError(
            f"--temperature {path}: {shorten(degrees[0])} is of a chip, whose temperature follows its power; "
            "give that of the air outdoors or at the inlet"
        )
    time_s, remark = column_times(table[times[0]])
    import polars as pl

    values = table[degrees[0]].cast(pl.Float64, strict=False).to_numpy().astype(float)
    good = np.isfinite(time_s) & np.isfinite(values)
    if FAHRENHEIT.search(degrees[0]):
        values = (values - 32) / 1.8
    if good.sum() < 2 or not ((values[good] >= AIR_C[0]) & (values[good] <= AIR_C[1])).all():
        raise WattlineError(
            f"--temperature {path}: {shorten(degrees[0])} holds no temperatures of air in °C ({AIR_C[0]:g} to "
            f"{AIR_C[1]:g}); name the column temperature_c or temperature_f"
        )
    order = np.argsort(time_s[good], kind="stable")
    return time_s[good][order], values[good][order], f"--temperature {path}: {remark}" if remark else ""


def _at_blocks(path: Path | str, time_s: Array, air_c: Array, side: Blocks) -> Array:
    """The air at the middle of each block: between two readings, or the nearer one where they are far apart."""
    middle = side.begin_s + side.duration_s / 2
    source = side.source or "a recording"
    if middle.min() < EPOCH_S:
        raise WattlineError(
            f"--temperature {path}: {source} has no date, so its temperatures cannot be looked up; record it with dates"
        )
    after = np.searchsorted(time_s, middle).clip(1, len(time_s) - 1)
    behind, ahead = np.abs(middle - time_s[after - 1]), np.abs(time_s[after] - middle)
    apart = np.minimum(behind, ahead)
    if apart.max() > APART_H * HOUR_S:
        at = np.datetime64(int(middle[np.argmax(apart)]), "s")
        raise WattlineError(
            f"--temperature {path}: no temperature within {APART_H:g} h of {at} UTC, which {source} "
            "holds; give a file of its time"
        )
    nearest = np.where(behind <= ahead, air_c[after - 1], air_c[after])
    return np.where(behind + ahead <= APART_H * HOUR_S, np.interp(middle, time_s, air_c), nearest)
