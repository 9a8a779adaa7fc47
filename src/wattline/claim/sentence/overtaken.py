"""Projections of the catalog for the place and year of a sentence, and those that the outlook has overtaken."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record
from wattline.claim.evidence import STATUS
from wattline.claim.sentence.candidates import NEAR
from wattline.claim.sentence.coming_words import ComingClaim

FRESH = 2  # years before the outlook's in which what was published is as good as it


def totals_of(coming: ComingClaim, catalog: Catalog) -> list[Record]:
    """The catalog's totals of the place, year and part that a sentence is of, the nearest to its figure first.

    Parameters
    ----------
    coming : what is stated
    catalog : of totals

    Returns the totals.
    """
    of_ai = coming.part != "all"
    region = {"eu27": "eu"}.get(coming.place.name, coming.place.name)
    rows = [
        record for record in catalog.records("total").values()
        if {"year_of", "energy_twh"} <= set(record.facts) and int(record.facts["year_of"].value) == coming.year
        and str(record.meta.get("region")) == region and bool(re.search(r"\bAI\b(?!.*crypto)", record.title)) == of_ai
    ]  # fmt: skip
    return sorted(rows, key=lambda each: (abs(each.facts["energy_twh"].value - coming.values[0]), each.title))


def overtaken_projection(coming: ComingClaim, catalog: Catalog, as_of: int) -> Record | None:
    """The older projection that a sentence repeats; None where none was published that comes near its figure.

    Parameters
    ----------
    coming : what is stated
    catalog : of totals
    as_of : year of the outlook that it is held against

    Returns the projection.
    """
    if coming.kind != "energy" or coming.part not in ("all", "ai"):
        return None
    low, high = coming.values[0], coming.values[-1]
    for record in totals_of(coming, catalog):
        fact = record.facts["energy_twh"]
        if str(record.meta.get("status")) not in STATUS or record.meta.get("status") == "estimate":
            continue
        published = int(str(record.meta.get("date") or fact.source.year or as_of)[:4])
        near = low * (1 - NEAR) <= fact.value <= high * (1 + NEAR)
        if near and published <= as_of - FRESH:
            return record
    return None
