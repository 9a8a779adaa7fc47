"""``validate training``: predicted chip-hours and energy of published training runs beside the published ones.

Chip-hours come from model, tokens and hardware alone. Energy comes from the row's own chip-hours, so that it tests
power; rows whose published energy is chip-hours times a nameplate ("circular") prove nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.chip.device import Chip, load_chip
from wattline.chip.utilisation import predicted_mfu, training_power_w
from wattline.draws import Draws, Range
from wattline.engine import training
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.scenario.train import DEFAULT_SEQUENCE, hidden_of_size
from wattline.site import annual
from wattline.validate.rows import Run
from wattline.work.flops import training_flops

NODE, CHIP = "node", "chip"


@dataclass(frozen=True)
class Compared:
    """One row held against its prediction; ``why`` is filled where it cannot be."""

    name: str
    published: float | None = None
    predicted: Range | None = None
    why: str = ""

    @property
    def error(self) -> float:
        """Relative error of the median prediction."""
        assert self.predicted is not None
        assert self.published is not None
        return self.predicted.p50 / self.published - 1.0

    @property
    def covered(self) -> bool:
        """Whether the published figure lies in p5 to p95."""
        assert self.predicted is not None
        assert self.published is not None
        return self.predicted.p5 <= self.published <= self.predicted.p95

    def json(self, unit: str) -> dict[str, Any]:
        if self.predicted is None:
            return {"row": self.name, "usable": False, "why": self.why}
        return {
            "row": self.name,
            "usable": True,
            f"published_{unit}": self.published,
            f"predicted_{unit}": self.predicted.json(),
            "error_percent": 100 * self.error,
            "covered": self.covered,
        }


@dataclass(frozen=True)
class Validation:
    """All rows by measure (``chip_hours``, ``energy``)."""

    rows: dict[str, list[Compared]]

    def score(self, measure: str) -> dict[str, float | int | None]:
        """``n``, and in percent ``mape``, ``median_ape``, ``bias`` and ``coverage``; None where no row is usable."""
        usable = [row for row in self.rows[measure] if row.predicted is not None]
        if not usable:
            return {"n": 0, "mape": None, "median_ape": None, "bias": None, "coverage": None}
        errors = np.array([row.error for row in usable])
        return {
            "n": len(usable),
            "mape": 100 * float(np.mean(np.abs(errors))),
            "median_ape": 100 * float(np.median(np.abs(errors))),
            "bias": 100 * float(np.mean(errors)),
            "coverage": 100 * float(np.mean([row.covered for row in usable])),
        }

    def json(self) -> dict[str, Any]:
        units = {"chip_hours": "chip_hours", "energy": "energy_wh"}
        rows = {name: [row.json(units[name]) for row in rows] for name, rows in self.rows.items()}
        return {
            "command": "validate training",
            **{name: self.score(name) for name in self.rows},
            "rows": rows,
        }


def validate(runs: Sequence[Run], draws: int = 2000, seed: int = 0) -> Validation:
    """Hold every run against its prediction."""
    return Validation(
        {
            "chip_hours": [_compare(run, run.chip_hours, predict_chip_hours, draws, seed) for run in runs],
            "energy": [_compare(run, run.energy_wh, predict_energy_wh, draws, seed) for run in runs],
        }
    )


def _compare(
    run: Run, published: float | None, predict: Callable[[Run, Draws], Array], draws: int, seed: int
) -> Compared:
    try:
        if not published or published <= 0:
            raise WattlineError("the row does not give it")
        return Compared(run.name, published, Range.of(predict(run, Draws(draws, seed))))
    except WattlineError as error:
        return Compared(run.name, why=str(error))


def predict_chip_hours(run: Run, draws: Draws) -> Array:
    """Chip-hours from model, tokens and hardware; raises WattlineError with what the row lacks."""
    if run.chip is None:
        raise WattlineError(run.chip_problem)
    if not run.tokens:
        raise WattlineError("no tokens")
    if run.model is None and not run.active_params:
        raise WattlineError(f"{run.model_problem} and the row has no parameters")
    device = load_chip(run.chip.name, draws)
    hidden, year, flops = _work(run)
    precision = benchmark_precision(device) if run.benchmark else "bf16"
    used = predicted_mfu(device, hidden, year, precision, draws)
    if run.benchmark:
        used = np.clip(used * draws("fit.mfu-tuned-benchmark"), 0.0, 0.9)
    return np.asarray(training.duration_s(flops, 1.0, device.peak_flops(precision), used) / 3600)


def _work(run: Run) -> tuple[float, int, float]:
    """Hidden size, year and FLOPs: from the architecture, or 6 × parameters × tokens where it is not known."""
    model, tokens = run.model, float(run.tokens or 0)
    if model is None or not model.architecture_known:
        params = run.active_params or float(model.active_params if model else 0)
        return hidden_of_size(params), model.year if model else 0, 6.0 * params * tokens
    length = min(model.context_tokens or DEFAULT_SEQUENCE, DEFAULT_SEQUENCE)
    return model.hidden, model.year, float(training_flops(model, tokens, length))


def benchmark_precision(device: Chip) -> str:
    """MLPerf submissions train in FP8 where the chip has it."""
    return "fp8" if "fp8_flops" in device.record.facts else "bf16"


def predict_energy_wh(run: Run, draws: Draws) -> Array:
    """Energy from the row's chip-hours, in the scope that its power basis names."""
    if run.circular.startswith("y"):
        raise WattlineError("circular: the published energy is chip-hours times a nameplate")
    if run.circular.startswith("part"):
        raise WattlineError("partly circular: the published power is assumed in part")
    if run.chip is None:
        raise WattlineError(run.chip_problem)
    if not run.chip_hours:
        raise WattlineError("no chip-hours")
    device = load_chip(run.chip.name, draws)
    return np.asarray(run.chip_hours * _watts_in_scope(run, device, draws))


def _watts_in_scope(run: Run, device: Chip, draws: Draws) -> Array:
    goodput = draws("fit.training-goodput")
    parts = training.power_by_part(
        1, training_power_w(device, draws), device.idle_w, device.host_w, device.network_w, goodput
    )
    chips = parts["chip_active"] + parts["chip_idle"]
    if "gpu" in run.basis:
        return np.asarray(chips)
    if "node" in run.basis:
        return np.asarray(chips + parts["host"])
    site = annual.losses_per_it(annual.load_site(None), draws, run.pue if run.pue and run.pue >= 1 else None)
    return np.asarray(sum(parts.values()) * annual.pue(site))
