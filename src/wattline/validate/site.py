"""``validate site``: published PUE and WUE of campuses and cloud regions held against the hourly model.

A site is found in the catalog's ``campus`` by its operator and name: its place, its cooling, the kind of hall that its
operator builds and the year that it opened. Nothing else of the site enters: no figure of it was fitted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.reading import read_text
from wattline.core.result import Json, Result, envelope
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import find_kind
from wattline.line.site.gazetteer import plain
from wattline.line.site.power_chain import column, load_ups
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, year

LIMIT_BYTES = 10_000_000
COLUMNS = ("operator", "site", "year")
MEASURES = ("pue", "wue")
EVERY = 5  # hours: a year's mean is the same to 1e-4
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


@dataclass(frozen=True, eq=False)
class ComparedSite:
    """A published figure beside the predicted range."""

    row: SiteFigure
    campus: str
    published: float
    predicted: Range

    @property
    def error(self) -> float:
        return self.predicted.p50 - self.published

    @property
    def covered(self) -> bool:
        """Published within p5 to p95, both told to two decimals as operators tell them."""
        low, high = round(self.predicted.p5, 2), round(self.predicted.p95, 2)
        return low <= round(self.published, 2) <= high


@dataclass(frozen=True, eq=False)
class ExcludedFigure:
    """A figure that is not compared, and why."""

    row: SiteFigure
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class SiteValidation(Result):
    """All figures, compared and aside; ``source`` names their file."""

    compared: dict[str, list[ComparedSite]]
    aside: list[ExcludedFigure]
    draws: Draws
    source: str = ""

    def score(self, measure: str, operator: str = "") -> dict[str, Any]:
        """``n``, mean absolute and mean signed error in the measure's own unit, and coverage in percent.

        None where there is nothing to compare.
        """
        rows = [r for r in self.compared[measure] if operator in ("", r.row.operator)]
        if not rows:
            return {"n": 0, "mean_absolute_error": None, "mean_error": None, "coverage_percent": None}
        errors = np.array([row.error for row in rows])
        covered = float(np.mean([row.covered for row in rows]))
        return {
            "n": len(rows),
            "mean_absolute_error": float(np.abs(errors).mean()),
            "mean_error": float(errors.mean()),
            "coverage_percent": 100 * covered,
        }

    def operators(self, measure: str) -> list[str]:
        return sorted({row.row.operator for row in self.compared[measure]})

    def json(self) -> Json:
        scores = {measure: self.score(measure) for measure in MEASURES}
        groups = {measure: {o: self.score(measure, o) for o in self.operators(measure)} for measure in MEASURES}
        rows = [
            _place(r.row)
            | {"measure": measure, "campus": r.campus, "published": r.published, "predicted": r.predicted.json()}
            | {"error": r.error, "covered": r.covered}
            for measure in MEASURES
            for r in self.compared[measure]
        ]
        aside = [_place(a.row) | {"pue": a.row.pue, "wue_l_per_kwh": a.row.wue, "why": a.why} for a in self.aside]
        results = {"scores": scores, "groups": groups, "rows": rows, "excluded": aside}
        return envelope("validate site", {"source": self.source}, results, draws=self.draws)


def _place(row: SiteFigure) -> dict[str, Any]:
    return {"line": row.line, "operator": row.operator, "site": row.site, "year": row.year}


def read_rows(path: Path) -> list[SiteFigure]:
    """The figures of a CSV with columns operator, site, year, pue, wue_l_per_kwh, kind."""
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
    """The campus of the catalog that this name of a site means; None where there is none."""
    index = _index().get(_operator(operator).lower())
    if index is None:
        return None
    wanted = plain(site)
    words = [plain(word) for word in site.split()]
    for name in (wanted, words[0] if words else "", plain(site.split(":")[-1])):
        if name and name in index:
            return index[name]
    # "(1st facility)" not in the catalog, or the country beside the town: the longest name within the other
    inside = [name for name in index if len(name) >= 5 and (name in wanted or (len(wanted) >= 5 and wanted in name))]
    return index[max(inside, key=len)] if inside else None


def _made(campus: Record) -> Weather:
    facts = catalog.default()
    return made_year(facts.records("climate")[str(campus.meta["climate"])], facts)


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, Record]]:
    index: dict[str, dict[str, Record]] = {}
    for record in catalog.default().records("campus").values():
        names = index.setdefault(str(record.meta["operator"]).lower(), {})
        aliases = record.meta.get("aliases_of_site", ())
        for name in (record.title, *aliases, record.title.split(",")[0].split(" (")[0]):
            names.setdefault(plain(name), record)
    return index


def predict(campus: Record, when: int, draws: Draws, weather: Weather | None = None) -> dict[str, Range]:
    """PUE and WUE of a campus in a year, from its place, its cooling, its operator's kind of hall and its age."""
    plant = str(campus.meta["plant"])
    parameters = hall.parameters(plant, draws)
    load: Array = column(hall.load_at_age(plant, when - draws.peek(campus["opened"]), draws))
    warmth = column(draws("constant.year-warmth"))
    setup = HallDesign(
        find_kind(str(campus.meta["cooling"])), parameters, load_ups(None, parameters, draws), "N+1", shift_c=warmth
    )
    result = year(setup, weather or _made(campus), load, EVERY)
    spread = draws("fit.site-spread") if draws.n else np.asarray(1.0)
    water = draws("fit.site-water-spread") if draws.n else np.asarray(1.0)
    return {
        "pue": Range.of(1.0 + (result.pue - 1.0) * spread),
        "wue": Range.of(result.wue_l_per_kwh * water + draws("fit.site-other-water")),
    }


def validate(
    rows: list[SiteFigure],
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[str], None] = lambda name: None,
    source: str = "",
) -> SiteValidation:
    """Each figure beside its prediction; design values and sites that are not known are listed aside."""
    draw = Draws(draws, seed)
    compared: dict[str, list[ComparedSite]] = {measure: [] for measure in MEASURES}
    aside: list[ExcludedFigure] = []
    known: dict[tuple[str, int], dict[str, Range]] = {}
    for row in rows:
        campus = match(row.operator, row.site)
        why = _why_not(row, campus)
        if campus is None or why:
            aside.append(ExcludedFigure(row, why))
            continue
        key = campus.name, row.year
        if key not in known:
            progress(f"{campus.title}, {row.year}")
            known[key] = predict(campus, row.year, draw)
        for measure, published in (("pue", row.pue), ("wue", row.wue)):
            if published is not None:
                compared[measure].append(ComparedSite(row, campus.name, published, known[key][measure]))
    return SiteValidation(compared, aside, draw, source)


def _why_not(row: SiteFigure, campus: Record | None) -> str:
    if row.pue is None and row.wue is None:
        return "no figure"
    if "design" in row.kind.lower():
        return "said to be a design value, not a measurement"
    if campus is None:
        return "no such campus in the catalog; `wattline list campuses` lists those known"
    if row.year < campus["opened"].value:
        return f"a design value: told for {row.year}, the site opened in {campus['opened'].value:.0f}"
    return ""
