"""``Where``: the grid, site, weather and prices of a job, read in one place for Python, scenario files and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.predict.fields import choice, option, quantity, read_fields, text

COOLING = "air-economiser"  # where none is named


class WhereFields(TypedDict, total=False):
    """The fields of ``Where`` as keywords; a quantity may be written with its unit, as ``"0.12 USD/kWh"``."""

    region: str | None
    site: str | None
    pue: float | str | None
    place: str | None
    weather: str | Path | None
    cooling: str | None
    carbon: float | str | None
    electricity_price: float | str | None
    embodied: str | None


def read_pue(value: Any, name: str) -> float:
    """A PUE between 1 and 10; a site cannot use less than its servers."""
    pue = parse(value, "", "PUE")
    if not 1.0 <= pue <= 10.0:
        raise WattlineError(f"PUE {pue:g} is out of range: no site is below 1, and none is known above 10")
    return pue


def read_path(value: Any, name: str) -> Path:
    return Path(text(value, name))


@dataclass(frozen=True)
class Where:
    """Where a job runs. ``read`` makes one from plain values.

    Attributes
    ----------
    region : country or grid by its catalog name, for price, CO2e and water at power stations
    site : kind of site; with a place or weather, the kind of hall (the catalog's ``plant``)
    pue : energy of the site over that of its servers, 1 or more
    place : by name or as ``"latitude, longitude"``; its weather gives the overhead hour by hour
    weather : file of a year's weather (EPW, TMY3, Open-Meteo JSON or CSV), where no place is named
    cooling : kind of cooling, with a place or weather
    carbon : g CO2e per kWh delivered
    electricity_price : USD per kWh delivered
    embodied : ``off`` leaves out what making the equipment took
    settings : what the user's settings gave, each with its file or variable
    currency : code of the currency that costs are shown in beside USD, and the USD for one of it
    """

    region: str | None = option(
        text, "Country or grid, such as us, fr or us-ercot (`wattline list regions`)", usual="world, or the place's"
    )
    site: str | None = option(
        text,
        "Kind of site, such as hyperscale or colocation; with --place or --weather a kind of hall, such as large",
        usual="hyperscale",
    )
    pue: float | None = option(
        read_pue, "PUE (energy of the site over that of its servers) to use instead of the site's"
    )
    place: str | None = option(
        text, 'Place by name or "latitude, longitude"; its weather gives the site\'s overhead hour by hour'
    )
    weather: Path | None = option(read_path, "File of a year's weather: EPW, TMY3, Open-Meteo JSON or CSV")
    cooling: str | None = option(text, "Kind of cooling, with --place or --weather", usual=COOLING)
    carbon: float | None = option(
        quantity("g/kWh", zero=True), 'CO2e of a delivered kWh, such as "50 g/kWh"', usual="the region's"
    )
    electricity_price: float | None = option(
        quantity("USD/kWh", zero=True), 'Price of a delivered kWh, such as "0.12 USD/kWh"', usual="the region's"
    )
    embodied: str | None = option(
        choice("on", "off"), "Impacts of making the equipment beside those of its electricity: on or off", usual="on"
    )
    settings: Mapping[str, str] = field(default_factory=dict)
    currency: tuple[str, float] | None = None

    @classmethod
    def read(cls, where: str | Where | None = None, values: Mapping[str, Any] | None = None) -> Where:
        """A place of a job from plain values.

        Parameters
        ----------
        where : the name of a region, or a Where that ``values`` change
        values : fields by name (see ``WhereFields``); those that are None are left as they are

        Raises WattlineError for a value that a field does not take, and for fields that exclude each other.
        """
        values = dict(values or {})
        if isinstance(where, str):
            if values.get("region") is not None:
                raise WattlineError("region: where names one already; give one of the two")
            values["region"] = where
        result = read_fields(where if isinstance(where, Where) else cls(), values)
        result.check()
        return result

    @property
    def hourly(self) -> bool:
        """Whether the overhead follows from weather, hour by hour."""
        return self.place is not None or self.weather is not None

    def check(self) -> None:
        """Raise WattlineError for fields that exclude each other."""
        if self.hourly and self.pue is not None:
            raise WattlineError("give a PUE, or a place or weather to calculate it from, not both")
        if self.place is not None and self.weather is not None:
            raise WattlineError(
                "place and weather: they may be two places; give one of them, --place NAME or --weather FILE with its "
                "--region"
            )
        if self.cooling is not None and not self.hourly:
            raise WattlineError("cooling: it takes a place or a weather file as well; give --place or --weather")

    def inputs(self) -> dict[str, Any]:
        """What was given in numbers, and which of it a settings file gave, as an answer shows it."""
        named = {
            "pue": self.pue,
            "carbon_g_per_kwh": self.carbon,
            "electricity_price_usd_per_kwh": self.electricity_price,
            "embodied": self.embodied,
            "currency": None if self.currency is None else self.currency[0],
            "settings": dict(self.settings) or None,
        }
        return {name: value for name, value in named.items() if value is not None}
