"""The page of a supply: what to build, how it runs, what it costs and why, and how sure that is."""

from __future__ import annotations

from wattline.core.quantity import number, show
from wattline.report.page import frame, tables
from wattline.report.page.figures import matters
from wattline.report.page.flex_parts import FlexParts
from wattline.report.page.supply_figures import Bar, bars, clean_hours, cost_curve, duration, week
from wattline.report.page.words import esc, like
from wattline.report.terminal.supply import (
    MIN_BUILT,
    capacity,
    firm_words,
    flexible_words,
    grid_words,
    lead_words,
    sizes,
    week_words,
)
from wattline.report.words import Json

KW = 1e3
CARDS = "Large figures are the plan's own, at central values; the small ones are p5 to p95 of its draws."
MIN_USD = 5e-3  # for a MWh: what is less has no bar
STORED = (" energy", " tank")


def supply_page(data: Json) -> str:
    """One self-contained HTML page."""
    parts = supply_parts(data)
    return frame.page(data, parts.title, parts.intro, parts.cards, parts.sections, ["site.css"], CARDS)


def supply_parts(data: Json) -> FlexParts:
    """What a page shows of a supply, or of one of a run's jobs of that kind."""
    results = frame.results_of(data)
    picture = results["picture"]
    sections = [
        ("build", "What to build", _capacities(results) + _costs(results)),
        ("beside", "By the year and by the hour", _rows(results["beside"], "Target") + _beside_note()),
        ("worst", "The worst week", week(picture["worst_week"], "The week whose energy is worth most")
         + f"<p>{esc(week_words(results))}</p>"),
        ("usual", "A usual week", week(picture["usual_week"], "A week of median value")),
        ("hours", "Carbon-free hours", clean_hours(picture["cfe_by_month_hour"], _clock(picture["utc_offset_h"]))),
        ("duration", "The year's hours in order", duration(picture)),
        ("why", "Why: what each earns and costs", _zero_profit(results)
         + f"<p>{esc(firm_words(results))} {esc(flexible_words(results))}</p>"),
        ("balance", "Beside its grid", f"<p>{esc(grid_words(results))}</p>"),
        ("frontier", "Cost against the carbon-free share",
         _frontier(results["frontier"])),
        ("years", "In years it was not sized on", _tested(results["tested"])),
        ("matters", "What matters most for its cost", matters(results["matters"])),
        ("facts", "Facts and sources", frame.facts(data)),
    ]  # fmt: skip
    intro = (
        frame.assumptions_note("supply", data["inputs"], results)
        + f'<p class="story">{esc(_story(data["inputs"], results))}</p>'
        + frame.remarks(data)
    )
    return FlexParts(results["title"], intro, _cards(results), sections)


def _clock(utc_offset_h: float) -> str:
    return "Standard time of the place" if utc_offset_h else "Hours in UTC"


def _story(inputs: Json, results: Json) -> str:
    plan = results["plan"]
    mean, peak = (show(inputs[name], "W") for name in ("load_mean_w", "load_peak_w"))
    return (
        f"{mean} on average, {peak} at the peak. The least-cost supply takes {number(plan['usd_per_mwh'])} USD/MWh and "
        f"is carbon-free for {plan['cfe']:.1%} of the load, hour by hour: {sizes(plan['capacities'], units=True)}. "
        f"{lead_words(results)}"
    )


def _cards(results: Json) -> str:
    plan, ranges = results["plan"], results["ranges"]
    point = plan["cfe_point_usd_per_mwh"]
    cards = [
        ("Cost", f"{number(plan['usd_per_mwh'])}", "USD/MWh", _span(ranges["usd_per_mwh"], 1.0)),
        ("A year", f"{number(plan['cost_usd_per_year'] / 1e6)}", "M USD", _span(ranges["cost_usd_per_year"], 1e-6)),
        ("Carbon-free, by the hour", f"{plan['cfe']:.1%}", "", ""),
        ("Direct carbon", f"{number(plan['carbon_g_per_kwh'])}", "g/kWh", _span(ranges["carbon_g_per_kwh"], 1.0)),
    ]
    if point is not None:
        spread = ranges.get("cfe_point_usd_per_mwh")
        cards.append(("One more point", number(point), "USD/MWh", _span(spread, 1.0) if spread else ""))
    cells = "".join(
        f'<div class="card"><dt>{esc(name)}</dt>'
        f'<dd class="value">{esc(value)} <span class="unit">{esc(unit)}</span></dd>'
        + (f'<dd class="range">{esc(extent)}</dd>' if extent else "")
        + "</div>"
        for name, value, unit, extent in cards
    )
    return f'<dl class="cards">{cells}</dl>'


