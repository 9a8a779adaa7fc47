"""``validate kernels``: time and power of measured kernels beside what a step's operations say of each alone.

The same functions as in a step, of one layer, with the coefficients as shipped and without the host. A step takes
choices of experts as even, MLPs as gated, activations and caches in 16 bits: kernels that differ show it as error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.feed_forward import experts
from wattline.line.chip.formats import computes_narrow, dense_bytes
from wattline.line.chip.mixers import attention, attention_products
from wattline.line.chip.operations import all_reduce
from wattline.line.chip.products import ACTIVATION_BYTES, Operation, Rates, Work, product, total
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import Watts, nameplate, seconds_at_tdp
from wattline.line.work.flops import BYTES
from wattline.line.work.model import load_model
from wattline.validate.evidence.kernels import Rows, UnusableFile, read_kernels
from wattline.validate.score import score_errors


@dataclass(frozen=True, eq=False)
class Setting:
    """What the rows of one group share."""

    rows: Rows
    rates: Rates
    c: Coefficients
    narrow: Array

    def __getitem__(self, column: str) -> Array:
        return self.rows.sizes[column]

    def work(
        self, tokens: ArrayLike, sequences: ArrayLike = 0.0, context: ArrayLike = 0.0, prompt: ArrayLike = 0.0,
        chips: ArrayLike = 1.0,
    ) -> Work:  # fmt: skip
        """Such a step, in the rows' number format."""
        tokens, sequences, context, prompt, chips = (
            np.asarray(x, float) for x in (tokens, sequences, context, prompt, chips)
        )
        weight = np.asarray(BYTES[self.rows.precision])
        dense = np.asarray(dense_bytes(self.rows.precision))
        whole = (chips > 1).astype(float)
        return Work(tokens, sequences, context, prompt, chips, weight, dense, self.narrow, whole)


Prediction = tuple[Operation, Work]


def single_layer(**given: ArrayLike) -> Shape:
    """A shape with these attributes and none other."""
    return Shape(**{f.name: np.asarray(given.get(f.name, 0.0), float) for f in fields(Shape)})


def _gemm(s: Setting) -> Prediction:
    work = s.work(s["m"])
    return product(s["m"], s["n"], s["k"], 1.0, work.dense_bytes, s.narrow, s.rates, s.c), work


def _heads(s: Setting) -> Shape:
    window = s["window_size"]
    return single_layer(
        attention_layers=1.0,
        global_layers=window == 0,
        sliding_window=window,
        heads=s["num_heads"],
        kv_heads=s["num_key_value_heads"],
        head_dim=s["head_dim"],
    )


def _prompt(s: Setting) -> Work:
    return s.work(s["batch_size"] * s["isl"], prompt=s["isl"])


def _decode(s: Setting) -> Work:
    return s.work(s["batch_size"], s["batch_size"], s["step"] + 1)


def _context_attention(s: Setting) -> Prediction:
    work = _prompt(s)
    return attention(_heads(s), work, s.rates, s.c), work


def _generation_attention(s: Setting) -> Prediction:
    work = _decode(s)
    return attention(_heads(s), work, s.rates, s.c), work


def _latent(s: Setting, work: Work) -> Prediction:
    """Latent attention with its projections: one layer of the model, with so many of its heads."""
    whole = Shape.of(load_model(s.rows.split["model"], default()))
    shape = replace(
        whole,
        sparse_layers=np.minimum(whole.sparse_layers, 1.0),
        heads=s["num_heads"],
        attention_layers=np.asarray(1.0),
        global_layers=np.asarray(1.0),
    )
    products = attention_products(shape, work, s.rates, s.c, work.dense_bytes)
    return total(products, attention(shape, work, s.rates, s.c)), work


def _moe(s: Setting) -> Prediction:
    """Tensor parallelism narrows each expert; expert parallelism spreads experts, and all tokens with them."""
    shape = single_layer(
        moe_layers=1.0,
        hidden=s["hidden_size"],
        up_matrices=2.0,
        experts=s["num_experts"],
        active_experts=s["topk"],
        expert_intermediate=s["inter_size"] / s["moe_tp_size"],
    )
    work = s.work(s["num_tokens"], chips=s["moe_ep_size"])
    return experts(shape, work, s.rates, s.c), work


