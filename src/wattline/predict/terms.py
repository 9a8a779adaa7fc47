"""What every question of a face has in common: where, set-up and draws, read from its arguments and the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws, read_draws
from wattline.predict.fields import names_of, unknown_name
from wattline.predict.settings import settings
from wattline.predict.setup import Setup
from wattline.predict.where import Where


@dataclass(frozen=True, eq=False)
class Terms:
    """Where a job runs, how it is set up, and the draws that it is calculated with."""

    where: Where
    setup: Setup
    draws: Draws


def read_terms(
    setup: str | Setup | None,
    where: str | Where | None,
    fields: Mapping[str, Any],
    takes: Sequence[str],
    draws: int | Draws,
    seed: int,
    facts: CatalogLike = None,
) -> Terms:
    """Read and check what a face was given.

    Parameters
    ----------
    setup, where : an object, a plain name (of a chip, of a region), or None
    fields : single fields of both by keyword
    takes : the fields of ``Setup`` that this face takes
    draws : how many, or draws to share with other questions
    seed : of the draws, where they are not shared
    facts : a catalog, or files of the user's own facts

    Returns
    -------
    Set-up, place and draws, checked.

    Raises WattlineError for a bad value, TypeError for a keyword that is no field.
    """
    known = (*names_of(Where), *takes)
    for name in fields:
        if name not in known:
            raise TypeError(unknown_name(name, known))
    places = {name: value for name, value in fields.items() if name in names_of(Where)}
    rest = {name: value for name, value in fields.items() if name in takes}
    filled = settings().fill(Where.read(where, places))
    return Terms(filled, Setup.read(setup, rest, takes), read_draws(draws, seed, facts))
