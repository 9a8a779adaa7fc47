"""What a supply is made of: plants, storages, the grid, flexible load, the target; all frozen, in MW and USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil, inf

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H, YEAR_H


@dataclass(frozen=True)
class Generator:
    """A plant that delivers to the load.

    Parameters
    ----------
    cost : annual cost of its capacity [USD/MW/year], capital and fixed
    profile : what a MW delivers at most, 0 to 1: a number, or ``(n_hours,)``
    marginal : cost of a MWh [USD/MWh]
    min_output : least output as a share of capacity
    clean_share : carbon-free share of its energy
    carbon : direct emission [g/kWh]
    max_mw : most that can be built [MW]; a plant that is there is one of cost 0 with its size as the most
    """

    name: str
    cost: float
    profile: Array | float = 1.0
    marginal: float = 0.0
    min_output: float = 0.0
    clean_share: float = 1.0
    carbon: float = 0.0
    max_mw: float = inf


@dataclass(frozen=True)
class Storage:
    """A store of electricity: one power for charge and discharge, both on the side of the load.

    Parameters
    ----------
    power_cost, energy_cost : annual cost of a MW and of a MWh [USD/year]
    charge_efficiency, discharge_efficiency : shares that come through
    discharge_cost : cost of a MWh discharged [USD/MWh]
    hours : energy over power where it is fixed; None leaves it free
    loss : share of the content that is lost in an hour
    max_mw, max_mwh : most that can be built
    """

    name: str
    power_cost: float
    energy_cost: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    discharge_cost: float = 0.0
    hours: float | None = None
    loss: float = 0.0
    max_mw: float = inf
    max_mwh: float = inf


@dataclass(frozen=True)
class HeatReactor:
    """A reactor that feeds a tank of heat, and a turbine, as large as it pays, that runs from it. Carbon-free.

    Parameters
    ----------
    reactor_cost, tank_cost, turbine_cost : annual cost of a MW of heat, a MWh of heat, and a MW of electricity
    efficiency : electricity out of heat
    availability, min_output : most and least heat as shares of the reactor's power; the first may be by the hour
    marginal : cost of a MWh of heat [USD/MWh]
    max_mw : most heat that can be built [MW]
    """

    name: str
    reactor_cost: float
    tank_cost: float
    turbine_cost: float
    efficiency: float
    availability: Array | float = 1.0
    min_output: float = 0.0
    marginal: float = 0.0
    max_mw: float = inf


@dataclass(frozen=True)
class GridImport:
    """Electricity from the grid by the hour: bound [MW], price [USD/MWh], clean share (0 to 1), intensity [g/kWh]; and
    what a MW of the highest import costs a year [USD/MW]."""

    limit_mw: Array | float
    price: Array | float
    clean_share: Array | float = 0.0
    carbon: Array | float = 0.0
    peak_cost: float = 0.0


@dataclass(frozen=True)
class GridExport:
    """Electricity to the grid: its bound [MW], price [USD/MWh], and as shares of the year's load the most that is sold,
    and the most that is sold beyond what is bought: at 0 it sells no more than it buys."""

    limit_mw: Array | float
    price: Array | float
    max_share: float = inf
    max_net_share: float = inf


@dataclass(frozen=True)
class Shift:
    """Load that moves within a day: up to ``share`` of the hour's load, up or down; the day's energy stays."""

    share: float
    hours: float = 24.0


@dataclass(frozen=True)
class UnservedLoad:
    """Load that may be left: the cost of a MWh [USD/MWh], and the most in a year, in hours of the mean load."""

    cost: float
    max_hours: float = inf


@dataclass(frozen=True)
class PowerMargin:
    """Power that must be there when something is out.

    Parameters
    ----------
    name : what is out
    least_mw : least sum of what counts [MW]
    credits : what a MW of a plant or of a reactor's heat counts, by name
    stores : what a MW of a storage counts, by name, as far as its content lasts for ``hours``
    hours : how long a storage must last [h]
    """

    name: str
    least_mw: float
    credits: Mapping[str, float]
    stores: Mapping[str, float] = field(default_factory=dict)
    hours: float = 4.0


@dataclass(frozen=True)
class SupplyTarget:
    """What the supply must reach; None is no demand.

    Parameters
    ----------
    cfe : least hourly carbon-free share: grey import and grey generation ≤ (1 − cfe) of the load
    annual : carbon-free generation of the year, exports included, as a share of the year's load
    carbon : most direct emission over the load [g/kWh]
    carbon_price : price of CO2 [USD/t]
    """

    cfe: float | None = None
    annual: float | None = None
    carbon: float | None = None
    carbon_price: float = 0.0


@dataclass(frozen=True)
class SupplyCase:
    """A load and all that may power it.

    Parameters
    ----------
    load : power of the load [MW], ``(n_hours,)`` or finer
    margins : power that must be there when something is out
    step_h : length of a step [h]; 0.25 for quarter-hours
    circles : whether a storage may charge and discharge at once, as linear programs of the literature let it: where
        burning energy pays (negative prices, a target met by generation alone) that is a bound, not a plan
    """

    load: Array
    generators: tuple[Generator, ...] = ()
    storages: tuple[Storage, ...] = ()
    reactors: tuple[HeatReactor, ...] = ()
    grid: GridImport | None = None
    export: GridExport | None = None
    shift: Shift | None = None
    unserved: UnservedLoad | None = None
    target: SupplyTarget = field(default_factory=SupplyTarget)
    margins: tuple[PowerMargin, ...] = ()
    step_h: float = 1.0
    circles: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "load", hourly("load", self.load, np.size(self.load), low=0.0))
        if self.load.size < 2:
            raise WattlineError("supply: the load needs at least two steps")
        if not (0 < self.step_h <= 24 and np.isfinite(self.step_h)):
            raise WattlineError(f"supply: a step of {self.step_h:g} h; give a step above 0 and up to 24 h")
        parts: tuple[Generator | Storage | HeatReactor, ...] = (*self.generators, *self.storages, *self.reactors)
        names = [part.name for part in parts]
        if len(set(names)) < len(names):
            raise WattlineError(f"supply: a name is given twice among {', '.join(names)}")
        _check_target(self.target)

    @property
    def years(self) -> float:
        """Years that the load spans; whole calendar years count as such, leap days or not."""
        hours = self.load.size * self.step_h
        whole = round(hours / YEAR_H)
        calendar = whole >= 1 and 0 <= hours - TYPICAL_YEAR_H * whole <= 24 * ceil(whole / 4)
        return float(whole) if calendar else hours / TYPICAL_YEAR_H

    @property
    def load_mwh(self) -> float:
        """Energy of the load [MWh]."""
        return float(self.load.sum() * self.step_h)

    def aim(self, **target: float) -> SupplyCase:
        """The same case with other targets, such as ``case.aim(cfe=0.9)``."""
        return replace(self, target=replace(self.target, **target))


def _check_target(target: SupplyTarget) -> None:
    if target.cfe is not None and not 0 <= target.cfe <= 1:
        raise WattlineError(f"target: a carbon-free share of {target.cfe:g}; give 0 to 1 (95% is 0.95)")
    for name in ("annual", "carbon"):
        value = getattr(target, name)
        if value is not None and not (value >= 0 and np.isfinite(value)):
            raise WattlineError(f"target: {name} {value:g}; give a number of at least 0")
    if not np.isfinite(target.carbon_price):
        raise WattlineError("target: the carbon price is not a finite number")


def hourly(name: str, values: Array | float, steps: int, low: float = -inf, high: float = inf) -> Array:
    """The series as ``(steps,)``, a number repeated.

    Raises WattlineError that says at which hour it is missing or beyond ``low`` to ``high``, or how long it should be.

    Parameters
    ----------
    name : of the series, for the error
    values : a number or ``(steps,)``
    steps : of the load
    low, high : least and greatest value

    Returns the series, shape ``(steps,)``.
    """
    series = np.asarray(values, dtype=float)
    if series.ndim == 0:
        series = np.full(steps, float(series))
    if series.shape != (steps,):
        raise WattlineError(f"supply: {name} has {series.size} values where the load has {steps}")
    for wrong, what in (
        (~np.isfinite(series), "no number"),
        (series < low, f"below {low:g}"),
        (series > high, f"above {high:g}"),
    ):
        if wrong.any():
            raise WattlineError(f"supply: {name} is {what} at hour {int(np.argmax(wrong))} of {steps}; mend that hour")
    return series
