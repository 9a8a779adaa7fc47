"""What was used, on the screen: energy and its range, power, energy a token, nodes, and the quality of the readings."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.interpretation import read_as
from wattline.report.terminal.tables import FoldedTable
from wattline.report.words import Json

PER = {
    "joules_per_token": "Energy per token",
    "joules_per_sample": "Energy per sample",
    "joules_per_query": "Energy per query",
}
MAX_ROWS = 128


def usage_text(data: Json) -> RenderableType:
    """A report of the meter, to print with Rich."""
    results = data["results"]
    window = results["window"]
    blocks: list[RenderableType] = [Text(f"Measured: {data['inputs']['recording'] or 'recording'}", style="bold")]
    if results["unfinished"]:
        names = ", ".join(results["unfinished"][:4])
        why = "it was killed, its disk was full, or it still goes on: energy is that up to the last reading"
        blocks.append(Text(f"Not ended in this recording: {names}; {why}", style="bold red"))
    blocks.append(_results(results))
    for switch in results["switches"]:
        kind = "as its maker estimated, not measured" if switch["modelled"] else "measured"
        energy, power = show(switch["energy_wh"]["value"], "Wh"), show(switch["mean_w"], "W")
        blocks.append(Text(f"Apart: {switch['device']}, {energy} ({power}, {kind})"))
    for inside in results["inside"]:
        energy = show(inside["energy_wh"]["value"], "Wh")
        blocks.append(Text(f"Within the sum already: {inside['device']}, {energy}"))
    if results["nodes"]:
        blocks += ["", _nodes(results["nodes"])]
    blocks += ["", _quality(results["quality"])]
    blocks += read_as(results["interpretation"])
    blocks.append(Text(f"Window {window['name']}: {window['begin']} to {window['end']}", style="dim"))
    return Group(*blocks, *remarks(data))


def _table(*columns: str) -> Table:
    table = FoldedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        words = name in ("", "range", "Node", "Quality", "what was done")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    return table


def _results(results: Json) -> Table:
    table = _table("", "value", "range")
    energy = results["energy_wh"]
    named = energy["value"]
    low, high = (show(energy[end], "Wh", 4, like=named) for end in ("low", "high"))
    table.add_row("Energy", show(named, "Wh", 4), f"{low} to {high}")
    table.add_row("Time", show(results["duration_s"], "s", 4), "")
    table.add_row("Mean power", show(results["mean_w"], "W", 4), "")
    table.add_row("Peak power", show(results["peak_w"], "W", 4), "")
    for key, label in PER.items():
        if key in results:
            table.add_row(label, show(results[key]["value"], "J", 4), "")
    for what, count in results["counts"].items():
        table.add_row(what.capitalize(), number(count, 4), "")
    if results["stated_wh"] is not None:
        difference = f"this is {results['stated_difference_percent']:+.2f}%"
        table.add_row("Stated by its maker", show(results["stated_wh"], "Wh", 5), difference)
    table.add_row("Devices", number(results["devices"]), "")
    return table


def _nodes(nodes: list[Json]) -> Table:
    table = _table("Node", "energy", "range", "mean", "peak")
    for node in nodes[:MAX_ROWS]:
        named = node["energy_wh"]["value"]
        low, high = (show(node["energy_wh"][end], "Wh", like=named) for end in ("low", "high"))
        energy = show(named, "Wh", 4)
        table.add_row(node["node"], energy, f"{low} to {high}", show(node["mean_w"], "W"), show(node["peak_w"], "W"))
    if len(nodes) > MAX_ROWS:
        table.add_row(f"and {len(nodes) - MAX_ROWS} more", "", "", "", "")
    return table


def _quality(rows: list[Json]) -> RenderableType:
    if not rows:
        return Text("Quality: no fault found", style="green")
    table = _table("Quality", "count", "in window", "lasting", "what was done")
    for row in rows:
        lasting = show(row["lasting_s"], "s") if row["lasting_s"] else ""
        table.add_row(row["kind"], number(row["count"]), number(row["in_window"]), lasting, row["done"])
    return table
