"""The outlook as it would have been made in the past, beside what was published later; and figures left out.

Scores are of the logarithm of TWh, so that a place of 1 TWh counts as one of 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erf, exp, log, pi, sqrt

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.world.algebra import lower_root, same, times
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Paths, Posterior
from wattline.line.world.published import PublishedFigure, known_by
from wattline.line.world.series_places import place_or_company
from wattline.line.world.tables import stated_number

ORIGINS = (2010, 2014, 2018, 2020, 2022)
LEAVE_OUT = ("country", "company", "source", "edition", "year")
MIN_STEPS = 3
SEED, COUNT, JITTER = 0, 10_000, 1e-6  # of draws of figures that err together


@dataclass(frozen=True)
class Forecast:
    """A figure beside its forecasts, in logarithms: mean and standard deviation of ours and of the naive one."""

    figure: PublishedFigure
    origin: int
    mean: float
    sd: float
    naive_mean: float | None = None
    naive_sd: float | None = None

    @property
    def ahead(self) -> int:
        """Years from the origin to the figure's year."""
        return self.figure.year - self.origin

    @property
    def covered(self) -> bool:
        return abs(log(self.figure.twh) - self.mean) <= Z95 * self.sd

    @property
    def crps(self) -> float:
        return crps(log(self.figure.twh), self.mean, self.sd)

    @property
    def naive_crps(self) -> float | None:
        if self.naive_mean is None or self.naive_sd is None:
            return None
        return crps(log(self.figure.twh), self.naive_mean, self.naive_sd)

    @property
    def naive_error(self) -> float | None:
        """Absolute error of the naive forecast as one number, which is its CRPS without a spread."""
        return None if self.naive_mean is None else abs(log(self.figure.twh) - self.naive_mean)

    def json(self) -> dict[str, object]:
        middle, width = self.mean, Z95 * self.sd
        return {
            "series": self.figure.series, "year": self.figure.year, "published": self.figure.published,
            "publisher": self.figure.publisher, "origin": self.origin, "twh": self.figure.twh,
            "range": {"p5": exp(middle - width), "p50": exp(middle), "p95": exp(middle + width)},
            "covered": self.covered, "crps": self.crps, "naive_crps": self.naive_crps,
            "naive_twh": None if self.naive_mean is None else exp(self.naive_mean),
        }  # fmt: skip


def crps(value: float, mean: float, sd: float) -> float:
    """Continuous ranked probability score of a normal forecast; the absolute error where ``sd`` is 0.

    Parameters
    ----------
    value : what came
    mean, sd : of the forecast

    Returns
    -------
    In the unit of ``value``, 0 and more.
    """
    if sd <= 0:
        return abs(value - mean)
    z = (value - mean) / sd
    return sd * (z * erf(z / sqrt(2)) + 2 * exp(-z * z / 2) / sqrt(2 * pi) - 1 / sqrt(pi))


def naive_drift(known: Sequence[PublishedFigure], year: int) -> tuple[float, float]:
    """Mean and standard deviation of the last figure, carried on at the growth so far, in logarithms.

    Parameters
    ----------
    known : figures of one series, one or more
    year : to forecast

    Returns
    -------
    Two numbers, of the logarithm of TWh.
    """
    years = sorted({row.year for row in known})
    level = {y: float(np.mean([log(row.twh) for row in known if row.year == y])) for y in years}
    span = years[-1] - years[0]
    drift = (level[years[-1]] - level[years[0]]) / span if span else 0.0
    steps = [(b - a, level[b] - level[a]) for a, b in pairwise(years)]
    left = [(change - drift * gap) / sqrt(gap) for gap, change in steps]
    sd = max(float(np.std(left)), 0.01) if len(left) >= MIN_STEPS else stated_number("naive-step-sd")
    ahead = year - years[-1]
    return level[years[-1]] + drift * ahead, sd * sqrt(max(abs(ahead), 1))


def known_at(rows: Sequence[PublishedFigure], origin: int) -> list[PublishedFigure]:
    """Figures that were published by the end of ``origin``, for years up to the next.

    Parameters
    ----------
    rows : all figures
    origin : year of the forecast

    Returns
    -------
    Those figures, in their order.
    """
    return [row for row in known_by(rows, origin) if row.year <= origin + 1]


