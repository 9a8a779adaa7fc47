"""The page of the world's outlook: fan charts with the published points, change by part, what matters, the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from wattline.report.language.translator import current
from wattline.report.page.flex_plot import marks_of
from wattline.report.page.frame import Section, page, results_of
from wattline.report.page.plot import Ground, drawn, svg_text
from wattline.report.page.scrolling import scroll_box
from wattline.report.page.world_past import downloads, past_section
from wattline.report.terminal.world import NAMES, ends_words, number, place_name, with_sign
from wattline.report.words import Json, share_words

WIDE, NARROW = Ground(960, 420, 62, 18, 18, 40), Ground(390, 320, 50, 14, 18, 40, narrow=True)
SMALL = Ground(300, 200, 56, 10, 14, 30)
BARS = Ground(960, 0, 350, 130), Ground(390, 0, 140, 96, narrow=True)
ROW = 24
KIND_COLOURS = {
    "metered": "#1b7837", "company_reported": "#1b7837", "bottom_up": "#2f7fc1", "top_down": "#8e6bbf",
    "extrapolation": "#b8b8b8", "forecast": "#e08a1e",
}  # fmt: skip
MAX_TABLE = 40
MIN_CHANGE = 0.005  # of a driver that is shown


def world_page(data: Json) -> str:
    """One self-contained HTML page."""
    intro, sections = world_parts(data)
    return page(data, "The electricity of data centres", intro, "", sections)


def world_parts(data: Json) -> tuple[str, list[Section]]:
    """What stands above the sections, and the sections; a run's job shows the same."""
    results = results_of(data)
    places = results["places"]
    first = places[0]
    last = first["years"][-1]
    intro = (
        f'<p class="story"><strong>{escape(place_name(first))}: {number(last["energy_twh"]["p50"])} TWh in '
        f"{last['year']}</strong>, {ends_words(last['energy_twh'])} from p5 to p95; {escape(first['scope'])}.</p>"
    )
    sections = [
        ("fan", "Electricity by year", _fan(first, results["scenario"]) + _kinds(places, results["scenario"])),
        ("places", "Other places", _multiples(places[1:])),
        ("change", "What the change is made of", _waterfall(results["change"])),
        ("stock", "Stock of your own", _stock(results["stock"])),
        ("shares", "Jobs as shares of their regions", _jobs(results["jobs"])),
        ("matters", "What matters most", _tornado(results["matters"])),
        ("past", "As it was foreseen", past_section(results["past"], first)),
        ("figures", "Published figures", _published(first)),
        ("table", "The numbers", _table(places) + downloads(results)),
        ("notes", "Notes", "".join(f"<p>{escape(note)}</p>" for note in data["notes"])),
    ]
    return intro, sections


def _kinds(places: Sequence[Json], case: Json | None) -> str:
    """What the dots and lines are, of those kinds that the pictures have."""
    words = {"company_reported": "reported by a company", "bottom_up": "from stock", "top_down": "from totals"}
    items = "".join(
        f'<li><i style="background:{colour}"></i>{escape(words.get(kind, kind))}</li>'
        for kind, colour in KIND_COLOURS.items()
        if any(dot["kind"] == kind for place in places for dot in _dots(place))
    )
    ring = any(dot["scope"] != "all" for place in places for dot in _dots(place))
    ring_words = "<p>A ring is a figure that counts other than all data centres.</p>" if ring else ""
    dashed = "" if case is None else f"<p>Dashed: the scenario {escape(case['name'])}.</p>"
    if not items:
        return f"<p>In TWh. The band reaches from p5 to p95.</p>{dashed}"
    return (
        f'<ul class="legend">{items}</ul><p>In TWh. The band reaches from p5 to p95; a dot is a published figure.</p>'
        f"{ring_words}{dashed}"
    )


def _fan(place: Json, case: Json | None) -> str:
    label = f"Electricity of {place_name(place)} by year with its range and published figures"
    return drawn(label, lambda ground: _fan_in(place, case, ground), WIDE, NARROW)


