"""Words that terminal and pages share."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Any

Json = Mapping[str, Any]  # an answer, or a part of one


def fit_words(inputs: Json) -> str:
    """What the fit that predicts measured rows had seen of them."""
    left_out = inputs["left_out"]
    return f"each {left_out} predicted by a fit without it" if left_out else "coefficients as shipped"


SMALL_PERCENT = 1e-4  # below it digits after the point are too many to read


def share_words(share: float) -> str:
    """A share of 1 as per cent, with two digits at least: ``2.3%``, ``0.12%``, ``0.0012%``, ``1.1e-10%``; never 0 for
    what is not."""
    percent = abs(share) * 100
    if 0 < percent < SMALL_PERCENT:
        return f"{share * 100:.1e}%"
    digits = 0 if percent >= 100 or percent == 0 else 1 if percent >= 1 else min(1 - floor(log10(percent)), 6)
    return f"{share:.{digits}%}"


def saving_words(share: float | None) -> str:
    """A saving as per cent; None is of work that costs nothing, or less."""
    return "none to save of" if share is None else f"{share:.1%}".replace("-0.0%", "0.0%")


def unit_words(unit: str) -> str:
    """A unit after what is in it: `` [g/kWh]``; "" for none."""
    return f" [{unit}]" if unit else ""


def balance_words(balance: Json) -> str:
    """What a plan takes of its grid, in a sentence."""
    growth = balance["growth_share"]
    more = (
        "its demand does not grow, or may not"
        if growth is None
        else (f"{share_words(growth['p50'])} of its growth in a year")
    )
    return (
        f"Of the grid's demand ({balance['region']}): {share_words(balance['demand_share']['p50'])} of its energy, "
        f"{share_words(balance['peak_share']['p50'])} of its highest hour; {more}."
    )


def yields_words(fit: Json, grid: str) -> str:
    """What a constant new load gives up to fit below a grid's highest hours.

    Parameters
    ----------
    fit : what the load gives up: share of its energy, hours a year, events and their depth
    grid : name of the grid

    Returns
    -------
    Sentences.
    """
    if not fit["curtailed_h_per_year"]:
        return f"It fits below the highest demand of {grid} in each season without giving up anything."
    return (
        f"To need no new plant in {grid}, it gives up {share_words(fit['curtailed_share'])} of its energy, in "
        f"{fit['curtailed_h_per_year']:.0f} h a year: {fit['events_per_year']:.1f} times a year, "
        f"{fit['mean_event_h']:.1f} h on average and {fit['longest_event_h']:.0f} h at most, "
        f"{fit['mean_depth']:.0%} of its power on average."
    )
