"""What sentences on chips, machines and halls have in common: the power or yearly energy that they state."""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.claim.sentence.stated import StatedFigure, stated_if

LOAD = "constant.chip-yearly-load"  # of a chip's rated power, where a sentence does not say
ASSUMPTION = "an assumption of how busy chips are"
YEARLY = re.compile(r"\b(?:a|per|each|every)\s+year\b|\b(?:annually|yearly|annual)\b|\bin\s+(?:19|20)\d\d\b", re.I)


def power_or_energy(text: str) -> StatedFigure | None:
    """The power or energy that a sentence states; None where it states none."""
    return stated_if(text, lambda stated: stated.measures("[energy]") or stated.measures("[energy]/[time]"))


def usual_load(catalog: Catalog) -> str:
    """The share of their rated power that chips take over a year, in words: ``50 to 80%``."""
    load = catalog.fact(LOAD)
    return f"{100 * load.low:.0f} to {100 * load.high:.0f}%"
