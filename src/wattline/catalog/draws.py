"""Draws from facts: each fact is drawn once per run, so what belongs together stays together.

A fact's draws depend on its key (or group) and the seed alone: the same chip has the same efficiency in every
year and at every station, and adding a fact does not move the draws of the others.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from math import sqrt

import numpy as np

from wattline.catalog.catalog import Catalog, CatalogLike, default, open_catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact
from wattline.core.range import Range
from wattline.core.unit_names import factor

__all__ = ["MAX_DRAWS", "Draws", "Range", "check_seed", "what_matters"]

MAX_DRAWS = 1_000_000
MAX_KEPT_DRAWS = 4000  # so many draws of a fact are kept for the next question of this process
NOISE = 4.0  # standard errors that a rank correlation must stand out by


def check_seed(seed: int) -> int:
    """A seed of random numbers, a whole number of zero or more.

    Parameters
    ----------
    seed : as it was given

    Returns the seed. Raises WattlineError for anything else.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise WattlineError(f"seed: {shorten(str(seed))} must be a whole number of zero or more")
    return int(seed)


def _slices(name: str, n: int, seed: int) -> Array:
    """Percentiles, one in each of ``n`` equal slices, shuffled as the name and the seed say."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    slices = rng.permutation(n)
    return np.asarray((slices + rng.random(n)) / n)


@lru_cache(maxsize=1024)
def _kept_values(fact: Fact, name: str, n: int, seed: int) -> Array:
    """A fact's draws, kept for the next question: they follow from these four alone."""
    return fact.quantile(_slices(name, n, seed))


class Draws:
    """Gives draws of facts and remembers which were used.

    ``draws("chip.h100-sxm.tdp_w")`` is an array of shape ``(n,)``; an exact fact, or ``n = 0``, gives shape ``()``
    with the central value. ``unit`` converts. ``catalog``: where facts are looked up, the default one where not given.
    """

    def __init__(self, n: int = 2000, seed: int = 0, catalog: Catalog | None = None) -> None:
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 0 <= n <= MAX_DRAWS:
            raise WattlineError(f"draws: {n} is out of range; take 0 (central values) to {MAX_DRAWS:,}")
        self.n, self.seed = n, check_seed(seed)
        self.catalog = default() if catalog is None else catalog
        self.used: dict[str, Fact] = {}
        self.job = ""
        self._values: dict[str, Array] = {}

    def __call__(self, fact: Fact | str, unit: str | None = None) -> Array:
        """The fact's draws, the same wherever it is asked for."""
        return self._take(fact, "", unit)

    def own(self, fact: Fact | str, unit: str | None = None) -> Array:
        """Draws that belong to the present ``job`` alone: what scatters from one run or service to the next.

        Parameters
        ----------
        fact : a fact, or its key
        unit : what the draws are converted to; the fact's own where not given

        Returns shape ``(n,)``, or ``()`` for an exact fact and for central values.
        """
        return self._take(fact, self.job, unit)

    def peek(self, fact: Fact | str) -> Array:
        """The fact's draws, without remembering it as used: ``cite`` it where the answer comes to rest on it."""
        return self._drawn(self.catalog.fact(fact) if isinstance(fact, str) else fact, "")

    @property
    def catalog_words(self) -> str:
        """Which facts are drawn from."""
        return self.catalog.words

    def central(self) -> Draws:
        """Central values of the same catalog, that remember what is used of them on their own."""
        return Draws(0, self.seed, self.catalog)

    def cite(self, *facts: Fact) -> None:
        """Remember facts that an answer rests on without drawing them."""
        for fact in facts:
            self.used.setdefault(fact.key, fact)

    def _take(self, fact: Fact | str, job: str, unit: str | None) -> Array:
        known = self.catalog.fact(fact) if isinstance(fact, str) else fact
        self.cite(known)
        scale = 1.0 if unit is None else factor(known.unit, unit)
        values = self._drawn(known, job)
        return values if scale == 1.0 else values * scale

    def _drawn(self, fact: Fact, job: str) -> Array:
        place = f"{fact.key}@{job}" if job else fact.key
        if place not in self._values:
            self._values[place] = self._draw(fact, job)
        return self._values[place]

    def _draw(self, fact: Fact, job: str) -> Array:
        if fact.exact or self.n == 0:
            return np.asarray(fact.value, dtype=float)
        name = fact.group or fact.key
        name = f"{name}@{job}" if job else name
        if self.n > MAX_KEPT_DRAWS:
            return fact.quantile(self.percentiles(name))
        return _kept_values(fact, name, self.n, self.seed).copy()

    def percentiles(self, name: str) -> Array:
        """Stratified percentiles (one in each of ``n`` equal slices, shuffled) belonging to ``name``."""
        return _slices(name, self.n, self.seed)

    def spread(self) -> dict[str, Array]:
        """The draws of every fact used that has a range, by key (``key@job`` for a job's own); one a group."""
        seen: set[str] = set()
        spread = {}
        for key, values in self._values.items():
            fact, _, job = key.partition("@")
            if fact not in self.used:
                continue
            name = f"{self.used[fact].group or fact}@{job}"
            if values.ndim and name not in seen:
                seen.add(name)
                spread[key] = values
        return spread


