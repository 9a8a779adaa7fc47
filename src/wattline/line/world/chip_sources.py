"""AI chips shipped, counted in three ways: Epoch's quarters, makers' revenue over the price of a chip, and wafers.

Each way is a product of facts by year. The factors of one product err independently, and each alike in all years; so
the range of a product is that of its factors' logarithms, added in quadrature. What a way does not count stays as Epoch
has it: chips that their makers do not sell (by revenue), and the years before a way's first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import KW_PER_MW, MW_PER_GW
from wattline.line.world.stock import YEARS
from wattline.line.world.tables import FactSeries, series

GENERATIONS = ("before", "ampere", "hopper", "blackwell", "tpu", "instinct", "trainium")
LAST_SHIPPED = max(series("chips-shipped", name).years[-1] for name in GENERATIONS)  # newest year that is known
EPOCH, REVENUE, WAFERS = SOURCES = ("epoch", "revenue", "wafers")
SOLD = {"nvidia": ("before", "ampere", "hopper", "blackwell"), "amd": ("instinct",)}  # maker -> what its revenue pays
BY_REVENUE = ("chip-revenue", "chip-share-of-revenue", "chip-power")  # billion USD, fraction, W; over thousand USD
BY_WAFERS = ("packaging-wafers", "chip-share-of-wafers", "chips-per-wafer", "chip-power")  # thousand, fraction, 1, W


def chips_shipped(deviate: Array, source: str = EPOCH) -> Array:
    """GW of TDP of AI chips shipped by year up to 2025, shape ``(n_draws, n_years)``, zero later.

    Parameters
    ----------
    deviate : standard normal, shape ``(n_draws,)``: where in their ranges all facts lie
    source : of ``SOURCES``

    Returns
    -------
    GW, shape ``(n_draws, n_years)``.
    """
    counted = {name: _within(series("chips-shipped", name), deviate) for name in GENERATIONS}
    if source == REVENUE:
        for maker, names in SOLD.items():
            price = series("chip-price", maker)
            years, made = _product(maker, BY_REVENUE, deviate, price)
            _replace(counted, names, years, made / MW_PER_GW)  # billion USD over thousand USD, million chips, x W = MW
    elif source == WAFERS:
        years, made = _product("packaged", BY_WAFERS, deviate)
        _replace(counted, GENERATIONS, years, made / KW_PER_MW / MW_PER_GW)  # thousand chips x W = kW
    return np.asarray(sum(counted.values()))


def _within(facts: FactSeries, deviate: Array) -> Array:
    return np.where(_years_of(facts), facts.at(YEARS, deviate), 0.0)


def _years_of(facts: FactSeries) -> Array:
    return np.asarray((facts.years[0] <= YEARS) & (facts.years[-1] >= YEARS))


def _replace(counted: dict[str, Array], names: Sequence[str], years: Array, made: Array) -> None:
    """In the years that are counted the other way, the first name has the product and the rest nothing."""
    for i, name in enumerate(names):
        counted[name] = np.where(years, made if i == 0 else 0.0, counted[name])


def _product(
    segment: str, quantities: Sequence[str], deviate: Array, divisor: FactSeries | None = None
) -> tuple[Array, Array]:
    """The years that the first factor has, and the product of the factors, shape ``(n_draws, n_years)``."""
    factors = [series(name, segment) for name in quantities]
    middle = np.prod([each.at(YEARS) for each in factors], axis=0)
    spread = [[np.log(each.at(YEARS, end) / each.at(YEARS)) ** 2 for each in factors] for end in (-1.0, 1.0)]
    if divisor is not None:
        middle = middle / divisor.at(YEARS)
        for side, end in zip(spread, (1.0, -1.0), strict=True):  # a dearer chip means fewer of them
            side.append(np.log(divisor.at(YEARS, end) / divisor.at(YEARS)) ** 2)
    below, above = (np.sqrt(np.sum(side, axis=0)) for side in spread)
    z = np.asarray(deviate, float)[:, None]
    return _years_of(factors[0]), middle * np.exp(np.minimum(z, 0.0) * below + np.maximum(z, 0.0) * above)
