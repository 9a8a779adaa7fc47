"""Swings of training that are held still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Fact
from wattline.core.quantity import parse
from wattline.line.grid.flexibility.smoothing import Smoothed, with_floor, with_ramp_limit, with_store
from wattline.line.grid.flexibility.swings import SwingLimits, broken, swings
from wattline.line.grid.flexibility.waveform import StepPhase, training_power
from wattline.predict.flex.answer import FlexAnswer


def flex_swings(
    phases: Sequence[str], chips: int, *, straggle: str = "0 s", floor: str | None = None, ramp: str | None = None,
    store: str | None = None, limits: SwingLimits | None = None, facts: CatalogLike = None,
) -> FlexAnswer:  # fmt: skip
    """The swings of synchronous training, and what it costs to hold them.

    Parameters
    ----------
    phases
        Phases of a training step, each NAME:SECONDS:WATTS of a chip, such as "compute:1.4s:700W".
    chips
        Number of chips.
    straggle
        Deviation of the chips' lag behind each other.
    floor
        Power of a chip below which work is made, such as "500 W".
    ramp
        Limit of rises and falls, in power a second, such as "10 MW/s".
    store
        Time over which a store levels the power, such as "10 s".
    limits
        A utility's limits; None for the band of 0.1 to 20 Hz alone.
    facts
        The user's own facts, before the catalog's.

    Returns
    -------
    FlexAnswer
        Swings as they are, and after each measure with the energy that it takes.

    Raises
    ------
    WattlineError
        Where a phase cannot be read or a number is out of its range.
    """
    limits = limits or SwingLimits()
    steps = [_phase(text) for text in phases]
    lag = parse(straggle, "s", "--straggle", zero=True)
    period = sum(step.duration_s for step in steps)
    step_s = max(1e-3, period / 20_000)
    power = training_power(steps, chips, step_s=step_s, duration_s=max(20 * period, 60.0), straggle_s=lag)
    made: list[tuple[str, Smoothed]] = [("as it is", Smoothed(power, 0.0))]
    if floor is not None:
        made.append((f"floor of {floor} a chip", with_floor(power, parse(floor, "W", "--floor") * chips)))
    if ramp is not None:
        rate = parse(ramp.removesuffix("/s"), "W", "--ramp")
        made.append((f"ramps of {ramp}", with_ramp_limit(power, step_s, rate, rate)))
    used: list[Fact] = []
    if store is not None:
        used.append(open_catalog(facts).fact("constant.store-round-trip"))
        made.append((f"store over {store}", with_store(power, step_s, parse(store, "s", "--store"), used[0].value)))
    rows = []
    for name, smoothed in made:
        shown = swings(smoothed.power_w, step_s, limits.band_hz)
        extra = {"extra_share": smoothed.extra_share, "store_j": smoothed.store_j, "store_w": smoothed.store_w}
        rows.append({"measure": name, **asdict(shown), **extra, "broken": broken(shown, limits)})
    inputs = {"phases": [asdict(step) for step in steps], "chips": chips, "straggle_s": lag, "limits": asdict(limits)}
    notes = (f"steps of {step_s:g} s; swings faster than {0.5 / step_s:,.0f} Hz are not shown",)
    return FlexAnswer("flex swings", inputs, {"period_s": period, "measures": rows}, notes, tuple(used))


def _phase(text: str) -> StepPhase:
    parts = text.split(":")
    if len(parts) != 3:
        raise WattlineError(
            f'flex swings: phase {shorten(text)!r} must be NAME:SECONDS:WATTS, such as "compute:1.4s:700W"'
        )
    name, duration, watts = parts
    return StepPhase(name, parse(duration, "s", "phase"), parse(watts, "W", "phase", zero=True))
