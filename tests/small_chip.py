"""A chip, coefficients and models of small round numbers, on which a step can be worked out by hand."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from wattline.line.chip.coefficients import PRIORS, Coefficients, KernelFacts
from wattline.line.chip.products import Operation, Rates, Work
from wattline.line.work.model import Model

# a hundred wide FLOP/s, four hundred narrow, ten bytes a second of memory and five of links
RATES = Rates(np.asarray(100.0), np.asarray(400.0), np.asarray(10.0), np.asarray(5.0))
# every coefficient one and every wait none, unless a test says so; a kernel takes the sum of arithmetic and memory
WAITS = [name for name in PRIORS if name.endswith("_s") or name in ("sampling_s_per_logit", "expert_unevenness")]
NONE = ("mamba_launches", "elementwise_launches", "all_to_all_s")
KERNELS = {field.name: float(field.name not in NONE) for field in fields(KernelFacts)} | {"gathered_chips": 8.0}


def fit(**own: float) -> Coefficients:
    """Coefficients of ones, but for those that a test gives."""
    kernels = KernelFacts(**{name: own.pop(name, value) for name, value in KERNELS.items()})
    values = {name: 0.0 if name in WAITS else 1.0 for name in PRIORS} | own
    return Coefficients(**{name: np.asarray(value) for name, value in values.items()}, kernels=kernels)


def work(tokens: float = 1, sequences: float = 1, **own: float) -> Work:
    """A step of one token of one sequence without context on one chip, in 16 bits, but for what a test gives."""
    usual = {
        "context": 0.0, "prompt_tokens": 0.0, "chips": 1.0, "weight_bytes": 2.0, "dense_bytes": 2.0, "narrow": 0.0,
        "expert_parallel": 0.0,
    }  # fmt: skip
    named = {"tokens": tokens, "sequences": sequences} | usual | own
    return Work(**{name: np.asarray(float(value)) for name, value in named.items()})


def model(**own: Any) -> Model:
    """A model of one layer: two heads of three, one of them of keys, an MLP with a gate, eight words."""
    usual = {
        "key": "small", "name": "small", "family": "small", "layers": 1, "hidden": 6, "heads": 2, "kv_heads": 1,
        "head_dim": 3, "intermediate": 4, "vocab": 8,
    }  # fmt: skip
    return Model(**usual | own)


def numbers(op: Operation) -> tuple[float, ...]:
    """Seconds, wide FLOPs, narrow FLOPs, bytes, busy seconds."""
    return tuple(float(getattr(op, name)) for name in ("time_s", "flops", "narrow_flops", "bytes", "busy_s"))
