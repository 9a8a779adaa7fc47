"""``calibrate training``: the factors of production training and the levels of power, fitted to published runs.

The factors: ``validate/production_fit.py``. PowerRow: the fraction of TDP that measured, non-circular rows leave to the
chip once its host, its network and its pauses are taken off. Deterministic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.production import power_is_measured
from wattline.line.chip.training.step import best_plan, training_step
from wattline.line.engine.training import chips_to_hold
from wattline.line.work.model import Model, load_model
from wattline.line.work.training import usual_sequence
from wattline.validate.energy_scope import energy_problem, energy_scope
from wattline.validate.evidence.training_runs import Run
from wattline.validate.fit import production as production_fit
from wattline.validate.fit.group_range import group_range
from wattline.validate.fit.production import NAMES, Point, errors, leave_one_house_out, leave_one_out, points

MIN_ROWS = 5
METER_RANGE = 1.1  # of one maker's nodes beside another's, and one benchmark's beside another's
ABOUT = {
    "slowness": "time of a run to its end beside its tuned steps: stalls, restarts, evaluation, what was never tuned",
    "wide-slowness": "extra slowness of BF16 training on chips that can compute in FP8",
    "elementwise-slowness": "time of elementwise work in a run to its end beside fused kernels",
}


@dataclass(frozen=True)
class PowerRow:
    """One measured run as the power levels see it."""

    run: Run
    generation: str
    fraction: float


def power_points(runs: Sequence[Run]) -> list[PowerRow]:
    """Chip power at work as a fraction of TDP, of the rows that measured it: host, network and pauses taken off."""
    return list(_power_points(runs))


def _power_points(runs: Sequence[Run]) -> Iterator[PowerRow]:
    draws = Draws(0)
    for run in runs:
        if run.chip is None or not run.energy_wh or not run.chip_hours or energy_problem(run):
            continue
        chip = load_chip(run.chip.name, draws)
        mean_w = run.energy_wh / run.chip_hours - _others_w(run, chip)
        working = 1.0 if run.benchmark else float(draws("fit.training-goodput"))
        active_w = (mean_w - float(chip.idle_w) * (1.0 - working)) / working
        least = float(chip.idle_w / chip.tdp_w)
        yield PowerRow(run, chip.generation, float(np.clip(active_w / chip.tdp_w, min(least, 1.0), 1.0)))


def _others_w(run: Run, chip: Chip) -> float:
    """Watts per chip of what was measured beside the chip."""
    assert run.energy_wh is not None
    assert run.chip_hours is not None
    scope = energy_scope(run.basis)
    if scope == "chip":
        return 0.0
    if scope == "node":
        return float(chip.host_w)
    total = run.energy_wh / run.chip_hours
    return total - total / (run.pue or 1.0) + float(chip.host_w + chip.network_w)


def calibrate_training(runs: Sequence[Run]) -> str:
    """The text of ``catalog/fit/training.toml``. Raises WattlineError where usable runs are too few."""
    data = points(runs)
    if len(data) < MIN_ROWS:
        raise WattlineError(f"{len(data)} usable runs are too few to fit training; {MIN_ROWS} or more are needed")
    fitted = production_fit.fit(data)
    houses_out = leave_one_house_out(data)
    ratios = {
        "fitted": fitted.residuals(data),
        "left out one at a time": leave_one_out(data),
        "one house at a time": houses_out,
    }
    shown = [f"{median:.0%} ({mean:.0%}) {how}" for how, (median, mean) in ((h, errors(r)) for h, r in ratios.items())]
    within = f"{len(data)} runs; median (mean) error of chip-hours {', '.join(shown)}"
    power = power_points(runs)
    about = "published runs that the factors of training were fitted to"
    rows = [_rows("training-rows", about, len(data), _seen(runs), {p.house for p in data})]
    if power:
        keys = {point.run.power_key for point in power}
        about = "published runs that power in training was fitted to"
        rows.append(_rows("power-rows", about, len(power), keys, {point.run.house for point in power}))
    unsure = production_fit.standard_errors(data)
    spread = _spread_fact(houses_out, [point.house for point in data], unsure["slowness"])
    facts = [*_factor_facts(fitted.logs, unsure, data), spread]
    facts += [*_power_facts(power), *_meter_facts(power)]
    return "\n".join([_HEAD.format(within=within), *rows, *facts])


def _seen(runs: Sequence[Run]) -> set[str]:
    """The models of all rows that give tokens and hours, benchmarks in; the row's name where the catalog has none."""
    used = [run for run in runs if run.tokens and run.chip_hours]
    return {key for run in used for key in ([model.key for model in run.models] or [run.name])}


