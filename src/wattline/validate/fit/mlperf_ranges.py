"""How measured steps of tuned engines scatter around those predicted, by what of a result no fit had seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.tuned import KNOWN
from wattline.validate.fit.group_range import group_range

COVERED = (4.0, 96.0)  # of rows left out, a little beyond p5 and p95: tenths of few results
KIN_ROWS = 10.0  # results of all chips that a chip's own scatter is weighed against
# what is left out for the spread of each level of ``LEVELS``
LEFT_OUT = {KNOWN: "rows", "chip": "model", "generation": "chip", "vendor": "generation", "any": "generation"}
WIDER = {"any": 1.2}  # of another vendor's chips, which no generation left out is
FEWEST_GROUPS = 2  # others that tell of a group left out


@dataclass(frozen=True)
class UnseenResult:
    """A result whose group no fit saw: the group, the chip, and the log of measured over predicted time."""

    group: str
    chip: str
    log_time: float


def time_ranges(results: Sequence[UnseenResult], level: str) -> dict[str, tuple[float, float]]:
    """Low and high of a step's measured time over the predicted one, by chip; "" for chips without results.

    With rows left out their scatter alone counts. A model, a chip or a generation left out lies off as a whole, by a
    shift that the others show (Student's t), and its results scatter around that. Where the chip itself was measured,
    its own scatter is weighed against all chips'.

    Parameters
    ----------
    results : each by a fit without its group
    level : what of another result was measured, one of ``LEVELS`` or ``KNOWN``

    Returns
    -------
    Pairs by chip.
    """
    logs = np.array([each.log_time for each in results])
    if level == KNOWN:
        ends = np.percentile(logs, COVERED)
    else:
        groups = np.array([each.group for each in results])
        ends = np.log(group_range(logs, groups, few=True)) * WIDER.get(level, 1.0)
    own = scatter_by_chip([each.chip for each in results], logs) if level in (KNOWN, "chip") else {}
    return {chip: _ends_about_unity(np.exp(ends * width)) for chip, width in ({"": 1.0} | own).items()}


def _ends_about_unity(ends: Array) -> tuple[float, float]:
    return min(float(ends[0]), 0.999), max(float(ends[1]), 1.001)


def ranges_of_others(results: Sequence[UnseenResult], level: str) -> list[tuple[float, float] | None]:
    """Each result's range as the other groups show it; None where they are too few to tell.

    Parameters
    ----------
    results : each by a fit without its group
    level : what of each was measured, one of ``LEVELS`` or ``KNOWN``

    Returns
    -------
    Low and high of the time, in the results' order.
    """
    by_group: dict[str, dict[str, tuple[float, float]]] = {}
    groups = {each.group for each in results}
    if len(groups) - 1 < FEWEST_GROUPS:
        return [None] * len(results)
    for group in groups:
        by_group[group] = time_ranges([each for each in results if each.group != group], level)
    return [by_group[each.group].get(each.chip, by_group[each.group][""]) for each in results]


def scatter_by_chip(chips: Sequence[str], logs: Array) -> dict[str, float]:
    """How much wider or narrower the results of each chip scatter than all do, shrunk to 1 by how few they are.

    Parameters
    ----------
    chips : of each result
    logs : logarithms of measured over predicted, shape ``(n,)``

    Returns the factor of the width by chip.
    """
    own = {chip: logs[[other == chip for other in chips]] for chip in sorted(set(chips))}
    size = float(np.mean(logs**2))
    return {c: float(np.sqrt((KIN_ROWS + np.sum(x**2) / size) / (KIN_ROWS + len(x)))) for c, x in own.items()}
