"""``validate images`` and ``validate video``: joules, seconds and watts beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.diffusion.known import known_spread
from wattline.validate.evidence.diffusion import DiffusionRow, DiffusionRows
from wattline.validate.evidence.serving import UnusableRow
from wattline.validate.fit.diffusion import predict_left_out_diffusion, split_of, with_known
from wattline.validate.fit.diffusion_file import diffusion_from_catalog
from wattline.validate.score import score_rows

MEASURES = {"energy": "j", "time": "s", "power": "w"}
BY = ("model", "family", "chip", "gpus", "batch", "steps")
NAMES = {"image": "images", "video": "video"}
# what is left out -> what the fit knows of a row's model and chip, as the facts of the spread name it
KNOWN = {"model": "", "family": "", "chip": "chip", "split": "known", "rows": "measured"}


@dataclass(frozen=True, eq=False, repr=False)
class DiffusionValidation(Result):
    """Measured and predicted by measure, one value a row, and the predictions' p5 and p95."""

    makes: str
    rows: Sequence[DiffusionRow]
    unusable: Sequence[UnusableRow]
    measured: dict[str, Array]
    predicted: dict[str, Array]
    low: dict[str, Array]
    high: dict[str, Array]
    left_out: str
    draws: Draws
    source: str
    by: str = "model"

    def score(self, measure: str, places: Sequence[int] | None = None) -> Json:
        """The score of a measure, over all rows or those at these places.

        Parameters
        ----------
        measure : energy, time or power
        places : of the rows that count; None for all

        Returns
        -------
        Errors and coverage, as ``score_errors`` has them.
        """
        bands = [values[measure] for values in (self.measured, self.predicted, self.low, self.high)]
        return score_rows(bands, places)

    def json(self) -> Json:
        groups: dict[str, list[int]] = {}
        for i, row in enumerate(self.rows):
            groups.setdefault(group_of(row, self.by), []).append(i)
        results = {
            "scores": {measure: self.score(measure) for measure in MEASURES} if self.rows else None,
            "groups": {
                name: {m: self.score(m, at) for m in MEASURES} for name, at in sorted(groups.items(), key=_order)
            },
            "rows": [self._row(i) for i in range(len(self.rows))],
            "unusable": [{"line": u.line, "row": u.name, "why": u.why} for u in self.unusable],
        }
        inputs = {"source": self.source, "left_out": self.left_out or None, "by": self.by}
        return envelope(f"validate {NAMES[self.makes]}", inputs, results, draws=self.draws)

    def _row(self, i: int) -> Json:
        row = self.rows[i]
        head: Json = {
            "model": row.model.key, "family": row.model.family, "chip": row.chip.record.name, "gpus": row.chips,
            "batch": int(row.batch), "steps": int(row.job.steps),
        }  # fmt: skip
        for measure, unit in MEASURES.items():
            low, middle, high = (float(values[measure][i]) for values in (self.low, self.predicted, self.high))
            head[f"measured_{unit}"] = float(self.measured[measure][i])
            head[f"predicted_{unit}"] = {"p5": min(low, middle), "p50": middle, "p95": max(high, middle)}
        return head


def group_of(row: DiffusionRow, by: str) -> str:
    """The group that a row's score is shown with: its model, family, chip, number of chips, batch or steps.

    Parameters
    ----------
    row : a measured configuration
    by : model, family, chip, gpus, batch or steps

    Returns
    -------
    The group's name.
    """
    shown = {
        "model": row.model.key,
        "family": row.model.family,
        "chip": row.chip.record.name,
        "gpus": str(row.chips),
        "batch": f"{row.batch:.0f}",
        "steps": f"{float(row.job.steps):.0f}",
    }
    return shown[by]


def _order(group: tuple[str, list[int]]) -> tuple[float, str]:
    """Numbers by their size, names after the alphabet."""
    return (float(group[0]), "") if group[0].isdigit() else (0.0, group[0])


def validate_diffusion(
    rows: Sequence[DiffusionRow],
    unusable: Sequence[UnusableRow],
    makes: str,
    leave_out: str = "",
    source: str = "",
    draws: int = 1000,
    progress: Callable[[str], None] = lambda name: None,
    by: str = "model",
) -> DiffusionValidation:
    """Rows of what ``makes`` says beside the shipped fit, or each group beside a fit to all other rows.

    Parameters
    ----------
    rows : measured configurations; those that make something else are fitted to, and not scored
    unusable : those that cannot be predicted
    makes : image or video
    leave_out : model, family, chip, split or rows; nothing for the fit as shipped
    source : the file's name
    draws : of the ranges
    progress : told the name of each group
    by : what scores are grouped by, one of ``BY``

    Returns the validation.
    """
    fit, known = diffusion_from_catalog()
    own = [i for i, row in enumerate(rows) if row.model.makes == makes]
    if leave_out:
        seconds, watts = predict_left_out_diffusion(DiffusionRows.of(rows), fit, leave_out, progress)
        seconds, watts = seconds[own], watts[own]
    else:
        data = DiffusionRows.of([rows[i] for i in own])
        seconds, watts = with_known(data.rows, fit.predict(data), known) if own else (np.zeros(0), np.zeros(0))
    kept = [rows[i] for i in own]
    how = [
        KNOWN[leave_out] if leave_out else known.how(row.model.key, row.chip.record.name, split_of(row)) for row in kept
    ]
    batch = np.array([row.batch for row in kept])
    predicted = {"energy": seconds * watts / batch, "time": seconds, "power": watts}
    measured = {
        name: np.array([getattr(row, attribute) for row in kept], float)
        for name, attribute in (("energy", "energy_j"), ("time", "time_s"), ("power", "power_w"))
    }
    drawn = Draws(draws)
    low, high = _ranges(how, makes, predicted, drawn)
    return DiffusionValidation(makes, kept, unusable, measured, predicted, low, high, leave_out, drawn, source, by)


def _ranges(
    how: Sequence[str], makes: str, predicted: dict[str, Array], draws: Draws
) -> tuple[dict[str, Array], dict[str, Array]]:
    """p5 and p95 of each prediction by what is known of it, as an answer draws them."""
    low = {measure: np.zeros(len(how)) for measure in MEASURES}
    high = {measure: np.zeros(len(how)) for measure in MEASURES}
    for kind in dict.fromkeys(how):
        time, power = known_spread(kind, makes, draws)
        at = [i for i, other in enumerate(how) if other == kind]
        for measure, scale in (("time", time), ("power", power), ("energy", time * power)):
            p5, p95 = np.percentile(scale, (5, 95))
            low[measure][at] = predicted[measure][at] * p5
            high[measure][at] = predicted[measure][at] * p95
    return low, high
