"""How a source was read: what each column or series was taken for, and what the user says instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from wattline.core.errors import WattlineError, nearest_names, shorten

QUANTITIES = ("power", "energy", "interval", "time", "device")
NONE = "none"
UTC_ASSUMED = "UTC, no time zone given"  # the clock of times that carry no zone
BRACKETS = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\)")
HIDE = str.maketrans(",=", "\x00\x01")
SHOW = str.maketrans("\x00\x01", ",=")


@dataclass(frozen=True)
class Interpretation:
    """What one column or series was taken for.

    ``quantity``: power, energy, time, device; empty where it was left out. ``counts``: running total, each interval,
    or reading. ``clock``: where its times come from. ``inside``: the device whose energy holds this one's. ``note``:
    why it was left out, or what decided.
    """

    name: str
    device: str = ""
    quantity: str = ""
    unit: str = ""
    counts: str = ""
    clock: str = ""
    inside: str = ""
    note: str = ""

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Choices:
    """What the user says of a source, in place of what is read out of its names.

    ``columns``: what is read and no other, name -> power, energy, interval, time or device ("": as its name says).
    ``units``: name -> unit; the empty name means every column. ``device``: the columns or labels that tell devices
    apart; ``none``: all rows are one device; ``order``: rows of an instant are devices in their order. ``inside``:
    name -> the name that holds it, or ``none``; the empty name means every device.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    device: Sequence[str] = ()
    inside: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        columns: Sequence[str] = (),
        unit: Sequence[str] = (),
        device: Sequence[str] = (),
        inside: Sequence[str] = (),
    ) -> Self:
        """From the options of the command line.

        Parameters
        ----------
        columns : ``NAME=QUANTITY`` each, or a name alone
        unit : ``NAME=UNIT`` each, or a unit for all
        device : columns that name the device, or ``none``, ``order`` or ``files``
        inside : ``INNER=OUTER`` each, or ``none``

        Returns the choices. Raises WattlineError for a quantity that is not known, and a form that is none.
        """
        chosen = _pairs(columns)
        for name, quantity in chosen.items():
            if quantity and quantity not in QUANTITIES:
                raise WattlineError(f"--columns {shorten(name)}={shorten(quantity)}: give {', '.join(QUANTITIES)}")
        units = {name if value else "": value or name for name, value in _pairs(unit).items()}
        holders = {name if value else "": value or name for name, value in _pairs(inside).items()}
        if holders.get("", NONE) != NONE:
            raise WattlineError("--inside: give INNER=OUTER, INNER=none, or none")
        return cls(chosen, units, tuple(_pairs(device)), holders)

    def __bool__(self) -> bool:
        return bool(self.columns or self.units or self.device or self.inside)

    def quantity(self, names: Iterable[str]) -> str | None:
        """What the user takes a column for by any of its names; None where nothing is said of it."""
        return self._of(self.columns, names)

    def unit(self, names: Iterable[str]) -> str | None:
        """The unit that the user gives a column by any of its names, or all columns."""
        return self._of(self.units, names) or self.units.get("")

    def holder(self, names: Iterable[str]) -> str | None:
        """The name that holds a device; ``none`` where it counts for itself; None where nothing is said."""
        return self._of(self.inside, names) or self.inside.get("")

    @staticmethod
    def _of(given: Mapping[str, str], names: Iterable[str]) -> str | None:
        wanted = {name.strip().lower() for name in names}
        return next((value for name, value in given.items() if name and name.lower() in wanted), None)

    def check(self, known: Iterable[str]) -> None:
        """Whether each name is one of the source's columns, series or devices. Raises WattlineError where not."""
        there = list(dict.fromkeys(known))
        lower = {name.strip().lower() for name in there}
        given = {"--columns": self.columns, "--unit": self.units, "--inside": self.inside}
        for option, names in given.items():
            outer = [value for value in names.values() if option == "--inside" and value != NONE]
            for name in (*names, *outer):
                if name and name.lower() not in lower:
                    near = ", ".join(nearest_names(name, there) or there[:6])
                    raise WattlineError(f"{option}: the source has no {shorten(name)!r}; it has {shorten(near, 150)}")


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """``["a=power", "b,c"]`` -> {a: power, b: "", c: ""}; commas and signs in brackets are the name's own."""
    out = {}
    for text in texts:
        hidden = BRACKETS.sub(lambda match: match[0].translate(HIDE), text)
        for item in hidden.split(","):
            name, _, value = item.rpartition("=") if "=" in item else (item, "", "")
            if name.strip():
                out[name.strip().translate(SHOW)] = value.strip().translate(SHOW)
    return out
