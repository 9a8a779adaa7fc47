"""``validate inference``: J/token, watts, inter-token latency and tokens/s beside measured LLM serving."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.files import write_text
from wattline.core.printable import cell
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.known import spread_fact
from wattline.validate.evidence.campaigns import keys_of
from wattline.validate.evidence.groups import each_left_out, group_of
from wattline.validate.evidence.serving import ServingRow, UnusableRow
from wattline.validate.evidence.steady import Steady
from wattline.validate.fit.hosted import predict_hosted, spreads_left_out
from wattline.validate.fit.inference import StepFit
from wattline.validate.fit.left_out import predict_left_out
from wattline.validate.score import score_rows

# measure -> its name with its unit
MEASURES = {
    "energy_per_token": "j_per_output_token",
    "power": "power_w",
    "itl": "itl_s",
    "throughput": "output_tokens_per_s",
}
COLUMNS = {  # measure -> its column in the leaderboard's units, and what to multiply by
    "energy_per_token": ("predicted_energy_per_token_joules", 1.0),
    "power": ("predicted_power_watts", 1.0),
    "itl": ("predicted_median_itl_ms", 1e3),
    "throughput": ("predicted_output_throughput_tokens_per_sec", 1.0),
}
# left out of an old engine's few rows: a range of fits to fewer than the shipped one saw
OWN_RANGES = ("model", "family")
KNOWN = ("stranger", "", "known", "measured", "hosted")  # as ``spread_fact`` names them


@dataclass(frozen=True, eq=False, repr=False)
class InferenceValidation(Result):
    """Measured and predicted by measure, one value a row, and the predictions' p5 and p95."""

    rows: Sequence[ServingRow]
    unusable: Sequence[UnusableRow]
    measured: dict[str, Array]
    predicted: dict[str, Array]
    low: dict[str, Array]
    high: dict[str, Array]
    left_out: str = ""
    draws: Draws | None = None
    by: str = ""
    source: str = ""

    def score(self, measure: str, index: Sequence[int] | None = None) -> Json:
        """The score (``score_errors``) of a measure, over all rows or those at these places.

        Parameters
        ----------
        measure : energy, time, power or rate
        index : places of the rows that count; None for all

        Returns
        -------
        Errors and coverage.
        """
        bands = [values[measure] for values in (self.measured, self.predicted, self.low, self.high)]
        return score_rows(bands, index)

    def groups(self, by: str) -> dict[str, list[int]]:
        """Places of the rows by group."""
        places: dict[str, list[int]] = {}
        for i, row in enumerate(self.rows):
            places.setdefault(group_of(row, by), []).append(i)
        return dict(sorted(places.items()))

    def json(self) -> Json:
        groups = self.groups(self.by) if self.by and self.rows else {}
        results = {
            "scores": {measure: self.score(measure) for measure in MEASURES} if self.rows else None,
            "groups": {
                name: {measure: self.score(measure, index) for measure in MEASURES} for name, index in groups.items()
            },
            "rows": [self._row(i) for i in range(len(self.rows))],
            "unusable": [{"line": u.line, "row": u.name, "why": u.why} for u in self.unusable],
        }
        inputs = {"source": self.source, "left_out": self.left_out or None, "by": self.by or None}
        return envelope("validate inference", inputs, results, draws=self.draws)

    def _row(self, i: int) -> Json:
        """One configuration: what was measured of it, and what is predicted with its range."""
        row = self.rows[i]
        head: Json = {
            "model": row.model.name, "chip": row.chip.record.title,
            "generation": row.chip.generation, "gpus": row.chips, "task": row.task, "batch": row.batch,
        }  # fmt: skip
        for measure, name in MEASURES.items():
            low, middle, high = (float(values[measure][i]) for values in (self.low, self.predicted, self.high))
            head[f"measured_{name}"] = float(self.measured[measure][i])
            head[f"predicted_{name}"] = {"p5": min(low, middle), "p50": middle, "p95": max(high, middle)}
        return head

    def write_csv(self, path: Path) -> None:
        """The rows as they were read, each with its predictions."""
        text = io.StringIO()
        names = [*(self.rows[0].data if self.rows else []), *[name for name, _ in COLUMNS.values()]]
        writer = csv.DictWriter(text, names, lineterminator="\n", extrasaction="ignore")
        writer.writerow({name: cell(name) for name in names})
        for i, row in enumerate(self.rows):
            predicted = {name: f"{self.predicted[m][i] * scale:.8g}" for m, (name, scale) in COLUMNS.items()}
            writer.writerow({name: cell(value) for name, value in (row.data | predicted).items()})
        write_text(path, text.getvalue())