def _fan_in(place: Json, case: Json | None, ground: Ground) -> str:
    rows = place["years"]
    years = np.array([row["year"] for row in rows], float)
    first, width = years[0], max(years[-1] - years[0], 1.0)
    shown = _dots(place)
    path = [] if case is None else [row["twh"] for row in case["middle_path"]]
    most = max([row["energy_twh"]["p95"] for row in rows] + [dot["twh"] for dot in shown] + path)
    levels = marks_of(most, number)
    top = levels[-1][0]

    def at(year: float, twh: float) -> str:
        return f"{ground.across((year - first) / width):.1f},{ground.up(min(twh / top, 1.0)):.1f}"

    upper = [at(row["year"], row["energy_twh"]["p95"]) for row in rows]
    lower = [at(row["year"], row["energy_twh"]["p5"]) for row in rows][::-1]
    middle = " ".join(at(row["year"], row["energy_twh"]["p50"]) for row in rows)
    body = [ground.rule(level / top, words) for level, words in levels]
    step = max(1, round(len(rows) / (8 if ground.width > 500 else 4)))
    body += [ground.below((row["year"] - first) / width, str(row["year"])) for row in rows[::step]]
    body.append(f'<polygon points="{" ".join(upper + lower)}" fill="var(--grid)" fill-opacity="0.18"/>')
    body.append(f'<polyline points="{middle}" fill="none" stroke="var(--grid)" stroke-width="2"/>')
    if case is not None:
        line = " ".join(at(row["year"], row["twh"]) for row in case["middle_path"])
        body.append(f'<polyline points="{line}" fill="none" stroke="var(--chip)" stroke-dasharray="5 4"/>')
    body += [_dot(dot, at(dot["year"], dot["twh"])) for dot in shown]
    return "".join(body)


def _dots(place: Json) -> list[Json]:
    """Published figures of the years that are shown."""
    years = [row["year"] for row in place["years"]]
    return [dot for dot in place["published"] if years[0] <= dot["year"] <= years[-1]]


def _dot(dot: Json, point: str) -> str:
    x, _, y = point.partition(",")
    words = f"{number(dot['twh'])} TWh in {dot['year']}: {dot['source']}, edition of {dot['published']}"
    colour = KIND_COLOURS[dot["kind"]]
    look = f'fill="{colour}"' if dot["scope"] == "all" else f'fill="none" stroke="{colour}" stroke-width="1.5"'
    return f'<circle cx="{x}" cy="{y}" r="3" {look}><title>{escape(words)}</title></circle>'


def _multiples(places: Sequence[Json]) -> str:
    figures = "".join(
        f'<figure style="display:inline-block;width:300px;max-width:100%;margin:0 8px 8px 0">'
        f"<figcaption>{escape(place_name(place))}</figcaption>"
        f'<svg class="plot" viewBox="0 0 {SMALL.width} {SMALL.height}" role="img" '
        f'aria-label="{escape(place_name(place))}">'
        f"{_fan_in(place, None, SMALL)}</svg></figure>"
        for place in places
    )
    return figures


def _bars(rows: Sequence[tuple[str, float, float, str]], label: str, short: Mapping[str, str] | None = None) -> str:
    """Bars from one number to another, each with its name and its figures."""
    shown = {name: shorten_name((short or {}).get(name, name), 19) for name, *_ in rows}
    low = min(min(first, other) for _, first, other, _ in rows)
    high = max(max(first, other) for _, first, other, _ in rows)
    width = (high - low) or 1.0

    def draw(ground: Ground) -> str:
        body = []
        for i, (name, first, other, words) in enumerate(rows):
            y = ROW * i + 6
            x0, x1 = (ground.across((value - low) / width) for value in sorted((first, other)))
            body.append(
                svg_text(ground.left - 8, y + 13, shown[name] if ground.narrow else shorten_name(name, 46), "end")
            )
            body.append(svg_text(x1 + 6, y + 13, words, "start"))
            colour = "var(--grid)" if other >= first else "var(--chip)"
            body.append(
                f'<rect x="{x0:.1f}" y="{y}" width="{max(x1 - x0, 1.5):.1f}" height="{ROW - 8}" fill="{colour}">'
                f"<title>{escape(f'{name}: {words}')}</title></rect>"
            )
        return "".join(body)

    height = ROW * len(rows) + 12
    grounds = [Ground(g.width, height, g.left, g.right, 4, 4, g.narrow) for g in BARS]
    return drawn(label, draw, grounds[0], grounds[1])


