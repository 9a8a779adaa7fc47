"""Published figures of data-centre electricity: who counted what, for which year, in which edition."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wattline.catalog import HERE
from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import read_text
from wattline.line.world.counts import ALL, CAPACITY, COUNTS
from wattline.line.world.place_names import without_publisher
from wattline.line.world.places import place_as_written
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.series_places import place_or_company

LIMIT_BYTES = 16_000_000
FILE = HERE / "world" / "published.csv"
CAPACITIES = HERE / "world" / "capacity.csv"
COLUMNS = ("series", "year", "twh", "kind", "published", "publisher", "scope", "source")
KINDS = ("metered", "company_reported", "bottom_up", "top_down", "extrapolation", "forecast")
GIVEN = tuple(scope for scope in COUNTS if scope != CAPACITY)
ENERGY_TWH = {"twh": 1.0, "gwh": 1e-3, "mwh": 1e-6}  # columns of a series' electricity, in TWh
_OFFICE = re.compile(r"[A-Z]{2,6}")  # as statistical offices shorten their names
UNDATED = 2026  # a figure without a year of publication counts from here on
# what a source's words say of who published it, the first that stands in them
PUBLISHERS = {
    "CSO": "cso", "Koomey": "koomey", "LBNL": "lbnl", "Shehabi": "lbnl", "Masanet": "lbnl", "Brown": "lbnl",
    "Borderstep": "borderstep", "Hintemann": "borderstep", "Andrae": "andrae", "Shift Project": "shift",
    "Malmodin": "malmodin", "Heddeghem": "heddeghem", "Bertoldi": "jrc", "JRC": "jrc", "Montevecchi": "borderstep",
    "ICIS": "icis", "Greenpeace": "greenpeace", "State Grid": "state-grid", "CAICT": "caict", "Caixin": "caixin",
    "ENTSO": "entso", "NESO": "neso", "IEA": "iea", "Gartner": "gartner", "Goldman": "goldman",
    "Whitney": "whitney", "Whitehead": "whitehead", "Meta": "meta", "Facebook": "meta", "Microsoft": "microsoft",
    "Apple": "apple", "Amazon": "amazon", "Google": "google",
}  # fmt: skip


@dataclass(frozen=True)
class PublishedFigure:
    """A published figure: ``series`` is a place or a company, ``kind`` how it was made, ``published`` its edition."""

    series: str
    year: int
    twh: float
    kind: str
    published: int
    publisher: str
    source: str = ""
    electricity_twh: float = 0.0  # of the country, where neither it nor a company of this name is known
    scope: str = ALL

    @property
    def electricity(self) -> bool:
        """Whether it tells what was used: neither what is forecast nor what could be used."""
        return self.kind not in ("forecast", CAPACITY)

    def json(self) -> dict[str, object]:
        return {"year": self.year, "twh": self.twh, "kind": self.kind, "published": self.published,
                "scope": self.scope, "source": self.source}  # fmt: skip


def publisher_of(source: str) -> str:
    """Who published a figure, by its source's words; the words up to the first comma where none is known.

    Parameters
    ----------
    source : title of the source

    Returns
    -------
    Its name.
    """
    for words, name in PUBLISHERS.items():
        if words in source:
            return name
    return source.partition(",")[0].partition("(")[0].strip().lower()


@lru_cache(maxsize=1)
def published_figures() -> tuple[PublishedFigure, ...]:
    """The catalog's figures of data centres, of places and companies, by series, year and edition."""
    return tuple(read_published(FILE))


def read_published(path: Path | str, series: str = "", later: int | None = None) -> list[PublishedFigure]:
    """Figures from a CSV: ``year`` and ``twh``, and where they stand ``series``, ``kind``, ``published``, ``source``,
    ``scope``, ``electricity_twh``.

    Parameters
    ----------
    path : the file; lines that begin with # are left out
    series : name for figures whose line has none
    later : years after which a figure without an edition was published; by 2026 where not given

    Returns
    -------
    One a line, in the order of the file.

    Raises WattlineError where the file or a line cannot be read.
    """
    names, table = read_lines(path, "series")
    missing = [name for name, there in (("year", "year" in names), ("twh", has_energy(names))) if not there]
    if missing:
        raise WattlineError(f"{path}: has no column {', '.join(missing)}; it needs year and twh")
    rows = [_figure(row, f"{path}, line {line}", series, later) for line, row in table]
    if not rows:
        raise WattlineError(f"{path}: has no figures")
    return list(dict.fromkeys(rows))  # a line that stands there twice is one figure


def has_energy(columns: Iterable[str]) -> bool:
    """Whether a file's columns hold the electricity of a series.

    Parameters
    ----------
    columns : their names

    Returns
    -------
    True where there is ``twh``, ``gwh`` or ``mwh``.
    """
    return any(column in ENERGY_TWH for column in columns)