def rolling(rows: Sequence[PublishedFigure], origin: int, paths: Paths) -> list[Forecast]:
    """Figures of later years, published later, beside forecasts from what was published by the end of ``origin``.

    Parameters
    ----------
    rows : all figures
    origin : year of the forecast
    paths : with coefficients that know no later figure

    Returns
    -------
    One a later figure of a series that had one before.
    """
    known = known_at(rows, origin)
    later = [row for row in rows if row.published > origin and row.year > origin and row.electricity]
    counted = {row.series for row in known if row.electricity}
    return forecasts_of(Posterior(paths, known), [row for row in later if row.series in counted], origin)


def forecasts_of(
    posterior: Posterior, later: Sequence[PublishedFigure], origin: int, new_publisher: bool = False,
    by_publisher: bool = False,
) -> list[Forecast]:  # fmt: skip
    """Each figure beside its forecast, of what it counts, and the naive one.

    Parameters
    ----------
    posterior : what is known
    later : figures that it does not know
    origin : year of the forecast
    new_publisher : whether the figures are of a publisher that has published none of what is known
    by_publisher : whether each is predicted as its own publisher would put it, rather than as one more study would

    Returns
    -------
    One a later figure.
    """
    made = []
    for row in later:
        place = place_or_company(row.series, row.electricity_twh)
        of = (row,) if by_publisher else ()
        spot = np.array([row.year - FIRST])
        mean, spread = posterior.predict([place], spot, new_publisher=new_publisher, of=of, scope=row.scope)
        own = [k for k in posterior.figures.rows if k.series == row.series and k.electricity]
        naive = naive_drift(own, row.year) if own else (None, None)
        made.append(Forecast(row, origin, float(mean[0]), float(np.sqrt(spread[0, 0])), *naive))
    return made


def right_coverage(posterior: Posterior, figures: Sequence[PublishedFigure]) -> tuple[Array, float]:
    """How many of these figures ranges would hold that are right: figures of few paths and publishers err together.

    Parameters
    ----------
    posterior : what is known
    figures : that it does not know, one or more

    Returns
    -------
    p5, p50, p95 of the share within p5 to p95 [%], and how many independent figures these are worth.
    """
    places = [place_or_company(row.series, row.electricity_twh) for row in figures]
    _, spread = posterior.predict(places, np.array([row.year - FIRST for row in figures]), of=figures)
    noise = np.array([posterior.paths.model.noise(row.kind) for row in figures])
    left = np.outer(noise, noise) * same(places, places)  # what is left of each figure is its own
    spread = spread - left + np.diag(left.diagonal())
    deviation = np.sqrt(spread.diagonal())
    alike = spread / deviation[:, None] / deviation
    root = lower_root(alike + JITTER * np.eye(len(alike)))
    deviates = np.random.default_rng(SEED).standard_normal((COUNT, len(figures)))
    share = (np.abs(times(deviates, root.T)) <= Z95).mean(axis=1)
    return 100 * np.percentile(share, (5, 50, 95)), float(len(figures) ** 2 / (alike**2).sum())


def score(forecasts: Iterable[Forecast]) -> dict[str, float | int | None]:
    """Coverage, CRPS and bias of forecasts, and of the naive ones where there are any.

    Parameters
    ----------
    forecasts : figures beside forecasts

    Returns
    -------
    A measure's name -> its value, None where there is no forecast.
    """
    every = list(forecasts)
    if not every:
        return {"n": 0, "coverage_percent": None, "crps": None, "naive_crps": None, "naive_error": None,
                "bias_percent": None, "median_error_percent": None}  # fmt: skip
    errors = np.array([row.mean - log(row.figure.twh) for row in every])
    paired = [row for row in every if row.naive_crps is not None]

    def mean(values: Sequence[float | None]) -> float | None:
        numbers = [value for value in values if value is not None]
        return float(np.mean(numbers)) if numbers else None

    return {
        "n": len(every),
        "coverage_percent": 100 * float(np.mean([row.covered for row in every])),
        "crps": mean([row.crps for row in every]),
        "crps_with_naive": mean([row.crps for row in paired]),
        "naive_crps": mean([row.naive_crps for row in paired]),
        "naive_error": mean([row.naive_error for row in paired]),
        "bias_percent": 100 * float(np.expm1(np.median(errors))),
        "median_error_percent": 100 * float(np.expm1(np.median(np.abs(errors)))),
    }
