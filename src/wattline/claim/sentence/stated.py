"""The figure that a sentence states: a number or a range with its unit, of a request, of a year or of a training."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wattline.claim.evaluate import quantity
from wattline.claim.expression import Node
from wattline.claim.fields import Expression, literal_of
from wattline.claim.sentence.words import UNITS
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import COUNT_WORDS
from wattline.core.units import DAY_S, YEAR_H, YEAR_S

PROMPT_KWH = 10.0  # energy below this, without a word of what it is for, is of a request
SMALL = (("[length]**3", "L", 10.0), ("[mass]", "kg", 1.0))  # so are water and CO2e
YEAR = {"hour": YEAR_H, "day": YEAR_S / DAY_S, "week": 52.18, "month": 12.0}  # of them in a year
_NUMBER = r"\d(?:[\d,]*\d)?(?:\.\d+)?"
_SCALE = r"million|billion|trillion|thousand"
_FIGURE = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)"  # no number within a name, such as GPT-5
    rf"(?:(?<!\bin )(?<!since )(?P<low>{_NUMBER})\s*(?P<low_scale>{_SCALE})?(?:\s*(?:-|–|—|to|and|or)\s*))?"
    rf"(?P<number>{_NUMBER})\s*(?P<scale>{_SCALE})?[\s-]*"
    r"(?P<unit>(?:(?:[A-Z]+\d+\w*|[GT]PU|chip|accelerator)[\s-]+){0,2}[A-Za-zµμ]+(?:-?hours?)?)(?![\w])"
)
_CHIP_HOURS = re.compile(r"^(?:(?:[A-Z]+\d+\w*|[GT]PU|chip|accelerator)[\s-]+){1,2}hours?$")
_SCALES = COUNT_WORDS | {"": 1.0}
_REQUEST = re.compile(
    r"\b(per|a|an|each|every|one)\s+(\w+\s+)?(request|prompt|query|question|message|answer|image)\b", re.I
)
_RATE = re.compile(
    r"^[\w\s]{0,20}?(?:\b(?:per|a|an|each|every)\s+|/\s?)(?P<one>hour|day|week|month)\b|"
    r"\b(?P<every>hourly|daily|weekly|monthly)\b",
    re.I,
)
_RATE_BEFORE = re.compile(
    r"\b(?P<every>hourly|daily|weekly|monthly)\b|\b(?:(?:an?|one)\s+(?P<of>hour|day|week|month)\s+of"
    r"|(?:per|each|every)\s+(?P<one>hour|day|week|month))\b",
    re.I,
)
_EVERY = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_SINGLE_CENTRE = re.compile(
    r"\b(an?|one|each|every|single|typical|the|this|that|their|its|our|new)\s+(?:[\w-]+\s+){0,3}?"
    r"(data[\s-]?(centre|center)|datacent(re|er)|campus)\b"
    r"(?!s|['’]s['’]?\s|\s+(?:industry|sector|market|business|boom|electricity|power|energy|demand|use|consumption|load)\b)",
    re.I,
)
_EXACT = ("MWh", "mWh", "mW", "MW", "Mg", "mg", "ML", "mL", "MJ", "mJ")


@dataclass(frozen=True)
class StatedFigure:
    """What a sentence states.

    Attributes
    ----------
    middle : the figure; of a range its middle
    ends : of a range; empty for one figure
    rest : the sentence without the figure
    per : the time that it is of (day, month) where it was taken to a year; empty where it was not
    chip_hours : whether it is hours of chips
    single_centre : whether it is of a single data centre, of which no total is
    """

    middle: Expression
    ends: tuple[Expression, ...]
    rest: str
    per: str = ""
    chip_hours: bool = False
    single_centre: bool = False

    @property
    def note(self) -> str:
        """What was made of the figure, as a sentence that follows others; empty where nothing was."""
        return f" A figure of each {self.per} is taken to a year." if self.per else ""

    def measures(self, dimension: str) -> bool:
        """Whether it has this dimension, such as ``[energy]``.

        Parameters
        ----------
        dimension : as Pint writes it

        Returns whether it has.
        """
        number, unit = self.middle.tree.value
        return bool(quantity(number, unit).check(dimension))

    def in_claim(self, relation: Relation) -> dict[str, Any]:
        """Fields of a claim of it: the figure, or a range's two ends, between which the answer must then lie.

        Parameters
        ----------
        relation : how the sentence means one figure

        Returns the fields by name.
        """
        if not self.ends:
            return {"stated": self.middle, "relation": relation}
        return {"stated_low": self.ends[0], "stated_high": self.ends[1], "relation": "between"}

    def may_be(self, kind: str) -> bool:
        """Whether a kind of record may hold it: what is of a year is no training, and no total is of one centre."""
        return not self.single_centre if kind == "total" else not self.per


def stated_if(text: str, fits: Callable[[StatedFigure], bool]) -> StatedFigure | None:
    """The figure that a sentence states, where it is of the kind that is wanted.

    Parameters
    ----------
    text : the sentence
    fits : tells the kind

    Returns
    -------
    The figure; None where the sentence states none, or another kind.
    """
    try:
        stated = stated_in(text)
    except WattlineError:
        return None
    return stated if fits(stated) else None


def stated_in(text: str) -> StatedFigure:
    """The first figure with a unit that a sentence states.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The figure, its range and what it is of.

    Raises WattlineError where there is none.
    """
    for match, unit in _with_units(text):
        hours = bool(_CHIP_HOURS.match(match["unit"]))
        after = text[match.end() :]
        before = text[: match.start()]
        rate = None if hours else _rate(before, after)
        rest = before + after if not rate else _RATE_BEFORE.sub(" ", before) + _RATE.sub(" ", after)
        many = YEAR.get(rate or "", 1.0)
        ends = [_value(match["number"], match["scale"]) * many]
        if match["low"]:
            ends.insert(0, _value(match["low"], match["low_scale"] or match["scale"]) * many)
        if rate is None and _of_request(quantity(sum(ends) / len(ends), unit), rest):
            unit += "/request"
        return StatedFigure(
            _expression(sum(ends) / len(ends), unit),
            tuple(_expression(end, unit) for end in ends) if len(ends) > 1 and ends[0] < ends[1] else (),
            rest,
            rate or "",
            hours,
            bool(_SINGLE_CENTRE.search(rest)),
        )
    raise WattlineError(
        f"claim: {shorten(text)!r} has no figure with a unit, such as 2.9 Wh or 460 TWh; write one, or a claims file"
    )


def figures_in(text: str) -> list[tuple[str, Any]]:
    """All figures with a unit that a text holds, both ends of a range.

    Parameters
    ----------
    text : a sentence or an expression

    Returns
    -------
    The words and the quantity of each.
    """
    made = []
    for match, unit in _with_units(text):
        made.append((match[0].strip(), quantity(_value(match["number"], match["scale"]), unit)))
        if match["low"]:
            low = _value(match["low"], match["low_scale"] or match["scale"])
            made.append((match["low"], quantity(low, unit)))
    return made


def _with_units(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Where figures with a unit stand, with the unit: numbers of tokens and requests last, lengths of time never."""
    for match in sorted(_FIGURE.finditer(text), key=_of_work):
        hours = bool(_CHIP_HOURS.match(match["unit"]))
        unit = "h" if hours else _unit(match["unit"])
        try:
            read = quantity(*literal_of(f"1 {unit}", "claim").tree.value)
        except WattlineError:
            continue
        if not read.dimensionless and (hours or not read.check("[time]")):
            yield match, unit


