"""Sentences on what is rated: the power of a chip and the PUE of an operator, held against the catalog's facts."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record, plain_name
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.sentence.coming_words import CENTRES, place_in
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.words import decline
from wattline.claim.verdict import Relation
from wattline.core.errors import shorten

MAX_WORDS = 5  # of a chip's name
LOSSES = ("ups", "distribution", "cooling_power", "fans", "lighting")  # a PUE is 1 and these
NEAR, ROUNDING = 0.05, 0.005  # of what a PUE has above 1, and the last digit that is published
_POWER = re.compile(r"(?P<number>\d[\d,]*(?:\.\d+)?)[\s-]*(?P<unit>kW|W|(?:kilo)?watts?)\b(?![\s-]*hours?)", re.I)
_SEVERAL = re.compile(
    r"\b(servers?|racks?|nodes?|dgx|hgx|nvl\d+|clusters?|pods?|systems?|machines?|superchips?|pair|two|three|four|eight|"
    r"sixteen|hundreds?|thousands?|million)\b|\b\d+\s*(x|×)?\s+(nvidia |amd )?(?=[a-z]+\d+)|"
    r"\b\d+\s*(gpus|chips|accelerators)\b",
    re.I,
)
_MEAN = re.compile(r"\b(average|mean|median|typical(ly)?|usual(ly)?)\b", re.I)
_IDLE = re.compile(r"\b(idle|idles|idling|at rest)\b", re.I)
_PUE = re.compile(r"\b(PUEs?|power usage effectiveness)\b", re.I)
_RATIO = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,2}(?:\.\d+)?)(?![\d,]*\d|\.\d|\s*(%|per\s?cent|x\b|times|[kMG]?W|[a-z]*watt))"
)
_AT = re.compile(r"\b(?:in|at|near|of)\s+(?P<where>[A-Z]\w+)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_INDUSTRY = re.compile(r"\b(average|industry|typical|global|world\w*)\b", re.I)


def _agrees(value: float, stated: float, relation: Relation) -> bool:
    if relation == "at least":
        return value >= stated
    return value <= stated if relation == "at most" else abs(value / stated - 1) <= NEAR


def chip_claim(sentence: Sentence) -> Claim | None:
    """The power of a chip against its thermal design power, or against what it draws idle.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence names no chip, or no power. Raises WattlineError where it may mean several things.
    """
    text, relation, catalog = sentence
    power = _POWER.search(text)
    if power is None:
        return None
    rest = text[: power.start()] + " " + text[power.end() :]
    named = chips_in(rest, catalog)
    if not named:
        return None
    if len(named) > 1:
        raise decline(text, f"it names {len(named)} chips ({', '.join(named)}); name one")
    ((plain, record),) = named.items()
    if _SEVERAL.search(rest):
        raise decline(text, f"the catalog has the power of one {record.name}; this is of several or of a machine")
    if _MEAN.search(rest):
        raise decline(text, f"the catalog has the rated and the idle power of {record.name}, no average")
    unit = "kW" if power["unit"].lower().startswith("k") else "W"
    watts = float(power["number"].replace(",", "")) * (1000 if unit == "kW" else 1)
    if watts == 0:
        raise decline(text, "no chip draws 0 W")
    key, what = ("idle_w", "power when idle") if _IDLE.search(rest) else ("tdp_w", "thermal design power")
    others = _variants(plain, record, catalog)
    fitting = [each for each in others if _agrees(each.facts[key].value, watts, relation)]
    if fitting and not _agrees(record.facts[key].value, watts, relation):
        each = ", ".join(f"{chip.name} {chip.facts[key].value:g} W" for chip in (record, *others))
        raise decline(text, f"{plain} is several chips ({each}); name the one that is meant")
    apart = [each for each in others if not _agrees(each.facts[key].value, watts, relation)]
    whose = ""
    if apart and _agrees(record.facts[key].value, watts, relation):
        each = ", ".join(f"{chip.title} ({chip.facts[key].value:g} W)" for chip in apart)
        whose = f" {plain.upper()} names several chips: it is not so of {each}."
    less = " Under most loads a chip draws less." * (key == "tdp_w")
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for the {what} of {record.title}.{whose}{less}",
        stated=literal_of(f"{power['number'].replace(',', '')} {unit}", "claim"),
        derived=expression_of(f"[{record.facts[key].key}]", "derived"),
        beside={chip.title: expression_of(f"[{chip.facts[key].key}]", "beside") for chip in others},
        relation=relation,
    )


def chips_in(text: str, catalog: Catalog) -> dict[str, Record]:
    """The chips that a text names, each by the longest words that name it.

    Parameters
    ----------
    text : a sentence or a part of one
    catalog : whose chips are taken

    Returns the records by the plain words that name them.
    """
    names, records = catalog.names("chip"), catalog.records("chip")
    words = re.findall(r"[\w.+\-]+", re.sub(r"['’]s?\b", "", text))
    named: dict[str, Record] = {}
    start = 0
    while start < len(words):
        for count in range(MAX_WORDS, 0, -1):
            plain = plain_name(" ".join(words[start : start + count]).rstrip("."))
            plain = plain if plain in names else plain.removesuffix("s")  # H100s
            if plain in names and any(sign.isalpha() for sign in plain):
                named.setdefault(plain, records[names[plain]])
                start += count - 1
                break
        start += 1
    return named


def _variants(plain: str, record: Record, catalog: Catalog) -> list[Record]:
    """Other chips whose names begin so, where the name is no chip's own: the PCIe card of "H100"."""
    records = catalog.records("chip")
    short = re.sub(r"^(?:(?:nvidia|tesla|amd|intel|google|aws|huawei)-)+", "", plain)
    if short in records:
        return []
    return [each for name, each in records.items() if name.startswith(short) and each is not record]


