"""What chips send each other in a step of training, and how much of it shows beside the arithmetic.

Tensor parallel: a reduce-scatter and an all-gather around each mixer and MLP; experts: tokens to them and back;
context: keys and values around a ring; pipeline: activations to the next stage; data: gradients and weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.products import ACTIVATION_BYTES
from wattline.line.chip.training.memory import stage_share, trained_share, weights_per_chip
from wattline.line.chip.training.plan import Layouts
from wattline.line.work.model import Model


@dataclass(frozen=True, eq=False)
class Messages:
    """Seconds that show: for each microbatch, and once a step."""

    micro: dict[str, Array]
    step: dict[str, Array]


def messages(
    model: Model, chip: Chip, plan: Layouts, fit: Coefficients, overlap: Array, work_s: Array, narrow: bool
) -> Messages:
    """Messages of a step whose microbatch works ``work_s`` on a chip.

    Of all that is sent a share shows always, and what takes longer than all of the work: no work hides two messages.

    Parameters
    ----------
    model : the architecture
    chip : type of chip, its facts drawn
    plan : layouts, one or many
    fit : coefficients of the chip's generation
    overlap : share of the messages that work hides
    work_s : of a microbatch on a chip [s]
    narrow : whether experts' tokens are sent in 8 bits

    Returns the time that shows, by kind of message [s].
    """
    again = np.where(plan.recompute == 2, 1.0, 0.0)
    micro = {
        "tensor-parallel sums": _tensor(model, chip, plan, fit) * (2.0 + again),
        "experts' tokens": _experts(model, chip, plan, fit, narrow) * (2.0 + again),
        "ring attention": _ring(model, chip, plan, fit) * (3.0 + again),
        "pipeline sends": _sends(model, chip, plan),
    }
    step = {"gradients and weights": _data(model, chip, plan, fit)}
    sent = np.maximum(sum(micro.values()) * plan.micro + sum(step.values()), 1e-30)
    shown = np.maximum(1.0 - overlap, 1.0 - work_s * plan.micro / sent)
    return Messages(_shown(micro, shown), _shown(step, shown))


def _shown(sent_s: dict[str, Array], share: Array) -> dict[str, Array]:
    return {name: np.asarray(time * share) for name, time in sent_s.items() if np.any(time > 0)}


def link_bytes_per_s(chip: Chip, span: Array, members: Array, fit: Coefficients) -> Array:
    """Bytes per second, one direction, that a chip reaches in a message among so many.

    Parameters
    ----------
    chip : type of chip, its facts drawn
    span : chips that the group lies across, one beside the other
    members : of the group, evenly among those
    fit : coefficients of the chip's generation

    Returns
    -------
    Bytes per second; beyond a chip's own links, members of one domain bring in what is sent to all of them together,
    each through its own port (hierarchical collectives).
    """
    domain = float(chip.link_domain_chips)
    together = np.maximum(np.minimum(members, members * domain / np.maximum(span, 1.0)), 1.0)  # members in a domain
    inside = chip.link_among(min(2, chip.link_domain_chips)) * fit.link_efficiency * chip.wired_share(together)
    if np.all(span <= domain):
        return np.asarray(inside)
    beyond = network_bytes_per_s(chip) * together
    within = np.where(together > 1, inside, np.inf)
    return np.asarray(np.where(span <= domain, inside, np.minimum(beyond, within)))


def network_bytes_per_s(chip: Chip) -> Array:
    """Bytes per second, one direction, that a chip reaches beyond its own links."""
    reached = chip.draws("fit.training-network-efficiency")
    return np.asarray(chip.link_among(chip.link_domain_chips + 1) * reached)


def _tensor(model: Model, chip: Chip, plan: Layouts, fit: Coefficients) -> Array:
    """A pass's sums over the tensor-parallel group, of a chip's share of the layers."""
    g, layers = plan.tensor, _sublayers(model) * stage_share(model, plan)
    size = plan.chip_tokens * model.hidden * ACTIVATION_BYTES
    wire = 2.0 * (g - 1.0) / g * size / link_bytes_per_s(chip, g, g, fit)
    return np.asarray(np.where(g > 1, layers * (fit.all_reduce_s + wire), 0.0))


def _sublayers(model: Model) -> int:
    return model.attention_layers + model.mamba_layers + model.mlp_layers


def _experts(model: Model, chip: Chip, plan: Layouts, fit: Coefficients, narrow: bool) -> Array:
    """Tokens to their experts, in 8 bits where products are, and back in 16; once to each node, there over links."""
    if not model.moe_layers:
        return np.asarray(0.0)
    e, domain = plan.expert, float(chip.link_domain_chips)
    size = plan.chip_tokens / plan.tensor * model.hidden * ((1.0 if narrow else 2.0) + 2.0)
    nodes = np.maximum(e / domain, 1.0)
    away = nodes * (1.0 - (1.0 - 1.0 / nodes) ** model.active_experts) * (nodes - 1.0) / nodes
    inside = model.active_experts * (e - 1.0) / e
    near = np.minimum(e, domain)
    links = link_bytes_per_s(chip, near, near, fit)
    wire = size * (inside / links + away / np.where(nodes > 1, np.minimum(network_bytes_per_s(chip), links), links))
    layers = model.moe_layers * stage_share(model, plan)
    return np.asarray(np.where(e > 1, layers * (2.0 * fit.all_reduce_s + wire), 0.0))


def _ring(model: Model, chip: Chip, plan: Layouts, fit: Coefficients) -> Array:
    """Keys and values of the other parts of the sequence, one pass."""
    width = model.kv_lora_rank + model.qk_rope_head_dim if model.kv_lora_rank else 2 * model.kv_heads * model.head_dim
    params = np.where(model.kv_lora_rank > 0, 1.0, plan.tensor)
    size = plan.chip_tokens * (plan.context - 1.0) * width / params * ACTIVATION_BYTES
    layers = model.attention_layers * stage_share(model, plan)
    return np.asarray(layers * size / _ring_bytes_per_s(chip, plan, fit))


def _ring_bytes_per_s(chip: Chip, plan: Layouts, fit: Coefficients) -> Array:
    """A ring that leaves the links' domain goes at the pace of one port at each edge."""
    span = plan.tensor * plan.context
    members = np.where(span <= chip.link_domain_chips, plan.context, 1.0)
    return link_bytes_per_s(chip, span, members, fit)


def _sends(model: Model, chip: Chip, plan: Layouts) -> Array:
    """Activations to the next stage and their gradients back, over the network."""
    size = plan.chip_tokens / plan.tensor * model.hidden * ACTIVATION_BYTES
    stages = np.where(plan.pipeline > 1, plan.interleave, 0.0)
    return np.asarray(2.0 * stages * size / network_bytes_per_s(chip))


def _data(model: Model, chip: Chip, plan: Layouts, fit: Coefficients) -> Array:
    """Gathering of weights, and sums of gradients over the data-parallel group, of a step.

    Fully sharded, weights are gathered for forward and backward of each microbatch, and its gradients summed at once.
    """
    group = plan.data * plan.context
    params = np.asarray(sum(weights_per_chip(model, plan)))
    once = 2.0 * params * (group - 1.0) / group / link_bytes_per_s(chip, plan.replica, group, fit)
    share = trained_share(model, plan)
    sharded = (2.0 + (plan.recompute == 2) + share) * plan.micro
    return np.asarray(once * np.where(plan.fully_sharded > 0, sharded, 2.0 * share))
