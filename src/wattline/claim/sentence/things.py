"""Things that a sentence may count instead of units: homes, cars, flights, bulbs, each with the catalog's figure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wattline.catalog import Catalog
from wattline.claim.sentence.coming_words import place_in, place_words
from wattline.core.errors import WattlineError, shorten
from wattline.line.world.places import Place

Kind = Literal["energy", "carbon", "water"]
Per = Literal["", "year", "hour"]


@dataclass(frozen=True)
class Thing:
    """A thing that is counted.

    Attributes
    ----------
    words : of it, a regular expression
    each : the expression of so many of it; ``{count}`` and ``{time}`` stand for how many and how long
    kind : what it is a measure of
    per : the time that a figure of it needs: a year where none is given, or an hour, which must be given
    note : what was taken where the sentence leaves it open
    """

    words: str
    each: str
    kind: Kind
    per: Per = ""
    note: str = ""


_PHONE = r"(?:smart[\s-]?|tele|mobile[\s-]|cell[\s-]?)?phone"
_SEAT = "A flight is taken as one seat in economy, London to New York and back."
_CAR = r"(?:average |typical |ordinary |passenger |petrol |gas(?:oline)?[\s-](?:powered )?|American |US |U\.S\. )*"
_ON = r"(?:\s+(?:lit|on|running|burning))?"
_ACROSS = r"(?:\s+(?:across the atlantic|(?:from|between)\s+(?:london|new york)\s+(?:to|and)\s+(?:new york|london)))?"
THINGS = (
    Thing(rf"(?:full )?{_PHONE}(?:[\s-]+charges?|s['’] charges?)", "{count} * [constant.phone-charge]", "energy"),
    Thing(rf"{_PHONE}s?", "{count} * [constant.phone-charge]", "energy", note="A phone is taken as one full charge."),
    Thing(r"(?:google |web |normal |standard |ordinary |regular |traditional |conventional |internet |simple )*"
          r"search(?:es)?(?: quer(?:y|ies))?(?: on google)?",
          "{count} * [constant.google-search] * 1 search", "energy",
          note="A search is Google's figure of 2009, the only one published."),
    Thing(r"(?:60[\s-]?w(?:att)? |incandescent |old |light ?)*(?:light )?bulbs?" + _ON,
          "{count} * [constant.bulb-60w] * {time}", "energy", "hour",
          "A bulb is taken as an incandescent one of 60 W."),
    Thing(r"led (?:light ?)?(?:bulbs?|lamps?|lights?)" + _ON,
          "{count} * [constant.led-bulb] * {time}", "energy", "hour"),
    Thing(r"kettles?(?: of water)?", "{count} * [constant.kettle-litre] * [constant.kettle-fill]", "energy"),
    Thing(r"(?:lit(?:re|er)s? of water|l of water)", "{count} * [constant.kettle-litre] * 1 L", "energy"),
    Thing(r"microwaves?(?: ovens?)?" + _ON,
          "{count} * [constant.microwave-minute] * ({time} / 1 min)", "energy", "hour"),
    Thing(r"laptops?(?: computers?)?" + _ON, "{count} * [constant.laptop-hour] * ({time} / 1 h)", "energy", "hour"),
    Thing(r"(?:streaming|netflix|video streaming|streamed video)",
          "{count} * [constant.streaming-hour] * ({time} / 1 h)", "energy", "hour"),
    Thing(r"(?:flat[\s-]screen |big |large )*(?:tvs?|televisions?)(?: sets?)?" + _ON,
          "{count} * [constant.television] * {time}", "energy", "hour"),
    Thing(r"(?:electric |kitchen )?ovens?" + _ON, "{count} * [constant.oven] * {time}", "energy", "hour"),
    Thing(r"(?:refrigerators?|fridges?)", "{count} * [constant.fridge-year] * {time}", "energy", "year"),
    Thing(r"(?:km|kilomet(?:re|er)s?) (?:in|by|with) an? (?:electric car|ev)",
          "{count} * [constant.ev-km] * 1 km", "energy"),
    Thing(r"miles? (?:in|by|with) an? (?:electric car|ev)", "{count} * [constant.ev-km] * 1.609344 km", "energy"),
    Thing(rf"(?:km|kilomet(?:re|er)s?)(?: (?:in|by|with) an? {_CAR}car)?", "{count} * [constant.car-km-co2] * 1 km",
          "carbon", note="A kilometre is of a petrol car."),
    Thing(rf"miles?(?: (?:in|by|with) an? {_CAR}car)?", "{count} * [constant.car-km-co2] * 1.609344 km", "carbon",
          note="A mile is of a petrol car."),
    Thing(rf"{_CAR}cars?['’]? (?:over|in|during) (?:its|their|a|the) (?:entire |whole )?(?:lifetimes?|li(?:fe|ves))",
          "{count} * [constant.car-lifetime-co2]", "carbon"),
    Thing(rf"(?:lifetimes? of {_CAR}cars?|lifetime emissions of {_CAR}cars?)", "{count} * [constant.car-lifetime-co2]",
          "carbon"),
    Thing(rf"{_CAR}(?:cars?|vehicles?)", "{count} * [constant.car-year-co2] * ({time} / 1 year)", "carbon", "year"),
    Thing(r"(?:round[\s-]?trips?|return (?:trips?|flights?))(?: flights?)?(?: (?:from|between) new york (?:to|and) "
          r"san francisco)", "{count} * [constant.flight-ny-sf-co2]", "carbon"),
    Thing(r"(?:one[\s-]way (?:transatlantic )?flights?)" + _ACROSS, "{count} * [constant.flight-transatlantic-co2] / 2",
          "carbon", note="A flight is one seat in economy, London to New York."),
    Thing(r"(?:return |round[\s-]?trip |transatlantic |passenger )*(?:flights?|round[\s-]?trips?)" + _ACROSS,
          "{count} * [constant.flight-transatlantic-co2]", "carbon", note=_SEAT),
    Thing(r"olympic(?:[\s-]sized?)?(?: swimming)? pools?(?: of water)?", "{count} * [constant.olympic-pool]", "water"),
    Thing(r"(?:half[\s-]?lit(?:re|er) )?bottles? of water", "{count} * 0.5 L", "water",
          note="A bottle is taken as half a litre."),
)  # fmt: skip
# a thing that bears its power: a 10-watt LED bulb for two minutes
_RATED = re.compile(
    r"(?<![\w.,])(?P<number>\d[\d,]*(?:\.\d+)?)[\s-]*(?P<unit>k?W|(?:kilo)?watts?)[\s-]+(?:(?:led|light|incandescent|"
    r"halogen|space|hair|electric|microwave|desk|ceiling|flat[\s-]screen)[\s-])*(?:light)?(?:bulbs?|lamps?|lights?|leds?|"
    r"heaters?|tvs?|televisions?|ovens?|microwaves?|kettles?|dryers?|fans?|laptops?|computers?|appliances?|devices?)\b",
    re.I,
)
SHARE_OF_HOMES = (
    r"(?:(?:about|around|nearly|roughly|some)\s+)?(?P<share>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)\s+of\s+(?:all\s+|the\s+)*"
    r"(?P<who>[A-Z][\w.]*(?: [A-Z][\w.]*)?)\s+(?:homes|households|houses)"
)
HOMES = r"(?P<whose>(?:average |typical |ordinary |single )*(?:[A-Z][\w.]*(?: [A-Z][\w.]*)? )?(?:average |typical )?)" \
        r"(?:homes?|households?|houses)"  # fmt: skip


def rated_things(text: str) -> list[Thing]:
    """The things of a sentence that bear their power, for as long as they run.

    Parameters
    ----------
    text : such as "as a 10-watt LED bulb for two minutes"

    Returns them.
    """
    made = []
    for match in _RATED.finditer(text):
        unit = "kW" if match["unit"].lower().startswith("k") else "W"
        each = f"{match['number'].replace(',', '')} {unit}"
        made.append(Thing(re.escape(match[0]) + _ON, f"{{count}} * {each} * {{time}}", "energy", "hour"))
    return made


def with_homes(text: str, catalog: Catalog) -> tuple[str, str]:
    """A sentence in which a share of a country's homes is their number.

    Parameters
    ----------
    text : such as "as much as 22% of US households"
    catalog : whose numbers of households are taken

    Returns
    -------
    The sentence and what was taken, empty where nothing was. Raises WattlineError for a country whose number of homes
    is not known.
    """
    match = re.search(SHARE_OF_HOMES, text)
    if match is None:
        return text, ""
    place = place_in(match["who"])
    key = "" if place is None else f"households-{region_of(place)}"
    record = catalog.records("constant").get(key)
    if record is None:
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: how many {match['who']} homes there are is not in the "
            "catalog; give their number"
        )
    (fact,) = record.facts.values()
    count = f"{fact.value * float(match['share']) / 100 / 1e6:.4g} million {match['who']} homes"
    reading = f"{match['share']}% of {fact.value / 1e6:.4g} million homes are {count}."
    return f"{text[: match.start()]}{count}{text[match.end() :]}", reading


def homes(whose: str, known: Callable[[str], bool]) -> Thing:
    """Homes of a country: American ones where none is named.

    Parameters
    ----------
    whose : the words before "homes"
    known : whether the catalog has a fact of a key

    Returns the thing. Raises WattlineError where no home of the country is known.
    """
    words = re.sub(r"\b(average|typical|ordinary|single)\b", " ", whose).strip()
    place = place_in(words) if words else None
    if words and place is None:
        raise WattlineError(f"no country of {words!r} homes is known")
    code = region_of(place) if place is not None else "us"
    key = f"region.{code}.home_kwh_per_year"
    if not known(key):
        raise WattlineError(f"the catalog has no figure of a home of {place_words(place) if place else words}")
    note = "" if words else "The homes are taken as American ones, for none are named."
    return Thing("", f"{{count}} * 1 home * [{key}] * {{time}}", "energy", "year", note)


def country(place: Place, known: Callable[[str], bool]) -> Thing:
    """All the electricity of a country.

    Parameters
    ----------
    place : the country
    known : whether the catalog has a fact of a key

    Returns the thing. Raises WattlineError where the electricity of the place is not known.
    """
    key = f"region.{region_of(place)}.consumption_twh"
    if place.company or not known(key):
        raise WattlineError(f"the catalog has no yearly electricity of {place_words(place)}")
    return Thing("", f"{{count}} * [{key}] * ({{time}} / 1 year)", "energy", "year")


def region_of(place: Place) -> str:
    """The name of a place among the catalog's regions."""
    from wattline.catalog import default, plain_name

    names = default().names("region")
    code = names.get(plain_name(place.name)) or names.get(plain_name(place.name.replace("_", " ")))
    return place.name if code is None else code
