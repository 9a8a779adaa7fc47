"""A sentence on the share of a place's electricity that data centres take now or took, by a fact or by the outlook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wattline.catalog import Catalog
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming import coming_claim
from wattline.claim.sentence.coming_parts import is_beside, part_in, share_within
from wattline.claim.sentence.coming_read import within_claim
from wattline.claim.sentence.coming_words import (
    BASE,
    CENTRES,
    LAST,
    NOW,
    PEOPLES,
    ComingClaim,
    place_in,
    share_in,
    years_of,
)
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.states import NEWEST, WHOLE_GRIDS, state_in, state_share, state_years
from wattline.claim.sentence.words import COMING, decline
from wattline.claim.verdict import Relation
from wattline.core.errors import shorten
from wattline.line.world.growth import FIRST
from wattline.line.world.places import Place, place_of

# shares that were published as such
FACTS = {
    ("world", 2022): "dc-share-of-world-2022",
    ("world", 2024): "dc-share-of-world-2024",
    ("us", 2022): "dc-share-of-us-2022",
}
ESTIMATE = "an estimate by the model of the outlook, no count"
_PERCENTS = re.compile(r"\d\s*(?:%|per\s?cent)", re.I)
_SPAN = re.compile(r"\d\s*%?\s*(?:-|–|to|and|or)\s*\d+(?:\.\d+)?\s*(?:%|per\s?cent)", re.I)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PART = re.compile(r"\b(AI|hyperscale\w*|crypto\w*|colocation|new|Google\w*|Microsoft\w*|Amazon\w*|Meta\w*)\b")
_WHOLE = re.compile(
    r"^\W*(the|all|total|global|world\w*|planet\w*|its|their|country|nation|national|island|metered|'s|’s|\s)*\W*$",
    re.I,
)
_OWN = re.compile(r"\b(its|their|country|nation|national|island)\b", re.I)
_GROWS = re.compile(r"\b(grow|grew|rise|rose|increas|fell|fall|drop)\w*", re.I)


def share_claim(sentence: Sentence) -> Claim | None:
    """The share of a place's electricity that data centres take, held against a fact or the outlook's range.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of no such share, or of a year to come that the outlook's own reader takes.
    Raises WattlineError where it may mean several things.
    """
    text, relation, catalog = sentence
    if CENTRES.search(text) and (state := state_in(text)) and share_in(text) and not _by_grid(text, state):
        return _state_claim(text, state, relation, catalog)
    if (within := share_within(text)) and not _GROWS.search(text) and not _read_as_coming(text):
        return _estimate(within_claim(text, _year(text), *within), text, relation, catalog)
    share = share_in(text) if CENTRES.search(text) or part_in(text) == "ai" else None
    if share is None or CENTRES.search(share[1]) or _GROWS.search(text) or _read_as_coming(text):
        return None
    year, place = _year(text), _place(text, share[1])
    part = part_in(text)
    if (key := FACTS.get((place.name, year))) and part == "all":
        return by_fact(text, f"constant.{key}", share[0], year, relation)
    coming = ComingClaim("share", place, year, share[0], "a share of its electricity", part=part)
    return _estimate(coming, text, relation, catalog)


def level_claim(text: str, value: Any, words: Sequence[str], relation: Relation, catalog: Catalog) -> Claim | None:
    """The yearly energy of a place's data centres, of which the catalog has no count of that year.

    Parameters
    ----------
    text : the sentence
    value : the energy of a year that it states, with its unit
    words : what the sentence names
    relation : how its figure is meant
    catalog : whose facts are taken

    Returns
    -------
    The claim, held against the outlook's range; None where it is of something else than all of them.

    Raises WattlineError where it is of a part of them.
    """
    of_ai = part_in(text) == "ai"
    place = place_in(CENTRES.sub(" ", text)) or (place_of("world") if of_ai else None)
    years = _YEAR.findall(text)
    if place is None or place.company or not (of_ai or CENTRES.search(text)) or not value.check("[energy]"):
        return None
    aside = ("centre", "world", "ai", "servers", "workloads", "systems") if of_ai else ("centre", "world")
    others = [word for word in words if not word.startswith("region-") and word not in (*aside, *years)]
    if place.name == "world" and not of_ai:
        return None
    if (part := _PART.search(text)) and not of_ai:
        raise decline(text, f"no newer figure is of {part[1]} alone there; leave it out, or name the year of a count")
    if (
        any((place_in(word.capitalize()) or place_in(word.upper())) is None for word in others)
        or len(years) > 1
        or COMING.search(text)
    ):
        return None
    year = int(years[0]) if years else BASE
    if not FIRST <= year < NOW:
        return None
    twh = float(value.to("TWh").magnitude)
    coming = ComingClaim("energy", place, year, (twh,), f"{twh:.4g} TWh", part="ai" if of_ai else "all")
    return _estimate(coming, text, relation, catalog)


def _estimate(coming: ComingClaim, text: str, relation: Relation, catalog: Catalog) -> Claim:
    """A claim of a year that has passed, held against the outlook's own estimate of it."""
    claim = coming_claim(coming, text, relation, catalog)
    given = replace(claim.quantities["outlook"], note=ESTIMATE)
    note = claim.note.replace("A projection is never more than that.", "It is an estimate, which proves nothing.")
    return replace(claim, quantities={"outlook": given}, note=note, projected=ESTIMATE)


