"""A site on the screen: its figures with ranges, its parts, its sizing; and sites side by side."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.answer import accounts, facts, premises, remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json, balance_words

FIGURES = (
    ("pue", "PUE", ""),
    ("tue", "TUE: PUE with servers' fans as overhead", ""),
    ("wue_l_per_kwh", "Water at the site per IT energy", "L/kWh"),
    ("water_stations_l_per_kwh", "Water at power stations per IT energy", "L/kWh"),
    ("energy_wh", "Energy in the year", "Wh"),
    ("mean_w", "Mean power", "W"),
    ("peak_w", "Peak power", "W"),
    ("water_site_l", "Water at the site", "L"),
    ("cost_usd", "Electricity cost", "USD"),
    ("co2e_kg", "CO2e, life cycle", "kg"),
    ("embodied_co2e_kg", "CO2e, embodied", "kg"),
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _table(*columns: str) -> Table:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def figure(value: float, unit: str) -> str:
    """A figure of a site: PUE to three decimals, litres a kWh to two, the rest as people read it.

    Parameters
    ----------
    value : in ``unit``
    unit : "" for a ratio

    Returns
    -------
    The number with its unit.
    """
    if unit == "":
        return f"{value:.3f}"
    if unit == "L/kWh":
        return f"{value:.2f} {unit}"
    return show(value, unit)


def site_text(data: Json, explain: bool = False) -> RenderableType:
    """A site's year, or sites side by side, to print with Rich; ``explain`` adds the facts behind the year.

    Parameters
    ----------
    data : the envelope of ``site``
    explain : whether the facts behind the year are shown

    Returns
    -------
    What Rich prints.
    """
    return _side_by_side(data["results"]) if "rows" in data["results"] else _year(data, explain)


def _year(data: Json, explain: bool) -> RenderableType:
    results = data["results"]
    inputs, weather = data["inputs"], results["weather"]
    head = (
        f"{show(inputs['it_w'], 'W')} of IT at {inputs['utilisation']:.0%} load, {inputs['hall']} hall, "
        f"{inputs['redundancy']}; "
        f"{weather['mean_c']:.1f} °C on average, {weather['p99_6_c']:.0f} °C hot, "
        f"wet bulb {weather['wet_bulb_p99_6_c']:.0f} °C"
    )
    blocks: list[RenderableType] = [
        Text(results["title"], style="bold"),
        *premises(data),
        Text(head, style="dim"),
        "",
    ]
    blocks += [_figures(results), *accounts(results), "", _parts(results), "", _months(results), "", _sizing(results)]
    if results["matters"]:
        words = ", ".join(f"{m['name']} ({m['rank_correlation']:+.2f})" for m in results["matters"][:4])
        blocks += ["", Text(f"PUE depends most on: {words}", style="dim")]
    blocks += [Text(fans_words(results), style="dim"), Text(balance_words(results["balance"]), style="dim")]
    if explain:
        blocks += ["", *facts(data["facts"])]
    return Group(*blocks, *remarks(data))


def fans_words(results: Json) -> str:
    """What PUE hides: it counts the servers' own fans as IT, and liquid cooling takes most of them away."""
    share = results["server_fans_share"]["p50"]
    return (
        f"PUE counts the servers' own fans as IT: {share:.1%} of the servers' power under this cooling. Compare liquid "
        "with air by TUE, which counts them as overhead."
    )


def _figures(results: Json) -> Table:
    table = _table("", "median", "p5 to p95")
    for key, name, unit in FIGURES:
        if key not in results:
            continue
        r = results[key]
        table.add_row(name, figure(r["p50"], unit), f"{figure(r['p5'], unit)} to {figure(r['p95'], unit)}")
    return table


def _parts(results: Json) -> Table:
    table = _table("Part", "energy, mean", "share", "per IT")
    it = results["parts"]["servers"]["energy_mean_wh"]
    for part in results["parts"].values():
        energy = part["energy_mean_wh"]
        table.add_row(part["label"], show(energy, "Wh"), f"{part['share']:.1%}", f"{energy / it:.4f}")
    return table


def _months(results: Json) -> RenderableType:
    table = _table("PUE by month", *MONTHS)
    table.add_row("", *[f"{x:.3f}" for x in results["pue_by_month"]])
    by_hour = [pue for pue in results["pue_by_hour"]["p50"] if pue is not None]
    reach = f"PUE by hour: {min(by_hour):.3f} to {max(by_hour):.3f}; " if by_hour else ""
    modes = ", ".join(f"{name} {hours:,.0f} h" for name, hours in results["hours_by_mode"].items() if hours >= 0.5)
    return Group(table, Text(f"{reach}hours by mode of cooling: {modes}", style="dim"))


def _sizing(results: Json) -> RenderableType:
    size = results["sizing"]
    design, hot, tenth = size["design"], size["hottest_hour"], size["a_tenth_of_load"]
    table = _table("Units", "to carry", "of", "needed", "installed")
    for unit in size["units"]:
        watts = (show(unit["needed_w"], "W"), show(unit["unit_w"], "W"))
        table.add_row(unit["name"], *watts, f"{unit['needed']:,}", f"{unit['installed']:,}")
    words = (
        f"Design day: {design['dry_bulb_c']:.1f} °C, wet bulb {design['wet_bulb_c']:.1f} °C; "
        f"peak {show(design['peak_w'], 'W')} ({design['peak_hour']}, PUE {design['peak_pue']:.3f}). "
        f"Hottest hour {hot['hour']}: PUE {hot['pue']:.3f}, {hot['mode']}, "
        f"{show(hot['water_l_per_h'], 'L')} of water an hour. "
        f"At a tenth of the load PUE is {tenth['pue']:.2f}, at full load {tenth['pue_at_full_load']:.2f}."
    )
    return Group(table, Text(words, style="dim"))


def _side_by_side(results: Json) -> RenderableType:
    """The least energy first."""
    table = _table(
        "Cooling" if results["by"] == "cooling" else "Place",
        "PUE",
        "p5 to p95",
        "energy",
        "peak",
        "water",
        "L/kWh",
        "cost",
    )
    notes = []
    for row in results["rows"]:
        name = row[results["by"]]
        if row["pue"] is None:
            notes.append(row["cannot"])
            continue
        pue = row["pue"]
        table.add_row(
            name + (" *" if row["cannot"] else ""),
            f"{pue['p50']:.3f}",
            f"{pue['p5']:.3f} to {pue['p95']:.3f}",
            show(row["energy_wh"]["p50"], "Wh"),
            show(row["peak_w"]["p50"], "W"),
            show(row["water_site_l"]["p50"], "L"),
            f"{row['wue_l_per_kwh']['p50']:.2f}",
            show(row["cost_usd"]["p50"], "USD"),
        )
        if row["cannot"]:
            notes.append(f"* {name}: {row['cannot']}")
    return Group(Text(results["title"], style="bold"), "", table, *[Text(note, style="yellow") for note in notes])
