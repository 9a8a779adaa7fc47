"""From the servers' power to the grid's delivery: site, grid and what follows, one path for every kind of job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.bill import Bill
from wattline.core.fact import Array
from wattline.core.load import Load, phases_load
from wattline.core.units import J_PER_WH
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.predict import hourly
from wattline.predict.answer import Working
from wattline.predict.facility import Facility
from wattline.predict.grid_hours import GridHours
from wattline.predict.hourly import HourlySite
from wattline.predict.prices import WeightedMeans, follow, signals_of

LOAD_STEPS = 200
LOAD_VALUES = 20_000_000  # of all draws together: more draws have fewer steps


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of a job: joules-per-second by part (chips, hosts, network) for so long."""

    power_w: Mapping[str, Array]
    duration_s: Array


def deliver(
    phases: Sequence[Phase], facility: Facility, draws: Draws, working: Working, any_time: bool = False
) -> tuple[Bill, Load, Array]:
    """The bill of the phases one after the other, their load at the grid, and its peak in watts.

    The delivery is the load's energy (power over time at the meter); the parts are worked out on their own.
    ``any_time``: the job is one of many at all times, such as a prompt, unless the user says when it begins.

    Parameters
    ----------
    phases : power by part [W], and how long each lasts [s]
    facility : the site, its grid and what they cost
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    working : in which each step is written down
    any_time : whether the job is one of many at all times, such as a prompt, unless the user says when it begins

    Returns the bill, the load at the grid, and its peak ``(n_draws,)`` [W].
    """
    parts: dict[str, Array] = {}
    for phase in phases:
        for part, power in phase.power_w.items():
            parts[part] = parts.get(part, np.asarray(0.0)) + power * phase.duration_s
    it_j = np.asarray(sum(parts.values()))
    if facility.hourly is not None:
        return _deliver_hourly(phases, parts, it_j, facility.hourly, facility, draws, working, any_time)
    parts |= {part: it_j * loss for part, loss in facility.losses.items()}
    site_w = [np.asarray(sum(phase.power_w.values())) * facility.pue for phase in phases]
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    load = phases_load("grid", site_w, [phase.duration_s for phase in phases], steps)
    delivered = load.energy_j
    seconds = [np.asarray(phase.duration_s, float) for phase in phases]
    weighed = None if facility.hours is None else weigh(facility.hours, site_w, seconds, any_time)
    bill = _bill(parts, delivered, it_j, facility, draws, weighed)
    _explain(bill, it_j, facility, draws, working)
    # the load's steps are those of the longest draw, so that a short one's peak would be averaged away in them
    peak = reduce(np.maximum, (np.where(phase.duration_s > 0, w, 0.0) for phase, w in zip(phases, site_w, strict=True)))
    return bill, load, np.asarray(peak)


def _deliver_hourly(
    phases: Sequence[Phase],
    parts: Mapping[str, Array],
    it_j: Array,
    site: HourlySite,
    facility: Facility,
    draws: Draws,
    working: Working,
    any_time: bool,
) -> tuple[Bill, Load, Array]:
    """The same with each hour's own overhead; the load's steps follow the hours."""
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    power = [np.asarray(sum(phase.power_w.values())) for phase in phases]
    given = facility.where.start
    begin = None if given is None else np.datetime64(given, "s")
    hours = hourly.deliver(site, power, [phase.duration_s for phase in phases], steps, facility.hours, begin)
    delivered = hours.load.energy_j
    weighed = None
    if facility.hours is not None:
        timeless = any_time and not facility.hours.given
        weighed = WeightedMeans.by(facility.hours, facility.hours.year_mean() if timeless else hours.weighed)
    bill = _bill({**parts, **hours.parts}, delivered, it_j, facility, draws, weighed, hours.water_l)
    _explain(bill, it_j, facility, draws, working)
    return bill, hours.load, hours.peak_w


