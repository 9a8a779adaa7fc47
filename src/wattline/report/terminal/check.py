"""Checked claims on the screen: each claim with arithmetic, sources and verdict; a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import trim
from wattline.report.terminal.tables import FoldedTable, Title
from wattline.report.words import Json

STYLE = {
    "holds": ("✓", "bold green"),
    "holds roughly": ("≈", "bold yellow"),
    "unproven": ("~", "bold yellow"),
    "undecided": ("↔", "bold cyan"),
    "does not follow": ("✗", "bold red"),
    "outdated": ("↻", "bold magenta"),
    "cannot be checked": ("?", "bold cyan"),
}


MEANING = {
    "holds": "the figures agree",
    "holds roughly": "the figures agree within a quarter",
    "unproven": "the figures agree, but rest on an estimate, a projection or the claim's own source",
    "undecided": "what is known has too wide a range to tell",
    "does not follow": "the figures are further apart than their ranges explain",
    "outdated": "a newer figure differs by more than a quarter",
    "cannot be checked": "",
}


def check_text(data: Json) -> RenderableType:
    """The whole report, to print with Rich."""
    results = data["results"]
    facts = {fact["key"]: fact for fact in data["facts"]}
    if _is_sentence(results):
        claim = results["claims"][0]
        return Group(
            Text(f"“{claim['says']}”", style="bold"), Text(), _claim(claim, results["source"], facts, alone=True)
        )
    parts: list[RenderableType] = [Text(results["title"], style="bold")]
    if results["source"] and results["source"] != results["title"]:
        parts.append(Text(results["source"], style="dim"))
    for claim in results["claims"]:
        parts += [Text(), _claim(claim, results["source"], facts)]
    return Group(*parts, Text(), _summary(results))


def _is_sentence(results: Json) -> bool:
    """Whether the report is of one claim that was read from a sentence: its title says all that the claim says."""
    return len(results["claims"]) == 1 and results["claims"][0]["id"] == "sentence"


def _claim(claim: Json, source: str, facts: Mapping[str, Json], *, alone: bool = False) -> RenderableType:
    mark, style = STYLE[claim["verdict"]]
    meaning = MEANING[claim["verdict"]]
    tail = (f": {meaning}", "") if alone and meaning else ("", "") if alone else (f"  {claim['id']}", "dim")
    title = Text.assemble(Text(f"{mark} {claim['verdict']}", style=style), tail)
    parts: list[RenderableType] = [] if alone else [Text(f"“{claim['says']}”", style="italic")]
    if claim["source"] and claim["source"] != source:
        parts.append(Text(f"as stated in: {claim['source']}" if alone else claim["source"], style="dim"))
    arithmetic = [_arithmetic(claim)] if claim["given"] or claim["worked"] else []
    reasons = [Text(claim["why"], style=style.removeprefix("bold "))] + [Text(claim["note"])] * bool(claim["note"])
    heading: list[RenderableType] = [Text("arithmetic", style="dim"), _indented(*arithmetic)] if arithmetic else []
    parts += [*reasons, *heading] if alone else [*arithmetic, *reasons]
    if claim["beside"]:
        parts += [Text("for comparison", style="dim"), _indented(_beside(claim["beside"]))]
    if claim["fact_keys"]:
        parts += [Text("sources", style="dim"), _indented(_sources([facts[key] for key in claim["fact_keys"]]))]
    if claim["expected"] not in (None, claim["verdict"]):
        parts.append(Text(f"the file expects “{claim['expected']}”", style="bold red"))
    return Group(Title(title), _indented(Group(*parts)))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def _arithmetic(claim: Json) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=24)
    table.add_column(justify="right", overflow="fold", max_width=20)
    table.add_column(style="dim", overflow="fold")
    rows = [(line, "") for line in claim["given"]] + [(line, f"= {line['formula']}") for line in claim["worked"]]
    for line, formula in rows:
        tail = "  ".join(part for part in (_span(line), formula) if part)
        table.add_row(Text(line["name"].replace("_", " ")), Text(line["words"]), Text(tail))
    return table


def _span(line: Json) -> str:
    """From the 5th to the 95th percentile, where there is a range."""
    value = line["value"]
    return f"[{trim(value['p5'], 3)}–{trim(value['p95'], 3)}]" if isinstance(value, Mapping) else ""


def _plain(line: Json) -> str:
    """The middle of the range without its unit: three figures, four from 100 on."""
    value = line["value"]
    middle = value["p50"] if isinstance(value, Mapping) else value
    return trim(middle, 4 if abs(middle) >= 100 else 3)


def _beside(lines: Sequence[Json]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=42)
    table.add_column(justify="right", overflow="fold")
    table.add_column(style="dim", overflow="fold")
    for line in lines:
        table.add_row(Text(line["name"]), Text(line["words"]), Text(_span(line)))
    return table


def _sources(facts: Sequence[Json]) -> Table:
    """Each source once, and after it what was read there."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", width=1)
    table.add_column(style="dim", overflow="fold")
    for source in dict.fromkeys(fact["source"] for fact in facts):
        read = [_read(fact) for fact in facts if fact["source"] == source]
        table.add_row("·", Text(f"{source}: {'; '.join(read)}"))
    return table


def _read(fact: Json) -> str:
    """A fact in a few words; what the claim brings along stands in its arithmetic already."""
    note = f" ({fact['note']})" if fact["note"] else ""
    if fact["key"].startswith("claim."):
        return f"{fact['name']}{note}"
    exact = fact["dist"] == "fixed" or fact["low"] == fact["high"]
    span = "" if exact else f" [{trim(fact['low'], 3)}–{trim(fact['high'], 3)}]"
    return f"{fact['key']} {trim(fact['value'])}{span} {fact['unit']}".strip() + note


def _summary(results: Json) -> RenderableType:
    table = FoldedTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("claim", no_wrap=True, overflow="ellipsis")
    for heading in ("stated", "comes out at", "newer"):
        table.add_column(heading, justify="right", overflow="fold")
    for claim in results["claims"]:
        mark, style = STYLE[claim["verdict"]]
        derived = _plain(claim["derived"]) if claim["derived"] and claim["stated"] else ""
        newer = _plain(claim["newer"]) if claim["newer"] else ""
        table.add_row(Text(mark, style=style), Text(claim["id"]), Text(_stated(claim)), derived, newer)
    counts = results["counts"]
    counted = [
        Text(f"{mark} {counts[name]} {name}", style=style) for name, (mark, style) in STYLE.items() if name in counts
    ]
    total = f"{len(results['claims'])} claim{'s' if len(results['claims']) != 1 else ''}: "
    parts: list[RenderableType] = [table, Text(total, style="bold").append_text(Text(", ").join(counted))]
    if results["unexpected"]:
        parts.append(Text(f"not as the file expects: {', '.join(results['unexpected'])}", style="bold red"))
    return Group(*parts)


def _stated(claim: Json) -> str:
    if not claim["stated"]:
        return ""
    signs = {"equal": "", "at least": "≥ ", "at most": "≤ ", "between": ""}
    *low, high = claim["stated"]
    return signs[claim["relation"]] + "".join(f"{_plain(line)}–" for line in low) + str(high["words"])
