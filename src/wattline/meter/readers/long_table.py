"""Tables of a row a metric: a column of names, one of values, one of units where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattline.core.errors import WattlineError, shorten
from wattline.meter.interpretation import Interpretation
from wattline.meter.readers.column_names import NAMES, UNITS, VALUES, bare_name
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.readers.units import UNIT_MISSING

if TYPE_CHECKING:
    import polars as pl

MAX_NAMES = 1000


def long_columns(frame: pl.DataFrame, time_name: str | None) -> tuple[str, ...] | None:
    """The columns of names, of values and, where there is one, of units; None where the table is no such one.

    Of several columns of names the first in which one is power or energy; without any, the units are the names.

    Parameters
    ----------
    frame : the table
    time_name : its column of times

    Returns them.
    """
    by_plain = {bare_name(name): name for name in frame.columns if name != time_name}
    value = next((by_plain[word.strip("_")] for word in VALUES if word.strip("_") in by_plain), None)
    unit = next((by_plain[word] for word in UNITS if word in by_plain), None)
    names = [by_plain[word.strip("_")] for word in NAMES if word.strip("_") in by_plain]
    names = [name for name in dict.fromkeys(names) if name not in (value, unit)]
    if value is None or not (names or unit):
        return None
    fit = [] if unit else [name for name in names if _tells_power(frame, name)]
    name = next(iter(fit or names), unit or value)
    return (name, value) if unit is None or name == unit else (name, value, unit)


def _tells_power(frame: pl.DataFrame, name: str) -> bool:
    every: Sequence[object] = frame[name].unique(maintain_order=True).head(MAX_NAMES).to_list()
    return any(isinstance(outcome := value_of(str(text or "")), Value) and outcome.units for text in every)


def values_of(
    frame: pl.DataFrame, long: tuple[str, ...], source: str
) -> tuple[list[Value], pl.DataFrame, list[Interpretation]]:
    """A column of values for each name in a table of names and values.

    Parameters
    ----------
    frame : the table
    long : its columns, as ``long_columns`` gives them
    source : names the recording in errors

    Returns the columns, the table with them, and what was left out. Raises WattlineError where none is power or energy.
    """
    import polars as pl

    name, value, *unit = long
    if unit:  # some tools tell the unit of a name in its first row alone
        given = frame.drop_nulls(unit[0]).filter(pl.col(unit[0]) != "").group_by(name).agg(pl.col(unit[0]).unique())
        single = {key: each[0] for key, each in given.rows() if len(each) == 1}
        filled = pl.col(name).replace_strict(single, default=pl.col(unit[0]), return_dtype=pl.String)
        frame = frame.with_columns(filled.alias(unit[0]))
    keys = frame.select(name, *unit).unique(maintain_order=True).rows()
    values, left = [], []
    for key in keys:
        text, candidates = str(key[0] or ""), str(key[1] or "") if unit else ""
        outcome = value_of(text, unit=candidates)
        if isinstance(outcome, Value) and not outcome.units:
            outcome = UNIT_MISSING
        if not isinstance(outcome, Value):
            left.append(Interpretation(text, note=outcome or "no power or energy"))
            continue
        mine = (pl.col(name) == text) & ((pl.col(unit[0]) == candidates) if unit else pl.lit(True))
        column = f"{text} {candidates}".strip()
        frame = frame.with_columns(pl.when(mine).then(pl.col(value)).otherwise(None).alias(column))
        values.append(outcome._replace(column=column))
    if not values:
        names = shorten(", ".join(str(key[0]) for key in keys[:8]), 120)
        raise WattlineError(f"{source}: none of the names in column {name!r} is power or energy ({names})")
    return values, frame.drop(value, name, *unit), [row for row in left if row.note != "no power or energy"]
