"""Tables as text, read by column: encodings, stray header lines and cut rows in, columns of text out."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.printable import sayable
from wattline.core.reading import read_bytes
from wattline.meter.readers.column_names import TIMES, bare_name
from wattline.meter.readers.headers import Header, header_of, without
from wattline.meter.readers.languages import encoding_of

if TYPE_CHECKING:
    import polars as pl

MAX_COLUMNS = 4096
HEAD_BYTES = 65_536
TEXT_BYTES = 1_000_000_000  # of text that is held whole
MARKED = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$")  # the first line by which a spreadsheet is told the sign
RULE = re.compile(r"^[\s|+:-]*-[\s|+:-]*$")  # a line of a table drawn in signs
NAMES_OF_TIME = frozenset({*TIMES, "start", "begin"})
DATE_AND_TIME = re.compile(r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}) +(\d{1,2}:\d{2})")
NUMBER = r"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"


def head(path: Path, size: int = HEAD_BYTES) -> str:
    """The beginning of a file as text; UTF-16 as PowerShell writes it is understood.

    Parameters
    ----------
    path : of the file
    size : bytes that are read

    Returns
    -------
    Text.

    Raises WattlineError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(size)
    except OSError as error:
        raise WattlineError(f"{shorten(str(path), 200)} cannot be read: {error.strerror}") from None
    return decode(data)


def decode(data: bytes) -> str:
    """Bytes as text, by their mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data[: len(data) // 2 * 2].decode("utf-16", "replace")
    encoding = encoding_of(data[:HEAD_BYTES])
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")


def read_frame(path: Path, header: bool = True) -> pl.DataFrame:
    """All columns as text, names and cells without blanks around them; ragged and cut rows kept as far as they go.

    Parameters
    ----------
    path : of the file
    header : whether its first row holds names

    Returns
    -------
    A table of text, empty cells as null.

    Raises WattlineError where it is no table, or has too many columns.
    """
    import polars as pl

    begin = head(path)
    above = header_of(begin) if header else None
    begin = without(begin, above)
    separator = _separator(begin)
    _refuse_endless(path, begin, separator)
    source = _source(path, above, separator)
    separator = "\t" if separator in "| " else separator
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cut rows, which are told of as unreadable
            frame = pl.read_csv(
                source,
                has_header=header,
                separator=separator,
                skip_rows=int(MARKED.match(begin.split("\n", 1)[0]) is not None),
                infer_schema=False,
                truncate_ragged_lines=True,
                ignore_errors=True,
                encoding="utf8-lossy",
                comment_prefix="#",
            )
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise WattlineError(f"{shorten(str(path), 200)} is not a table: {shorten(str(error), 120)}") from None
    if len(frame.columns) > MAX_COLUMNS:
        raise _too_wide(path)
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in frame.columns:
        plain = name.strip().strip("﻿\"'")
        names[name] = plain if plain not in taken else f"{plain}_{len(names)}"
        taken.add(names[name])
    frame = frame.rename(names).with_columns(pl.all().str.strip_chars(" \t\r\0\"'"))
    frame = _filled(frame)
    if separator == ",":
        return frame
    # where the comma parts no columns it is the sign of decimals, unless dots stand before it
    return frame.with_columns(pl.all().str.replace(r"^([^,.]*\d),(\d[^,.]*)$", "${1}.${2}"))


def _refuse_endless(path: Path, begin: str, separator: str) -> None:
    """Refuse a table of so many columns that reading it takes minutes, by the first of its lines."""
    line = next((line for line in begin.splitlines() if line.strip() and not line.startswith("#")), "")
    if separator != " " and line.count(separator) >= MAX_COLUMNS:
        raise _too_wide(path)


def _too_wide(path: Path) -> WattlineError:
    return WattlineError(f"{shorten(str(path), 200)} has more than {MAX_COLUMNS:,} columns; no more are read")


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that hold something: lines stand empty between them where each was ended twice."""
    import polars as pl

    first = frame.to_series(0) if frame.width else pl.Series(["x"])
    if not (first.is_null() | (first == "")).any():
        return frame
    return frame.filter(~pl.all_horizontal(pl.all().is_null() | (pl.all() == "")))


