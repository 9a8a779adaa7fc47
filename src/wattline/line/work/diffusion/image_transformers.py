"""Transformers that denoise images: MMDiT (Stable Diffusion 3), FLUX, Qwen-Image, PixArt, Hunyuan-DiT, SANA.

``passes`` and ``launches`` of elementwise kernels are what diffusers' eager forward runs, counted on its modules, in
values of the hidden width per token and block; products and attentions are counted one by item.
"""

from __future__ import annotations

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import (
    cross_attention,
    cross_attention_ends,
    double_stream,
    feed_forward,
    self_attention,
    single_stream,
    time_embedding,
    tokens_of,
)

# elementwise passes of the hidden width and kernels of a block: counted on diffusers 0.42's modules
MMDIT = (38.4, 32.8)
MMDIT_QK_NORM = (34.3, 31.7)  # the norms of queries and keys, in 32 bits
MMDIT_SECOND = (42.0, 22.6)  # a second self-attention of the image's tokens
FLUX_DOUBLE, FLUX_SINGLE = (96.0, 55.0), (89.0, 30.0)
PIXART = (41.3, 20.0)
HUNYUAN_DIT = (154.0, 59.0)
SANA = (134.0, 61.0)


def mmdit(config: Config, sizes: Sizes) -> Pass:
    """``SD3Transformer2DModel``: image and text in two streams that attend to each other.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("SD3Transformer2DModel", head=number_in(config, "attention_head_dim", 64))
    layers = number_in(config, "num_layers", 18)
    width = number_in(config, "attention_head_dim", 64) * number_in(config, "num_attention_heads", 18)
    channels, patch = number_in(config, "in_channels", 16), number_in(config, "patch_size", 2)
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    both = np.asarray(image + text)
    duals = float(len(numbers_in(config, "dual_attention_layers", ()) if config.get("dual_attention_layers") else ()))
    for rows, blocks in ((image, layers), (text, layers)):
        tally.product(rows, width, width, 3 * blocks, name="queries, keys, values")
    tally.product(image, width, width, layers)
    tally.product(text, width, width, layers - 1)
    tally.attention(both, both, width, layers)
    feed_forward(tally, image, width, 4 * width, layers)
    feed_forward(tally, text, width, 4 * width, layers - 1)
    tally.product(1.0, width, 6 * width, 2 * layers - 1, name="modulation")
    tally.product(1.0, width, 2 * width, 2, name="modulation")
    tally.elementwise(both * width, MMDIT[0] * layers, MMDIT[1] * layers)
    if config.get("qk_norm"):
        tally.elementwise(both * width, MMDIT_QK_NORM[0] * layers, MMDIT_QK_NORM[1] * layers)
        tally.weights += 4 * number_in(config, "attention_head_dim", 64) * layers
    if duals:
        self_attention(tally, image, image, width, width, duals)
        tally.product(1.0, width, 3 * width, duals, name="modulation")
        tally.elementwise(both * width, MMDIT_SECOND[0] * duals, MMDIT_SECOND[1] * duals)
    _ends(tally, image, text, width, channels * patch**2, config)
    tally.weights += number_in(config, "pos_embed_max_size", 0) ** 2 * width
    return tally.done()


def _ends(tally: Tally, image: Array, text: Array, width: float, patch_values: float, config: Config) -> None:
    """Patches in and out, the text's projection, and the embeddings of the step and of the pooled text."""
    tally.product(image, patch_values, width)
    tally.product(image, width, patch_values)
    tally.product(text, number_in(config, "joint_attention_dim", 4096), width)
    time_embedding(tally, width)
    time_embedding(tally, width, number_in(config, "pooled_projection_dim", 768))


def flux(config: Config, sizes: Sizes) -> Pass:
    """``FluxTransformer2DModel``: blocks of two streams, then blocks of item.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("FluxTransformer2DModel", head=number_in(config, "attention_head_dim", 128))
    double, single = number_in(config, "num_layers", 19), number_in(config, "num_single_layers", 38)
    head = number_in(config, "attention_head_dim", 128)
    width = head * number_in(config, "num_attention_heads", 24)
    image, text = tokens_of(sizes, 2.0), sizes.text_tokens
    double_stream(tally, image, text, width, double, FLUX_DOUBLE)
    single_stream(tally, np.asarray(image + text), width, single, FLUX_SINGLE)
    tally.weights += head * (4 * double + 2 * single)
    _ends(tally, image, text, width, number_in(config, "in_channels", 64), config)
    tally.product(1.0, width, 2 * width)
    if config.get("guidance_embeds"):
        time_embedding(tally, width)
    return tally.done()


def qwen_image(config: Config, sizes: Sizes) -> Pass:
    """``QwenImageTransformer2DModel``: blocks of two streams, as FLUX's first.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("QwenImageTransformer2DModel", head=number_in(config, "attention_head_dim", 128))
    layers = number_in(config, "num_layers", 60)
    head = number_in(config, "attention_head_dim", 128)
    width = head * number_in(config, "num_attention_heads", 24)
    image, text = tokens_of(sizes, 2.0), sizes.text_tokens
    double_stream(tally, image, text, width, layers, FLUX_DOUBLE)
    tally.weights += 4 * head * layers
    channels = number_in(config, "in_channels", 64)
    tally.product(image, channels, width)
    tally.product(image, width, number_in(config, "out_channels", 16) * 4)
    tally.product(text, number_in(config, "joint_attention_dim", 3584), width)
    time_embedding(tally, width)
    tally.product(1.0, width, 2 * width)
    return tally.done()


