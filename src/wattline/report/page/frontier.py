"""The page of a frontier: the points by energy and latency, and where the saving comes from, before the best set-up's
own service page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from wattline.core.quantity import number, show
from wattline.report.page.frame import results_of
from wattline.report.page.plot import Ground, drawn, legend, svg_text
from wattline.report.page.service import service_page
from wattline.report.terminal.frontier import saved_words, slo_words, spaced_points, usd_words
from wattline.report.words import Json

WIDE, NARROW = Ground(960, 400, 62, 18, 26, 54), Ground(390, 380, 50, 14, 26, 54, narrow=True)
COLOURS = ("var(--chip)", "var(--site)", "var(--server)", "var(--grid)", "var(--work)")
PART_NAMES = {
    "chip_idle": "chips, idle",
    "prefill": "prefill",
    "decode": "decode",
    "host": "hosts",
    "network": "network",
    "overhead": "site overhead",
}
PART_COLOURS = {
    "chip_idle": "#b8b8b8",
    "prefill": "#e08a1e",
    "decode": "#2f7fc1",
    "host": "#8e6bbf",
    "network": "#7f8c8d",
    "overhead": "#3b9a7d",
}


def frontier_page(data: Json) -> str:
    """One self-contained HTML page."""
    results = results_of(data)
    first = [
        ("best", "Least energy", _best(results, data["inputs"])),
        ("frontier", "Energy, latency and cost", _scatter(results) + _table(results)),
        ("why", "Where the saving comes from", _walk(results)),
    ]
    return service_page({**data, **results["answer"]}, first)


def _best(results: Json, inputs: Json) -> str:
    best = results["best"]
    facts = (
        f"{show(best['central_wh_per_request'], 'Wh')} a request, {number(best['central_j_per_output_token'])} J "
        f"an output token, {best['chips']} chip{'' if best['chips'] == 1 else 's'}. It keeps "
        f"{slo_words(inputs)}; {saved_words(results)}."
    )
    default = results["default"]
    default_words = ""
    if default is not None:
        default_words = (
            f"<p>The default: {escape(default['setup']['label'])}, with the fewest replicas that keep the target: "
            f"{show(default['central_wh_per_request'], 'Wh')} a request.</p>"
        )
    return (
        f'<p class="story"><strong>{escape(best["setup"]["label"])}</strong></p><p>{escape(facts)}</p>{default_words}'
        f'<p class="note">{escape(results["search"]["guarantee"].capitalize())}.</p>'
    )


def _scatter(results: Json) -> str:
    """Energy across, strain up, both logarithmic; a dot's size is the cost, its colour the chip."""
    points = results["points"]
    defaults = [results["default"]] if results["default"] is not None else []
    energy = np.array([p["central_wh_per_request"] for p in points + defaults])
    strains = np.array([p["strain"] for p in points + defaults])
    chips = list(dict.fromkeys(p["setup"]["chip"] for p in points + defaults))
    colour = {chip: COLOURS[i % len(COLOURS)] for i, chip in enumerate(chips)}
    dearest = max((p["cost_usd_per_request"] or 0.0) for p in points + defaults) or 1.0

    def draw(ground: Ground) -> str:
        across, up = _scale(energy, ground.across), _scale(np.append(strains, 1.0), ground.up)
        marks = [_dot(p, across, up, colour[p["setup"]["chip"]], dearest) for p in reversed(points)]
        for p in defaults:
            x, y = across(p["central_wh_per_request"]), up(p["strain"])
            cross = f"M{x - 6:.1f} {y - 6:.1f}l12 12m0 -12l-12 12"
            marks.append(f'<path d="{cross}" stroke="currentColor" stroke-width="2"/>' + svg_text(x, y - 10, "default"))
        x, y = across(points[0]["central_wh_per_request"]), up(points[0]["strain"])
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="12" fill="none" stroke="currentColor" stroke-width="1.5"/>')
        return _axes(ground, energy, np.append(strains, 1.0), across, up) + "".join(marks)

    note = (
        "Each dot is a set-up that no other simulated one beats in energy, latency and cost together; the ring is the "
        "one of least energy, the cross the default. Strain: the larger of the latencies over their targets that the "
        "share of requests keeps within; below 1 the target is kept. A larger dot costs more."
    )
    key = legend((chip, colour[chip], "") for chip in chips)
    return f"<figure>{drawn('Frontier', draw, WIDE, NARROW)}{key}<figcaption>{note}</figcaption></figure>"


