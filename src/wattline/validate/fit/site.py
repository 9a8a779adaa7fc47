"""How far published sites lie from the hourly model of a site, by kind of hall: fitted, and left out in turn.

The residual of a site's year is the logarithm of published over predicted: of the overhead (PUE - 1), or of the water.
A hall's bias and spread are those of its sites, drawn towards those of all halls as if four sites of another kind stood
beside them; what the draws of the hall's own parameters spread already is not counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact
from wattline.core.units import Z95

LEAVE_OUT: dict[str, Callable[[SiteResidual], object]] = {
    "site": lambda residual: residual.site,
    "operator": lambda residual: residual.operator,
    "year": lambda residual: residual.year,
}
PRIOR_SITES = 4  # of all kinds of hall, beside a kind's own
# of a site about its kind of hall, in logarithms: sites of one operator and design differ by as much
MIN_SPREAD = {"pue": 0.12, "wue": 0.5}
MANY_SITES = 12  # from which on a site far out is drawn in
OUTLIER = 3.0  # standard deviations, by the median, beyond which a site counts no more of many
FACTS = {"pue": "fit.site-spread", "wue": "fit.site-water-spread"}


@dataclass(frozen=True, eq=False)
class SiteResidual:
    """One published figure: whose, when, its kind of hall, how far off it is, and the model's own variance (both in
    logarithms)."""

    site: str
    operator: str
    year: int
    hall: str
    off: float
    variance: float


@dataclass(frozen=True)
class SiteSpread:
    """Median and standard deviation, in logarithms, of sites about the model."""

    bias: float
    spread: float

    def fact(self, like: Fact) -> Fact:
        """As a lognormal fact in place of another.

        Parameters
        ----------
        like : whose key and source it takes

        Returns
        -------
        The fact of a factor.
        """
        low, middle, high = (float(np.exp(self.bias + side * Z95 * self.spread)) for side in (-1, 0, 1))
        return replace(like, value=middle, low=low, high=high, dist="lognormal")


def spread_fact(measure: str, hall: str, catalog: Catalog) -> Fact:
    """The catalog's spread of sites about the model.

    Parameters
    ----------
    measure : ``pue`` or ``wue``
    hall : kind of hall; that of all halls stands for a kind that the catalog has no spread of
    catalog : whose facts are taken

    Returns
    -------
    The fact of a factor.
    """
    own = f"{FACTS[measure].partition('.')[2]}-{hall}"
    return catalog.fact(f"fit.{own}" if own in catalog.records("fit") else FACTS[measure])


def fit_spread(residuals: Sequence[SiteResidual], hall: str, measure: str) -> SiteSpread:
    """The spread of a kind of hall's sites.

    Parameters
    ----------
    residuals : published figures
    hall : kind of hall; a kind without sites takes that of all, without bias
    measure : ``pue`` or ``wue``

    Returns
    -------
    Bias and spread in logarithms.
    """
    least = MIN_SPREAD[measure]
    every = _by_site(residuals)
    if len(every) == 0:
        return SiteSpread(0.0, least)
    own = every[[row.hall == hall for row in _firsts(residuals)]]
    common = _spread_square(every)
    count = len(own)
    bias = count / (count + PRIOR_SITES) * float(own[:, 0].mean()) if count else 0.0
    square = (count * _spread_square(own) + PRIOR_SITES * common) / (count + PRIOR_SITES) if count else common
    known = float((own if count else every)[:, 2].mean())
    few = 1.0 + 1.0 / (count + PRIOR_SITES)
    return SiteSpread(bias, float(np.sqrt(max(square - known, least**2) * few)))


def _firsts(residuals: Sequence[SiteResidual]) -> list[SiteResidual]:
    return list({row.site: row for row in reversed(residuals)}.values())[::-1]


def _by_site(residuals: Sequence[SiteResidual]) -> Array:
    """A row a site: mean of its years, variance among them, the model's variance. A site counts once."""
    rows = []
    for first in _firsts(residuals):
        own = [row for row in residuals if row.site == first.site]
        off = np.array([row.off for row in own])
        rows.append((off.mean(), off.var(), np.mean([row.variance for row in own])))
    return np.array(rows).reshape(-1, 3)


def _spread_square(sites: Array) -> float:
    """Variance of sites about their mean, those far out drawn in, with that among their years."""
    middle = float(np.median(sites[:, 0]))
    off = sites[:, 0] - middle
    if len(sites) >= MANY_SITES:
        most = OUTLIER * 1.4826 * float(np.median(np.abs(off)))
        off = np.clip(off, -most, most)
    return float((off**2).sum() / max(len(sites) - 1, 1) + sites[:, 1].mean())


def check_left_out(by: str) -> None:
    """Raises WattlineError for a grouping that there is not."""
    if by not in LEAVE_OUT:
        raise WattlineError(f"--leave-out: {by!r} is none of {', '.join(LEAVE_OUT)}")


def left_out_spread(residuals: Sequence[SiteResidual], own: SiteResidual, by: str, measure: str) -> SiteSpread:
    """The spread that the figures of all other sites, operators or years give.

    Parameters
    ----------
    residuals : published figures, the one to be left out among them
    own : the one, whose group is left out
    by : ``site``, ``operator`` or ``year``
    measure : ``pue`` or ``wue``

    Returns
    -------
    Bias and spread in logarithms.
    """
    group = LEAVE_OUT[by]
    return fit_spread([row for row in residuals if group(row) != group(own)], own.hall, measure)
