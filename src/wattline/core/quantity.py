"""Numbers with units at the edge: ``"15T"`` tokens, ``"100 MW"``, ``"2.9 Wh"`` in; ``1,287 MWh`` out.
Inside, everything is a plain float or array in the unit that its name ends in.
"""

from __future__ import annotations

import math
import re
from numbers import Real

from wattline.core.errors import QuantityError, shorten
from wattline.core.unit_names import factor
from wattline.core.units import DAY_S, HOUR_S, J_PER_WH, YEAR_S

COUNT_SUFFIX = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}
COUNT_WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# what is counted -> the words for it, beside its own
COUNT_UNITS = {
    "token": ("tokens",),
    "request": ("requests", "prompt", "prompts", "query", "queries", "count"),
    "search": ("searches",),
    "home": ("homes",),
    "chip": ("chips", "gpu", "gpus", "tpu", "tpus", "accelerator", "accelerators", "count"),
    "image": ("images",),
    "person": ("persons", "people"),
    "count": (),
    "1": (),
    "": ("count",),
}
_NUMBER = re.compile(r"\s*([+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$", re.DOTALL)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:[eE].*)?$")
# lengths of time, where "m" means minutes and no length; parts in falling order
DURATIONS = ("s", "min", "h", "day")
_PART = r"(\d+(?:\.\d+)?|\.\d+)\s*"
_NAMES = ("days?|d", "hours?|h", "minutes?|min|m", "seconds?|s")
_DURATION = re.compile(r"\s*(?=[\d.])" + "".join(rf"(?:{_PART}(?:{name})\s*)?" for name in _NAMES))
_DURATION_PART = re.compile(rf"{_PART}({'|'.join(_NAMES)})")
_RATE = re.compile(r"([A-Za-z ]*?)\s*(?:(?:/|\bper )\s*([A-Za-z]+))?$")

_COUNTED = {"token", "chip", "day", "home", "year", "minute", "request"}


def parse(text: str | float, target: str, what: str = "value", *, zero: bool = False) -> float:
    """Read a positive quantity in ``target`` units; a bare number is taken to be in ``target`` already.

    ``zero`` admits 0. Counts take k, M, B (or G), T: ``"15T"``, and rates too: ``"200M/day"`` for ``request/s``.
    Raises QuantityError on anything else, on negative, infinite and not-a-number values.

    Parameters
    ----------
    text : the quantity as it was given, such as ``"15T"``, ``"100 MW"``, ``"200M/day"``
    target : unit of the answer, by name
    what : the option or key that it belongs to, for the error
    zero : whether 0 is admitted

    Returns the number of ``target`` units.
    """
    value = _read(text, target, what) if isinstance(text, str) else _plain(text, target, what)
    if not math.isfinite(value):
        raise QuantityError(f"{what}: {shorten(str(text))!r} is not a finite number")
    if value < 0 or (value == 0 and not zero):
        raise QuantityError(f"{what}: {shorten(str(text))!r} must be {'zero or more' if zero else 'greater than zero'}")
    return value