def validate(
    rows: Sequence[ServingRow],
    unusable: Sequence[UnusableRow],
    fit: StepFit,
    leave_out: str = "",
    draws: int = 1000,
    progress: Callable[[str], None] = lambda name: None,
    by: str = "",
    source: str = "",
) -> InferenceValidation:
    """Rows beside the fit's predictions, or with ``leave_out`` each group beside those of a fit that has not seen it.

    ``by``: scores by group as well, in the answer; ``source`` names the rows' file.

    Parameters
    ----------
    rows : the measured rows
    unusable : rows that cannot be predicted
    fit : coefficients
    leave_out : grouping that each fit has not seen; empty for the fit to all
    draws : of the spreads
    progress : called with what is under way
    by : scores by group as well, in the answer
    source : names the rows' file

    Returns each row, measured and predicted.
    """
    steps = _predict(rows, fit, leave_out, progress)
    batch = np.array([row.batch for row in rows])
    chips = np.array([float(row.chips) for row in rows])
    predicted = {
        "energy_per_token": steps.step_s * steps.chip_w * chips / batch,
        "power": steps.chip_w * chips,
        "itl": steps.itl_s,
        "throughput": batch / steps.step_s,
    }
    measured = {
        "energy_per_token": np.array([row.energy_per_token_j for row in rows]),
        "power": np.array([row.power_w for row in rows]),
        "itl": np.array([row.itl_s for row in rows]),
        "throughput": np.array([row.throughput for row in rows]),
    }
    rare = [KNOWN.index("hosted") if row.engine else 0 for row in rows]
    known = np.where([row.ranks > 1 or bool(row.engine) for row in rows], rare, _how_known(rows, fit, leave_out))
    # a chip left out of the fit counts as one that was never measured
    kinds = ["" if leave_out == "gpu" else row.chip.generation for row in rows]
    drawn = Draws(draws)
    low, high = _ranges(rows, kinds, predicted, known, drawn)
    if rows and rows[0].engine and leave_out in OWN_RANGES:
        _ranges_of_others(rows, steps, predicted, leave_out, low, high)
    return InferenceValidation(rows, unusable, measured, predicted, low, high, leave_out, drawn, by, source)


def _predict(rows: Sequence[ServingRow], fit: StepFit, leave_out: str, progress: Callable[[str], None]) -> Steady:
    """Each row's steps; rows of an engine whose host the chips waited for by that engine's own fit."""
    if rows and rows[0].engine:
        return predict_hosted(rows, leave_out, progress)
    return predict_left_out(rows, leave_out, progress) if leave_out else fit.predict(rows)


def _how_known(rows: Sequence[ServingRow], fit: StepFit, leave_out: str) -> list[int]:
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


def _ranges(
    rows: Sequence[ServingRow], kinds: Sequence[str], predicted: dict[str, Array], known: Array, draws: Draws
) -> tuple[dict[str, Array], dict[str, Array]]:
    """p5 and p95 of each prediction, from the spreads by generation (``kinds``) and of what is ``known`` to the fit: 0
    nothing, 1 the family, 2 the model, 3 the configuration, 4 an engine whose host the chips wait for."""
    low = {measure: np.zeros(len(rows)) for measure in MEASURES}
    high = {measure: np.zeros(len(rows)) for measure in MEASURES}
    groups = list(zip(kinds, known.tolist(), strict=True))
    for generation, how in dict.fromkeys(groups):
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


def _ranges_of_others(
    rows: Sequence[ServingRow], steps: Steady, predicted: dict[str, Array], by: str, low: dict[str, Array],
    high: dict[str, Array],
) -> None:  # fmt: skip
    """Each left-out group's ranges as the others have them: the shipped ranges are of a fit to all rows."""
    names = {"energy_per_token": "energy", "power": "power", "itl": "itl", "throughput": "time"}
    for _, others, own in each_left_out(rows, by):
        kept = Steady(steps.itl_s[others], steps.step_s[others], steps.chip_w[others])
        spreads = spreads_left_out([rows[i] for i in others], kept, by)
        for measure, what in names.items():
            for i in own:
                ends = spreads.get(f"{what}-{rows[i].chip.generation}")
                if ends is not None:
                    p5, p95 = ends if measure != "throughput" else (1 / ends[1], 1 / ends[0])
                    low[measure][i], high[measure][i] = (predicted[measure][i] * end for end in (p5, p95))
