"""Numbers with units at the edge: ``"15T"`` tokens, ``"100 MW"``, ``"2.9 Wh"`` in; ``1,287 MWh`` out.

Inside, everything is a plain float or array in the unit that its name ends in.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattline.errors import QuantityError, shorten

if TYPE_CHECKING:
    import pint

DEFINITIONS = """
USD = [currency]
token = [token]
request = [request] = _ = prompt = query
search = [search]
home = [home]
chip = [chip]
FLOP = [operation]
image = [image]
person = [person]
"""
COUNT_SUFFIX = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}
COUNT_UNITS = {"token", "request", "search", "home", "chip", "image", "person", "count", "1", ""}
_NUMBER = re.compile(r"\s*([+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$", re.DOTALL)
_UNIT = re.compile(r"[A-Za-zµ°%·/*^ \d()-]{1,60}$")
_RATE = re.compile(r"([kKMBGT]?)\s*([A-Za-z]*)\s*(?:(?:/|per )\s*([A-Za-z]+))?$")


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Pint's registry with the counts that this field speaks of, made once, when first needed."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    ureg.load_definitions([line for line in DEFINITIONS.splitlines() if line])
    return ureg


@lru_cache(maxsize=2048)
def unit(text: str) -> pint.Unit:
    """A unit by name, e.g. ``kWh``, ``L/kWh``, ``g/kWh``; an unknown one raises QuantityError."""
    text = {"count": "", "1": "", "%": "percent"}.get(text.strip(), text.strip())
    if text and not _UNIT.match(text):
        raise QuantityError(f"{shorten(text)!r} is not a unit; use one such as W, kWh, MWh, h, day, USD/kWh")
    try:
        return registry().parse_units(text.replace("kgCO2e", "kg").replace("gCO2e", "g"))
    except Exception as error:
        raise QuantityError(
            f"unknown unit {shorten(text)!r}; use one such as W, kWh, MWh, h, day, USD/kWh"
        ) from error


@lru_cache(maxsize=2048)
def factor(source: str, target: str) -> float:
    """How many ``target`` one ``source`` is; units of different kinds raise QuantityError."""
    if source == target:
        return 1.0
    try:
        return float((1.0 * unit(source)).to(unit(target)).magnitude)
    except QuantityError:
        raise
    except Exception as error:
        raise QuantityError(
            f"cannot turn {source or 'a plain number'} into {target or 'a plain number'}"
        ) from error


def parse(text: str | float, target: str, what: str = "value", *, zero: bool = False) -> float:
    """Read a positive quantity in ``target`` units; a bare number is taken to be in ``target`` already.

    ``zero`` admits 0. Counts take k, M, B (or G), T: ``"15T"``, and rates too: ``"200M/day"`` for ``request/s``.
    Raises QuantityError on anything else, on negative, infinite and not-a-number values.
    """
    value = _read(text, target, what) if isinstance(text, str) else float(text)
    if isinstance(text, bool) or not math.isfinite(value):
        raise QuantityError(f"{what}: {shorten(str(text))!r} is not a finite number")
    if value < 0 or (value == 0 and not zero):
        raise QuantityError(
            f"{what}: {shorten(str(text))!r} must be {'zero or more' if zero else 'greater than zero'}"
        )
    return value


def _read(text: str, target: str, what: str) -> float:
    match = _NUMBER.match(text)
    if not match or len(text) > 100:
        raise QuantityError(f"{what}: {shorten(text)!r} is not a number; write one such as {example(target)}")
    number = float(match[1].replace(",", "").replace("_", ""))
    rest = match[2].strip()
    if not rest:
        return number
    head, _, per = target.partition("/")
    if head in COUNT_UNITS:
        return number * _count_factor(rest, head, per, text, what)
    try:
        return number * factor(rest, target)
    except QuantityError as error:
        raise QuantityError(f"{what}: {shorten(text)!r}: {error}; write one such as {example(target)}") from None


def _count_factor(rest: str, head: str, per: str, text: str, what: str) -> float:
    match = _RATE.match(rest)
    wrong = QuantityError(
        f"{what}: {shorten(text)!r} is not a count{' per time' if per else ''}; "
        f"write one such as {example(f'{head}/{per}' if per else head)}"
    )
    if not match or bool(match[3]) != bool(per and match[3]):
        raise wrong
    suffix, word, time = match.groups()
    if word and word.rstrip("s") not in COUNT_UNITS | {"prompt", "query", "gpu", "GPU", head}:
        if suffix == "" and word in ("million", "billion", "trillion"):
            suffix = {"million": "M", "billion": "B", "trillion": "T"}[word]
        else:
            raise wrong
    try:
        return COUNT_SUFFIX[suffix] * (factor(f"1/{time}", f"1/{per}") if time else 1.0)
    except QuantityError:
        raise wrong from None


def example(target: str) -> str:
    """A well-formed quantity of this kind, for an error to show."""
    shown = {
        "token": '"15T"',
        "request/s": '"200M/day"',
        "request": '"1M"',
        "s": '"90 s" or "14.8 days"',
        "h": '"355" or "14.8 days"',
        "W": '"700 W"',
        "": '"0.4"',
        "chip": '"1024"',
    }
    return shown.get(target, f'"1 {target}"')


_LADDER = {
    "Wh": ["mWh", "Wh", "kWh", "MWh", "GWh", "TWh"],
    "W": ["mW", "W", "kW", "MW", "GW", "TW"],
    "FLOP": ["mFLOP", "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP", "ZFLOP", "YFLOP"],
    "J": ["mJ", "J", "kJ", "MJ", "GJ", "TJ", "PJ", "EJ"],
    "B": ["mB", "B", "kB", "MB", "GB", "TB", "PB"],
}


def show(value: float, name: str, digits: int = 3) -> str:
    """``value`` in a unit that people read with ease: ``show(4.63e12, "J")`` gives ``1.29 GWh``.

    Joules are shown as watt-hours from 1 kJ on; grams, litres and seconds climb to t, m³, days and years.
    """
    if not math.isfinite(value):
        return "unknown"
    if name == "J" and abs(value) >= 1e3:
        value, name = value / 3600, "Wh"
    if name in _LADDER:
        value, name = _climb(value, name)
    elif name == "s":
        value, name = _time(value)
    elif name in ("g", "kg"):
        value, name = _mass(value if name == "g" else value * 1e3)
    elif name == "L" and abs(value) >= 1e3:
        value, name = value / 1e3, "m³"
    elif name == "L" and abs(value) < 0.1:
        value, name = value * 1e3, "mL"
    if name == "USD":
        return f"${number(value, digits)}"
    return f"{number(value, digits)} {name}".strip()


def _climb(value: float, name: str) -> tuple[float, str]:
    ladder = _LADDER[name]
    step = int(math.floor(math.log10(abs(value)) / 3 + 1e-12)) if value else 0
    # three figures before the point read better than "1.29 GWh" for what the field calls 1,287 MWh
    if name in ("Wh", "W") and 1 <= abs(value) / 1e3**step < 10 and step >= 1:
        step -= 1
    index = min(max(ladder.index(name) + step, 0), len(ladder) - 1)
    return value / 1e3 ** (index - ladder.index(name)), ladder[index]


def _time(value: float) -> tuple[float, str]:
    for limit, scale, name in ((1, 1e-3, "ms"), (180, 1, "s"), (10800, 60, "min"), (259200, 3600, "h")):
        if abs(value) < limit:
            return value / scale, name
    return (value / 86400, "days") if abs(value) < 86400 * 1000 else (value / 31557600, "years")


def _mass(grams: float) -> tuple[float, str]:
    for limit, scale, name in ((1, 1e-3, "mg"), (1e3, 1, "g"), (1e6, 1e3, "kg"), (1e9, 1e6, "t")):
        if abs(grams) < limit:
            return grams / scale, name
    return (grams / 1e9, "kt") if abs(grams) < 1e12 else (grams / 1e12, "Mt")


def number(value: float, digits: int = 3) -> str:
    """``value`` to ``digits`` significant figures, thousands parted by commas, big ones in words."""
    if value == 0:
        return "0"
    for scale, word in ((1e12, " trillion"), (1e9, " billion"), (1e7, " million")):
        if abs(value) >= scale:
            return number(value / (1e6 if scale == 1e7 else scale), digits) + word
    if abs(value) < 1e-4:
        return f"{value:.{digits - 1}e}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"
