"""A sentence as the readers of claims take it: numbers in figures, units in one word, bounds without a "no"."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from wattline.core.errors import WattlineError, shorten
from wattline.core.units import G_PER_LB

_SMALL = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "a dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "twelfth": 12, "fifteenth": 15, "twentieth": 20, "fiftieth": 50, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_WORD = "|".join(sorted(_SMALL, key=len, reverse=True))
_PART = "|".join(_PARTS)
_COUNT = rf"(?:(?P<count>{_WORD})(?:[\s-]+(?P<hundred>hundred))?)"
_FRACTION = rf"(?:(?P<above>{_WORD})[\s-]+)?(?P<part>{_PART})s?"
_SCALE = r"(?:thousand|million|billion|trillion)"
_UNIT = (
    r"(?:(?:kilo|mega|giga|tera|peta|milli)?(?:watt(?:[\s-]?hours?|s)?|joules?|lit(?:re|er)s?|grams?)|[kMGTm]?Wh|[kMGT]W"
    r"|(?:metric )?(?:tonnes?|tons?)|ml|mL|gallons?|cubic met(?:re|er)s?|drops? of water|bottles? of water)\b"
)
_AND_A_HALF = re.compile(rf"\b{_COUNT}\s+and\s+a\s+half\s+(?={_SCALE}\b|{_UNIT})", re.I)
_PART_OF = re.compile(rf"\b{_FRACTION}(?:\s+of)?\s+(?:an?|one)\s+(?={_SCALE}\b|{_UNIT})", re.I)
_PART_SCALE = re.compile(r"\b(?P<part>half)\s+(?=(?:million|billion|trillion)\b)", re.I)
_COUNT_UNIT = re.compile(rf"(?<!\band\s)\b{_COUNT}\s+(?={_SCALE}\b|(?:[\w]+\s)?{_UNIT})", re.I)
_SHARE = re.compile(rf"\b(?P<above>{_WORD})[\s-]+(?P<part>{_PART})s?(?=\s+of\b)|\b(?P<bare>half)(?=\s+of\b)", re.I)
_BY = re.compile(rf"\bby\s+(?P<above>{_WORD})[\s-]+(?P<part>(?!half){_PART})s?\b", re.I)
_PARTS_IN = re.compile(
    r"\b(?:one|1)\s+(?:in|of|out of)\s+(?:every\s+)?(?P<number>\d+|" + _WORD + r")\s+"
    r"(?:kilo|mega|giga)?(?:watt(?:[\s-]?hours?|s)|Wh|units)\b(?:\s+of\s+(?:electricity|power))?",
    re.I,
)
# what it rose to is what it was then; of a rise from one figure to another that is the last
_ROSE_TO = re.compile(
    r"\b(?:rose|grew|jumped|climbed|surged|increased|soared|swelled|fell|dropped|declined)\s+to\s+"
    r"(?=(?:(?:about|around|nearly|almost|roughly|some|over|more than|less than)\s+)?\d[\d,.]*\s*"
    r"(?:million |billion )?(?:[kMGTP]Wh|\w*watt|tonnes|tons|t\b|gallons|lit))",
    re.I,
)
_METRIC = re.compile(r"\bmetric[\s-]+(tonnes?|tons?)\b", re.I)
_CUBIC = re.compile(r"\bcubic\s+met(?:re|er)s?\b", re.I)  # of a thousand litres
# a litre of water: an article that is a count, where no other figure is stated
_SINGLE = re.compile(
    r"(?<!\bper )(?<!every )(?<!each )\b(?:(?P<half>an?\s+half|half)(?:\s+of)?(?:\s+an?)?|an?|one)[\s-]+"
    r"(?:(?:whole|full|single)\s+)?"
    rf"(?P<unit>{_UNIT})(?=\s+of\s+(?:(?:fresh|drinking|clean)\s+)?(?:water|electricity|energy|power|CO2|carbon)\b)",
    re.I,
)
_FIGURED = re.compile(rf"\d\s*(?:{_SCALE}\s+)?[\s-]*{_UNIT}", re.I)
_HOURS = re.compile(r"\b((?:kilo|mega|giga|tera|peta|milli)?watt)[\s-]+(hours?)\b", re.I)
_TIMES = {"yr": "year", "a": "year"}
_PER = re.compile(r"\b([kMGTP]Wh)\s?/\s?(year|yr|a|day|month)\b")
_VERBS = r"(?:use|consume|take|need|draw|emit|cost|require|produce|drink)s?d?"
_NO_BOUND = re.compile(
    rf"\b(?:do|does|did|will|would|can|could|shall|has|have)(?:\s+not|n['’]t)\s+(?P<verb>{_VERBS})\s+(?P<bound>more|less)\b"
    r"|\b(?:no|not|never)\s+(?P<plain>more|less|fewer)\b(?=[^,.;]{0,24}\bthan\b)",
    re.I,
)
_NO_EXCESS = re.compile(r"\b(?:do|does|did|will|would)(?:\s+not|n['’]t)\s+(?:even\s+)?(?:exceed|surpass|top)\b", re.I)
_DENIES = re.compile(
    r"\b(?:not(?!\s+(?:only|just|counting|including))|never|cannot|nowhere near|far from|neither|no longer)\b|n['’]t\b",
    re.I,
)
_EATS = (
    (re.compile(r"\b(?:eat|gobble|suck|swallow|soak|chew|hoover|use|burn|take|make|gulp|guzzle)(s?) up\b(?! to\b)",
                re.I), r"use\1"),
    (re.compile(r"\b(?:ate|gobbled|sucked|swallowed|soaked|chewed|hoovered|used|burned|burnt|took|made|gulped) up\b"
                r"(?! to\b)", re.I), "used"),
    (re.compile(r"\b(?:guzzle|gobble|devour|slurp|swallow|suck|gulp)(s?)\b", re.I), r"use\1"),
    (re.compile(r"\b(?:guzzled|gobbled|devoured|slurped|swallowed|sucked|gulped)\b", re.I), "used"),
)  # fmt: skip
# who said so is not what is checked
_SPEAKER = re.compile(
    r",?\s+according to (?:the |a |an )?(?:[A-Z][\w.'’&-]*(?:\s+(?:of\s+)?[A-Z][\w.'’&-]*)*|reports?|"
    r"stud(?:y|ies))\s*$|"
    r",\s+(?:says?|said|estimates?|estimated|warns?|warned|finds?|found|projects?|predicts?|forecasts?|reports?|reported)\s+"
    r"(?:the |a |an )?(?:new )?(?:[A-Z][\w.'’&-]*(?:\s+(?:of\s+|for\s+)?[A-Z][\w.'’&-]*)*|report|study|analysts?)\s*$|"
    r",\s+(?:the |a |its |their )?(?:[a-z]+\s+)?[A-Z][\w.'’& -]{1,40}?\s+(?:says|said|estimates|estimated|warns|warned|"
    r"projects|reported|writes|wrote|told \w+|claims|claimed|reports|calculates|calculated|found|reckons)"
    r"(?:\s+(?:in|on|last|this|back in)\s+(?:[A-Z]\w+|week|month|year|a \w+(?: \w+)?)"
    r"(?:\s+(?:\d{1,2},?\s+)?(?:19|20)\d\d)?)?\s*$|"
    r"^[Aa]ccording to [^,]{2,60},\s*|^(?:the |a )?[A-Z][\w.'’& -]{1,40}?\s+(?:says|said|estimates|estimated|"
    r"warns|warned|claims|claimed|found|projects|predicts|expects|reckons)\s+(?:that\s+|(?=(?:the|an?|its|each|every|one)\s|[A-Z]))",
)
# an answer of about a hundred words is one of a chat; a bottle is half a litre
_WORDS_OF_ANSWER = re.compile(
    r"\b(?:for\s+)?(?:each|every|per)\s+(?:[5-9]\d|[1-3]\d\d)\s+words\b(?:\s+(?:that\s+)?(?:it|they|the \w+)\s+\w+)?|"
    r"\bper\s+(?:[5-9]\d|[1-3]\d\d)[\s-]words?\b(?:\s+(?:e-?mails?|texts?|answers?|responses?|messages?)\b)?",
    re.I,
)
_TEXT_OF_WORDS = re.compile(
    r"\b(?:(?:writing|generating|composing|drafting|producing|to write)\s+)?an?\s+(?:[5-9]\d|[1-3]\d\d)[\s-]words?\s+"
    r"(?:e-?mails?|texts?|paragraphs?|answers?|responses?|essays?|messages?|letters?)\s+"
    r"(?:(?:written|generated|composed|drafted|produced)\s+)?(?:with|by|using|from|in)\s+(?P<who>ChatGPT|GPT-\S+|Gemini|AI)\b",
    re.I,
)
_BOTTLE = re.compile(
    r"\b(?P<verb>(?:use|consume|take|need|cost|require|drink|evaporate|waste)s?d?|drank|took)\s+"
    r"(?:(?:about|roughly|around|nearly)\s+)?(?:an?|one|1)\s+(?:(?:whole|full|half[\s-]lit(?:re|er)|small|plastic|single)\s+)*"
    r"bottle(?:ful)?\s+of\s+(?:drinking\s+)?water\b",
    re.I,
)
_SECTOR = re.compile(r"\b(data[\s-]?cent(?:re|er)) (?:industry|sector|market)(?:['’]s)?(?!\w)", re.I)
DROP_ML, BOTTLE_L = 0.05, 0.5
ENDS = " .?!"  # of a sentence: a question is read as what it asks about
_WHOLE = re.compile(r"\b(?:the whole|all|the entirety|the total) of (?=(?:the )?(?-i:[A-Z]))", re.I)
# the year behind so many of a thing goes before the sentence
_YEAR_LAST = re.compile(
    r"^(?P<head>.*\b(?:homes|households|houses|cars|flights|phones))\s+(?P<when>(?:by|in)\s+20\d\d)$", re.I
)
# ten times less energy than: a tenth of it
_TIMES_LESS = re.compile(
    rf"\b(?P<number>\d+|{_WORD})\s+times\s+(?:less|lower|fewer|smaller)\s+(?P<rest>(?:\w+\s+)?than\b)", re.I
)
# what a figure was before, and what it also is, are statements of their own
_ASIDE = re.compile(
    r",\s+(?:up|down)\s+(?:from|by|on)\s+(?:(?:about|just|nearly|some|around)\s+)?(?:\w+|\d[\d.,]*)\s*(?:%|per\s?cent|\w+)?"
    r"(?:\s+in\s+(?:19|20)\d\d)?(?:\s+and\b.*)?$",
    re.I,
)
_LAST_YEAR = re.compile(r"(?<!the )(?<!the past )(?<!over )\b(?:in\s+)?(?P<which>last|this)\s+year\b(?!['’]s)", re.I)
_POUNDS = re.compile(
    r"\b(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<scale>thousand|million|billion)?\s*(?:pounds|lbs?)\s+of\s+"
    r"(?=(?:CO2|carbon|greenhouse))",
    re.I,
)
# a model that is not named, beside cars' lifetimes: the one of which that was first said
_UNNAMED = re.compile(
    r"^(?:the process of )?training (?:just )?(?:an?|one) (?:(?:single|large|big|common|typical|modern)\s)*"
    r"(?:AI(?!\s\w*\s?model)|(?:AI|NLP|deep[\s-]learning|machine[\s-]learning|language|neural)(?:\slanguage)?\s(?:model|network))\b"
    r"(?=.*\b(?:cars?|vehicles?)\b.*\b(?:lifetimes?|life|lives)\b)",
    re.I,
)
# two bounds are a range, a hall that runs all year is one for a year, and what homes use is as much as they do
_USUAL = (
    (re.compile(r"\b(?:more|greater|higher) than\s+(?P<low>\d[\d,.]*)(?P<unit>(?:\s*[A-Za-z%][\w-]*|\s*%)?)"
                r"(?:\s*,?\s+(?:and|but)|\s*,)\s+(?:less|lower|fewer|not more|no more) than\s+(?=\d[\d,.]*(?P=unit))",
                re.I),
     r"between \g<low> and "),
    (re.compile(r"\b(uses?|used|consumes?|consumed|takes?|took|needs?|needed|draws?|drew|requires?|required)\s+the\s+"
                r"(?:(?:annual|yearly|same|total)\s+)*(?:electricity|energy|power)(?:\s+(?:use|demand|consumption))?"
                r"\s+of\s+(?=\d)", re.I), r"\1 as much electricity as "),
    (re.compile(r"\b(GPU|chip)[\s-]hours\s+on\s+(?:Nvidia\s+)?(?P<chip>[A-Z]+\d+\w*?)s?(?:\s+(?:GPUs|chips))?(?=\W|$)"),
     r"\g<chip> \1 hours"),
    (re.compile(r"\s+(?:running|operating|at full load|at full power)\s+(?:all|the whole|throughout the|year[\s-]round)"
                r"\s*year(?=\s+(?:uses?|consumes?|needs?|takes?|draws?)\b)(?P<rest>.*)$", re.I), r"\g<rest> a year"),
)  # fmt: skip
_DROPS = re.compile(r"\b(?P<number>\d+(?:\.\d+)?)\s+drops?(?:\s+of\s+water)?\b", re.I)


def plain_sentence(text: str) -> str:
    """A sentence with its numbers in figures and its units in one word, as the readers take it.

    Parameters
    ----------
    text : such as "half a litre", "no more than 3 Wh", "a fifth of", "megawatt hours"

    Returns
    -------
    Such as "0.5 litre", "less than 3 Wh", "20% of", "megawatt-hours".

    Raises WattlineError for a sentence that denies its figure.
    """
    text = _SPEAKER.sub("", text.strip().rstrip(ENDS)).strip()
    text = _UNNAMED.sub("The Strubell search", text)
    for words, usual in (*_EATS, *_USUAL):
        text = words.sub(usual, text)
    text = _SECTOR.sub(r"\1s", text)
    text = _PARTS_IN.sub(lambda m: f"{_shown(100 / _number(m['number']))}% of electricity", text)
    text = _YEAR_LAST.sub(lambda m: f"{m['when'][0].upper()}{m['when'][1:]}, {m['head']}", text)
    text = _TIMES_LESS.sub(lambda m: f"{_shown(1 / _number(m['number']))} times more {m['rest']}", text)
    text = _WHOLE.sub("", text)
    text = _ASIDE.sub("", text)
    text = _LAST_YEAR.sub(lambda m: f"in {this_year() - (m['which'].lower() == 'last')}", text)
    text = _POUNDS.sub(lambda m: f"{_kilograms(m):.6g} {m['scale'] or ''} kg of ".replace("  ", " "), text)
    text = _ROSE_TO.sub("reached ", text)
    text = _CUBIC.sub("kL", _METRIC.sub(r"\1", text))
    text = _HOURS.sub(r"\1-\2", text)
    if _FIGURED.search(text) is None:
        text = _SINGLE.sub(lambda m: f"{'0.5' if m['half'] else '1'} {m['unit']}", text)
    text = _PER.sub(lambda m: f"{m[1]} a {_TIMES.get(m[2], m[2])}", text)
    text = _BOTTLE.sub(lambda m: f"{m['verb']} {BOTTLE_L} L of water", text)
    text = _TEXT_OF_WORDS.sub(lambda m: f"A {m['who']} query", _WORDS_OF_ANSWER.sub("per question", text))
    text = _AND_A_HALF.sub(lambda m: f"{_shown(_counted(m) + 0.5)} ", text)
    text = _PART_OF.sub(lambda m: f"{_shown(_part(m))} ", text)
    text = _PART_SCALE.sub("0.5 ", text)
    text = _COUNT_UNIT.sub(_figures, text)
    text = _SHARE.sub(lambda m: "50%" if m["bare"] else f"{_shown(100 * _part(m))}%", text)
    text = _BY.sub(lambda m: f"by {_shown(100 * _part(m))}%", text)
    text = _DROPS.sub(lambda m: f"{_shown(DROP_ML * float(m['number']))} mL of water", text)
    return _affirmed(text)


def this_year() -> int:
    """The year of today, from which "last year" counts."""
    return datetime.now(UTC).year


def _kilograms(match: re.Match[str]) -> float:
    return float(match["number"].replace(",", "")) * G_PER_LB / 1000


def _affirmed(text: str) -> str:
    """A sentence with bounds that a "no" turns round turned; one that denies its figure is refused."""
    turned = {"more": "less", "less": "more", "fewer": "more"}
    affirmed = _NO_BOUND.sub(
        lambda m: f"{m['verb']} {turned[m['bound'].lower()]}" if m["verb"] else turned[m["plain"].lower()], text
    )
    affirmed = _NO_EXCESS.sub("use less than", affirmed)
    if denial := _DENIES.search(affirmed):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: {denial[0]!r} denies its figure; state what is held to be "
            "so, and the verdict says whether it is"
        )
    return affirmed


def _number(text: str) -> float:
    return float(text) if text.isdigit() else float(_SMALL[text.lower()])


def _counted(match: re.Match[str]) -> float:
    """A count in words before a scale or a unit: five, three hundred."""
    return _SMALL[match["count"].lower()] * (100.0 if match.groupdict().get("hundred") else 1.0)


def _part(match: re.Match[str]) -> float:
    """A fraction in words: half, a third, two fifths."""
    above = match["above"]
    return (_SMALL[above.lower()] if above else 1) / _PARTS[match["part"].lower()]


def _figures(match: re.Match[str]) -> str:
    """A count in words as figures, but "a" and "an", which are often articles."""
    single = match["count"].lower() in ("a", "an", "one") and not match["hundred"]
    return match[0] if single else f"{_shown(_counted(match))} "


def _shown(value: float) -> str:
    return f"{value:.6g}"
