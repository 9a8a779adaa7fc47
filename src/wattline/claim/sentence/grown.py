"""Sentences on how data centres' electricity grew in years that have passed, held against the outlook's estimate."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.claim.file import Claim
from wattline.claim.sentence.coming import coming_claim, outlook_match
from wattline.claim.sentence.coming_parts import part_in
from wattline.claim.sentence.coming_words import (
    BASE,
    CENTRES,
    NOW,
    ComingClaim,
    of_other_things,
    place_or_world,
    years_of,
)
from wattline.claim.sentence.growth_words import YEARLY, multiple_in
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.states import named_state
from wattline.claim.sentence.words import COMING, decline
from wattline.claim.verdict import Relation
from wattline.line.world.growth import FIRST

ESTIMATE = "an estimate by the model of the outlook, no count"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "twenty": 20}
_SPAN = re.compile(
    rf"\b(?:last|past|previous)\s+(?:(?P<count>\d+|{'|'.join(_NUMBERS)})\s+years?|(?P<decade>decade)|(?P<year>year))\b",
    re.I,
)
_GREW = re.compile(
    r"\b(grew|grown|growing|rose|risen|increased|climbed|jumped|surged|doubled|tripled|trebled|quadrupled|"
    r"(?:is|are|was|were|went|goes)\s+up)\b|\bup\s+(?:by|from)\b",
    re.I,
)
_GROWS = re.compile(
    r"\b(grows?|rises?|increases?|climbs?|expands?|doubles?|triples?|growing|rising|increasing)\b", re.I
)
_IN = re.compile(r"\b(?:in|during)\s+(?:19|20)\d\d\b", re.I)
_FROM = re.compile(r"\b(?:since|from|between|to|until|by)\s+(?:19|20)\d\d\b", re.I)
TO = 2030  # to which the outlook is shown beside
LATE = 5  # years over which growth is taken where a sentence is of now
_ENERGY = re.compile(r"\b(electricity|power|energy|load|consumption)\b", re.I)
_ELSE = re.compile(r"\b(capacity|computing|compute)\b", re.I)  # which grow otherwise than what they use


def grown_claim(sentence: Sentence) -> Claim | None:
    """The growth of data centres' electricity over years that have passed; None where a sentence is of no such.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim.

    Raises WattlineError where the years are not clear.
    """
    text, relation, catalog = sentence
    part = part_in(text)
    now = bool(_GROWS.search(text) and YEARLY.search(text) and not COMING.search(text))
    if not (CENTRES.search(text) or part == "ai") or years_of(text) is not None or not (_GREW.search(text) or now):
        return None
    if not _ENERGY.search(text) or _ELSE.search(text) or of_other_things(text):
        return None
    years = sorted({int(year) for year in _YEAR.findall(text)})
    span = _SPAN.search(text)
    if not years and span is None and not now:
        return None
    base, year = _years(text, years, span) if years or span else (BASE - LATE, BASE)
    multiple = multiple_in(CENTRES.sub(" ", text), year - base)
    if multiple is None:
        return None
    if whole := named_state(text):
        raise decline(text, f"the outlook knows grids, and {whole}'s reaches beyond the state; name the country")
    place = place_or_world(CENTRES.sub(" ", text), text)
    coming = ComingClaim("growth", place, year, (multiple,), f"{multiple:.3g} times {base}", base, part=part)
    claim = coming_claim(coming, text, relation, catalog)
    if not years and span is None:
        claim = replace(claim, note=f"{_rates(coming, relation)} {claim.note}")
    given = replace(claim.quantities["outlook"], note=ESTIMATE)
    note = claim.note.partition(" A projection is never")[0] + " It is an estimate, which proves nothing."
    return replace(claim, quantities={"outlook": given}, note=note, projected=ESTIMATE)


def _rates(coming: ComingClaim, relation: Relation) -> str:
    """The growth of a year that is stated, that of the last years and that of the years to come."""

    def yearly(multiple: float, years: int) -> str:
        return f"{multiple ** (1 / years) - 1:.0%}"

    to_come = outlook_match(replace(coming, base=BASE, year=TO), relation).middle
    was = outlook_match(coming, relation).middle
    return (
        f"No years are named: {coming.base} to {coming.year} are taken, in which it grew {yearly(was, LATE)} a year, "
        f"not {yearly(coming.values[0], LATE)}; the outlook has {yearly(to_come, TO - BASE)} a year to {TO}."
    )


def _years(text: str, years: list[int], span: re.Match[str] | None) -> tuple[int, int]:
    """The first and the last year of a growth: the newest that studies have counted where the last is not named."""
    if len(years) > 2:
        raise decline(text, "which years are meant is not clear; name the first and the last")
    year = years[-1] if len(years) == 2 or (span is not None and years) else BASE
    if len(years) == 2:
        base = years[0]
    elif span is None and _IN.search(text) and not _FROM.search(text):  # in 2023: from the year before
        base, year = years[0] - 1, years[0]
    elif span is not None:
        count = 10 if span["decade"] else 1 if span["year"] else _number(span["count"])
        base = year - count
    else:
        base = years[0]
    if not FIRST <= base < year < NOW:
        raise decline(text, f"the first year must come before the last, and both from {FIRST} to {NOW - 1}")
    return base, year


def _number(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text)
