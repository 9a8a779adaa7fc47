"""What measured serving of one family, one model, one model in one task reached beside the model of a step.

Kernels are tuned for some shapes and not for others, and one campaign of measurements ran on one set of machines, so
that errors of time and power go together in these groups. Each group has a factor, shrunk towards 1 by how few rows
stand behind it (a nested random-effects model; Robinson 1991, Statistical Science 6:15, by ridge regression).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wattline.chip.known import known_keys
from wattline.fact import Array
from wattline.validate.serving_rows import Row

PULL = (2.0, 1.0, 1.5)  # variance of a row beside the variance of families, of models, of a model's tasks
ROUNDS = 8
SHARP = 0.05  # log errors beyond this count by their size, not its square
MEASURES = ("time", "power", "itl")


@dataclass(frozen=True)
class Campaigns:
    """Log factors by measure and group."""

    logs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def factors(self, measure: str, rows: Sequence[Row]) -> Array:
        """Of each row: the product over the groups that are known."""
        known = self.logs.get(measure, {})
        return np.exp([sum(known.get(key, 0.0) for key in keys_of(row)) for row in rows])

    def knows(self, row: Row) -> bool:
        """Whether the row's model was measured on its chip."""
        return keys_of(row)[1] in self.logs.get("time", {})


def keys_of(row: Row) -> tuple[str, ...]:
    """The groups of a row, the widest first."""
    return known_keys(row.model, row.chip.generation, row.task)


def fit_campaigns(rows: Sequence[Row], logs: Mapping[str, Array]) -> Campaigns:
    """The factors behind these log errors (measured over predicted), by measure."""
    keys = [keys_of(row) for row in rows]
    names = sorted({(level, key) for group in keys for level, key in enumerate(group)})
    place = {key: i for i, (_, key) in enumerate(names)}
    design = np.zeros((len(rows), len(names)))
    for i, group in enumerate(keys):
        design[i, [place[key] for key in group]] = 1.0
    pull = np.diag([PULL[level] for level, _ in names])
    found = {}
    for measure in MEASURES:
        solution = _robust_ridge(design, logs[measure], pull)
        found[measure] = {key: float(solution[i]) for key, i in place.items()}
    return Campaigns(found)


def _robust_ridge(design: Array, target: Array, pull: Array) -> Array:
    """Ridge regression in which far-off rows weigh less (Huber's weights, by iteration)."""
    weight: Array = np.ones(len(target))
    solution: Array = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        weighted = design * weight[:, None]
        solution = np.asarray(np.linalg.solve(weighted.T @ design + pull, weighted.T @ target))
        weight = np.asarray(1.0 / np.maximum(np.abs(target - design @ solution) / SHARP, 1.0))
    return solution
