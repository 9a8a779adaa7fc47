"""Statements of data centres in times to come without a year or a subject: "could soon use as much as Japan"."""

from __future__ import annotations

import re

from wattline.claim.sentence.coming_read import read_coming
from wattline.claim.sentence.coming_words import CENTRES, ComingClaim

DECADE = 2030  # the end of the decade, as far as studies of one hand look ahead
_FUTURE = re.compile(
    r"\b(will|could|would|may|might|soon|(?:expected|set|projected|forecast|likely|bound) to|"
    r"on (?:track|course) (?:to|for)|heading (?:for|to))\b",
    re.I,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|\bdecade\b", re.I)
_ABOUT = r"(?:(?:about|around|roughly|nearly|almost|some|more than|over|at least|up to)\s+)?"
_NAMED = r"[A-Z]\w+(?:\s[A-Z]\w+)?"
_WHEN = r"(?:\s+(?:in|by)\s+(?:the end of the decade|20\d\d))"
_BARE = re.compile(
    rf"\s*(?i:{_ABOUT})(?:(?i:as much(?:\s+(?:electricity|power|energy))?\s+as)\s+(?:all of\s+)?{_NAMED}{_WHEN}?|"
    rf"an?\s+{_NAMED}\s+(?:to|or)\s+an?\s+{_NAMED}(?:\s+more)?{_WHEN}?|\d[\d,.]*\s*[TPG]Wh?{_WHEN})\s*[.!]?\s*"
)
_RISE = re.compile(r"\s*an?\s")


def read_yearless(text: str) -> tuple[ComingClaim, bool] | None:
    """What a sentence states of data centres in time to come, where it names no year or no subject.

    Parameters
    ----------
    text : the sentence, such as "as much as Japan" or "1,000 TWh in 2026"

    Returns
    -------
    The statement and whether its year was taken for it; None where the sentence is whole, or of something else.
    """
    bare = _BARE.fullmatch(text) is not None
    whole = f"Data centres will need {text.strip()}" if bare else text
    if bare and _RISE.match(text):
        whole = f"Data centres will grow by between {text.strip()}"
    yearless = _YEAR.search(text) is None
    if not (bare or (yearless and CENTRES.search(text) and _FUTURE.search(text))):
        return None
    coming = read_coming(f"{whole.rstrip(' .')} by {DECADE}" if yearless else whole)
    if coming is None or not (coming.of or (bare and coming.kind in ("energy", "power"))):
        return None
    return coming, yearless
