"""The columns of a table by their names: which are times, which watts or joules, which tell devices apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.interpretation import UTC_ASSUMED, Choices, Interpretation
from wattline.meter.places import label_of, words_of
from wattline.meter.readers import units
from wattline.meter.readers.column_names import (
    POWER_CELL,
    RELATIVE,
    REPEATED,
    SETTINGS,
    TIME_UNITS,
    TIMES,
    UNNAMED,
    bare_name,
)
from wattline.meter.readers.frame import all_like, numbers
from wattline.meter.readers.long_table import long_columns, values_of
from wattline.meter.readers.named_values import ANY_PERCENTILE, PERCENTILE, Value, value_of
from wattline.meter.readers.times import EPOCH_S, FORMS, column_times, durations, is_dates

if TYPE_CHECKING:
    import polars as pl


GPU_COUNTS = frozenset(("num_gpus", "num_gpu", "n_gpus", "n_gpu", "ngpus", "gpu_count", "gpus", "number_of_gpus"))
MEAN_WORDS = frozenset(("avg", "average", "mean"))


@dataclass
class Layout:
    """A table's columns by what they are."""

    time_s: Array
    clock: str
    values: list[Value] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # neither times nor values: one may tell devices apart
    rows: list[Interpretation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lengths: bool = False  # a column tells how long each row stands for
    by_name: bool = False  # a row holds one name's value: those of other names are no missing readings


def layout(frame: pl.DataFrame, choices: Choices, source: str) -> tuple[pl.DataFrame, Layout]:
    """The table without a row of units below its header, and what its columns are.

    Parameters
    ----------
    frame, choices, source : the table, cells as text; what the user says of its columns; its name in errors

    Returns both. Raises WattlineError where no column is the time, or none is power or energy.
    """
    quantities = {name: quantity for name in frame.columns if (quantity := choices.quantity([name])) is not None}
    frame, second = units.row_of_units(frame, TIME_UNITS)
    times = cache(partial(_seconds, frame))  # a long column of words is read once
    time_name = _time(frame, quantities, times)
    values, left = _values(frame, time_name, second, choices, source)
    if time_name is None or not (values or long_columns(frame, time_name)):
        missing = "time" if time_name is None else "power or energy"
        why = "; ".join(f"{row.name}: {row.note}" for row in left) if time_name is not None else ""
        listed = shorten(why or f"columns: {', '.join(frame.columns)}", 120)
        raise WattlineError(
            f"{source}: no column is the {missing} ({listed}); "
            "name them time and power_w or energy_j, or say which they are with --columns NAME=time,NAME=power"
        )
    if not len(frame):
        raise WattlineError(f"{source} holds no rows below its header")
    _check_means(frame, [value.name for value in values if choices.quantity([value.name]) is None], source)
    time_s, clock, remark, used = _times(frame, time_name, times(time_name, second.get(time_name, "")), source)
    long = None if values else long_columns(frame, time_name)
    if long is not None:
        values, frame, more = values_of(frame, long, source)
        left += more
        used = [*used, long[0], *long[2:]]
    taken = {value.column for value in values} | set(used) | {row.name for row in left}
    rows = [Interpretation(name, "", "time", clock=clock) for name in used[:1]]
    others = [name for name in frame.columns if name not in taken]
    notes = [remark] if remark else []
    return frame, Layout(time_s, clock, values, others, [*rows, *left], notes, by_name=long is not None)


def _values(
    frame: pl.DataFrame, time_name: str | None, second: dict[str, str], choices: Choices, source: str
) -> tuple[list[Value], list[Interpretation]]:
    values, left = [], []
    percentiles = any(PERCENTILE.search(name) for name in frame.columns)
    for name in frame.columns:
        if name == time_name:
            continue
        if percentiles and ANY_PERCENTILE.search(name) and not PERCENTILE.search(name):
            left.append(Interpretation(name, note="a percentile, no mean"))
            continue
        quantity = choices.quantity([name])
        outcome = value_of(name, unit=second.get(name, ""))
        if quantity in ("power", "energy", "interval") and not (isinstance(outcome, Value) and outcome.units):
            base = (units.SHORT["W" if quantity == "power" else "J"],)
            candidates = units.possible_units(unit, "xX") if (unit := choices.unit([name])) else base
            outcome = Value(name, name, candidates, label_of(name), words_of(name))
        elif quantity in ("time", "device"):
            continue
        if isinstance(outcome, Value) and not outcome.units:
            outcome = _by_cells(frame, outcome, choices)
        elif outcome == "" and _units_in_cells(frame, name):
            outcome = _by_cells(frame, Value(name, name, (), label_of(name), words_of(name)), choices)
        if isinstance(outcome, Value) and not quantity:
            outcome = _once(frame, outcome, source)
        if isinstance(outcome, Value):
            values.append(outcome)
        elif outcome:
            left.append(Interpretation(name, note=outcome))
    return values, left


def _check_means(frame: pl.DataFrame, names: list[str], source: str) -> None:
    """Refuse watts that may be the mean of several GPUs, whose number stands in a column of its own."""
    count = next((name for name in frame.columns if bare_name(name) in GPU_COUNTS), None)
    many = numbers(frame[count]) if count is not None else np.empty(0)
    several = many[np.isfinite(many) & (many > 1)]
    mean = next((n for n in names if {"gpu"} <= (words := set(bare_name(n).split("_"))) and words & MEAN_WORDS), None)
    if len(several) and mean is not None:
        raise WattlineError(
            f"{source}: {mean} may be the mean of {several[0]:.0f} GPUs ({count}) or what they draw together: say "
            f"--columns {mean}=power where it is all of them, or write their sum"
        )


def _units_in_cells(frame: pl.DataFrame, name: str) -> bool:
    """Whether all cells of a column name a unit, and it is no setting such as a mode that is called 15W."""
    import polars as pl

    setting = SETTINGS & set(words_of(name))
    return not setting and all_like(frame.select(pl.col(name).cast(pl.String)), name, POWER_CELL)


def _once(frame: pl.DataFrame, value: Value, source: str) -> Value | str:
    """A column whose name stands twice in the header: its copy counts once, and other numbers are asked about."""
    again = REPEATED.fullmatch(value.column)
    if again is None or again[1] not in frame.columns:
        return value
    if frame[value.column].equals(frame[again[1]]):
        return f"the same as {again[1]}"
    raise WattlineError(
        f"{source}: {again[1]} is twice in the header, with other numbers: give each column a name of its own"
    )


def _by_cells(frame: pl.DataFrame, value: Value, choices: Choices) -> Value | str:
    """A column whose header names no unit, by the units in its cells or by the user's word."""
    unit = choices.unit([value.name])
    if unit and (candidates := units.possible_units(unit, "xX")):
        return value._replace(units=candidates)
    inside = [outcome for outcome in units.cells(frame[value.column])[1] if outcome is not None]
    if inside:
        return value._replace(units=(units.SHORT["W" if inside[0].quantity == "power" else "J"],))
    return units.UNIT_MISSING


def _time(frame: pl.DataFrame, quantities: dict[str, str], times: ReadTimes) -> str | None:
    """The name of the column of times: as said, by its name, by its type."""
    if given := next((name for name, quantity in quantities.items() if quantity == "time"), None):
        return given
    ranked = []
    for name in frame.columns:
        words = bare_name(name).strip("_")
        base = re.sub(r"_(?:" + "|".join(TIME_UNITS) + ")$", "", words)
        base = base if base in TIMES else words
        if base in TIMES or words in TIMES:
            ranked.append((TIMES.index(base if base in TIMES else words), name))
        elif {"time", "timestamp", "datetime"} & set(words.split("_")) and not isinstance(value_of(name), Value):
            ranked.append((len(TIMES) + ("stamp" not in words), name))
    for _, name in sorted(ranked, key=lambda pair: pair[0]):
        if not len(frame) or _tells_time(name, times):
            return name
    if ranked:
        return min(ranked)[1]
    return next(
        (n for n in frame.columns if frame[n].dtype.is_temporal() or (bare_name(n) in UNNAMED and is_dates(frame[n]))),
        None,
    )


def _tells_time(name: str, times: ReadTimes) -> bool:
    """Whether a column holds times; ``epoch`` is one where it counts seconds since 1970, not rounds of training."""
    seconds = times(name, "")[0]
    there = seconds[np.isfinite(seconds)]
    return len(there) > 0 and not (bare_name(name) == "epoch" and float(np.median(there)) < EPOCH_S)


def _times(
    frame: pl.DataFrame, name: str, read: tuple[Array, str, list[str]], source: str
) -> tuple[Array, str, str, list[str]]:
    """Seconds since the epoch (or the beginning), the clock in words, a remark, and the columns that were used."""
    seconds, remark, used = read
    if not np.isfinite(seconds).any():
        cell = next((str(cell) for cell in frame[name] if cell is not None and str(cell).strip()), "")
        raise WattlineError(
            f"{source}: column {name!r} holds no time that can be read ({shorten(cell, 30)!r}); forms that are: {FORMS}"
        )
    begin = float(np.nanmin(np.abs(seconds)))
    clock = "seconds since the beginning" if begin < EPOCH_S else "UTC"
    candidates = {"": clock, "times carry no date": "time of day"}.get(remark, UTC_ASSUMED)
    return seconds, candidates if clock == "UTC" or remark else clock, remark, used


# of a column's name and its unit: seconds since the epoch, a remark, and the columns that were used
ReadTimes = Callable[[str, str], tuple[Array, str, list[str]]]


def _seconds(frame: pl.DataFrame, name: str, unit: str) -> tuple[Array, str, list[str]]:
    words = bare_name(name)
    tail = unit.lower() or words.rpartition("_")[2]
    relative = words in RELATIVE or (words.rpartition("_")[0] in RELATIVE and tail in TIME_UNITS)
    if tail in TIME_UNITS and (relative or unit or "_" in words or words in RELATIVE):
        values = numbers(frame[name])
        if np.isfinite(values).any():
            return values * TIME_UNITS[tail], "", [name]
    if relative:
        values = numbers(frame[name])
        if np.isfinite(values).any():
            return values, "", [name]
        if np.isfinite(long := durations(frame[name])).mean() > 0.5:
            return long, "", [name]
    if (dated := _date_beside(frame, name)) is not None:
        return *column_times(dated[0]), [name, dated[1]]
    return *column_times(frame[name]), [name]


def _date_beside(frame: pl.DataFrame, name: str) -> tuple[pl.Series, str] | None:
    """Date and time of day in two columns, joined."""
    import polars as pl

    texts = [column for column in frame.columns if column != name and frame[column].dtype == pl.String]
    if bare_name(name) == "date":
        beside = next((column for column in texts if all_like(frame, column, r"^\s*\d{1,2}:\d{2}")), None)
    else:
        beside = next((column for column in texts if bare_name(column) in ("date", "day")), None)
    if beside is None or frame[name].dtype != pl.String:
        return None
    date, clock = (name, beside) if bare_name(name) == "date" else (beside, name)
    if not frame[date].str.contains(r"\d").any() or frame[date].str.contains(":").any():
        return None
    return frame[date].str.strip_chars() + " " + frame[clock].str.strip_chars(), beside
