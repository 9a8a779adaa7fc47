"""A simulated service on the screen: latencies, throughput, joules; then the answer's line and bill."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from wattline.core.quantity import number, show
from wattline.report.terminal.answer import answer_text
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json

LATENCIES = (
    ("request_ttft_s", "Time to first token"),
    ("request_tpot_s", "Time per output token"),
    ("itl_s", "Between tokens"),
    ("request_e2e_s", "End to end"),
)
PARTS = {
    "request_ttft_s": (
        ("front", "of it before the engine"),
        ("queue", "of it in the queue"),
        ("prefill", "of it prefill"),
    ),
    "request_tpot_s": (("transfer", "transfer before the second"), ("slot", "then waiting for a slot")),
}
COLUMNS = ("p50", "p90", "p95", "p99")


def service_text(data: Json, explain: bool = False) -> RenderableType:
    """The whole answer, to print with Rich.

    Parameters
    ----------
    data : the envelope of ``serve``
    explain : whether every step and fact is shown

    Returns
    -------
    What Rich prints.
    """
    return Group(answer_text(data, explain), "", *simulated_text(data["results"]["simulated"], data["inputs"]))


def simulated_text(simulated: Json, inputs: Json) -> list[RenderableType]:
    """Latencies, and what else came of the simulation; ``inputs`` hold the latencies that were asked to be kept.

    Parameters
    ----------
    simulated : latencies, power and counts of the simulation
    inputs : of the answer, with the latencies that are to be kept [s]

    Returns
    -------
    Blocks for Rich.
    """
    return [_latencies(simulated), "", _figures(simulated, inputs)]


def _latencies(s: Json) -> Table:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Latency")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for key, label in LATENCIES:
        if s[key]:
            table.add_row(label, *(show(s[key][p], "s") for p in COLUMNS))
        for part, words in PARTS.get(key, ()) if len(s["pools"]) > 1 else ():
            if s["request_waits_s"][part]:
                table.add_row(f"  {words}", *(show(s["request_waits_s"][part][p], "s") for p in COLUMNS))
    return table


def _figures(s: Json, inputs: Json) -> Table:
    slo = {k: inputs[f"slo_{k}"] for k in ("ttft_s", "tpot_s") if f"slo_{k}" in inputs}
    within = " and ".join(f"{k[:4].upper()} ≤ {show(v, 's')}" for k, v in slo.items()) or "no target given"
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    left_out = "".join(f"; {count:,} left out ({why})" for why, count in s["rejected"].items())
    rows = [
        ("Requests", f"{s['requests_served']:,}{left_out}"),
        ("Goodput", f"{number(s['goodput_per_s'])} requests/s, {s['good_share']:.1%} of those offered ({within})"),
        ("Tokens", f"{number(s['output_tokens_per_s'])}/s out, {number(s['input_tokens_per_s'])}/s in"),
        ("Prompt tokens read", f"{s['read_share']:.1%} of those sent"),
        ("Batch", f"{s['mean_batch']:.1f} on average while at work; at work {s['busy_share']:.1%} of the time"),
        ("Cache", f"{s['peak_cache_share']:.1%} full at most; {s['preemptions']:,} preemptions"),
        ("At the servers' plugs", f"{show(s['server_mean_w'], 'W')} on average, {show(s['server_peak_w'], 'W')} peak"),
        ("", f"{s['server_j_per_request']:,.4g} J a request, {s['server_j_per_output_token']:,.3g} J an output token"),
        ("Of that at work", f"{s['request_active_server_j']['mean']:,.4g} J a request on average, "
                          f"p95 {s['request_active_server_j']['p95']:,.4g} J"),
    ]  # fmt: skip
    for row in [*rows, *fleet_rows(s)]:
        table.add_row(*row)
    return table


def fleet_rows(service: Json) -> list[tuple[str, str]]:
    """A line for each pool where there are two, for the network between them, and for scaling."""
    rows = []
    for pool in service["pools"]:
        joules = show(sum(pool["energy_j"].values()), "J")
        if len(service["pools"]) > 1:
            rows.append((
                f"Pool, {pool['name']}",
                f"{pool['replicas']} × {pool['gpus']} chips, at work {pool['busy_share']:.1%} of the time, batch "
                f"{pool['mean_batch']:.1f}; cache {pool['peak_cache_share']:.1%} full at most; {joules}",
            ))  # fmt: skip
        if scaling := pool.get("scaling"):
            rows.append((
                "Replicas ready",
                f"{scaling['mean_ready']:.2f} on average, {scaling['most_ready']:,} at most; {scaling['starts']:,} "
                f"starts and {scaling['stops']:,} stops; starting took {show(pool['energy_j']['start_up'], 'J')}",
            ))  # fmt: skip
    if network := service["network"]:
        rows.append((
            "Between the pools",
            f"{show(network['sent_bytes'], 'B')} of cache sent, links taken {network['link_busy_share']:.1%} of the "
            f"time; {show(network['peak_waiting_bytes'], 'B')} at most waited in hosts' memory",
        ))  # fmt: skip
    return rows