def _all_reduce(s: Setting) -> Prediction:
    """``message_size`` counts elements."""
    work = s.work(s["message_size"] * BYTES[s.rows.precision] / ACTIVATION_BYTES, chips=s["num_gpus"])
    return all_reduce(single_layer(attention_layers=1.0, hidden=1.0), work, s.rates, s.c), work


PREDICT: dict[str, Callable[[Setting], Prediction]] = {
    "gemm": _gemm,
    "context_attention": _context_attention,
    "generation_attention": _generation_attention,
    "moe": _moe,
    "mla_context_module": lambda s: _latent(s, _prompt(s)),
    "mla_generation_module": lambda s: _latent(s, _decode(s)),
    "custom_allreduce": _all_reduce,
}


def predict(rows: Rows) -> tuple[Array, Array]:
    """Seconds and watts of each kernel, as a step would have them, held to the power limit."""
    chip = load_chip(rows.chip, Draws(0))
    chips = int(rows.sizes["num_gpus"][0]) if "num_gpus" in rows.sizes else 1
    c = coefficients(chip.generation, Draws(0))
    narrow = np.asarray(float(computes_narrow(chip, rows.precision)))
    setting = Setting(rows, nameplate(chip, chips, rows.precision), c, narrow)
    estimate, work = PREDICT[rows.kind](setting)
    time = np.broadcast_to(estimate.time_s, rows.time_s.shape)
    name = "all-reduce" if rows.kind == "custom_allreduce" else rows.kind
    watts = _watts(chip, rows)
    joules = np.maximum(watts.tdp * seconds_at_tdp(name, estimate, work, setting.rates, c), watts.idle * time)
    stretched = np.maximum(time, joules / watts.limit)
    return stretched, joules / stretched


def _watts(chip: Chip, rows: Rows) -> Watts:
    limit = np.fmin(rows.limit_w, chip.tdp_w)
    return Watts(chip.tdp_w, np.minimum(chip.idle_w, limit), limit)


@dataclass(frozen=True, eq=False, repr=False)
class KernelsValidation(Result):
    """Measured kernels with their predictions, one value a row; ``source`` names their folder."""

    rows: Sequence[Rows]
    unusable: Sequence[UnusableFile]
    time_s: Sequence[Array]
    power_w: Sequence[Array]
    source: str

    @property
    def n(self) -> int:
        return sum(rows.time_s.size for rows in self.rows)

    def scores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """By chip and kernel the score of its time, and of its power, which has n 0 where it was not measured."""
        places: dict[tuple[str, str], list[int]] = {}
        for i, rows in enumerate(self.rows):
            places.setdefault((rows.chip, rows.name), []).append(i)
        by_kernel: dict[str, dict[str, dict[str, Any]]] = {}
        for (chip, name), index in sorted(places.items()):
            by_kernel.setdefault(chip, {})[name] = self._score(index)
        return by_kernel

    def _score(self, index: Sequence[int]) -> dict[str, Any]:
        time = np.concatenate([self.time_s[i] / self.rows[i].time_s for i in index]) - 1
        power = np.concatenate([self.power_w[i] / self.rows[i].power_w for i in index]) - 1
        return {"time": score_errors(time), "power": score_errors(power)}

    def json(self) -> Json:
        unusable = [{"file": u.file, "why": u.why} for u in self.unusable]
        results = {"n": self.n, "chips": self.scores(), "unusable": unusable}
        return envelope("validate kernels", {"source": self.source}, results)


def validate(folder: Path | str) -> KernelsValidation:
    """Every measured kernel of a folder beside its prediction."""
    rows, unusable = read_kernels(folder)
    pairs = [predict(part) for part in rows]
    return KernelsValidation(rows, unusable, [time for time, _ in pairs], [power for _, power in pairs], str(folder))
