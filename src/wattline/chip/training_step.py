"""One step of training, from its operations: forward and backward, tensor, pipeline and data parallel.

What a run reaches when nothing fails and data are ready, as in a tuned benchmark: Narayanan et al. 2021
(arXiv:2104.04473) for the parallel forms and the pipeline's bubble, Korthikanti et al. 2022 (arXiv:2205.05198) for
sequence parallelism and activations. Production runs reach less; ``chip/utilisation.py`` has what they publish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.chip import operations as op
from wattline.chip.coefficients import Coefficients, coefficients
from wattline.chip.device import Chip
from wattline.chip.operations import Operation, Rates, Work
from wattline.chip.shape import Shape
from wattline.chip.step import computes_narrow, nameplate
from wattline.draws import Draws
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.work.flops import BYTES, training_flops
from wattline.work.model import Model

# backward does each product twice (for inputs and weights); fused attention works its scores out again
BACKWARD = {"attention": 2.5, "all-reduce": 1.0}
BACKWARD_USUAL = 2.0
FORWARD_ONLY = ("sampling", "host", "prompt launches")  # of serving, not of training
INTERLEAVE = 4  # stages that a chip holds of an interleaved pipeline, where layers allow
STATE_BYTES, SHARDED_BYTES = 6.0, 12.0  # weights and gradients on every replica; optimiser states shared among them
ACTIVATION_BYTES_PER_TOKEN = 34.0  # per hidden unit and layer, with selective recomputation
USABLE_MEMORY = 0.9


@dataclass(frozen=True)
class Plan:
    """How a model is laid over chips: tensor × pipeline × data parallel, sequences a step and tokens a sequence."""

    tensor: int
    pipeline: int
    data: int
    sequences: int
    tokens: int

    @property
    def chips(self) -> int:
        return self.tensor * self.pipeline * self.data

    @property
    def micro(self) -> float:
        """Sequences that pass through a pipeline in a step, one at a time."""
        return self.sequences / self.data


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """Seconds of one step, watts of one chip while it lasts, and seconds by operation on one chip."""

    plan: Plan
    time_s: Array
    power_w: Array
    parts_s: dict[str, Array]

    @property
    def tokens_per_s(self) -> Array:
        return np.asarray(self.plan.sequences * self.plan.tokens / self.time_s)


def fits(model: Model, chip: Chip, plan: Plan) -> bool:
    """Whether weights, gradients, optimiser states and the activations in flight fit a chip."""
    held = model.total_params / (plan.tensor * plan.pipeline)
    states = held * (STATE_BYTES + SHARDED_BYTES / plan.data)
    layers_in_flight = model.layers / plan.pipeline * min(plan.pipeline, plan.micro)
    activations = ACTIVATION_BYTES_PER_TOKEN * plan.tokens * model.hidden / plan.tensor * layers_in_flight
    return states + activations <= USABLE_MEMORY * chip.memory_bytes


def plans(model: Model, chip: Chip, chips: int, sequences: int, tokens: int) -> Iterator[Plan]:
    """The layouts that divide evenly and fit, tensor parallel within one link domain."""
    for tensor in (1, 2, 4, 8):
        for pipeline in (1, 2, 4, 8, 16, 32):
            data, rest = divmod(chips, tensor * pipeline)
            even = not rest and model.heads % tensor == 0 and model.layers % pipeline == 0 and data <= sequences
            if even and tensor <= chip.link_domain_chips:
                plan = Plan(tensor, pipeline, data, sequences, tokens)
                if fits(model, chip, plan):
                    yield plan


def training_step(model: Model, chip: Chip, plan: Plan, precision: str, draws: Draws) -> TrainingStep:
    """One step of this plan."""
    c = coefficients(chip.generation, draws)
    rates = nameplate(chip, plan.tensor, precision)
    shape = Shape.of(model)
    one = _forward(shape, chip, plan, precision, rates, c)
    share = plan.micro / plan.pipeline  # of the model's layers, over a chip's microbatches in a step
    overlap = draws("fit.training-overlap")
    parts: dict[str, Array] = {}
    tdp_seconds = np.asarray(0.0)
    for name, operation in one.items():
        times = (1.0 + BACKWARD.get(name, BACKWARD_USUAL)) * share
        shown = 1.0 - overlap if name == "all-reduce" else 1.0
        parts[name] = np.asarray(operation.time_s * times * shown)
        tdp_seconds = tdp_seconds + times * _above_static(operation, rates, c)
    parts["gradients"] = _gradients(model, chip, plan, draws, overlap)
    stages = min(INTERLEAVE, max(model.layers // plan.pipeline, 1))
    parts["bubble"] = np.asarray(sum(parts.values()) * (plan.pipeline - 1) / (plan.micro * stages))
    time = np.asarray(sum(parts.values()))
    energy = chip.tdp_w * (tdp_seconds + c.static_power * time)
    stretched = np.maximum(time, energy / chip.tdp_w)
    return TrainingStep(plan, stretched, np.maximum(energy / stretched, chip.idle_w), parts)


def _forward(
    shape: Shape, chip: Chip, plan: Plan, precision: str, rates: Rates, c: Coefficients
) -> dict[str, Operation]:
    """The forward pass of one sequence through all layers on a tensor-parallel group, and the output layer."""
    tokens = np.asarray(float(plan.tokens))
    narrow = np.asarray(float(computes_narrow(chip, precision)))
    stored = np.asarray(BYTES["bf16"])  # weights are kept in 16 bits and narrowed as they are used
    zero = np.asarray(0.0)
    chips = np.asarray(float(plan.tensor))
    work = Work(tokens, zero, zero, tokens, chips, stored, stored, narrow, np.asarray(float(plan.tensor > 1)))
    found = {k: v for k, v in op.operations(shape, work, rates, c).items() if k not in FORWARD_ONLY}
    # sequence parallelism spreads elementwise work over the group (arXiv:2205.05198)
    alone = found["elementwise"]
    found["elementwise"] = Operation(*(np.asarray(getattr(alone, f) / chips) for f in Operation.__dataclass_fields__))
    if narrow:
        found["casts"] = _casts(shape, tokens, chips, rates)
    found["output layer"] = op._product(tokens, shape.vocab / chips, shape.hidden, 1.0, 2.0, 0.0, rates, c)
    return found


def _casts(shape: Shape, tokens: Array, chips: Array, rates: Rates) -> Operation:
    """Inputs of products narrowed, straight and transposed (Micikevicius et al. 2022, arXiv:2209.05433): 2 bytes read,
    two of 1 byte written, for each value that enters a product."""
    attention = shape.attention_layers * (shape.hidden + shape.heads * shape.head_dim / chips)
    mlp = shape.dense_layers * (shape.hidden + shape.intermediate / chips)
    experts = shape.moe_layers * shape.active_experts * (shape.hidden + shape.expert_intermediate) / chips
    moved = 4.0 * tokens * (attention + mlp + experts)
    zero = np.zeros_like(moved)
    time = moved / (rates.memory * op.ELEMENTWISE_EFFICIENCY)
    return Operation(np.asarray(time), zero, zero, np.asarray(moved), np.asarray(time))


def _above_static(operation: Operation, rates: Rates, c: Coefficients) -> Array:
    """Joules beyond static power as a multiple of TDP."""
    arithmetic = c.flop_power * (operation.flops / rates.wide + operation.narrow_flops / rates.narrow)
    busy = c.busy_power * operation.busy_s
    return np.asarray(arithmetic + c.byte_power * operation.bytes / rates.memory + busy)


def _gradients(model: Model, chip: Chip, plan: Plan, draws: Draws, overlap: Array) -> Array:
    """Reduce-scatter of gradients and all-gather of weights over the data-parallel group, as far as they show."""
    if plan.data == 1:
        return np.asarray(0.0)
    moved = 2 * 2.0 * model.total_params / (plan.tensor * plan.pipeline) * (plan.data - 1) / plan.data
    return np.asarray(moved / chip.link_among(plan.chips) * (1.0 - overlap))


def best_plan(model: Model, chip: Chip, chips: int, tokens: int, precision: str, sequences: int | None = None) -> Plan:
    """The plan of the shortest step at central values; WattlineError where none fits.

    ``tokens`` a sequence; ``sequences`` a step, those of the usual batch when not given.
    """
    sequences = sequences or max(round(catalog.fact("fit.training-batch-tokens").value / tokens), 1)
    found = list(plans(model, chip, chips, sequences, tokens))
    if not found:
        raise WattlineError(
            f"{model.key} with {sequences} sequences of {tokens} tokens a step fits no even layout on "
            f"{chips} × {chip.record.name}"
        )
    centre = Draws(0)
    return min(found, key=lambda plan: float(np.median(training_step(model, chip, plan, precision, centre).time_s)))


def tuned_mfu(model: Model, chip: Chip, plan: Plan, precision: str, draws: Draws) -> Array:
    """MFU of a tuned run of this plan, on the dense peak of the format."""
    one = training_step(model, chip, plan, precision, draws)
    flops = training_flops(model, plan.sequences * plan.tokens, plan.tokens)
    time = one.time_s * draws.own("fit.training-tuned-spread")
    return np.asarray(flops / (time * plan.chips * chip.peak_flops(precision)))
