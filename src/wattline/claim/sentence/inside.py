"""Sentences on what part of data centres' electricity something takes: cooling, computing, a country's centres."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.claim.fields import expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_parts import share_within
from wattline.claim.sentence.coming_words import BASE, CENTRES, in_percent, place_in, place_words, years_of
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.share import by_fact
from wattline.claim.sentence.words import decline
from wattline.claim.verdict import Relation

_SHARE = re.compile(
    r"(?:(?<![\d.])(?P<low>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)?\s*(?:-|–|—|to|and)\s*)?"
    r"(?P<number>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)",
    re.I,
)
_USE = r"(?:electricity|power|energy)\s+(?:use\s+|demand\s+|bill\s+|consumption\s+)?"
# 40% of the energy of data centres, 40% of a data centre's electricity
_INSIDE = re.compile(
    rf"(?:%|per\s?cent)\s+of\s+(?:(?:[\w'’-]+\s+){{0,3}}?{_USE}(?:of|in|for|used (?:by|in)|consumed (?:by|in))\s+)?"
    rf"(?:(?:an?|the|most|all|its|global|total|world['’]s|the world['’]s)\s+)*(?:[a-z][\w-]*\s+)?{CENTRES.pattern}",
    re.I,
)
_PARTS = {"cooling": "dc-share-cooling", "computing": "dc-share-computing"}
_WHOLE, _COUNTRIES = "total.iea-2025-world-2024.energy_twh", {"us": "us", "china": "china", "europe": "europe"}
_WORLD = re.compile(r"\b(?:the\s+)?(?:world['’]s|world|global|worldwide)\b", re.I)
_GROWS = re.compile(r"\b(grow|grew|rise|rose|increas|fell|fall|drop)\w*", re.I)
_ENERGY = re.compile(r"\b(electricity|power|energy)\b", re.I)


def inside_claim(sentence: Sentence) -> Claim | None:
    """A share of what data centres use themselves, or of their number, against a fact or two totals of one study.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence is of no such share. Raises WattlineError for a part that no fact is of.
    """
    text, relation, _ = sentence
    plain = in_percent(text)
    if not _INSIDE.search(plain) or share_within(text) or _GROWS.search(text) or years_of(text) is not None:
        return None
    matches = list(_SHARE.finditer(plain))
    if len(matches) != 1:
        raise decline(text, "it holds several shares; give one")
    ends = [float(end) / 100 for end in (matches[0]["low"], matches[0]["number"]) if end]
    shares = tuple(ends) if ends == sorted(ends) else (ends[-1],)
    place = place_in(_WORLD.sub(" ", CENTRES.sub(" ", text)))
    if place is None or place.name == "world":
        return _of_part(text, shares, relation)
    key = _COUNTRIES.get(place.name)
    if not _ENERGY.search(text):
        if key != "us":
            raise decline(text, f"the share of all data centres that stand there is not known of {place_words(place)}")
        return by_fact(text, "constant.data-centres-iea-us-share", shares, BASE, relation)
    if key is None or place.company or re.search(r"\b(?:19|20)(?!24)\d\d\b", text):
        raise decline(text, "the part of the world's data centres is known of the US, China and Europe in 2024")
    claim = by_fact(text, _WHOLE, shares, BASE, relation)
    derived = expression_of(f"[total.iea-2025-{key}-2024.energy_twh] / [{_WHOLE}] in %", "derived")
    return replace(claim, derived=derived, note="Both are totals of the IEA for 2024.")


def _of_part(text: str, shares: tuple[float, ...], relation: Relation) -> Claim:
    """The share of a part of the data centre itself."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    parts = sorted({key for word, key in _PARTS.items() if word in words})
    if len(parts) != 1:
        raise decline(text, "of what data centres use inside, the shares of cooling and of computing are known")
    claim = by_fact(text, f"constant.{parts[0]}", shares, BASE, relation)
    return replace(claim, note="A share within the data centre, whatever its year.")
