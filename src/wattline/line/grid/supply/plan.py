"""The plan of a supply: what to build, what runs in each hour, what each part costs, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import MWH_PER_GWH
from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.certificate import Certificate, earnings, rents
from wattline.line.grid.supply.infeasible import why_infeasible
from wattline.line.grid.supply.margin import RESERVE
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.solve import CertifiedSolution, NoOptimum, solve, solved_already

WEEK_H = 168.0
INNER = ("start:", RESERVE)  # capacities that are no plant
ROUNDING = 1e-9  # of the cost: what a point costs below it is none
SEEN = 1e-4  # of the load, on average: a plant that delivers less says nothing of a week


@dataclass(frozen=True)
class Earning:
    """A line of the zero-profit table: what a unit of a capacity earns and costs in a year [USD/MW or USD/MWh]."""

    capacity: str
    built: float
    earned: float
    cost: float


@dataclass(frozen=True)
class Week:
    """The week whose energy is worth most: its first step, the mean price of its load [USD/MWh], its share of the value
    of all energy, and by plant its output over that of a mean week."""

    start: int
    usd_per_mwh: float
    share: float
    output: dict[str, float]


@dataclass(frozen=True, eq=False)
class SupplyPlan:
    """A certified plan. Parts of the cost add up to the whole to 1e-9."""

    case: SupplyCase
    solved: CertifiedSolution

    @property
    def certificate(self) -> Certificate:
        """What the plan rests on."""
        return self.solved.certificate

    @cached_property
    def capacities(self) -> dict[str, float]:
        """What is built, by name [MW, MWh of stores]."""
        names = zip(self.solved.program.capacities, self.solved.solution.capacity, strict=True)
        return {name: float(value) for name, value in names if not name.startswith(INNER)}

    @cached_property
    def dispatch(self) -> dict[str, Array]:
        """What runs in each step [MW], contents of stores [MWh], by ``part kind``, such as ``battery charge``."""
        flows, place = self._flows, enumerate(self.solved.program.flows)
        return {
            f"{key.part} {key.kind}": flows[at] for at, key in place if key.part != "shift" or key.kind != "content"
        }

    @cached_property
    def _flows(self) -> Array:
        """Flows with what plants must deliver at least put back."""
        made, flows = self.solved.program, self.solved.solution.flows.copy()
        for at, key in enumerate(made.flows):
            k = int(made.owner[at])
            if k in made.must_run and key.kind in ("generation", "heat"):
                row = (
                    made.must_run[k][0] if made.balance[at] else -made.must_run[k][1:].sum(axis=0) / made.gain[at].sum()
                )
                flows[at] += row * self.solved.solution.capacity[k]
        return flows

    @cached_property
    def cost_usd(self) -> float:
        """Cost over all steps of the case [USD]."""
        return float(sum(self.cost_parts_usd.values()))

    @cached_property
    def cost_parts_usd(self) -> dict[str, float]:
        """Cost by part [USD]: capacity and running of plants and storages, imports, income from exports (negative)."""
        made, solution = self.solved.program, self.solved.solution
        parts: dict[str, float] = {}
        for at, key in enumerate(made.flows):
            name = f"{key.part} {key.kind}" if key.part in ("grid", "load") else key.part
            parts[name] = parts.get(name, 0.0) + float(made.cost[at] @ solution.flows[at])
        owner = {int(k): made.flows[at].part for at, k in enumerate(made.owner) if k >= 0}
        for k, part in owner.items():
            part = made.capacities[k] if part == "grid" else part
            parts[part] = parts.get(part, 0.0) + float(made.capacity_cost[k] * solution.capacity[k])
        return {name: value for name, value in parts.items() if name != "shift"}

    @property
    def usd_per_mwh(self) -> float:
        """Cost over the energy of the load [USD/MWh]; 0 where there is no load."""
        return self.cost_usd / self.case.load_mwh if self.case.load_mwh else 0.0

    @cached_property
    def price(self) -> Array:
        """Value of a MWh in each step [USD/MWh], ``(n_steps,)``."""
        return np.asarray(self.solved.solution.prices[0] / self.case.step_h)

    def energy_mwh(self, flow: str) -> float:
        """Energy of a flow over all steps [MWh]; 0 where the case has none such."""
        series = self.dispatch.get(flow)
        return 0.0 if series is None else float(series.sum() * self.case.step_h)

    @cached_property
    def cfe(self) -> float:
        """Hourly carbon-free share: 1 less grey imports and grey generation over the load."""
        return 1.0 - self._counted("cfe") / self.case.load_mwh if self.case.load_mwh else 1.0

    @cached_property
    def carbon_g_per_kwh(self) -> float:
        """Direct emission over the load [g/kWh]."""
        return self._counted("carbon") / self.case.load_mwh if self.case.load_mwh else 0.0

    def _counted(self, row: str) -> float:
        """A sum over the year, whether or not the case has a limit on it."""
        case, step_h = self.case, self.case.step_h
        share = {plant.name: (1 - plant.clean_share, plant.carbon) for plant in case.generators}
        total = 0.0
        for name, (grey, carbon) in share.items():
            total += self.energy_mwh(f"{name} generation") * (grey if row == "cfe" else carbon)
        if case.grid is not None:
            weight = 1 - np.asarray(case.grid.clean_share) if row == "cfe" else np.asarray(case.grid.carbon)
            total += float((self.dispatch["grid import"] * weight).sum() * step_h)
        return total

    @property
    def cfe_point_usd_per_mwh(self) -> float | None:
        """What one more point of hourly CFE costs [USD/MWh of load]; None without such a target, or at 100%."""
        if "cfe" not in self.solved.program.rows:
            return None
        point = float(self.solved.solution.eta[self.solved.program.rows.index("cfe")]) / 100
        return point if abs(point) * self.case.load_mwh > ROUNDING * abs(self.cost_usd) else 0.0

    @cached_property
    def zero_profit(self) -> tuple[Earning, ...]:
        """By capacity what a unit earns at the plan's prices and what it costs in a year: equal where it is built."""
        made, solution = self.solved.program, self.solved.solution
        rent, eta = rents(made, solution.prices, solution.eta)
        earned = earnings(made, rent, solution.prices, eta) / self.case.years
        cost = made.capacity_cost / self.case.years
        rows = zip(made.capacities, solution.capacity, earned, cost, strict=True)
        return tuple(Earning(n, float(b), float(e), float(c)) for n, b, e, c in rows if not n.startswith(INNER))

    @cached_property
    def worst_week(self) -> Week:
        """The week whose energy is worth most at the plan's prices."""
        steps = min(self.case.load.size, max(1, round(WEEK_H / self.case.step_h)))
        value, load = _windows(self.price * self.case.load, steps), _windows(self.case.load, steps)
        start = int(np.argmax(value))
        total, energy = float((self.price * self.case.load).sum()), float(load[start])
        output = {}
        for name, series in self.dispatch.items():
            if name.endswith(" generation") and series.mean() > SEEN * self.case.load.mean():
                output[name.removesuffix(" generation")] = float(series[start : start + steps].mean() / series.mean())
        mean = float(value[start]) / energy if energy else 0.0
        return Week(start, mean, float(value[start]) / total if total else 0.0, output)

    def json(self) -> dict[str, Any]:
        """The plan as plain data, without its hourly series."""
        certificate, week, load = self.certificate, self.worst_week, self.case.load_mwh or np.inf
        return {
            "usd_per_mwh": self.usd_per_mwh,
            "cost_usd_per_year": self.cost_usd / self.case.years,
            "cost_parts_usd_per_mwh": {name: value / load for name, value in self.cost_parts_usd.items()},
            "capacities": self.capacities,
            "cfe": self.cfe,
            "carbon_g_per_kwh": self.carbon_g_per_kwh,
            "import_gwh_per_year": self.energy_mwh("grid import") / MWH_PER_GWH / self.case.years,
            "export_gwh_per_year": self.energy_mwh("grid export") / MWH_PER_GWH / self.case.years,
            "unserved_mwh_per_year": self.energy_mwh("load unserved") / self.case.years,
            "cfe_point_usd_per_mwh": self.cfe_point_usd_per_mwh,
            "zero_profit": [vars(line) for line in self.zero_profit],
            "worst_week": vars(week),
            "certificate": {**vars(certificate), "good": certificate.good, "solver": self.solved.solution.solver},
        }


def _windows(values: Array, steps: int) -> Array:
    """Sums over ``steps`` in a row, ``(n - steps + 1,)``."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[steps:] - total[:-steps])


def plan(case: SupplyCase, fast: bool = True, known: Sequence[SupplyPlan] = ()) -> SupplyPlan:
    """The least-cost plan of a case, certified.

    Parameters
    ----------
    fast : whether the interior point is tried before HiGHS
    known : plans of other targets, one of which may be this one's too

    Returns
    -------
    The case with its capacities, flows by the hour and certificate.

    Raises WattlineError where no supply reaches the targets: the best that can be reached, what binds, what would help.
    """
    try:
        made = program(case)
        solved = solved_already(made, [other.solved for other in known])
        return SupplyPlan(case, solved or solve(made, fast=fast, circles=case.circles))
    except NoOptimum as error:
        if error.status == "infeasible":
            raise why_infeasible(case) from None
        if error.status == "unbounded":
            raise WattlineError(
                "supply: no plan: something earns more than it costs, whatever its size; lower its credit or raise its "
                "cost, or limit it, such as solar=200MW"
            ) from None
        raise WattlineError(f"supply: no plan: the program is {error.status}; {error}") from None
