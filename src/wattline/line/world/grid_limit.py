"""What a place's own grid can take: sites need connections, and no grid has made them faster than a part of itself.

A path that has grown fast for years goes on so, as far as published figures tell; where data centres are a fifth of a
country's electricity, substations and power plants decide. What a place may have in a year is what it has, and since
then each year no more than a share of its own electricity. Where data centres are a few percent, that binds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.parts import part_shares
from wattline.line.world.places import Place
from wattline.line.world.tables import series, stated_year


def grid_limit(posterior: Posterior, place: Place, years: Sequence[int] | Array, as_of: int, deviate: Array) -> Array:
    """The most electricity of data centres that a place's grid can serve.

    Parameters
    ----------
    posterior : what published figures tell
    place : a place, or a company, whose grids are many
    years : calendar years, shape ``(n_years,)``
    as_of : year of the outlook
    deviate : where in the range of grids, as a standard normal deviate, scalar or shape ``(n_draws,)``

    Returns TWh, shape ``(n_years,)`` or ``(n_draws, n_years)``; infinite up to the newest year that is known, and where
    the place's electricity is not.
    """
    years = np.asarray(years)
    if place.whole is not None:  # its sites are those of the whole; a share may be as high as its range allows
        part = part_shares([place] * len(years), years - FIRST)
        most = np.exp(part[0] + Z95 * np.sqrt(np.diag(part[1])))
        return most * grid_limit(posterior, place.whole, years, as_of, deviate)
    newest = newest_year(posterior, place, as_of)
    share = series("site-limit", "place").at(years, deviate)
    if place.company or not place.consumption_twh:
        return np.full(share.shape, np.inf)
    mean, spread = posterior.predict([place], np.array([newest - FIRST]))
    level = np.exp(mean[0] + Z95 * np.sqrt(max(spread[0, 0], 0.0)))
    electricity = np.array([electricity_twh(place, int(year)) for year in years])
    return np.where(years > newest, level + share * electricity * (years - newest), np.inf)


def grid_limits(
    posterior: Posterior, places: Sequence[Place], years: Sequence[int] | Array, as_of: int, deviate: Array
) -> Array:
    """The same of several places, shape ``(n_places, n_draws, n_years)``.

    Parameters
    ----------
    posterior : what published figures tell
    places : of an outlook
    years : calendar years, shape ``(n_years,)``
    as_of : year of the outlook
    deviate : where in the range of grids, the same for all places, shape ``(n_draws,)``

    Returns TWh.
    """
    return np.stack([grid_limit(posterior, place, years, as_of, deviate) for place in places]).astype(np.float32)


def newest_year(posterior: Posterior, place: Place, as_of: int) -> int:
    """The newest year of which a place has a figure; where it has none, that of the level its electricity tells.

    Parameters
    ----------
    posterior : with the figures
    place : of the figures
    as_of : year of the outlook

    Returns a calendar year.
    """
    figures = posterior.figures
    pairs = zip(figures.rows, figures.places, strict=True)
    own = [row.year for row, p in pairs if p.name == place.name and row.electricity]
    return min(max(own, default=stated_year("level-year")), as_of)
