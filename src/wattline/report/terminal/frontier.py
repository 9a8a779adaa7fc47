"""A frontier on the screen: the best set-up beside the default, what each change saves, the points, and what holds."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.report.assumptions import assumptions
from wattline.report.terminal.answer import answer_text, remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json

PARTS = {
    "prefill": "prefill",
    "decode": "decode",
    "chip_idle": "idle",
    "host": "hosts",
    "network": "network",
    "overhead": "site",
}
MAX_POINTS = 12
ALIKE = 0.02  # points that differ by less in energy and cost, and by ten times that in latency, are shown once


def frontier_text(data: Json, explain: bool = False) -> RenderableType:
    """The whole answer, to print with Rich; ``explain`` shows all points and the best one's own answer.

    Parameters
    ----------
    data : the envelope of ``frontier``
    explain : whether all points and the best one's own answer are shown

    Returns
    -------
    What Rich prints.
    """
    results = data["results"]
    answer = results["answer"]
    words = assumptions("frontier", {**answer["inputs"], **data["inputs"]}, answer["results"])
    blocks = [
        _head(results, data["inputs"]),
        Text(words, style="dim"),
        "",
        _beside(results),
        "",
        *_why(results),
        _points(results, explain),
        "",
    ]
    own = {**data, **results["answer"], "notes": [], "warnings": []}
    return Group(*blocks, _search(results), *(["", answer_text(own, True)] if explain else []), *remarks(data))


def short_label(setup: Json) -> str:
    """A set-up without its batch and cap."""
    return str(setup["label"]).split(",")[0]


def slo_words(inputs: Json) -> str:
    """The target, as people say it."""
    named = (("TTFT", inputs["slo_ttft_s"]), ("TPOT", inputs["slo_tpot_s"]))
    within = " and ".join(f"{name} ≤ {show(value, 's')}" for name, value in named if value)
    return f"{within} for {100 * inputs['slo_share']:.4g}% of the requests"


def saved_words(results: Json) -> str:
    """What the best saves against the default, with its range."""
    saved = results["saved_share"]
    if saved is None:
        return f"the default, {short_label(results['default_requested'])}, keeps the target with no number of replicas"
    words = f"{saved['p50']:.0%} less energy than the default (p5 to p95: {saved['p5']:.0%} to {saved['p95']:.0%})"
    return words if saved["p50"] > 0 else "the default takes the least energy already"


def _head(results: Json, inputs: Json) -> Text:
    text = Text()
    text.append("Least energy: ", style="bold")
    text.append(results["best"]["setup"]["label"] + "\n", style="bold")
    text.append(
        f"{inputs['model']}, {count_words('requests', inputs['requests'])} at {number(inputs['rate_per_s'])}/s; "
    )
    text.append(f"{slo_words(inputs)}\n{saved_words(results)}")
    return text


def _beside(results: Json) -> Table:
    table = _table("", ("best", "default"))
    best, default = results["best"], results["default"]
    rows = [
        ("Set-up", lambda p: short_label(p["setup"])),
        ("Energy a request", lambda p: show(p["central_wh_per_request"], "Wh")),
        ("  p5 to p95", lambda p: " to ".join(show(p["energy_wh_per_request"][k], "Wh") for k in ("p5", "p95"))),
        ("Energy an output token", lambda p: show(p["central_j_per_output_token"], "J")),
        *((f"  {label}", _part(name)) for name, label in PARTS.items()),
        ("Cost of 1M requests", lambda p: usd_words(p["cost_usd_per_request"])),
        ("  electricity of it", lambda p: usd_words(p["electricity_usd_per_request"])),
        ("TTFT p50, p99", _latency("request_ttft_s")),
        ("TPOT p50, p99", _latency("request_tpot_s")),
        ("Requests that keep the target", lambda p: f"{p['good_share']:.2%}"),
        ("At work", lambda p: f"{p['busy_share']:.0%} of the time, {p['mean_batch']:.0f} together"),
    ]
    for name, label in rows:
        table.add_row(name, label(best), "-" if default is None else label(default))
    return table


def _part(name: str) -> Any:
    return lambda p: show(p["parts_wh_per_request"].get(name, 0.0), "Wh", like=p["central_wh_per_request"])


def _latency(name: str) -> Any:
    return lambda p: "-" if p[name] is None else f"{show(p[name]['p50'], 's')}, {show(p[name]['p99'], 's')}"


def usd_words(value: float | None) -> str:
    """What a million requests cost, of what one does."""
    return "unknown" if value is None else show(1e6 * value, "USD")


def _why(results: Json) -> list[RenderableType]:
    if results["default"] is None or not results["changes"]:
        return []
    table = _table("change", ("replicas", "saves", *PARTS.values(), "taken back"))
    like = results["default"]["central_wh_per_request"]
    for step in results["changes"]:
        parts = step["saved_by_part_wh_per_request"]
        table.add_row(
            f"{step['change']}: {step['to']}",
            _replicas(step["setup"]),
            show(step["saved_wh_per_request"], "Wh", like=like),
            *(number(1e3 * parts.get(name, 0.0), 2) for name in PARTS),
            _back(results["taken_back_wh_per_request"].get(step["change"], ""), like),
        )
    note = (
        "By part in mWh a request. Taken back: extra energy if this change alone is reverted;"
        ' "misses": then no number of replicas keeps the target.'
    )
    return [Text("Why: from the default to it, one change at a time", style="bold"), table, Text(note, style="dim"), ""]


def _replicas(setup: Json) -> str:
    """Those that decode, after those that only read prompts."""
    readers = setup["prefill_replicas"]
    return f"{readers}+{setup['replicas']}" if readers else str(setup["replicas"])


def _back(more: float | str | None, like: float) -> str:
    if more == "":
        return ""
    return "misses" if more is None else f"+{show(float(more), 'Wh', like=like)}"


def _points(results: Json, everything: bool) -> Table:
    columns = ("energy", "J a token", "cost of 1M", "TTFT p99", "TPOT p99", "strain")
    points = results["points"]
    shown = points if everything else spaced_points(points)
    title = f"Frontier of energy, latency and cost, {len(shown)} of {len(points)} points"
    table = _table("replicas × chips, batch sequences / tokens, cap", columns)
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    for p in shown:
        table.add_row(
            p["setup"]["label"],
            show(p["central_wh_per_request"], "Wh", like=points[0]["central_wh_per_request"]),
            number(p["central_j_per_output_token"]),
            usd_words(p["cost_usd_per_request"]),
            *("-" if p[k] is None else show(p[k]["p99"], "s") for k in ("request_ttft_s", "request_tpot_s")),
            number(p["strain"], 2),
        )
    return table


def spaced_points(points: list[Json], most: int = MAX_POINTS) -> list[Json]:
    """Of the points, those that differ by more than a little, at most so many, the first and the last among them.

    Parameters
    ----------
    points : of a frontier, in its order
    most : at most so many

    Returns
    -------
    Those that are shown, in the same order.
    """
    kept: list[Json] = []
    for p in points:
        if not any(_alike(q, p) for q in kept):
            kept.append(p)
    if len(kept) <= most:
        return kept
    return [kept[round(i * (len(kept) - 1) / (most - 1))] for i in range(most)]


def _alike(q: Json, p: Json) -> bool:
    cost = q["cost_usd_per_request"], p["cost_usd_per_request"]
    cheap = None in cost or cost[0] <= cost[1] * (1 + ALIKE)
    return bool(cheap and q["strain"] <= p["strain"] * (1 + 10 * ALIKE))


def _search(results: Json) -> Text:
    s = results["search"]
    again = s["simulations"] - s["simulations_run_now"]
    words = (
        f"{s['setups']:,} set-ups, {s['left_out_by_bound']:,} of them left out by their bound; {s['simulations']:,} "
        f"simulations" + (f", {again:,} of them from the file" if again else "") + f". {s['guarantee'].capitalize()}. "
        "Strain: the larger of TTFT and TPOT over their targets that the share of requests keeps within. Cost: chips "
        "with their share of the server, paid off over their life, and electricity; no building, staff or interest."
    )
    return Text(words, style="dim")


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(title)
    for name in columns:
        table.add_column(name, justify="right")
    return table
