"""A sentence that states what a claims file that comes with Wattline states: it is judged as that claim is.

So a newspaper's claim has one verdict, wherever it is asked for: in its file, on the web app's first page, as a
sentence of one's own words.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from wattline.claim.evaluate import quantity
from wattline.claim.file import Claim, built_in, read_file
from wattline.claim.sentence.figures import MAX_SENTENCE
from wattline.claim.sentence.plain import plain_sentence
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.vocabulary import words_in
from wattline.claim.sentence.words import UNITS, relation_in
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import COUNT_WORDS

_SCALES = "|".join(COUNT_WORDS)
_SIZES = COUNT_WORDS | {"M": 1e6, "B": 1e9, "T": 1e12}
_NUMBER = re.compile(
    rf"(?<![\w.])(?<![A-Za-z]-)(?P<number>\d(?:[\d,]*\d)?(?:\.\d+)?)(?![\w]*-\d)\s*(?P<scale>{_SCALES}|(?<=\d)[MBT](?!\w))?"
    r"\s*(?P<unit>[A-Za-z%]+(?:-?hours?)?)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_REQUESTS = "[request]"
# what a sentence points at with these stands in another
_POINTS = re.compile(r"^\W*(?:that|this|it|they|these|those|the rise)\b|\bof them\b", re.I)
# words that change nothing of what is stated, beside those that no reader takes for names
_SAME_CLAIM = frozenset(
    ("some", "ca", "world", "globally", "end", "another", "get", "gets", "handle", "handles", "process", "processes",
     "receive", "receives", "serve", "serves")
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What a sentence states, whatever its words.

    Attributes
    ----------
    figures : its numbers, each with the dimension of its unit ("" where it has none) and its size in base units
    names : the words that name what it is of, and its years
    relation : how its figure is meant
    """

    figures: tuple[tuple[str, float], ...]
    names: frozenset[str]
    relation: Relation

    def restates(self, other: Statement) -> bool:
        """Whether this states the same as another, whose bound may be stated as a plain figure."""
        return (
            self.figures == other.figures and self.names == other.names and self.relation in (other.relation, "equal")
        )


def statement_in(text: str) -> Statement:
    """What a sentence states.

    Parameters
    ----------
    text : of it, in English

    Returns the statement. Raises WattlineError for a sentence that denies its figure.
    """
    plain = plain_sentence(text)
    figures, rest, at = [], "", 0
    for match in _NUMBER.finditer(plain):
        if _YEAR.match(match["number"]) and not match["scale"]:
            continue
        dimension, size, end = _figure(match)
        figures.append((dimension, float(f"{size:.6g}")))
        rest, at = f"{rest}{plain[at : match.start()]} ", end
    names = frozenset(words_in(rest + plain[at:])) - _SAME_CLAIM
    if any(_REQUESTS in dimension for dimension, _ in figures):  # "answers so many requests", "so many requests"
        names -= {"prompt"}
    return Statement(tuple(sorted(figures)), names, relation_in(plain))


def _figure(match: re.Match[str]) -> tuple[str, float, int]:
    """The dimension and the size of a number with what may be its unit, and where they end."""
    number = float(match["number"].replace(",", "")) * _SIZES.get(match["scale"] or "", 1.0)
    word = match["unit"] or ""
    try:
        value = quantity(number, UNITS.get(word.replace("-", "").lower().removesuffix("s"), word)).to_base_units()
    except WattlineError:
        return "", number, match.start("unit") if word else match.end()
    return str(value.dimensionality), float(value.magnitude), match.end()


class _KnownClaim(NamedTuple):
    """What a claim of a file states, the claim, and the file's name."""

    statement: Statement
    claim: Claim
    file: str


@functools.cache
def _known() -> tuple[_KnownClaim, ...]:
    """The claims of the files that come with Wattline that say whole what they are of."""
    claims = [(name, claim) for name in built_in() for claim in read_file(name).claims]
    return tuple(
        _KnownClaim(statement_in(claim.says), claim, name) for name, claim in claims if not _POINTS.search(claim.says)
    )


def restated_claim(sentence: Sentence) -> Claim | None:
    """The claim of a file that comes with Wattline which a sentence states too.

    Parameters
    ----------
    sentence : its text and how its figure is meant

    Returns the claim as the file has it, with the bound or the plain figure that the sentence states; None where
    no claim states the same.
    """
    stated = statement_in(sentence.text)
    known = next((each for each in _known() if stated.restates(each.statement)), None)
    if known is None:
        return None
    claim = known.claim
    relation = claim.relation if claim.relation == "between" else sentence.relation
    return replace(
        claim,
        id="sentence",
        says=shorten(sentence.text, MAX_SENTENCE),
        note=f"{claim.note} It is judged as {claim.id} of `wattline check {known.file}`.".strip(),
        relation=relation,
        expect=None,
    )


def is_restated(text: str) -> bool:
    """Whether a sentence states what a claims file that comes with Wattline states.

    Parameters
    ----------
    text : of the sentence, in English

    Returns whether.
    """
    try:
        stated = statement_in(text)
    except WattlineError:
        return False
    return any(stated.restates(each.statement) for each in _known())
