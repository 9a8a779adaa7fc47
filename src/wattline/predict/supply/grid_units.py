"""Units in the headers of the grid's hours: a price a MWh or a kWh, grams or pounds, shares or per cent."""

from __future__ import annotations

from wattline.core.errors import WattlineError, shorten
from wattline.core.units import KWH_PER_MWH
from wattline.line.grid.carbon.formats.units import carbon_factor, has_unit, price_factor, words_of


def grid_factor(name: str, column: str) -> float:
    """From the numbers of a column to USD/MWh, g/kWh or a share.

    Parameters
    ----------
    name : ``price``, ``carbon`` or ``clean``: what the column is
    column : its header; without a unit the numbers are in these already

    Returns
    -------
    The factor.

    Raises WattlineError for another currency, or a unit that is not known.
    """
    if name == "clean":
        return 0.01 if {"percent", "pct"} & set(words_of(column).split()) else 1.0
    if name == "carbon":
        factor, usual = carbon_factor(column), "g/kWh"
    else:
        price, usual = price_factor(column), "USD/MWh"
        if price is not None and price[1] != "USD":
            raise WattlineError(f"supply: {shorten(column, 60)} is in {price[1]}; give the grid's price in {usual}")
        factor = None if price is None else price[0] * KWH_PER_MWH
    if factor is None and has_unit(column):
        raise WattlineError(f"supply: {shorten(column, 60)}: its unit is not known; write one such as {usual}")
    return 1.0 if factor is None else factor
