"""How far predictions lie from what was measured or published: one form of score for every validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array

ERRORS = ("mean_error_percent", "median_error_percent", "p90_error_percent", "bias_percent", "median_bias_percent")


def score_rows(bands: Sequence[Array], places: Sequence[int] | None = None) -> dict[str, Any]:
    """The score of predictions with their ranges, over all rows or some.

    Parameters
    ----------
    bands : measured, predicted, and the predictions' p5 and p95, each of shape ``(n,)``
    places : of the rows that count; None for all

    Returns
    -------
    Errors and coverage, as ``score_errors`` has them.
    """
    at = slice(None) if places is None else list(places)
    truth, guess, low, high = (band[at] for band in bands)
    return score_errors(guess / truth - 1, (low <= truth) & (truth <= high))


def score_errors(
    errors: Array | Sequence[float], covered: NDArray[np.bool_] | Sequence[bool] | None = None
) -> dict[str, Any]:
    """The score of relative errors (predicted / measured - 1).

    Parameters
    ----------
    errors : numeric, shape ``(n,)``; what is not finite is left out
    covered : whether p5 to p95 of each prediction holds the measured, shape ``(n,)``; None where there is no range

    Returns ``n`` and, in percent: mean, median and p90 of the absolute errors, mean and median of the signed ones
    (bias), and ``coverage_percent``. What cannot be told is None.
    """
    every = np.asarray(errors, float)
    known = np.isfinite(every)
    signed = 100 * every[known]
    if not signed.size:
        return {"n": 0, **dict.fromkeys(ERRORS), "coverage_percent": None}
    size = np.abs(signed)
    values = (np.mean(size), np.median(size), np.percentile(size, 90), np.mean(signed), np.median(signed))
    inside = None if covered is None else 100 * float(np.mean(np.asarray(covered, float)[known]))
    named = {name: float(value) for name, value in zip(ERRORS, values, strict=True)}
    return {"n": int(signed.size), **named, "coverage_percent": inside}
