"""Numbers and words of a run, read with care and made safe to stand in HTML."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from html import escape
from math import floor, log10
from typing import NamedTuple

from wattline.core.quantity import number, show, with_unit
from wattline.core.units import DAY_S, HOUR_S, J_PER_WH, MINUTE_S, YEAR_S
from wattline.report.language.translator import current
from wattline.report.words import Json

STATIONS = ("chip", "server", "site", "grid")
STATION_NAMES = {
    "work": "Work",
    "chip": "Chips",
    "server": "Servers",
    "site": "Site",
    "grid": "Grid",
}
_SCALED = {"Wh", "W", "FLOP", "J", "MJ", "B", "s", "g", "kg", "L", "USD"}
_UNITLESS = {"", "1", "count"}
_UNIT_WORDS = {"kgCO2e": "kg", "gCO2e": "g", "byte": "B", "bytes": "B", "byte/s": "B/s"}
_PREFIXES = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}
_SIZES = {  # how large the units are that numbers are shown in, in the units below
    **{f"{prefix}{unit}": size for prefix, size in _PREFIXES.items() for unit in ("W", "FLOP", "J", "B")},
    **{f"{prefix}Wh": J_PER_WH * size for prefix, size in _PREFIXES.items()},
    **{"µg": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6, "kt": 1e9, "Mt": 1e12, "mL": 1e-3, "L": 1.0, "m³": 1e3},
    **{"ms": 1e-3, "s": 1.0, "min": MINUTE_S, "h": HOUR_S, "days": DAY_S, "years": YEAR_S},
    **{"million": 1e6, "billion": 1e9, "trillion": 1e12},
}
_BASE = {"Wh": J_PER_WH, "W": 1.0, "FLOP": 1.0, "J": 1.0, "MJ": 1e6, "B": 1.0, "g": 1.0, "kg": 1e3, "L": 1.0, "s": 1.0}
_BASE |= {"USD": 1.0, "": 1.0, "1": 1.0, "count": 1.0}
_MARKUP = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)\]]")


class Span(NamedTuple):
    """A range of an answer: 5th, 50th and 95th percentile."""

    low: float
    mid: float
    high: float

    @property
    def exact(self) -> bool:
        """Whether the range has no width that a reader could see."""
        return abs(self.high - self.low) <= 1e-9 * max(abs(self.high), abs(self.low))


def esc(value: object) -> str:
    """Any value as text that is harmless in HTML, in attributes too."""
    return escape(str(value), quote=True)


def sentence(name: object) -> str:
    """A name as it stands on the page: with a capital, and CO₂ as chemists write it."""
    text = str(name).replace("CO2", "CO₂").replace("co2", "CO₂")
    return text[:1].upper() + text[1:]


def finite(value: object) -> float | None:
    """A finite number, or None for anything else; a bool is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        real = float(value)
    except OverflowError:
        return None
    return real if math.isfinite(real) else None


def as_span(value: object) -> Span | None:
    """``{"p5", "p50", "p95"}`` or a plain number as a Span; None where the number is missing."""
    if isinstance(value, Mapping):
        mid = finite(value.get("p50"))
        if mid is None:
            return None
        low, high = finite(value.get("p5")), finite(value.get("p95"))
        return Span(mid if low is None else low, mid, mid if high is None else high)
    plain = finite(value)
    return None if plain is None else Span(plain, plain, plain)


def mapping(value: object) -> Json:
    """``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[Json]:
    """The JSON objects of a list; anything else is left out."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def amount(value: float, unit: str, digits: int = 3) -> str:
    """An answer with its unit as people read it, to four figures at most: ``1,287 MWh``, ``$4.6 million``.

    Parameters
    ----------
    value : the figure
    unit : in which the value is, as answers name units
    digits : significant digits

    Returns text.
    """
    value = float(f"{value:.{digits}e}")
    unit = _UNIT_WORDS.get(unit, unit)
    if unit == "USD" and 1e6 <= abs(value) < 1e7:  # below, every figure is shown; above, `show` says million itself
        return f"{'-' if value < 0 else ''}${number(abs(value) / 1e6, digits)} million"
    if unit == "USD" and 1e-9 < abs(value) < 1e-3:  # no power of ten for what people pay
        return f"{'-' if value < 0 else ''}${abs(value):.{digits - 1 - floor(log10(abs(value)))}f}"
    if unit in _SCALED:
        return show(value, unit, digits)
    if value == int(value):
        return figure(value, unit, digits)
    return number(value, digits) if unit in _UNITLESS else with_unit(number(value, digits), unit)


def figure(value: float, unit: str, digits: int = 3) -> str:
    """A fact or an input with its unit; whole numbers keep all their figures: ``50,257``, ``429 g/kWh``.

    Parameters
    ----------
    value : the figure
    unit : in which the value is, as answers name units
    digits : significant digits

    Returns text.
    """
    unit = _UNIT_WORDS.get(unit, unit)
    if unit in _SCALED:
        return show(value, unit, digits)
    head, _, per = unit.partition("/")
    if per == "s" and head in ("B", "FLOP"):
        return f"{show(value, head, digits)}/s"
    shown = number(value, digits)
    if "." in shown and " " not in shown and "e" not in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown if unit in _UNITLESS else with_unit(shown, unit)


