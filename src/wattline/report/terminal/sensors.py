"""`wattline sensors` on the screen: what measures, what is modelled, what is missing, why, and the mend."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import FoldedTable
from wattline.report.words import Json


def sensors_text(data: Json) -> RenderableType:
    """The whole answer, to print with Rich."""
    results = data["results"]
    blocks: list[RenderableType] = [_headline(results), ""]
    if results["sensors"]:
        blocks += [sensors_table(results["sensors"]), ""]
    if results["missing"]:
        blocks += [Text("Not there", style="bold"), _missing(results["missing"])]
    remarks = (f"note: {entry['source']} {entry['what']}: {entry['why']}" for entry in results["remarks"])
    return Group(*blocks, *(Text(remark, style="dim") for remark in remarks))


def sensors_table(rows: Sequence[Json]) -> Table:
    """The sensors with their power now."""
    grid = FoldedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    hosts = {row["host"] for row in rows}
    for name in ("source", *(("host",) if len(hosts) > 1 else ()), "kind", "device"):
        grid.add_column(name)
    grid.add_column("now", justify="right")
    for name in ("within", "reads"):
        grid.add_column(name)
    for row in rows:
        name = sensor_title(row, rows)
        cells = [row["source"], *((row["host"],) if len(hosts) > 1 else ()), row["kind"], name, *_power(row)]
        grid.add_row(*cells, _reads(row), style="yellow" if row["modelled"] else None)
    return grid


def sensor_title(row: Json, rows: Sequence[Json]) -> str:
    """The device's name; with its UUID where another of the host has the same name.

    Parameters
    ----------
    row : of the device
    rows : of all devices

    Returns
    -------
    The title.
    """
    alike = [other for other in rows if (other["host"], other["name"]) == (row["host"], row["name"])]
    if row["name"] and len(alike) == 1:
        return str(row["name"])
    return f"{row['name']} {row['uuid']}".strip()


def _headline(results: Json) -> Text:
    measured, modelled = results["measured"], len(results["sensors"]) - results["measured"]
    parts = []
    if measured:
        away = sum(row["host"] != results["host"] and not row["modelled"] for row in results["sensors"])
        parts.append(f"{measured} measured" + (f", {away} of them on other hosts" if away else ""))
    if modelled:
        parts.append(f"{modelled} modelled from utilisation, not measured")
    if not measured:
        parts.insert(0, "nothing measures power here" if modelled else "nothing gives power here")
    return Text(f"{results['host']}: {'; '.join(parts)}", style="bold")


def _power(row: Json) -> tuple[str, str]:
    if row["power_w"] is None:
        return "?", row["gone"]
    return show(row["power_w"], "W"), f"±{100 * row['error']:.0f}%"


def _reads(row: Json) -> str:
    parts = ["modelled: " + row["note"]] if row["modelled"] else []
    if row["has_counter"]:
        parts.append("counts joules")
    elif not row["modelled"]:
        parts.append(f"mean of {row['window_s']:g} s" if row["window_s"] else "watts")
    if row["period_s"] >= 1:
        parts.append(f"every {row['period_s']:g} s")
    if row["inside"]:
        parts.append(f"inside {row['inside'].partition('/')[2]}")
    return ", ".join(parts)


def _missing(entries: Sequence[Json]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for entry in entries:
        grid.add_row(
            Text(entry["source"], "cyan"), f"{entry['what']}: {entry['why']}" if entry["what"] else entry["why"]
        )
        if entry["mend"]:
            grid.add_row("", Text(f"mend: {entry['mend']}", "dim"))
    return grid
