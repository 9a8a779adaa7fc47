"""Why a sentence cannot be checked: what it has and the readers take not, named in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wattline.catalog import Catalog
from wattline.claim.evaluate import quantity
from wattline.claim.fields import Expression
from wattline.claim.sentence.counted import unknown_thing
from wattline.claim.sentence.stated import StatedFigure, stated_in
from wattline.claim.sentence.vocabulary import vocabulary_of
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Fact

KINDS = ("prompt", "training_run", "total")
_MONEY = re.compile(
    r"[$€£¥]\s?\d[\d,.]*(?:\s*(?:million|billion|trillion|bn|m)\b)?|"
    r"\b\d[\d,.]*\s*(?:(?:million|billion|trillion)\s+)?(?:dollars|euros|pounds|yuan|cents)\b",
    re.I,
)
_PERCENT = re.compile(r"\d[\d,.]*\s*(?:%|per\s?cent)", re.I)
_MULTIPLE = re.compile(r"\b(?:[\w.]+\s+times|doubl\w+|tripl\w+|trebl\w+|quadrupl\w+|halv\w+|twice|\w+fold)\b", re.I)
_COUNT = re.compile(
    r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?:\s+(?:thousand|million|billion))?\s+(?!in\b|and\b|to\b)[A-Za-z]\w+"
)
_THINGS = (
    "homes for a year, phone charges, cars for a year, flights, km, searches, bulbs for an hour, or a country's "
    "electricity"
)


def stated_or_refused(text: str) -> StatedFigure:
    """The figure of a sentence.

    Parameters
    ----------
    text : the sentence

    Returns it. Raises WattlineError that names what the sentence has instead: money, a share, a multiple, a count.
    """
    try:
        return stated_in(text)
    except WattlineError:
        if why := _has_instead(text):
            raise WattlineError(f"claim: {shorten(text)!r} cannot be checked: {why}") from None
        raise


def _has_instead(text: str) -> str:
    """What a sentence without a figure of a unit has instead; empty for nothing."""
    if money := _MONEY.search(text):
        return f"{money[0].strip()!r} is money, and costs are not read from sentences; write a claims file"
    if thing := unknown_thing(text):
        return f"{shorten(thing)!r} is not so many of a known thing; name {_THINGS}, or give a unit"
    if share := _PERCENT.search(text):
        return (
            f"whose {share[0]} is meant is not clear; a share of a country's electricity (4.4% of US electricity), of "
            "data centres' electricity, and their growth over years that are named are read"
        )
    if multiple := _MULTIPLE.search(text):
        return (
            f"what {multiple[0]!r} is held against is not clear; the growth of data centres' electricity over years "
            "that are named, or so many times a known thing, is read"
        )
    if counts := _COUNT.findall(text):
        most = max(counts, key=len)
        return f"{most!r} is a number of things; give an amount of energy, power, CO2e or water with its unit"
    return ""


def is_alike(fact: Fact, stated: object) -> bool:
    """Whether a fact is in a unit of the same kind as a quantity.

    Parameters
    ----------
    fact : of the catalog
    stated : a quantity

    Returns whether.
    """
    try:
        return bool(quantity(1.0, fact.unit).dimensionality == stated.dimensionality)  # type: ignore[attr-defined]
    except WattlineError:
        return False


def no_figure_fits(text: str, stated: StatedFigure, words: Sequence[str], catalog: Catalog) -> WattlineError:
    """The refusal of a sentence that no figure of the catalog fits, with those that come nearest by their words.

    Parameters
    ----------
    text : the sentence
    stated : its figure
    words : of it that name something
    catalog : whose figures were looked through

    Returns the error, to be raised.
    """
    if stated.single_centre:
        return WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: the catalog's totals are of many data centres, not of one; "
            "name the one that is meant, or see what `wattline site` gives for its size and place"
        )
    near, missing = _nearest(stated.middle, words, catalog)
    why = (
        f"the catalog has no figure of {shorten(', '.join(missing))}" if missing else "no figure of the catalog fits it"
    )
    return WattlineError(
        f"claim: {shorten(text)!r} cannot be checked: {why} in {stated.middle.tree.value[1]}; "
        + (f"nearest: {near}; " if near else "")
        + "name the thing as the catalog does, or write a claims file"
    )


def _nearest(stated: Expression, words: Sequence[str], catalog: Catalog) -> tuple[str, list[str]]:
    """The three figures whose records share most words with a sentence, else words like its own; and its words that no
    record has."""
    unit = quantity(*stated.tree.value)
    scored: list[tuple[int, int, str]] = []
    known: set[str] = set()
    for kind in KINDS:
        for record in catalog.records(kind).values():
            bears = vocabulary_of(record)
            known |= bears
            likeness = sum(word in bears for word in words)
            keys = [fact.key for fact in record.facts.values() if is_alike(fact, unit)]
            if keys and likeness:
                scored.append((-likeness, len(scored), f"{keys[0]} ({record.title})"))
    near = [name for _, _, name in sorted(scored)[:3]]
    missing = [word for word in words if word not in known]
    return "; ".join(near or (name for word in missing for name in nearest_names(word, known, 1))), missing
