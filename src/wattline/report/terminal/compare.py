"""A comparison's JSON on the screen: measured beside predicted, the causes, the parts."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.reconcile.metered import counted
from wattline.report.terminal.answer import span

Json = dict[str, Any]
RESULTS = {
    "energy_wh": ("Energy at the meters", "Wh"),
    "duration_s": ("Time", "s"),
    "mean_w": ("Mean power", "W"),
    "w_per_chip": ("Power per chip", "W"),
    "mfu": ("MFU", ""),
    "joules_per_token": ("Energy per token", "J"),
    "joules_per_query": ("Energy per query", "J"),
}


def render(data: Json) -> RenderableType:
    """A comparison, to print with Rich."""
    metered = ", ".join(counted(role, count) for role, count in data["measurement"]["counts"].items())
    source, window = data["measurement"]["source"] or "a recording", data["measurement"]["window"]
    return Group(
        Text(f"Predicted: {data['title']}", style="bold"),
        Text(f"Measured:  {source}, window {window}, {metered}", style="bold"),
        _results(data),
        "",
        _causes(data),
        "",
        _parts(data),
        *(Text(f"note: {warning}", style="yellow") for warning in data["warnings"]),
    )


def as_text(data: Json, width: int = 100) -> str:
    """The same as plain text."""
    console = Console(width=width, no_color=True, file=io.StringIO())
    console.print(render(data))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())  # type: ignore[attr-defined]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        left = i == 0 or "to" in name.split() or name.strip() == ""
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    return table


def _results(data: Json) -> Table:
    table = _table("", "measured", "predicted", "p5 to p95", "measured / predicted", " ")
    for name, (label, unit) in RESULTS.items():
        if name not in data["results"]:
            continue
        row = data["results"][name]
        measured = show(row["measured"]["p50"], unit, like=row["predicted"]["p50"])
        ratio = "" if row["ratio"] is None else number(row["ratio"])
        table.add_row(label, measured, *span(row["predicted"], unit), ratio, _verdict(row))
    if data["pue"]["predicted"] is not None:
        table.add_row("PUE", "not measured", *span(data["pue"]["predicted"], ""), "", "")
    return table


def _verdict(row: Json) -> str:
    """Whether the measured lies within p5 to p95; nothing where the prediction has no range."""
    if row["inside"] is None:
        return ""
    if row["inside"]:
        return "inside"
    return "below" if row["measured"]["p50"] < row["predicted"]["p5"] else "above"


def _causes(data: Json) -> Table:
    table = _table("Why they differ", "times", "adds, mean", "p5 to p95")
    like = data["results"]["energy_wh"]["measured"]["p50"]
    for cause in (*data["causes"], data["together"]):
        low, high = (_signed(cause["adds_wh"][p], like) for p in ("p5", "p95"))
        spread = "" if cause["adds_wh"]["p5"] == cause["adds_wh"]["p95"] else f"{low} to {high}"
        name = cause["name"][:1].upper() + cause["name"][1:]
        style = "bold" if cause is data["together"] else ""
        table.add_row(name, f"{cause['ratio']:.3f}", _signed(cause["adds_mean_wh"], like), spread, style=style)
    return table


def _signed(wh: float, like: float) -> str:
    return ("+" if wh >= 0 else "-") + show(abs(wh), "Wh", like=like)


def _parts(data: Json) -> Table:
    table = _table("Part by part", "measured", "predicted, mean", "difference")
    like = sum(part["predicted_mean_wh"] for part in data["parts"])
    for part in data["parts"]:
        name = part["name"][:1].upper() + part["name"][1:]
        predicted = show(part["predicted_mean_wh"], "Wh", like=like)
        if part["measured_mean_wh"] is None:
            table.add_row(name, "not measured", predicted, "")
            continue
        difference = part["measured_mean_wh"] / part["predicted_mean_wh"] - 1 if part["predicted_mean_wh"] else None
        shown = "" if difference is None else f"{difference:+.1%}"
        table.add_row(name, show(part["measured_mean_wh"], "Wh", like=like), predicted, shown)
    return table
