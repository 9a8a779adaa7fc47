"""The report page of a simulated service: the answer's own page, with latencies and power through the time added."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from wattline.core.fact import Array
from wattline.core.files import write_text
from wattline.core.quantity import show
from wattline.predict.service.result import Service
from wattline.report.page.run import render
from wattline.report.terminal.service import fleet_rows

WIDTH, HEIGHT, MARGIN = 760, 240, 56
POINTS = 240
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
    ("Time to first token", "ttft_s", "#2f7fc1"),
    ("End to end", "e2e_s", "#e08a1e"),
    ("Time per output token", "tpot_s", "#8e6bbf"),
)


def write_page(service: Service, path: Path) -> None:
    """One self-contained HTML file."""
    write_text(path, page_of(service))


def page_of(service: Service) -> str:
    """The page as text."""
    page = render(service.json())
    body = (
        '<section id="latency"><h2>Latencies</h2>'
        f"{_latencies(service)}<p>The share of requests that took no longer; time is logarithmic.</p></section>"
        '<section id="power"><h2>Power through the time</h2>'
        f"{_power(service)}<p>At the servers' plugs, of all replicas, by part.</p></section>"
        f"{_fleet(service)}"
    )
    head, end, tail = page.rpartition("</main>")
    return f"{head}{body}{end}{tail}" if end else page.replace("</body>", f"{body}</body>")


def _svg(label: str, inside: str) -> str:
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" style="width:100%;height:auto;font-size:12px"'
    return f'<svg role="img" aria-label="{escape(label)}" {size}>{inside}</svg>'


def _across(share: float) -> float:
    return MARGIN + share * (WIDTH - 2 * MARGIN)


def _up(share: float) -> float:
    return HEIGHT - 30 - share * (HEIGHT - 60)


def _text(x: float, y: float, said: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(said)}</text>'


def _rule(y: float) -> str:
    return f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" opacity=".2"/>'


def _key(entries: list[tuple[str, str]]) -> str:
    found = []
    for i, (name, colour) in enumerate(entries):
        x = MARGIN + i * min(140, (WIDTH - 2 * MARGIN) // len(entries))
        found.append(f'<rect x="{x}" y="4" width="10" height="10" fill="{colour}"/>{_text(x + 16, 13, name, "start")}')
    return "".join(found)


def _latencies(service: Service) -> str:
    served = service.served
    curves = [(name, np.sort(v[np.isfinite(v)]), c) for name, key, c in CURVES if len(v := getattr(served, key))]
    curves = [(name, values[values > 0], colour) for name, values, colour in curves]
    curves = [curve for curve in curves if len(curve[1])]
    low, high = (float(f(f(v) for _, v, _ in curves)) for f in (min, max))
    span = max(np.log(high / low), 1e-9)
    lines = []
    for _, values, colour in curves:
        at = np.linspace(0, 1, POINTS)
        x = np.log(np.quantile(values, at) / low) / span
        points = " ".join(f"{_across(a):.1f},{_up(b):.1f}" for a, b in zip(x, at, strict=True))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    shares = "".join(_rule(_up(s)) + _text(MARGIN - 6, _up(s) + 4, f"{s:.0%}", "end") for s in (0, 0.5, 0.9, 1))
    times = "".join(_text(_across(i / 4), HEIGHT - 10, show(low * float(np.exp(span * i / 4)), "s")) for i in range(5))
    return _svg("Latencies", _key([(n, c) for n, _, c in curves]) + shares + times + "".join(lines))


def _power(service: Service) -> str:
    load = service.server_load
    parts = {name: _coarse(load.power_w[load.labels.index(name)]) for name in COLOURS if name in load.labels}
    top = float(sum(parts.values()).max()) or 1.0  # type: ignore[union-attr]
    count = len(next(iter(parts.values())))
    x = [_across(i / count) for i in range(count + 1)]
    below, areas = np.zeros(count), []
    for name, watts in parts.items():
        above = below + watts
        high, low = ([_up(float(w) / top) for w in level] for level in (above, below))
        upper = " ".join(f"{x[i]:.1f},{high[i]:.1f} {x[i + 1]:.1f},{high[i]:.1f}" for i in range(count))
        lower = " ".join(f"{x[i + 1]:.1f},{low[i]:.1f} {x[i]:.1f},{low[i]:.1f}" for i in reversed(range(count)))
        areas.append(f'<polygon points="{upper} {lower}" fill="{COLOURS[name]}"/>')
        below = above
    marks = "".join(_rule(_up(s)) + _text(MARGIN - 6, _up(s) + 4, show(top * s, "W"), "end") for s in (0.5, 1))
    moments = ["0", *(show(load.duration_s * i / 4, "s") for i in range(1, 5))]
    times = "".join(_text(_across(i / 4), HEIGHT - 10, said) for i, said in enumerate(moments))
    return _svg("Power", _key([(NAMES[n], COLOURS[n]) for n in parts]) + "".join(areas) + marks + times)


def _fleet(service: Service) -> str:
    """Pools, the network between them and replicas over time, where there are any of these."""
    rows = fleet_rows(service.results())
    if not rows:
        return ""
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>" for name, said in rows)
    lines = _replicas(service) if any(pool.record is not None for pool in service.served.pools) else ""
    return f'<section id="fleet"><h2>Replicas</h2><table>{body}</table>{lines}</section>'


def _replicas(service: Service) -> str:
    """Replicas ready, and ready or starting, of all pools, through the time."""
    found = service.timeline()
    ready, starting = (_coarse(found[name]) for name in ("replicas", "starting"))
    top, count = float((ready + starting).max()) or 1.0, len(ready)
    lines = []
    for values, colour in ((ready + starting, COLOURS["start_up"]), (ready, COLOURS["decode"])):
        points = " ".join(
            f"{_across(at / count):.1f},{_up(float(values[i]) / top):.1f}" for i in range(count) for at in (i, i + 1)
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    marks = "".join(_rule(_up(s)) + _text(MARGIN - 6, _up(s) + 4, f"{top * s:.1f}", "end") for s in (0, 0.5, 1))
    span = float(service.served.horizon_s)
    moments = ["0", *(show(span * i / 4, "s") for i in range(1, 5))]
    times = "".join(_text(_across(i / 4), HEIGHT - 10, said) for i, said in enumerate(moments))
    key = _key([("ready", COLOURS["decode"]), ("starting", COLOURS["start_up"])])
    return _svg("Replicas", key + marks + times + "".join(lines))


def _coarse(watts: Array) -> Array:
    """Means over at most ``POINTS`` stretches; a last one that is not full is left out."""
    group = -(-len(watts) // POINTS)
    whole = max(len(watts) // group, 1)
    return np.asarray(watts[: whole * group].reshape(whole, -1).mean(axis=1))
