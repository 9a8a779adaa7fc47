"""Power of a simulated service over time, as loads at the chips and at the servers' plugs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from wattline.engine.kernel_state import BIN_BUSY, BIN_DECODE, BIN_ENERGY, BIN_RUNNING, BIN_TOKENS
from wattline.engine.simulate import Served
from wattline.fact import Array
from wattline.load import Load

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """Watts of a replica beside its steps: idle chips, its share of hosts at work and idle, the network."""

    chip_idle_w: float
    host_w: float
    host_idle_w: float
    network_w: float


def parts_by_bin(served: Served) -> dict[str, Array]:
    """Joules of prefill and decode, seconds at work and seconds idle, of all replicas in each bin, ``(bins,)``."""
    bins = served.bins.sum(axis=0)
    edges = np.arange(len(bins) + 1) * served.bin_s
    inside = np.diff(np.minimum(edges, max(served.horizon_s, 0.0)))
    ready = inside * len(served.bins)
    busy = bins[:, BIN_BUSY]
    return {
        "prefill": bins[:, BIN_ENERGY] - bins[:, BIN_DECODE],
        "decode": bins[:, BIN_DECODE],
        "busy_s": busy,
        "idle_s": ready - busy,
        "ready_s": ready,
        "tokens": bins[:, BIN_TOKENS],
        "running_s": bins[:, BIN_RUNNING],
    }


def chip_load(served: Served, standing: Standing, start: datetime = START) -> Load:
    """All chips: prefill, decode, idle. Its energy is that of the requests and of idle chips, to rounding."""
    found = parts_by_bin(served)
    parts = {name: found[name] for name in ("prefill", "decode")}
    parts["chip_idle"] = found["idle_s"] * standing.chip_idle_w
    return Load("chip", start, served.bin_s, np.stack(list(parts.values())) / served.bin_s, tuple(parts))


def server_load(served: Served, standing: Standing, start: datetime = START) -> Load:
    """The same with hosts and network."""
    chips, found = chip_load(served, standing, start), parts_by_bin(served)
    host = found["busy_s"] * standing.host_w + found["idle_s"] * standing.host_idle_w
    more = np.stack([host, found["ready_s"] * standing.network_w]) / served.bin_s
    power = np.concatenate([chips.power_w, more])
    return Load("server", start, served.bin_s, power, (*chips.labels, "host", "network"))


def request_energy_j(served: Served, standing: Standing) -> Array:
    """Joules of each request at the server's plug: its steps, and host and network while they ran."""
    return np.asarray(served.energy_j + served.seconds * (standing.host_w + standing.network_w))


def idle_energy_j(served: Served, standing: Standing) -> float:
    """Joules of replicas that waited, host and network with them."""
    return served.idle_s * (standing.chip_idle_w + standing.host_idle_w + standing.network_w)
