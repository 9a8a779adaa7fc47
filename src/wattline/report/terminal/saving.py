"""A saving's JSON on the screen: the verdict, then both recordings side by side."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json


def saving_text(data: Json) -> RenderableType:
    """A saving, to print with Rich."""
    results = data["results"]
    verdict = results["verdict"]
    return Group(
        Text(verdict[:1].upper() + verdict[1:], style="bold"),
        Text(f"{results['method']}; p = {results['p_value']:.2g}", style="dim"),
        *_predicted(results),
        *_adjusted(results),
        "",
        _sides(data),
        *remarks(data),
    )


def _predicted(results: Json) -> list[Text]:
    if results["predicted_share"] is None:
        return []
    where = "inside" if results["predicted_inside"] else "outside"
    return [Text(f"Predicted: {100 * results['predicted_share']:.1f}%, {where} the interval")]


def _adjusted(results: Json) -> list[Text]:
    """What differed beside the change, and what a step of it does."""
    out = []
    for name, key, unit, step in (("temperature", "air", "c", "1 °C"), ("load", "load", "per_s", "1%")):
        if (adjustment := results[f"{name}_adjustment"]) is not None:
            what = "°C" if unit == "c" else f"{results['per']}s/s"
            first, second = (number(adjustment[f"{key}_{when}_{unit}"]) for when in ("before", "after"))
            effect = {end: f"{100 * value:+.2g}%" for end, value in adjustment["effect_share"].items()}
            out.append(
                Text(
                    f"At one {name}: {first} {what} before, {second} after; {step} more takes {effect['value']} "
                    f"({effect['low']} to {effect['high']})"
                )
            )
    return out


def _sides(data: Json) -> FittedTable:
    results = data["results"]
    before, after = results["before"], results["after"]
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, left in (("", True), ("before", False), ("after", False)):
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    like = before["energy_wh"]["value"]
    rows = [
        ("Energy", *(show(side["energy_wh"]["value"], "Wh", like=like) for side in (before, after))),
        ("Time", *(show(side["duration_s"], "s") for side in (before, after))),
        ("Mean power", *(show(side["mean_w"], "W") for side in (before, after))),
    ]
    if before["work"] is not None:
        rows += [
            ("Work", *(number(side["work"]) for side in (before, after))),
            (f"Energy per {results['per']}", *(show(side["joules_per_work"], "J") for side in (before, after))),
        ]
    rows.append(("Blocks", *(str(side["blocks"]) for side in (before, after))))
    for row in rows:
        table.add_row(*row)
    saved = results["saved_wh"]
    table.add_row("Saved", "", " to ".join(show(saved[end], "Wh", like=like) for end in ("low", "high")), style="bold")
    return table
