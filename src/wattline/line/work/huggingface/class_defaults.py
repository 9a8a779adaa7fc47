"""Fields that a config leaves out, as the class of its architecture fills them in (``class_defaults.toml``)."""

from __future__ import annotations

from wattline.line.work.huggingface.experts import ACTIVE, EXPERT_WIDTH, EXPERTS, SHARED, SHARED_WIDTH, WIDTH
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import CONTEXT, WINDOW
from wattline.line.work.huggingface.mixers import HEAD_DIM, KV_HEADS
from wattline.line.work.huggingface.table import Row, class_defaults

# names of one thing: where one is there, none is filled in
DENSE_FIRST = (
    *("first_k_dense_replace", "num_dense_layers", "mlp_layer_types", "moe_layers", "moe_layer_start_index"),
    "mlp_only_layers",
)
ALIASES = (EXPERTS, ACTIVE, SHARED, SHARED_WIDTH, EXPERT_WIDTH, DENSE_FIRST, WIDTH, WINDOW, HEAD_DIM, KV_HEADS, CONTEXT)


LISTS = ("mlp_layer_types", "mlp_only_layers")  # null is no list, and the class makes one


def fill_missing(cfg: Config, row: Row) -> None:
    """Writes into a config what its row and its class say of fields that are not there.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    """
    given = {name for name, value in cfg.data.items() if value is not None or name not in LISTS}
    for field, value in row.default.items():
        if cfg.data.get(field) is None:
            cfg.data[field] = value
    for field, number in class_defaults(cfg.kind).items():
        names = next((group for group in ALIASES if field in group), (field,))
        if not given.intersection(names):
            cfg.data[field] = number
