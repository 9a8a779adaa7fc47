"""The mixer of each layer, attention of some reach or another, from lists or by a family's rule."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.fields import MAX_LAYERS, MEND, Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.table import Row

FULL, SLIDING, CHUNKED, SPARSE, BOTH, MLP, MOE = "full", "sliding", "chunked", "sparse", "both", "mlp", "moe"
PICKED, POOLED = "picked", "pooled"  # a window, and beyond it entries of several tokens: those that are picked, or all
ATTENTION = (FULL, SLIDING, CHUNKED, SPARSE, BOTH, PICKED, POOLED)
NAMES = {
    **dict.fromkeys(("full_attention", "attention", "global", "global_attention", "full", "*"), FULL),
    **dict.fromkeys(("sliding_attention", "local", "sliding_window_attention"), SLIDING),
    **{"chunked_attention": CHUNKED, "indexed_attention": SPARSE, "deepseek_sparse_attention": SPARSE},
    **{"minimax_m3_sparse": SPARSE},
    **{"compressed_sparse_attention": PICKED, "heavily_compressed_attention": POOLED},
    **{"mlp": MLP, "-": MLP, "moe": MOE, "E": MOE, "M": "mamba", "|": ""},
}
LISTS = ("layer_types", "layers_block_type", "block_types", "attention_layers")
RULES = (
    *("hybrid_layer_pattern", "attn_type_list", "attn_layer_indices", "full_attn_idxs", "attn_layer_period"),
    *("attn_layer_offset", "full_attention_interval", "layer_group_size", "sliding_window_pattern"),
    *("_sliding_window_pattern", "no_rope_layers", "global_attn_every_n_layers", "max_window_layers"),
    *("use_sliding_window", "linear_attn_config.full_attn_layers", "linear_attn_config.kda_layers"),
    *("prefix_dense_sliding_window_pattern", "local_attention", "interleave_moe_layer_step"),
    "sparse_attention_config.sparse_attention_freq",
)
PATTERNS = (
    *("sliding_window_pattern", "_sliding_window_pattern", "full_attention_interval", "attn_layer_period"),
    "layer_group_size",
)
LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
CONTEXT = (
    *("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length", "n_ctx"),
    "max_encoder_position_embeddings",
)
OWN_HEADS = (
    *("gemma4_text", "gemma4_unified_text", "mimo_v2_flash", "mimo_v2", "step3p5", "step3p7"),
    *("deepseek_v4", "deepseek_ref"),
)
LAST_WHOLE = ("gemma4_text", "gemma4_unified_text")  # their last layer sees everything, whatever a list says
WINDOW = ("sliding_window", "attention_chunk_size", "attention_window_size", "window_size", "sliding_window_size")


def layer_kinds(cfg: Config, row: Row) -> list[str]:
    """The mixer of every layer, first to last.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type

    Returns a kind for each layer. Raises WattlineError where layers are not counted, or a list of them is not
    understood.
    """
    listed = next((name for name in LISTS if cfg.raw(name) not in (None, [])), "")
    if not listed and cfg.raw("hybrid_override_pattern"):
        listed = "hybrid_override_pattern"
    layers = cfg.number(*LAYERS, default=_length(cfg, listed), most=MAX_LAYERS) if listed else _count(cfg)
    kinds = _listed(cfg, listed, layers, row) if listed else _by_rule(cfg, layers, row)
    for name in RULES:  # what a list says, or a rule that came first, makes the other rules idle
        cfg.raw(name)
    if row.both:
        return [BOTH] * layers
    return _within(cfg, kinds)


def _count(cfg: Config) -> int:
    return cfg.number(*LAYERS, most=MAX_LAYERS)


def _length(cfg: Config, name: str) -> int | None:
    value = cfg.raw(name)
    if name == "block_types":
        return None
    return len(value.replace("|", "")) if isinstance(value, str) else len(value) if isinstance(value, list) else None


def _listed(cfg: Config, name: str, layers: int, row: Row) -> list[str]:
    value: Any = cfg.raw(name)
    entries = list(value.replace("|", "")) if isinstance(value, str) and name == "hybrid_override_pattern" else None
    if entries is None:
        entries = cfg.items(name) or []
        if name == "block_types":  # RecurrentGemma: repeated to the end
            entries = (entries * layers)[:layers]
    entries = _first(cfg, name, entries, layers, cfg.number("num_nextn_predict_layers", default=0))
    kinds = [_kind(cfg, name, entry, row) for entry in entries]
    if cfg.kind in LAST_WHOLE:
        kinds[-1:] = [FULL]
    return kinds


def _first(cfg: Config, name: str, entries: list[Any], layers: int, guessing: int) -> list[Any]:
    """An entry for each layer; those of layers that guess more than one token may come last."""
    if len(entries) not in (layers, layers + guessing):
        raise WattlineError(
            f"{cfg.where}: {name} has {len(entries)} entries for {layers} layers; correct it or num_hidden_layers"
        )
    return entries[:layers]


def _compressed(cfg: Config, ratio: Any) -> str:
    kinds = {0: SLIDING, 4: PICKED, 128: POOLED}  # as DeepSeek V4's own code goes by the ratio
    if type(ratio) is not int or ratio not in kinds:
        raise WattlineError(f"{cfg.where}: compress_ratios holds {shorten(repr(ratio), 40)}, not 0, 4 or 128; {MEND}")
    return kinds[ratio]


def _kind(cfg: Config, field: str, entry: Any, row: Row) -> str:
    name = str(entry)
    name = {"M": "mamba"}.get(name, name)
    if name in row.mixers:
        return name
    if name in NAMES and NAMES[name] not in ("", "mamba"):
        return NAMES[name]
    raise WattlineError(f"{cfg.where}: {field} holds {name[:40]!r}, a kind of layer that is not read; {MEND}")


def _by_rule(cfg: Config, layers: int, row: Row) -> list[str]:
    """Where no list names the kinds: the families' other ways to say it."""
    rest = row.rest or next(iter(row.mixers), FULL)
    flags = cfg.items("hybrid_layer_pattern", layers)  # MiMo: 1 = in a window
    if flags is not None:
        return [SLIDING if flag else FULL for flag in flags]
    flags = cfg.items("attn_type_list", layers)  # MiniMax: 1 = softmax attention
    if flags is not None:
        return [FULL if flag else rest for flag in flags]
    flags = cfg.items("sparse_attention_config.sparse_attention_freq", layers)  # MiniMax-M3: 1 = sparse
    if flags is not None:
        return [SPARSE if flag else FULL for flag in flags]
    ratios = cfg.items("compress_ratios")  # DeepSeek V4: tokens of an entry; layers that guess further come last
    if ratios is not None:
        guessing = cfg.number("num_nextn_predict_layers", default=0)
        return [_compressed(cfg, each) for each in _first(cfg, "compress_ratios", ratios, layers, guessing)]
    for name in ("attn_layer_indices", "full_attn_idxs"):
        chosen = cfg.indices(name)
        if chosen is not None:
            return [FULL if i in chosen else rest for i in range(layers)]
    chosen = cfg.indices("linear_attn_config.full_attn_layers")  # Kimi Linear: counted from 1
    if chosen is not None:
        return [FULL if i + 1 in chosen else rest for i in range(layers)]
    if row.listed:
        raise WattlineError(f"{cfg.where}: no layer_types, and the layers of {cfg.kind} are of several kinds; add it")
    if row.full and not any(cfg.raw(name) for name in PATTERNS):
        near = next(iter(row.mixers), SLIDING)
        return [FULL if evaluate(row.full, cfg, {"i": i, "layers": layers}) else near for i in range(layers)]
    if row.mixers:
        return _by_period(cfg, layers, rest)
    return _sliding(cfg, layers)


