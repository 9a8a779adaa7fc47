"""Tables of series: a CSV as text, its column of times in UTC, its columns of numbers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.parquet import MARK, damage, read_parquet
from wattline.core.reading import unpacked
from wattline.line.grid.local_time import to_utc

if TYPE_CHECKING:
    import polars as pl

MAX_BYTES = 100_000_000  # of a table that was packed
TIME = re.compile(r"(?i)utc|date|time|period")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")


def read_table(data: bytes, where: str) -> pl.DataFrame:
    """The table of a CSV or Parquet file.

    Parameters
    ----------
    data
        Bytes of the file.
    where
        What it was read from, for errors.

    Returns
    -------
    Columns as text, or as the Parquet file types them.

    Raises
    ------
    WattlineError
        Where it is neither.
    """
    return read_parquet(data, f"series {where}") if data[:4] == MARK else csv_table(data, where)


def csv_table(data: bytes, where: str) -> pl.DataFrame:
    """A CSV as columns of text; WattlineError where it is none or has fewer than two rows.

    Parameters
    ----------
    data
        Bytes of the file.
    where
        What it was read from, for errors.

    Returns
    -------
    Every column as text.

    Raises
    ------
    WattlineError where the text is no CSV, or has fewer than two rows.
    """
    import polars as pl

    data = unpacked(data, MAX_BYTES, f"series {where}")
    try:
        table = pl.read_csv(io.BytesIO(data), infer_schema=False, truncate_ragged_lines=False)
    except damage() as error:
        raise WattlineError(f"series {where} is no CSV: {shorten(str(error), 120)}") from None
    if table.height < 2:
        raise WattlineError(f"series {where} has fewer than two rows")
    return table


def times_of(table: pl.DataFrame, where: str, time_zone: str | None = None) -> tuple[str, Any, list[str]]:
    """The name of the column of times, the times in UTC, and what was taken for granted.

    Parameters
    ----------
    table
        Its columns as text, numbers or times.
    where
        What it was read from, for errors.
    time_zone
        Zone of times without an offset; None takes them as UTC.

    Returns
    -------
    The name, ``datetime64[s]`` of shape ``(n_rows,)``, and remarks.

    Raises
    ------
    WattlineError
        Where there is no such column, or its times are local and no zone is given.
    """
    import polars as pl

    names = sorted(table.columns, key=lambda name: "utc" not in name.lower())  # UTC before the local time beside it
    for name in names:
        dtype = table[name].dtype
        if isinstance(dtype, pl.Datetime):
            if dtype.time_zone is not None:
                return name, seconds(table[name].dt.convert_time_zone("UTC")), []
            times, notes = _zoned(table[name], name, where, time_zone)
            return name, seconds(times), notes
    for name in names:
        if table[name].dtype == pl.String and TIME.search(name):
            parsed, offset = parsed_times(table[name].str.strip_chars())
            if parsed is not None:
                times, notes = (parsed, []) if offset else _zoned(parsed, name, where, time_zone)
                return name, seconds(times), notes
    raise WattlineError(
        f"series {where}: no column of times among {shorten(', '.join(table.columns), 120)}; name it utc and write "
        "2023-01-01T00:00:00Z"
    )


def _zoned(times: pl.Series, name: str, where: str, time_zone: str | None) -> tuple[pl.Series, list[str]]:
    """Times without an offset in UTC: by the column's name, else by the zone, else taken as UTC."""
    if "utc" in name.lower():
        return times, []
    if time_zone is not None:
        return to_utc(times, time_zone, f"series {where}"), []
    if "local" in name.lower():
        raise WattlineError(
            f"series {where}: {name} has local times without an offset; name their zone, such as "
            "--time-zone Europe/Berlin"
        )
    return times, [f"{name}: times without an offset are taken as UTC"]


def parsed_times(texts: pl.Series) -> tuple[pl.Series | None, bool]:
    """Texts as times, and whether they bear an offset (they are then in UTC); None where they are no times.

    Parameters
    ----------
    texts
        Such as ``2023-01-01T00:00Z``.

    Returns
    -------
    The times, or None, and True where each has an offset.
    """
    import polars as pl

    offset = texts.drop_nulls().str.contains(r"(?:Z|[+-]\d\d:?\d\d)$").all()
    if offset:
        plain = texts.str.replace(r"Z$", "+00:00").str.replace(" ", "T").str.replace(r"([+-]\d\d)(\d\d)$", "$1:$2")
        parsed = plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_zone="UTC")
        if parsed.null_count() == 0:
            return parsed, True
        parsed = plain.str.to_datetime("%Y-%m-%dT%H:%M%:z", strict=False, time_zone="UTC")
        return (parsed, True) if parsed.null_count() == 0 else (None, True)
    texts = texts.str.replace(r"^(\d{4}-\d\d-\d\d[T ]\d\d)$", "$1:00")  # EIA writes hours alone
    for form in FORMATS:
        parsed = texts.str.strptime(pl.Datetime, form, strict=False)
        if parsed.null_count() == 0:
            return parsed, False
    return None, False


def seconds(times: pl.Series) -> Any:
    """Times as ``datetime64[s]``.

    Parameters
    ----------
    times
        In UTC.

    Returns
    -------
    Shape ``(n_rows,)``.
    """
    return times.dt.epoch("s").to_numpy().astype("datetime64[s]")


def numbers_of(column: pl.Series) -> Array | None:
    """A column as numbers; None where it holds other text.

    Parameters
    ----------
    column
        Numbers, or text of them; empty cells are NaN.

    Returns
    -------
    Shape ``(n_rows,)``, or None.
    """
    import polars as pl

    if column.dtype == pl.String:
        texts = column.str.strip_chars()
        empty = texts.str.to_lowercase().is_in(["", "nan", "null", "na", "n/a", "-"])
        numbers = texts.cast(pl.Float64, strict=False)
        if (numbers.is_null() & ~empty.fill_null(True)).any() or bool(numbers.is_null().all()):
            return None
        return numbers.to_numpy().astype(float)
    return column.cast(pl.Float64).to_numpy().astype(float) if column.dtype.is_numeric() else None
