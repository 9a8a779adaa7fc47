"""Totals of places: of which year and place one is, and sentences on all the electricity of a country."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record
from wattline.claim.fields import expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import CENTRES, place_in, place_words
from wattline.claim.sentence.countries import region_word
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import StatedFigure, stated_if
from wattline.claim.sentence.things import country
from wattline.claim.sentence.vocabulary import words_in
from wattline.claim.sentence.words import COMING
from wattline.core.errors import WattlineError, shorten

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_OF = re.compile(
    r"\b(?:all|whole|entire|nation(?:al)?|country|people|population|demand|grid|total|much|more|less)\b", re.I
)
CONSUMED = 2024  # the yearly electricity of countries is that of 2022 to 2024
_YEAR_NOTE = "The catalog has a country's yearly electricity of about {year} alone."


def year_of(record: Record) -> int:
    """The year that a total is of; 0 where it has none."""
    fact = record.facts.get("year_of")
    return 0 if fact is None else int(fact.value)


def strays(record: Record, text: str) -> bool:
    """Whether a total is of another year or place than a sentence names.

    Parameters
    ----------
    record : a total
    text : the sentence without its figure

    Returns whether.
    """
    years = {int(year) for year in _YEAR.findall(text)}
    if years and year_of(record) not in years:
        return True
    place = place_in(CENTRES.sub(" ", text))
    elsewhere = place is not None and not place.company and place.name != "world"
    return elsewhere and region_word(record) not in words_in(text)


def consumed_claim(sentence: Sentence) -> Claim | None:
    """All the electricity that a country or the world uses in a year, against the catalog's.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of anything but a country. Raises WattlineError for a year that is not known.
    """
    text, relation, catalog = sentence
    stated = _stated(text)
    if stated is None or CENTRES.search(text) or COMING.search(text):
        return None
    place = place_in(stated.rest)
    others = [word for word in words_in(_OF.sub(" ", stated.rest)) if not _YEAR.fullmatch(word)]
    if place is None or place.company or any(not _is_name(word, place.name) for word in others):
        return None
    years = {int(year) for year in _YEAR.findall(stated.rest)}
    if any(abs(year - CONSUMED) > 2 for year in years):
        raise WattlineError(f"claim: {shorten(text)!r} cannot be checked: {_YEAR_NOTE.format(year=CONSUMED)}")
    key = country(place, lambda key: key in _keys(catalog)).each.partition("[")[2].partition("]")[0]
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for all the electricity of {place_words(place)}. {_YEAR_NOTE.format(year=CONSUMED)}{stated.note}",
        derived=expression_of(f"[{key}]", "derived"),
        **stated.in_claim(relation),
    )


def _stated(text: str) -> StatedFigure | None:
    """The yearly energy that a sentence states; None where it states something else."""

    def fits(stated: StatedFigure) -> bool:
        return stated.middle.tree.value[1] in ("GWh", "TWh", "PWh", "kWh", "MWh") and not stated.single_centre

    return stated_if(text, fits)


def _is_name(word: str, place: str) -> bool:
    """Whether a word of a sentence is of the place's name: region-us, united, uk."""
    named = place_in(word.upper() if len(word) <= 3 else word.capitalize())
    return (
        word.startswith("region-")
        or word in ("world", "united", "states", "kingdom", "saudi", "south", "korea")
        or (named is not None and named.name == place)
    )


def _keys(catalog: Catalog) -> set[str]:
    return {fact.key for record in catalog.records("region").values() for fact in record.facts.values()}
