"""The servers' power through a year: flat, a day or a week or a year of a file, or a saved load."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.reading import read_text
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H

LIMIT_BYTES = 20_000_000
STEP_S = HOUR_S


@dataclass(frozen=True, eq=False)
class Profile:
    """IT power at each hour of a year as a share of design, and what was done to make a year of it."""

    share: Array
    name: str
    notes: tuple[str, ...] = field(default=())


def flat(share: float) -> Profile:
    """The same power in every hour. Raises WattlineError for a share that is not above 0, up to 1."""
    if not 0 < share <= 1:
        raise WattlineError(f"utilisation: {share:g} is not a share of the design's power; take one above 0, up to 1")
    return Profile(np.full(TYPICAL_YEAR_H, share), "flat")


def read_profile(path: Path | str, it_w: float) -> Profile:
    """A saved load (Parquet, watts), or a CSV of one value an hour: watts, or shares of design up to 1.

    Parameters
    ----------
    path : the file
    it_w : IT power of the design [W]

    Returns
    -------
    Shares of the design's IT power by the hour, and remarks on how it was read.

    Raises WattlineError for a file that is neither.
    """
    path = Path(path)
    if path.suffix.lower() in (".parquet", ".pq"):
        return from_load(Load.read_parquet(path), it_w, path.name)
    values = _column(read_text(path, LIMIT_BYTES, "load"), path)
    notes = []
    if values.max() <= 1.0:
        notes.append("values up to 1 are taken as shares of the design's power")
    else:
        values = values / it_w
    _check(values, f"load {path}", it_w)
    return Profile(_year_of(values, notes), path.name, tuple(notes))


def from_load(load: Load, it_w: float, name: str = "load") -> Profile:
    """A load at the chips' or servers' plug as a year of hours; the mean of its draws where it has any.

    Parameters
    ----------
    load : at the servers' or chips' plug
    it_w : design IT power of the site [W]
    name : of the load, for errors

    Returns the profile, with what was done to make it a year. Raises WattlineError for a load that has the site's
    overhead in it, or goes beyond the design.
    """
    if load.point not in ("chip", "server"):
        raise WattlineError(
            f"load {name}: a load at the {load.point} has the site's overhead in it; give one at the server or chip"
        )
    power = load.power_w.reshape(-1, load.power_w.shape[-1])
    power = power.sum(axis=0) if load.labels else power.mean(axis=0)
    hourly = Load(load.point, load.start, load.step_s, power).resample(STEP_S).power_w
    whole = int(load.duration_s // STEP_S)
    hourly = hourly[:whole] if whole else np.full(1, float(load.mean_w.mean()))
    values = hourly / it_w
    _check(values, f"load {name}", it_w)
    notes: list[str] = []
    return Profile(_year_of(values, notes), name, tuple(notes))


def _check(values: Array, what: str, it_w: float) -> None:
    if values.min() < 0 or not values.max() > 0:
        raise WattlineError(f"{what}: power must be zero or more, and not all zero")
    if values.max() > 1.0 + 1e-6:
        raise WattlineError(
            f"{what}: it reaches {values.max() * it_w / 1e6:.4g} MW, above the design of {it_w / 1e6:.4g} MW"
        )


def _column(text: str, path: Path) -> Array:
    """The last column of numbers in a CSV, a header and a column of times allowed."""
    numbers = []
    for line, row in enumerate(csv.reader(io.StringIO(text)), 1):
        if not row or not row[-1].strip() or row[0].lstrip().startswith("#"):
            continue
        try:
            numbers.append(float(row[-1]))
        except ValueError:
            if numbers or line > 3:
                raise WattlineError(f"load {path}: line {line}: {row[-1].strip()[:30]!r} is no number") from None
    if not numbers:
        raise WattlineError(f"load {path}: no numbers in it; write one value an hour")
    values = np.array(numbers)
    if not np.isfinite(values).all():
        raise WattlineError(f"load {path}: NaN or infinity is no power (missing is never zero)")
    return values


def _year_of(values: Array, notes: list[str]) -> Array:
    """A year of hours from a day, a week, a year, or any other length, repeated."""
    count = values.size
    if count == TYPICAL_YEAR_H:
        return values
    if count == TYPICAL_YEAR_H + 24:
        notes.append("a leap year: 29 February left out")
        return np.delete(values, slice(59 * 24, 60 * 24))
    if count > TYPICAL_YEAR_H:
        notes.append(f"the first {TYPICAL_YEAR_H:,} of {count:,} hours")
        return values[:TYPICAL_YEAR_H]
    notes.append(f"{count:,} hours repeated through the year")
    return np.resize(values, TYPICAL_YEAR_H)
