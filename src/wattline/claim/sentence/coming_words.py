"""Words of sentences on data centres' electricity in years to come: the year, the place, and what is stated of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from wattline.claim.sentence.growth_words import PERCENT
from wattline.claim.sentence.words import UNITS, decline
from wattline.core.errors import WattlineError
from wattline.core.quantity import COUNT_WORDS
from wattline.line.world.places import Place, known_place, place_of

Kind = Literal["energy", "power", "share", "growth", "rise", "power rise", "part", "part of AI"]
Part = Literal["all", "ai", "training", "inference"]
NOW, LAST = 2026, 2035
BASE = 2024  # the newest year that studies have counted, from which growth is meant where no year is named
# what stands in data centres, or is counted of them, is not the data centres: data-centre GPUs, data center jobs
_NOUNS = (
    r"(?!['’]?s?[\s-]+(?:GPUs?|chips?|processors?|accelerators?|servers?|racks?|jobs?|workers?|revenues?|sales|"
    r"switch(?:es)?|cables?|shipments?)\b)"
)
CENTRES = re.compile(rf"\b(data[\s-]?(centre|center)s?(['’]s)?|datacent(re|er)s?|server farms?)\b{_NOUNS}", re.I)
TOTAL = re.compile(
    r"\b(of|percent of|per cent of)\s+(all\s+|total\s+|the\s+)*(?P<place>[\w' .-]*?)\s*"
    r"(electricity|power|energy|demand)",
    re.I,
)
# electricity of some users, which is less than a place's
_OF_USERS = re.compile(r"\b(?:households?|homes?|residential|domestic|industrial|industry|commercial|retail)\b", re.I)
# whose data centres a sentence is of: OpenAI's data centres, data centres of OpenAI
_OWNER = re.compile(
    r"\b(?:(?=[A-Z])([A-Z][\w&.-]*(?:\s[A-Z][\w&.-]*)*)['’]s?\s+(?:[a-z-]+\s+|AI\s+){0,2}[Dd]ata[\s-]?cent|"
    r"[Dd]ata[\s-]?cent(?:re|er)s?\s+(?:of|by|from|at)\s+(?=[A-Z])([A-Z][\w&.-]*))"
)
_NO_OWNERS = frozenset(
    ("AI", "Today", "Tomorrow", "Earth", "Nation", "Country", "World", "Planet", "Industry", "Humanity")
)
_YEAR = re.compile(r"\b(20[0-4]\d)\b")
_DECADE = re.compile(r"\b(end|close) of (the|this) decade\b", re.I)
_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<scale>thousand|million|billion|trillion)?"
_AMOUNT = re.compile(
    _NUMBER
    + r"[\s-]*(?P<unit>[kMGTP]?W(?:h|atts?(?:[\s-]?hours?)?)?|(?:kilo|mega|giga|tera)?watt(?:s|[\s-]?hours?)?)\b",
    re.I,
)
_BEFORE = re.compile(_NUMBER + r"[\s-]*(?:[kMGTP]?Wh?|[a-z]*watts?(?:[\s-]?hours?)?)?\s*(?:-|–|—|to|and|or)\s*$", re.I)
_PERCENTS = re.compile(
    r"(?P<low>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)?\s*(?:-|–|—|to|and)\s*(?P<number>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)",
    re.I,
)
FRACTIONS = {"half": 50.0, "a third": 100 / 3, "one third": 100 / 3, "two thirds": 200 / 3, "a quarter": 25.0,
             "one quarter": 25.0, "three quarters": 75.0, "a fifth": 20.0, "one fifth": 20.0, "a tenth": 10.0,
             "one tenth": 10.0}  # fmt: skip
_FRACTION = re.compile(rf"\b({'|'.join(words.replace(' ', '[ -]+') for words in FRACTIONS)})\s+of\b", re.I)
_LIKE = re.compile(
    r"\b(as much( electricity| power| energy)? as|as (all|the whole) of|equal to|"
    r"equivalent (to|of)|match\w*|rival\w*|on (a )?par with|the size of|comparable (to|with)|surpass\w*|overtake\w*|"
    r"exceed\w*|more( electricity| power| energy)? than|"
    r"less( electricity| power| energy)? than|about what|like|the equivalent of|another|an extra|what)\b",
    re.I,
)
SCALES = COUNT_WORDS
PEOPLES = {
    "american": "us", "america": "us", "usa": "us", "u.s": "us", "united states": "us", "chinese": "china",
    "european": "europe", "europe": "europe", "irish": "ireland", "german": "germany", "british": "uk",
    "britain": "uk", "united kingdom": "uk", "u.k": "uk", "japanese": "japan", "french": "france", "indian": "india",
    "dutch": "netherlands", "swedish": "sweden", "danish": "denmark", "norwegian": "norway", "korean": "south_korea",
    "spanish": "spain", "italian": "italy", "eu": "eu27", "european union": "eu27", "global": "world",
    "worldwide": "world", "asia": "asia_pacific", "the world": "world", "the planet": "world",
}  # fmt: skip
_ENERGY = re.compile(r"\b(electric\w*|power|energy|[kMGTP]Wh?)\b", re.I)
_EMITS = re.compile(r"\b(emit\w*|emissions?|CO2\w*|greenhouse|water)\b", re.I)
_MONEY = re.compile(r"\b(costs?|prices?|bills?|spending|invest\w*|revenues?|sales)\b", re.I)
_OTHER = re.compile(
    r"\b(numbers?|emissions?|carbon|CO2\w*|greenhouse|water|workloads?|traffic|efficiency|PUE|jobs|floor|square|"
    r"per (?:query|request|prompt|server|rack|token))\b",
    re.I,
)
SHORT = 3  # letters of a code of a country, which must be capitals: "are" and "can" are none
MINOR = {"will", "more", "than", "need", "use", "the", "as", "and", "power", "it", "no", "in", "to", "at", "of", "is",
         "by"}  # fmt: skip


@dataclass(frozen=True)
class ComingClaim:
    """What a sentence states of data centres in a year to come.

    ``values``: one number, or the two ends of a rise; TWh, GW, a fraction of the place's electricity, or a multiple of
    ``base``; of the kind ``part``, a fraction of the data centres' electricity. ``of`` are the places whose electricity
    the numbers are, where the sentence names such. ``part``: AI's part of them. ``crypto``: with crypto-mining.
    """

    kind: Kind
    place: Place
    year: int
    values: tuple[float, ...]
    words: str
    base: int = BASE
    of: tuple[Place, ...] = ()
    part: Part = "all"
    crypto: bool = False


def years_of(text: str) -> tuple[int, int] | None:
    """The year to come that a sentence is of and the year that it counts from; None where it names none to come."""
    years = [int(year) for year in _YEAR.findall(text)]
    if _DECADE.search(text):
        years.append(2030)
    coming = [year for year in years if year >= NOW]
    if not coming:
        return None
    before = [year for year in years if year < NOW]
    return max(coming), max(before, default=BASE)


def place_in(text: str) -> Place | None:
    """The first place that the words of a text name, of two words or one; None where there is none."""
    words = re.findall(r"[\w.]+", re.sub(r"['’]s?\b", "", text))
    plain = [word.strip(".").lower() for word in words]
    # "US in" is no Indiana: the short second word of a name is a code, as the short first one is
    pairs = [
        (i, 2, f"{a} {b}")
        for i, (a, b) in enumerate(pairwise(plain))
        if not (len(a) <= SHORT and len(b) <= SHORT and words[i + 1].islower())
    ]
    singles = [(i, 1, word) for i, word in enumerate(plain)]
    for i, _, name in sorted([*pairs, *singles], key=lambda each: (each[0], -each[1])):
        if name in PEOPLES:
            return place_of(PEOPLES[name])
        if name == "us" and words[i] == "us":  # the pronoun
            continue
        if name in MINOR or (len(name) <= SHORT and not words[i].isupper()):
            continue
        try:
            place = known_place(name)
        except WattlineError:
            continue
        if place is not None:
            return place
    return None


def place_or_world(words: str, text: str) -> Place:
    """The first place that words name, else the world, unless the data centres are somebody's who is not known.

    Parameters
    ----------
    words : in which the place is looked for
    text : the sentence, for what its data centres are called

    Returns
    -------
    The place. Raises WattlineError for an owner that the outlook does not know.
    """
    place = place_in(words)
    if place is not None:
        return place
    match = _OWNER.search(text)
    owner = "" if match is None else match[1] or match[2]
    if owner and owner not in _NO_OWNERS:
        mend = "`wattline list companies` names those it does"
        raise decline(text, f"the outlook does not know the data centres of {owner}; {mend}")
    return place_of("world")


def named_places(text: str) -> list[tuple[Place, int]]:
    """Countries that stand for their electricity, such as "a Sweden to a Germany", each with where it begins."""
    made = []
    for match in re.finditer(r"\b(?:(?:an?|one|all of|the whole of)\s+)?([A-Z]\w+(?:\s[A-Z]\w+)?)", text):
        place = place_in(match[1])
        if place is not None and not place.company and place.name != "world":
            made.append((place, match.start()))
    return made


def unit_of(text: str) -> str:
    """A unit as the catalog writes it: ``TWh`` of "terawatt-hours"."""
    plain = re.sub(r"[\s-]", "", text)
    short = plain.lower().removesuffix("s")
    return UNITS.get(short, UNITS.get(plain.lower(), plain))


def amount_in(text: str) -> tuple[float, str, tuple[int, int]] | None:
    """The last figure of energy or power in a text [TWh or GW], with its unit and where it stands."""
    factors = {"Wh": 1e-12, "kWh": 1e-9, "MWh": 1e-6, "GWh": 1e-3, "TWh": 1.0, "PWh": 1e3,
               "W": 1e-9, "kW": 1e-6, "MW": 1e-3, "GW": 1.0, "TW": 1e3}  # fmt: skip
    result = None
    for match in _AMOUNT.finditer(text):
        unit = unit_of(match["unit"])
        if unit in factors:
            number = float(match["number"].replace(",", "")) * SCALES.get((match["scale"] or "").lower(), 1.0)
            result = number * factors[unit], "TWh" if unit.endswith("h") else "GW", match.span()
    return result


def low_end(text: str, at: tuple[int, int], high: float) -> float | None:
    """The lower end of a range whose upper end, ``high``, stands ``at``, in its unit: 325 of "325 to 580 TWh".

    Parameters
    ----------
    text : the sentence
    at : first and last place in it of the upper end's words
    high : the upper end, in any unit

    Returns the lower end in that unit; None where there is no lower number before it.
    """
    before = _BEFORE.search(text[: at[0]])
    number = re.match(_NUMBER, text[at[0] : at[1]])
    if before is None or number is None:
        return None
    scale = 1.0 if before["scale"] or not number["scale"] else SCALES[number["scale"].lower()]
    low = float(before["number"].replace(",", "")) * SCALES.get((before["scale"] or "").lower(), 1.0) * scale
    stated = float(number["number"].replace(",", "")) * SCALES.get((number["scale"] or "").lower(), 1.0)
    return low * high / stated if 0 < low < stated and not _YEAR.fullmatch(before["number"]) else None


def share_in(text: str) -> tuple[tuple[float, ...], str] | None:
    """The share of a place's electricity that is stated, one or the two ends of a range, with the words that name the
    place; None without. Raises WattlineError for a share of what some users take."""
    text = in_percent(text)
    if _EMITS.search(text):  # a share of emissions or of water
        return None
    match = _PERCENTS.search(text) or PERCENT.search(text)
    whole = TOTAL.search(text, match.end()) if match else None
    if match is None or whole is None:
        return None
    if part := _OF_USERS.search(whole["place"]):
        raise decline(
            text, f"the electricity of {part[0]} users alone is not read; give a share of all electricity, or TWh"
        )
    ends = [float(number) / 100 for name, number in match.groupdict().items() if name in ("low", "number")]
    return tuple(ends) if ends == sorted(ends) else tuple(ends[-1:]), whole["place"]


def in_percent(text: str) -> str:
    """A text with "half of", "a third of" and the like as a percentage: "50% of".

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The sentence, the same where it holds none of them.
    """
    return _FRACTION.sub(lambda match: f"{FRACTIONS[re.sub(r'[ -]+', ' ', match[1].lower())]:.4g}% of", text)


def of_other_things(text: str) -> str:
    """What a sentence is of where that is not data centres' electricity or power, such as their water; "" else.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The word for it.
    """
    other, energy = _OTHER.search(text), _ENERGY.search(text)
    if money := _MONEY.search(text):
        return money[0].lower()
    return other[0].lower() if other and (energy is None or other.start() < energy.start()) else ""


def like_at(text: str, after: int | None = None) -> int | None:
    """Where the words end after which a country is named for its electricity, or where the first of them begin that
    stand ``after``; None without.

    Parameters
    ----------
    text : of a sentence
    after : where the search begins

    Returns the place in the text.
    """
    if after is not None:
        beside = _LIKE.search(text, after)
        return beside.start() if beside else None
    matches = list(_LIKE.finditer(text))
    return matches[-1].end() if matches else None


def place_words(place: Place) -> str:
    """A place's name as a sentence has it."""
    usual = {"world": "the world", "us": "the United States", "uk": "the United Kingdom", "eu27": "the EU"}
    if place.name.startswith("us-"):
        return f"the American grid {place.name}"
    return usual.get(place.name, place.name.replace("_", " ").title())
