"""``Where``: the grid, site, weather and prices of a job, read in one place for Python, scenario files and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from wattline.core.address import without_secrets
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.given import Contracts
from wattline.predict.fields import choice, option, quantity, read_fields, text
from wattline.predict.where_readers import HOURLY, read_carbon, read_contracts, read_path, read_pue, read_start

COOLING = "air-economiser"  # where none is named


class WhereFields(TypedDict, total=False):
    """The fields of ``Where`` as keywords; a quantity may be written with its unit, as ``"0.12 USD/kWh"``."""

    region: str | None
    site: str | None
    pue: float | str | None
    place: str | None
    weather: str | Path | None
    cooling: str | None
    carbon: float | str | Path | None
    carbon_url: str | None
    carbon_kind: str | None
    electricity_price: float | str | None
    price: str | Path | None
    start: str | datetime | None
    time_zone: str | None
    contracts: float | str | None
    residual: float | str | None
    embodied: str | None


@dataclass(frozen=True)
class Where:
    """Where a job runs. ``read`` makes one from plain values.

    Attributes
    ----------
    region : country or grid by its catalog name, for price, CO2e and water at power stations
    site : kind of site; with a place or weather, the kind of hall (the catalog's ``plant``) or the site's IT power
    pue : energy of the site over that of its servers, 1 or more
    place : by name or as ``"latitude, longitude"``; its weather gives the overhead hour by hour
    weather : file of a year's weather (EPW, TMY3, Open-Meteo, PVGIS or CSV), where no place is named
    cooling : kind of cooling, with a place or weather
    carbon : g CO2e per kWh delivered; ``hourly`` for the region's typical year; a file of it by the hour
    carbon_url : address of a live source of carbon intensity
    carbon_kind : ``average`` or ``marginal``: what carbon is by the hour whose source does not say
    electricity_price : USD per kWh delivered
    price : a file of the price by the hour
    start : when the job begins, UTC
    time_zone : of times in files that bear no offset
    contracts : share of the energy bought under contracts free of carbon
    residual : direct g CO2e per kWh of what is left when others' contracts are taken off
    embodied : ``off`` leaves out what making the equipment took
    settings : what the user's settings gave, each with its file or variable
    currency : code of the currency that costs are shown in beside USD, and the USD for one of it
    """

    region: str | None = option(
        text, "Country or grid, such as us, fr or us-ercot (`wattline list regions`)", usual="world, or the place's"
    )
    site: str | None = option(
        text,
        "Kind of site, such as hyperscale or colocation; with --place or --weather a kind of hall, such as large, or "
        "the site's IT power, such as 1MW",
        usual="hyperscale; with --place the hall of its size, large where no size is given",
    )
    pue: float | None = option(
        read_pue, "PUE (energy of the site over that of its servers) to use instead of the site's"
    )
    place: str | None = option(
        text, 'Place by name or "latitude, longitude"; its weather gives the site\'s overhead hour by hour'
    )
    weather: Path | None = option(read_path, "File of a year's weather: EPW, TMY3, Open-Meteo, PVGIS or CSV")
    cooling: str | None = option(text, "Kind of cooling, with --place or --weather", usual=COOLING)
    carbon: float | str | None = option(
        read_carbon,
        'CO2e of a delivered kWh, such as "50 g/kWh"; by the hour a file, or "hourly" for the region\'s typical year',
        usual="the region's mean",
    )
    carbon_url: str | None = option(
        text,
        "Address of a live source of carbon intensity (Electricity Maps or carbon-aware-sdk; key: WATTLINE_CARBON_KEY)",
    )
    carbon_kind: str | None = option(
        choice("average", "marginal"),
        "Kind of an hourly carbon intensity whose source does not say it: average or marginal",
    )
    electricity_price: float | None = option(
        quantity("USD/kWh", zero=True), 'Price of a delivered kWh, such as "0.12 USD/kWh"', usual="the region's"
    )
    price: str | None = option(text, "File of the price of electricity by the hour, in place of --electricity-price")
    start: str | None = option(
        read_start, 'When the job begins, such as "2023-03-01T08:00Z"', usual="with the first hour of the files"
    )
    time_zone: str | None = option(
        text, "Time zone of files whose times have no offset, such as Europe/Berlin", usual="UTC"
    )
    contracts: Contracts | None = option(
        read_contracts, 'Share of the energy under contracts free of carbon, such as "60%" or "60% wind"', usual="none"
    )
    residual: float | None = option(
        quantity("g/kWh", zero=True), "Direct CO2e of a kWh of the residual mix, for the market-based account"
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

        Returns
        -------
        A place whose fields are checked.

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
        """Whether its fields go together. Raises WattlineError for those that exclude each other."""
        if self.hourly and self.pue is not None:
            raise WattlineError("give a PUE, or a place or weather to calculate it from, not both")
        if self.place is not None and self.weather is not None:
            raise WattlineError(
                "place and weather: they may be two places; give one of them, --place NAME or --weather FILE with its "
                "--region"
            )
        if self.cooling is not None and not self.hourly:
            raise WattlineError("cooling: it takes a place or a weather file as well; give --place or --weather")

        if self.price is not None and self.electricity_price is not None:
            raise WattlineError("price and electricity-price: give one of them, by the hour or one number")
        if self.carbon is not None and self.carbon_url is not None:
            raise WattlineError("carbon and carbon-url: give one of them")
        live = self.carbon_url is not None or (isinstance(self.carbon, str) and self.carbon != HOURLY)
        if self.carbon_kind is not None and not live:
            raise WattlineError("carbon-kind: goes with --carbon FILE or --carbon-url, an intensity by the hour")
        if self.time_zone is not None and not (live or self.price is not None):
            raise WattlineError("time-zone: goes with a file of times, --carbon FILE or --price FILE")
        if self.start is not None and not (self.by_the_hour or self.hourly):
            raise WattlineError("start: goes with carbon, price or weather by the hour; nothing else depends on it")

    @property
    def by_the_hour(self) -> bool:
        """Whether its carbon or price is by the hour."""
        return isinstance(self.carbon, str) or self.carbon_url is not None or self.price is not None

    def inputs(self) -> dict[str, Any]:
        """What was given in numbers, and which of it a settings file gave, as an answer shows it."""
        named = {
            "pue": self.pue,
            "carbon_g_per_kwh": None if isinstance(self.carbon, str) else self.carbon,
            "carbon": self.carbon if isinstance(self.carbon, str) else None,
            "carbon_url": None if self.carbon_url is None else without_secrets(self.carbon_url),
            "carbon_kind": self.carbon_kind,
            "price": self.price,
            "start": self.start,
            "time_zone": self.time_zone,
            "contracts": None if self.contracts is None else str(self.contracts),
            "residual_g_per_kwh": self.residual,
            "electricity_price_usd_per_kwh": self.electricity_price,
            "embodied": self.embodied,
            "currency": None if self.currency is None else self.currency[0],
            "settings": dict(self.settings) or None,
        }
        return {name: value for name, value in named.items() if value is not None}
