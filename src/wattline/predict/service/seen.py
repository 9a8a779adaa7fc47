"""Pictures and sound of a service's requests: their tokens among the prompts, and their encoders' work in the steps.

In the simulator encoders hold the replica for as long as reading so many tokens more does; the bill has their own
joules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip, load_chip
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.step_tables import Tables
from wattline.line.work.model import Model
from wattline.line.work.traffic.seen import SeenRequests, seen_of
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Working
from wattline.predict.encoding.work import whole_of
from wattline.predict.senses import (
    MAX_PICTURES,
    MAX_SECONDS,
    Senses,
    SensesRead,
    encode_phase,
    read_pixels,
    read_senses,
)


@dataclass(frozen=True, eq=False)
class Encoding:
    """Encoders in a simulation.

    Attributes
    ----------
    tokens : of each request, whose reading takes as long as its encoders do, ``(n,)``
    stand_in_j : joules of the chips that the simulation took for them
    chip_j : joules of the chips that they take, central value
    busy_s : seconds of replicas that they take
    """

    tokens: NDArray[np.int64]
    stand_in_j: float
    chip_j: float
    busy_s: float


def with_senses(traffic: Traffic, senses: Senses, share: float | str | None, seed: int) -> Traffic:
    """The traffic whose requests, or a share of them, bring pictures and sound; a trace's own have the size given.

    Parameters
    ----------
    traffic : the requests
    senses : pictures, their size and sound of a request that brings any
    share : of the requests; None for all
    seed : by which they are drawn

    Returns the traffic. Raises WattlineError for a number out of range, and for what the trace has already.
    """
    if not senses.any:
        if share is not None:
            raise WattlineError("picture-share: nothing is seen or heard; give --pictures or --audio")
        return traffic
    if senses.pictures is None and senses.audio is None:
        if traffic.seen is None:
            raise WattlineError("picture-size: there is no picture; give --pictures 1, or a trace with their numbers")
        return replace(traffic, seen=_sized(traffic.seen, senses))
    if traffic.seen is not None:
        raise WattlineError("pictures: the trace has its own; --picture-size alone gives their size")
    part = 1.0 if share is None else parse(share, "", "picture-share")
    if not 0 < part <= 1:
        raise WattlineError(f"picture-share: {part:g} is not a share of the requests, above 0 to 1")
    count = 0 if senses.pictures is None else int(whole_of(senses.pictures, "pictures", 1, MAX_PICTURES))
    sound_s = 0.0 if senses.audio is None else parse(senses.audio, "s", "audio")
    if not 0 <= sound_s <= MAX_SECONDS:
        raise WattlineError(f"audio: {sound_s:g} s is out of range; take up to {MAX_SECONDS:,.0f}")
    return replace(traffic, seen=_sized(seen_of(len(traffic), count, sound_s, part, seed), senses))


def _sized(seen: SeenRequests, senses: Senses) -> SeenRequests:
    return seen if senses.picture_size is None else seen.sized(*read_pixels(senses.picture_size))


def with_tokens(traffic: Traffic, model: Model, draws: Draws) -> Traffic:
    """The traffic with the tokens of its pictures and sound among those of its prompts.

    Parameters
    ----------
    traffic : the requests, with what they bring
    model : that reads it
    draws : whose catalog holds its encoders

    Returns the traffic. Raises WattlineError for a model that reads none.
    """
    seen = traffic.seen
    if seen is None:
        return traffic
    more = np.zeros(len(seen), np.int64)
    if seen.pictures.any():
        more += seen.pictures * _pictures(seen, model, draws).tokens
    lengths, place = np.unique(seen.audio_s, return_inverse=True)
    heard = [read_senses(Senses(audio=s), model, draws).tokens if s else 0 for s in lengths.tolist()]
    return replace(traffic, input_tokens=traffic.input_tokens + more + np.asarray(heard, np.int64)[place])


def encoding_of(
    seen: SeenRequests | None, model: Model, chip: Chip, chips: int, tables: Tables, draws: Draws
) -> Encoding | None:
    """What the encoders take in the simulation; None where nothing is seen or heard.

    Parameters
    ----------
    seen : what each request brings
    model : that reads it
    chip : type of chip
    chips : of the replica that reads prompts
    tables : of its steps
    draws : of the facts

    Returns the encoders' work.
    """
    if seen is None or not (seen.pictures.any() or seen.audio_s.any()):
        return None
    central, seconds, joules = draws.central(), np.zeros(len(seen)), np.zeros(len(seen))
    device = load_chip(chip.rented_as, central)
    if seen.pictures.any():
        each_s, each_j = _each(_pictures(seen, model, central), device, chips, central)
        seconds, joules = seconds + seen.pictures * each_s, joules + seen.pictures * each_j
    if seen.audio_s.any():  # windows of half a minute, each filled up
        window_s, window_j = _each(read_senses(Senses(audio=WINDOW_S), model, central), device, chips, central)
        windows = np.ceil(seen.audio_s / WINDOW_S)
        seconds, joules = seconds + windows * window_s, joules + windows * window_j
    token_s, token_j = _of_token(tables)
    tokens = np.rint(seconds / token_s).astype(np.int64)
    return Encoding(tokens, float(tokens.sum() * token_j), float(joules.sum()), float(seconds.sum()))


def without_stand_ins(served: ServiceOutcome, encoding: Encoding) -> ServiceOutcome:
    """The outcome whose tokens read are those of prompts alone.

    Parameters
    ----------
    served : the outcome
    encoding : the tokens that stood for encoders

    Returns
    -------
    The same with fewer tokens read.
    """
    read = served.totals["read_tokens"]
    replicas = np.asarray(served.replica, np.int64)
    known = replicas >= 0
    stood = np.bincount(replicas[known], encoding.tokens[served.taken][known], len(read))
    return replace(served, totals={**served.totals, "read_tokens": np.maximum(read - stood, 0.0)})


WINDOW_S = 30.0


def _pictures(seen: SeenRequests, model: Model, draws: Draws) -> SensesRead:
    return read_senses(Senses(pictures=1, picture_size=f"{seen.width}x{seen.height}"), model, draws)


def _each(read: SensesRead, chip: Chip, chips: int, draws: Draws) -> tuple[float, float]:
    """Seconds of the replica and joules of its chips for one."""
    phase = encode_phase(read, chip, chips, np.asarray(1.0), draws, Working())
    return float(phase.duration_s), float(phase.power_w["encode"] * phase.duration_s)


def _of_token(tables: Tables) -> tuple[float, float]:
    """Seconds and joules of a further token in a full step that reads prompts, under the power limit."""
    most = len(tables.token_time_s) - 1
    half = most // 2
    time, energy = ((each[most] - each[half]) / (most - half) for each in (tables.token_time_s, tables.token_energy_j))
    moving = max(max(energy, tables.idle_w * time) / time - tables.static_w, 1e-9)
    clock = min((tables.reach_w - tables.static_w) / moving, 1.0) ** (1.0 / (1.0 + tables.clock_exponent))
    power = min(tables.static_w + moving * clock ** (1.0 + tables.clock_exponent), tables.reach_w)
    seconds = time * tables.time_factor / clock
    watts = min(max(power * tables.power_factor, tables.idle_w), tables.limit_w)
    return float(seconds), float(seconds * watts * tables.chips)


def seen_inputs(seen: SeenRequests | None) -> dict[str, Any]:
    """Pictures and sound as an answer shows them; nothing where there are none."""
    if seen is None:
        return {}
    with_any = (seen.pictures > 0) | (seen.audio_s > 0)
    shown: dict[str, Any] = {"picture_share": float(with_any.mean())}
    if seen.pictures.any():
        shown |= {"pictures": int(seen.pictures.sum()), "picture_size": f"{seen.width}x{seen.height}"}
    return shown | ({"audio_s": float(seen.audio_s.sum())} if seen.audio_s.any() else {})
