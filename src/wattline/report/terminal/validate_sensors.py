"""A check of sensors on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.validate.sensors import Checked, Sensors, score

HEADS = ("field", "window", "seconds", "meter J", "as read", "corrected", "stated", "")


def render(result: Sensors) -> RenderableType:
    """A table a recording, then stuck sensors and what was not used."""
    blocks: list[RenderableType] = []
    for checked in result.checked:
        blocks += [_head(checked), _table(checked), *_below(checked), ""]
    for s in result.stuck:
        warm = f" while the card's temperature moved {s.warmed_c:.0f} °C" if s.warmed_c else ""
        said = f"stuck: {s.path}: {s.field} held {s.power_w:g} W for {s.seconds:.0f} s, {s.readings:,} readings{warm}"
        blocks.append(Text(said, style="bold"))
    blocks += [Text(f"not used: {u.file}: {u.why}", style="dim") for u in result.found.unusable]
    if not result.checked and not result.stuck:
        blocks.append(Text(f"{len(result.found.logs)} logs, no hardware meter beside them, no sensor stuck"))
    return Group(*blocks)


def _head(checked: Checked) -> Text:
    pair = checked.pair
    ahead = f", nvidia-smi's clock {pair.ahead_s / 3600:+g} h" if pair.ahead_s else ""
    known = checked.json()["generation"] or "card not known"
    return Text(f"{pair.name} ({known}{ahead})", style="bold")


def _table(checked: Checked) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(HEADS):
        table.add_column(name, justify="left" if i in (0, 1, 7) else "right")
    for field, windows in checked.fields.items():
        for i, w in enumerate(windows):
            table.add_row(
                (field + (" *" if field == checked.best else "")) if i == 0 else "",
                w.name,
                f"{w.end_s - w.begin_s:.2f}",
                f"{w.true_j:,.1f}",
                f"{100 * w.raw_error:+.1f}%",
                f"{100 * w.error:+.1f}%",
                f"±{100 * w.stated:.1f}%",
                "inside" if w.inside else "OUTSIDE",
            )
    return table


def _below(checked: Checked) -> list[Text]:
    lines = []
    for field, windows in checked.sliding.items():
        s = score(windows)
        if s["n"]:
            lines.append(
                f"{field}: {s['inside']} of {s['n']} windows of 2 s inside, stated ±{100 * s['median_stated']:.1f}% "
                f"(median), off {100 * s['worst_raw_error']:+.0f}% at worst as read, "
                f"{100 * s['worst_error']:+.1f}% corrected"
            )
        lines += [f"{field}: {note}" for note in checked.notes[field]]
    return [Text(line, style="dim") for line in lines]
