"""Rows of timed serving as arrays, so that a fit runs the chip model for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import PRIORS, Coefficients, coefficients, kernel_facts
from wattline.line.chip.formats import computes_narrow, dense_bytes
from wattline.line.chip.known import how_known, known_factor, spread_fact
from wattline.line.chip.products import Rates, Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import own_experts, with_factors
from wattline.line.chip.step import Watts, step
from wattline.line.work.flops import BYTES
from wattline.validate.evidence.latencies import TimedRow


@dataclass(frozen=True, eq=False)
class Steps:
    """Rows as arrays: a step of decoding and one prompt of each, by the chip model."""

    shape: Shape
    rates: Rates
    watts: Watts
    c: Coefficients
    fixed: tuple[Array, ...]
    own: Array
    factor: Array
    inputs: Array
    outputs: Array
    size: Array

    @classmethod
    def of(cls, rows: Sequence[TimedRow]) -> Steps:
        def column(values: Any) -> Array:
            return np.array([float(value) for value in values])

        central = Draws(0)
        by = {g: coefficients(g, central) for g in {row.chip.generation for row in rows}}
        c = {name: column(getattr(by[r.chip.generation], name) for r in rows) for name in PRIORS}
        middle = column(sum(row.spread) / 2 for row in rows)
        tdp = column(row.chip.tdp_w for row in rows)
        return cls(
            Shape.stack([row.model for row in rows]),
            Rates(
                column(row.chip.peak_flops("bf16") for row in rows),
                column(row.chip.peak_flops(row.precision) for row in rows),
                column(row.chip.bandwidth_bytes_per_s for row in rows),
                column(row.chip.link_among(row.chips) for row in rows),
                across=column(row.chips > row.chip.link_domain_chips for row in rows),
            ),
            Watts(tdp, column(row.chip.idle_w for row in rows), tdp),
            Coefficients(**c, kernels=kernel_facts(central.catalog)),
            (
                column(row.chips for row in rows),
                column(BYTES[row.precision] for row in rows),
                column(dense_bytes(row.precision) for row in rows),
                column(computes_narrow(row.chip, row.precision) for row in rows),
                column(row.expert_parallel for row in rows),
            ),
            np.array([own_experts(row.chip, row.precision) for row in rows]),
            column(_factor(row, central) for row in rows),
            column(row.input_tokens for row in rows) * middle,
            column(row.output_tokens for row in rows) * middle,
            column(row.size for row in rows),
        )

    def tpot_s(self, kernel_time: float | Array, expert_time: float | Array) -> Array:
        """Time between two tokens: a step, and the prompts that others have read meanwhile.

        Parameters
        ----------
        kernel_time : factor of the time of kernels; a scalar, or shape ``(n,)``
        expert_time : factor of the time of experts' kernels; a scalar, or shape ``(n,)``

        Returns s, of each row, shape ``(n,)``.
        """
        c = with_factors(self.c, kernel_time, expert_time, self.own, True)
        context = self.inputs + self.outputs / 2
        decode = self._run(c, self.size, self.size, context, 0 * self.size)
        # a prompt is read in a step that decodes as well: weights are read once, and the host is waited for once
        both = self._run(c, self.size + self.inputs, self.size, context, self.inputs)
        return np.asarray(self.factor * (decode + (self.size - 1) / self.outputs * (both - decode)))

    def _run(self, c: Coefficients, tokens: Array, sequences: Array, context: Array, prompt: Array) -> Array:
        return step(self.shape, Work(tokens, sequences, context, prompt, *self.fixed), self.rates, self.watts, c).time_s


def _factor(row: TimedRow, draws: Draws) -> float:
    """Measured over modelled time of a known model, and of the generation at large."""
    generation = row.chip.generation
    spread = draws(spread_fact("time", generation, draws.catalog, how_known(row.model, generation, draws.catalog)))
    return float(known_factor("time", row.model, generation, draws)) * float(spread)
