"""Rollouts of reinforcement learning: tokens that a model writes before it is trained on them, on a serving pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.chip.device import Chip
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase
from wattline.predict.request import ReplicaRequest, read_request, request_time
from wattline.predict.setup import Setup
from wattline.predict.training_work import ASYNC, Pools

TOGETHER = 256.0  # rollouts at once in a replica, where its memory holds them


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Phases on all chips of the run, one after the other, and their seconds in all."""

    phases: tuple[Phase, ...]
    time_s: Array
    replica_chips: int


def roll_out(
    model: Model, setup: Setup, chips: int, tokens: float, lengths: tuple[int, int], draws: Draws, working: Working
) -> Rollouts:
    """What it takes to write so many tokens on the chips of a run.

    Parameters
    ----------
    model : that writes them, in 16 bits
    setup : whose chip or instance the run has
    chips : of the run, which replicas share
    tokens : written in all
    lengths : tokens of a question, and written for it
    draws : from which facts are drawn
    working : takes the steps

    Returns phases and time. Raises WattlineError where the model fits no replica.
    """
    own = replace(setup, precision=None)
    request = read_request(model, own, lengths, batch=None, active=1, draws=draws)
    if request.chips > chips:
        raise WattlineError(f"a replica of {model.key} takes {request.chips} chips, more than the {chips} that write")
    most = _most(request, sum(lengths))
    request = replace(request, batch=np.asarray(max(min(TOGETHER, most), 1.0)))
    times = request_time(request, draws, working)
    shared = request.chips / chips  # seconds of the run for a second of a replica
    each = tokens / lengths[1] * shared
    power = serving.power_by_part(times, request.chip, np.asarray(1.0))
    phases = tuple(
        Phase({part: watts / shared for part, watts in power[name].items()}, np.asarray(seconds * each))
        for name, seconds in (("reading", times.reading_s), ("decode", times.decoding_s))
    )
    time_s = working.note("chip", "time of rollouts", "tokens / (tokens/s of all replicas)", times.busy_s * each, "s")
    return Rollouts(phases, time_s, request.chips)


@dataclass(frozen=True, eq=False)
class Turns:
    """Updates and rollouts of a run together: its phases, their seconds in all, and shares of both by name."""

    phases: tuple[Phase, ...]
    time_s: Array
    quantities: dict[str, Array]


def take_turns(update: Phase, rolled: Rollouts, chip: Chip, pools: Pools | None, updaters: int, draws: Draws) -> Turns:
    """Updates and rollouts one after the other on all chips, or on two pools: in turn, or at once.

    In turn the longest rollouts of each step are awaited, at idle power; where updates use the rollouts before
    (one-step-off), the pool that is done first waits for the other.

    Parameters
    ----------
    update : of all updates, one after the other
    rolled : of all rollouts
    chip : of both pools
    pools : the rollouts' own chips; None where all chips do both
    updaters : chips that are updated on
    draws : of the facts' ranges

    Returns phases, time and shares.
    """
    tail = np.maximum(draws("fit.rollout-tail"), 1.0)
    rolls_s = np.asarray(rolled.time_s * tail)
    rollers = updaters if pools is None else pools.chips
    awaited = Phase(_idle(chip, rollers), np.asarray(rolls_s - rolled.time_s))
    updates_s, phases = update.duration_s, [update, *rolled.phases, awaited]
    if pools is None:
        total_s = np.asarray(updates_s + rolls_s)
        idle = {}
    else:
        at_once = pools.order == ASYNC
        total_s = np.asarray(np.maximum(updates_s, rolls_s) if at_once else updates_s + rolls_s)
        waits = {"update": (updaters, total_s - updates_s), "rollout": (rollers, total_s - rolls_s)}
        phases += [Phase(_idle(chip, count), np.asarray(seconds)) for count, seconds in waits.values()]
        idle = {f"{name}_idle_share": np.asarray(seconds / total_s) for name, (_, seconds) in waits.items()}
        if at_once:
            phases = [_at_once(phases, total_s)]
    shares = _shares(update, (*rolled.phases, awaited), rolls_s)
    return Turns(tuple(phases), total_s, shares | idle)


def _idle(chip: Chip, count: int) -> dict[str, Array]:
    """Watts of so many chips that wait, in their hosts."""
    parts = {"chip_idle": chip.idle_w, "host": chip.host_idle_w, "network": chip.network_w}
    return {part: np.asarray(count * watts) for part, watts in parts.items()}


def _at_once(phases: Sequence[Phase], total_s: Array) -> Phase:
    """Phases that run beside each other, as their mean power over the whole."""
    joules: dict[str, Array] = {}
    for phase in phases:
        for part, watts in phase.power_w.items():
            joules[part] = joules.get(part, np.asarray(0.0)) + watts * phase.duration_s
    return Phase({part: np.asarray(each / total_s) for part, each in joules.items()}, total_s)


def _shares(update: Phase, rolled: Sequence[Phase], rolls_s: Array) -> dict[str, Array]:
    """Share of the servers' energy that rollouts take, and their hours."""
    own, *others = (np.asarray(sum(phase.power_w.values()) * phase.duration_s) for phase in (update, *rolled))
    rollout = np.asarray(sum(others))
    return {"rollout_share": np.asarray(rollout / (own + rollout)), "rollout_hours": np.asarray(rolls_s / HOUR_S)}


def _most(request: ReplicaRequest, length: float) -> float:
    return serving.largest_batch(
        request.model, request.chip, request.chips, float(length), request.precision, request.how
    )
