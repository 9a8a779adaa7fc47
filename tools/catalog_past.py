"""Write an earlier state of the catalog for ``--catalog DATE``: the facts of then that are others now.

    wattline facts --json > then.json            # at the release, or on an old checkout
    python tools/catalog_past.py 2026-11-24 then.json

Facts fitted to the program (``fit.``) belong to its version and are left out.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from wattline.catalog import Catalog
from wattline.catalog.dated import PAST
from wattline.catalog.update import Difference, differences, plain_catalog, state, to_toml

VALUES = ("value", "low", "high")


def past(day: date, then: str) -> str:
    """The state as a file of ``catalog/past``.

    Parameters
    ----------
    day : at whose end the facts stood so
    then : what ``wattline facts --json`` printed
    """
    now, old = plain_catalog(Catalog()), state(then)
    known = {key: fact for key, fact in old.items() if key in now and not key.startswith("fit.")}
    rows = [row for row in differences(now, known) if row.new is not None and _differs(row)]
    text = to_toml(rows, f"The catalog of {day}", day)
    return text.replace(f"date = {day}\n", f"date = {day}\npast = true\n", 1)


def _differs(row: Difference) -> bool:
    assert row.old is not None
    assert row.new is not None
    return row.old["unit"] == row.new["unit"] and any(row.old[name] != row.new[name] for name in VALUES)


if __name__ == "__main__":
    stated, file = date.fromisoformat(sys.argv[1]), Path(sys.argv[2])
    PAST.mkdir(exist_ok=True)
    (PAST / f"{stated}.toml").write_text(past(stated, str(file)), encoding="utf-8")