def pixart(config: Config, sizes: Sizes) -> Pass:
    """``PixArtTransformer2DModel``: one stream, the text by cross-attention.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("PixArtTransformer2DModel", head=number_in(config, "attention_head_dim", 72))
    layers, patch = number_in(config, "num_layers", 28), number_in(config, "patch_size", 2)
    width = number_in(config, "attention_head_dim", 72) * number_in(config, "num_attention_heads", 16)
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    self_attention(tally, image, image, width, width, layers)
    cross_attention(tally, image, text, width, number_in(config, "cross_attention_dim", 1152), layers)
    feed_forward(tally, image, width, 4 * width, layers)
    tally.elementwise(image * width, PIXART[0] * layers, PIXART[1] * layers)
    tally.weights += 6 * width * layers
    values, made = number_in(config, "in_channels", 4) * patch**2, number_in(config, "out_channels", 8) * patch**2
    caption = number_in(config, "caption_channels", 4096)
    cross_attention_ends(tally, image, text, width, (values, made, caption))
    return tally.done()


def hunyuan_dit(config: Config, sizes: Sizes) -> Pass:
    """``HunyuanDiT2DModel``: one stream with skips from the first half of its blocks to the second.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("HunyuanDiT2DModel", head=number_in(config, "attention_head_dim", 88))
    layers, patch = number_in(config, "num_layers", 28), number_in(config, "patch_size", 2)
    head = number_in(config, "attention_head_dim", 88)
    width = head * number_in(config, "num_attention_heads", 16)
    text_width = number_in(config, "cross_attention_dim", 1024)
    t5_width = number_in(config, "cross_attention_dim_t5", 2048)
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    self_attention(tally, image, image, width, width, layers)
    cross_attention(tally, image, text, width, text_width, layers)
    feed_forward(tally, image, width, np.floor(width * number_in(config, "mlp_ratio", 4.0)), layers)
    skips = np.ceil(layers / 2) - 1
    tally.product(image, 2 * width, width, skips, name="skip")
    tally.product(1.0, width, width, layers, name="shift")
    tally.elementwise(image * width, HUNYUAN_DIT[0] * layers, HUNYUAN_DIT[1] * layers)
    tally.weights += layers * (6 * width + 8 * head) + skips * 4 * width
    values = number_in(config, "in_channels", 4) * patch**2
    tally.product(image, values, width)
    tally.product(image, width, values * (2 if config.get("learn_sigma", True) else 1))
    tally.product(number_in(config, "text_len_t5", 256), t5_width, 4 * t5_width)
    tally.product(number_in(config, "text_len_t5", 256), 4 * t5_width, text_width)
    tally.product(1.0, t5_width, t5_width, 3, name="pooling")
    tally.product(1.0, t5_width, number_in(config, "pooled_projection_dim", 1024), name="pooling")
    time_embedding(tally, width)
    tally.product(1.0, number_in(config, "pooled_projection_dim", 1024), 4 * width)
    tally.product(1.0, 4 * width, width)
    tally.product(1.0, width, 2 * width)
    return tally.done()


def sana(config: Config, sizes: Sizes) -> Pass:
    """``SanaTransformer2DModel``: linear self-attention, the text by cross-attention, a convolution in its MLP.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("SanaTransformer2DModel", head=112.0)
    layers, patch = number_in(config, "num_layers", 20), number_in(config, "patch_size", 1)
    head = number_in(config, "attention_head_dim", 32)
    width = head * number_in(config, "num_attention_heads", 70)
    image, text = tokens_of(sizes, patch, 32.0), sizes.text_tokens
    crossing = number_in(config, "num_cross_attention_heads", 20) * number_in(config, "cross_attention_head_dim", 112)
    if crossing != width:
        raise WattlineError(
            f"SanaTransformer2DModel: its heads are {width:g} wide and those on the text {crossing:g}; only equal ones "
            "are read"
        )
    inner = np.floor(number_in(config, "mlp_ratio", 2.5) * width)
    tally.product(image, width, width, 3 * layers, False)
    tally.product(image, width, width, layers)
    tally.attention(image, head, width, layers, name="linear attention")
    cross_attention(tally, image, text, width, number_in(config, "cross_attention_dim", 2240), layers)
    tally.convolution(image, width, 2 * inner, 1.0, layers)
    tally.convolution(image, 1.0, 2 * inner, 9.0, layers, name="depthwise convolution")
    tally.convolution(image, inner, width, 1.0, layers, False)
    tally.elementwise(image * width, SANA[0] * layers, SANA[1] * layers)
    tally.weights += 6 * width * layers + (4 * width * layers if config.get("qk_norm") else 0)
    values, made = number_in(config, "in_channels", 32) * patch**2, number_in(config, "out_channels", 32) * patch**2
    caption = number_in(config, "caption_channels", 2304)
    cross_attention_ends(tally, image, text, width, (values, made, caption))
    return tally.done()
