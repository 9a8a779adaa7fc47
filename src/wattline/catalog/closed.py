"""Models that are served and were never published, by the names of their versions."""

from __future__ import annotations

import re
from itertools import takewhile

from wattline.catalog.catalog import Catalog
from wattline.catalog.record import Record, plain_name

# what follows a name and changes nothing: a publisher, dates of a version
_DATED = re.compile(r"-(20\d{2}-?\d{2}-?\d{2}|\d{4}|latest|preview|thinking|chat|api)$")


def find_closed(name: str, catalog: Catalog) -> Record | None:
    """The record of a closed model, by its name or a version's; None for any other.

    Parameters
    ----------
    name : as its interface or people write it, with or without a publisher and a date
    catalog : where the closed models stand

    Returns
    -------
    The record, or None.
    """
    own = re.sub(r"[\s_:]+", "-", str(name).strip().lower().rsplit("/", 1)[-1])[:200]
    known = catalog.names("closed")
    while plain_name(own) not in known:
        shorter = _DATED.sub("", own)
        if shorter == own:
            return None
        own = shorter
    return catalog.records("closed")[known[plain_name(own)]]


def nearest_closed(name: str, catalog: Catalog) -> Record | None:
    """The closed model that a name without a record is a version or a kind of: ``gpt-5.5``, ``claude-opus-4.6``.

    Parameters
    ----------
    name : that ``find_closed`` does not know
    catalog : where the closed models stand

    Returns
    -------
    The record whose name says the same without its numbers and begins like it the longest; None where none does.
    """
    own = re.sub(r"[\s_:]+", "-", str(name).strip().lower().rsplit("/", 1)[-1])[:200]
    known = {alias: record for record in catalog.records("closed").values() for alias in aliases_of(record)}
    while own:
        kin = [alias for alias in known if _letters(alias) == _letters(own)]
        if kin and _letters(own):
            return known[max(kin, key=lambda alias: (_alike(alias, own), known[alias].meta["year"]))]
        own = own.rpartition("-")[0]
    return None


def aliases_of(record: Record) -> tuple[str, ...]:
    """A record's names."""
    return record.name, *record.meta.get("aliases", ())


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name)


def _alike(alias: str, name: str) -> int:
    """With how many of the same letters two names begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(alias, name, strict=False)))
