"""What a column, metric or row of values is by its name: watts, joules, or why it is neither."""

from __future__ import annotations

import re
from typing import NamedTuple

from wattline.meter.places import NOT_DRAWN, label_of, words_of
from wattline.meter.readers import units
from wattline.meter.readers.column_names import STRANGE
from wattline.meter.readers.languages import english
from wattline.meter.readers.units import Unit

ANY_PERCENTILE = re.compile(r"(?i)(?<![a-z0-9])p\d{1,2}(?![a-z0-9])")  # beside others that are surely one
PERCENTILE = re.compile(r"(?i)(?<![a-z0-9])p(?:50|90|95|99)(?![a-z0-9])")


class Value(NamedTuple):
    """A column (or the rows of one name) of watts or joules."""

    name: str
    column: str
    units: tuple[Unit, ...]
    label: str  # what is left of its name without quantity and unit: the device
    words: tuple[str, ...]


def value_of(name: str, column: str = "", unit: str = "") -> Value | str:
    """A column of watts or joules by its name; else why it is none, "" for no reason.

    Parameters
    ----------
    name, column, unit : of the metric; of the column, where it has another name; its unit, told elsewhere
    Returns either.
    """
    shown, name = name, english(name)
    words = words_of(name)
    if units.is_ratio(name, words):
        return "a ratio, no power or energy"
    candidates = (units.possible_units(unit, "xX") or units.of_header(f"[{unit}]")) if unit else units.of_header(name)
    drawn = {"draw"} if not {"current", "amps", "amperes"} & set(words) else set()
    counted = ({"power", "energy", "pwr", "watts", "watt", "wattage", "joules"} | drawn) & set(words)
    if not candidates and not counted and not any(word.endswith(("power", "energy")) for word in words):
        return ""
    if odd := sorted(NOT_DRAWN & set(words)):
        return f"{odd[0]}: not what is drawn" if candidates or counted else ""
    if PERCENTILE.search(name):
        return "a percentile, no mean"
    if "%" in name:
        return "a share, no power"
    if not candidates and (odd := sorted(STRANGE & set(re.split("[^a-z]+", name.lower())))):
        return f"in {odd[0]}, a unit that is not read"
    if not candidates and (counted - {"energy", "joules"} or any(word.endswith("power") for word in words)):
        candidates = (units.SHORT["W"],)
    return Value(shown, column or shown, candidates, label_of(name), words)
