"""An answer's or a run's JSON as HTML for a notebook's cell: the results, the line, the bill and what matters most.

Styles stand in the elements and take the notebook's own colours, so that it reads in a light one and a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from wattline.core.quantity import show, trim
from wattline.report.terminal.answer import BILL_TOTAL, RESULTS, TIME_NAMES, range_words
from wattline.report.words import Json

_RULE = "1px solid rgba(128,128,128,.35)"
_TABLE = (
    "border-collapse:collapse;margin:0 0 14px;color:inherit;background:transparent;font-variant-numeric:tabular-nums"
)
_CELL = "padding:2px 14px 2px 0;border:0;background:transparent;color:inherit;vertical-align:top"
_HEAD = f"{_CELL};border-bottom:{_RULE};font-weight:600;opacity:.75"
_NOTE = "margin:4px 0;padding-left:8px;border-left:3px solid #d08a1d;color:inherit"
_BAR_PX = 160


def notebook_html(data: Json) -> str:
    """A fragment of HTML of an answer that has a bill; every text of the answer in it is escaped."""
    results = data["results"]
    blocks = [f"<div style='font-weight:600;margin:0 0 8px'>{escape(str(results['title']))}</div>"]
    if "jobs" in results:
        blocks.append(_jobs(results["jobs"]))
    blocks += [_results(results, data["command"]), _line(results), _bill(results), _matters(results)]
    remarks = (*data["notes"], *data["warnings"])
    blocks += [f"<div style='{_NOTE}'>{escape(str(text))}</div>" for text in remarks]
    return f"<div style='color:inherit;line-height:1.4'>{''.join(blocks)}</div>"


def text_html(text: str) -> str:
    """Plain text as a fragment of HTML, for an answer without a bill."""
    return f"<pre style='color:inherit;background:transparent;line-height:1.35'>{escape(text)}</pre>"


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int], words: Sequence[int] = (0,)
) -> str:
    """A table; cells are HTML already, heads are text; columns ``right`` are numbers, only ``words`` may wrap."""
    sides = ["right" if i in right else "left" for i in range(len(heads))]
    styles = [f"text-align:{side}{'' if i in words else ';white-space:nowrap'}" for i, side in enumerate(sides)]
    head = "".join(
        f"<th style='{_HEAD};{style}'>{escape(name)}</th>" for name, style in zip(heads, styles, strict=True)
    )
    body = "".join(
        "<tr style='background:transparent'>"
        + "".join(f"<td style='{_CELL};{style}'>{cell}</td>" for cell, style in zip(row, styles, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _jobs(jobs: Sequence[Json]) -> str:
    rows = [
        [
            escape(str(job["name"])),
            escape(str(job["results"]["title"])),
            *map(escape, range_words(job["results"]["energy_wh"], "Wh")),
        ]
        for job in jobs
    ]
    return _table(["Job", "", "Energy", "p5 to p95"], rows, (2,), (0, 1))


def _results(results: Json, command: str) -> str:
    rows = []
    for name, (label, unit) in RESULTS.items():
        if name in results:
            shown = TIME_NAMES.get(command, label) if name == "duration_s" else label
            rows.append([escape(shown), *map(escape, range_words(results[name], unit))])
    return _table(["Result", "p50", "p5 to p95"], rows, (1,))


def _line(results: Json) -> str:
    rows = []
    for name, station in results["stations"].items():
        power = escape(range_words(station["mean_w"], "W")[0]) if "mean_w" in station else ""
        rows.append([escape(name), *map(escape, range_words(station["energy_wh"], "Wh")), power])
    return _table(["The line", "p50", "p5 to p95", "mean power"], rows, (1, 3))


def _bill(results: Json) -> str:
    most = max(part["share"] for part in results["parts"].values()) or 1.0
    rows = []
    for part in results["parts"].values():
        energy = escape(show(part["energy_mean_wh"], "Wh", like=results["energy_mean_wh"]))
        rows.append([escape(part["label"]), energy, f"{part['share']:.1%}", _bar(part["share"] / most)])
    total = escape(show(results["energy_mean_wh"], "Wh"))
    rows.append([f"<b>{BILL_TOTAL}</b>", f"<b>{total}</b>", "<b>100.0%</b>", ""])
    return _table(["The bill", "mean", "share", ""], rows, (1, 2))


def _matters(results: Json) -> str:
    rows = []
    for row in results.get("matters", []):
        r = row["rank_correlation"]
        extent = f"{trim(row['low'])} to {trim(row['high'])} {row['unit']}".strip()
        colour = "#c9772b" if r > 0 else "#3b86c6"
        rows.append([escape(row["name"]), f"{r:+.2f}", _bar(abs(r), colour), escape(extent)])
    return _table(["What matters most", "rank correlation", "", "range of the fact"], rows, (1,)) if rows else ""


def _bar(share: float, colour: str = "#2a9d74") -> str:
    """A bar whose colour stands out from a light and from a dark ground."""
    width = max(round(_BAR_PX * share), 1 if share > 0 else 0)
    style = f"display:inline-block;height:.7em;width:{width}px;background:{colour};border-radius:2px"
    return f"<span style='{style}'></span>"