def _span(value: Json, scale: float) -> str:
    low, high = (like(value[p] * scale, "", value["p95"] * scale) for p in ("p5", "p95"))
    return "" if low == high else f"{low} – {high}"


def _capacities(results: Json) -> str:
    plan, drawn = results["plan"], results["capacities"]
    figures = ""
    for stored, label in ((False, "Power that is built"), (True, "Energy of stores")):
        rows: list[Bar] = [
            (name, value, capacity(value, name), *_ends(drawn[name]))
            for name, value in plan["capacities"].items()
            if name.endswith(STORED) == stored and value > MIN_BUILT * max(plan["capacities"].values())
        ]
        if rows:
            drew = any(low is not None for _, _, _, low, _ in rows)
            ranged = f"{label}; the line is the range of the draws, p5 to p95."
            figures += bars(rows, label, ranged if drew else f"{label}.")
    return figures


def _ends(spread: Json) -> tuple[float | None, float | None]:
    return (None, None) if spread["p5"] == spread["p95"] else (spread["p5"], spread["p95"])


def _costs(results: Json) -> str:
    parts = results["plan"]["cost_parts_usd_per_mwh"]
    rows: list[Bar] = [
        (n, value, f"{value:.2f} USD/MWh", None, None) for n, value in parts.items() if abs(value) > 5e-3
    ]
    if not rows:
        return ""
    return bars(rows, "Cost by part", "Cost by part, for a MWh of the load; income from exports is negative.")


def _rows(rows: list[Json], what: str) -> str:
    names = ("USD/MWh", "By the hour", "By the year", "Carbon", "Builds, MW/MWh")
    lines = []
    for row in rows:
        if row["cannot"]:
            cells = tables.cell("Cannot be", esc(row["cannot"])) + tables.cell("", "") * 4
        else:
            cells = (
                tables.cell(names[0], number(row["usd_per_mwh"]), "num")
                + tables.cell(names[1], f"{row['cfe']:.1%}", "num")
                + tables.cell(names[2], f"{row['annual']:.0%}", "num")
                + tables.cell(names[3], f"{number(row['carbon_g_per_kwh'])} g/kWh", "num")
                + tables.cell(names[4], esc(sizes(row["capacities"])))
            )
        lines.append(f'<tr><th scope="row">{esc(row["name"])}</th>{cells}</tr>')
    heads = [(what, ""), *((name, "num") for name in names[:4]), (names[4], "")]
    return tables.html_table(heads, lines, "stack", "Plans of other targets")


def _frontier(rows: list[Json]) -> str:
    return cost_curve(rows) + _rows(rows, "Hourly carbon-free") if rows else ""


def _beside_note() -> str:
    words = (
        "Annual matching counts carbon-free generation over the year, exports included; hourly matching counts what is "
        "there in the hour of use. The first leaves hours to the grid's plants."
    )
    return f'<p class="note">{words}</p>'


def _zero_profit(results: Json) -> str:
    lines = []
    for row in results["plan"]["zero_profit"]:
        unit = "kWh" if row["capacity"].endswith(STORED) else "kW"
        lines.append(
            f'<tr><th scope="row">{esc(row["capacity"])}</th>'
            + tables.cell("Built", esc(_size(row, results["plan"])), "num")
            + tables.cell("A unit earns", f"{number(row['earned'] / KW)} USD/{unit}", "num")
            + tables.cell("and costs", f"{number(row['cost'] / KW)} USD/{unit}", "num")
            + "</tr>"
        )
    heads = [("Capacity", ""), *((name, "num") for name in ("Built", "A unit earns", "and costs, a year"))]
    note = (
        "At the plan's own hourly prices. Where a technology is built, what its last unit earns is what it costs; "
        "where it is not, it would earn less."
    )
    return (
        tables.html_table(heads, lines, "stack", "What each capacity earns and costs") + f'<p class="note">{note}</p>'
    )


def _size(row: Json, plan: Json) -> str:
    small = row["built"] <= MIN_BUILT * max(plan["capacities"].values())
    return "none" if small else capacity(row["built"], row["capacity"])


def _tested(rows: list[Json]) -> str:
    if not rows:
        return ""
    lines = [
        f'<tr><th scope="row">{esc(row["year"])}</th>'
        + tables.cell("By the hour", f"{row['cfe']:.1%}", "num")
        + tables.cell("Unserved", f"{row['unserved_mwh']:,.0f} MWh", "num")
        + tables.cell("Hours", f"{row['unserved_hours']:,.0f}", "num")
        + tables.cell("Running cost", f"{row['usd_per_mwh']:.2f} USD/MWh", "num")
        + "</tr>"
        for row in rows
    ]
    heads = [("Year", ""), *((name, "num") for name in ("By the hour", "Unserved", "Hours", "Running cost"))]
    return tables.html_table(heads, lines, "stack", "Years that the plan was not sized on")
