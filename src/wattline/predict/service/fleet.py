"""What pools and scaling rest on: the network that caches go over, and how long a replica takes to start."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.device import load_chip
from wattline.line.chip.shape import Shape
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.pools import peak_waiting
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.transfer import bytes_per_s_by_token, passes_by_token
from wattline.line.work.traffic.trace import Traffic
from wattline.line.work.weights import stored_bytes
from wattline.predict.cite import cite_given
from wattline.predict.service.inputs import Replica
from wattline.predict.setup import Setup


def cache_bytes(replica: Replica, traffic: Traffic) -> Array:
    """What of each prompt goes over the network: its cache once, however many chips hold copies.

    Parameters
    ----------
    replica : of the model on its chips
    traffic : the requests

    Returns
    -------
    Bytes of each request, ``(n_requests,)``.
    """
    return Shape.of(replica.model).cache_bytes(traffic.input_tokens, 1, replica.how.cache_bytes)


def send_rate(replica: Replica, readers: int, given: float | None, draws: Draws) -> float:
    """Bytes/s of one transfer: every chip of the smaller replica sends or takes its part over its own port, or as
    quickly as its engine passes the heads of each token.

    Parameters
    ----------
    replica : that decodes
    readers : chips of one that reads prompts
    given : bytes/s of a chip; None for its server's ports
    draws : that the bandwidth is cited in

    Returns
    -------
    Bytes/s.
    """
    chips = min(readers, replica.chips)
    if given is not None:
        cite_given(draws, "transfer_bandwidth", given, "B/s", "bandwidth of a chip between pools")
        return chips * given
    engine = "" if replica.how.software is None else replica.how.software.name
    if passes_by_token(engine, replica.model, readers, replica.chips // replica.ranks):
        return chips * bytes_per_s_by_token(draws)
    replica.chip.cite_network()
    return chips * float(load_chip(replica.chip.rented_as, draws.central()).beyond_bytes_per_s)


def transfers(served: ServiceOutcome, sizes: Array, rate: float | None) -> dict[str, float] | None:
    """Bytes sent between the pools, how busy the senders' links were, and the most that waited to be decoded.

    Parameters
    ----------
    served : what the simulation gave
    sizes : bytes of each request's cache, shape ``(n,)``
    rate : of a link [B/s]

    Returns figures by name; None where nothing is sent.
    """
    if served.sent_s is None or served.resumed_s is None or rate is None:
        return None
    sizes = sizes[served.taken]
    sent = float(sizes[np.isfinite(served.sent_s)].sum())
    return {
        "sent_bytes": sent,
        "link_busy_share": sent / rate / (served.pools[0].replicas * served.horizon_s),
        "peak_waiting_bytes": peak_waiting(served.sent_s, served.resumed_s, sizes),
    }


def start_s(replica: Replica, draws: Draws) -> float:
    """Seconds from the start of a replica's process till it serves: the engine's own start, and reading the weights.

    Parameters
    ----------
    replica : of the model on its chips
    draws : from the ranges of the facts

    Returns
    -------
    s.
    """
    facts = [draws.catalog.fact(f"fit.{name}") for name in ("replica-start", "weights-read-rate")]
    draws.cite(*facts)
    engine, rate = (fact.value for fact in facts)
    return engine + float(stored_bytes(replica.model, replica.precision)) / rate


def scaling_of(setup: Setup, replica: Replica, traffic: Traffic, draws: Draws) -> Scaling | None:
    """The policy by which replicas come and go, with the time that a start takes; None where all stand ready.

    Parameters
    ----------
    setup : with its policy
    replica : as it is simulated
    traffic : the requests
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the policy. Raises WattlineError where it makes no sense.
    """
    if setup.scale_from is None:
        return None
    if setup.start_up is None:
        start = start_s(replica, draws)
    else:
        start = setup.start_up
        cite_given(draws, "start_up", start, "s", "time from a replica's start till it serves")
    target = max(setup.max_num_seqs / 2, 1.0) if setup.scale_target is None else setup.scale_target
    policy = Scaling(
        setup.scale_from, target, start, setup.scale_interval, setup.scale_down_after, setup.scaled_down == "off"
    )
    policy.check(int(setup.replicas), traffic.duration_s)
    return policy


def scaling_inputs(scaling: Scaling | None) -> dict[str, Any]:
    """The policy as an answer shows it."""
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
