"""Time and energy of any step of a replica, as tables that the simulator's inner loop reads.

A step's operations add up before the power limit: those of all tokens, those of the sequences that decode, those of
prompts' attention. Each is tabulated on its own axis: every count of tokens, every count of sequences, knots of context
and of prompt length (linear between them); the limit is applied to the sum, as ``chip/step.py`` does. What this leaves
out is the curve between knots, and that a Mamba layer's state shares its arithmetic with the step's other tokens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.known import how_known, known_factor, spread_fact
from wattline.line.chip.products import Work
from wattline.line.chip.serving import Serving
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import Software, own_experts, with_software
from wattline.line.chip.step import Step, Watts, nameplate, step, watts_of, within_limit
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes

KNOT_RATIO = 1.12  # from one knot of context or prompt length to the next
FIRST_KNOT = 64.0
MAX_CONTEXT = 4_000_000.0


class Tables(NamedTuple):
    """Steps of one replica. Raw values are of one chip and before the power limit."""

    knots: Array  # (C,) mean context of the decoding sequences, tokens
    time_s: Array  # (N+1, C) a step that only decodes, by sequences and context
    energy_j: Array  # (N+1, C) of all chips
    raw_time_s: Array  # (N+1, C)
    raw_energy_j: Array
    token_time_s: Array  # (T+1,) what tokens through the layers take, by their count
    token_energy_j: Array
    lengths: Array  # (L,) prompt lengths
    pair_time_s: Array  # (L,) attention of one prompt token
    pair_energy_j: Array
    launch_time_s: float  # of a step that reads prompts
    launch_energy_j: float
    reach_w: float  # of one chip: what the limit allows, static power, idle, limit
    static_w: float
    idle_w: float
    limit_w: float
    clock_exponent: float
    time_factor: float  # measured over modelled, of this model and chip
    power_factor: float
    chips: float


class ReplicaSteps(NamedTuple):
    """What stays the same in all steps of a replica."""

    shape: Shape
    work: Work
    rates: Any
    watts: Watts
    fit: Coefficients
    time_factor: float
    power_factor: float

    def run(self, tokens: Any, sequences: Any, context: Any, prompt: Any, *, limited: bool = True) -> Step:
        """The chip model's own step; its spread and the known factors are not in it.

        Parameters
        ----------
        tokens, sequences, context, prompt : numeric, as ``Work`` has them; they broadcast
        limited : whether the power limit holds

        Returns
        -------
        Seconds, joules and operations, of the shape that the arguments broadcast to.
        """
        arrays = (np.asarray(x, float) for x in (tokens, sequences, context, prompt))
        work = Work(*arrays, *_fixed(self.work))
        watts = self.watts if limited else replace(self.watts, idle=np.asarray(0.0), limit=np.asarray(np.inf))
        return step(self.shape, work, self.rates, watts, self.fit)

    def time_and_energy(self, tokens: Any, sequences: Any, context: Any, prompt: Any) -> tuple[Array, Array]:
        """Seconds, and joules of one chip, of a step as it is expected to be measured.

        Parameters
        ----------
        tokens, sequences, context, prompt : numeric, as ``Work`` has them; they broadcast

        Returns
        -------
        Two arrays [s, J], of the shape that the arguments broadcast to.
        """
        return self.expected(self.run(tokens, sequences, context, prompt))

    def expected(self, plain: Step) -> tuple[Array, Array]:
        time = plain.time_s * self.time_factor
        power = np.clip(plain.power_w * self.power_factor, self.watts.idle, self.watts.limit)
        return np.asarray(time), np.asarray(time * power)


def _fixed(work: Work) -> tuple[Array, ...]:
    formats = (work.weight_bytes, work.dense_bytes, work.narrow)
    return (
        work.chips,
        *formats,
        work.expert_parallel,
        work.ranks,
        work.padding,
        work.balance,
        work.cache_bytes,
        work.queries,
    )


def setting(
    model: Model,
    chip: Chip,
    chips: int,
    precision: str,
    *,
    limit_w: float | None = None,
    expert_parallel: bool | None = None,
    software: Software | None = None,
    ranks: int = 1,
) -> ReplicaSteps:
    """A replica of ``chips`` chips at the facts' central values.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    chips : number of chips of a replica
    precision : number format, a key of ``BYTES``
    limit_w : power cap of a chip, W; None for its TDP
    expert_parallel : chips that share the experts; None for all
    software : the engine that runs it, where it is another than the chip model was fitted to
    ranks : groups of the chips that split the requests' attention

    Returns
    -------
    The replica with its coefficients.
    """
    unset, serving = np.asarray(1.0), Serving(ranks, software)
    experts, dense = group_bytes(model, precision)
    parallel = chips > 1 if expert_parallel is None else expert_parallel
    work = Work(
        unset, unset, unset, unset,
        chips=np.asarray(float(chips)),
        weight_bytes=np.asarray(experts),
        dense_bytes=np.asarray(dense),
        narrow=np.asarray(float(computes_narrow(chip, precision))),
        expert_parallel=np.asarray(float(parallel)),
        ranks=np.asarray(float(ranks)),
        padding=serving.padding(chip.draws.central()),
        balance=serving.balance,
    )  # fmt: skip
    tdp = np.asarray(float(chip.tdp_w))
    limit = tdp if limit_w is None else np.minimum(limit_w, tdp)
    own = watts_of(chip)
    watts = Watts(tdp, np.minimum(float(np.mean(chip.idle_w)), limit), np.asarray(limit), own.silicon)
    central = chip.draws.central()
    known = how_known(model, chip.generation, chip.catalog, serving.rare)
    time, energy = (
        float(central(spread_fact(what, chip.generation, chip.catalog, known))) for what in ("time", "energy")
    )
    factors = {what: float(known_factor(what, model, chip.generation, central)) for what in ("time", "power")}
    fit = coefficients(chip.generation, central)
    return ReplicaSteps(
        Shape.of(model), work, nameplate(chip, chips, precision), watts,
        fit if software is None else with_software(fit, software, own_experts(chip, precision)),
        factors["time"] * time, factors["power"] * energy / time,
    )  # fmt: skip


def knots_to(most: float) -> Array:
    """0, and then ever wider apart, to ``most`` or a little beyond."""
    most = max(FIRST_KNOT, min(most, MAX_CONTEXT))
    count = int(np.ceil(np.log(most / FIRST_KNOT) / np.log(KNOT_RATIO))) + 1
    small = np.linspace(0.0, FIRST_KNOT, 3)
    return np.concatenate([small, FIRST_KNOT * KNOT_RATIO ** np.arange(1, count + 1)])


def tables(
    steps: ReplicaSteps, most_sequences: int, most_tokens: int, most_context: float, usual_prompt: float = 0.0
) -> Tables:
    """The tables of a replica that runs up to so many sequences, with so many tokens to a step.

    Parameters
    ----------
    steps : a replica at the facts' central values
    most_sequences : sequences at once at most
    most_tokens : tokens of a step at most
    most_context : tokens behind a sequence at most
    usual_prompt : mean tokens of a prompt, which ranks that split the requests do not share; 0 where there is one rank

    Returns
    -------
    Seconds and joules by sequences, context and tokens, between which the simulator reads straight lines.
    """
    knots = _with_window(knots_to(most_context), float(steps.shape.sliding_window))
    rows = np.arange(most_sequences + 1.0)
    sequences, context = np.meshgrid(np.maximum(rows, 1.0), knots, indexing="ij")
    raw = steps.run(sequences, sequences, context, 0.0, limited=False)
    raw_time, raw_energy = _raw(raw)
    time, power = within_limit(raw_time, np.maximum(raw_energy, steps.watts.idle * raw_time), steps.watts, steps.fit)
    energy = time * steps.time_factor * np.clip(power * steps.power_factor, steps.watts.idle, steps.watts.limit)
    chips = float(steps.work.chips)
    token_time, token_energy = _by_tokens(steps, most_tokens + most_sequences, usual_prompt)
    lengths = _with_window(knots_to(most_context), float(steps.shape.sliding_window))
    pair_time, pair_energy = _by_length(steps, lengths)
    launches = steps.run(2.0, 1.0, 0.0, 0.0, limited=False)
    static = float(
        np.minimum(steps.fit.static_power * steps.watts.full, steps.fit.kernels.largest_static_share * _reach(steps))
    )
    return Tables(
        knots, np.ascontiguousarray(time * steps.time_factor), np.ascontiguousarray(energy * chips),
        raw_time, raw_energy,
        token_time, token_energy, lengths, pair_time, pair_energy,
        *_launches(launches), _reach(steps), static, float(steps.watts.idle), float(steps.watts.limit),
        float(steps.fit.clock_exponent), steps.time_factor, steps.power_factor, chips,
    )  # fmt: skip


def _reach(steps: ReplicaSteps) -> float:
    return float(np.minimum(steps.watts.limit * steps.fit.limit_reach, steps.watts.limit))


def _with_window(knots: Array, window: float) -> Array:
    """Attention's growth breaks at a sliding window: a knot belongs there."""
    return np.unique(np.append(knots, window)) if 0 < window < knots[-1] else knots


