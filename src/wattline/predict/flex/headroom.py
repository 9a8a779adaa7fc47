"""Room on a grid for load that yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.core.units import DAY_H, TYPICAL_YEAR_H
from wattline.line.grid.flexibility import headroom as room
from wattline.line.grid.flexibility.yielding import EVENTS_H, yielding
from wattline.line.grid.hourly import Hourly, read_hourly
from wattline.predict.flex.answer import FlexAnswer, period_json

SHARES = (0.0025, 0.005, 0.01, 0.05)  # the first three are Duke's
MAX_PICTURES = 4


def flex_headroom(
    demand: Path | str, *, shares: Sequence[float | str] = SHARES, hours: float | None = None,
    columns: Sequence[str] = (), unit: str = "MW",
) -> FlexAnswer:  # fmt: skip
    """How much new load each grid of a file takes, if that load yields in the highest hours.

    Parameters
    ----------
    demand
        Demand by the hour, CSV or Parquet: a column of times in UTC and one for each grid.
    shares
        Shares of the new load's energy that may be curtailed, each 0 up to 1, or such as ``"0.25%"``.
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
    read_shares = [parse(share, "", "--share", zero=True) for share in shares]
    for share in [None] if hours is not None else read_shares:
        grids = []
        for name in names:
            power = series.column(name, "headroom")[1] * watts
            made = room.headroom(power, series.month, share=share, hours=hours, step_h=series.step_h)
            grids.append({"name": name, **asdict(made)})
        total = sum(float(grid["added_w"]) for grid in grids)
        cases.append({"share": share, "hours": hours, "added_w": total, "grids": grids})
    inputs = {"demand": str(demand), "columns": names, "unit": unit}
    results = {**period_json(series), "cases": cases, "pictures": _pictures(series, cases[len(cases) // 2 - 1], watts)}
    rule = "a season's highest demand can be served in each of its hours (April to October, and the rest)"
    notes = [*series.notes, *series.filled(names), f"rule: {rule}"]
    hours_read = len(series.utc) * series.step_h
    if hours_read < TYPICAL_YEAR_H - DAY_H:
        notes.append(f"the demand is of {hours_read / DAY_H:,.3g} days: a whole season may have a higher hour")
    return FlexAnswer("flex headroom", inputs, results, tuple(notes))


def _pictures(series: Hourly, case: Json, watts: float) -> list[Json]:
    """When the new load of one case yields, for the first grids."""
    hour = (series.utc - series.utc.astype("datetime64[D]")).astype("timedelta64[h]").astype(float)
    made = []
    for grid in case["grids"][:MAX_PICTURES]:
        power = series.column(grid["name"], "headroom")[1] * watts
        picture = yielding(power, series.month, hour, grid["added_w"], series.step_h)
        curves = {
            name: getattr(picture, name).tolist() for name in ("share", "demand_w", "with_load_w", "unyielding_w")
        }
        events = [
            {"hours": float(length), "and_more": length == EVENTS_H[-1], "per_year": float(count)}
            for length, count in zip(EVENTS_H, picture.events_per_year, strict=True)
        ]
        made.append(
            {
                "name": grid["name"], "share": grid["curtailed_share"], "added_w": grid["added_w"],
                "yields_h": picture.hours_by_month.tolist(), "events": events, "duration_curve": curves,
            }
        )  # fmt: skip
    return made
