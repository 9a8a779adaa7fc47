"""Attention that sees its far context by entries of several tokens (DeepSeek V4), or by blocks (MiniMax-M3)."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import PICKED, POOLED, SPARSE, window_of
from wattline.line.work.huggingface.table import Row

RATES = {PICKED: ("compressed_sparse_attention", 4), POOLED: ("heavily_compressed_attention", 128)}


def compressed_fields(cfg: Config, row: Row, kinds: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    """DeepSeek V4: queries and outputs of low rank, one key that is the value too, a window in every layer, and beyond
    it entries of 4 tokens, which an indexer picks, or of 128; streams of the residual that are mixed around each layer.

    An indexer's key is one entry's, so that per token it is as much narrower as an entry has tokens.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    hidden, heads, width, layers = (fields[name] for name in ("hidden", "heads", "head_dim", "layers"))
    if fields["kv_heads"] != 1:
        raise WattlineError(f"{cfg.where}: num_key_value_heads is {fields['kv_heads']}; {cfg.kind} has 1; correct it")
    if not window_of(cfg):
        raise WattlineError(f"{cfg.where}: its layers in a window see 0 tokens; give sliding_window")
    rank, groups, streams = cfg.number("q_lora_rank"), cfg.number("o_groups"), cfg.number("hc_mult")
    picked, pooled = kinds.count(PICKED), kinds.count(POOLED)
    rates = {kind: cfg.number(f"compress_rates.{name}", default=usual) for kind, (name, usual) in RATES.items()}
    index_heads, index_width = cfg.number("index_n_heads"), cfg.number("index_head_dim")
    # keys and gates of an entry, twice as wide where entries overlap, as those that are picked and their indexer's
    indexer = 4 * hidden * index_width + rank * index_heads * index_width + hidden * index_heads
    entries = picked * (4 * hidden * width + indexer) + pooled * 2 * hidden * width
    mixing = (2 * layers * (2 + streams) + 1) * streams * streams * hidden
    tables = picked * 2 * rates[PICKED] * (width + index_width) + pooled * rates[POOLED] * width
    out = {
        **{"attention": "mqa", "shared_values": True, "q_lora_rank": rank, "global_layers": 0},
        **{"output_groups": groups, "output_lora_rank": cfg.number("o_lora_rank")},
        **{"sliding_window": window_of(cfg), "picked_layers": picked, "pooled_layers": pooled},
        **{"picked_ratio": rates[PICKED] * bool(picked), "pooled_ratio": rates[POOLED] * bool(pooled)},
        "other_matmul_params": fields.get("other_matmul_params", 0) + entries + mixing,
        "other_stored_params": fields.get("other_stored_params", 0) + tables + layers * heads,
    }
    if picked:
        out |= {"sparse_tokens": cfg.number("index_topk"), "index_heads": index_heads, "index_layers": picked}
        out["index_head_dim"] = max(index_width // rates[PICKED], 1)
    return out


BLOCKS = {  # fields of MiniMax-M3, by the name that its own code gives them
    **{"index_n_heads": "sparse_num_index_heads", "index_head_dim": "sparse_index_dim"},
    **{"index_block_size": "sparse_block_size", "index_topk_blocks": "sparse_topk_blocks"},
    "index_local_blocks": "sparse_local_block",
}


def block_fields(cfg: Config, row: Row, kinds: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    """MiniMax-M3: an indexer scores every earlier token, and each group of heads reads the best blocks of them.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    usual = {"index_n_heads": 4, "index_head_dim": 128, "index_block_size": 128, "index_topk_blocks": 16}
    values = {
        name: cfg.number(f"sparse_attention_config.{old}", default=cfg.number(name, default=usual.get(name, 0)))
        for name, old in BLOCKS.items()
    }
    sparse, heads, width = kinds.count(SPARSE), values["index_n_heads"], values["index_head_dim"]
    cfg.raw("sparse_attention_config.sparse_init_block")
    switched_off = cfg.raw("sparse_attention_config.use_sparse_attention") is False
    if not sparse or switched_off:
        return {}
    return {
        **{"sparse_tokens": values["index_topk_blocks"] * values["index_block_size"], "sparse_layers": sparse},
        **{"index_heads": heads, "index_head_dim": width, "index_layers": sparse},
        "other_matmul_params": fields.get("other_matmul_params", 0) + sparse * fields["hidden"] * width * (heads + 1),
    }
