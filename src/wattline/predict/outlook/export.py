"""Files for grid models: a table of low, middle and high by place and year, and the same by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.files import write_text
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.world.outlook import Outlook
from wattline.line.world.percentiles import percentiles
from wattline.line.world.tables import series

EXPORTS = ("table", "csv", "pypsa")
CASES = ("low", "middle", "high")
WARMEST_DAY, BUSIEST_HOUR = 200, 15
MAX_COLUMNS = 400  # of an hourly file


def hourly_shape() -> Array:
    """Power by the hour over its mean through a typical year: nearly flat, higher on days and in summer.

    Returns shape ``(8760,)``, of mean 1.
    """
    hour = np.arange(TYPICAL_YEAR_H)
    year = np.array([2024])
    daily = float(series("daily-swing").at(year)[0]) / 2 * np.cos(2 * np.pi * (hour % 24 - BUSIEST_HOUR) / 24)
    yearly = float(series("yearly-swing").at(year)[0]) / 2 * np.cos(2 * np.pi * (hour / 24 - WARMEST_DAY) / 365)
    shape = 1 + daily + yearly
    return np.asarray(shape / shape.mean())


def write_export(made: Outlook, kind: str, folder: Path | str) -> list[Path]:
    """Write an outlook for a grid model into a folder.

    Parameters
    ----------
    made : the outlook
    kind : ``table``, ``csv`` or ``pypsa``
    folder : where the files go

    Returns their paths. Raises WattlineError where there would be too many columns.
    """
    files = {"table": _table, "csv": _hourly, "pypsa": _pypsa}[kind](made)
    paths = []
    for name, text in files:
        path = Path(folder) / name
        write_text(path, text)
        paths.append(path)
    return paths


def _columns(made: Outlook) -> list[tuple[str, int, str, float]]:
    """Place, year, case and electricity [TWh], as the hourly files have them."""
    twh = percentiles(made.twh)
    columns = [
        (place.name, year, case, float(twh[c, i, j]))
        for i, place in enumerate(made.question.places)
        for j, year in enumerate(made.question.years)
        for c, case in enumerate(CASES)
    ]
    if len(columns) > MAX_COLUMNS:
        raise WattlineError(
            f"--export: {len(columns)} columns of 8,760 hours are too many; give fewer --years or regions (at most "
            f"{MAX_COLUMNS // len(CASES)} of both)"
        )
    return columns


def _table(made: Outlook) -> Iterator[tuple[str, str]]:
    twh, gw = percentiles(made.twh), percentiles(made.gw)
    lines = ["region,year,case,percentile,energy_twh,mean_gw,capacity_gw"]
    for i, place in enumerate(made.question.places):
        for j, year in enumerate(made.question.years):
            for c, (case, percent) in enumerate(zip(CASES, (5, 50, 95), strict=True)):
                power = twh[c, i, j] * 1e3 / TYPICAL_YEAR_H
                lines.append(f"{place.name},{year},{case},{percent},{twh[c, i, j]:.6g},{power:.6g},{gw[c, i, j]:.6g}")
    yield "outlook.csv", "\n".join(lines) + "\n"


def _power_mw(columns: list[tuple[str, int, str, float]]) -> Array:
    means = np.array([twh * 1e6 / TYPICAL_YEAR_H for *_, twh in columns])
    return np.asarray(hourly_shape()[:, None] * means[None, :])


def _hourly(made: Outlook) -> Iterator[tuple[str, str]]:
    columns = _columns(made)
    head = "hour," + ",".join(f"{place}_{year}_{case}_mw" for place, year, case, _ in columns)
    rows = (f"{hour}," + ",".join(f"{x:.6g}" for x in row) for hour, row in enumerate(_power_mw(columns)))
    yield "outlook_hourly.csv", "\n".join([head, *rows]) + "\n"


def _pypsa(made: Outlook) -> Iterator[tuple[str, str]]:
    """``loads.csv`` and ``loads-p_set.csv`` as PyPSA's ``import_from_csv_folder`` reads them, with their snapshots."""
    columns = _columns(made)
    names = [f"{place} data centres {year} {case}" for place, year, case, _ in columns]
    loads = ["name,bus,carrier", *(f"{name},{col[0]},AC" for name, col in zip(names, columns, strict=True))]
    yield "buses.csv", "\n".join(["name,v_nom", *(f"{p.name},380" for p in made.question.places)]) + "\n"
    yield "loads.csv", "\n".join(loads) + "\n"
    first = np.datetime64("2023-01-01T00:00")
    stamps = [str(first + np.timedelta64(hour, "h")).replace("T", " ") for hour in range(TYPICAL_YEAR_H)]
    rows = (f"{t}," + ",".join(f"{x:.6g}" for x in row) for t, row in zip(stamps, _power_mw(columns), strict=True))
    yield "snapshots.csv", "\n".join(["snapshot", *stamps]) + "\n"
    yield "loads-p_set.csv", "\n".join(["snapshot," + ",".join(names), *rows]) + "\n"
