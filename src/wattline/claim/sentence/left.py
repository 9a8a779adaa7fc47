"""Figures of a sentence that none of its claims took up: they are named, lest a verdict seem to be of them too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from wattline.claim.evaluate import quantity
from wattline.claim.fields import Expression
from wattline.claim.file import Claim
from wattline.claim.sentence.counted_words import QUESTIONS
from wattline.claim.sentence.stated import YEAR, figures_in
from wattline.core.errors import WattlineError

NEAR = 0.01  # what is as near is the same figure, rounded
_PERCENT = re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s*(?:%|per\s?cent\b)", re.I)
_NUMBERS = re.compile(r"(?<![\w.\[-])(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)")
_MEASURES = ("[energy]", "[energy]/[time]", "[mass]", "[length]**3")
_NAMES_LEFT = " Not judged: {figures}; write a sentence for each."


def with_left(text: str, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """The claims of a sentence, the last with the sentence's figures that none of them is about.

    Parameters
    ----------
    text : the sentence, in the words that its readers took
    claims : that they made of it

    Returns
    -------
    The same claims where each figure was taken up, or where the sentence is of several questions, whose figures were
    made into that of one.
    """
    if QUESTIONS.search(text):
        return claims
    taken = tuple(_taken(claims))
    notes = " ".join(claim.note for claim in claims)
    figures = [(words, value) for words, value in figures_in(text) if any(value.check(kind) for kind in _MEASURES)]
    left = [words for words, value in figures if not any(_same(value, each) for each in taken)]
    if any(_is_energy(value) for _, value in figures):
        left += [words for words in _PERCENT.findall(text) if not _is_in_words(words, notes, claims)]
    if not left:
        return claims
    note = claims[-1].note + _NAMES_LEFT.format(figures=", ".join(left))
    return (*claims[:-1], replace(claims[-1], note=note))


def _taken(claims: Iterable[Claim]) -> Iterator[Any]:
    """The figures with units that claims hold, those that a note has in words too."""
    for claim in claims:
        for expression in (claim.stated, claim.stated_low, claim.stated_high, claim.derived, *claim.steps.values()):
            yield from _literals(expression)
        for given in claim.quantities.values():
            yield from _literals(given.value)
        yield from (value for _, value in figures_in(claim.note.partition("Read as: ")[0] or claim.note))


def _literals(expression: Expression | None) -> Iterator[Any]:
    if expression is None:
        return
    yield from (value for _, value in figures_in(expression.text.replace("_", "")))
    if expression.tree.kind == "number":
        yield quantity(*expression.tree.value)


def _same(value: Any, other: Any) -> bool:
    """Whether two figures are one, in whichever unit, of a day or of the year."""
    try:
        ratio = float((value / other).to_base_units().magnitude)
        units = (value / other).to_base_units().units
    except (WattlineError, ZeroDivisionError, ValueError):
        return False
    if str(units) not in ("dimensionless", "request", "1 / request", "query", "1 / query"):
        return False
    return any(abs(ratio * times - 1) < NEAR or abs(ratio / times - 1) < NEAR for times in (1.0, *YEAR.values()))


def _is_energy(value: Any) -> bool:
    return bool(value.check("[energy]") or value.check("[energy]/[time]"))


def _is_in_words(words: str, notes: str, claims: Iterable[Claim]) -> bool:
    """Whether a percentage stands in what is stated or in a note."""
    number = float(re.sub(r"[^\d.]", "", words).strip("."))
    texts = [expression.text for claim in claims for expression in _expressions(claim)] + [notes]
    numbers = [float(each.replace(",", "")) for text in texts for each in _NUMBERS.findall(text)]
    return any(abs(each - part) <= NEAR * part for each in numbers for part in (number, number / 100, 1 + number / 100))


def _expressions(claim: Claim) -> Iterator[Expression]:
    made = (claim.stated, claim.stated_low, claim.stated_high, claim.derived)
    yield from (each for each in made if each is not None)
    yield from (given.value for given in claim.quantities.values() if given.value is not None)
