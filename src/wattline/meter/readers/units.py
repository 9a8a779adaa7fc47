"""Units of power and energy as people write them, in headers, in cells and in a row of their own.

Case tells milli from mega where it is there to tell: ``mWh`` is milli, ``MWh`` mega. A name wholly in capitals or
wholly in small letters leaves both open, the likelier first; what such a device can draw decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.meter.places import is_per_unit

if TYPE_CHECKING:
    import polars as pl
UNIT_MISSING = "its unit is not given: give --unit"
CAMEL = re.compile(
    r"(?<=[a-z0-9])((?:Nano|Micro|Milli|Kilo|Mega|Giga)?(?:Watts?|Joules?)(?:Hours?)?|[kmuµM]?(?:Wh|W|J))$"
)


class Unit(NamedTuple):
    """A unit by its name, what it measures ("power" or "energy"), and what turns it into W or J."""

    name: str
    quantity: str
    scale: float


BASES = {"W": ("power", 1.0), "J": ("energy", 1.0), "Wh": ("energy", 3600.0), "Ws": ("energy", 1.0)}
PREFIXES = {"n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
SHORT = {
    prefix + base: Unit(prefix + base, quantity, scale * factor)
    for base, (quantity, factor) in BASES.items()
    for prefix, scale in PREFIXES.items()
} | {"K" + base: Unit("k" + base, q, 1e3 * f) for base, (q, f) in BASES.items()}
WORDS = {"nano": 1e-9, "micro": 1e-6, "milli": 1e-3, "": 1.0, "kilo": 1e3, "mega": 1e6, "giga": 1e9}
LONG_BASES = {"watthours": ("energy", 3600.0), "watthour": ("energy", 3600.0), "watts": ("power", 1.0),
              "watt": ("power", 1.0), "joules": ("energy", 1.0), "joule": ("energy", 1.0),
              "wattseconds": ("energy", 1.0), "wh": ("energy", 3600.0)}  # fmt: skip
LONG = {
    prefix + base: Unit(prefix + base, quantity, scale * factor)
    for base, (quantity, factor) in LONG_BASES.items()
    for prefix, scale in WORDS.items()
}
SHORTENED = re.compile(r"(?i)([nuµmkg])([wj])(?:atts?|oules?)(hours?)?")
WINDOWS = re.compile(r"\\(?:Power|Energy) Meter\(")  # a counter of Windows, which tells milliwatts
SAMPLE = 1000
# short units that are no other word in the middle of a name
INSIDE = frozenset({"kw", "mw", "uw", "µw", "kwh", "mwh", "wh", "kj", "mj", "uj", "µj"})
A_RATIO = re.compile(r"[\[(]\s*([^\])/]+?)\s*/\s*[^\])]+[\])]")
EACH = frozenset({"token", "tokens", "request", "requests", "query", "image", "prompt", "inference", "flop", "flops"})
ALIKE = {"w": "W", "j": "J", "wh": "Wh", "ws": "Ws"}  # the base of a unit in one case alone
CELL = re.compile(
    r"^\s*(?P<number>[-+]?[\d.,'’\s\u00a0\u202f]*\d(?:[eE][-+]?\d+)?)\s*(?P<unit>[a-zA-Zµμ]*(?:[·.\s]?h)?|%)\s*$"
)


def possible_units(text: str, header: str = "") -> tuple[Unit, ...]:
    """The units that a word may mean, the likeliest first; none where it is no unit.

    Parameters
    ----------
    text: the word, as it is written.
    header: the whole name that it stands in, whose case tells whether case tells anything.

    Returns
    -------
    Quantity and scale of each.
    """
    plain = re.sub(r"[·.\s_*-]+", "", text.strip()).strip("[]()")
    lower = plain.lower()
    if lower in LONG:
        return (LONG[lower],)
    if short := SHORTENED.fullmatch(plain):  # kWatts, MWattHours
        return possible_units(short[1] + short[2].upper() + ("h" if short[3] else ""), header)
    if lower == "kwth":  # as eco2AI writes kWh
        return (SHORT["kWh"],)
    if lower.endswith("whs"):  # kWhs, the plural
        plain, lower = plain[:-1], lower[:-1]
    if not plain or lower[-1] not in "wjhs":
        return ()
    base = next((ALIKE[b] for b in ("wh", "ws", "w", "j") if lower.endswith(b)), None)
    if base is None or len(lower) - len(base) > 1:
        return ()
    prefix = plain[: len(plain) - len(base)]
    if prefix.lower() != "m":
        unit = SHORT.get(prefix + base) or SHORT.get(prefix.lower() + base) or SHORT.get(prefix.upper() + base)
        return () if unit is None else (unit,)
    milli, mega = SHORT["m" + base], SHORT["M" + base]
    whole = header or plain
    if whole.upper() == whole or whole.lower() == whole:
        return (milli, mega)
    return (mega,) if prefix == "M" else (milli,)


def of_header(name: str) -> tuple[Unit, ...]:
    """The units that a column's name may carry, in brackets or at its end: ``Power (kW)``, ``energy_mWh``."""
    if WINDOWS.search(name):
        return (SHORT["mW"],)
    for inner in reversed(re.findall(r"[\[(]([^\])]*)[\])]", name)):
        if units := possible_units(inner, name):
            return units
    bare = re.sub(r"[\[(][^\])]*[\])]", " ", name).strip()
    words = [word for word in re.split(r"[\s_\-./:,]+", bare) if word]
    for count in (2, 1):
        tail = "".join(words[-count:])
        if count <= len(words) and (units := possible_units(tail, bare)) and (count == 1 or _spoken(words[-2:])):
            return units
    camel = re.search(
        r"(?:(?<=[a-z0-9])|(?<=[A-Z])(?=[WJ][a-z]{3}))((?:Nano|Micro|Milli|Kilo|Mega|Giga)?(?:Watts?|Joules?)(?:Hours?)?"
        r"|(?<=[a-z0-9])[kmuµM]?(?:Wh|W|J))$",
        bare,
    )
    return possible_units(camel[1], "xX") if camel else _inside(words, bare)


