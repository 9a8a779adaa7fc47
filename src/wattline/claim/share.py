"""A sentence on the share of a place's electricity that data centres take now or took, by a fact or by the outlook."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.catalog import Catalog
from wattline.claim.coming import coming_claim
from wattline.claim.coming_words import BASE, CENTRES, LAST, NOW, PEOPLES, ComingClaim, place_in, share_in, years_of
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten
from wattline.line.world.observe import FIRST
from wattline.line.world.places import Place, place_of

# shares that were published as such
FACTS = {("world", 2024): "dc-share-of-world-2024", ("us", 2022): "dc-share-of-us-2022"}
ESTIMATE = "an estimate by the model of the outlook, no count"
_PERCENTS = re.compile(r"\d\s*(?:%|per\s?cent)", re.I)
_SPAN = re.compile(r"\d\s*%?\s*(?:-|–|to|and|or)\s*\d+(?:\.\d+)?\s*(?:%|per\s?cent)", re.I)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PART = re.compile(r"\b(AI|hyperscale\w*|crypto\w*|colocation|new|Google\w*|Microsoft\w*|Amazon\w*|Meta\w*)\b")
_COMING = re.compile(r"\b(will|would|could|may|might|going to|set to|expected|forecast|projected)\b")
_WHOLE = re.compile(r"^\W*(the|all|total|global|world\w*|planet\w*|'s|’s|\s)*\W*$", re.I)
_GROWS = re.compile(r"\b(grow|grew|rise|rose|increas|fell|fall|drop)\w*", re.I)


def share_claim(text: str, relation: Relation, catalog: Catalog) -> Claim | None:
    """The share of a place's electricity that data centres take, held against a fact or the outlook's range.

    Parameters
    ----------
    text : the sentence
    relation : how its figure is meant
    catalog : whose facts are taken

    Returns
    -------
    The claim; None where a sentence is of no such share, or of a year to come that the outlook's own reader takes.
    Raises WattlineError where it may mean several things.
    """
    share = share_in(text) if CENTRES.search(text) else None
    if share is None or CENTRES.search(share[1]) or _GROWS.search(text) or _read_as_coming(text):
        return None
    year, place = _year(text), _place(text, share[1])
    if key := FACTS.get((place.name, year)):
        return Claim(
            id="sentence",
            says=shorten(text, 500),
            note=f"The year is {year}{'' if _YEAR.search(text) else ', the newest that studies have counted'}.",
            stated=literal_of(f"{share[0] * 100:.6g} %", "claim"),
            derived=expression_of(f"[constant.{key}]", "derived"),
            relation=relation,
        )
    coming = ComingClaim("share", place, year, (share[0],), f"{share[0]:.3g} of its electricity")
    claim = coming_claim(coming, text, relation, catalog)
    given = replace(claim.quantities["outlook"], note=ESTIMATE)
    note = claim.note.replace("A projection is never more than that.", "It is an estimate, which proves nothing.")
    return replace(claim, quantities={"outlook": given}, note=note, projected=ESTIMATE)


def _read_as_coming(text: str) -> bool:
    years = years_of(text)
    return years is not None and years[0] <= LAST


def _year(text: str) -> int:
    """The year that a sentence is of: the one it names, else the newest that studies have counted."""
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) > 1 or (not years and _COMING.search(text)):
        raise _refused(text, "which year is meant is not clear; name one")
    year = min(years, default=BASE)
    if not FIRST <= year < NOW:
        raise _refused(text, f"the outlook reaches from {FIRST} to {LAST}, {year} is beyond it")
    return year


def _place(text: str, whole: str) -> Place:
    """Where the data centres and the electricity are; ``whole``: the words that say whose electricity it is."""
    if len(_PERCENTS.findall(text)) > 1 or _SPAN.search(text):
        raise _refused(text, "it holds several shares; give one")
    rest = CENTRES.sub(" ", text.replace(whole, " ") if whole else text)
    if part := _PART.search(rest):
        raise _refused(text, f"the share is known of all data centres of a place, not of those of {part[1]} alone")
    bare = _WHOLE.match(whole) is not None
    other, place = place_in(rest), place_in(whole)
    if bare and not re.search("world|global|planet", whole, re.I):
        place, whole = other or place_of("world"), rest if other else "world"
    if place is None or place.company or not _names(whole, place):  # of a town, the catalog has its country alone
        where = shorten(whole.strip())
        raise _refused(text, f"the catalog has no electricity of {where!r}; name a country or the world")
    if other is not None and other.name != place.name:
        raise _refused(text, f"it sets data centres of {other.name} beside the electricity of {place.name}; name one")
    return place


def _refused(text: str, why: str) -> WattlineError:
    return WattlineError(f"claim: {shorten(text)!r} cannot be checked: {why}")


def _names(text: str, place: Place) -> bool:
    """Whether the words name the place itself rather than a part of it."""
    names = {place.name.replace("_", " "), *(word for word, name in PEOPLES.items() if name == place.name)}
    plain = text.lower().replace("_", " ")
    return any(re.search(rf"\b{re.escape(name)}\b", plain) for name in names)
