"""BERT, Whisper and Stable Diffusion XL of MLPerf Inference beside what `embed`, `transcribe` and `image` predict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.validate.evidence.mlperf_inference import refuse_other_columns
from wattline.validate.evidence.mlperf_works import WORKS, WorkResult, read_works
from wattline.validate.fit.mlperf_works import catalogs_without, predict_work, server_share
from wattline.validate.score import score_errors


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
    answer, rate = predict_work(row, draws)
    per_s = np.asarray(rate * row.chips * server_share(row, draws))
    hosts = row.chips / row.chip.node_chips  # a part of a usual server has its part of the host
    watts = answer.figures()["chip_w"] * row.chips + hosts * draws(row.chip.server["host_w"])
    size = max(draws.n, 1)
    return ComparedWork(row, Range.of(np.broadcast_to(per_s, size)), Range.of(np.broadcast_to(watts, size)))


@dataclass(frozen=True, eq=False, repr=False)
class WorksValidation(Result):
    """All results of a file beside their predictions; ``unused`` says why others are not there."""

    works: Sequence[ComparedWork]
    unused: Sequence[tuple[int, str]]
    draws: Draws
    left_out: str = ""
    source: str = ""

    def json(self) -> Json:
        groups: dict[str, list[ComparedWork]] = {}
        for work in self.works:
            groups.setdefault(f"{WORKS[work.row.task]}, {work.row.chip.record.name}", []).append(work)
        results = works_json(self.works) | {
            "groups": {name: _scores(own) for name, own in sorted(groups.items())},
            "unusable": [{"line": line, "row": "", "why": why} for line, why in self.unused],
        }
        inputs = {"source": self.source, "left_out": self.left_out or None}
        return envelope("validate encoding", inputs, results, draws=self.draws)


def validate_works(
    path: Path,
    catalog: Catalog,
    leave_out: str = "",
    draws: int = 1000,
    progress: Callable[[str], None] = lambda name: None,
) -> WorksValidation:
    """Results beside predictions, by the coefficients as shipped or by those of a fit without each one's group.

    Parameters
    ----------
    path : of a file with the columns of ``read_mlperf``
    catalog : whose facts are taken
    leave_out : chip or generation; empty for the fit as shipped
    draws : of the facts' ranges
    progress : called with what is under way

    Returns the comparison. Raises WattlineError where the file has none of these results.
    """
    refuse_other_columns(path)
    rows, unused = read_works(path, catalog)
    if not rows:
        raise WattlineError(f"{path}: no result of BERT, Whisper or Stable Diffusion XL that can be compared")
    catalogs = catalogs_without(rows, leave_out, catalog, progress) if leave_out else [catalog] * len(rows)
    own = {id(each): Draws(draws, catalog=each) for each in catalogs}
    works = [compare_work(row, own[id(each)]) for row, each in zip(rows, catalogs, strict=True)]
    return WorksValidation(works, sorted(unused.items()), Draws(draws, catalog=catalog), leave_out, str(path))


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
