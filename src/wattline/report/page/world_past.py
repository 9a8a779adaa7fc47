"""Of the page of the outlook: how it would have stood in the past, published forecasts beside what came, downloads."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from wattline.report.page.flex_plot import marks_of
from wattline.report.page.plot import Ground, drawn, legend
from wattline.report.page.scrolling import scroll_box
from wattline.report.terminal.world import number, place_name
from wattline.report.words import Json

WIDE, NARROW = Ground(960, 380, 62, 18, 18, 40), Ground(390, 300, 50, 14, 18, 40, narrow=True)
COLOURS = ("#1b7837", "#2f7fc1", "#8e6bbf", "#c0392b", "#e08a1e")


def past_section(past: Json | None, place: Json) -> str:
    """Outlooks of earlier years beside the figures that came, and the scorecard of published forecasts.

    Parameters
    ----------
    past : of the answer; None for a company
    place : the first place, with its published figures

    Returns the HTML of the section; "" where there is no past.
    """
    if past is None or not past["outlooks"]:
        return ""
    outlooks = past["outlooks"]
    label = f"Outlooks of {place_name(place)} as they would have been made, with the figures that came"
    colours = [(f"as of {each['as_of']}", COLOURS[i % len(COLOURS)], "") for i, each in enumerate(outlooks)]
    picture = drawn(label, lambda ground: _fans(outlooks, place["published"], ground), WIDE, NARROW)
    words = "Each band is the outlook of that year from p5 to p95, from what was published by then; dots are figures."
    return f"{picture}{legend(colours)}<p>{words}</p>{_card(past['scorecard'])}"


def _fans(outlooks: Sequence[Json], figures: Sequence[Json], ground: Ground) -> str:
    first, last = outlooks[0]["years"][0]["year"], outlooks[0]["years"][-1]["year"]
    shown = [dot for dot in figures if first <= dot["year"] <= last and dot["kind"] != "forecast"]
    middle = max(row["energy_twh"]["p50"] for each in outlooks for row in each["years"])
    levels = marks_of(max([2.2 * middle, *(dot["twh"] for dot in shown)]), number)
    top = levels[-1][0]

    def at(year: float, twh: float) -> str:
        return f"{ground.across((year - first) / (last - first)):.1f},{ground.up(min(twh / top, 1.0)):.1f}"

    step = 2 if ground.width > 500 else 4
    body = [ground.rule(level / top, words) for level, words in levels]
    body += [ground.below((year - first) / (last - first), str(year)) for year in range(first, last + 1, step)]
    for i, each in enumerate(outlooks):
        colour, rows = COLOURS[i % len(COLOURS)], each["years"]
        edge = [at(row["year"], row["energy_twh"]["p95"]) for row in rows]
        edge += [at(row["year"], row["energy_twh"]["p5"]) for row in rows[::-1]]
        line = " ".join(at(row["year"], row["energy_twh"]["p50"]) for row in rows)
        body.append(f'<polygon points="{" ".join(edge)}" fill="{colour}" fill-opacity="0.10"/>')
        body.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for dot in shown:
        x, _, y = at(dot["year"], dot["twh"]).partition(",")
        words = f"{number(dot['twh'])} TWh in {dot['year']}: {dot['source']}, edition of {dot['published']}"
        body.append(f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor"><title>{escape(words)}</title></circle>')
    return "".join(body)


def _card(card: Json | None) -> str:
    if card is None:
        return ""
    rows = "".join(
        f"<tr><td>{escape(row['forecaster'])}</td><td>{row['published']}</td><td>{row['year']}</td>"
        f"<td>{number(row['twh'])}</td><td>{number(row['came_twh'])}</td><td>×{row['twh'] / row['came_twh']:.2f}</td>"
        f"<td>{number(row['ours_twh'])}</td></tr>"
        for row in card["rows"]
    )
    names = ("forecast of", "made in", "for", "TWh", "came", "off", "ours then")
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    words = (
        f"<p>{card['n']} published forecasts of years that have passed, two and more years ahead: off by "
        f"×{card['median_factor']:.2f} in the middle, {card['above_share']:.0%} of them too high; outlooks of the same "
        f"years by ×{card['our_median_factor']:.2f}. What came is as the newest studies count it.</p>"
    )
    table = scroll_box(f"<table>{head}{rows}</table>", "Scorecard of published forecasts")
    return f"<h3>Scorecard of published forecasts</h3>{words}{table}"


def downloads(results: Json) -> str:
    """Links that save the numbers as CSV; the page holds them, and needs no network."""
    places = results["places"]
    table: list[Sequence[object]] = [("place", "year", "p5_twh", "p50_twh", "p95_twh", "p5_gw", "p50_gw", "p95_gw")]
    table += [
        (place["name"], row["year"], *row["energy_twh"].values(), *row["capacity_gw"].values())
        for place in places
        for row in place["years"]
    ]
    figures: list[Sequence[object]] = [("place", "year", "twh", "kind", "published", "scope", "source")]
    figures += [
        (place["name"], dot["year"], dot["twh"], dot["kind"], dot["published"], dot["scope"], dot["source"])
        for place in places
        for dot in place["published"]
    ]
    return f"<p>Save: {_link('outlook.csv', table)}, {_link('published_figures.csv', figures)}</p>"


def _link(name: str, rows: Sequence[Sequence[object]]) -> str:
    text = "".join(",".join(_cell(value) for value in row) + "\n" for row in rows)
    data = base64.b64encode(text.encode()).decode()
    return f'<a download="{name}" href="data:text/csv;base64,{data}">{name}</a>'


def _cell(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text
