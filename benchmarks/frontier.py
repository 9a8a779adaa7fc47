"""How long the search for the set-up of least energy takes, and what it saves.

    python benchmarks/frontier.py TRACE.csv [MODEL:RATE ...]

Each model under the trace at its rate (requests/s), TTFT within 1 s and TPOT within 50 ms for 99% of the requests, over
the set-ups that are searched by themselves, on all cores. Prints a row a model: set-ups, those that a bound left out,
simulations, seconds, the best, the default, and what it saves (p5 to p95).
"""

from __future__ import annotations

import sys
import time

import wattline as wl
from wattline.core.result import Json
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import scale

MODELS = ("llama-3.1-8b:20", "llama-3.1-70b:20", "gpt-oss-120b:100", "qwen3-235b-a22b:20")


def main(path: str, *models: str) -> None:
    trace = read_traffic(path)
    print("| model | requests/s | set-ups | left out | simulations | time | best | default | saved |")
    print("|---|---|---|---|---|---|---|---|---|")
    for model, _, rate in (text.partition(":") for text in models or MODELS):
        traffic = scale(trace, rate=float(rate) / trace.rate_per_s)
        begun = time.perf_counter()
        answer = wl.frontier(model, traffic, slo_ttft="1 s", slo_tpot="50 ms").json()
        seconds, results = time.perf_counter() - begun, answer["results"]
        search, saved = results["search"], results["saved_share"]
        share = "-" if saved is None else f"{saved['p5']:.0%} to {saved['p95']:.0%}"
        best, default = _point(results["best"]), _point(results["default"])
        counts = f"{search['setups']:,} | {search['left_out_by_bound']:,} | {search['simulations']:,}"
        print(
            f"| {model} | {rate} | {counts} | {seconds:.0f} s | {best} | {default} | {share} |",
            flush=True,
        )


def _point(point: Json | None) -> str:
    if point is None:
        return "-"
    return f"{point['setup']['label']}: {1e3 * point['energy_wh_per_request']['p50']:.3g} mWh"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
