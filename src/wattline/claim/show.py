"""A checked claims file for the reader: each claim with arithmetic, sources and verdict; a summary."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from wattline.claim.check import Report, Result
from wattline.claim.figure import Figure, short
from wattline.core.fact import Fact

STYLE = {
    "holds": ("✓", "bold green"),
    "holds roughly": ("≈", "bold yellow"),
    "does not follow": ("✗", "bold red"),
    "outdated": ("↻", "bold magenta"),
    "cannot be checked": ("?", "bold cyan"),
}


def render(report: Report) -> RenderableType:
    """The whole report, for a Rich console."""
    parts: list[RenderableType] = [Text(report.title, style="bold")]
    if report.source and report.source != report.title:
        parts.append(Text(report.source, style="dim"))
    for result in report.claims:
        parts += [Text(), _claim(result, report.source)]
    return Group(*parts, Text(), _summary(report))


def text(report: Report, width: int = 80) -> str:
    """The whole report as plain text, without colour."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(render(report))
    file = console.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def verdict(result: Result) -> Text:
    """The verdict with its mark and colour."""
    mark, style = STYLE[result.verdict]
    return Text(f"{mark} {result.verdict}", style=style)


def _claim(result: Result, source: str) -> RenderableType:
    claim = result.claim
    title = Text.assemble(verdict(result), "  ", (claim.id, "dim"))
    parts: list[RenderableType] = [Text(f"“{claim.says}”", style="italic")]
    if claim.source and claim.source != source:
        parts.append(Text(claim.source, style="dim"))
    if result.quantities or result.steps:
        parts.append(_arithmetic(result))
    parts.append(Text(result.why, style=STYLE[result.verdict][1].removeprefix("bold ")))
    if claim.note:
        parts.append(Text(claim.note))
    if result.beside:
        parts += [Text("beside it", style="dim"), _indented(_beside(result.beside))]
    if result.facts:
        parts += [Text("sources", style="dim"), _indented(_sources(result.facts))]
    if not result.as_expected:
        parts.append(Text(f"the file expects “{claim.expect}”", style="bold red"))
    return Group(Rule(title, align="left", style="dim", characters="─"), _indented(Group(*parts)))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def _arithmetic(result: Result) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=24)
    table.add_column(justify="right", overflow="fold", max_width=20)
    table.add_column(style="dim", overflow="fold")
    for line in (*result.quantities, *result.steps):
        span = "" if line.exact else f"[{line.span}]"
        formula = f"= {line.formula}" if line.name in result.claim.steps else ""
        tail = "  ".join(part for part in (span, formula) if part)
        table.add_row(Text(line.name.replace("_", " ")), Text(line.middle), Text(tail))
    return table


def _beside(lines: tuple[Figure, ...]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=42)
    table.add_column(justify="right", overflow="fold")
    table.add_column(style="dim", overflow="fold")
    for line in lines:
        table.add_row(Text(line.name), Text(line.middle), Text("" if line.exact else f"[{line.span}]"))
    return table


def _sources(facts: tuple[Fact, ...]) -> Table:
    """Each source once, and after it what was read there."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", width=1)
    table.add_column(style="dim", overflow="fold")
    for source in dict.fromkeys(str(fact.source) for fact in facts):
        read = [_read(fact) for fact in facts if str(fact.source) == source]
        table.add_row("·", Text(f"{source}: {'; '.join(read)}"))
    return table


def _read(fact: Fact) -> str:
    """A fact in a few words; what the claim brings along stands in its arithmetic already."""
    note = f" ({fact.note})" if fact.note else ""
    if fact.key.startswith("claim."):
        return f"{fact.name}{note}"
    span = "" if fact.exact else f" [{short(fact.low)}–{short(fact.high)}]"
    return f"{fact.key} {short(fact.value, 4)}{span} {fact.unit}".strip() + note


def _summary(report: Report) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("claim", no_wrap=True, overflow="ellipsis")
    for heading in ("stated", "comes out at", "newer"):
        table.add_column(heading, justify="right", overflow="fold")
    for result in report.claims:
        mark, style = STYLE[result.verdict]
        derived = result.derived.plain if result.derived and result.stated else ""
        newer = result.newer.figure.plain if result.newer else ""
        table.add_row(Text(mark, style=style), Text(result.claim.id), Text(_stated(result)), derived, newer)
    counted = [
        Text(f"{mark} {report.counts[name]} {name}", style=style)
        for name, (mark, style) in STYLE.items()
        if name in report.counts
    ]
    total = f"{len(report.claims)} claim{'s' if len(report.claims) != 1 else ''}: "
    parts: list[RenderableType] = [table, Text(total, style="bold").append_text(Text(", ").join(counted))]
    if report.unexpected:
        names = ", ".join(result.claim.id for result in report.unexpected)
        parts.append(Text(f"not as the file expects: {names}", style="bold red"))
    return Group(*parts)


def _stated(result: Result) -> str:
    if result.stated is None:
        return ""
    signs = {"equal": "", "at least": "≥ ", "at most": "≤ ", "between": ""}
    *low, high = result.stated.figures
    return signs[result.stated.relation] + "".join(f"{line.plain}–" for line in low) + high.middle
