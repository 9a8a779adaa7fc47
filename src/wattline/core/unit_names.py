"""Units by name, as pint reads them, with the counts that this field speaks of."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattline.core.errors import QuantityError, shorten
from wattline.core.multiples import multiple

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
kt = 1e3 * metric_ton
"""
# words, each with a power of one digit at most; nothing else holds a number, so that no unit is costly to work out
_UNIT = re.compile(r"(?:1\s?/)?(?:[A-Za-zµ°%]++(?:[²³]|(?:\^|\*\*)-?\d(?!\d))?|[ ()·/]|\*(?!\*))+$")
_UNIT_LENGTH = 60


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Pint's registry with the counts that this field speaks of, made once, when first needed."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    ureg.load_definitions([line for line in DEFINITIONS.splitlines() if line])
    return ureg


@lru_cache(maxsize=2048)
def unit(text: str) -> pint.Unit:
    """A unit by name, e.g. ``kWh``, ``L/kWh``, ``g/kWh``. Raises QuantityError for a name that is no unit."""
    text = {"count": "", "1": "", "%": "percent"}.get(text.strip(), text.strip())
    text = text.replace("kgCO2e", "kg").replace("gCO2e", "g")
    if text and (len(text) > _UNIT_LENGTH or not _UNIT.match(text)):
        raise QuantityError(f"{shorten(text)!r} is not a unit; use one such as W, kWh, MWh, h, day, USD/kWh")
    try:
        return registry().parse_units(text)
    except Exception as error:
        raise QuantityError(f"unknown unit {shorten(text)!r}; use one such as W, kWh, MWh, h, day, USD/kWh") from error


@lru_cache(maxsize=2048)
def factor(source: str, target: str) -> float:
    """How many ``target`` one ``source`` is.

    Parameters
    ----------
    source, target : units by name

    Returns the factor. Raises QuantityError for units of different kinds, logarithmic ones, and names that are no unit.
    """
    if (whole := multiple(source, target)) is not None:
        return whole
    try:
        once, twice = (float((times * unit(source)).to(unit(target)).magnitude) for times in (1.0, 2.0))
        if abs(twice - 2 * once) > 1e-9 * abs(twice):
            raise ValueError(f"{source} is logarithmic or does not start from zero")
        return once
    except QuantityError:
        raise
    except Exception as error:
        raise QuantityError(f"cannot turn {source or 'a plain number'} into {target or 'a plain number'}") from error