def _launches(raw: Step) -> tuple[float, float]:
    launches = raw.operations.get("prompt launches")
    return (float(launches.time_s), float(raw.joules["prompt launches"])) if launches is not None else (0.0, 0.0)


def _raw(raw: Step) -> tuple[Array, Array]:
    """Seconds and joules of one chip before the limit, without what every step that reads prompts adds."""
    names = [name for name in raw.operations if name != "prompt launches"]
    time = np.asarray(sum(raw.operations[name].time_s for name in names))
    return time, np.asarray(sum(raw.joules[name] for name in names))


def _by_tokens(steps: ReplicaSteps, most: int, usual_prompt: float) -> tuple[Array, Array]:
    counts = np.maximum(np.arange(most + 1.0), 1.0)
    if float(steps.work.ranks) > 1:
        raw = steps.run(counts, np.ones_like(counts), np.zeros_like(counts), max(usual_prompt, 1.0), limited=False)
        alone = steps.run(1.0, 1.0, 0.0, 0.0, limited=False)
        rest = replace(raw, operations={n: op for n, op in raw.operations.items() if n != "attention"})
        time, energy = _raw(rest)
        own = alone.operations.get("attention")
        return (time, energy) if own is None else (time + own.time_s, energy + alone.joules["attention"])
    time, energy = _raw(steps.run(counts, np.ones_like(counts), np.zeros_like(counts), 0.0, limited=False))
    # prompt attention at length 0 is that of one token; the table by length holds it
    own_time, own_energy = _by_length(steps, np.zeros(1))
    return time - own_time * (counts - 1.0), energy - own_energy * (counts - 1.0)


def _by_length(steps: ReplicaSteps, lengths: Array) -> tuple[Array, Array]:
    """Attention of one token of a prompt, by the prompt's length."""
    pair = steps.run(2.0, 1.0, 0.0, lengths, limited=False)
    alone = steps.run(1.0, 1.0, 0.0, 0.0, limited=False)
    if "attention" not in pair.operations:
        return np.zeros(len(lengths)), np.zeros(len(lengths))
    time = pair.operations["attention"].time_s - alone.operations["attention"].time_s
    energy = pair.joules["attention"] - alone.joules["attention"]
    return np.broadcast_to(time, lengths.shape).copy(), np.broadcast_to(energy, lengths.shape).copy()
