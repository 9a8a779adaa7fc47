"""Speed of the serving simulator on one core: requests a second, memory, and how both grow.

    python benchmarks/serve.py [TRACE.csv]

The trace (Azure's conversation trace of 2023, where it lies beside the checkout) is repeated to as many requests,
and its rate scaled to six a second for each replica. Without a trace: Poisson arrivals with lengths of chats.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.pools import simulate_pools
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.simulator.simulate import Routing, Side, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import tables
from wattline.line.work.model import load_model
from wattline.line.work.traffic.generator import poisson
from wattline.line.work.traffic.known import known_lengths
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import Traffic, repeat, scale

BESIDE = Path(__file__).resolve().parents[2] / "shared/data/traces/AzureLLMInferenceTrace_conv.csv"
VIDUR = 769.0  # requests/s of Vidur, Llama 3 8B, the same lengths, one core: measured on another machine and run
PER_REPLICA = 6.0
CASES = ((250_000, 1), (500_000, 1), (1_000_000, 1), (2_000_000, 1), (1_000_000, 8), (1_000_000, 32), (1_000_000, 128))


def traffic(trace: Path | None, requests: int, replicas: int) -> Traffic:
    rate = PER_REPLICA * replicas
    if trace is None:
        return poisson(rate, known_lengths("chat", catalog.default()), 0, count=requests)
    once = read_traffic(trace)
    whole = repeat(once, -(-requests // len(once))).part(0, requests)
    return scale(whole, rate=rate / once.rate_per_s)


def main() -> None:
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else BESIDE
    trace = given if given.is_file() else None
    model, chip = load_model("llama-3.1-8b", catalog.default()), load_chip("h100-sxm", Draws(0))
    limits = cache_limits(model, chip.memory_bytes, 1, "bf16", memory_share=chip.usable_memory)
    table = tables(setting(model, chip, 1, "bf16"), limits.max_num_seqs, limits.max_num_batched_tokens, 32_768)
    print(f"{model.name} on one {chip.record.title} a replica; {trace.name if trace else 'Poisson, chat lengths'}")
    start = time.perf_counter()
    for router in ("round-robin", "least-loaded"):
        simulate(Side(table, limits, Routing(router=router)), [0.0], [10], [10])
    print(f"compiling, or reading what was compiled: {time.perf_counter() - start:.1f} s")
    print(f"{'requests':>10} {'replicas':>8} {'router':>12} {'CPU s':>7} {'requests/s':>11} {'× Vidur':>8} {'GB':>5}")
    for requests, replicas in CASES:
        made = traffic(trace, requests, replicas)
        for router in ("round-robin", "least-loaded"):
            best = min(_once(table, limits, made, replicas, router) for _ in range(3))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            speed = requests / best
            head = f"{requests:>10,} {replicas:>8} {router:>12} {best:>7.2f}"
            print(f"{head} {speed:>11,.0f} {speed / VIDUR:>8,.0f} {peak:>5.2f}")
    print(f"{'requests':>10} {'replicas':>8} {'router':>12}; prefill and decode pools, and scaling from one replica")
    for requests, replicas in ((250_000, 16), (1_000_000, 16), (1_000_000, 64)):
        made = traffic(trace, requests, replicas)
        for router in ("round-robin", "least-loaded"):
            for name, way in (("pools", _in_pools), ("scaled", _scaled)):
                best = min(_timed(way, table, limits, made, replicas, router) for _ in range(3))
                print(f"{requests:>10,} {replicas:>8} {router:>12} {name:>7} {requests / best:>11,.0f} requests/s")


def _timed(way: Any, *args: Any) -> float:
    start = time.process_time()
    outcome, made = way(*args), args[2]
    taken = time.process_time() - start
    np.testing.assert_array_equal(outcome.tokens, made.output_tokens)
    return taken


def _in_pools(table: Any, limits: Any, made: Traffic, replicas: int, router: str) -> Any:
    """A quarter of the replicas read prompts; 128 KiB a token at 400 Gbit/s."""
    readers = replicas // 4
    return simulate_pools(
        Side(table, limits, Routing(readers, router)), Side(table, limits, Routing(replicas - readers, router)),
        made.arrival_s, made.input_tokens, made.output_tokens, made.input_tokens * 131072 / 5e10,
    )  # fmt: skip


def _scaled(table: Any, limits: Any, made: Traffic, replicas: int, router: str) -> Any:
    side = Side(table, limits, Routing(replicas, router, scaling=Scaling(1, 20.0, 60.0)))
    return simulate(side, made.arrival_s, made.input_tokens, made.output_tokens)


def _once(table: object, limits: object, made: Traffic, replicas: int, router: str) -> float:
    start = time.process_time()
    side = Side(table, limits, Routing(replicas, router))  # type: ignore[arg-type]
    outcome = simulate(side, made.arrival_s, made.input_tokens, made.output_tokens)
    taken = time.process_time() - start
    np.testing.assert_array_equal(outcome.tokens, made.output_tokens)
    return taken


if __name__ == "__main__":
    main()
