"""Facts and names of the catalog on the screen: names first where there are many, a record in full where it is one."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.report.terminal.answer import fact_range
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

MAX_IN_FULL = 40  # facts of several records that are shown with their sources
WORLD = "world."
SINGLE = ("constant", "fit")  # kinds whose record is itself the fact


def facts_text(data: Json) -> RenderableType:
    """The facts that a search matched, to print with Rich.

    One record, or few facts, in full with how each is known; many as names alone, or one line each where every record
    has one.
    """
    rows, search = data["results"]["facts"], str(data["inputs"]["search"]).strip().rstrip(".")
    records: dict[str, list[Json]] = defaultdict(list)
    for fact in rows:
        records[_record(fact)].append(fact)
    if len(records) > 1 and search in records:
        others = ", ".join(key for key in records if key != search)
        return Group(_in_full(records[search]), Text(f"also matching: {others}", style="dim"))
    if len(records) == 1 or len(rows) <= MAX_IN_FULL:
        return _in_full(rows)
    if len(records) == len(rows):
        lines = [Text.assemble((f["key"], "cyan"), "  ", (fact_range(f), "bold"), f"  {f['name']}") for f in rows]
        return Group(*lines, _count(rows))
    table = plain_table("record", "name", "facts", left=("record", "name"))
    for key, facts in records.items():
        table.add_row(Text(key, style="cyan"), facts[0]["record"], str(len(facts)))
    return Group(table, _count(rows), Text("`wattline facts RECORD` shows one in full", style="dim"))


def _record(fact: Json) -> str:
    key = str(fact["key"])
    if key.count(".") == 1 and key.startswith(WORLD):  # of each year of a series a fact
        return key.rpartition("-")[0]
    return key if key.split(".", 1)[0] in SINGLE else key.rpartition(".")[0]


def _count(rows: list[Json]) -> Text:
    return Text("1 fact" if len(rows) == 1 else f"{len(rows):,} facts", style="dim")


def _in_full(rows: list[Json]) -> RenderableType:
    lines: list[Text] = []
    last = ""
    for fact in rows:
        if fact["record"] != last:
            last = fact["record"]
            lines.append(Text(last, style="bold"))
        lines.append(Text.assemble("  ", (fact["key"], "cyan"), "  ", (fact_range(fact), "bold"), f"  {fact['name']}"))
        note = f" ({fact['note']})" if fact["note"] else ""
        lines.append(Text(f"      {fact['basis']}: {fact['source']}{note}", style="dim"))
    return Group(*lines, _count(rows))


def list_text(data: Json) -> RenderableType:
    """The names of a kind, to print with Rich."""
    results = data["results"]
    table: Table = plain_table("name", "what", left=("name", "what"))
    for row in results["names"]:
        table.add_row(Text(row["name"], style="cyan"), row["title"])
    return Group(table, Text(f"{results['count']:,} {data['inputs']['kind']}", style="dim"))
