"""How sure a supply must be: hours that may be left, outages drawn for plants and grid, one unit less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.grid.supply.outages import units_up
from wattline.line.grid.supply.parts import (
    Generator,
    GridImport,
    HeatReactor,
    PowerMargin,
    SupplyCase,
    UnservedLoad,
)

REPAIR, GRID_OUT, GRID_REPAIR = (
    "constant.supply-repair-hours",
    "constant.supply-grid-out-hours",
    "constant.supply-grid-repair-hours",
)
HOLDS_H = 4.0  # a storage counts as far as it lasts for so long
TIGHT, WEAK = 0.95, 0.05  # hours near the highest load, and the share of them in which wind and sun may do less
MAX_TRIES = 50  # of a time in which a plant is out for its share at least
FIRST_OUTAGE = 500_000  # seed of the first year of outages
Value = Callable[[str], float]


@dataclass(frozen=True)
class Reliability:
    """What a supply must withstand.

    Parameters
    ----------
    unserved_hours : hours of the mean load that may be left in a year; None for none
    outages : whether it is sized on a drawn year of outages
    n_1 : whether what is left must reach the highest load when any one unit, or the grid, is out
    """

    unserved_hours: float | None = None
    outages: bool = False
    n_1: bool = False

    @property
    def unserved(self) -> UnservedLoad | None:
        """The load that may be left, at no cost."""
        return None if self.unserved_hours is None else UnservedLoad(0.0, self.unserved_hours)


def read_reliability(text: str | Sequence[str]) -> tuple[Reliability, list[str]]:
    """The words of a target that are of reliability (``"unserved=3h"``, ``"outages"``, ``"n-1"``), and the others.

    Parameters
    ----------
    text : one or several, with commas between them

    Returns
    -------
    The reliability that is wanted, and the other words.

    Raises WattlineError for hours that cannot be.
    """
    words = text.split(",") if isinstance(text, str) else [part for each in text for part in each.split(",")]
    hours, outages, n_1 = None, False, False
    left = []
    for word in words:
        name, equals, amount = (part.strip().lower() for part in word.partition("="))
        if name in ("unserved", "reliability") and equals:
            hours = parse(amount, "hour", "target unserved", zero=True)
            if hours > TYPICAL_YEAR_H:
                raise WattlineError(f"target unserved={hours:g} h: a year has 8,760; write unserved=3h")
        elif name == "outages" and not equals:
            outages = True
        elif name in ("n-1", "n1") and not equals:
            n_1 = True
        else:
            left.append(word)
    return Reliability(hours, outages, n_1), left


def with_outages(case: SupplyCase, catalog: Catalog, value: Value, seed: int, lucky: bool = True) -> SupplyCase:
    """The case in a year of drawn outages, of the plants that run at will and of the grid; of wind, sun and storages,
    which are of many small units, none.

    Parameters
    ----------
    case : with constant availabilities
    catalog : whose sizes of units are taken
    value : a constant's value by its key
    seed : of the outages
    lucky : whether a plant may be out for less than its share of the time; else it is drawn anew

    Returns
    -------
    The same case, with availability by the hour.
    """
    rng = np.random.default_rng(seed)
    span, peak = (case.load.size, case.step_h), float(case.load.max())

    def series(part: Generator | HeatReactor, there: float) -> np.ndarray:
        units = units_of(part.name, peak, catalog)
        for _ in range(1 if lucky else MAX_TRIES):
            up = units_up(rng, span, 1 - there, value(REPAIR), units)
            if up.mean() <= there:
                break
        return up

    plants = [
        plant if np.ndim(plant.profile) else replace(plant, profile=series(plant, float(plant.profile)))
        for plant in case.generators
    ]
    reactors = [replace(each, availability=series(each, float(each.availability))) for each in case.reactors]
    grid = case.grid
    if grid is not None:
        there = units_up(rng, span, value(GRID_OUT) / TYPICAL_YEAR_H, value(GRID_REPAIR))
        grid = replace(grid, limit_mw=np.asarray(grid.limit_mw) * there)
    return replace(case, generators=tuple(plants), reactors=tuple(reactors), grid=grid)


def unit_outages(case: SupplyCase, catalog: Catalog) -> dict[str, SupplyCase]:
    """N-1: the case with the largest unit of each firm plant, or the grid, out the whole time, by what is out.

    Parameters
    ----------
    case : with all of it
    catalog : whose sizes of units are taken

    Returns
    -------
    A unit's name -> its case.
    """
    peak, cases = float(case.load.max()), {}
    for plant in case.generators:
        if not np.ndim(plant.profile):
            count = units_of(plant.name, peak, catalog)
            less = replace(plant, profile=float(plant.profile) * (1 - 1 / count))
            cases[plant.name] = replace(case, generators=tuple(less if p is plant else p for p in case.generators))
    for reactor in case.reactors:
        count = units_of(reactor.name, peak, catalog)
        smaller = replace(reactor, availability=np.asarray(reactor.availability) * (1 - 1 / count))
        cases[reactor.name] = replace(case, reactors=tuple(smaller if r is reactor else r for r in case.reactors))
    if case.grid is not None:
        cases["the grid"] = replace(case, grid=GridImport(0.0, 0.0))
    return cases


def n_1_margins(case: SupplyCase, catalog: Catalog) -> tuple[PowerMargin, ...]:
    """What must be there when the largest unit of each firm plant, or the grid, is out: the highest load.

    Plants count as they are available, wind and sun what they do in all but a twentieth of the hours near the highest
    load, storages as far as they last for four hours, the grid its least limit.

    Parameters
    ----------
    case : with all of it
    catalog : whose sizes of units are taken

    Returns
    -------
    A margin for each thing that may be out.
    """
    peak = float(case.load.max())
    near = case.load >= TIGHT * peak
    credits = {plant.name: _sure(plant.profile, near) for plant in case.generators}
    credits |= {f"{each.name} reactor": each.efficiency * _sure(each.availability, near) for each in case.reactors}
    stores = dict.fromkeys((storage.name for storage in case.storages), 1.0)
    grid = 0.0 if case.grid is None else float(np.min(case.grid.limit_mw))
    firm = {plant.name: plant.name for plant in case.generators if not np.ndim(plant.profile)}
    firm |= {f"{each.name} reactor": each.name for each in case.reactors}
    margins = [] if case.grid is None else [PowerMargin("the grid", peak, credits, stores, HOLDS_H)]
    for place, name in firm.items():
        less = credits | {place: credits[place] * (1 - 1 / units_of(name, peak, catalog))}
        margins.append(PowerMargin(name, peak - grid, less, stores, HOLDS_H))
    return tuple(margin for margin in margins if margin.least_mw > 0)


def _sure(profile: np.ndarray | float, near: np.ndarray) -> float:
    return float(np.quantile(np.broadcast_to(profile, near.shape)[near], WEAK))


def units_of(technology: str, peak_mw: float, catalog: Catalog) -> int:
    """Units that would serve the highest load alone, one at least.

    Parameters
    ----------
    technology : of the catalog's ``supply``
    peak_mw : highest load [MW]
    catalog : whose size of a unit is taken; one unit where none is stated

    Returns
    -------
    Number of units.
    """
    facts = catalog.find("supply", technology).facts
    return max(ceil(peak_mw / facts["unit_mw"].value - 1e-9), 1) if "unit_mw" in facts else 1
