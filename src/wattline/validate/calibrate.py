"""``calibrate training``: the few coefficients of MFU and training power, fitted to published runs.

MFU: a reachable level for each chip generation with enough rows (the others share one), a factor for software of
2022 and before, and one slowing of narrow layers: the least of a short list whose leave-one-out error is within one
standard error of the best (Hastie et al., The Elements of Statistical Learning, section 7.10). Smoothed absolute
errors of log MFU, with levels drawn towards each other, so that few rows cannot pull a level far. How unsure a level
is goes by the houses behind it, not by the rows. Power: the fraction of TDP that measured, non-circular rows leave to
the chip once its host, its network and its pauses are taken off. Deterministic.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from wattline import catalog
from wattline.chip.device import Chip, load_chip
from wattline.chip.utilisation import old_software, share_of_peak
from wattline.draws import Draws
from wattline.errors import WattlineError
from wattline.fact import Z95, Array
from wattline.validate.rows import Run
from wattline.validate.training import energy_problem, energy_scope, work_of

OWN_LEVEL_ROWS = 5  # rows that a generation needs for a level of its own
SLOWINGS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
SMOOTH = 0.1  # below it errors of log MFU count squared, above it by their size
# What sets generations apart is mostly their narrowness, which the slowing has; a level's own part is taken to be about
# 18% (one standard deviation s), beside runs that scatter by 25% (b): b / (2 s²) is what a level costs for lying off.
PULL_LEVELS = 4.0
PULL_OLD = 1.0  # the same for the factor of old software, with s = 35%


@dataclass(frozen=True)
class Point:
    """One run as the MFU fit sees it."""

    name: str
    generation: str
    house: str
    narrowness: float
    old: bool
    log_mfu: float


def points(runs: Sequence[Run]) -> list[Point]:
    """The runs that give model, tokens, chip and hours; benchmarks are tuned and left out."""
    return [_point(run) for run in runs if _fits_mfu(run)]


def _fits_mfu(run: Run) -> bool:
    known = bool(run.models) or bool(run.active_params)
    return known and not run.benchmark and bool(run.chip and run.precision and run.tokens and run.chip_hours)


def _point(run: Run) -> Point:
    assert run.chip is not None
    assert run.chip_hours is not None
    draws = Draws(0)
    chip = load_chip(run.chip.name, draws)
    hidden, year, flops = work_of(run)
    reached = flops / (run.chip_hours * 3600 * chip.peak_flops(run.precision))
    return Point(
        run.name,
        chip.generation,
        run.house,
        chip.peak_flops("bf16") / float(chip.bandwidth_bytes_per_s) / hidden,
        old_software(chip, year),
        float(np.log(reached / share_of_peak(chip, run.precision, draws))),
    )


@dataclass(frozen=True)
class MfuFit:
    """Fitted levels by generation (``""`` for the rest), the old-software factor and the slowing."""

    levels: dict[str, float]
    old: float
    slowing: float

    def log_mfu(self, point: Point) -> float:
        level = self.levels.get(point.generation, self.levels[""])
        return float(
            np.log(level) + (np.log(self.old) if point.old else 0.0) - np.log1p(self.slowing * point.narrowness)
        )

    def residuals(self, data: Sequence[Point]) -> Array:
        return np.array([point.log_mfu - self.log_mfu(point) for point in data])


def fit_mfu(data: Sequence[Point], slowing: float) -> MfuFit:
    """The levels and the old-software factor at this slowing."""
    counts = Counter(point.generation for point in data)
    names = ["", *sorted(name for name, count in counts.items() if count >= OWN_LEVEL_ROWS)]
    member = np.array([[p.generation == n for n in names[1:]] for p in data], dtype=float).reshape(len(data), -1)
    design = np.column_stack([1.0 - member.sum(axis=1), member, [float(p.old) for p in data]])
    target = np.array([p.log_mfu + np.log1p(slowing * p.narrowness) for p in data])

    def loss(x: Array) -> float:
        residuals = target - design @ x
        levels = x[:-1]
        pull = PULL_LEVELS * float(np.sum((levels - levels.mean()) ** 2)) + PULL_OLD * x[-1] ** 2
        return float(np.sum(np.sqrt(residuals**2 + SMOOTH**2)) + pull)

    start = np.full(design.shape[1], -1.0)
    best = minimize(loss, start, method="BFGS").x
    return MfuFit(dict(zip(names, np.exp(best[:-1]).tolist(), strict=True)), float(np.exp(best[-1])), slowing)


def level_errors(fit: MfuFit, data: Sequence[Point]) -> dict[str, float]:
    """Standard error of the log of each level: the residuals' spread over the root of the number of houses behind.

    Houses are counted by Kish's effective number: seven runs of one and one of another are little more than one.
    """
    spread = float(np.std(fit.residuals(data)))
    rows: dict[str, Counter[str]] = {name: Counter() for name in fit.levels}
    for point in data:
        rows[point.generation if point.generation in fit.levels else ""][point.house] += 1
    return {name: spread / effective_number(list(counts.values())) ** 0.5 for name, counts in rows.items()}


def effective_number(counts: Sequence[int]) -> float:
    """How many equal groups are worth as much as groups of these sizes (Kish 1965, Survey Sampling); at least 1."""
    return max(sum(counts) ** 2 / max(sum(count**2 for count in counts), 1), 1.0)


def leave_one_out(data: Sequence[Point], slowing: float) -> Array:
    """Residuals of log MFU, each from a fit without its own row."""
    found = []
    for index, point in enumerate(data):
        rest = [*data[:index], *data[index + 1 :]]
        found.append(fit_mfu(rest, slowing).residuals([point])[0])
    return np.array(found)


def leave_one_house_out(data: Sequence[Point], slowing: float) -> Array:
    """Residuals of log MFU, each from a fit without any row of its house, in the order of the rows."""
    found = np.empty(len(data))
    for house in {point.house for point in data}:
        fit = fit_mfu([point for point in data if point.house != house], slowing)
        own = [index for index, point in enumerate(data) if point.house == house]
        found[own] = fit.residuals([data[index] for index in own])
    return found


def choose_slowing(left_out: dict[float, Array]) -> float:
    """The least slowing whose mean absolute residual is within one standard error of the best."""
    means = {slowing: float(np.mean(np.abs(residuals))) for slowing, residuals in left_out.items()}
    best = min(means, key=lambda slowing: means[slowing])
    error = float(np.std(np.abs(left_out[best])) / np.sqrt(len(left_out[best])))
    return min(slowing for slowing, mean in means.items() if mean <= means[best] + error)


def mean_error(residuals: Array) -> float:
    """Mean relative error of chip-hours that these residuals of log MFU mean."""
    return float(np.mean(np.abs(np.expm1(residuals))))


def median_error(residuals: Array) -> float:
    """Median relative error of chip-hours that these residuals of log MFU mean."""
    return float(np.median(np.abs(np.expm1(residuals))))


@dataclass(frozen=True)
class Power:
    """One measured run as the power levels see it."""

    run: Run
    generation: str
    fraction: float


def power_points(runs: Sequence[Run]) -> list[Power]:
    """Chip power at work as a fraction of TDP, of the rows that measured it: host, network and pauses taken off."""
    return list(_power_points(runs))


def _power_points(runs: Sequence[Run]) -> Iterator[Power]:
    draws = Draws(0)
    for run in runs:
        if run.chip is None or not run.energy_wh or not run.chip_hours or energy_problem(run):
            continue
        chip = load_chip(run.chip.name, draws)
        mean_w = run.energy_wh / run.chip_hours - _others_w(run, chip)
        working = 1.0 if run.benchmark else float(draws("fit.training-goodput"))
        active_w = (mean_w - float(chip.idle_w) * (1.0 - working)) / working
        least = float(chip.idle_w / chip.tdp_w)
        yield Power(run, chip.generation, float(np.clip(active_w / chip.tdp_w, min(least, 1.0), 1.0)))


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
    """The text of ``catalog/fit/training.toml``."""
    data = points(runs)
    if len(data) < OWN_LEVEL_ROWS:
        raise WattlineError(f"{len(data)} usable runs are too few to fit MFU; {OWN_LEVEL_ROWS} or more are needed")
    left_out = {slowing: leave_one_out(data, slowing) for slowing in SLOWINGS}
    slowing = choose_slowing(left_out)
    fit = fit_mfu(data, slowing)
    within = f"{len(data)} runs; median error of chip-hours {median_error(fit.residuals(data)):.0%} fitted, "
    within += f"{median_error(left_out[slowing]):.0%} left out one at a time, "
    within += f"{median_error(leave_one_house_out(data, slowing)):.0%} one house at a time"
    power = power_points(runs)
    rows = [_rows("mfu-rows", "published runs that MFU was fitted to", len(data), _seen(runs), {p.house for p in data})]
    if power:
        keys = {point.run.power_key for point in power}
        about = "published runs that power in training was fitted to"
        rows.append(_rows("power-rows", about, len(power), keys, {point.run.house for point in power}))
    return "\n".join([_HEAD.format(within=within), *rows, *_mfu_facts(fit, data), *_power_facts(power)])


def _seen(runs: Sequence[Run]) -> set[str]:
    """The models of all rows that give tokens and hours, benchmarks in; the row's name where the catalog has none."""
    used = [run for run in runs if run.tokens and run.chip_hours]
    return {key for run in used for key in ([model.key for model in run.models] or [run.name])}


