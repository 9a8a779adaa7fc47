"""An answer's JSON on the screen: the line, the bill, what matters, equivalents; and, asked for, the whole working."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show, trim, with_unit
from wattline.report.assumptions import MARKS, assumptions, statement_words
from wattline.report.terminal.exchanges import exchanges_text
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json

# result -> (what it is called, unit that `show` knows), in the order shown
RESULTS: dict[str, tuple[str, str]] = {
    "measured_wh": ("Energy at the meters", "Wh"),
    "energy_wh": ("Energy from the grid", "Wh"),
    "duration_s": ("Time", "s"),
    "mean_w": ("Mean power", "W"),
    "mfu": ("MFU", ""),
    "chip_hours": ("Chip-hours", ""),
    "accelerators": ("Accelerators", ""),
    "energy_wh_per_request": ("Energy per request", "Wh"),
    "joules_per_token": ("Energy per token at the meters", "J"),
    "joules_per_query": ("Energy per query at the meters", "J"),
    "joules_per_output_token": ("Energy per output token", "J"),
    "joules_per_document": ("Energy of a document", "J"),
    "joules_per_pair": ("Energy of a pair", "J"),
    "joules_per_image": ("Energy of an image", "J"),
    "joules_per_million_tokens": ("Energy of a million tokens", "J"),
    "joules_per_hour_of_speech": ("Energy of an hour of speech", "J"),
    "speech_hours_per_h": ("Hours of speech in an hour", ""),
    "calls": ("Calls to the model", ""),
    "prompt_tokens": ("Tokens of all prompts", ""),
    "cached_tokens": ("Of these, from a cache", ""),
    "thinking_tokens": ("Tokens thought", ""),
    "output_tokens": ("Tokens of answers", ""),
    "cache_saved_wh": ("Saved by caches", "Wh"),
    "ttft_s": ("TTFT", "s"),
    "tpot_s": ("TPOT", "s"),
    "chip_j": ("Chips at work, energy", "J"),
    "chip_w": ("Chips at work, power", "W"),
    "batch_latency_s": ("Time of a batch", "s"),
    "utilisation": ("Replicas at work", ""),
    "queue_s": ("Wait in the queue, mean", "s"),
    "latency_p50_s": ("Wait and work, median", "s"),
    "latency_p95_s": ("Wait and work, 95th percentile", "s"),
    "service_w": ("Power of the service", "W"),
    "service_idle_w": ("Power of the service, idle", "W"),
    "mean_batch": ("Batch, mean", ""),
    "joules_per_request": ("Energy of a request", "J"),
    "batch": ("Batch", ""),
    "pue": ("PUE", ""),
    "cost_usd": ("Cost of electricity", "USD"),
    "chip_hours_usd": ("Price of the chips' hours", "USD"),
    "rollout_share": ("Share of rollouts in the energy", ""),
    "rollout_hours": ("Hours of rollouts", ""),
    "update_idle_share": ("Time that updates' chips wait", ""),
    "rollout_idle_share": ("Time that rollouts' chips wait", ""),
    "co2e_kg": ("CO2e, life cycle", "kg"),
    "co2e_direct_kg": ("CO2e, direct", "kg"),
    "water_l": ("Water, site and power stations", "L"),
    "embodied_co2e_kg": ("CO2e, embodied", "kg"),
}
ACCOUNTS = (
    ("co2e_kg", "location, life cycle", "kg", "location"),
    ("co2e_direct_kg", "location, direct", "kg", "location"),
    ("co2e_market_kg", "market, direct", "kg", "market"),
    ("co2e_marginal_kg", "marginal", "kg", "marginal"),
    ("carbon_free_wh", "energy free of carbon", "Wh", "carbon_free"),
)
USUAL = ("price to industry", "mean of the year", "one price", "no contracts", "differs")  # what signals say by default
BILL_TOTAL = "Delivered by the grid, mean"  # means add up, medians do not
MIN_SHOWN = 1e-3  # an equivalent of less pictures nothing
TIME_NAMES = {
    "prompt": "Replica's time",
    "session": "Replica's time",
    "image": "Time, share of a batch",
    "video": "Time, share of a batch",
}


def answer_text(data: Json, explain: bool = False) -> RenderableType:
    """An answer (train, prompt, serve) or a run, to print with Rich; ``explain`` adds every step and fact.

    Parameters
    ----------
    data : an envelope, as ``--json`` prints it
    explain : whether every step and fact is shown

    Returns
    -------
    What Rich prints.
    """
    results = data["results"]
    jobs = results.get("jobs", [])
    blocks: list[RenderableType] = [Text(results["title"], style="bold")]
    blocks += premises(data)
    if results.get("story"):
        blocks.append(Text(" ".join(results["story"].split()), style="italic"))
    for job in jobs:
        blocks += ["", Text(f"{job['name']}: {job['results']['title']}", style="bold cyan")]
        blocks += premises(job)
        blocks += _answer(job["results"], job["command"])
        if explain:
            blocks += _working(job["results"])
    if jobs:
        blocks += ["", Text("All together", style="bold cyan")]
    blocks += _answer(results, data["command"])
    blocks += _reasons(results)
    if explain:
        blocks += [*([] if jobs else _working(results)), "", *facts(data["facts"])]
    return Group(*blocks, *remarks(data), *_statements(results))


def premises(data: Json) -> list[RenderableType]:
    """What an answer assumes, under its title; nothing for one that assumes nothing."""
    words = assumptions(data["command"], data["inputs"], data["results"])
    return [Text(words, style="dim")] if words else []


def _statements(results: Json) -> list[RenderableType]:
    """The verdict: what was said of the jobs, and whether what was computed agrees."""
    if not results.get("statements"):
        return []
    styles = {"agrees": "bold green", "disagrees": "bold red", "undecided": "bold cyan"}
    lines = [
        Text(f"{MARKS[s['verdict']]} {statement_words(s)}", style=styles[s["verdict"]]) for s in results["statements"]
    ]
    return ["", Text("What was claimed, and what was computed", style="bold"), *lines]


def remarks(data: Json) -> list[RenderableType]:
    """What is said beside an answer, and what its reader should mind."""
    return [Text(f"note: {text}", style="yellow") for text in (*data["notes"], *data["warnings"])]


def _answer(results: Json, command: str) -> list[RenderableType]:
    calls = exchanges_text(results["exchanges"]) if len(results.get("exchanges", [])) > 1 else []
    return [_results(results, command), *accounts(results), *calls, "", _line(results), "", _bill(results)]


def range_words(value: Any, unit: str) -> tuple[str, str]:
    """``p50`` and ``p5 to p95`` in words; the second is empty where the range is nothing.

    Parameters
    ----------
    value : a number, or p5, p50 and p95
    unit : of it

    Returns
    -------
    The middle, and the range; "" where the range is nothing.
    """
    if not isinstance(value, dict):
        return show(float(value), unit), ""
    middle, low, high = (show(value[p], unit, like=value["p50"]) for p in ("p50", "p5", "p95"))
    return middle, "" if low == high else f"{low} to {high}"


def _grid(*columns: str) -> Table:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        right = name.strip() in ("p50", "mean", "share", "mean power", "rank correlation")
        table.add_column(
            name, justify="right" if right else "left", no_wrap=name not in ("What matters most", "range of the fact")
        )
    return table


def _results(results: Json, command: str) -> Table:
    table = _grid("", "p50", "p5 to p95")
    for name, (label, unit) in RESULTS.items():
        if name in results:
            shown = TIME_NAMES.get(command, label) if name == "duration_s" else label
            table.add_row(shown, *range_words(results[name], unit))
    return table


def accounts(results: Json) -> list[RenderableType]:
    """Carbon by account and what each rests on, where any of it is by the hour or by contract."""
    signals = results.get("signals", {})
    if all(words.startswith(USUAL) for words in signals.values()):
        return []
    table = _grid("Carbon, by account", "p50", "p5 to p95")
    for name, label, unit, _ in ACCOUNTS:
        table.add_row(label, *range_words(results[name], unit))
    keys = dict.fromkeys(key for *_, key in ACCOUNTS)
    return ["", table, *(Text(f"{key.replace('_', '-')}: {signals[key]}", style="dim") for key in keys)]


def _line(results: Json) -> Table:
    with_power = any("mean_w" in station for station in results["stations"].values())
    table = _grid("The line", "p50", "p5 to p95", *(["mean power"] if with_power else []))
    for name, station in results["stations"].items():
        row = [name, *range_words(station["energy_wh"], "Wh")]
        if with_power:
            row.append(range_words(station["mean_w"], "W")[0])
        table.add_row(*row)
    return table


def _bill(results: Json) -> Table:
    with_basis = any("basis" in part for part in results["parts"].values())
    table = _grid("The bill", "mean", "share", " ", *(["basis"] if with_basis else []))
    most = max(part["share"] for part in results["parts"].values()) or 1.0
    for part in results["parts"].values():
        bar = "█" * max(round(24 * part["share"] / most), 1 if part["share"] > 0 else 0)
        energy = show(part["energy_mean_wh"], "Wh", like=results["energy_mean_wh"])
        table.add_row(
            part["label"],
            energy,
            f"{part['share']:.1%}",
            Text(bar, "green"),
            *([part.get("basis", "")] if with_basis else []),
        )
    table.add_row(BILL_TOTAL, show(results["energy_mean_wh"], "Wh"), "100.0%", "", style="bold")
    return table


def _reasons(results: Json) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    if results.get("matters"):
        table = _grid("What matters most", "rank correlation", "range of the fact")
        for row in results["matters"]:
            low, high = (trim(row[end]) for end in ("low", "high"))
            table.add_row(row["name"], f"{row['rank_correlation']:+.2f}", f"{low} to {with_unit(high, row['unit'])}")
        blocks += ["", table]
    if results.get("equivalents"):
        table = _grid("As much as", "p50", "p5 to p95")
        for row in (row for row in results["equivalents"] if row["count"]["p50"] >= MIN_SHOWN):
            middle, rest = range_words(row["count"], "")
            table.add_row(row["name"], middle, rest)
        blocks += ["", table]
    return blocks


def _working(results: Json) -> list[RenderableType]:
    """Every step: what, how much, and from what formula."""
    lines: list[RenderableType] = ["", Text("The working", style="dim")]
    for step in results["steps"]:
        middle, rest = range_words(step["value"], step["unit"])
        spread = f"  ({rest})" if rest else ""
        lines.append(Text.assemble((f"{step['station']:<7}", "cyan"), f"{step['name']}: ", (middle, "bold"), spread))
        lines.append(Padding(Text(f"= {step['formula']}", style="dim"), (0, 0, 0, 9)))
    return lines


def facts(rows: Sequence[Json]) -> list[RenderableType]:
    """Facts behind an answer, each with its range and source."""
    blocks: list[RenderableType] = [Text("Facts", style="dim")]
    for fact in rows:
        blocks.append(Text.assemble((fact["key"], "bold"), "  ", fact_range(fact)))
        blocks.append(Padding(Text(_about(fact), style="dim"), (0, 0, 0, 4)))
    return blocks


def fact_range(fact: Json) -> str:
    """``700 W`` or ``72 W (60 to 110, triangular)``."""
    head = with_unit(trim(fact["value"]), fact["unit"])
    if fact["dist"] == "fixed" or fact["low"] == fact["high"]:
        return head
    return f"{head} ({trim(fact['low'])} to {trim(fact['high'])}, {fact['dist']})"


def _about(fact: Json) -> str:
    note = f" Note: {fact['note']}." if fact["note"] else ""
    return f"{fact['name']}; {fact['basis']}: {fact['source']}.{note}"
