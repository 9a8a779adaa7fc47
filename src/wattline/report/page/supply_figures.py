"""Figures of a supply: dispatch of a week, duration curves, sizes and costs, carbon-free hours, the frontier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np

from wattline.core.fact import Array
from wattline.core.quantity import number, show, trim
from wattline.core.units import HOUR_S
from wattline.report.page.heat import MONTHS, heat_figure
from wattline.report.page.plot import Ground, drawn, legend, round_places, svg_text
from wattline.report.page.words import esc
from wattline.report.words import Json

MW = 1e6
WIDE, NARROW = Ground(960, 320, 78, 8), Ground(390, 280, 62, 4, narrow=True)
# what delivers, from the bottom up, with the colour of its part
SUPPLIED = ("generation", "discharge", "import", "unserved")
TAKEN = ("charge", "export")
COLOURS = {
    "wind": "var(--p7)", "offshore-wind": "var(--m0)", "solar": "var(--p6)", "nuclear": "var(--p9)", "smr": "var(--p9)",
    "smr-heat-store": "var(--m1)", "geothermal": "var(--m3)", "gas": "var(--p8)", "gas-ccs": "var(--p5)",
    "battery": "var(--p1)", "iron-air": "var(--p2)", "grid": "var(--p0)", "load": "var(--p4)",
}  # fmt: skip
OTHER = "var(--p3)"
Bar: TypeAlias = tuple[str, float, str, float | None, float | None]
MIN_APART = 0.1  # of the axis: marks nearer than that to nought run into its own


def colour_of(flow: str) -> str:
    """The colour of a flow or a capacity by its part."""
    return COLOURS.get(flow.split(" ")[0], OTHER)


def week(data: Json, caption: str) -> str:
    """What delivers in each step of a week, one upon the other, above the load; what charges and exports below nought.

    Parameters
    ----------
    data : the week, as the answer's JSON holds it
    caption : what the week is

    Returns
    -------
    HTML with the figure.
    """
    series = {name: np.asarray(values) for name, values in data["mw"].items()}
    supplied = {name: values for name, values in series.items() if name.split(" ")[-1] in SUPPLIED}
    taken = {name: values for name, values in series.items() if name.split(" ")[-1] in TAKEN}
    load = series.get("load", np.zeros(len(data["price_usd_per_mwh"])))
    top = max(float(np.sum([*supplied.values(), np.zeros_like(load)], axis=0).max()), float(load.max()), 1e-9) * 1.06
    foot = float(np.sum([*taken.values(), np.zeros_like(load)], axis=0).max()) * 1.06

    def draw(ground: Ground) -> str:
        def y(values: Array) -> Array:
            return np.asarray(ground.up((values + foot) / (top + foot)))

        x = np.array([ground.across(i / max(load.size - 1, 1)) for i in range(load.size)])
        shapes = [*_stack(supplied, x, y, 1.0), *_stack(taken, x, y, -1.0)]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y(load), strict=True))
        shapes.append(f'<polyline class="edge" points="{points}"><title>load</title></polyline>')
        ticks = [v for v in _ticks(top) if v < top] + [-v for v in _ticks(top) if MIN_APART * top < v < foot][:1]
        rules = "".join(ground.rule((v + foot) / (top + foot), _power(v)) for v in ticks)
        return rules + "".join(shapes) + _days(ground, data, load.size)

    names = {name: float(values.mean()) for name, values in {**supplied, **taken}.items()}
    large = max(names.values(), default=0.0) >= 1.0  # one unit for all, so that they compare at a glance
    key = legend(
        (name, colour_of(name), f"{trim(mean, 2)} MW" if large else show(mean * MW, "W", 2))
        for name, mean in names.items()
    )
    words = f"{caption}, from {data['from_utc'][:10]}. Means of the week beside the names; the line is the load."
    return f"<figure>{drawn(caption, draw, WIDE, NARROW)}{key}<figcaption>{esc(words)}</figcaption></figure>"


def _power(mw: float) -> str:
    """A mark of the axis; what is taken stands below nought."""
    return "-" * (mw < 0) + show(abs(mw) * MW, "W", 2)


def _stack(flows: dict[str, Array], x: Array, y: Callable[[Array], Array], sign: float) -> list[str]:
    """Areas of flows one upon the other, away from nought."""
    shapes, below = [], np.zeros(x.size)
    for name, values in flows.items():
        above = below + sign * values
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y(above), strict=True))
        back = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], y(below)[::-1], strict=True))
        opacity = ' fill-opacity=".55"' if sign < 0 else ""
        shapes.append(f'<path d="M{path} L{back}Z" fill="{colour_of(name)}"{opacity}><title>{esc(name)}</title></path>')
        below = above
    return shapes


def _days(ground: Ground, data: Json, steps: int) -> str:
    """Names of the days below a week."""
    begin = datetime.fromisoformat(data["from_utc"])
    span = steps * data["step_h"]
    marks = []
    for day in range(int(span // 24) + 1):
        moment = (begin + timedelta(days=day + 1)).replace(hour=0, minute=0, second=0)
        share = (moment - begin).total_seconds() / HOUR_S / max(span, 1e-9)
        if share < 0.97 and not (ground.narrow and day % 2):
            marks.append(ground.below(share, f"{moment.day} {MONTHS[moment.month - 1]}"))
    return "".join(marks)


def _ticks(top: float) -> list[float]:
    step = 10 ** np.floor(np.log10(top / 3))
    step *= next(m for m in (1, 2, 5, 10) if top / (step * m) <= 5)
    return [float(v) for v in np.arange(0, top, step)]


def duration(picture: Json) -> str:
    """The year's steps from the highest to the lowest: load less wind and sun, and what the grid delivers."""
    curves = {
        "load less wind and sun": (np.asarray(picture["residual_mw"]), "var(--p1)"),
        "from the grid": (np.asarray(picture["import_mw"]), "var(--p0)"),
    }
    top = max(max(float(values.max()) for values, _ in curves.values()), 1e-9) * 1.06
    foot = max(0.0, -min(float(values.min()) for values, _ in curves.values())) * 1.03

    def draw(ground: Ground) -> str:
        lines = []
        for name, (values, colour) in curves.items():
            points = " ".join(
                f"{ground.across(i / (values.size - 1)):.1f},{ground.up((float(v) + foot) / (top + foot)):.1f}"
                for i, v in enumerate(values)
            )
            lines.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"><title>{esc(name)}'
                "</title></polyline>"
            )
        ticks = _ticks(max(top, foot))
        levels = [v for v in ticks if v < top] + [-v for v in ticks[1:] if v < foot]
        rules = "".join(ground.rule((v + foot) / (top + foot), show(v * MW, "W", 2)) for v in levels)
        marks = "".join(ground.below(share, f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1))
        return rules + "".join(lines) + marks

    key = legend((name, colour, "") for name, (_, colour) in curves.items())
    words = "Share of the year's hours, the highest first. Below zero, wind and sun deliver more than the load."
    return f"<figure>{drawn('Duration curves', draw, WIDE, NARROW)}{key}<figcaption>{words}</figcaption></figure>"


