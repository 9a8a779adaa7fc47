"""What pools for prefill and decode, and replicas that come and go, do to latencies and joules.

    python benchmarks/pools.py TRACE.csv

The first table: eight H100 replicas under the trace (Azure's conversations of 2023), together and in pools. The second:
a day of made traffic on up to eight replicas of Llama 3.1 8B, kept ready, and scaled with the load. Central values.
"""

from __future__ import annotations

import sys
from typing import Any

import wattline as wl
from wattline import catalog
from wattline.line.work.traffic.generator import poisson
from wattline.line.work.traffic.known import known_lengths, known_shape
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import Traffic, scale

POOLS = (
    ("llama-3.1-8b", "Llama 3.1 8B, 60 requests/s, 1 H100 each", 1, 60.0, ((0, 8), (3, 5), (2, 6))),
    ("llama-3.1-70b", "Llama 3.1 70B, 24 requests/s, 4 H100 each", 4, 24.0, ((0, 8), (4, 4), (3, 5))),
)
DAY = (
    ("8 replicas all day", {}),
    ("2 to 8, stopped ones idle", {"scale_from": 2, "scale_target": 24, "scaled_down": "idle"}),
    ("2 to 8, stopped ones off", {"scale_from": 2, "scale_target": 24}),
)


def served(model: str, traffic: Traffic, **how: Any) -> Any:
    return wl.serve(model, traffic, "h100-sxm", router="least-loaded", draws=0, **how)


def main(path: str) -> None:
    trace = read_traffic(path)
    print("| | replicas | TTFT p50, p99 | TPOT p50, p99 | between tokens, p99 | J a request at the plug |")
    print("|---|---|---|---|---|---|")
    for model, title, gpus, rate, pools in POOLS:
        traffic = scale(trace, rate=rate / trace.rate_per_s)
        for prefill, decode in pools:
            figures = served(model, traffic, gpus=gpus, replicas=decode, prefill_replicas=prefill).simulated()
            split = f"{prefill} prefill + {decode} decode" if prefill else f"{decode}"
            print(
                f"| {'' if prefill else title} | {split} | {_ms(figures['request_ttft_s'], 0)} | "
                f"{_ms(figures['request_tpot_s'], 1)} | "
                f"{1e3 * figures['itl_s']['p99']:.0f} ms | {figures['server_j_per_request']:,.0f} |",
                flush=True,
            )
    day = poisson(
        40.0,
        known_lengths("chat", catalog.default()),
        0,
        duration_s=86_400.0,
        shape=known_shape("day", catalog.default()),
    )
    print(f"\n{len(day):,} requests\n")
    print("| | delivered by the grid | J a request at the plug | TTFT p99 | TPOT p99 |")
    print("|---|---|---|---|---|")
    for title, scaling in DAY:
        service = served("llama-3.1-8b", day, gpus=1, replicas=8, **scaling)
        figures, energy_kwh = service.simulated(), float(service.answer.bill.energy_j) / 3.6e6
        print(
            f"| {title} | {energy_kwh:.0f} kWh | {figures['server_j_per_request']:.0f} | "
            f"{1e3 * figures['request_ttft_s']['p99']:.0f} ms | {1e3 * figures['request_tpot_s']['p99']:.1f} ms |",
            flush=True,
        )


def _ms(seconds: dict[str, float], digits: int) -> str:
    return f"{1e3 * seconds['p50']:,.{digits}f}, {1e3 * seconds['p99']:,.{digits}f} ms"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
