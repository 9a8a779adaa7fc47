"""A record of the catalog: one thing (a chip, a model, a region) and its facts by attribute."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.fact import Fact

KINDS = (
    "chip",
    "server",
    "cpu",
    "model",
    "diffusion",
    "component",
    "encoder",
    "tower",
    "site",
    "plant",
    "ups",
    "climate",
    "campus",
    "region",
    "cloud",
    "instance",
    "training_run",
    "training_step",
    "prompt",
    "total",
    "footprint",
    "constant",
    "fit",
    "sensor",
    "sensor_unit",
    "traffic",
    "supply",
    "fuel",
    "swing",
    "wind_sun",
    "product",
    "closed",
)
SINGLE = ("constant", "fit")  # kinds whose record is itself the fact


@dataclass(frozen=True, eq=False)
class Record:
    """One thing of the catalog: its facts by attribute, and what else its table says (``meta``)."""

    kind: str
    name: str
    facts: dict[str, Fact]
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.kind}.{self.name}"

    @property
    def title(self) -> str:
        return str(self.meta.get("name", self.name))

    def __getitem__(self, attribute: str) -> Fact:
        if attribute not in self.facts:
            raise WattlineError(
                f"{self.kind} {self.name} has no {attribute} in the catalog; "
                f"known of it: {', '.join(self.facts) or 'nothing'}"
            )
        return self.facts[attribute]

    def get(self, attribute: str, default: float = 0.0) -> float:
        """The central value, or ``default`` where the record has none.

        Parameters
        ----------
        attribute : name of a fact
        default : what stands in for it, in the fact's unit

        Returns the value, in the fact's unit.
        """
        fact = self.facts.get(attribute)
        return default if fact is None else fact.value


def plain_name(name: str) -> str:
    """A name as it is compared: case, accents, spaces, underscores, hyphens and slashes do not count."""
    bare = str(name)
    if not bare.isascii():
        letters = unicodedata.normalize("NFKD", bare)
        bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[\s_\-/]+", "", bare).lower()
