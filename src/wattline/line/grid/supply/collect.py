"""Flows, stores and capacities of a supply as they are collected, before they are stacked into arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.parts import SupplyCase, hourly
from wattline.line.grid.supply.program import FlowKey


@dataclass(eq=False)
class Flow:
    """A flow as it is collected: what a MW of it does in each step, and what bounds it."""

    key: FlowKey
    fixed: Array
    profile: Array
    owner: int = -1
    balance: float = 0.0
    store: int = -1
    gain: float = 0.0
    cost: Array | float = 0.0
    counts: dict[str, Array | float] = field(default_factory=dict)
    least: Array | None = None


@dataclass(eq=False)
class Reservoir:
    """A store as it is collected: its content is a flow; ``loop`` closes the year."""

    content: Flow
    carry: Array
    inflow: Array
    loop: bool = True


@dataclass(eq=False)
class Parts:
    """What has been collected of a case; ``on_capacity``: what capacities count in rows, by row and place."""

    case: SupplyCase
    flows: list[Flow] = field(default_factory=list)
    stores: list[Reservoir] = field(default_factory=list)
    capacities: list[tuple[str, float, float]] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)
    on_capacity: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return self.case.load.size

    def capacity(self, name: str, cost: float, most: float = inf) -> int:
        """Add a capacity that costs ``cost`` a year; its place.

        Parameters
        ----------
        name : of the part
        cost : of a MW a year [USD]
        most : the most that may be built [MW]

        Returns its place among the capacities. Raises WattlineError where the cost is not finite.
        """
        cost = float(hourly(f"cost of {name}", cost, 1)[0])
        self.capacities.append((name, cost * self.case.years, most))
        return len(self.capacities) - 1

    def flow(self, part: str, kind: str, fixed: Array | float = 0.0, profile: Array | float = 0.0) -> Flow:
        """Add a flow that ``fixed`` MW and ``profile`` times its owner's capacity bound.

        Parameters
        ----------
        part, kind : which it is, such as ``battery`` and ``charge``
        fixed : the bound that no capacity moves, a number or ``(T,)`` [MW]
        profile : bound by MW of its owner, a number or ``(T,)``

        Returns the flow, to which costs and rows are added. Raises WattlineError for a bound that is missing or below
        zero in a step.
        """
        name = f"{part} {kind}"
        bounds = (hourly(name, fixed, self.steps, low=0.0), hourly(f"{name} profile", profile, self.steps, low=0.0))
        self.flows.append(Flow(FlowKey(part, kind), *bounds))
        return self.flows[-1]

    def store(self, part: str, fixed: float = 0.0, per_unit: float = 0.0, owner: int = -1, keep: float = 1.0) -> int:
        """Add a store; its place. ``keep`` is the share of its content that is there an hour later.

        Parameters
        ----------
        part : to which it belongs
        fixed : content that no capacity moves [MWh]
        per_unit : content by unit of its owner [MWh]
        owner : place of the capacity that bounds it; -1 for none
        keep : share of its content that is there an hour later

        Returns its place among the stores.
        """
        content = Flow(FlowKey(part, "content"), np.full(self.steps, fixed), np.full(self.steps, per_unit), owner)
        carry = np.full(self.steps, keep**self.case.step_h)
        self.stores.append(Reservoir(content, carry, np.zeros(self.steps)))
        return len(self.stores) - 1
