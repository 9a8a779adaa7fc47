"""What a sentence states of data centres' electricity in a year to come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wattline.claim.sentence.coming_parts import part_in, share_within
from wattline.claim.sentence.coming_words import (
    CENTRES,
    LAST,
    ComingClaim,
    Kind,
    Part,
    amount_in,
    like_at,
    low_end,
    named_places,
    of_other_things,
    place_in,
    place_or_world,
    share_in,
    years_of,
)
from wattline.claim.sentence.growth_words import grows, multiple_in
from wattline.claim.sentence.states import named_state
from wattline.core.errors import WattlineError, shorten
from wattline.line.world.places import Place

_CRYPTO = re.compile(r"\b(crypto\w*|bitcoin)\b", re.I)
# what makes less of a country than the whole: a share of it, its homes
_PARTLY = re.compile(
    r"(%|\bper\s?cent|\b(half|thirds?|quarters?|fifths?|sixths?|eighths?|tenths?)\b)|\b(homes?|households?|houses)\b",
    re.I,
)
_MAKES = re.compile(
    r"\b(nuclear|reactors?|SMRs?|solar|wind|geothermal|fusion|gas[- ]fired|turbines?|power plants?|hydro\w*|"
    r"batter(?:y|ies)|renewables?|clean (?:energy|power)|(?:will|would|to) (?:suppl(?:y|ies)|generate|deliver))\b",
    re.I,
)
# 500 MW of small reactors, 2 GW from nuclear plants
_FROM_PLANT = re.compile(rf"(?:[kMGT]Wh?|watts?)\s+(?:of|from)\s+(?:[\w-]+\s+){{0,4}}?{_MAKES.pattern}", re.I)
# one of a company's sites: Meta's Hyperion, a campus of Google
_SITE_OF = re.compile(
    r"\b(?:campus|facility|cluster|supercluster|supercomputer|complex|site)\b|['’]s\s+(?!AI\b|U\.?S\b)[A-Z]\w+"
)
_GROWTH_OF = re.compile(r"(%|per\s?cent|half|third|quarter)\s+of\b[^.,;]*\b(growth|increase|rise|additions?)\b", re.I)
# "160 to" of a range whose upper end is the amount
_LOWER_END = re.compile(r"(?:\bbetween\s+)?\d[\d.,]*\s*(?:[kmgtp]?wh|[kmgt]w)?\s*(?:to|and|-|–)$")


def read_coming(text: str) -> ComingClaim | None:
    """What a sentence states of data centres in a year to come; None where it is of something else.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The place, year and quantity that are stated, or None. Raises WattlineError for what makes electricity, and for what
    the outlook is not of.
    """
    years = years_of(text)
    part = part_in(text)
    if years is None or not (CENTRES.search(text) or part == "ai" or share_within(text) or _of_company(text)):
        return None
    if _MAKES.search(text) and not (CENTRES.search(text) and not _FROM_PLANT.search(text)):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: it is of what makes electricity, and the outlook is of what "
            "data centres use; `wattline supply` plans what powers a site"
        )
    year, base = years
    if year > LAST:  # the catalog may know a projection of it
        return None
    if within := share_within(text):
        return within_claim(text, year, *within)
    if site := _SITE_OF.search(text) if _of_company(text) else None:
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: the outlook has all that a company uses, and this is of "
            f"{shorten(site[0].strip())!r}; see what `wattline site` gives for its size and place"
        )
    coming = _read(text, year, base)
    if coming is None or (part == "ai" and coming.place.company):
        return None
    return replace(coming, part=part, crypto=_CRYPTO.search(text) is not None)


def within_claim(text: str, year: int, share: tuple[float, ...], part: Part, of_ai: bool) -> ComingClaim:
    """What a sentence states of AI's share of data centres, or of training's or inference's of AI.

    Parameters
    ----------
    text : the sentence
    year : that it is of
    share : that it states, 0 to 1; of a range both ends
    part : whose share it is
    of_ai : whether it is a share of AI rather than of data centres

    Returns
    -------
    The statement.
    """
    place = place_or_world(CENTRES.sub(" ", text), text)
    kind: Kind = "part of AI" if of_ai else "part"
    words = " to ".join(f"{end:.3g}" for end in share)
    return ComingClaim(kind, place, year, share, f"{words} of the whole", part=part)


def _read(text: str, year: int, base: int) -> ComingClaim | None:
    """The statement of a sentence on data centres in a year to come."""
    rest = CENTRES.sub(" ", text)
    if whole := named_state(text):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: the outlook knows grids, and {whole}'s reaches beyond the "
            "state; name the country"
        )
    if _GROWTH_OF.search(rest):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: a share of what is added is not read; give the share of all "
            "electricity, or TWh"
        )
    if share := share_in(rest):
        place = place_in(share[1]) or place_or_world(rest, text)
        words = " to ".join(f"{value:.3g}" for value in share[0])
        return ComingClaim("share", place, year, share[0], f"{words} of its electricity", base)
    if (stated := _amount_claim(text, rest, year, base)) is not None:
        return stated
    if other := of_other_things(text):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: it is of {other}, and the outlook is of electricity and power"
        )
    if countries := _countries(rest):
        if _PARTLY.search(rest[like_at(rest) or 0 :]):
            raise WattlineError(
                f"claim: {shorten(text)!r} cannot be checked: a part of a country or of its homes is not read as a "
                "measure; give how many homes, a share of its electricity (22% of US electricity), or TWh"
            )
        return _beside_countries(rest, countries, year, base)
    if multiple := multiple_in(rest, year - base):
        place = place_or_world(rest, text)
        return ComingClaim("growth", place, year, (multiple,), f"{multiple:.3g} times {base}", base)
    return None


def _amount_claim(text: str, rest: str, year: int, base: int) -> ComingClaim | None:
    """The energy or the power that a sentence states, of a year or added by it; None without one."""
    amount = amount_in(rest)
    if amount is None:
        return None
    value, unit, at = amount
    low = low_end(rest, at, value)
    values, words = (
        ((value,), f"{value:,.4g} {unit}") if low is None else ((low, value), f"{low:,.4g} to {value:,.4g} {unit}")
    )
    place = place_or_world(rest[: like_at(rest, at[1])], text)
    kinds: tuple[Kind, Kind] = ("power", "power rise") if unit == "GW" else ("energy", "rise")
    return ComingClaim(kinds[_rise_of(rest)], place, year, values, words, base)


def _of_company(text: str) -> bool:
    """Whether a sentence is of all that a company uses, whose reports are what is counted."""
    place = place_in(text)
    return place is not None and place.company and amount_in(text) is not None


def _rise_of(text: str) -> bool:
    """Whether an amount is what is added: "grow by 500 TWh", "500 TWh more"."""
    amount = amount_in(text)
    if amount is None:
        return False
    before, after = text[: amount[2][0]].rstrip().lower(), text[amount[2][1] :].strip().lower()
    before = _LOWER_END.sub("", before).rstrip()
    adds = before.endswith((" another", " add", " additional", " extra")) or (before.endswith(" by") and grows(before))
    added = re.match(r"(?:of )?(?:(?:entirely |brand )?new|more|extra|additional|added)\b(?! than)", after)
    return adds or added is not None


def _countries(text: str) -> list[tuple[Place, int]]:
    """Countries that a level or a rise is compared with; none where they only say where the data centres are."""
    start = like_at(text)
    named = named_places(text)
    later = [each for each in named if start is not None and each[1] >= start - 1]
    return later if later else named if len(named) >= 2 and grows(text) else []


def _beside_countries(text: str, countries: Sequence[tuple[Place, int]], year: int, base: int) -> ComingClaim:
    places = [place for place, _ in countries][:2]
    place = place_or_world(text[: countries[0][1]], text)
    twh = tuple(each.consumption_twh for each in places)
    words = " to ".join(each.name.replace("_", " ").title() for each in places)
    if len(places) == 2:
        return ComingClaim("rise", place, year, tuple(sorted(twh)), words, base, tuple(places))
    more = grows(text[: countries[0][1]]) and " than" not in text[: countries[0][1]]
    return ComingClaim("rise" if more else "energy", place, year, twh, words, base, tuple(places))
