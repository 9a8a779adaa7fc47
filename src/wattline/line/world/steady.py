"""How steady a publisher's figures of a place have been from one edition to the next, by its own run of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt

import numpy as np

from wattline.line.world.path_model import PathModel
from wattline.line.world.places import Place
from wattline.line.world.published import PublishedFigure
from wattline.line.world.tables import stated_number

MIN_STEPS = 2  # fewer tell no spread about a drift


def steadiness(
    rows: Sequence[PublishedFigure], places: Sequence[Place], model: PathModel
) -> dict[tuple[str, str], float]:
    """Standard deviation between a publisher's editions, where a run of its figures shows it.

    A run's steps are taken about their own drift, so that growth is no scatter; what is left of one step is that of two
    editions. The usual spread counts as some ``usual-steps`` beside them.

    Parameters
    ----------
    rows, places : figures and their places, of one length
    model : with the spread of all publishers' editions

    Returns
    -------
    Of the logarithm, by publisher and family of places.
    """
    runs: dict[tuple[str, str], list[PublishedFigure]] = {}
    usual: dict[tuple[str, str], float] = {}
    for row, place in zip(rows, places, strict=True):
        if not place.company and row.electricity and row.kind != "metered":
            key = row.publisher, place.kin_name
            runs.setdefault(key, []).append(row)
            usual[key] = model.edition(place)
    made, weight = {}, stated_number("usual-steps")
    for key, run in runs.items():
        left = _steps_left(run)
        if left is None:
            continue
        variance = (weight * usual[key] ** 2 + float(left @ left) / 2) / (weight + len(left) - 1)
        made[key] = sqrt(variance)
    return made


def _steps_left(run: Sequence[PublishedFigure]) -> np.ndarray | None:
    """Steps of one series between editions less their drift over the years, per root of a year; None of too few."""
    ordered = sorted(run, key=lambda row: (row.series, row.year, row.published))
    pairs = [(a, b) for a, b in pairwise(ordered) if a.series == b.series and a.published != b.published]
    if len(pairs) < MIN_STEPS:
        return None
    gap = np.array([b.year - a.year for a, b in pairs], float)
    step = np.array([log(b.twh / a.twh) for a, b in pairs])
    drift = float(step.sum() / gap.sum()) if gap.sum() else 0.0
    return np.asarray((step - drift * gap) / np.sqrt(np.maximum(gap, 1.0)))
