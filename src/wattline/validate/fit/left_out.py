"""Predictions of rows by fits that have not seen them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wattline.validate.evidence.groups import left_out
from wattline.validate.evidence.serving import ServingRow
from wattline.validate.evidence.steady import Steady
from wattline.validate.fit.inference import StepFit, fit_step


def predict_left_out(
    rows: Sequence[ServingRow],
    fit: StepFit,
    by: str,
    progress: Callable[[str], None] = lambda name: None,
    curves: bool = True,
) -> Steady:
    """Each group's rows, predicted by a fit to all others; without ``curves``: as if no configuration was measured."""
    parts = [np.zeros(len(rows)) for _ in range(3)]
    for name, others, own in left_out(rows, by):
        progress(name)
        fitted = fit_step([rows[i] for i in others], fit)
        if not curves:
            fitted = replace(fitted, campaigns=fitted.campaigns.without_curves())
        predicted = fitted.predict([rows[i] for i in own])
        for part, values in zip(parts, (predicted.itl_s, predicted.step_s, predicted.chip_w), strict=True):
            part[own] = values
    return Steady(*parts)