def _inside(words: Sequence[str], bare: str) -> tuple[Unit, ...]:
    """The unit that stands before the device in a name (``power_kw_gpu0``); none where several do."""
    there = [word for word in words if word.lower() in LONG or (len(word) > 1 and word.lower() in INSIDE)]
    return possible_units(there[0], bare) if len(there) == 1 else ()


def is_ratio(name: str, words: Sequence[str]) -> bool:
    """Whether a column tells watts or joules of one thing each, and no power: ``(W/m2)``, ``energy_per_token_j``.

    Parameters
    ----------
    name : of the column
    words : of its name

    Returns
    -------
    True for a ratio.
    """
    match = A_RATIO.search(name)
    if match and possible_units(match[1], "xX"):
        return True
    if is_per_unit(name):
        return True
    return any(word == "per" and after in EACH for word, after in pairwise(words))


def _spoken(words: Sequence[str]) -> bool:
    """Whether two words are one unit: kilowatt hours, watt_hours, kW h."""
    return words[-1].lower() in ("h", "hour", "hours", "second", "seconds")


def cells(column: pl.Series, comma: bool = False) -> tuple[Array, tuple[Unit | None, ...]]:
    """Numbers of a column of text, each in W or J where its cell names a unit, and the units that occur.

    Thousands marks and decimal commas are told by all cells together; ``comma``: a comma is the mark of decimals where
    cells leave it open. NaN where there is no number; shape ``(n,)``.

    Parameters
    ----------
    column : of text, ``(n,)``
    comma : a comma is the mark of decimals where cells leave it open

    Returns
    -------
    Numbers, ``(n,)``, and units.
    """
    import polars as pl

    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float), (None,)
    text = column.cast(pl.String)
    plain = text.cast(pl.Float64, strict=False)
    if plain.null_count() == text.null_count():
        return plain.fill_null(np.nan).to_numpy().astype(float), (None,)
    odd = text.filter(plain.is_null()).drop_nulls().unique()
    others = text.filter(plain.is_not_null()).head(SAMPLE).to_list()
    whole = [(cell, match) for cell in odd.to_list() if (match := CELL.match(cell))]
    mark = _decimal([match["number"] for _, match in whole] + others, comma)
    if mark == ",":  # a dot parts thousands in the plain cells too
        more = text.filter(plain.is_not_null()).unique().to_list()
        whole += [(cell, match) for cell in more if (match := CELL.match(cell))]
        plain = plain.set(plain.is_not_null(), None)
    known: dict[str, float] = {}
    units: dict[Unit | None, None] = {}
    for cell, match in whole:
        unit = next(iter(possible_units(match["unit"], "xX")), None) if match["unit"] else None
        number = _number(match["number"], mark) if unit or not match["unit"].strip() else None
        if number is not None:
            known[cell] = number * (unit.scale if unit else 1.0)
            units[unit] = None
    if plain.is_not_null().any():
        units[None] = None
    values = plain.fill_null(text.replace_strict(known, default=None, return_dtype=pl.Float64))
    return values.fill_null(np.nan).to_numpy().astype(float), tuple(units) or (None,)


def _decimal(numbers: Sequence[str], comma: bool) -> str:
    """The mark of decimals of numbers that share one way of writing."""
    both = [text for text in numbers if "," in text and "." in text]
    if both:
        return "," if both[0].rfind(",") > both[0].rfind(".") else "."
    if any(text.count(".") > 1 for text in numbers):
        return ","
    with_comma = [text for text in numbers if "," in text]
    if not with_comma or any("." in text for text in numbers):
        return "."
    if any(text.count(",") > 1 for text in with_comma):
        return "."
    grouped = all(re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text.strip()) for text in with_comma)
    return "." if grouped and not comma else ","


def _number(text: str, mark: str) -> float | None:
    other = "." if mark == "," else ","
    plain = re.sub(r"['’\s\u00a0\u202f]", "", text).replace(other, "").replace(mark, ".")
    try:
        return float(plain)
    except ValueError:
        return None


def row_of_units(frame: pl.DataFrame, time_units: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    """A first row that holds units and no number, taken off: ``s,W,kW`` below the header.

    Parameters
    ----------
    frame : a table of text
    time_units : words that name a unit of time

    Returns
    -------
    The table without that row, and the unit of each column that has one.
    """
    if not len(frame):
        return frame, {}
    first = {name: str(cell or "").strip() for name, cell in zip(frame.columns, frame.row(0), strict=True)}
    if any(re.search(r"\d", cell) for cell in first.values()):
        return frame, {}
    outcome = {name: cell for name, cell in first.items() if possible_units(cell, "xX") or of_header(f"x {cell}")}
    outcome = {name: cell.strip("[]()") for name, cell in outcome.items()}
    if not outcome:
        return frame, {}
    times = {name: cell.strip("[]()") for name, cell in first.items() if cell.strip("[]()").lower() in time_units}
    return frame.slice(1), {**times, **outcome}
