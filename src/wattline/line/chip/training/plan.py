"""A plan of a training step over chips: which ways its work is split, for one plan or for many at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.work.tuning import METHODS

Mask = NDArray[np.bool_]
RECOMPUTE = ("none", "selective", "full")
# of the optimiser: in 32 bits; moments in 16 (DeepSeek-V3, arXiv:2412.19437, section 3.3.1); all in 16
STATES = ("wide", "narrow moments", "narrow")


@dataclass(frozen=True)
class Recipe:
    """How a run trains, whatever its layout.

    ``old``: as software up to 2022 did, without fused attention and with full recomputation; ``method``: what is
    trained, a member of ``METHODS``; ``narrow_attention``: attention too computes in 8 bits, as in MLPerf's LoRA since
    v5.1.
    """

    old: bool = False
    method: str = "full"
    narrow_attention: bool = False


@dataclass(frozen=True)
class Plan:
    """A layout: tensor × context × pipeline × data parallel, sequences a step and tokens a sequence.

    ``expert``: chips that a layer's experts are spread over, taken from the other ways; ``micro_sequences``: those that
    pass through a pipeline at once; ``interleave``: stages that a chip holds; ``fully_sharded``: weights too are spread
    over the data-parallel group, and gathered layer by layer; ``fused``: attention keeps no scores in memory, and
    elementwise work is split over the tensor-parallel group, as software since 2023 does; ``spare``: chips left over;
    ``method``: what is trained, a member of ``METHODS``; ``narrow_attention``: attention too computes in 8 bits;
    ``states``: how the optimiser's are kept, a member of ``STATES``.
    """

    tensor: int
    pipeline: int
    data: int
    sequences: int
    tokens: int
    context: int = 1
    expert: int = 1
    micro_sequences: int = 1
    interleave: int = 1
    recompute: str = "none"
    fully_sharded: bool = False
    fused: bool = True
    spare: int = 0
    method: str = "full"
    narrow_attention: bool = False
    states: str = "wide"

    @property
    def chips(self) -> int:
        return self.tensor * self.context * self.pipeline * self.data + self.spare

    @property
    def micro(self) -> float:
        """Microbatches that pass through a pipeline in a step."""
        return self.sequences / (self.data * self.micro_sequences)

    def __str__(self) -> str:
        ways = {"tensor": self.tensor, "context": self.context, "pipeline": self.pipeline, "data": self.data}
        words = [f"{name} {size}" for name, size in ways.items() if size > 1 or name == "data"]
        more = [f"experts over {self.expert}"] if self.expert > 1 else []
        more += [f"{self.interleave} stages a chip"] if self.interleave > 1 else []
        more += ["weights sharded"] if self.fully_sharded else []
        more += [f"{self.recompute} recomputation"] if self.recompute != "none" else []
        more += [f"{self.spare} chips spare"] if self.spare else []
        more += [self.method] if self.method != "full" else []
        more += ["moments in 16 bits"] if self.states == "narrow moments" else []
        more += ["optimiser in 16 bits"] if self.states == "narrow" else []
        batch = f"{self.sequences:,} sequences of {self.tokens:,}, {self.micro_sequences} at once"
        return ", ".join([" × ".join(words), *more, batch])


@dataclass(frozen=True, eq=False)
class Layouts:
    """One plan or many, as arrays; ``recompute``, ``method`` and ``states`` count into their names."""

    tensor: Array
    pipeline: Array
    data: Array
    sequences: Array
    tokens: Array
    context: Array
    expert: Array
    micro_sequences: Array
    interleave: Array
    recompute: Array
    fully_sharded: Array
    fused: Array
    spare: Array
    method: Array
    narrow_attention: Array
    states: Array

    @classmethod
    def of(cls, plan: Plan) -> Layouts:
        """One plan: every field a scalar."""
        values = {f.name: getattr(plan, f.name) for f in fields(cls)}
        values |= {"recompute": RECOMPUTE.index(plan.recompute), "method": METHODS.index(plan.method)}
        values["states"] = STATES.index(plan.states)
        return cls(**{name: np.asarray(float(value)) for name, value in values.items()})

    def pick(self, index: int) -> Plan:
        """One of many."""
        values = {f.name: int(getattr(self, f.name)[index]) for f in fields(self)}
        flags = {name: bool(values.pop(name)) for name in ("fully_sharded", "fused", "narrow_attention")}
        names = {"recompute": RECOMPUTE[values["recompute"]], "method": METHODS[values["method"]]}
        names["states"] = STATES[values["states"]]
        return Plan(**values | names | flags)  # type: ignore[arg-type]

    def where(self, chosen: Mask) -> Layouts:
        """Those that are chosen."""
        return Layouts(**{f.name: np.asarray(getattr(self, f.name)[chosen]) for f in fields(self)})

    @property
    def frozen(self) -> Array:
        """1 where adapters alone are trained."""
        return np.asarray(np.where(self.method > 0, 1.0, 0.0))

    @property
    def micro(self) -> Array:
        return np.asarray(self.sequences / (np.maximum(self.data, 1) * self.micro_sequences))

    @property
    def replica(self) -> Array:
        """Chips that hold one stage's weights once or more: tensor × context × data."""
        return np.asarray(self.tensor * self.context * self.data)

    @property
    def chip_tokens(self) -> Array:
        """Tokens of a microbatch on a tensor-parallel group."""
        return np.asarray(self.micro_sequences * self.tokens / self.context)

    @property
    def expert_group(self) -> Array:
        """Chips that share a layer's experts: spread over ``expert`` chips, or cut over the tensor-parallel group."""
        return np.asarray(np.where(self.expert > 1, self.expert, self.tensor))
