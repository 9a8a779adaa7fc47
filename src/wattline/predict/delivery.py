"""From the servers' power to the grid's delivery: site, grid and what follows, one path for every kind of job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.bill import Bill
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, given
from wattline.core.load import Load, phases_load
from wattline.core.quantity import parse
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.line.site.weather import HOURS
from wattline.line.work.model import COUNTS, Model, load_model
from wattline.predict import hourly
from wattline.predict.answer import Working
from wattline.predict.hourly import HourlySite, hourly_site

LOAD_STEPS = 200
LOAD_VALUES = 20_000_000  # of all draws together: more draws have fewer steps


@dataclass(frozen=True, eq=False)
class Place:
    """Where a job runs: kind of site, its losses per IT energy, and the region of its grid."""

    site: Record
    region: Record
    losses: Mapping[str, Array]
    pue: Array
    given_pue: float | None = None
    hourly: HourlySite | None = None

    def inputs(self) -> dict[str, str | float]:
        """What was asked, as an answer tells it."""
        asked: dict[str, str | float] = {"site": self.site.name, "region": self.region.name}
        if self.hourly is not None:
            asked |= self.hourly.inputs()
        return asked if self.given_pue is None else asked | {"pue": self.given_pue}


@dataclass(frozen=True)
class Outdoors:
    """Where a site stands, for its overhead by the hour: a place by name or a weather file, and a kind of cooling."""

    place: str | None = None
    weather: str | Path | None = None
    cooling: str | None = None

    @property
    def given(self) -> bool:
        return self.place is not None or self.weather is not None


def place(
    site: str | None,
    region: str | None,
    pue: float | str | None,
    draws: Draws,
    working: Working,
    outdoors: Outdoors = Outdoors(),
) -> Place:
    """Read the names and a given PUE; the rest is the catalog's, by the hour where a place or weather is given."""
    if "" in (site, region):
        raise WattlineError("site and region: an empty name; leave it out or see `wattline facts site.` and `region.`")
    if outdoors.given:
        return _hourly(site, region, pue, draws, working, outdoors)
    if outdoors.cooling is not None:
        raise WattlineError("cooling: it takes a place or a weather file as well; give --place or --weather")
    kind, where = annual.load_site(site, draws.catalog), grid.load_region(region, draws.catalog)
    said = None if pue is None else parse_pue(pue)
    if said is not None:
        cite_given(draws, "pue", said, "", "power usage effectiveness")
    losses = annual.losses_per_it(kind, draws, said)
    total = annual.pue(losses)
    how = "given" if said else "1 + UPS + distribution + cooling + fans + lighting"
    working.note("site", f"PUE of a {kind.title} site", how, total, "")
    return Place(kind, where, losses, total, said)


def _hourly(
    site: str | None, region: str | None, pue: float | str | None, draws: Draws, working: Working, outdoors: Outdoors
) -> Place:
    if pue is not None:
        raise WattlineError("give a PUE, or a place or weather to work it out from, not both")
    found = hourly_site(outdoors.place, outdoors.weather, outdoors.cooling, site, draws)
    losses, total = found.means()
    how = f"1 + parts, mean of {HOURS:,} hours of weather, {found.setup.kind.title}"
    working.note("site", f"PUE in a year in {found.weather.name}", how, total, "")
    hall, grid_region = draws.catalog.find("plant", found.hall), grid.load_region(region or found.region, draws.catalog)
    return Place(hall, grid_region, losses, total, None, found)


def cite_given(draws: Draws, name: str, value: float, unit: str, about: str) -> None:
    """Put a number that the user gave among the facts that the answer rests on."""
    key = ".".join(part for part in ("given", draws.job, name) if part)
    draws.cite(given(key, value, unit, about))


def cite_model(model: Model, draws: Draws) -> None:
    """Put the catalog's facts of this architecture among those that the answer rests on."""
    record = draws.catalog.records("model").get(model.key)
    if (
        record is not None and load_model(model.key, draws.catalog) == model
    ):  # a config.json may bear a name of the catalog
        draws.cite(*(record.facts[name] for name in COUNTS if name in record.facts))


