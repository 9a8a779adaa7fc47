"""A sentence held against the figure of the catalog, of the outlook or of a prediction that it seems to mean."""

from __future__ import annotations

import re
from dataclasses import replace
from math import log

from wattline.catalog import Catalog
from wattline.claim.evaluate import quantity
from wattline.claim.fields import expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.candidates import (
    NEAR,
    YEAR,
    CatalogFigure,
    candidates_of,
    counted_since,
    of_now,
    of_site,
    off,
)
from wattline.claim.sentence.coming_parts import part_in
from wattline.claim.sentence.coming_words import BASE
from wattline.claim.sentence.generated import made_in
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.refusals import no_figure_fits, stated_or_refused
from wattline.claim.sentence.share import level_claim
from wattline.claim.sentence.stated import StatedFigure
from wattline.claim.sentence.totals import year_of
from wattline.claim.sentence.vocabulary import naming, words_in
from wattline.claim.sentence.words import BY_NAME, COMING, MAKER, decline, relation_in
from wattline.claim.sentence.worked import without_length, worked_claim
from wattline.core.errors import shorten
from wattline.line.work.outside import served_maker
from wattline.line.world.places import known_place
from wattline.line.world.published import published_figures

MAX_SENTENCE = 500
_OF_AI = re.compile(r"^AI (?:servers (?:of the world|in)|data centres|in)\b|data centres for AI")  # all of it
BESIDE = 6  # figures that are shown beside


def figure_claim(sentence: Sentence) -> Claim:
    """The sentence against figures of the catalog, of the outlook, or of what Wattline works out.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns the claim. Raises WattlineError where no figure fits.
    """
    text, relation, catalog = sentence
    stated = stated_or_refused(without_length(text))
    words = words_in(stated.rest)
    by_name = [word for word in words_in(stated.rest, BY_NAME) if word != MAKER]
    candidates = of_now(stated.rest, candidates_of(words, by_name if naming(by_name) else words, stated, catalog))
    candidates = of_site(stated.rest, candidates)
    if part_in(text) == "ai":
        candidates = [each for each in candidates if each.record.kind != "total" or _OF_AI.search(each.record.title)]
    outside = not candidates or _is_stale(stated, candidates) or _is_contested(stated, candidates)
    level = _level(text, stated, words, catalog) if outside else None
    if level is None and not candidates and not stated.per:
        level = worked_claim(text, words, stated.middle, relation)
    if level is None and not candidates:
        level = _of_served_maker(sentence)
    if level is None and not candidates:
        raise no_figure_fits(text, stated, words, catalog)
    return level or _claim(text, stated, candidates)


def _of_served_maker(sentence: Sentence) -> Claim | None:
    """The sentence against the range of a maker of images or video that was never published; None where it names
    none."""
    served = served_maker(sentence.text, kind) if (kind := made_in(sentence.text)) else None
    if served is None:
        return None
    maker, bare = served
    stated = stated_or_refused(without_length(bare))
    claim = worked_claim(bare, words_in(stated.rest), stated.middle, sentence.relation, maker)
    return claim and replace(claim, says=shorten(sentence.text, MAX_SENTENCE))


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


def _is_contested(stated: StatedFigure, candidates: list[CatalogFigure]) -> bool:
    """Whether the catalog's totals of a place in a year are other figures, while some publisher has the one stated."""
    if any(each.record.kind != "total" or off(each, stated) <= NEAR for each in candidates):
        return False
    claimed = quantity(*stated.middle.tree.value)
    for each in candidates:
        place = known_place(str(each.record.meta.get("region", "")))
        if place is None or not claimed.check("[energy]"):
            continue
        twh, year = float(claimed.to("TWh").magnitude), year_of(each.record)
        own = [
            row.twh for row in published_figures() if (row.series, row.year) == (place.name, year) and row.electricity
        ]
        if any(abs(log(value / twh)) <= NEAR for value in own if twh > 0):
            return True
    return False


def _claim(text: str, stated: StatedFigure, candidates: list[CatalogFigure]) -> Claim:
    """The sentence against the figure that it seems to mean, with what is newer and better known."""
    best = candidates[0]
    near = [c for c in candidates if off(c, stated) <= NEAR]
    sizes = {str(c.record.meta.get("model", c.record.name)): c.record.title for c in candidates}
    if not near and len(sizes) > 1 and all(c.record.kind == "training_run" for c in candidates):
        several = "; ".join(list(sizes.values())[:BESIDE])
        raise decline(text, f"it may mean several: {several}; name one")
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
        note=f"Compared with {meant.record.title} (figures of the catalog that fit: {len(candidates)})." + stated.note,
        derived=expression_of(f"[{meant.fact.key}]", "derived"),
        newer=None if newer is None else expression_of(f"[{newer.fact.key}]", "newer"),
        newer_source="" if newer is None else str(newer.fact.source),
        beside={c.record.title: expression_of(f"[{c.fact.key}]", "beside") for c in others},
        **stated.in_claim(relation_in(text)),
    )
