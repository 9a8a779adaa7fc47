"""Published scenarios and one's own, laid over the outlook: what would be if, apart from what may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import parse_toml, read_text
from wattline.line.world.chip_sources import LAST_SHIPPED
from wattline.line.world.drivers import WhatIf, read_what_if
from wattline.line.world.published import LIMIT_BYTES
from wattline.line.world.tables import table_rows


@dataclass(frozen=True)
class PublishedCase:
    """A case of a published study: its electricity by year in its region, and that of the study's central case."""

    name: str
    study: str
    region: str
    twh: dict[int, float]
    central_twh: dict[int, float]

    def ratio(self, years: Array) -> Array:
        """The case over the study's central one, 1 up to the newest year of known shipments, on straight lines between.

        Parameters
        ----------
        years : shape ``(n_years,)``

        Returns
        -------
        Shape ``(n_years,)``.
        """
        known = [LAST_SHIPPED, *sorted(set(self.twh) & set(self.central_twh))]
        values = [1.0, *(self.twh[year] / self.central_twh[year] for year in known[1:])]
        return np.asarray(np.interp(years, known, values))


@dataclass(frozen=True)
class OwnCase:
    """One's own scenario: a name, and drivers that are set or moved."""

    name: str
    what_if: tuple[WhatIf, ...]


@lru_cache(maxsize=1)
def published_cases() -> dict[str, PublishedCase]:
    """The cases of the IEA (2025) and LBNL (2026) by name, such as ``iea-lift-off``."""
    rows = list(table_rows("scenarios.csv"))
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        values.setdefault(row["name"], {})[int(row["year"])] = float(row["twh"])
    return {
        row["name"]: PublishedCase(
            row["name"], row["study"], row["region"], values[row["name"]], values[row["central"]]
        )
        for row in rows
    }


def read_case(text: str) -> PublishedCase | OwnCase:
    """A published case by its name, or one's own from a file: TOML with ``name`` and ``what_if = ["ai_life=4"]``.

    Parameters
    ----------
    text : a name or a path

    Returns
    -------
    The case with its name.

    Raises WattlineError where neither is known.
    """
    cases = published_cases()
    if text in cases:
        return cases[text]
    path = Path(text)
    if path.suffix != ".toml":
        raise NotFound("scenario", text, cases, f"give one of {', '.join(cases)}, or a TOML file with what_if")
    try:
        data = parse_toml(read_text(path, LIMIT_BYTES, "scenario"))
    except ValueError as error:
        raise WattlineError(f"{shorten(text)}: cannot be read: {error}") from None
    changes = data.get("what_if")
    if not isinstance(changes, list) or not changes or not all(isinstance(change, str) for change in changes):
        raise WattlineError(f'{shorten(text)}: needs what_if, a list such as ["ai_life=4"]')
    if unknown := sorted(set(data) - {"name", "what_if"}):
        raise WattlineError(f"{shorten(text)}: unknown key {shorten(unknown[0])!r}; a scenario has name and what_if")
    return OwnCase(str(data.get("name", path.stem)), tuple(read_what_if(change) for change in changes))
