"""A claim from one sentence: its figure, and the catalog's figures of the same thing that it is held against."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from wattline.catalog import Catalog, Record, default
from wattline.claim.evaluate import quantity
from wattline.claim.evidence import STATUS, is_of_another_company, weakness
from wattline.claim.fields import Expression, expression_of
from wattline.claim.file import Claim, ClaimsFile
from wattline.claim.sentence.chinese import in_english, is_chinese
from wattline.claim.sentence.coming import coming_claim
from wattline.claim.sentence.coming_read import read_coming
from wattline.claim.sentence.coming_words import BASE, CENTRES
from wattline.claim.sentence.compared import compared_in
from wattline.claim.sentence.counted import counted_in, unknown_thing, with_counted
from wattline.claim.sentence.countries import region_word
from wattline.claim.sentence.generated import generated_claim, kind_of
from wattline.claim.sentence.grown import grown_claim
from wattline.claim.sentence.listed import listed_claim
from wattline.claim.sentence.named import chip_claim, pue_claim
from wattline.claim.sentence.searched import gives_answers_to_searches, searches_claim, total_in
from wattline.claim.sentence.share import level_claim, share_claim
from wattline.claim.sentence.stated import StatedFigure, stated_in
from wattline.claim.sentence.vocabulary import naming, vocabulary_of, words_in
from wattline.claim.sentence.words import BY_NAME, COMING, MAKER, relation_in
from wattline.claim.sentence.worked import without_length, worked_claim
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Fact

MAX_SENTENCE = 500
NEAR = 0.25  # figures that lie closer are taken for the ones that the sentence means
BESIDE = 6  # figures that are shown beside
KINDS = ("prompt", "training_run", "total")


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


# scripts that write sentences without spaces: Chinese, Japanese, Thai
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{4,}")


def is_sentence(text: str) -> bool:
    """Whether what was given for a claims file is a sentence rather than a path."""
    figure = is_chinese(text) and any(sign.isdigit() for sign in text)
    words = len(text.split()) > 2 or figure or _UNSPACED.search(text) is not None
    return words and not text.endswith(".toml") and "/" not in text and text.isprintable()


def read_sentence(text: str, catalog: Catalog | None = None) -> ClaimsFile:
    """The claim that a sentence makes, held against the catalog's figures of the same thing.

    Parameters
    ----------
    text : such as ``"ChatGPT uses 2.9 Wh per request"``
    catalog : whose figures are taken

    Returns
    -------
    A file of one claim, as if it had been written by hand.

    Raises WattlineError where the sentence holds no figure with a unit, or none of the catalog is of the same thing.
    """
    known = default() if catalog is None else catalog
    if len(text) > MAX_SENTENCE:
        raise WattlineError(f"claim: the sentence is longer than {MAX_SENTENCE} characters; write a claims file")
    if is_chinese(text):
        english = in_english(text)
        read = (
            replace(claim, says=shorten(text, MAX_SENTENCE), note=f"Read as: {english}. {claim.note}".strip())
            for claim in read_sentence(english, known).claims
        )
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", tuple(read))
    if _UNSPACED.search(text):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: sentences are read in English and Chinese; write it so"
        )
    kind = kind_of(text)
    if kind is None and (compared := compared_in(text, known)) is not None:
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", _with_subject(*compared, known))
    counted = None if kind else counted_in(text, known)
    if counted is not None:
        claim = with_counted(_read_again(counted.text, text, known), counted, text, known)
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (claim,))
    listed = listed_claim(text) or _rated(text, known)
    if listed is not None:
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (listed,))
    coming = read_coming(text)
    if coming is not None:
        claim = coming_claim(coming, text, relation_in(text), known)
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (claim,))
    if kind is not None:
        claim = generated_claim(kind, text, relation_in(text))
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (claim,))
    if gives_answers_to_searches(text):
        claim = searches_claim(text, total_in(text), relation_in(text))
        return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (claim,))
    return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", (_by_figure(text, known),))


def _read_again(text: str, says: str, catalog: Catalog) -> Claim:
    """The claim of a sentence as it was turned, whose refusal names it as it stood."""
    try:
        return read_sentence(text, catalog).claims[0]
    except WattlineError as error:
        raise WattlineError(str(error).replace(repr(shorten(text)), repr(shorten(says)))) from None


def _by_figure(text: str, catalog: Catalog) -> Claim:
    """The sentence against figures of the catalog, of the outlook, or of what Wattline works out."""
    stated = _stated(without_length(text))
    words = words_in(stated.rest)
    by_name = [word for word in words_in(stated.rest, BY_NAME) if word != MAKER]
    candidates = _of_now(stated.rest, _candidates(words, by_name if naming(by_name) else words, stated, catalog))
    level = None if candidates and not _is_stale(stated, candidates) else _level(text, stated, words, catalog)
    if level is None and not candidates and not stated.per:
        level = worked_claim(text, words, stated.middle, relation_in(text))
    if level is None and not candidates:
        raise _without_figure(text, stated, words, catalog)
    return level or _claim(text, stated, candidates)


def _with_subject(head: str, compared: Claim, catalog: Catalog) -> tuple[Claim, ...]:
    """A comparison, after the claim that its figure is of something, where the sentence names that."""
    if not naming(words_in(re.sub(r"\b(that|this|which|enough|equals?|equivalent)\b", " ", stated_in(head).rest))):
        return (compared,)
    subject = read_sentence(head.strip(" ,;:–—-"), catalog).claims
    return (*subject, replace(compared, id="comparison"))


def _level(text: str, stated: StatedFigure, words: list[str], catalog: Catalog) -> Claim | None:
    """The sentence against the outlook's range for a place's data centres; None where it is of something else."""
    if stated.ends:
        return None
    return level_claim(text, quantity(*stated.middle.tree.value), words, relation_in(text), catalog)


def _of_now(text: str, candidates: list[CatalogFigure]) -> list[CatalogFigure]:
    """Without projections, where a sentence is of now, names no year and something was counted."""
    if re.search(r"\b(?:19|20)\d\d\b", text) or COMING.search(text):
        return candidates
    counted = [each for each in candidates if each.weak not in (STATUS["forecast"], STATUS["scenario"])]
    return counted or candidates


def _is_stale(stated: StatedFigure, candidates: list[CatalogFigure]) -> bool:
    """Whether a sentence is of now, and the counts that the catalog has of it are of years ago and other figures."""
    if re.search(r"\b(?:19|20)\d\d\b", stated.rest) or any(each.record.kind != "total" for each in candidates):
        return False
    years = [int(year) for each in candidates for year in re.findall(r"\b(?:19|20)\d\d\b", each.record.title)]
    return max(years, default=BASE) < BASE - 1 and not any(_off(each, stated) <= NEAR for each in candidates)


def _off(candidate: CatalogFigure, stated: StatedFigure) -> float:
    """How far a figure of the catalog is from what a sentence states, as a fraction of it."""
    value = quantity(*stated.middle.tree.value)
    return abs(float((quantity(candidate.fact.value, candidate.fact.unit) / value).to("").magnitude) - 1.0)


def _without_figure(text: str, stated: StatedFigure, words: list[str], catalog: Catalog) -> WattlineError:
    if stated.single_centre:
        return WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: the catalog's totals are of many data centres, not of one; "
            "name the one that is meant, or see what `wattline site` gives for its size and place"
        )
    return _nothing(text, stated.middle, words, catalog)


def _stated(text: str) -> StatedFigure:
    """The figure of a sentence; where it has none but compares with something, what that is."""
    try:
        return stated_in(text)
    except WattlineError:
        if thing := unknown_thing(text):
            raise WattlineError(
                f"claim: {shorten(text)!r} cannot be checked: {shorten(thing)!r} is not so many of a known thing; "
                "name homes for a year, phone charges, cars for a year, flights, km, searches, bulbs for an hour, "
                "or a country's electricity, or give a unit"
            ) from None
        raise


def _rated(text: str, catalog: Catalog) -> Claim | None:
    """A sentence on a chip's power, a PUE, past growth or a share of a place's electricity."""
    readers = (pue_claim, chip_claim, grown_claim, share_claim)
    return next((claim for read in readers if (claim := read(text, relation_in(text), catalog)) is not None), None)


def _candidates(words: list[str], by_name: list[str], stated: StatedFigure, catalog: Catalog) -> list[CatalogFigure]:
    """Figures in what is stated's unit whose record bears every word of the sentence that names something."""
    unit = quantity(*stated.middle.tree.value)
    named = naming(words)
    totals = catalog.records("total").values()
    placed = {region_word(record) for record in totals} & set(words)
    figures = []
    for kind in KINDS:
        for record in catalog.records(kind).values():
            elsewhere = kind == "total" and not placed and str(record.meta.get("region")) != "world"
            if elsewhere or not _bears(record, words) or not (named or "centre" in words) or not stated.may_be(kind):
                continue
            unnamed = not named and not CENTRES.search(record.title)
            if kind == "total" and (unnamed or is_of_another_company(record, words)):
                continue
            named_itself = vocabulary_of(record, BY_NAME) >= set(naming(by_name))
            for fact in record.facts.values():
                if _alike(fact, unit) and stated.chip_hours == fact.key.endswith(".chip_hours"):
                    when = str(record.meta.get("date") or record.meta.get("year_of") or fact.source.year or "")
                    figures.append(CatalogFigure(fact, record, when, weakness(fact, catalog), named_itself))
    return sorted(figures, key=lambda c: c.order)


