"""Forecasts of a grid's signal from what was published before: persistence, climatology, and a small regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.carbon.history import ForecastCase, PublishedSeries, Steps

DAYS_BACK = 28  # of what a climatology and the regression's scale look back on
RARE = 5.0  # spreads from the mean; weather beyond counts as no more
MIN_DAYS = 35  # of a series before the first forecast
MIN_ROWS = 100  # issues that a regression is fitted on, at least
EVERY = 3  # steps from one issue to the next
RIDGE = 0.1  # of the rows: what holds a coefficient near what is expected of it
QUICK, SLOW_RIDGE = range(1, 9), 2.0  # the other columns move with the calendar: a short past says little of them
PERSISTS, FADES = 1, 0.93  # the column of what persistence says, and how much of it is left an hour later


class Forecaster(Protocol):
    """Forecasts of a case; ``name`` is what it is called."""

    @property
    def name(self) -> str: ...

    def forecast(self, case: ForecastCase, issued: Steps, lead: int) -> Array:
        """Expected values, shape ``(n_issued,)``, ``lead`` steps after each was issued.

        Parameters
        ----------
        case : the series and what is known beside it
        issued : steps at which forecasts are made, shape ``(n_issued,)``
        lead : steps from then to the one that is forecast

        Returns the expected values, in the series' unit.
        """
        ...


@dataclass(frozen=True)
class Persistence:
    """The same hour of the latest day that is known; within a day, moved by how today lies above yesterday."""

    name: str = "persistence"

    def forecast(self, case: ForecastCase, issued: Steps, lead: int) -> Array:
        """As the days before it, moved towards the last value that is known.

        Parameters
        ----------
        case : the series and what is known beside it
        issued : steps at which forecasts are made, shape ``(n_issued,)``
        lead : steps from then to the one that is forecast

        Returns the expected values, shape ``(n_issued,)``. Raises ForecastLeak where a value would be taken that was
        not known when the forecast was made.
        """
        valid = issued + lead
        last = issued - 1 - case.series.delay
        back = np.ceil((valid - last) / case.per_day).astype(int) * case.per_day
        alike = case.series.known(valid - back, issued)
        moved = case.series.known(last, issued) - case.series.known(last - case.per_day, issued)
        nearness = max(0.0, 1.0 - lead / (case.per_day / 2))
        return np.asarray(np.maximum(alike + nearness * moved, 0.0) if np.all(alike >= 0) else alike + nearness * moved)


@dataclass(frozen=True)
class Climatology:
    """The mean of the same hour in the four weeks before, workdays and weekends apart."""

    name: str = "climatology"

    def forecast(self, case: ForecastCase, issued: Steps, lead: int) -> Array:
        """What is usual at that hour of the year.

        Parameters
        ----------
        case : the series and what is known beside it
        issued : steps at which forecasts are made, shape ``(n_issued,)``
        lead : steps from then to the one that is forecast

        Returns the expected values, shape ``(n_issued,)``. Raises ForecastLeak where a value would be taken that was
        not known when the forecast was made.
        """
        return usual(case, issued, issued + lead)


def usual(case: ForecastCase, issued: Steps, valid: Steps) -> Array:
    """The mean of the same hour in the ``DAYS_BACK`` days before the issue, of days like the valid one.

    Parameters
    ----------
    case : the series and what is known beside it
    issued, valid : steps at which it is said, and for which, of one shape

    Returns the mean in the series' unit, of that shape.
    """
    last = issued - 1 - case.series.delay
    first = np.ceil((valid - last) / case.per_day).astype(int)
    rest = case.day[np.minimum(valid, len(case.day) - 1)] >= 5
    total, count = np.zeros(len(issued)), np.zeros(len(issued))
    whole, days = np.zeros(len(issued)), np.zeros(len(issued))
    for day in range(DAYS_BACK):
        steps = valid - (first + day) * case.per_day
        values = case.series.known(steps, issued)
        there = np.isfinite(values)
        alike = there & ((case.day[np.maximum(steps, 0)] >= 5) == rest)
        total += np.where(alike, values, 0.0)
        count += alike
        whole += np.where(there, values, 0.0)
        days += there
    mean = whole / np.maximum(days, 1)
    return np.asarray(np.where(count >= 3, total / np.maximum(count, 1), np.where(days > 0, mean, np.nan)))


@dataclass(frozen=True)
class Regression:
    """A ridge regression on what was known: latest values, the same hours before, calendar, sun and weather.

    Values are taken over the deviation of four weeks, so that one set of coefficients serves other grids too. It is
    fitted anew every four weeks on what was published until then.

    Attributes
    ----------
    others
        Grids whose series it is fitted on; the case's own where empty.
    once
        Fitted once, at the first issue, and never again: the years after are left out.
    """

    others: tuple[ForecastCase, ...] = ()
    once: bool = False
    name: str = "regression"

    def forecast(self, case: ForecastCase, issued: Steps, lead: int) -> Array:
        """By weights that are fitted to what was known when the forecast was made.

        Parameters
        ----------
        case : the series and what is known beside it
        issued : steps at which forecasts are made, shape ``(n_issued,)``
        lead : steps from then to the one that is forecast

        Returns the expected values, shape ``(n_issued,)``. Raises ForecastLeak where a value would be taken that was
        not known when the forecast was made.
        """
        made = np.full(len(issued), np.nan)
        first, last = int(issued.min()), int(issued.max())
        block = np.zeros(len(issued), int) if self.once else (issued - first) // (DAYS_BACK * case.per_day)
        past = [_past(source, last, lead) for source in self.others or (case,)]
        for each in np.unique(block):
            here = block == each
            weights = self._fitted(past, int(issued[here].min()), lead)
            inputs, scale, base = features(case, issued[here], lead)
            made[here] = scale * (inputs @ weights) + base
        low = np.nanmin(case.series.known(issued - 1 - case.series.delay, issued))
        return np.asarray(np.maximum(made, 0.0) if low >= 0 else made)

    def _fitted(self, past: list[PastIssues], at: int, lead: int) -> Array:
        """Coefficients from everything that was published at a step; what is expected of them where that is little."""
        rows, targets = [], []
        for source in past:
            count = int(np.searchsorted(source.issued, at - lead - source.case.series.delay))
            issued = source.issued[:count]
            came = source.case.series.known(issued + lead, np.full(count, at))
            target = (came - source.base[:count]) / source.scale[:count]
            good = source.whole[:count] & np.isfinite(target)
            rows.append(source.inputs[:count][good])
            targets.append(target[good])
        prior = np.zeros(past[0].inputs.shape[1])
        prior[PERSISTS] = FADES ** (lead * 24 / past[0].case.per_day)
        if sum(len(row) for row in rows) < MIN_ROWS:
            return prior
        matrix, wanted = np.concatenate(rows), np.concatenate(targets)
        usual_size = np.maximum(np.sqrt((matrix**2).mean(axis=0)), 1e-9)
        matrix, prior = matrix / usual_size, prior * usual_size
        sky = [RIDGE if each.delay < 0 else SLOW_RIDGE for each in past[0].case.weather]  # the last columns
        ridge = np.where(np.isin(np.arange(len(prior)), QUICK), RIDGE, SLOW_RIDGE)
        ridge[len(prior) - len(sky) :] = sky
        normal = matrix.T @ matrix + len(matrix) * np.diag(ridge)
        return np.asarray((prior + np.linalg.solve(normal, matrix.T @ (wanted - matrix @ prior))) / usual_size)


@dataclass(frozen=True, eq=False)
class PastIssues:
    """What a regression is fitted on: issues of one grid, each with what was known at its time."""

    case: ForecastCase
    issued: Steps
    inputs: Array
    scale: Array
    base: Array
    whole: np.ndarray[Any, np.dtype[np.bool_]]


def _past(case: ForecastCase, last: int, lead: int) -> PastIssues:
    issued = np.arange(DAYS_BACK * case.per_day, min(last, len(case.series)), EVERY)
    inputs, scale, base = features(case, issued, lead)
    return PastIssues(case, issued, inputs, scale, base, np.asarray(np.isfinite(inputs).all(axis=1)))


def features(case: ForecastCase, issued: Steps, lead: int) -> tuple[Array, Array, Array]:
    """What a regression sees, its scale, and the climatology that it corrects.

    Parameters
    ----------
    case
        The series.
    issued
        Steps, shape ``(n,)``.
    lead
        Steps from the issue to the valid time.

    Returns
    -------
    tuple
        Inputs ``(n, n_features)``, scale ``(n,)``, climatology at the valid time ``(n,)``.
    """
    valid = issued + lead
    last = issued - 1 - case.series.delay
    day = case.per_day
    base, now = usual(case, issued, valid), usual(case, issued, last + 0 * issued)
    scale = _swing(case, issued)
    back = np.ceil((valid - last) / day).astype(int) * day
    alike = case.series.known(valid - back, issued)
    week = np.ceil((valid - last) / (7 * day)).astype(int) * 7 * day
    drift = (case.series.known(last, issued) - now) / scale
    at = np.minimum(valid, len(case.hour) - 1)
    angle = 2 * np.pi * case.hour[at] / 24
    columns = [
        np.ones(len(issued)),
        (Persistence().forecast(case, issued, lead) - base) / scale,
        drift,
        (case.series.known(last - 1, issued) - case.series.known(last - 2, issued)) / scale,
        (_mean_before(case, issued, day) - _mean_before(case, issued, DAYS_BACK * day)) / scale,
        (alike - base) / scale,
        (case.series.known(valid - week, issued) - base) / scale,
        drift * np.cos(angle), drift * np.sin(angle),
        np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle),
        (case.day[at] >= 5).astype(float),
        *(row[at] for row in case.calendar),
    ]  # fmt: skip
    columns += [weather_known(weather, day, issued, valid) for weather in case.weather]
    return np.stack(columns, axis=1), scale, base


def weather_known(weather: PublishedSeries, per_day: int, issued: Steps, valid: Steps) -> Array:
    """How the weather of the valid time lies beside the same hour of four weeks, as it was known at the issue: by the
    weather's own forecast where that was there, else by the same hour of the latest day that is known.

    Parameters
    ----------
    weather : as it was published, after its time or before it
    per_day : steps of a day
    issued, valid : steps, shape ``(n,)``

    Returns deviations over their spread, within ``RARE`` of them, shape ``(n,)``; NaN where the series has not begun.
    """
    last = issued - 1 - weather.delay
    back = np.maximum(np.ceil((valid - last) / per_day), 0).astype(int) * per_day
    latest = weather.known(valid - back, issued)
    days = (valid - back)[:, None] - per_day * np.arange(1, DAYS_BACK + 1)
    before = weather.known(days, issued[:, None])
    there = np.isfinite(before)
    count = np.maximum(there.sum(axis=1), 1)
    mean = np.where(there, before, 0.0).sum(axis=1) / count
    spread = np.sqrt(np.where(there, (before - mean[:, None]) ** 2, 0.0).sum(axis=1) / count)
    away = (latest - mean) / np.maximum(spread, 1e-9 * (1.0 + np.abs(mean)))
    return np.asarray(np.clip(away, -RARE, RARE))


def _swing(case: ForecastCase, issued: Steps) -> Array:
    """Deviation of the values of four weeks from their mean, eight of a day: the size of what is to be forecast."""
    last = issued - 1 - case.series.delay
    steps = last[:, None] - np.arange(0, DAYS_BACK * case.per_day, max(1, case.per_day // 8))
    values = case.series.known(steps, issued[:, None])
    mean = _mean_before(case, issued, DAYS_BACK * case.per_day)
    there = np.isfinite(values)
    square = np.where(there, (values - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return np.asarray(np.maximum(np.sqrt(square), 1e-9 + 1e-6 * np.abs(mean)))


def _mean_before(case: ForecastCase, issued: Steps, count: int) -> Array:
    """Mean of the latest ``count`` steps that were known, eight of a day."""
    last = issued - 1 - case.series.delay
    steps = last[:, None] - np.arange(0, count, max(1, case.per_day // 8))
    values = case.series.known(steps, issued[:, None])
    there = np.isfinite(values)
    return np.asarray(np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


FORECASTERS: tuple[Forecaster, ...] = (Persistence(), Climatology(), Regression())
