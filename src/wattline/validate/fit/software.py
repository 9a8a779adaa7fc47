"""``calibrate serving``: what engines add to, or take from, the chip model's steps, fitted to measured TTFT and TPOT.

Factors of time for each engine on each generation of chips come from TPOT (``engine_factors.py``). With them each row
is simulated; what TTFT has beyond that gives the front end's four figures, for each version, drawn to those of its
engine, and these to a prior. Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.known import family_of
from wattline.line.chip.software import Software, rank_facts, waiting_slots
from wattline.validate.evidence.compared import ComparedService
from wattline.validate.evidence.groups import TENTHS
from wattline.validate.evidence.latencies import TimedRow
from wattline.validate.fit.engine_factors import SHARP, EngineFactors, architecture, fit_factors
from wattline.validate.serving_timed import SimulatedLatency, compare_row, simulate_rows

FRONT_SCALE = np.array([0.03, 4.0, 0.2e-3, 3e-6])  # s, steps, s a sub-layer, s a token: what one may well have
FRONT_MAX = np.array([0.6, 60.0, 4e-3, 30e-6])
LEAVE_OUT = ("model", "family", "rows")
MIN_ROWS = 10  # of a model's family, for a front end of its own
MAX_SIZE = 500  # beyond, servers of the sample admit fewer requests than are under way, and do not say how many
Key = tuple[str, str]  # an engine, with or without its version, and a generation


@dataclass(frozen=True, eq=False)
class SoftwareFit:
    """Factors by engine and generation; the front end's figures by version (or engine) and generation."""

    factors: dict[Key, EngineFactors]
    front: dict[Key, Array]  # as ``FRONT_SCALE``; also by version and generation-family or chip-family of models

    def of(self, row: TimedRow) -> Software:
        """The row's software; what was not fitted is that of the chip model."""
        generation, engine = row.chip.generation, _engine(row)
        factors = self.factors.get((engine, generation), EngineFactors())
        own = (f"{row.chip.record.name}-{row.model.family}", f"{generation}-{row.model.family}", generation)
        keys = (*((row.engine, where) for where in own), (engine, generation), (engine, ""))
        front = next((self.front[key] for key in keys if key in self.front), np.zeros(4))
        return Software(
            row.engine, waiting_slots=waiting_slots(row.engine, generation, row.model.family, Draws(0)), greedy=True,
            kernel_time=factors.kernel_of(row.engine), expert_time=factors.expert,
            format_expert_time=tuple(factors.formats.items()), front_s=float(front[0]),
            held_steps=float(front[1]), prompt_layer_s=float(front[2]), prompt_token_s=float(front[3]),
            **rank_facts(row.engine, generation, Draws(0)),
        ).among(row.ranks)  # fmt: skip


RACKS = ("gb200", "gb300")  # the sample's rows of these without pools do not tell their layout


def leave_out_software(
    rows: Sequence[TimedRow], by: str, progress: Callable[[str], None] = lambda name: None
) -> tuple[list[ComparedService], dict[str, list[int]]]:
    """Each row predicted by a fit without its model, its family of models, or its tenth of the ``rows``.

    The rows that front ends are fitted to keep the times that the whole fit's factors give them.

    Parameters
    ----------
    rows : the measured rows
    by : ``model``, ``family`` or ``rows``
    progress : called with what is under way

    Returns each row beside its prediction, and the lines of those that do not fit, by reason. Raises WattlineError for
    another grouping.
    """
    if by not in LEAVE_OUT:
        raise WattlineError(f"--leave-out: unknown grouping {by!r}; take one of {', '.join(LEAVE_OUT)}")
    whole, simulated = fit_software(rows, progress)
    compared_out: list[ComparedService] = []
    unfit: dict[str, list[int]] = {}
    places = measurements(rows)
    for name, inside in _groups(list(zip(places, rows, strict=True)), lambda x: _left_out_name(x[0], x[1], by)).items():
        progress(f"without {name}")
        lines = {row.line for _, row in inside}
        others = [row for row in rows if row.line not in lines and _is_fitted(row)]
        touched = {(_engine(row), row.chip.generation) for _, row in inside}
        changed = {key: part for key, part in _groups(others, _kind).items() if key in touched}
        kept = {key: value for key, value in whole.factors.items() if key not in touched}
        factors = kept | {key: fit_factors(part) for key, part in changed.items()}
        fit = SoftwareFit(factors, fit_fronts([x for x in simulated if x[0].line not in lines]))
        rows_simulated, left = simulate_rows([row for _, row in inside], fit.of)
        compared_out += [compare_row(row, service, fit.of(row)) for row, service in rows_simulated]
        for why, missing in left.items():
            unfit.setdefault(why, []).extend(missing)
    return compared_out, unfit


