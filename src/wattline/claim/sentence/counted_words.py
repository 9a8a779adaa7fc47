"""Words of sentences that count things: numbers, what compares, how long, and what is measured."""

from __future__ import annotations

import re

from wattline.claim.sentence.coming_words import SCALES
from wattline.claim.sentence.things import Kind

_WORDS = {
    "a": 1, "an": 1, "one": 1, "the": 1, "your": 1, "all of": 1, "once": 1, "twice": 2, "double": 2, "two": 2,
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "a dozen": 12,
    "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "a hundred": 100, "one hundred": 100,
    "hundred": 100, "a thousand": 1e3, "one thousand": 1e3, "a million": 1e6, "one million": 1e6, "half": 0.5,
    "half a": 0.5, "half an": 0.5, "a billion": 1e9,
}  # fmt: skip
_SPELLED = "|".join(sorted(_WORDS, key=len, reverse=True))
NUMBER = rf"(?:(?<![\w.-])\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s*(?:thousand|million|billion|trillion))?|\b(?:{_SPELLED})\b)"
_WHAT = r"(?:electricity|energy|power|water|carbon(?: dioxide)?|co2e?|emissions|greenhouse gas(?:es)?)"
YEAR = r"(?:19|20)\d\d\b(?!\s*(?:times|x\b|×))"  # which is no multiple of what stands behind it
COMPARES = (
    rf"(?:(?!{YEAR})(?P<times>{NUMBER})(?:\s+times\s*|x\s*|\s*×\s*|\s+)?)?"
    rf"(?:\bas (?:much|many)\b(?:\s+(?:of|the|{_WHAT}))*"
    r"(?P<every>\s+(?:(?:in |during )?an?|per|each|every)\s+\w+|\s+(?:daily|annually))?"
    rf"\s+as\b|(?<=times )(?:more |the |what |that |of )(?:{_WHAT}|\s|than|as|of|for|by)*|(?<=x )(?:the |more )"
    rf"(?:{_WHAT}|\s|than|as|of)*|(?:(?<=\stimes)|(?<=\dx))(?=\s+(?:an?|that of)\s)|"
    rf"\bthe same(?:\s+(?:amount|of|{_WHAT}))*\s+as\b|"
    rf"\b(?:is |are )?(?:the )?(?:equivalent|equal|comparable|equals|matche?s|rivals)\b(?:\s+(?:to|of|with|that))*|"
    rf"\b(?P<bound>more|less)\b(?:\s+{_WHAT})?\s+than\b|\benough\b(?:\s+{_WHAT})?\s+(?:to|for)\b|\b(?:could|can|would)(?=\s+power)|"
    rf"\b(?:what|that of)\b|"
    rf"\bthe\b(?:\s+(?:annual|yearly|average|typical|total))*(?:\s+{_WHAT})*\s+(?:use|usage|consumption|demand|needs)"
    rf"\s+of\b)"
)
FILLS = (
    r"(?P<fills>(?:\s+(?:about|around|roughly|nearly|almost|some|approximately|up to|at least|at most|more than|"
    r"less than|over|fully|to|of|that of|powering|power|charging|charge|running|run|boiling|boil|driving|drive|"
    r"lighting|light|watching|watch|supplying|supply|burning|using|keeping|filling|fill|making|taking|flying|does|do))*)\s+"
)
TIME = (
    r"(?P<tail>(?:\s+(?:would|will|do|does|can|uses?|using|consumes?|consume|driven|drive|emits?|emit|draws?|need|needs|"
    r"take|takes|produces?|on the road|of))*"
    rf"(?:\s+(?:for|in|over|of|every|each|per|during|about|roughly|whole|entire|full|single|electricity|driving))*"
    rf"(?:\s*(?P<long>{NUMBER}))?(?:\s+(?:whole|entire|full|single))*[\s-]*"
    r"(?P<unit>years?|months?|weeks?|days?|hours?|minutes?|seconds?|annually|yearly|daily)\b)?"
)
# what is measured behind the thing: a search's energy, 120 homes' annual electricity
OF_THING = rf"(?:['’]s?(?:\s+(?:annual|yearly|total|average))*\s+{_WHAT}(?:\s+(?:use|usage|consumption|needs))?)?"
VERBS = (
    r"(?:\s+(?:would|will|do|does|did|uses?|consumes?|emits?|takes?|draws?|needs?|used|all together|in total|today|now|"
    r"currently))*"
    r"\s*[.!]?\s*$"
)
EVERY = re.compile(r"\b(?:a|per|each|every)\s+(hour|day|week|month|year)\b|\b(daily|weekly|monthly|annually)\b", re.I)
ADVERBS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "annually": "year", "annual": "year",
    "yearly": "year",
}  # fmt: skip
ABOUT: dict[Kind, str] = {
    "energy": r"\b(electricity|energy|power)\b",
    "carbon": r"\b(emi(t|ts|tted|ssions?)|co2e?|carbon|greenhouse)\b",
    "water": r"\b(water|drinks?|drank)\b",
}
QUESTIONS = re.compile(
    r"(?!(?:(?<=\bin\s)|(?<=\bby\s)|(?<=\bsince\s))(?:19|20)\d\d\s)"  # a year is no count
    rf"\b(?:(?P<low>{NUMBER})\s*(?:-|–|to|or|and)\s*)?(?P<count>{NUMBER}|(?<=\d[-–])\d[\d,]*)\s+"
    rf"(?P<whose>(?:(?!(?:{NUMBER})\s)[\w.-]+\s+){{0,4}}?)(?P<what>questions|queries|prompts|requests|messages|answers|"
    r"responses|images|pictures|videos|clips|searches)\b",
    re.I,
)
FIGURE = re.compile(r"(?<![\w.-])(?P<count>\d[\d,]*(?:\.\d+)?)[\s-]*"
                    r"(?P<unit>m?l|millilit(?:re|er)s?|lit(?:re|er)s?|[kM]?Wh|k?g|"
                    r"(?:kilo)?watt[\s-]?hours?|(?:kilo)?grams?)\b(?:\s+bottles?(?=\s+of\s+water))?", re.I)  # fmt: skip
FIGURES = re.compile(
    r"\d\s*(?:thousand |[mb]illion )?-?(?:[kKMGTm]?Wh?|[kmM]?g|t|tons?|tonnes?|m?[lL]|[a-z]*watt[\w-]*)\b"
)
# units of each kind, with their size and from where on they are used
LADDERS: dict[Kind, tuple[tuple[str, float, float], ...]] = {
    "energy": (("Wh", 1, 0), ("kWh", 1e3, 1e3), ("MWh", 1e6, 1e6), ("GWh", 1e9, 1e10), ("TWh", 1e12, 1e12)),
    "carbon": (("g", 1, 0), ("kg", 1e3, 1e3), ("t", 1e6, 1e6)),
    "water": (("mL", 1e-3, 0), ("L", 1, 1)),
}


def number_of(text: str) -> float:
    """A count in digits or words: 17,000, "ten", "2 million"."""
    plain = " ".join(text.lower().replace(",", "").split())
    if plain in _WORDS:
        return float(_WORDS[plain])
    match = re.match(r"([\d.]+)\s*([a-z]*)$", plain)
    assert match is not None
    return float(match[1].rstrip(".")) * SCALES.get(match[2], 1.0)
