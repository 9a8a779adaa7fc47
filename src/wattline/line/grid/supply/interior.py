"""The fast road: a primal-dual interior point (Mehrotra's predictor and corrector) on the program's own structure.

Each iteration factors a band matrix of (1 + S) rows a step, and takes some tens of passes over the flows: about 15 ms
for a year of hours. Mehrotra, On the implementation of a primal-dual interior point method, SIAM J. Optimization 2,
1992.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.band import NewtonMatrix, NewtonWeights, Singular
from wattline.line.grid.supply.certificate import PRIMAL_MW
from wattline.line.grid.supply.point import InteriorPoint, Residuals, centring, product, step_along, step_lengths
from wattline.line.grid.supply.polish import ROUNDS, close_rows
from wattline.line.grid.supply.program import Program
from wattline.line.grid.supply.scale import Scale

MAX_ITERATIONS = 150
MAX_WARM = 45  # from a near program's point; where that does not lead on, the start is from nothing
PATIENCE, MAX_PATIENCE = 8, 40  # iterations without a better point, from a near program's point and from nothing
CLOSED = 0.1  # weight of rows that are missed beside the gap: what is left of them is closed in the end
FAR = 100.0  # where the best is worth a look, one so many times worse: rounding leads away
LAST = 2  # iterations without a better point where the best is near enough: rounding lets none be better
CORRECTORS = 1  # of a step, at most; more cost more than the iterations they save
GAIN, LONG = 0.01, 0.9  # what a corrector must add to the lengths of a step, and a length that needs none
AMPLE = 2.0  # capacity to start from, over the mean load
NEAR = 0.9  # share of the way to the boundary that a step goes at most
WARM = 0.05  # gap, over the cost, of the point that a near program starts from, at least
TOLERANCE = 1e-8  # of residuals and gap, relative
WORTH_A_LOOK = 1e-5  # an interior point that ends with a larger error is not certified at all
NEAR_ENOUGH = 5e-7  # error of a point that a certificate, which asks for a gap of 1e-6, bears out


@dataclass(eq=False)
class Way:
    """The last point of an interior point's way that lies well inside, with the program that it is of, scaled."""

    scale: Scale
    inside: InteriorPoint | None

    def fits(self, program: Program) -> bool:
        """Whether a program is of the same pattern, limits and hours: one of other weather starts no sooner from it."""
        old = self.scale.program
        same = program.active.shape == old.active.shape and program.rows == old.rows
        same = same and np.array_equal(program.profile, old.profile)
        return self.inside is not None and same and np.allclose(program.limit, old.limit * self.scale.power)

    def near(self, program: Program) -> InteriorPoint | None:
        """A point to start from on a program of the same pattern and limits, None on another.

        It is the last point well inside; its prices move with the costs: all by what the capacities cost together, and
        what the bounds of a capacity earn by its own cost.
        """
        if self.inside is None or not self.fits(program):
            return None
        point, old = self.inside.copy(), self.scale.program.capacity_cost
        new = program.capacity_cost / self.scale.price
        paid = float(old @ point.capacity)
        all_over = float(new @ point.capacity) / paid if paid > 0 else 1.0
        own = np.divide(new, old, out=np.full_like(old, all_over), where=old > 0)
        point.prices *= all_over
        point.eta *= all_over
        point.flow_price *= all_over
        point.room_price *= program.by_flow(own, 1.0)[:, None]
        point.capacity_price *= own
        return point


@dataclass(eq=False)
class InteriorResult:
    """Where the interior point ended: its largest relative error, its iterations, its solution in MW and USD, and its
    points on the way, from which a near program starts."""

    error: float
    iterations: int
    flows: Array
    capacity: Array
    prices: Array
    eta: Array
    way: Way


