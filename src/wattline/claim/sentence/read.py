"""A claim from one sentence: its figure, and the catalog's figures of the same thing that it is held against."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from wattline.catalog import Catalog, default
from wattline.claim.evaluate import quantity
from wattline.claim.fields import expression_of
from wattline.claim.file import Claim, ClaimsFile
from wattline.claim.sentence.candidates import NEAR, YEAR, CatalogFigure, candidates_of, counted_since, of_now, off
from wattline.claim.sentence.chinese import in_english, is_chinese
from wattline.claim.sentence.coming import coming_claim
from wattline.claim.sentence.coming_read import read_coming
from wattline.claim.sentence.coming_words import BASE
from wattline.claim.sentence.compared import compared_in
from wattline.claim.sentence.counted import counted_in, with_counted
from wattline.claim.sentence.generated import generated_claim, kind_of
from wattline.claim.sentence.grown import grown_claim
from wattline.claim.sentence.inside import inside_claim
from wattline.claim.sentence.listed import listed_claim
from wattline.claim.sentence.named import chip_claim, pue_claim
from wattline.claim.sentence.plain import plain_sentence
from wattline.claim.sentence.refusals import no_figure_fits, stated_or_refused
from wattline.claim.sentence.searched import gives_answers_to_searches, searches_claim, total_in
from wattline.claim.sentence.share import level_claim, share_claim
from wattline.claim.sentence.stated import StatedFigure, stated_in
from wattline.claim.sentence.things import with_homes
from wattline.claim.sentence.totals import consumed_claim, year_of
from wattline.claim.sentence.towns import check_towns
from wattline.claim.sentence.vocabulary import naming, words_in
from wattline.claim.sentence.water import water_claim
from wattline.claim.sentence.words import BY_NAME, COMING, MAKER, relation_in
from wattline.claim.sentence.worked import without_length, worked_claim
from wattline.core.errors import WattlineError, shorten

MAX_SENTENCE = 500
BESIDE = 6  # figures that are shown beside


# scripts that write sentences without spaces: Chinese, Japanese, Thai
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{4,}")


_RATES = re.compile(r"(?<=\d )[^\W\d_]{1,8}/[^\W\d_]{1,8}(?=[\s.,;]|$)|(?<=\d)[^\W\d_]{1,8}/[^\W\d_]{1,8}(?=[\s.,;]|$)")


def is_sentence(text: str) -> bool:
    """Whether what was given for a claims file is a sentence rather than a path."""
    figure = is_chinese(text) and any(sign.isdigit() for sign in text)
    words = len(text.split()) > 2 or figure or _UNSPACED.search(text) is not None
    path = re.search(r"^[./~]|/", _RATES.sub("", text))
    return words and not text.endswith(".toml") and path is None and text.isprintable()


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
        return _under_words(text, english, lambda: read_sentence(english, known))
    if _UNSPACED.search(text):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: sentences are read in English and Chinese; write it so"
        )
    plain = plain_sentence(text)
    if plain != text:
        return _under_words(text, plain if plain != text.rstrip(" .") else "", lambda: _read_plain(plain, known))
    return _read_plain(text, known)


def _under_words(says: str, read: str, make: Callable[[], ClaimsFile]) -> ClaimsFile:
    """The claims of a sentence in other words, which are shown, under the words as they were; so are refusals."""
    try:
        claims = make().claims
    except WattlineError as error:
        raise WattlineError(_named_as(str(error), says)) from None
    reading = f"Read as: {read}. " if read else ""
    own = (replace(each, says=shorten(says, MAX_SENTENCE), note=f"{reading}{each.note}".strip()) for each in claims)
    return ClaimsFile("sentence", shorten(says, MAX_SENTENCE), "", tuple(own))


def _named_as(error: str, says: str) -> str:
    """A refusal that names the sentence as it was said."""
    return re.sub(r"^claim: (['\"]).*?\1 (?=cannot|holds)", lambda _: f"claim: {shorten(says)!r} ", error)


def _read_plain(text: str, known: Catalog) -> ClaimsFile:
    """The claims of a sentence in the words that the readers take."""
    check_towns(text)
    in_homes, taken = with_homes(text, known)
    if taken:
        return _under_words(text, in_homes, lambda: _read_plain(in_homes, known))
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
    return _under_words(says, "", lambda: read_sentence(text, catalog)).claims[0]


def _by_figure(text: str, catalog: Catalog) -> Claim:
    """The sentence against figures of the catalog, of the outlook, or of what Wattline works out."""
    stated = stated_or_refused(without_length(text))
    words = words_in(stated.rest)
    by_name = [word for word in words_in(stated.rest, BY_NAME) if word != MAKER]
    candidates = of_now(stated.rest, candidates_of(words, by_name if naming(by_name) else words, stated, catalog))
    level = None if candidates and not _is_stale(stated, candidates) else _level(text, stated, words, catalog)
    if level is None and not candidates and not stated.per:
        level = worked_claim(text, words, stated.middle, relation_in(text))
    if level is None and not candidates:
        raise no_figure_fits(text, stated, words, catalog)
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


def _is_stale(stated: StatedFigure, candidates: list[CatalogFigure]) -> bool:
    """Whether a sentence is of now, and the counts that the catalog has of it are of years ago and other figures."""
    if YEAR.search(stated.rest) or any(each.record.kind != "total" for each in candidates):
        return False
    return max((year_of(each.record) for each in candidates), default=BASE) < BASE - 1 and not any(
        off(each, stated) <= NEAR for each in candidates
    )


def _rated(text: str, catalog: Catalog) -> Claim | None:
    """A sentence on a chip's power, a PUE, past growth or a share of a place's electricity."""
    readers = (consumed_claim, pue_claim, water_claim, chip_claim, inside_claim, grown_claim, share_claim)
    return next((claim for read in readers if (claim := read(text, relation_in(text), catalog)) is not None), None)


def _claim(text: str, stated: StatedFigure, candidates: list[CatalogFigure]) -> Claim:
    """The sentence against the figure that it seems to mean, with what is newer and better known."""
    best = candidates[0]
    near = [c for c in candidates if off(c, stated) <= NEAR]
    sizes = {str(c.record.meta.get("model", c.record.name)): c.record.title for c in candidates}
    if not near and len(sizes) > 1 and all(c.record.kind == "training_run" for c in candidates):
        several = "; ".join(list(sizes.values())[:BESIDE])
        raise WattlineError(f"claim: {shorten(text)!r} cannot be checked: it may mean several: {several}; name one")
    meant = min(near, key=lambda c: (round(off(c, stated), 2), c.order)) if near else best
    # what a request takes is overtaken by time; a training run is not, nor another scope
    later = meant.record.kind == "prompt" and best is not meant and best.when > meant.when
    newer = best if later and meant.weak else None
    if meant.record.kind == "total" and not YEAR.search(stated.rest) and not COMING.search(stated.rest):
        newer = counted_since(meant, candidates)
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
