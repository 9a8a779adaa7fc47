"""A sentence with two figures of the same data centres, a yearly energy and the share of a place's electricity that it
is: one claim of each, both of the place that the share names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import CENTRES, TOTAL, in_percent, place_in, place_words
from wattline.claim.sentence.words import decline

_WHEN = r"(?:in|by)\s+(?:19|20)\d\d"
# what joins the second figure to the first, or leads to the first; it is left out
_JOINS = (
    r"(?:(?:or|and|which|that|this|it|is|was|were|are|will|would|could|be|equals?|equalling|equal to|equivalent to|"
    r"represent\w*|account\w*(?:\s+for)?|amount\w*(?:\s+to)?|mak(?:es|ing)(?:\s+up)?|made up|"
    r"correspond\w*(?:\s+to)?)\s+)*"
)
_ABOUT = (
    r"(?:(?:about|around|roughly|nearly|almost|some|approximately|just|slightly|over|under|more than|less than|up to|"
    r"a total of)\s+)*"
)
_SHARE = (
    rf"{_JOINS}(?P<share>{_ABOUT}\d+(?:\.\d+)?\s*(?:%|per\s?cent)\s+{TOTAL.pattern[:-1]}|consumption)"
    r"(?:\s+(?:use|usage|demand|consumption|needs|supply))?)"
)
_ENERGY = (
    rf"{_JOINS}(?P<energy>{_ABOUT}\d[\d,]*(?:\.\d+)?\s*(?:thousand\s|million\s|billion\s|trillion\s)?[\s-]*"
    r"(?:[kMGTP]Wh|(?:kilo|mega|giga|tera|peta)watt[\s-]?hours?)(?:\s+of\s+(?:electricity|power|energy))?)"
)
_BETWEEN = (
    rf"(?P<between>(?:\s+(?:a|per)\s+year)?(?:\s+{_WHEN})?(?:\s*(?:,|;|–|—|\()\s*|\s+"
    r"(?=or\b|equal|equivalent|represent|account|correspond|amount)))"
)
_ENERGY_FIRST = re.compile(rf"{_ENERGY}{_BETWEEN}{_SHARE}\)?", re.I)
_SHARE_FIRST = re.compile(rf"{_SHARE}{_BETWEEN}{_ENERGY}\)?", re.I)


_USES = re.compile(r"\b(?:us|consum|tak|took|need|draw|drew|reach|requir|demand)\w*\s*(?:up\s+)?$", re.I)


class TwoFigures(NamedTuple):
    """A sentence of two figures, as a sentence of each.

    Attributes
    ----------
    energy : the sentence with its yearly energy alone
    share : with the share alone
    """

    energy: str
    share: str


def two_figures_in(text: str) -> TwoFigures | None:
    """The two sentences of one on data centres that states an energy and the share that it is.

    Parameters
    ----------
    text : such as "US data centres used 176 TWh in 2023, about 4.4% of the country's electricity"

    Returns
    -------
    The two; None where a sentence does not state both. Raises WattlineError where the place of the share is not known.
    """
    plain = in_percent(text)
    match = _ENERGY_FIRST.search(plain) or _SHARE_FIRST.search(plain)
    if match is None or not CENTRES.search(plain):
        return None
    before, after = plain[: match.start()].rstrip(), plain[match.end() :].strip(" ,")
    when = re.search(_WHEN, match["between"] or "", re.I)
    verb = "" if _USES.search(before) else "use"
    energy, share = (
        " ".join(filter(None, (before, verb, match[name].strip(), when and when[0], after)))
        for name in ("energy", "share")
    )
    share = re.sub(r"(?<!electricity )(?<!power )(?<!energy )\bconsumption\b", "electricity consumption", share)
    return TwoFigures(_of_place(energy, match["place"], text), share)


def _of_place(energy: str, whole: str, text: str) -> str:
    """The sentence of the energy, of the place that the share names where it names none itself."""
    if place_in(CENTRES.sub(" ", energy)) is not None:
        return energy
    place = place_in(whole)
    if place is None or place.company:
        if re.fullmatch(r"\W*(?:its|their|the|all|total|country|nation|national|'s|’s|\s)*\W*", whole, re.I):
            return energy
        raise decline(text, f"whose electricity {whole.strip()!r} is is not known; name a country or the world")
    words = place_words(place)
    whose = f"{words}'" if words.endswith("s") else f"{words}'s"
    read = CENTRES.sub(lambda match: f"{whose} {match[0].lower()}", energy, count=1)
    return read[0].upper() + read[1:]


def both_claims(text: str, read: Callable[[str], tuple[Claim, ...]]) -> tuple[Claim, ...] | None:
    """A claim of each figure of a sentence that states an energy and the share that it is; None for any other.

    Parameters
    ----------
    text : the sentence
    read : the claims of a sentence

    Returns
    -------
    The claims of the energy, then that of the share. Raises WattlineError where one of them cannot be checked.
    """
    both = two_figures_in(text)
    if both is None:
        return None
    return (*read(both.energy), *(replace(claim, id="share") for claim in read(both.share)))
