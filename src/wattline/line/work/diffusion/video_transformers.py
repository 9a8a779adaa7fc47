"""Transformers that denoise video: Wan, HunyuanVideo, CogVideoX, LTX-Video, Mochi.

``passes`` and ``launches`` of elementwise kernels are what diffusers' eager forward runs, counted on its modules, in
values of the hidden width per token and block; LTX's and Mochi's are taken as those of their nearest kin.
"""

from __future__ import annotations

import numpy as np

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
)

PICTURE_TOKENS = 257.0  # of a picture of 224 pixels in patches of 14, and one for all of it
WAN = (114.0, 52.0)  # and two passes of the feed-forward's width
HUNYUAN_DOUBLE, HUNYUAN_SINGLE = (131.0, 84.0), (124.0, 49.0)
COGVIDEO = (40.6, 33.0)
COGVIDEO_ROTARY = (57.5, 17.7)  # rotary positions, in 32 bits
LTX = (110.0, 50.0)
MOCHI = (126.0, 80.0)


def _tokens(sizes: Sizes, patch: tuple[float, ...], space: float, time: float) -> Array:
    frames, height, width = sizes.latent(space, time)
    return np.asarray(np.ceil(frames / patch[0]) * np.ceil(height / patch[1]) * np.ceil(width / patch[2]))


def wan(config: Config, sizes: Sizes) -> Pass:
    """``WanTransformer3DModel``: one stream, the text by cross-attention.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("WanTransformer3DModel", head=number_in(config, "attention_head_dim", 128))
    layers, inner = number_in(config, "num_layers", 40), number_in(config, "ffn_dim", 13824)
    width = number_in(config, "attention_head_dim", 128) * number_in(config, "num_attention_heads", 40)
    patch = numbers_in(config, "patch_size", (1.0, 2.0, 2.0))
    # the decoder of Wan 2.2's 5B, with 48 channels, compresses space 16-fold
    channels = number_in(config, "in_channels", 16)
    rows = _tokens(sizes, patch, 16.0 if channels >= 48 else 8.0, 4.0)
    text = sizes.text_tokens
    self_attention(tally, rows, rows, width, width, layers)
    cross_attention(tally, rows, text, width, width, layers)
    _picture(tally, rows, config, width, layers)
    feed_forward(tally, rows, width, inner, layers)
    tally.elementwise(rows * width, (WAN[0] + 2 * inner / width) * layers, WAN[1] * layers)
    tally.weights += layers * (4 * width + 2 * width + 6 * width)
    volume = float(np.prod(patch))
    made, caption = number_in(config, "out_channels", channels) * volume, number_in(config, "text_dim", 4096)
    frequencies = number_in(config, "freq_dim", 256)
    cross_attention_ends(tally, rows, text, width, (channels * volume, made, caption), frequencies)
    return tally.done()


def _picture(tally: Tally, rows: Array, config: Config, width: float, layers: float) -> None:
    """Of a network that animates a picture: CLIP's tokens of it, lifted, and looked at in each block like the text."""
    lifted, added = number_in(config, "image_dim", 0), number_in(config, "added_kv_proj_dim", 0)
    tokens = np.asarray(PICTURE_TOKENS)
    if lifted:
        tally.product(tokens, lifted, lifted)
        tally.product(tokens, lifted, width)
    if added:
        tally.product(tokens, added, width, 2 * layers)
        tally.attention(rows, tokens, width, layers, name="cross-attention")


