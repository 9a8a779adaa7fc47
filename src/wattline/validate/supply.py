"""Optima of reference problems of supply beside ours, sums of published results, and made hours beside true ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.result import Json, Result, envelope
from wattline.line.grid.supply.plan import SupplyPlan, plan
from wattline.predict.supply.drawn import few_draws
from wattline.validate.evidence.grid_headroom import headroom_rows
from wattline.validate.evidence.supply_problems import Optimum, case_of, read_optima, read_problems, read_published
from wattline.validate.made_hours import made_scores, read_made_hours
from wattline.validate.score import score_errors

CAPACITIES = {
    "battery_power": "battery power", "battery_energy": "battery energy", "ironair_power": "iron-air power",
    "ironair_energy": "iron-air energy",
}  # fmt: skip
POLICY = re.compile(r"\bcfe(\d+)$")  # such as cfe80
SMALL = 1.0  # MW or MWh: a capacity below it is compared by its difference alone


@dataclass(frozen=True, eq=False, repr=False)
class SupplyValidation(Result):
    """Reference problems beside ours, and published results whose parts must multiply."""

    source: str
    optima: list[Json]
    arithmetic: list[Json]
    made_hours: list[Json] = field(default_factory=list)
    left_out: str | None = None
    warnings: tuple[str, ...] = ()

    def json(self) -> Json:
        cost = [row["error"] for row in self.optima if row["error"] is not None]
        results = {
            "cost": score_errors(cost),
            "capacity": score_errors([e for row in self.optima for e in row["capacity_errors"].values()]),
            "total_cost": score_errors([row["error"] for row in self.arithmetic]),
            "optima": self.optima,
            "arithmetic": self.arithmetic,
            "made_hours": self.made_hours,
            "made_scores": made_scores(self.made_hours),
        }
        inputs = {"source": self.source, "left_out": self.left_out}
        return envelope("validate supply", inputs, results, warnings=self.warnings)


def validate_made_hours(
    folder: Path, left_out: str, draws: int = 40, seed: int = 0, progress: Callable[[str], None] = lambda name: None
) -> SupplyValidation:
    """Hold made hours of wind and sun, and plans sized on them, against years or regions that were left out.

    Parameters
    ----------
    folder, left_out, draws, seed, progress : see ``read_made_hours``

    Returns
    -------
    Figures of true and made hours by region and year.

    Raises
    ------
    WattlineError where there is not one draw or more, or the folder's files cannot be read.
    """
    if draws < 1:
        raise WattlineError(f"--draws: {draws} must be one or more")
    rows = read_made_hours(folder, left_out, draws, seed, progress)
    return SupplyValidation(str(folder), [], [], rows, left_out, few_draws(draws))


def validate(folder: Path, progress: Callable[[str], None] = lambda name: None) -> SupplyValidation:
    """Solve the folder's reference problems, and check the arithmetic of its published results.

    Parameters
    ----------
    folder : with reference_problems.json, r1_ercot_2023.csv, reference_results_open.csv, and published_results_open.csv
    progress : hears the name of each problem before it is solved

    Returns
    -------
    Optima beside the reference, and the sums that were checked.

    Raises WattlineError where a file is missing or cannot be read.
    """
    problems, hours = read_problems(folder)
    optima = []
    for optimum in read_optima(folder):
        progress(optimum.name)
        try:
            made = plan(case_of(optimum, problems, hours))
        except WattlineError as error:
            optima.append(_row(optimum, None, str(error)))
            continue
        optima.append(_row(optimum, made))
    progress("headroom")
    return SupplyValidation(str(folder), optima, [*_arithmetic(folder), *headroom_rows(folder)])


def _row(optimum: Optimum, made: SupplyPlan | None, cannot: str | None = None) -> Json:
    published, built = optimum.values["usd_per_mwh"], {}
    for name, value in optimum.values.items():
        ours = None if made is None else made.capacities.get(CAPACITIES.get(name, name))
        if ours is not None:
            built[name] = (ours - value) / max(abs(value), SMALL)
    return {
        "problem": optimum.name,
        "cannot": cannot,
        "published_usd_per_mwh": published,
        "usd_per_mwh": None if made is None else made.usd_per_mwh,
        "error": None if made is None else made.usd_per_mwh / published - 1,
        "capacity_errors": {name: float(error) for name, error in built.items()},
        "gap": None if made is None else made.certificate.gap,
        "solver": None if made is None else made.solved.solution.solver,
    }


def _short(share: float, aim: float) -> float:
    """By how much a share misses what it should reach, over it."""
    return max(aim / share - 1, 0.0) if share > 0 else 1.0


def _arithmetic(folder: Path) -> list[Json]:
    """Published cost of a MWh times the demand, beside the published total; the carbon-free share beside its policy's;
    and, without a policy, the cost of a MWh beside the price of its zone."""
    rows = []
    for name, figures in read_published(folder).items():
        if {"cost", "demand", "total cost"} <= figures.keys():
            total = figures["cost"] * figures["demand"]
            error = total / figures["total cost"] - 1 if figures["total cost"] else float(np.sign(total))
            rows.append({"case": name, "published": figures["total cost"], "total": total, "error": error})
        policy = POLICY.search(name)
        if policy is not None and "CFE score" in figures:
            share, aim = figures["CFE score"], float(policy[1]) / 100
            rows.append(
                {
                    "case": f"{name}: share",
                    "published": share,
                    "total": max(share, aim),
                    "error": _short(share, aim),
                }
            )
        if name.endswith(" ref") and {"cost", "zone price"} <= figures.keys():
            cost, price = figures["cost"], figures["zone price"]
            rows.append({"case": f"{name}: price", "published": cost, "total": price, "error": price / cost - 1})
    return rows
