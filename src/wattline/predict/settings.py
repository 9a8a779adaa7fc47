"""``settings``: what a user's own files say of where jobs run, what electricity costs and which facts to take.

One file, ``wattline.toml`` in the working directory, or in the user's configuration folder (``~/.config/wattline`` on
Linux)::

    region = "de"
    site = "colocation"
    pue = 1.25
    currency = "EUR"
    exchange_rate = 1.08                # USD for one EUR
    electricity_price = "0.14 EUR/kWh"
    carbon = "our_grid.csv"             # by the hour; this file and that of price lie beside this one
    contracts = "60% wind"
    facts = ["ours.toml"]               # beside this file

An argument or option stands before a variable of the environment (``WATTLINE_REGION``), that before the file in the
working directory, that before the user's own, and that before the catalog. ``WATTLINE_SETTINGS=off`` reads no file,
``WATTLINE_SETTINGS=FILE`` that file alone. Only the functions of ``import wattline`` and the commands read settings;
their facts are in the catalog that is taken where no other is given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.quantity import parse
from wattline.core.settings_file import read_settings, settings_files
from wattline.line.grid.carbon.given import Contracts, split_zone
from wattline.predict.fields import Reader, quantity, text
from wattline.predict.where import Where
from wattline.predict.where_readers import read_carbon, read_contracts, read_pue

USD = "USD"


@dataclass(frozen=True)
class Settings:
    """What the user's files and environment say; None where they say nothing.

    Attributes
    ----------
    region, site, pue : as in ``Where``, for questions that name neither a place nor weather
    currency : code of the currency that costs are shown in beside USD
    exchange_rate : USD for one unit of the currency
    electricity_price : USD per kWh
    carbon, price, contracts, residual, time_zone : as in ``Where``, of the grid of the settings' region
    facts : files of the user's own facts
    origins : for each of these, the file or variable that says it
    """

    region: str | None = None
    site: str | None = None
    pue: float | None = None
    currency: str | None = None
    exchange_rate: float | None = None
    electricity_price: float | None = None
    carbon: float | str | None = None
    price: str | None = None
    contracts: Contracts | None = None
    residual: float | None = None
    time_zone: str | None = None
    facts: tuple[Path, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def fill(self, where: Where) -> Where:
        """``where`` with what it leaves open, where that is of the same place.

        The region is of a question that names no region, place or weather; the price goes with the region; site and PUE
        are of a question that names no site, place or weather.
        """
        merged: dict[str, Any] = {}
        if not where.hourly:
            if where.region is None:
                merged["region"] = self.region
            if where.region in (None, self.region):
                merged |= self._of_grid(where)
            if where.site is None:
                merged["site"] = self.site
                merged["pue"] = self.pue if where.pue is None else None
        merged = {name: value for name, value in merged.items() if value is not None}
        shown = {name: self.origins[name] for name in (*merged, "currency", "facts") if name in self.origins}
        currency = None if self.currency is None else (self.currency, float(self.exchange_rate or 1.0))
        return replace(where, **merged, settings=shown, currency=currency)

    def _of_grid(self, where: Where) -> dict[str, Any]:
        """What the settings say of their region's carbon and price, where the question leaves it open."""
        merged: dict[str, Any] = {}
        if where.electricity_price is None and where.price is None:
            own = self.price is not None
            merged |= {"price": self.price} if own else {"electricity_price": self.electricity_price}
        if where.carbon is None and where.carbon_url is None:
            merged["carbon"] = self.carbon
        return merged | {
            name: getattr(self, name) for name in ("contracts", "residual", "time_zone") if getattr(where, name) is None
        }

    def __repr__(self) -> str:
        rows = [f"{name} = {getattr(self, name)!r} ({origin})" for name, origin in self.origins.items()]
        return "Settings(" + ", ".join(rows) + ")"


