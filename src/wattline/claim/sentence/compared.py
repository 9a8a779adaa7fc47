"""A sentence that sets a figure beside so many of a thing: 1,287 MWh is what 120 homes use in a year."""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.claim.evaluate import quantity
from wattline.claim.fields import Expression, expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.counted_match import BOUND_ABOVE, BOUND_BELOW, ThingCounted, thing_beside
from wattline.claim.sentence.stated import StatedFigure, stated_in
from wattline.claim.sentence.things import HOMES, THINGS, Thing, rated_things
from wattline.claim.sentence.words import decline
from wattline.claim.verdict import Relation
from wattline.core.errors import shorten

# 120 homes use 1,287 MWh: the same the other way round
_HOMES_USE = re.compile(
    rf"^\W*(?P<count>\d[\d,.]*(?:\s+(?:thousand|million))?|an?|one|the)\s+(?-i:{HOMES})\s+(?:would |will |can )?"
    r"(?:uses?|consumes?|needs?|takes?|draws?)\s+(?P<figure>.*\d.*?)(?P<time>\s+(?:an?|per|each|every|in an?)\s+"
    r"(?:year|month|day|hour))?\s*\.?$",
    re.I,
)
# 945 TWh, just over Japan's total electricity use today: a country's electricity without a word that compares
_COUNTRY_BEHIND = re.compile(
    r"(?P<head>\d.*?)\s*(?:,|;|–|—|\()\s*(?:(?:which|that|this)\s+is\s+|or\s+)?"
    r"(?P<bound>(?:(?:just|slightly|a little|roughly|about|around|nearly|almost|well|far|much|some|"
    r"approximately|more|less|"
    r"higher|lower|greater|over|above|under|below|than|equal to|similar to|close to|on par with|in line with)\s+)+)"
    r"(?:(?:all|the whole)\s+of\s+)?(?-i:(?P<where>(?:the\s+)?[A-Z][\w.]*(?:\s[A-Z]\w+)*))(?:['’]s?)?\s+"
    r"(?:(?:current|total|entire|whole|annual|yearly|present|overall)\s+)*(?:electricity|power|energy)"
    r"(?:\s+(?:use|usage|consumption|demand|needs))?(?:\s+(?:today|now|currently|at present))?\s*\)?$",
    re.I,
)
# almost ten times the 0.3 Wh of a search: its figure beside the thing
_TIMES_FIGURE = re.compile(
    r"(\btimes\s+)(?:more than\s+|as much as\s+)?(?:the\s+)?\d+(?:\.\d+)?\s*(?:watt[\s-]?hours?|Wh)\s+"
    r"(?:of|for|used by|needed for|taken by|that)\s+((?:an?\s+)?(?:\w+\s+)?search(?:es)?)"
    r"(?:\s+(?:uses?|takes?|needs?))?",
    re.I,
)
_NEAR_WORDS = re.compile(r"\b(?:just|slightly|a little|roughly|about|around|nearly|almost|approximately|close|similar|"
                         r"equal|par|line)\b", re.I)  # fmt: skip
_BEGIN = (
    r"^\W*(?:(?:running|boiling|watching|lighting|using|leaving on)\s+)?(?:(?P<count>\d[\d,.]*|an?|one|the|your)\s+)?"
    r"(?:(?:average|typical|new|modern|single|ordinary)\s+)*"
)
_TIME = r"(?:an?\s+|one\s+)?(?P<long>\d+\s+)?(?P<unit>years?|months?|days?|hours?|minutes?|seconds?)\b"
_FOR = re.compile(rf"\s+for\s+{_TIME}\s+(?=\w)")
_EACH_TIME = re.compile(rf"\s+(?:an?|per|each|every|in|for|over)\s+{_TIME}$")
_BY_CALENDAR = re.compile(r"\s+(?:an?|per|each|every|in an?)\s+(?:days?|weeks?|months?|years?)$", re.I)
_USES = re.compile(r"\s+(?:would |will |can )?(?:uses?|consumes?|needs?|takes?|draws?|requires?)\s+(?=\S)", re.I)
_PHONE = r"(?:i|smart|mobile |cell )?phone"
_CHARGING = re.compile(
    rf"^\W*(?:(?:fully |to )?charging (?:up )?(?:an?|your|one|the)\s+{_PHONE}(?: once| fully)?|"
    rf"(?:an?|one|the|your) (?:full )?{_PHONE}(?:['’]s)? charge)\s+",
    re.I,
)
_IS_POWER = re.compile(r"\d\s*(?:k?W|(?:kilo)?watts?)\b(?![\s-]*hours?)")
_FLIPPED: dict[Relation, Relation] = {"at least": "at most", "at most": "at least"}


