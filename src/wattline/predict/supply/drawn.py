"""The plan at each draw of costs and weather: a sweep over this machine's cores or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wattline.line.grid.supply.draws import plans
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.predict.supply.cases import SupplyQuestion
from wattline.sweep import Store, open_pool, run_all
from wattline.sweep.store import Item, Result

CHUNK = 5  # draws that one worker plans in a row, each from the nearest before it; the same for any number of workers
MIN_PARALLEL = 60_000  # steps of all draws below which workers cost more than they save
Progress = Callable[[str], None]


@dataclass(frozen=True)
class DrawnPlan:
    """Figures of a plan at a draw, and what it builds."""

    figures: Mapping[str, float]
    capacities: Mapping[str, float]

    @classmethod
    def of(cls, plan: SupplyPlan) -> DrawnPlan:
        """The figures of a plan, without its hours."""
        figures = {
            "usd_per_mwh": plan.usd_per_mwh,
            "cost_usd_per_year": plan.cost_usd / plan.case.years,
            "cfe": plan.cfe,
            "carbon_g_per_kwh": plan.carbon_g_per_kwh,
        }
        if plan.cfe_point_usd_per_mwh is not None:
            figures["cfe_point_usd_per_mwh"] = plan.cfe_point_usd_per_mwh
        return cls(figures, plan.capacities)


def drawn_plans(question: SupplyQuestion, progress: Progress, on: str | None = None) -> tuple[DrawnPlan, ...]:
    """The plan at each draw.

    Parameters
    ----------
    question : with its draws
    progress : hears what is worked on
    on : None for this machine's cores, ``"ray"`` or ``"ray://HOST:PORT"``

    Returns
    -------
    One a draw, in their order.

    Raises WattlineError where a draw has no plan.
    """
    count = question.draws.n
    if not count:
        return ()
    steps = question.case(0).load.size  # the facts of a draw are remembered here, whoever plans it
    items = [{"first": first, "end": min(first + CHUNK, count)} for first in range(0, count, CHUNK)]
    here = 1 if on is None and (count * steps < MIN_PARALLEL or len(items) == 1) else None
    planned = 0

    def watch(item: Item, result: Result) -> None:
        nonlocal planned
        planned += len(result["plans"])
        progress(f"draw {planned} of {count}")

    with Store.open(None, "supply") as store, open_pool(on, plan_chunk, question, here) as pool:
        results = run_all(items, pool, store, watch)
    return tuple(DrawnPlan(**made) for result in results for made in result["plans"])


def plan_chunk(question: SupplyQuestion, item: Item) -> Result:
    """The plans of some draws in a row, as a worker works them out.

    Parameters
    ----------
    question : that all draws share
    item : the ``first`` draw, and the ``end`` after the last

    Returns
    -------
    Their ``plans``, as figures and capacities.
    """
    cases = (question.case(draw) for draw in range(int(item["first"]), int(item["end"])))
    made: list[dict[str, Any]] = []
    for plan in plans(cases):
        drawn = DrawnPlan.of(plan)
        made.append({"figures": dict(drawn.figures), "capacities": dict(drawn.capacities)})
    return {"plans": made}
