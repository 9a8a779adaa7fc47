"""Checked reading of the fields of a ``config.json``: each error names the file, the field and the mend.

Every field that is read is remembered, so that what was not read can be refused by name (``closed.py``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from wattline.core.errors import WattlineError, shorten

MAX_NUMBER = 1_000_000_000
MAX_LAYERS = 10_000
MAX_FACTOR = 1_000.0
COUNTS_LAYERS = re.compile(r"(^|[._])(n|num|encoder|decoder)(_\w+)?_(layers?|blocks)$")


@dataclass(frozen=True)
class Config:
    """A config's text part. Names may be dotted (``ffn_config.moe_top_k``); null counts as missing."""

    data: dict[str, Any]
    kind: str
    where: str
    used: set[str] = field(default_factory=set, compare=False)

    def raw(self, name: str) -> Any:
        """The value under a name, or None."""
        self.used.add(name)
        value: Any = self.data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def number(self, *names: str, default: int | None = None, most: int = MAX_NUMBER) -> int:
        """A whole number under the first of the names that is there; 0 is allowed where it is the default.

        A list that says the same of every layer counts as that number.

        Parameters
        ----------
        default : where none is there
        most : the largest number that is sound
        *names : of fields, the first that is there counts

        Returns the number. Raises WattlineError where none is there and there is no default, for no whole number in
        bounds, and where two fields differ.
        """
        least, given = 0 if default == 0 else 1, [(n, v) for n in names if (v := self.raw(n)) is not None]
        most = min(most, MAX_LAYERS) if any(COUNTS_LAYERS.search(name) for name in names) else most
        if given:
            values = {name: self._whole(name, value, least, most) for name, value in given}
            self._agree(values)
            return next(iter(values.values()))
        if default is not None:
            return default
        others = f" (nor {', '.join(names[1:])})" if names[1:] else ""
        raise WattlineError(f"{self.where}: no {names[0]}{others}; add it as a whole number above 0")

    def _agree(self, values: dict[str, int]) -> None:
        if len(set(values.values())) > 1:
            pairs = " and ".join(f"{name} {value}" for name, value in list(values.items())[:3])
            raise WattlineError(f"{self.where}: {pairs} say the same thing and differ; leave the right one")

    def _whole(self, name: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, list) and len(value) > 1 and all(v == value[0] for v in value):
            value = value[0]
        if isinstance(value, list) and len(value) > 1 and all(isinstance(v, int) for v in value):
            raise WattlineError(f"{self.where}: {name} differs from layer to layer, which is not read; {MEND}")
        if isinstance(value, bool) or not isinstance(value, int):
            shown = shorten(repr(value), 40)
            raise WattlineError(f"{self.where}: {name} is {shown}, not a whole number; correct it")
        if not least <= value <= most:
            digits = str(value) if abs(value) < 10**15 else "a number of more than 15 digits"
            raise WattlineError(f"{self.where}: {name} is {digits}; must be {least} to {most}; correct it")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A true or false, or the default where it is missing.

        Parameters
        ----------
        name : of the field
        default : where it is missing

        Returns the flag. Raises WattlineError where it is neither true nor false.
        """
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            shown = shorten(repr(value), 40)
            raise WattlineError(f"{self.where}: {name} is {shown}, not true or false; correct it")
        return value

    def factor(self, name: str, default: float) -> float:
        """A number that a width is multiplied by, above 0, or the default where it is missing.

        Parameters
        ----------
        name : of the field
        default : where it is missing

        Returns the factor. Raises WattlineError for anything but a number from just above 0 to 1,000.
        """
        value = self.raw(name)
        if value is None:
            return default
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 < value <= MAX_FACTOR:
            shown = shorten(repr(value), 40)
            raise WattlineError(f"{self.where}: {name} is {shown}, not a factor above 0 and at most 1,000; correct it")
        return float(value)

    def objects(self, name: str) -> list[dict[str, Any]] | None:
        """A list of objects, such as one a layer, or None where it is missing. Raises WattlineError for another.

        Parameters
        ----------
        name : of the field

        Returns the list.
        """
        value = self.items(name)
        if value is not None and not all(isinstance(each, dict) for each in value):
            raise WattlineError(f"{self.where}: {name} is no list of objects; correct it")
        return value

    def indices(self, name: str) -> list[int] | None:
        """A list of layers by their number, or None where it is missing. Raises WattlineError for another.

        Parameters
        ----------
        name : of the field

        Returns the numbers.
        """
        value = self.items(name)
        if value is not None and not all(type(each) is int for each in value):
            raise WattlineError(f"{self.where}: {name} is no list of layers by number; correct it")
        return value

    def items(self, name: str, length: int | None = None) -> list[Any] | None:
        """A list, or None where it is missing; with as many items as ``length`` says.

        Parameters
        ----------
        name : of the field
        length : how many items it must have; any number where None

        Returns the list. Raises WattlineError where it is no list, or has another length.
        """
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise WattlineError(f"{self.where}: {name} is {shorten(repr(value), 40)}, not a list; correct it")
        if length is not None and len(value) != length:
            count = f"{name} has {len(value)} entries for {length} layers"
            raise WattlineError(f"{self.where}: {count}; correct it or num_hidden_layers")
        return value

    def numbers(self, name: str, length: int, default: int) -> list[int]:
        """A whole number for each layer: from a list, or the same for all.

        Parameters
        ----------
        name : of the field
        length : number of layers
        default : where it is missing

        Returns a number a layer. Raises WattlineError for what is no whole number of zero or more.
        """
        value = self.raw(name)
        if not isinstance(value, list):
            return [self.number(name, default=default)] * length
        return [self._whole(f"{name}[{i}]", v, 0, MAX_NUMBER) for i, v in enumerate(self.items(name, length) or [])]


MEND = "use a catalog model of like size (`wattline list models`)"
