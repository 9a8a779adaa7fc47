"""Measured services held against the simulator: ML.ENERGY's steady states (``serving_timed.py`` has TTFT and TPOT).

As the benchmark does it (``window.py``): all requests of a run wait from the start and ``max_num_seqs`` admits as many;
latencies count over the whole run, joules and tokens while the batch is full and some still wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.kernel_state import BIN_ENERGY, BIN_TOKENS
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.simulate import Routing, Side, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import Tables, tables
from wattline.validate.evidence.compared import ComparedService, pick
from wattline.validate.evidence.serving import SERVING_MEMORY, ServingRow, Table, read_rows
from wattline.validate.evidence.steady import TaskAssumptions, stall
from wattline.validate.evidence.window import requests, spread
from wattline.validate.fit.step_file import fit_from_catalog
from wattline.validate.score import score_errors

STEP_TOKENS = 8192
TASKS = ("lm-arena-chat", "gpqa", "sourcegraph-fim")  # text alone: images and video are prepared outside of steps


def whole_run(
    row: ServingRow, size: int, inputs: Array, outputs: Array, cached: Array, stall_s: float
) -> ServiceOutcome:
    """All requests of a row's run, ``size`` of them under way as long as there are so many.

    Parameters
    ----------
    row : the measured configuration
    size : requests that run at once
    inputs, outputs : tokens of each prompt and answer, shape ``(requests,)``
    cached : tokens of each prompt that are in the cache, shape ``(requests,)``
    stall_s : time that every step waits for its host [s]

    Returns
    -------
    Times of the requests, and bins of energy.

    Raises WattlineError where no request fits the cache.
    """
    device = load_chip(row.chip.record.name, Draws(0))
    budget, chips = max(STEP_TOKENS, size), row.chips
    limits = cache_limits(
        row.model, device.memory_bytes, chips, row.precision, size, budget, memory_share=SERVING_MEMORY
    )
    same = setting(row.model, device, chips, row.precision, expert_parallel=row.expert_parallel)
    table = _stalled(tables(same, size, budget, float((inputs + outputs).max())), stall_s)
    whole = simulate(Side(table, limits, Routing()), np.zeros(len(inputs)), inputs, outputs, cached_tokens=cached)
    if not len(whole.arrival_s):
        raise WattlineError("no request fits the cache")
    return whole


def joules_a_token(served: ServiceOutcome, size: int) -> float:
    """While ``size`` requests run and some wait: from when so many have begun until all but so many have ended; over
    the whole run where the cache never holds so many.

    Parameters
    ----------
    served : the simulated service
    size : requests at once

    Returns
    -------
    Joules a token.
    """
    last = max(len(served.end_s) - size - 2, 0)
    begin, end = np.sort(served.first_s)[min(size, len(served.first_s)) - 1], np.sort(served.end_s)[last]
    if end - begin < served.bin_s:
        begin, end = 0.0, served.horizon_s
    edges = served.edges_s
    inside = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0.0, None) / served.bin_s
    sums = inside @ served.bins[0]
    return float(sums[BIN_ENERGY] / sums[BIN_TOKENS])


def _stalled(table: Tables, stall_s: float) -> Tables:
    """Every step waits so long for its host, the chips at static power."""
    more_j = stall_s * table.static_w
    return table._replace(
        time_s=table.time_s + stall_s,
        energy_j=table.energy_j + more_j * table.chips,
        raw_time_s=table.raw_time_s + stall_s,
        raw_energy_j=table.raw_energy_j + more_j,
    )


def hold_steady(
    path: Path, most: int = 60, progress: Callable[[str], None] = lambda name: None
) -> list[ComparedService]:
    """Rows of ML.ENERGY's columns: inter-token latency, median and p90, and joules a token.

    Parameters
    ----------
    path : of the file
    most : rows at most
    progress : called with what is under way

    Returns each row beside its prediction. Raises WattlineError where no row can be held.
    """
    rows, _ = read_rows(path)
    usable = [row for row in rows if row.task in TASKS and "max_num_seqs" in row.data and row.data.get("p90_itl_ms")]
    if not usable:
        raise WattlineError(f"{path}: no row of {', '.join(TASKS)} with max_num_seqs and p90_itl_ms")
    fit = fit_from_catalog()
    comparisons = []
    for i, row in enumerate(pick(usable, most)):
        progress(f"{i + 1} {row.model.name}")
        comparisons.append(_steady(row, fit.assumed, i))
    return comparisons


def _steady(row: ServingRow, assumed: TaskAssumptions, seed: int) -> ComparedService:
    rng = np.random.default_rng(seed)
    size = max(int(row.most), 1)
    n = int(requests(row.task, size))
    shape = 1 / spread(row.task) ** 2
    outputs = np.maximum(rng.gamma(shape, row.output / shape, n), 1.0)
    inputs = np.maximum(rng.exponential(assumed.input_tokens[row.task], n), 1.0)
    distinct = np.inf if row.model.mamba_layers else assumed.distinct.get(row.task, np.inf)
    again = rng.random(n) > 1.0 / np.sqrt(1.0 + (size / distinct) ** 2)  # prompts met before: the data set is small
    stall_s = assumed.stall_s * float(stall(Table.of([row]))[0])
    cached = np.where(again, inputs.astype(int), 0)
    served = whole_run(row, size, inputs.astype(int), np.maximum(outputs, 1).astype(int), cached, stall_s)
    joules = joules_a_token(served, size)
    return ComparedService(
        f"{row.model.key} on {row.chips} × {row.chip.record.name}, {row.task}, {size}",
        row.chip.record.name,
        {
            "itl_p50_s": row.itl_s,
            "itl_p90_s": float(row.data["p90_itl_ms"]) / 1e3,
            "j_per_output_token": row.energy_per_token_j,
        },
        {"itl_p50_s": served.itl_s(50), "itl_p90_s": served.itl_s(90), "j_per_output_token": joules},
    )


def score(rows: Sequence[ComparedService]) -> dict[str, Json]:
    """The score (``score_errors``) of each measure; none of a measure without a known error."""
    scores = {measure: score_errors([row.error(measure) for row in rows]) for measure in rows[0].measured}
    return {measure: row for measure, row in scores.items() if row["n"]}


@dataclass(frozen=True, eq=False, repr=False)
class ServingValidation(Result):
    """Measured services beside the simulator's; ``skipped``: lines of the file by the reason for which they are not."""

    rows: Sequence[ComparedService]
    skipped: Mapping[str, Sequence[int]]
    source: str
    left_out: str | None = None

    def json(self) -> Json:
        results = {
            "scores": score(self.rows),
            "groups": {name: score(rows) for name, rows in groups(self.rows).items()},
            "rows": [{"row": row.name, "measured": row.measured, "predicted": row.predicted} for row in self.rows],
            "skipped": {why: {"count": len(lines), "line_numbers": list(lines)} for why, lines in self.skipped.items()},
        }
        return envelope("validate serving", {"source": self.source, "left_out": self.left_out}, results)


def groups(rows: Sequence[ComparedService]) -> dict[str, list[ComparedService]]:
    names = sorted({row.group for row in rows})
    return {name: [row for row in rows if row.group == name] for name in names}
