"""Rollouts of reinforcement learning: tokens that a model writes before it is trained on them, on a serving pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase
from wattline.predict.request import ReplicaRequest, read_request, request_time
from wattline.predict.setup import Setup

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


def rollout_shares(phases: Sequence[Phase], total_s: Array) -> dict[str, Array]:
    """Share of the servers' energy that rollouts take, and their hours; nothing where all is updates.

    Parameters
    ----------
    phases : the updates, and then the rollouts
    total_s : seconds of all [s]

    Returns ``rollout_share`` and ``rollout_hours``, of shape ``(n_draws,)``.
    """
    if len(phases) < 2:
        return {}
    update, *rolled = (np.asarray(sum(phase.power_w.values()) * phase.duration_s) for phase in phases)
    rollout = np.asarray(sum(rolled))
    hours = np.asarray((total_s - phases[0].duration_s) / HOUR_S)
    return {"rollout_share": np.asarray(rollout / (update + rollout)), "rollout_hours": hours}


def _most(request: ReplicaRequest, length: float) -> float:
    return serving.largest_batch(
        request.model, request.chip, request.chips, float(length), request.precision, request.how
    )
