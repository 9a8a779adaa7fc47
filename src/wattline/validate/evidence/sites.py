"""Published PUE and WUE of sites: a file's figures, and the campus of the catalog that each is of."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wattline import catalog
from wattline.catalog import Record
from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import read_text
from wattline.line.site.gazetteer import fold

LIMIT_BYTES = 10_000_000
COLUMNS = ("operator", "site", "year")
OPERATORS = {"aws": "Amazon Web Services", "amazon": "Amazon Web Services", "azure": "Microsoft", "facebook": "Meta"}


@dataclass(frozen=True, eq=False)
class SiteFigure:
    """A published figure: where, when, what, and the line of the file."""

    line: int
    operator: str
    site: str
    year: int
    pue: float | None
    wue: float | None
    kind: str


def read_rows(path: Path) -> list[SiteFigure]:
    """The figures of a CSV with columns operator, site, year, pue, wue_l_per_kwh, kind. Raises WattlineError where
    columns are missing, a figure is out of range, or there is no row."""
    text = read_text(path, LIMIT_BYTES, "file")
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise WattlineError(
            f"{path}: no column {', '.join(missing)}; needed: {', '.join(COLUMNS)}, pue or wue_l_per_kwh"
        )
    rows = []
    for record in reader:
        line = reader.line_num
        pue = _figure(record.get("pue"), path, line, "pue")
        wue = _figure(record.get("wue_l_per_kwh"), path, line, "wue_l_per_kwh")
        if pue is not None and not 1 <= pue < 10:
            raise WattlineError(f"{path}: line {line}: pue {pue:g} is none: it lies from 1 to 10")
        if wue is not None and not 0 <= wue < 100:
            raise WattlineError(f"{path}: line {line}: wue_l_per_kwh {wue:g} is none: it lies from 0 to 100")
        when = _year(record.get("year") or "", path, line)
        operator = _operator(record.get("operator") or "")
        rows.append(
            SiteFigure(line, operator, (record.get("site") or "").strip(), when, pue, wue, record.get("kind") or "")
        )
    if not rows:
        raise WattlineError(f"{path}: no rows beneath its header")
    return rows


def _figure(cell: str | None, path: Path, line: int, what: str) -> float | None:
    if cell is None or not cell.strip():
        return None
    try:
        return float(cell)
    except ValueError:
        raise WattlineError(f"{path}: line {line}: {what} {shorten(cell, 20)!r} is no number") from None


def _year(text: str, path: Path, line: int) -> int:
    """The year in ``2023``, ``FY25`` or ``TTM to 2025Q3``."""
    match = re.search(r"(?:19|20)\d\d", text)
    short = re.search(r"FY\s?(\d\d)", text, re.IGNORECASE)
    if not match and not short:
        raise WattlineError(f"{path}: line {line}: year {shorten(text, 20)!r} has no year in it")
    return int(match[0]) if match else 2000 + int(short[1]) if short else 0


def _operator(name: str) -> str:
    words = name.strip().lower()
    return next((full for short, full in OPERATORS.items() if short in words.split()), name.strip())


def match(operator: str, site: str) -> Record | None:
    """The campus of the catalog that this name of a site means; None where there is none.

    Parameters
    ----------
    operator : of the site, as a publication writes it
    site : its name there

    Returns
    -------
    The record.
    """
    index = _index().get(_operator(operator).lower())
    if index is None:
        return None
    wanted = fold(site)
    words = [fold(word) for word in site.split()]
    for name in (wanted, words[0] if words else "", fold(site.split(":")[-1])):
        if name and name in index:
            return index[name]
    # "(1st facility)" not in the catalog, or the country beside the town: the longest name within the other
    inside = [name for name in index if len(name) >= 5 and (name in wanted or (len(wanted) >= 5 and wanted in name))]
    return index[max(inside, key=len)] if inside else None


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, Record]]:
    index: dict[str, dict[str, Record]] = {}
    for record in catalog.default().records("campus").values():
        names = index.setdefault(str(record.meta["operator"]).lower(), {})
        aliases = record.meta.get("aliases_of_site", ())
        for name in (record.title, *aliases, record.title.split(",")[0].split(" (")[0]):
            names.setdefault(fold(name), record)
    return index
