"""Writes ``catalog/world/site_overhead.csv``: overhead of sites by kind, year of construction and climate.

    python tools/site_overhead.py [FILE]

The hourly model of a site gives it. A country or grid has the mean of its climates, a group of countries that of its
regions; a range is theirs, and never narrower than 5% either way. Nothing is drawn: the same catalog makes the same
file.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.site.region_overhead import HALLS, site_overheads
from wattline.line.world.places import GROUP_OF, Place, known_place
from wattline.line.world.site_overhead import IN_ASIA_PACIFIC

HEAD = (
    "# PUE less 1 of sites of a kind built in a year, in the climates of a place: the site station's hourly model, "
    "central values.\n"
    "# Made by tools/site_overhead.py.\n"
)
COLUMNS = ("quantity", "scope", "segment", "year", "value", "low", "high", "unit", "basis", "source", "note")
MODEL = "this tool's hourly model of a site (docs/explain/site.md), over"
WORLD = "all regions, weighted by their electricity"
MIN_RANGE = 0.05  # of the value: what the climates of one place leave open
SCOPES = frozenset(("africa", "emerging", "europe", "latin_america", "middle_east", "us", "advanced"))


def site_overhead_text() -> str:
    """The text of the table.

    Returns
    -------
    A line a place, kind of site and year of construction, in the order of their names.
    """
    rows = []
    for (kind, built), regions in site_overheads(default()).items():
        cooling, plant = HALLS[kind][built]
        note = f"PUE less 1; cooling {cooling}, hall {plant}"
        for scope, values in _by_scope(regions).items():
            over = WORLD if scope == "world" else f"{len(values)} of the catalog's climates"
            middle = float(values.mean())
            low = min(float(values.min()), middle * (1 - MIN_RANGE))
            high = max(float(values.max()), middle * (1 + MIN_RANGE))
            ends = [f"{number:.4f}" for number in (middle, low, high)]
            rows.append(["site-overhead", scope, kind, str(built), *ends, "ratio", "derived", f"{MODEL} {over}", note])
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([COLUMNS, *sorted(rows)])
    return HEAD + lines.getvalue()


def _by_scope(regions: Mapping[str, Array]) -> dict[str, Array]:
    """Overheads by scope: of a place those of its climates, of a group the means of its regions."""
    places: dict[str, list[float]] = {}
    groups: dict[str, list[float]] = {}
    for region, values in regions.items():
        if region == "world":
            places["world"] = list(values)
            continue
        for name in _names(region):
            places.setdefault(name, []).extend(values)
        for group in _groups(region):
            groups.setdefault(group, []).append(float(values.mean()))
    return {scope: np.array(values) for scope, values in (places | groups).items()}


def _names(region: str) -> Iterable[str]:
    """The place of the outlook that a region is, or lies in; none of a grid whose electricity is not known."""
    place = _place(region) if region.startswith("us-") else _place(region.split("-")[0])
    return () if place is None else (place.kin_name,)


def _groups(region: str) -> set[str]:
    code = region.split("-")[0]
    if code == "us":
        return {"us"}
    country = _place(code)
    asia = {"asia_pacific"} if code in IN_ASIA_PACIFIC.split() else set()
    return asia if country is None else asia | ({country.area, country.group, GROUP_OF.get(code, "emerging")} & SCOPES)


def _place(name: str) -> Place | None:
    try:
        return known_place(name)
    except WattlineError:
        return None


if __name__ == "__main__":
    text = site_overhead_text()
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
