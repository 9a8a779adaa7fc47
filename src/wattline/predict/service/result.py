"""What a simulated service gives back: latencies, goodput, joules, loads, beside the answer with its bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.quantity import parse
from wattline.core.range import percentiles
from wattline.core.result import Json, Result
from wattline.line.engine.simulator.outcome import PoolOutcome, ServiceOutcome
from wattline.line.engine.simulator.power import (
    ReadyPower,
    chip_load,
    joules_by_part,
    parts_by_bin,
    request_energy_j,
    server_load,
)
from wattline.line.engine.simulator.scaling import READY, STARTING, STOPPED, FleetRecord
from wattline.predict.answer import Answer
from wattline.predict.service.curves import latency_curves, through_time

PERCENTS = (50, 90, 95, 99)
POINTS = 96


@dataclass(frozen=True, eq=False)
class Target:
    """Latencies that a request must keep to count as good; None: no target."""

    ttft_s: float | None = None
    tpot_s: float | None = None

    def met(self, served: ServiceOutcome) -> Array:
        """Which requests kept it; one token has no time between tokens to miss."""
        good = np.isfinite(served.end_s)
        if self.ttft_s is not None:
            good &= served.ttft_s <= self.ttft_s
        if self.tpot_s is not None:
            good &= ~(served.tpot_s > self.tpot_s)
        return np.asarray(good)


def read_target(slo_ttft: float | str | None, slo_tpot: float | str | None) -> Target:
    """The latencies by which requests are judged.

    Parameters
    ----------
    slo_ttft : time to the first token, in seconds or such as ``"1 s"``; None for any
    slo_tpot : mean time of each further token, in seconds or such as ``"50 ms"``; None for any

    Returns
    -------
    The target.

    Raises WattlineError for what is no time.
    """
    named = (("slo-ttft", slo_ttft), ("slo-tpot", slo_tpot))
    return Target(*(None if value is None else parse(value, "s", name) for name, value in named))


@dataclass(frozen=True, eq=False, repr=False)
class Service(Result):
    """What came of a simulated service; ``answer`` holds the bill and the load at the grid."""

    answer: Answer
    served: ServiceOutcome
    standing: ReadyPower
    target: Target
    chips: int  # a replica
    offered: int
    rejected: Mapping[str, int]
    network: Mapping[str, float] | None = None  # what went between pools

    @cached_property
    def chip_load(self) -> Load:
        return chip_load(self.served, self.standing)

    @cached_property
    def server_load(self) -> Load:
        return server_load(self.served, self.standing)

    def figures(self) -> Mapping[str, Array]:
        return self.answer.figures()

    def saved_load(self) -> Load:
        """Of the servers' plugs, by part, of the one cell simulated."""
        return self.server_load.with_draws(self.answer.bill.at("server"))

    def simulated(self) -> Json:
        """Latencies, goodput, throughput, batch and joules of the requests simulated (of one cell), as plain data.

        Names that begin with ``request_`` are mean and percentiles over the requests.
        """
        s, good = self.served, self.target.met(self.served)
        tokens, horizon = float(s.tokens.sum()), s.horizon_s
        pools = [pool_results(s, pool, self.standing) for pool in s.pools]
        plug, line = float(self.server_load.energy_j.sum()), self.timeline()
        return {
            "requests_served": len(s.arrival_s),
            "rejected": dict(self.rejected),
            "horizon_s": horizon,
            "request_ttft_s": over_requests(s.ttft_s),
            "request_waits_s": {name: over_requests(values) for name, values in s.waits_s.items()},
            "request_tpot_s": over_requests(s.tpot_s),
            "itl_s": {f"p{p}": s.itl_s(p) for p in PERCENTS} if s.latency.any() else None,
            "request_e2e_s": over_requests(s.e2e_s),
            "goodput_per_s": float(good.sum()) / horizon,
            "good_share": float(good.sum()) / self.offered,
            "output_tokens_per_s": tokens / horizon,
            "input_tokens_per_s": float(s.input_tokens.sum()) / horizon,
            "read_share": float(s.totals["read_tokens"].sum()) / float(s.input_tokens.sum()),
            "mean_batch": float(s.totals["running_s"].sum()) / s.busy_s,
            "busy_share": s.busy_s / (s.busy_s + s.idle_s),
            "preemptions": int(s.totals["preempted"].sum()),
            "peak_cache_share": max(pool["peak_cache_share"] for pool in pools),
            "request_chip_j": over_requests(s.energy_j),
            "request_active_server_j": over_requests(request_energy_j(s, self.standing)),
            "server_j_per_request": plug / len(s.arrival_s),
            "server_j_per_output_token": plug / tokens,
            "server_mean_w": plug / horizon,
            "server_peak_w": float(self.server_load.power_w.sum(axis=0).max()),
            "pools": pools,
            "network": None if self.network is None else dict(self.network),
            "latency_curves": latency_curves(s),
            "through_time": through_time(self.server_load, {"ready": line["replicas"], "starting": line["starting"]}),
        }

    @property
    def full_answer(self) -> Answer:
        """The answer with what was simulated among its results."""
        return replace(self.answer, more={**self.answer.more, "simulated": self.simulated()})

    def json(self) -> Json:
        return self.full_answer.json()

    def timeline(self) -> dict[str, Array]:
        """By bin of ``served.bin_s``: running requests a replica, replicas ready and starting, tokens/s out, watts."""
        by_bin = parts_by_bin(self.served)
        ready = np.maximum(by_bin["ready_s"], 1e-300)  # of replicas
        return {
            "running": by_bin["running_s"] / ready,
            "replicas": by_bin["ready_s"] / np.maximum(np.diff(self.served.edges_s), 1e-300),
            "starting": by_bin["starting_s"] / np.maximum(np.diff(self.served.edges_s), 1e-300),
            "tokens_per_s": by_bin["tokens"] / self.served.bin_s,
            "server_w": self.server_load.power_w.sum(axis=0),
        }