def span_text(low: float, high: float, unit: str, digits: int = 3) -> str:
    """``1,090 – 1,520 MWh``: the unit once where both ends share it.

    Parameters
    ----------
    low, high : ends of the range
    unit : in which the value is, as answers name units
    digits : significant digits

    Returns text.
    """
    return _joined(figure(low, unit, digits), figure(high, unit, digits))


def range_text(value: Span, unit: str, *, bare: bool = False, reference: float | None = None) -> str:
    """p5 to p95 in the unit that the middle (or ``reference``) is shown in, ``bare`` without it.

    Parameters
    ----------
    value : the figure
    unit : in which the value is, as answers name units
    bare : without the unit
    reference : in whose unit it is shown; the middle's where None

    Returns text.
    """
    scale = value.mid if reference is None else reference
    if value.exact:
        return "exact"
    first, last = (like(end, unit, scale) for end in (value.low, value.high))
    figures = [_split(text) for text in (first, last)]
    if figures[0][1] != figures[1][1] and value.low > 0:  # one of them is too small for that unit
        first, last = (like(end, unit, value.high) for end in (value.low, value.high))
        figures = [_split(text) for text in (first, last)]
    if bare and figures[0][1] == figures[1][1] == _split(amount(value.mid, unit))[1]:
        return f"{figures[0][0]} – {figures[1][0]}"
    return _joined(first, last)


def like(value: float, unit: str, reference: float, digits: int = 3) -> str:
    """``value`` in the unit that ``reference`` is shown in: ``0.703 GWh`` beside ``235 GWh``.

    Parameters
    ----------
    value : the figure
    unit : in which the value is, as answers name units
    reference : in whose unit it is shown
    digits : significant digits

    Returns text.
    """
    if abs(value) < 1e-6 * abs(reference):  # what is left of rounding, and no figure
        value = 0.0
    name = _split(amount(reference, unit))[1]
    size = _SIZES.get(name)
    shown = amount(value, unit, digits)
    now = _split(shown)[1]
    if not reference or not size or now == name or now not in _SIZES:
        return shown
    ratio = float(f"{value * _BASE[unit] / size:.{digits}e}")
    if abs(ratio) < 0.01:  # too small to be read in the other's unit
        return shown
    return f"${number(ratio, digits)} {name}" if unit == "USD" else f"{number(ratio, digits)} {name}"


def _split(shown: str) -> tuple[str, str]:
    figure, _, name = shown.partition(" ")
    return figure, name


def _joined(first: str, last: str) -> str:
    (low, name), (high, other) = _split(first), _split(last)
    if first == last:
        return last
    last = last.removeprefix("$") if first.startswith("$") else last
    return f"{low} – {high.removeprefix('$')} {name}" if name == other and name else f"{first} – {last}"


def percent(share: float) -> str:
    """A share as a percentage with as many decimals as it takes to tell it from nought."""
    value = 100 * share
    if value == 0:
        return "0 %"
    if abs(value) < 0.01:
        return "< 0.01 %" if value > 0 else f"{value:.1e} %"
    return f"{value:.0f} %" if abs(value) >= 99.95 else f"{value:.{1 if abs(value) >= 1 else 2}f} %"


def link(text: str) -> str:
    """Escaped text in which web addresses are links; nothing is loaded until a reader follows one."""
    parts, end = [], 0
    for match in _MARKUP.finditer(text):
        url = esc(match[0])
        parts += [esc(text[end : match.start()]), f'<a href="{url}" rel="noreferrer noopener">{url}</a>']
        end = match.end()
    return "".join([*parts, esc(text[end:])])


def wrap(text: str, width: int, lines: int = 2) -> list[str]:
    """``text`` broken at spaces into at most ``lines`` lines of ``width`` characters, then an ellipsis.

    Parameters
    ----------
    text : to be translated and broken
    width : characters of a line
    lines : the most of them

    Returns the lines.
    """
    rows: list[str] = []
    text = current().text(text)
    if current().lang == "zh":
        return wrap_wide(text, width // 2, lines)
    words = text.split() or [""]
    while words and len(rows) < lines:
        row = words.pop(0)
        while words and len(row) + 1 + len(words[0]) <= width:
            row += " " + words.pop(0)
        rows.append(row)
    if words:
        rows[-1] = f"{rows[-1]} …"
    return [row if len(row) <= width else f"{row[: width - 1].rstrip(' …')}…" for row in rows]


def wrap_wide(text: str, width: int, lines: int) -> list[str]:
    """Text of wide letters, which may be divided anywhere, in at most ``lines`` lines of ``width`` letters.

    Parameters
    ----------
    text : without a break
    width : of a line, in letters
    lines : at most so many

    Returns the lines; the last ends in … where text is left out.
    """
    rows = [text[i : i + width] for i in range(0, len(text), width)] or [""]
    return rows if len(rows) <= lines else [*rows[: lines - 1], f"{rows[lines - 1][: width - 1]}…"]


def data_address(run: Json) -> str:
    """The run as JSON that may stand inside a script element; not-a-number becomes null."""
    text = json.dumps(_clean(run), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _clean(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