def weigh(hours: GridHours, power_w: Sequence[Array], seconds: Sequence[Array], any_time: bool) -> WeightedMeans:
    """Means of the signals by the hour, weighed by phases of constant power one after the other.

    Parameters
    ----------
    hours : signals of the grid by the hour, ``(n_hours,)`` each
    power_w : of each phase, W, scalar or ``(n_draws,)``
    seconds : of each phase, s, scalar or ``(n_draws,)``
    any_time : begin at each hour of the year in turn, and not at the given one

    Returns
    -------
    Means of each signal, scalar or ``(n_draws,)``.
    """
    if any_time and not hours.given:
        return WeightedMeans.by(hours, hours.year_mean())
    begin, energy = np.asarray(0.0), np.asarray(0.0)
    sums: dict[str, Array] = {name: np.asarray(0.0) for name in hours.signals}
    for power, length in zip(power_w, seconds, strict=True):
        end = np.asarray(begin + length)
        start = np.broadcast_to(begin, end.shape)
        for name, mean in hours.mean_between(start, end).items():
            sums[name] = np.asarray(sums[name] + mean * power * length)
        energy, begin = np.asarray(energy + power * length), end
    some = np.where(energy > 0, energy, 1.0)
    year = hours.year_mean()
    return WeightedMeans.by(
        hours, {name: np.where(energy > 0, total / some, year[name]) for name, total in sums.items()}
    )


def _bill(
    parts: Mapping[str, Array],
    delivered_j: Array,
    it_j: Array,
    facility: Facility,
    draws: Draws,
    weighed: WeightedMeans | None,
    water_l: Array | None = None,
) -> Bill:
    """The parts with cost, each account of CO2e, and water at the site and the stations.

    ``water_l``: the site's own, in place of its kind's annual figure.
    """
    own = annual.water_l(facility.site, it_j, draws) if water_l is None else water_l
    region, where = facility.region, facility.where
    follows = {
        **follow(region, where, delivered_j, draws, weighed),
        "water_l": own + grid.water_l(region, delivered_j, draws),
        "generated_wh": grid.generated_j(region, delivered_j, draws) / J_PER_WH,
    }
    return Bill(parts, delivered_j, follows, signals_of(region, where, facility.hours, draws))


def _explain(bill: Bill, it_j: Array, facility: Facility, draws: Draws, working: Working) -> None:
    working.note("server", "energy of the servers and network", "Σ power × time", it_j / J_PER_WH, "Wh")
    working.note("grid", "energy delivered", "server energy × PUE", bill.energy_j / J_PER_WH, "Wh")
    signals, given = bill.signals, isinstance(facility.where.carbon, int | float)
    hours = facility.hours
    by_hour = hours is not None and "lifecycle" in hours.signals
    generated = "delivered" if by_hour and hours is not None and not hours.typical else "generated"
    source = f", {facility.region.title}" if not by_hour else f" ({signals['location']})"
    life, direct = (f"{kind} carbon intensity{source}" for kind in ("life-cycle", "direct"))
    shown = {
        "generated_wh": ("energy delivered / (1 - grid loss)", "Wh"),
        "cost_usd": (f"{_price_words(facility, signals['price'])} × energy delivered", "USD"),
        "co2e_kg": (f"{life} × energy {generated}", "kg"),
        "co2e_direct_kg": (f"{direct} × energy delivered", "kg"),
        "co2e_market_kg": (f"direct carbon intensity ({signals['market']}) × energy delivered", "kg"),
        "co2e_marginal_kg": (f"marginal carbon intensity ({signals['marginal']}) × energy delivered", "kg"),
        "carbon_free_wh": (f"carbon-free share ({signals['carbon_free']}) × energy delivered", "Wh"),
        "water_l": ("WUE × IT energy + water at power stations × energy generated", "L"),
    }
    if given:
        shown |= dict.fromkeys(("co2e_kg", "co2e_direct_kg"), ("given carbon intensity × energy delivered", "kg"))
    for name, (formula, unit) in shown.items():
        working.note("grid", name.rsplit("_", 1)[0].replace("_", " "), formula, bill.follows[name], unit)


def _price_words(facility: Facility, signal: str) -> str:
    if facility.where.price is not None:
        return f"price {signal}"
    given = facility.where.electricity_price is not None
    return "given price" if given else f"price to industry, {facility.region.title}"
