"""Sentences on all the electricity of companies in years that have passed, by what they reported."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.catalog import Catalog, Record
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import CENTRES, NOW
from wattline.claim.sentence.figures import figure_claim
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import StatedFigure, stated_if
from wattline.claim.sentence.totals import year_of
from wattline.claim.sentence.vocabulary import words_in
from wattline.claim.sentence.words import COMING, decline
from wattline.core.errors import shorten
from wattline.core.fact import Fact

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ELSE = re.compile(r"\b(emissions?|emit\w*|carbon|CO2\w*|greenhouse|footprint|water)\b", re.I)
GREW = re.compile(
    r"\b(?:grew|grown|rose|risen|increased|jumped|surged|climbed|(?:was|were|went|is|are)\s+up|up)\b.{0,40}?"
    r"(?P<number>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)",
    re.I,
)
TIMES = re.compile(r"\b(?:has |have )?(?:(?:more than|over|almost|nearly|roughly|about) )?"
                    r"(?P<times>doubled|tripled|trebled|quadrupled|halved)\b", re.I)  # fmt: skip
_RISES = {"doubled": 100.0, "tripled": 200.0, "trebled": 200.0, "quadrupled": 300.0, "halved": -50.0}  # %
_ASIDE = frozenset(("centre", "company", "each", "group", "offices", "global", "world", "fiscal", "operations", "rose",
                    "grew", "increased", "jumped", "surged", "climbed"))  # fmt: skip


def company_claim(sentence: Sentence) -> tuple[Claim, ...] | None:
    """What companies used in a year, each against its own report, or how that grew.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claims; None where a sentence is of no company's electricity, or of a year to come. Raises WattlineError for a
    year that no report is known of.
    """
    text, _, catalog = sentence
    reports = _reports(catalog)
    named = [name for name in reports if re.search(rf"\b{name}\b", text, re.I)]
    years = sorted({int(year) for year in _YEAR.findall(text)})
    if not named or COMING.search(text) or (years and years[-1] > NOW):
        return None
    grew, stated = GREW.search(text) or TIMES.search(text), _energy(text)
    rest = stated.rest if stated else text.replace(grew[0], " ") if grew else ""
    others = set(words_in(rest)) - set(named) - {str(year) for year in years} - _ASIDE
    if stated is None and grew is None:
        return None
    if other := _ELSE.search(text):
        raise decline(text, f"the catalog has companies' electricity, not their {other[0].lower()}")
    if others:
        return None
    if not years:
        return None
    if stated is None:
        assert grew is not None
        return tuple(_grown(sentence, rise_in(grew), reports[name], name, years) for name in named)
    if len(years) > 1:
        raise decline(text, "which year is meant is not clear; name one")
    return tuple(_used(sentence, name, named, reports[name], years[0]) for name in named)


def rise_in(grew: re.Match[str]) -> str:
    """A rise in per cent: that of a figure, or of what doubled.

    Parameters
    ----------
    grew : what ``GREW`` or ``TIMES`` matched

    Returns the number, as it is written [%].
    """
    words = grew.groupdict()
    return words["number"] if "number" in words else f"{_RISES[words['times'].lower()]:g}"


def _reports(catalog: Catalog) -> dict[str, list[Record]]:
    """What companies reported of all their sites, by their plain names."""
    reports: dict[str, list[Record]] = {}
    for record in catalog.records("total").values():
        if record.meta.get("status") == "metered" and record.meta.get("region") == "world":
            reports.setdefault(str(record.meta["publisher"]).lower(), []).append(record)
    return reports


def _energy(text: str) -> StatedFigure | None:
    """The energy that a sentence states; None where it states none."""
    return stated_if(text, lambda stated: stated.measures("[energy]"))


def _used(sentence: Sentence, name: str, named: list[str], reports: list[Record], year: int) -> Claim:
    """The claim of one company."""
    _in_year(sentence.text, name, reports, year)
    text = sentence.text
    for other in named:
        if other != name:
            text = re.sub(rf"\b{other}\b|\b(?:and|each|both)\b(?=.*\b{name}\b)", " ", text, flags=re.I)
    text = re.sub(r"\b(?:and|each|both)\b|,", " ", text, flags=re.I) if len(named) > 1 else text
    claim = figure_claim(Sentence(" ".join(text.split()), sentence.relation, sentence.catalog))
    return replace(claim, id="sentence" if name == named[0] else name, says=shorten(sentence.text, 500))


def _grown(sentence: Sentence, number: str, reports: list[Record], name: str, years: list[int]) -> Claim:
    """The growth from one year's report to another's, of the same scope."""
    first, last = (years[0], years[-1]) if len(years) > 1 else (years[0] - 1, years[0])
    if len(years) == 1 and re.search(r"\bsince\s+(?:19|20)\d\d\b", sentence.text, re.I):
        first, last = years[0], max(year_of(record) for record in reports)
    before, after = (_in_year(sentence.text, name, reports, year) for year in (first, last))
    ends = [(low, high) for low in before for high in after if low.meta["scope"] == high.meta["scope"]]
    if not ends:
        raise decline(sentence.text, f"what {name.title()} reported of {first} and of {last} is of different scope")
    low, high = ends[0]
    rise = rise_between(low.facts["energy_twh"], high.facts["energy_twh"])
    return growth_claim(
        sentence, number, rise, f"the electricity of {name.title()} from {first} to {last}: {low.meta['scope']}"
    )


def rise_between(before: Fact, after: Fact) -> str:
    """The expression of a rise from one fact to another of the same kind, in per cent.

    Parameters
    ----------
    before, after : facts of one unit

    Returns
    -------
    The text of the expression.
    """
    return f"([{after.key}] / [{before.key}] - 1) in %"


def growth_claim(sentence: Sentence, number: str, rise: str, words: str) -> Claim:
    """The claim that something grew by so much from one year to another, of one scope.

    Parameters
    ----------
    sentence : its text, and how its figure is meant
    number : the stated rise, as it is written [%]
    rise : the expression that derives it from the catalog
    words : what grew, from which year to which, and its scope

    Returns
    -------
    The claim.
    """
    return Claim(
        id="sentence",
        says=shorten(sentence.text, 500),
        note=f"Taken for {words}.",
        stated=literal_of(f"{number} %", "claim"),
        derived=expression_of(rise, "derived"),
        relation=sentence.relation,
    )


def _in_year(text: str, name: str, reports: list[Record], year: int) -> list[Record]:
    """What a company reported of a year: of data centres where a sentence is of those."""
    there = [record for record in reports if year_of(record) == year]
    if not there:
        known = ", ".join(str(each) for each in sorted({year_of(record) for record in reports}))
        raise decline(text, f"the catalog has the electricity of {name.title()} in {known}, not in {year}")
    of_centres = [each for each in there if CENTRES.search(str(each.meta["scope"]))] if CENTRES.search(text) else []
    return of_centres or there