def parse_pue(pue: float | str) -> float:
    """A PUE between 1 and 10; a site cannot use less than its servers."""
    value = parse(pue, "", "PUE")
    if not 1.0 <= value <= 10.0:
        raise WattlineError(f"PUE {value:g} is out of range: no site is below 1, and none is known above 10")
    return value


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of a job: joules-per-second by part (chips, hosts, network) for so long."""

    power_w: Mapping[str, Array]
    duration_s: Array


def deliver(phases: Sequence[Phase], where: Place, draws: Draws, working: Working) -> tuple[Bill, Load, Array]:
    """The bill of the phases one after the other, their load at the grid, and its peak in watts.

    The delivery is the load's energy (power over time at the meter); the parts are worked out on their own.
    """
    parts: dict[str, Array] = {}
    for phase in phases:
        for part, power in phase.power_w.items():
            parts[part] = parts.get(part, np.asarray(0.0)) + power * phase.duration_s
    it_j = np.asarray(sum(parts.values()))
    if where.hourly is not None:
        return _deliver_hourly(phases, parts, it_j, where.hourly, where, draws, working)
    parts |= {part: it_j * loss for part, loss in where.losses.items()}
    site_w = [np.asarray(sum(phase.power_w.values())) * where.pue for phase in phases]
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    load = phases_load("grid", site_w, [phase.duration_s for phase in phases], steps)
    delivered = load.energy_j
    bill = Bill(parts, delivered, follows(it_j, delivered, where, draws))
    _explain(bill, it_j, where, draws, working)
    # the load's steps are those of the longest draw, so that a short one's peak would be averaged away in them
    peak = reduce(np.maximum, (np.where(phase.duration_s > 0, w, 0.0) for phase, w in zip(phases, site_w, strict=True)))
    return bill, load, np.asarray(peak)


def _deliver_hourly(
    phases: Sequence[Phase],
    parts: Mapping[str, Array],
    it_j: Array,
    site: HourlySite,
    where: Place,
    draws: Draws,
    working: Working,
) -> tuple[Bill, Load, Array]:
    """The same with each hour's own overhead; the load's steps follow the hours."""
    steps = max(1, min(LOAD_STEPS, LOAD_VALUES // max(1, draws.n)))
    power = [np.asarray(sum(phase.power_w.values())) for phase in phases]
    found = hourly.deliver(site, power, [phase.duration_s for phase in phases], steps)
    delivered = found.load.energy_j
    bill = Bill({**parts, **found.parts}, delivered, follows(it_j, delivered, where, draws, found.water_l))
    _explain(bill, it_j, where, draws, working)
    return bill, found.load, found.peak_w


def follows(
    it_j: Array, delivered_j: Array, where: Place, draws: Draws, water_l: Array | None = None
) -> dict[str, Array]:
    """Cost and direct CO2e of a delivery; life-cycle CO2e and stations' water of what is generated for it.

    ``water_l``: the site's own, in place of its kind's annual figure.
    """
    own = annual.water_l(where.site, it_j, draws) if water_l is None else water_l
    return {
        "cost_usd": grid.cost_usd(where.region, delivered_j, draws),
        "co2e_kg": grid.co2e_kg(where.region, delivered_j, draws),
        "co2e_direct_kg": grid.co2e_kg(where.region, delivered_j, draws, "direct"),
        "water_l": own + grid.water_l(where.region, delivered_j, draws),
        "generated_wh": grid.generated_j(where.region, delivered_j, draws) / 3600,
    }


def _explain(bill: Bill, it_j: Array, where: Place, draws: Draws, working: Working) -> None:
    working.note("server", "energy of the servers and network", "Σ power × time", it_j / 3600, "Wh")
    working.note("grid", "energy delivered", "server energy × PUE", bill.energy_j / 3600, "Wh")
    region = where.region.title
    shown = {
        "generated_wh": ("energy delivered / (1 - grid loss)", "Wh"),
        "cost_usd": (f"price to industry, {region} × energy delivered", "USD"),
        "co2e_kg": (f"life-cycle carbon intensity, {region} × energy generated", "kg"),
        "co2e_direct_kg": (f"direct carbon intensity, {region} × energy delivered", "kg"),
        "water_l": ("WUE × IT energy + water at power stations × energy generated", "L"),
    }
    for name, (formula, unit) in shown.items():
        working.note("grid", name.rsplit("_", 1)[0].replace("_", " "), formula, bill.follows[name], unit)