def _plain(value: object, target: str, what: str) -> float:
    """A number of Python or NumPy; True and False are none, and neither is None."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise QuantityError(f"{what}: {shorten(str(value))!r} is not a number; write one such as {example(target)}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _read(text: str, target: str, what: str) -> float:
    match = _NUMBER.match(text)
    if not match or len(text) > 100:
        raise QuantityError(f"{what}: {shorten(text)!r} is not a number; write one such as {example(target)}")
    if "," in match[1] and not _GROUPED.match(match[1]):
        raise QuantityError(f"{what}: {shorten(text)!r}: a comma parts thousands, as in 1,500; write 1.5 with a point")
    number = float(match[1].replace(",", "").replace("_", ""))
    if not (rest := match[2].strip()) and target != "request/s":
        return number
    if not rest:
        raise QuantityError(f"{what}: {shorten(text)!r} says no time; write one such as {example(target)}")
    if target in DURATIONS and _DURATION.fullmatch(text):
        return _duration(text, target)
    head, _, per = target.partition("/")
    if head in COUNT_UNITS:
        return number * _count_factor(rest, head, per, text, what)
    try:
        return number * factor(rest, target)
    except QuantityError as error:
        raise QuantityError(f"{what}: {shorten(text)!r}: {error}; write one such as {example(target)}") from None


def _duration(text: str, target: str) -> float:
    """``1h30m`` as people write it, ``m`` being minutes."""
    parts = _DURATION_PART.findall(text)
    return sum(float(value) * factor("min" if name == "m" else name, target) for value, name in parts)


def _count_factor(rest: str, head: str, per: str, text: str, what: str) -> float:
    match = _RATE.match(rest)
    wrong = QuantityError(
        f"{what}: {shorten(text)!r} is not a count{' per time' if per else ''}; "
        f"write one such as {example(f'{head}/{per}' if per else head)}"
    )
    if rest == "%" and head in ("", "1", "count"):
        return 0.01
    if not match or (match[2] and not per):
        raise wrong
    scale, named = _count_scale(match[1], head)
    # "200M requests" is no rate; a bare "200M" is taken to be in the target's own
    if scale is None or (per and named and not match[2]):
        raise wrong
    try:
        return scale * (factor(f"1/{match[2]}", f"1/{per}") if match[2] else 1.0)
    except QuantityError:
        raise wrong from None


def _count_scale(spelled: str, head: str) -> tuple[float | None, bool]:
    """What ``M``, ``million``, ``M tokens``, ``tokens`` multiply by (None: not read), and whether it names a thing."""
    names = "|".join(re.escape(name) for name in (head, *COUNT_UNITS[head]) if name)
    sizes = COUNT_SUFFIX | COUNT_WORDS
    match = re.fullmatch(rf"({'|'.join(sizes)})?\s*((?i:{names}))?", spelled)
    return (sizes[match[1]] if match[1] else 1.0, bool(match[2])) if match else (None, False)


def example(target: str) -> str:
    """A well-formed quantity of this kind, for an error to show."""
    shown = {
        "token": '"500" or "15T"',
        "request/s": '"20/s" or "200M/day"',
        "request": '"1M"',
        "s": '"90 s" or "14.8 days"',
        "h": '"355" or "14.8 days"',
        "W": '"700 W"',
        "": '"1.2"',
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


def show(value: float, name: str, digits: int = 3, like: float | None = None) -> str:
    """``value`` in a unit that people read with ease: ``show(4.63e12, "J")`` gives ``1,286 MWh``.

    Joules are shown as watt-hours from 1 kJ on; grams, litres and seconds climb to t, m³, days and years. With
    ``like`` the unit is the one that value would have, so that a column keeps one unit.

    Parameters
    ----------
    value : in the SI unit or the unit of ``name``
    name : its unit, such as ``J``, ``W``, ``g``, ``L``, ``s``, ``USD``
    digits : significant digits
    like : the value whose unit is taken; ``value`` itself where None

    Returns the text; ``unknown`` for what is not finite.
    """
    if not math.isfinite(value):
        return "unknown"
    scale, shown = ladder(value if like is None else like, name)
    text = number(value * scale, digits)
    if shown == "USD":
        return f"-${text[1:]}" if text.startswith("-") else f"${text}"
    return f"{text} {shown}".strip()


def with_unit(shown: str, unit: str) -> str:
    """A number with the unit of what it counts, of more than one in the plural: ``32 requests``.

    Parameters
    ----------
    shown : the number in words
    unit : as facts name it; other units stay as they are

    Returns
    -------
    Such as ``1 token``, ``8,192 tokens``, ``700 W``.
    """
    many = unit in _COUNTED and shown not in ("1", "1.00", "-1")
    return f"{shown} {unit}{'s' if many else ''}".strip()


def ladder(value: float, name: str) -> tuple[float, str]:
    """The unit in which people read a value of unit ``name``, and what to multiply it by.

    Parameters
    ----------
    value : in the unit ``name``
    name : of the unit, such as "J"

    Returns
    -------
    What to multiply it by, and the unit.
    """
    scale = 1.0
    if name == "J" and abs(value) >= 1e3:
        scale, name = 1 / J_PER_WH, "Wh"
    if name in _LADDER:
        step, name = _climb(value * scale, name)
        return scale * step, name
    for limit, step, shown in _STEPS.get(name, ()):
        if abs(value) < limit and (value or shown != "µg"):
            return step, shown
    return scale, name


# unit -> (below, times, shown as), in rising order
_STEPS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "s": (
        (1, 1e3, "ms"),
        (180, 1, "s"),
        (10_800, 1 / 60, "min"),
        (259_200, 1 / HOUR_S, "h"),
        (86_400_000, 1 / DAY_S, "days"),
        (math.inf, 1 / YEAR_S, "years"),
    ),
    "g": (
        (1e-6, 1e6, "µg"),
        (1, 1e3, "mg"),
        (1e3, 1, "g"),
        (1e6, 1e-3, "kg"),
        (1e10, 1e-6, "t"),
        (1e13, 1e-9, "kt"),
        (math.inf, 1e-12, "Mt"),
    ),
    "kg": (
        (1e-9, 1e9, "µg"),
        (1e-3, 1e6, "mg"),
        (1, 1e3, "g"),
        (1e3, 1, "kg"),
        (1e7, 1e-3, "t"),
        (1e10, 1e-6, "kt"),
        (math.inf, 1e-9, "Mt"),
    ),
    "MJ": ((1e-3, 1e6, "J"), (1, 1e3, "kJ"), (1e4, 1, "MJ"), (1e7, 1e-3, "GJ"), (math.inf, 1e-6, "TJ")),
    "L": ((0.1, 1e3, "mL"), (1e3, 1, "L"), (math.inf, 1e-3, "m³")),
}


def _climb(value: float, name: str) -> tuple[float, str]:
    """The rung of the ladder for this value, and what to multiply it by."""
    rungs = _LADDER[name]
    step = math.floor(math.log10(abs(value)) / 3 + 1e-12) if value else 0
    # "1,287 MWh" is what the field says, not "1.29 GWh"
    if name in ("Wh", "W") and step >= 1 and abs(value) / 1e3**step < 10:
        step -= 1
    index = min(max(rungs.index(name) + step, 0), len(rungs) - 1)
    return 1e3 ** (rungs.index(name) - index), rungs[index]


def number(value: float, digits: int = 3) -> str:
    """``value`` to ``digits`` significant figures, thousands parted by commas, big ones in words.

    Parameters
    ----------
    value : any
    digits : significant digits

    Returns the text; ``unknown`` for what is not finite.
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "unknown"
    rounded, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if abs(value) < 1e-4 or abs(value) >= 1e18:
        return f"{rounded}e{exponent}"
    for scale, word in ((1e12, " trillion"), (1e9, " billion"), (1e7, " million")):
        if abs(value) >= scale:
            return number(value / (1e6 if scale == 1e7 else scale), digits) + word
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.{max(0, digits - 1 - int(exponent))}f}"


def trim(value: float, digits: int = 4) -> str:
    """As ``number``, without zeros that say nothing: ``2.9``, ``1,287``, ``1.76 trillion``.

    Parameters
    ----------
    value : any
    digits : significant digits that are kept

    Returns text for people, without a unit.
    """
    text, space, word = number(value, digits).partition(" ")
    return (text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text) + space + word
