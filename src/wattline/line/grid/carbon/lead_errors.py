"""How far a forecaster that walks through a series lies from what came, by lead time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.forecast import EVERY, MIN_DAYS, Forecaster
from wattline.line.grid.carbon.history import ForecastCase


@dataclass(frozen=True)
class LeadError:
    """How far forecasts lay from what came, at one lead.

    Attributes
    ----------
    lead_h
        From the issue to the begin of the valid step [h].
    forecasts
        How many were scored.
    mean_absolute, root_mean_square, mean
        Of the errors, in the signal's unit; ``mean`` is forecast less outcome.
    share
        Mean absolute error over the mean of what came.
    """

    lead_h: float
    forecasts: int
    mean_absolute: float
    root_mean_square: float
    mean: float
    share: float


def errors_by_lead(
    case: ForecastCase, model: Forecaster, leads: Sequence[int], first: int | None = None, every: int = EVERY
) -> list[LeadError]:
    """Errors of a forecaster that walks through a series.

    Parameters
    ----------
    case
        The series.
    model
        What forecasts.
    leads
        Steps from the issue to the valid time.
    first
        Step of the first issue; None for ``MIN_DAYS`` after the begin.
    every
        Steps from one issue to the next.

    Returns
    -------
    One a lead that can be scored.

    Raises
    ------
    WattlineError
        Where the series is too short.
    """
    begin = MIN_DAYS * case.per_day if first is None else first
    made = []
    for lead in leads:
        issued = np.arange(begin, len(case.series) - lead, every)
        if len(issued) < 10:
            needed = begin + lead + 10 * every
            name = case.name or "the series"
            raise WattlineError(f"forecast: {name} has {len(case.series):,} steps; {needed:,} or more are needed")
        expected, came = model.forecast(case, issued, lead), case.series.outcome(issued + lead)
        good = np.isfinite(expected)
        error = (expected - came)[good]
        mean = float(np.abs(came[good]).mean())
        absolute = float(np.abs(error).mean())
        made.append(
            LeadError(
                lead * 24 / case.per_day, len(error), absolute, float(np.sqrt((error**2).mean())), float(error.mean()),
                absolute / mean if mean else float("nan"),
            )
        )  # fmt: skip
    return made
