"""``supply``: what should power a site, hour by hour, at least cost, with its certificate, reasons and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.line.grid.supply.infeasible import SupplyInfeasible
from wattline.line.grid.supply.operate import PlanOperation, operate
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.plan import SupplyPlan, plan
from wattline.predict.site_fields import PRICED, check_fields
from wattline.predict.supply.answer import SupplyAnswer, or_why, with_target
from wattline.predict.supply.cases import SupplyQuestion
from wattline.predict.supply.costs import open_costs
from wattline.predict.supply.drawn import Progress, drawn_plans
from wattline.predict.supply.place import make_hours, usual_year
from wattline.predict.supply.question import SupplyOptions, read_question
from wattline.predict.supply.reliability import FIRST_OUTAGE, Reliability, unit_outages
from wattline.predict.supply.request import USUAL, USUAL_TARGET
from wattline.predict.supply.value import balances, firm_price
from wattline.predict.terms import read_terms
from wattline.predict.where import WhereFields

DRAWS = 20
FRONTIER = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
MADE_SPARE = 3  # made years that a plan is tested on
OUTAGE_YEARS = 3  # years of outages that it is tested on
USUAL_CFE, WHOLE = 0.95, 1.0


class SupplyFields(TypedDict, total=False):
    """Further options of ``supply``, as keywords."""

    years: str | int | None
    capacity_factors: str | Path | None
    grid: str | Path | None
    fill_gaps: float | str | None
    export: float | str | None
    import_limit: float | str | None
    within: float | str | None
    flexible: float | str | None
    flexible_window: float | str | None
    network_tariff: float | str | None
    demand_charge: float | str | None
    investment_credit: float | str | None
    production_credit: float | str | None
    frontier: bool
    on: str | None


class SupplyWhereFields(SupplyFields, WhereFields, total=False):
    """The options of ``supply`` and the fields of ``Where``."""


CHARGES = ("network_tariff", "demand_charge", "investment_credit", "production_credit")
OPTIONS = (
    "years",
    "capacity_factors",
    "grid",
    "fill_gaps",
    "export",
    "import_limit",
    "within",
    "flexible",
    "flexible_window",
)


def supply(
    it: float | str | None = None,
    *,
    load: str | Path | Load | None = None,
    load_mw: float | str | None = None,
    target: str | Sequence[str] = USUAL_TARGET,
    technologies: str | Sequence[str] = USUAL,
    costs: CatalogLike = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[str], None] = lambda words: None,
    **fields: Unpack[SupplyWhereFields],
) -> SupplyAnswer:
    """What should power a site: the least-cost plan that reaches a target in every hour of its years.

    Parameters
    ----------
    it : IT power of the site, W, or such as ``"100MW"``; its overhead is that of ``site``
    load : IT power over time, as ``site`` takes it, or a saved load of a whole site
    load_mw : what the site takes [MW], in place of both
    target : ``"cfe=95%"`` of each hour, ``"annual=100%"``, ``"carbon=50g"``, ``"cost"``; several with commas;
        ``"unserved=3h"`` may be left in a year, ``"outages"`` sizes it on a drawn year of them, ``"n-1"`` holds
        power for the loss of a unit or the grid
    technologies : what may be built, of the catalog's ``supply``, and ``grid``; ``"solar=200MW"`` limits one
    costs : a catalog, or your own files of facts (TOML) or costs (CSV), which override the catalog's
    draws, seed : how many draws of costs, weather and overhead (0: central values), and their seed
    progress : hears what is worked on
    fields : of ``Where`` (place, weather, region, pue, ...) and of ``SupplyFields``: years to size on, files of
        capacity factors and of the grid's hours, the longest gap in them that is filled [h], the share of the year's
        load that may be exported, the grid connection [MW], ``within`` so many years, the share of the load that is
        flexible, tariffs and credits, and whether the frontier is worked out; ``on``: where draws are planned,
        ``"ray://HOST:PORT"`` or, by default, here

    Returns the plan with its zero-profit table, worst week, ranges, tests on other years, and other targets beside it.
    Raises WattlineError on bad input, and where no supply reaches the target: the best that can be reached.

    Example
    -------
    >>> wl.supply("100MW", place="Dallas", target="cfe=95%").range("usd_per_mwh")
    """
    own = {name: fields.pop(name, None) for name in (*OPTIONS, *CHARGES, "frontier", "on")}  # type: ignore[misc]
    check_fields(fields, PRICED, "supply", "the grid's hours are given in --grid FILE")
    terms = read_terms(None, None, fields, (), draws, seed, open_costs(costs))
    if own["on"] is not None and not terms.draws.n:
        raise WattlineError("supply: --on says where draws are planned; give --draws as well")
    if fields.get("carbon") is not None and isinstance(terms.where.carbon, str):
        raise WattlineError("supply: carbon is one number here; by the hour it stands in --grid FILE, beside the price")
    options = SupplyOptions(
        target, technologies, **{name: own[name] for name in OPTIONS}, charges={name: own[name] for name in CHARGES}
    )
    question = read_question(it, load, load_mw, options, terms.where, terms.draws)
    return work(question, bool(own["frontier"]), progress, own["on"])


def work(
    question: SupplyQuestion, frontier: bool = False, progress: Progress = lambda words: None, on: str | None = None
) -> SupplyAnswer:
    """The answer to a question.

    Parameters
    ----------
    question : read and checked
    frontier : whether plans along rising carbon-free shares are worked out
    progress : hears what is worked on
    on : where draws are planned: None for this machine's cores, "ray" or "ray://HOST:PORT"

    Returns
    -------
    The plan with its draws, what it is held against, and its years to come.

    Raises SupplyInfeasible where no plan reaches the target, naming what ``--within`` leaves out.
    """
    progress("planning")
    try:
        made = _planned(question)
    except SupplyInfeasible as error:
        late = f"; {', '.join(question.late)}: not there in time, see --within" if question.late else ""
        raise SupplyInfeasible(f"{error}{late}", error.best) from None
    progress("other targets")
    beside = _beside(question, made)
    progress("other years")
    tested = _tested(question, made)
    along: dict[float, SupplyPlan | str] = {}
    for share in FRONTIER if frontier else ():
        progress(f"frontier at {share:.0%}")
        known = [made, *(plan for plan in (*beside.values(), *along.values()) if isinstance(plan, SupplyPlan))]
        along[share] = or_why(with_target(question, cfe=share, annual=None, carbon=None), _planner(known))
    drawn = drawn_plans(question, progress, on)
    worth = {**balances(made, question), "firm_price": firm_price(made, question)}
    return SupplyAnswer(question, made, drawn, beside, along, tested, worth)


def _planned(question: SupplyQuestion) -> SupplyPlan:
    return plan(question.case())


def _planner(known: Sequence[SupplyPlan]) -> Callable[[SupplyQuestion], SupplyPlan]:
    """Plans a question unless a known plan is that of its target too, as where no target binds."""
    return lambda question: plan(question.case(), known=known)


def _beside(question: SupplyQuestion, made: SupplyPlan) -> dict[str, SupplyPlan | str]:
    """Least cost, annual matching and hourly matching side by side; the asked one as it is."""
    share = USUAL_CFE if question.target.cfe is None else question.target.cfe
    wanted: dict[str, dict[str, float | None]] = {
        "least cost": {"cfe": None, "annual": None, "carbon": None},
        "annual 100%": {"cfe": None, "annual": WHOLE, "carbon": None},
        f"hourly {100 * share:g}%": {"cfe": share, "annual": None, "carbon": None},
    }
    rows: dict[str, SupplyPlan | str] = {}
    for name, target in wanted.items():
        other = with_target(question, **target)
        known = [made, *(plan for plan in rows.values() if isinstance(plan, SupplyPlan))]
        rows[name] = made if other.target == question.target else or_why(other, _planner(known))
    if question.later:
        rows["a year later"] = or_why(replace(question, sources=(*question.sources, *question.later)), _planned)
    return rows


def _tested(question: SupplyQuestion, made: SupplyPlan) -> dict[str, PlanOperation]:
    """The plan in the years left over, or in made years of other chance."""
    runs: dict[str, PlanOperation] = _disturbed(question, made)
    if question.weather is not None:
        for spare in range(1, MADE_SPARE + 1):
            utc = question.hours.utc if question.hours.grid else usual_year()
            hours = replace(make_hours(question.weather, utc, question.draws.seed + spare), grid=question.hours.grid)
            runs[f"made year {spare}"] = _operated(made, question.case(None, hours))
        return runs
    if question.rest is not None:
        for year in np.unique(question.rest.year):
            hours = question.rest.of(question.rest.year == year)
            runs[f"{int(year)}"] = _operated(made, question.case(None, hours))
    return runs


def _disturbed(question: SupplyQuestion, made: SupplyPlan) -> dict[str, PlanOperation]:
    """The plan in its own hours with other outages, and with one unit less the whole time, as far as it was asked."""
    if not (question.reliability.outages or question.reliability.n_1):
        return {}
    whole = replace(question, reliability=Reliability()).case()
    cases = {
        f"outages {number}": question.out_of_order(whole, FIRST_OUTAGE + question.draws.n + number)
        for number in range(1, OUTAGE_YEARS + 1)
    }
    cases |= {f"without {name}": case for name, case in unit_outages(whole, question.catalog).items()}
    return {name: _operated(made, case) for name, case in cases.items()}


def _operated(made: SupplyPlan, case: SupplyCase) -> PlanOperation:
    try:
        return operate(made, case)
    except WattlineError as error:
        raise WattlineError(f"supply: the plan could not be run in another year: {error}") from None
