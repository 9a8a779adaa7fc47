"""What a chip holds in memory in training: parameters, their states, and activations in flight."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.training.facts import TrainingFacts
from wattline.line.chip.training.plan import RECOMPUTE, Layouts
from wattline.line.work.model import Model
from wattline.line.work.tuning import METHODS, adapter_params, stored_bytes

WEIGHT_BYTES = 2.0  # 16 bits, as they are gathered


def stage_share(model: Model, plan: Layouts) -> Array:
    """The share of the layers that the fullest chip of a pipeline holds.

    Parameters
    ----------
    model : the model that is trained
    plan : one layout or many

    Returns
    -------
    Share of 1, of the shape of the plan's arrays.
    """
    stages = plan.pipeline * plan.interleave
    return np.asarray(np.ceil(model.layers / stages) * plan.interleave / model.layers)


def weights_per_chip(model: Model, plan: Layouts) -> tuple[Array, Array]:
    """Parameters on one chip before any sharding over data: those outside of experts, and those of experts.

    Parameters
    ----------
    model : the model that is trained
    plan : one layout or many

    Returns
    -------
    Two counts of parameters, of the shape of the plan's arrays.
    """
    share = stage_share(model, plan)
    dense = (model.total_params - model.expert_params_total) / plan.tensor * share
    return np.asarray(dense), np.asarray(model.expert_params_total / plan.expert_group * share)


def copies(plan: Layouts) -> tuple[Array, Array]:
    """Chips over which optimiser states are shared out: of weights outside of experts, and of experts."""
    return np.asarray(plan.data * plan.context), np.asarray(plan.replica / plan.expert_group)


def trained_share(model: Model, plan: Layouts) -> Array:
    """Parameters that are trained, beside those of the model: adapters', or all.

    Parameters
    ----------
    model : the model that is trained
    plan : one layout or many

    Returns
    -------
    A share, of the shape of the plan's arrays.
    """
    shares = [adapter_params(model, each) / max(model.total_params, 1) if each != "full" else 1.0 for each in METHODS]
    return np.asarray(np.choose(plan.method.astype(int), shares))


def still_bytes(model: Model, plan: Layouts) -> Array:
    """Bytes that a weight which stands still takes while it is not at work.

    Parameters
    ----------
    model : that is trained
    plan : whose ``method`` says what of it is trained

    Returns bytes a weight, of the layouts' shape.
    """
    return np.asarray(np.choose(plan.method.astype(int), [stored_bytes(model, each) for each in METHODS]))


def _state_bytes(plan: Layouts, facts: TrainingFacts) -> tuple[Array, Array]:
    """Bytes of a parameter on each copy of the model, and once over all copies, by how states are kept."""
    kinds = plan.states.astype(int)
    here = np.choose(kinds, (facts.state_bytes, facts.state_bytes, 2 * WEIGHT_BYTES))
    moments = (facts.sharded_bytes, facts.narrow_moments_bytes, 2 * WEIGHT_BYTES)
    return np.asarray(here), np.asarray(np.choose(kinds, moments))


def chip_memory_bytes(model: Model, plan: Layouts, facts: TrainingFacts) -> Array:
    """Weights, gradients, optimiser states and the activations in flight on the fullest chip.

    Parameters
    ----------
    model : the model that is trained
    plan : one layout or many
    facts : bytes of states, logits and gathered layers

    Returns bytes, of the shape of the plan's fields.
    """
    states = np.asarray(0.0)
    layer = np.minimum(facts.gathered_layers / max(model.layers, 1), 1.0)
    frozen = plan.frozen
    stored, trained = still_bytes(model, plan), trained_share(model, plan)
    here, shared = _state_bytes(plan, facts)
    for needed, among in zip(weights_per_chip(model, plan), copies(plan), strict=True):
        whole = needed * layer * (here - WEIGHT_BYTES)
        sharded = needed * (here + shared) / among + whole
        own = np.where(plan.fully_sharded > 0, sharded, needed * (here + shared / among))
        # weights that stand still: as stored, or sharded; a layer or two of them are at work in 16 bits
        kept = needed * stored / np.where(plan.fully_sharded > 0, among, 1.0)
        at_work = needed * layer * WEIGHT_BYTES * np.where((stored < WEIGHT_BYTES) | (plan.fully_sharded > 0), 1.0, 0.0)
        states = states + np.where(frozen > 0, kept + at_work + own * trained, own)
    deeper = 1.0 + (plan.interleave - 1.0) / (plan.interleave * plan.pipeline)
    flights = np.minimum(plan.pipeline, plan.micro) * deeper
    kept = np.choose(plan.recompute.astype(int), [activation_bytes(model, each) for each in RECOMPUTE])
    own_tokens = plan.chip_tokens / plan.tensor
    layers = model.layers * stage_share(model, plan) * flights
    work = np.where(plan.recompute == 2, activation_bytes(model, "none"), 0.0)  # one layer, made again
    return np.asarray(states + own_tokens * (kept * layers + work) + own_tokens * model.vocab * facts.logit_bytes)


def activation_bytes(model: Model, recompute: str) -> float:
    """Bytes that one token leaves behind in one layer for the backward pass, on average over layers.

    With fused attention no scores are kept. Selective: outputs of norms and of the MLP's activation are made again.
    Full: only the layer's input is kept.

    Parameters
    ----------
    model : the model that is trained
    recompute : ``none``, ``selective`` or ``full``

    Returns
    -------
    Bytes of one token in one layer.
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