def measurements(rows: Sequence[TimedRow]) -> list[int]:
    """The number of each row's measurement: a third of the sample's rows are told again, by another of its sources.

    Parameters
    ----------
    rows : as they were measured

    Returns
    -------
    For each row, from 0 in their order; the same for rows of one model on one chip whose load and latencies are alike.
    """
    first: dict[tuple[str | int, ...], int] = {}
    keys = [
        (row.model.key, row.system, row.size, row.input_tokens, row.output_tokens, f"{row.ttft_s:.3g} {row.tpot_s:.3g}")
        for row in rows
    ]
    return [first.setdefault(key, len(first)) for key in keys]


def _left_out_name(place: int, row: TimedRow, by: str) -> str:
    if by == "rows":
        return f"tenth {place % TENTHS}"
    return family_of(row.model) if by == "family" else architecture(row.model)


def _is_fitted(row: TimedRow) -> bool:
    """Whether the fit takes the row: services whose requests share all chips of one pool, of at most so many."""
    if row.prefill is not None or row.system in RACKS:
        return False
    return row.size < MAX_SIZE and row.ranks == 1


def _kind(row: TimedRow) -> Key:
    return _engine(row), row.chip.generation


def _engine(row: TimedRow) -> str:
    return row.engine.partition("-")[0]


def fit_software(
    rows: Sequence[TimedRow], progress: Callable[[str], None] = lambda name: None
) -> tuple[SoftwareFit, list[tuple[TimedRow, SimulatedLatency]]]:
    """The fit, and its rows as simulated with it.

    Parameters
    ----------
    rows : measured; those that say nothing of software are left out
    progress : called with the name of each row that is simulated

    Returns the fit, and each row that it used with its latency as simulated.
    """
    used = [row for row in rows if _is_fitted(row)]
    factors = {key: fit_factors(part) for key, part in _groups(used, _kind).items()}
    half = SoftwareFit(factors, {})
    simulated, _ = simulate_rows(used, half.of, progress)
    return SoftwareFit(factors, fit_fronts(simulated)), simulated


def _groups(rows: Sequence[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return dict(sorted(groups.items()))


def fit_fronts(pairs: Sequence[tuple[TimedRow, SimulatedLatency]]) -> dict[Key, Array]:
    """The front ends' figures: of engines, of each version on each generation, of each family of models on it and on
    each chip, each drawn to the wider one's."""
    front: dict[Key, Array] = {}
    for engine, part in _groups(pairs, lambda x: _engine(x[0])).items():
        wide = front[(engine, "")] = _fit_front(part, FRONT_SCALE / 2)
        for (name, generation), own in _groups(part, lambda x: (x[0].engine, x[0].chip.generation)).items():
            version = front[(name, generation)] = _fit_front(own, wide)
            for family, same in _groups(own, lambda x: x[0].model.family).items():
                if len(same) >= MIN_ROWS:
                    usual = front[(name, f"{generation}-{family}")] = _fit_front(same, version)
                    front |= _by_chip(name, family, same, usual)
    return front


def _by_chip(
    name: str, family: str, pairs: Sequence[tuple[TimedRow, SimulatedLatency]], usual: Array
) -> dict[Key, Array]:  # fmt: skip
    """The same of each chip, where one version served a family on several chips of a generation."""
    chips = _groups(pairs, lambda x: x[0].chip.record.name)
    return {
        (name, f"{chip}-{family}"): _fit_front(part, usual)
        for chip, part in chips.items()
        if len(chips) > 1 and len(part) >= MIN_ROWS
    }


def _fit_front(pairs: Sequence[tuple[TimedRow, SimulatedLatency]], prior: Array) -> Array:
    steps = np.array([simulated.ttft_s for _, simulated in pairs])
    each = np.array([
        (1.0, simulated.tpot_s, simulated.sub_layers * simulated.prompt_steps, simulated.prompt_tokens)
        for _, simulated in pairs
    ])  # fmt: skip
    measured = np.array([row.ttft_s for row, _ in pairs])

    def residuals(x: Array) -> Array:
        errors = np.log((steps + each @ (x * FRONT_SCALE)) / measured)
        return np.concatenate([errors, x - prior / FRONT_SCALE])

    start = np.maximum(prior / FRONT_SCALE, 0.1)
    best = least_squares(residuals, start, bounds=(0.0, FRONT_MAX / FRONT_SCALE), loss="soft_l1", f_scale=SHARP)
    return np.asarray(best.x * FRONT_SCALE)