def settings() -> Settings:
    """The settings in force here: those of the environment, the working directory and the user, in this order.

    Raises WattlineError for a file that cannot be read, and for a key or value that is not known.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    sources = [*((str(_short(path)), _read(path)) for path in settings_files()), *_environment()]
    for origin, values in sources:  # later ones stand before
        for name, value in values.items():
            merged[name], origins[name] = value, origin
    if merged.get("currency") in (None, USD):
        merged.pop("exchange_rate", None)
    elif "exchange_rate" not in merged:
        raise WattlineError(
            f"settings {origins['currency']}: currency {merged['currency']} needs exchange_rate, the USD for one of it"
        )
    if "carbon" in merged:
        merged["carbon"] = _carbon(merged["carbon"], origins["carbon"])
    if "electricity_price" in merged:
        merged["electricity_price"] = _price(merged["electricity_price"], merged, origins["electricity_price"])
    return Settings(**merged, origins=origins)


def _short(path: Path) -> Path:
    """The path as people write it, with ``~`` for their home."""
    try:
        return Path("~") / path.relative_to(Path.home()) if path.is_absolute() else path
    except (ValueError, RuntimeError):
        return path


def _code(value: Any, name: str) -> str:
    code = text(value, name)
    if len(code) != 3 or not code.isalpha():
        raise WattlineError(f"{name}: {shorten(code)!r} is not the code of a currency, such as EUR")
    return code.upper()


def _rate(value: Any, name: str) -> float:
    return parse(value, "", name)


def _as_it_is(value: Any, name: str) -> Any:
    return value


def _files(value: Any, name: str) -> tuple[Path, ...]:
    return tuple(Path(each) for each in value)


KEYS: Mapping[str, Reader] = {
    "region": text,
    "site": text,
    "pue": read_pue,
    "currency": _code,
    "exchange_rate": _rate,
    "electricity_price": _as_it_is,
    "carbon": _as_it_is,
    "price": text,
    "contracts": read_contracts,
    "residual": quantity("g/kWh", zero=True),
    "time_zone": text,
    "facts": _files,
}


def _read(path: Path) -> dict[str, Any]:
    """The values of one file, checked."""
    values = {name: _value(name, value, f"settings {path}") for name, value in read_settings(path).items()}
    for name in ("carbon", "price"):
        if isinstance(values.get(name), str) and split_zone(path.parent / values[name])[0].is_file():
            values[name] = str(path.parent / values[name])
    return values


def _environment() -> list[tuple[str, dict[str, Any]]]:
    """The variables that are set, each with its value; ``WATTLINE_FACTS`` is the catalog's own."""
    names = {f"WATTLINE_{name.upper()}": name for name in KEYS if name != "facts"}
    return [
        (variable, {name: _value(name, os.environ[variable], variable)})
        for variable, name in names.items()
        if os.environ.get(variable)
    ]


def _value(name: str, value: Any, place: str) -> Any:
    if name not in KEYS:
        near = nearest_names(name, KEYS)
        known = f"nearest: {near[0]}" if near else f"known: {', '.join(KEYS)}"
        raise WattlineError(f"{place}: unknown key {shorten(name)!r}; {known}")
    if isinstance(value, bool) or not isinstance(value, str | int | float | tuple):
        raise WattlineError(f"{place}: {name}: {shorten(repr(value), 40)} is neither text nor a number")
    try:
        return KEYS[name](value, name)
    except WattlineError as error:
        raise WattlineError(f"{place}: {error}") from None


def _carbon(value: Any, origin: str) -> float | str:
    try:
        return read_carbon(value, "carbon")
    except WattlineError as error:
        raise WattlineError(f"settings {origin}: {error}") from None


def _price(value: Any, merged: Mapping[str, Any], origin: str) -> float:
    """USD per kWh of a price that may be in the currency of the settings."""
    currency, rate = merged.get("currency", USD), float(merged.get("exchange_rate", 1.0))
    words = str(value).replace(f"{currency}/", "USD/") if isinstance(value, str) else value
    foreign = not isinstance(value, str) or currency in value or not any(c.isalpha() for c in value)
    try:
        return parse(words, "USD/kWh", "electricity_price", zero=True) * (rate if foreign else 1.0)
    except WattlineError as error:
        raise WattlineError(f"settings {origin}: {error}") from None
