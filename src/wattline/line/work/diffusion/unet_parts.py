"""UnetParts of the networks of convolutions that denoise: residual blocks, transformers, and what video adds in time.

``passes`` and ``launches`` of elementwise kernels follow diffusers' eager modules: a normalisation reads and writes, a
sum reads two and writes item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.tally import Tally


@dataclass(frozen=True)
class UnetKind:
    """What a network's blocks are made of, beside a 2D network's.

    ``temporal_convolutions``, ``temporal_attention``: of ModelScope's and I2VGen's 3D networks; ``motion``: modules of
    AnimateDiff; ``spatio_temporal``: blocks of Stable Video Diffusion.
    """

    temporal_convolutions: bool = False
    temporal_attention: bool = False
    motion: bool = False
    spatio_temporal: bool = False


@dataclass(frozen=True, eq=False)
class Grid:
    """Latent positions of a level: of one frame, and frames."""

    frame: Array
    frames: Array

    @property
    def all(self) -> Array:
        """Positions of all frames."""
        return np.asarray(self.frame * self.frames)

    def halved(self, down: bool = True) -> Grid:
        """The grid after halving (or doubling) height and width."""
        return Grid(np.asarray(self.frame / 4 if down else self.frame * 4), self.frames)


@dataclass(frozen=True, eq=False)
class UnetParts:
    """Writes the parts of a network into its tally: ``time`` is the width of the step's embedding, ``text`` the tokens
    of the text and ``text_width`` their width."""

    tally: Tally
    kind: UnetKind
    time: float
    text: Array
    text_width: float
    heads: Mapping[float, float] = field(default_factory=dict)  # size of a head, by the level's width

    def residual(self, grid: Grid, inputs: float, outputs: float, joined: bool = False) -> None:
        """A residual block with the step's embedding; ``joined`` where its input is joined from two.

        Parameters
        ----------
        grid : positions of a frame, and frames
        inputs, outputs : channels
        joined : whether its input is joined from two
        """
        tally = self.tally
        tally.convolution(grid.all, inputs, outputs)
        tally.product(1.0, self.time, outputs, name="step")
        tally.convolution(grid.all, outputs, outputs)
        if inputs != outputs:
            tally.convolution(grid.all, inputs, outputs, 1.0)
        tally.elementwise(grid.all * inputs, 4 + (2 if joined else 0), 2 + (1 if joined else 0))
        tally.elementwise(grid.all * outputs, 11, 6)
        tally.weights += 2 * (inputs + outputs)
        if self.kind.temporal_convolutions:
            tally.convolution(grid.all, outputs, outputs, 3.0, 4)
            tally.elementwise(grid.all * outputs, 4 * 4 + 7, 14)
            tally.weights += 8 * outputs
        if self.kind.spatio_temporal:
            tally.convolution(grid.all, outputs, outputs, 3.0, 2)
            tally.product(grid.frames, self.time, outputs)
            tally.elementwise(grid.all * outputs, 26, 20)
            tally.weights += 4 * outputs

    def transformer(self, grid: Grid, width: float, depth: float) -> None:
        """Transformer blocks over the positions of each frame, and what the kind adds in time.

        Parameters
        ----------
        grid : positions of a frame, and frames
        width : channels
        depth : number of blocks
        """
        tally, rows = self.tally, grid.all
        tally.head = self.heads.get(width, 64.0)
        tally.product(rows, width, width, 2, name="projections")
        tally.elementwise(rows * width, 9, 4)
        tally.weights += 2 * width
        if depth:
            self.basic_blocks(grid, rows, width, depth)
        if self.kind.temporal_attention:
            self.temporal(grid, width)
        if self.kind.spatio_temporal:
            self.spatio_temporal(grid, width)

    def basic_blocks(self, grid: Grid, rows: Array, width: float, depth: float) -> None:
        """Self-attention within a frame, cross-attention to the text, and a gated feed-forward.

        Parameters
        ----------
        grid : positions of a frame, and frames
        rows : positions of all frames
        width : channels
        depth : number of blocks
        """
        tally = self.tally
        tally.product(rows, width, width, 3 * depth, False, "queries, keys, values")
        tally.product(rows, width, width, 2 * depth, True)
        tally.product(rows, width, width, depth, False)
        tally.attention(grid.frame, rows, width, depth)
        tally.product(self.text * grid.frames, self.text_width, width, 2 * depth, False)
        tally.attention(rows, self.text, width, depth, "cross-attention")
        self.gated(rows, width, depth)
        tally.elementwise(rows * width, 22 * depth, 9.5 * depth)
        tally.weights += 6 * width * depth

    def gated(self, rows: Array, width: float, depth: float) -> None:
        """A gated feed-forward, four times as wide.

        Parameters
        ----------
        rows : positions of all frames
        width : channels
        depth : number of blocks
        """
        self.tally.product(rows, width, 8 * width, depth)
        self.tally.product(rows, 4 * width, width, depth)
        self.tally.elementwise(rows * width, 20 * depth, 2 * depth)

    def temporal(self, grid: Grid, width: float) -> None:
        """A block that attends along time alone, twice, at each position.

        Parameters
        ----------
        grid : positions of a frame, and frames
        width : channels
        """
        tally, rows = self.tally, grid.all
        tally.product(rows, width, width, 2, name="projections")
        tally.product(rows, width, width, 6, False)
        tally.product(rows, width, width, 2, True)
        tally.attention(rows, grid.frames, width, 2, "attention in time")
        self.gated(rows, width, 1)
        tally.elementwise(rows * width, 34, 12)
        tally.weights += 8 * width

    def spatio_temporal(self, grid: Grid, width: float) -> None:
        """Stable Video Diffusion's block in time: a feed-forward before, self- and cross-attention, another after.

        Parameters
        ----------
        grid : positions of a frame, and frames
        width : channels
        """
        tally, rows = self.tally, grid.all
        self.gated(rows, width, 2)
        tally.product(rows, width, width, 4, False)
        tally.product(rows, width, width, 2, True)
        tally.product(self.text * grid.frame, self.text_width, width, 2, False)
        tally.attention(rows, grid.frames, width, 1, "attention in time")
        tally.attention(rows, self.text, width, 1, "cross-attention")
        tally.product(grid.frames, width, 4 * width)
        tally.product(grid.frames, 4 * width, width)
        tally.elementwise(rows * width, 38, 32)
        tally.weights += 8 * width

    def resample(self, grid: Grid, width: float, up: bool) -> None:
        """Half or twice the height and width, with a convolution.

        Parameters
        ----------
        grid : positions of a frame, and frames, before
        width : channels
        up : whether it doubles
        """
        self.tally.convolution(grid.all, width, width)
        if up:
            self.tally.elementwise(grid.all * width, 1.25, 1)
