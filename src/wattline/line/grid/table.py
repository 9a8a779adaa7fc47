"""Tables of series: a CSV as text, its column of times in UTC, its columns of numbers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.parquet import MARK, damage, read_parquet
from wattline.core.reading import unpack_bytes
from wattline.line.grid.csv_form import separator_of, with_decimal_points, with_units
from wattline.line.grid.local_time import clock_of, to_utc

if TYPE_CHECKING:
    import polars as pl

MAX_BYTES = 100_000_000  # of a table that was packed
MAX_ROWS = 2_000_000  # 228 years of hours, 19 of five minutes
TIME = re.compile(r"(?i)utc|date|datum|time|period|zeit|interval|hour")
END = re.compile(r"(?i)(?:\b|_)(?:end|ends|ending|ended|bis|ende)(?:\b|_)")
DAY = re.compile(r"(?i)^(?:date|datum|day|tag)$")
CLOCK = re.compile(r"(?i)^(?:anfang|von|uhrzeit|zeit|start|begin|time|start time)$")
ENDS = "{} is the end of each step; times are moved to its begin"
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%b %d, %Y %I:%M %p", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
)  # fmt: skip
TAKEN_AS_UTC = "times without an offset are taken as UTC"
SLASHED = ("%m/%d/%Y", "%d/%m/%Y")
SLASHED_TIMES = (" %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")


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

    data = unpack_bytes(data, MAX_BYTES, f"series {where}")
    if (rows := data.count(b"\n")) > MAX_ROWS:
        raise WattlineError(f"series {where} has {rows:,} rows; {MAX_ROWS:,} are read at most: give it by the hour")
    try:
        separator = separator_of(data)
        table = pl.read_csv(io.BytesIO(data), separator=separator, infer_schema=False, truncate_ragged_lines=False)
    except damage() as error:
        raise WattlineError(f"series {where} is no CSV: {shorten(str(error), 120)}") from None
    if table.height < 2:
        raise WattlineError(f"series {where} has fewer than two rows")
    return with_decimal_points(with_units(table), separator, where)


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

    table = _joined(table)
    # UTC before the local time beside it, begins before ends
    names = sorted(table.columns, key=lambda name: ("utc" not in name.lower(), END.search(name) is not None))
    for name in names:
        dtype = table[name].dtype
        if isinstance(dtype, pl.Datetime):
            if dtype.time_zone is not None:
                return _begun(name, table[name].dt.convert_time_zone("UTC"), [])
            return _begun(name, *_zoned(table[name], name, where, time_zone))
    for name in names:
        if table[name].dtype == pl.String and TIME.search(name):
            parsed, offset = parsed_times(table[name].str.strip_chars(), f"series {where}: {name}")
            if parsed is not None:
                return _begun(name, *((parsed, []) if offset else _zoned(parsed, name, where, time_zone)))
    raise WattlineError(
        f"series {where}: no column of times among {shorten(', '.join(table.columns), 120)}; name it utc and write "
        "2023-01-01T00:00:00Z"
    )


def _joined(table: pl.DataFrame) -> pl.DataFrame:
    """The table whose date and time of day stand in two columns, with both in that of the date."""
    import polars as pl

    day = next((name for name in table.columns if DAY.match(name) and table[name].dtype == pl.String), None)
    clock = next((name for name in table.columns if CLOCK.match(name) and table[name].dtype == pl.String), None)
    if day is None or clock is None or not table[clock].str.contains(r"^\s*\d{1,2}:\d\d(?::\d\d)?\s*$").all():
        return table
    return table.with_columns(pl.concat_str(pl.col(day).str.strip_chars(), pl.col(clock), separator=" ").alias(day))


def _begun(name: str, times: pl.Series, notes: list[str]) -> tuple[str, Any, list[str]]:
    """Times of the begin of each step, where the column's name says that they are its end."""
    made = seconds(times)
    if END.search(name) is None or len(made) < 2:
        return name, made, notes
    steps, counts = np.unique(np.diff(np.unique(made)), return_counts=True)
    if not len(steps):
        return name, made, notes
    return name, made - steps[np.argmax(counts)], [*notes, ENDS.format(name)]


