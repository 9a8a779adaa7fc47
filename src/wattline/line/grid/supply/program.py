"""The linear program of a supply, as arrays with a fixed pattern: draws, targets and regions change numbers alone.

    least  sum cost·flow + capacity_cost·capacity
    with   sum balance·flow + least output = load                   each step           price ``y[0]``
           content(t) = carry·content(t-1) + sum gain·flow          each step and store  price ``y[1 + store]``
           0 <= flow <= fixed + profile·capacity                    each step and flow
           sum year·flow + ... <= limit                             over the year        price ``eta``

Flows are ``(n_flows, n_steps)``: what plants deliver, what storages take and give, imports, exports, shifts; the
contents of the stores are the last ``n_stores`` of them. A flow that cannot be (sun at night) is not ``active``. What a
plant must deliver at least is taken off its flow, so that every lower bound is zero. The program's content at the end
of the year is its content at the start, by a capacity ``start:`` and a row ``cycle:`` for each store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array


@dataclass(frozen=True)
class FlowKey:
    """What a row of the flows is: its part (``wind``, ``battery``, ``grid``) and what it does there (``charge``)."""

    part: str
    kind: str


@dataclass(frozen=True, eq=False)
class Program:
    """Arrays of the linear program; shapes with S stores, F flows (contents included), T steps, K capacities, M rows.

    Parameters
    ----------
    flows, capacities, rows : what each flow, capacity and row of the year is
    balance, gain : ``(F,)`` what a flow brings to the load; ``(F, S)`` what it brings into each store in a step
    carry : ``(S, T)`` share of the content that is there one step later; 0 where a day's account begins anew
    load, inflow : ``(T,)`` [MW] and ``(S, T)`` right sides of the balance and of the stores
    cost, fixed, profile : ``(F, T)`` [USD/MW in a step], [MW], [MW per unit of capacity]; inactive flows are 0
    active : ``(F, T)`` whether a flow can be
    owner : ``(F,)`` the capacity that bounds a flow, -1 for none
    capacity_cost, capacity_max : ``(K,)`` [USD over all years], and the most
    must_run : by capacity, ``(1 + S, T)``: what a unit of it brings to balance and stores at least
    starts : by capacity ``start:``, the store whose first content it is
    year, year_capacity, limit, equal : ``(M, F, T)``, ``(M, K)``, ``(M,)``, ``(M,)`` rows over all steps
    dropped : names of rows that hold because what they count is inactive
    """

    flows: tuple[FlowKey, ...]
    capacities: tuple[str, ...]
    rows: tuple[str, ...]
    balance: Array
    gain: Array
    carry: Array
    load: Array
    inflow: Array
    cost: Array
    fixed: Array
    profile: Array
    active: NDArray[np.bool_]
    owner: NDArray[np.int64]
    capacity_cost: Array
    capacity_max: Array
    must_run: dict[int, Array]
    starts: dict[int, int]
    year: Array
    year_capacity: Array
    limit: Array
    equal: NDArray[np.bool_]
    dropped: tuple[str, ...] = ()

    @property
    def stores(self) -> int:
        """Number of stores S."""
        return int(self.gain.shape[1])

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return int(self.load.size)

    def flow_rows(self, flows: Array) -> Array:
        """What flows bring to balance and stores: ``(F, T)`` to ``(1 + S, T)``; inactive ones must be 0."""
        plain = len(self.balance) - self.stores
        rows = np.einsum("rf,ft->rt", self.coefficients, flows[:plain])
        content = flows[plain:]
        rows[1:] += content
        rows[1:, 1:] -= self.carry[:, 1:] * content[:, :-1]
        return np.asarray(rows)

    def row_prices(self, prices: Array) -> Array:
        """The transpose: prices of balance and stores ``(1 + S, T)`` to what each flow earns, ``(F, T)``."""
        plain = len(self.balance) - self.stores
        earned = np.empty((len(self.balance), self.steps))
        np.einsum("rf,rt->ft", self.coefficients, prices, out=earned[:plain])
        earned[plain:] = prices[1:]
        earned[plain:, :-1] -= self.carry[:, 1:] * prices[1:, 1:]
        earned *= self.active
        return earned

    def capacity_rows(self, capacity: Array) -> Array:
        """What capacities bring to balance and stores by themselves: ``(K,)`` to ``(1 + S, T)``."""
        rows = np.zeros((1 + self.stores, self.steps))
        for k, least in self.must_run.items():
            rows += least * capacity[k]
        for k, store in self.starts.items():
            rows[1 + store, 0] -= self.carry[store, 0] * capacity[k]
        return rows

    def capacity_prices(self, prices: Array) -> Array:
        """The transpose: ``(1 + S, T)`` to ``(K,)``."""
        earned = np.zeros(len(self.capacities))
        for k, least in self.must_run.items():
            earned[k] += float(np.einsum("rt,rt->", least, prices))
        for k, store in self.starts.items():
            earned[k] -= self.carry[store, 0] * prices[1 + store, 0]
        return earned

    def year_rows(self, flows: Array, capacity: Array) -> Array:
        """The sums over the year, ``(M,)``.

        Parameters
        ----------
        flows : of all parts [MW], shape ``(n_flows, n_steps)``
        capacity : of all parts [MW or MWh], shape ``(n_capacities,)``

        Returns the left sides of the rows of the year, shape ``(n_rows,)``.
        """
        return np.asarray(np.einsum("mft,ft->m", self.year, flows) + self.year_capacity @ capacity)

    def year_prices(self, prices: Array) -> Array:
        """The transpose: ``(M,)`` to ``(F, T)``."""
        return np.asarray(np.einsum("m,mft->ft", prices, self.year))

    def by_flow(self, capacity: Array, without: float = 0.0) -> Array:
        """Values of the capacities ``(K,)``, of which there may be none, by flow ``(F,)``; ``without`` where none
        bounds it.

        Parameters
        ----------
        capacity : shape ``(K,)`` [MW]
        without : for flows that no capacity bounds

        Returns values by flow, shape ``(F,)``.
        """
        return np.asarray(np.append(capacity, without)[self.owner])

    def by_capacity(self, flows: Array) -> Array:
        """The transpose: by capacity, the sum over the flows that it bounds; ``(F,)`` to ``(K,)``."""
        known = self.owner >= 0
        return np.asarray(np.bincount(self.owner[known], flows[known], len(self.capacities)), dtype=float)

    def bounds(self, capacity: Array) -> Array:
        """The most that each flow can be, ``(F, T)``."""
        return np.asarray(self.fixed + self.profile * self.by_flow(capacity)[:, None])

    def value(self, flows: Array, capacity: Array) -> float:
        """The cost of a solution [USD].

        Parameters
        ----------
        flows : of all parts [MW], shape ``(n_flows, n_steps)``
        capacity : of all parts [MW or MWh], shape ``(n_capacities,)``

        Returns USD over the time of the program.
        """
        return float(np.einsum("ft,ft->", self.cost, flows) + self.capacity_cost @ capacity)

    @cached_property
    def coefficients(self) -> Array:
        """What flows other than contents bring to balance and stores, ``(1 + S, F - S)``."""
        plain = len(self.balance) - self.stores
        return np.vstack([self.balance[:plain], -self.gain[:plain].T])

    @cached_property
    def right_side(self) -> Array:
        """Load and inflow, ``(1 + S, T)``."""
        return np.vstack([self.load, self.inflow])
