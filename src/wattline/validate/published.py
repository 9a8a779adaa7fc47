"""``validate published``: figures that projects publish of their own training and serving beside those predicted.

Each row is put as a user would put it, to ``train`` or to ``prompt``, from its setting alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S
from wattline.line.work.model import load_model
from wattline.predict.answer import Answer
from wattline.predict.prompt import prompt
from wattline.predict.train import train
from wattline.validate.evidence.published_figures import ProjectFigure
from wattline.validate.score import score_errors

TRAINED_TOKENS = 1e9  # of a run whose rate alone is compared
GROUPS = {
    "training_rate": "training",
    "chip_hours": "training",
    "output_rate": "serving",
    "ttft": "serving",
    "latency": "serving",
    "energy_per_token": "serving",
}


@dataclass(frozen=True)
class ComparedFigure:
    """A published figure beside the predicted one, in the row's unit."""

    figure: ProjectFigure
    predicted: Range
    group: str

    @property
    def error(self) -> float:
        """Relative error of the median prediction."""
        return self.predicted.p50 / self.figure.published - 1.0

    @property
    def covered(self) -> bool:
        """Whether the published figure lies in p5 to p95."""
        return self.predicted.p5 <= self.figure.published <= self.predicted.p95

    def json(self) -> Json:
        """The row as plain data."""
        return {
            "line": self.figure.line,
            "row": self.figure.name,
            "measure": self.figure.measure,
            "group": self.group,
            "unit": self.figure.unit,
            "published": self.figure.published,
            "predicted": self.predicted.json(),
            "error_percent": 100 * self.error,
            "covered": self.covered,
        }


@dataclass(frozen=True, eq=False, repr=False)
class PublishedValidation(Result):
    """All rows; ``unusable``: line, name and reason of those that cannot be predicted; ``source`` names their file."""

    rows: list[ComparedFigure]
    unusable: list[tuple[int, str, str]]
    draws: Draws
    source: str

    def score(self, group: str = "") -> Json:
        """The score (``score_errors``) of all rows, or of those of a group."""
        rows = [row for row in self.rows if group in ("", row.group)]
        return score_errors([row.error for row in rows], [row.covered for row in rows])

    def json(self) -> Json:
        groups = dict.fromkeys(row.group for row in self.rows)
        results = {
            "scores": self.score(),
            "groups": {group: self.score(group) for group in groups},
            "rows": [row.json() for row in self.rows],
            "unusable": [{"line": line, "row": row, "why": why} for line, row, why in sorted(self.unusable)],
        }
        return envelope("validate published", {"source": self.source}, results, draws=self.draws)


def validate_published(
    figures: Sequence[ProjectFigure],
    unusable: Sequence[tuple[int, str, str]] = (),
    draws: int = 2000,
    seed: int = 0,
    source: str = "",
) -> PublishedValidation:
    """Every figure beside its prediction.

    Parameters
    ----------
    figures : as they were published
    unusable : line, name and reason of rows that are no figures
    draws, seed : number of draws of the facts' ranges, and their seed
    source : names where the figures are from

    Returns the rows that can be predicted, and why others cannot.
    """
    rows, left = [], list(unusable)
    for figure in figures:
        try:
            predicted = Range.of(_MEASURES[figure.measure](figure, Draws(draws, seed)))
            rows.append(ComparedFigure(figure, predicted, _group(figure)))
        except WattlineError as error:
            left.append((figure.line, figure.name, str(error)))
    return PublishedValidation(rows, left, Draws(draws, seed), source)


def _group(figure: ProjectFigure) -> str:
    """What the row is of: tuned training apart, and mixtures of experts, of which libraries differ by more."""
    if GROUPS[figure.measure] == "serving":
        return figure.measure
    if not figure.tuned:
        return "training, usual"
    experts = load_model(figure.model, default()).experts > 0
    return f"training, tuned, {'experts' if experts else 'dense'}"


def _training_rate(figure: ProjectFigure, draws: Draws) -> Array:
    """Tokens a second of a chip."""
    hours = _trained(figure, TRAINED_TOKENS, draws).quantities["chip_hours"]
    return np.asarray(TRAINED_TOKENS / (hours * HOUR_S))


def _chip_hours(figure: ProjectFigure, draws: Draws) -> Array:
    if figure.tokens is None:
        raise WattlineError("setting: give the tokens trained on, such as '5.93e12 tokens'")
    return np.asarray(_trained(figure, figure.tokens, draws).quantities["chip_hours"])


def _trained(figure: ProjectFigure, tokens: float, draws: Draws) -> Answer:
    return train(
        figure.model, tokens, figure.chip, figure.chips, precision=figure.precision, sequence=figure.sequence,
        batch_tokens=figure.step_tokens, tuned=figure.tuned, draws=draws,
    )  # fmt: skip


def _served(figure: ProjectFigure, draws: Draws) -> Answer:
    if figure.input_tokens is None or figure.output_tokens is None or figure.batch is None:
        raise WattlineError("setting: give the lengths and the batch, such as '128 in, 128 out, batch 64'")
    return prompt(
        figure.model, figure.chip, gpus=figure.chips, precision=figure.precision, input_tokens=figure.input_tokens,
        output_tokens=figure.output_tokens, batch=figure.batch, active=1.0, engine=figure.engine or None,
        tuned=figure.tuned, draws=draws,
    )  # fmt: skip


def _output_rate(figure: ProjectFigure, draws: Draws) -> Array:
    """Tokens of answers that the replica writes a second."""
    served = _served(figure, draws)
    return np.asarray(float(figure.output_tokens or 0) / served.quantities["replica_s"])


def _ttft(figure: ProjectFigure, draws: Draws) -> Array:
    return np.asarray(_served(figure, draws).quantities["ttft_s"])


def _latency(figure: ProjectFigure, draws: Draws) -> Array:
    return np.asarray(_served(figure, draws).quantities["latency_s"])


def _energy_per_token(figure: ProjectFigure, draws: Draws) -> Array:
    """Joules of the chips at work for a token of an answer."""
    parts = _served(figure, draws).bill.parts
    return np.asarray((parts["prefill"] + parts["decode"]) / float(figure.output_tokens or 0))


_MEASURES: dict[str, Callable[[ProjectFigure, Draws], Array]] = {
    "training_rate": _training_rate,
    "chip_hours": _chip_hours,
    "output_rate": _output_rate,
    "ttft": _ttft,
    "latency": _latency,
    "energy_per_token": _energy_per_token,
}
