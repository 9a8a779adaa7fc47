"""Sentences on the CO2e and the water of companies, and of all data centres, in years that have passed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wattline.catalog import Record
from wattline.claim.evaluate import quantity
from wattline.claim.fields import Expression, expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import CENTRES, NOW, place_in
from wattline.claim.sentence.company import GREW, TIMES, growth_claim, rise_between, rise_in
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import StatedFigure, stated_if
from wattline.claim.sentence.totals import year_of
from wattline.claim.sentence.vocabulary import words_in
from wattline.claim.sentence.words import COMING, decline
from wattline.core.errors import WattlineError, shorten

_KINDS = (
    (
        "co2e_mt",
        "[mass]",
        "CO2e",
        re.compile(r"\b(?:emissions?|emit\w*|carbon|CO2\w*|CO₂\w*|greenhouse|climate)\b", re.I),
    ),
    ("water_gl", "[length]**3", "water", re.compile(r"\b(?:water|dr[aiu]nk\w*|evaporat\w*)\b", re.I)),
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SINCE = re.compile(r"\bsince\s+(?:19|20)\d\d\b|\b(?:above|from|than in|over|compared (?:with|to))\s+(?:its\s+|the\s+)?"
                    r"(?:19|20)\d\d\b", re.I)  # fmt: skip
_FELL = re.compile(
    r"\b(?:fell|fallen|dropped|declined|decreased|cut|reduced|(?:was|were|went|is|are)\s+down|down)\b.{0,40}?"
    r"(?P<number>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)",
    re.I,
)
_RISE_FIRST = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)\s+(?:higher|more|above|rise|increase|jump|growth)\b", re.I
)
_INDIRECT = re.compile(r"\b(?:indirect(?:ly)?|power (?:plants?|stations?)|electricity)\b", re.I)
_ASIDE = frozenset(
    re.findall(
        r"\w+",
        """
        are centre climbed company compared cool cooled cooling declined direct directly dropped each evaporated
        evaporates fell fiscal footprint fresh freshwater gas gases global greenhouse grew group have higher increased
        indirect indirectly its jumped offices operations reduced rose scope since surged total withdrew world
        """,
    )
)


@dataclass(frozen=True)
class Footprint:
    """Whose yearly figures a sentence is of, and of what.

    Attributes
    ----------
    who : the company or place, in plain words
    what : CO2e or water
    attribute : of the records that hold it
    records : of that company or place
    """

    who: str
    what: str
    attribute: str
    records: tuple[Record, ...]

    def of_year(self, year: int) -> list[Record]:
        """Records that hold the figure of a year."""
        return [each for each in self.records if self.attribute in each.facts and year_of(each) == year]

    @property
    def years(self) -> list[int]:
        return sorted({year_of(each) for each in self.records if self.attribute in each.facts})


def footprint_claim(sentence: Sentence) -> Claim | None:
    """The CO2e or the water of a company, or of all data centres, in a year, against what was reported of it.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of something else. Raises WattlineError for a year that no figure is known of.
    """
    text = sentence.text
    years = sorted({int(year) for year in _YEAR.findall(text)})
    if COMING.search(text) and not years:
        return None
    stated = _stated(text)
    grew = None if stated else GREW.search(text) or _RISE_FIRST.search(text) or TIMES.search(text) or _FELL.search(text)
    if stated is None and grew is None:
        return None
    footprint = _footprint(sentence, stated)
    if footprint is None or _strange(stated.rest if stated else text.replace(grew[0], " "), footprint):  # type: ignore[index]
        return None
    if stated is not None:
        return _used(sentence, stated, footprint, years)
    assert grew is not None
    number = f"-{grew['number']}" if grew.re is _FELL else rise_in(grew)
    return _grown(sentence, number, footprint, years)


def _stated(text: str) -> StatedFigure | None:
    """The yearly mass or volume that a sentence states; None where it states none."""

    def fits(stated: StatedFigure) -> bool:
        return any(stated.measures(kind) for _, kind, _, _ in _KINDS) and not stated.single_centre

    return stated_if(text, fits)


def _footprint(sentence: Sentence, stated: StatedFigure | None) -> Footprint | None:
    """Whose figures a sentence is of; None where the catalog has none of them."""
    text, _, catalog = sentence
    records = list(catalog.records("footprint").values())
    for attribute, unit, what, words in _KINDS:
        measured = stated is None or quantity(*stated.middle.tree.value).check(unit)
        if not (words.search(text) and measured):
            continue
        own = {str(each.meta["subject"]) for each in records if attribute.split("_")[0] in " ".join(each.facts)}
        who = next((name for name in sorted(own) if re.search(rf"\b{name}\b", text, re.I) and len(name) > 2), "")
        if (not who or who == "world") and CENTRES.search(text):
            place = place_in(CENTRES.sub(" ", text))
            who = "world" if place is None else "" if place.company else place.name
        if who in own:
            there = tuple(each for each in records if each.meta["subject"] == who)
            return Footprint(who, what, attribute, there)
    return None


def _strange(rest: str, footprint: Footprint) -> bool:
    """Whether a sentence names anything that all of a company's, or of a place's, is not of."""
    known = {footprint.who, f"region-{footprint.who}", "states", "united"}
    return any(not _YEAR.fullmatch(word) and word not in known for word in set(words_in(rest)) - _ASIDE)


def _used(sentence: Sentence, stated: StatedFigure, footprint: Footprint, years: Sequence[int]) -> Claim | None:
    """What was used in a year, the newest that was counted where a sentence names none; None where none is forecast."""
    if len(years) > 1:
        raise decline(sentence.text, "which year is meant is not clear; name one")
    if not footprint.years:
        raise decline(sentence.text, f"of {_name(footprint)} the catalog has how {footprint.what} grew, and no amount")
    year = years[0] if years else max((each for each in footprint.years if each <= NOW), default=NOW)
    there = footprint.of_year(year)
    if not there and year > NOW:
        return None
    if not there:
        raise _unknown(sentence.text, footprint, year)
    if CENTRES.search(sentence.text) and not any(CENTRES.search(str(each.meta["scope"])) for each in there):
        scope = there[0].meta["scope"]
        raise decline(
            sentence.text, f"of {_name(footprint)} in {year} the catalog has {footprint.what} of {scope} alone"
        )
    meant = min(there, key=lambda each: _rank(each, stated, footprint, sentence.text))
    others = [each for each in there if each is not meant]
    newest = "" if years else f" The sentence names no year: {year}, the newest that is known, is taken."
    return Claim(
        id="sentence",
        says=shorten(sentence.text, 500),
        note=f"Taken for {meant.title}: {meant.meta['scope']}.{newest}{stated.note}",
        stated=None if stated.ends else stated.middle,
        stated_low=stated.ends[0] if stated.ends else None,
        stated_high=stated.ends[1] if stated.ends else None,
        derived=_key(meant, footprint.attribute),
        beside={each.title: _key(each, footprint.attribute) for each in others},
        relation="between" if stated.ends else sentence.relation,
    )


def _rank(record: Record, stated: StatedFigure, footprint: Footprint, text: str) -> tuple[bool, bool, float]:
    """Of one year's figures first those of the scope that a sentence names, then the one that it comes nearest to."""
    scope = str(record.meta["scope"])
    indirect = ("indirect" in scope) != bool(_INDIRECT.search(text))
    elsewhere = bool(CENTRES.search(text)) and CENTRES.search(scope) is None
    fact = record.facts[footprint.attribute]
    ratio = float((quantity(fact.value, fact.unit) / quantity(*stated.middle.tree.value)).to("").magnitude)
    return indirect and "irect" in scope, elsewhere, abs(ratio - 1)


