"""A shared recording on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.meter.sharing.share import Idle, Shared

BASIS = {
    "given": "as given",
    "measured": "read while nothing ran",
    "catalog": "from the catalog, not measured",
    "lowest": "the lowest read: something ran all the time",
}


def render(shared: Shared) -> RenderableType:
    """A line for each claim, idle, what nobody can say, and the sum; then the devices."""
    total = shared.total_j
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, side in (("what ran", "left"), ("energy", "right"), ("share", "right"), ("devices", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for name, joules in shared.claims().items():
        on = sum(name in s.claims_j for s in shared.splits)
        table.add_row(name, _energy(joules), _part(joules, total), str(on))
    table.add_row("idle", _energy(shared.idle_j), _part(shared.idle_j, total), str(len(shared.splits)))
    if shared.unknown_j > 0:
        table.add_row("not known (no samples)", _energy(shared.unknown_j), _part(shared.unknown_j, total), "")
    table.add_row(Text("all", style="bold"), _energy(total), "100.0%" if total else "—", str(len(shared.splits)))
    devices = [
        Text(f"{s.device}: {_energy(s.total_j)} ± {100 * e:.1f}%, {_idle(i)}", style="dim")
        for s, i, e in zip(shared.splits, shared.idle, shared.errors, strict=True)
    ]
    notes = [Text(note, style="dim") for note in shared.notes]
    return Group(table, "", *devices, *notes)


def _energy(joules: float) -> str:
    return show(joules / 3600, "Wh")


def _part(joules: float, total: float) -> str:
    return f"{100 * joules / total:.1f}%" if total else "—"


def _idle(idle: Idle) -> str:
    if idle.basis == "unknown":
        return "idle not known: something ran all the time, and bears it all (--idle-w tells)"
    return f"idle {idle.power_w:.1f} W ({BASIS[idle.basis]})"
