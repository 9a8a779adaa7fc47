"""BERT, Whisper and Stable Diffusion XL of MLPerf Inference beside what `embed`, `transcribe` and `image` predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.predict.answer import Answer
from wattline.predict.encoding.embed import embed
from wattline.predict.encoding.transcribe import transcribe
from wattline.predict.media.image import image
from wattline.validate.evidence.mlperf_works import WORKS, WorkResult
from wattline.validate.score import score_errors

SAMPLES = 1e6
STEPS, BATCH = 20, 8  # of Stable Diffusion XL by the rules, and of its usual submissions
BERT_BATCH = 256


@dataclass(frozen=True, eq=False)
class ComparedWork:
    """A result beside its prediction."""

    row: WorkResult
    per_s: Range
    wall_w: Range

    @property
    def error(self) -> float:
        """Of the rate."""
        return self.per_s.p50 / self.row.per_s - 1.0

    @property
    def wall_error(self) -> float:
        """Of the wall's watts; not a number where they were not measured."""
        return np.nan if self.row.wall_w is None else self.wall_w.p50 / self.row.wall_w - 1.0

    def json(self) -> Json:
        """The row as plain data."""
        row = self.row
        return {
            "line": row.line,
            "round": row.round,
            "model": WORKS[row.task],
            "scenario": row.scenario,
            "chip": row.chip.record.name,
            "chips": row.chips,
            "precision": row.precision,
            "measured_per_s": row.per_s,
            "predicted_per_s": self.per_s.json(),
            "measured_wall_w": row.wall_w,
            "predicted_wall_w": self.wall_w.json(),
            "error_percent": 100 * self.error,
        }


def compare_work(row: WorkResult, draws: Draws) -> ComparedWork:
    """A result beside its prediction.

    Parameters
    ----------
    row : the result
    draws : of the facts' ranges

    Returns the two.
    """
    answer, rate = _predicted(row, draws)
    share = np.asarray(1.0) if row.scenario == "Offline" else draws(f"fit.mlperf-server-share-{row.task}")
    per_s = np.asarray(rate * row.chips * share)
    hosts = row.chips / row.chip.node_chips  # a part of a usual server has its part of the host
    watts = answer.figures()["chip_w"] * row.chips + hosts * draws(row.chip.server["host_w"])
    size = max(draws.n, 1)
    return ComparedWork(row, Range.of(np.broadcast_to(per_s, size)), Range.of(np.broadcast_to(watts, size)))


def _predicted(row: WorkResult, draws: Draws) -> tuple[Answer, Array]:
    """The answer of a chip, and what it does a second."""
    name, chip = WORKS[row.task], row.chip.record.name
    common: dict[str, Any] = {"engine": "tensorrt", "precision": row.precision, "draws": draws}
    if row.task == "bert":
        each = round(float(draws.catalog.fact("fit.mlperf-input-tokens-bert").value))
        answer = embed(name, chip, tokens=SAMPLES * each, document_tokens=each, batch=BERT_BATCH, **common)
        return answer, np.asarray(SAMPLES / answer.duration_s)
    if row.task == "whisper":
        spoken = draws.catalog.fact("fit.mlperf-output-tokens-whisper").value
        answer = transcribe(name, chip, text_tokens=spoken, **common)
        return answer, answer.figures()["output_tokens_per_s"]
    answer = image(name, chip, steps=STEPS, batch=BATCH, active=1, **common)
    return answer, answer.figures()["images_per_s"]


def works_json(rows: Sequence[ComparedWork]) -> Json:
    """Scores by model, and the rows, as plain data.

    Parameters
    ----------
    rows : results beside their predictions

    Returns plain data.
    """
    groups: dict[str, list[ComparedWork]] = {}
    for row in rows:
        groups.setdefault(WORKS[row.row.task], []).append(row)
    return {
        "scores": {name: _scores(group) for name, group in sorted(groups.items())},
        "rows": [row.json() for row in rows],
    }


def _scores(rows: Sequence[ComparedWork]) -> Json:
    metered = [row for row in rows if row.row.wall_w]
    return {
        "throughput": score_errors(
            [row.error for row in rows], [row.per_s.p5 <= row.row.per_s <= row.per_s.p95 for row in rows]
        ),
        "wall_power": score_errors(
            [row.wall_error for row in metered],
            [row.wall_w.p5 <= float(row.row.wall_w or 0) <= row.wall_w.p95 for row in metered],
        ),
    }
