"""The outlook: draws of electricity, capacity and parts of places by year, from the stock and the published figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.algebra import thin_root
from wattline.line.world.backtest import known_at
from wattline.line.world.chip_sources import LAST_SHIPPED
from wattline.line.world.drivers import NORMAL, OF_PATHS, Drivers, WhatIf, WorldParts
from wattline.line.world.expected import paths_known
from wattline.line.world.grid_limit import grid_limits
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.percentiles import Draws32, percentiles
from wattline.line.world.places import Place, place_of
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.published import PublishedFigure, published_figures
from wattline.line.world.stock import FIRST as FIRST_STOCK
from wattline.line.world.stock import LAST as LAST_STOCK
from wattline.line.world.tables import series, stated_number

GRIDS = 1  # of the seed, the stream that limits of grids are drawn from
SHARED = 2  # seed of the draws that tell how far grids bind the shared path
CHUNK = 4_096  # draws that are worked through together, which bounds the memory
LOST_VARIANCE = 0.03  # of a place in a year, as much may come of directions that are left out: correlations within 0.03
FIRST_YEAR, LAST_YEAR = 2000, 2035
PARTS = ("ai", "servers", "storage", "network", "overhead")


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
        return cls(places, read_years(years), as_of, tuple(what_if))


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
        raise WattlineError(f"--years {shorten(text)!r}: must lie in {FIRST_YEAR} to {LAST_YEAR}, the first one first")
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


def outlook(question: OutlookQuestion, posterior: Posterior, draws: int, seed: int) -> Outlook:
    """Draws of electricity, capacity and parts.

    Parameters
    ----------
    question : places and years
    posterior : what published figures tell
    draws, seed : how many draws, and their seed; the same seed gives the same draws to the bit

    Returns
    -------
    Arrays of shape ``(n_places, n_years, n_draws)``.
    """
    places, years = question.places, np.array(question.years)
    shape = (len(places), len(years), draws)
    pairs = [place for place in places for _ in years], np.tile(years - FIRST, len(places))
    mean, spread = posterior.predict(*pairs)
    middle, root = mean.astype(np.float32)[:, None], spread_root(spread)
    twh, gw = np.empty(shape, np.float32), np.empty(shape, np.float32)
    stock, ai = np.empty(shape[1:], np.float32), np.empty(shape[1:], np.float32)
    rng, of_grids = np.random.default_rng(seed), np.random.default_rng((seed, GRIDS))
    shares: dict[str, Draws32] = {}
    for part in chunks(draws):
        count = part.stop - part.start
        above = root @ rng.standard_normal((root.shape[1], count), np.float32)
        work = StockDraws({name: rng.standard_normal(count) for name in NORMAL}, question.what_if, years)
        load, usual_load = work.loads(rng.standard_normal(count))
        if not part.start:
            shares = place_shares(work, places, above.reshape(*shape[:2], count))
        above += middle
        drawn = np.exp(above.reshape(*shape[:2], count), out=twh[:, :, part])
        limits = grid_limits(posterior, places, years, question.as_of, of_grids.standard_normal(count))
        np.minimum(drawn, limits.transpose(0, 2, 1), out=drawn)
        if question.what_if:
            drawn *= np.stack([work.factor(place) for place in places]) * (load / usual_load)
        np.multiply(drawn, (1 / (TWH_PER_GW * load)).astype(np.float32), out=gw[:, :, part])
        stock[:, part], ai[:, part] = work.total(), work.ai()
    return Outlook(question, twh, gw, shares, stock, ai, shared_band(posterior, pairs, question))


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


def chunks(draws: int) -> Iterator[slice]:
    """Slices of the draws that are worked through together."""
    for start in range(0, draws, CHUNK):
        yield slice(start, min(start + CHUNK, draws))


def spread_root(spread: Array) -> Draws32:
    """A root of a covariance, ``root @ root.T``, of few columns: entries keep their variance, correlations nearly."""
    deviation = np.sqrt(np.maximum(np.diag(spread), 1e-300))
    root = thin_root(spread / deviation[:, None] / deviation, LOST_VARIANCE)
    kept = np.sqrt((root**2).sum(axis=1, keepdims=True))
    return np.ascontiguousarray(root / np.maximum(kept, 1e-12) * deviation[:, None], np.float32)


def place_shares(work: StockDraws, places: Sequence[Place], above: Draws32) -> dict[str, Draws32]:
    """Share of each part in each place's electricity: where the path is above the stock's, AI is so more than the rest.

    Parameters
    ----------
    work : the stock
    places : of the outlook
    above : logarithm of each draw's path over the middle one, shape ``(n_places, n_years, n_draws)``

    Returns
    -------
    A part -> shares, 0 to 1, shape ``(n_places, n_years, n_draws)``.
    """
    made = {name: np.empty(above.shape, np.float32) for name in PARTS}
    for i, place in enumerate(places):
        parts = work.parts_of(place)
        ai = parts["ai"] * np.exp((stated_number("ai-elasticity") - 1) * np.clip(above[i], -1.0, 1.0))
        total = ai + sum(parts[name] for name in PARTS if name != "ai")
        for name in PARTS:
            made[name][i] = (ai if name == "ai" else parts[name]) / total
    return made


class StockDraws:
    """The world's stock under draws of its drivers, for the years of an outlook; with and without the what-if."""

    def __init__(self, deviates: Mapping[str, Array], what_if: tuple[WhatIf, ...], years: Array) -> None:
        self.years, self.what_if = years, what_if
        self.spots = np.clip(years, FIRST_STOCK, LAST_STOCK) - FIRST_STOCK
        self.usual = self._parts(Drivers(deviates))
        moved = tuple(change for change in what_if if change.driver not in OF_PATHS)
        self.moved = self._parts(Drivers(deviates, moved)) if moved else self.usual

    def _parts(self, drivers: Drivers) -> WorldParts:
        made = drivers.parts()
        return WorldParts(
            *(
                np.ascontiguousarray(getattr(made, part.name)[:, self.spots].T, np.float32)
                for part in fields(WorldParts)
            )
        )

    def total(self) -> Draws32:
        return np.asarray(self.moved.total, np.float32)

    def ai(self) -> Draws32:
        return np.asarray(self.moved.ai + self.moved.ai_overhead, np.float32)

    def factor(self, place: Place) -> Array:
        """Electricity of a place with the what-if over that without it, shape ``(n_years, n_draws)``."""
        if self.moved is self.usual:
            return np.ones(self.usual.ai.shape, np.float32)
        after, before = (sum(self._split(parts, place).values()) for parts in (self.moved, self.usual))
        return self._rebounding(np.asarray(after / before))

    def _rebounding(self, factor: Array) -> Array:
        """What is saved, less what comes back as more use because each use takes less."""
        change = next((change for change in self.what_if if change.driver == "rebound"), None)
        if change is None:
            return factor
        back = change.apply(np.full(1, series("rebound").facts[0].value))
        return np.asarray(np.where(factor < 1, 1 - (1 - factor) * (1 - back), factor))

    def parts_of(self, place: Place) -> dict[str, Array]:
        """The parts of a place that has its own measure of AI, TWh of the world's stock."""
        return self._split(self.moved, place)

    def _split(self, parts: WorldParts, place: Place) -> dict[str, Array]:
        ratio = ai_ratio(place)[self.spots].astype(np.float32)[:, None]
        ai = parts.ai * ratio
        network = parts.network * (parts.servers + ai) / (parts.servers + parts.ai)
        rest = parts.servers + parts.storage + parts.network
        pue = 1 + (parts.overhead - parts.ai_overhead) / rest
        overhead = (parts.servers + parts.storage + network) * (pue - 1) + parts.ai_overhead * ratio
        return {"ai": ai, "servers": parts.servers, "storage": parts.storage, "network": network, "overhead": overhead}

    def loads(self, deviate: Array) -> tuple[Array, Array]:
        """Load factor of each draw and year, with the what-if and without: what is set, is from the next year on."""
        usual = np.clip(series("load-factor").at(self.years, deviate), 0.05, 0.98).T
        changes = [change for change in self.what_if if change.driver == "load_factor"]
        load = usual
        for change in changes:
            load = np.where(self.years[:, None] > LAST_SHIPPED, np.clip(change.apply(usual), 0.05, 1.0), load)
        return np.asarray(load, np.float32), np.asarray(usual, np.float32)
