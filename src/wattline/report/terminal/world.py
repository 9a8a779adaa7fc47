"""The outlook of data centres' electricity as tables on the screen."""

from __future__ import annotations

import re

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.words import Json, share_words

MAX_ROWS = 8
MAX_BARS = 6
WRITTEN = {"eu25": "EU25", "eu27": "EU27", "eu28": "EU28", "xai": "xAI", "bytedance": "ByteDance",
           "coreweave": "CoreWeave", "new": "New", "sri": "Sri", "and": "and", "of": "of", "the": "the"}  # fmt: skip
MAX_SHORT, MAX_GRID = 3, 5  # letters of abbreviations: US, OVH; of grids' names: ERCOT
NAMES = {
    "ai": "AI servers",
    "servers": "other servers",
    "storage": "storage",
    "network": "network",
    "overhead": "overhead",
}


def world_text(data: Json) -> RenderableType:
    """Each place's years, the parts and what matters, the scenario or own stock, and the notes."""
    return Group(*outlook_lines(data), *(Text(f"note: {note}") for note in data["notes"]))


def outlook_lines(data: Json) -> list[RenderableType]:
    """The same without the notes, as one of a run's jobs shows it."""
    inputs, results = data["inputs"], data["results"]
    shown: list[RenderableType] = []
    if inputs["as_of"] < 2026:
        shown.append(Text(f"As it would have been foreseen at the end of {inputs['as_of']}"))
    for place in results["places"]:
        shown += [Text(f"{place_name(place)}: {place['scope']}", style="bold"), _years(place)]
    shown += _parts(results)
    if results["scenario"]:
        shown += _scenario(results["scenario"])
    if results["stock"]:
        shown += _stock(results["stock"])
    if results["demand"]:
        shown.append(Text(demand_words(results["demand"])))
    if results["jobs"]:
        shown.append(_jobs(results["jobs"]))
    return shown


def demand_words(demand: Json) -> str:
    """Electricity in requests, in a sentence or two."""
    each, many = demand["energy_wh_per_request"], demand["requests_per_day_of_100_twh"]
    words = (
        f"In requests of {show(each['p50'], 'Wh')}: 100 TWh a year are {_billions(many['p50'])} a day "
        f"({_billions(many['p5'])} to {_billions(many['p95'])}); if all inference of {demand['year']} were such, "
        f"it would be {_billions(demand['requests_per_day']['p50'])} a day."
    )
    stated = demand["stated"]
    if not stated:
        return words
    return (
        f"{words} {_billions(stated['requests_per_day'])} a day take {number(stated['energy_twh']['p50'])} TWh a year "
        f"({ends_words(stated['energy_twh'])}), {share_words(stated['share_of_place']['p50'])} of the place's "
        "data centres."
    )


def _billions(count: float) -> str:
    return f"{number(count / 1e9)} billion"


def _jobs(jobs: list[Json]) -> Table:
    table = _table("job", "TWh a year", "data centres of", "in", "TWh", "share", "p5 to p95")
    for job in jobs:
        share = job["share_of_place"]
        table.add_row(
            Text(job["name"]), number(job["energy_twh"]["p50"]), place_name({"name": job["place"]}), str(job["year"]),
            number(job["place_twh"]["p50"]), share_words(share["p50"]),
            f"{share_words(share['p5'])} to {share_words(share['p95'])}",
        )  # fmt: skip
    return table


def place_name(place: Json) -> str:
    """A place's or company's name as a title: "US PJM", "Iran", "xAI", "Digital Realty"."""
    words = re.split(r"[_\s-]+", str(place["name"]))
    grid = words[0] == "us"
    return " ".join(_word(word, grid) for word in words)


def _word(word: str, grid: bool) -> str:
    """A word of a name: very short ones, and those of American grids, are abbreviations."""
    short = len(word) <= (MAX_GRID if grid else MAX_SHORT)
    return WRITTEN.get(word.lower(), word.upper() if short else word.title())


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", no_wrap=True)
    return table


def number(value: float) -> str:
    """A number with three figures that count, no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def with_sign(value: float) -> str:
    """A change with its sign, a small one to two digits.

    Parameters
    ----------
    value : the change

    Returns such as ``+0.35`` or ``-1,234``.
    """
    return f"{value:+,.0f}" if abs(value) >= 10 else f"{'-' if value < 0 else '+'}{abs(value):.2g}"


def ends_words(ends: Json) -> str:
    """The ends of a range."""
    return f"{number(ends['p5'])} to {number(ends['p95'])}"


def _years(place: Json) -> Table:
    table = _table("year", "TWh", "p5 to p95", "GW", "p5 to p95", "of electricity")
    rows = place["years"]
    step = max(1, -(-len(rows) // MAX_ROWS))
    for row in rows[::-1][::step][::-1]:
        share = row["share_of_electricity"]
        energy, power = row["energy_twh"], row["capacity_gw"]
        table.add_row(
            str(row["year"]), number(energy["p50"]), ends_words(energy), number(power["p50"]), ends_words(power),
            f"{share['p50']:.1%}" if share else "",
        )  # fmt: skip
    return table


def _parts(results: Json) -> list[RenderableType]:
    place = results["places"][0]
    last = place["years"][-1]
    shown: list[RenderableType] = []
    if last["share_of_part"]:
        parts = ", ".join(f"{NAMES[name]} {ends['p50']:.0%}" for name, ends in last["share_of_part"].items())
        shown.append(Text(f"{place_name(place)} in {last['year']}: {parts}"))
    if whole := last["ai_share"]:
        words = f"{whole['p50']:.0%} ({whole['p5']:.0%} to {whole['p95']:.0%})"
        shown.append(Text(f"AI with its own cooling and power, as published figures count it: {words}"))
    if results["change"]:
        change = results["change"]
        parts = ", ".join(f"{NAMES[part['part']]} {with_sign(part['change_twh'])}" for part in change["parts"])
        head = f"{change['from_year']} to {change['to_year']}: {with_sign(change['to_twh'] - change['from_twh'])} TWh"
        shown.append(Text(f"{head} ({parts})"))
    if results["matters"]:
        table = _table(f"what matters most in {last['year']}", "low", "high")
        for bar in results["matters"][:MAX_BARS]:
            table.add_row(Text(bar["words"]), f"{bar['low_change']:+.0%}", f"{bar['high_change']:+.0%}")
        shown.append(table)
    return shown


def _scenario(case: Json) -> list[RenderableType]:
    published = "; ".join(f"{row['twh']:,.0f} TWh in {row['year']}" for row in case["published"])
    last = case["middle_path"][-1]
    head = f"Scenario {case['name']} ({case['study']}): {number(last['twh'])} TWh in {last['year']}"
    return [Text(head, style="bold"), Text(f"as published for {case['region']}: {published}" if published else "")]


def _stock(stock: Json) -> list[RenderableType]:
    table = _table("year", "TWh", "p5 to p95", "of the place")
    for row in stock["years"]:
        if row["energy_twh"]["p50"] > 0:
            energy = row["energy_twh"]
            table.add_row(str(row["year"]), number(energy["p50"]), ends_words(energy), f"{row['share_of_place']:.2%}")
    return [Text(f"Stock of {stock['name']}", style="bold"), table]
