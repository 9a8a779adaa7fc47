"""Jobs that wait for a better hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.line.grid.flexibility.shift import Leeway, Shifted, shift
from wattline.line.grid.hourly import Hourly, read_hourly
from wattline.predict.flex.answer import FlexAnswer, filled, span

SIGNALS = ("average", "marginal", "price")


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
        *filled(series, [name]),
        "known beforehand: the mean of the same hour in seven days before",
    )
    return FlexAnswer("flex shift", inputs, {**span(series), "windows": rows}, notes)


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
