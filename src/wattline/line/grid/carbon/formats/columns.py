"""What a form of file comes to: columns of one meaning and unit each, whatever the file called them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.line.grid.table import numbers_of

if TYPE_CHECKING:
    import polars as pl

# meaning and unit of a column: g/kWh, g/kWh, g/kWh, per kWh, share; FUEL and a fuel's name: MW
LIFECYCLE, DIRECT, MARGINAL, PRICE, CLEAN, FUEL = "lifecycle", "direct", "marginal", "price", "clean", "fuel:"
PER_CENT = 0.01


@dataclass(frozen=True, eq=False)
class GridTable:
    """Rows of a file, not yet on a regular time.

    Attributes
    ----------
    times
        Begin of each row in UTC, ``datetime64[s]``, shape ``(n_rows,)``.
    columns
        Numbers by meaning (``LIFECYCLE``, ``PRICE``, ``FUEL`` and a fuel, ...), shape ``(n_rows,)``; NaN is a gap.
    source
        Who published them.
    zone
        Grid or market; empty where the file does not say.
    currency
        Of the prices.
    notes
        What was taken for granted.
    """

    times: Any
    columns: dict[str, Array]
    source: str
    zone: str = ""
    currency: str = "USD"
    notes: tuple[str, ...] = ()


def column_of(table: pl.DataFrame, name: str, where: str) -> Array:
    """Numbers of a column; NaN where a cell is empty.

    Parameters
    ----------
    table
        The file's table.
    name
        Of the column.
    where
        What it was read from, for errors.

    Returns
    -------
    Numbers in the file's unit, shape ``(n_rows,)``.

    Raises
    ------
    WattlineError
        Where a cell is no number.
    """
    numbers = numbers_of(table[name])
    if numbers is None:
        if table[name].null_count() == table.height:
            return np.full(table.height, np.nan)
        raise WattlineError(f"series {where}: column {shorten(name, 60)} holds what is no number")
    return numbers


def rows_of_zone(table: pl.DataFrame, column: str, zone: str | None, where: str) -> tuple[pl.DataFrame, str]:
    """The rows of one zone, and its name.

    Parameters
    ----------
    table
        The file's table.
    column
        Of the zones' names.
    zone
        The zone that is wanted, in any case; None where the file has one alone.
    where
        What it was read from, for errors.

    Returns
    -------
    Its rows and its name.

    Raises
    ------
    WattlineError
        Where there are several and none of them is wanted.
    """
    import polars as pl

    names = [str(name) for name in table[column].drop_nulls().unique(maintain_order=True).to_list()]
    if len(names) == 1:
        return table, names[0]
    chosen = [name for name in names if zone is not None and name.lower() == zone.lower()]
    if not chosen:
        wanted = "" if zone is None else f", none is {shorten(zone, 40)}"
        shown = shorten(", ".join(names), 160)
        raise WattlineError(
            f"series {where} has {len(names)} zones in {column}{wanted}; name one behind the file, as FILE@ZONE, of "
            f"{shown}"
        )
    return table.filter(pl.col(column).cast(pl.String) == chosen[0]), chosen[0]
