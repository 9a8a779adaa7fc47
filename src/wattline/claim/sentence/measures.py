"""A sentence that states several measures: energy, CO2e and water of one thing, or one thing against another; each is
a sentence of its own."""

from __future__ import annotations

import re
from itertools import pairwise

from wattline.claim.sentence.counted_words import NUMBER

_FIGURE = (
    r"(?:(?:about|around|roughly|nearly|almost|some|approximately|just|over|only|up to|an estimated)\s+)*"
    r"\d[\d,]*(?:\.\d+)?\s*(?:thousand\s|million\s|billion\s)?[\s-]*"
)
_SCALED = r"(?:milli|kilo|mega|giga|tera)?"
_PER = (
    r"(?:\s+(?:per|for each|for every|a|an)\s+(?:query|request|prompt|question|answer|message|response|image|video)\b)?"
)
_KINDS = {
    "energy": rf"{_FIGURE}(?:[mkMGTP]?Wh|{_SCALED}watt[\s-]?hours?|[kMG]?J|{_SCALED}joules?)\b"
    r"(?:\s+of\s+(?:electricity|energy|power))?",
    "carbon": rf"{_FIGURE}(?:[mk]?g|kt|Mt|t|{_SCALED}grams?|(?:metric\s)?(?:kilo|mega)?tonnes?|(?:metric\s)?tons?)\b"
    r"\s+(?:of\s+)?(?:carbon(?:\s+dioxide)?|CO2e?(?:q)?|CO₂e?|emissions|greenhouse gas(?:es)?)(?:[\s-]equivalent)?",
    "water": rf"{_FIGURE}(?:[mk]?[lL]|{_SCALED}lit(?:re|er)s?|gallons?|cubic met(?:re|er)s?)\b"
    r"\s+(?:of\s+)?(?:fresh\s)?water",
}
_MEASURE = "|".join(f"(?P<{name}>{words}{_PER})" for name, words in _KINDS.items())
_VERB = (
    r"(?:(?:it|they|to|also)\s+)*(?:us|consum|emit|tak|took|need|produc|releas|generat|requir|evaporat|drink|drank|"
    r"draw)\w*"
)
_JOINT = re.compile(rf"(?:(?:[,;]|(?:and|as well as|plus|along with|while|{_VERB})(?!\w))\s*)*", re.I)
_AGAINST = re.compile(
    rf"^(?P<head>.*?\b(?:{_KINDS['energy']}|{_KINDS['carbon']}|{_KINDS['water']}){_PER})\s*,?\s*"
    r"(?:against|versus|vs\.?|compared (?:with|to)|while|whereas|rather than)\s+(?:the\s+)?"
    rf"(?P<figure>{_KINDS['energy']}|{_KINDS['carbon']}|{_KINDS['water']})\s+"
    r"(?:for|of|used by|needed (?:for|by)|taken by|that)\s+(?P<other>(?:an?\s|one\s|the\s)?[\w'’. -]+?)$",
    re.I,
)


_TAKES = r"us(?:es?|ed)|consum(?:es?|ed)|takes?|took|needs?|requires?|draws?|emits?|emitted"
_OR = re.compile(  # ten times more than a search, or roughly 2.9 Wh
    rf"^(?P<head>(?P<subject>.*?\b)(?P<verb>{_TAKES})\b(?P<first>.*?)),?\s+(?:or|that is|i\.e\.)\s+"
    rf"(?P<last>{_KINDS['energy']}|{_KINDS['carbon']}|{_KINDS['water']})(?P<tail>{_PER})$",
    re.I,
)
_COMPARED = re.compile(r"\b(?:times|as (?:much|many) as|than|the (?:same|equivalent))\b")


def statements_in(text: str) -> tuple[str, ...]:
    """The sentences of one that states measures of different kinds, or of two things.

    Parameters
    ----------
    text : such as "Training GPT-3 took 1,287 MWh and emitted 552 tonnes of CO2"

    Returns
    -------
    A sentence of each; empty where there is one alone.
    """
    if match := _AGAINST.match(text):
        other = match["other"].strip()
        return match["head"].strip(" ,"), f"{other[0].upper()}{other[1:]} uses {match['figure'].strip()}"
    if (match := _OR.match(text)) and _COMPARED.search(match["first"]):
        return match["head"].strip(" ,"), f"{match['subject']}{match['verb']} {match['last'].strip()}{match['tail']}"
    return _of_thing(text)


def _of_thing(text: str) -> tuple[str, ...]:
    """The sentences of one whose measures of energy, CO2e and water follow each other, each at most once."""
    figures = list(re.finditer(_MEASURE, text, re.I))
    kinds = [match.lastgroup for match in figures]
    between = [text[first.end() : second.start()] for first, second in pairwise(figures)]
    if (
        len(figures) < 2
        or len(set(kinds)) < len(kinds)
        or not all(_JOINT.fullmatch(words.strip()) for words in between)
    ):
        return ()
    head, tail = text[: figures[0].start()], text[figures[-1].end() :]
    if not re.search(rf"\b{_VERB}\s*$", head, re.I) or re.search(NUMBER, tail):
        return ()
    own = [re.search(rf"\b{_VERB}\s*$", words, re.I) for words in ["", *between]]
    subject = re.sub(rf"\b{_VERB}\s*$", "", head, flags=re.I)
    return tuple(
        f"{subject}{verb[0].strip() + ' ' if verb else head[len(subject) :]}{match[0].strip()}{tail}"
        for verb, match in zip(own, figures, strict=True)
    )
