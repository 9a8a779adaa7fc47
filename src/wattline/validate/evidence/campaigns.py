"""What measured serving of one family, one model, one model in one task reached beside the model of a step.

Kernels are tuned for some shapes and not for others, and one campaign of measurements ran on one set of machines, so
that errors of time and power go together in these groups. Each group has a factor, shrunk towards 1 by how few rows
stand behind it (a nested random-effects model; Robinson 1991, Statistical Science 6:15, by ridge regression).

A configuration that was itself measured (model, task, chips, format) has a curve over the batch too: what it reached
beside the model at the batches around (the discrepancy of Kennedy and O'Hagan 2001, J. R. Stat. Soc. B 63:425). It
says nothing of configurations that were not measured.

Runs of a task have such a curve too, those on one chip and those on several, whatever the model and the chip: how the
benchmark sends and repeats its requests, what prompts are like, and what the host of a lone chip does beside.
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
PULL_CURVE = (1.0, 0.2)  # as PULL: of a curve's level, and of its value at each knot
PULL_RUNS = 0.7  # of the curve of a task's runs at each knot; the model of a step has the level of a task already


@dataclass(frozen=True)
class Campaigns:
    """Log factors by measure and group, and by measure those at ``KNOTS`` of configurations and of a task's runs."""

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
        known, curves, flat = self.logs.get(measure, {}), self.curves.get(measure, {}), np.zeros(len(KNOTS))
        sums = np.array([sum(known.get(key, 0.0) for key in keys_of(row)) for row in rows])
        bent = np.array(
            [curves.get(configuration(row), flat) + curves.get(runs_of(row), flat) for row in rows]
        ).reshape(-1, len(KNOTS))
        return np.asarray(np.exp(sums + (hats(np.array([row.batch for row in rows])) * bent).sum(axis=1)))

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


def runs_of(row: ServingRow) -> str:
    """``runs-one-TASK`` on one chip, ``runs-many-TASK`` on several."""
    return f"runs-{'one' if row.chips == 1 else 'many'}-{row.task}"


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
    batch = hats(np.array([row.batch for row in rows]))
    tasks, shared = _bends([runs_of(row) for row in rows], batch)
    bends, own = _bends([configuration(row) for row in rows], np.concatenate([np.ones((len(rows), 1)), batch], axis=1))
    whole = np.concatenate([design, shared, own], axis=1)
    pulls = [PULL[level] for level, _ in names] + [PULL_RUNS] * shared.shape[1]
    pulls += [PULL_CURVE[0], *[PULL_CURVE[1]] * len(KNOTS)] * len(bends)
    fitted, curves = {}, {}
    for measure in MEASURES:
        solution = _robust_ridge(whole, logs[measure], np.array(pulls))
        groups, common, bent = np.split(solution, [len(names), len(names) + shared.shape[1]])
        fitted[measure] = {key: float(groups[i]) for key, i in place.items()}
        curves[measure] = dict(zip(tasks, common.reshape(len(tasks), len(KNOTS)), strict=True))
        bent = bent.reshape(len(bends), 1 + len(KNOTS))
        curves[measure] |= {key: bent[i, 0] + bent[i, 1:] for i, key in enumerate(bends)}
    return Campaigns(fitted, curves)


def _bends(named: Sequence[str], weights: Array) -> tuple[list[str], Array]:
    """The groups that rows belong to, and of each in turn the columns of its rows' weights."""
    keys = sorted(set(named))
    own = np.array([[name == key for key in keys] for name in named], float)
    return keys, (own[:, :, None] * weights[:, None, :]).reshape(len(named), -1)


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
