"""HunyuanVideo 1.5: a denoiser of two streams alone, and a decoder that compresses space 16-fold.

Layers and widths are those of diffusers' modules; elementwise passes and kernels of a block are those of HunyuanVideo's
blocks of two streams, which were counted, and of its decoder.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.decoders import residual
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import double_stream, feed_forward, self_attention, time_embedding
from wattline.line.work.diffusion.video_decoders import CUBE, HUNYUAN_EXTRA, Tiles, add_caches, tiled_pass
from wattline.line.work.diffusion.video_transformers import HUNYUAN_DOUBLE

SPACE, TIME = 16.0, 4.0
GLYPHS, PICTURE = 256.0, 729.0  # tokens of written words and of a picture, which stand there empty too
GLYPH_WIDTH = 2048.0
WHOLE = 1e9  # frames of a tile: time is not cut


def hunyuan_video_15(config: Config, sizes: Sizes) -> Pass:
    """``HunyuanVideo15Transformer3DModel``: blocks of two streams; the text's is of words, glyphs and a picture.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    head, blocks = number_in(config, "attention_head_dim", 128), number_in(config, "num_layers", 54)
    tally = Tally("HunyuanVideo15Transformer3DModel", head=head)
    width = head * number_in(config, "num_attention_heads", 16)
    inner = width * number_in(config, "mlp_ratio", 4.0)
    patch, patch_t = number_in(config, "patch_size", 1), number_in(config, "patch_size_t", 1)
    frames, height, across = sizes.latent(SPACE, TIME)
    rows = np.asarray(np.ceil(frames / patch_t) * np.ceil(height / patch) * np.ceil(across / patch))
    text = np.asarray(sizes.text_tokens, float)
    double_stream(tally, rows, text, width, blocks, HUNYUAN_DOUBLE, inner)
    tally.weights += 4 * head * blocks
    _conditions(tally, config, np.maximum(text - GLYPHS - PICTURE, 1.0), width)
    volume = patch_t * patch**2
    tally.product(rows, number_in(config, "in_channels", 65) * volume, width)
    tally.product(rows, width, number_in(config, "out_channels", 32) * volume)
    time_embedding(tally, width)
    tally.product(1.0, width, 2 * width)
    return tally.done()


def _conditions(tally: Tally, config: Config, words: Array, width: float) -> None:
    """The refiner of the words, and what lifts glyphs and a picture to the network's width."""
    caption, refiners = number_in(config, "text_embed_dim", 3584), number_in(config, "num_refiner_layers", 2)
    tally.product(words, caption, width)
    self_attention(tally, words, words, width, width, refiners)
    feed_forward(tally, words, width, 4 * width, refiners)
    tally.product(1.0, width, 2 * width, refiners)
    tally.elementwise(words * width, 60.0 * refiners, 40.0 * refiners)
    tally.weights += 4 * width * refiners
    time_embedding(tally, width)
    time_embedding(tally, width, caption)
    glyph, picture = number_in(config, "text_embed_2_dim", 1472), number_in(config, "image_embed_dim", 1152)
    tally.product(GLYPHS, glyph, GLYPH_WIDTH)
    tally.product(GLYPHS, GLYPH_WIDTH, GLYPH_WIDTH)
    tally.product(GLYPHS, GLYPH_WIDTH, width)
    tally.product(PICTURE, picture, picture)
    tally.product(PICTURE, picture, width)
    tally.weights += 2 * (glyph + picture) + 5 * width


def hunyuan_decoder_15(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLHunyuanVideo15``: tiles of 256 pixels every 192, all frames at once; a level grows by channels
    that are laid out in space and time.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLHunyuanVideo15 decoder")
    widths = numbers_in(config, "block_out_channels", (128.0, 256.0, 512.0, 1024.0, 1024.0))[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 2)), number_in(config, "latent_channels", 32)
    frames, height, across = sizes.latent(SPACE, TIME)
    latent, positions = frames, np.asarray(frames * height * across)
    tally.convolution(positions, channels, widths[0], CUBE)
    for _ in range(2):
        residual(tally, positions, widths[0], widths[0], CUBE)
    tally.product(positions, widths[0], widths[0], 4)
    tally.attention(positions, np.minimum(height, SPACE) * np.minimum(across, SPACE) * frames, widths[0])
    inputs = widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers + 1):
            residual(tally, positions, inputs, width, CUBE)
            inputs = width
        if level < len(widths) - 1:
            grown = frames if level >= np.log2(TIME) else np.asarray(2 * frames - 1)
            inputs = widths[level + 1]
            tally.convolution(positions, width, inputs * (4 if level >= np.log2(TIME) else 8), CUBE)
            positions, frames = np.asarray(positions * 4 * grown / frames), grown
            tally.elementwise(positions * inputs, 4, 4)
    tally.convolution(positions, widths[-1], 3.0, CUBE)
    add_caches(tally, HUNYUAN_EXTRA)
    return tiled_pass(tally.done(), sizes, latent, Tiles(256, 256, 192, 192, WHOLE, WHOLE))
