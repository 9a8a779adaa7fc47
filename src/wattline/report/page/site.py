"""The page of a site's year: one self-contained HTML file, in the template and style of a run's page."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.quantity import show
from wattline.report.page import tables
from wattline.report.page.figures import matters
from wattline.report.page.run import _cards, _colophon, _details, _facts, _resource, _section, _warnings
from wattline.report.page.site_figures import heat_map, psychrometric, stacked
from wattline.report.page.words import esc, sentence
from wattline.report.terminal.site import FIGURES, figure

if TYPE_CHECKING:
    from wattline.predict.site import SiteAnswer

CARDS = (
    ("energy_wh", "Energy in the year", "Wh"),
    ("peak_w", "Peak power", "W"),
    ("water_site_l", "Water at the site", "L"),
    ("cost_usd", "Electricity cost", "USD"),
    ("co2e_kg", "CO₂e, life cycle", "kg"),
)


def render(answer: SiteAnswer) -> str:
    """The page of one site."""
    data = answer.json()
    script = _resource("theme.js")
    weather, load = answer.asked.weather, answer.load
    mode = np.broadcast_to(answer.central.mode, (1, weather.temperature_c.size))[0]
    pressure = float(weather.pressure_pa.mean())
    sections = [
        ("pue", "PUE by hour and day", heat_map(answer.pue_hours[1])),
        ("parts", "What it takes beside its servers", stacked(load.power_w, load.labels)),
        ("air", "The hours in each mode of cooling", psychrometric(
            weather.temperature_c, weather.humidity_ratio, pressure, mode)),
        ("bill", "The year's electricity", tables.bill(data, data["title"])),
        ("ranges", "How sure it is", _figures(data)),
        ("sizing", "What must stand there", _sizing(data)),
        ("matters", "What matters most for its PUE", matters(data["matters"])),
        ("facts", "Facts and sources", _facts(data, [])),
    ]  # fmt: skip
    shown = [section for section in sections if section[2]]
    return Template(_resource("template.html")).substitute(
        title=esc(data["title"]),
        story=_story(data) + _warnings(data),
        cards=_pue_card(data) + _cards(data, CARDS),
        style=_resource("style.css") + (files("wattline.report.page") / "site.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        nav="".join(f'<a href="#{key}">{esc(name)}</a>' for key, name, _ in shown),
        sections="".join(_section(*section) for section in shown),
        colophon=_colophon(data),
        data=_embedded(data),
    )


def _embedded(data: dict[str, Any]) -> str:
    from wattline.report.page.words import embedded

    return embedded(data)


def _story(data: dict[str, Any]) -> str:
    asked, weather = data["inputs"], data["weather"]
    words = (
        f"{show(asked['it_w'], 'W')} of IT at {asked['utilisation']:.0%} of design on average, in a "
        f"{asked['hall']} hall with {asked['redundancy']} redundancy. The year's air: "
        f"{weather['mean_c']:.1f} °C on average, "
        f"{weather['p99_6_c']:.0f} °C in the hottest 35 hours, wet bulb {weather['wet_bulb_p99_6_c']:.0f} °C."
    )
    return f'<p class="story">{esc(words)}</p>'


def _pue_card(data: dict[str, Any]) -> str:
    cells = []
    for key, name, unit in FIGURES[:2]:
        r = data[key]
        cells.append(
            f'<div class="card"><dt>{esc(name)}</dt><dd class="value">{esc(figure(r["p50"], unit))}</dd>'
            f'<dd class="range">{esc(figure(r["p5"], unit))} – {esc(figure(r["p95"], unit))}</dd></div>'
        )
    return f'<dl class="cards">{"".join(cells)}</dl>'


def _figures(data: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{esc(sentence(name))}</th>'
        + "".join(f'<td class="num">{esc(figure(data[key][p], unit))}</td>' for p in ("p5", "p50", "p95"))
        + "</tr>"
        for key, name, unit in FIGURES
    )
    head = '<tr><th scope="col">Figure</th><th scope="col" class="num">p5</th>'
    head += '<th scope="col" class="num">median</th><th scope="col" class="num">p95</th></tr>'
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _sizing(data: dict[str, Any]) -> str:
    size = data["sizing"]
    design, hot, tenth = size["design"], size["hottest_hour"], size["a_tenth_of_load"]
    rows = "".join(
        f'<tr><th scope="row">{esc(sentence(u["name"]))}</th><td class="num">{esc(show(u["needed_w"], "W"))}</td>'
        f'<td class="num">{esc(show(u["unit_w"], "W"))}</td><td class="num">{u["needed"]:,}</td>'
        f'<td class="num">{u["installed"]:,}</td></tr>'
        for u in size["units"]
    )
    head = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for name, kind in (
            ("Units", ""),
            ("To carry", ' class="num"'),
            ("One of them", ' class="num"'),
            ("Needed", ' class="num"'),
            ("Installed", ' class="num"'),
        )
    )
    words = (
        f"Design day: {design['dry_bulb_c']:.1f} °C, the wet bulb {design['wet_bulb_c']:.1f} °C; the peak is "
        f"{show(design['peak_w'], 'W')}, a PUE of {design['peak_pue']:.3f}. In the hottest hour the cooling runs "
        f"{hot['mode']}, PUE is {hot['pue']:.3f} and {show(hot['water_l_per_h'], 'L')} of water go in an "
        f"hour. At a tenth of the load, PUE is {tenth['pue']:.2f} on average, "
        f"against {tenth['pue_at_full_load']:.2f} at full load."
    )
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    note = _details("The hottest hour, part by part", _hottest(hot))
    return f"<p>{esc(words)}</p>{table}{note}"


def _hottest(hot: dict[str, Any]) -> str:
    from wattline.core.bill import PARTS

    items = "".join(
        f"<div><dt>{esc(PARTS[name][1])}</dt><dd>{esc(show(watts, 'W'))}</dd></div>"
        for name, watts in hot["parts_w"].items()
        if watts > 0
    )
    return f'<dl class="inputs">{items}</dl>'
