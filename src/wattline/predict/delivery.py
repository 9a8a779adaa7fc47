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
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.predict import hourly
from wattline.predict.answer import Working
from wattline.predict.facility import Facility
from wattline.predict.hourly import HourlySite
from wattline.predict.prices import follow

LOAD_STEPS = 200
LOAD_VALUES = 20_000_000  # of all draws together: more draws have fewer steps


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of a job: joules-per-second by part (chips, hosts, network) for so long."""

    power_w: Mapping[str, Array]
    duration_s: Array


def deliver(phases: Sequence[Phase], facility: Facility, draws: Draws, working: Working) -> tuple[Bill, Load, Array]:
    """The bill of the phases one after the other, their load at the grid, and its peak in watts.

    The delivery is the load's energy (power over time at the meter); the parts are worked out on their own.
    """
    parts: dict[str, Array] = {}
    for phase in phases:
        for part, power in phase.power_w.items():
            parts[part] = parts.get(part, np.asarray(0.0)) + power * phase.duration_s
    it_j = np.asarray(sum(parts.values()))
    if facility.hourly is not None:
        return _deliver_hourly(phases, parts, it_j, facility.hourly, facility, draws, working)
    parts |= {part: it_j * loss for part, loss in facility.losses.items()}
    site_w = [np.asarray(sum(phase.power_w.values())) * facility.pue for phase in phases]
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    load = phases_load("grid", site_w, [phase.duration_s for phase in phases], steps)
    delivered = load.energy_j
    bill = Bill(parts, delivered, follows(it_j, delivered, facility, draws))
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
) -> tuple[Bill, Load, Array]:
    """The same with each hour's own overhead; the load's steps follow the hours."""
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    power = [np.asarray(sum(phase.power_w.values())) for phase in phases]
    hours = hourly.deliver(site, power, [phase.duration_s for phase in phases], steps)
    delivered = hours.load.energy_j
    bill = Bill({**parts, **hours.parts}, delivered, follows(it_j, delivered, facility, draws, hours.water_l))
    _explain(bill, it_j, facility, draws, working)
    return bill, hours.load, hours.peak_w


def follows(
    it_j: Array, delivered_j: Array, facility: Facility, draws: Draws, water_l: Array | None = None
) -> dict[str, Array]:
    """Cost and direct CO2e of a delivery; life-cycle CO2e and stations' water of what is generated for it.

    ``water_l``: the site's own, in place of its kind's annual figure.
    """
    own = annual.water_l(facility.site, it_j, draws) if water_l is None else water_l
    region = facility.region
    return {
        **follow(region, facility.where, delivered_j, draws),
        "water_l": own + grid.water_l(region, delivered_j, draws),
        "generated_wh": grid.generated_j(region, delivered_j, draws) / 3600,
    }


def _explain(bill: Bill, it_j: Array, facility: Facility, draws: Draws, working: Working) -> None:
    working.note("server", "energy of the servers and network", "Σ power × time", it_j / 3600, "Wh")
    working.note("grid", "energy delivered", "server energy × PUE", bill.energy_j / 3600, "Wh")
    region = facility.region.title
    price, carbon = facility.where.electricity_price, facility.where.carbon
    shown = {
        "generated_wh": ("energy delivered / (1 - grid loss)", "Wh"),
        "cost_usd": (
            f"{'given price' if price is not None else f'price to industry, {region}'} × energy delivered",
            "USD",
        ),
        "co2e_kg": (f"life-cycle carbon intensity, {region} × energy generated", "kg"),
        "co2e_direct_kg": (f"direct carbon intensity, {region} × energy delivered", "kg"),
        "water_l": ("WUE × IT energy + water at power stations × energy generated", "L"),
    }
    if carbon is not None:
        shown |= dict.fromkeys(("co2e_kg", "co2e_direct_kg"), ("given carbon intensity × energy delivered", "kg"))
    for name, (formula, unit) in shown.items():
        working.note("grid", name.rsplit("_", 1)[0].replace("_", " "), formula, bill.follows[name], unit)
