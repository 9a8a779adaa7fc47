"""What a site can give a grid, on the screen: the ladder of caps, what gives power back, and the grid's products."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.answer import premises
from wattline.report.terminal.flex_table import flex_table
from wattline.report.words import Json, share_words

WORTH = (
    ("capacity_usd_per_year", "capacity/year"),
    ("reserve_usd_per_year", "reserve/year"),
    ("energy_usd_per_year", "energy/year"),
    ("energy_known_usd_per_year", "by what was known"),
)


def response_lines(data: Json) -> list[RenderableType]:
    """The answer of ``flex response``."""
    results = data["results"]
    title = f"{results['title']}; {show(results['site_w']['p50'], 'W')} at the meter"
    ride = results["ride"]
    words = (
        f"Without supply: servers go on for {show(ride['servers_s']['p50'], 's')}, with the batteries of the UPS for "
        f"{span_words(ride['ups_s'], 's')}."
    )
    return [
        Text(title, style="bold"), *premises(data), _ladder(results["rungs"]), "", *_resources(results["resources"]),
        "", _products(results["products"]), *carbon_lines(data), Text(words, style="dim"),
    ]  # fmt: skip


def carbon_lines(data: Json) -> list[RenderableType]:
    """What lower caps avoid in the hours of most carbon, with a line above; nothing where they avoid none."""
    rows = data["results"]["carbon_cuts"]
    if not rows:
        return []
    head = f"Caps in the {data['inputs']['called_h']:g} hours of most carbon, {data['inputs']['carbon_of']}"
    table = flex_table("hours of most", "counted by", "in them", "avoids in a year", "by what was known")
    for row in rows:
        table.add_row(*carbon_row(row))
    return ["", Text(head), table, ""]


def carbon_row(row: Json) -> list[str]:
    """The words of one row: what leads, what counts, and CO2e with foresight and by what was known."""
    return [
        row["led_by"], row["counted_by"], f"{row['intensity_g_per_kwh']:.0f} g/kWh",
        span_words(row["co2e_g_per_year"], "g"), show(row["co2e_known_g_per_year"]["p50"], "g"),
    ]  # fmt: skip


def span_words(values: Json, unit: str) -> str:
    """A median with its range where it has one.

    Parameters
    ----------
    values : p5, p50 and p95
    unit : of them

    Returns
    -------
    Words, such as "3.1 MW (2.8 MW to 3.3 MW)".
    """
    middle = show(values["p50"], unit)
    if values["p5"] == values["p95"]:
        return middle
    return f"{middle} ({show(values['p5'], unit)} to {show(values['p95'], unit)})"


def _ladder(rungs: list[Json]) -> RenderableType:
    table = flex_table("power cap", "batch", "chip", "first token", "a token", "at work", "site saves", "keeps")
    for row in rungs:
        tpot = row["tpot_s"]
        cut = row["cut_share"]
        state = "yes" if row["keeps"] else "too slow" if row["serves"] else "not all requests"
        table.add_row(
            show(row["power_cap_w"], "W"), f"{row['batch']:g}", show(row["chip_w"]["p50"], "W"),
            show(row["ttft_s"]["p50"], "s"), "" if tpot is None else show(tpot["p50"], "s"),
            f"{row['active_share']['p50']:.0%}", share_words(cut["p50"]), state,
        )  # fmt: skip
    return table


def _resources(rows: list[Json]) -> list[RenderableType]:
    if not rows:
        return [Text("Nothing there gives power back.")]
    priced = [(key, head) for key, head in WORTH if any(row[key] is not None for row in rows)]
    table = flex_table("gives", "power", "for", "within", "in a call", *(head for _, head in priced))
    for row in rows:
        lasts = "any time" if row["lasts_s"] is None else show(row["lasts_s"]["p50"], "s")
        worth = [show(row[key]["p50"], "USD") for key, _ in priced]
        table.add_row(
            row["name"], show(row["cut_w"]["p50"], "W"), lasts, show(row["response_s"]["p50"], "s"),
            show(row["over_call_w"]["p50"], "W"), *worth,
        )  # fmt: skip
    return [table]


def _products(rows: list[Json]) -> RenderableType:
    table = flex_table("a grid pays for", "within", "for", "power", "by")
    table.columns[-1].no_wrap, table.columns[-1].justify = False, "left"
    for row in rows:
        table.add_row(
            row["product"], show(row["response_s"], "s"), show(row["lasts_s"], "s"), show(row["power_w"]["p50"], "W"),
            ", ".join(row["resource_names"]) or "nothing",
        )  # fmt: skip
    return table
