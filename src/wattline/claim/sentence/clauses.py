"""A sentence on data centres that holds two statements: of two years, or of two parts of them."""

from __future__ import annotations

import re

from wattline.claim.sentence.coming_words import CENTRES, TOTAL, in_percent

_PERCENT = r"\d+(?:\.\d+)?\s*(?:%|per\s?cent)"
_RANGE = rf"(?:\d+(?:\.\d+)?\s*(?:%|per\s?cent)?\s*(?:to|and|or|-|–)\s*)?{_PERCENT}"
_WHEN = r"(?:in|by)\s+(?:19|20)\d\d"
# their share of Ireland's electricity rose from 5% in 2015 to 22% in 2024
_SHARE_ROSE = re.compile(
    r"\bshare of (?P<whole>(?:(?!\bof\b).){0,60}?(?:electricity|power|energy|demand|consumption)(?:\s+(?:use|demand|"
    r"consumption|needs))?)\s+(?P<may>could |will |may |might |would )?(?:rose|risen|rise|grew|grown|grow|increased?|"
    r"climbed?|jumped?|went|go|doubled?|tripled?|quadrupled?|fell|fallen|fall|dropped)\s+(?:\w+\s+)?"
    rf"from\s+(?:\w+\s+)?(?P<first>{_PERCENT})(?:\s+(?P<from>{_WHEN}))?\s+to\s+(?:\w+\s+)?"
    rf"(?P<last>{_PERCENT})\s+(?P<to>{_WHEN})",
    re.I,
)
# used 20 TWh in 2024 and will use 31 TWh in 2030
_THEN = re.compile(
    rf"^(?P<first>.*?\d.*?\b{_WHEN})\s*,?\s+(?:and|but|while)\s+(?P<last>(?:(?:are|is|it is|they are)\s+)?(?:will|"
    rf"could|would|may|might|expected to|projected to|set to|forecast to|likely to)\s+.*?\d.*?\b{_WHEN})$",
    re.I,
)
_VERB = re.compile(r"\b(?:us(?:es?|ed)|consum(?:es?|ed)|account(?:s|ed)?|took|takes?|needs?|needed|draws?|drew|"
                   r"reached)\b", re.I)  # fmt: skip
_PARTS = re.compile(
    rf"(?P<first>{_PERCENT})\s+(?:(?:goes|went|is|was|are|were)\s+)?(?:used\s+)?(?:to|for|by)\s+(?P<one>computing|cooling)"
    rf"\s*,?\s*and\s+(?:another\s+)?(?P<last>{_PERCENT})\s+(?:(?:goes|went|is|was)\s+)?(?:used\s+)?(?:to|for|by)\s+"
    r"(?P<other>computing|cooling)",
    re.I,
)
_PARTS_LAST = re.compile(
    rf"(?P<one>computing|cooling)\s+(?:takes?|uses?|needs?|accounts? for)\s+(?P<first>{_PERCENT}).*?\band\s+"
    rf"(?P<other>computing|cooling)\s+(?:takes?\s+|uses?\s+)?(?:another\s+)?(?P<last>{_PERCENT})",
    re.I,
)


def clauses_in(text: str) -> tuple[str, ...]:
    """The sentences of one on data centres that states something of two years or of two of their parts.

    Parameters
    ----------
    text : such as "Germany's data centres used 20 TWh in 2024 and will use 31 TWh in 2030"

    Returns
    -------
    A sentence of each; empty where there is one alone.
    """
    if not CENTRES.search(text):
        return ()
    return _of_parts(text) or _of_share(text) or _of_years(text)


def _of_parts(text: str) -> tuple[str, ...]:
    match = _PARTS.search(text) or _PARTS_LAST.search(text)
    if match is None:
        return ()
    parts = tuple(
        f"{match[name].capitalize()} takes {match[share]} of data centres' electricity"
        for name, share in (("one", "first"), ("other", "last"))
    )
    head = re.sub(r",?\s*(?:of which|with|where)?\s*$", "", text[: match.start()])
    return (head, *parts) if re.search(r"\d\s*[kMGTP]Wh\b", head) else parts


def _of_share(text: str) -> tuple[str, ...]:
    """Two years' shares of one place's electricity."""
    match = _SHARE_ROSE.search(text)
    if match is None:
        return ()
    subject = re.sub(r"(?:['’]s?)?\s*$", "", text[: match.start()])
    whole = re.sub(r"^(?:metered|total|all)\s+", "", match["whole"])
    if not re.search(r"[A-Z]|world|global|country", whole):
        whole = f"the country's {whole}"
    last = f"{subject} {match['may'] or ''}use {match['last']} of {whole} {match['to']}"
    return (f"{subject} used {match['first']} of {whole} {match['from']}", last) if match["from"] else (last,)


def _of_years(text: str) -> tuple[str, ...]:
    """What was in one year and what will be in another, of the same data centres and the same whole."""
    plain = in_percent(text)
    match = _THEN.match(plain)
    verb = _VERB.search(plain)
    if match is None or verb is None or verb.start() > match.end("first"):
        return ()
    subject = plain[: verb.start()].strip()
    last = f"{subject} {match['last']}"
    whole = TOTAL.search(match["first"])
    if re.search(_PERCENT, match["last"]) and whole is not None and TOTAL.search(match["last"]) is None:
        last = re.sub(rf"({_RANGE})", rf"\1 {whole[0]}", last, count=1)
    return match["first"].strip(" ,"), last
