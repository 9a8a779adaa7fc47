"""Scales a program to numbers near 1: power by the mean load, prices by a usual cost of energy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.line.grid.supply.program import Program


@dataclass(frozen=True, eq=False)
class Scale:
    """A scaled program, with the MW and the USD a unit of it stands for."""

    program: Program
    power: float
    price: float

    @classmethod
    def of(cls, program: Program) -> Scale:
        """Scale by the mean load, and by the larger of the mean cost of flows and the mean rent of capacities a MWh."""
        power = float(program.load.mean()) or 1.0
        costs = np.abs(program.cost[program.active & (program.cost != 0)])
        use = np.bincount(np.maximum(program.owner, 0), program.profile.sum(axis=1), max(len(program.capacities), 1))
        rent = program.capacity_cost / np.maximum(use[: len(program.capacities)], 1.0)
        price = max(float(costs.mean()) if costs.size else 0.0, float(rent.mean()) if rent.size else 0.0) or 1.0
        return cls.by(program, power, price)

    @classmethod
    def by(cls, program: Program, power: float, price: float) -> Scale:
        """Scale by a given power and price: programs that are to share points must share their scale.

        Parameters
        ----------
        program : the study, as a linear program of F flows, K capacities and T steps
        power : what 1 stands for [MW]
        price : what 1 stands for [USD/MWh]

        Returns the scaled program, and how it was scaled.
        """
        scaled = replace(
            program,
            load=program.load / power,
            inflow=program.inflow / power,
            fixed=program.fixed / power,
            capacity_max=program.capacity_max / power,
            limit=program.limit / power,
            cost=program.cost / price,
            capacity_cost=program.capacity_cost / price,
        )
        return cls(scaled, power, price)
