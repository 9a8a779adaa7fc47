"""Measured TTFT and TPOT held against the simulator: the same closed loop, engine and lengths.

``size`` requests are sent at once, then one whenever one ends. The mean over all counts, the first ones, which wait
for each other's prompts, included, as in the measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.serving import Serving
from wattline.line.chip.software import Software, load_software
from wattline.line.engine.simulator.front_end import front_end_s
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.engine.simulator.simulate import Routing, Side, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import tables
from wattline.validate.evidence.compared import ComparedService, pick
from wattline.validate.evidence.latencies import TimedRow, read_timed
from wattline.validate.serving_pools import pool_rows

STEP_TOKENS = 8192
# share of what a driver reports that weights and cache fill: an assumption, with which fit/software.toml was made
MEMORY_SHARE = 0.95
MIN_REQUESTS = 20
# of the prompts that are sent with a first one, those that its host prepares before it: of 0, 1/4, 1/2 and 1, what fits
PREPARED_BEFORE = 0.5


@dataclass(frozen=True)
class SimulatedLatency:
    """What the simulator's steps alone say of a row, and what the front end adds to."""

    ttft_s: float
    tpot_s: float
    sub_layers: float
    prompt_steps: float
    prompt_tokens: float

    def total_ttft_s(self, soft: Software) -> float:
        late = front_end_s(soft, self.sub_layers, self.tpot_s, self.prompt_steps, self.prompt_tokens)
        return self.ttft_s + float(late)


def software_of(row: TimedRow) -> Software:
    """The row's engine; one that is not known is taken as the chip model's own. Benchmarks sample greedily."""
    try:
        return load_software(
            row.engine, row.chip.generation, Draws(0), family=row.model.family, chip=row.chip.record.name, greedy=True
        ).among(row.ranks)
    except WattlineError:
        return Software(row.engine, greedy=True)


def simulate_row(row: TimedRow, soft: Software) -> SimulatedLatency:
    """The row's closed loop. Raises WattlineError where the model does not fit its chips.

    Parameters
    ----------
    row : a measured set-up with its latencies
    soft : what the engine adds to a step

    Returns
    -------
    TTFT and TPOT [s].
    """
    if row.prefill is not None:
        loop = pool_rows(row, soft)
        return SimulatedLatency(
            loop.ttft_s, loop.tpot_s, float(row.model.layers), _prompt_steps(row), _prompt_tokens(row)
        )
    same = setting(
        row.model, row.chip, row.chips, row.precision, expert_parallel=row.expert_parallel,
        serving=Serving(row.ranks, soft),
    )  # fmt: skip
    n = max(row.rounds * row.size, MIN_REQUESTS if row.rounds > 1 else 1)
    rng = np.random.default_rng(row.line)
    inputs, outputs = (
        np.maximum(rng.uniform(*row.spread, n) * tokens, 1).astype(int)
        for tokens in (row.input_tokens, row.output_tokens)
    )
    served = simulate(_side(row, same, soft), np.zeros(n), inputs, outputs)
    if len(served.arrival_s) < n:
        raise WattlineError("a request is longer than the cache holds")
    ends = np.sort(served.end_s)
    sent = np.concatenate([np.zeros(min(row.size, n)), ends[: max(n - row.size, 0)]])
    tpot = served.tpot_s
    return SimulatedLatency(
        float(np.mean(served.first_s - sent)),
        float(np.nanmean(tpot)) if np.isfinite(tpot).any() else float("nan"),
        float(same.shape.layers),
        _prompt_steps(row),
        _prompt_tokens(row),
    )


def _side(row: TimedRow, same: ReplicaSteps, soft: Software) -> Side:
    """One replica: the tables of its steps and its scheduler's limits."""
    slots = max(row.size - soft.waiting_slots, 1)
    limits = cache_limits(
        row.model, row.chip.memory_bytes, row.chips, row.precision, slots, max(STEP_TOKENS, row.size),
        memory_share=MEMORY_SHARE, serving=Serving(row.ranks),
    )  # fmt: skip
    longest = row.spread[1] * (row.input_tokens + row.output_tokens)
    prompt = float(np.mean(row.spread)) * row.input_tokens
    return Side(tables(same, slots, limits.max_num_batched_tokens, longest, prompt), limits, Routing())


def _prompt_steps(row: TimedRow) -> float:
    """Steps that read prompts, a request's own and those before it: the first ones queue for each other."""
    each = float(np.mean(row.spread)) * row.input_tokens / STEP_TOKENS
    first = 1.0 / row.rounds
    return float((1.0 - first) * max(1.0, each) + first * max(1.0, row.size * each / 2 + 0.5))


def _prompt_tokens(row: TimedRow) -> float:
    """Tokens that the host prepares before a request's first step: its own, of the first ones a part of the others'."""
    before = PREPARED_BEFORE * (row.size - 1) / 2 / row.rounds
    return float(np.mean(row.spread) * row.input_tokens * (1.0 + before))


def simulate_rows(
    rows: Sequence[TimedRow],
    software: Callable[[TimedRow], Software] = software_of,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[list[tuple[TimedRow, SimulatedLatency]], dict[str, list[int]]]:
    """Each row with what the simulator says; and the lines of those that do not fit, by reason.

    Parameters
    ----------
    rows : the measured rows
    software : of each row
    progress : called with what is under way

    Returns the rows, and the lines of the others.
    """
    pairs: list[tuple[TimedRow, SimulatedLatency]] = []
    left: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        progress(f"{i + 1} of {len(rows)}: {row.model.name} on {row.system}")
        try:
            pairs.append((row, simulate_row(row, software(row))))
        except WattlineError as error:
            why = "does not fit its chips" if "does not fit" in str(error) else str(error)
            left.setdefault(why, []).append(row.line)
    return pairs, left


def hold_timed(
    path: Path, most: int | None = None, progress: Callable[[str], None] = lambda name: None
) -> tuple[list[ComparedService], dict[str, list[int]]]:
    """Rows with measured TTFT and TPOT, all or ``most`` of each system; and the lines of those not held, by reason.

    Parameters
    ----------
    path : of the file
    most : rows of each system; all where None
    progress : called with what is under way

    Returns each row beside its prediction, and the lines of the others. Raises WattlineError where no row can be held.
    """
    rows, left = read_timed(path)
    pairs, unfit = simulate_rows(some(rows, most), software_of, progress)
    if not pairs:
        raise WattlineError(f"{path}: no row that can be held: {'; '.join(unfit)}")
    return [compare_row(row, simulated, software_of(row)) for row, simulated in pairs], left | unfit


def some(rows: Sequence[TimedRow], most: int | None) -> list[TimedRow]:
    """Some rows of each system, evenly spread.

    Parameters
    ----------
    rows : as they were measured
    most : number of rows of a system; None for all

    Returns
    -------
    The rows.
    """
    systems = sorted({row.system for row in rows})
    parts = [[row for row in rows if row.system == system] for system in systems]
    return [row for part in parts for row in (part if most is None else pick(part, most))]


def compare_row(row: TimedRow, simulated: SimulatedLatency, soft: Software) -> ComparedService:
    """A row beside what was simulated.

    Parameters
    ----------
    row : as it was measured
    simulated : of it
    soft : its engine and front end

    Returns mean latencies, measured and predicted [s].
    """
    measured = {"mean_ttft_s": row.ttft_s, "mean_tpot_s": row.tpot_s}
    predicted = {"mean_ttft_s": simulated.total_ttft_s(soft), "mean_tpot_s": simulated.tpot_s}
    return ComparedService(row.name, row.group, measured, predicted)
