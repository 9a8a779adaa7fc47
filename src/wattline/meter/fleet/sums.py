"""Sums of a fleet's joules, by DuckDB, a day at a time: nothing but sums of what was written at ingest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.fleet.claims import Cells
from wattline.meter.fleet.layout import MICRO, FleetFolder, energy_by_day, frame_of, paths_sql

# a grouping -> its key in SQL, of a joined row: sums by device, cell and hour p, series s, holdings h, jobs j
GROUPS = {
    "job": "j.name",
    "user": "j.user",
    "model": "j.model",
    "hour": "strftime(make_timestamp(p.hour_us), '%Y-%m-%dT%H:00Z')",
    "day": "strftime(make_timestamp(p.hour_us), '%Y-%m-%d')",
    "host": "s.host",
    "device": "s.key",
}
OF_JOBS = ("job", "user", "model")
Key = tuple[str | None, ...]


@dataclass
class FleetSum:
    """Joules, and how many fewer or more they may be; device-seconds in which they were read."""

    energy_j: float = 0.0
    below_j: float = 0.0
    above_j: float = 0.0
    seen_s: float = 0.0

    def add(self, energy_j: float, below_j: float, above_j: float, seen_s: float) -> None:
        """Put more to it.

        Parameters
        ----------
        energy_j : energy [J]
        below_j, above_j : how much less and more it may be [J]
        seen_s : device-seconds that were read
        """
        self.energy_j += energy_j
        self.below_j += below_j
        self.above_j += above_j
        self.seen_s += seen_s


@dataclass
class FleetSums:
    """What a fleet took: in all, by the keys that were asked for, and by device and level of power.

    ``levels``: (device, whether a job held it, whole watts) -> joules and seconds.
    """

    total: FleetSum = field(default_factory=FleetSum)
    groups: dict[Key, FleetSum] = field(default_factory=dict)
    levels: dict[tuple[int, bool, int], tuple[float, float]] = field(default_factory=dict)
    rows: int = 0
    first_us: int = 0
    last_us: int = 0


def fleet_sums(link: Any, folder: FleetFolder, by: Sequence[str], cells: Cells | None, levels: bool) -> FleetSums:
    """Sum a fleet's joules.

    Parameters
    ----------
    link : a DuckDB
    folder : the fleet's
    by : keys of ``GROUPS``
    cells : who held which device when; None where no job is known
    levels : whether joules by device and level of power are wanted too

    Returns
    -------
    The sums. Raises WattlineError where the fleet holds no joules.
    """
    _register(link, folder, cells)
    out = FleetSums()
    for day, files in energy_by_day(folder):
        _add_day(link, folder, (day, files), by, cells is not None, levels, out)
    if not out.rows:
        raise WattlineError(f"{folder.path} holds no joules yet: `wattline fleet ingest FILES --out {folder.path}`")
    return out


def _register(link: Any, folder: FleetFolder, cells: Cells | None) -> None:
    """Put the devices that are summed, the cells and the jobs to DuckDB's tables."""
    link.execute(
        "CREATE TABLE s AS SELECT device, any_value(key) AS key, any_value(host) AS host FROM "
        f"read_parquet({paths_sql([folder.series])}) WHERE counted GROUP BY device"
    )
    if cells is None:
        return
    columns: dict[str, Array] = cells.columns()
    step_us = folder.interval_s * MICRO
    floor = columns["begin_us"] // step_us * step_us
    for name, table in (("cells", columns | {"floor_us": floor}), ("h", cells.shares())):
        link.register("incoming", frame_of(table).to_arrow())
        link.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        link.unregister("incoming")
    jobs = [(i, job.name, job.user or None, job.model or None) for i, job in enumerate(cells.jobs)]
    names = {name: [row[i] for row in jobs] for i, name in enumerate(("job", "name", "user", "model"))}
    link.register("incoming", frame_of(names).to_arrow())
    link.execute(
        'CREATE TABLE j AS SELECT job, CAST(name AS VARCHAR) AS name, CAST("user" AS VARCHAR) AS "user", '
        "CAST(model AS VARCHAR) AS model FROM incoming"
    )


PARTS = """
    WITH e AS (
        SELECT device, epoch_us(begin) AS begin_us, energy_j, below_j, above_j, seen_s, peak_w
        FROM read_parquet({files}, hive_partitioning = false) WHERE device IN (SELECT device FROM s)
    )"""