class Interior:
    """The iteration on a scaled program."""

    def __init__(self, program: Program, like: Scale | None = None) -> None:
        self.scale = Scale.by(program, like.power, like.price) if like else Scale.of(program)
        self.program = program = self.scale.program
        self.capped = np.isfinite(program.capacity_max)
        self.capacity_max = np.where(self.capped, program.capacity_max, 2.0)
        self.free = program.equal
        self.right = program.right_side
        self.fixed = np.where(program.active, program.fixed, 2.0)
        self.count = 2 * program.active.size + len(self.capped) + int(self.capped.sum()) + int((~self.free).sum())

    def start(self) -> InteriorPoint:
        """A point well inside, from nothing but the program."""
        program = self.program
        capacity = np.where(self.capped, np.minimum(AMPLE, self.capacity_max / 2), AMPLE)
        bound = self._bounds(capacity)
        use = program.by_capacity(program.profile.sum(axis=1))
        rent = program.capacity_cost / np.maximum(use, 1.0)
        price = max(
            float(np.abs(program.cost).mean()), float(np.median(rent[rent > 0])) if (rent > 0).any() else 0.0, 0.1
        )
        prices = np.zeros_like(self.right)
        prices[0] = price
        own = program.by_flow(np.maximum(rent, price / 10), price)
        room_price = np.broadcast_to(own[:, None], bound.shape).copy()
        flow_price = np.maximum(program.cost - program.row_prices(prices) + room_price, price)
        flow_price[~program.active] = room_price[~program.active] = price
        some = np.maximum(program.capacity_cost / 10, price)
        return InteriorPoint(
            flows=bound / 2, flow_price=flow_price, room=bound / 2, room_price=room_price, capacity=capacity,
            capacity_price=some, left=np.where(self.capped, self.capacity_max - capacity, 1.0),
            left_price=np.where(self.capped, some, 0.0), slack=np.where(self.free, 0.0, np.maximum(program.limit, 1.0)),
            eta=np.where(self.free, 0.0, price), prices=prices,
        )  # fmt: skip

    def run(self, start: InteriorPoint | None = None, tolerance: float = TOLERANCE) -> InteriorResult:
        """Iterate until residuals and gap are within ``tolerance``, or no step leads on.

        Parameters
        ----------
        start : a point to begin from; one of its own where None
        tolerance : of residuals and gap, relative

        Returns the last point, with its residuals and gap.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # of a way that leads nowhere, which ends as not finite
            return self._run(start, tolerance)

    def _run(self, start: InteriorPoint | None, tolerance: float) -> InteriorResult:
        point, inside = start or self.start(), None
        best, least, stalled, iterations = point, np.inf, 0, 0
        while iterations < (MAX_ITERATIONS if start is None else MAX_WARM):
            missing = self._residuals(point)
            error = self._error(point, missing)
            best, least, stalled = (point, error, 0) if error < least else (best, least, stalled + 1)
            patience = LAST if least < NEAR_ENOUGH else MAX_PATIENCE if start is None else PATIENCE
            if error < tolerance or stalled > patience or (least < WORTH_A_LOOK and error > FAR * least):
                break
            inside = point if self._gap(point) > WARM else inside
            iterations += 1
            try:
                point = self._step(point, missing)
            except Singular:
                break
            if not np.isfinite(point.flows).all():
                break
        return self._result(best, least, iterations, inside)

    def _bounds(self, capacity: Array) -> Array:
        return np.asarray(self.fixed + self.program.profile * self.program.by_flow(capacity)[:, None])

    def _mean(self, point: InteriorPoint) -> float:
        total = sum(product(quantity, price) for quantity, price in point.pairs())
        return total / self.count

    def _residuals(self, point: InteriorPoint) -> Residuals:
        program, flows = self.program, point.flows * self.program.active
        year_price = program.year_prices(point.eta) - program.row_prices(point.prices)
        owned = np.einsum("ft,ft->f", program.profile, point.room_price)
        earned = program.by_capacity(owned)
        return Residuals(
            flows=program.active * (point.flow_price - point.room_price - program.cost - year_price),
            room=self._bounds(point.capacity) - point.flows - point.room,
            rows=self.right - program.flow_rows(flows) - program.capacity_rows(point.capacity),
            capacity=-program.capacity_cost
            + program.capacity_prices(point.prices)
            - program.year_capacity.T @ point.eta
            + earned
            + point.capacity_price
            - point.left_price,
            left=np.where(self.capped, self.capacity_max - point.capacity - point.left, 0.0),
            year=program.limit - program.year_rows(flows, point.capacity) - point.slack,
        )

    def _error(self, point: InteriorPoint, missing: Residuals) -> float:
        """The largest of gap and residuals, beside the objective, the right sides and the costs."""
        program = self.program
        gap = self._gap(point)
        primal = max(np.abs(missing.rows).max(), np.abs(missing.room).max(), np.abs(missing.left).max(initial=0))
        year = (np.abs(missing.year) / (1 + np.abs(program.limit))).max(initial=0)
        dual = max(np.abs(missing.flows).max(), (np.abs(missing.capacity) / (1 + program.capacity_cost)).max(initial=0))
        return float(max(gap, primal * CLOSED, year, dual / 10))

    def _gap(self, point: InteriorPoint) -> float:
        cost = abs(self.program.value(point.flows * self.program.active, point.capacity))
        return self._mean(point) * self.count / (1 + cost)

    def _step(self, point: InteriorPoint, missing: Residuals) -> InteriorPoint:
        """Predict to the boundary, correct towards the middle, and go."""
        lower, upper = point.flow_price / point.flows, point.room_price / point.room
        capacity = point.capacity_price / point.capacity + np.where(self.capped, point.left_price / point.left, 0.0)
        slack = np.where(self.free, 0.0, point.slack / np.where(self.free, 1.0, point.eta))
        matrix = NewtonMatrix(self.program, NewtonWeights(lower, upper, capacity, slack))
        mean = self._mean(point)
        targets = [-quantity * price for quantity, price in point.pairs()]
        predicted = self._direction(matrix, point, missing, targets)
        primal, dual = step_lengths(point, predicted, 1.0)
        ahead = sum(
            product(q + primal * dq, p + dual * dp)
            for (q, p), (dq, dp) in zip(point.pairs(), predicted.pairs(), strict=True)
        )
        centre = (max(ahead / self.count, 0.0) / mean) ** 3 * mean
        bent = [
            centre - quantity * price - dq * dp
            for (quantity, price), (dq, dp) in zip(point.pairs(), predicted.pairs(), strict=True)
        ]
        step = self._direction(matrix, point, missing, bent)
        lengths = step_lengths(point, step, NEAR)
        for _ in range(CORRECTORS):
            if min(lengths) > LONG:
                break
            bent = [
                target + change for target, change in zip(bent, centring(point, step, lengths, centre), strict=True)
            ]
            other = self._direction(matrix, point, missing, bent)
            longer = step_lengths(point, other, NEAR)
            if sum(longer) < sum(lengths) + GAIN:
                break
            step, lengths = other, longer
        return step_along(point, step, *lengths)

    def _direction(
        self, matrix: NewtonMatrix, point: InteriorPoint, missing: Residuals, targets: list[Array]
    ) -> InteriorPoint:
        """The Newton step to where each quantity times its price has the given change."""
        program, (flow, room, capacity, left, slack) = self.program, targets
        upper = matrix.upper
        left_weight = np.where(self.capped, point.left_price / point.left, 0.0)
        room_pull = room / point.room - upper * missing.room
        pulled = program.by_capacity(np.einsum("ft,ft->f", program.profile, room_pull))
        left_pull = np.where(self.capped, left / point.left, 0.0) - left_weight * missing.left
        right_z = pulled + missing.capacity + capacity / point.capacity - left_pull
        right_x = missing.flows + (flow / point.flows - room_pull) * program.active
        eta = np.where(self.free, 1.0, point.eta)
        right_e = missing.year - np.where(self.free, 0.0, slack / eta)
        dx, dy, dz, de = matrix.solve(right_x, missing.rows, right_z, right_e)
        droom = missing.room - dx + program.profile * program.by_flow(dz)[:, None]
        dleft = np.where(self.capped, missing.left - dz, 0.0)
        return InteriorPoint(
            flows=dx, flow_price=(flow - point.flow_price * dx) / point.flows, room=droom,
            room_price=(room - point.room_price * droom) / point.room, capacity=dz,
            capacity_price=(capacity - point.capacity_price * dz) / point.capacity, left=dleft,
            left_price=np.where(self.capped, (left - point.left_price * dleft) / point.left, 0.0),
            slack=np.where(self.free, 0.0, (slack - point.slack * de) / eta), eta=de, prices=dy,
        )  # fmt: skip

    def _result(
        self, point: InteriorPoint, error: float, iterations: int, inside: InteriorPoint | None
    ) -> InteriorResult:
        scale = self.scale
        rounds = ROUNDS if error < WORTH_A_LOOK else 0
        last = close_rows(self.program, point.flows, point.capacity, PRIMAL_MW / scale.power, rounds)
        return InteriorResult(
            error,
            iterations,
            last.flows * scale.power,
            last.capacity * scale.power,
            point.prices * scale.price,
            point.eta * scale.price,
            Way(self.scale, inside),
        )
