"""Recordings of a GPU's own sensor as nvidia-smi logs it, alone or beside a hardware meter, found and read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.parquet import damage
from wattline.core.reading import read_bytes, unpack_bytes
from wattline.meter.device import Device
from wattline.meter.readers import pmd
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec
from wattline.validate.evidence.kernels import UnusableFile

LOG = "gpudata.csv"
LOAD = "timestamps.csv"
HALF_HOUR_S = 1800.0
LIMIT_BYTES = 2_000_000_000
FIELDS = {"power.draw": "draw", "power.draw.average": "average", "power.draw.instant": "instant"}


@dataclass(frozen=True, eq=False)
class Log:
    """What nvidia-smi wrote: times (s, of its own clock taken as UTC), watts by field, temperature where logged."""

    path: Path
    name: str  # of the card, where the log tells
    time_s: Array
    power_w: dict[str, Array]
    temperature_c: Array | None = None

    def series(self, name: str, shift_s: float) -> dict[str, Series]:
        """A series a field, of the card called ``name``, its clock set back by ``shift_s``.

        Parameters
        ----------
        name : of the card
        shift_s : by which the card's clock is ahead of the meter's [s]

        Returns
        -------
        Power [W] over time [s], by field.
        """
        device = Device("", f"nvidia-smi:{self.path.parent.name}", "gpu", name)
        return {
            f: Series(device, Spec("nvml", note=f), self.time_s - shift_s, watts) for f, watts in self.power_w.items()
        }


@dataclass(frozen=True, eq=False)
class Pair:
    """A log beside a meter: their series on one clock, and when the load ran where the recording tells."""

    name: str
    gpu: str
    ahead_s: float  # how far nvidia-smi's clock ran ahead, in whole half hours
    fields: dict[str, Series]
    true: Series
    load: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class SensorLogs:
    """Everything in a folder that could be read, and what could not."""

    pairs: list[Pair] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    unusable: list[UnusableFile] = field(default_factory=list)


def find(folder: Path, gpu: str = "") -> SensorLogs:
    """Recordings in the folder and below it; ``gpu`` names the card where logs and folders do not. Raises WattlineError
    where it is no folder, or nothing in it can be used.

    Parameters
    ----------
    folder : of recordings
    gpu : name of the card; "" where logs or folders say it

    Returns
    -------
    The logs, those beside a hardware meter, and what cannot be used with its reason.
    """
    if not folder.is_dir():
        raise WattlineError(f"sensors: {folder} is not a directory")
    seen = SensorLogs()
    for path in sorted(folder.rglob("*.csv")):
        if path.name == LOAD or not (path.name == LOG or _begins_as_log(path)):
            continue
        try:
            log = read_log(path)
        except WattlineError as error:
            if path.name == LOG or pmd.matches(path.parent):
                seen.unusable.append(UnusableFile(str(path), str(error)))
            continue
        seen.logs.append(log)
        if pmd.matches(path.parent):
            try:
                seen.pairs.append(_pair(log, gpu))
            except WattlineError as error:
                seen.unusable.append(UnusableFile(str(path.parent), str(error)))
    if not seen.logs and seen.unusable:
        raise WattlineError(f"sensors: nothing can be used: {seen.unusable[0].why}")
    if not seen.logs:
        raise WattlineError(f"sensors: {folder} holds no log of nvidia-smi (a CSV with timestamp and power.draw)")
    return seen


def _begins_as_log(path: Path) -> bool:
    """Whether a file's first line has the columns of a log, before all of it is read."""
    try:
        with path.open("rb") as file:
            head = file.readline(4096)
    except OSError:
        return False
    return b"timestamp" in head and b"power.draw" in head


def _bytes(path: Path) -> bytes:
    return unpack_bytes(read_bytes(path, LIMIT_BYTES, "log"), LIMIT_BYTES, f"log {path}")


def read_log(path: Path) -> Log:
    """A CSV of ``nvidia-smi --query-gpu=timestamp,power.draw,… --format=csv``, with units or without. Raises
    WattlineError where it is none, or no row holds a time and watts."""
    import polars as pl

    try:
        table = pl.read_csv(_bytes(path), infer_schema=False, truncate_ragged_lines=True)
    except damage() as error:
        raise WattlineError(f"{path}: {shorten(str(error), 120)}") from None
    table = table.rename({c: re.sub(r"\s*\[.*\]\s*", "", c).strip() for c in table.columns})
    fields = [f for f in FIELDS if f in table.columns]
    if "timestamp" not in table.columns or not fields:
        raise WattlineError(f"{path}: no columns timestamp and power.draw, as nvidia-smi writes them")
    text = table["timestamp"].str.strip_chars()
    time = text.str.to_datetime("%Y/%m/%d %H:%M:%S%.f", strict=False, time_unit="us").dt.epoch("us")
    numbers = time.cast(pl.Float64).to_numpy() / 1e6
    if np.isfinite(numbers).sum() < 2:
        raise WattlineError(f"{path}: fewer than two rows with a time")
    power = {FIELDS[f]: _number(table[f]) for f in fields}
    power = {f: watts for f, watts in power.items() if np.isfinite(watts).sum() > 1}
    if not power:
        raise WattlineError(f"{path}: no row holds watts")
    name = table["name"][0].strip() if "name" in table.columns and table["name"][0] else ""
    warm = _number(table["temperature.gpu"]) if "temperature.gpu" in table.columns else None
    return Log(path, name, numbers, power, warm)


def _number(column: Any) -> Array:
    """Numbers of a column of text, units cut off; what is none is NaN."""
    import polars as pl

    plain = column.str.extract(r"^\s*(-?\d+(?:\.\d+)?)", 1)
    return np.asarray(plain.cast(pl.Float64, strict=False).to_numpy(), float)


def _pair(log: Log, gpu: str) -> Pair:
    folder = log.path.parent
    true = pmd.read(folder).series[0]
    middle = float(np.nanmean(log.time_s)) - float(true.time_s.mean())
    ahead = round(middle / HALF_HOUR_S) * HALF_HOUR_S
    name = gpu or log.name or folder.name
    pair = Pair(folder.name, name, ahead, log.series(name, ahead), true, _load(folder / LOAD))
    begin, end = overlap(pair)
    if end - begin < 1.0:
        raise WattlineError(f"{folder}: the log and the meter have less than a second in common")
    return pair


def overlap(pair: Pair) -> tuple[float, float]:
    """The time that both the meter and every field saw, with a fifth of a second left out at its ends."""
    begins = [float(np.nanmin(s.time_s)) for s in pair.fields.values()]
    ends = [float(np.nanmax(s.time_s)) for s in pair.fields.values()]
    return max(*begins, float(pair.true.time_s[0])) + 0.2, min(*ends, float(pair.true.time_s[-1])) - 0.2


def _load(path: Path) -> tuple[float, float] | None:
    """When the load began first and ended last, from microseconds in a column ``timestamp``; None where untold."""
    import polars as pl

    try:
        column = pl.read_csv(_bytes(path), infer_schema=False)["timestamp"]
        at = column.cast(pl.Float64, strict=False).drop_nulls().to_numpy() / 1e6
    except (WattlineError, pl.exceptions.PolarsError):
        return None
    return (float(at.min()), float(at.max())) if len(at) > 1 else None
