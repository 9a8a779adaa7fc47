"""Encoder-decoders: T5 and its kin, and translators."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.layers import context_of
from wattline.line.work.huggingface.table import Row

Fields = dict[str, Any]


def t5_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """T5: an encoder for the prompt, and a decoder with two attentions a layer for new tokens."""
    encoder = cfg.number("num_layers", "num_hidden_layers", "n_layer")
    decoder = cfg.number("num_decoder_layers", default=encoder)
    hidden, heads = cfg.number("d_model", "hidden_size"), cfg.number("num_heads", "num_attention_heads")
    gated = "gated" in str(cfg.raw("feed_forward_proj"))
    cfg.raw("is_gated_act")
    return _stacks(encoder, decoder) | {
        **{"hidden": hidden, "heads": heads, "kv_heads": heads, "attention": "mha", "gated_mlp": gated},
        "head_dim": cfg.number("d_kv", "head_dim", default=hidden // heads),
        "intermediate": cfg.number("d_ff", "intermediate_size"),
        "vocab": cfg.number("vocab_size"),
        "context_tokens": context_of(cfg),
    }


def translator_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """M2M-100 with NLLB, and FSMT: two stacks of the same width. Stacks that differ in heads or width are refused."""
    encoder, decoder = cfg.number("encoder_layers", "num_hidden_layers", "num_layers"), cfg.number("decoder_layers")
    hidden, context = cfg.number("d_model", "hidden_size"), context_of(cfg)
    heads, vocab = _same(cfg, "attention_heads", "num_attention_heads"), cfg.number("vocab_size", "tgt_vocab_size")
    return _stacks(encoder, decoder) | {
        **{"hidden": hidden, "heads": heads, "kv_heads": heads, "head_dim": hidden // heads, "attention": "mha"},
        **{"intermediate": _same(cfg, "ffn_dim"), "gated_mlp": False, "vocab": vocab, "context_tokens": context},
        "learned_positions": 2 * evaluate(row.positions or 0, cfg, {"context": context}),
        "other_stored_params": cfg.number("src_vocab_size", default=0) * hidden,
    }


def _same(cfg: Config, what: str, *more: str) -> int:
    """A count that both stacks share."""
    pair = [cfg.number(f"{stack}_{what}") for stack in ("encoder", "decoder")]
    for name in more:
        cfg.raw(name)
    if pair[0] != pair[1]:
        raise WattlineError(f"{cfg.where}: its stacks differ in {what} ({pair[0]} and {pair[1]}), not read; {MEND}")
    return pair[1]


def _stacks(encoder: int, decoder: int) -> Fields:
    return {
        **{"layers": encoder + decoder, "attention_layers": encoder + 2 * decoder},
        **{"mlp_layers": encoder + decoder, "encoder_layers": encoder, "cross_layers": decoder},
        "layer_kinds": (("encoder", encoder), ("decoder", decoder)),
    }
