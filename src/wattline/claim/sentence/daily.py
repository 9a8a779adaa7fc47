"""A sentence on what so many requests a day take: 200 million of ChatGPT a day use half a million kWh, held against
what one takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from wattline.claim.evaluate import quantity
from wattline.claim.fields import expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.counted_words import ADVERBS, number_of
from wattline.claim.sentence.stated import YEAR, stated_in
from wattline.claim.sentence.words import relation_in
from wattline.core.errors import WattlineError, shorten

_TIME = (
    r"(?:(?:a|per|each|every)\s+(?P<{0}>hour|day|week|month|year)|"
    r"(?P<{0}ly>hourly|daily|weekly|monthly|yearly|annually))"
)
_COUNT = r"\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s*(?:thousand|million|billion))?|\ba (?:million|billion)"
_WORK = re.compile(
    rf"(?P<count>{_COUNT})\s+(?:\w+\s+)?(?P<whose>(?:[\w.-]+\s+){{0,3}}?)"
    r"(?:questions|queries|prompts|requests|messages|chats|answers)\s+" + _TIME.format("time"),
    re.I,
)
_WORK_FIRST = re.compile(  # its 2.5 billion daily queries
    rf"(?P<count>{_COUNT})\s+(?P<timely>hourly|daily|weekly|monthly|yearly|annual)\s+(?:\w+\s+)?"
    r"(?:questions|queries|prompts|requests|messages|chats|answers)\b",
    re.I,
)
_EACH = re.compile(
    r",?\s*(?:at|with|each using|each taking|each of|using|taking)\s+(?:about\s+)?(?P<number>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<unit>[mk]?Wh|(?:kilo)?watt[\s-]?hours?|k?J|(?:kilo)?joules?)\s*"
    r"(?:each|apiece|per (?:query|request|prompt|question))?(?!\s*(?:(?:a|per|each|every)\s+)?"
    r"(?:hour|day|week|month|year|daily|annually)\b)\b",
    re.I,
)
_YEARLY = re.compile(
    r"\d\s*(?:[kMGT]?Wh|[a-z]*watt[\s-]?hours?)(?:\s+of\s+\w+)?\s+"
    r"(?:(?:a|per|each|every)\s+year|annually|yearly)\b",
    re.I,
)
# a user with 10 questions a day for a year uses 1.2 kWh: the sum is of the span
_SPAN = re.compile(
    r"\b(?:for|over|in|during|through|after)\s+(?:a|an|one|the)\s+(?:whole\s+|full\s+|entire\s+)?"
    r"(?P<span>hour|day|week|month|year)\b(?!['’-])",
    re.I,
)
_PRODUCT = re.compile(
    r"\b(chatgpt|openai|gpt[\w.-]*|gemini|claude|copilot|grok|mistral|llama[\w.-]*|deepseek[\w.-]*)\b", re.I
)


def daily_claims(text: str, read: Callable[[str], tuple[Claim, ...]]) -> tuple[Claim, ...] | None:
    """The claims of a sentence that gives the energy of so many requests a day.

    Parameters
    ----------
    text : such as "200 million ChatGPT requests a day use half a million kWh"
    read : the claims of a sentence

    Returns
    -------
    What one request would take by it, against the product's own figure; with the energy of one given, that, and the
    product of both against the sum. None for any other sentence. Raises WattlineError where the product has no figure.
    """
    work, product = _WORK.search(text) or _WORK_FIRST.search(text), _PRODUCT.search(text)
    if work is None or product is None:
        return None
    each = _EACH.search(text)
    rest = _without(text, *(match for match in (work, each) if match))
    try:
        total = stated_in(rest)
    except WattlineError:
        return None
    number, unit = total.middle.tree.value
    unit = unit.removesuffix("/request")
    if total.ends or not quantity(1.0, unit).check("[energy]"):
        return None
    words = work.groupdict()
    time = words["time"].lower() if words.get("time") else ADVERBS[words["timely"].lower()]
    per_year = YEAR.get(time, 1.0)
    count = number_of(work["count"]) * per_year
    year = number * (1.0 if total.per or _YEARLY.search(rest) else _times_a_year(rest, per_year))
    if each:
        return _of_each(text, read, product[0], each, count, year, unit)
    energy = quantity(year / count, unit).to("Wh").magnitude
    (claim, *others) = read(f"{product[0]} uses {_bound(text)}{energy:.4g} Wh per request")
    note = f"{work['count']} requests each {time} come to {energy:.3g} Wh a request. {claim.note}"
    return replace(claim, says=shorten(text, 500), note=note), *others


def _times_a_year(rest: str, per_year: float) -> float:
    """How often a year holds the span that a sum is of: the one that is named, else that of the requests' rate."""
    span = _SPAN.search(rest)
    return YEAR.get(span["span"].lower(), 1.0) if span else per_year


def _of_each(
    text: str, read: Callable[[str], tuple[Claim, ...]], product: str, each: re.Match[str], count: float, year: float,
    unit: str,
) -> tuple[Claim, ...]:  # fmt: skip
    """The claim on one request, and the arithmetic of all of them in a year."""
    single = f"{each['number'].replace(',', '')} {each['unit']}"
    number, unit_each = stated_in(f"ChatGPT uses {single} per request").middle.tree.value
    arithmetic = Claim(
        id="sum",
        says=shorten(text, 500),
        note=f"{count / 1e9:,.6g} billion requests a year at {single} each. A figure of each day is taken to a year.",
        stated=expression_of(f"{year:.15g} {unit}", "stated"),
        derived=expression_of(
            f"{count:.15g} * {number:.15g} {unit_each.removesuffix('/request')} in {unit}", "derived"
        ),
        relation=relation_in(text),
    )
    return *read(f"{product} uses {single} per request"), arithmetic


def _bound(text: str) -> str:
    return {"at least": "more than ", "at most": "less than "}.get(relation_in(text), "")


def _without(text: str, *matches: re.Match[str]) -> str:
    """A text without what was matched."""
    for match in sorted(matches, key=lambda each: -each.start()):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return text
