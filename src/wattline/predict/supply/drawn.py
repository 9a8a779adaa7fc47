"""The plan at each draw of costs and weather: a sweep over this machine's cores or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.core.range import Range
from wattline.line.grid.supply.draws import plans
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.predict.supply.cases import SupplyQuestion
from wattline.sweep import Store, open_pool, run_all
from wattline.sweep.store import Item, Result

CHUNK = 5  # draws that one worker plans in a row, each from the nearest before it; the same for any number of workers
MIN_PARALLEL = 60_000  # steps of all draws below which workers cost more than they save
MIN_DRAWS = 19  # of fewer none is expected below p5 or above p95
MIN_SIZE = 1e-3  # of the plan's largest capacity: what is less is not built
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


def draw_warnings(plan: SupplyPlan, drawn: Sequence[DrawnPlan]) -> list[str]:
    """What the ranges of the draws do not show: that there are too few, and where the plan itself lies outside.

    Parameters
    ----------
    plan : at central values
    drawn : at each draw, ``(n_draws,)``

    Returns
    -------
    At most two sentences.
    """
    count, own = len(drawn), DrawnPlan.of(plan)
    if not count:
        return []
    least = MIN_SIZE * max(plan.capacities.values(), default=0.0)
    values = {"cost": (own.figures["usd_per_mwh"], [each.figures["usd_per_mwh"] for each in drawn])}
    values |= {n: (size, [each.capacities[n] for each in drawn]) for n, size in own.capacities.items() if size > least}
    outside = []
    for name, (value, rows) in values.items():
        reach = Range.of(np.array(rows))
        if not reach.p5 - 1e-6 * value <= value <= reach.p95 + 1e-6 * value:
            outside.append(name)
    lines = [*few_draws(count)]
    if outside:
        lines.append(f"the plan, at central values, is outside p5 to p95 of its draws in {', '.join(outside)}")
    return lines


def few_draws(count: int) -> tuple[str, ...]:
    """That so many draws are too few for a range.

    Parameters
    ----------
    count : of draws

    Returns
    -------
    A sentence, or none: of fewer than ``MIN_DRAWS`` the range holds what was not seen less often than it says.
    """
    return (f"draws: {count} is too few for p5 and p95; take {MIN_DRAWS} or more",) if count < MIN_DRAWS else ()


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
