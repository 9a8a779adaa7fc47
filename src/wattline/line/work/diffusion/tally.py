"""What one forward pass of a component does: its products, attentions, convolutions, elementwise traffic and launches.

A component is written down once, layer by layer; the same lines count its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array

VALUE_BYTES = 2.0  # 16-bit activations
WIDE_HEAD, HEAD_STEP = 128.0, 32.0
Kind = Literal["product", "attention", "convolution", "elementwise"]


@dataclass(frozen=True, eq=False)
class PassOperation:
    """Operations of one kind that a pass runs: arithmetic, traffic that no other operation hides, and kernels."""

    kind: Kind
    name: str
    flops: Array
    traffic_bytes: Array
    launches: float | Array
    head: float = 0.0  # size of an attention's head
    attended: Array = field(default_factory=lambda: np.asarray(0.0))  # values of queries of a self-attention


@dataclass(frozen=True, eq=False)
class Pass:
    """One forward pass of a component, for one image or video.

    ``parameters`` are the component's weights; sums over the operations broadcast over sizes, where sizes are arrays.
    """

    name: str
    operations: tuple[PassOperation, ...]
    parameters: float

    def flops(self, kind: Kind) -> Array:
        """Arithmetic of a kind of operations [FLOP]."""
        return np.asarray(sum((item.flops for item in self.operations if item.kind == kind), np.asarray(0.0)))

    def attention_flops(self, wide: bool) -> Array:
        """Arithmetic of attention whose heads are as ``wide`` as the kernels like (128 and more), or smaller; a small
        head is filled up to a multiple of ``HEAD_STEP`` [FLOP]."""
        parts = [item for item in self.operations if item.kind == "attention" and (item.head >= WIDE_HEAD) == wide]
        return np.asarray(sum((item.flops * fill_factor(item.head) for item in parts), np.asarray(0.0)))

    @property
    def attended(self) -> Array:
        """Values of the queries of all self-attentions: tokens × width × layers."""
        return np.asarray(sum((item.attended for item in self.operations), np.asarray(0.0)))

    @property
    def total_flops(self) -> Array:
        """Arithmetic of all of them [FLOP]."""
        return np.asarray(sum((item.flops for item in self.operations), np.asarray(0.0)))

    @property
    def traffic_bytes(self) -> Array:
        """Bytes that elementwise operations read and write where none of them is fused [B]."""
        return np.asarray(sum((item.traffic_bytes for item in self.operations), np.asarray(0.0)))

    @property
    def launches(self) -> Array:
        """Kernels that the host launches."""
        return np.asarray(sum((item.launches for item in self.operations), np.asarray(0.0)), float)


def fill_factor(head: float) -> float:
    """How much more a kernel computes for a head of this size, which it fills up to its step."""
    return float(np.ceil(head / HEAD_STEP) * HEAD_STEP / head) if head else 1.0


@dataclass(eq=False)
class Tally:
    """Collects the operations and the weights of a component as it is written down.

    ``weights`` counts parameters that no operation uses alone, such as tables and norms.
    """

    name: str
    operations: list[PassOperation] = field(default_factory=list)
    weights: float = 0.0
    head: float = 128.0  # size of the heads that attentions have from here on

    def product(
        self,
        rows: ArrayLike,
        inputs: float,
        outputs: float,
        count: float = 1.0,
        bias: bool = True,
        name: str = "linear",
    ) -> None:
        """Matrix products of ``rows`` activations, ``inputs`` wide, that give ``outputs`` each; ``count`` of them.

        Parameters
        ----------
        rows : activations, numeric of any shape
        inputs, outputs : width of an activation before and after
        count : number of products
        bias : whether it has one
        name : under which it is counted
        """
        self.weights += count * (inputs * outputs + (outputs if bias else 0.0))
        self._add("product", name, 2.0 * np.asarray(rows, float) * inputs * outputs * count, 0.0, count)

    def attention(
        self, queries: ArrayLike, keys: ArrayLike, width: float, count: float = 1.0, name: str = "attention"
    ) -> None:
        """Full attention of ``queries`` to ``keys``, ``width`` = heads × size of a head; ``count`` of them.

        Parameters
        ----------
        queries, keys : tokens that look, and that are looked at
        width : heads × size of a head
        count : number of attentions
        name : under which it is counted
        """
        rows = np.asarray(queries, float)
        values = rows * width * count if "cross" not in name and "time" not in name else np.asarray(0.0)
        flops = 4.0 * rows * np.asarray(keys, float) * width * count
        self.operations.append(PassOperation("attention", name, flops, np.asarray(0.0), count, self.head, values))

    def convolution(
        self, positions: ArrayLike, inputs: float, outputs: float, window: float = 9.0, count: float = 1.0,
        bias: bool = True, name: str = "convolution",
    ) -> None:  # fmt: skip
        """Convolutions that give ``positions`` values of ``outputs`` channels; a window of 1 is a product.

        Parameters
        ----------
        positions : values of each channel that it gives
        inputs, outputs : channels
        window : values that it takes for one
        count : number of convolutions
        bias : whether it has one
        name : under which it is counted
        """
        self.weights += count * (window * inputs * outputs + (outputs if bias else 0.0))
        flops = 2.0 * np.asarray(positions, float) * window * inputs * outputs * count
        self._add("product" if window == 1 else "convolution", name, flops, 0.0, count)

    def elementwise(self, values: ArrayLike, passes: float, launches: float, name: str = "elementwise") -> None:
        """Elementwise kernels: each of ``values`` is read or written ``passes`` times in ``launches`` kernels.

        Parameters
        ----------
        values : activations, numeric of any shape
        passes : times that each is read or written
        launches : kernels
        name : under which it is counted
        """
        self._add("elementwise", name, np.asarray(0.0), np.asarray(values, float) * passes * VALUE_BYTES, launches)

    def done(self) -> Pass:
        """The pass."""
        return Pass(self.name, tuple(self.operations), self.weights)

    def _add(self, kind: Kind, name: str, flops: Array, traffic_bytes: ArrayLike, launches: float) -> None:
        self.operations.append(PassOperation(kind, name, np.asarray(flops), np.asarray(traffic_bytes, float), launches))
