"""Sentences on the data centres of a town, of which only its country's are known: they are refused by name."""

from __future__ import annotations

import re

from wattline.claim.sentence.coming_parts import part_in
from wattline.claim.sentence.coming_words import CENTRES, place_in, place_words, share_in, years_of
from wattline.claim.sentence.states import state_in
from wattline.claim.sentence.things import region_of
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
