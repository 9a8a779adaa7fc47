"""Places and companies whose data centres are counted: countries, groups of countries, the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import log
from typing import Literal

from wattline.catalog import default, plain_name
from wattline.core.errors import NotFound, WattlineError
from wattline.line.world.place_names import OTHER_NAMES, company_names, readings
from wattline.line.world.states import state_parts, state_twh
from wattline.line.world.tables import series, stock_facts

# places that are counted by more than their own borders: the name of the family whose path they share
KIN = {"eu25": "eu", "eu27": "eu", "eu28": "eu", "western_europe": "eu", "europe": "eu", "north_america": "us"}
SEVERAL_BORDERS = frozenset(kin for kin in KIN.values() if list(KIN.values()).count(kin) > 1)  # as the EU
USUAL = {"gb": "uk", "us": "us", "eu": "eu27", "cz": "czechia", "world": "world"}  # as published figures name them
GROUPS = {
    "europe": "de fr gb se no fi dk is ie nl be lu at ch it es pt gr pl cz sk hu ro bg hr si ee lv lt cy mt",
    "advanced": "us ca jp kr sg au nz tw hk il",
}
GROUP_OF = {code: group for group, codes in GROUPS.items() for code in codes.split()}
WIDE = {"world": "world", "europe": "europe", "eu25": "europe", "eu27": "europe", "eu28": "europe",
        "western_europe": "europe", "north_america": "advanced", "asia_pacific": "world"}  # fmt: skip
# countries of a group that have more in common with each other than with the rest of it
AREAS = {
    "africa": "za eg ng ke ma dz tn gh ao ci cm sn tz ug et zm zw mz bw na rw sd cd",
    "middle_east": "sa ae qa kw om bh jo iq ir lb ye sy tr",
    "latin_america": "mx br cl ar co pe uy py bo ec ve cr pa gt do cu jm tt sv hn ni",
    "eurasia": "ru ua by kz uz am az ge md rs ba me al mk",
}
AREA_OF = {code: area for area, codes in AREAS.items() for code in codes.split()}
WIDE_AREAS = {"africa": "africa", "middle_east": "middle_east", "central_south_america": "latin_america"}
LANDLORDS = ("equinix", "digital-realty", "ntt", "iron-mountain", "switch")  # build sites for others' servers
COMPANIES = (
    "google", "amazon", "microsoft", "meta", "apple", "oracle", "alibaba", "tencent", "baidu", "ibm", "salesforce",
    "ovh", "bytedance", "coreweave", "xai", *LANDLORDS,
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where or whose: ``kin_name`` is the family whose path it shares, ``group`` places of a kind, ``area`` a part of
    them with more in common; ``income_usd`` is the product a head, ``intensity`` the electricity per product [TWh per
    million USD], 0 where they are not known. A place that is counted as a part of another, ``whole``, has ``part`` of
    its data centres."""

    name: str
    kin_name: str
    group: str
    consumption_twh: float = 0.0
    company: bool = False
    area: str = ""
    income_usd: float = 0.0
    intensity: float = 0.0
    whole: Place | None = None
    part: float = 1.0


@cache
def place_of(name: str) -> Place:
    """The place or company of this name.

    Parameters
    ----------
    name : of a country, a group of countries, ``world`` or a company

    Returns
    -------
    Its name, its group, and the electricity that it uses [TWh].

    Raises NotFound for a name that neither the regions of the catalog nor the companies have.
    """
    place = place_as_written(name)
    if place is None:
        known = [*wide_places(), *COMPANIES, *default().names("region")]
        mend = "`wattline list regions` and `wattline list companies` list what is known, beside " + ", ".join(
            wide_places()
        )
        raise NotFound("place or company", name, known, mend)
    return place


def known_place(name: str) -> Place | None:
    """The place or company of this name, for those who ask of many words: no near names are looked for.

    Parameters
    ----------
    name : of a country, a group of countries, ``world`` or a company

    Returns
    -------
    It; None for a name that neither the regions of the catalog nor the companies have. Raises WattlineError for a part
    of a country whose electricity is not known.
    """
    plain = slug(name)
    usual = OTHER_NAMES.get(plain)
    plain = wide_names().get(plain_name(usual or plain), usual or plain)
    if plain.replace("_", "-") in COMPANIES:
        plain = plain.replace("_", "-")
        return Place(plain, plain, "landlord" if plain in LANDLORDS else "company", company=True)
    if plain in wide_places():
        twh = series("electricity", scope=plain).facts[0].value
        group = WIDE.get(plain, "emerging")
        area, income = WIDE_AREAS.get(plain, group), income_of(plain)
        return Place(plain, KIN.get(plain, plain), group, twh, False, area, income, intensity_of(plain, twh))
    if (state := state_of(plain)) is not None:
        return state
    record = default().names("region").get(plain_name(usual or name))
    if record is None:
        return None
    region = default().find("region", record)
    if "consumption_twh" not in region.facts:
        raise WattlineError(f"{region.title}: its electricity is not known; take its country")
    name = USUAL.get(region.name, region.name if region.name.startswith("us-") else slug(region.title))
    group = "us" if region.name.startswith("us-") else GROUP_OF.get(region.name, "emerging")
    twh, country = region["consumption_twh"].value, group if group == "us" else region.name
    whole = default().find("region", country)["consumption_twh"].value  # of a grid: as of its country
    area = AREA_OF.get(region.name, group)
    place = Place(name, name, group, twh, False, area, income_of(country), intensity_of(country, whole))
    return part_of_states(place, "us", state_parts(name)) if group == "us" else place


