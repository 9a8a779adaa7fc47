"""The outlook: draws of electricity, capacity and parts of places by year, from the stock and the published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.world.ai_odds import WorldTotal
from wattline.line.world.backtest import known_at
from wattline.line.world.drivers import WhatIf
from wattline.line.world.expected import paths_known
from wattline.line.world.grid_limit import grid_limits
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook_draws import (
    CHUNK,
    DrawnArrays,
    Fill,
    OutlookPaths,
    chunk_deviates,
    fill_here,
    path_roots,
)
from wattline.line.world.parts import known_parts
from wattline.line.world.percentiles import Draws32, percentiles
from wattline.line.world.places import Place, place_of
from wattline.line.world.published import PublishedFigure, published_figures

SHARED = 2  # seed of the draws that tell how far grids bind the shared path
FIRST_YEAR, LAST_YEAR = 2000, 2035


@dataclass(frozen=True)
class OutlookQuestion:
    """Places and years to look at, by what was published up to ``as_of``, with drivers set as ``what_if`` says."""

    places: tuple[Place, ...]
    years: tuple[int, ...]
    as_of: int = 2026
    what_if: tuple[WhatIf, ...] = ()

    @classmethod
    def read(
        cls, regions: Sequence[str], years: str = "2015-2035", as_of: int = 2026, what_if: Sequence[WhatIf] = ()
    ) -> OutlookQuestion:
        """The question with its names and years read.

        Parameters
        ----------
        regions : names of places
        years : first and last, such as ``2015-2035``
        as_of : the last year whose publications are taken
        what_if : changes of the outlook

        Returns the question. Raises NotFound for a place that is not known, WattlineError for years out of bounds.
        """
        places = tuple(dict.fromkeys(place_of(name) for name in regions))
        if not 2005 <= as_of <= 2026:
            raise WattlineError(f"--as-of {as_of}: give a year from 2005 to 2026")
        return cls(known_parts(places, as_of), read_years(years), as_of, tuple(what_if))


def read_years(text: str) -> tuple[int, ...]:
    """Years of ``2015-2035`` or ``2030``. Raises WattlineError.

    Parameters
    ----------
    text : one year, or the first and the last

    Returns every year from the first to the last.
    """
    first, dash, last = text.replace("–", "-").partition("-")
    try:
        years = int(first), int(last if dash else first)
    except ValueError:
        raise WattlineError(f"--years {shorten(text)!r}: write 2030 or 2015-2035") from None
    if not FIRST_YEAR <= years[0] <= years[1] <= LAST_YEAR:
        raise WattlineError(
            f"--years {shorten(text)!r}: give years from {FIRST_YEAR} to {LAST_YEAR}, such as 2024-2030"
        )
    return tuple(range(years[0], years[1] + 1))


@dataclass(frozen=True)
class Outlook:
    """Draws of an outlook.

    Attributes
    ----------
    twh : electricity, shape ``(n_places, n_years, n_draws)``
    gw : capacity that it needs, the same shape
    shares : share of each part in the electricity, by name, shape ``(n_places, n_years, n_some_draws)``
    stock_twh, ai_twh : of the world by stock and watts alone, and AI's part with its overhead, ``(n_years, n_draws)``
    shared_twh : p5, p50, p95 of the path that studies share, shape ``(3, n_places, n_years)``
    """

    question: OutlookQuestion
    twh: Draws32
    gw: Draws32
    shares: Mapping[str, Draws32] = field(repr=False)
    stock_twh: Draws32 = field(repr=False)
    ai_twh: Draws32 = field(repr=False)
    shared_twh: Array = field(repr=False)


def posterior_of(rows: Sequence[PublishedFigure], as_of: int) -> Posterior:
    """What figures published by the end of a year tell.

    Parameters
    ----------
    rows : figures
    as_of : the year

    Returns paths by place and year, given the figures.
    """
    return Posterior(paths_known(as_of), known_at(rows, as_of))


@lru_cache(maxsize=8)
def catalog_posterior(as_of: int) -> Posterior:
    """What the catalog's figures tell, of those published by the end of a year.

    Parameters
    ----------
    as_of : the year

    Returns paths by place and year, given the figures.
    """
    return posterior_of(published_figures(), as_of)


def outlook(question: OutlookQuestion, posterior: Posterior, draws: int, seed: int, fill: Fill = fill_here) -> Outlook:
    """Draws of electricity, capacity and parts.

    Parameters
    ----------
    question : places and years
    posterior : what published figures tell
    draws, seed : how many draws, and their seed; the same seed gives the same draws to the bit
    fill : where chunks of draws after the first are worked out

    Returns
    -------
    Arrays of shape ``(n_places, n_years, n_draws)``.
    """
    places, years = question.places, np.array(question.years)
    pairs = [place for place in places for _ in years], np.tile(years - FIRST, len(places))
    total = WorldTotal.of(posterior, places, years, question.as_of)
    roots = path_roots(posterior, pairs)
    paths = OutlookPaths(places, years, question.as_of, question.what_if, posterior, *roots, total)
    out = DrawnArrays.empty((len(places), len(years), draws))
    first = next(chunk_deviates(paths.root.shape[1], draws, seed))
    shares = paths.draw(first, out.part(first.part), shared=True)
    fill(paths, draws, seed, out)
    return Outlook(question, out.twh, out.gw, shares, out.stock, out.ai, shared_band(posterior, pairs, question))


def shared_band(posterior: Posterior, pairs: tuple[Sequence[Place], Array], question: OutlookQuestion) -> Array:
    """p5, p50, p95 of the path that studies share, shape ``(3, n_places, n_years)``.

    Parameters
    ----------
    posterior : of the paths, after the figures
    pairs : places, and indices of years beside them
    question : places and years

    Returns TWh.
    """
    mean, spread = posterior.predict(*pairs, counted=False)
    sd = np.sqrt(np.maximum(np.diag(spread), 0.0))
    shape = len(question.places), len(question.years)
    band = np.exp(np.stack([mean - Z95 * sd, mean, mean + Z95 * sd])).reshape(3, *shape)
    rng = np.random.default_rng(SHARED)
    path, of_grids = rng.standard_normal((2, CHUNK))
    free = np.exp((mean[:, None] + sd[:, None] * path).astype(np.float32)).reshape(*shape, CHUNK)
    limits = grid_limits(posterior, question.places, question.years, question.as_of, of_grids)
    bound = np.minimum(free, limits.transpose(0, 2, 1))
    return np.asarray(band * (percentiles(bound) / percentiles(free)))  # exactly the path where no grid binds
