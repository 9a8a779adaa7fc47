"""What a published figure counts, and how much that is of all data centres: figures of one kind are held together.

Studies of one country in one year differ up to threefold where one takes telecom rooms in and another only sites that
a grid operator sees. A mark says which; the ratio between the kinds has a range, of which part is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.world.algebra import same
from wattline.line.world.places import Place
from wattline.line.world.tables import series, stated_number

ALL = "all"
CAPACITY = "capacity"
COUNTS = {
    ALL: "all data centres, server rooms of firms included",
    "commercial": "sites of landlords and clouds, or those with a connection of their own",
    "telecom-rooms": "data centres and the rooms of telecom networks",
    "crypto": "data centres and crypto-mining",
    "in-part": "fewer sites than the landlords' own inventory has",
    CAPACITY: "capacity of landlords and clouds, as if its IT were at full load",
}
RATIO = "counts-over-all"


def without_crypto(mark: str) -> str:
    """What an outlook counts where its newest figure counts this: crypto-mining is never mixed in.

    Parameters
    ----------
    mark : of ``COUNTS``

    Returns a mark.
    """
    return ALL if mark == "crypto" else mark


def log_ratio(mark: str) -> float:
    """Logarithm of what a kind of figure counts over all data centres.

    Parameters
    ----------
    mark : of ``COUNTS``

    Returns 0 for all data centres.
    """
    return 0.0 if mark == ALL else log(series(RATIO, mark).facts[0].value)


def ratio_sd(mark: str) -> float:
    """Standard deviation of that logarithm from place to place.

    Parameters
    ----------
    mark : of ``COUNTS``

    Returns 0 for all data centres.
    """
    if mark == ALL:
        return 0.0
    fact = series(RATIO, mark).facts[0]
    return log(fact.high / fact.low) / (2 * Z95)


def counts_covariance(
    places: Sequence[Place], marks: Sequence[str], others: Sequence[Place], other_marks: Sequence[str]
) -> Array:
    """Covariance of what kinds of figures count over all: of a place's whole, of other places' in part.

    Parameters
    ----------
    places, marks : of figures, of one length
    others, other_marks : of the figures beside them

    Returns covariance of logarithms, shape ``(n_figures, n_others)``.
    """
    alike = same(marks, other_marks)
    kin = same([place.kin_name for place in places], [place.kin_name for place in others])
    known = {mark: ratio_sd(mark) for mark in {*marks, *other_marks}}
    sd, other_sd = (np.array([known[mark] for mark in each]) for each in (marks, other_marks))
    part = np.where(kin, 1.0, stated_number("counts-elsewhere"))
    shape = len(marks), len(other_marks)
    return np.where(alike, np.outer(sd, other_sd) * part, 0.0).reshape(shape)
