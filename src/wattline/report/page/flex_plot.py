"""Figures of what flexibility is worth: lines, stems, bars, and a map of hours by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from wattline.core.fact import Array
from wattline.report.page.heat import heat_figure
from wattline.report.page.plot import Ground, drawn, legend, round_step, svg_text
from wattline.report.page.words import esc

WIDE, NARROW = Ground(960, 320, 78, 16, 14, 52), Ground(390, 290, 70, 12, 14, 52, narrow=True)
COLOURS = ("var(--chip)", "var(--site)", "var(--server)", "var(--grid)", "var(--work)")
MARKS = 5  # on an axis


@dataclass(frozen=True, eq=False)
class PlotLine:
    """One line of a figure: its name, values over the figure's x, and whether it goes in steps or in dashes."""

    name: str
    y: Sequence[float]
    steps: bool = False
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Axes:
    """What a figure is of: a title for who does not see it, words of both axes, and how their marks are written."""

    title: str
    across: str
    x_words: Sequence[tuple[float, str]]
    y_words: Sequence[tuple[float, str]]


def lines(axes: Axes, places: Sequence[float], curves: Sequence[PlotLine], note: str = "") -> str:
    """Curves over common places.

    Parameters
    ----------
    axes : title, and marks of both axes in the numbers of the figure
    places : of their points along the figure, rising
    curves : each with as many values as there are places
    note : under the figure

    Returns
    -------
    HTML with the figure.
    """
    if len(places) < 2:
        return ""
    levels = [level for level, _ in axes.y_words]
    low, high = min(levels), max(levels)
    span, reach = (high - low) or 1.0, (places[-1] - places[0]) or 1.0

    def draw(ground: Ground) -> str:
        across = ground.across((np.asarray(places) - places[0]) / reach)
        paths = []
        for i, curve in enumerate(curves):
            up = ground.up((np.asarray(curve.y, float) - low) / span)
            dash = ' stroke-dasharray="6 4"' if curve.dashed else ""
            paths.append(
                f'<path d="{_path(across, up, curve.steps)}" fill="none" stroke="{COLOURS[i % len(COLOURS)]}" '
                f'stroke-width="2"{dash}><title>{esc(curve.name)}</title></path>'
            )
        return _frame(ground, axes, (low, span), (places[0], reach)) + "".join(paths)

    key = legend((curve.name, COLOURS[i % len(COLOURS)], "") for i, curve in enumerate(curves))
    return _figure(axes.title, draw, key if len(curves) > 1 else "", note)


def stems(
    axes: Axes,
    across: Sequence[float],
    heights: Sequence[tuple[str, Sequence[float]]],
    bands: Sequence[tuple[float, float, str]],
    note: str = "",
) -> str:
    """Lines of spectra over a logarithmic x, with bands behind them.

    Parameters
    ----------
    axes : title and marks
    across : both ends of the axis, above 0
    heights : by name, pairs of x and height one after the other
    bands : begin, end and name of each
    note : under the figure

    Returns
    -------
    HTML with the figure.
    """
    low, reach = log(across[0]), log(across[1] / across[0])
    top = max(level for level, _ in axes.y_words) or 1.0

    def place(ground: Ground, value: float) -> float:
        return ground.across(min(max((log(value) - low) / reach, 0.0), 1.0))

    def draw(ground: Ground) -> str:
        marks = []
        for begin, end, name in bands:
            left, right = place(ground, begin), place(ground, end)
            marks.append(
                f'<rect x="{left:.1f}" y="{ground.top}" width="{max(right - left, 1):.1f}" '
                f'height="{ground.height - ground.foot - ground.top}" fill="var(--site)" fill-opacity=".1">'
                f"<title>{esc(name)}</title></rect>"
            )
        for i, (name, pairs) in enumerate(heights):
            for frequency, height in zip(pairs[::2], pairs[1::2], strict=True):
                at, up = place(ground, frequency) + 1.5 * i, ground.up(height / top)
                marks.append(
                    f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{ground.up(0.0):.1f}" y2="{up:.1f}" '
                    f'stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2"><title>{esc(name)}</title></line>'
                )
        ticks = "".join(
            svg_text(place(ground, value), ground.height - ground.foot + 20, words) for value, words in axes.x_words
        )
        rules = "".join(ground.rule(level / top, words) for level, words in axes.y_words)
        return rules + "".join(marks) + ticks + _across(ground, axes.across)

    key = legend((name, COLOURS[i % len(COLOURS)], "") for i, (name, _) in enumerate(heights))
    return _figure(axes.title, draw, key, note)


