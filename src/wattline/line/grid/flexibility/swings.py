"""Swings of power: their spectrum, ramps, the storage that would level them, and a utility's limits.

Power is taken as constant through each step. That makes the lines of the spectrum exact for anything that holds its
level through a step, such as a square wave, and says what readings that are means over a step can show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

ROUNDING = 1e-9  # of the highest power: lines and ramps below are of the arithmetic


@dataclass(frozen=True)
class Spectrum:
    """Lines of a power's swings around its mean.

    Attributes
    ----------
    frequency_hz
        Frequencies above 0, shape ``(n_lines,)`` [Hz].
    amplitude_w
        Peak value of the sine at each frequency, shape ``(n_lines,)`` [W].
    """

    frequency_hz: Array
    amplitude_w: Array

    def share(self, low_hz: float, high_hz: float) -> float:
        """The share of the swings' energy, half the squared amplitudes, that lies in a band; 0 where there is none.

        Parameters
        ----------
        low_hz, high_hz : edges of the band [Hz]

        Returns the share, 0 to 1.
        """
        total = float((self.amplitude_w**2).sum())
        inside = (self.frequency_hz >= low_hz) & (self.frequency_hz <= high_hz)
        return float((self.amplitude_w[inside] ** 2).sum() / total) if total > 0 else 0.0

    def largest(self) -> tuple[float, float]:
        """Frequency [Hz] and amplitude [W] of the highest line; zeros where power never moves."""
        if not len(self.amplitude_w) or not self.amplitude_w.max() > 0:
            return 0.0, 0.0
        at = int(np.argmax(self.amplitude_w))
        return float(self.frequency_hz[at]), float(self.amplitude_w[at])


@dataclass(frozen=True)
class Swings:
    """What a power's swings are.

    Attributes
    ----------
    mean_w, lowest_w, highest_w
        Power [W].
    ramp_up_w_per_s, ramp_down_w_per_s
        Largest rise and fall between neighbouring steps over a step's length [W/s].
    ramp_p99_w_per_s
        99th percentile of the rises and falls [W/s].
    storage_j
        Energy that a store must hold to level the power to its mean [J].
    frequency_hz, amplitude_w
        The highest line of the spectrum.
    band_share
        Share of the swings' energy within the band asked for, 0 to 1.
    highest_shown_hz
        Half of the steps a second: faster swings are not shown, or show as slower ones.
    """

    mean_w: float
    lowest_w: float
    highest_w: float
    ramp_up_w_per_s: float
    ramp_down_w_per_s: float
    ramp_p99_w_per_s: float
    storage_j: float
    frequency_hz: float
    amplitude_w: float
    band_share: float
    highest_shown_hz: float


@dataclass(frozen=True)
class SwingLimits:
    """A utility's limits on a load's swings; None where it has none.

    Attributes
    ----------
    band_hz
        The band in which the spectrum is limited, lowest and highest [Hz].
    band_share
        Share of the swings' energy allowed in the band, 0 to 1.
    ramp_up_w_per_s, ramp_down_w_per_s
        Largest rise and fall [W/s], both above 0.
    range_w
        Highest less lowest power [W].
    """

    band_hz: tuple[float, float] = (0.1, 20.0)
    band_share: float | None = None
    ramp_up_w_per_s: float | None = None
    ramp_down_w_per_s: float | None = None
    range_w: float | None = None


def checked_power(power_w: Array) -> Array:
    """The power, where it is a number in each of two steps or more. Raises WattlineError where it is not."""
    power = np.asarray(power_w, float)
    if power.ndim != 1 or len(power) < 2:
        raise WattlineError("swings: give the power of two steps or more")
    bad = np.flatnonzero(~np.isfinite(power))
    if len(bad):
        raise WattlineError(f"swings: step {bad[0]} has no power; fill the gap or take a stretch without one")
    return power


def spectrum(power_w: Array, step_s: float) -> Spectrum:
    """The lines of a power that repeats after its last step.

    Parameters
    ----------
    power_w
        Power through each step, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].

    Returns
    -------
    Spectrum
        Exact where power is constant through each step: a sampled line times sin(x)/x, x = pi f step.
    """
    power = checked_power(power_w)
    n = len(power)
    lines = np.fft.rfft(power - power.mean())[1:]
    frequency = np.asarray(np.fft.rfftfreq(n, step_s)[1:], float)
    amplitude = np.abs(lines) * 2.0 / n * np.sinc(frequency * step_s)
    if n % 2 == 0:
        amplitude[-1] /= 2.0  # the line at half of the steps a second stands once
    amplitude = np.where(amplitude > ROUNDING * np.abs(power).max(), amplitude, 0.0)
    return Spectrum(frequency, np.asarray(amplitude, float))


def storage_j(power_w: Array, step_s: float) -> float:
    """The energy that a store without losses must hold to level a power to its mean.

    Parameters
    ----------
    power_w
        Power through each step, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].

    Returns
    -------
    float
        Highest less lowest of the running sum of power above the mean [J].
    """
    power = checked_power(power_w)
    above = power - power.mean()
    if np.abs(above).max() <= ROUNDING * np.abs(power).max():
        return 0.0
    level = np.concatenate([[0.0], np.cumsum(above) * step_s])
    return float(level.max() - level.min())


def swings(power_w: Array, step_s: float, band_hz: tuple[float, float] = (0.1, 20.0)) -> Swings:
    """What the swings of a power are.

    Parameters
    ----------
    power_w
        Power through each step, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].
    band_hz
        Lowest and highest frequency of the band whose share is wanted [Hz].

    Returns
    -------
    Swings
        Mean, range, ramps, storage and spectrum.

    Raises
    ------
    WattlineError
        Where there are fewer than two steps, or one has no power.
    """
    power = checked_power(power_w)
    rises = np.diff(power)
    ramps = np.where(np.abs(rises) > ROUNDING * np.abs(power).max(), rises, 0.0) / step_s
    lines = spectrum(power, step_s)
    frequency, amplitude = lines.largest()
    return Swings(
        mean_w=float(power.mean()),
        lowest_w=float(power.min()),
        highest_w=float(power.max()),
        ramp_up_w_per_s=float(max(ramps.max(), 0.0)),
        ramp_down_w_per_s=float(max(-ramps.min(), 0.0)),
        ramp_p99_w_per_s=float(np.percentile(np.abs(ramps), 99)),
        storage_j=storage_j(power, step_s),
        frequency_hz=frequency,
        amplitude_w=amplitude,
        band_share=lines.share(*band_hz),
        highest_shown_hz=0.5 / step_s,
    )


def broken(shown: Swings, limits: SwingLimits) -> list[str]:
    """Which limits a power breaks, by name, in the order of the attributes of ``SwingLimits``.

    Parameters
    ----------
    shown : swings of the power, as ``swings`` gives them
    limits : limits of the grid

    Returns
    -------
    Names of ``SwingLimits``' fields; none where all are kept.
    """
    values = (
        ("band_share", shown.band_share, limits.band_share),
        ("ramp_up_w_per_s", shown.ramp_up_w_per_s, limits.ramp_up_w_per_s),
        ("ramp_down_w_per_s", shown.ramp_down_w_per_s, limits.ramp_down_w_per_s),
        ("range_w", shown.highest_w - shown.lowest_w, limits.range_w),
    )
    return [name for name, value, limit in values if limit is not None and value > limit * (1 + 1e-9)]
