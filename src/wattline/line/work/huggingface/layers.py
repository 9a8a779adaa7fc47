"""What a ``config.json`` says of a model's layers: attention, windows, recurrent mixers and experts."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import Config

MAX_LAYERS = 10_000
T5 = ("t5", "mt5", "umt5")
SLIDING = ("sliding_attention", "chunked_attention")
EXPERTS = (
    *("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    "ffn_config.moe_num_experts",
)
ACTIVE = (
    *("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_top_k", "moe_topk", "moe_k"),
    "ffn_config.moe_top_k",
)
SHARED_WIDTH = (
    *("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"),
    "shared_intermediate_size",
)


def layer_counts(cfg: Config, layers: int, heads: int, head_dim: int) -> dict[str, int]:
    """How many layers are attention, recurrent and MLP, and how many of the attention layers slide."""
    if cfg.kind in T5:
        decoder = cfg.number("num_decoder_layers", default=layers, most=MAX_LAYERS)
        both = layers + decoder
        return {"layers": both, "attention_layers": both + decoder, "mlp_layers": both}
    if cfg.raw("is_encoder_decoder") is True:
        raise WattlineError(f"{cfg.where}: is_encoder_decoder: only T5 is read; use a like model of the catalog")
    pattern = cfg.raw("hybrid_override_pattern") or _blocks(cfg)
    if pattern is not None:
        return _nemotron_layers(cfg, str(pattern), layers)
    linear = _linear_layers(cfg, layers)
    counts = {"attention_layers": layers - linear, "mamba_layers": linear, "mlp_layers": layers}
    if linear:
        counts |= _linear_mixer(cfg, heads, head_dim)
    return counts | _sliding(cfg, layers, layers - linear)


def _blocks(cfg: Config) -> str | None:
    """Nemotron-H's newer list of layer kinds, as the older pattern of letters."""
    letters = {"mamba": "M", "attention": "*", "mlp": "-", "moe": "E"}
    blocks = cfg.items("layers_block_type")
    return None if blocks is None else "".join(letters.get(str(block), "?") for block in blocks)


def _nemotron_layers(cfg: Config, pattern: str, layers: int) -> dict[str, int]:
    """Nemotron-H: each layer is one sub-layer, M Mamba, * attention, - MLP, E experts."""
    kinds = pattern.replace("|", "")
    if set(kinds) - set("M*-E") or len(kinds) != layers:
        raise WattlineError(
            f"{cfg.where}: hybrid_override_pattern has {len(kinds)} letters for {layers} layers, "
            "each to be M, *, - or E; correct it or num_hidden_layers"
        )
    counts = {
        "attention_layers": kinds.count("*"),
        "mamba_layers": kinds.count("M"),
        "mlp_layers": kinds.count("-") + kinds.count("E"),
        "moe_layers": kinds.count("E"),
    }
    if counts["mamba_layers"]:
        counts |= {
            "mamba_heads": cfg.number("mamba_num_heads"),
            "mamba_head_dim": cfg.number("mamba_head_dim"),
            "mamba_state": cfg.number("ssm_state_size", "mamba_state_dim"),
            "mamba_groups": cfg.number("n_groups", "mamba_num_groups"),
            "mamba_conv": cfg.number("conv_kernel", "mamba_d_conv", default=4),
        }
    return counts


def _linear_layers(cfg: Config, layers: int) -> int:
    """Layers whose mixer is linear attention (Gated DeltaNet, lightning attention)."""
    types = cfg.items("layer_types", layers)
    if types is not None:
        return sum(kind == "linear_attention" for kind in types)
    types = cfg.items("attn_type_list", layers)  # MiniMax: 1 = softmax attention
    if types is not None:
        return sum(kind == 0 for kind in types)
    interval = cfg.number("full_attention_interval", default=0)
    return layers - layers // interval if interval else 0


def _linear_mixer(cfg: Config, heads: int, head_dim: int) -> dict[str, int]:
    if cfg.kind.startswith("minimax"):  # lightning attention: as many keys as queries, no convolution
        names = ("mamba_heads", "mamba_groups", "mamba_head_dim", "mamba_state")
        return dict(zip(names, (heads, heads, head_dim, head_dim), strict=True))
    return {
        "mamba_heads": cfg.number("linear_num_value_heads"),
        "mamba_head_dim": cfg.number("linear_value_head_dim"),
        "mamba_groups": cfg.number("linear_num_key_heads"),
        "mamba_state": cfg.number("linear_key_head_dim"),
        "mamba_conv": cfg.number("linear_conv_kernel_dim", default=4),
    }