# a row lies in the cell that holds its begin, up to that cell's end; the rest of it in the cells that begin inside it
CUT = """, cut AS (
        SELECT e.*, c.cell, (least(c.end_us, e.begin_us + {step}) - e.begin_us) / {step} AS part
        FROM e ASOF JOIN cells c ON e.device = c.device AND e.begin_us >= c.begin_us
        UNION ALL
        SELECT e.*, c.cell, (least(c.end_us, e.begin_us + {step}) - c.begin_us) / {step} AS part
        FROM e JOIN cells c ON e.device = c.device AND e.begin_us = c.floor_us AND c.begin_us > e.begin_us
    ), bounded AS (
        SELECT device, begin_us, cell, part, seen_s * part AS seen_s, energy_j * part AS energy_j,
            greatest(energy_j - peak_w * seen_s * (1 - part), 0) AS least_j,
            least(peak_w * seen_s * part, energy_j) AS most_j,
            below_j * part AS below_j, above_j * part AS above_j, energy_j / seen_s AS level_w
        FROM cut
    ), p AS (
        SELECT device, begin_us, cell, seen_s, energy_j, level_w,
            below_j + CASE WHEN part < 1 THEN greatest(energy_j - least_j, 0) ELSE 0 END AS below_j,
            above_j + CASE WHEN part < 1 THEN greatest(most_j - energy_j, 0) ELSE 0 END AS above_j
        FROM bounded
    )"""
WHOLE = """, p AS (
        SELECT device, begin_us, -1 AS cell, seen_s, energy_j, below_j, above_j, energy_j / seen_s AS level_w FROM e
    )"""
VALUES = ("energy_j", "below_j", "above_j", "seen_s")


def _exact(value: str) -> str:
    """The sum of a column in SQL, in whole billionths, so that it is the same in whatever order rows come."""
    return f"coalesce(sum(CAST(round(({value}) * 1e9) AS BIGINT)), 0) / 1e9"


TOTAL = f" SELECT {', '.join(map(_exact, VALUES))}, count(*), min(begin_us), max(begin_us) FROM e"


def _add_day(
    link: Any,
    folder: FleetFolder,
    partition: tuple[date, list[Path]],
    by: Sequence[str],
    jobs: bool,
    levels: bool,
    out: FleetSums,
) -> None:
    """Put a day's sums to the others."""
    head = PARTS.format(files=paths_sql(partition[1]))
    *sums, count, first, last = link.execute(head + TOTAL).fetchone()
    if not count:
        return
    out.total.add(*sums)
    out.first_us = int(first) if not out.rows else min(out.first_us, int(first))
    out.last_us = max(out.last_us, int(last)) if out.rows else int(last)
    out.rows += int(count)
    head += CUT.format(step=folder.interval_s * MICRO) if jobs else WHOLE
    if by:
        _add_groups(link, head, by, jobs, out)
    if levels:
        _add_levels(link, head, jobs, out)


def _add_groups(link: Any, head: str, by: Sequence[str], jobs: bool, out: FleetSums) -> None:
    """By device, cell and hour first, which are whole numbers and few; names are joined to what is left."""
    hour = "p.begin_us // 3600000000 * 3600000000 AS hour_us"
    exact = ", ".join(f"{_exact(f'p.{name}')} AS {name}" for name in VALUES)
    head += f", g AS (SELECT p.device, p.cell, {hour}, {exact} FROM p GROUP BY ALL)"
    keys = ", ".join(f"{GROUPS[name]} AS key{i}" for i, name in enumerate(by))
    share = "coalesce(h.share, 1)" if jobs else "1"
    sums = ", ".join(_exact(f"p.{name} * {share}") for name in VALUES)
    joins = " JOIN s ON p.device = s.device"
    joins += " LEFT JOIN h ON p.cell = h.cell LEFT JOIN j ON h.job = j.job" if jobs else ""
    for row in link.execute(f"{head} SELECT {keys}, {sums} FROM g AS p{joins} GROUP BY ALL").fetchall():
        out.groups.setdefault(tuple(row[: len(by)]), FleetSum()).add(*row[len(by) :])


def _add_levels(link: Any, head: str, jobs: bool, out: FleetSums) -> None:
    busy = "p.cell IN (SELECT cell FROM h)" if jobs else "true"
    columns = (
        f"p.device, {busy} AS busy, CAST(round(level_w) AS INTEGER) AS watts, {_exact('energy_j')}, {_exact('seen_s')}"
    )
    for device, is_busy, watts, joules, seconds in link.execute(
        f"{head} SELECT {columns} FROM p GROUP BY ALL"
    ).fetchall():
        before = out.levels.get((device, is_busy, watts), (0.0, 0.0))
        out.levels[device, is_busy, watts] = (before[0] + joules, before[1] + seconds)


def level_arrays(sums: FleetSums) -> dict[str, Array]:
    """The levels of power as columns.

    Parameters
    ----------
    sums : of a fleet, with its levels

    Returns
    -------
    ``device``, ``busy`` (1 where a job held it), ``watts`` [W], ``joules`` [J] and ``seconds`` [s], each of shape
    ``(n_levels,)``, in order of the first three.
    """
    keys = sorted(sums.levels)
    values = np.array([sums.levels[key] for key in keys]).reshape(-1, 2)
    table = np.array(keys, float).reshape(-1, 3)
    return dict(zip(("device", "busy", "watts"), table.T, strict=True)) | {
        "joules": values[:, 0],
        "seconds": values[:, 1],
    }
