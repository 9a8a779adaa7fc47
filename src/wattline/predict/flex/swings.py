"""Swings of synchronous training, from the phases of its step, and what it takes to hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import ceil

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.line.grid.flexibility.waveform import StepPhase, training_power
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.measures import LimitTexts, Measures, loads_after_measures, measures_json, start_stop_json

FINEST_S = 1e-3
MIN_STEPS, MAX_STEPS = 200, 20_000  # of a training step
MIN_PERIODS, MIN_S = 20, 60.0
MAX_ALL = 4_000_000


def flex_swings(
    phases: Sequence[str],
    chips: int,
    *,
    straggle: str = "0 s",
    checkpoint: str | None = None,
    every: int = 100,
    measures: Measures | None = None,
    limits: LimitTexts | None = None,
    facts: CatalogLike = None,
) -> FlexAnswer:
    """The swings of synchronous training, and what it costs to hold them.

    Parameters
    ----------
    phases
        Phases of a training step, each NAME:SECONDS:WATTS of a chip, such as "compute:1.4s:700W".
    chips
        Number of chips.
    straggle
        Deviation of the chips' lag behind each other.
    checkpoint
        A phase after each so many training steps, as the phases are written; None without one.
    every
        Training steps from checkpoint to checkpoint.
    measures
        What to try against the swings.
    limits
        A utility's limits; None for the band of 0.1 to 20 Hz without a limit.
    facts
        Your own facts, which override the catalog's.

    Returns
    -------
    FlexAnswer
        Swings as they are, and after each measure with the energy that it takes.

    Raises
    ------
    WattlineError
        Where a phase cannot be read or a number is out of its range.
    """
    catalog = open_catalog(facts)
    bounds, limit_facts = (limits or LimitTexts()).read(catalog)
    wanted = measures or Measures()
    steps = [_phase(text) for text in phases]
    pause = None if checkpoint is None else _phase(checkpoint)
    lag = parse(straggle, "s", "--straggle", zero=True)
    if every < 1:
        raise WattlineError(f"flex swings: --every {every} must be 1 or more")
    period = sum(step.duration_s for step in steps)
    whole = period if pause is None else period * every + pause.duration_s
    step_s, count = _grid(period, whole)
    power = training_power(
        steps, chips, step_s=step_s, duration_s=count * whole, straggle_s=lag, pause=pause, pause_every=every
    )
    made, used = loads_after_measures(power, step_s, chips, wanted, catalog)
    rows, mode_facts = measures_json(made, step_s, bounds, 0.5 / step_s, catalog)
    inputs = {
        "phases": [asdict(step) for step in steps], "chips": chips, "straggle_s": lag,
        "checkpoint": None if pause is None else asdict(pause) | {"steps": every}, "limits": asdict(bounds),
    }  # fmt: skip
    results = {"period_s": period, "measures": rows, "start_stop": start_stop_json(power, chips, wanted)}
    notes = (f"steps of {step_s:.3g} s; swings faster than {0.5 / step_s:,.0f} Hz are not shown",)
    return FlexAnswer("flex swings", inputs, results, notes, (*used, *limit_facts, *mode_facts))


def _grid(period: float, whole: float) -> tuple[float, int]:
    """Length of a step that divides the time after which all repeats, and how often that is drawn."""
    per_period = min(max(ceil(period / FINEST_S), MIN_STEPS), MAX_STEPS)
    steps = ceil(whole / period * per_period - 1e-9)
    if steps > MAX_ALL:
        raise WattlineError(
            f"flex swings: {steps:,} steps from checkpoint to checkpoint are more than {MAX_ALL:,}; give a smaller "
            "--every"
        )
    count = max(ceil(MIN_S / whole), 1 if whole > period else MIN_PERIODS)
    return whole / steps, max(min(count, MAX_ALL // steps), 1)


def _phase(text: str) -> StepPhase:
    parts = text.split(":")
    if len(parts) != 3:
        raise WattlineError(
            f'flex swings: phase {shorten(text)!r} must be NAME:SECONDS:WATTS, such as "compute:1.4s:700W"'
        )
    name, duration, watts = parts
    return StepPhase(name, parse(duration, "s", "phase"), parse(watts, "W", "phase", zero=True))