def _source(path: Path, above: Header | None, separator: str) -> Path | io.BytesIO:
    """What polars reads: the file, or its text made UTF-8 and parted by tabs where it is parted by pipes, or
    with its names in one row."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff") or encoding_of(data) != "utf-8"
    if (
        separator not in "| " and not wide and above is None and _is_text(path)
    ):  # polars takes no name that is not UTF-8
        return path
    whole = read_bytes(path, TEXT_BYTES, "recording")
    if separator == " ":
        return io.BytesIO("\n".join(by_blanks(without(decode(whole), above))).encode())
    if above is not None:
        return io.BytesIO(without(decode(whole), above).encode())
    if separator != "|":
        return io.BytesIO(decode(whole).encode() if wide else whole)
    lines = [line.strip().strip("|") for line in decode(whole).splitlines() if "|" in line and not RULE.match(line)]
    return io.BytesIO("\n".join(line.replace("\t", " ").replace("|", "\t") for line in lines).encode())


def is_blank_parted(text: str) -> bool:
    """Whether a table is parted by blanks: its header names a time, and every line has as many words as it."""
    lines = [line for line in text.splitlines()[:60] if line.strip() and not line.startswith("#")]
    lines = lines[:-1] if len(lines) > 3 else lines  # the last may be cut
    if len(lines) < 3 or re.search(r"[,;\t|\[\](){}<>=]", lines[0]):
        return False
    names = lines[0].split()
    if len(names) < 2 or not any(set(bare_name(name).split("_")) & NAMES_OF_TIME for name in names):
        return False
    return all(len(row.split("\t")) == len(names) for row in by_blanks("\n".join(lines)))


def by_blanks(text: str) -> list[str]:
    """The rows of a table that is parted by blanks, parted by tabs; a date and its time of day are one cell.

    Parameters
    ----------
    text : of the table

    Returns its lines.
    """
    rows = [line for line in text.splitlines() if line.strip()]
    joined = (DATE_AND_TIME.sub("\\1\x00\\2", row) for row in rows)
    return ["\t".join(row.split()).replace("\x00", " ") for row in joined]


def is_piped(text: str) -> bool:
    """Whether a table is parted by pipes, as Markdown and databases draw it: its header names a time."""
    lines = [line for line in text.splitlines()[:60] if line.strip() and not RULE.match(line)]
    cells = [bare_name(cell) for cell in lines[0].strip().strip("|").split("|")] if lines else []
    if len(cells) < 2 or not any(set(cell.split("_")) & NAMES_OF_TIME for cell in cells):
        return False
    count = lines[0].strip().strip("|").count("|")
    same = sum(line.strip().strip("|").count("|") == count for line in lines)
    return len(lines) > (1 if "jobid" in cells else 2) and same >= 0.7 * len(lines)


def _is_text(path: Path) -> bool:
    return sayable(str(path)) == str(path)


def all_like(frame: pl.DataFrame, column: str, pattern: str) -> bool:
    """Whether the first cells of a column of text all look like this.

    Parameters
    ----------
    frame : a table
    column : name of one of its columns
    pattern : regular expression, which each cell has to hold

    Returns whether they do; no for a column without a cell.
    """
    cells = frame[column].head(20).drop_nulls()
    return len(cells) > 0 and bool(cells.str.contains(pattern).all())


def decimal_comma(path: Path) -> bool:
    """Whether a comma parts no columns of a file, and so may be the sign of decimals."""
    begin = head(path)
    return _separator(without(begin, header_of(begin))) != ","


def _separator(text: str) -> str:
    """The sign that parts the columns: a semicolon or tab where every line has as many, else the comma."""
    lines = [line for line in text.splitlines()[:20] if line.strip() and not line.startswith("#")]
    if lines and (marked := MARKED.match(lines[0])):
        return marked[1]
    whole = lines[:-1] if len(lines) > 2 else lines  # the last may be cut
    for sign in (";", "\t"):
        counts = {line.count(sign) for line in whole}
        if len(counts) == 1 and counts != {0}:
            return sign
    return "|" if is_piped(text) else " " if is_blank_parted(text) else ","


def numbers(column: pl.Series) -> Array:
    """The number in each cell (``46.19 W`` is 46.19), NaN where there is none; shape ``(n,)``."""
    import polars as pl

    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float)
    text = column.cast(pl.String)
    plain = text.cast(pl.Float64, strict=False)
    if plain.null_count():
        extracted = text.str.extract(r"^\s*" + NUMBER + r"\s*[a-zA-Zµ%]*\s*$", 1).cast(pl.Float64, strict=False)
        plain = plain.fill_null(extracted)
    return plain.fill_null(np.nan).to_numpy().astype(float)


def rows_of(frame: pl.DataFrame, names: Sequence[str]) -> list[tuple[tuple[str, ...], NDArray[np.intp]]]:
    """The cells of these columns, as text, and the rows that hold them, in the order in which they first stand.

    Parameters
    ----------
    frame : a table of text
    names : of the columns that tell rows apart

    Returns
    -------
    Cells, and indices of the rows, ``(n_rows,)``, of each group.
    """
    import polars as pl

    if not names:
        return [((), np.arange(len(frame)))]
    texts = frame.select(pl.col(name).cast(pl.String).fill_null("?") for name in names).with_row_index("__row")
    grouped = texts.group_by(list(names), maintain_order=True).agg(pl.col("__row"))
    return [(tuple(cells), np.array(rows, np.intp)) for *cells, rows in grouped.iter_rows()]