def by_fact(text: str, key: str, values: tuple[float, ...], year: int, relation: Relation) -> Claim:
    """The claim held against a share that was published as such.

    Parameters
    ----------
    text : the sentence
    key : of the fact
    values : the share, or the two ends of a range, 0 to 1
    year : that it is of
    relation : how it is meant

    Returns the claim.
    """
    ends = [literal_of(f"{value * 100:.6g} %", "claim") for value in values]
    two = len(ends) == 2
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"The year is {year}{'' if _YEAR.search(text) else ', the newest that studies have counted'}.",
        stated=None if two else ends[0],
        stated_low=ends[0] if two else None,
        stated_high=ends[1] if two else None,
        derived=expression_of(f"[{key}]", "derived"),
        relation="between" if two else relation,
        projected="a projection: what is yet to come proves nothing" if year >= NOW else "",
    )


def _state_claim(text: str, state: str, relation: Relation, catalog: Catalog) -> Claim:
    """The share of an American state, by the shares that were published."""
    share = share_in(text)
    assert share is not None
    if _GROWS.search(text) or (part := _PART.search(CENTRES.sub(" ", text))):
        why = "its rise" if _GROWS.search(text) else f"that of {part[1] if part else ''} alone"
        raise decline(text, f"of a state its data centres' share is known, not {why}")
    whole = state_in(share[1])
    if place_in(share[1]) is not None and whole is None:
        raise decline(text, "it sets a state's data centres beside the electricity of a country; name one")
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) > 1 or (not years and COMING.search(text)):
        raise decline(text, "which year is meant is not clear; name one")
    year = min(years, default=NEWEST)
    key = state_share(state, year, catalog)
    if key is None:
        known = ", ".join(map(str, state_years(state, catalog)))
        raise decline(text, f"the catalog has this state's share of {known or 'no year'}, and not of {year}")
    return by_fact(text, key, share[0], year, relation)


def _by_grid(text: str, state: str) -> bool:
    """Whether a sentence is of a year to come and of a state that is nearly its grid, which the outlook knows."""
    return _read_as_coming(text) and state in WHOLE_GRIDS


def _read_as_coming(text: str) -> bool:
    years = years_of(text)
    return years is not None and years[0] <= LAST


def _year(text: str) -> int:
    """The year that a sentence is of: the one it names, else the newest that studies have counted."""
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) > 1 or (not years and COMING.search(text)):
        raise decline(text, "which year is meant is not clear; name one")
    year = min(years, default=BASE)
    if not FIRST <= year < NOW:
        raise decline(text, f"the outlook reaches from {FIRST} to {LAST}, {year} is beyond it")
    return year


def _place(text: str, whole: str) -> Place:
    """Where the data centres and the electricity are; ``whole``: the words that say whose electricity it is."""
    if len(_PERCENTS.findall(_SPAN.sub("1%", text))) > 1:
        raise decline(text, "it holds several shares; give one")
    rest = CENTRES.sub(" ", text.replace(whole, " ") if whole else text)
    part = None if is_beside(text) else _PART.search(rest)
    if part and part_in(text) == "all":
        raise decline(text, f"the share is known of all data centres of a place, not of those of {part[1]} alone")
    bare = _WHOLE.match(whole) is not None
    other, place = place_in(rest), place_in(whole)
    if bare and other is None and _OWN.search(whole):
        raise decline(text, f"whose {whole.strip()!r} is meant is not said; name the country or the world")
    if bare and not re.search("world|global|planet", whole, re.I):
        place, whole = other or place_of("world"), rest if other else "world"
    if place is None or place.company or not _names(whole, place):  # of a town, the catalog has its country alone
        names = re.findall(r"\b[A-Z]\w+(?:\s[A-Z]\w+)*", whole.strip()) if bare else []
        where = names[-1] if names else shorten(whole.strip())
        raise decline(text, f"the catalog has no electricity of {where!r}; name a country or the world")
    if other is not None and other.name != place.name:
        raise decline(text, f"it sets data centres of {other.name} beside the electricity of {place.name}; name one")
    return place


def _names(text: str, place: Place) -> bool:
    """Whether the words name the place itself rather than a part of it."""
    names = {place.name.replace("_", " "), *(word for word, name in PEOPLES.items() if name == place.name)}
    plain = text.lower().replace("_", " ")
    return any(re.search(rf"\b{re.escape(name)}\b", plain) for name in names)
