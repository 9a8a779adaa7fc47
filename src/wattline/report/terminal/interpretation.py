"""How a recording was read, on the screen: what each column or series was taken for, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

MAX_ROWS = 10


def read_as(rows: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Lines that say what each column or series was taken for, those alike as one.

    Parameters
    ----------
    rows: the report's ``interpretation``.

    Returns
    -------
    Lines; none where nothing was taken for anything.
    """
    if not rows:
        return []
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        alike.setdefault((_what(row), "inside" if row["inside"] else ""), []).append(row)
    lines = [Text("Read as", style="dim")]
    groups = list(alike.items())
    for (what, _), same in groups[:MAX_ROWS]:
        shown = ", ".join(str(row["name"]) for row in same[:3]) + (
            f" and {len(same) - 3} more" if len(same) > 3 else ""
        )
        lines.append(Text(f"  {shown}: {what}{_within(same)}", style="dim"))
    if len(groups) > MAX_ROWS:
        lines.append(Text(f"  and {sum(len(same) for _, same in groups[MAX_ROWS:])} more: see --json", style="dim"))
    return lines


def _what(row: Mapping[str, Any]) -> str:
    if not row["quantity"]:
        return f"left out: {row['note']}" if row["note"] else "left out"
    parts = [row["quantity"], f"in {row['unit']}" if row["unit"] else "", row["counts"], row["clock"]]
    if row["note"] and row["quantity"] in ("power", "energy", "device"):
        parts.append(row["note"])
    return ", ".join(part for part in parts if part)


def _within(same: Sequence[Mapping[str, Any]]) -> str:
    outer = list(dict.fromkeys(row["inside"] for row in same if row["inside"]))
    if not outer:
        return ""
    return f"; inside {outer[0]}" if len(outer) == 1 else f"; inside {len(outer)} devices"
