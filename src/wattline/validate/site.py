"""``validate site``: published PUE and WUE of campuses and cloud regions held against the hourly model.

A site is found in the catalog's ``campus`` by its operator and name: its place, its cooling, the kind of hall that its
operator builds and the year that it opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.validate.evidence.sites import SiteFigure, match
from wattline.validate.fit.site import (
    SiteResidual,
    SiteSpread,
    check_left_out,
    fit_spread,
    left_out_spread,
    spread_fact,
)
from wattline.validate.site_model import ModelledSite, model

MEASURES = ("pue", "wue")


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


def _place(row: SiteFigure) -> dict[str, Any]:
    return {"line": row.line, "operator": row.operator, "site": row.site, "year": row.year}


@dataclass(frozen=True, eq=False, repr=False)
class SiteValidation(Result):
    """All figures, compared and aside; ``source`` names their file."""

    compared: dict[str, list[ComparedSite]]
    aside: list[ExcludedFigure]
    draws: Draws
    source: str = ""
    left_out: str = ""

    def score(self, measure: str, operator: str = "") -> dict[str, Any]:
        """``n``, mean absolute and mean signed error in the measure's own unit, and coverage in percent.

        None where there is nothing to compare.

        Parameters
        ----------
        measure : ``pue`` or ``wue``
        operator : whose sites alone are counted; all without

        Returns the numbers by name.
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
        inputs = {"source": self.source, "left_out": self.left_out or None}
        return envelope("validate site", inputs, results, draws=self.draws)


def validate(
    rows: list[SiteFigure],
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[str], None] = lambda name: None,
    source: str = "",
    leave_out: str = "",
) -> SiteValidation:
    """Each figure beside its prediction; design values and sites that are not known are listed aside.

    Parameters
    ----------
    rows : published figures
    draws, seed : draws of the facts' ranges, and their seed
    progress : hears the name of each campus before it is worked through
    source : names the file
    leave_out : ``site``, ``operator`` or ``year``: the spread of sites about the model is fitted to the others alone

    Returns
    -------
    Figures beside predictions, and those set aside.
    """
    if leave_out:
        check_left_out(leave_out)
    draw = Draws(draws, seed)
    figures, aside = _figures(rows, draw, progress)
    compared = {measure: _compare(measure, figures[measure], draw, leave_out) for measure in MEASURES}
    return SiteValidation(compared, aside, draw, source, leave_out)


def fit(rows: list[SiteFigure], draws: int = 200, seed: int = 0) -> dict[str, dict[str, SiteSpread]]:
    """Spread of sites about the model, by measure and kind of hall, as ``catalog/fit/site.toml`` carries it.

    Parameters
    ----------
    rows : published figures
    draws, seed : draws of the facts' ranges, and their seed

    Returns
    -------
    A measure -> a kind of hall -> bias and spread.
    """
    figures, _ = _figures(rows, Draws(draws, seed), lambda name: None)
    fitted: dict[str, dict[str, SiteSpread]] = {}
    for measure, known in figures.items():
        residuals = [residual for *_, residual in known]
        halls = sorted({residual.hall for residual in residuals})
        fitted[measure] = {hall: fit_spread(residuals, hall, measure) for hall in (*halls, "")}
    return fitted


Figures = dict[str, list[tuple[SiteFigure, ModelledSite, float, SiteResidual]]]


def _figures(
    rows: list[SiteFigure], draws: Draws, progress: Callable[[str], None]
) -> tuple[Figures, list[ExcludedFigure]]:
    """Published figures by measure, each with its campus as modelled and how far it lies off; the others, and why."""
    aside: list[ExcludedFigure] = []
    known: dict[tuple[str, int], ModelledSite] = {}
    figures: Figures = {name: [] for name in MEASURES}
    for row in rows:
        campus = match(row.operator, row.site)
        why = _why_not(row, campus)
        if campus is None or why:
            aside.append(ExcludedFigure(row, why))
            continue
        key = campus.name, row.year
        if key not in known:
            progress(f"{campus.title}, {row.year}")
            known[key] = model(campus, row.year, draws)
        for measure, published in (("pue", row.pue), ("wue", row.wue)):
            if published is not None:
                residual = known[key].residual(row, measure, published)
                figures[measure].append((row, known[key], published, residual))
    return figures, aside


def _compare(
    measure: str, figures: list[tuple[SiteFigure, ModelledSite, float, SiteResidual]], draws: Draws, leave_out: str
) -> list[ComparedSite]:
    residuals = [residual for *_, residual in figures]
    compared = []
    for row, modelled, published, residual in figures:
        fact = spread_fact(measure, modelled.hall, draws.catalog)
        if leave_out:  # each row's own: a fact's draws are kept by its key, which all of them share
            fact = left_out_spread(residuals, residual, leave_out, measure).fact(fact)
            spread = fact.quantile(draws.percentiles(fact.key)) if draws.n else np.asarray(fact.value)
        else:
            spread = draws(fact)
        compared.append(ComparedSite(row, modelled.campus.name, published, modelled.range(measure, spread)))
    return compared


def _why_not(row: SiteFigure, campus: Record | None) -> str:
    if row.pue is None and row.wue is None:
        return "no figure"
    if "design" in row.kind.lower():
        return "said to be a design value, not a measurement"
    if campus is None:
        return "no such campus in the catalog; `wattline list campuses` lists those known"
    if row.year < campus["opened"].value:
        return f"a design value: it is for {row.year}, before the site opened in {campus['opened'].value:.0f}"
    return ""
