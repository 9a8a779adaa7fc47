"""Sentences on the water that an operator's data centres take per kilowatt-hour (WUE), held against the catalog's."""

from __future__ import annotations

import re

from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.sentence.named import site_of
from wattline.claim.sentence.reader import Sentence
from wattline.core.errors import WattlineError, shorten

_WUE = re.compile(r"\b(?:WUEs?|water usage effectiveness)\b", re.I)
_RATE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>m?L|millilit(?:re|er)s?|lit(?:re|er)s?)\s*(?:of water\s*)?(?:/|per|an?)\s*"
    r"(?:kWh|kilowatt-?hours?)\b",
    re.I,
)
_BARE = re.compile(r"(?<![\w.])(?P<number>\d{1,2}(?:\.\d+)?)(?![\w.%])")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def water_claim(sentence: Sentence) -> Claim | None:
    """The water of an operator's fleet per kWh of IT, against the catalog's.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of no such rate. Raises WattlineError where it may mean several things.
    """
    text, relation, catalog = sentence
    rate, wue = _RATE.search(text), _WUE.search(text)
    if rate is None and wue is None:
        return None
    figure = rate or _BARE.search(_YEAR.sub(" ", text))
    if figure is None:
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: it holds no litres per kWh, such as 0.15 L/kWh"
        )
    try:
        site = site_of(_WUE.sub("PUE", text), _YEAR.findall(text), catalog)
    except WattlineError as error:
        raise WattlineError(str(error).replace("PUE", "WUE")) from None
    milli = rate is not None and rate["unit"].lower().startswith("m")
    litres = float(figure["number"]) * (1e-3 if milli else 1.0)
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for {site.title}: water at the sites per kWh of IT, without that of the power plants.",
        stated=literal_of(f"{litres:.6g} L/kWh", "claim"),
        derived=expression_of(f"[{site.facts['wue_l_per_kwh'].key}]", "derived"),
        relation=relation,
    )
