"""How a step of training is laid over chips, and what a chip then holds in memory.

Tensor, sequence and pipeline parallelism: Narayanan et al. 2021 (arXiv:2104.04473), Korthikanti et al. 2022
(arXiv:2205.05198); sharded states and weights: Rajbhandari et al. 2019 (arXiv:1910.02054); experts over chips:
Lepikhin et al. 2020 (arXiv:2006.16668); sequences over chips: Liu et al. 2023 (arXiv:2310.01889).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.training.facts import TrainingFacts, training_facts
from wattline.line.chip.training.memory import chip_memory_bytes
from wattline.line.chip.training.plan import RECOMPUTE, STATES, Layouts, Mask, Plan, Recipe
from wattline.line.work.model import Model
from wattline.line.work.tuning import METHODS

TENSOR, CONTEXT, EXPERT = (1, 2, 4, 8), (1, 2, 4, 8, 16, 32), (1, 2, 4, 8, 16, 32, 64, 128)
MICRO, INTERLEAVE = (1, 2, 4, 8, 16), (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
PIPELINE = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16, 20, 24, 28, 32, 35, 40, 48, 64)


def layouts(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, recipe: Recipe = Recipe()) -> Layouts:
    """Every layout of so many chips that divides well, whether or not it fits.

    Parameters
    ----------
    model : that is trained
    chip : type of chip
    chips : of the run
    sequences : of a step, all chips together
    tokens : of a sequence
    recipe : what is trained, and by software of which years

    Returns the layouts, arrays of shape ``(n_layouts,)``.
    """
    tensor, over, expert, micro, again, pipeline, interleave, sharded = _grid(
        model, tokens, recipe.old, training_facts(chip.catalog)
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
        fused=every * (not recipe.old),
        spare=chips - data * tensor * over * pipeline,
        method=every * METHODS.index(recipe.method),
        narrow_attention=every * recipe.narrow_attention,
        states=every * STATES.index(usual_states(model, recipe)),
    )
    return result.where(_even(model, chip, chips, result))


def usual_states(model: Model, recipe: Recipe) -> str:
    """How the optimiser's states are kept: mixtures of experts outgrow their chips, and have kept moments in 16 bits
    since DeepSeek-V3.

    Parameters
    ----------
    model : that is trained
    recipe : by software of which years

    Returns the name of a way to keep them.
    """
    return "narrow moments" if model.moe_layers and not recipe.old else "wide"


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


def fits(model: Model, chip: Chip, plan: Plan) -> bool:
    """Whether a chip's memory holds its part of this plan.

    Parameters
    ----------
    model : that is trained
    chip : type of chip
    plan : how model and data are split

    Returns yes where the part needs no more than the usable memory.
    """
    needed = chip_memory_bytes(model, Layouts.of(plan), training_facts(chip.catalog))
    return bool(needed <= chip.usable_memory * chip.memory_bytes)


def plans(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, recipe: Recipe = Recipe()) -> Layouts:
    """The layouts that divide well and fit, tensor parallel within one link domain.

    Parameters
    ----------
    model, chip : what is trained, on what
    chips : how many
    sequences, tokens : sequences of a step, tokens of a sequence
    recipe : old software or new, and what of the model is trained

    Returns
    -------
    Many layouts as arrays of shape ``(n_plans,)``.

    Raises WattlineError where none does.
    """
    every = layouts(model, chip, chips, sequences, tokens, recipe)
    for states in dict.fromkeys((usual_states(model, recipe), "wide" if recipe.old else "narrow")):
        kept = replace(every, states=np.full_like(every.tensor, STATES.index(states)))
        needed = chip_memory_bytes(model, kept, training_facts(chip.catalog))
        result = kept.where(np.asarray(needed <= chip.usable_memory * chip.memory_bytes))
        if result.tensor.size:
            return result
    raise WattlineError(
        f"{model.key} with {sequences} sequences of {tokens} tokens a step fits no even layout on "
        f"{chips} × {chip.record.name}"
    )


def tightest(model: Model, chip: Chip, chips: int, sequences: int, tokens: int, recipe: Recipe = Recipe()) -> Plan:
    """The layout that needs the least memory: for runs that are known to fit in ways that are not laid out here.

    Parameters
    ----------
    model, chip : what is trained, on what
    chips : how many
    sequences, tokens : sequences of a step, tokens of a sequence
    recipe : old software or new, and what of the model is trained

    Returns
    -------
    One layout.
    """
    every = layouts(model, chip, chips, sequences, tokens, recipe)
    if not every.tensor.size:  # more chips than sequences: as many sequences as there are chips
        return Plan(
            1, 1, chips, chips, tokens, recompute="full", fully_sharded=True, fused=not recipe.old,
            method=recipe.method, narrow_attention=recipe.narrow_attention,
        )  # fmt: skip
    return every.pick(int(np.argmin(chip_memory_bytes(model, every, training_facts(chip.catalog)))))
