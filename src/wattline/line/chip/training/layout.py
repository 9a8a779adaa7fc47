"""How a step of training is laid over chips, and what a chip then holds in memory.

Tensor, sequence and pipeline parallelism: Narayanan et al. 2021 (arXiv:2104.04473), Korthikanti et al. 2022
(arXiv:2205.05198); sharded states and weights: Rajbhandari et al. 2019 (arXiv:1910.02054); experts over chips:
Lepikhin et al. 2020 (arXiv:2006.16668); sequences over chips: Liu et al. 2023 (arXiv:2310.01889).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.training.facts import TrainingFacts, training_facts
from wattline.line.work.model import Model

Mask = NDArray[np.bool_]
RECOMPUTE = ("none", "selective", "full")
TENSOR, CONTEXT, EXPERT = (1, 2, 4, 8), (1, 2, 4, 8, 16, 32), (1, 2, 4, 8, 16, 32, 64, 128)
MICRO, INTERLEAVE = (1, 2, 4, 8, 16), (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
PIPELINE = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16, 20, 24, 28, 32, 35, 40, 48, 64)
WEIGHT_BYTES = 2.0  # 16 bits, as they are gathered


@dataclass(frozen=True)
class Plan:
    """A layout: tensor × context × pipeline × data parallel, sequences a step and tokens a sequence.

    ``expert``: chips that a layer's experts are spread over, taken from the other ways; ``micro_sequences``: those that
    pass through a pipeline at once; ``interleave``: stages that a chip holds; ``fully_sharded``: weights too are spread
    over the data-parallel group, and gathered layer by layer; ``fused``: attention keeps no scores in memory, and
    elementwise work is split over the tensor-parallel group, as software since 2023 does; ``spare``: chips left over.
    """

    tensor: int
    pipeline: int
    data: int
    sequences: int
    tokens: int
    context: int = 1
    expert: int = 1
    micro_sequences: int = 1
    interleave: int = 1
    recompute: str = "none"
    fully_sharded: bool = False
    fused: bool = True
    spare: int = 0

    @property
    def chips(self) -> int:
        return self.tensor * self.context * self.pipeline * self.data + self.spare

    @property
    def micro(self) -> float:
        """Microbatches that pass through a pipeline in a step."""
        return self.sequences / (self.data * self.micro_sequences)

    def __str__(self) -> str:
        ways = {"tensor": self.tensor, "context": self.context, "pipeline": self.pipeline, "data": self.data}
        words = [f"{name} {size}" for name, size in ways.items() if size > 1 or name == "data"]
        more = [f"experts over {self.expert}"] if self.expert > 1 else []
        more += [f"{self.interleave} stages a chip"] if self.interleave > 1 else []
        more += ["weights sharded"] if self.fully_sharded else []
        more += [f"{self.recompute} recomputation"] if self.recompute != "none" else []
        more += [f"{self.spare} chips spare"] if self.spare else []
        batch = f"{self.sequences:,} sequences of {self.tokens:,}, {self.micro_sequences} at once"
        return ", ".join([" × ".join(words), *more, batch])


@dataclass(frozen=True, eq=False)
class Layouts:
    """One plan or many, as arrays; ``recompute`` counts into ``RECOMPUTE``."""

    tensor: Array
    pipeline: Array
    data: Array
    sequences: Array
    tokens: Array
    context: Array
    expert: Array
    micro_sequences: Array
    interleave: Array
    recompute: Array
    fully_sharded: Array
    fused: Array
    spare: Array

    @classmethod
    def of(cls, plan: Plan) -> Layouts:
        """One plan: every field a scalar."""
        values = {f.name: getattr(plan, f.name) for f in fields(cls)}
        values["recompute"] = RECOMPUTE.index(plan.recompute)
        return cls(**{name: np.asarray(float(value)) for name, value in values.items()})

    def pick(self, index: int) -> Plan:
        """One of many."""
        values = {f.name: int(getattr(self, f.name)[index]) for f in fields(self)}
        flags = {name: bool(values.pop(name)) for name in ("fully_sharded", "fused")}
        return Plan(**values | {"recompute": RECOMPUTE[values["recompute"]]} | flags)  # type: ignore[arg-type]

    def where(self, chosen: Mask) -> Layouts:
        """Those that are chosen."""
        return Layouts(**{f.name: np.asarray(getattr(self, f.name)[chosen]) for f in fields(self)})

    @property
    def micro(self) -> Array:
        return np.asarray(self.sequences / (np.maximum(self.data, 1) * self.micro_sequences))

    @property
    def replica(self) -> Array:
        """Chips that hold one stage's weights once or more: tensor × context × data."""
        return np.asarray(self.tensor * self.context * self.data)

    @property
    def chip_tokens(self) -> Array:
        """Tokens of a microbatch on a tensor-parallel group."""
        return np.asarray(self.micro_sequences * self.tokens / self.context)

    @property
    def expert_group(self) -> Array:
        """Chips that share a layer's experts: spread over ``expert`` chips, or cut over the tensor-parallel group."""
        return np.asarray(np.where(self.expert > 1, self.expert, self.tensor))


