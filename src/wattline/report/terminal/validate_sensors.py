"""A check of sensors on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.units import HOUR_S
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

HEADS = ("field", "window", "seconds", "meter J", "as read", "corrected", "stated", "")


def sensors_validation_text(data: Json) -> RenderableType:
    """A table a recording, then stuck sensors and what was not used."""
    results = data["results"]
    blocks: list[RenderableType] = []
    if left_out := data["inputs"]["left_out"]:
        blocks += [Text(f"Of each recording's {left_out} nothing is known here but what others tell."), ""]
    for recording in results["recordings"]:
        blocks += [_head(recording), _table(recording), *_below(recording), ""]
    if results["cards"]:
        blocks += [_cards(results["cards"]), ""]
    for s in results["stuck"]:
        warm = f" while the card's temperature moved {s['warmed_c']:.0f} °C" if s["warmed_c"] else ""
        reading_words = f"{s['field']} held {s['power_w']:g} W for {s['stuck_s']:.0f} s, {s['readings']:,} readings"
        blocks.append(Text(f"stuck: {s['path']}: {reading_words}{warm}", style="bold"))
    blocks += [Text(f"not used: {entry['file']}: {entry['why']}", style="dim") for entry in results["unusable"]]
    if not results["recordings"] and not results["stuck"]:
        blocks.append(Text(f"{results['logs']} logs, no hardware meter beside them, no sensor stuck"))
    return Group(*blocks)


def _head(recording: Json) -> Text:
    ahead_s = recording["clock_ahead_s"]
    ahead = f", nvidia-smi's clock {ahead_s / HOUR_S:+g} h" if ahead_s else ""
    known = recording["generation"] or "card not known"
    return Text(f"{recording['recording']} ({known}{ahead})", style="bold")


def _table(recording: Json) -> Table:
    table = plain_table(*HEADS, left=("field", "window", ""))
    for field, checked in recording["fields"].items():
        for i, w in enumerate(checked["windows"]):
            table.add_row(
                (field + (" *" if field == recording["best_field"] else "")) if i == 0 else "",
                w["name"],
                f"{w['end_s'] - w['begin_s']:.2f}",
                f"{w['true_j']:,.1f}",
                f"{w['raw_error_percent']:+.1f}%",
                f"{w['corrected_error_percent']:+.1f}%",
                f"±{w['stated_error_percent']:.1f}%",
                "inside" if w["in_range"] else "OUTSIDE",
            )
    return table


def _cards(cards: list[Json]) -> Table:
    """What the correction does to each card, by the field that Wattline goes by: the median error and the worst."""
    table = plain_table("card", "windows", "as read", "worst", "corrected", "worst", "worse", left=("card", "windows"))
    for card in cards:
        for name in ("windows", "sliding"):
            s = card[name]
            if s["n"]:
                table.add_row(
                    card["gpu"] if name == "windows" else "",
                    str(s["n"]) if name == "windows" else f"{s['n']} of 2 s",
                    f"{s['median_raw_error_percent']:.1f}%",
                    f"{s['worst_raw_error_percent']:+.1f}%",
                    f"{s['median_corrected_error_percent']:.1f}%",
                    f"{s['worst_corrected_error_percent']:+.1f}%",
                    str(s["worse"]),
                )
    return table


def _below(recording: Json) -> list[Text]:
    lines = []
    for field, checked in recording["fields"].items():
        s = checked["sliding"]
        if s["n"]:
            lines.append(
                f"{field}: {s['windows_in_range']} of {s['n']} windows of 2 s inside, stated "
                f"±{s['median_stated_error_percent']:.1f}% (median), off {s['worst_raw_error_percent']:+.0f}% at worst "
                f"as read, {s['worst_corrected_error_percent']:+.1f}% corrected"
            )
        if worse := s["worse"] + sum(_worse(w) for w in checked["windows"]):
            lie = "window lies" if worse == 1 else "windows lie"
            lines.append(f"{field}: {worse} {lie} farther off as corrected than as read")
        lines += [f"{field}: {note}" for note in checked["notes"]]
    return [Text(line, style="dim") for line in lines]


def _worse(window: Json) -> bool:
    """Whether the correction moved a window's energy farther off, by 0.5% or more."""
    errors = (abs(window[f"{name}_error_percent"]) for name in ("corrected", "raw"))
    corrected, raw = errors
    return bool(corrected > raw + 0.5)
