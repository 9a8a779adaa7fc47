"""Models that are served and were never published, by the names of their versions."""

from __future__ import annotations

import re

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
