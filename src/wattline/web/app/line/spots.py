"""Where: the region or the place with weather that a line names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattline.catalog import Catalog, Record
from wattline.catalog.record import plain_name
from wattline.claim.sentence.coming_words import PEOPLES
from wattline.core.errors import WattlineError
from wattline.line.site.places import find_place
from wattline.web.app.line.things import WORDS
from wattline.web.app.line.typed import FILLERS, TypedLine

_AFTER = re.compile(r"\b(?:in|at|near|around|for|from|on|of)\s+(?:the\s+)?\Z", re.I)
_POINT = re.compile(r"(?<![\w.])(-?\d{1,2}\.\d+\s*,\s*-?\d{1,3}\.\d+)(?![\w.])")
_PLACED = re.compile(r"\b(?:in|at|near)\s+((?!PUE\b)[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+)*(?:,\s*[A-Z][\w.'-]+)?)")


@dataclass(frozen=True)
class Spot:
    """Where: a region of the catalog, a place with weather, and what was assumed."""

    region: str = ""
    place: str = ""
    why: str = ""


def spot_in(line: TypedLine, known: Catalog, *, weather: bool = False) -> Spot:
    """The place that a line names.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog
    weather : whether a place with weather is wanted, rather than a grid

    Returns
    -------
    Region or place; both empty where the line names none.

    Raises
    ------
    WattlineError where it names a place of which no weather is known.
    """
    if weather and (point := line.take(_POINT)):
        return Spot("", point[1])
    without = ""  # a region that has no place with weather
    for words, start, end in line.runs(apart=r"\s+|,\s*", most=4):
        plain = plain_name(words)
        after = _AFTER.search(line.left[:start]) is not None
        capital = words[:1].isupper()
        short = len(plain) < 4 and not (words.isupper() or (after and len(plain) > 1))
        country = len(plain) > 4 and plain in known.names("region")
        named = capital or after or country
        if len(plain) < 2 or short or plain in WORDS or plain.isdigit() or _empty(words) or not named:
            continue
        spot = _spot(words, plain, known, weather)
        if spot is not None:
            line.drop(start, end)
            _drop_country(line, spot, known)
            return spot
        without = without or (words if weather and plain in known.names("region") else "")
    if weather:
        _refuse_place(line, without, known)
    return Spot()


def _drop_country(line: TypedLine, spot: Spot, known: Catalog) -> None:
    """Take the name of the country or the grid that a place lies in, where it stands apart from it."""
    for words, start, end in line.runs(most=3):
        region = known.names("region").get(plain_name(words), "")
        inside = region and (spot.region == region or spot.region.startswith(f"{region}-"))
        if words[:1].isupper() and (inside or words in spot.place.split(", ")):
            line.drop(start, end)
            return


def _refuse_place(line: TypedLine, without: str, known: Catalog) -> None:
    """Refuse a place that is named and has no weather, rather than answer for another. Raises WattlineError."""
    if without:
        raise WattlineError(f"{without}: no place with weather is known there; name a city of it or one nearby")
    named = _PLACED.search(line.left)
    if named is not None:
        find_place(named[1], known)


def _empty(words: str) -> bool:
    """Whether words are none that a place is called by: "I run" is no Irun."""
    parts = words.lower().split()
    return all(part in FILLERS for part in parts) or parts[0] == "i"


def _spot(words: str, plain: str, known: Catalog, weather: bool) -> Spot | None:
    names = known.names("region")
    region = names.get(plain, "") or names.get(plain_name(PEOPLES.get(words.lower(), "").replace("_", " ")), "")
    if region and not weather:
        return Spot(region)
    record = _place(words, known) if len(plain) > 3 else None
    listed = record is not None and record.name in known.records("climate")
    if region and not listed:  # a country or a state, even where a town far away bears the name
        place = _place_within(words, region, known)
        if place is not None:
            return Spot(region, place, f"{words}: the weather of {place}")
    if record is None:
        return None
    grid = str(record.meta.get("region", ""))
    if weather:
        return Spot(grid, words)
    return Spot(grid, words, f"{words}: grid {grid}") if grid in known.records("region") else None


def _place(words: str, known: Catalog) -> Record | None:
    try:
        return find_place(words, known)
    except WattlineError:
        return None


def _place_within(words: str, region: str, known: Catalog) -> str | None:
    """A place with weather in a state or region of this name; None where there is none."""
    records = known.records("climate").values()
    state = words.rpartition(",")[2].strip().lower()
    own = [record.title for record in records if record.title.lower().endswith(f", {state}")]
    grid = [record.title for record in records if str(record.meta.get("region", "")) == region]
    wide = [record.title for record in records if str(record.meta.get("region", "")).startswith(f"{region}-")]
    return next(iter([*own, *grid, *wide]), None)
