"""Published room on grids for load that yields, by one rule, beside ours for the same demand."""

from __future__ import annotations

import re
from pathlib import Path

from wattline.core.result import Json
from wattline.core.units import W_PER_GW, W_PER_MW
from wattline.line.grid.flexibility.headroom import headroom
from wattline.line.grid.hourly import read_hourly
from wattline.validate.evidence.supply_problems import read_published

DEMAND = "us_hourly_demand_mw_*.parquet"
CASE = re.compile(r"recomputed here, (?P<grid>[^,]+), (?P<share>[\d.]+)% curtailment$")


def headroom_rows(folder: Path) -> list[Json]:
    """Published headroom and its hours beside ours.

    Parameters
    ----------
    folder : of published results, with the grids' demand in the folder ``grid`` beside it

    Returns
    -------
    A row for each figure: the case, as published, ours, and the error; none where the demand is not there.
    """
    files = sorted((folder.resolve().parent / "grid").glob(DEMAND))
    cases = [(CASE.search(name), figures) for name, figures in read_published(folder).items()]
    if not files or not any(match for match, _ in cases):
        return []
    demand, rows = read_hourly(files[-1]), []
    for match, figures in cases:
        if match is None or match["grid"] not in demand.columns:
            continue
        power = demand.signal().column(match["grid"], "headroom")[1] * W_PER_MW
        room = headroom(power, demand.month, share=float(match["share"]) / 100, step_h=demand.step_h)
        ours = {"headroom": room.added_w / W_PER_GW, "hours with curtailment a year": room.curtailed_h_per_year}
        for metric, value in ours.items():
            if figures.get(metric):
                case = f"{match['grid']}, {match['share']}% curtailed: {metric}"
                published = figures[metric]
                rows.append({"case": case, "published": published, "total": value, "error": value / published - 1})
    return rows