def _of_work(match: re.Match[str]) -> bool:
    """Whether a figure is a number of tokens or requests, which stands beside what they take."""
    return re.match(r"tokens?$|quer(?:y|ies)$|prompts?$|requests?$|questions?$", match["unit"], re.I) is not None


def _unit(text: str) -> str:
    unit = text.replace("-", "")
    return text if text in _EXACT else UNITS.get(unit.lower().removesuffix("s"), UNITS.get(unit.lower(), unit))


def _value(number: str, scale: str | None) -> float:
    return float(number.replace(",", "")) * _SCALES[scale or ""]


def _rate(before: str, after: str) -> str | None:
    """The time that a figure is of, where it is not a year, by the words around it."""
    match = _RATE.search(after) or _RATE_BEFORE.search(before)
    if match is None:
        return None
    words = match.groupdict()
    return _EVERY[words["every"].lower()] if words["every"] else str(words["one"] or words["of"]).lower()


def _of_request(read: Any, rest: str) -> bool:
    """Whether a figure is of one request: said so, or small and of no training."""
    energy = read.check("[energy]") and float(read.to("kWh").magnitude) < PROMPT_KWH
    small = energy or any(
        read.check(kind) and float(read.to(unit_of).magnitude) < most for kind, unit_of, most in SMALL
    )
    request = _REQUEST.search(rest)
    each = request and request[1].lower() in ("per", "each", "every") and not read.check("[energy]/[time]")
    return bool(each or (small and (request or not re.search(r"\btrain", rest, re.I))))


def _expression(value: float, unit: str) -> Expression:
    return Expression(f"{value:.15g} {unit}", Node("number", (value, unit)))
