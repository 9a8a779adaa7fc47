"""Parquet read within bounds: what its footer says of its size is looked at before anything is unpacked."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.printable import sayable
from wattline.core.reading import read_bytes

if TYPE_CHECKING:
    import polars as pl

MARK = b"PAR1"
MAX_BYTES = 8_000_000_000
MAX_FOOTER_BYTES = 64_000_000
MIN_VALUES, VALUES_PER_BYTE = 40_000_000, 20  # what real columns pack to is a byte a value, or some tenths
MIN_UNPACKED_BYTES, MAX_RATIO = 300_000_000, 40
_BOOL = (1, 2)
# fields of a column chunk: values, unpacked and packed bytes, where its pages and the page of its words begin
VALUES, UNPACKED, PACKED, DATA_AT, WORDS_AT = 5, 6, 7, 9, 11
HEAD_BYTES, MAX_HEAD_BYTES = 512, 4_000_000


def read_parquet(source: Path | bytes, what: str, read: Callable[[Any], Any] | None = None) -> pl.DataFrame:
    """The table of a Parquet file; WattlineError where it is damaged, cut short or unpacks to more than is sound.

    Parameters
    ----------
    source : the file, or its bytes
    what : what the file is, for the error
    read : reads the path or buffer in place of ``polars.read_parquet``

    Returns
    -------
    The table, with the columns of the file.

    Raises
    ------
    WattlineError where the file does not exist, is damaged or cut short, or unpacks to more than is sound.
    """
    place: Any = io.BytesIO(source) if isinstance(source, bytes) else source
    if isinstance(source, Path) and sayable(str(source)) != str(source):  # polars takes no name that is not UTF-8
        place = io.BytesIO(read_bytes(source, MAX_BYTES, what))
    try:
        check_parquet(source)
        return (read or _read)(place)
    except FileNotFoundError:
        raise WattlineError(f"{what} does not exist") from None
    except damage() as error:
        raise WattlineError(f"{what} is not whole Parquet: {shorten(str(error), 120)}") from None


def damage() -> tuple[type[BaseException], ...]:
    """What a damaged file raises while it is read and made sense of."""
    import polars as pl

    wrong = (KeyError, IndexError, AttributeError, TypeError, ValueError, ArithmeticError, RecursionError)
    return (*wrong, OSError, MemoryError, csv.Error, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def _read(place: Any) -> pl.DataFrame:
    import polars as pl

    return pl.read_parquet(place, glob=False, hive_partitioning=False)


def check_parquet(source: Path | bytes) -> None:
    """Look whether a Parquet file is whole, and unpacks to no more than is sound. Raises ValueError where it is cut
    short, or says that it unpacks to more; OSError where it cannot be read."""
    with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size < 12:
            raise ValueError("it is cut short")
        file.seek(-8, os.SEEK_END)
        end = file.read(8)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != MARK or length + 12 > size:
            raise ValueError("its end is missing")
        if length > MAX_FOOTER_BYTES:
            raise ValueError("its footer is too large")
        file.seek(-8 - length, os.SEEK_END)
        columns = _columns(file.read(length))
        values, unpacked = (sum(column.get(field, 0) for column in columns) for field in (VALUES, UNPACKED))
        if values <= MIN_VALUES + VALUES_PER_BYTE * size:  # else it is refused by these alone
            for column in columns:
                _check_pages(file, column, size)
    if values > MIN_VALUES + VALUES_PER_BYTE * size or unpacked > MIN_UNPACKED_BYTES + MAX_RATIO * size:
        raise ValueError(f"it unpacks to {values:,} values of {unpacked:,} bytes, more than such a file may hold")


def _columns(footer: bytes) -> list[dict[int, Any]]:
    """What the footer says of each column chunk in this file: how many values, bytes, and where its pages begin."""
    try:
        meta, _ = _struct(footer, 0, 0)
        chunks = [chunk for group in meta.get(4, []) for chunk in group.get(1, []) if not chunk.get(1)]
        known = [chunk[3] for chunk in chunks if isinstance(chunk.get(3), dict)]
        numbers = [column.get(field, 0) for column in known for field in (VALUES, UNPACKED, PACKED, DATA_AT, WORDS_AT)]
        if any(not isinstance(number, int) or number < 0 for number in numbers):
            raise ValueError("its footer is damaged")
        return known
    except (IndexError, AttributeError, TypeError, RecursionError, KeyError):
        raise ValueError("its footer is damaged") from None


def _check_pages(file: IO[bytes], column: dict[int, Any], size: int) -> None:
    """ValueError where the heads of a column chunk's pages tell more, or less than nothing, of values or bytes: the
    library that unpacks them asks for as much memory as they say, and ends the process where there is none."""
    at = min(filter(None, (column.get(DATA_AT, 0), column.get(WORDS_AT, 0))), default=0)
    end = at + column.get(PACKED, 0)
    left = column.get(VALUES, 0)
    if end > size:
        raise ValueError("a column of it is cut short")
    while at < end:
        head, length = _page_head(file, at)
        packed, count = _page(head, column)
        left -= count
        at += length + packed
    if left or at != end:
        raise ValueError("its pages do not hold what its footer says")


def _page(head: dict[int, Any], column: dict[int, Any]) -> tuple[int, int]:
    """Packed bytes of a page, and the values that it holds; none of a page of words."""
    damaged = ValueError("a page of it is damaged")
    body: Any = head.get(5) or head.get(8) or head.get(7) or {}
    if not isinstance(body, dict):
        raise damaged
    levels = [body.get(field, 0) for field in (2, 3, 5, 6)] if 8 in head else []
    numbers: list[Any] = [head.get(2), head.get(3), body.get(1, 0)]
    if any(not isinstance(number, int) or number < 0 for number in (*numbers, *levels)):
        raise damaged
    unpacked, packed, count = numbers
    if count > column.get(VALUES, 0) or unpacked > column.get(UNPACKED, 0) or any(n > unpacked + count for n in levels):
        raise damaged
    return packed, 0 if body is head.get(7) else count


def _page_head(file: IO[bytes], at: int) -> tuple[dict[int, Any], int]:
    """What stands before a page, and its length in bytes."""
    for most in (HEAD_BYTES, MAX_HEAD_BYTES):
        file.seek(at)
        try:
            return _struct(file.read(most), 0, 0)
        except IndexError:  # minima and maxima of long words
            continue
    raise ValueError("a page of it is damaged")


# Thrift's compact protocol, as far as a footer needs it


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    if depth > 20:
        raise IndexError
    fields: dict[int, Any] = {}
    number = 0
    while (head := data[at]) != 0:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _zigzag(data, at)
        kind = head & 15
        if kind in _BOOL:
            fields[number] = kind == 1
        else:
            fields[number], at = _value(data, at, kind, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (*_BOOL, 3):
        return data[at], at + 1
    if kind in (4, 5, 6):
        return _zigzag(data, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        size, at = _varint(data, at)
        if at + size > len(data):
            raise IndexError
        return data[at : at + min(size, 200)], at + size
    if kind in (9, 10):
        count, kind = data[at] >> 4, data[at] & 15
        at += 1
        if count == 15:
            count, at = _varint(data, at)
        if count > len(data):
            raise IndexError
        values = []
        for _ in range(count):
            value, at = _value(data, at, kind, depth + 1)
            values.append(value)
        return values, at
    if kind == 12:
        return _struct(data, at, depth + 1)
    raise IndexError


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 70:
            raise IndexError


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
