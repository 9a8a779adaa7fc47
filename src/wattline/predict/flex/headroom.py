"""Room on a grid for load that yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.core.units import DAY_H, TYPICAL_YEAR_H
from wattline.line.grid.flexibility import headroom as room
from wattline.line.grid.flexibility.yielding import EVENTS_H, yielding
from wattline.line.grid.hourly import Hourly, read_fill, read_hourly
from wattline.predict.flex.answer import FlexAnswer, period_json
from wattline.predict.flex.demand import GridDemandColumn, demand_column, demand_names, left_out

SHARES = (0.0025, 0.005, 0.01, 0.05)  # the first three are Duke's
MAX_PICTURES = 4


def flex_headroom(
    demand: Path | str, *, shares: Sequence[float | str] = SHARES, hours: float | None = None,
    columns: Sequence[str] = (), unit: str | None = None, fill_gaps: float | str = 0.0,
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
        Unit of the file's numbers; None for that of each column's header, else MW.
    fill_gaps
        Longest gap that is filled in a straight line [h], or such as ``"3 h"``; 0 for none.

    Returns
    -------
    FlexAnswer
        For each share and grid the load with its events, and the sum over the grids.

    Raises
    ------
    WattlineError
        Where the file is bad or a number is out of its range.
    """
    series = replace(read_hourly(demand), fill_h=read_fill(fill_gaps))
    powers, others = demand_names(series) if not columns else (list(columns), [])
    if not powers:
        raise WattlineError(f"headroom: {others[0]} is no power, and no other column is; give the demand by the hour")
    grids_read = [demand_column(series, name, unit, "headroom") for name in powers]
    cases = []
    read_shares = [parse(share, "", "--share", zero=True) for share in shares]
    for share in [None] if hours is not None else read_shares:
        grids = []
        for grid in grids_read:
            made = room.headroom(grid.power_w, series.month, share=share, hours=hours, step_h=series.step_h)
            grids.append({"name": grid.name, **asdict(made)})
        total = sum(float(row["added_w"]) for row in grids)
        cases.append({"share": share, "hours": hours, "added_w": total, "grids": grids})
    names = [grid.name for grid in grids_read]
    inputs = {
        "demand": str(demand), "columns": names, "unit": ", ".join(dict.fromkeys(grid.unit for grid in grids_read)),
    }  # fmt: skip
    pictures = _pictures(series, cases[len(cases) // 2 - 1], grids_read)
    results = {**period_json(series), "cases": cases, "pictures": pictures}
    rule = "a season's highest demand can be served in each of its hours (April to October, and the rest)"
    notes = [*series.notes, *left_out(others), *series.filled(names), f"rule: {rule}"]
    hours_read = len(series.utc) * series.step_h
    if hours_read < TYPICAL_YEAR_H - DAY_H:
        notes.append(f"the demand is of {hours_read / DAY_H:,.3g} days: a whole season may have a higher hour")
    return FlexAnswer("flex headroom", inputs, results, tuple(notes))


def _pictures(series: Hourly, case: Json, read: Sequence[GridDemandColumn]) -> list[Json]:
    """When the new load of one case yields, for the first grids."""
    hour = (series.utc - series.utc.astype("datetime64[D]")).astype("timedelta64[h]").astype(float)
    made = []
    for grid, demand in zip(case["grids"][:MAX_PICTURES], read, strict=False):
        picture = yielding(demand.power_w, series.month, hour, grid["added_w"], series.step_h)
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
