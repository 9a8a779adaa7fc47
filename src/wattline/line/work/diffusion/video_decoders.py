"""Causal 3D decoders of video: Wan, HunyuanVideo, CogVideoX, Mochi; in tiles, as the pipelines run them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.decoders import residual
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally

CUBE = 27.0  # a window of 3 × 3 × 3


@dataclass(frozen=True)
class Tiles:
    """How a decoder cuts what it decodes: size and stride of a tile, in pixels, and frames of the latent at a time."""

    height: float
    width: float
    stride_height: float
    stride_width: float
    frames: float
    stride_frames: float


def _overlap(length: Array, tile: float, stride: float) -> tuple[Array, Array]:
    """Tiles along a length, and how much of it they decode in all."""
    count = np.ceil(length / stride)
    last = np.minimum(tile, length - (count - 1) * stride)
    before = np.minimum(tile, length)
    # of the tiles before the last some reach beyond the end, too
    second = np.minimum(tile, np.maximum(length - np.maximum(count - 2, 0) * stride, 0.0))
    whole = np.maximum(count - 2, 0) * before + np.where(count > 1, second, 0.0) + last
    return np.asarray(count), np.asarray(whole / length)


def tiled_pass(whole: Pass, sizes: Sizes, latent_frames: Array, tiles: Tiles) -> Pass:
    """A decoder's pass over the whole, run in tiles that overlap: more arithmetic, and its kernels for each tile.

    Parameters
    ----------
    whole : the pass without tiles
    sizes : of the video
    latent_frames : frames after the compression in time
    tiles : their sizes and strides

    Returns the pass, with the same weights.
    """
    rows, more_height = _overlap(sizes.height, tiles.height, tiles.stride_height)
    columns, more_width = _overlap(sizes.width, tiles.width, tiles.stride_width)
    chunks, more_frames = _overlap(latent_frames, tiles.frames, tiles.stride_frames)
    more, count = np.asarray(more_height * more_width * more_frames), np.asarray(rows * columns * chunks)
    operations = tuple(
        replace(item, flops=item.flops * more, traffic_bytes=item.traffic_bytes * more, launches=item.launches * count)
        for item in whole.operations
    )
    return Pass(whole.name, operations, whole.parameters)


def wan_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLWan``: a latent frame at a time, tiles of 256 pixels every 192.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLWan decoder")
    base = number_in(config, "decoder_base_dim", number_in(config, "base_dim", 96))
    widths = [base * times for times in numbers_in(config, "dim_mult", (1.0, 2.0, 4.0, 4.0))][::-1]
    layers, channels = int(number_in(config, "num_res_blocks", 2)), number_in(config, "z_dim", 16)
    patch = number_in(config, "patch_size", 1) if config.get("patch_size") else 1.0
    frames, height, across = sizes.latent(8.0 * patch, 4.0)
    positions, latent = np.asarray(frames * height * across), frames
    times = [2.0, 2.0, 1.0]  # the first two levels double time
    tally.convolution(positions, channels, widths[0], CUBE)
    for _ in range(2):
        residual(tally, positions, widths[0], widths[0], CUBE)
    tally.attention(height * across, positions, widths[0])
    inputs = widths[0]
    for level, width in enumerate(widths):
        inputs = inputs if level == 0 or config.get("is_residual") else inputs / 2
        for _ in range(layers + 1):
            residual(tally, positions, inputs, width, CUBE)
            inputs = width
        if level < len(widths) - 1:
            if times[level] > 1:
                tally.convolution(positions, width, 2 * width, 3.0)
                # the first latent frame gives one, each other one two
                positions, frames = np.asarray(positions * (2 * frames - 1) / frames), np.asarray(2 * frames - 1)
            positions = np.asarray(positions * 4)
            tally.convolution(positions, width, width if config.get("is_residual") else width / 2)
            tally.elementwise(positions * width, 4, 4)
    tally.convolution(positions, widths[-1], 3.0 * patch**2, CUBE)
    # its caches of earlier frames and its norms in 32 bits
    add_caches(tally, WAN_EXTRA)
    tile = Tiles(256 * patch, 256 * patch, 192 * patch, 192 * patch, 1, 1)
    return tiled_pass(tally.done(), sizes, latent, tile)


WAN_EXTRA, HUNYUAN_EXTRA, COGVIDEO_EXTRA = (4.6, 4.1), (1.55, 6.0), (1.3, 1.6)
HUNYUAN_FRAMES = 5.0


def add_caches(tally: Tally, extra: tuple[float, float]) -> None:
    """More elementwise traffic and kernels than a plain residual block's: caches of frames, padding, norms.

    Parameters
    ----------
    tally : of the decoder, whose elementwise operations grow
    extra : times their traffic, and times their kernels
    """
    more, launches = extra
    tally.operations[:] = [
        replace(item, traffic_bytes=item.traffic_bytes * more, launches=item.launches * launches)
        if item.kind == "elementwise"
        else item
        for item in tally.operations
    ]


def hunyuan_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLHunyuanVideo``: tiles of 256 pixels every 192, and 16 frames every 12.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLHunyuanVideo decoder")
    widths = numbers_in(config, "block_out_channels", (128.0, 256.0, 512.0, 512.0))[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 2)), number_in(config, "latent_channels", 16)
    latent, height, across = sizes.latent(8.0, 4.0)
    frames = np.minimum(latent, HUNYUAN_FRAMES)  # of a tile, whose first latent frame gives one, not four
    share = latent / frames
    positions = np.asarray(frames * height * across)
    tally.convolution(positions, channels, widths[0], CUBE)
    for _ in range(2):
        residual(tally, positions, widths[0], widths[0], CUBE)
    tally.product(positions, widths[0], widths[0], 4)
    tally.attention(np.minimum(height, 32) * np.minimum(across, 32) * frames, positions, widths[0])
    inputs = widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers + 1):
            residual(tally, positions, inputs, width, CUBE)
            inputs = width
        if level < len(widths) - 1:
            if level >= 1:
                positions, frames = np.asarray(positions * (2 * frames - 1) / frames), np.asarray(2 * frames - 1)
            positions = np.asarray(positions * 4)
            tally.convolution(positions, width, width, CUBE)
            tally.elementwise(positions * width, 1.25, 1)
    tally.convolution(positions, widths[-1], 3.0, CUBE)
    add_caches(tally, HUNYUAN_EXTRA)
    tally.operations[:] = [
        replace(item, flops=item.flops * share, traffic_bytes=item.traffic_bytes * share) for item in tally.operations
    ]
    # a tile of 16 frames is decoded from five of the latent, every third
    return tiled_pass(tally.done(), sizes, latent, Tiles(256, 256, 192, 192, HUNYUAN_FRAMES, 3))


def cogvideo_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLCogVideoX``: tiles of half the sample's size, two frames of the latent at a time.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLCogVideoX decoder")
    widths = numbers_in(config, "block_out_channels", (128.0, 256.0, 256.0, 512.0))[::-1]
    layers, channels = int(number_in(config, "layers_per_block", 3)), number_in(config, "latent_channels", 16)
    frames, height, across = sizes.latent(8.0, 4.0)
    positions, latent = np.asarray(frames * height * across), frames
    tally.convolution(positions, channels, widths[0], CUBE)
    for _ in range(2):
        _spatial(tally, positions, widths[0], widths[0], channels)
    inputs = widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers + 1):
            _spatial(tally, positions, inputs, width, channels)
            inputs = width
        if level < len(widths) - 1:
            if level < 2:
                positions, frames = np.asarray(positions * (2 * frames - 1) / frames), np.asarray(2 * frames - 1)
            positions = np.asarray(positions * 4)
            tally.convolution(positions, width, width)
            tally.elementwise(positions * width, 1.25, 1)
    tally.convolution(positions, widths[-1], 3.0, CUBE)
    add_caches(tally, COGVIDEO_EXTRA)
    tall = number_in(config, "sample_height", 480) / 2
    wide = number_in(config, "sample_width", 720) / 2
    tile = Tiles(tall, wide, np.floor(tall / 8 * 5 / 6) * 8, np.floor(wide / 8 * 4 / 5) * 8, 2, 2)
    return tiled_pass(tally.done(), sizes, np.maximum(np.floor(latent / 2) * 2, 1.0), tile)


def _spatial(tally: Tally, positions: Array, inputs: float, outputs: float, channels: float) -> None:
    """A residual block whose norms the latent modulates."""
    residual(tally, positions, inputs, outputs, CUBE)
    for width in (inputs, outputs):
        tally.convolution(positions, channels, width, 1.0, 2)
        tally.elementwise(positions * width, 6, 4)


def mochi_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLMochi``: 8-fold in space, 6-fold in time; tiles of 256 pixels every 192.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLMochi decoder")
    widths = numbers_in(config, "decoder_block_out_channels", (128.0, 256.0, 512.0, 768.0))
    layers = numbers_in(config, "layers_per_block", (3.0, 3.0, 4.0, 6.0, 3.0))
    grow = numbers_in(config, "temporal_expansions", (1.0, 2.0, 3.0))
    frames, height, across = sizes.latent(8.0, 6.0)
    positions, latent = np.asarray(frames * height * across), frames
    tally.convolution(positions, number_in(config, "latent_channels", 12), widths[-1], 1.0)
    for _ in range(int(layers[-1])):
        residual(tally, positions, widths[-1], widths[-1], CUBE)
    for level in range(len(widths) - 1, 0, -1):
        width, narrower = widths[level], widths[level - 1]
        for _ in range(int(layers[level])):
            residual(tally, positions, width, width, CUBE)
        times = grow[level - 1]
        tally.product(positions, width, narrower * times * 4)
        positions = np.asarray(positions * 4 * times)
        tally.elementwise(positions * narrower, 3, 3)
    for _ in range(int(layers[0])):
        residual(tally, positions, widths[0], widths[0], CUBE)
    tally.product(positions, widths[0], 3.0)
    add_caches(tally, (2.2, 6.0))
    return tiled_pass(tally.done(), sizes, latent, Tiles(256, 256, 192, 192, 2, 2))
