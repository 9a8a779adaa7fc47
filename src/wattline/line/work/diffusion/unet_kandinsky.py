"""Kandinsky's networks: 2.2 with single attentions between residual blocks, 3 with narrowed residual blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.unet_parts import Grid

IMAGE_TOKENS = 32.0  # what the prior's picture becomes for cross-attention


def _residual(tally: Tally, positions: Array, inputs: float, outputs: float, time: float) -> None:
    """A residual block whose step scales and shifts."""
    tally.convolution(positions, inputs, outputs)
    tally.product(1.0, time, 2 * outputs, name="step")
    tally.convolution(positions, outputs, outputs)
    if inputs != outputs:
        tally.convolution(positions, inputs, outputs, 1.0)
    tally.elementwise(positions * inputs, 6, 3)
    tally.elementwise(positions * outputs, 13, 8)
    tally.weights += 2 * (inputs + outputs)


def _attention(tally: Tally, positions: Array, width: float, text_width: float) -> None:
    """One attention to the positions and the picture's tokens together."""
    tally.product(positions, width, width, 4)
    tally.product(IMAGE_TOKENS, text_width, width, 2)
    tally.attention(positions, positions + IMAGE_TOKENS, width)
    tally.elementwise(positions * width, 15, 9)
    tally.weights += 2 * width


def kandinsky_2(config: Config, sizes: Sizes) -> Pass:
    """``UNet2DConditionModel`` of simple attention blocks: each level halves with a residual block of its own.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("UNet2DConditionModel", head=number_in(config, "attention_head_dim", 64))
    widths = numbers_in(config, "block_out_channels", (384.0, 768.0, 1152.0, 1536.0))
    layers, text = int(number_in(config, "layers_per_block", 3)), number_in(config, "cross_attention_dim", 768)
    time = 4 * widths[0]
    _, height, across = sizes.latent(8.0)
    grid = Grid(np.asarray(height * across), np.asarray(1.0))
    tally.convolution(grid.all, number_in(config, "in_channels", 4), widths[0])
    tally.convolution(grid.all, widths[0], number_in(config, "out_channels", 8))
    tally.product(1.0, widths[0], time)
    tally.product(1.0, time, time)
    tally.product(1.0, number_in(config, "encoder_hid_dim", 1280), time)
    tally.product(1.0, number_in(config, "encoder_hid_dim", 1280), text * IMAGE_TOKENS)
    skips, inputs = [widths[0]], widths[0]
    for level, width in enumerate(widths):
        for _ in range(layers):
            _residual(tally, grid.all, inputs, width, time)
            if level:
                _attention(tally, grid.all, width, text)
            inputs = width
            skips.append(width)
        if level < len(widths) - 1:
            grid = grid.halved()
            _residual(tally, grid.all, width, width, time)
            skips.append(width)
    for _ in range(2):
        _residual(tally, grid.all, inputs, inputs, time)
    _attention(tally, grid.all, inputs, text)
    for level, width in list(enumerate(widths))[::-1]:
        for _ in range(layers + 1):
            _residual(tally, grid.all, inputs + skips.pop(), width, time)
            if level:
                _attention(tally, grid.all, width, text)
            inputs = width
        if level:
            grid = grid.halved(down=False)
            _residual(tally, grid.all, width, width, time)
    return tally.done()


def kandinsky_3(config: Config, sizes: Sizes) -> Pass:
    """``Kandinsky3UNet``: residual blocks of four convolutions at half the width, attentions with feed-forwards.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("Kandinsky3UNet", head=number_in(config, "attention_head_dim", 64))
    widths = numbers_in(config, "block_out_channels", (384.0, 768.0, 1536.0, 3072.0))
    layers = int(number_in(config, "layers_per_block", 3))
    time = number_in(config, "time_embedding_dim", 1536)
    text_width = number_in(config, "cross_attention_dim", 4096)
    _, height, across = sizes.latent(8.0)
    positions = np.asarray(height * across)
    first = widths[0] / 2
    tally.convolution(positions, number_in(config, "in_channels", 4), first)
    tally.convolution(positions, first, number_in(config, "in_channels", 4))
    tally.product(sizes.text_tokens, number_in(config, "encoder_hid_dim", 4096), text_width, bias=False)
    tally.product(1.0, text_width, text_width, 3, False)
    tally.product(1.0, text_width, time, bias=False)
    tally.product(1.0, first, time)
    tally.product(1.0, time, time)
    narrow = (first, *widths[:-1])
    last = len(widths) - 1
    net = _Net(tally, sizes.text_tokens, time, text_width)
    for level, (inputs, width) in enumerate(zip(narrow, widths, strict=True)):
        pairs = [(inputs, width), *[(width, width)] * (layers - 1)]
        if level:
            net.attention(positions, positions, inputs, None)
        for layer, (wide_in, wide) in enumerate(pairs):
            net.narrow(positions, wide_in, wide)
            if level:
                net.attention(positions, sizes.text_tokens, wide, text_width)
            down = layer == layers - 1 and level < last
            net.narrow(positions, wide, wide, down=down)
            positions = np.asarray(positions / 4 if down else positions)
    _up_3(net, positions, widths, narrow, layers)
    return tally.done()


