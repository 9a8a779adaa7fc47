"""A supply on the screen: what to build, what it costs and why, and how it stands in other years."""

from __future__ import annotations

import re

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.report.terminal.answer import facts, premises, remarks
from wattline.report.terminal.flex_formulas import formulas_of
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json, balance_words, share_words

MW, KW = 1e6, 1e3
BUILDS = "builds MW/MWh"
MIN_BUILT = 1e-3  # of the peak: what is less is not built


def supply_text(data: Json, explain: bool = False) -> RenderableType:
    """A supply, to print with Rich; ``explain`` adds how its figures follow, and the facts behind them.

    Parameters
    ----------
    data : the envelope of ``supply``
    explain : whether formulas and facts are shown

    Returns
    -------
    What Rich prints.
    """
    results = data["results"]
    plan = results["plan"]
    blocks: list[RenderableType] = [Text(results["title"], style="bold"), *premises(data), ""]
    blocks += [_headline(results), "", _built(data), "", _beside(results["beside"], "target")]
    if results["frontier"]:
        blocks += ["", _beside(results["frontier"], "hourly carbon-free")]
    blocks += ["", _reasons(plan), "", *_tested(results["tested"]), *_words(results)]
    if results["matters"]:
        words = ", ".join(f"{m['name']} ({m['rank_correlation']:+.2f})" for m in results["matters"][:4])
        blocks.append(Text(f"cost depends most on: {words}", style="dim"))
    if explain:
        blocks += ["", *formulas_of("supply"), *(["", *facts(data["facts"])] if data["facts"] else [])]
    return Group(*blocks, *remarks(data))


def capacity(value: float, name: str) -> str:
    """A capacity in MW, or MWh of a store.

    Parameters
    ----------
    value : in MW, or MWh of a store
    name : of what is built; a store's ends in "energy" or "tank"

    Returns
    -------
    The number with its unit.
    """
    return show(value * MW, "Wh" if name.endswith((" energy", " tank")) else "W")


def _span(value: Json, digits: int = 3) -> str:
    if value["p5"] == value["p95"]:
        return ""
    return f"{number(value['p5'], digits)} to {number(value['p95'], digits)}"


def _headline(results: Json) -> Table:
    plan, ranges = results["plan"], results["ranges"]
    table = plain_table("", "plan", "p5 to p95")
    table.add_row("Cost, USD/MWh of the site", number(plan["usd_per_mwh"]), _span(ranges["usd_per_mwh"]))
    if "usd_per_it_mwh" in ranges:
        share = ranges["usd_per_it_mwh"]["p50"] / max(ranges["usd_per_mwh"]["p50"], 1e-12)
        table.add_row("Cost, USD/MWh of IT", number(plan["usd_per_mwh"] * share), _span(ranges["usd_per_it_mwh"]))
    table.add_row("Cost of a year, million USD", number(plan["cost_usd_per_year"] / 1e6), _millions(ranges))
    table.add_row("Carbon-free share of the hours", f"{plan['cfe']:.1%}", "")
    table.add_row("Direct carbon, g/kWh", number(plan["carbon_g_per_kwh"]), _span(ranges["carbon_g_per_kwh"]))
    point = plan["cfe_point_usd_per_mwh"]
    if point is not None:
        spread = ranges.get("cfe_point_usd_per_mwh")
        table.add_row("One more point of it, USD/MWh", number(point), _span(spread) if spread else "")
    return table


def _millions(ranges: Json) -> str:
    value = ranges["cost_usd_per_year"]
    return _span({name: value[name] / 1e6 for name in ("p5", "p95")})


def _built(data: Json) -> Table:
    results = data["results"]
    plan, peak = results["plan"], data["inputs"]["load_peak_w"] / MW
    earned = {line["capacity"]: line for line in plan["zero_profit"]}
    table = plain_table("Build", "size", "p5 to p95", "a unit earns", "and costs a year")
    for name, value in plan["capacities"].items():
        spread, line = results["capacities"][name], earned[name]
        unit = "kWh" if name.endswith((" energy", " tank")) else "kW"

        def size(size_mw: float, name: str = name) -> str:
            return capacity(size_mw, name) if size_mw > MIN_BUILT * peak else "none"

        low, high = (size(spread[p]) for p in ("p5", "p95"))
        reach = "" if low == high else f"{low} to {high}"
        table.add_row(
            name, size(value), reach,
            f"{number(line['earned'] / KW)} USD/{unit}", f"{number(line['cost'] / KW)} USD/{unit}",
        )  # fmt: skip
    return table