def _zoned(times: pl.Series, name: str, where: str, time_zone: str | None) -> tuple[pl.Series, list[str]]:
    """Times without an offset in UTC: by the column's name, else by the zone, else taken as UTC."""
    if (clock := clock_of(name)) is not None:
        notes = [] if clock == "UTC" else [f"{name}: times are taken as those of {clock}"]
        return (times if clock == "UTC" else to_utc(times, clock, f"series {where}")), notes
    if time_zone is not None:
        return to_utc(times, time_zone, f"series {where}"), []
    if "local" in name.lower():
        raise WattlineError(
            f"series {where}: {name} has local times without an offset; name their zone, such as "
            "--time-zone Europe/Berlin"
        )
    return times, [f"{name}: {TAKEN_AS_UTC}"]


def parsed_times(texts: pl.Series, where: str = "times") -> tuple[pl.Series | None, bool]:
    """Texts as times, and whether they bear an offset (they are then in UTC); None where they are no times.

    Parameters
    ----------
    texts
        Such as ``2023-01-01T00:00Z``.
    where
        What they are of, for the error.

    Returns
    -------
    The times, or None, and True where each has an offset.

    Raises
    ------
    WattlineError
        For dates such as 03/01/2024, where either number may be the month.
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
    if texts.len() and texts.str.contains(r"^1\d{9}$").all():  # Unix time, 2001 to 2033
        return (texts.cast(pl.Int64) * 1_000_000).cast(pl.Datetime("us", "UTC")), True
    texts = texts.str.replace(r"^(\d{4}-\d\d-\d\d[T ]\d\d)$", "$1:00")  # EIA writes hours alone
    for form in FORMATS:
        parsed = texts.str.strptime(pl.Datetime, form, strict=False)
        if parsed.null_count() == 0:
            return parsed, False
    return _slashed(texts, where), False


def _slashed(texts: pl.Series, where: str) -> pl.Series | None:
    """Dates with slashes: which number is the month is told by a day above 12, else they are refused."""
    import polars as pl

    for tail in SLASHED_TIMES:
        made = [texts.str.strptime(pl.Datetime, form + tail, strict=False) for form in SLASHED]
        whole = [parsed for parsed in made if parsed.null_count() == 0]
        if len(whole) == 2 and not whole[0].equals(whole[1]):
            raise WattlineError(
                f"{where}: in {texts[0]} either number may be the month; write dates such as 2023-01-31 00:00"
            )
        if whole:
            return whole[0]
    return None


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
        numbers, words = _parsed(column)
        if words.any() or bool(numbers.is_null().all()):
            return None
        return numbers.to_numpy().astype(float)
    return column.cast(pl.Float64).to_numpy().astype(float) if column.dtype.is_numeric() else None


def word_among_numbers(column: pl.Series) -> str:
    """The first cell of a column of numbers that is none, and its row; empty where all are, or most are words.

    Parameters
    ----------
    column
        As text.

    Returns
    -------
    Such as ``'abc' in row 12``.
    """
    import polars as pl

    if column.dtype != pl.String:
        return ""
    _, words = _parsed(column)
    meant, _ = _parsed(column.str.strip_chars("%$€£ "))
    if not words.any() or meant.is_null().sum() * 2 > len(column):
        return ""
    at = int(words.to_numpy().argmax())
    return f"{shorten(str(column[at]).strip(), 30)!r} in row {at + 2:,}"


def _parsed(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Text as numbers, null where it is none, and whether a cell holds words; an empty one does not."""
    import polars as pl

    texts = column.str.strip_chars().str.replace(r"^\x{2212}", "-")  # the sign of typography
    empty = texts.str.to_lowercase().is_in(["", "nan", "null", "na", "n/a", "-"])
    numbers = texts.cast(pl.Float64, strict=False)
    return numbers, numbers.is_null() & ~empty.fill_null(True)
