"""Power of a simulated service over time, as loads at the chips and at the servers' plugs.

A replica that is ready and has no work draws its chips' idle power, and its host's. One that starts draws its chips'
idle power and its host's power at work. One that is stopped draws nothing, or stands idle where it is kept powered.
The network draws by time: ports and optics take nearly the same with traffic and without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.line.engine.simulator.kernel_state import BIN_BUSY, BIN_DECODE, BIN_ENERGY, BIN_RUNNING, BIN_TOKENS
from wattline.line.engine.simulator.outcome import PoolOutcome, ServiceOutcome

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ReadyPower:
    """Watts of a chip beside its steps: idle, its share of a host at work and idle, its share of the network."""

    chip_idle_w: float
    host_w: float
    host_idle_w: float
    network_w: float


def parts_by_bin(served: ServiceOutcome, pool: PoolOutcome | None = None) -> dict[str, Array]:
    """In each bin, of all replicas or of one pool: joules of prefill and decode, and how long what was how.

    ``busy_s``, ``ready_s`` and ``starting_s`` are replicas' seconds. ``busy``, ``idle`` (ready and without work, or
    kept powered), ``starting`` and ``on`` (all of them) are chips' seconds, which powers go by.

    Parameters
    ----------
    served : the requests as they were served
    pool : one pool's outcome; None for all replicas

    Returns
    -------
    A part's name -> its joules or seconds in each bin, shape ``(n_bins,)``.
    """
    sums: dict[str, Array] = {}
    for each in served.pools if pool is None else (pool,):
        for name, values in _of_pool(served, each).items():
            sums[name] = sums[name] + values if name in sums else values
    return sums


def _of_pool(served: ServiceOutcome, pool: PoolOutcome) -> dict[str, Array]:
    bins, stood = served.bins[pool.rows].sum(axis=0), pool.standing_s(served.edges_s)
    busy = bins[:, BIN_BUSY]
    idle = stood["ready"] + stood["kept"] - busy
    return {
        "prefill": bins[:, BIN_ENERGY] - bins[:, BIN_DECODE],
        "decode": bins[:, BIN_DECODE],
        "tokens": bins[:, BIN_TOKENS],
        "running_s": bins[:, BIN_RUNNING],
        "busy_s": busy,
        "ready_s": stood["ready"],
        "starting_s": stood["starting"],
        "busy": busy * pool.chips,
        "idle": idle * pool.chips,
        "starting": stood["starting"] * pool.chips,
        "on": (idle + busy + stood["starting"]) * pool.chips,
    }


def joules_by_part(sums: dict[str, Array], standing: ReadyPower) -> dict[str, Array]:
    """Joules by part at the servers' plugs in each bin.

    Parameters
    ----------
    sums : what ``parts_by_bin`` gives
    standing : what chips, hosts and network take while they stand ready [W]

    Returns
    -------
    A part's name -> its joules in each bin, shape ``(n_bins,)``.
    """
    return {
        "prefill": sums["prefill"],
        "decode": sums["decode"],
        "chip_idle": sums["idle"] * standing.chip_idle_w,
        "start_up": sums["starting"] * (standing.chip_idle_w + standing.host_w),
        "host": sums["busy"] * standing.host_w + sums["idle"] * standing.host_idle_w,
        "network": sums["on"] * standing.network_w,
    }


def _scaled(served: ServiceOutcome) -> bool:
    return any(pool.record is not None for pool in served.pools)


def chip_load(served: ServiceOutcome, standing: ReadyPower, start: datetime = START) -> Load:
    """All chips: prefill, decode, idle, starting where replicas are started. The energy of requests and of waiting.

    Parameters
    ----------
    served : the requests as they were served
    standing : power of chips and hosts by what a replica does, W
    start : of the load, a time with its zone

    Returns
    -------
    Power of the parts over time [W], shape ``(n_parts, n_bins)``.
    """
    sums = parts_by_bin(served)
    parts = {name: sums[name] for name in ("prefill", "decode")}
    parts["chip_idle"] = sums["idle"] * standing.chip_idle_w
    if _scaled(served):
        parts["start_up"] = sums["starting"] * standing.chip_idle_w
    return Load("chip", start, served.bin_s, np.stack(list(parts.values())) / served.bin_s, tuple(parts))


def server_load(served: ServiceOutcome, standing: ReadyPower, start: datetime = START) -> Load:
    """The same with hosts and network.

    Parameters
    ----------
    served : the requests as they were served
    standing : power of chips and hosts by what a replica does, W
    start : of the load, a time with its zone

    Returns
    -------
    Power of the parts over time [W], shape ``(n_parts, n_bins)``.
    """
    parts = joules_by_part(parts_by_bin(served), standing)
    if not _scaled(served):
        del parts["start_up"]
    return Load("server", start, served.bin_s, np.stack(list(parts.values())) / served.bin_s, tuple(parts))


def request_energy_j(served: ServiceOutcome, standing: ReadyPower) -> Array:
    """Joules of each request at the server's plug: its steps, and host and network while they ran.

    Parameters
    ----------
    served : a simulated service
    standing : what its chips, hosts and network take while they stand ready [W]

    Returns joules, shape ``(n_requests,)``.
    """
    beside = standing.host_w + standing.network_w
    return np.asarray(served.energy_j + sum(pool.seconds * (pool.chips * beside) for pool in served.pools))


def idle_energy_j(served: ServiceOutcome, standing: ReadyPower) -> float:
    """Joules of replicas that waited, host and network with them.

    Parameters
    ----------
    served : a simulated service
    standing : what its chips, hosts and network take while they stand ready [W]

    Returns
    -------
    Joules at the servers' plugs.
    """
    each = standing.chip_idle_w + standing.host_idle_w + standing.network_w
    return _chip_s(served, "idle") * each


def start_energy_j(served: ServiceOutcome, standing: ReadyPower) -> float:
    """Joules of replicas that started, host and network with them.

    Parameters
    ----------
    served : a simulated service
    standing : what its chips, hosts and network take while they stand ready [W]

    Returns
    -------
    Joules at the servers' plugs.
    """
    return _chip_s(served, "starting") * (standing.chip_idle_w + standing.host_w + standing.network_w)


def _chip_s(served: ServiceOutcome, how: str) -> float:
    """Chips' seconds of all replicas, from the whole time and not from its bins."""
    whole, total = np.array([0.0, max(served.horizon_s, 0.0)]), 0.0
    for pool in served.pools:
        stood = {name: float(values.sum()) for name, values in pool.standing_s(whole).items()}
        busy = float(served.totals["busy_s"][pool.rows].sum())
        total += pool.chips * (stood["starting"] if how == "starting" else stood["ready"] + stood["kept"] - busy)
    return total