def _factor_facts(logs: Array, unsure: dict[str, float], data: Sequence[Point]) -> Iterator[str]:
    for name, log in zip(NAMES, logs, strict=True):
        rows = [p for p in data if p.rarely_tuned] if name == "wide-slowness" else data
        note = f"{len(rows)} runs of {len({p.house for p in rows})} houses"
        error = Z95 * unsure.get(name, 0.0)
        value = tuple(float(np.exp(log + off)) for off in ((0.0, -error, error) if error else (0.0,)))
        yield _fact(
            f"training-{name}", ABOUT[name], value, note + ("; the range by leaving out houses" if error else "")
        )


def _spread_fact(left_out: Array, houses: Sequence[str], unsure: float) -> str:
    """How runs scatter around their prediction, each predicted without its house.

    Runs of a house lie off together, by a shift that a dozen houses tell of (Student's t), and scatter around that. Of
    this range, what the common factor is unsure by (``unsure``, of its log) is told with that factor.
    """
    ends = np.log(group_range(left_out, np.array(houses), few=True))
    beside = np.sqrt(np.maximum(ends**2 - (Z95 * unsure) ** 2, 0.0))
    return _fact("training-run-spread", "run-to-run variation in duration", (1.0, *np.exp([-beside[0], beside[1]])))


def _power_facts(power: Sequence[PowerRow]) -> Iterator[str]:
    """A level for each generation measured: the median of its rows, with the spread of runs around such a level."""
    spread = catalog.fact("fit.training-power-spread")
    for name in sorted({point.generation for point in power}):
        own = [point for point in power if point.generation == name]
        level = float(np.median([point.fraction for point in own]))
        yield _fact(
            f"training-power-{name}",
            f"{name.title()} chips: power in training as a fraction of TDP",
            (level, level * spread.low, min(level * spread.high, 1.0)),
            "benchmarks (MLPerf) alone were measured" if all(point.run.benchmark for point in own) else "",
        )


def _meter_facts(power: Sequence[PowerRow]) -> Iterator[str]:
    """For each generation whose steps' joules are known: metered benchmarks beside the power that their steps have."""
    ratios: dict[str, list[float]] = {}
    for point in power:
        model = _metered_model(point.run)
        if point.run.benchmark and model and point.run.chip:
            chip = load_chip(point.run.chip.name, Draws(0))
            if power_is_measured(chip):
                ratio = point.fraction * float(chip.tdp_w) / _step_power_w(model, point.run, chip)
                ratios.setdefault(point.generation, []).append(ratio)
    for name, values in sorted(ratios.items()):
        middle = float(np.median(values))
        about = f"{name.title()} chips: power at meters of nodes in training beside what the joules of steps say"
        yield _fact(f"training-meter-{name}", about, (middle, middle / METER_RANGE, middle * METER_RANGE))


def _metered_model(run: Run) -> Model | None:
    """The model of a benchmark's row; that which is tuned by LoRA computes as the whole model does."""
    if run.model:
        return run.model
    named = [name for word in run.name.split() if (name := re.sub("-lora$", "", word, flags=re.IGNORECASE)) != word]
    known = catalog.default().names("model")
    return next((load_model(name, catalog.default()) for name in named if catalog.plain_name(name) in known), None)


def _step_power_w(model: Model, run: Run, chip: Chip) -> float:
    """Watts in a tuned step of the model, on no fewer chips than hold all of its training states."""
    least = chips_to_hold(model.total_params, chip.memory_bytes, chip.catalog)
    chips = max(int(run.chips or 1), 2 ** int(np.ceil(np.log2(2 * least))))
    plan = best_plan(model, chip, chips, usual_sequence(model, chip.catalog), run.precision, strict=False)
    return float(training_step(model, chip, plan, run.precision, chip.draws).power_w)


_HEAD = """\
# Made by `wattline calibrate training FILE.csv`; do not edit. {within}.

[_sources]
runs = {{ title = "Fitted to runs of papers, model cards and MLPerf node meters", year = 2026, where = "{within}" }}

[_default]
source = "runs"
"""


def _rows(name: str, about: str, count: int, fitted_to: set[str], houses: set[str]) -> str:
    lines = [f"[{name}]", f"name = {_text(about)}", f"value = {count}", 'unit = ""', 'basis = "derived"']
    lists = {"fitted_to": fitted_to, "houses": houses}
    lines += [f"{key} = [{', '.join(_text(item) for item in sorted(items))}]" for key, items in lists.items()]
    return "\n".join([*lines, ""])


def _fact(name: str, about: str, value: tuple[float, ...], note: str = "") -> str:
    """A record with value, or value, low and high."""
    lines = [f"[{name}]", f"name = {_text(about)}", f"value = {value[0]:.4g}"]
    if len(value) == 3:
        lines += [f"low = {value[1]:.4g}", f"high = {value[2]:.4g}", 'dist = "lognormal"']
    lines += [f"note = {_text(note)}"] if note else []
    return "\n".join([*lines, 'unit = ""', 'basis = "derived"', ""])


def _text(words: str) -> str:
    """A TOML string."""
    return json.dumps(words, ensure_ascii=False)
