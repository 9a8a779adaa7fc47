"""What a plan says beside what it builds: the price of a firm plant, when power is there, its share of the grid."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.result import Json
from wattline.core.units import DAY_H, J_PER_WH, KW_PER_MW, W_PER_MW
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.technology import annuity
from wattline.predict.balance import lent, region_balance
from wattline.predict.supply.cases import INTEREST, SupplyQuestion
from wattline.predict.supply.request import GRID

FIRM_AVAILABILITY, FIRM_LIFE, FIRM_FIXED_SHARE = (
    "constant.supply-firm-availability",
    "constant.supply-firm-life",
    "constant.supply-firm-fixed-share",
)


def firm_price(plan: SupplyPlan, question: SupplyQuestion) -> Json:
    """The capital cost below which a first megawatt of a carbon-free plant that runs flat, such as fusion, would be
    built: what its energy is worth at the plan's prices.

    Parameters
    ----------
    plan : whose prices are taken
    question : whose interest is taken

    Returns
    -------
    USD/MWh and USD/kW, and what they rest on.
    """
    facts = (INTEREST, FIRM_AVAILABILITY, FIRM_LIFE, FIRM_FIXED_SHARE)
    interest, availability, life_years, fixed_share = (question.value(fact, None) for fact in facts)
    value = float(np.sum(plan.price) * plan.case.step_h) * availability / plan.case.years
    yearly = annuity(interest, life_years) + fixed_share
    hours = plan.case.load.size * plan.case.step_h * availability / plan.case.years
    return {
        "usd_per_mwh": value / hours,
        "usd_per_kw": value / yearly / KW_PER_MW,
        "availability": availability,
        "life_years": life_years,
        "fixed_om_share": fixed_share,
    }


def flexible_point(plan: SupplyPlan) -> float:
    """What it saves if one more hundredth of the load may move within its window, a day where none may move yet, at the
    plan's prices [USD/MWh of load].

    In each window the load above the price that parts it in two halves goes to the hours below it.

    Parameters
    ----------
    plan : whose prices are taken

    Returns
    -------
    USD/MWh of load.
    """
    case = plan.case
    block = max(1, round((DAY_H if case.shift is None else case.shift.hours) / case.step_h))
    saved = 0.0
    for first in range(0, case.load.size, block):
        price, load = plan.price[first : first + block], case.load[first : first + block]
        order = np.argsort(price, kind="stable")
        below = np.cumsum(load[order])
        middle = price[order[int(np.searchsorted(below, below[-1] / 2))]]
        saved += float(np.abs(price - middle) @ load) * case.step_h
    return saved / 100 / case.load_mwh if case.load_mwh else 0.0


def lead_times(plan: SupplyPlan, question: SupplyQuestion) -> list[Json]:
    """What the plan builds, by the years from order to power, the longest first.

    Parameters
    ----------
    plan : what is built
    question : whose catalog is taken

    Returns
    -------
    A row a technology.
    """
    rows = []
    for source in question.sources:
        built = max((v for name, v in plan.capacities.items() if name.split(" ")[0] == source.name), default=0.0)
        if source.name == GRID or built <= 1e-6 * max(float(plan.case.load.max()), 1e-9):
            continue
        fact = question.catalog.find("supply", source.name)["lead_time_years"]
        rows.append({"technology": source.name, "years": fact.value, "low": fact.low, "high": fact.high})
    return sorted(rows, key=lambda row: -float(row["years"]))


def balances(plan: SupplyPlan, question: SupplyQuestion) -> dict[str, Json | None]:
    """What the site takes of its region's demand, of its highest hour and of its growth; and what it still takes of it
    from the grid, None where the plan has no grid.

    Parameters
    ----------
    plan : whose load and imports are taken
    question : whose region and facts are taken

    Returns
    -------
    ``balance`` and ``import_balance`` of an answer.
    """
    region, case = question.site.region, plan.case
    # draws of its own: a region's demand moves no cost
    draws = Draws(question.draws.n, question.draws.seed, question.catalog)

    def balance(mw: Array) -> Json:
        energy_j = float(mw.sum()) * case.step_h / case.years * W_PER_MW * J_PER_WH
        return region_balance(region, np.asarray(energy_j), np.asarray(float(mw.max()) * W_PER_MW), draws)

    imports = plan.dispatch.get("grid import")
    made = {"balance": balance(case.load), "import_balance": None if imports is None else balance(imports)}
    question.draws.cite(*draws.used.values())
    return made


def balance_notes(question: SupplyQuestion) -> list[str]:
    """Which figures of the balance are those of another region; ``question``: whose region is taken."""
    return lent(question.site.region, question.draws)
