"""What was used, on the screen: energy and its range, power, energy a token, nodes, and the quality of the readings."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.report.terminal.interpretation import read_as
from wattline.report.words import Json

PER = {
    "joules_per_token": "Energy per token",
    "joules_per_sample": "Energy per sample",
    "joules_per_query": "Energy per query",
}
MOST_ROWS = 128


def render(data: Json) -> RenderableType:
    """A report of the meter, to print with Rich."""
    window = data["window"]
    blocks: list[RenderableType] = [Text(f"Measured: {data['source'] or 'recording'}", style="bold")]
    if data.get("unfinished"):
        names = ", ".join(data["unfinished"][:4])
        why = "it was killed, its disk was full, or it still goes on: energy is that up to the last reading"
        blocks.append(Text(f"Not ended in this recording: {names}; {why}", style="bold red"))
    blocks.append(_results(data))
    for switch in data.get("switches", ()):
        kind = "as its maker estimated, not measured" if switch["modelled"] else "measured"
        blocks.append(
            Text(
                f"Apart: {switch['device']}, {show(switch['energy_wh'], 'Wh')} ({show(switch['mean_w'], 'W')}, {kind})"
            )
        )
    for inside in data.get("inside", ()):
        blocks.append(Text(f"Within the sum already: {inside['device']}, {show(inside['energy_wh'], 'Wh')}"))
    if data.get("nodes"):
        blocks += ["", _nodes(data["nodes"])]
    blocks += ["", _quality(data["quality"])]
    blocks += read_as(data.get("interpretation", ()))
    blocks.append(Text(f"Window {window['name']}: {window['begin']} to {window['end']}", style="dim"))
    blocks += [Text(f"note: {note}", style="yellow") for note in data["notes"]]
    return Group(*blocks)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        words = name in ("", "range", "Node", "Quality", "what was done")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    return table


def _results(data: Json) -> Table:
    table = _table("", "value", "range")
    named = data["energy_wh"]
    low, high = (show(data[key], "Wh", 4, like=named) for key in ("energy_low_wh", "energy_high_wh"))
    table.add_row("Energy", show(named, "Wh", 4), f"{low} to {high}")
    table.add_row("Time", show(data["duration_s"], "s", 4), "")
    table.add_row("Mean power", show(data["mean_w"], "W", 4), "")
    table.add_row("Peak power", show(data["peak_w"], "W", 4), "")
    for key, label in PER.items():
        if key in data:
            table.add_row(label, show(data[key], "J", 4), "")
    for what, count in data.get("counts", {}).items():
        table.add_row(what.capitalize(), number(count, 4), "")
    if "stated_energy_wh" in data:
        table.add_row(
            "Stated by its maker", show(data["stated_energy_wh"], "Wh", 5), f"this is {data['stated_difference']:+.2%}"
        )
    table.add_row("Devices", number(data["devices"]), "")
    return table


def _nodes(nodes: list[Json]) -> Table:
    table = _table("Node", "energy", "range", "mean", "peak")
    for node in nodes[:MOST_ROWS]:
        low, high = (show(node[key], "Wh", like=node["energy_wh"]) for key in ("energy_low_wh", "energy_high_wh"))
        energy = show(node["energy_wh"], "Wh", 4)
        table.add_row(node["node"], energy, f"{low} to {high}", show(node["mean_w"], "W"), show(node["peak_w"], "W"))
    if len(nodes) > MOST_ROWS:
        table.add_row(f"and {len(nodes) - MOST_ROWS} more", "", "", "", "")
    return table


def _quality(rows: list[Json]) -> RenderableType:
    if not rows:
        return Text("Quality: no fault found", style="green")
    table = _table("Quality", "count", "in window", "lasting", "what was done")
    for row in rows:
        lasting = show(row["seconds"], "s") if row["seconds"] else ""
        table.add_row(row["kind"], number(row["count"]), number(row["in_window"]), lasting, row["done"])
    return table
