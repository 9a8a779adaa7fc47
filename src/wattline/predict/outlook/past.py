"""How the outlook of a place would have stood in the past, and how published forecasts of it did."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from wattline.core.result import Json
from wattline.core.units import Z95
from wattline.line.world.backtest import ORIGINS
from wattline.line.world.growth import FIRST
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.places import Place
from wattline.line.world.published import published_figures
from wattline.line.world.scorecard import ScoredForecast, scorecard_of, scored_forecasts

NOW = 2026
MIN_KNOWN = 1  # figures of the place that an outlook of the past must have had


def past_json(place: Place) -> Json:
    """Outlooks of earlier years of a place, and the published forecasts of it that have come to their year.

    Parameters
    ----------
    place : the place

    Returns the outlooks by the year that they are of, with p5, p50 and p95 of each year [TWh], and the scorecard.
    """
    rows = [row for row in published_figures() if row.series == place.name and row.electricity]
    outlooks = []
    for origin in ORIGINS:
        if sum(row.published <= origin for row in rows) < MIN_KNOWN:
            continue
        years = np.arange(origin, NOW + 1)
        mean, spread = catalog_posterior(origin).predict([place] * len(years), years - FIRST)
        width = Z95 * np.sqrt(np.diag(spread))
        ends = np.exp(np.stack([mean - width, mean, mean + width]))
        outlooks.append({
            "as_of": origin,
            "years": [
                {"year": int(year), "energy_twh": dict(zip(("p5", "p50", "p95"), map(float, ends[:, i]), strict=True))}
                for i, year in enumerate(years)
            ],
        })  # fmt: skip
    return {"outlooks": outlooks, "scorecard": _scorecard(place)}


def _scorecard(place: Place) -> Json | None:
    scored = [row for row in _scored() if row.forecast.region == place.name]
    if not scored:
        return None
    return scorecard_of(scored)


@lru_cache(maxsize=1)
def _scored() -> tuple[ScoredForecast, ...]:
    return tuple(scored_forecasts(published_figures(), catalog_posterior(NOW)))
