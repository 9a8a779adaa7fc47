"""Measured steps of training as rows of a fit: from MLPerf's results and from the catalog's published runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.line.chip.device import COMPUTE, Chip, load_chip
from wattline.line.chip.training.layout import plans
from wattline.line.chip.training.plan import Layouts, Plan, Recipe
from wattline.line.work.model import Model, load_model
from wattline.validate.evidence.mlperf_training import TrainingResult
from wattline.validate.steps import published_steps

EARLIER = ("deepseek-v3-2048xh800",)  # of the mixtures, whose layout is its own report's


@dataclass(frozen=True, eq=False)
class StepRow:
    """One measured step as the fit sees it; ``plan`` where its layout is known; ``run`` where the time is a run's."""

    model: Model
    chip: Chip
    chips: int
    tokens: int
    sequences: int
    precision: str
    method: str
    step_s: float
    narrow_attention: bool = False
    weight: float = 1.0
    plan: Plan | None = None

    @property
    def vendor(self) -> str:
        return str(self.chip.record.meta.get("vendor", ""))

    @property
    def key(self) -> tuple[object, ...]:
        """What its prediction depends on."""
        name = self.chip.record.name
        sizes = (self.chips, self.tokens, self.sequences)
        return self.model.key, name, *sizes, self.precision, self.method, self.narrow_attention, self.plan

    @cached_property
    def choices(self) -> Layouts:
        """The layouts that it may have had."""
        if self.plan is not None:
            return Layouts.of(self.plan)
        recipe = Recipe(method=self.method, narrow_attention=self.narrow_attention)
        return plans(self.model, self.chip, self.chips, self.sequences, self.tokens, recipe)


def measured_steps(results: Sequence[TrainingResult], spread: float) -> list[StepRow]:
    """Rows of results, those of one configuration together as heavy as the root of their number.

    Parameters
    ----------
    results : of MLPerf Training
    spread : a run's time beside its steps, for rows that tell no step

    Returns
    -------
    Rows, each with its weight.
    """
    draws = Draws(0)
    alike = Counter(each.configuration for each in results)
    rows = []
    for each in results:
        seconds = each.step_s or (each.duration_s / spread / each.steps if each.steps else None)
        if seconds:
            rows.append(
                StepRow(
                    load_model(each.load.model, default()), load_chip(each.chip, draws), each.chips, each.load.tokens,
                    each.sequences, each.precision, each.load.method, seconds,
                    narrow_attention=each.narrow_attention, weight=float(alike[each.configuration] ** -0.25),
                )
            )  # fmt: skip
    return rows


def published_rows() -> list[StepRow]:
    """Published steps with their layout, but those in 16 bits on chips that have 8, which few have tuned, and those of
    libraries' mixtures of experts, to which the costs of experts are fitted."""
    draws = Draws(0)
    rows = []
    for each in published_steps():
        chip = load_chip(each.chip, draws)
        if each.model.moe_layers and each.record.name not in EARLIER:
            continue
        if each.precision in ("fp8", "nvfp4") or "fp8_flops" not in chip.record.facts:
            plan = each.plan
            rows.append(
                StepRow(
                    each.model, chip, plan.chips, plan.tokens, plan.sequences, each.precision, plan.method,
                    each.step_s, weight=0.5, plan=plan,
                )
            )  # fmt: skip
    return rows


def used_rates(row: StepRow) -> tuple[str, ...]:
    """The rates that a row's step rests on.

    Parameters
    ----------
    row : a measured step

    Returns
    -------
    Names, as keys of ``RATES``.
    """
    form = {"fp4": "four_bit_rate", "fp8": "eight_bit_rate", "int8": "eight_bit_rate"}
    products = form.get(COMPUTE[row.precision], "wide_rate")
    own = ("attention_rate", "wide_rate", products)
    return (*own, "narrow_attention") if row.narrow_attention else own