def _up_3(net: _Net, positions: Array, widths: tuple[float, ...], narrow: tuple[float, ...], layers: int) -> None:
    """The way back to the full size, joined with what each level had on the way down."""
    last = len(widths) - 1
    for level in range(last, -1, -1):
        width, outputs = widths[level], narrow[level]
        joined = width if level == last else 2 * width
        pairs = [(joined, width), *[(width, width)] * (layers - 2), (width, outputs)]
        for layer, (wide_in, wide) in enumerate(pairs):
            up = layer == 0 and level < last
            net.narrow(positions, wide_in, wide_in, up=up)
            positions = np.asarray(positions * 4 if up else positions)
            if level:
                net.attention(positions, net.text, wide_in, net.text_width)
            net.narrow(positions, wide_in, wide)
        if level:
            net.attention(positions, positions, outputs, None)


@dataclass(frozen=True, eq=False)
class _Net:
    """UnetParts of Kandinsky 3's network."""

    tally: Tally
    text: Array
    time: float
    text_width: float

    def narrow(self, positions: Array, inputs: float, outputs: float, up: bool = False, down: bool = False) -> None:
        """Four convolutions at half the wider width, the outer two of one position; it may change the size once."""
        tally, inner = self.tally, max(inputs, outputs) / 2
        after_up = np.asarray(positions * 4 if up else positions)
        at_end = np.asarray(positions / 4 if down else after_up)
        tally.convolution(positions, inputs, inner, 1.0)
        tally.convolution(after_up, inner, inner, 9.0, 2)
        tally.convolution(at_end, inner, outputs, 1.0)
        if inputs != outputs:
            tally.convolution(after_up, inputs, outputs, 1.0)
        if up:
            tally.convolution(positions, inner, inner, 4.0)
            tally.convolution(positions, inputs, inputs, 4.0)
        if down:
            tally.convolution(at_end, inner, inner, 4.0)
            tally.convolution(at_end, outputs, outputs, 4.0)
        for width, at in ((inputs, positions), (inner, after_up), (inner, after_up), (inner, at_end)):
            tally.product(1.0, self.time, 2 * width, name="step")
            tally.elementwise(at * width, 7.5, 6)
        tally.elementwise(at_end * outputs, 3, 1)

    def attention(self, positions: Array, keys: Array, width: float, text_width: float | None) -> None:
        """Attention without biases, to the text or to itself, and a feed-forward four times as wide."""
        tally = self.tally
        tally.product(positions, width, width, 2, False)
        tally.product(keys, text_width or width, width, 2, False)
        tally.attention(positions, keys, width)
        tally.product(1.0, self.time, 2 * width, 2)
        tally.product(positions, width, 4 * width, bias=False)
        tally.product(positions, 4 * width, width, bias=False)
        tally.elementwise(positions * width, 32, 20)
