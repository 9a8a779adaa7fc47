"""Results of MLPerf Inference that are alike, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.validate.evidence.mlperf_inference import MlperfRow


@dataclass(frozen=True)
class Group:
    """Results alike: the median of their tokens a second of one chip, or of a node's watts at the wall (``wall``), and
    how many there are."""

    row: MlperfRow
    measured: float
    count: int
    wall: bool = False


def groups_of(rows: Sequence[MlperfRow]) -> list[Group]:
    """Results of the same chip, task, scenario, format, engine and year as one, by their median.

    Parameters
    ----------
    rows : results

    Returns
    -------
    Of tokens a second, and of the wall's watts where they were measured.
    """
    alike: dict[tuple[object, ...], list[MlperfRow]] = {}
    for row in rows:
        key = (row.chip.record.name, row.task, row.scenario, row.precision, row.engine, row.year, min(row.chips, 8))
        alike.setdefault(key, []).append(row)
    groups = []
    for same in alike.values():
        largest, metered = max(same, key=lambda r: r.chips), [r for r in same if r.wall_w]
        groups.append(Group(largest, float(np.median([r.tokens_per_s / r.chips for r in same])), len(same)))
        if metered:
            watts = np.median([(r.wall_w or 0.0) / r.chips for r in metered])
            groups.append(Group(metered[0], float(watts), len(metered), wall=True))
    return groups
