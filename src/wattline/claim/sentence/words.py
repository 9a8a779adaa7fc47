"""Words of claims in sentences: what means the same, what names nothing, and units as they are written out."""

from __future__ import annotations

import re

from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten

# one word for what is said in several ways
SAME = {
    "prompts": "prompt", "request": "prompt", "requests": "prompt", "query": "prompt", "queries": "prompt",
    "question": "prompt", "questions": "prompt", "message": "prompt", "answer": "prompt", "reply": "prompt",
    "response": "prompt", "responses": "prompt", "answers": "prompt", "replies": "prompt", "messages": "prompt",
    "centres": "centre", "center": "centre", "centers": "centre", "trained": "training", "train": "training",
    "datacentre": "centre", "datacentres": "centre", "datacenter": "centre", "datacenters": "centre",
    "images": "image", "picture": "image", "pictures": "image", "generating": "generation", "searches": "search",
    "usa": "region-us", "america": "region-us", "american": "region-us", "us": "region-us",
    "global": "world", "worldwide": "world", "openai": "chatgpt", "ai-generated": "ai",
}  # fmt: skip
MAKER = "openai"
# the same, but that a maker does not stand for its best-known product
BY_NAME = {word: same for word, same in SAME.items() if word != MAKER}

UNITS = {
    "watthour": "Wh", "kilowatthour": "kWh", "megawatthour": "MWh", "gigawatthour": "GWh", "terawatthour": "TWh",
    "gram": "g", "kilogram": "kg", "tonne": "t", "ton": "t", "kilotonne": "kt", "kiloton": "kt", "megatonne": "Mt",
    "megaton": "Mt", "litre": "L", "liter": "L", "millilitre": "mL", "milliliter": "mL", "ml": "mL", "joule": "J",
    "kilojoule": "kJ", "megajoule": "MJ", "watt": "W", "megawatt": "MW", "gigawatt": "GW", "wh": "Wh", "kwh": "kWh",
    "mwh": "MWh", "gwh": "GWh", "twh": "TWh",
}  # fmt: skip

_PLAIN = """
amounts averaged averages averaging likely medium-length see sees usage a about above all almost alone already also an
and annual annually approximately around as ask asked asking at average be been below between by can carbon co2 co2e
co2eq consume consumed consumes consuming consumption cost costs could currently daily data day dioxide does drank
draw draws drink drinks during each electric electricity emissions emit emits emitted energy enormous equivalent
estimated evaporate evaporated evaporates even every exceed exceeds for fresh freshwater from generate generated has
have hour hours huge in into is it its just language large least less make makes making massive may mean median mere
merely might model models more most nearly need needed needs no now of on one only or over per planned power produce
produced produces projected reach reached reaches reported required requires roughly run running runs said says scale
scaled scales should single slated some staggering still take takes taking text than that the their this tiny to today
took total typical under up use used uses using was water were when which whopping will with would write writing year
years
"""
# a sentence on what is yet to come
COMING = re.compile(
    r"\b(will|would|could|may|might|going to|set to|expected|forecasts?|projected|predict(?:s|ed)|by (?:19|20)\d\d)\b",
    re.I,
)
PLAIN = frozenset(_PLAIN.split())  # words that any sentence may hold; they name nothing
_BOUNDS: tuple[tuple[str, Relation], ...] = (
    (
        r"\b(more( electricity| power| energy)? than|surpass|overtakes?|at least|exceeds?|above|no less than|"
        r"(?<!just )(?<!slightly )(?<!little )over(?!\s+(the|a|an|(\w+[\s-]){0,2}(years?|decades?|months?))\b))\b",
        "at least",
    ),
    (
        r"\b(less( electricity| power| energy)? than|at most|under(?! (full )?load)|up to|below|no more than)\b|"
        r"\bas (?:much|high) as(?=\s+\d[\d.,]*\s*(?:thousand |million |billion |trillion )?"
        r"(?:%|per ?cent|[kMGTP]?Wh?\b|[a-z]*watt))",
        "at most",
    ),
)


def relation_in(text: str) -> Relation:
    """How a figure is meant: as a bound where the sentence says so.

    Parameters
    ----------
    text : the sentence

    Returns the relation.
    """
    return next((name for words, name in _BOUNDS if re.search(words, text, re.I)), "equal")


def decline(text: str, why: str) -> WattlineError:
    """The refusal of a sentence.

    Parameters
    ----------
    text : of the sentence
    why : it cannot be checked, and the mend

    Returns the error, to be raised.
    """
    return WattlineError(f"claim: {shorten(text)!r} cannot be checked: {why}")
