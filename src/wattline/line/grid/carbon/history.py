"""A series as it was known at a time: a value that was published later cannot be had, and asking for it is an error."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import DAY_S, HOUR_S
from wattline.line.grid.carbon.signal import HourlySignal

Steps = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class ForecastLeak(WattlineError):
    """A forecast used what was published after its time: a defect of the forecast, never of the input."""


@dataclass(frozen=True, eq=False)
class PublishedSeries:
    """Values by step, each published when its step is over and ``delay`` steps have passed.

    A forecast that is *issued* at step ``i`` (at its begin) knows the steps up to ``i - 1 - delay``; it is *valid* at
    the step that it is about. Nothing else reads the values.

    Attributes
    ----------
    values
        Shape ``(n_steps,)``.
    delay
        Steps between the end of a step and its publication.
    """

    _values: Array
    delay: int = 1
    name: str = ""

    def __len__(self) -> int:
        return len(self._values)

    def known(self, steps: Steps, issued: Steps) -> Array:
        """Values of these steps, as they were known when a forecast was issued.

        Parameters
        ----------
        steps, issued
            Steps, of shapes that broadcast.

        Returns
        -------
        Array
            NaN before the series begins.

        Raises
        ------
        ForecastLeak
            Where one of them was published later than the forecast was issued.
        """
        steps, issued = np.broadcast_arrays(np.asarray(steps), np.asarray(issued))
        late = steps > issued - 1 - self.delay
        if late.any():
            at = tuple(index[0] for index in np.nonzero(late))
            raise ForecastLeak(
                f"a forecast of {self.name or 'a series'} issued at step {issued[at]} asks for step {steps[at]}, which "
                f"was published at step {steps[at] + 1 + self.delay}"
            )
        return np.asarray(np.where(steps >= 0, self._values[np.clip(steps, 0, len(self) - 1)], np.nan))

    def outcome(self, steps: Steps) -> Array:
        """What came, to score a forecast with; no forecaster is given it."""
        return np.asarray(self._values[np.asarray(steps)])


@dataclass(frozen=True, eq=False)
class ForecastCase:
    """A grid's series with what is known beforehand of every step: its calendar, the sun's height and usual weather.

    Attributes
    ----------
    series
        The signal as it was published.
    hour, day
        Of each step in local standard time: hour of the day, day of the week (0 is Monday).
    calendar
        Numbers of each step that are known long before: sun's height, the place's usual temperature; ``(n, n_steps)``.
    weather
        Weather as it was measured, or as it was forecast: each published in its own time.
    per_day
        Steps of a day.
    """

    series: PublishedSeries
    hour: Array
    day: Array
    calendar: Array
    per_day: int
    weather: tuple[PublishedSeries, ...] = field(default=())
    name: str = ""


def forecast_case(
    signal: HourlySignal, offset_h: float, calendar: Array, delay_h: float = 1.0, name: str = ""
) -> ForecastCase:
    """A signal as a case for forecasts.

    Parameters
    ----------
    signal
        The series by the hour or in quarter-hours.
    offset_h
        Hours of local standard time ahead of UTC.
    calendar
        What is known of each step beforehand, shape ``(n, n_steps)``.
    delay_h
        Time from the end of a step to its publication [h].
    name
        Of the grid.

    Returns
    -------
    The series with its calendar, shape ``(n_steps,)``.
    """
    local = signal.utc + np.timedelta64(round(offset_h * HOUR_S), "s")
    days = local.astype("datetime64[D]")
    hour = (local - days).astype(int) / HOUR_S
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    series = PublishedSeries(signal.values, int(np.ceil(delay_h * HOUR_S / signal.step_s)), name)
    per_day = round(DAY_S / signal.step_s)
    return ForecastCase(series, hour, np.asarray(weekday, float), calendar, per_day, name=name)
