"""Predictions of rows by fits that have not seen them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wattline.validate.evidence.groups import each_left_out
from wattline.validate.evidence.serving import ServingRow
from wattline.validate.evidence.steady import Steady
from wattline.validate.fit.inference import fit_step


def predict_left_out(
    rows: Sequence[ServingRow], by: str, progress: Callable[[str], None] = lambda name: None
) -> Steady:
    """Each group's rows, predicted by a fit to all others, which begins at the priors: one that began at the fit to all
    rows, and was stopped early, would have seen them.

    Parameters
    ----------
    rows : the measured rows
    by : grouping, such as ``model`` or ``chip``
    progress : called with what is under way

    Returns the prediction of each row. Raises WattlineError where too few rows are left to fit to.
    """
    return predict_both_left_out(rows, by, progress)[0]


def predict_both_left_out(
    rows: Sequence[ServingRow], by: str, progress: Callable[[str], None] = lambda name: None
) -> tuple[Steady, Steady]:
    """The same, and as if no configuration was measured, only its model.

    Parameters
    ----------
    rows : the measured rows
    by : grouping, such as ``model`` or ``chip``
    progress : called with what is under way

    Returns the two predictions of each row. Raises WattlineError where too few rows are left to fit to.
    """
    parts = [np.zeros((3, len(rows))) for _ in range(2)]
    for name, others, own in each_left_out(rows, by):
        progress(name)
        fitted = fit_step([rows[i] for i in others])
        without = replace(fitted, campaigns=fitted.campaigns.without_curves())
        for part, each in zip(parts, (fitted, without), strict=True):
            predicted = each.predict([rows[i] for i in own])
            part[:, own] = predicted.itl_s, predicted.step_s, predicted.chip_w
    return Steady(*parts[0]), Steady(*parts[1])
