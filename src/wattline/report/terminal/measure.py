"""A measured window on the screen: its energy with its range, by device, and what was wrong in its readings."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.quantity import show
from wattline.core.units import J_PER_WH
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json


def measure_text(data: Json) -> RenderableType:
    """One window, to print with Rich."""
    results = data["results"]
    lasted, energy = show(results["duration_s"], "s"), results["energy_wh"]
    head = f"{data['inputs']['name']}: "
    if energy is None:
        return Group(Text(f"{head}energy unknown, {lasted}", style="bold"), *remarks(data))
    middle, low, high = (_joules(energy, end, energy["value"]) for end in ("value", "low", "high"))
    basis = "modelled, not measured" if results["basis"] == "modelled" else "measured"
    blocks: list[RenderableType] = [Text(f"{head}{middle} ({low} to {high}), {lasted}, {basis}", style="bold")]
    if len(results["devices"]) > 1:
        table = plain_table("device", "energy", "peak", "source", left=("device", "source"))
        for device in results["devices"]:
            power = show(device["peak_w"], "W")
            table.add_row(device["name"], _joules(device["energy_wh"], "value"), power, device["source"])
        blocks += ["", table]
    for fault in results["faults"]:
        times = f"{fault['count']} × " if fault["count"] > 1 else ""
        blocks.append(Text(f"{times}{fault['kind']} {fault['device']}: {fault['done']}", style="dim"))
    return Group(*blocks, *remarks(data))


def _joules(energy_wh: Json, end: str, like_wh: float | None = None) -> str:
    like = None if like_wh is None else like_wh * J_PER_WH
    return show(energy_wh[end] * J_PER_WH, "J", like=like)
