"""Figures of a site's year: PUE by hour and day, parts through the year, the psychrometric chart."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from wattline.core.bill import PARTS
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.line.site import air
from wattline.report.page.words import esc
from wattline.report.words import Json

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# from low to high, told apart by lightness alone as well
RAMP = np.array([(24, 62, 110), (43, 123, 186), (120, 182, 200), (244, 226, 168), (233, 160, 70), (171, 45, 38)], float)
LEAST_SHOWN_H = 0.5  # hours of a mode that the legend names
WIDE, TALL, LEFT, BOTTOM = 960, 340, 72, 34


def png(pixels: Array) -> str:
    """RGB pixels, shape ``(rows, columns, 3)``, as a PNG in a data address."""
    rows, columns, _ = pixels.shape
    body = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


def colours(share: Array) -> Array:
    """Shares of one as colours of the ramp."""
    at = np.clip(share, 0, 1) * (len(RAMP) - 1)
    return np.stack([np.interp(at, np.arange(len(RAMP)), RAMP[:, i]) for i in range(3)], axis=-1)


def heat_map(by_hour: Sequence[float | None]) -> str:
    """PUE of 8,760 hours: days from left to right, the hours of the day from midnight down."""
    pue = np.array([np.nan if value is None else value for value in by_hour])
    grid = np.nan_to_num(pue.reshape(365, 24).T, nan=float(np.nanmin(pue)))
    low, high = float(np.nanmin(pue)), float(np.nanpercentile(pue, 99.8))
    high = max(high, low + 1e-3)
    picture = png(colours((grid - low) / (high - low)))
    strip = png(colours(np.linspace(0, 1, 128))[None, :, :])
    hours = "".join(f"<span>{hour:02d}:00</span>" for hour in (0, 6, 12, 18, 24))
    months = "".join(f"<span>{month}</span>" for month in MONTHS)
    words = f"PUE by hour and day, from {low:.3f} to {float(np.nanmax(pue)):.3f}"
    return (
        f'<figure><div class="heat"><div class="hours" aria-hidden="true">{hours}</div>'
        f'<img src="{picture}" alt="{esc(words)}"><div class="months" aria-hidden="true">{months}</div></div>'
        f'<div class="scale"><span>{low:.3f}</span><img src="{strip}" alt=""><span>{high:.3f}</span></div>'
        f"<figcaption>{esc(words)}. Local standard time; the median of all draws in each hour.</figcaption></figure>"
    )


def stacked(by_week: Json) -> str:
    """What each part beside the servers takes through the year, one upon the other; watts of each in 52 weeks."""
    names = [name for name in by_week if name != "servers"]
    rows = {name: np.asarray(by_week[name]) for name in names if max(by_week[name]) > 0}
    top = float(np.sum(list(rows.values()), axis=0).max()) * 1.06
    x = LEFT + (np.arange(52) + 0.5) / 52 * (WIDE - LEFT - 8)
    base = np.zeros(52)
    areas, legend = [], []
    for row in rows:
        i = names.index(row)
        upper = base + rows[row]
        path = _area(x, _y(base, top), _y(upper, top))
        label, mean = PARTS[row][1], show(float(rows[row].mean()), "W")
        areas.append(f'<path d="{path}" fill="var(--p{i})"><title>{esc(label)}: {mean} on average</title></path>')
        legend.append(f'<li><i style="background:var(--p{i})"></i>{esc(label)} <small>{esc(mean)}</small></li>')
        base = upper
    ticks = "".join(
        f'<text x="{LEFT - 8}" y="{_y(np.array([v]), top)[0] + 4:.1f}" text-anchor="end">{esc(show(v, "W", 2))}</text>'
        f'<line class="axis-line" x1="{LEFT}" x2="{WIDE - 8}" y1="{_y(np.array([v]), top)[0]:.1f}" '
        f'y2="{_y(np.array([v]), top)[0]:.1f}"/>'
        for v in _round_ticks(top)
    )
    return (
        f'<figure><svg class="plot" viewBox="0 0 {WIDE} {TALL}" role="img" aria-label="Power by part through the year">'
        f'{ticks}{"".join(areas)}{_months_axis()}</svg><ul class="legend">{"".join(reversed(legend))}</ul>'
        "<figcaption>Beside the servers, in means of weeks, at central values.</figcaption></figure>"
    )


def psychrometric(air_hours: Json, hours_by_mode: Json) -> str:
    """The hours of the year by temperature and moisture, coloured by the mode of cooling that most of them ran in."""
    extent, moisture = air_hours["temperature_c"], air_hours["moisture_g_per_kg"]["highest"]
    t0, t1 = float(np.floor(extent["lowest"] / 5) * 5), float(np.ceil(extent["highest"] / 5) * 5)
    w1 = max(10.0, float(np.ceil(moisture / 5) * 5))
    pressure_pa = air_hours["pressure_pa"]
    tall = 460

    def at(t: Array, w_g: Array) -> tuple[Array, Array]:
        x = LEFT + (t - t0) / (t1 - t0) * (WIDE - LEFT - 60)
        return x, tall - BOTTOM - w_g / w1 * (tall - BOTTOM - 12)

    cells = _cells(air_hours["cells"], at)
    curves = []
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        t = np.linspace(t0, t1, 90)
        w = air.humidity_ratio(t, share, pressure_pa) * 1e3
        inside = w <= w1
        x, y = at(t[inside], w[inside])
        kind = "edge" if share == 1.0 else "curve"
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        curves.append(f'<polyline class="{kind}" points="{points}"/>')
        end = int(0.97 * (len(x) - 1)) if share in (0.6, 1.0) else len(x) - 1  # neighbours at the top keep clear
        curves.append(f'<text x="{x[end] + 3:.0f}" y="{max(y[end] + 4, 12):.0f}">{share:.0%}</text>')
    axes = "".join(
        f'<text x="{at(np.array(v), np.array(0.0))[0]:.0f}" y="{tall - 12}" text-anchor="middle">{v:.0f} °C</text>'
        for v in np.arange(t0, t1 + 1, 5 if t1 - t0 <= 60 else 10)
    ) + "".join(
        f'<text x="{LEFT - 8}" y="{at(np.array(t0), np.array(v))[1] + 4:.0f}" text-anchor="end">{v:.0f} g</text>'
        for v in np.arange(0, w1 + 0.1, 5)
    )
    legend = "".join(
        f'<li><i style="background:var(--m{i})"></i>{esc(mode)} <small>{hours_by_mode[mode]:,.0f} h</small></li>'
        for i, mode in enumerate(air_hours["modes"])
        if hours_by_mode[mode] >= LEAST_SHOWN_H
    )
    return (
        f'<figure><svg class="plot" viewBox="0 0 {WIDE} {tall}" role="img" aria-label="Psychrometric chart">'
        f'{cells}{"".join(curves)}{axes}</svg><ul class="legend">{legend}</ul>'
        "<figcaption>Each square is 1 °C wide and half a gram of moisture per kg of dry air high; the "
        "stronger, the more hours. Lines are relative humidity.</figcaption></figure>"
    )


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


def _y(value: Array, top: float) -> Array:
    return np.asarray(TALL - BOTTOM - value / top * (TALL - BOTTOM - 8))


def _area(x: Array, lower: Array, upper: Array) -> str:
    there = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, upper, strict=True))
    back = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], lower[::-1], strict=True))
    return f"M{there} L{back}Z"


def _round_ticks(top: float) -> list[float]:
    step = 10 ** np.floor(np.log10(top / 3))
    step *= next(m for m in (1, 2, 5, 10) if top / (step * m) <= 5)
    return [float(v) for v in np.arange(0, top, step)]


def _months_axis() -> str:
    starts = np.concatenate([[0], np.cumsum(DAYS)])
    middles = (starts[:-1] + starts[1:]) / 2 / 365
    return "".join(
        f'<text x="{LEFT + m * (WIDE - LEFT - 8):.0f}" y="{TALL - 10}" text-anchor="middle">{name}</text>'
        for m, name in zip(middles, MONTHS, strict=True)
    )
