"""What measured serving of one family, one model, one model in one task reached beside the model of a step.

Kernels are tuned for some shapes and not for others, and one campaign of measurements ran on one set of machines, so
that errors of time and power go together in these groups. Each group has a factor, shrunk towards 1 by how few rows
stand behind it (a nested random-effects model; Robinson 1991, Statistical Science 6:15, by ridge regression).

A configuration that was itself measured (model, task, chips, format) has a curve over the batch too: what it reached
beside the model at the batches around (the discrepancy of Kennedy and O'Hagan 2001, J. R. Stat. Soc. B 63:425). It
says nothing of configurations that were not measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.known import known_keys
from wattline.validate.evidence.serving import ServingRow

PULL = (2.0, 1.0, 1.5)  # variance of a row beside the variance of families, of models, of a model's tasks
ROUNDS = 8
SHARP = 0.05  # log errors beyond this count by their size, not its square
MEASURES = ("time", "power", "itl")
KNOTS = 4.0 * 3.0 ** np.arange(8)  # batches between which a curve is a straight line in the logs
PULL_CURVE = (1.5, 0.4)  # as PULL: of a curve's level, and of its value at each knot


@dataclass(frozen=True)
class Campaigns:
    """Log factors by measure and group, and by measure and configuration those at ``KNOTS``."""

    logs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    curves: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)

    def factors(self, measure: str, rows: Sequence[ServingRow]) -> Array:
        """Of each row: the product over the groups that are known.

        Parameters
        ----------
        measure : time or power
        rows : whose groups are looked up

        Returns
        -------
        Factors, shape (rows,); 1 where no group is known.
        """
        known, curves = self.logs.get(measure, {}), self.curves.get(measure, {})
        sums = np.array([sum(known.get(key, 0.0) for key in keys_of(row)) for row in rows])
        measured = [i for i, row in enumerate(rows) if configuration(row) in curves]
        if measured:
            bent = np.array([curves[configuration(rows[i])] for i in measured])
            sums[measured] += (hats(np.array([rows[i].batch for i in measured])) * bent).sum(axis=1)
        return np.asarray(np.exp(sums))

    def knows(self, row: ServingRow) -> bool:
        """Whether the row's model was measured on its chip."""
        return keys_of(row)[1] in self.logs.get("time", {})

    def knows_family(self, row: ServingRow) -> bool:
        """Whether a model of its family was measured on its chip."""
        return keys_of(row)[0] in self.logs.get("time", {})

    def measured(self, row: ServingRow) -> bool:
        """Whether the row's configuration was itself measured, at some batch."""
        return configuration(row) in self.curves.get("time", {})

    def without_curves(self) -> Campaigns:
        """What is known of a model whatever its configuration."""
        return Campaigns(self.logs)


def configuration(row: ServingRow) -> str:
    """``MODEL-GENERATION-TASK-4x-fp8-ep``."""
    parts = (keys_of(row)[2], f"{row.chips}x", row.precision, "ep" if row.expert_parallel else "")
    return "-".join(part for part in parts if part)


def hats(batch: Array) -> Array:
    """Weights of the knots at each batch, shape ``(n, knots)``: of the two beside it, adding to 1."""
    at = np.log(np.clip(batch, KNOTS[0], KNOTS[-1]) / KNOTS[0]) / np.log(KNOTS[1] / KNOTS[0])
    return np.asarray(np.maximum(1.0 - np.abs(at[:, None] - np.arange(len(KNOTS))), 0.0))


def keys_of(row: ServingRow) -> tuple[str, ...]:
    """The groups of a row, the widest first."""
    return known_keys(row.model, row.chip.generation, row.task)


def fit_campaigns(rows: Sequence[ServingRow], logs: Mapping[str, Array]) -> Campaigns:
    """The factors behind these log errors (measured over predicted), by measure.

    Parameters
    ----------
    rows : measured configurations
    logs : of each measure, a log error for each row

    Returns
    -------
    What each group of rows adds to the logs.
    """
    keys = [keys_of(row) for row in rows]
    names = sorted({(level, key) for group in keys for level, key in enumerate(group)})
    place = {key: i for i, (_, key) in enumerate(names)}
    design = np.zeros((len(rows), len(names)))
    for i, group in enumerate(keys):
        design[i, [place[key] for key in group]] = 1.0
    bends, columns, pull = _bends(rows)
    whole = np.concatenate([design, columns], axis=1)
    pulls = np.array([PULL[level] for level, _ in names] + pull)
    fitted, curves = {}, {}
    for measure in MEASURES:
        solution = _robust_ridge(whole, logs[measure], pulls)
        fitted[measure] = {key: float(solution[i]) for key, i in place.items()}
        bent = solution[len(names) :].reshape(len(bends), 1 + len(KNOTS))
        curves[measure] = {key: bent[i, 0] + bent[i, 1:] for i, key in enumerate(bends)}
    return Campaigns(fitted, curves)


def _bends(rows: Sequence[ServingRow]) -> tuple[list[str], Array, list[float]]:
    """Configurations, and of each in turn a column of its level and one for each knot, with their pulls."""
    named = [configuration(row) for row in rows]
    keys = sorted(set(named))
    own = np.array([[name == key for key in keys] for name in named], float)
    weights = np.concatenate([np.ones((len(rows), 1)), hats(np.array([row.batch for row in rows]))], axis=1)
    columns = (own[:, :, None] * weights[:, None, :]).reshape(len(rows), -1)
    return keys, columns, [PULL_CURVE[0], *[PULL_CURVE[1]] * len(KNOTS)] * len(keys)


def _robust_ridge(design: Array, target: Array, pull: Array) -> Array:
    """Ridge regression in which far-off rows weigh less (Huber's weights, by iteration), over the rows, which are fewer
    than the columns."""
    alike = design / pull
    between = alike @ design.T
    weight: Array = np.ones(len(target))
    solution: Array = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        solution = np.asarray(alike.T @ np.linalg.solve(between + np.diag(1.0 / weight), target))
        weight = np.asarray(1.0 / np.maximum(np.abs(target - design @ solution) / SHARP, 1.0))
    return solution
