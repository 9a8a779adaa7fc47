"""Encoders by the ``model_type`` that their ``config.json`` names: one forward pass over a document or an image.

``passes`` and ``launches`` of elementwise kernels are reckoned from the eager forward of transformers, in values of the
hidden width per token and layer: additions, norms, activations, and what is copied between.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Array
from wattline.line.work.diffusion import text_encoders
from wattline.line.work.diffusion.sizes import Config, number_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import feed_forward, self_attention

BERT, ROTARY, VISION = (24.0, 7.0), (40.0, 16.0), (26.0, 8.0)
DEFAULT_TOKENS = 512.0


def bert(config: Config, tokens: Array) -> Pass:
    """BERT, RoBERTa, XLM-R, MPNet and DistilBERT: post-norm layers, learned positions.

    Parameters
    ----------
    config : settings of the model, as its maker wrote them
    tokens : of an input, scalar or ``(n_draws,)``

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally(_kind(config))
    layers, width = _size(config, ("num_hidden_layers", "n_layers")), _size(config, ("hidden_size", "dim"))
    inner = _size(config, ("intermediate_size", "hidden_dim"), 4 * width)
    tally.head = width / _size(config, ("num_attention_heads", "n_heads"), max(width / 64, 1.0))
    rows = np.asarray(tokens, float)
    self_attention(tally, rows, rows, width, width, layers)
    feed_forward(tally, rows, width, inner, layers)
    tally.elementwise(rows * width, BERT[0] * layers, BERT[1] * layers)
    tables = number_in(config, "vocab_size", 30522) + number_in(config, "max_position_embeddings", 512)
    tables += number_in(config, "type_vocab_size", 0 if _kind(config) in ("distilbert", "mpnet") else 2)
    tally.weights += tables * width + (4 * layers + 2) * width
    if _kind(config) != "distilbert":
        tally.product(1.0, width, width, name="pooler")
    return tally.done()


def gated_pass(config: Config, tokens: Array) -> Pass:
    """GTE's ``new`` and Nomic's BERT: rotary positions and a gated feed-forward; ModernBERT and Gemma's embeddings, of
    whose layers most attend to a window.

    Parameters
    ----------
    config : settings of the model, as its maker wrote them
    tokens : of an input, scalar or ``(n_draws,)``

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally(_kind(config))
    layers, width = _size(config, ("num_hidden_layers", "n_layer")), _size(config, ("hidden_size", "n_embd"))
    inner = _size(config, ("intermediate_size", "n_inner"), 4 * width)
    heads = _size(config, ("num_attention_heads", "n_head"), max(width / 64, 1.0))
    head = number_in(config, "head_dim", width / heads)
    kept = number_in(config, "num_key_value_heads", heads)
    tally.head = head
    rows = np.asarray(tokens, float)
    biased = _kind(config) == "new"
    tally.product(rows, width, heads * head, layers, biased)
    tally.product(rows, width, kept * head, 2 * layers, biased)
    tally.product(rows, heads * head, width, layers, biased)
    whole = layers if not _window(config) else np.ceil(layers / _every(config))
    tally.attention(rows, rows, heads * head, float(whole))
    if whole < layers:
        tally.attention(rows, np.minimum(rows, _window(config)), heads * head, float(layers - whole), "window")
    tally.product(rows, width, 2 * inner, layers, False)
    tally.product(rows, inner, width, layers, biased)
    tally.elementwise(rows * width, ROTARY[0] * layers, ROTARY[1] * layers)
    words = number_in(config, "vocab_size", 50368 if _kind(config) == "modernbert" else 30528)
    tally.weights += words * width + (2 * layers + 1) * width
    if dense := number_in(config, "dense_width", 0):  # Gemma's embeddings end in two products of a row
        tally.product(1.0, width, dense, bias=False)
        tally.product(1.0, dense, width, bias=False)
    return tally.done()


def vision(config: Config, tokens: Array) -> Pass:
    """ViT, CLIP's and SigLIP's image half, DINOv2: patches of an image as tokens; DINOv2's largest is gated.

    Parameters
    ----------
    config : settings of the model, as its maker wrote them
    tokens : of an input, scalar or ``(n_draws,)``

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally(_kind(config))
    layers, width = number_in(config, "num_hidden_layers"), number_in(config, "hidden_size")
    inner = number_in(config, "intermediate_size", 4 * width)
    tally.head = width / number_in(config, "num_attention_heads", max(width / 64, 1.0))
    rows = np.asarray(tokens, float)
    self_attention(tally, rows, rows, width, width, layers)
    feed_forward(tally, rows, width, inner, layers, bool(config.get("use_swiglu_ffn")))
    tally.elementwise(rows * width, VISION[0] * layers, VISION[1] * layers)
    patch = number_in(config, "patch_size", 16)
    tally.product(rows, 3 * patch**2, width, name="patches")
    tally.weights += (image_tokens(config) + 4 * layers + 4) * width
    if _kind(config).startswith("siglip"):  # pooled by an attention of one query
        self_attention(tally, np.asarray(1.0), rows, width, width, 1.0)
        feed_forward(tally, np.asarray(1.0), width, inner, 1.0)
    return tally.done()


def image_tokens(config: Config) -> float:
    """Tokens of an image: its patches, and one for the whole where the model has it.

    Parameters
    ----------
    config : of the model

    Returns the number of tokens.
    """
    side = np.floor(number_in(config, "image_size", 224) / number_in(config, "patch_size", 16))
    return float(side**2 + (0 if _kind(config).startswith("siglip") else 1))


ENCODERS: dict[str, Callable[[Config, Array], Pass]] = {
    **dict.fromkeys(("bert", "roberta", "xlm-roberta", "mpnet", "distilbert", "camembert"), bert),
    **dict.fromkeys(("new", "nomic_bert", "modernbert", "gemma3_text"), gated_pass),
    **dict.fromkeys(("vit", "clip_vision_model", "siglip_vision_model", "dinov2"), vision),
    "clip_text_model": text_encoders.clip,
    **dict.fromkeys(("t5", "mt5", "umt5"), text_encoders.t5),
    **dict.fromkeys(("qwen2", "qwen3", "mistral", "llama"), text_encoders.language_model),
}
OF_IMAGES = ("vit", "clip_vision_model", "siglip_vision_model", "dinov2")


def forward(config: Config, tokens: Array) -> Pass:
    """One forward pass over so many tokens.

    Parameters
    ----------
    config : a ``config.json`` of transformers
    tokens : of a document or an image, numeric

    Returns the pass. Raises WattlineError where its ``model_type`` is not known.
    """
    kind = _kind(config)
    if kind in ENCODERS:
        return ENCODERS[kind](config, tokens)
    near = nearest_names(kind, ENCODERS)
    words = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(ENCODERS)}"
    raise WattlineError(f"encoder: its model_type {shorten(kind)!r} is not one that Wattline knows; {words}")


def _kind(config: Config) -> str:
    return str(config.get("model_type", "")).lower()


def _size(config: Config, names: tuple[str, ...], default: float | None = None) -> float:
    """A number under the first of its names that is given."""
    given = next((name for name in names if config.get(name) is not None), names[0])
    return number_in(config, given, default)


def _window(config: Config) -> float:
    """Tokens that most layers attend to; 0 where all attend to all."""
    return {"modernbert": number_in(config, "local_attention", 128), "gemma3_text": 512.0}.get(_kind(config), 0.0)


def _every(config: Config) -> float:
    """Of how many layers one attends to all."""
    return number_in(config, "global_attn_every_n_layers", 3) if _kind(config) == "modernbert" else 6.0