def hunyuan_video(config: Config, sizes: Sizes) -> Pass:
    """``HunyuanVideoTransformer3DModel``: blocks of two streams, then of one, and a refiner of the text.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("HunyuanVideoTransformer3DModel", head=number_in(config, "attention_head_dim", 128))
    double, single = number_in(config, "num_layers", 20), number_in(config, "num_single_layers", 40)
    head = number_in(config, "attention_head_dim", 128)
    width = head * number_in(config, "num_attention_heads", 24)
    patch, patch_t = number_in(config, "patch_size", 2), number_in(config, "patch_size_t", 1)
    rows = _tokens(sizes, (patch_t, patch, patch), 8.0, 4.0)
    text = sizes.text_tokens
    double_stream(tally, rows, text, width, double, HUNYUAN_DOUBLE)
    single_stream(tally, np.asarray(rows + text), width, single, HUNYUAN_SINGLE)
    tally.weights += head * (4 * double + 2 * single)
    refiner = number_in(config, "num_refiner_layers", 2)
    self_attention(tally, text, text, width, width, refiner)
    feed_forward(tally, text, width, 4 * width, refiner)
    tally.product(1.0, width, 2 * width, refiner)
    tally.elementwise(text * width, 60.0 * refiner, 40.0 * refiner)
    tally.product(text, number_in(config, "text_embed_dim", 4096), width)
    volume = patch_t * patch**2
    tally.product(rows, number_in(config, "in_channels", 16) * volume, width)
    tally.product(rows, width, number_in(config, "out_channels", 16) * volume)
    time_embedding(tally, width, count=3 if config.get("guidance_embeds") else 2)
    time_embedding(tally, width, number_in(config, "text_embed_dim", 4096))
    time_embedding(tally, width, number_in(config, "pooled_projection_dim", 768))
    tally.product(1.0, width, 2 * width)
    return tally.done()


def cogvideo(config: Config, sizes: Sizes) -> Pass:
    """``CogVideoXTransformer3DModel``: text and video joined in one stream with norms of their own.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("CogVideoXTransformer3DModel", head=number_in(config, "attention_head_dim", 64))
    layers, patch = number_in(config, "num_layers", 30), number_in(config, "patch_size", 2)
    head = number_in(config, "attention_head_dim", 64)
    width = head * number_in(config, "num_attention_heads", 30)
    patch_t = number_in(config, "patch_size_t", 1)
    video = _tokens(sizes, (patch_t, patch, patch), 8.0, 4.0)
    both = np.asarray(video + sizes.text_tokens)
    time_width = number_in(config, "time_embed_dim", 512)
    self_attention(tally, both, both, width, width, layers)
    feed_forward(tally, both, width, 4 * width, layers)
    tally.product(1.0, time_width, 6 * width, 2 * layers, name="modulation")
    tally.elementwise(both * width, COGVIDEO[0] * layers, COGVIDEO[1] * layers)
    if config.get("use_rotary_positional_embeddings"):
        tally.elementwise(both * width, COGVIDEO_ROTARY[0] * layers, COGVIDEO_ROTARY[1] * layers)
    tally.weights += layers * (4 * width + 4 * head)
    values = patch_t * patch**2
    tally.product(video, number_in(config, "in_channels", 16) * values, width)
    tally.product(video, width, number_in(config, "out_channels", 16) * values)
    tally.product(sizes.text_tokens, number_in(config, "text_embed_dim", 4096), width)
    time_embedding(tally, time_width, width)
    tally.product(1.0, time_width, 2 * width)
    return tally.done()


def ltx(config: Config, sizes: Sizes) -> Pass:
    """``LTXVideoTransformer3DModel``: few tokens, for its decoder compresses space 32-fold and time 8-fold.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("LTXVideoTransformer3DModel", head=number_in(config, "attention_head_dim", 64))
    layers = number_in(config, "num_layers", 28)
    width = number_in(config, "attention_head_dim", 64) * number_in(config, "num_attention_heads", 32)
    rows, text = _tokens(sizes, (1.0, 1.0, 1.0), 32.0, 8.0), sizes.text_tokens
    self_attention(tally, rows, rows, width, width, layers)
    cross_attention(tally, rows, text, width, number_in(config, "cross_attention_dim", 2048), layers)
    feed_forward(tally, rows, width, 4 * width, layers)
    tally.elementwise(rows * width, LTX[0] * layers, LTX[1] * layers)
    tally.weights += layers * (4 * width + 6 * width)
    values, made = number_in(config, "in_channels", 128), number_in(config, "out_channels", 128)
    caption = number_in(config, "caption_channels", 4096)
    cross_attention_ends(tally, rows, text, width, (values, made, caption))
    return tally.done()


def mochi(config: Config, sizes: Sizes) -> Pass:
    """``MochiTransformer3DModel``: two streams, the text's narrower than the video's.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("MochiTransformer3DModel", head=number_in(config, "attention_head_dim", 128))
    layers, patch = number_in(config, "num_layers", 48), number_in(config, "patch_size", 2)
    head = number_in(config, "attention_head_dim", 128)
    width = head * number_in(config, "num_attention_heads", 24)
    narrow = number_in(config, "pooled_projection_dim", 1536)
    frames, height, across = sizes.latent(8.0, 6.0)
    rows = np.asarray(frames * np.ceil(height / patch) * np.ceil(across / patch))
    text = sizes.text_tokens
    both = np.asarray(rows + text)
    tally.product(rows, width, width, 4 * layers, False)
    tally.product(text, narrow, width, 3 * layers, False)
    tally.product(text, width, narrow, layers - 1)
    tally.attention(both, both, width, layers)
    feed_forward(tally, rows, width, np.floor(4 * width * 2 / 3), layers, gated=True)
    feed_forward(tally, text, narrow, np.floor(4 * narrow * 2 / 3), layers - 1, gated=True)
    tally.product(1.0, width, 4 * width, layers, name="modulation")
    tally.product(1.0, width, 4 * narrow, layers - 1, name="modulation")
    tally.elementwise(both * width, MOCHI[0] * layers, MOCHI[1] * layers)
    tally.weights += 4 * head * layers
    values = number_in(config, "in_channels", 12) * patch**2
    tally.product(rows, values, width)
    tally.product(rows, width, values)
    tally.product(text, number_in(config, "text_embed_dim", 4096), narrow)
    time_embedding(tally, width)
    tally.product(1.0, number_in(config, "text_embed_dim", 4096), 3 * 4096.0)
    return tally.done()
