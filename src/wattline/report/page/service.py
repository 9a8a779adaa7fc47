"""The page of a simulated service: the answer's own page, with latencies and power through the time added."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import accumulate

from wattline.core.quantity import show
from wattline.report.page.frame import Section, results_of
from wattline.report.page.plot import Ground, drawn, legend
from wattline.report.page.run import run_page
from wattline.report.page.words import mapping
from wattline.report.terminal.service import fleet_rows
from wattline.report.words import Json

WIDE, NARROW = Ground(760, 240, 62, 40), Ground(390, 250, 62, 10, narrow=True)
COLOURS = {
    "network": "#7f8c8d",
    "host": "#8e6bbf",
    "start_up": "#c0392b",
    "chip_idle": "#b8b8b8",
    "prefill": "#e08a1e",
    "decode": "#2f7fc1",
}
NAMES = {
    "network": "network",
    "host": "hosts",
    "start_up": "starting",
    "chip_idle": "chips, idle",
    "prefill": "prefill",
    "decode": "decode",
}
CURVES = (
    ("Time to first token", "request_ttft_s", "#2f7fc1"),
    ("End to end", "request_e2e_s", "#e08a1e"),
    ("Time per output token", "request_tpot_s", "#8e6bbf"),
)


def service_page(data: Json, first: Sequence[Section] = ()) -> str:
    """One self-contained HTML page of an answer of ``serve``; ``first``: sections before its own.

    Parameters
    ----------
    data : the envelope of ``serve``
    first : sections that come first: anchor, title and HTML of each

    Returns
    -------
    An HTML document.
    """
    simulated = mapping(results_of(data).get("simulated"))
    through = mapping(simulated.get("through_time"))
    more = [
        (
            "latency",
            "Latencies",
            _latencies(simulated["latency_curves"])
            + "<p>The share of requests that took no longer; time is logarithmic.</p>",
        ),
        (
            "power",
            "Power through the time",
            _power(through) + "<p>At the servers' plugs, of all replicas, by part.</p>",
        ),
        ("fleet", "Replicas", _fleet(simulated, through)),
    ]
    return run_page(data, more, first)


def _latencies(curves: Json) -> str:
    shown = [(name, curves[key], colour) for name, key, colour in CURVES if curves[key]]
    low, high = (min(values[0] for _, values, _ in shown), max(values[-1] for _, values, _ in shown))
    span = max(math.log(high / low), 1e-9)

    def draw(ground: Ground) -> str:
        lines = []
        for _, values, colour in shown:
            points = " ".join(
                f"{ground.across(math.log(value / low) / span):.1f},{ground.up(share):.1f}"
                for value, share in zip(values, curves["share"], strict=True)
            )
            lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        shares = "".join(ground.rule(share, f"{share:.0%}") for share in (0, 0.5, 0.9, 1))
        marks = (0, 0.5, 1) if ground.narrow else (0, 0.25, 0.5, 0.75, 1)
        times = "".join(ground.below(share, show(low * math.exp(span * share), "s")) for share in marks)
        return shares + times + "".join(lines)

    return drawn("Latencies", draw, WIDE, NARROW) + legend((name, colour, "") for name, _, colour in shown)


def _power(through: Json) -> str:
    parts: dict[str, list[float]] = {name: through["power_w"][name] for name in COLOURS if name in through["power_w"]}
    levels = list(accumulate(parts.values(), lambda below, watts: [a + b for a, b in zip(below, watts, strict=True)]))
    top, count = max(levels[-1]) or 1.0, len(levels[-1])

    def draw(ground: Ground) -> str:
        x = [ground.across(i / count) for i in range(count + 1)]
        areas, below = [], [0.0] * count
        for name, above in zip(parts, levels, strict=True):
            high, low = ([ground.up(watts / top) for watts in level] for level in (above, below))
            upper = " ".join(f"{x[i]:.1f},{high[i]:.1f} {x[i + 1]:.1f},{high[i]:.1f}" for i in range(count))
            lower = " ".join(f"{x[i + 1]:.1f},{low[i]:.1f} {x[i]:.1f},{low[i]:.1f}" for i in reversed(range(count)))
            areas.append(f'<polygon points="{upper} {lower}" fill="{COLOURS[name]}"/>')
            below = above
        marks = "".join(ground.rule(share, show(top * share, "W")) for share in (0.5, 1))
        return "".join(areas) + marks + _moments(ground, count * through["step_s"])

    return drawn("Power", draw, WIDE, NARROW) + legend((NAMES[name], COLOURS[name], "") for name in parts)


def _moments(ground: Ground, duration_s: float) -> str:
    """The time below the figure, in quarters."""
    words = ["0", *(show(duration_s * i / 4, "s") for i in range(1, 5))]
    return "".join(ground.below(i / 4, word) for i, word in enumerate(words))


def _fleet(simulated: Json, through: Json) -> str:
    """Pools, the network between them and replicas over time, where there are any of these."""
    rows = fleet_rows(simulated)
    if not rows:
        return ""
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    scaled = any("scaling" in pool for pool in simulated["pools"])
    return f"<table>{body}</table>{_replicas(through) if scaled else ''}"


def _replicas(through: Json) -> str:
    """Replicas ready, and ready or starting, of all pools, through the time."""
    ready: list[float] = through["replicas"]["ready"]
    both = [a + b for a, b in zip(ready, through["replicas"]["starting"], strict=True)]
    top, count = max(both) or 1.0, len(ready)

    def draw(ground: Ground) -> str:
        lines = []
        for values, colour in ((both, COLOURS["start_up"]), (ready, COLOURS["decode"])):
            points = " ".join(
                f"{ground.across(at / count):.1f},{ground.up(values[i] / top):.1f}"
                for i in range(count)
                for at in (i, i + 1)
            )
            lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks = "".join(ground.rule(share, f"{top * share:.1f}") for share in (0, 0.5, 1))
        return marks + _moments(ground, count * through["step_s"]) + "".join(lines)

    key = legend((("ready", COLOURS["decode"], ""), ("starting", COLOURS["start_up"], "")))
    return drawn("Replicas", draw, WIDE, NARROW) + key
