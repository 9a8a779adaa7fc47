"""Write docs/assets/catalog-data.js, which the catalog's browser in the documentation searches.

    python tools/catalog_data.py

A fact is a list: key, record, name, value, range, index of how it is known, index of its source.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from blocks import ROOT, environment

TARGET = ROOT / "docs/assets/catalog-data.js"


def facts() -> list[dict[str, Any]]:
    """Every fact of the catalog, as ``wattline facts --json`` has it."""
    text = subprocess.run(
        ["wattline", "facts", "--json"], env=environment(ROOT / "build"), check=True, text=True,
        capture_output=True,
    ).stdout  # fmt: skip
    data = json.loads(text)
    return list(data.get("results", data)["facts"])


def number(value: float) -> str:
    """A value as people read it."""
    return f"{value:,.6g}" if 1e-3 <= abs(value) < 1e9 or value == 0 else f"{value:.4g}"


def compact(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts with each source and each way of knowing written once."""
    sources: dict[str, int] = {}
    bases: dict[str, int] = {}
    short = []
    for row in rows:
        exact = row["low"] == row["high"]
        short.append([
            row["key"], row["record"], row["name"], f"{number(row['value'])} {row['unit']}".strip(),
            "" if exact else f"{number(row['low'])} to {number(row['high'])}",
            bases.setdefault(row["basis"], len(bases)), sources.setdefault(row["source"], len(sources)),
        ])  # fmt: skip
    return {"facts": short, "sources": list(sources), "bases": list(bases)}


def main() -> None:
    data = json.dumps(compact(facts()), ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(f"window.WATTLINE_CATALOG={data}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
