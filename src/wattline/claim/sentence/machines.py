"""Sentences on servers and racks by their names, such as NVL72, and on what a hall of so many MW uses in a year."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record
from wattline.claim.evaluate import quantity
from wattline.claim.fields import expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.counted_words import NUMBER, number_of
from wattline.claim.sentence.power_words import ASSUMPTION, LOAD, YEARLY, power_or_energy, usual_load
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import StatedFigure
from wattline.claim.sentence.words import decline
from wattline.core.errors import shorten

NEAR = 0.05  # as near as this to its power all the year a figure is taken for just that
# names that are of machines alone: a desktop or a cloud's g5 may be anything
_MACHINE = re.compile(r"^(?:.*nvl\d+|[dh]gx-.*|cloudmatrix-?\d+|cm\d+|helios(?:-rack)?|xe\d+)$")
_CALLED = r"(?:racks?|servers?|systems?|supernodes?)"
_EACH = re.compile(r"\b(?:each|apiece|per (?:rack|server|machine|system|node)|single|every)\b", re.I)
_HALL = re.compile(
    r"\b(?P<number>\d[\d,]*(?:\.\d+)?)[\s-]*(?P<unit>[MG]W|(?:mega|giga)watts?)[\s-]+(?:AI\s+)?data[\s-]?cent(?:re|er)s?\b"
    r"|\bdata[\s-]?cent(?:re|er)\s+(?:of|with|drawing|that draws)\s+(?P<behind>\d[\d,]*(?:\.\d+)?)[\s-]*"
    r"(?P<unit_behind>[MG]W|(?:mega|giga)watts?)\b(?![\s-]*hours?)",
    re.I,
)


def machine_claim(sentence: Sentence) -> Claim | None:
    """The power of so many servers or racks, or what they use in a year.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence names no machine. Raises WattlineError where it may mean several things.
    """
    text = sentence.text
    named = _named_in(text, sentence.catalog)
    if named is None:
        return None
    record, start, end = named
    before = re.search(
        rf"(?P<count>{NUMBER})\s+(?:racks?|servers?|systems?)?(?:\s*of\s+)?(?:nvidia\S*\s+|dell\S*\s+|amd\S*\s+)?$",
        text[:start], re.I,
    )  # fmt: skip
    count = number_of(before["count"]) if before else 1.0
    stated = power_or_energy(f"{text[: before.start() if before else start]} {text[end:]}")
    if stated is None:
        return None
    count = 1.0 if _EACH.search(text) else count
    each, words = _rated(record, sentence.catalog)
    many = f"{count:,.15g} × {record.title}"
    if stated.measures("[energy]/[time]"):
        return _made(sentence, stated, f"{count:.15g} * ({each})", f"Taken for {many}, at {words}.")
    if not (YEARLY.search(text) or stated.per):
        raise decline(text, "for how long the machines run is not said; give their power, or what they use in a year")
    part = usual_load(sentence.catalog)
    note = f"Taken for {many} over a year, at {part} of {words}, for it is not said. Cooling comes on top.{stated.note}"
    return _made(sentence, stated, f"{count:.15g} * ({each}) * [{LOAD}] * 1 year", note, ASSUMPTION)


def hall_claim(sentence: Sentence) -> Claim | None:
    """What a data centre of so many MW uses in a year, at that power all the time.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence states no energy of such a hall.
    """
    text = sentence.text
    match = _HALL.search(text)
    if match is None:
        return None
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    stated = power_or_energy(rest)
    if stated is None or not stated.measures("[energy]") or not (YEARLY.search(rest) or stated.per):
        return None
    number = (match["number"] or match["behind"]).replace(",", "")
    unit = "GW" if (match["unit"] or match["unit_behind"]).lower().startswith("g") else "MW"
    full = f"{number} {unit} * 1 year"
    share = float((quantity(*stated.middle.tree.value) / quantity(float(number), f"{unit} * year")).to("").magnitude)
    if share > 1 - NEAR:
        note = f"Taken at {number} {unit} all the year, which is the most that it can use.{stated.note}"
        return _made(sentence, stated, full, note)
    part = usual_load(sentence.catalog)
    note = f"Taken at {part} of {number} {unit} on average, for it is not said.{stated.note}"
    return _made(sentence, stated, f"{full} * [{LOAD}]", note, "an assumption of how busy a hall is")


def _made(sentence: Sentence, stated: StatedFigure, derived: str, note: str, projected: str = "") -> Claim:
    return Claim(
        id="sentence",
        says=shorten(sentence.text, 500),
        note=note,
        derived=expression_of(derived, "derived"),
        **stated.in_claim(sentence.relation),
        projected=projected,
    )


def _named_in(text: str, catalog: Catalog) -> tuple[Record, int, int] | None:
    """The machine that a sentence names, by the longest of its names, and where it stands."""
    best: tuple[int, Record, int, int] | None = None
    for record in catalog.records("server").values():
        for name in (record.name, *record.meta.get("aliases", ())):
            plain = str(name).lower().replace(" ", "-")
            if not _MACHINE.match(plain):
                continue
            words = r"[\s-]?".join(re.escape(part) for part in re.findall(r"[a-z]+|\d+", plain))
            match = re.search(rf"(?<![\w-]){words}(?:['’]s|s)?(?:[\s-]+{_CALLED})?(?!\w)", text, re.I)
            if match and (best is None or len(words) > best[0]):
                best = (len(words), record, match.start(), match.end())
    return None if best is None else best[1:]


def _rated(record: Record, catalog: Catalog) -> tuple[str, str]:
    """The power of a machine, and in words: its rated maximum, else its chips at their thermal design power."""
    facts = record.facts
    if "max_w" in facts:
        return f"[{facts['max_w'].key}]", "its rated power"
    chip = catalog.records("chip")[str(record.meta["chip"][0])]
    chips = f"[{facts['chips_per_node'].key}] * [{chip.facts['tdp_w'].key}]"
    return f"{chips} + [{facts['host_w'].key}]", "the thermal design power of its chips and its host's"
