"""Range plots, bars and strips: SVG in percent of its box, so that text stays text on any screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wattline.report.page.words import (
    STATION_NAMES,
    STATIONS,
    Span,
    amount,
    as_span,
    esc,
    figure,
    finite,
    mapping,
    objects,
    percent,
    range_text,
    sentence,
    span_text,
)
from wattline.report.words import Json

LOG_FROM = 20.0  # jobs further apart than this many times are drawn on a logarithmic axis


class Axis(NamedTuple):
    """Where a value lies, in percent of the width, and the ticks to print."""

    at: Callable[[float], float]
    ticks: list[float]
    log: bool


def axis(spans: Sequence[Span]) -> Axis:
    """A linear axis from zero, or a logarithmic one where the middles are more than 20-fold apart."""
    high = max(s.high for s in spans)
    middles = [s.mid for s in spans if s.mid > 0]
    if middles and max(middles) > LOG_FROM * min(middles):
        low = min(value for s in spans for value in s if value > min(middles) / 100)
        return _log_axis(low, high)
    high = high if high > 0 else 1.0
    step = _nice(high / 4)
    ticks = [i * step for i in range(int(high / step + 1e-9) + 1)]
    limit = max(high * 1.02, ticks[-1])
    return Axis(lambda value: 100 * min(max(value / limit, 0.0), 1.0), ticks, False)


def _log_axis(low: float, high: float) -> Axis:
    first, last = math.floor(math.log10(low / 1.1)), math.ceil(math.log10(high * 1.1))
    every = max(1, math.ceil((last - first) / 6))
    last += -(last - first) % every

    def at(value: float) -> float:
        place = (math.log10(value) - first) / (last - first) if value > 0 else 0.0
        return 100 * min(max(place, 0.0), 1.0)

    return Axis(at, [10.0**i for i in range(first, last + 1, every)], True)


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= step * (1 - 1e-9))


def _ticks(scale: Axis) -> str:
    last = len(scale.ticks) - 1
    cells = []
    for i, value in enumerate(scale.ticks):
        few = " few" if last > 2 and i % 2 else ""
        label = amount(value, "Wh").replace(".00 ", " ").replace(".0 ", " ") if value else "0"
        cells.append(f'<span class="tick{few}" style="left:{scale.at(value):.2f}%">{esc(label)}</span>')
    return f'<div class="axis" aria-hidden="true"><div class="ticks">{"".join(cells)}</div></div>'


def _track(value: Span, scale: Axis, station: str, title: str) -> str:
    low, mid, high = (scale.at(x) for x in value)
    grid = "".join(
        f'<line class="rule" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="100%"/>' for x in map(scale.at, scale.ticks)
    )
    whisker = "" if value.exact else f'<line class="range" x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>'
    dot = f'<circle cx="{mid:.2f}%" cy="50%" r="5"/>'
    head = f'<svg class="track s-{station}" role="img" aria-label="{esc(title)}">'
    return f"{head}<title>{esc(title)}</title>{grid}{whisker}{dot}</svg>"


def stations_of(job: Json) -> list[tuple[str, str, Span]]:
    """(station, label, energy) from the chip outwards; site and grid are one row where they are the same."""
    stations = mapping(job.get("stations"))
    rows = [
        (station, STATION_NAMES[station], energy)
        for station in STATIONS
        if (energy := as_span(mapping(stations.get(station)).get("energy_wh")))
    ]
    if len(rows) >= 2 and rows[-1][0] == "grid" and rows[-2][2] == rows[-1][2]:
        rows[-2:] = [("grid", "Whole site" if rows[-2][0] == "site" else "Grid", rows[-1][2])]
    return rows


def intervals(jobs: Sequence[tuple[str, Json]]) -> str:
    """The p5-p50-p95 of the energy at each station, per job, on one axis; "" where no job tells."""
    groups = [(name, stations_of(job)) for name, job in jobs]
    groups = [(name, rows) for name, rows in groups if rows]
    if not groups:
        return ""
    scale = axis([row[2] for _, rows in groups for row in rows])
    blocks = []
    for name, rows in groups:
        lines = []
        for station, label, energy in rows:
            words, extent = amount(energy.mid, "Wh"), range_text(energy, "Wh")
            title = f"{name}, {label.lower()}: {words} ({extent})"
            lines.append(
                f'<div class="iv-row"><span class="iv-name">{esc(label)}</span>'
                f"{_track(energy, scale, station, title)}"
                f'<span class="iv-value"><b>{esc(words)}</b> <small>{esc(extent)}</small></span></div>'
            )
        heading = f"<h4>{esc(name)}</h4>" if len(groups) > 1 else ""
        blocks.append(f'<div class="iv-group">{heading}{"".join(lines)}</div>')
    kind = "logarithmic axis: each step is a factor" if scale.log else "axis from zero"
    caption = (
        f"Energy at each station, from the chips outwards; each holds the one before it. "
        f"Dot: median. Line: 5th to 95th percentile ({kind})."
    )
    return f'<figure class="intervals">{"".join(blocks)}{_ticks(scale)}<figcaption>{esc(caption)}</figcaption></figure>'


def matters(items: object) -> str:
    """Bars of rank correlation, the strongest first, each with its fact's range; "" where there are none."""
    rows = [(r, item) for item in objects(items) if (r := finite(item.get("rank_correlation"))) is not None]
    if not rows:
        return ""
    rows.sort(key=lambda row: -abs(row[0]))
    both = any(r < 0 for r, _ in rows)
    lines = [_matter(r, item, both) for r, item in rows]
    ends = ("lowers the energy", "raises the energy") if both else ("0", "1")
    sides = "".join(f"<span>{end}</span>" for end in ends)
    caption = (
        "Rank correlation of each uncertain fact with the energy, over all draws: ±1 would settle the answer "
        "alone, 0 not at all. To the left: the higher the fact, the less energy. Below each name: its value "
        "and range."
    )
    return (
        f'<figure class="matters"><div class="sides" aria-hidden="true"><p>{sides}</p></div>'
        f"{''.join(lines)}<figcaption>{esc(caption)}</figcaption></figure>"
    )


