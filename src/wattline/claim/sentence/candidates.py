"""Figures of the catalog that a sentence may mean: in its unit, of the thing, place and year that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattline.catalog import Catalog, Record
from wattline.claim.evaluate import quantity
from wattline.claim.evidence import STATUS, is_of_another_company, weakness
from wattline.claim.sentence.coming_words import CENTRES
from wattline.claim.sentence.countries import region_word
from wattline.claim.sentence.refusals import KINDS, is_alike
from wattline.claim.sentence.stated import StatedFigure
from wattline.claim.sentence.totals import strays, year_of
from wattline.claim.sentence.vocabulary import naming, vocabulary_of
from wattline.claim.sentence.words import BY_NAME, COMING, decline
from wattline.core.fact import Fact

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# what a single site is called
SITES = frozenset(("supercomputer", "supercluster", "cluster", "campus", "site", "facility", "project", "complex"))
NEAR = 0.25  # figures that lie closer are taken for the ones that the sentence means


@dataclass(frozen=True)
class CatalogFigure:
    """A figure of the catalog that a sentence may mean."""

    fact: Fact
    record: Record
    when: str
    weak: str
    named: bool  # the record itself bears the sentence's words, not its maker alone

    @property
    def order(self) -> tuple[bool, int, str]:
        """What is named itself first, then the best evidence, then the newest."""
        later = "".join(chr(0x10FFFF - ord(c)) if c.isdigit() else c for c in self.when)
        weak = 0 if not self.weak else 2 if "projection" in self.weak or "rumour" in self.weak else 1
        return not self.named, weak, later


def of_now(text: str, candidates: list[CatalogFigure]) -> list[CatalogFigure]:
    """Without projections, where a sentence is of now, names no year and something was counted.

    Parameters
    ----------
    text : the sentence without its figure
    candidates : figures that it may mean

    Returns those that are left.
    """
    if YEAR.search(text) or COMING.search(text):
        return candidates
    counted = [each for each in candidates if not _is_projection(each)]
    return counted or candidates


def counted_since(meant: CatalogFigure, candidates: list[CatalogFigure]) -> CatalogFigure | None:
    """The newest count of all data centres of the same place, where that is of a later year than what is meant.

    Parameters
    ----------
    meant : the total that a sentence means
    candidates : figures that it may mean

    Returns the count; None where there is none.
    """
    counts = [
        each for each in candidates
        if each.record.kind == "total" and str(each.record.meta.get("scope")).startswith("data centres")
        and each.record.meta.get("region") == meant.record.meta.get("region")
        and year_of(each.record) > year_of(meant.record) and not _is_projection(each)
    ]  # fmt: skip
    scope = str(meant.record.meta.get("scope")).startswith("data centres")
    first = {"metered": 0, "IEA": 1}
    return min(
        counts if scope else [],
        key=lambda c: (
            -year_of(c.record),
            first.get(str(c.record.meta.get("status")), first.get(str(c.record.meta.get("publisher")), 2)),
        ),
        default=None,
    )


def _is_projection(figure: CatalogFigure) -> bool:
    return figure.weak in (STATUS["forecast"], STATUS["scenario"])


def off(candidate: CatalogFigure, stated: StatedFigure) -> float:
    """How far a figure of the catalog is from what a sentence states, as a fraction of it.

    Parameters
    ----------
    candidate : the figure
    stated : by the sentence

    Returns the distance, never negative; nothing inside of a range that is stated, or that the figure's own source
    gives as what it is in different places; else to the nearer end of what is stated.
    """
    if _is_in_spread(candidate, stated):
        return 0.0
    own = quantity(candidate.fact.value, candidate.fact.unit)
    ratios = [float((own / quantity(*end.tree.value)).to("").magnitude) for end in stated.ends or (stated.middle,)]
    inside = len(ratios) > 1 and ratios[0] >= 1 >= ratios[-1]
    return 0.0 if inside else min(abs(ratio - 1.0) for ratio in ratios)


def _is_in_spread(candidate: CatalogFigure, stated: StatedFigure) -> bool:
    """Whether what is stated lies in the range by place and time that a source gives, no uncertainty of one."""
    if "spread" not in candidate.record.meta:
        return False
    low, high = (quantity(end, candidate.fact.unit) for end in (candidate.fact.low, candidate.fact.high))
    ratios = [
        (
            float((quantity(*end.tree.value) / low).to("").magnitude),
            float((quantity(*end.tree.value) / high).to("").magnitude),
        )
        for end in stated.ends or (stated.middle,)
    ]
    return all(above >= 1 - 1e-9 and below <= 1 + 1e-9 for above, below in ratios)


def candidates_of(words: list[str], by_name: list[str], stated: StatedFigure, catalog: Catalog) -> list[CatalogFigure]:
    """Figures in what is stated's unit whose record bears every word of the sentence that names something.

    Parameters
    ----------
    words : of the sentence that name something
    by_name : the same without those of a maker
    stated : its figure
    catalog : where they are looked up

    Returns the figures, the best first.
    """
    unit = quantity(*stated.middle.tree.value)
    named = naming(words)
    totals = catalog.records("total").values()
    placed = {region_word(record) for record in totals} & set(words)
    figures = []
    for kind in KINDS:
        for record in catalog.records(kind).values():
            if not _bears(record, words) or not (named or "centre" in words):
                continue
            if not is_site(record) and not _is_of_place(record, words, placed, stated):
                continue
            named_itself = vocabulary_of(record, BY_NAME) >= set(naming(by_name))
            for fact in record.facts.values():
                if is_alike(fact, unit) and stated.chip_hours == fact.key.endswith(".chip_hours"):
                    when = str(record.meta.get("date") or record.meta.get("year_of") or fact.source.year or "")
                    figures.append(CatalogFigure(fact, record, when, weakness(fact, catalog), named_itself))
    return sorted(figures, key=lambda c: c.order)


def is_site(record: Record) -> bool:
    """Whether a total is of a single site.

    Parameters
    ----------
    record : of the catalog

    Returns whether.
    """
    return record.kind == "total" and str(record.meta.get("scope")).startswith("one site")


def names_site(words: list[str], catalog: Catalog) -> bool:
    """Whether a sentence names a single site that the catalog knows.

    Parameters
    ----------
    words : of the sentence that name something
    catalog : of sites

    Returns whether.
    """
    sites = (each for each in catalog.records("total").values() if is_site(each))
    return any(set(site.name.split("-")[1:]) <= set(words) for site in sites)


def _is_of_place(record: Record, words: list[str], placed: set[str], stated: StatedFigure) -> bool:
    """Whether a figure may be of the place, the year and the company that a sentence names; ``placed``: its places."""
    if not stated.may_be(record.kind):
        return False
    if record.kind != "total":
        return True
    elsewhere = not placed and str(record.meta.get("region")) != "world"
    unnamed = not naming(words) and not CENTRES.search(record.title)
    return not (elsewhere or unnamed or is_of_another_company(record, words) or strays(record, stated.rest))


def of_site(text: str, candidates: list[CatalogFigure]) -> list[CatalogFigure]:
    """Of a single site what is planned, where a sentence is of what is to come, and else what it draws.

    Parameters
    ----------
    text : the sentence without its figure
    candidates : figures that it may mean

    Returns those that are left. Raises WattlineError where the site is known as it is, and a sentence is of what it is
    to be.
    """
    sites = [each for each in candidates if is_site(each.record)]
    if not sites or len(sites) < len(candidates):
        return candidates
    coming = COMING.search(text) is not None
    fitting = [each for each in sites if _is_projection(each) == coming]
    if not fitting:
        known = "what it draws" if coming else "what is planned"
        raise decline(text, f"the catalog has {known} of {sites[0].record.title}, and nothing else of it")
    return fitting


def _bears(record: Record, words: list[str]) -> bool:
    """Whether each word names the record or its kind; a search with AI is meant only where a sentence says so."""
    bears = vocabulary_of(record)
    about = {
        "training": record.kind == "training_run",
        "centre": record.kind == "total",
        "prompt": record.kind == "prompt",
    }
    if record.kind == "total" and "language model" in record.title and not {"search", "ai"} <= set(words):
        return False
    if "search" in words and "language model" in record.title and "ai" not in words:
        return False
    if record.name.startswith("mlperf") and "mlperf" not in words:  # a benchmark's round is no training of the model
        return False
    if is_site(record):  # by its own name: Stargate is more than its site in Abilene
        if not set(record.name.split("-")[1:]) <= set(words):
            return False
        words = [word for word in words if word not in SITES]
    if record.kind == "total":  # of which its year is the one that counts, not the edition that told of it
        words = [word for word in words if not YEAR.fullmatch(word)]
    return all(about.get(word, word in bears or word == "ai") for word in words)
