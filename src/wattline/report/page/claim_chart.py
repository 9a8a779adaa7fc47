"""A chart of checked claims as SVG that stands alone: what is stated beside what follows, with their ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import floor, log10
from typing import NamedTuple

from wattline.core.quantity import trim
from wattline.report.language.translator import current
from wattline.report.page.words import esc
from wattline.report.words import Json

FIGURE = 110  # room for a figure in words, right of its bar
LONGEST = 46  # letters of a label
WIDE_RANGE = 20.0  # figures that differ by more are shown on a logarithmic axis
# a page gives the classes its own colours, dark ones too; a file on its own keeps those that stand here
PAPER, GRID = 'class="claims-paper" fill="#ffffff"', 'class="claims-grid" stroke="#dde3ea"'
INK, DIM = 'class="claims-ink" fill="#16202c"', 'class="claims-dim" fill="#5b6876"'
COLOURS = {"stated": "#16202c", "comes out": "#0067a5", "newer": "#a13d97", "beside": "#7a8794"}
FONT = "font-family=\"'Liberation Sans','DejaVu Sans',Arial,sans-serif\""


class Bar(NamedTuple):
    """A line of a chart: what it is called, its figure, and its kind, which gives its colour."""

    label: str
    low: float
    middle: float
    high: float
    words: str
    kind: str


class ChartSizes(NamedTuple):
    """Sizes of a chart, in pixels; ``stacked`` puts labels above their bars and leaves the claim's words out."""

    name: str
    wide: int
    left: int
    right: int
    row: int
    head: int
    foot: int
    stacked: bool


WIDE = ChartSizes("wide", 900, 330, 30, 30, 64, 44, False)
NARROW = ChartSizes("narrow", 344, 16, 4, 46, 16, 28, True)


def claims_svg(results: Json, layout: ChartSizes = WIDE) -> str:
    """All claims of a report that state a figure, one below the other; an SVG document without any of them says so.

    Parameters
    ----------
    results : of ``check``, in the envelope's ``results``
    layout : width and rows of the drawing [px]

    Returns
    -------
    An SVG document.
    """
    panels, top = [], 10.0
    for claim in results["claims"]:
        bars = bars_of(claim)
        if bars:
            panels.append(f'<g transform="translate(0 {top:.0f})">{_panel(claim, bars, layout)}</g>')
            top += layout.head + layout.row * len(bars) + layout.foot
    if not panels:
        panels, top = [f'<text x="20" y="40" font-size="15" {INK}>No claim states a figure.</text>'], 70.0
    wide = layout.wide
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{top:.0f}" viewBox="0 0 {wide} {top:.0f}" '
        f'{FONT} role="img" class="claims {layout.name}"><title>{esc(results["title"])}</title>'
        f'<rect width="{wide}" height="{top:.0f}" {PAPER}/>{"".join(panels)}</svg>\n'
    )


def bars_of(claim: Json) -> list[Bar]:
    """The figures of a claim that share the unit of what is stated, what is stated first."""
    if not claim["stated"]:
        return []
    unit = claim["stated"][0]["unit"]
    named = [("stated", "stated", line) for line in claim["stated"]]
    named += [("comes out at", "comes out", claim["derived"])] if claim["derived"] else []
    named += [(f"newer: {claim['newer']['source']}".rstrip(": "), "newer", claim["newer"])] if claim["newer"] else []
    named += [(line["name"], "beside", line) for line in claim["beside"]]
    return [_bar(label, kind, line) for label, kind, line in named if line["unit"] == unit]


def _bar(label: str, kind: str, line: Json) -> Bar:
    value = line["value"]
    low, middle, high = (value[p] for p in ("p5", "p50", "p95")) if isinstance(value, Mapping) else [value] * 3
    return Bar(label, float(low), float(middle), float(high), str(line["words"]), kind)


def _panel(claim: Json, bars: Sequence[Bar], layout: ChartSizes) -> str:
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    log = low > 0 and high / low > WIDE_RANGE
    first, last = (log10(low) - 0.15, log10(high) + 0.15) if log else (min(0.0, low), max(high, 0.0) * 1.12 or 1.0)

    def at(value: float) -> float:
        share = ((log10(value) if log else value) - first) / (last - first)
        return layout.left + share * (layout.wide - layout.left - layout.right - FIGURE)

    top, bottom = layout.head, layout.head + layout.row * len(bars)
    ticks = _log_ticks(first, last) if log else _ticks(first, last)
    axis = "".join(
        f'<line x1="{at(v):.1f}" x2="{at(v):.1f}" y1="{top - 8}" y2="{bottom}" {GRID}/>'
        f'<text x="{at(v):.1f}" y="{bottom + 16}" font-size="12" {DIM} text-anchor="middle">'
        f"{trim(v, 3)}</text>"
        for v in ticks
    )
    rows = "".join(_row(bar, top + layout.row * (i + 0.5), at, layout) for i, bar in enumerate(bars))
    says = claim["says"] if len(claim["says"]) <= 100 else claim["says"][:99] + "…"
    head = (
        f'<text x="20" y="22" font-size="16" font-weight="bold" {INK}>“{esc(says)}”</text>'
        f'<text x="20" y="43" font-size="14" {DIM}>{esc(claim["verdict"])}{_likely(claim)}</text>'
    )
    return f"{'' if layout.stacked else head}{axis}{rows}"


def _fitted(label: str) -> str:
    """The label as the reader's language has it, without its middle where that is too long: names of one kind differ at
    their ends."""
    words = current().text(label)
    half = LONGEST // 2
    return words if len(words) <= LONGEST else f"{words[: half - 1].rstrip()} … {words[2 - half :].lstrip()}"


def _row(bar: Bar, y: float, at: Callable[[float], float], layout: ChartSizes) -> str:
    colour = COLOURS[bar.kind]
    label = _fitted(bar.label)
    place = f'x="4" y="{y - 6}"' if layout.stacked else f'x="{layout.left - 12}" y="{y + 4}" text-anchor="end"'
    y += 12 if layout.stacked else 0
    kind = f'class="claims-{bar.kind.replace(" ", "-")}"'
    line = f'<line {kind} x1="{at(bar.low):.1f}" x2="{at(bar.high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" '
    return (
        f'<text {place} font-size="13" {INK}>{esc(label)}</text>'
        f'{line}stroke-width="6" stroke-opacity="0.35" stroke-linecap="round"/>'
        f'<circle {kind} cx="{at(bar.middle):.1f}" cy="{y}" r="5.5" fill="{colour}"/>'
        f'<text x="{at(bar.high) + 12:.1f}" y="{y + 4}" font-size="13" {INK}>{esc(bar.words)}</text>'
    )


def _likely(claim: Json) -> str:
    share = claim["probability"]
    if share is None or share in (0.0, 1.0):
        return ""
    part = "less than 1%" if share < 0.005 else f"{share:.0%}"
    what = "the newer figure agrees" if claim["verdict"] == "outdated" else "the figures agree"
    return f"; {what} roughly in {part} of the draws"


def _ticks(first: float, last: float) -> list[float]:
    step = 10.0 ** floor(log10((last - first) / 3))
    step *= next(m for m in (1, 2, 5, 10) if (last - first) / (step * m) <= 6)
    count = int((last - first) / step + 1e-9)
    return [round(first / step) * step + step * i for i in range(count + 1) if round(first / step) + i >= first / step]


def _log_ticks(first: float, last: float) -> list[float]:
    whole = [10.0**k for k in range(floor(first) + 1, floor(last) + 1)]
    return whole[:: max(1, len(whole) // 7)] or [10.0 ** ((first + last) / 2)]