def _bears(record: Record, words: list[str]) -> bool:
    """Whether each word names the record or its kind; a search with AI is meant only where a sentence says so."""
    bears = vocabulary_of(record)
    about = {
        "training": record.kind == "training_run",
        "centre": record.kind == "total",
        "prompt": record.kind == "prompt",
    }
    if "search" in words and "language model" in record.title and "ai" not in words:
        return False
    return all(about.get(word, word in bears or word == "ai") for word in words)


def _alike(fact: Fact, stated: Any) -> bool:
    try:
        return bool(quantity(1.0, fact.unit).dimensionality == stated.dimensionality)
    except WattlineError:
        return False


def _claim(text: str, stated: StatedFigure, candidates: list[CatalogFigure]) -> Claim:
    """The sentence against the figure that it seems to mean, with what is newer and better known."""
    best = candidates[0]
    near = [c for c in candidates if _off(c, stated) <= NEAR]
    meant = min(near, key=lambda c: (round(_off(c, stated), 2), c.order)) if near else best
    # what a request takes is overtaken by time; a training run is not, nor another scope
    later = meant.record.kind == "prompt" and best is not meant and best.when > meant.when
    newer = best if later and meant.weak else None
    others = [c for c in candidates if c not in (meant, newer)][:BESIDE]
    return Claim(
        id="sentence",
        says=shorten(text, MAX_SENTENCE),
        note=f"Taken for {meant.record.title}; figures of the catalog that fit: {len(candidates)}." + stated.note,
        stated=None if stated.ends else stated.middle,
        stated_low=stated.ends[0] if stated.ends else None,
        stated_high=stated.ends[1] if stated.ends else None,
        derived=expression_of(f"[{meant.fact.key}]", "derived"),
        newer=None if newer is None else expression_of(f"[{newer.fact.key}]", "newer"),
        newer_source="" if newer is None else str(newer.fact.source),
        beside={c.record.title: expression_of(f"[{c.fact.key}]", "beside") for c in others},
        relation="between" if stated.ends else relation_in(text),
    )


def _nothing(text: str, stated: Expression, words: list[str], catalog: Catalog) -> WattlineError:
    """No figure fits: those that come nearest, by the words that they share."""
    unit = quantity(*stated.tree.value)
    scored: list[tuple[int, int, str]] = []
    for kind in KINDS:
        for record in catalog.records(kind).values():
            bears = vocabulary_of(record)
            likeness = sum(word in bears for word in words)
            keys = [fact.key for fact in record.facts.values() if _alike(fact, unit)]
            if keys:
                scored.append((-likeness, len(scored), f"{keys[0]} ({record.title})"))
    near = "; ".join(name for likeness, _, name in sorted(scored)[:3])
    missing = [
        word for word in words if not any(word in vocabulary_of(r) for k in KINDS for r in catalog.records(k).values())
    ]
    why = (
        f"the catalog has no figure of {shorten(', '.join(missing))}" if missing else "no figure of the catalog fits it"
    )
    return WattlineError(
        f"claim: {shorten(text)!r} cannot be checked: {why} in {stated.tree.value[1]}; nearest: {near or 'none'}; "
        "name the thing as the catalog does, or write a claims file"
    )
