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
from wattline.line.chip.step import Step, within_limit
from wattline.line.chip.tuned_step import lesser_part
from wattline.line.engine.simulator.replica import ReplicaSteps

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


def knots_to(most: float) -> Array:
    """0, and then ever wider apart, to ``most`` or a little beyond."""
    most = max(FIRST_KNOT, min(most, MAX_CONTEXT))
    count = int(np.ceil(np.log(most / FIRST_KNOT) / np.log(KNOT_RATIO))) + 1
    small = np.linspace(0.0, FIRST_KNOT, 3)
    return np.concatenate([small, FIRST_KNOT * KNOT_RATIO ** np.arange(1, count + 1)])


class RawTables(NamedTuple):
    """What of a replica's tables is the same under every power limit: of one chip, as ``Tables`` names it."""

    knots: Array
    time_s: Array
    energy_j: Array
    token_time_s: Array
    token_energy_j: Array
    pair_time_s: Array
    pair_energy_j: Array
    launch_time_s: float
    launch_energy_j: float


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
    return limited_tables(steps, raw_tables(steps, most_sequences, most_tokens, most_context, usual_prompt))


def raw_tables(
    steps: ReplicaSteps, most_sequences: int, most_tokens: int, most_context: float, usual_prompt: float = 0.0
) -> RawTables:
    """The part of ``tables`` that is the same under every power limit, which takes nearly all of the time.

    Parameters
    ----------
    steps : a replica at the facts' central values, whatever its limit
    most_sequences, most_tokens, most_context, usual_prompt : as ``tables`` takes them

    Returns
    -------
    Seconds and joules of one chip that no limit holds; of a tuned engine no more of either than of the usual one.
    """
    most = (most_sequences, most_tokens, most_context, usual_prompt)
    own = _raw_tables(steps, *most)
    return own if steps.usual is None else _lesser(own, _raw_tables(steps.usual, *most), steps)


def _lesser(tuned: RawTables, usual: RawTables, steps: ReplicaSteps) -> RawTables:
    """Each part of a step by the engine that is faster at it, at the pace of the replica."""
    static_w = float(steps.fit.static_power * steps.watts.full)
    parts: dict[str, Any] = {}
    for part in ("", "token_", "pair_", "launch_"):
        names = (f"{part}time_s", f"{part}energy_j")
        both = [tuple(np.asarray(getattr(raw, name)) for name in names) for raw in (tuned, usual)]
        parts |= dict(zip(names, lesser_part(both[0], both[1], static_w, steps.pace), strict=True))
    parts |= {name: float(parts[name]) for name in ("launch_time_s", "launch_energy_j")}
    return tuned._replace(**parts)


def _raw_tables(
    steps: ReplicaSteps, most_sequences: int, most_tokens: int, most_context: float, usual_prompt: float
) -> RawTables:  # fmt: skip
    knots = _with_window(knots_to(most_context), float(steps.shape.sliding_window))
    sequences, context = _grid(most_sequences, knots)
    return RawTables(
        knots,
        *_raw(steps.run(sequences, sequences, context, 0.0, limited=False)),
        *_by_tokens(steps, most_tokens + most_sequences, usual_prompt),
        *_by_length(steps, knots),
        *_launches(steps.run(2.0, 1.0, 0.0, 0.0, limited=False)),
    )


def limited_tables(steps: ReplicaSteps, raw: RawTables) -> Tables:
    """The tables under the power limit of the replica.

    Parameters
    ----------
    steps : a replica at the facts' central values
    raw : of the same replica, whatever its limit

    Returns
    -------
    Seconds and joules, as ``tables`` gives them.
    """
    time, power = within_limit(
        raw.time_s, np.maximum(raw.energy_j, steps.watts.idle * raw.time_s), steps.watts, steps.fit
    )
    energy = time * steps.time_factor * np.clip(power * steps.power_factor, steps.watts.idle, steps.watts.limit)
    time = time * steps.time_factor
    if steps.draft is not None:
        time, energy = steps.expected(steps.decode(*_grid(len(raw.time_s) - 1, raw.knots)))
    chips = float(steps.work.chips)
    static = float(
        np.minimum(steps.fit.static_power * steps.watts.full, steps.fit.kernels.largest_static_share * _reach(steps))
    )
    return Tables(
        raw.knots, np.ascontiguousarray(time), np.ascontiguousarray(energy * chips), raw.time_s, raw.energy_j,
        raw.token_time_s, raw.token_energy_j, raw.knots, raw.pair_time_s, raw.pair_energy_j,
        raw.launch_time_s, raw.launch_energy_j, _reach(steps), static, float(steps.watts.idle),
        float(steps.watts.limit), float(steps.fit.clock_exponent), steps.time_factor, steps.power_factor, chips,
    )  # fmt: skip


def _grid(most_sequences: int, knots: Array) -> tuple[Array, Array]:
    """Sequences and context of each entry, ``(N+1, C)``; none is taken as one."""
    sequences, context = np.meshgrid(np.maximum(np.arange(most_sequences + 1.0), 1.0), knots, indexing="ij")
    return sequences, context


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
