"""The energy of one GPU's corrected readings, with its error by cause: what ``wattline validate sensors`` judges."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.core.errors import WattlineError
from wattline.meter.gpu_sensor.correct import CorrectedSeries, correct
from wattline.meter.gpu_sensor.error import error_parts, join
from wattline.meter.gpu_sensor.model import NOTHING_APART
from wattline.meter.readings.clean import sorted_out
from wattline.meter.readings.faults import stuck_stretches
from wattline.meter.readings.power import energy, steps, straight
from wattline.meter.recording import Series


@dataclass(frozen=True)
class CorrectedEnergy:
    """Energy over a window, J; ``error``: relative half-width, 19 times in 20; ``parts``: what it is made of.

    ``raw_j``: that of the readings as they stand.
    """

    energy_j: float
    error: float
    raw_j: float
    duration_s: float
    parts: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def low_j(self) -> float:
        return self.energy_j * (1.0 - self.error)

    @property
    def high_j(self) -> float:
        return self.energy_j * (1.0 + self.error)

    def holds(self, true_j: float) -> bool:
        """Whether the stated interval holds this energy (J)."""
        return self.low_j <= true_j <= self.high_j


def corrected_series(
    series: Series, name: str = "", field: str = "", apart: frozenset[str] = NOTHING_APART
) -> CorrectedSeries:
    """A series put in order, without readings that are none, as the model of its sensor corrects it.

    Parameters
    ----------
    series : readings of one sensor
    name : the card; the device's own where empty
    field : draw, average, instant or counter; by the series' spec where empty
    apart : models of cards, or generations, of which nothing is to be known

    Returns the corrected series, and how it was seen. Raises WattlineError where fewer than two readings are good.
    """
    if series.power_w is None and series.energy_j is None:
        raise WattlineError(f"{series.device.key}: a series without power and without energy tells nothing")
    good = sorted_out(series).series(series)
    stuck = stuck_stretches(good.time_s, good.power_w) if good.power_w is not None else []
    return correct(good, name, field, [(each.begin_s, each.end_s) for each in stuck], apart)


def energy_of(done: CorrectedSeries, begin_s: float, end_s: float) -> CorrectedEnergy:
    """Energy of a corrected series between two instants.

    Parameters
    ----------
    done : the corrected series
    begin_s : of the window, UTC [s]
    end_s : of the window, UTC [s]

    Returns joules as corrected and as read, with the error by cause. Raises WattlineError where nothing was read there,
    or the end is not later than the begin.
    """
    series, raw = done.series, done.raw
    if not end_s > begin_s:
        raise WattlineError(f"window: its end ({end_s:.3f} s) must be later than its begin ({begin_s:.3f} s)")
    slack = done.seen.reach_s + 3 * done.seen.interval_s
    if begin_s < raw.time_s[0] - slack or end_s > raw.time_s[-1] + slack:
        raise WattlineError(
            f"window: {begin_s:.3f} to {end_s:.3f} s is not within the readings of "
            f"{series.device.key}, {raw.time_s[0]:.3f} to {raw.time_s[-1]:.3f} s"
        )
    energy_j = good_j(series, begin_s, end_s)
    parts = error_parts(done.seen, series, begin_s, end_s, energy_j, done.gain)
    error = join(parts)
    return CorrectedEnergy(energy_j, error, good_j(raw, begin_s, end_s), end_s - begin_s, parts, done.notes)


def good_j(good: Series, begin_s: float, end_s: float) -> float:
    """Joules of readings that need no cleaning, in order, of one quantity; beyond them the last power is held.

    Parameters
    ----------
    good : readings, in order
    begin_s : of the window, UTC [s]
    end_s : of the window, UTC [s]

    Returns joules.
    """
    if good.power_w is not None:
        line = straight(good.device, good.spec, good.time_s, good.power_w)
    else:
        assert good.energy_j is not None
        line = steps(good.device, good.spec, good.time_s, good.energy_j)
    return energy(line, begin_s, end_s).value_j