def _grown(sentence: Sentence, number: str, footprint: Footprint, years: Sequence[int]) -> Claim | None:
    """How CO2e or water grew from one year to another, of the same scope, or as it was reported itself."""
    if not years or years[-1] > NOW:
        return None
    first, last = (years[0], years[-1]) if len(years) > 1 else (years[0] - 1, years[0])
    ends = [last]
    if len(years) == 1 and _SINCE.search(sentence.text):
        first, ends = years[0], sorted({year_of(each) for each in footprint.records} - {years[0]}, reverse=True)
    known = [(last, *rise) for last in ends if last > first for rise in _rises(footprint, first, last)]
    if not known:
        years_known = ", ".join(str(year) for year in footprint.years) or "none"
        raise decline(
            sentence.text,
            f"the catalog has no {footprint.what} of {_name(footprint)} from {first} to "
            f"{ends[0] if ends else last} in one scope; its yearly figures are of {years_known}",
        )
    value = float(number)
    last, rise, _, scope = min(known, key=lambda each: (round(abs(each[2] - value), 1), -each[0]))
    return growth_claim(
        sentence, number, rise, f"the {footprint.what} of {_name(footprint)} from {first} to {last}: {scope}"
    )


def _rises(footprint: Footprint, first: int, last: int) -> list[tuple[str, float, str]]:
    """Rises from a year to another that are known: the expression, its middle [%] and its scope."""
    rises = [
        (f"[{each.facts['co2e_growth'].key}] in %", 100 * each.facts["co2e_growth"].value, str(each.meta["scope"]))
        for each in footprint.records
        if footprint.attribute == "co2e_mt" and "co2e_growth" in each.facts
        and (int(each.facts["since"].value), year_of(each)) == (first, last)
    ]  # fmt: skip
    for low in footprint.of_year(first):
        for high in footprint.of_year(last):
            if low.meta["scope"] == high.meta["scope"]:
                before, after = low.facts[footprint.attribute], high.facts[footprint.attribute]
                middle = 100 * (after.value / before.value - 1)
                rises.append((rise_between(before, after), middle, str(low.meta["scope"])))
    return rises


def _key(record: Record, attribute: str) -> Expression:
    return expression_of(f"[{record.facts[attribute].key}]", "derived")


def _name(footprint: Footprint) -> str:
    return {"us": "American data centres", "world": "the world's data centres"}.get(
        footprint.who, footprint.who.title()
    )


def _unknown(text: str, footprint: Footprint, year: int) -> WattlineError:
    known = ", ".join(str(each) for each in footprint.years)
    return decline(text, f"the catalog has the {footprint.what} of {_name(footprint)} in {known}, not in {year}")
