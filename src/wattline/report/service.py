"""A simulated service on the screen: latencies, throughput, joules; then the answer's line and bill."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from wattline.quantity import number, show
from wattline.report.text import render as render_answer

Json = dict[str, Any]
LATENCIES = (
    ("ttft_s", "Time to first token"),
    ("tpot_s", "Time per output token"),
    ("itl_s", "Between tokens"),
    ("e2e_s", "End to end"),
)
COLUMNS = ("p50", "p90", "p95", "p99")


def render(data: Json, explain: bool = False) -> RenderableType:
    """The whole answer, to print with Rich."""
    return Group(render_answer(data, explain), "", _latencies(data["service"]), "", _figures(data))


def _latencies(s: Json) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Latency")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for key, label in LATENCIES:
        if s[key]:
            table.add_row(label, *(show(s[key][p], "s") for p in COLUMNS))
    return table


def _figures(data: Json) -> Table:
    s, asked = data["service"], data["inputs"]
    slo = {k: asked[f"slo_{k}"] for k in ("ttft_s", "tpot_s") if f"slo_{k}" in asked}
    within = " and ".join(f"{k[:4].upper()} ≤ {show(v, 's')}" for k, v in slo.items()) or "no target given"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    rows = [
        ("Requests", f"{s['requests']:,}" + "".join(f"; {n:,} left out ({why})" for why, n in s["rejected"].items())),
        ("Goodput", f"{number(s['goodput_per_s'])} requests/s, {s['good_share']:.1%} of those offered ({within})"),
        ("Tokens", f"{number(s['output_tokens_per_s'])}/s out, {number(s['input_tokens_per_s'])}/s in"),
        ("Prompt tokens read", f"{s['read_share']:.1%} of those sent"),
        ("Batch", f"{s['mean_batch']:.1f} in the mean while at work; at work {s['busy_share']:.1%} of the time"),
        ("Cache", f"{s['peak_cache_share']:.1%} full at most; {s['preemptions']:,} preemptions"),
        ("At the servers' plugs", f"{show(s['server_mean_w'], 'W')} in the mean, {show(s['server_peak_w'], 'W')} peak"),
        ("", f"{s['server_j_per_request']:,.4g} J a request, {s['server_j_per_output_token']:,.3g} J an output token"),
        ("Of it at work", f"{s['server_j_per_request_active']['mean']:,.4g} J a request in the mean, "
                          f"p95 {s['server_j_per_request_active']['p95']:,.4g} J"),
    ]  # fmt: skip
    for row in rows:
        table.add_row(*row)
    return table
