"""The page of a site's year, in the template and style of a run's page."""

from __future__ import annotations

from wattline.core.bill import PARTS
from wattline.core.quantity import show
from wattline.report.page import frame, tables
from wattline.report.page.accounts import accounts
from wattline.report.page.figures import matters
from wattline.report.page.site_figures import heat_map, psychrometric, stack_bars
from wattline.report.page.words import esc, sentence
from wattline.report.terminal.site import FIGURES, fans_words, figure
from wattline.report.words import Json, balance_words

CARDS = (
    ("energy_wh", "Energy in the year", "Wh"),
    ("peak_w", "Peak power", "W"),
    ("water_site_l", "Water at the site", "L"),
    ("cost_usd", "Electricity cost", "USD"),
    ("co2e_kg", "CO₂e, life cycle", "kg"),
    ("embodied_co2e_kg", "CO₂e, embodied", "kg"),
)


def site_page(data: Json) -> str | None:
    """One self-contained HTML page of one site; None for sites side by side."""
    results = frame.results_of(data)
    if "rows" in results:
        return None
    sections = [
        ("pue", "PUE by hour and day", heat_map(results["pue_by_hour"]["p50"])),
        ("parts", "What it takes beside its servers", stack_bars(results["power_by_week_w"])),
        ("air", "The hours in each mode of cooling", psychrometric(results["air"], results["hours_by_mode"])),
        ("bill", "The year's electricity", tables.bill(results, results["title"])),
        ("carbon", "Carbon, by account", accounts(results)),
        ("ranges", "How sure it is", _figures(results) + f"<p>{esc(fans_words(results))}</p>"),
        ("sizing", "What must be installed", _sizing(results["sizing"])),
        ("balance", "Beside its grid", f"<p>{esc(balance_words(results['balance']))}</p>"),
        ("matters", "What matters most for its PUE", matters(results["matters"])),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    cards = _pue_card(results) + frame.cards(results, CARDS)
    intro = (
        frame.assumptions_note("site", data["inputs"], results)
        + _story(data["inputs"], results["weather"])
        + frame.remarks(data)
    )
    return frame.page(data, results["title"], intro, cards, sections, ["site.css"])


def _story(inputs: Json, weather: Json) -> str:
    words = (
        f"{show(inputs['it_w'], 'W')} of IT at {inputs['utilisation']:.0%} of design on average, in a "
        f"{inputs['hall']} hall with {inputs['redundancy']} redundancy. The year's air: "
        f"{weather['mean_c']:.1f} °C on average, "
        f"{weather['p99_6_c']:.0f} °C in the hottest 35 hours, wet bulb {weather['wet_bulb_p99_6_c']:.0f} °C."
    )
    return f'<p class="story">{esc(words)}</p>'


def _pue_card(results: Json) -> str:
    cells = []
    for key, name, unit in (FIGURES[0], FIGURES[2]):
        r = results[key]
        cells.append(
            f'<div class="card"><dt>{esc(name)}</dt><dd class="value">{esc(figure(r["p50"], unit))}</dd>'
            f'<dd class="range">{esc(figure(r["p5"], unit))} – {esc(figure(r["p95"], unit))}</dd></div>'
        )
    return f'<dl class="cards">{"".join(cells)}</dl>'


def _figures(results: Json) -> str:
    names = (("p5", "p5"), ("p50", "median"), ("p95", "p95"))
    rows = [
        f'<tr><th scope="row">{esc(sentence(name))}</th>'
        + "".join(tables.cell(label, esc(figure(results[key][p], unit)), "num") for p, label in names)
        + "</tr>"
        for key, name, unit in FIGURES
        if key in results
    ]
    heads = [("Figure", ""), *((label, "num") for _, label in names)]
    return tables.html_table(heads, rows, "stack", "Figures of the year")


def _sizing(size: Json) -> str:
    design, hot, tenth = size["design"], size["hottest_hour"], size["a_tenth_of_load"]
    rows = [
        f'<tr><th scope="row">{esc(sentence(u["name"]))}</th>'
        + tables.cell("To carry", esc(show(u["needed_w"], "W")), "num")
        + tables.cell("One of them", esc(show(u["unit_w"], "W")), "num")
        + tables.cell("Needed", f"{u['needed']:,}", "num")
        + tables.cell("Installed", f"{u['installed']:,}", "num")
        + "</tr>"
        for u in size["units"]
    ]
    heads = [("Units", ""), *((name, "num") for name in ("To carry", "One of them", "Needed", "Installed"))]
    words = (
        f"Design day: {design['dry_bulb_c']:.1f} °C, the wet bulb {design['wet_bulb_c']:.1f} °C; the peak is "
        f"{show(design['peak_w'], 'W')}, a PUE of {design['peak_pue']:.3f}. In the hottest hour the cooling runs "
        f"{hot['mode']}, PUE is {hot['pue']:.3f} and {show(hot['water_l_per_h'], 'L')} of water go in an "
        f"hour. At a tenth of the load, PUE is {tenth['pue']:.2f} on average, "
        f"against {tenth['pue_at_full_load']:.2f} at full load."
    )
    table = tables.html_table(heads, rows, "stack", "Units that must be installed")
    note = frame.details("The hottest hour, part by part", _hottest(hot))
    return f"<p>{esc(words)}</p>{table}{note}"


def _hottest(hot: Json) -> str:
    items = "".join(
        f"<div><dt>{esc(PARTS[name][1])}</dt><dd>{esc(show(watts, 'W'))}</dd></div>"
        for name, watts in hot["parts_w"].items()
        if watts > 0
    )
    return f'<dl class="inputs">{items}</dl>'
