"""The world's outlook beside what was published later, beside figures that it was not given, and published sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from wattline.core.result import Json, Result, envelope
from wattline.line.world.backtest import ORIGINS, Forecast, forecasts_of, known_at, right_coverage, rolling, score
from wattline.line.world.coefficients import path_model
from wattline.line.world.expected import paths_known
from wattline.line.world.identities import chip_counts, identities, sensitivities
from wattline.line.world.observe import Paths, Posterior
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.published import PublishedFigure, published_figures, series_names
from wattline.line.world.scorecard import scorecard_of, scored_forecasts
from wattline.line.world.series_places import place_or_company
from wattline.validate.fit.world import FITTED
from wattline.validate.fit.world_refit import refit_paths

NOW = 2026
MIN_AHEAD = 2  # years at which a forecast must be better than a drift
Progress = Callable[[str], None]
# what is left out together, by the name of what is left out; a country's and a company's figures are those of a series
GROUPS: dict[str | None, Callable[[PublishedFigure], str]] = {
    "source": lambda figure: figure.publisher,
    "edition": lambda figure: f"{figure.publisher} {figure.published}",
    "year": lambda figure: str(figure.year),
}


@dataclass(frozen=True, eq=False, repr=False)
class WorldValidation(Result):
    """Forecasts beside what came: by origin, or with a country, company, publisher, edition or year left out."""

    forecasts: tuple[Forecast, ...]
    leave_out: str | None = None
    unseen: tuple[Forecast, ...] = ()
    extra: Json = field(default_factory=dict)

    def json(self) -> Json:
        rows = self.forecasts
        results: Json = {
            "score": score(rows),
            "ahead": score(row for row in rows if row.ahead >= MIN_AHEAD),
            "unseen": score(self.unseen) if self.leave_out in ("country", "company") else None,
            "unseen_series": _unseen(self.unseen),
            "origins": self.extra.get("origins", []),
            "series": _by(rows, lambda row: row.figure.series),
            "left": [] if self.leave_out is None else _by(rows or self.unseen, self._group),
            "identities": self.extra.get("identities", []),
            "sensitivities": self.extra.get("sensitivities", []),
            "chips": self.extra.get("chips", []),
            "scorecard": self.extra.get("scorecard"),
            "rows": [row.json() for row in (*rows, *self.unseen)],
        }
        notes = [
            "scores are of the logarithm of TWh; the naive forecast carries the last figure on at the growth so far",
            "each figure is predicted of what it counts, as its source says: all sites, or those of landlords alone",
            "of these: CRPS where there is a naive forecast; naive: that with the spread of its steps; point: without",
        ]
        if self.leave_out:
            notes.append(
                f"the {len(FITTED)} coefficients that all series share are fitted anew for each line, to the other "
                "figures alone; stock, watts and AI by part of the world are stated facts, fitted to none"
            )
        return envelope("validate world", {"leave_out": self.leave_out}, results, notes=notes)

    def _group(self, row: Forecast) -> str:
        figure = row.figure
        return GROUPS[self.leave_out](figure) if self.leave_out in GROUPS else figure.series


def _by(rows: Sequence[Forecast], group: Callable[[Forecast], str]) -> list[Json]:
    names = dict.fromkeys(group(row) for row in rows)
    return [{"name": name, **score(row for row in rows if group(row) == name)} for name in names]


def _unseen(rows: Sequence[Forecast]) -> list[Json]:
    """Each series of which no figure was given: its scores, and its newest figure beside what was predicted of it."""
    made = []
    for scores in _by(rows, lambda row: row.figure.series):
        own = [row for row in rows if row.figure.series == scores["name"]]
        newest = max(own, key=lambda row: (row.figure.year, row.figure.published))
        shown = newest.json()
        made.append({**scores, **{name: shown[name] for name in ("year", "publisher", "twh", "range", "covered")}})
    return made


def validate_world(leave_out: str | None, progress: Progress) -> WorldValidation:
    """Hold the outlook against what was published.

    Parameters
    ----------
    leave_out : None for rolling origins; or one of ``backtest.LEAVE_OUT``
    progress : called with what is worked on

    Returns
    -------
    Coverage, scores and bias, by group.
    """
    rows = published_figures()
    if leave_out is None:
        return _rolling(rows, progress)
    if leave_out in ("country", "company"):
        earlier, unseen = leave_out_series(rows, leave_out == "company", progress)
        return WorldValidation(tuple(earlier), leave_out, tuple(unseen))
    return WorldValidation(tuple(leave_out_group(rows, leave_out, progress)), leave_out)


def _rolling(rows: Sequence[PublishedFigure], progress: Progress) -> WorldValidation:
    forecasts: list[Forecast] = []
    origins = []
    for origin in ORIGINS:
        progress(f"forecasting as of {origin}")
        own = rolling(rows, origin, paths_known(origin))
        known = known_at(rows, origin)
        right, independent = right_coverage(Posterior(paths_known(origin), known), [row.figure for row in own])
        forecasts += own
        origins.append({
            "origin": origin, "figures": len(known), "series": series_names(known),
            "publishers": sorted({row.publisher for row in known}), "score": score(own),
            "ahead": score(row for row in own if row.ahead >= MIN_AHEAD), "independent_figures": independent,
            "right_percent": dict(zip(("p5", "p50", "p95"), map(float, right), strict=True)),
        })  # fmt: skip
    progress("scoring published forecasts")
    extra: Json = {
        "origins": origins,
        "identities": [
            {"name": i.name, "value": i.value, "published": i.published, "unit": i.unit, "off_percent": i.off_percent,
             "tolerance_percent": i.tolerance_percent, "holds": i.holds}
            for i in identities()
        ],
        "sensitivities": [
            {"name": s.name, "change_percent": s.change_percent, "published_percent": s.published_percent}
            for s in sensitivities()
        ],
        "chips": [
            {"source": c.source, "quantity": c.quantity, "year": c.year,
             "range": dict(zip(("p5", "p50", "p95"), c.ends, strict=True))}
            for c in chip_counts()
        ],
        "scorecard": scorecard(rows),
    }  # fmt: skip
    return WorldValidation(tuple(forecasts), extra=extra)


def scorecard(rows: Sequence[PublishedFigure]) -> Json:
    """Published forecasts of years that have passed, beside what came and beside ours of the same year."""
    return scorecard_of(scored_forecasts(rows, catalog_posterior(NOW)))


def refit(others: Sequence[PublishedFigure]) -> Paths:
    """The paths before any figure, by coefficients that are fitted to these figures alone.

    Parameters
    ----------
    others : the figures that are not left out

    Returns paths.
    """
    return paths_known(NOW, refit_paths(others, NOW, path_model(NOW)))


def leave_out_series(
    rows: Sequence[PublishedFigure], companies: bool, progress: Progress
) -> tuple[list[Forecast], list[Forecast]]:
    """Each country or company predicted from the others, which alone shape the coefficients.

    Parameters
    ----------
    rows : all figures
    companies : whether companies are left out, or places
    progress : called with what is worked on

    Returns forecasts given the figures of its own earlier years, and those given none of its own.
    """
    earlier: list[Forecast] = []
    unseen: list[Forecast] = []
    for name in series_names(rows):
        if place_or_company(name).company != companies:
            continue
        progress(f"leaving out {name}")
        own = [row for row in rows if row.series == name and row.electricity]
        others = [row for row in rows if row.series != name]
        paths = refit(others)
        unseen += forecasts_of(Posterior(paths, others), own, NOW)
        for year in sorted({row.year for row in own})[1:]:
            before = [row for row in own if row.year < year]
            origin = max(row.year for row in before)
            later = [row for row in own if row.year == year]
            earlier += forecasts_of(Posterior(paths, [*others, *before]), later, origin)
    return earlier, unseen


def leave_out_group(rows: Sequence[PublishedFigure], by: str, progress: Progress) -> Iterable[Forecast]:
    """The figures of each publisher, edition or year predicted from all others, which alone shape the coefficients.

    Parameters
    ----------
    rows : all figures
    by : what is left out, of ``GROUPS``
    progress : called with what is worked on

    Returns forecasts, one a figure.
    """
    group = GROUPS[by]
    for name in sorted({group(row) for row in rows if row.electricity}):
        progress(f"leaving out {name}")
        inside = [row for row in rows if group(row) == name]
        others = [row for row in rows if group(row) != name]
        figures = [row for row in inside if row.electricity]
        known = Posterior(refit(others), others)
        yield from forecasts_of(known, figures, NOW, new_publisher=by == "source", by_publisher=by == "edition")
