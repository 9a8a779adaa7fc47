"""Which unit an answer is shown in: W·day becomes Wh, kWh/MWh a plain number, 1,287,000 kWh is 1,287 MWh."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, cast

import numpy as np

from wattline.core.fact import Array
from wattline.core.unit_names import registry

COUNTS = {"request", "token", "search", "home", "chip", "FLOP", "image", "person", "USD"}
_WORDS = {
    "watt_hour": "Wh", "watt": "W", "joule": "J", "gram": "g", "metric_ton": "t", "liter": "L",
    "second": "s", "hour": "h", "minute": "min", "percent": "%", "byte": "B", "bit": "bit", "meter": "m",
    "day": "day", "year": "year", "month": "month",
}  # fmt: skip
_PREFIXES = {
    "nano": "n", "micro": "µ", "milli": "m", "kilo": "k", "mega": "M", "giga": "G", "tera": "T",
    "peta": "P", "exa": "E",
}  # fmt: skip
_LADDER = ["milli", "", "kilo", "mega", "giga", "tera"]


@lru_cache(maxsize=2048)
def tidy(unit: Any) -> Any:
    """The unit that a product of units is better said in; counts (home, request, …) are left as they are."""
    ureg = registry()
    powers = {name: power for name, power in unit._units.items() if name != "percent"}
    counts = {name: power for name, power in powers.items() if name in COUNTS}
    rest = {name: power for name, power in powers.items() if name not in COUNTS}
    physical = ureg.Unit(ureg.UnitsContainer(rest))
    dimension = physical.dimensionality
    if not dimension:
        rest = {}
    elif dimension == ureg.watt_hour.dimensionality:
        rest = rest if len(rest) == 1 else {"watt_hour": 1}
    elif dimension == ureg.watt.dimensionality:
        rest = rest if len(rest) == 1 or _energy_per_time(rest) else {"watt": 1}
    else:
        rest = dict((1.0 * physical).to_reduced_units().units._units)
    return ureg.Unit(ureg.UnitsContainer(counts | rest))


def _energy_per_time(powers: dict[str, float]) -> bool:
    dimensions = {power: str(registry().Unit(name).dimensionality) for name, power in powers.items()}
    energy = str(registry().watt_hour.dimensionality)
    return len(powers) == 2 and dimensions == {1: energy, -1: "[time]"}


def in_tidy_unit(quantity: Any) -> Any:
    """The quantity in its tidy unit."""
    target = tidy(quantity.units)
    return quantity if target == quantity.units else quantity.to(target)


def larger_unit(quantity: Any) -> Any:
    """Energy or power in the prefix that reads best (1,287 MWh rather than 1.29 GWh); all else as it is."""
    if len(quantity.units._units) == 0:
        return quantity
    for name in quantity.units._units:
        for base in ("watt_hour", "watt"):
            if name.endswith(base) and name.removesuffix(base) in _LADDER and quantity.units._units[name] == 1:
                return _climb(quantity, name, base)
    return quantity


def _climb(quantity: Any, name: str, base: str) -> Any:
    size = abs(float(np.median(magnitude(quantity))))
    if size == 0 or not math.isfinite(size):
        return quantity
    now = _LADDER.index(name.removesuffix(base))
    steps = math.floor(math.log10(size) / 3 + 1e-12)
    if 1 <= size / 1e3**steps < 10 and now + steps >= 2:
        steps -= 1
    prefix = _LADDER[min(max(now + steps, 0), len(_LADDER) - 1)]
    powers = {(prefix + base if key == name else key): power for key, power in quantity.units._units.items()}
    return quantity.to(registry().Unit(registry().UnitsContainer(powers)))


def magnitude(quantity: Any) -> Array:
    """The number or the draws of a quantity, in its own unit."""
    return cast(Array, np.asarray(quantity.magnitude, dtype=float))


@lru_cache(maxsize=2048)
def spell(unit: Any) -> str:
    """A unit as people write it: ``MWh``, ``g/kWh``, ``Wh/request``, ``%``; nothing for a plain number."""
    above = [_power(name, power) for name, power in unit._units.items() if power > 0]
    below = [_power(name, -power) for name, power in unit._units.items() if power < 0]
    if not above and not below:
        return ""
    return "/".join(["·".join(above) or "1", *below])


def _power(name: str, power: float) -> str:
    word = _word(name)
    return word if power == 1 else f"{word}^{power:g}"


def _word(name: str) -> str:
    if name in _WORDS:
        return _WORDS[name]
    for prefix, letter in _PREFIXES.items():
        if name.startswith(prefix) and name.removeprefix(prefix) in _WORDS:
            return letter + _WORDS[name.removeprefix(prefix)]
    return name