def _dot(point: Json, across: Any, up: Any, colour: str, dearest: float) -> str:
    radius = 3 + 6 * ((point["cost_usd_per_request"] or 0.0) / dearest) ** 0.5
    title = f"{point['setup']['label']}: {show(point['central_wh_per_request'], 'Wh')}, strain {point['strain']:.2f}"
    return (
        f'<circle cx="{across(point["central_wh_per_request"]):.1f}" cy="{up(point["strain"]):.1f}" r="{radius:.1f}" '
        f'fill="{colour}" fill-opacity=".55"><title>{escape(title)}</title></circle>'
    )


def _scale(values: Any, place: Callable[[float], float]) -> Any:
    """A logarithmic axis that holds the values with a little room; ``place`` makes a share of it an x or a y."""
    low, high = float(np.min(values)) / 1.12, float(np.max(values)) * 1.12
    span = np.log(high / low)
    return lambda value: place(float(np.log(value / low) / span))


def _axes(ground: Ground, energy: Any, strains: Any, across: Any, up: Any) -> str:
    end = ground.width - ground.right
    lines = [
        f'<line class="level{" limit" if y == 1.0 else ""}" x1="{ground.left}" x2="{end}" y1="{up(y):.1f}" '
        f'y2="{up(y):.1f}"/>' + svg_text(ground.left - 8, up(y) + 4, f"{y:g}", "end")
        for y in _ticks(strains)
    ]
    ticks = _ticks(energy)
    room = 70 / (end - ground.left) * len(ticks)  # of a label, beside the width for all
    ticks = ticks[:: max(1, int(np.ceil(room)))]
    marks = [svg_text(across(x), ground.height - 32, show(x, "Wh", like=float(np.min(energy)))) for x in ticks]
    below = svg_text((ground.left + ground.width) / 2, ground.height - 10, "energy a request")
    return "".join(lines + marks) + below + svg_text(6, 14, "strain", "start")


def _ticks(values: Any) -> list[float]:
    """Round values within the range, from 1 to 7; the ends where there are fewer than two."""
    low, high = float(np.min(values)) / 1.05, float(np.max(values)) * 1.05
    first = int(np.floor(np.log10(low)))
    ticks = [m * 10.0**e for e in range(first, first + 8) for m in (1, 1.5, 2, 3, 5, 7) if low <= m * 10.0**e <= high]
    return ticks if len(ticks) >= 2 else [float(f"{float(np.min(values)):.2g}"), float(f"{float(np.max(values)):.2g}")]


def _table(results: Json) -> str:
    rows = "".join(
        f"<tr><td>{escape(p['setup']['label'])}</td><td>{show(p['central_wh_per_request'], 'Wh')}</td>"
        f"<td>{'-' if p['request_ttft_s'] is None else show(p['request_ttft_s']['p99'], 's')}</td>"
        f"<td>{'-' if p['request_tpot_s'] is None else show(p['request_tpot_s']['p99'], 's')}</td>"
        f"<td>{usd_words(p['cost_usd_per_request'])}</td></tr>"
        for p in spaced_points(results["points"])
    )
    head = "".join(f"<th>{name}</th>" for name in ("set-up", "energy", "TTFT p99", "TPOT p99", "1M requests"))
    return f'<div style="overflow-x:auto"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _walk(results: Json) -> str:
    """Bars of a request's energy by part: the default, each change after it, the best."""
    if results["default"] is None or not results["changes"]:
        return ""
    parts = dict(results["default"]["parts_wh_per_request"])
    rows = [("default", dict(parts))]
    for step in results["changes"]:
        parts = {name: parts[name] - step["saved_by_part_wh_per_request"].get(name, 0.0) for name in parts}
        rows.append((f"{step['change']}: {step['to']}", dict(parts)))
    most = max(sum(row.values()) for _, row in rows)

    def draw(ground: Ground) -> str:
        inside = []
        for i, (name, row) in enumerate(rows):
            y, x = 20 + 46 * i, 0.0
            total = show(sum(row.values()), "Wh", like=most)
            inside.append(svg_text(0, y - 6, name, "start") + svg_text(ground.width, y - 6, total, "end"))
            for part, colour in PART_COLOURS.items():
                width = ground.width * max(row.get(part, 0.0), 0.0) / most
                inside.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{colour}"/>')
                x += width
        return "".join(inside)

    key = legend((PART_NAMES[part], colour, "") for part, colour in PART_COLOURS.items())
    grounds = (Ground(width, 46 * len(rows) + 4, 0, 0) for width in (960, 390))
    note = "Energy of a request, each time with the fewest replicas that keep the target."
    bars = drawn("Energy of a request by part, change by change", draw, *grounds)
    return f"<figure>{bars}{key}<figcaption>{note}</figcaption></figure>"
