"""Sentences on what electricity costs: the energy of the catalog at a country's price; other costs are refused."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.claim.evaluate import quantity
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import CENTRES, SCALES, place_in, place_words
from wattline.claim.sentence.figures import figure_claim
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import stated_in
from wattline.claim.sentence.things import region_of
from wattline.claim.sentence.words import decline
from wattline.core.errors import WattlineError
from wattline.core.units import CENTS_PER_DOLLAR

PRICE = "industrial_price_usd_per_kwh"
_SCALE = r"(?:\s*(?P<{0}>thousand|million|billion|trillion|bn|mn|m|k|b)(?![A-Za-z]))?"
MONEY = re.compile(
    rf"(?:(?P<sign>US\$|USD\s?|[$€£¥])\s?(?P<number>\d[\d,]*(?:\.\d+)?){_SCALE.format('scale')}|"
    rf"(?P<plain>\d[\d,]*(?:\.\d+)?){_SCALE.format('words')}\s*(?P<unit>(?:US\s+)?dollars|cents|euros|yuan|"
    r"USD)\b)",
    re.I,
)
_SCALES = {**SCALES, "bn": 1e9, "b": 1e9, "m": 1e6, "mn": 1e6, "k": 1e3}
_ELECTRIC = re.compile(r"\b(?:electricity|power bills?|energy bills?|energy costs?|power costs?)\b", re.I)
_OF_COST = re.compile(r"\b(?:(?:the\s+)?costs?\s+of|bills?|costs?|spends?|spent|pays?|paid)\b", re.I)


def money_claim(sentence: Sentence) -> Claim | None:
    """What electricity costs, by the catalog's energy of the same thing and the price of industry.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of no money, or states another figure. Raises WattlineError for what is of more
    than electricity, or in another currency than the dollar.
    """
    text, relation, catalog = sentence
    match = MONEY.search(text)
    if match is None or _states_another(f"{text[: match.start()]} {text[match.end() :]}"):
        return None
    money = match[0].strip()
    if not _ELECTRIC.search(text):
        raise decline(
            text, f"{money!r} is a cost of all that it takes, chips and people too; of costs that of electricity is "
            "worked out: say so (cost $4 million of electricity)"
        )  # fmt: skip
    if (match["sign"] or "").strip().upper() in ("€", "£", "¥") or (match["unit"] or "").lower() in ("euros", "yuan"):
        raise decline(text, f"{money!r} is in another currency than the prices of electricity that are known; give $")
    usd = _usd(match)
    place = place_in(CENTRES.sub(" ", text))
    key = f"region.{'us' if place is None or place.company else region_of(place)}.{PRICE}"
    if key not in {fact.key for record in catalog.records("region").values() for fact in record.facts.values()}:
        raise decline(text, f"the price of electricity of {place_words(place) if place else 'there'} is not known")
    kwh = usd / catalog.fact(key).value
    read = f"{_OF_COST.sub(' uses ', text[: match.start()])} {kwh:.9f} kWh {text[match.end() :]}"
    try:
        claim = figure_claim(Sentence(" ".join(read.split()), relation, catalog))
    except WattlineError:
        raise decline(
            text, f"of what {money!r} is the electricity is not clear, or its energy is not known; name a training run "
            "or a product of the catalog, such as GPT-3 or ChatGPT"
        ) from None  # fmt: skip
    return _priced(claim, text, usd, kwh, key)


def _priced(claim: Claim, text: str, usd: float, kwh: float, key: str) -> Claim:
    """A claim on energy as one on its cost."""
    if claim.stated is None or claim.derived is None:
        raise decline(text, "a range of costs is not read; give one")
    energy = quantity(*claim.stated.tree.value)
    each = "/request" if "request" in str(energy.units) else ""
    times = float((energy / quantity(kwh, f"kWh{each}")).to("").magnitude)
    where = key.split(".")[1].upper()
    return replace(
        claim,
        says=text,
        note=f"{claim.note} At the price of electricity of industry in {where}.",
        stated=literal_of(f"{usd * times:.6g} USD{each}", "claim"),
        derived=expression_of(f"({claim.derived.text}) * [{key}] in USD{each}", "derived"),
        newer=None if claim.newer is None else expression_of(f"({claim.newer.text}) * [{key}] in USD{each}", "newer"),
        beside={},
    )


def _usd(match: re.Match[str]) -> float:
    number = float((match["number"] or match["plain"]).replace(",", ""))
    scale = _SCALES.get((match["scale"] or match["words"] or "").lower(), 1.0)
    return number * scale / (CENTS_PER_DOLLAR if (match["unit"] or "").lower() == "cents" else 1.0)


def _states_another(rest: str) -> bool:
    """Whether a sentence states energy, power, CO2e or water beside its money."""
    try:
        stated_in(rest)
    except WattlineError:
        return False
    return True