def read_draws(draws: int | Draws, seed: int, facts: CatalogLike = None) -> Draws:
    """The draws that a face was asked to take.

    Parameters
    ----------
    draws : how many, 0 for central values; or draws to share with other questions, as they are
    seed : of the draws, where they are not shared
    facts : a catalog, or the user's own file or files of facts

    Returns
    -------
    New draws, or those that were given to be shared.

    Raises WattlineError for numbers out of range, a bad file, or facts beside draws that have a catalog already.
    """
    if not isinstance(draws, Draws):
        return Draws(draws, seed, open_catalog(facts))
    if facts is not None:
        raise WattlineError("facts: the draws given carry their catalog; give Draws(n, seed, Catalog(FILE)) instead")
    return draws


def what_matters(draws: Draws, outcome: Array, most: int = 6) -> list[tuple[Fact, float]]:
    """The facts whose draws move ``outcome`` most: Spearman's rank correlation, strongest first.

    Correlations within the noise of ``n`` draws are left out: four standard errors, since dozens of facts are tried.

    Parameters
    ----------
    draws : with the facts that were used
    outcome : what came of them, shape ``(n_draws,)``
    most : the most facts that are given

    Returns each fact with its rank correlation, -1 to 1; none of fewer than 20 draws or of an outcome that is the same
    in all.
    """
    outcome = np.asarray(outcome)
    if outcome.ndim == 0 or outcome.shape[0] < 20 or not np.ptp(outcome) > 0:
        return []
    n = outcome.shape[0]
    ranks = _centred_ranks(outcome)
    rows = [
        (draws.used[key.partition("@")[0]], _correlation(_centred_ranks(values), ranks))
        for key, values in draws.spread().items()
        if np.ptp(values) > 0
    ]
    rows = [row for row in rows if abs(row[1]) > NOISE / np.sqrt(n)]
    return sorted(rows, key=lambda row: -abs(row[1]))[:most]


def _centred_ranks(values: Array) -> Array:
    """Ranks less their mean; equal values share the mean of theirs."""
    n = len(values)
    order = np.argsort(values)
    ranked = values[order]
    if (ranked[1:] > ranked[:-1]).all():
        ranks = np.empty(n)
        ranks[order] = np.arange(n) - (n - 1) / 2
        return ranks
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2 - (n + 1) / 2)[inverse])


def _correlation(first: Array, second: Array) -> float:
    """Pearson's of two series about their means; of ranks every sum is exact."""
    return float(first @ second) / sqrt(float(first @ first) * float(second @ second))
