"""The power of synchronous training at steps of milliseconds, from the phases of its step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

MAX_STEPS = 50_000_000


@dataclass(frozen=True)
class StepPhase:
    """A stretch of a training step in which every chip does alike.

    Attributes
    ----------
    name
        Such as "compute" or "communicate".
    duration_s
        How long it lasts [s].
    chip_w
        Power of a chip with its share of the server [W].
    """

    name: str
    duration_s: float
    chip_w: float

    def __post_init__(self) -> None:
        if not (self.duration_s > 0 and self.chip_w >= 0):
            raise WattlineError(
                f"swings: phase {self.name}: {self.duration_s:g} s must be above 0 and {self.chip_w:g} W 0 or more"
            )


def training_power(
    phases: Sequence[StepPhase],
    chips: int,
    *,
    step_s: float = 1e-3,
    duration_s: float | None = None,
    straggle_s: float = 0.0,
    pause: StepPhase | None = None,
    pause_every: int = 0,
) -> Array:
    """Power of chips that go through the phases of a step together, over and over.

    Parameters
    ----------
    phases
        Phases of a training step in their order.
    chips
        Number of chips.
    step_s
        Length of a step of the answer [s].
    duration_s
        Time that is drawn [s]; one period where None.
    straggle_s
        Standard deviation of the chips' lag behind each other [s]; the power of many chips is then the phases' power
        smeared by it, with the same energy.
    pause, pause_every
        A phase, such as a checkpoint, after each so many training steps; none where 0.

    Returns
    -------
    Array
        Power of all chips through each step, shape ``(n_steps,)`` [W]; the mean within each step, so that energy is
        exact over whole periods.

    Raises
    ------
    WattlineError where there is no phase, no chip or no step above 0 s, or more steps than are made at once.
    """
    if not phases or chips < 1 or not step_s > 0 or straggle_s < 0:
        raise WattlineError("swings: give one phase or more, one chip or more, and a step above 0 s")
    sequence = list(phases) * max(pause_every, 1) + ([pause] if pause is not None and pause_every else [])
    ends = np.cumsum([phase.duration_s for phase in sequence])
    period = float(ends[-1])
    span = period if duration_s is None else duration_s
    count = max(round(span / step_s), 1)
    if count > MAX_STEPS:
        raise WattlineError(
            f"swings: {count:,} steps are more than {MAX_STEPS:,}; give a longer step or a shorter time"
        )
    # energy up to a time, piecewise linear and going on by the period: differences are exact means of steps
    knots = np.concatenate([[0.0], ends])
    energy = np.concatenate([[0.0], np.cumsum([phase.duration_s * phase.chip_w for phase in sequence])])
    edges = np.arange(count + 1) * step_s
    whole, rest = np.divmod(edges, period)
    power = np.diff(whole * energy[-1] + np.interp(rest, knots, energy)) / step_s * chips
    return _smeared(power, straggle_s / step_s) if straggle_s else power


def _smeared(power: Array, deviation_steps: float) -> Array:
    """A circular convolution with a Gaussian, which keeps the sum."""
    frequency = np.fft.rfftfreq(len(power))
    kernel = np.exp(-2.0 * (np.pi * frequency * deviation_steps) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(power) * kernel, len(power)))
