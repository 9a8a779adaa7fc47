"""Published forecasts of the past beside what came: how far they were off, and which way."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

import numpy as np

from wattline.core.result import Json
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook import posterior_of
from wattline.line.world.published import PublishedFigure
from wattline.line.world.series_places import place_or_company
from wattline.line.world.tables import table_rows


@dataclass(frozen=True)
class PublishedForecast:
    """A forecast of a place's electricity as it was published."""

    forecaster: str
    published: int
    region: str
    year: int
    twh: float


@dataclass(frozen=True)
class ScoredForecast:
    """A published forecast, what came as the newest study counts it, and what ours of that year would have been."""

    forecast: PublishedForecast
    came_twh: float
    ours_twh: float

    @property
    def factor(self) -> float:
        """The forecast over what came."""
        return self.forecast.twh / self.came_twh

    @property
    def our_factor(self) -> float:
        return self.ours_twh / self.came_twh


@lru_cache(maxsize=1)
def published_forecasts() -> tuple[PublishedForecast, ...]:
    """The forecasts of ``catalog/world/forecasts.csv``."""
    rows: csv.DictReader[str] | list[dict[str, str]] = list(table_rows("forecasts.csv"))
    return tuple(
        PublishedForecast(row["forecaster"], int(row["published"]), row["region"], int(row["year"]), float(row["twh"]))
        for row in rows
    )


def scored_forecasts(rows: Sequence[PublishedFigure], now: Posterior) -> list[ScoredForecast]:
    """Forecasts of years that have passed, two and more years ahead, beside what came and ours of that year.

    Parameters
    ----------
    rows : all published figures
    now : what they tell of what came

    Returns
    -------
    One a forecast.
    """
    made = []
    newest = max(row.year for row in rows if row.electricity)
    past = [f for f in published_forecasts() if f.year <= newest and f.year - f.published >= 2]
    then = {year: posterior_of(rows, year) for year in sorted({f.published for f in past})}
    for forecast in past:
        place, spot = place_or_company(forecast.region), np.array([forecast.year - FIRST])
        came = exp(float(now.predict([place], spot)[0][0]))
        ours = exp(float(then[forecast.published].predict([place], spot)[0][0]))
        made.append(ScoredForecast(forecast, came, ours))
    return made


def median_factor(factors: Sequence[float]) -> float:
    """How far forecasts were off in the middle, as a factor of one and more either way.

    Parameters
    ----------
    factors : each forecast over what came

    Returns
    -------
    1 or more.
    """
    return exp(float(np.median([abs(log(factor)) for factor in factors])))


def scorecard_of(scored: Sequence[ScoredForecast]) -> Json:
    """Forecasts beside what came, in plain data.

    Parameters
    ----------
    scored : one at least

    Returns
    -------
    How far they and ours were off in the median, the share above what came, and each forecast.
    """
    return {
        "n": len(scored),
        "median_factor": median_factor([row.factor for row in scored]),
        "our_median_factor": median_factor([row.our_factor for row in scored]),
        "above_share": float(np.mean([row.factor > 1 for row in scored])),
        "rows": [
            {"forecaster": row.forecast.forecaster, "published": row.forecast.published, "region": row.forecast.region,
             "year": row.forecast.year, "twh": row.forecast.twh, "came_twh": row.came_twh, "ours_twh": row.ours_twh}
            for row in scored
        ],
    }  # fmt: skip