def state_of(plain: str) -> Place | None:
    """An American state, as the part of the United States that its published share makes it.

    Parameters
    ----------
    plain : its name with ``_`` for blanks, or its code, such as ``us_va``

    Returns
    -------
    It; None for a name that is none, or a state whose share is not known.
    """
    known = stock_facts()
    code = plain.removeprefix("us_") if plain.startswith("us_") else ""
    rows = (key for key in known if key[0] == "state-electricity" and (key[1] == plain or key[2] == code))
    key = next(rows, None)
    if key is None:
        return None
    us, twh = place_of("us"), known[key].facts[0].value
    state = Place(key[1], key[1], "us", twh, False, "us", us.income_usd, us.intensity)
    return part_of_states(state, us.name, {key[1]: 1.0})


def part_of_states(place: Place, country: str, parts: Mapping[str, float]) -> Place:
    """A place as the part of its country that its states make.

    Parameters
    ----------
    place : the place
    country : the name of its country
    parts : how much of each state's data centres it has, 0 to 1

    Returns
    -------
    The same place with its whole; as it was where it has no state.
    """
    if not parts:
        return place
    twh = state_twh()
    part = sum(share * twh[state] for state, share in parts.items()) / sum(twh.values())
    return replace(place, whole=place_of(country), part=part)


def place_as_written(name: str) -> Place | None:
    """The place or company of a name as people write it: with its article, its form of state or of company.

    Parameters
    ----------
    name : such as "the Netherlands", "Republic of Korea", "Alphabet Inc."

    Returns
    -------
    It; None for a name that is none. Raises WattlineError for a part of a country whose electricity is not known.
    """
    for reading in readings(name):
        if (place := known_place(reading)) is not None:
            return place
    for each in company_names(name):
        if OTHER_NAMES.get(slug(each), slug(each)).replace("_", "-") in COMPANIES:
            return known_place(each)
    return None


@cache
def wide_names() -> dict[str, str]:
    """The world and groups of countries: the name as ``plain_name`` writes it -> as the facts have it."""
    return {plain_name(place): place for place in wide_places()}


def slug(title: str) -> str:
    """A country's name as series have it: small letters, ``_`` between words.

    Parameters
    ----------
    title : its name

    Returns
    -------
    Such as ``united_states``.
    """
    return "_".join(title.split("(")[0].strip().lower().replace("-", " ").split())


def income_of(scope: str) -> float:
    """Gross domestic product a head of a country or a group of countries.

    Parameters
    ----------
    scope : two letters of a country, or the name of the group

    Returns USD of 2019; 0 where it is not known.
    """
    return series("income", scope=scope).facts[0].value if ("income", scope, "all") in stock_facts() else 0.0


def intensity_of(scope: str, consumption_twh: float) -> float:
    """Electricity per product: more where industry takes it, which has no more data centres for that.

    Parameters
    ----------
    scope : two letters of a country, or the name of the group
    consumption_twh : its electricity of a year

    Returns TWh per million USD of 2019; 0 where the product is not known.
    """
    if not income_of(scope) or ("population", scope, "all") not in stock_facts():
        return 0.0
    return consumption_twh / (income_of(scope) * series("population", scope=scope).facts[0].value)


def log_over_world(place: Place, quantity: Literal["income_usd", "intensity"]) -> float:
    """How much more a place has of what tells of places without a figure than the world has.

    Parameters
    ----------
    place : a place
    quantity : its product a head, or its electricity per product

    Returns the logarithm of its value over the world's; 0 where it is not known.
    """
    own = getattr(place, quantity)
    return log(own / getattr(place_of("world"), quantity)) if own else 0.0


def wide_places() -> list[str]:
    """The world and groups of countries, as the facts name them."""
    return [scope for quantity, scope, _ in stock_facts() if quantity == "electricity"]
