"""A shared recording on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

BASIS = {
    "given": "as given",
    "measured": "read while nothing ran",
    "catalog": "from the catalog, not measured",
    "lowest": "the lowest read: something ran all the time",
}


def share_text(data: Json) -> RenderableType:
    """A line for each claim, idle, what nobody can say, and the sum; then the devices."""
    results = data["results"]
    total, devices = results["energy_wh"]["value"], results["devices"]
    table = plain_table("what ran", "energy", "share", "devices")
    for claim in results["claims"]:
        energy = claim["energy_wh"]
        table.add_row(claim["name"], _energy(energy), _part(energy, total), str(len(claim["devices_wh"])))
    idle, unknown = results["idle_wh"], results["unknown_wh"]
    table.add_row("idle", _energy(idle), _part(idle, total), str(len(devices)))
    if unknown > 0:
        table.add_row("not known (no samples)", _energy(unknown), _part(unknown, total), "")
    table.add_row(Text("all", style="bold"), _energy(total), "100.0%" if total else "—", str(len(devices)))
    lines = [Text(_device(device), style="dim") for device in devices]
    notes = [Text(note, style="dim") for note in (*data["notes"], *data["warnings"])]
    return Group(table, "", *lines, *notes)


def _device(device: Json) -> str:
    energy = device["energy_wh"]
    error = (energy["high"] - energy["value"]) / energy["value"] if energy["value"] > 0 else 0.0
    return f"{device['device']}: {_energy(energy['value'])} ± {100 * error:.1f}%, {_idle(device)}"


def _energy(energy_wh: float) -> str:
    return show(energy_wh, "Wh")


def _part(energy_wh: float, total_wh: float) -> str:
    return f"{100 * energy_wh / total_wh:.1f}%" if total_wh else "—"


def _idle(device: Json) -> str:
    if device["idle_basis"] == "unknown":
        return "idle not known: something ran all the time, and gets all of it (--idle-w sets it)"
    return f"idle {device['idle_w']:.1f} W ({BASIS[device['idle_basis']]})"
