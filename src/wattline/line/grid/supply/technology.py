"""Technologies of supply from the catalog's facts: frozen, with costs by the year."""

from __future__ import annotations


def annuity(rate: float, life_years: float) -> float:
    """Capital recovery factor: the yearly payment that pays back 1 over its life.

    Parameters
    ----------
    rate : interest a year, as a share (0.07)
    life_years : years of life
    """
    if rate == 0:
        return 1.0 / life_years
    return float(rate / (1 - (1 + rate) ** -life_years))
