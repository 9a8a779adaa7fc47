"""What a fleet took in, and what it used, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.core.units import HOUR_S
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

MAX_ROWS = 40


def fleet_text(data: Json) -> RenderableType:
    """``fleet ingest`` or ``fleet report``, to print with Rich."""
    return _ingest(data) if data["command"] == "fleet ingest" else _report(data)


def _ingest(data: Json) -> RenderableType:
    results = data["results"]
    known = results["files_known_before"]
    rate = results["readings_per_s"]
    files = count_words("files", results["files_given"] - known)
    lines = [
        f"{count_words('readings', results['readings'])} of {files} taken in"
        + (f", {count_words('files', known)} known already" if known else ""),
        f"{count_words('partitions', results['partitions'])} summed, {results['interval_s']} s an interval; "
        f"{count_words('devices', results['devices'])} in all",
    ]
    if results["readings"] and rate:
        took = results["staging_s"] + results["summing_s"]
        lines.append(f"{show(took, 's')}: {number(rate)} readings/s")
    return Group(Text(lines[0], style="bold"), *map(Text, lines[1:]), *remarks(data))


def _report(data: Json) -> RenderableType:
    results = data["results"]
    energy = results["energy_wh"]
    low, high = (show(energy[end], "Wh", like=energy["value"]) for end in ("low", "high"))
    parts: list[RenderableType] = [
        Text(f"{show(energy['value'], 'Wh')} ({low} to {high})", style="bold"),
        Text(f"{count_words('devices', results['devices'])}, {results['begin']} to {results['end']}", style="dim"),
    ]
    if results["rows"]:
        parts += ["", _rows(results, data["inputs"]["by"])]
        if len(results["rows"]) > MAX_ROWS:
            parts.append(Text(f"and {number(len(results['rows']) - MAX_ROWS)} more: --json has all", style="dim"))
    if results["idle"] is not None:
        parts += ["", *_idle(results["idle"])]
    if results["caps"]:
        parts += ["", _caps(results["caps"])]
    return Group(*parts, *remarks(data))


def _rows(results: Json, by: list[str]) -> RenderableType:
    table = plain_table(*by, "energy", "share", "device-hours")
    total = results["energy_wh"]["value"]
    for row in results["rows"][:MAX_ROWS]:
        energy = row["energy_wh"]["value"]
        share = f"{100 * energy / total:.1f}%" if total else "—"
        keys = ("(none)" if row["keys"][name] is None else row["keys"][name] for name in by)
        table.add_row(*keys, show(energy, "Wh"), share, number(row["device_s"] / HOUR_S))
    return table


def _idle(idle: Json) -> list[Text]:
    lines = []
    if idle["unallocated_wh"] is not None:
        hours = number(idle["unallocated_s"] / HOUR_S)
        lines.append(Text(f"No job held the device: {show(idle['unallocated_wh'], 'Wh')} in {hours} device-hours"))
    words = "At idle power" if idle["unallocated_wh"] is None else "At idle power while a job held the device"
    lines.append(
        Text(f"{words}: {show(idle['at_idle_wh'], 'Wh')} in {number(idle['at_idle_s'] / HOUR_S)} device-hours")
    )
    lines.append(Text(f"Idle in all: {100 * idle['idle_share']:.1f}% of the energy"))
    return lines


def _caps(caps: list[Json]) -> RenderableType:
    table = plain_table("chip", "limit", "devices", "saved", "of it", "longer by")
    for row in caps:
        saved = f"{100 * row['saved_share']['p50']:.1f}%"
        table.add_row(
            row["chip"], show(row["cap_w"], "W"), number(row["devices"]), show(row["saved_wh"]["p50"], "Wh"), saved,
            f"{100 * row['longer_share']['p50']:.1f}%",
        )  # fmt: skip
    return table
