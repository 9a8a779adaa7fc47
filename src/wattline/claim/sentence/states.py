"""American states: what share of a state's electricity its data centres take, by the catalog's facts."""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.line.world.states import state_twh

NEWEST = 2023  # year of the states' shares
WHOLE_GRIDS = ("texas", "california", "new-york", "hawaii", "alaska", "florida")  # whose grid is nearly the state's
STATES = (
    "alabama", "alaska", "arizona", "arkansas", "california", "colorado", "connecticut", "delaware", "florida",
    "georgia", "hawaii", "idaho", "illinois", "indiana", "iowa", "kansas", "kentucky", "louisiana", "maine",
    "maryland", "massachusetts", "michigan", "minnesota", "mississippi", "missouri", "montana", "nebraska",
    "nevada", "new-hampshire", "new-jersey", "new-mexico", "new-york", "north-carolina", "north-dakota", "ohio",
    "oklahoma", "oregon", "pennsylvania", "rhode-island", "south-carolina", "south-dakota", "tennessee", "texas",
    "utah", "vermont", "virginia", "washington", "west-virginia", "wisconsin", "wyoming",
)  # fmt: skip
_WORDS = sorted((name.title().replace("-", r"[\s-]") for name in STATES), key=len, reverse=True)
_STATE = re.compile(rf"\b({'|'.join(_WORDS)})\b(?!,? D\.?C)")


def state_in(text: str) -> str | None:
    """The American state that a text names with a capital letter, as the catalog has it; None where there is none.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    Such as ``new-jersey``; Georgia is the state only beside a word of the United States.
    """
    match = _STATE.search(text)
    if match is None:
        return None
    name = re.sub(r"[\s-]", "-", match[1].lower())
    country = name == "georgia" and not re.search(r"\b(state|US|U\.S\.|American|Atlanta)\b", text)
    return None if country else name


def named_state(text: str) -> str | None:
    """A state that the outlook does not know, whose grid reaches beyond it; None without."""
    name = state_in(text)
    known = name is None or name in WHOLE_GRIDS or name.replace("-", "_") in state_twh()
    return None if name is None or known else name.replace("-", " ").title()


def state_share(name: str, year: int, catalog: Catalog) -> str | None:
    """The key of the fact that has a state's share in a year; None where there is none.

    Parameters
    ----------
    name : as ``state_in`` gives it
    year : that is meant
    catalog : where it is looked up

    Returns
    -------
    A key of a fact.
    """
    key = f"dc-share-of-{name}-{year}"
    return f"constant.{key}" if key in catalog.records("constant") else None


def state_years(name: str, catalog: Catalog) -> list[int]:
    """The years of which a state's share is known.

    Parameters
    ----------
    name : as ``state_in`` gives it
    catalog : where they are looked up

    Returns
    -------
    The years in order.
    """
    head = f"dc-share-of-{name}-"
    return sorted(
        int(key.removeprefix(head)) for key in catalog.records("constant") if re.fullmatch(rf"{head}\d+", key)
    )
