"""The answer of ``supply``: the plan, its reasons, its ranges, and how it stands beside other targets and years."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from wattline.catalog.draws import what_matters
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import DAY_H, HOUR_S, TYPICAL_YEAR_H
from wattline.line.grid.supply.certificate import Certificate
from wattline.line.grid.supply.operate import PlanOperation
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.technology import VARIES
from wattline.predict.answer import matters_json
from wattline.predict.supply.cases import SupplyQuestion, names_of
from wattline.predict.supply.costs import odd_costs
from wattline.predict.supply.drawn import DrawnPlan, draw_warnings
from wattline.predict.supply.picture import picture
from wattline.predict.supply.request import GRID
from wattline.predict.supply.value import balance_notes, flexible_point, lead_times


@dataclass(frozen=True, eq=False, repr=False)
class SupplyAnswer(Result):
    """What should power a site.

    Attributes
    ----------
    question : what was asked
    plan : the least-cost plan at central values
    drawn : figures of the plan at each draw of costs and weather
    beside : plans of other targets, by name; a text where one cannot be
    frontier : plans along rising hourly carbon-free shares; a text where one cannot be
    tested : by name of the year, what the plan does in hours that it was not sized on
    worth : what load and imports are of the region's demand, and the price of a firm plant
    """

    question: SupplyQuestion
    plan: SupplyPlan
    drawn: tuple[DrawnPlan, ...] = ()
    beside: Mapping[str, SupplyPlan | str] = field(default_factory=dict)
    frontier: Mapping[float, SupplyPlan | str] = field(default_factory=dict)
    tested: Mapping[str, PlanOperation] = field(default_factory=dict)
    worth: Mapping[str, Json | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @cached_property
    def _figures(self) -> dict[str, Array]:
        made = self.drawn or (DrawnPlan.of(self.plan),)
        names = [name for name in made[0].figures if all(name in plan.figures for plan in made)]
        figures = {name: [plan.figures[name] for plan in made] for name in names}
        hours = self.question.hours
        if it_mwh := self.question.site.it_mwh(hours.utc, hours.step_h):
            overhead = self.plan.case.load_mwh / it_mwh
            figures["usd_per_it_mwh"] = [plan.figures["usd_per_mwh"] * overhead for plan in made]
        return {name: np.asarray(values[0] if len(values) == 1 else values) for name, values in figures.items()}

    def figures(self) -> Mapping[str, Array]:
        return self._figures | {f"capacity {name}": values for name, values in self._capacities.items()}

    @cached_property
    def _capacities(self) -> dict[str, Array]:
        made = self.drawn or (DrawnPlan.of(self.plan),)
        rows = {name: np.array([plan.capacities[name] for plan in made]) for name in self.plan.capacities}
        return {name: values if values.size > 1 else values[0] for name, values in rows.items()}

    def saved_load(self) -> Load:
        """What runs in each step [W], by flow, with the load's name first."""
        case = self.plan.case
        series = {"load": case.load, **{n: s for n, s in self.plan.dispatch.items() if not n.endswith(" content")}}
        start = datetime.fromisoformat(f"{self.question.hours.utc[0]}+00:00")
        return Load("site", start, case.step_h * HOUR_S, np.stack(list(series.values())) * 1e6, tuple(series))

    def inputs(self) -> Json:
        """What was asked, read."""
        question, site = self.question, self.question.site
        target, charges = question.target, question.charges
        return {
            "it_w": site.it_w,
            "load": site.how,
            "load_mean_w": float(self.plan.case.load.mean()) * 1e6,
            "load_peak_w": float(self.plan.case.load.max()) * 1e6,
            "pue": site.pue,
            "place": None if site.climate is None else site.climate.title,
            "region": site.region.name,
            "target": {n: getattr(target, n) for n in ("cfe", "annual", "carbon", "carbon_price")},
            "reliability": vars(question.reliability),
            "flexible_share": 0.0 if question.shift is None else question.shift.share,
            "flexible_window_h": None if question.shift is None else question.shift.hours,
            "technologies": names_of(question.sources),
            "hours": {
                "source": question.hours.source, "made": question.hours.made, "steps": int(case_steps(self.plan)),
                "step_h": question.hours.step_h, "from_utc": str(question.hours.utc[0]),
                "means": {name: float(values.mean()) for name, values in question.hours.factors.items()},
            },
            "grid": sorted(question.hours.grid),
            "fill_gaps_h": question.fill_h,
            "export_share": question.export_share,
            "charges": {n: getattr(charges, n) for n in charges.__dataclass_fields__},
            **question.where.inputs(),
        }  # fmt: skip

    def results(self) -> Json:
        """The plan and all beside it, as plain data."""
        plan = self.plan.json()
        return {
            "title": f"Supply of {self._load_words()}, {self.question.site.region.title}",
            "plan": plan,
            "ranges": {name: Range.of(values).json() for name, values in self._figures.items()},
            "capacities": {name: Range.of(values).json() for name, values in self._capacities.items()},
            "beside": [_row(name, plan) for name, plan in self.beside.items()],
            "frontier": [_row(f"{100 * share:g}%", plan) for share, plan in self.frontier.items()],
            "tested": [{"year": name, **vars(operation)} for name, operation in self.tested.items()],
            "flexible_point_usd_per_mwh": flexible_point(self.plan),
            "lead_times": lead_times(self.plan, self.question),
            **self.worth,
            "picture": picture(self.plan, self.question.hours, self.question.site.utc_offset_h),
            "matters": matters_json(what_matters(self.question.draws, self._figures["usd_per_mwh"])),
        }

    def _load_words(self) -> str:
        mean = float(self.plan.case.load.mean())
        return f"{mean:,.3g} MW"

    def json(self) -> Json:
        return envelope(
            "supply", self.inputs(), self.results(), draws=self.question.draws, notes=self._notes(),
            warnings=(
                *odd_costs([n for n in names_of(self.question.sources) if n != GRID], self.question.catalog),
                *self._warnings(), *draw_warnings(self.plan, self.drawn), *self.warnings,
            ),
        )  # fmt: skip

    def _notes(self) -> tuple[str, ...]:
        question = self.question
        notes = [*question.site.notes, *question.hours.notes, *balance_notes(question)]
        if question.weather is not None and set(VARIES) & set(names_of(question.sources)):
            notes.append(
                f"wind and sun are {question.hours.source}: so the range is wide; "
                "give --capacity-factors FILE or --weather FILE"
            )
        if not question.hours.grid and "grid" in names_of(question.sources):
            notes.append(
                "price and carbon of the grid are the region's annual means in every hour; give --grid FILE with both "
                "by the hour"
            )
        if question.where.by_the_hour:
            notes.append("carbon and price by the hour of other jobs are not taken here; give --grid FILE")
        if question.charges.investment_credit and question.charges.production_credit:
            notes.append(
                "wind and solar take the production credit, other clean plants and storages the investment credit"
            )
        hours = self.plan.case.load.size * self.plan.case.step_h
        if hours < TYPICAL_YEAR_H - DAY_H:
            notes.append(f"the hours are of {hours / DAY_H:,.3g} days: what other seasons need is not in the plan")
        if question.export_share is None and isinstance(self.beside.get("annual 100%"), SupplyPlan):
            notes.append(
                "annual 100% sells each hour's surplus, but no more in a year than it buys; the other "
                "targets sell nothing, as --export was not given"
            )
        return (*dict.fromkeys(notes), _proof(self.plan.certificate))

    def _warnings(self) -> list[str]:
        short = [name for name, run in self.tested.items() if run.unserved_hours > 0]
        if not short:
            return []
        kind = "runs" if self.question.reliability.outages else "years"
        worst = max((self.tested[name] for name in short), key=lambda run: run.unserved_mwh)
        return [
            f"in {len(short)} of {len(self.tested)} {kind} that it was not sized on the plan leaves load unserved, "
            f"{worst.unserved_mwh:,.0f} MWh in {worst.unserved_hours:,.0f} h at most"
        ]


