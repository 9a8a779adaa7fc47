"""Figures of a site's year: PUE by hour and day, parts through the year, the psychrometric chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.bill import PARTS
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.line.site import air
from wattline.report.page.heat import MONTHS, heat_figure
from wattline.report.page.plot import Ground, drawn, legend, svg_text
from wattline.report.page.words import esc
from wattline.report.words import Json

DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MIN_SHOWN_H = 0.5  # hours of a mode that the legend names
WIDE, NARROW = Ground(960, 340, 78, 8), Ground(390, 300, 74, 4, narrow=True)
WIDE_AIR, NARROW_AIR = Ground(960, 460, 72, 60), Ground(390, 380, 44, 40, narrow=True)


def heat_map(by_hour: Sequence[float | None]) -> str:
    """PUE of 8,760 hours: days from left to right, the hours of the day from midnight down."""
    pue = np.array([np.nan if value is None else value for value in by_hour])
    grid = pue.reshape(365, 24).T
    low, high = float(np.nanmin(pue)), float(np.nanpercentile(pue, 99.8))
    high = max(high, low + 1e-3)
    words = f"PUE by hour and day, from {float(np.nanmin(pue)):.3f} to {float(np.nanmax(pue)):.3f}"
    caption = ". Local standard time; the median of all draws in each hour."
    return heat_figure((grid - low) / (high - low), words, f"{low:.3f}", f"{high:.3f}", caption=caption)


def stack_bars(by_week: Json) -> str:
    """What each part beside the servers takes through the year, one upon the other; watts of each in 52 weeks."""
    names = [name for name in by_week if name != "servers"]
    rows = {name: np.asarray(by_week[name]) for name in names if max(by_week[name]) > 0}
    top = float(np.sum(list(rows.values()), axis=0).max()) * 1.06
    levels = np.vstack([np.zeros(52), np.cumsum(list(rows.values()), axis=0)])

    def draw(ground: Ground) -> str:
        x = np.array([ground.across((week + 0.5) / 52) for week in range(52)])
        areas = []
        for lower, upper, name in zip(levels[:-1], levels[1:], rows, strict=True):
            path = _area(x, *(np.array([ground.up(watts / top) for watts in level]) for level in (lower, upper)))
            title = f"{PARTS[name][1]}: {show(float(rows[name].mean()), 'W')} on average"
            areas.append(f'<path d="{path}" fill="var(--p{names.index(name)})"><title>{esc(title)}</title></path>')
        ticks = "".join(ground.rule(watts / top, show(watts, "W", 2)) for watts in _round_ticks(top))
        return ticks + "".join(areas) + _months_axis(ground)

    key = legend(
        (PARTS[name][1], f"var(--p{names.index(name)})", show(float(rows[name].mean()), "W")) for name in reversed(rows)
    )
    return (
        f"<figure>{drawn('Power by part through the year', draw, WIDE, NARROW)}{key}"
        "<figcaption>Beside the servers, in means of weeks, at central values.</figcaption></figure>"
    )


@dataclass(frozen=True)
class AirAxes:
    """Temperature across and moisture up, on a ground."""

    ground: Ground
    coldest_c: float
    hottest_c: float
    wettest_g_per_kg: float

    def at(self, temperature_c: Array, moisture_g_per_kg: Array) -> tuple[Array, Array]:
        """The places of states of air.

        Parameters
        ----------
        temperature_c : of the air, any shape [°C]
        moisture_g_per_kg : water in dry air, of the same shape

        Returns
        -------
        Places across and down [px], of the same shape.
        """
        share = (temperature_c - self.coldest_c) / (self.hottest_c - self.coldest_c)
        return self.ground.across(share), self.ground.up(moisture_g_per_kg / self.wettest_g_per_kg)

    def labels(self) -> str:
        """Numbers along both axes."""
        step = 10 if self.ground.narrow or self.hottest_c - self.coldest_c > 60 else 5
        first = float(np.ceil(self.coldest_c / step) * step)
        below = "".join(
            svg_text(float(self.at(np.array(v), np.array(0.0))[0]), self.ground.height - 12, f"{v:.0f} °C")
            for v in np.arange(first, self.hottest_c + 1, step)
        )
        left = "".join(
            svg_text(self.ground.left - 8, float(self.at(np.array(0.0), np.array(v))[1]) + 4, f"{v:.0f} g", "end")
            for v in np.arange(0, self.wettest_g_per_kg + 0.1, 5)
        )
        return below + left


def psychrometric(air_hours: Json, hours_by_mode: Json) -> str:
    """The hours of the year by temperature and moisture, coloured by the mode of cooling that most of them ran in.

    Parameters
    ----------
    air_hours : hours by cells of temperature [°C] and moisture [g/kg], with the extent of both
    hours_by_mode : hours of the year by mode of cooling

    Returns
    -------
    A figure in HTML, wide and narrow.
    """
    extent, moisture = air_hours["temperature_c"], air_hours["moisture_g_per_kg"]["highest"]
    t0, t1 = float(np.floor(extent["lowest"] / 5) * 5), float(np.ceil(extent["highest"] / 5) * 5)
    w1 = max(10.0, float(np.ceil(moisture / 5) * 5))

    def draw(ground: Ground) -> str:
        axes = AirAxes(ground, t0, t1, w1)
        return _cells(air_hours["cells"], axes.at) + _humidity_curves(axes, air_hours["pressure_pa"]) + axes.labels()

    key = legend(
        (mode, f"var(--m{i})", f"{hours_by_mode[mode]:,.0f} h")
        for i, mode in enumerate(air_hours["modes"])
        if hours_by_mode[mode] >= MIN_SHOWN_H
    )
    return (
        f"<figure>{drawn('Psychrometric chart', draw, WIDE_AIR, NARROW_AIR)}{key}"
        "<figcaption>Each square is 1 °C wide and half a gram of moisture per kg of dry air high; the "
        "stronger, the more hours. Lines are relative humidity.</figcaption></figure>"
    )


def _humidity_curves(axes: AirAxes, pressure_pa: float) -> str:
    """Lines of one relative humidity, each with its name at its end."""
    curves = []
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        t = np.linspace(axes.coldest_c, axes.hottest_c, 90)
        w = air.humidity_ratio(t, share, pressure_pa) * 1e3
        inside = w <= axes.wettest_g_per_kg
        x, y = axes.at(t[inside], w[inside])
        kind = "edge" if share == 1.0 else "curve"
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        curves.append(f'<polyline class="{kind}" points="{points}"/>')
        end = int(0.97 * (len(x) - 1)) if share in (0.6, 1.0) else len(x) - 1  # neighbours at the top keep clear
        if not axes.ground.narrow or share in (0.2, 0.6, 1.0):
            curves.append(svg_text(x[end] + 3, max(y[end] + 4, 12), f"{share:.0%}", "start"))
    return "".join(curves)


def _cells(cells: Sequence[Json], at: Callable[[Array, Array], tuple[Array, Array]]) -> str:
    """Squares of the chart: hours counted, coloured by the mode that most of them ran in."""
    most = max(sum(cell["hours"]) for cell in cells)
    squares = []
    for cell in cells:
        c, w, hours = cell["temperature_c"], cell["moisture_g_per_kg"], cell["hours"]
        x0, y0 = at(np.array(float(c)), np.array(w + 0.5))
        x1, y1 = at(np.array(c + 1.0), np.array(w))
        strength = 0.25 + 0.75 * (sum(hours) / most) ** 0.5
        title = f"{c} to {c + 1} °C, {w:g} to {w + 0.5:g} g/kg: {sum(hours)} hours"
        squares.append(
            f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0 - 0.6:.1f}" height="{y1 - y0 - 0.6:.1f}" '
            f'fill="var(--m{int(np.argmax(hours))})" fill-opacity="{strength:.2f}"><title>{title}</title></rect>'
        )
    return "".join(squares)


def _area(x: Array, lower: Array, upper: Array) -> str:
    there = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, upper, strict=True))
    back = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], lower[::-1], strict=True))
    return f"M{there} L{back}Z"


def _round_ticks(top: float) -> list[float]:
    step = 10 ** np.floor(np.log10(top / 3))
    step *= next(m for m in (1, 2, 5, 10) if top / (step * m) <= 5)
    return [float(v) for v in np.arange(0, top, step)]


def _months_axis(ground: Ground) -> str:
    starts = np.concatenate([[0], np.cumsum(DAYS)])
    middles = (starts[:-1] + starts[1:]) / 2 / 365
    names = [name[0] for name in MONTHS] if ground.narrow else MONTHS
    return "".join(
        svg_text(ground.across(middle), ground.height - 10, name) for middle, name in zip(middles, names, strict=True)
    )
