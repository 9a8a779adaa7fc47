"""Where a sentence compares with so many of a thing, which thing it is, and for how long it is meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from wattline.catalog import Catalog
from wattline.claim.sentence.coming_words import place_in, place_words, years_of
from wattline.claim.sentence.counted_words import (
    ADVERBS,
    COMPARES,
    EVERY,
    FIGURES,
    FILLS,
    NUMBER,
    OF_THING,
    TIME,
    VERBS,
    number_of,
)
from wattline.claim.sentence.things import HOMES, THINGS, Kind, Thing, country, homes, rated_things
from wattline.claim.sentence.words import decline
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten

BOUND_BELOW, BOUND_ABOVE = r"\b(more|over|at least)\b", r"\b(less|at most|up to)\b"


@dataclass(frozen=True)
class ThingCounted:
    """So many of a thing that a sentence sets a figure beside.

    Attributes
    ----------
    head : the words before the comparison, with the figure
    words : how many of what, as the sentence has it
    expression : their figure, ``{time}`` standing for how long
    time : how long they are meant; empty where it does not matter
    kind : what they are a measure of
    relation : how they are bounded: at least so many
    note : what was taken where the sentence leaves it open
    """

    head: str
    words: str
    expression: str
    time: str
    kind: Kind
    relation: Relation
    note: str

    @property
    def plural(self) -> bool:
        return self.words[0].isdigit() and not self.words.startswith("1 ")


def thing_beside(text: str, catalog: Catalog) -> ThingCounted | None:
    """The things that a sentence sets a figure beside; None where it has no figure of its own or compares with nothing.

    Parameters
    ----------
    text : the sentence
    catalog : whose figures of the things are taken

    Returns
    -------
    Which and how many.

    Raises WattlineError where the thing is not known well enough.
    """
    for thing, match in things_compared(text, catalog):
        head = text[: match.start()]
        if not FIGURES.search(head):
            return None
        if match["from"]:
            raise decline(text, "a range of things is not read; give one number")
        count = product_of(match["times"], match["count"], (match["many"] or "").replace("times", ""))
        long, _, _ = time_of(text, thing, match, "")
        bound = f"{match['bound'] or ''} {match['fills'] or ''}"
        relation: Relation = "at least" if re.search(BOUND_BELOW, bound, re.I) else (
            "at most" if re.search(BOUND_ABOVE, bound, re.I) else "equal")  # fmt: skip
        country_at = match.start("where") if "where" in match.groupdict() else match.start()
        words = " ".join(text[match.start("count") if match["count"] else country_at :].split()).rstrip(" .!")
        if "where" in match.groupdict():
            words = f"the electricity of {place_words(place) if (place := place_in(match['where'])) else words}"
        each = thing.each.format(count=f"{count:.15g}", time="{time}")
        return ThingCounted(head, words, each, long if thing.per else "", thing.kind, relation, thing.note)
    return None


def things_compared(text: str, catalog: Catalog) -> list[tuple[Thing, re.Match[str]]]:
    """The thing that a sentence compares with, the longest words first; empty where there is none.

    Raises WattlineError where it is homes whose number is not said, or of a country that is not known.

    Parameters
    ----------
    text : of the sentence
    catalog : of things and places

    Returns
    -------
    Each thing with where it stands.
    """
    known = _known(catalog)
    made: list[tuple[Thing, re.Match[str]]] = []
    for match in _search(HOMES, text, case=True):
        if re.search(r"\b(homes|households|houses)\b", match[0]) and _is_single(match["count"]):
            raise decline(text, "how many homes are meant is not said; give their number")
        made.append(
            (_named(text, partial(homes, match["whose"].strip() or _whose(text[: match.start()]), known)), match)
        )
    for thing in (*THINGS, *rated_things(text)):
        made += [(thing, match) for match in _search(thing.words, text)]
    if not made:
        for match in _search(r"(?P<where>(?:[A-Z][\w.'’-]*)(?:\s[A-Z]\w+)*)", text, case=True):
            if years_of(text) is not None and not FIGURES.search(text[: match.start()]):
                continue  # the outlook's own reader sets years to come beside countries
            place = place_in(match["where"])
            if place is not None:
                made.append((_named(text, partial(country, place, known)), match))
    return sorted(made, key=lambda pair: (pair[1].start(), -pair[1].end()))[:1]


def _search(words: str, text: str, *, case: bool = False) -> list[re.Match[str]]:
    """Where a text compares with a thing of these words; what follows it must be a time or the sentence's end."""
    thing = f"(?-i:{words})" if case else words
    if re.search(thing, text, re.I) is None:
        return []  # at once: what compares may stand in many ways
    count = rf"(?:(?:(?P<from>{NUMBER})\s*(?:-|–|to)\s*)?(?P<count>{NUMBER})\s+)?"
    match = re.search(
        rf"{COMPARES}{FILLS}{count}{thing}{OF_THING}(?P<many>\s+{NUMBER}\s+times)?{TIME}{VERBS}", text, re.I
    )
    return [match] if match else []


def _is_single(count: str | None) -> bool:
    """Whether words give no number: none, "the", "all of"."""
    return not count or (number_of(count) == 1 and not count[0].isdigit())


def _whose(head: str) -> str:
    """The country that a sentence is of, whose homes are meant where it names no other; "" where it names none."""
    place = place_in(head)
    return "" if place is None or place.company or place.name == "world" else place_words(place)


def _known(catalog: Catalog) -> Callable[[str], bool]:
    def known(key: str) -> bool:
        try:
            catalog.fact(key)
        except WattlineError:
            return False
        return True

    return known


def _named(text: str, make: Callable[[], Thing]) -> Thing:
    try:
        return make()
    except WattlineError as error:
        raise WattlineError(f"claim: {shorten(text)!r} cannot be checked: {error}") from None


def product_of(*words: str | None) -> float:
    result = 1.0
    for each in words:
        result *= number_of(each) if each and each.strip() else 1.0
    return result


def time_of(text: str, thing: Thing, match: re.Match[str], head: str) -> tuple[str, str, str]:
    """How long the things are meant, the time that the figure is of ("" for all or a year), and the words before it.

    A rate on both sides is one: as much a day as homes, whose year is meant, is as much a year as they use in it.

    Parameters
    ----------
    text : the sentence
    thing : what it counts
    match : where it does
    head : the words before that

    Returns the three. Raises WattlineError where the time is not clear.
    """
    unit = (match["unit"] or "").lower()
    unit = ADVERBS.get(unit, unit.removesuffix("s"))
    long = number_of(match["long"]) if match["long"] else 1.0
    every = EVERY.search(f"{head}{match['every'] or ''}")
    rate = (every[1] or ADVERBS[every[2].lower()]).lower() if every else ""
    head = EVERY.sub(" ", head) if every else head
    if unit and not thing.per:
        if long != 1.0 or (rate and rate != unit):
            raise decline(text, f"a time of {long:g} {unit} is not read with what is compared; leave it out")
        return "", "" if unit == "year" else unit, head
    if thing.per == "hour" and not unit:
        raise decline(text, "for how long what is compared runs is not said; add it, such as: for an hour")
    short = {"hour": "h", "minute": "min", "second": "s"}.get(unit, unit) or "year"
    if thing.per == "year" and not unit:
        return "1 year", "", head
    once = re.search(r"\btrain|\b(request|prompt|query|question|message|answer|image|video)\b", head, re.I)
    if not rate and not once and thing.per == "year" and long == 1.0:
        rate = unit
    return f"{long:.15g} {short}", "" if rate == "year" else rate, head
