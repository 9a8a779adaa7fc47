"""Facts of the catalog on the screen, under the record that each belongs to."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.answer import fact_range
from wattline.report.words import Json


def facts_text(data: Json) -> RenderableType:
    """The facts that a search found, to print with Rich."""
    rows = data["results"]["facts"]
    lines: list[Text] = []
    last = ""
    for fact in rows:
        if fact["record"] != last:
            last = fact["record"]
            lines.append(Text(last, style="bold"))
        lines.append(Text.assemble("  ", (fact["key"], "cyan"), "  ", (fact_range(fact), "bold"), f"  {fact['name']}"))
        note = f" ({fact['note']})" if fact["note"] else ""
        lines.append(Text(f"      {fact['basis']}: {fact['source']}{note}", style="dim"))
    lines.append(Text(f"{len(rows):,} facts", style="dim"))
    return Group(*lines)