def layouts(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, old: bool = False) -> Layouts:
    """Every layout of so many chips that divides well, whether or not it fits.

    ``old``: as software up to 2022 did, without fused attention and with full recomputation.
    """
    tensor, over, expert, micro, again, pipeline, interleave, sharded = _grid(
        model, tokens, old, training_facts(chip.catalog)
    )
    data = chips // (tensor * over * pipeline)
    every = np.ones_like(tensor)
    result = Layouts(
        tensor=tensor,
        pipeline=pipeline,
        data=data,
        sequences=every * sequences,
        tokens=every * tokens,
        context=over,
        expert=expert,
        micro_sequences=micro,
        interleave=interleave,
        recompute=again,
        fully_sharded=sharded,
        fused=every * (not old),
        spare=chips - data * tensor * over * pipeline,
    )
    return result.where(_even(model, chip, chips, result))


def _grid(model: Model, tokens: int, old: bool, facts: TrainingFacts) -> Array:
    """Tensor, context, expert, microbatch, recomputation, pipeline, interleaving, sharding: every combination."""
    experts = [n for n in EXPERT if n == 1 or (model.experts and model.experts % n == 0)]
    context = [n for n in CONTEXT if n == 1 or tokens / n >= facts.layout_least_tokens]
    again = (2,) if old else range(len(RECOMPUTE))
    # fully sharded layouts have no pipeline, and only pipelines can be interleaved
    ways = [w for w in product(PIPELINE, INTERLEAVE, (0, 1)) if w[0] > 1 or w[1] == 1 if not (w[2] and w[0] > 1)]
    parts = product(TENSOR, context, experts, MICRO, again, ways)
    return np.array([(*first, *way) for *first, way in parts], dtype=float).T


def _even(model: Model, chip: Chip, chips: int, plan: Layouts) -> Mask:
    """Which layouts split heads, layers, experts and sequences without much waste."""
    facts = training_facts(chip.catalog)
    stages = plan.pipeline * plan.interleave
    layers = np.ceil(model.layers / stages) * stages / model.layers
    # an interleaved pipeline passes microbatches in groups of its depth
    grouped = (plan.interleave == 1) | (plan.micro >= plan.pipeline)
    heads = np.mod(max(model.heads, 1), plan.tensor) == 0
    whole = (plan.expert == 1) | (np.mod(plan.replica, np.maximum(plan.expert, 1)) == 0)
    inside = plan.tensor <= chip.link_domain_chips
    there = (plan.data >= 1) & (plan.spare <= facts.layout_spare * chips) & (plan.micro >= 1.0)
    return np.asarray(there & grouped & heads & whole & inside & (layers <= facts.layout_unevenness))


def stage_share(model: Model, plan: Layouts) -> Array:
    """The share of the layers that the fullest chip of a pipeline holds."""
    stages = plan.pipeline * plan.interleave
    return np.asarray(np.ceil(model.layers / stages) * plan.interleave / model.layers)


def weights_held(model: Model, plan: Layouts) -> tuple[Array, Array]:
    """Parameters on one chip before any sharding over data: those outside of experts, and those of experts."""
    share = stage_share(model, plan)
    dense = (model.total_params - model.expert_params_total) / plan.tensor * share
    return np.asarray(dense), np.asarray(model.expert_params_total / plan.expert_group * share)


