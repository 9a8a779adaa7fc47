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
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import scale
from wattline.report.terminal.frontier import setup_label

MODELS = ("llama-3.1-8b:20", "llama-3.1-70b:20", "gpt-oss-120b:100", "qwen3-235b-a22b:20")


def main(path: str, *models: str) -> None:
    trace = read_traffic(path)
    print("| model | requests/s | set-ups | left out | simulations | time | best | default | saved |")
    print("|---|---|---|---|---|---|---|---|---|")
    for model, _, rate in (text.partition(":") for text in models or MODELS):
        traffic = scale(trace, rate=float(rate) / trace.rate_per_s)
        begun = time.perf_counter()
        found = wl.frontier(model, traffic, slo_ttft="1 s", slo_tpot="50 ms")
        seconds, counts, default = time.perf_counter() - begun, found.counts, found.default
        held = "-" if default is None else f"{_said(default)}"
        saved = "-" if found.saved is None else " to ".join(f"{x:.0%}" for x in (found.saved.p5, found.saved.p95))
        print(
            f"| {model} | {rate} | {counts.setups:,} | {counts.left_out:,} | {counts.simulated:,} | {seconds:.0f} s | "
            f"{_said(found.best)} | {held} | {saved} |",
            flush=True,
        )


def _said(found) -> str:  # type: ignore[no-untyped-def]
    return f"{setup_label(found.setup.item())}: {found.energy_j / 3.6:.3g} mWh"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
