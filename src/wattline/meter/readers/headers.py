"""Where a table of text begins: lines of its tool above it, a header behind ``#``, names in two or three rows.

What comes out is one row of names: a quantity and its device in one cell (``gpu0 power_w``), as other tables have it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from wattline.meter.places import words_of
from wattline.meter.readers import units
from wattline.meter.readers.column_names import TIME_UNITS, TIMES, bare_name

MAX_LINES = 120  # within which a table begins
MAX_ROWS = 4  # of names
DATA = re.compile(r"^[-+]?\.?\d")
DATE = re.compile(r"^\d{1,4}[-/.]\d|^\d{1,2}:\d\d")
NAMELESS = re.compile(r"^unnamed: ?\d+")  # as pandas fills a name that it had not
SECOND = "column_2"  # of a table without names, whose first column is its times
INSTANT = re.compile(r"\d{10}(?:\.\d*)?|\d{13}|\d{16}|\d{19}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(?: ?[-+Z]\S*)?")
NUMBER = re.compile(r"[-+]?(?:\d+[.,]?\d*|\.\d+)(?:[eE][-+]?\d+)?")
Rows = Sequence[Sequence[str]]


class Header(NamedTuple):
    """The one line of names, and how many lines of the file stand before the first row below them."""

    line: str
    skip: int


def header_of(text: str) -> Header | None:
    """The names of a table whose first line does not hold them all; None where it does, or where there is no table.

    Parameters
    ----------
    text : how the file begins

    Returns the header, parted by the sign of the table.
    """
    lines = text.lstrip("\ufeff").splitlines()[:MAX_LINES]
    for sign in ",;\t":
        if (nameless := _nameless(lines, sign)) is not None:
            return nameless
        first = next((i for i, line in enumerate(lines) if DATA.match(line.strip(' "')) and sign in line), None)
        if first is None:
            continue
        width = len(_cells(lines[first], sign))
        after = [line for line in lines[first : first + 4] if line.strip()]
        if width < 2 or (len(after) > 2 and any(len(_cells(line, sign)) != width for line in after[:-1])):
            continue
        if (header := _above(lines, first, width, sign)) is not None:
            return header
    return _nameless(lines, " ")


def _nameless(lines: Sequence[str], sign: str) -> Header | None:
    """Names for a table that has none: its first line, as those below, is an instant and numbers.

    Blanks part an instant in seconds and one number alone, for dates and other tools' counters hold blanks too.
    """
    whole = lines[:20] if len(lines) < 2 else lines[: min(20, len(lines) - 1)]  # the last may be cut
    rows = [line.split() if sign == " " else _cells(line, sign) for line in whole if line.strip()]
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or width < 2 or not all(len(row) == width and INSTANT.fullmatch(row[0]) for row in rows):
        return None
    if sign == " " and (width > 2 or not all(re.fullmatch(r"\d{10}(?:\.\d*)?", row[0]) for row in rows)):
        return None
    if not all(NUMBER.fullmatch(cell) for row in rows for cell in row[1:]):
        return None
    return Header(sign.join(["time", *(f"column_{i}" for i in range(2, width + 1))]), 0)


def without(text: str, header: Header | None) -> str:
    """The text from its one line of names on.

    Parameters
    ----------
    text : of a file
    header : as ``header_of`` gives it

    Returns the text itself where there is nothing to take away.
    """
    if header is None:
        return text
    return "\n".join([header.line, *text.splitlines()[header.skip :]]) + "\n"


def _cells(line: str, sign: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=sign), [])]


def _above(lines: Sequence[str], first: int, width: int, sign: str) -> Header | None:
    """The rows of names right above the first row of data."""
    marked = first > 0 and all(line.startswith("#") or not line.strip() for line in lines[:first])
    rows: list[list[str]] = []
    for line in reversed(lines[max(0, first - MAX_ROWS) : first]):
        cells = _cells(line.lstrip("# ") if marked else line, sign)
        if len(cells) != width or (line.startswith("#") and not marked):
            break
        rows.insert(0, cells)
    if not rows:
        return None
    above = first - len(rows)
    if marked or (len(rows) == 1 and above):
        names = _single(rows) if len(rows) < 3 else None
        return None if names is None or not _timed(names) else Header(_line(names, sign), first)
    if len(rows) < 2:
        return None
    if _several(rows):
        return Header(_line(_joined(rows, _cells(lines[first], sign)), sign), first)
    if _units(rows[-1]):
        return Header(_line(rows[-2], sign), first - 1) if above or len(rows) > 2 else None
    return Header(_line(rows[-1], sign), first) if _timed(rows[-1]) and not _timed(rows[0]) else None


def _single(rows: Rows) -> list[str]:
    """Names, each with its unit where the row below holds units."""
    if len(rows) == 1 or not _units(rows[-1]):
        return list(rows[-1])
    return [f"{name} ({unit.strip('[]()')})" if unit else name for name, unit in zip(rows[0], rows[1], strict=True)]


def _units(row: Sequence[str]) -> bool:
    """Whether a row holds units: watts or joules among words as short."""
    bare = [cell.strip("[]()") for cell in row if cell]
    return any(units.possible_units(cell, "xX") for cell in bare) and all(
        len(cell) <= 3 or units.possible_units(cell, "xX") or cell.lower() in TIME_UNITS for cell in bare
    )


def _timed(cells: Sequence[str]) -> bool:
    return any(set(bare_name(cell).split("_")) & set(TIMES) for cell in cells)


def _several(rows: Rows) -> bool:
    """Whether names stand in several rows: the first repeats or leaves out what several columns share."""
    if not any(rows[-1][1:]):  # the index has a name of its own
        return True
    if _units(rows[-1]):
        return False
    upper = rows[0][1:]
    return len(set(upper)) < len(upper) or "" in upper or not (rows[0][0] or rows[1][0])


def _joined(rows: Rows, data: Sequence[str]) -> list[str]:
    """One name a column: its device, then its quantity with the unit."""
    last = rows[-1]
    index = last[0] if not any(last[1:]) else ""
    rows = rows[:-1] if index else rows
    upper = list(rows[0])
    for i in range(1, len(upper)):
        if not upper[i] and any(row[i] for row in rows[1:]):
            upper[i] = upper[i - 1]
    names = []
    for cells in zip(upper, *rows[1:], strict=True):
        parts = [cell for cell in dict.fromkeys(cells) if cell and not NAMELESS.match(cell.lower())]
        time = next((cell for cell in parts if bare_name(cell) in TIMES), "")
        names.append(time or " ".join(sorted(parts, key=_measures)))
    if bare_name(names[0]) not in TIMES and (index or DATE.match(data[0])):
        names[0] = index if bare_name(index) in TIMES else "time"
    return names


def _measures(cell: str) -> bool:
    """Whether a cell names a quantity or its unit, which are to stand last."""
    return bool(units.of_header(cell)) or bool({"power", "energy"} & set(words_of(cell)))


def _line(names: Sequence[str], sign: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=sign, lineterminator="").writerow(names)
    return out.getvalue()
