"""What the outlook says of a stated electricity of a year to come: its range, and how probable it is."""

from __future__ import annotations

import re
from math import erf, exp, log, sqrt

import numpy as np

from wattline.core.units import Z95
from wattline.line.world.observe import FIRST
from wattline.line.world.outlook import LAST_YEAR, catalog_posterior
from wattline.line.world.places import place_of

NOW = 2026
_YEAR = re.compile(r"\b(20[23]\d)\b")


def foreseen(text: str, twh: float, region: str = "world") -> str:
    """The outlook's range of the year that a sentence names, and the probability of what is stated or more.

    Parameters
    ----------
    text : the sentence
    twh : what it states [TWh]
    region : the place, by its name in the outlook

    Returns "" where the sentence names no year to come, or the number is none of electricity.
    """
    years = [int(year) for year in _YEAR.findall(text) if NOW <= int(year) <= LAST_YEAR]
    if not years or twh <= 0:
        return ""
    mean, spread = catalog_posterior(NOW).predict([place_of(region)], np.array([years[0] - FIRST]))
    middle, sd = float(mean[0]), sqrt(float(spread[0, 0]))
    above = 0.5 * (1 - erf((log(twh) - middle) / (sd * sqrt(2))))
    low, high = exp(middle - Z95 * sd), exp(middle + Z95 * sd)
    return (
        f"The outlook (`wattline world`) has {exp(middle):,.0f} TWh [{low:,.0f}–{high:,.0f}] in {years[0]}: "
        f"{twh:,.0f} TWh or more with a probability of {above:.0%}. A projection is never more than that."
    )
