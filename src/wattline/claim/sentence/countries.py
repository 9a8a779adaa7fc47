"""Names and adjectives of countries in a sentence, as the catalog's totals name their regions."""

from __future__ import annotations

import re
from functools import cache

from wattline.catalog import Record, default
from wattline.claim.sentence.coming_words import PEOPLES, place_in
from wattline.claim.sentence.things import region_of

_NAMES = "|".join(re.escape(name) for name in PEOPLES if " " in name or "." in name)
_LONG = re.compile(rf"\b(?:the\s+)?({_NAMES})\b(?:\s+of\s+America\b)?", re.I)
_GROUPS = {"europe": "eu", "eu27": "eu"}


def with_codes(text: str) -> str:
    """A sentence in which the countries whose data centres the catalog has are named by their codes: Irish, region-ie.

    Parameters
    ----------
    text : the sentence

    Returns it; other countries, companies and the world are left as they are.
    """
    text = _LONG.sub(lambda match: PEOPLES[match[1].lower()], text)
    return re.sub(r"\b[A-Za-z]\w+\b", lambda match: _code(match[0]) or match[0], text)


def region_word(record: Record) -> str:
    """The word by which a sentence names the region of a record of the catalog.

    Parameters
    ----------
    record : a total, a run, a prompt

    Returns it; empty where it has no region.
    """
    region = str(record.meta.get("region", ""))
    return region if region in ("", "world") else f"region-{region}"


@cache
def _code(word: str) -> str:
    """The code of the region that a word names, where a total is of it; else empty."""
    if word != word.capitalize() and not word.isupper() and word not in PEOPLES.values():
        return ""
    place = place_in(word)
    if place is None or place.company or place.name == "world":
        return ""
    code = _GROUPS.get(place.name, region_of(place))
    regions = {str(record.meta.get("region")) for record in default().records("total").values()}
    return f"region-{code}" if code in regions else ""