def pool_results(served: ServiceOutcome, pool: PoolOutcome, standing: ReadyPower) -> dict[str, Any]:
    """One pool: replicas, how busy they were, how full, and joules by part at the servers' plugs.

    Parameters
    ----------
    served : what became of each request
    pool : replicas of one kind
    standing : power of a replica that waits, W

    Returns
    -------
    Plain data; energy in J, shares from 0 to 1.
    """
    by_bin, spans = parts_by_bin(served, pool), np.diff(served.edges_s)
    totals = {name: values[pool.rows] for name, values in served.totals.items()}
    busy, ready = float(totals["busy_s"].sum()), float(by_bin["ready_s"].sum())
    data: dict[str, Any] = {
        "name": pool.name,
        "replicas": pool.replicas,
        "gpus": pool.chips,
        "busy_share": busy / ready if ready > 0 else 0.0,
        "mean_batch": float(totals["running_s"].sum()) / busy if busy > 0 else 0.0,
        "preemptions": int(totals["preempted"].sum()),
        "peak_cache_share": float(totals["peak_blocks"].max()) / pool.limits.blocks,
        "energy_j": {part: float(j.sum()) for part, j in joules_by_part(by_bin, standing).items()},
    }
    if pool.record is not None:
        data["scaling"] = _scaled(pool.record, by_bin, spans, served.horizon_s)
    return data


def _scaled(record: FleetRecord, by_bin: Mapping[str, Array], spans: Array, horizon_s: float) -> dict[str, Any]:
    """Replicas ready over time, in at most ``POINTS`` stretches, and how often they were started and stopped."""
    groups = np.array_split(np.arange(len(spans)), min(POINTS, len(spans)))
    length = [float(spans[group].sum()) for group in groups]
    return {
        "mean_ready": float(by_bin["ready_s"].sum()) / horizon_s,
        "most_ready": record.most(READY, horizon_s),
        "starts": record.changes(STARTING, horizon_s),
        "stops": record.changes(STOPPED, horizon_s),
        "starting_s": float(by_bin["starting_s"].sum()),
        "stretch_s": length,
        "ready": [float(by_bin["ready_s"][g].sum()) / max(x, 1e-300) for g, x in zip(groups, length, strict=True)],
        "starting": [
            float(by_bin["starting_s"][g].sum()) / max(x, 1e-300) for g, x in zip(groups, length, strict=True)
        ],
    }


def over_requests(values: Array) -> dict[str, float] | None:
    """Mean and percentiles over the requests of which the value is known; None where it is of none."""
    return percentiles(values, PERCENTS, mean=True)
