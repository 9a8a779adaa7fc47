"""Plain models of the sizes that a model which was never published may have."""

from __future__ import annotations

from wattline.catalog import Record
from wattline.line.work.model import Model

HEAD_DIM = 128
KV_HEADS = 8
ACTIVE_EXPERTS = 8
VOCAB = 200_000
ASPECT = 128  # hidden size for each layer
FORMAT = "fp8"
DENSE = 1.3  # total over active parameters, below which a model is taken to have no experts


def model_of_size(record: Record, total: float, active: float) -> Model:
    """A plain model of a size: grouped-query attention, gated MLP, experts for what a token does not use.

    Parameters
    ----------
    record : whose name it bears
    total, active : parameters in all, and of a token

    Returns a model whose counted parameters are about these.
    """
    layers = max(round((active / (12 * ASPECT**2)) ** (1 / 3)), 8)
    hidden = max(round(ASPECT * layers / 512), 1) * 512
    attention = 2 * hidden * (hidden + KV_HEADS * HEAD_DIM)
    rest = max(active - 2 * VOCAB * hidden - layers * attention, 0.3 * active) / layers
    common = {
        "key": record.name,
        "name": record.title,
        "family": "closed",
        "layers": layers,
        "hidden": hidden,
        "heads": hidden // HEAD_DIM,
        "kv_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "vocab": VOCAB,
        "native_format": FORMAT,
        "year": int(record.meta["year"]),
    }
    if total < DENSE * active:
        return Model(**common, intermediate=round(rest / (3 * hidden)))
    width = max(round(rest / (3 * hidden * (ACTIVE_EXPERTS + 1))), 64)
    experts = ACTIVE_EXPERTS + round((total - active) / (layers * 3 * hidden * width))
    return Model(
        **common,
        intermediate=width,
        experts=experts,
        active_experts=ACTIVE_EXPERTS,
        shared_experts=1,
        expert_intermediate=width,
        moe_layers=layers,
    )