def _proof(certificate: Certificate) -> str:
    """What the certificate proves, in words."""
    # of what storages may do at once no bound is known but that of the program which lets them
    size = max(abs(certificate.cost), abs(certificate.relaxed), 1.0)
    share = max(certificate.gap, (certificate.cost - certificate.relaxed) / size, 1e-9)
    least = f"one part in {10 ** math.floor(-math.log10(share)):,}" if share < 1e-3 else f"{share:.2%}"
    watts = certificate.primal_mw * 1e6
    return (
        f"proved: nothing that meets the same conditions is cheaper by more than {least}; "
        f"each hour balances to {'1' if watts < 1 else f'{math.ceil(watts):,}'} W or less"
    )


def case_steps(plan: SupplyPlan) -> int:
    """Number of steps that a plan was sized on."""
    return int(plan.case.load.size)


def _row(name: str, plan: SupplyPlan | str) -> Json:
    """A plan in a few figures; where it cannot be, why."""
    if isinstance(plan, str):
        return {"name": name, "cannot": plan, "usd_per_mwh": None, "cfe": None, "annual": None,
                "carbon_g_per_kwh": None, "cfe_point_usd_per_mwh": None, "capacities": {}}  # fmt: skip
    return {
        "name": name,
        "cannot": None,
        "usd_per_mwh": plan.usd_per_mwh,
        "cfe": plan.cfe,
        "annual": clean_of_year(plan),
        "carbon_g_per_kwh": plan.carbon_g_per_kwh,
        "cfe_point_usd_per_mwh": plan.cfe_point_usd_per_mwh,
        "capacities": plan.capacities,
    }


def clean_of_year(plan: SupplyPlan) -> float:
    """Carbon-free generation of the year, exports included, over the year's load."""
    if not plan.case.load_mwh:
        return 1.0
    own = sum(plan.energy_mwh(f"{g.name} generation") * g.clean_share for g in plan.case.generators)
    own += sum(plan.energy_mwh(f"{r.name} generation") for r in plan.case.reactors)
    return float(own) / plan.case.load_mwh


def or_why(question: SupplyQuestion, make: Callable[[SupplyQuestion], SupplyPlan]) -> SupplyPlan | str:
    """A plan, or why there is none.

    Parameters
    ----------
    question : a site and what may supply it
    make : which plans it, and may raise WattlineError

    Returns
    -------
    A plan, or the error's text.
    """
    try:
        return make(question)
    except WattlineError as error:
        return str(error).removeprefix("supply: ")


def with_target(question: SupplyQuestion, **target: Any) -> SupplyQuestion:
    """The question with another target."""
    return replace(question, target=replace(question.target, **target))
