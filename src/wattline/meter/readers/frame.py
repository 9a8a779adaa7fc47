"""Tables as text, read by column: encodings, stray header lines and cut rows in, columns of text out."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.printable import sayable
from wattline.core.reading import read_bytes

if TYPE_CHECKING:
    import polars as pl

MAX_COLUMNS = 4096
TEXT_BYTES = 1_000_000_000  # of text that is held whole
NUMBER = r"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"


def head(path: Path, size: int = 65_536) -> str:
    """The beginning of a file as text; UTF-16 as PowerShell writes it is understood."""
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
    return data.decode("utf-8-sig", "replace")


def table(path: Path, header: bool = True) -> pl.DataFrame:
    """All columns as text, names and cells without blanks around them; ragged and cut rows kept as far as they go."""
    import polars as pl

    source: Path | io.BytesIO = path
    if not _is_text(path):  # polars takes no name that is not UTF-8
        source = io.BytesIO(read_bytes(path, TEXT_BYTES, "recording"))
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            source = io.BytesIO(decode(read_bytes(path, TEXT_BYTES, "recording")).encode())
    separator = _separator(head(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cut rows, which are told of as unreadable
            frame = pl.read_csv(
                source,
                has_header=header,
                separator=separator,
                infer_schema=False,
                truncate_ragged_lines=True,
                ignore_errors=True,
                encoding="utf8-lossy",
                comment_prefix="#",
            )
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise WattlineError(f"{shorten(str(path), 200)} is not a table: {shorten(str(error), 120)}") from None
    if len(frame.columns) > MAX_COLUMNS:
        raise WattlineError(
            f"{shorten(str(path), 200)} has {len(frame.columns):,} columns; at most {MAX_COLUMNS:,} are read"
        )
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in frame.columns:
        plain = name.strip().strip("﻿\"'")
        names[name] = plain if plain not in taken else f"{plain}_{len(names)}"
        taken.add(names[name])
    frame = frame.rename(names).with_columns(pl.all().str.strip_chars(" \t\r\0\"'"))
    if separator == ",":
        return frame
    # where the comma parts no columns it is the sign of decimals, unless dots stand before it
    return frame.with_columns(pl.all().str.replace(r"^([^,.]*\d),(\d[^,.]*)$", "${1}.${2}"))


def _is_text(path: Path) -> bool:
    return sayable(str(path)) == str(path)


def decimal_comma(path: Path) -> bool:
    """Whether a comma parts no columns of a file, and so may be the sign of decimals."""
    return _separator(head(path)) != ","


def _separator(text: str) -> str:
    """The sign that parts the columns: a semicolon or tab where every line has as many, else the comma."""
    lines = [line for line in text.splitlines()[:20] if line.strip() and not line.startswith("#")]
    whole = lines[:-1] if len(lines) > 2 else lines  # the last may be cut
    for sign in (";", "\t"):
        counts = {line.count(sign) for line in whole}
        if len(counts) == 1 and counts != {0}:
            return sign
    return ","


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