def _matter(r: float, item: Json, both: bool) -> str:
    key = str(item.get("fact") or item.get("key") or "")
    name = sentence(item.get("name") or key)
    zero, size = (50.0, 50 * min(abs(r), 1.0)) if both else (0.0, 100 * min(abs(r), 1.0))
    left = zero - size if r < 0 else zero
    kind = "down" if r < 0 else "up"
    title = f"{name}: rank correlation {r:+.2f}"
    bar = (
        f'<svg class="bar {kind}" role="img" aria-label="{esc(title)}"><title>{esc(title)}</title>'
        f'<rect class="ground" x="0" y="0" width="100%" height="100%" rx="3"/>'
        f'<rect class="fill" x="{left:.2f}%" y="0" width="{size:.2f}%" height="100%" rx="2"/>'
        f'<line class="zero" x1="{zero}%" x2="{zero}%" y1="0" y2="100%"/></svg>'
    )
    code = f' <code title="{esc(key)}">{esc(key)}</code>' if key and key != name else ""
    words = f"<b>{esc(name)}</b><small>{esc(fact_range(item))}</small>{code}"
    value = f"{r:+.2f}".replace("-", "−")
    return f'<div class="m-row"><div class="m-name">{words}</div>{bar}<span class="m-value">{value}</span></div>'


def fact_range(fact: Json) -> str:
    """``700 W (650 – 750 W)``, or as much of it as the fact tells."""
    unit = str(fact.get("unit") or "")
    value, low, high = (finite(fact.get(key)) for key in ("value", "low", "high"))
    if value is not None and str(fact.get("key") or fact.get("fact") or "").endswith("year_of"):
        return f"{value:.0f}"
    if value is None:
        return ""
    text = figure(value, unit)
    if low is None or high is None or low == high:
        return text
    return f"{text} ({span_text(low, high, unit)})"


def strip(parts: Sequence[tuple[str, str, float]], label: str) -> str:
    """A bar of the whole, cut by (name, station, share).

    Parameters
    ----------
    parts : name, station of the line, and share of the whole (0 to 1) of each part
    label : what the bar shows, for readers of the screen

    Returns
    -------
    An inline SVG as wide as what it stands in.
    """
    cells, x = [], 0.0
    for name, station, share in parts:
        width = 100 * max(share, 0.0)
        title = esc(f"{name}: {percent(share)}")
        cells.append(
            f'<rect class="s-{station}" x="{x:.3f}%" y="0" width="{width:.3f}%" height="100%">'
            f"<title>{title}</title></rect>"
        )
        x += width
    words = ", ".join(f"{name} {percent(share)}" for name, _, share in parts)
    return f'<svg class="strip" role="img" aria-label="{esc(f"{label}: {words}")}">{"".join(cells)}</svg>'
