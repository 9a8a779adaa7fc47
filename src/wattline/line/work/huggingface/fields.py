"""Checked reading of the fields of a ``config.json``: each error names the file, the field and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wattline.core.errors import WattlineError, shorten


@dataclass(frozen=True)
class Config:
    """A config's text part. Names may be dotted (``ffn_config.moe_top_k``); null counts as missing."""

    data: dict[str, Any]
    kind: str
    where: str

    def raw(self, name: str) -> Any:
        """The value under a name, or None."""
        value: Any = self.data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def number(self, *names: str, default: int | None = None, most: int = 10_000_000) -> int:
        """A whole number under the first of the names that is there; 0 is allowed where it is the default."""
        for name in names:
            value = self.raw(name)
            if value is not None:
                return self._whole(name, value, 0 if default == 0 else 1, most)
        if default is not None:
            return default
        others = f" (nor {', '.join(names[1:])})" if names[1:] else ""
        raise WattlineError(f"{self.where}: no {names[0]}{others}; add it as a whole number above 0")

    def _whole(self, name: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            shown = shorten(repr(value), 40)
            raise WattlineError(f"{self.where}: {name} is {shown}, not a whole number; correct it")
        if not least <= value <= most:
            digits = str(value) if abs(value) < 10**15 else "a number of more than 15 digits"
            raise WattlineError(f"{self.where}: {name} is {digits}; must be {least} to {most}; correct it")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A true or false, or the default where it is missing."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            shown = shorten(repr(value), 40)
            raise WattlineError(f"{self.where}: {name} is {shown}, not true or false; correct it")
        return value

    def items(self, name: str, length: int | None = None) -> list[Any] | None:
        """A list, or None where it is missing; with as many items as ``length`` says."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise WattlineError(f"{self.where}: {name} is {shorten(repr(value), 40)}, not a list; correct it")
        if length is not None and len(value) != length:
            count = f"{name} has {len(value)} entries for {length} layers"
            raise WattlineError(f"{self.where}: {count}; correct it or num_hidden_layers")
        return value
