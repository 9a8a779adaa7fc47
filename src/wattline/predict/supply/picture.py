"""The series of a plan that a page draws: its worst and a usual week, its duration curve, its carbon-free hours."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.core.result import Json
from wattline.core.units import HOUR_S
from wattline.line.grid.supply.plan import WEEK_H, SupplyPlan
from wattline.predict.supply.hours import SupplyHours

CURVE = 101
DIGITS = 4
MIN_SHOWN = 1e-4  # of the highest load: a flow that stays below it is none


def picture(plan: SupplyPlan, hours: SupplyHours, utc_offset_h: float) -> Json:
    """What a page draws of a plan.

    Parameters
    ----------
    plan : the plan
    hours : that it was sized on
    utc_offset_h : hours by which the place's standard time is ahead of UTC

    Returns
    -------
    The hardest and a usual week, and the year, as plain data.
    """
    steps = min(plan.case.load.size, max(1, round(WEEK_H / plan.case.step_h)))
    return {
        "worst_week": _week(plan, hours, plan.worst_week.start, steps),
        "usual_week": _week(plan, hours, _usual(plan, steps), steps),
        "residual_mw": _rounded(np.quantile(_residual(plan), np.linspace(1, 0, CURVE))),
        "import_mw": _rounded(np.quantile(_series(plan, "grid import"), np.linspace(1, 0, CURVE))),
        "price_usd_per_mwh": _rounded(np.quantile(plan.price, np.linspace(1, 0, CURVE))),
        "utc_offset_h": utc_offset_h,
        "cfe_by_month_hour": _by_month_hour(plan, hours, utc_offset_h),
    }


def _series(plan: SupplyPlan, name: str) -> Array:
    return plan.dispatch.get(name, np.zeros(plan.case.load.size))


def _residual(plan: SupplyPlan) -> Array:
    """The load less wind and sun."""
    varying = sum((_series(plan, f"{g.name} generation") for g in plan.case.generators if np.ndim(g.profile)), 0.0)
    return np.asarray(plan.case.load - varying)


def _usual(plan: SupplyPlan, steps: int) -> int:
    """The week whose value is the median of all weeks that begin a week apart."""
    starts = np.arange(0, plan.case.load.size - steps + 1, steps)
    worth = [float((plan.price[s : s + steps] * plan.case.load[s : s + steps]).sum()) for s in starts]
    return int(starts[int(np.argsort(worth, kind="stable")[len(worth) // 2])])


def _week(plan: SupplyPlan, hours: SupplyHours, start: int, steps: int) -> Json:
    inside = slice(start, start + steps)
    series = {"load": plan.case.load, **plan.dispatch}
    least = MIN_SHOWN * float(plan.case.load.max())
    shown = {
        name: _rounded(values[inside])
        for name, values in series.items()
        if name == "load" or np.abs(values[inside]).max() > least
    }
    return {
        "from_utc": str(hours.utc[start]),
        "step_h": plan.case.step_h,
        "mw": shown,
        "price_usd_per_mwh": _rounded(plan.price[inside]),
    }


def _by_month_hour(plan: SupplyPlan, hours: SupplyHours, utc_offset_h: float) -> list[list[float | None]]:
    """Hourly carbon-free share by month and hour of the day, in standard time; None where there is no load."""
    case = plan.case
    grey = np.zeros(case.load.size)
    for plant in case.generators:
        grey += _series(plan, f"{plant.name} generation") * (1 - plant.clean_share)
    if case.grid is not None:
        grey += _series(plan, "grid import") * (1 - np.asarray(case.grid.clean_share))
    local = hours.utc + np.timedelta64(round(utc_offset_h * HOUR_S), "s")
    month = local.astype("datetime64[M]").astype(int) % 12
    hour = (local - local.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    place = month * 24 + hour
    load, grey_sum = np.bincount(place, case.load, 288), np.bincount(place, grey, 288)
    share = 1 - np.divide(grey_sum, load, out=np.full(288, np.nan), where=load > 0)
    return [[None if np.isnan(x) else round(float(x), DIGITS) for x in row] for row in share.reshape(12, 24)]


def _rounded(values: Array) -> list[float]:
    """To a few digits: a page shows no more."""
    return [float(f"{x:.{DIGITS}g}") + 0.0 for x in values]
