"""``validate mlperf``: tokens/s and wall watts of MLPerf Inference's language models beside the predicted ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.tuned import KNOWN, SPREAD, load_tuned, nearest_tuned, spread_level
from wattline.line.engine.steady_load import Best, load_facts
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.evidence.mlperf_works import read_works
from wattline.validate.fit.mlperf import predict_row
from wattline.validate.fit.mlperf_left_out import compared_times, group_of, predict_left_out
from wattline.validate.fit.mlperf_ranges import ranges_of_others
from wattline.validate.mlperf_works import ComparedWork, compare_work, works_json
from wattline.validate.score import score_errors


@dataclass(frozen=True, eq=False)
class ComparedResult:
    """A result beside its prediction; None where the model fits no layout of the system."""

    row: MlperfRow
    best: Best | None
    tokens_per_s: Range | None = None
    wall_w: Range | None = None

    @property
    def error(self) -> float:
        """Of the tokens a second."""
        return np.nan if self.tokens_per_s is None else self.tokens_per_s.p50 / self.row.tokens_per_s - 1.0

    @property
    def wall_error(self) -> float:
        """Of the wall's watts; not a number where they were not measured."""
        unknown = self.wall_w is None or self.row.wall_w is None
        return np.nan if unknown else self.wall_w.p50 / self.row.wall_w - 1.0  # type: ignore[union-attr, operator]

    def json(self) -> Json:
        """The row as plain data."""
        row, layout = self.row, self.best
        return {
            "line": row.line,
            "round": row.round,
            "model": row.model.key,
            "scenario": row.scenario,
            "chip": row.chip.record.name,
            "chips": row.chips,
            "precision": row.precision,
            "engine": row.engine,
            "layout": None if layout is None else str(layout.layout),
            "batch": None if layout is None else layout.batch,
            "measured_output_tokens_per_s": row.tokens_per_s,
            "predicted_output_tokens_per_s": None if self.tokens_per_s is None else self.tokens_per_s.json(),
            "measured_wall_w": row.wall_w,
            "predicted_wall_w": None if self.wall_w is None else self.wall_w.json(),
            "error_percent": 100 * self.error if np.isfinite(self.error) else None,
        }


@dataclass(frozen=True, eq=False, repr=False)
class MlperfValidation(Result):
    """All results of language models beside their predictions; ``unused`` says why others are not there."""

    rows: Sequence[ComparedResult]
    unused: Sequence[tuple[int, str, str]]
    draws: Draws
    left_out: str = ""
    by: str = "chip"
    source: str = ""
    works: Sequence[ComparedWork] = ()

    def score(self, rows: Sequence[ComparedResult]) -> Json:
        """The scores (``score_errors``) of tokens a second and of wall watts."""
        inside = [_holds(row.tokens_per_s, row.row.tokens_per_s) for row in rows]
        metered = [row for row in rows if row.row.wall_w]
        return {
            "throughput": score_errors([row.error for row in rows], inside),
            "wall_power": score_errors(
                [row.wall_error for row in metered], [_holds(row.wall_w, row.row.wall_w) for row in metered]
            ),
        }

    def json(self) -> Json:
        groups: dict[str, list[ComparedResult]] = {}
        for row in self.rows:
            groups.setdefault(group_of(row.row, self.by), []).append(row)
        results = {
            "scores": self.score(self.rows),
            "groups": {name: self.score(rows) for name, rows in sorted(groups.items())},
            "rows": [row.json() for row in self.rows],
            "works": works_json(self.works),
            "unusable": [{"line": line, "row": row, "why": why} for line, row, why in self.unused],
        }
        inputs = {"source": self.source, "left_out": self.left_out or None, "by": self.by}
        return envelope("validate mlperf", inputs, results, draws=self.draws)


def _holds(predicted: Range | None, measured: float | None) -> bool:
    return predicted is not None and measured is not None and predicted.p5 <= measured <= predicted.p95