def _beside(rows: list[Json], what: str) -> RenderableType:
    head = what.capitalize()
    table = plain_table(head, "USD/MWh", "by the hour", "by the year", "g/kWh", BUILDS, left=(head, BUILDS))
    notes = []
    for row in rows:
        if row["cannot"]:
            table.add_row(row["name"], "-", "-", "-", "-", "cannot be")
            notes.append(Text(f"{row['name']}: {row['cannot']}", style="yellow"))
            continue
        table.add_row(
            row["name"], number(row["usd_per_mwh"]), f"{row['cfe']:.1%}", f"{row['annual']:.0%}",
            number(row["carbon_g_per_kwh"]), sizes(row["capacities"]),
        )  # fmt: skip
    return Group(table, *notes)


def sizes(capacities: Json, *, units: bool = False) -> str:
    """What is built, in a line [MW, MWh of stores], with its units where asked; nothing of what is next to none.

    Parameters
    ----------
    capacities : by name of what is built [MW, MWh of stores]
    units : whether they are written

    Returns
    -------
    Words; "nothing" where nothing is built.
    """
    top = max((v for v in capacities.values()), default=0.0)
    shown = [
        f"{name} {number(v)}" + (f" {'MWh' if name.endswith(' energy') else 'MW'}" if units else "")
        for name, v in capacities.items()
        if v > MIN_BUILT * top
    ]
    words = ", ".join(shown).replace(" power ", " ")
    return re.sub(r", (\S+) energy ", " / " if units else "/", words) or "nothing"


def _reasons(plan: Json) -> RenderableType:
    table = plain_table("Cost by part", "USD/MWh", "share")
    total = plan["usd_per_mwh"] or 1.0
    for name, value in plan["cost_parts_usd_per_mwh"].items():
        if abs(value) > 1e-4:
            table.add_row(name, f"{value:.2f}", f"{value / total:.0%}")
    return table


def _tested(rows: list[Json]) -> list[RenderableType]:
    if not rows:
        return []
    table = plain_table("Years not sized on", "by the hour", "unserved", "hours", "running, USD/MWh")
    for row in rows:
        table.add_row(
            row["year"], f"{row['cfe']:.1%}", f"{row['unserved_mwh']:,.0f} MWh", f"{row['unserved_hours']:,.0f}",
            f"{row['usd_per_mwh']:.2f}",
        )  # fmt: skip
    return [table, ""]


def week_words(results: Json) -> str:
    """The worst week in a sentence."""
    week = results["plan"]["worst_week"]
    output = ", ".join(f"{name} at {share:.0%} of its mean" for name, share in week["output"].items())
    begins = results["picture"]["worst_week"]["from_utc"][:10]
    return (
        f"Worst week: from {begins}, energy is worth {week['usd_per_mwh']:,.0f} USD/MWh, {week['share']:.0%} of the "
        f"value of all; {output or 'no plant runs'}."
    )


def firm_words(results: Json) -> str:
    """The price of a firm plant in a sentence."""
    firm = results["firm_price"]
    return (
        f"A flat carbon-free plant, such as fusion, would be built below {firm['usd_per_kw']:,.0f} USD/kW "
        f"({firm['usd_per_mwh']:,.0f} USD/MWh)."
    )


def flexible_words(results: Json) -> str:
    """What load that moves is worth, in a sentence."""
    return (
        f"One more hundredth of the load that may move within its window would save "
        f"{results['flexible_point_usd_per_mwh']:.2f} USD/MWh."
    )


def lead_words(results: Json) -> str:
    """The years to power in a sentence; "" where nothing is built."""
    rows = results["lead_times"]
    if not rows:
        return ""
    parts = [f"{r['technology']} {r['years']:g} years ({r['low']:g} to {r['high']:g})" for r in rows]
    return f"From order to power: {', '.join(parts)}."


def grid_words(results: Json) -> str:
    """What the load is of its region's demand, and what the plan leaves of that to the grid."""
    words, left = balance_words(results["balance"]), results["import_balance"]
    if left is None:
        return f"{words} The plan takes nothing from the grid."
    shares = [share_words(left[name]["p50"]) for name in ("demand_share", "peak_share")]
    return f"{words} From the grid the plan takes {shares[0]} of that energy, {shares[1]} in its own highest hour."


def _words(results: Json) -> list[RenderableType]:
    lines = (
        week_words(results),
        firm_words(results),
        flexible_words(results),
        lead_words(results),
        grid_words(results),
    )
    return [Text(line, style="dim") for line in lines if line]