def shorten_name(name: str, letters: int) -> str:
    """A name that fits, cut between words.

    Parameters
    ----------
    name : of a place or a publisher, in English
    letters : at most so many; half as many in Chinese

    Returns
    -------
    The name in the reader's language.
    """
    name = current().text(name)
    if current().lang == "zh":
        return name[: letters // 2]
    if len(name) <= letters:
        return name
    return name[: letters + 1].rpartition(" ")[0].rstrip(" ,:") + " …"


def _waterfall(change: Json | None) -> str:
    if change is None:
        return ""
    level = change["from_twh"]
    rows = [(str(change["from_year"]), 0.0, level, f"{number(level)} TWh")]
    for part in change["parts"]:
        rows.append((NAMES[part["part"]], level, level + part["change_twh"], f"{with_sign(part['change_twh'])} TWh"))
        level += part["change_twh"]
    rows.append((str(change["to_year"]), 0.0, change["to_twh"], f"{number(change['to_twh'])} TWh"))
    return _bars(rows, "Change of the electricity by part")


def _tornado(bars: Sequence[Json]) -> str:
    if not bars:
        return ""
    rows = [
        (bar["words"], 100 * bar["low_change"], 100 * bar["high_change"],
         f"{bar['low_change']:+.0%} to {bar['high_change']:+.0%}")
        for bar in bars
        if max(abs(bar["low_change"]), abs(bar["high_change"])) >= MIN_CHANGE
    ]  # fmt: skip
    names = {bar["words"]: bar["driver"].replace("_", " ") for bar in bars}
    return _bars(rows, "Change of the last year's electricity with each driver at the ends of its range", names)


def _jobs(jobs: Sequence[Json]) -> str:
    rows = "".join(
        f"<tr><td>{escape(job['name'])}</td><td>{number(job['energy_twh']['p50'])}</td>"
        f"<td>{escape(place_name({'name': job['place']}))}, {job['year']}</td>"
        f"<td>{number(job['place_twh']['p50'])}</td><td>{share_words(job['share_of_place']['p50'])}</td></tr>"
        for job in jobs
    )
    head = "<tr><th>job</th><th>TWh a year</th><th>data centres of</th><th>TWh</th><th>share</th></tr>"
    return scroll_box(f"<table>{head}{rows}</table>", "Jobs") if rows else ""


def _stock(stock: Json | None) -> str:
    """Electricity of an own stock by year, and its share of the first place's."""
    rows = "".join(
        f"<tr><td>{row['year']}</td><td>{number(row['energy_twh']['p50'])}</td><td>{ends_words(row['energy_twh'])}</td>"
        f"<td>{share_words(row['share_of_place'])}</td></tr>"
        for row in (stock or {"years": ()})["years"]
        if row["energy_twh"]["p50"] > 0
    )
    head = "<tr><th>year</th><th>TWh</th><th>p5 to p95</th><th>share</th></tr>"
    return scroll_box(f"<table>{head}{rows}</table>", "Stock of your own") if rows else ""


def _published(place: Json) -> str:
    rows = "".join(
        f"<tr><td>{dot['year']}</td><td>{number(dot['twh'])}</td><td>{dot['published']}</td>"
        f"<td>{escape(dot['kind'].replace('_', ' '))}</td><td>{escape(dot['scope'].replace('-', ' '))}</td>"
        f'<td style="min-width:14rem">{escape(dot["source"])}</td></tr>'
        for dot in sorted(place["published"], key=lambda dot: (-dot["year"], -dot["published"]))[:MAX_TABLE]
    )
    head = "<tr><th>year</th><th>TWh</th><th>edition</th><th>kind</th><th>counts</th><th>source</th></tr>"
    return scroll_box(f"<table>{head}{rows}</table>", "Published figures") if rows else ""


def _table(places: Sequence[Json]) -> str:
    rows = "".join(
        f"<tr><td>{escape(place_name(place))}</td><td>{row['year']}</td><td>{number(row['energy_twh']['p50'])}</td>"
        f"<td>{ends_words(row['energy_twh'])}</td><td>{number(row['capacity_gw']['p50'])}</td></tr>"
        for place in places
        for row in place["years"]
    )
    head = "<tr><th>place</th><th>year</th><th>TWh</th><th>p5 to p95</th><th>GW</th></tr>"
    return scroll_box(f"<table>{head}{rows}</table>", "Every year")
