"""Families whose layers share weights (Zamba), differ in width (NAS, OpenELM) or look at pictures (Mllama, Molmo)."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.layers import context_of
from wattline.line.work.huggingface.mixers import OTHER
from wattline.line.work.huggingface.table import Row

Fields = dict[str, Any]
ROUNDED = 256  # NAS: the width of an MLP is rounded up to a multiple of it
PLAIN = ("window_length", "num_sink_tokens", "sparsify", "unshifted_sink", "use_prefill_window_in_sink_attention")


def zamba_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Zamba: Mamba layers, and now and then the same few blocks of attention and MLP before one.

    A shared block looks at a layer's input and at the first one's, side by side, so its query, key and value
    projections are twice as wide. Its weights are stored once and passed every time.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    hidden, heads = cfg.number("hidden_size"), cfg.number("num_attention_heads")
    listed = cfg.items("layers_block_type") or []
    layers, passes = len(listed), listed.count("hybrid")
    if cfg.number("num_hidden_layers", default=layers) != layers or not passes:
        raise WattlineError(f"{cfg.where}: layers_block_type does not name num_hidden_layers layers; {MEND}")
    if cfg.number("num_key_value_heads", default=heads) != heads or cfg.raw("use_shared_attention_adapter"):
        raise WattlineError(f"{cfg.where}: use_shared_attention_adapter or fewer heads of keys: not read; {MEND}")
    if not cfg.flag("tie_word_embeddings", True):
        raise WattlineError(f"{cfg.where}: tie_word_embeddings: without it its blocks are not shared, not read; {MEND}")
    width, inner = cfg.number("attention_head_dim", default=2 * hidden // heads), cfg.number("intermediate_size")
    if cfg.number("attention_hidden_size", default=heads * width) != heads * width:
        raise WattlineError(
            f"{cfg.where}: attention_hidden_size is not num_attention_heads x attention_head_dim; {MEND}"
        )
    blocks = cfg.number("num_mem_blocks", default=1)
    rank = cfg.number("adapter_rank", default=128) if cfg.kind == "zamba2" else 0
    for name in ("hybrid_layer_ids", "kv_channels", "num_query_groups"):
        cfg.raw(name)
    shared = 7 * hidden * heads * width + 3 * hidden * inner
    beside = hidden**2 + rank * (hidden + 2 * inner)  # into the Mamba layer, and the MLP's own adapter
    return {
        **{"layers": layers, "hidden": hidden, "heads": heads, "kv_heads": heads, "head_dim": width},
        **{"intermediate": inner, "vocab": cfg.number("vocab_size"), "context_tokens": context_of(cfg)},
        **{"attention": "hybrid", "attention_layers": passes, "mlp_layers": passes, "mamba_layers": layers},
        **OTHER["mamba2" if cfg.kind == "zamba2" else "mamba1"](cfg, {"hidden": hidden}),
        "other_matmul_params": passes * (3 * hidden * heads * width + beside),
        "other_stored_params": -(passes - blocks) * shared,
        "layer_kinds": (("Mamba", layers), ("shared attention", passes)),
    }


def nas_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Nemotron-NAS: layers without attention, and MLPs of the width that a search gave each; at their mean width.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    hidden, heads, blocks = cfg.number("hidden_size"), cfg.number("num_attention_heads"), cfg.objects("block_configs")
    layers = cfg.number("num_hidden_layers")
    if blocks is None or len(blocks) != layers:
        raise WattlineError(f"{cfg.where}: block_configs does not describe num_hidden_layers layers; correct it")
    attention, mlps = [b.get("attention") or {} for b in blocks], [b.get("ffn") or {} for b in blocks]
    if any(part.get(name) for part in (*attention, *mlps) for name in PLAIN):
        raise WattlineError(f"{cfg.where}: block_configs: windows, sinks or sparse layers are not read; {MEND}")
    linear = sum(bool(part.get("replace_with_linear")) for part in (*attention, *mlps))
    looks = [a for a in attention if not a.get("no_op") and not a.get("replace_with_linear")]
    groups = {a.get("n_heads_in_group") for a in looks}
    group = next(iter(groups), None)
    if len(groups) != 1 or not isinstance(group, int) or group < 1:
        raise WattlineError(f"{cfg.where}: block_configs: its layers differ in heads of keys, not read; {MEND}")
    looking = len(looks)
    widths = [_nas_width(f, hidden) for f in mlps if not f.get("no_op") and not f.get("replace_with_linear")]
    mean, rest = divmod(sum(widths), max(len(widths), 1))
    return {
        **{"layers": layers, "hidden": hidden, "heads": heads, "kv_heads": heads // group},
        **{"head_dim": cfg.number("head_dim", default=hidden // heads), "attention": "gqa", "intermediate": mean},
        **{"attention_layers": looking, "mlp_layers": len(widths), "vocab": cfg.number("vocab_size")},
        **{"context_tokens": context_of(cfg), "other_matmul_params": 3 * hidden * rest + linear * hidden**2},
        "layer_kinds": (("full attention", looking), ("without attention", layers - looking)),
    }


def _nas_width(part: dict[str, Any], hidden: int) -> int:
    if isinstance(part.get("intermediate_size"), int):
        return int(part["intermediate_size"])
    return -(-int(2 * part["ffn_mult"] * hidden / 3) // ROUNDED) * ROUNDED


def mllama_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Llama 3.2 Vision: some layers look at a picture alone, and are left out where there is none.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    indices = cfg.indices("cross_attention_layers") or []
    crossing = len(indices)
    if len(set(indices)) < crossing or any(not 0 <= i < fields["layers"] for i in indices):
        raise WattlineError(f"{cfg.where}: cross_attention_layers names a layer twice or one too many; correct it")
    layers, hidden = fields["layers"] - crossing, fields["hidden"]
    attention = 2 * hidden * fields["head_dim"] * (fields["heads"] + fields["kv_heads"])
    each = attention + 3 * hidden * fields["intermediate"] + 2 * hidden
    return {
        **{"attention_layers": layers, "mlp_layers": layers, "other_stored_params": crossing * each},
        "layer_kinds": (("full attention", layers), ("attention to pictures", crossing)),
    }


def openelm_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """OpenELM (arXiv:2404.14619): heads and MLP widen from layer to layer, each rounded; at their mean.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    hidden, layers, width = cfg.number("model_dim"), cfg.number("num_transformer_layers"), cfg.number("head_dim")
    groups, multiple = cfg.number("num_gqa_groups", default=1), cfg.number("ffn_dim_divisor", default=256)
    heads = cfg.raw("num_query_heads")
    if not isinstance(heads, list):
        dims = [_rounded(hidden * each, width * groups) for each in _steps(cfg, "qkv_multipliers", layers)]
        heads = [each // width for each in dims]
    mlps = [_rounded(hidden * each, multiple) for each in _steps(cfg, "ffn_multipliers", layers)]
    cfg.raw("num_kv_heads")
    usual = cfg.flag("ffn_with_glu", True) and cfg.flag("share_input_output_layers", True)
    if len(heads) != layers or not usual or any(h < groups or h % groups for h in heads):
        raise WattlineError(f"{cfg.where}: its layers' heads or MLPs are of a kind that is not read; {MEND}")
    # one group of queries that stand on one wide head of keys: the mean layer's weights, work and cache
    mean, mlp = round(sum(heads) * width / layers / groups), sum(mlps) // layers
    rest = sum(heads) * width - mean * groups * layers
    attention = hidden * (2 * rest + 2 * rest // groups)
    return {
        **{"layers": layers, "hidden": hidden, "heads": groups, "kv_heads": 1, "head_dim": mean, "intermediate": mlp},
        **{"attention": "mqa" if groups > 1 else "mha", "vocab": cfg.number("vocab_size")},
        **{"context_tokens": cfg.number("max_context_length"), "layer_kinds": (("full attention", layers),)},
        "other_matmul_params": attention + 3 * hidden * (sum(mlps) - mlp * layers),
    }


def _steps(cfg: Config, name: str, layers: int) -> list[float]:
    """A factor a layer: from a list, a pair between which it rises, or one for all."""
    value = cfg.raw(name)
    if not isinstance(value, list):
        return [cfg.factor(name, 1.0)] * layers
    if not value or not all(isinstance(v, int | float) and not isinstance(v, bool) and 0 < v < 100 for v in value):
        raise WattlineError(f"{cfg.where}: {name} is no list of factors; correct it")
    if len(value) == layers:
        return [float(each) for each in value]
    if len(value) != 2:
        raise WattlineError(f"{cfg.where}: {name} has {len(value)} entries for {layers} layers; correct it")
    first, last = value
    return [round(first + (last - first) * i / max(layers - 1, 1), 2) for i in range(layers)]


def _rounded(value: float, multiple: int) -> int:
    """The nearest multiple, but never more than a tenth below."""
    near = max(multiple, int(value + multiple / 2) // multiple * multiple)
    return near + multiple if near < 0.9 * value else near


def molmo_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Molmo: gate and up are counted together; 128 words more, and an encoder of pictures that no field tells.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    inner = cfg.number("intermediate_size") // 2
    if cfg.number("embedding_size", default=fields["vocab"]) != fields["vocab"]:
        raise WattlineError(f"{cfg.where}: embedding_size is not vocab_size, which is not read; correct it")
    wide, layers, words = 1024, 23, 128  # of OpenAI's ViT-L/14 at 336 pixels; words for pictures
    encoder = layers * 12 * wide**2 + (14 * 14 * 3 + 24 * 24 + 1) * wide
    join = 3 * 2 * wide * wide + wide**2 + 2 * wide * inner + inner * fields["hidden"]
    return {"intermediate": inner, "vision_params": encoder + join, "other_stored_params": words * fields["hidden"]}
