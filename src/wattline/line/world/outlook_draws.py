"""Draws of an outlook by chunks, each from its own stretch of the seed's deviates: any process makes the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.ai_odds import WorldTotal, place_shares
from wattline.line.world.algebra import thin_root
from wattline.line.world.drivers import NORMAL, WhatIf
from wattline.line.world.grid_limit import grid_limits
from wattline.line.world.observe import Posterior
from wattline.line.world.percentiles import Draws32
from wattline.line.world.places import Place
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.stock_draws import StockDraws

GRIDS = 1  # of the seed, the stream that limits of grids are drawn from
CHUNK = 4_096  # draws that are worked through together, which bounds the memory
LOST_VARIANCE = 0.03  # of a place in a year, as much may come of directions that are left out: correlations within 0.03


@dataclass(frozen=True, eq=False)
class ChunkDeviates:
    """Standard normal deviates of a chunk of draws.

    Attributes
    ----------
    part : which draws
    paths : of the places' paths, shape ``(n_columns, n)``
    drivers : of each driver of the stock, shape ``(n,)``
    load, grids : of the load factor and of the limits of grids, shape ``(n,)``
    """

    part: slice
    paths: Draws32
    drivers: Mapping[str, Array]
    load: Array
    grids: Array


def chunk_deviates(columns: int, draws: int, seed: int) -> Iterator[ChunkDeviates]:
    """The deviates of all chunks, in their order: those of a later chunk need those before it to be drawn.

    Parameters
    ----------
    columns : of the root of the paths' covariance
    draws, seed : how many draws, and their seed

    Returns
    -------
    The chunks, one after the other.
    """
    rng, of_grids = np.random.default_rng(seed), np.random.default_rng((seed, GRIDS))
    for start in range(0, draws, CHUNK):
        count = min(CHUNK, draws - start)
        paths = rng.standard_normal((columns, count), np.float32)
        drivers = {name: rng.standard_normal(count) for name in NORMAL}
        load = rng.standard_normal(count)
        yield ChunkDeviates(slice(start, start + count), paths, drivers, load, of_grids.standard_normal(count))


@dataclass(frozen=True, eq=False)
class DrawnArrays:
    """What is drawn: ``twh`` and ``gw`` ``(n_places, n_years, n)``, ``stock`` and ``ai`` in TWh ``(n_years, n)``."""

    twh: Draws32
    gw: Draws32
    stock: Draws32
    ai: Draws32

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> DrawnArrays:
        """To be filled.

        Parameters
        ----------
        shape : places, years and draws

        Returns
        -------
        The arrays.
        """
        return cls(*(np.empty(each, np.float32) for each in (shape, shape, shape[1:], shape[1:])))

    def part(self, part: slice) -> DrawnArrays:
        """A view of some draws.

        Parameters
        ----------
        part : which

        Returns
        -------
        The same arrays, of these alone.
        """
        return DrawnArrays(*(getattr(self, each.name)[..., part] for each in fields(self)))


@dataclass(frozen=True, eq=False)
class OutlookPaths:
    """What all chunks of an outlook share.

    Attributes
    ----------
    places, years, as_of, what_if : of the question
    posterior : what published figures tell
    middle : logarithm of the middle path, shape ``(n_places * n_years, 1)``
    root : of its covariance, shape ``(n_places * n_years, n_columns)``
    total : what the places' paths tell of the world's
    """

    places: tuple[Place, ...]
    years: Array
    as_of: int
    what_if: tuple[WhatIf, ...]
    posterior: Posterior
    middle: Draws32
    root: Draws32
    total: WorldTotal

    def draw(self, deviates: ChunkDeviates, out: DrawnArrays, shared: bool = False) -> dict[str, Draws32]:
        """Draw a chunk.

        Parameters
        ----------
        deviates : of its draws
        out : gets what is drawn
        shared : whether the parts' shares are worked out too

        Returns
        -------
        A part -> its share, 0 to 1, shape ``(n_places, n_years, n)``; none where ``shared`` is not set.
        """
        count = len(deviates.load)
        above = self.root @ deviates.paths
        work = StockDraws(deviates.drivers, self.what_if, self.years)
        load, usual_load = work.loads(deviates.load)
        shape = len(self.places), len(self.years), count
        shares = place_shares(work, self.places, above.reshape(shape), self.total) if shared else {}
        above += self.middle
        drawn = np.exp(above.reshape(shape), out=out.twh)
        limits = grid_limits(self.posterior, self.places, self.years, self.as_of, deviates.grids)
        np.minimum(drawn, limits.transpose(0, 2, 1), out=drawn)
        if self.what_if:
            drawn *= np.stack([work.factor(place) for place in self.places]) * (load / usual_load)
        np.multiply(drawn, (1 / (TWH_PER_GW * load)).astype(np.float32), out=out.gw)
        out.stock[:], out.ai[:] = work.total(), work.ai()
        return shares


Fill = Callable[[OutlookPaths, int, int, DrawnArrays], None]


def fill_here(paths: OutlookPaths, draws: int, seed: int, out: DrawnArrays) -> None:
    """Draw the chunks after the first in this process.

    Parameters
    ----------
    paths : of the outlook
    draws, seed : how many draws, and their seed
    out : gets what is drawn
    """
    for deviates in islice(chunk_deviates(paths.root.shape[1], draws, seed), 1, None):
        paths.draw(deviates, out.part(deviates.part))


def path_roots(posterior: Posterior, pairs: tuple[Sequence[Place], Array]) -> tuple[Draws32, Draws32]:
    """Logarithm of the middle path, ``(n, 1)``, and a root of its covariance, ``(n, n_columns)``.

    Parameters
    ----------
    posterior : what published figures tell
    pairs : places, and indices of years beside them

    Returns
    -------
    Both.
    """
    mean, spread = posterior.predict(*pairs)
    return mean.astype(np.float32)[:, None], spread_root(spread)


def spread_root(spread: Array) -> Draws32:
    """A root of a covariance, ``root @ root.T``, of few columns: entries keep their variance, correlations nearly."""
    deviation = np.sqrt(np.maximum(np.diag(spread), 1e-300))
    root = thin_root(spread / deviation[:, None] / deviation, LOST_VARIANCE)
    kept = np.sqrt((root**2).sum(axis=1, keepdims=True))
    return np.ascontiguousarray(root / np.maximum(kept, 1e-12) * deviation[:, None], np.float32)
