"""``validate inference``: J/token, watts, inter-token latency and tokens/s beside measured LLM serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.step import spread_fact
from wattline.validate.evidence.campaigns import keys_of
from wattline.validate.evidence.groups import group_of, left_out
from wattline.validate.evidence.serving import Row, Unusable
from wattline.validate.evidence.steady import Steady
from wattline.validate.fit.inference import StepFit, fit_step

MEASURES = ("energy_per_token", "power", "itl", "throughput")
KNOWN = ("stranger", "", "known", "measured")  # as ``spread_fact`` names them


@dataclass(frozen=True, eq=False)
class Inference:
    """Measured and predicted by measure, one value a row, and the predictions' p5 and p95."""

    rows: Sequence[Row]
    unusable: Sequence[Unusable]
    measured: dict[str, Array]
    predicted: dict[str, Array]
    low: dict[str, Array]
    high: dict[str, Array]
    left_out: str = ""

    def score(self, measure: str, index: Sequence[int] | None = None) -> dict[str, float]:
        """In percent: mean, median and p90 of the absolute error, bias, and how often p5–p95 holds the measurement."""
        at = slice(None) if index is None else list(index)
        truth, guess = self.measured[measure][at], self.predicted[measure][at]
        error = guess / truth - 1
        inside = (self.low[measure][at] <= truth) & (truth <= self.high[measure][at])
        return {
            "mape": 100 * float(np.mean(np.abs(error))),
            "median_ape": 100 * float(np.median(np.abs(error))),
            "p90_ape": 100 * float(np.percentile(np.abs(error), 90)),
            "bias": 100 * float(np.mean(error)),
            "coverage": 100 * float(np.mean(inside)),
        }

    def groups(self, by: str) -> dict[str, list[int]]:
        """Places of the rows by group."""
        found: dict[str, list[int]] = {}
        for i, row in enumerate(self.rows):
            found.setdefault(group_of(row, by), []).append(i)
        return dict(sorted(found.items()))

    def json(self, by: str = "") -> dict[str, Any]:
        """The scores as one plain object."""
        data: dict[str, Any] = {"command": "validate inference", "n": len(self.rows)}
        if self.left_out:
            data["left_out"] = self.left_out
        if self.rows:
            data |= {measure: self.score(measure) for measure in MEASURES}
        if by and self.rows:
            data["by"] = {
                name: {"n": len(index)} | {measure: self.score(measure, index) for measure in MEASURES}
                for name, index in self.groups(by).items()
            }
        data["unusable"] = [{"line": u.line, "row": u.name, "why": u.why} for u in self.unusable]
        return data


def validate(
    rows: Sequence[Row],
    unusable: Sequence[Unusable],
    fit: StepFit,
    leave_out: str = "",
    draws: int = 1000,
    progress: Callable[[str], None] = lambda name: None,
) -> Inference:
    """Hold rows against the fit, or with ``leave_out`` each group against a fit that has not seen it."""
    found = predict_left_out(rows, fit, leave_out, progress) if leave_out else fit.predict(rows)
    batch = np.array([row.batch for row in rows])
    chips = np.array([float(row.chips) for row in rows])
    predicted = {
        "energy_per_token": found.step_s * found.chip_w * chips / batch,
        "power": found.chip_w * chips,
        "itl": found.itl_s,
        "throughput": batch / found.step_s,
    }
    measured = {
        "energy_per_token": np.array([row.energy_per_token_j for row in rows]),
        "power": np.array([row.power_w for row in rows]),
        "itl": np.array([row.itl_s for row in rows]),
        "throughput": np.array([row.throughput for row in rows]),
    }
    known = np.array(_how_known(rows, fit, leave_out))
    # a chip left out of the fit counts as one that was never measured
    kinds = ["" if leave_out == "gpu" else row.chip.generation for row in rows]
    low, high = _ranges(rows, kinds, predicted, known, draws)
    return Inference(rows, unusable, measured, predicted, low, high, leave_out)


def _how_known(rows: Sequence[Row], fit: StepFit, leave_out: str) -> list[int]:
    """How well the fit that predicts each row knows its model, as a place in ``KNOWN``."""
    known = fit.campaigns
    if leave_out in ("", "rows"):
        return [known.knows_family(row) + known.knows(row) + known.measured(row) for row in rows]
    if leave_out != "model":
        return [0] * len(rows)
    keys = [keys_of(row) for row in rows]
    models: dict[str, set[str]] = {}
    for family, model, *_ in keys:
        models.setdefault(family, set()).add(model)
    return [int(len(models[family]) > 1) for family, *_ in keys]


def predict_left_out(
    rows: Sequence[Row],
    fit: StepFit,
    by: str,
    progress: Callable[[str], None] = lambda name: None,
    curves: bool = True,
) -> Steady:
    """Each group's rows, predicted by a fit to all others; without ``curves``: as if no configuration was measured."""
    parts = [np.zeros(len(rows)) for _ in range(3)]
    for name, others, own in left_out(rows, by):
        progress(name)
        fitted = fit_step([rows[i] for i in others], fit)
        if not curves:
            fitted = replace(fitted, campaigns=fitted.campaigns.without_curves())
        found = fitted.predict([rows[i] for i in own])
        for part, values in zip(parts, (found.itl_s, found.step_s, found.chip_w), strict=True):
            part[own] = values
    return Steady(*parts)


def _ranges(
    rows: Sequence[Row], kinds: Sequence[str], predicted: dict[str, Array], known: Array, n: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """p5 and p95 of each prediction, from the spreads by generation (``kinds``) and of what is ``known`` to the fit: 0
    nothing, 1 the family, 2 the model, 3 the configuration."""
    low = {measure: np.zeros(len(rows)) for measure in MEASURES}
    high = {measure: np.zeros(len(rows)) for measure in MEASURES}
    draws = Draws(n)
    groups = list(zip(kinds, known.tolist(), strict=True))
    for generation, how in set(groups):
        names = ("time", "power", "energy", "itl")
        time, power, energy, itl = (draws(spread_fact(what, generation, draws.catalog, KNOWN[how])) for what in names)
        scale = {"energy_per_token": energy, "power": power, "itl": itl, "throughput": 1 / time}
        index = [i for i, group in enumerate(groups) if group == (generation, how)]
        for measure in MEASURES:
            p5, p95 = np.percentile(scale[measure], (5, 95))
            low[measure][index] = predicted[measure][index] * p5
            high[measure][index] = predicted[measure][index] * p95
    limit = np.array([float(row.chip.tdp_w) * row.chips for row in rows])
    high["power"] = np.minimum(high["power"], limit)
    return low, high