def bars(title: str, rows: Sequence[tuple[str, float, str]], note: str = "") -> str:
    """Names with a bar each and its figure in words; lengths by the largest.

    Parameters
    ----------
    title : for those who hear the page
    rows : name, figure and figure in words
    note : below the bars

    Returns HTML.
    """
    top = max((abs(value) for _, value, _ in rows), default=0.0) or 1.0
    items = "".join(
        f'<div class="m-row"><div class="m-name">{esc(name)}</div><svg class="bar up" viewBox="0 0 100 10" '
        f'preserveAspectRatio="none" height="14" width="100%" aria-hidden="true"><rect class="ground" width="100" '
        f'height="10"/><rect class="fill" width="{max(value, 0.0) / top * 100:.2f}" height="10"/></svg>'
        f'<div class="num">{esc(words)}</div></div>'
        for name, value, words in rows
    )
    return f'<figure class="bars" aria-label="{esc(title)}">{items}{_note(note)}</figure>'


def hour_map(hours: Sequence[Sequence[float]], words: str, unit: str) -> str:
    """Figures by month (left to right) and hour of the day (midnight on top).

    Parameters
    ----------
    hours : figures, shape ``(12, 24)``
    words : below the map
    unit : of the figures

    Returns HTML.
    """
    grid = np.asarray(hours, float).T
    top = float(grid.max()) or 1.0
    return heat_figure(grid / top, words, "0", f"{top:.3g} {unit}")


def marks_of(top: float, words: object, low: float = 0.0) -> list[tuple[float, str]]:
    """Marks of an axis from ``low`` to a round number above ``top``; ``words`` writes one.

    Parameters
    ----------
    top, low : ends of the axis
    words : called with a mark's value, gives its text

    Returns value and text of each mark.
    """
    step = round_step((top - low) / (MARKS - 1))
    first = np.floor(low / step) * step
    count = int(np.ceil((top - first) / step - 1e-6))
    return [(float(first + i * step), str(words(float(first + i * step)))) for i in range(max(count, 1) + 1)]  # type: ignore[operator]


def _path(across: Array, up: Array, steps: bool) -> str:
    if not steps:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, up, strict=True))
    parts = [f"M{across[0]:.1f} {up[0]:.1f}"]
    parts += [f"H{x:.1f}V{y:.1f}" for x, y in zip(across[1:], up[1:], strict=True)]
    return "".join(parts)


def _frame(ground: Ground, axes: Axes, y: tuple[float, float], x: tuple[float, float]) -> str:
    rules = "".join(ground.rule((level - y[0]) / y[1], words) for level, words in axes.y_words)
    every = 2 if ground.narrow and len(axes.x_words) > MARKS else 1  # words that would run into each other
    ticks = "".join(ground.below((value - x[0]) / x[1], words) for value, words in axes.x_words[::every])
    return rules + ticks + _across(ground, axes.across)


def _across(ground: Ground, words: str) -> str:
    return svg_text(ground.across(0.5), ground.height - 8, words)


def _figure(title: str, draw: object, key: str, note: str) -> str:
    return f"<figure>{drawn(title, draw, WIDE, NARROW)}{key}{_note(note)}</figure>"  # type: ignore[arg-type]


def _note(words: str) -> str:
    return f"<figcaption>{esc(words)}</figcaption>" if words else ""
