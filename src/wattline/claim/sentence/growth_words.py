"""Words of growth: whether a sentence says that something rises, and by how many times."""

from __future__ import annotations

import re

PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(%|per\s?cent)", re.I)
_TIMES = re.compile(r"\b(?P<number>\d+(?:\.\d+)?)(\s+times|[\s-]?fold)\b", re.I)
YEARLY = re.compile(
    r"(\b(per|a)\s+(year|annum)|/\s*(yr|year)|\b(annually|yearly|annual|cagr|compound\w*)|\b(each|every) year)\b", re.I
)
_NUMBERS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ten": "10"}
_EVERY = re.compile(rf"\bevery\s+((?P<number>\d+(?:\.\d+)?|{'|'.join(_NUMBERS)})\s+)?years?\b", re.I)
_FOLD = {"doubl": 2.0, "twice": 2.0, "twofold": 2.0, "tripl": 3.0, "trebl": 3.0, "threefold": 3.0, "quadrupl": 4.0,
         "fourfold": 4.0, "tenfold": 10.0, "half as much again": 1.5}  # fmt: skip
_GROWS = re.compile(
    r"\b(grow\w*|grew|rose|rise\w*|rising|increas\w*|climb\w*|jump\w*|surge\w*|up|more|add\w*|extra|higher|additional|another)\b",
    re.I,
)
_FALLS = re.compile(r"\b(fall\w*|drop\w*|shrink\w*|declin\w*|decreas\w*|halv\w*|down|less than (today|now))\b", re.I)


def multiple_in(text: str, years: int = 1) -> float | None:
    """By how many times something grows over so many years, of "double", "grow by 40%", "15% a year" or "double every
    four years"; None without.

    Parameters
    ----------
    text : of a sentence
    years : of growth that it is about

    Returns the factor.
    """
    multiple = _multiple(text)
    if multiple is None or years <= 0:
        return multiple
    if every := _EVERY.search(text):
        number = every["number"]
        each = 1.0 if number is None else float(_NUMBERS.get(number.lower(), number))
        return float(multiple ** (years / each)) if each else None
    return float(multiple**years) if YEARLY.search(text) else multiple


def _multiple(text: str) -> float | None:
    lower = text.lower()
    for words, value in _FOLD.items():
        if words in lower:
            return value
    if match := _TIMES.search(text):
        return float(match["number"])
    if re.search(r"\bhalv\w+|by half\b", lower):
        return 0.5 if "halv" in lower or _FALLS.search(text) else 1.5
    if match := PERCENT.search(text):
        share = float(match["number"]) / 100
        if _FALLS.search(text):
            return max(1 - share, 0.0)
        return 1 + share if _GROWS.search(text) else None
    return None


def grows(text: str) -> bool:
    """Whether a sentence tells of more rather than of a level."""
    return bool(_GROWS.search(text))
