"""What pools and scaling rest on: the network that caches go over, and how long a replica takes to start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.line.chip.device import load_chip
from wattline.line.chip.shape import Shape
from wattline.line.engine.simulator.outcome import Served
from wattline.line.engine.simulator.pools import peak_waiting
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.simulator.simulate import MOST_REPLICAS
from wattline.line.work.traffic.trace import Traffic
from wattline.line.work.weights import stored_bytes
from wattline.predict.delivery import cite_given
from wattline.predict.service.inputs import Asked

SLOWEST = 1000.0  # bytes/s


def check_pools(replicas: int, gpus: int | str | None, bandwidth: float | str | None) -> None:
    """Raises WattlineError for a prefill pool of no sense, and for its settings without it."""
    if not 0 <= replicas <= MOST_REPLICAS:
        raise WattlineError(f"prefill-replicas: {replicas} is out of range; take 0 (no pools) to {MOST_REPLICAS:,}")
    given = [name for name, x in (("prefill-gpus", gpus), ("transfer-bandwidth", bandwidth)) if x is not None]
    if given and not replicas:
        raise WattlineError(f"{given[0]}: goes with --prefill-replicas, of which there are none")


def cache_bytes(asked: Asked, traffic: Traffic) -> Array:
    """What of each prompt goes over the network: its cache once, however many chips hold copies."""
    return Shape.of(asked.model).cache_bytes(traffic.input_tokens, 1)


def send_rate(asked: Asked, readers: int, given: float | str | None, draws: Draws) -> float:
    """Bytes/s of one transfer: every chip of the smaller replica sends or takes its part over its own port."""
    chips = min(readers, asked.chips)
    if given is not None:
        each = parse(given, "B/s", "transfer-bandwidth")
        if not each >= SLOWEST:
            raise WattlineError(f"transfer-bandwidth: {each:g} B/s is below {SLOWEST:,.0f} B/s; give e.g. 400 Gbit/s")
        cite_given(draws, "transfer_bandwidth", each, "B/s", "bandwidth of a chip between pools")
        return chips * each
    asked.chip.cite_network()
    return chips * float(load_chip(asked.chip.record.name, draws.central()).beyond_bytes_per_s)


def transfers(served: Served, sizes: Array, rate: float | None) -> dict[str, float] | None:
    """Bytes sent between the pools, how busy the senders' links were, and the most that waited to be decoded."""
    if served.sent_s is None or served.resumed_s is None or rate is None:
        return None
    sizes = sizes[served.taken]
    sent = float(sizes[np.isfinite(served.sent_s)].sum())
    return {
        "sent_bytes": sent,
        "link_busy_share": sent / rate / (served.pools[0].replicas * served.horizon_s),
        "peak_waiting_bytes": peak_waiting(served.sent_s, served.resumed_s, sizes),
    }


def start_s(asked: Asked, draws: Draws) -> float:
    """Seconds from the start of a replica's process till it serves: the engine's own start, and reading the weights."""
    facts = [draws.catalog.fact(f"fit.{name}") for name in ("replica-start", "weights-read-rate")]
    draws.cite(*facts)
    engine, rate = (fact.value for fact in facts)
    return engine + float(stored_bytes(asked.model, asked.precision)) / rate


def scaling_of(scaling: Scaling | None, asked: Asked, replicas: int, traffic: Traffic, draws: Draws) -> Scaling | None:
    """The policy with the time that a start takes, checked."""
    if scaling is None:
        return None
    if scaling.start_s is None:
        scaling = replace(scaling, start_s=start_s(asked, draws))
    else:
        cite_given(draws, "start_up", scaling.start_s, "s", "time from a replica's start till it serves")
    scaling.check(replicas, traffic.duration_s)
    return scaling


def scaling_inputs(scaling: Scaling | None) -> dict[str, Any]:
    """The policy as an answer tells it."""
    if scaling is None:
        return {}
    return {
        "scale_from": scaling.least,
        "scale_target": scaling.target,
        "start_up_s": scaling.start_s,
        "scale_interval_s": scaling.interval_s,
        "scale_down_after_s": scaling.down_after_s,
        "scaled_down": "off" if scaling.off else "idle",
    }
