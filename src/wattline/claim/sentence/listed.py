"""Sentences that repeat a claim which is worked through already: how many data centres there are, American demand."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.catalog import default
from wattline.claim.fields import expression_of, literal_of
from wattline.claim.file import Claim, read_file
from wattline.claim.sentence.coming_words import CENTRES, SCALES, place_in
from wattline.core.errors import shorten

_COUNT = re.compile(
    r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)\s*(?P<scale>thousand|million)?\s+(?:of\s+(?:them|the|all)\s+)?", re.I
)
_AMOUNT = r"\d+(?:,\d{3})*(?:\.\d+)?\s*(?:thousand|million)?\s+(?:sites\s+)?in\s+20\d\d"
_RISEN = re.compile(
    rf"\bnumber of\b.*{CENTRES.pattern}.*?(?P<from>\bfrom\s+(?:about\s+|around\s+|some\s+)?{_AMOUNT}\s*,?)\s*to\s+"
    rf"(?:about\s+|around\s+|some\s+|nearly\s+)?(?P<last>{_AMOUNT})",
    re.I,
)
# data centres numbered 3,600; there were 8,000 of them
_NUMBERED = re.compile(
    r"\b(?:number(?:ed|s)?|total(?:led|ed)?|count(?:ed)?)\s+(?:(?:about|around|some|nearly|roughly|just|over|only)\s+)*"
    r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)\s*(?P<scale>thousand|million)?(?=\s*(?:[.,;]|$|in\s|by\s|as\s|world|glob|at\s))",
    re.I,
)
_DEMAND = re.compile(r"\b(electric\w*|power|energy)?\s*(demand|consumption|use|usage)\b", re.I)
_GROWTH = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(%|per\s?cent)", re.I)
_LONG = re.compile(r"\b(20|twenty) years\b|\btwo decades\b|\b2044\b|\b2045\b", re.I)
COUNTS = {"world": {2015: "data-centres-2015", 2021: "data-centres-2021", 2023: "data-centres-2023"},
          "us": {2021: "data-centres-us-2021", 2024: "data-centres-us-2024"}}  # fmt: skip
UNSOURCED = {2015}
LIST_NOTE = "Such counts grow with what a directory lists, of any size of site; the IEA counts about 8,000 for 2024."


def listed_claim(text: str) -> Claim | None:
    """The claim that a sentence repeats, with its own number; None where it repeats none.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The claim of the package's own list, or None.
    """
    return _count_claim(text) or _demand_claim(text)


def _count_claim(text: str) -> Claim | None:
    """A number of data centres in a year, held against the counts that are known."""
    centres = CENTRES.search(text)
    near = (m for m in _COUNT.finditer(text) if CENTRES.match(text, m.end()) or _hyper(text[m.end() :]))
    match = next((m for m in near if not re.fullmatch(r"(19|20)\d\d", m["number"])), None) if centres else None
    risen = _RISEN.search(text) if match is None else None
    if risen is not None:  # of a rise from one count to another the last is held against what was counted then
        match = re.search(r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)\s*(?P<scale>thousand|million)?", risen["last"], re.I)
        text = f"{text[: risen.start('from')]}{risen['last']}{text[risen.end('last') :]}"
    if match is None and centres:
        match = _NUMBERED.search(text)
    if match is None:
        return None
    number = float(match["number"].replace(",", "")) * SCALES.get((match["scale"] or "").lower(), 1.0)
    place = place_in(text)
    counts = COUNTS.get("us" if place is not None and place.name == "us" else "world", {})
    if place is not None and place.name not in COUNTS:
        return replace(_bare(text), cannot=f"No count of {place.name} is known. {LIST_NOTE}", note=LIST_NOTE)
    years = [int(y) for y in re.findall(r"\b(20[0-4]\d)\b", text.replace(match[0], " "))]
    past = re.search(r"\b(were|was|had|used to)\b", text, re.I)
    year = years[0] if years else _nearest(number, counts) if past else max(counts)
    beside = {f"counted for {y}": expression_of(f"[constant.{key}]", "beside") for y, key in counts.items()}
    if year in UNSOURCED or year not in counts:
        cannot = f"No count of {year} has a source that can be opened. {LIST_NOTE}"
        return replace(_bare(text), cannot=cannot, note=LIST_NOTE, beside=beside)
    return replace(
        _bare(text), stated=literal_of(f"{number:.15g}", "claim"), note=LIST_NOTE, beside=beside,
        derived=expression_of(f"[constant.{counts[year]}]", "derived"),
    )  # fmt: skip


def _nearest(number: float, counts: dict[int, str]) -> int:
    """The year whose count lies nearest, where a sentence names none."""
    known = {year: default().fact(f"constant.{key}").value for year, key in counts.items()}
    return min(known, key=lambda year: abs(known[year] - number))


def _hyper(text: str) -> bool:
    """Whether a word of their kind stands between the number and the data centres."""
    return bool(re.match(r"(active|operational|separate|known|listed)\s+", text)) and bool(CENTRES.search(text[:30]))


def _bare(text: str) -> Claim:
    return Claim(id="sentence", says=shorten(text, 500))


def _demand_claim(text: str) -> Claim | None:
    """The growth of all American demand over 20 years, as the head of a power company had it."""
    growth, place = _GROWTH.search(text), place_in(text)
    if CENTRES.search(text) or growth is None or place is None or place.name != "us":
        return None
    if not _DEMAND.search(text) or not _LONG.search(text):
        return None
    past = re.search(r"\b(last|past|previous)\b", text, re.I) is not None
    name = "us-demand-past-9-percent" if past else "us-demand-next-40-percent"
    claim = next(claim for claim in read_file("article").claims if claim.id == name)
    projected = "" if past else "a projection: what is yet to come proves nothing"
    stated = literal_of(f"{growth['number']} %", "claim")
    return replace(claim, id="sentence", says=shorten(text, 500), stated=stated, expect=None, projected=projected)
