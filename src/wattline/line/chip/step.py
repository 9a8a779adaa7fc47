"""Time and power of one step of inference, from its operations; arrays in, arrays out.

Williams et al. 2009 (CACM 52:4) for the roofline; Pope et al. 2022 (arXiv:2211.05102) for partitioned inference. The
power limit binds on the mean over a step: where the operations' joules would take more watts, the step takes longer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.known import how_known, known_factor, spread_fact
from wattline.line.chip.operations import operations
from wattline.line.chip.products import Operation, Rates, Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import Serving, own_experts, with_software
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a replica: its operations on one of its chips, its time, and the power of that chip."""

    operations: dict[str, Operation]
    joules: dict[str, Array]
    time_s: Array
    power_w: Array

    @property
    def energy_j(self) -> Array:
        """Joules of one chip."""
        return np.asarray(self.time_s * self.power_w)

    @property
    def flops(self) -> Array:
        """FLOPs on one chip."""
        return np.asarray(sum(op.flops + op.narrow_flops for op in self.operations.values()))

    @property
    def bytes_read(self) -> Array:
        """Bytes to and from one chip's memory."""
        return np.asarray(sum(op.bytes for op in self.operations.values()))

    @property
    def bound(self) -> str:
        """The operation that takes most of the step's time, on the average over draws."""
        return max(self.operations, key=lambda name: float(np.mean(self.operations[name].time_s)))


@dataclass(frozen=True, eq=False)
class PromptReading:
    """A step that reads prompts while other sequences decode; numeric, the values broadcast.

    Attributes
    ----------
    prompts : read in the step, in whole or in part; below 1 where a prompt takes several steps
    prompt_tokens : length of each
    decoding : sequences that get a token beside them
    context_tokens : that each of these has behind it
    """

    prompts: ArrayLike
    prompt_tokens: ArrayLike
    decoding: ArrayLike
    context_tokens: ArrayLike


@dataclass(frozen=True, eq=False)
class Watts:
    """A chip's power: TDP, idle, and the limit it is held to."""

    tdp: Array
    idle: Array
    limit: Array


def step(shape: Shape, work: Work, rates: Rates, watts: Watts, fit: Coefficients) -> Step:
    """One step: operations, their joules, and the limit's stretch.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    watts : TDP, idle power and limit of the chip [W]
    fit : coefficients of the chip's generation

    Returns the operations on one chip, their joules before the limit, the step's time and the chip's mean power.
    """
    parts = operations(shape, work, rates, fit)
    joules = {name: watts.tdp * seconds_at_tdp(name, op, work, rates, fit) for name, op in parts.items()}
    time = np.asarray(sum(op.time_s for op in parts.values()))
    energy = np.maximum(sum(joules.values()), watts.idle * time)
    stretched, power = within_limit(time, energy, watts, fit)
    return Step(parts, joules, stretched, power)


def within_limit(time_s: Array, energy_j: Array, watts: Watts, fit: Coefficients) -> tuple[Array, Array]:
    """Seconds and watts of work that would take this long and this much at full clocks, at the clock that the limit
    allows: time goes with 1/clock, energy beyond static power with its power ``clock_exponent`` (voltage falls too).

    Parameters
    ----------
    time_s : time at full clocks, s, any shape
    energy_j : energy at full clocks, J, of the same shape
    watts : idle power, TDP and limit of a chip, W
    fit : coefficients of a step
    """
    reach = np.minimum(watts.limit * fit.limit_reach, watts.limit)
    static = np.minimum(fit.static_power * watts.tdp, fit.kernels.largest_static_share * reach)
    moving = np.maximum(energy_j / time_s - static, 1e-9)
    clock = np.minimum((reach - static) / moving, 1.0) ** (1.0 / (1.0 + fit.clock_exponent))
    return np.asarray(time_s / clock), np.asarray(
        np.minimum(static + moving * clock ** (1.0 + fit.clock_exponent), reach)
    )


def seconds_at_tdp(name: str, op: Operation, work: Work, rates: Rates, fit: Coefficients) -> Array:
    """The time [s] in which a chip at its TDP would take the energy of an operation.

    Parameters
    ----------
    name : the operation's, as ``operations`` names it
    op : the operation on one chip
    work, rates : of the step
    fit : coefficients of the chip's generation
    """
    waits = {"all-reduce": fit.link_power, "sampling": fit.sampling_power, "host": fit.host_power}
    moving = waits.get(name, np.asarray(0.0))
    arithmetic = fit.flop_power * (op.flops / rates.wide + op.narrow_flops / rates.narrow)
    memory = fit.byte_power * op.bytes / rates.memory
    busy = fit.busy_power * op.busy_s * np.where(op.narrow_flops > 0, fit.narrow_power, 1.0)
    return np.asarray((fit.static_power + moving) * op.time_s + arithmetic + memory + busy)


def nameplate(chip: Chip, chips: int, precision: str) -> Rates:
    """The chip's peak rates, for a replica of so many.

    Parameters
    ----------
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    precision : number format, a key of ``BYTES``
    """
    return Rates(
        np.asarray(chip.peak_flops("bf16")),
        np.asarray(chip.peak_flops(precision)),
        chip.bandwidth_bytes_per_s,
        chip.link_among(chips),
    )


