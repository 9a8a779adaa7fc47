"""Tables whose rows tell when they begin and end: mean watts or joules of a period, a run, a job.

Each row becomes two of an ordinary table, nothing at its beginning and its joules at its end; what lies between rows
was not measured.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.fact import Array
from wattline.meter.interpretation import Choices
from wattline.meter.places import role_of, words_of
from wattline.meter.readers import units
from wattline.meter.readers.column_names import RELATIVE, TIME_UNITS, TIMES, bare_name
from wattline.meter.readers.frame import all_like
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.readers.times import column_times

if TYPE_CHECKING:
    import polars as pl

PAIRS = {"start": "end", "begin": "end", "started": "ended", "from": "to", "starttime": "endtime",
         "started_at": "ended_at"}  # fmt: skip
LENGTHS = frozenset({*RELATIVE, "epoch", "wall_time", "epoch_time"})  # names of times that may stand beside them
ROUNDS = frozenset({"duration", "epoch_duration", "epoch_time", "step_time", "run_time", "training_time", "train_time",
                    "wall_time", "round_time"})  # fmt: skip
SAME = 0.02  # watts and joules of each row that differ by less are one device's
AFTER_S = 1e-3  # a row begins so much later than the one before it ends
JOB, STEP = "jobid", re.compile(r"^(\S+?)\.\S+$")  # Slurm's: a job holds its steps
SLURM = {"consumedenergyraw": "J", "consumedenergy": ""}


def as_rows(frame: pl.DataFrame, choices: Choices) -> pl.DataFrame | None:
    """The table with a row for each beginning and each end.

    Parameters
    ----------
    frame : cells as text
    choices : what the user says of its columns

    Returns it; None where no two columns tell a beginning and an end, or another tells the time.
    """
    import polars as pl

    frame, pair = _pair(frame) or _by_lengths(frame) or (frame, None)
    frame = _dated(frame, pair)
    others = [name for name in frame.columns if bare_name(name) in TIMES and bare_name(name) not in LENGTHS]
    if pair is None or others or any(choices.quantity([name]) == "time" for name in frame.columns):
        return None
    frame = _jobs(frame)
    begin, end = (column_times(frame[name])[0] for name in pair)
    same = _duplicates(frame, pair, choices, end - begin)
    good = np.isfinite(begin) & np.isfinite(end) & (end > begin)
    columns: dict[str, Array | list[str | None]] = {"time": np.concatenate([begin[good] + AFTER_S, end[good]])}
    values = False
    for name in frame.columns:
        if name in pair or name in same:
            continue
        cells = frame[name].filter(pl.Series(good))
        outcome = value_of(name, unit=choices.unit([name]) or "")
        if isinstance(outcome, Value) and outcome.units:
            unit = outcome.units[0]
            joules = units.cells(cells)[0] * unit.scale * ((end - begin)[good] if unit.quantity == "power" else 1.0)
            columns[f"{outcome.label or 'energy'} interval energy [J]"] = np.concatenate(
                [np.zeros(len(joules)), joules]
            )
            values = True
        else:
            text = cells.cast(pl.String).to_list()
            columns[name] = [*text, *text]
    return pl.DataFrame(columns, strict=False).sort("time", maintain_order=True) if values and good.any() else None


def _dated(frame: pl.DataFrame, pair: tuple[str, str] | None) -> pl.DataFrame:
    """The table with the day, which stands in a column of its own, before the times of day of beginning and end."""
    import polars as pl

    date = next((name for name in frame.columns if bare_name(name) == "date"), None)
    if pair is None or date is None or any(frame[name].dtype != pl.String for name in (date, *pair)):
        return frame
    if not all(all_like(frame, name, r"^\s*\d{1,2}:\d{2}") for name in pair):
        return frame
    return frame.with_columns((pl.col(date) + " " + pl.col(name)).alias(name) for name in pair).drop(date)


def _duplicates(frame: pl.DataFrame, pair: tuple[str, str], choices: Choices, length_s: Array) -> set[str]:
    """Of columns of watts and of joules that say (nearly) the same in all rows the one that tells less of its place."""
    joules: dict[str, Array] = {}
    watts: dict[str, Array] = {}
    for name in frame.columns:
        outcome = value_of(name, unit=choices.unit([name]) or "") if name not in pair else ""
        if isinstance(outcome, Value) and outcome.units:
            of_power = outcome.units[0].quantity == "power"
            numbers = units.cells(frame[name])[0] * outcome.units[0].scale
            (watts if of_power else joules)[name] = numbers * (length_s if of_power else 1.0)
    same = set()
    for name, power in watts.items():
        for other, energy in joules.items():
            if len(power) and np.isfinite(power).all() and (np.abs(power - energy) <= SAME * np.abs(energy)).all():
                same.add(other if role_of(words_of(name)) and not role_of(words_of(other)) else name)
    return same


def _pair(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, str]] | None:
    """The table, and its columns of beginning and end by their names."""
    by_plain = {bare_name(name): name for name in frame.columns}
    for word, name in by_plain.items():
        for begin, end in PAIRS.items():
            other = re.sub(rf"(?<![a-z]){begin}(?![a-z])", end, word)
            if other != word and other in by_plain:
                return frame, (name, by_plain[other])
    return None


def _by_lengths(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, str]] | None:
    """The table of rounds whose lengths alone are told, with beginning and end of each, one after the other."""
    import polars as pl

    for name in frame.columns:
        base, _, unit = bare_name(name).rpartition("_")
        if base not in ROUNDS or unit not in TIME_UNITS:
            continue
        length = np.nan_to_num(units.cells(frame[name])[0]) * TIME_UNITS[unit]
        end = np.cumsum(length)
        beside = (pl.Series("begin of round", end - length), pl.Series("end of round", end))
        return frame.with_columns(*beside), ("begin of round", "end of round")
    return None


def _jobs(frame: pl.DataFrame) -> pl.DataFrame:
    """Slurm's jobs without the steps that lie in them, and their energy in joules."""
    import polars as pl

    by_plain = {bare_name(name).replace("_", ""): name for name in frame.columns}
    if JOB not in by_plain or not SLURM.keys() & by_plain.keys():
        return frame
    job = by_plain[JOB]
    jobs = set(frame[job].to_list())
    names = frame[job].fill_null("").to_list()
    steps = [match is not None and match[1] in jobs for match in map(STEP.match, names)]
    frame = frame.filter(~pl.Series(steps))
    if "consumedenergyraw" in by_plain:
        frame = frame.drop(*(by_plain[name] for name in ("consumedenergy",) if name in by_plain))
        return frame.rename({by_plain["consumedenergyraw"]: "ConsumedEnergy [J]"})
    name = by_plain["consumedenergy"]
    joules = pl.col(name).str.replace(r"(\d)$", "${1} ").str.replace(r"\s*([KMG]?)$", " ${1}J").str.replace("K", "k")
    return frame.with_columns(joules.alias("ConsumedEnergy [J]")).drop(name)
