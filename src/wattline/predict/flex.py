"""What flexibility is worth: room on a grid for load that yields, jobs that wait, swings that are held still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact
from wattline.core.quantity import parse
from wattline.core.result import Json, Result, envelope
from wattline.line.grid.flexibility import headroom as room
from wattline.line.grid.flexibility.shift import Leeway, Shifted, shift
from wattline.line.grid.flexibility.smoothing import Smoothed, with_floor, with_ramp_limit, with_store
from wattline.line.grid.flexibility.swings import SwingLimits, broken, swings
from wattline.line.grid.flexibility.waveform import StepPhase, training_power
from wattline.line.grid.hourly import Hourly, read_hourly

SHARES = (0.0025, 0.005, 0.01, 0.05)  # the first three are Duke's
SIGNALS = ("average", "marginal", "price")


@dataclass(frozen=True, eq=False, repr=False)
class FlexAnswer(Result):
    """An answer of ``flex``, as plain data."""

    command: str
    inputs: Json
    results: Json
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    def json(self) -> Json:
        return envelope(self.command, self.inputs, self.results, facts=self.facts, notes=self.notes)


def flex_headroom(
    demand: Path | str, *, shares: Sequence[float] = SHARES, hours: float | None = None,
    columns: Sequence[str] = (), unit: str = "MW",
) -> FlexAnswer:  # fmt: skip
    """How much new load each grid of a file takes, if that load yields in the highest hours.

    Parameters
    ----------
    demand
        Demand by the hour, CSV or Parquet: a column of times in UTC and one for each grid.
    shares
        Shares of the new load's energy that may be curtailed, each 0 up to 1.
    hours
        Hours of a year in which it may be curtailed, in place of the shares [h].
    columns
        Grids to take; all where empty.
    unit
        Unit of the file's numbers.

    Returns
    -------
    FlexAnswer
        For each share and grid the load with its events, and the sum over the grids.

    Raises
    ------
    WattlineError
        Where the file is bad or a number is out of its range.
    """
    series = read_hourly(demand)
    watts = parse(f"1 {unit}", "W", "--unit")
    names = [series.column(name, "headroom")[0] for name in columns] or list(series.columns)
    cases = []
    for share in [None] if hours is not None else list(shares):
        grids = []
        for name in names:
            power = series.column(name, "headroom")[1] * watts
            made = room.headroom(power, series.month, share=share, hours=hours, step_h=series.step_h)
            grids.append({"name": name, **asdict(made)})
        total = sum(float(grid["added_w"]) for grid in grids)
        cases.append({"share": share, "hours": hours, "added_w": total, "grids": grids})
    inputs = {"demand": str(demand), "columns": names, "unit": unit}
    results = {**_span(series), "cases": cases}
    rule = "a season's highest demand can be served in each of its hours (April to October, and the rest)"
    return FlexAnswer("flex headroom", inputs, results, (*series.notes, *_filled(series, names), f"rule: {rule}"))


def flex_shift(
    signal: Path | str, *, length: str = "1 h", before: str = "0 h", after: str = "8 h", at: float = 0.0,
    pause: str | None = None, column: str | None = None, kind: str = "average",
) -> FlexAnswer:  # fmt: skip
    """What a daily job saves when it may run at another hour.

    Parameters
    ----------
    signal
        Carbon intensity or price by the hour, CSV or Parquet.
    length
        How long the job runs, such as "4 h".
    before, after
        How much earlier it may begin, and later it may end.
    at
        Hour of the day, in UTC, at which it was meant to begin.
    pause
        Work that a pause and resume costs, such as "10 min"; None where it never pauses.
    column
        The signal's column.
    kind
        What the signal is: average or marginal carbon, or price.

    Returns
    -------
    FlexAnswer
        Means of the signal as meant, and moved with foresight and by what was known; savings as the window widens.

    Raises
    ------
    WattlineError
        Where the file is bad, the signal falls below 0, or an option is out of its range.
    """
    if kind not in SIGNALS:
        raise WattlineError(f"flex shift: --kind {shorten(kind)!r} must be one of {', '.join(SIGNALS)}")
    series = read_hourly(signal)
    name, values = series.column(column, "flex shift")
    steps = [_steps(text, series, what) for text, what in ((length, "length"), (before, "before"), (after, "after"))]
    cost = np.inf if pause is None else parse(pause, "h", "--pause", zero=True) / series.step_h
    day = round(24 / series.step_h)
    first = (series.utc[0] - series.utc[0].astype("datetime64[D]")).astype(int) / 3600.0
    begin = round(((at - first) % 24) / series.step_h)
    starts = np.arange(begin, len(values), day)
    widths = sorted({0.0, *(i / 8 for i in range(1, 9))})
    rows = []
    for width in widths:
        leeway = Leeway(steps[0], round(steps[1] * width), round(steps[2] * width), cost)
        made = shift(values, starts, leeway, day)
        rows.append(_row(made, leeway, series.step_h))
    inputs = {
        "signal": str(signal), "column": name, "kind": kind, "length_h": steps[0] * series.step_h,
        "before_h": steps[1] * series.step_h, "after_h": steps[2] * series.step_h, "at_h": at,
        "pause_h": None if pause is None else cost * series.step_h,
    }  # fmt: skip
    notes = (
        *series.notes,
        *_filled(series, [name]),
        "known beforehand: the mean of the same hour in seven days before",
    )
    return FlexAnswer("flex shift", inputs, {**_span(series), "windows": rows}, notes)


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


def _steps(text: str, series: Hourly, what: str) -> int:
    hours = parse(text, "h", f"--{what}", zero=what != "length")
    count = round(hours / series.step_h)
    if abs(count * series.step_h - hours) > 1e-6:
        raise WattlineError(
            f"flex shift: --{what} {text} is no whole number of the file's steps of {series.step_h:g} h"
        )
    return count


def _row(made: Shifted, leeway: Leeway, step_h: float) -> Json:
    work = leeway.length * len(made.meant)

    def mean(costs: Array) -> float:
        return float(costs.sum()) / work

    return {
        "before_h": leeway.before * step_h,
        "after_h": leeway.after * step_h,
        "jobs": len(made.meant),
        "mean_as_meant": mean(made.meant),
        "mean_known": mean(made.causal),
        "mean_foresight": mean(made.foresight),
        "saving_known": made.saving("causal"),
        "saving_foresight": made.saving("foresight"),
    }


def _span(series: Hourly) -> Json:
    return {"from_utc": str(series.utc[0]), "steps": len(series.utc), "step_h": series.step_h}


def _filled(series: Hourly, names: Sequence[str]) -> list[str]:
    return [f"{name}: {n} steps without a number are filled" for name in names if (n := series.missing(name))]