def _sliding(cfg: Config, layers: int, attention_layers: int) -> dict[str, int]:
    """The window and how many layers see the whole context; nothing where none slides."""
    window = cfg.number("sliding_window", "attention_chunk_size", default=0, most=10**9)
    context = cfg.number("max_position_embeddings", default=0, most=10**9)
    if not window or not cfg.flag("use_sliding_window", True) or (context and window >= context):
        return {}
    types, no_rope = cfg.items("layer_types", layers), cfg.items("no_rope_layers")
    pattern = cfg.raw("sliding_window_pattern") or cfg.raw("_sliding_window_pattern")
    if types is not None:
        whole = attention_layers - sum(kind in SLIDING for kind in types)
    elif cfg.kind == "llama4_text":
        whole = sum(not rope for rope in no_rope) if no_rope else layers // 4
    elif isinstance(pattern, str):  # letters such as LLLG, G the global one
        whole = layers * pattern.count("G") // len(pattern)
    elif pattern is not None:
        whole = layers // cfg.number("sliding_window_pattern", "_sliding_window_pattern")
    elif cfg.flag("use_sliding_window", False):  # Qwen2: the first layers are whole
        whole = min(layers, cfg.number("max_window_layers", default=0))
    else:
        whole = 0
    if whole >= attention_layers:
        return {}
    chunked = cfg.raw("sliding_window") is None and cfg.raw("attention_chunk_size") is not None
    return {"sliding_window": window, "global_layers": whole} | ({"chunked_attention": True} if chunked else {})


def moe_fields(cfg: Config, layers: int, intermediate: int) -> dict[str, int]:
    """Experts: how many, how many a token uses, how wide, in which layers; empty for a dense model."""
    experts = cfg.number(*EXPERTS, default=0, most=100_000)
    if experts < 2:
        return {}
    active = cfg.number(*ACTIVE)
    if active > experts:
        raise WattlineError(f"{cfg.where}: num_experts_per_tok {active} exceeds {experts} experts; correct it")
    width = cfg.number("moe_intermediate_size", "moe_ffn_hidden_size", default=intermediate)
    shared = cfg.number("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", default=0)
    shared_width = cfg.number(*SHARED_WIDTH, default=0)
    if cfg.kind == "llama4_text" or shared_width:
        shared = shared or 1
    fields = {"experts": experts, "active_experts": active, "shared_experts": shared}
    fields["expert_intermediate"] = width
    if shared_width:
        fields["shared_intermediate"] = shared_width
    if cfg.raw("hybrid_override_pattern") is None and cfg.raw("layers_block_type") is None:
        fields["moe_layers"] = _moe_layers(cfg, layers)
    return fields


def _moe_layers(cfg: Config, layers: int) -> int:
    """Layers with experts, by whichever of the families' rules the config states."""
    listed = cfg.items("moe_layers")
    if listed is not None:
        return len(listed)
    if isinstance(cfg.raw("moe_layer_freq"), list):
        return sum(bool(x) for x in cfg.items("moe_layer_freq", layers) or [])
    step = cfg.number("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq", default=1)
    offset = 0 if cfg.raw("moe_layer_freq") is not None else 1
    dense = cfg.items("mlp_only_layers") or []
    first = cfg.number("first_k_dense_replace", default=0)
    return sum(i >= first and i not in dense and (i + offset) % step == 0 for i in range(layers))


def attention_fields(cfg: Config, heads: int, kv_heads: int) -> dict[str, Any]:
    """The kind of attention and, for multi-head latent attention, its ranks."""
    if cfg.number("kv_lora_rank", default=0):
        nope, rope = cfg.number("qk_nope_head_dim"), cfg.number("qk_rope_head_dim")
        return {
            "attention": "mla",
            "q_lora_rank": cfg.number("q_lora_rank", default=0),
            "kv_lora_rank": cfg.number("kv_lora_rank"),
            "qk_nope_head_dim": nope,
            "qk_rope_head_dim": rope,
            "v_head_dim": cfg.number("v_head_dim"),
            "head_dim": nope + rope,
        }
    gate = cfg.flag("attn_output_gate", cfg.kind == "qwen3_next")
    kind = "mha" if heads == kv_heads else "mqa" if kv_heads == 1 else "gqa"
    return {"attention": kind, "attention_gate": gate}
