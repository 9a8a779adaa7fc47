"""How a CSV is written: its separator, decimal points or commas, and units in a second line of the header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wattline.core.errors import WattlineError, shorten

if TYPE_CHECKING:
    import polars as pl

QUOTED = re.compile(r'"[^"]*"')
NUMBER = r"^\s*[-+\x{2212}]?\d[\d.,]*\s*$"
COMMA_DECIMAL = r"^\s*[-+\x{2212}]?(?:\d+,(?:\d{1,2}|\d{4,})|0+,\d+|\d{4,},\d+|\d{1,3}(?:\.\d{3})+,\d+)\s*$"
POINT_DECIMAL = (
    r"^\s*[-+\x{2212}]?(?:\d+\.(?:\d{1,2}|\d{4,})|0*\.\d+|\d{4,}\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d+,\d{3},[\d,]+)\s*$"
)


def separator_of(data: bytes) -> str:
    """The sign between cells: a semicolon or a tab where the first two lines have as many of it, else a comma.

    Parameters
    ----------
    data
        Bytes of the file.

    Returns
    -------
    One character.
    """
    lines = [QUOTED.sub("", line.decode("utf-8", "replace")) for line in data[:20_000].splitlines()[:2]]
    for sign in (";", "\t"):
        if len(lines) == 2 and 0 < lines[0].count(sign) <= lines[1].count(sign):
            return sign
    return ","


def with_decimal_points(table: pl.DataFrame, separator: str, where: str) -> pl.DataFrame:
    """The table with decimal points and without signs between thousands.

    Parameters
    ----------
    table
        Columns of text.
    separator
        Between its cells.
    where
        What it was read from, for errors.

    Returns
    -------
    The same table, where no number has a comma; commas of a file whose numbers do not tell stay as they are.

    Raises
    ------
    WattlineError
        Where decimal commas and decimal points are both in it, or a number such as 1,060 may be either.
    """
    import polars as pl

    numeric = [
        name for name in table.columns
        if (cells := table[name].drop_nulls()).len() and cells.str.contains(",", literal=True).any()
        and bool(cells.filter(cells.str.contains(r"\d")).str.contains(NUMBER).all())
    ]  # fmt: skip
    if not numeric:
        return table
    comma = any(table[name].str.contains(COMMA_DECIMAL).any() for name in numeric)
    point = any(table[name].str.contains(POINT_DECIMAL).any() for name in numeric)
    if comma and point:
        raise WattlineError(
            f"series {where} has decimal commas and decimal points, in {numeric[0]}; write points alone"
        )
    if not comma and not point:
        if separator == ",":
            return table
        raise WattlineError(
            f"series {where}: commas in {shorten(numeric[0], 60)} may be of decimals or thousands; write decimal points"
        )
    if point:
        return table.with_columns(pl.col(numeric).str.replace_all(",", "", literal=True))
    # a point between thousands in a column without any comma is meant as in the columns beside it
    dotted = [
        name for name in table.columns
        if name not in numeric and (cells := table[name].drop_nulls()).len()
        and bool(cells.str.contains(r"^\s*[-+\x{2212}]?(?:0|[1-9]\d{0,2}(?:\.\d{3})*|\d+)\s*$").all())
    ]  # fmt: skip
    texts = pl.col(numeric + dotted).str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return table.with_columns(texts)


def with_units(table: pl.DataFrame) -> pl.DataFrame:
    """The table with the units of a second line of the header behind the names of the first.

    Parameters
    ----------
    table
        Columns of text.

    Returns
    -------
    Without that line, where it has one: its first cell is empty and no other one has a number alone.
    """
    first = table.row(0) if table.height else ()
    rest = [text for text in first[1:] if text]
    if not first or first[0] or not rest or not all("/" in text or "%" in text for text in rest):
        return table
    names = {name: f"{name} {unit.strip()}" for name, unit in zip(table.columns[1:], first[1:], strict=True) if unit}
    return table.slice(1).rename(names)
