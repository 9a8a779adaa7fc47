"""Places of a user's own series: those that the catalog has, companies, and places by their own electricity."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from wattline.catalog import default, plain_name
from wattline.core.errors import WattlineError, shorten
from wattline.line.world.place_names import OTHER_NAMES, country_of, group_of, has_legal_form, is_part, readings
from wattline.line.world.places import (
    AREA_OF,
    GROUP_OF,
    Place,
    income_of,
    intensity_of,
    place_as_written,
    slug,
    wide_names,
)


@cache
def place_or_company(name: str, electricity_twh: float = 0.0) -> Place:
    """The place or company of a series; one that is not known is a country if its electricity is given, else a company.

    Parameters
    ----------
    name : of the series
    electricity_twh : electricity that the country, or the part of one, uses in a year [TWh]; 0 where it is not given

    Returns
    -------
    Its name, its group, and the electricity that it uses [TWh]; a path of its own, whatever it is a part of.

    Raises WattlineError for a part of a country, or of the world, whose electricity is neither known nor given.
    """
    try:
        place = place_as_written(name)
    except WattlineError:  # a part of a country whose electricity is not known
        place, part = None, True
    else:
        part = place is not None and not place.company and _names_a_part(name, place)
    if place is not None and not part:
        return replace(place, whole=None, part=1.0)
    code, group = country_of(name), group_of(name)
    if electricity_twh:
        return _own_place(name, electricity_twh, code, group)
    if (part or group or code) and not has_legal_form(name):
        raise WattlineError(
            f"{shorten(name)!r} is a place whose own electricity is not known; give it in a column electricity_twh "
            "(TWh a year); a company of that name takes its legal form, such as 'Orange SA'"
        )
    return Place(name, name, "company", 0.0, True, "company")


def _names_a_part(name: str, place: Place) -> bool:
    """Whether a name is of a town or part of the region that the catalog has for it."""
    if place.name == slug(name):
        return False
    regions = default().names("region")
    for reading in readings(name):
        if plain_name(OTHER_NAMES.get(slug(reading), reading)) in wide_names():
            return False
        if plain_name(reading) in regions:
            return is_part(reading, default().find("region", regions[plain_name(reading)]))
    return False


def _own_place(name: str, electricity_twh: float, code: str, group: str) -> Place:
    """A place by its own electricity, in the group of the country that it is or lies in."""
    if not code:
        return Place(name, name, group or "emerging", electricity_twh, False, group or "emerging")
    whole = default().names("region").get(code)
    facts = default().find("region", whole).facts if whole else {}
    twh = facts["consumption_twh"].value if "consumption_twh" in facts else electricity_twh
    group = "us" if code == "us" else GROUP_OF.get(code, "emerging")
    income, intensity = income_of(code), intensity_of(code, twh)
    return Place(slug(name), slug(name), group, electricity_twh, False, AREA_OF.get(code, group), income, intensity)
