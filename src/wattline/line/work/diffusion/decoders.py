"""Decoders of images: KL (Stable Diffusion, FLUX), with attention, the deep-compression one of SANA, MoVQ, SVD's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally

KL_WIDTHS = (128.0, 256.0, 512.0, 512.0)


def residual(tally: Tally, positions: Array, inputs: float, outputs: float, window: float = 9.0) -> None:
    """A residual block: two normalised convolutions, and one of one position where the width changes.

    Parameters
    ----------
    tally : to which the operations and weights are added
    positions : values of each channel
    inputs, outputs : channels
    window : values that a convolution takes for one
    """
    tally.convolution(positions, inputs, outputs, window)
    tally.convolution(positions, outputs, outputs, window)
    if inputs != outputs:
        tally.convolution(positions, inputs, outputs, 1.0)
    tally.elementwise(positions * inputs, 5, 3)
    tally.elementwise(positions * outputs, 8, 3.5)
    tally.weights += 2 * (inputs + outputs)


def kl_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKL``: frames of a video one by item.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKL decoder")
    widths = numbers_in(config, "block_out_channels", KL_WIDTHS)[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 2)), number_in(config, "latent_channels", 4)
    frames, height, across = sizes.latent(2.0 ** (len(widths) - 1))
    frame = np.asarray(height * across)
    positions = np.asarray(frames * frame)
    if config.get("use_post_quant_conv", True):
        tally.convolution(positions, channels, channels, 1.0)
    tally.convolution(positions, channels, widths[0])
    for _ in range(2):
        residual(tally, positions, widths[0], widths[0])
    _attention(tally, frame, positions, widths[0])
    positions = _rising(tally, positions, widths, layers, residual)
    tally.convolution(positions, widths[-1], number_in(config, "out_channels", 3))
    tally.elementwise(positions * widths[-1], 4, 2)
    return tally.done()


def _rising(
    tally: Tally,
    positions: Array,
    widths: Sequence[float],
    layers: int,
    block: Callable[[Tally, Array, float, float], None],
) -> Array:
    """Blocks of each width, and frames of twice the sides between two widths; returns the positions at the end."""
    inputs = widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers + 1):
            block(tally, positions, inputs, width)
            inputs = width
        if level < len(widths) - 1:
            positions = np.asarray(positions * 4)
            tally.convolution(positions, width, width)
            tally.elementwise(positions * width, 1.25, 1)
    return positions


def _attention(tally: Tally, frame: Array, positions: Array, width: float) -> None:
    """Attention of one head in the middle, within a frame."""
    tally.product(positions, width, width, 4)
    tally.attention(frame, positions, width)
    tally.elementwise(positions * width, 9, 4)


def svd_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLTemporalDecoder``: the KL decoder with convolutions along time after each spatial pair.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLTemporalDecoder decoder")
    widths = numbers_in(config, "block_out_channels", KL_WIDTHS)[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 2)), number_in(config, "latent_channels", 4)
    frames, height, across = sizes.latent(2.0 ** (len(widths) - 1))
    frame = np.asarray(height * across)
    positions = np.asarray(frames * frame)
    tally.convolution(positions, channels, widths[0])
    for _ in range(layers):
        _in_time(tally, positions, widths[0], widths[0])
    _attention(tally, frame, positions, widths[0])
    positions = _rising(tally, positions, widths, layers, _in_time)
    tally.convolution(positions, widths[-1], 3.0)
    tally.convolution(positions, 3.0, 3.0, 3.0)
    tally.elementwise(positions * widths[-1], 4, 2)
    return tally.done()


def _in_time(tally: Tally, positions: Array, inputs: float, outputs: float) -> None:
    residual(tally, positions, inputs, outputs)
    tally.convolution(positions, outputs, outputs, 3.0, 2)
    tally.elementwise(positions * outputs, 20, 11)


def dc_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderDC``: deep compression (32-fold), linear attention where the picture is small.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderDC decoder")
    widths = numbers_in(config, "decoder_block_out_channels", (128.0, 256.0, 512.0, 512.0, 1024.0, 1024.0))
    layers = numbers_in(config, "decoder_layers_per_block", (3.0,) * len(widths))
    types: Any = config.get("decoder_block_types") or "ResBlock"
    kinds = [types] * len(widths) if isinstance(types, str) else list(types)
    _, height, across = sizes.latent(2.0 ** (len(widths) - 1))
    positions = np.asarray(height * across)
    tally.convolution(positions, number_in(config, "latent_channels", 32), widths[-1])
    for level in range(len(widths) - 1, -1, -1):
        width = widths[level]
        if level < len(widths) - 1:
            # pixels shuffled out of four times the channels, or a picture enlarged first: as much work, other weights
            if str(config.get("upsample_block_type", "pixel_shuffle")) == "pixel_shuffle":
                tally.convolution(positions, widths[level + 1], 4 * width)
                positions = np.asarray(positions * 4)
            else:
                positions = np.asarray(positions * 4)
                tally.convolution(positions, widths[level + 1], width)
            tally.elementwise(positions * width, 6, 4)
        for _ in range(int(layers[level])):
            if kinds[level] == "ResBlock":
                tally.convolution(positions, width, width, 9.0, 2)
                tally.elementwise(positions * width, 24, 9)
                tally.weights += 2 * width
            else:
                _efficient_vit(tally, positions, width)
    tally.convolution(positions, widths[0], 3.0)
    tally.elementwise(positions * widths[0], 10, 8)
    return tally.done()


def _efficient_vit(tally: Tally, positions: Array, width: float) -> None:
    """Linear attention at two scales, then a gated convolution four times as wide."""
    tally.product(positions, width, width, 3, False)
    tally.product(positions, 2 * width, width, bias=False)
    tally.convolution(positions, 1.0, 3 * width, 25.0, name="depthwise convolution")
    tally.convolution(positions, 32.0, 3 * width, 1.0)
    tally.convolution(positions, width, 8 * width, 1.0)
    tally.convolution(positions, 1.0, 8 * width, 9.0, name="depthwise convolution")
    tally.convolution(positions, 4 * width, width, 1.0, bias=False)
    tally.attention(positions, 64.0, width, name="linear attention")
    tally.elementwise(positions * width, 170, 34)


def movq_decoder(config: Config, sizes: Sizes) -> Pass:
    """``VQModel`` of Kandinsky: normalisations that the latents modulate, attention at the smallest sizes.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("VQModel decoder")
    widths = numbers_in(config, "block_out_channels", (128.0, 256.0, 256.0, 512.0))[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 2)), number_in(config, "latent_channels", 4)
    _, height, across = sizes.latent(2.0 ** (len(widths) - 1))
    positions = np.asarray(height * across)
    tally.convolution(positions, channels, widths[0])
    for _ in range(2):
        _modulated(tally, positions, widths[0], widths[0])
    _attention(tally, positions, positions, widths[0])
    inputs = widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers + 1):
            _modulated(tally, positions, inputs, width)
            if level == 0:
                _attention(tally, positions, positions, width)
            inputs = width
        if level < len(widths) - 1:
            positions = np.asarray(positions * 4)
            tally.convolution(positions, width, width)
            tally.elementwise(positions * width, 1.25, 1)
    tally.convolution(positions, widths[-1], 3.0)
    tally.elementwise(positions * widths[-1], 11, 6)
    return tally.done()


def _modulated(tally: Tally, positions: Array, inputs: float, outputs: float) -> None:
    residual(tally, positions, inputs, outputs)
    for width in (inputs, outputs):
        tally.convolution(positions, 4.0, width, 1.0, 2)
        tally.elementwise(positions * width, 6, 4)
