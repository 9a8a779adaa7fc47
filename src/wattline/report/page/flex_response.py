"""The page of what a site can give a grid: the ladder, what gives power back, and the grid's products."""

from __future__ import annotations

from wattline.core.quantity import show
from wattline.report.page import frame
from wattline.report.page.flex_parts import FlexParts, plain_table, words_card
from wattline.report.page.flex_plot import Axes, PlotLine, lines, marks_of
from wattline.report.page.words import esc
from wattline.report.terminal.flex_response import WORTH, carbon_row, span_words
from wattline.report.words import Json, share_words


def response_parts(data: Json) -> FlexParts:
    """What a site can give a grid: the ladder, what gives power back, and the products."""
    results = frame.results_of(data)
    rungs = [row for row in results["rungs"] if row["batch"] == results["rungs"][0]["batch"]]
    sections = [
        ("ladder", "Watts against latency", _ladder(rungs) + _rungs(results["rungs"])),
        ("gives", "What gives power back", _gives(results["resources"])),
        ("products", "What a grid pays for", _products(results["products"])),
        *_carbon(data),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    ride = results["ride"]
    cards = words_card("Power of the site", show(results["site_w"]["p50"], "W")) + "".join(
        words_card(
            row["name"][:1].upper() + row["name"][1:],
            show(row["cut_w"]["p50"], "W"),
            f"within {show(row['response_s']['p50'], 's')}",
        )
        for row in results["resources"]
    )
    intro = (
        f'<p class="story">{esc("Without supply the servers go on for " + span_words(ride["servers_s"], "s"))}'
        f"{esc(', with the batteries of the UPS for ' + span_words(ride['ups_s'], 's'))}.</p>"
    )
    head = frame.assumptions_note("flex response", data["inputs"], results) + intro + frame.remarks(data)
    return FlexParts(results["title"], head, f'<dl class="cards">{cards}</dl>', sections)


def _ladder(rungs: list[Json]) -> str:
    """The site's saving and the time of a token over the power cap."""
    ordered = sorted(rungs, key=lambda row: row["power_cap_w"])
    caps = [row["power_cap_w"] for row in ordered]
    cuts = [100 * row["cut_share"]["p50"] for row in ordered]
    marks = [(cap, show(cap, "W")) for cap in caps]
    saved = Axes(
        "Saving over the power cap",
        "power cap of a chip",
        marks,
        marks_of(max(*cuts, 1.0), lambda v: f"{v:g}%", min(*cuts, 0.0)),
    )
    drawn = lines(
        saved,
        caps,
        [PlotLine("site saves", cuts)],
        "Share of the site's power that a cap saves, the same requests answered.",
    )
    timed = [row for row in ordered if row["tpot_s"] is not None]
    if len(timed) < 2:
        return drawn
    waits = [1e3 * row["tpot_s"]["p50"] for row in timed]
    axes = Axes(
        "Time between tokens over the power cap",
        "power cap of a chip",
        marks,
        marks_of(max(waits), lambda v: f"{v:g} ms"),
    )
    return drawn + lines(axes, caps, [PlotLine("between tokens", waits)], "Median time between tokens, without queues.")


def _rungs(rungs: list[Json]) -> str:
    rows = [
        [
            f"{show(row['power_cap_w'], 'W')}, batch {row['batch']:g}",
            show(row["chip_w"]["p50"], "W"),
            show(row["ttft_s"]["p50"], "s"),
            "–" if row["tpot_s"] is None else show(row["tpot_s"]["p50"], "s"),
            f"{row['active_share']['p50']:.0%}",
            share_words(row["cut_share"]["p50"]),
            "yes" if row["keeps"] else "too slow" if row["serves"] else "not all requests",
        ]
        for row in rungs
    ]
    heads = ["Power cap", "Chip", "First token", "A token", "At work", "Site saves", "Keeps"]
    return plain_table(heads, rows, "The ladder")


def _gives(resources: list[Json]) -> str:
    priced = [(key, head) for key, head in WORTH if any(row[key] is not None for row in resources)]
    rows = [
        [
            row["name"],
            span_words(row["cut_w"], "W"),
            "any time" if row["lasts_s"] is None else show(row["lasts_s"]["p50"], "s"),
            show(row["response_s"]["p50"], "s"),
            show(row["over_call_w"]["p50"], "W"),
            *(show(row[key]["p50"], "USD") for key, _ in priced),
        ]
        for row in resources
    ]
    heads = ["What", "Power", "For", "Within", "In a call", *(head.capitalize() for _, head in priced)]
    return plain_table(heads, rows, "What gives power back") if rows else "<p>Nothing there gives power back.</p>"


def _carbon(data: Json) -> list[tuple[str, str, str]]:
    """A section of what lower caps avoid in the hours of most carbon; none where they avoid nothing."""
    inputs = data["inputs"]
    rows = [carbon_row(row) for row in frame.results_of(data)["carbon_cuts"]]
    if not rows:
        return []
    heads = ["Hours of most", "Counted by", "In them", "Avoids in a year", "By what was known"]
    words = (
        f"Caps in the {inputs['called_h']:g} hours of most carbon, {inputs['carbon_of']}; the same requests answered."
    )
    return [("carbon", "Carbon that caps avoid", f"<p>{esc(words)}</p>" + plain_table(heads, rows, "Carbon avoided"))]


def _products(products: list[Json]) -> str:
    rows = [
        [
            row["product"],
            show(row["response_s"], "s"),
            show(row["lasts_s"], "s"),
            show(row["power_w"]["p50"], "W"),
            ", ".join(row["resource_names"]) or "nothing",
        ]
        for row in products
    ]
    return plain_table(["Product", "Within", "For", "Power", "By"], rows, "What a grid pays for")
