"""The JSON of what a simulation of a service says: latencies over requests, throughput, pools, and curves."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import OverRequestsJson, StrictJson, item, perhaps


class TokenGapsJson(StrictJson):
    """Percentiles over the gaps between tokens."""

    p50: float
    p90: float
    p95: float
    p99: float


class ScaledJson(StrictJson):
    """Replicas that start and stop with the load."""

    mean_ready: float = item("Replicas ready, in the mean.")
    most_ready: int = item("Replicas ready, at most.")
    starts: int = item("How many were started.")
    stops: int = item("How many were stopped.")
    starting_s: float = item("Replica-seconds spent on starting.")
    stretch_s: list[float] = item("Lengths of the stretches of time that the lists below are means of.")
    ready: list[float] = item("Replicas ready in each stretch.")
    starting: list[float] = item("Replicas starting in each stretch.")


class PoolJson(StrictJson):
    """Replicas that do the same work."""

    name: str = item("`serving`, or `prefill` and `decode`.")
    replicas: int = item("Replicas, at most where they are scaled.")
    gpus: int = item("Chips in a replica.")
    busy_share: float = item("Share of the time ready that they are at work.")
    mean_batch: float = item("Requests at once while at work, in the mean.")
    preemptions: int = item("Requests taken back to wait.")
    peak_cache_share: float = item("Share of the cache taken, at most.")
    energy_j: dict[str, float] = item("Joules by part at the servers' plugs, at central values.")
    scaling: ScaledJson | None = perhaps("How it was scaled.")


class BetweenPoolsJson(StrictJson):
    """What went over the network between pools."""

    sent_bytes: float = item("Bytes of cache sent.")
    link_busy_share: float = item("Share of the time that the senders' links were taken.")
    peak_waiting_bytes: float = item("Bytes that waited in hosts' memory, at most.")


class LatencyCurvesJson(StrictJson):
    """Latencies by share of the requests; null where none is known."""

    share: list[float] = item("Shares of the requests, 0 to 1.")
    request_ttft_s: list[float] | None = item("Time to the first token that each share stayed within.")
    request_e2e_s: list[float] | None = item("Time to the last token that each share stayed within.")
    request_tpot_s: list[float] | None = item("Mean time between tokens that each share stayed within.")


class ReplicasInTimeJson(StrictJson):
    """Replicas of all pools through the time."""

    ready: list[float] = item("Ready in each stretch.")
    starting: list[float] = item("Starting in each stretch.")


class ThroughTimeJson(StrictJson):
    """Means over stretches of equal length."""

    step_s: float = item("Length of a stretch.")
    power_w: dict[str, list[float]] = item("Watts by part at the servers' plugs.")
    replicas: ReplicasInTimeJson = item("Replicas of all pools.")


class SimulatedJson(StrictJson):
    """What came of the requests simulated. Names that begin with `request_` are over the requests (Q)."""

    requests_served: int = item("Requests that were answered.")
    rejected: dict[str, int] = item("Requests left out, by reason.")
    horizon_s: float = item("Time that was simulated.")
    request_ttft_s: OverRequestsJson | None = item("Time to the first token.")
    request_waits_s: dict[Literal["front", "queue", "prefill", "transfer", "slot"], OverRequestsJson | None] = item(
        "Of it: before the engine, in the queue, in prefill; and of pools the transfer and the wait for a slot."
    )
    request_tpot_s: OverRequestsJson | None = item("Mean time between the tokens of a request.")
    itl_s: TokenGapsJson | None = item("Time between two tokens, over all of them.")
    request_e2e_s: OverRequestsJson | None = item("Time to the last token.")
    goodput_per_s: float = item("Requests a second that kept the latencies asked for.")
    good_share: float = item("Share of the requests offered that kept them.")
    output_tokens_per_s: float = item("Tokens written a second.")
    input_tokens_per_s: float = item("Tokens of prompts a second.")
    read_share: float = item("Share of the prompts' tokens that was read, and not found in a cache.")
    mean_batch: float = item("Requests at once while at work, in the mean.")
    busy_share: float = item("Share of the time that replicas are at work.")
    preemptions: int = item("Requests taken back to wait.")
    peak_cache_share: float = item("Share of a cache taken, at most.")
    request_chip_j: OverRequestsJson | None = item("Joules of the chips at work.")
    request_active_server_j: OverRequestsJson | None = item("Joules at the servers' plugs while at work.")
    server_j_per_request: float = item("Joules at the servers' plugs over requests, idle time included.")
    server_j_per_output_token: float = item("Joules at the servers' plugs over tokens written, idle time included.")
    server_mean_w: float = item("Mean power at the servers' plugs.")
    server_peak_w: float = item("Peak power at the servers' plugs.")
    pools: list[PoolJson] = item("Each pool of replicas.")
    network: BetweenPoolsJson | None = item("What went between the pools, where there are two.")
    latency_curves: LatencyCurvesJson = item("Latencies by share of the requests.")
    through_time: ThroughTimeJson = item("Power and replicas through the time.")
