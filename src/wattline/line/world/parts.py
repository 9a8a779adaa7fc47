"""Parts of a place that is counted as a whole: a state or a grid goes the way of its country, at its own share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.growth import FIRST
from wattline.line.world.places import Place
from wattline.line.world.tables import series, stated_number, stated_year


def part_shares(places: Sequence[Place], years: Sequence[int] | Array) -> tuple[Array, Array]:
    """Logarithm of each place's part of its whole, and its covariance: a share is known in one year, drifts around it,
    and after it nears the place's share of the whole's electricity, for sites spread to where there is some.

    Parameters
    ----------
    places, years : of one length; years as indices of ``YEARS``

    Returns
    -------
    Shapes ``(n,)`` and ``(n, n)``; 0 where a place is no part of another.
    """
    if all(place.whole is None for place in places):
        return np.zeros(len(places)), np.zeros((len(places), len(places)))
    away = np.asarray(years) + FIRST - series("path", "part-spread").years[0]
    apart = np.array([place.whole is not None for place in places])
    names = np.array([place.name for place in places])
    same = (names[:, None] == names) & apart[:, None]
    both = np.where(np.sign(away)[:, None] == np.sign(away), np.minimum(abs(away)[:, None], abs(away)), 0)
    spread = stated_number("part-spread") ** 2 + stated_number("part-drift") ** 2 * both
    kept = np.exp(-stated_number("part-evening") * np.maximum(away, 0))
    part = kept * np.array([place.part for place in places])
    even = np.array([place.consumption_twh / (place.whole or place).consumption_twh for place in places])
    return np.log(part + (1.0 - kept) * np.where(apart, even, 1.0)), np.where(same, spread, 0.0)


def known_parts(places: Sequence[Place], as_of: int) -> tuple[Place, ...]:
    """Places as they were told in a year: before shares were published, no place is a part.

    Parameters
    ----------
    places : the places
    as_of : year of the outlook

    Returns
    -------
    The same places, in their order.
    """
    published = stated_year("part-edition")
    return tuple(replace(p, whole=None, part=1.0) if p.whole and as_of < published else p for p in places)