def bars(rows: Sequence[Bar], label: str, caption: str) -> str:
    """Bars of one unit, each with its name and figure, and the range of its draws where there are some.

    Parameters
    ----------
    rows : name, value, figure in words, and low and high end of the range
    label, caption : what the bars are

    Returns
    -------
    HTML with the figure.
    """
    most = max([*(row[1] for row in rows), *(row[4] or 0.0 for row in rows), 1e-12])

    def draw(ground: Ground) -> str:
        inside = []
        for i, (name, value, figure, low, high) in enumerate(rows):
            y = 20 + 44 * i
            inside.append(svg_text(0, y - 6, name, "start") + svg_text(ground.width, y - 6, figure, "end"))
            width = ground.width * max(value, 0.0) / most
            inside.append(f'<rect x="0" y="{y}" width="{width:.1f}" height="16" fill="{colour_of(name)}"/>')
            if low is not None and high is not None and high > low:
                left, right = (ground.width * v / most for v in (low, high))
                inside.append(
                    f'<line class="edge" x1="{left:.1f}" x2="{right:.1f}" y1="{y + 8}" y2="{y + 8}"/>'
                    + "".join(
                        f'<line class="edge" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 3}" y2="{y + 13}"/>'
                        for x in (left, right)
                    )
                )
        return "".join(inside)

    grounds = (Ground(width, 44 * len(rows) + 2, 0, 0) for width in (960, 390))
    return f"<figure>{drawn(label, draw, *grounds)}<figcaption>{esc(caption)}</figcaption></figure>"


def clean_hours(table: list[list[float | None]], clock: str) -> str:
    """Carbon-free share by hour of the day, from midnight down, and month; ``clock`` says whose hours they are.

    Parameters
    ----------
    table : share by month (rows) and hour of the day (24 columns), 0 to 1; None without data
    clock : whose hours they are, in words

    Returns
    -------
    A figure in HTML; "" where no hour has data.
    """
    values = np.array([[np.nan if x is None else x for x in row] for row in table], dtype=float).T
    if np.isnan(values).all():
        return ""
    low = float(np.floor(np.nanmin(values) * 10) / 10)
    low = min(low, 0.9)
    grid = (values - low) / (1 - low)
    words = f"Carbon-free share by month and hour, from {np.nanmin(values):.0%} to {np.nanmax(values):.0%}"
    return heat_figure(grid, words, f"{low:.0%}", "100%", caption=f". {clock}.", falling=True)


def cost_curve(rows: list[Json]) -> str:
    """Cost against the hourly carbon-free share."""
    points = [(row["cfe"], row["usd_per_mwh"], row["name"]) for row in rows if row["usd_per_mwh"] is not None]
    if len(points) < 2:
        return ""
    left, top = min(p[0] for p in points), max(p[1] for p in points) * 1.08
    span = max(1 - left, 1e-9)

    def draw(ground: Ground) -> str:
        at = [(ground.across((cfe - left) / span), ground.up(usd / top)) for cfe, usd, _ in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="var(--p7)"><title>{esc(name)}: {usd:.1f} USD/MWh</title>'
            "</circle>"
            for (x, y), (_, usd, name) in zip(at, points, strict=True)
        )
        rules = "".join(ground.rule(v / top, f"{number(v)}") for v in _ticks(top))
        shares = round_places(left, 1.0, 4 if ground.narrow else 6)
        marks = "".join(ground.below((s - left) / span, f"{s:.0%}") for s in shares)
        curve = f'<polyline points="{line}" fill="none" stroke="var(--p7)" stroke-width="2"/>'
        return rules + curve + dots + marks

    words = "USD for a MWh of the load against its hourly carbon-free share."
    curve = drawn("Cost against the carbon-free share", draw, WIDE, NARROW)
    return f"<figure>{curve}<figcaption>{words}</figcaption></figure>"