def pue_claim(sentence: Sentence) -> Claim | None:
    """The PUE of an operator's fleet, or of the industry, against the sum of its parts in the catalog.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of no PUE. Raises WattlineError where it may mean several things.
    """
    text, relation, catalog = sentence
    if not _PUE.search(text):
        return None
    years = _YEAR.findall(text)
    ratios = [match["number"] for match in _RATIO.finditer(_YEAR.sub(" ", text))]
    if len(ratios) != 1:
        raise decline(text, f"it holds {len(ratios) or 'no'} figures that a PUE may be; give one, such as 1.09")
    stated = float(ratios[0])
    if stated < 1:
        raise decline(text, f"a PUE is never below 1: {ratios[0]} may be its inverse (DCiE)")
    site = site_of(text, years, catalog)
    over = stated - 1
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for {site.title}: 1 and what UPS, distribution, cooling, fans and lighting take per unit of IT "
        "energy. A PUE is compared by what it has above 1.",
        stated=literal_of(ratios[0], "claim"),
        derived=expression_of(" + ".join(["1", *(f"[{site.facts[part].key}]" for part in LOSSES)]), "derived"),
        relation=relation,
        holds=(NEAR * over + ROUNDING) / stated,
        roughly=(ROUGHLY * over + ROUNDING) / stated,
    )


def site_of(text: str, years: list[str], catalog: Catalog) -> Record:
    """The fleet that a sentence on PUE or water is of, in its year.

    Parameters
    ----------
    text : the sentence
    years : that it names
    catalog : whose sites are taken

    Returns the record. Raises WattlineError where it is not clear whose is meant.
    """
    records, names = catalog.records("site"), catalog.names("site")
    fleets = {name: each for name, each in records.items() if "fleet" in each.title.lower()}
    words = re.findall(r"\w+", re.sub(r"['’]s?\b", "", text).lower())
    named = {names[word]: word for word in words if names.get(word) in fleets}
    known = ", ".join(each.title for each in fleets.values())
    if len(named) > 1:
        raise decline(text, f"it names {len(named)} operators ({', '.join(named)}); name one")
    rest = re.sub("|".join(rf"\b{word}\b" for word in named.values()) or "$^", " ", text, flags=re.I)
    place = place_in(CENTRES.sub(" ", _PUE.sub(" ", rest)))
    somewhere = _AT.search(_PUE.sub(" ", rest))
    if place is not None and place.name not in (("world",) if named else ("world", "us")):
        raise decline(text, f"the catalog has means of fleets ({known}), none of {place.name}")
    if named and somewhere:
        raise decline(text, f"the catalog has means of fleets ({known}), none of {shorten(somewhere['where'])} alone")
    if named:
        (name,) = named
        fitting = [each for key, each in fleets.items() if key == name or key.startswith(f"{name}-")]
    elif place is not None and place.name == "us":
        fitting = [records["us-average-2023"]]
    elif _INDUSTRY.search(text):
        fitting = [records["industry-average"]]
    else:
        raise decline(text, f"whose PUE is meant is not clear; the catalog has: {known}, and the industry's average")
    own = [each for each in fitting if not years or any(year in each.title for year in years)]
    if not own:
        titles = "; ".join(each.title for each in fitting)
        raise decline(text, f"the catalog has no PUE of {', '.join(years)}; it has: {titles}")
    return max(own, key=lambda each: max(_YEAR.findall(each.title), default=""))