def bound_by(operation: Operation, rates: Rates) -> str:
    """What an operation's time mostly goes to, on the average over draws.

    Parameters
    ----------
    operation : the operation with its bytes and FLOPs
    rates : peak rates of the replica
    """
    time, busy = float(np.mean(operation.time_s)), float(np.mean(operation.busy_s))
    if busy < 0.5 * time:
        return "launches, links or the host"
    arithmetic = float(np.mean(operation.flops / rates.wide + operation.narrow_flops / rates.narrow))
    return "arithmetic" if arithmetic > float(np.mean(operation.bytes / rates.memory)) else "memory"


def _run(
    model: Model, chip: Chip, chips: int, tokens: Array, sequences: Array, context: ArrayLike, prompt: ArrayLike,
    precision: str, draws: Draws, serving: Serving,
) -> Step:  # fmt: skip
    """A step of one model on one kind of chip, with the spread that measured steps have around the model."""
    experts, dense = group_bytes(model, precision)
    work = Work(
        tokens=tokens,
        sequences=sequences,
        context=np.asarray(context, float),
        prompt_tokens=np.asarray(prompt, float),
        chips=np.asarray(float(chips)),
        weight_bytes=np.asarray(experts),
        dense_bytes=np.asarray(dense),
        narrow=np.asarray(float(computes_narrow(chip, precision))),
        expert_parallel=np.asarray(float(chips > 1)),
        ranks=np.asarray(float(serving.ranks)),
        padding=serving.padding(draws),
        balance=serving.balance,
    )
    tdp = chip.tdp_w
    limit = tdp if chip.cap_watts is None else np.minimum(chip.cap_watts, tdp)
    watts = Watts(tdp, np.minimum(chip.idle_w, limit), limit)
    fit = coefficients(chip.generation, draws)
    if serving.software is not None:
        fit = with_software(fit, serving.software, own_experts(chip, precision))
    plain = step(Shape.of(model), work, nameplate(chip, chips, precision), watts, fit)
    return spread(plain, watts, model, chip.generation, draws, serving.rare)


def spread(plain: Step, watts: Watts, model: Model, generation: str, draws: Draws, rare: bool = False) -> Step:
    """The step as measured ones scatter around it, in time and in energy; power follows, between idle and limit.

    A model whose serving was measured takes what it reached, and scatters less.
    """
    known = how_known(model, generation, draws.catalog, rare)
    factors = {what: known_factor(what, model, generation, draws) for what in ("time", "power")}
    time = plain.time_s * factors["time"] * draws.own(spread_fact("time", generation, draws.catalog, known))
    power = plain.power_w * factors["power"]
    energy = plain.time_s * factors["time"] * power * draws.own(spread_fact("energy", generation, draws.catalog, known))
    return Step(plain.operations, plain.joules, time, np.clip(energy / time, watts.idle, watts.limit))


def prefill_step(
    model: Model,
    chip: Chip,
    chips: int,
    input_tokens: ArrayLike,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica of ``chips`` chips reads one prompt of ``input_tokens`` tokens, which gives its first token.

    Parameters
    ----------
    model : the model, as it was read
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    input_tokens : tokens of the prompt
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    serving : groups of the chips that split the requests' attention, and the software
    """
    tokens = np.asarray(input_tokens, float)
    return _run(model, chip, chips, tokens, np.ones_like(tokens), 0.0, tokens, precision, draws, serving)


def reading_step(
    model: Model,
    chip: Chip,
    chips: int,
    reading: PromptReading,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica reads prompts in the step in which other sequences decode: the weights are read once for both.

    Parameters
    ----------
    model, chip, chips : what runs, on what, on how many of them
    reading : prompts and decoding sequences of the step
    precision : format of the weights
    draws : from which facts are drawn
    serving : groups of the chips that split the requests' attention, and the software
    """
    prompts, decoding = np.asarray(reading.prompts, float), np.asarray(reading.decoding, float)
    ending = decoding + prompts  # sequences that get a token
    tokens = decoding + prompts * np.asarray(reading.prompt_tokens, float)
    context = decoding * np.asarray(reading.context_tokens, float) / ending
    sequences = np.minimum(ending, tokens)
    return _run(model, chip, chips, tokens, sequences, context, reading.prompt_tokens, precision, draws, serving)


def decode_step(
    model: Model,
    chip: Chip,
    chips: int,
    batch: ArrayLike,
    context_tokens: ArrayLike,
    precision: str,
    draws: Draws,
    serving: Serving = Serving(),
) -> Step:
    """A replica makes one token for each of ``batch`` sequences that have ``context_tokens`` behind them.

    Parameters
    ----------
    model : the model, as it was read
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    batch, context_tokens : sequences together, and tokens that each has behind it
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    serving : groups of the chips that split the requests' attention, and the software
    """
    size = np.asarray(batch, float)
    return _run(model, chip, chips, size, size, context_tokens, 0.0, precision, draws, serving)
