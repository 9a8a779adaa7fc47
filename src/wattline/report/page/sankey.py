"""The line as a flow diagram: what the jobs ask of the grid, and where it leaves: site, servers, chips.

``flows`` makes the graph, whose flows conserve; ``wide`` and ``tall`` draw it for a desktop and for a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from wattline.report.page.words import (
    amount,
    esc,
    finite,
    like,
    mapping,
    percent,
    wrap,
)
from wattline.report.words import Json

TRUNK = ("grid", "site", "server", "chip")
TRUNK_NAMES = {"grid": "Grid delivers, mean", "site": "The site takes", "server": "Servers", "chip": "Chips"}


class FlowNode(NamedTuple):
    """A job, a station of the trunk, or a part where energy ends."""

    key: str
    label: str
    station: str
    kind: str  # "job", "trunk" or "end"
    energy: float


class Link(NamedTuple):
    """``energy`` in Wh that goes from one node to another."""

    source: str
    target: str
    station: str
    energy: float


class Flows(NamedTuple):
    """The graph; every node between a job and an end lets out what it takes in."""

    nodes: list[FlowNode]
    links: list[Link]

    def of(self, kind: str) -> list[FlowNode]:
        """The nodes of one kind, in order."""
        return [node for node in self.nodes if node.kind == kind]

    @property
    def total(self) -> float:
        """Wh that the grid delivers."""
        return self.of("trunk")[0].energy


def flows(parts: Json, jobs: Sequence[tuple[str, float]] = ()) -> Flows | None:
    """The graph of the parts' mean energies, fed by ``jobs`` (name, Wh) where several add up to them.

    Parts of nought and parts without a mean are left out. None where no energy is left to draw.

    Parameters
    ----------
    parts : of a bill, each with its mean energy [Wh]
    jobs : name and mean energy [Wh] of each job of a run

    Returns
    -------
    Nodes and links, energies in Wh.
    """
    ends = [end for key, part in parts.items() if (end := _end(key, mapping(part)))]
    if not ends:
        return None
    ends.sort(key=lambda end: -end.energy)
    trunk = [station for station in TRUNK if station != "site" and _inside(ends, station)]
    if any(end.station == "grid" for end in ends):  # the grid's own losses: the site is a stop of its own
        trunk = [station for station in TRUNK if _inside(ends, station)]
    nodes = [FlowNode(s, TRUNK_NAMES[s], s, "trunk", math.fsum(_inside(ends, s))) for s in trunk]
    links = [Link(near.key, two.key, two.station, two.energy) for near, two in pairwise(nodes)]
    for end in ends:
        source = end.station if end.station in trunk else "grid"
        links.append(Link(source, end.key, end.station, end.energy))
    fed = [(name, energy) for name, energy in jobs if energy > 0]
    fed_wh = math.fsum(energy for _, energy in fed)
    if len(jobs) > 1 and math.isclose(fed_wh, nodes[0].energy, rel_tol=1e-6):  # else they are not of one bill
        scale = nodes[0].energy / fed_wh
        made = [FlowNode(f"job-{i}", name, "grid", "job", energy * scale) for i, (name, energy) in enumerate(fed)]
        links = [Link(job.key, trunk[0], "grid", job.energy) for job in made] + links
        nodes = made + nodes
    return Flows(nodes + ends, links)


def _end(key: str, part: Json) -> FlowNode | None:
    energy = finite(part.get("energy_mean_wh"))
    if energy is None or energy <= 0:
        return None
    station = part.get("station")
    label = str(part.get("label") or key.replace("_", " ").capitalize())
    return FlowNode(f"part-{key}", label, station if station in TRUNK else "site", "end", energy)


def _inside(ends: list[FlowNode], station: str) -> list[float]:
    """Energies of the parts that lie at ``station`` or nearer to the chip."""
    within = TRUNK[TRUNK.index(station) :]
    return [end.energy for end in ends if end.station in within]


def _leaving(graph: Flows, station: str) -> list[FlowNode]:
    keys = {link.target for link in graph.links if link.source == station}
    return [node for node in graph.of("end") if node.key in keys]


def _figures(node: FlowNode, total: float) -> str:
    """Energy in the unit of the total (a job's in its own), and its share."""
    shown = amount(node.energy, "Wh") if node.kind == "job" else like(node.energy, "Wh", total)
    share = "" if node.energy == total else f" · {percent(node.energy / total)}"
    return f"{shown}{share}"


def _path(d: str, node: FlowNode, total: float, kind: str = "band") -> str:
    title = esc(f"{node.label}: {_figures(node, total)}")
    return f'<path class="{kind} s-{node.station}" d="{d}"><title>{title}</title></path>'


def _bar(x: float, y: float, width: float, height: float, station: str) -> str:
    size = f'width="{max(width, 1.5):.1f}" height="{max(height, 1.5):.1f}"'
    return f'<rect class="node s-{station}" x="{x:.1f}" y="{y:.1f}" {size} rx="1.5"/>'


def _label(x: float, y: float, rows: list[str], below: str, anchor: str = "start", kind: str = "") -> str:
    """Lines of a name, then its figures in a smaller type."""
    end = ' text-anchor="end"' if anchor == "end" else ""
    text = "".join(
        f'<text class="name {kind}" x="{x:.1f}" y="{y + 15 * i:.1f}"{end}>{esc(row)}</text>'
        for i, row in enumerate(rows)
    )
    return f'{text}<text class="fig" x="{x:.1f}" y="{y + 15 * len(rows):.1f}"{end}>{esc(below)}</text>'


def _svg(body: list[str], width: int, height: float, kind: str, graph: Flows) -> str:
    ends = ", ".join(f"{node.label} {percent(node.energy / graph.total)}" for node in graph.of("end"))
    words = esc(f"Flow diagram of {amount(graph.total, 'Wh')}, the mean: {ends}")
    box = f'viewBox="0 0 {width} {height:.0f}"'
    return f'<svg class="sankey {kind}" {box} role="img" aria-label="{words}">{"".join(body)}</svg>'


# --- the desktop: left to right, the trunk straight along the top, what leaves bends down -----------------


def wide(graph: Flows) -> str:
    """The flows from left to right, 1080 units wide."""
    total, top, thick, pitch = graph.total, 44.0, 230.0, 36.0
    scale = thick / total
    jobs, trunk = graph.of("job"), graph.of("trunk")
    first = 320.0 if jobs else 0.0
    step = (880.0 - first) / len(trunk)
    column = {node.key: first + i * step for i, node in enumerate(trunk)}
    body: list[str] = []
    bottom = _wide_jobs(body, jobs, total, top, scale, first)
    floor = top
    for i, node in reversed(list(enumerate(trunk))):  # each column's stack begins below that to its right
        x, x_next = column[node.key], column[node.key] + step
        inner = trunk[i + 1] if i + 1 < len(trunk) else None
        y_out = top + (inner.energy * scale if inner else 0.0)
        if inner:
            d = _s_curve(x + 8, x_next, top, top, inner.energy * scale)
            body.append(_path(d, inner, total))
        y = max(floor, y_out + 18) if inner else top
        for end in _leaving(graph, node.key):
            height = end.energy * scale
            body.append(_path(_s_curve(x + 8, x_next, y_out, y, height), end, total))
            body.append(_bar(x_next, y, 8, height, end.station))
            body.append(
                _label(x_next + 15, max(y + height / 2 - 3, y + 9), wrap(end.label, 22, 1), _figures(end, total))
            )
            y_out += height
            y += max(height + 8, pitch)
        floor = max(floor, y) + 10
        bottom = max(bottom, y)
        body.append(_bar(x, top, 8, node.energy * scale, node.station))
        body.append(_label(x, top - 27, [node.label], _figures(node, total), kind="big"))
    return _svg(body, 1080, bottom + 6, "wide", graph)


def _wide_jobs(body: list[str], jobs: list[FlowNode], total: float, top: float, scale: float, first: float) -> float:
    y, y_in = top, top
    for job in jobs:
        height = job.energy * scale
        rows = wrap(job.label, 22, 3 if len(jobs) < 6 else 2)
        body.append(_path(_s_curve(198, first, y, y_in, height), job, total, "band job"))
        body.append(_bar(190, y, 8, height, "work"))
        middle = max(y + height / 2, y + 7.5 * len(rows))
        body.append(_label(182, middle - 7.5 * len(rows) + 8, rows, _figures(job, total), "end"))
        y_in += height
        y += max(height + 8, 15 * (len(rows) + 1) + 8)
    return y


def _s_curve(x0: float, x1: float, y0: float, y1: float, height: float) -> str:
    height, middle = max(height, 0.8), (x0 + x1) / 2
    return (
        f"M{x0:.1f},{y0:.2f}C{middle:.1f},{y0:.2f} {middle:.1f},{y1:.2f} {x1:.1f},{y1:.2f}"
        f"V{y1 + height:.2f}C{middle:.1f},{y1 + height:.2f} {middle:.1f},{y0 + height:.2f} "
        f"{x0:.1f},{y0 + height:.2f}Z"
    )


# --- the phone: top to bottom, the trunk down the left, what leaves turns right ----------------------------


def tall(graph: Flows) -> str:
    """The flows from top to bottom, 360 units wide."""
    total, left, thick, edge = graph.total, 4.0, 116.0, 160.0
    scale = thick / total
    body: list[str] = []
    y = _tall_jobs(body, graph.of("job"), total, left, scale, edge)
    trunk = graph.of("trunk")
    for i, node in enumerate(trunk):
        body.append(_label(edge + 14, y + 4, [node.label], _figures(node, total), kind="big"))
        start = y + 6
        right = left + node.energy * scale
        row = y + 36
        for end in _leaving(graph, node.key):
            width = end.energy * scale
            body.append(_path(_turn(right - width, right, start, edge, row, width), end, total))
            body.append(_bar(edge, row, 6, width, end.station))
            body.append(
                _label(edge + 14, max(row + width / 2 - 3, row + 9), wrap(end.label, 22, 1), _figures(end, total))
            )
            right -= width
            row += max(width + 8, 36)
        nearer = trunk[i + 1] if i + 1 < len(trunk) else None
        if nearer:
            body.append(_path(f"M{left},{start}H{right:.2f}V{row + 12:.1f}H{left}Z", nearer, total))
        body.append(_bar(left, y, node.energy * scale, 6, node.station))
        y = row + (12 if nearer else 0)
    return _svg(body, 360, y + 4, "tall", graph)


def _tall_jobs(body: list[str], jobs: list[FlowNode], total: float, left: float, scale: float, edge: float) -> float:
    if not jobs:
        return 8.0
    places, y = [], 8.0
    for job in jobs:
        rows = wrap(job.label, 22, 3 if len(jobs) < 6 else 2)
        places.append((job, rows, y))
        y += max(job.energy * scale + 8, 15 * (len(rows) + 1) + 8)
    bottom, x = y + 14, left
    for job, rows, row in places:
        width = job.energy * scale
        body.append(_path(_turn(x, x + width, bottom, edge, row + width, -width), job, total, "band job"))
        body.append(_bar(edge, row, 6, width, "work"))
        middle = max(row + width / 2, row + 7.5 * len(rows))
        body.append(_label(edge + 14, middle - 7.5 * len(rows) + 8, rows, _figures(job, total)))
        x += width
    return bottom


def _turn(x0: float, x1: float, y: float, edge: float, row: float, height: float) -> str:
    """A band down the strip ``x0..x1`` from ``y`` that turns right at ``row``; up, for a negative height."""
    sign = 1 if height >= 0 else -1
    bend, thick = 8.0, max(abs(height), 0.8)
    x1 = max(x1, x0 + 0.8)
    near, far = row, row + sign * thick
    outer = bend + thick
    return (
        f"M{x0:.2f},{y:.1f}V{far - sign * outer:.2f}Q{x0:.2f},{far:.2f} {x0 + outer:.2f},{far:.2f}H{edge}"
        f"V{near:.2f}H{x1 + bend:.2f}Q{x1:.2f},{near:.2f} {x1:.2f},{near - sign * bend:.2f}V{y:.1f}Z"
    )