def copies(plan: Layouts) -> tuple[Array, Array]:
    """Chips over which optimiser states are shared out: of weights outside of experts, and of experts."""
    return np.asarray(plan.data * plan.context), np.asarray(plan.replica / plan.expert_group)


def memory_held_bytes(model: Model, plan: Layouts, facts: TrainingFacts) -> Array:
    """Weights, gradients, optimiser states and the activations in flight on the fullest chip."""
    states = np.asarray(0.0)
    for needed, among in zip(weights_held(model, plan), copies(plan), strict=True):
        whole = (
            needed * np.minimum(facts.gathered_layers / max(model.layers, 1), 1.0) * (facts.state_bytes - WEIGHT_BYTES)
        )
        sharded = needed * (facts.state_bytes + facts.sharded_bytes) / among + whole
        states = states + np.where(
            plan.fully_sharded > 0, sharded, needed * (facts.state_bytes + facts.sharded_bytes / among)
        )
    deeper = 1.0 + (plan.interleave - 1.0) / (plan.interleave * plan.pipeline)
    flights = np.minimum(plan.pipeline, plan.micro) * deeper
    kept = np.choose(plan.recompute.astype(int), [activation_bytes(model, each) for each in RECOMPUTE])
    here = plan.chip_tokens / plan.tensor
    layers = model.layers * stage_share(model, plan) * flights
    work = np.where(plan.recompute == 2, activation_bytes(model, "none"), 0.0)  # one layer, made again
    return np.asarray(states + here * (kept * layers + work) + here * model.vocab * facts.logit_bytes)


def activation_bytes(model: Model, recompute: str) -> float:
    """Bytes that one token leaves behind in one layer for the backward pass, on average over layers.

    With fused attention no scores are kept. Selective: outputs of norms and of the MLP's activation are made again.
    Full: only the layer's input is kept.
    """
    if recompute == "full":
        return 2.0 * model.hidden
    up = 2 if model.gated_mlp else 1
    query, keys = model.heads * model.head_dim, 2 * model.kv_heads * model.head_dim
    inner = model.mamba_heads * model.mamba_head_dim
    mixers = model.attention_layers * (2 * query + keys) + model.mamba_layers * 4.0 * inner
    routed = model.active_experts * model.expert_intermediate
    width = model.dense_layers * model.intermediate + model.moe_layers * (routed + model.shared_intermediate)
    copied = model.moe_layers * model.active_experts * model.hidden  # tokens as each chosen expert has them
    inputs = (model.attention_layers + model.mamba_layers + model.mlp_layers) * model.hidden
    made_again = 0.0 if recompute == "selective" else float(inputs + width)
    return 2.0 * (inputs + mixers + up * width + copied + made_again) / max(model.layers, 1)


def fits(model: Model, chip: Chip, plan: Plan) -> bool:
    """Whether a chip's memory holds its part of this plan."""
    needed = memory_held_bytes(model, Layouts.of(plan), training_facts(chip.catalog))
    return bool(needed <= chip.usable_memory * chip.memory_bytes)


def plans(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, old: bool = False) -> Layouts:
    """The layouts that divide well and fit, tensor parallel within one link domain; WattlineError where none does."""
    every = layouts(model, chip, chips, sequences, tokens, old)
    needed = memory_held_bytes(model, every, training_facts(chip.catalog))
    result = every.where(np.asarray(needed <= chip.usable_memory * chip.memory_bytes))
    if result.tensor.size:
        return result
    raise WattlineError(
        f"{model.key} with {sequences} sequences of {tokens} tokens a step fits no even layout on "
        f"{chips} × {chip.record.name}"
    )


def tightest(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, old: bool = False) -> Plan:
    """The layout that needs the least memory: for runs that are known to fit in ways that are not laid out here."""
    every = layouts(model, chip, chips, sequences, tokens, old)
    if not every.tensor.size:  # more chips than sequences: as many sequences as there are chips
        return Plan(1, 1, chips, chips, tokens, recompute="full", fully_sharded=True, fused=not old)
    return every.pick(int(np.argmin(memory_held_bytes(model, every, training_facts(chip.catalog)))))
