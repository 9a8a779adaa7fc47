"""What a token weighs when a device's joules are shared: from the chip model, or from generic facts of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import log2

import numpy as np

from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact

BATCHES = 2.0 ** np.arange(0, 11)
LENGTHS = 2.0 ** np.arange(4, 19)


@dataclass(frozen=True)
class Weigher:
    """Weights of tokens, of which only ratios count.

    ``prefill_j(tokens)``: joules per prompt token of a prompt this long. ``decode_j(batch, context)``: joules per
    output token. ``prefill_s(tokens)`` and ``decode_s(batch, context)``: seconds per prompt token and per decode step.
    ``low`` and ``high``: what a prompt token may weigh beside the central value. ``idle_w``: watts of the chips at
    rest, 0 where not known. ``basis``: where the weights come from, in words. ``in_joules``: whether the weights are
    joules of a chip model, or have no unit.
    """

    prefill_j: Callable[[float], float]
    decode_j: Callable[[float, float], float]
    prefill_s: Callable[[float], float]
    decode_s: Callable[[float, float], float]
    low: float
    high: float
    idle_w: float
    basis: str
    in_joules: bool = False


def generic() -> Weigher:
    """One weight a prompt token and one an output token, whatever the model and the chip."""
    weight, ratio, step = (catalog.fact(f"fit.request-{what}") for what in WHAT)
    return Weigher(
        prefill_j=lambda tokens: weight.value,
        decode_j=lambda batch, context: 1.0,
        prefill_s=lambda tokens: ratio.value * step.value,
        decode_s=lambda batch, context: step.value,
        low=weight.low / weight.value,
        high=weight.high / weight.value,
        idle_w=0.0,
        basis=f"generic weights: a prompt token counts {weight.value:g} output tokens ({_range(weight)}); "
        "--model and --chip name better ones",
    )


WHAT = ("prefill-weight", "prefill-time", "step-seconds")


def _range(fact: Fact) -> str:
    return f"{fact.low:g} to {fact.high:g}"


def model_weights(model: str, chip: str, precision: str | None = None, chips: int | None = None) -> Weigher:
    """Weights of one model on one kind of chip, from the step model.

    Parameters
    ----------
    model, chip : names of the catalog
    precision : number format; the model's own where None
    chips : of a replica; as few as hold the model where None

    Returns the weights. Raises NotFound for a name that is not known, WattlineError for a model whose architecture is
    not published.
    """
    from wattline.catalog.draws import Draws
    from wattline.line.chip.device import load_chip
    from wattline.line.chip.known import spread_fact
    from wattline.line.chip.replica_step import decode_step, prefill_step
    from wattline.line.engine.average_serving import chips_needed
    from wattline.line.work.flops import BYTES
    from wattline.line.work.model import load_model

    draws = Draws(0)
    architecture, device = load_model(model, draws.catalog), load_chip(chip, draws)
    if not architecture.architecture_known:
        raise WattlineError(
            f"model {architecture.key}: its architecture is not published; leave out --model and --chip"
        )
    form = precision or architecture.native_format
    if form not in BYTES:
        raise WattlineError(f"unknown precision {form!r}; take one of {', '.join(BYTES)}")
    count = chips or chips_needed(architecture, device, 1.0, 2048.0, form)
    prefill = prefill_step(architecture, device, count, LENGTHS, form, draws)
    decode = decode_step(architecture, device, count, BATCHES[:, None], LENGTHS[None, :], form, draws)
    scatter = draws.catalog.fact(spread_fact("energy", device.generation, draws.catalog))
    return Weigher(
        prefill_j=_along(prefill.energy_j * count / LENGTHS),
        decode_j=_over(decode.energy_j * count / BATCHES[:, None]),
        prefill_s=_along(prefill.time_s / LENGTHS),
        decode_s=_over(decode.time_s),
        low=scatter.low / scatter.value,
        high=scatter.high / scatter.value,
        idle_w=float(device.idle_w) * count,
        basis=f"step model: {architecture.key} in {form} on {count} × {device.record.name}",
        in_joules=True,
    )


def _along(values: Array) -> Callable[[float], float]:
    """Interpolation over LENGTHS, in logarithms, an eighth of an octave at a time."""
    table = np.log(np.broadcast_to(values, LENGTHS.shape))
    places = np.log2(LENGTHS)

    @lru_cache(maxsize=4096)
    def at(eighths: int) -> float:
        return float(np.exp(np.interp(eighths / 8, places, table)))

    return lambda tokens: at(_eighths(tokens))


def _over(values: Array) -> Callable[[float, float], float]:
    """Interpolation over BATCHES and LENGTHS, likewise."""
    table = np.log(np.broadcast_to(values, (len(BATCHES), len(LENGTHS))))
    rows, columns = np.log2(BATCHES), np.log2(LENGTHS)

    @lru_cache(maxsize=16384)
    def at(batch: int, context: int) -> float:
        along = [np.interp(context / 8, columns, row) for row in table]
        return float(np.exp(np.interp(batch / 8, rows, along)))

    return lambda batch, context: at(_eighths(batch), _eighths(context))


def _eighths(x: float) -> int:
    return round(8 * log2(x)) if x > 1 else 0
