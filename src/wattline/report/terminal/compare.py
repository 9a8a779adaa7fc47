"""A comparison's JSON on the screen: measured beside predicted, the causes, the parts."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.report.terminal.answer import range_words, remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json

COMPARED = {
    "energy_wh": ("Energy at the meters", "Wh"),
    "duration_s": ("Time", "s"),
    "mean_w": ("Mean power", "W"),
    "w_per_chip": ("Power per chip", "W"),
    "mfu": ("MFU", ""),
    "joules_per_token": ("Energy per token", "J"),
    "joules_per_query": ("Energy per query", "J"),
}


def comparison_text(data: Json) -> RenderableType:
    """A comparison, to print with Rich."""
    results = data["results"]
    measurement = results["measurement"]
    metered = ", ".join(count_words(role, count) for role, count in measurement["devices"].items())
    source, window = measurement["source"] or "a recording", measurement["window"]
    return Group(
        Text(f"Predicted: {results['title']}", style="bold"),
        Text(f"Measured:  {source}, window {window}, {metered}", style="bold"),
        _compared(results),
        "",
        _causes(results),
        "",
        _parts(results),
        *remarks(data),
    )


def _table(*columns: str) -> Table:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        left = i == 0 or "to" in name.split() or name.strip() == ""
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    return table


def _compared(results: Json) -> Table:
    table = _table("", "measured", "predicted", "p5 to p95", "measured / predicted", " ")
    for name, (label, unit) in COMPARED.items():
        if name not in results["compared"]:
            continue
        row = results["compared"][name]
        measured = show(row["measured"]["p50"], unit, like=row["predicted"]["p50"])
        ratio = "" if row["ratio"] is None else number(row["ratio"])
        table.add_row(label, measured, *range_words(row["predicted"], unit), ratio, _verdict(row))
    if results["pue"]["predicted"] is not None:
        table.add_row("PUE", "not measured", *range_words(results["pue"]["predicted"], ""), "", "")
    return table


def _verdict(row: Json) -> str:
    """Whether the measured lies within p5 to p95; nothing where the prediction has no range."""
    if row["in_range"] is None:
        return ""
    if row["in_range"]:
        return "inside"
    return "below" if row["measured"]["p50"] < row["predicted"]["p5"] else "above"


def _causes(results: Json) -> Table:
    table = _table("Why they differ", "times", "adds, mean", "p5 to p95")
    like = results["compared"]["energy_wh"]["measured"]["p50"]
    for cause in (*results["causes"], results["together"]):
        low, high = (_signed(cause["adds_wh"][p], like) for p in ("p5", "p95"))
        spread = "" if cause["adds_wh"]["p5"] == cause["adds_wh"]["p95"] else f"{low} to {high}"
        name = cause["name"][:1].upper() + cause["name"][1:]
        style = "bold" if cause is results["together"] else ""
        table.add_row(name, f"{cause['ratio']:.3f}", _signed(cause["adds_mean_wh"], like), spread, style=style)
    return table


def _signed(wh: float, like: float) -> str:
    return ("+" if wh >= 0 else "-") + show(abs(wh), "Wh", like=like)


def _parts(results: Json) -> Table:
    table = _table("Part by part", "measured", "predicted, mean", "difference")
    like = sum(part["predicted_mean_wh"] for part in results["parts"])
    for part in results["parts"]:
        name = part["name"][:1].upper() + part["name"][1:]
        predicted = show(part["predicted_mean_wh"], "Wh", like=like)
        if part["measured_mean_wh"] is None:
            table.add_row(name, "not measured", predicted, "")
            continue
        difference = part["measured_mean_wh"] / part["predicted_mean_wh"] - 1 if part["predicted_mean_wh"] else None
        shown = "" if difference is None else f"{difference:+.1%}"
        table.add_row(name, show(part["measured_mean_wh"], "Wh", like=like), predicted, shown)
    return table