def figure_first(text: str) -> str:
    """A sentence that begins with homes and what they use, with the figure first, and one that ends with a country's
    electricity, in the usual words; others as they are."""
    match = _HOMES_USE.match(text)
    if match is None and (used := _thing_uses(text)):
        return used
    if match is None:
        return _COUNTRY_BEHIND.sub(_as_country, _TIMES_FIGURE.sub(r"\1as much as \2", text))
    single = match["count"].lower() in ("a", "an", "one", "the")
    homes = f"{'1' if single else match['count']} {match['whose']}home{'' if single else 's'}"
    time = re.sub(r"^(?:an?|per|each|every|in an?)\s+", "in a ", (match["time"] or "").strip(), flags=re.I)
    return f"{match['figure']} is what {homes} use {time}".strip()


def _thing_uses(text: str) -> str:
    """A sentence on what a thing of the house uses, with the figure first; empty where it begins otherwise."""
    text = _CHARGING.sub("a phone charge ", text, count=1)
    for thing in (*rated_things(text), *THINGS):
        if thing.kind != "energy" or "search" in thing.words or "km" in thing.words:
            continue
        match = re.match(rf"{_BEGIN}(?P<thing>{thing.words})(?=\s)", text, re.I)
        during = _FOR.match(text, match.end()) if match else None
        verb = _USES.match(text, during.end() - 1 if during else match.end()) if match else None
        if match and verb:
            return _figure_first(match, thing, text[verb.end() :], during)
    return ""


def _figure_first(match: re.Match[str], thing: Thing, rest: str, during: re.Match[str] | None) -> str:
    """The words behind the verb as a figure that is what the thing uses; empty where they are more than that."""
    time = _EACH_TIME.search(rest) or during
    figure = rest[: time.start()] if time is not None and time is not during else rest
    if not re.search(r"\d", figure) or re.search(r";|,(?!\d)", figure):
        return ""
    if thing.per == "hour" and time is not None and _BY_CALENDAR.match(time[0]):
        return ""  # what it uses in a year is not what it would use on all the year: how long it is on is not said
    usual = {"hour": "in an hour" * bool(_IS_POWER.search(figure)), "year": "in a year", "": ""}[thing.per]
    if time is not None:
        article = "an" if time["unit"] == "hour" else "a"
        usual = f"in {(time['long'] or article).strip()} {time['unit']}"
    return f"{figure} is what {(match['count'] or 'a').strip().lower()} {match['thing']} {usual}".strip()


def _as_country(match: re.Match[str]) -> str:
    """The comparison with a country's electricity in the usual words; "just over" is about as much."""
    near = _NEAR_WORDS.search(match["bound"])
    below = re.search(r"\b(?:less|lower|under|below)\b", match["bound"], re.I)
    words = "as much as" if near else "less than" if below else "more than"
    return f"{match['head']}, {words} {match['where']}'s electricity use"


def compared_in(text: str, catalog: Catalog) -> tuple[str, Claim] | None:
    """The claim that a figure is as much as so many of a thing.

    Parameters
    ----------
    text : the sentence
    catalog : whose figures of the things are taken

    Returns
    -------
    What stands before the comparison, and the claim; None where a sentence sets no figure beside a thing.

    Raises WattlineError where the thing is not known well enough, or is of another kind than the figure.
    """
    counted = thing_beside(figure_first(text), catalog)
    if counted is None:
        return None
    stated = stated_in(counted.head)
    figure, derived, note = _alike(text, stated, counted)
    return counted.head, Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken as what {counted.words} {'come' if counted.plural else 'comes'} to. {counted.note}{note}".strip(),
        stated=None if stated.ends else figure,
        stated_low=stated.ends[0] if stated.ends else None,
        stated_high=stated.ends[1] if stated.ends else None,
        derived=derived,
        relation="between" if stated.ends else _FLIPPED.get(counted.relation) or _bound(counted.head),
    )


def _bound(head: str) -> Relation:
    """How the figure before a comparison is meant."""
    bounds: dict[Relation, str] = {"at least": BOUND_BELOW, "at most": BOUND_ABOVE}
    return next((name for name, words in bounds.items() if re.search(rf"{words}[^\d,;]*\d", head, re.I)), "equal")


def _alike(text: str, stated: StatedFigure, counted: ThingCounted) -> tuple[Expression, Expression, str]:
    """Figure and things in one dimension: a figure of each day is taken to a year, as its things are; watts are those
    of things for as long as they run."""
    number, unit = stated.middle.tree.value
    unit = unit.removesuffix("/request")
    figure = expression_of(f"{number:.15g} {unit}", "stated")
    time = "1 year" if stated.per and counted.time else counted.time
    each = counted.expression.format(time=time)
    if quantity(1.0, unit).check("[energy]/[time]") and counted.time:
        each = f"({each}) / ({time})"
    derived = expression_of(f"{each} in {unit}", "derived")
    kinds = {"energy": ("[energy]", "[energy]/[time]"), "carbon": ("[mass]",), "water": ("[length]**3",)}
    if not any(quantity(1.0, unit).check(kind) for kind in kinds[counted.kind]):
        raise decline(text, f"{unit} is no measure of {counted.kind}, as what is compared is")
    return figure, derived, stated.note