def _by_period(cfg: Config, layers: int, rest: str) -> list[str]:
    period = cfg.number("attn_layer_period", default=0)
    if period:
        offset = cfg.number("attn_layer_offset", default=0)
        return [FULL if i % period == offset else rest for i in range(layers)]
    period = cfg.number("full_attention_interval", "layer_group_size", default=0)
    return [FULL if period and (i + 1) % period == 0 else rest for i in range(layers)]


def _sliding(cfg: Config, layers: int) -> list[str]:
    """Which layers of a decoder look at a window alone."""
    window = cfg.number("sliding_window", "attention_chunk_size", default=0)
    if not window or not cfg.flag("use_sliding_window", True):
        return [FULL] * layers
    near = CHUNKED if cfg.raw("sliding_window") is None else SLIDING
    pattern = cfg.raw("sliding_window_pattern") or cfg.raw("_sliding_window_pattern")
    if cfg.kind == "llama4_text":
        rope = cfg.items("no_rope_layers") or [(i + 1) % 4 for i in range(layers)]
        return [near if r else FULL for r in (rope * layers)[:layers]]
    if isinstance(pattern, str):  # letters such as LLLG, G the global one
        return [FULL if pattern[i % len(pattern)] == "G" else near for i in range(layers)]
    if pattern is not None:
        every = cfg.number("sliding_window_pattern", "_sliding_window_pattern")
        return [FULL if (i + 1) % every == 0 else near for i in range(layers)]
    every = cfg.number("global_attn_every_n_layers", default=0)
    if every:
        return [FULL if (i + 1) % every == 0 else near for i in range(layers)]
    if cfg.flag("use_sliding_window", False):  # Qwen2: the first layers are whole
        first = cfg.number("max_window_layers", default=0)
        return [FULL if i < first else near for i in range(layers)]
    return [near] * layers


def window_of(cfg: Config) -> int:
    """Tokens that a layer with a window looks back on; 0 where none has one."""
    given = [name for name in WINDOW if cfg.raw(name) is not None]
    return cfg.number(given[0], default=0) if given else 0


def _within(cfg: Config, kinds: list[str]) -> list[str]:
    """A window that is off, or as long as the context, hides nothing."""
    window, context = window_of(cfg), context_of(cfg)
    if cfg.kind in OWN_HEADS and SLIDING in kinds:  # its layers in a window have other weights, however far they see
        if not window:
            raise WattlineError(f"{cfg.where}: its layers in a window see 0 tokens; give sliding_window")
        return kinds
    off = not window or not cfg.flag("use_sliding_window", True) or bool(context and window >= context)
    return [FULL if off and kind in (SLIDING, CHUNKED) else kind for kind in kinds]


def context_of(cfg: Config) -> int:
    """The longest context, tokens; 0 where it is not given."""
    for name in CONTEXT:
        if cfg.raw(name) is not None:
            return cfg.number(name, default=0)
    return 0