def read_lines(path: Path | str, what: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The lines of a CSV with a head, without empty ones and those that begin with #.

    Parameters
    ----------
    path : the file
    what : it holds, for messages

    Returns
    -------
    The names of the columns; and each line's number in the file with its values by column.

    Raises WattlineError where the file cannot be read.
    """
    every = enumerate(read_text(path, LIMIT_BYTES, what).splitlines(), 1)
    kept = [(number, text) for number, text in every if text.strip() and not text.startswith("#")]
    head = kept[0][1] if kept else ""
    mark = "," if "," in head else next((mark for mark in ";\t" if mark in head), ",")
    table = csv.DictReader((text for _, text in kept), delimiter=mark, skipinitialspace=True)
    table.fieldnames = names = [name.strip().lower() for name in table.fieldnames or ()]
    rows = [(kept[table.line_num - 1][0], row) for row in table]
    return names, rows if mark == "," else [(number, _points(row)) for number, row in rows]


def _points(row: dict[str, str]) -> dict[str, str]:
    """The cells of a row with a point for the decimal comma, as files have it whose columns no comma parts."""
    comma = re.compile(r"\s*-?\d+,\d+\s*")
    return {key: text.replace(",", ".") if comma.fullmatch(text or "") else text for key, text in row.items() if key}


def _figure(row: dict[str, str], where: str, series: str, later: int | None) -> PublishedFigure:
    try:
        column = next(name for name in ENERGY_TWH if name in row)
        year, twh = int(row["year"]), float(row[column]) * ENERGY_TWH[column]
        published = int(row.get("published") or (UNDATED if later is None else year + later))
        electricity = float(row.get("electricity_twh") or 0.0)
    except (TypeError, ValueError):
        raise WattlineError(f"{where}: year, {column}, published and electricity_twh must be numbers") from None
    if not 0 < twh < 1e5:
        raise WattlineError(f"{where}: twh is {twh:g}; give terawatt-hours above 0 and below 100,000")
    if not 1998 <= year <= 2050:
        raise WattlineError(f"{where}: year is {year}; give one from 1998 to 2050")
    if not 0 <= electricity < 1e6:
        raise WattlineError(f"{where}: electricity_twh is {electricity:g}; give what the country uses in a year, TWh")
    name = (row.get("series") or series).strip()
    if not name:
        raise WattlineError(f"{where}: names no series")
    name, counted_by = _named(name, electricity, where)
    try:
        company = place_or_company(name, electricity).company
    except WattlineError as error:
        raise WattlineError(f"{where}: {error}") from None
    usual = "company_reported" if company else "bottom_up"
    kind = (row.get("kind") or usual).strip()
    if kind not in KINDS:
        raise WattlineError(f"{where}: kind {shorten(kind)!r} is none of {', '.join(KINDS)}")
    source = row.get("source") or ""
    publisher = row.get("publisher") or counted_by or publisher_of(source) or name
    return PublishedFigure(
        name, year, twh, kind, published, publisher, source, electricity, _scope(row, company, where)
    )


def _named(name: str, electricity_twh: float, where: str) -> tuple[str, str]:
    """A series' place or company, and who counted where that stands behind it in brackets."""
    base, inside = without_publisher(name)
    if not (inside and base) or place_as_written(base) is None or electricity_twh:
        return name, ""
    if inside in PUBLISHERS or _OFFICE.fullmatch(inside):
        return base, publisher_of(inside)
    if inside.lower() in ("mainland", "country", "total"):
        return base, ""
    raise WattlineError(
        f"{where}: {shorten(name)!r}: give {base} as series, who counted as publisher, what was counted as scope"
    )


def _scope(row: dict[str, str], company: bool, where: str) -> str:
    scope = (row.get("scope") or ALL).strip()
    if scope not in GIVEN:
        raise WattlineError(f"{where}: scope {shorten(scope)!r} is none of {', '.join(GIVEN)}")
    if company and scope != ALL:
        raise WattlineError(f"{where}: scope {scope!r} is of places; a company's report counts all it has")
    return scope


@lru_cache(maxsize=1)
def published_capacities() -> tuple[PublishedFigure, ...]:
    """Capacity of landlords and clouds by place, as what its IT would use at full load: stock, and no electricity."""
    _, table = read_lines(CAPACITIES, "capacities")
    return tuple(
        PublishedFigure(row["series"], int(row["year"]), float(row["gw"]) * TWH_PER_GW, CAPACITY,
                        int(row["published"]), row["publisher"], row["source"], scope=CAPACITY)
        for _, row in table
    )  # fmt: skip


def known_by(figures: Iterable[PublishedFigure], year: int) -> list[PublishedFigure]:
    """The figures that were published in this year or before.

    Parameters
    ----------
    figures : published figures
    year : the year by whose end they were published

    Returns
    -------
    Those figures, in their order.
    """
    return [figure for figure in figures if figure.published <= year]


def series_names(figures: Sequence[PublishedFigure]) -> list[str]:
    """The series of figures, each once, in the order in which they first stand.

    Parameters
    ----------
    figures : published figures

    Returns
    -------
    Names of series.
    """
    return list(dict.fromkeys(figure.series for figure in figures))
