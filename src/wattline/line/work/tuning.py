"""What of a model is trained: all of its weights, or adapters beside weights that stand still.

LoRA: Hu et al. 2021 (arXiv:2106.09685), two thin matrices beside attention's products. QLoRA: Dettmers et al. 2023
(arXiv:2305.14314), beside all products of dense layers, over weights kept in 4 bits.
"""

from __future__ import annotations

from wattline.line.work.flops import weight_bytes
from wattline.line.work.model import Model

METHODS = ("full", "lora", "qlora")
ADAPTER_RANK = 16  # of MLPerf's LoRA benchmark, and the usual default of libraries
# of a weight while it is not at work: 16 bits, or NormalFloat in blocks of 64 with scales kept in 8 bits
STORED_BYTES = {"full": 2.0, "lora": 2.0, "qlora": (4 + 8 / 64 + 32 / (64 * 256)) / 8}


def adapted_products(model: Model, method: str) -> list[tuple[int, float, float]]:
    """Products that have an adapter: how many, their depth and their columns.

    Parameters
    ----------
    model : the architecture
    method : a member of ``METHODS``; a model that is trained whole has no adapters

    Returns
    -------
    One entry a kind of product.
    """
    if method == "full":
        return []
    heads, keys = model.heads * model.head_dim, 2 * model.kv_heads * model.head_dim
    if model.kv_lora_rank:
        first = model.q_lora_rank + model.kv_lora_rank + model.qk_rope_head_dim
        heads = model.heads * model.v_head_dim
    else:
        first = heads + keys
    layers, hidden = model.attention_layers, model.hidden
    result = [(layers, float(hidden), float(first)), (layers, float(heads), float(hidden))]
    if method == "qlora":
        for count, width in ((model.dense_layers, model.intermediate), (model.moe_layers, model.shared_intermediate)):
            up = (2 if model.gated_mlp else 1) * width
            result += [(count, float(hidden), float(up)), (count, float(width), float(hidden))]
    return [each for each in result if all(each)]


def adapter_params(model: Model, method: str) -> float:
    """Parameters of all adapters; 0 where the model itself is trained.

    Parameters
    ----------
    model : the architecture
    method : a member of ``METHODS``

    Returns
    -------
    Number of parameters.
    """
    return sum(count * ADAPTER_RANK * (depth + columns) for count, depth, columns in adapted_products(model, method))


def stored_bytes(model: Model, method: str) -> float:
    """Bytes that a weight takes while it is not at work, on average; embeddings stay in 16 bits.

    Parameters
    ----------
    model : the architecture
    method : a member of ``METHODS``

    Returns
    -------
    Bytes, scales among them.
    """
    return weight_bytes(model, STORED_BYTES[method]) / model.total_params