def validate(
    rows: Sequence[MlperfRow],
    unused: Sequence[tuple[int, str, str]],
    catalog: Catalog,
    leave_out: str = "",
    draws: int = 1000,
    by: str = "chip",
    source: str = "",
    progress: Callable[[str], None] = lambda name: None,
) -> MlperfValidation:
    """Results beside the shipped coefficients' predictions, or each group beside those of a fit without it.

    Parameters
    ----------
    rows, unused : as ``read_mlperf`` gives them
    catalog : whose facts are taken
    leave_out : rows, chip, model or generation; empty for the fit as shipped
    draws : of the spreads
    by : what scores are grouped by
    source : names the rows' file
    progress : called with what is under way

    Returns
    -------
    Rows beside predictions, and those that are not used.
    """
    drawn, plain = Draws(draws, catalog=catalog), load_facts(catalog)
    ranges: Sequence[tuple[float, float] | None] = [None] * len(rows)
    if leave_out:
        results = predict_left_out(rows, leave_out, plain, progress)
        level = {"rows": KNOWN, "chip": "generation", "model": "chip", "generation": "vendor"}[leave_out]
        levels, ranges = [level] * len(rows), _ranges_of_others(rows, results, leave_out, level)
    else:
        central = Draws(0, catalog=catalog)
        results = [predict_row(row, load_tuned(row.chip, central, row.engine, row.year), plain) for row in rows]
        levels = [_level(row, catalog) for row in rows]
    compared = [_compared(*each, drawn) for each in zip(rows, results, levels, ranges, strict=True)]
    return MlperfValidation(compared, unused, drawn, leave_out, by, source)


def with_works(result: MlperfValidation, path: Path, catalog: Catalog, draws: int = 1000) -> MlperfValidation:
    """The same with the file's results of BERT, Whisper and Stable Diffusion XL.

    Parameters
    ----------
    result : of its language models
    path : of the file
    catalog : whose facts are taken
    draws : of the spreads

    Returns
    -------
    The comparison with all of them.
    """
    rows, why = read_works(path, catalog)
    compared = {row.line for row in rows}
    unused = [(line, row, why.get(line, words)) for line, row, words in result.unused if line not in compared]
    return replace(result, works=[compare_work(row, Draws(draws, catalog=catalog)) for row in rows], unused=unused)


def _level(row: MlperfRow, catalog: Catalog) -> str:
    """What was measured that is nearest to a result: its chip under its load, its chip, or its chip's kin."""
    level = nearest_tuned(row.chip, catalog)
    loaded = f"mlperf-fitted-input-tokens-{row.task}" in catalog.records("fit")
    return KNOWN if level == "chip" and loaded else level


def _ranges_of_others(
    rows: Sequence[MlperfRow], results: Sequence[Best | None], by: str, level: str
) -> list[tuple[float, float] | None]:
    """Each left-out row's range of time as the other groups show it: the shipped ones are of all of them."""
    ends = iter(ranges_of_others(compared_times(rows, results, by), level))
    return [next(ends) if result else None for result in results]


def _compared(
    row: MlperfRow, result: Best | None, level: str, ends: tuple[float, float] | None, draws: Draws
) -> ComparedResult:
    """A row beside its prediction: its range is that of its level's facts, or ``ends`` of its time."""
    if result is None:
        return ComparedResult(row, None)
    of = spread_level(level, row.chip, draws.catalog)
    time, power = (draws(f"fit.{SPREAD}-{what}-{of}", "") for what in ("time", "power"))
    nodes, host = row.chips / row.node_chips, row.chip.server["host_w"]
    share = row.node_chips / row.chip.node_chips  # of a usual server's chips, the host's power goes with them
    watts = np.minimum(result.chip_w * power, float(row.chip.tdp_w)) * row.chips + nodes * share * draws(host)
    center = result.tokens_per_s * row.chips
    rate = Range.of(center / time) if ends is None else Range(center / ends[1], center, center / ends[0], center)
    return ComparedResult(
        row,
        result,
        replace(rate, p50=min(max(center, rate.p5), rate.p95)),
        Range.of(np.broadcast_to(watts, np.shape(time))),
    )
