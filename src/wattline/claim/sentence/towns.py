"""Sentences on the data centres of a town, of which only its country's are known: they are refused by name."""

from __future__ import annotations

import re

from wattline.claim.sentence.coming_parts import part_in
from wattline.claim.sentence.coming_words import CENTRES, place_in, place_words, share_in, years_of
from wattline.claim.sentence.states import state_in
from wattline.claim.sentence.things import region_of
from wattline.claim.sentence.words import decline
from wattline.core.errors import WattlineError, shorten
from wattline.line.site.gazetteer import cities, fold


def check_towns(text: str) -> None:
    """That the places which a sentence on data centres names are countries or states, not towns in them.

    Parameters
    ----------
    text : the sentence

    Raises WattlineError for a town, whose country would else stand in for it.
    """
    if not CENTRES.search(text) and part_in(text) != "ai":
        return
    if share_in(text) and years_of(text) is None:  # a share of now is held to whose electricity it names
        return
    for name in re.findall(r"\b[A-Z][\w.]+(?:\s[A-Z]\w+)?", re.sub(r"['’]s\b", "", CENTRES.sub(" ", text))):
        place = place_in(name)
        if place is None or place.company or place.name == "world" or state_in(name):
            continue
        code = region_of(place).partition("-")[0]
        town = next((city for city, _ in cities() if fold(city.name) == fold(name) and city.code == code), None)
        if town is not None and fold(name) not in (fold(town.country), fold(place.name)):
            raise WattlineError(
                f"claim: {shorten(text)!r} cannot be checked: the data centres of {town.name} alone are not known, "
                f"those of {place_words(place)} are; name a country or the world"
            )


_NAME = r"(?:the\s+)?(?P<{0}>(?-i:[A-Z])[\w.]*(?:\s(?-i:[A-Z])\w+)?)(?:['’]s?)?"
_JOIN = r"\s*,?\s+(?:and|or|plus|&)\s+"
_OF_TWO = (
    re.compile(rf"{CENTRES.pattern}\s+(?:in|of|across)\s+{_NAME.format('one')}{_JOIN}{_NAME.format('other')}", re.I),
    re.compile(rf"{_NAME.format('one')}{_JOIN}{_NAME.format('other')}\s+{CENTRES.pattern}", re.I),
)


def check_two_places(text: str) -> None:
    """Whether a sentence is of the data centres of two places together, of which no figure is.

    Parameters
    ----------
    text : of the sentence

    Raises WattlineError that names both.
    """
    for words in _OF_TWO:
        for match in words.finditer(text):
            places = [place_in(match[name]) for name in ("one", "other")]
            if all(place is not None and not place.company for place in places) and places[0] != places[1]:
                raise decline(
                    text, f"it is of the data centres of {match['one']} and {match['other']}; give a sentence of each"
                )
