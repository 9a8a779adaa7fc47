"""Text encoders of image and video models: T5, CLIP, and language models read for their hidden states.

``passes`` and ``launches`` of elementwise kernels are what the eager forward of transformers runs, counted on it.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, number_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import self_attention

T5 = (112.0, 29.0)
UMT5 = (150.0, 50.0)  # each layer has positions of its own
CLIP = (60.0, 8.5)
LLAMA = (87.0, 33.0)
GEMMA = (180.0, 69.0)


def t5(config: Config, tokens: Array) -> Pass:
    """``T5EncoderModel``, mT5 and UMT5: encoders with a gated feed-forward.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    each = config.get("model_type") == "umt5" or "UMT5" in str(config.get("architectures", ""))
    tally = Tally("UMT5EncoderModel" if each else "T5EncoderModel")
    layers, width = number_in(config, "num_layers", 24), number_in(config, "d_model")
    heads, inner = number_in(config, "num_heads", 64), number_in(config, "d_ff")
    inside = heads * number_in(config, "d_kv", 64)
    rows = np.asarray(tokens, float)
    tally.product(rows, width, inside, 3 * layers, False)
    tally.product(rows, inside, width, layers, False)
    tally.attention(rows, rows, inside, layers)
    gated = "gated" in str(config.get("feed_forward_proj", "gated-gelu"))
    tally.product(rows, width, inner, (2 if gated else 1) * layers, False)
    tally.product(rows, inner, width, layers, False)
    extra = UMT5 if each else T5
    tally.elementwise(rows * width, extra[0] * layers, extra[1] * layers)
    tally.weights += number_in(config, "vocab_size", 32128) * width + 2 * layers * width
    return tally.done()


def clip(config: Config, tokens: Array) -> Pass:
    """``CLIPTextModel``, with a projection where it has one, and the text half of BERT-like encoders.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    projected = "WithProjection" in str(config.get("architectures", ""))
    tally = Tally("CLIPTextModelWithProjection" if projected else "CLIPTextModel")
    layers, width = number_in(config, "num_hidden_layers"), number_in(config, "hidden_size")
    inner = number_in(config, "intermediate_size", 4 * width)
    rows = np.asarray(tokens, float)
    self_attention(tally, rows, rows, width, width, layers)
    tally.product(rows, width, inner, layers)
    tally.product(rows, inner, width, layers)
    tally.elementwise(rows * width, CLIP[0] * layers, CLIP[1] * layers)
    positions = number_in(config, "max_position_embeddings", 77)
    tally.weights += (number_in(config, "vocab_size", 49408) + positions + 4 * layers + 2) * width
    if projected:
        tally.product(1.0, width, number_in(config, "projection_dim", width), bias=False)
    return tally.done()


def language_model(config: Config, tokens: Array) -> Pass:
    """A decoder-only language model whose hidden states are the text: Llama, Gemma 2, Qwen.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    config = config.get("text_config") or config
    tally = Tally("language model")
    layers, width = number_in(config, "num_hidden_layers"), number_in(config, "hidden_size")
    heads, inner = number_in(config, "num_attention_heads"), number_in(config, "intermediate_size")
    head = number_in(config, "head_dim", width / heads)
    kept = number_in(config, "num_key_value_heads", heads)
    rows = np.asarray(tokens, float)
    tally.product(rows, width, heads * head, layers, False)
    tally.product(rows, width, kept * head, 2 * layers, False)
    tally.product(rows, heads * head, width, layers, False)
    tally.attention(rows, rows, heads * head, layers)
    tally.product(rows, width, inner, 2 * layers, False)
    tally.product(rows, inner, width, layers, False)
    extra = GEMMA if "gemma" in str(config.get("model_type", "")) else LLAMA
    tally.elementwise(rows * width, extra[0] * layers, extra[1] * layers)
    tally.weights += number_in(config, "vocab_size") * width + 2 * layers * width
    return tally.done()


def gemma_3(config: Config, tokens: Array) -> Pass:
    """Gemma 3, whose class fills in the size of a head and the table of words; what it would see is left out.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    own = config.get("text_config") or config
    return language_model({"head_dim": 256, "vocab_size": 262208, "model_type": "gemma3", **own}, tokens)


def chat_glm(config: Config, tokens: Array) -> Pass:
    """``ChatGLMModel``, whose settings have names of their own.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    heads = number_in(config, "num_attention_heads", 32)
    grouped = bool(config.get("multi_query_attention", True))
    head = number_in(config, "kv_channels", 128)
    plain: Config = {
        "num_hidden_layers": number_in(config, "num_layers", 28),
        "hidden_size": number_in(config, "hidden_size", 4096),
        "num_attention_heads": heads,
        "num_key_value_heads": number_in(config, "multi_query_group_num", 2) if grouped else heads,
        "head_dim": head,
        "intermediate_size": number_in(config, "ffn_hidden_size", 13696),
        # its table of words stands at both ends
        "vocab_size": 2 * number_in(config, "padded_vocab_size", 65024),
    }
    return language_model(plain, tokens)
