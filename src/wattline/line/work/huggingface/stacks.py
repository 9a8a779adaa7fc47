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
    """T5: an encoder for the prompt, and a decoder with two attentions a layer for new tokens.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    encoder = cfg.number("num_layers", "num_hidden_layers", "n_layer")
    decoder = cfg.number("num_decoder_layers", default=encoder)
    hidden, heads = cfg.number("d_model", "hidden_size"), cfg.number("num_heads", "num_attention_heads")
    gated = "gated" in str(cfg.raw("feed_forward_proj") or ("gated" if cfg.flag("is_gated_act", False) else ""))
    stated = cfg.flag("is_gated_act", gated and "is_gated_act" not in cfg.data)  # null is false, as in the class
    if cfg.raw("feed_forward_proj") is not None and stated != gated:
        raise WattlineError(f"{cfg.where}: is_gated_act contradicts feed_forward_proj; leave the right one")
    experts = _sparse_stacks(cfg, encoder, decoder, 1 if cfg.kind == "switch_transformers" else 0)
    return _stacks(encoder, decoder) | {
        **experts,
        **{"hidden": hidden, "heads": heads, "kv_heads": heads, "attention": "mha", "gated_mlp": gated},
        "head_dim": cfg.number("d_kv", "head_dim", default=hidden // heads),
        "intermediate": cfg.number("d_ff", "intermediate_size"),
        "vocab": cfg.number("vocab_size"),
        "context_tokens": context_of(cfg),
        "other_stored_params": evaluate(row.stored or 0, cfg, {"hidden": hidden}),
    }


def translator_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """BART and its kin, M2M-100 with NLLB, Marian, FSMT: two stacks of one width; those that differ are refused.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    encoder, decoder = cfg.number("encoder_layers", "num_hidden_layers", "num_layers"), cfg.number("decoder_layers")
    hidden, context = cfg.number("d_model", "hidden_size"), context_of(cfg)
    heads, vocab = _same(cfg, "attention_heads", "num_attention_heads"), cfg.number("vocab_size", "tgt_vocab_size")
    if cfg.number("decoder_vocab_size", default=vocab) != vocab or cfg.flag("use_prompt", False):
        raise WattlineError(f"{cfg.where}: a vocabulary of the decoder's own, or prompts learned, is not read; {MEND}")
    for name in ("tie_word_embeddings", "share_encoder_decoder_embeddings"):
        if cfg.flag(name, row.tied) != row.tied:
            usual = "shared" if row.tied else "apart"
            raise WattlineError(f"{cfg.where}: {name}: {cfg.kind} is read with its tables {usual} alone; {MEND}")
    if cfg.kind == "prophetnet" and not cfg.flag("add_cross_attention", True):
        raise WattlineError(f"{cfg.where}: add_cross_attention: without it {cfg.kind} is not read; {MEND}")
    alone = _decoder_alone(cfg)
    # a decoder by itself keeps the weights that would look at an encoder, and passes them by
    stored = cfg.number("src_vocab_size", default=0) * hidden + 4 * hidden**2 * decoder * alone
    known = {"hidden": hidden, "encoder_layers": encoder, "decoder_layers": decoder}
    stored += 0 if alone else evaluate(row.stored or 0, cfg, known)
    experts = _sparse_stacks(cfg, encoder, decoder, 2 if cfg.kind == "nllb-moe" else 0)
    if experts and alone:
        raise WattlineError(f"{cfg.where}: the decoder of {cfg.kind} by itself is not read; {MEND}")
    return (_decoder_stack(decoder) if alone else _stacks(encoder, decoder)) | {
        **{"hidden": hidden, "heads": heads, "kv_heads": heads, "head_dim": hidden // heads, "attention": "mha"},
        **{"intermediate": _same(cfg, "ffn_dim"), "gated_mlp": False, "vocab": vocab, "context_tokens": context},
        "learned_positions": (2 - alone) * evaluate(row.positions or 0, cfg, {"context": context}),
        "other_stored_params": stored,
        **experts,
    }


def _sparse_stacks(cfg: Config, encoder: int, decoder: int, active: int) -> Fields:
    """Experts in every so many layers of both stacks, ``active`` of them a token; empty where a family has none."""
    if not active:
        return {}
    stacks, counts = {"encoder": encoder, "decoder": decoder}, []
    for stack, layers in stacks.items():
        step = cfg.number(f"{stack}_sparse_step", default=0)
        named = cfg.raw(f"num_sparse_{stack}_layers")
        if named is not None:  # Switch: the step follows from it, and the second layer is the first with experts
            given = step
            step = layers // cfg.number(f"num_sparse_{stack}_layers") if named else 0
            if given and step and given != step:
                names = f"{stack}_sparse_step and num_sparse_{stack}_layers"
                raise WattlineError(f"{cfg.where}: {names} contradict each other; leave the right one")
        first = 1 if active == 1 else step - 1
        counts.append(len(range(0 if step == 1 else first, layers, step)) if step else 0)
    if counts[0] * decoder != counts[1] * encoder:
        raise WattlineError(f"{cfg.where}: its encoder and decoder have experts in unequal shares, not read; {MEND}")
    if not sum(counts):
        return {}
    width = cfg.number("encoder_ffn_dim", "d_ff")
    return {
        **{"experts": cfg.number("num_experts"), "active_experts": active, "expert_intermediate": width},
        "moe_layers": sum(counts),
    }


def t5gemma_fields(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """T5Gemma: an encoder and a decoder of Gemma's layers, with a cross-attention a layer and a token table each.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    fields : what was read already, by field of ``Model``

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    counts = [_gemma_stack(cfg, part) for part in ("encoder", "decoder")]
    shape, other = ({n: c for n, c in each.items() if n not in ("layers", "near")} for each in counts)
    if shape != other:
        raise WattlineError(f"{cfg.where}: its encoder and decoder differ in width, not read; {MEND}")
    heads, kv_heads, decoder = shape["heads"], shape["kv_heads"], counts[1]["layers"]
    near = counts[0]["near"] + counts[1]["near"]
    made, tables = _stacks(counts[0]["layers"], decoder), shape["vocab"] * shape["hidden"]
    if cfg.kind == "t5gemma2":  # one attention looks at both stacks, without windows upon the encoder; one table
        alone = {"attention_layers": counts[0]["layers"] + decoder, "cross_layers": 0}
        made, near, tables = made | alone, 0, 0
    window = {"sliding_window": shape["window"], "global_layers": made["attention_layers"] - near} if near else {}
    return (
        made
        | window
        | {
            **{name: shape[name] for name in ("hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab")},
            **{"attention": "mha" if heads == kv_heads else "gqa", "context_tokens": shape["context"]},
            "other_stored_params": tables,
        }
    )


def _gemma_stack(cfg: Config, part: str) -> dict[str, int]:
    def number(name: str) -> int:
        return cfg.number(f"{part}.{name}")

    layers = number("num_hidden_layers")
    kinds = cfg.items(f"{part}.layer_types", layers)
    near = [kind == "sliding_attention" for kind in kinds] if kinds else [i % 2 == 0 for i in range(layers)]
    cfg.raw(f"{part}.tie_word_embeddings")
    hidden = number("hidden_size")
    if cfg.number(f"{part}.cross_attention_hidden_size", default=hidden) != hidden:
        raise WattlineError(f"{cfg.where}: its encoder and decoder differ in width, not read; {MEND}")
    return {
        **{"layers": layers, "near": sum(near), "window": number("sliding_window"), "hidden": hidden},
        **{"heads": number("num_attention_heads"), "kv_heads": number("num_key_value_heads")},
        **{"head_dim": number("head_dim"), "intermediate": number("intermediate_size")},
        "vocab": cfg.number(f"{part}.vocab_size", "vocab_size"),
        "context": number("max_position_embeddings"),
    }


def _decoder_alone(cfg: Config) -> bool:
    """Whether a decoder is taken by itself, as ``BartForCausalLM`` does."""
    classes = cfg.raw("architectures")
    if isinstance(classes, list) and classes:
        return all(str(name).endswith("ForCausalLM") for name in classes)
    return cfg.raw("is_encoder_decoder") is False


def _decoder_stack(decoder: int) -> Fields:
    return {
        **{"layers": decoder, "attention_layers": decoder, "mlp_layers": decoder},
        "layer_kinds": (("decoder", decoder),),
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