def _mfu_facts(fit: MfuFit, data: Sequence[Point]) -> Iterator[str]:
    errors = level_errors(fit, data)
    for name, level in fit.levels.items():
        houses = sorted({p.house for p in data if (p.generation if p.generation in fit.levels else "") == name})
        factor = float(np.exp(Z95 * errors[name]))
        yield _fact(
            f"mfu-reachable{'-' if name else ''}{name}",
            f"{name.title() or 'Other'} chips: MFU that wide layers reach",
            (level, level / factor, level * factor),
            f"the range goes by the houses behind it: {', '.join(houses)}" if houses else "no row of its own",
        )
    yield _fact("mfu-slowing", "slowing of narrow layers, per (peak / bandwidth / hidden)", (fit.slowing,))
    yield _fact("mfu-old-software", "MFU of models up to 2022 on chips before 2022, beside later", (fit.old,))
    # within-kind spread alone: how unsure the levels are is in their own ranges
    spread = np.exp(np.percentile(fit.residuals(data), (5, 95)))
    low, high = min(float(spread[0]), 1.0), max(float(spread[1]), 1.0)
    yield _fact("mfu-spread", "MFU of one run beside what its kind reaches", (1.0, low, high))


def _power_facts(power: Sequence[Power]) -> Iterator[str]:
    """A level for each generation measured: the median of its rows, with the spread of runs around such a level."""
    for name in sorted({point.generation for point in power}):
        own = [point for point in power if point.generation == name]
        benchmarks = all(point.run.benchmark for point in own)
        spread = catalog.fact(f"fit.training-power{'-benchmark' if benchmarks else ''}-spread")
        level = float(np.median([point.fraction for point in own]))
        yield _fact(
            f"training-power-{name}",
            f"{name.title()} chips: power in training as a fraction of TDP",
            (level, level * spread.low, min(level * spread.high, 1.0)),
            "benchmarks (MLPerf) alone were measured: a run to its end may draw less" if benchmarks else "",
        )


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
